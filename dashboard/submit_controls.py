"""The form to submit a group and better predictions: filled in, tried on the explore split, sent and judged."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import bounty_drafts, bounty_play, hunted_drafts, people, state, submitting
from dashboard.bounty_drafts import Counted, Draft
from dashboard.bounty_play import Playing
from dashboard.charts.format import tidy
from dashboard.finding_list import show_findings
from dashboard.page_controls import choose_one
from dashboard.parts import say, show_table
from dashboard.slice_editor import refuse, type_condition
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import count, plain
from metrics.bounty.judge import Decision
from metrics.bounty.telling import say_alpha, say_exactly, say_group
from metrics.dictionary import Entry
from metrics.errors import ResultsError, stop
from metrics.formatting import format_percent
from metrics.levels import number_text
from metrics.predicates import quote_column, quote_value

__all__ = ["choose_group", "draw_form", "draw_team", "say_who_may", "show_problem"]

_WAYS = {"where": "a condition", "ids": "a list of ids", "tree": "a decision tree"}
_REPLACEMENTS = {
    "predictions": "a file of predictions",
    "constant": "one value for everyone",
    "model": "a model published earlier",
    "tree": "a decision tree",
}
_GROUP_FILE, _PREDICTIONS_FILE = "group.csv", "predictions.csv"
_MOST_NOTE = 2000
_MOST_FEATURES = 8  # rows of the dictionary beside the form; more are scrolled to
_TREE = '{"nodes": [{"id": 0, "feature": "age", "op": "<=", "threshold": 30, "true": 1, "false": 2}, ...]}'
_TRIED = "submit_tried"


def say_who_may() -> None:
    """Say who may submit, and how far that is from knowing who somebody is; stop the page for whoever may not."""
    if people.is_needed_for("upload"):
        people.need_person("submit to this bounty")
        who = "Whoever is signed in may submit, in the name of any team."
    else:
        who = "Whoever can open this page may submit, in the name of any team: nobody has to sign in."
    st.caption(f":material/groups: {who} What is sent is judged at once, and stays in the ledger.")


def draw_form(playing: Playing) -> None:
    """Draw the form, what it comes to on the explore split, and the button that sends it."""
    submitting.show_decision(playing)
    team = draw_team()
    st.subheader("Who", anchor=False)
    group, files = choose_group(playing, choose_one("The group is", _WAYS, "submit_way"))
    st.subheader("What to predict for them", anchor=False)
    replacement, more = _choose_replacement(playing)
    note = st.text_area(
        "Note (may stay empty)",
        key="submit_note",
        max_chars=_MOST_NOTE,
        persist_state="session",
        height=80,
        placeholder="how it was found, and why it may hold",
    )
    if group is None or replacement is None:
        st.caption("Say who they are and what to predict for them; then it can be tried and sent.")
        return
    kind: Literal["manual", "automatic"] = "automatic" if hunted_drafts.is_hunted(group, replacement) else "manual"
    draft = Draft(team, group, replacement, kind, note.strip()[:_MOST_NOTE], files | more)
    _try(playing, draft)
    submitting.draw_button(playing, draft)


def draw_team() -> str:
    """Draw the box for the team's name, and return that."""
    team = st.text_input(
        "Team", key="submit_team", max_chars=64, persist_state="session", placeholder="your team's name"
    )
    return str(team or "")


# -- who -----------------------------------------------------------------------------------------


def choose_group(playing: Playing, way: str) -> tuple[dict[str, Any] | None, dict[str, bytes]]:
    """Draw what says who the group is, and return that as a submission holds it, with the files that it names."""
    if way == "ids":
        data = _upload("A file with the ids of its members", "submit_ids", f"CSV, a column '{playing.terms.id}'.")
        return (None, {}) if data is None else ({"ids": _GROUP_FILE}, {_GROUP_FILE: data})
    if way == "tree":
        form, dictionary = st.columns([3, 2])
        with dictionary:
            _show_dictionary(playing)
        with form:
            return _type_tree("submit_group_tree", "A tree whose value 1 is a member"), {}
    tell = partial(_tell_count, playing)
    text = type_condition("submit_where", describe_features(playing), tell, placeholder=_example(playing))
    try:
        return (None, {}) if not text else (_check(playing, text), {})
    except ResultsError:
        return None, {}  # it was said beside the field


def _check(playing: Playing, text: str) -> dict[str, Any]:
    bounty_drafts.count_group(playing.game, text)
    return {"where": text}


def _tell_count(playing: Playing, text: str) -> None:
    try:
        counted = bounty_drafts.count_group(playing.game, text)
    except ResultsError as error:
        refuse(error)
    else:
        st.markdown(plain(say_count(playing, counted), 400))


def describe_features(playing: Playing) -> list[Entry]:
    """Return what the rows to explore hold of every feature, with what the data dictionary says of it."""
    found = bounty_play.work_out(playing, "features", lambda tell: bounty_drafts.describe_features(playing.bounty))
    if isinstance(found, Waiting):
        draw_waiting(found, "Counting was stopped; nothing is lost.", "Count again", key="submit_features")
        state.keep_choices()
        st.stop()
    return list(found)


def _example(playing: Playing) -> str:
    """Return a condition on this bounty's own features: the first number, and the first that is none."""
    parts: dict[bool, str] = {}
    for name, values in playing.bounty.features.items():
        is_number = bool(values.is_number)
        word = _middle(values) if is_number else next((quote_value(word) for word in values.words if word), "")
        if word and is_number not in parts:
            parts[is_number] = f"{quote_column(name)} {'>=' if is_number else '='} {word}"
    return tidy(" and ".join(parts.values()))[:120]


def _middle(values: Any) -> str:
    """Return a number about which half of the rows lie, in few digits; nothing where there is none."""
    numbers = values.numbers[~pd.isna(values.numbers)]
    return number_text(float(f"{np.median(numbers):.2g}")) if len(numbers) else ""


def say_count(playing: Playing, counted: Counted) -> str:
    """Return how many rows of the explore split are in a group, and how the current model fares with them."""
    if not counted.of:
        return "This bounty has no rows to explore, so that the group cannot be counted before it is judged."
    share = counted.rows / counted.of
    told = f"{counted.rows:,} of {counted.of:,} rows to explore ({format_percent(share)})"
    if not counted.rows:
        return f"{told}. Nobody: a group of nobody is refused."
    what = "is wrong on" if playing.terms.loss == "error" else "has a loss of"
    inside, outside = (say_exactly(playing.terms, x) for x in (counted.inside, counted.outside))
    return f"{told}. The current model {what} {inside} of them" + (
        f", {outside} of the others." if math.isfinite(counted.outside) else "."
    )


def _show_dictionary(playing: Playing) -> None:
    """Draw the data dictionary as a table: every feature, what it means, and what it holds."""
    records = [
        {"feature": tidy(e.column), "meaning": tidy(e.meaning), "holds": tidy(e.holds)}
        for e in describe_features(playing)
    ]
    height: int | Literal["auto"] = "auto" if len(records) < _MOST_FEATURES else 36 * _MOST_FEATURES
    st.caption("What a tree may ask about")
    show_table(
        pd.DataFrame(records), key="submit_dictionary", alt="The features, what they mean and hold", height=height
    )


# -- what to predict -----------------------------------------------------------------------------


def _choose_replacement(playing: Playing) -> tuple[dict[str, Any] | None, dict[str, bytes]]:
    kind = choose_one("They get", _REPLACEMENTS, "submit_replacement")
    if kind == "predictions":
        about = f"CSV, the columns '{playing.terms.id}' and 'prediction', a row for every member of the group."
        data = _upload("A file of predictions", "submit_predictions", about)
        return (None, {}) if data is None else ({"predictions": _PREDICTIONS_FILE}, {_PREDICTIONS_FILE: data})
    if kind == "model":
        names = name_models(playing)
        chosen = st.selectbox("Model", list(names), key="submit_model", format_func=lambda m: names.get(m, str(m)))
        return ({"model": int(chosen)} if chosen in names else None), {}
    if kind == "tree":
        tree = _type_tree("submit_tree", "A tree whose values are predictions")
        return (None if tree is None else {"tree": tree["tree"]}), {}
    classes = playing.bounty.classes
    if classes:
        value = st.selectbox("Value", classes, index=None, key="submit_constant", placeholder="Choose one")
        return ({"constant": value} if value in classes else None), {}
    number = st.number_input("Value", 0.0, 1.0, value=None, key="submit_number", format="%g", placeholder="0 to 1")
    return ({"constant": float(number)} if number is not None else None), {}


def name_models(playing: Playing) -> dict[int, str]:
    """Return the published models by number, each with the group that it came with."""
    names = {0: "0: the baseline"}
    for accepted in playing.game.accepted:
        sent = accepted.entry.submission
        names[accepted.model] = f"{accepted.model}: {tidy(sent.team)}, {tidy(say_group(sent.group))}"[:120]
    return names


def _upload(label: str, key: str, about: str) -> bytes | None:
    """Draw a drop zone, and return the bytes that are in it, if they are no more than an upload may hold."""
    number = state.recall("submit_drops", 0)  # a new one after each submission: the old one still holds the file
    file = st.file_uploader(
        label, type=["csv"], key=f"{key}_{number}", max_upload_size=bounty_drafts.MOST_BYTES // 1_000_000, help=about
    )
    if file is None:
        st.caption(plain(about, 200))
        return None
    if file.size > bounty_drafts.MOST_BYTES:
        show_problem(stop(f"file '{file.name}'", "is larger than 20 MB.", "Give the rows of the group alone."))
        return None
    return bytes(file.getvalue())


def _type_tree(key: str, label: str) -> dict[str, Any] | None:
    text = st.text_area(
        label, key=key, max_chars=bounty_drafts.MOST_TREE, persist_state="session", height=120, placeholder=_TREE
    ).strip()
    if not text:
        return None
    try:
        return {"tree": bounty_drafts.read_json(text, "the tree")}
    except ResultsError as error:
        show_problem(error)
        return None


# -- tried ---------------------------------------------------------------------------------------


def _try(playing: Playing, draft: Draft) -> None:
    """Draw the button of the dry run, and what it gave as long as the form says the same."""
    asked = (playing.key, draft.digest)
    if not bounty_drafts.can_explore(playing.bounty):
        st.caption("This bounty has no rows to explore: nothing can be tried before it is judged.")
        return
    st.button(
        "Try it on the explore split",
        key="submit_try",
        icon=":material/science:",
        on_click=state.remember,
        args=(_TRIED, asked),
    )
    if state.recall(_TRIED) != asked:
        return
    try:
        trial = bounty_drafts.try_draft(playing.game, draft)
    except ResultsError as error:
        show_problem(error)
        return
    say(say_trial(playing, trial))


def say_trial(playing: Playing, trial: Decision) -> str:
    """Return what a draft came to on the explore split."""
    terms = playing.terms
    if not trial.units:
        return "Nobody of the explore split is in this group, so nothing can be said of it there."
    before, after = say_exactly(terms, trial.loss_current), say_exactly(terms, trial.loss_replacement)
    score = say_exactly(terms, trial.score, signed=True)
    judged = "more" if trial.score > terms.alpha else "not more"
    few = f" It has fewer than the {terms.minimum_group:,} rows asked." if trial.units < terms.minimum_group else ""
    return (
        f"On the explore split: {count(trial.units, 'row')}, loss {before} now and {after} with yours. Its score there "
        f"is {score}, {judged} than alpha ({say_alpha(terms)}).{few} What counts is its score on the validation split, "
        "which will differ: the smaller the group, the more."
    )


def show_problem(error: ResultsError) -> None:
    """Say what is wrong with what was filled in."""
    stops = [f for f in error.findings if f.severity == "stop"] or error.findings
    if len(stops) == 1:
        st.error(plain(str(stops[0]), 600), icon=":material/block:")
    else:
        show_findings(stops, key="submit_stops")
