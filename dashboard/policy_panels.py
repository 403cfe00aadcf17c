"""The verdicts of a policy on screen: a panel a rule, which opens to its counts and leads to the rows behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import controls
from dashboard.parts import say, show_table
from dashboard.policies import Judged
from dashboard.view import Loaded
from dashboard.words import count, on_screen, plain
from metrics.formatting import NOTHING
from metrics.policy import Rule
from metrics.sentences import lower_title
from metrics.slices import Slice
from metrics.verdict import FAIL, NO_DATA_VERDICT, PASS, UNDECIDED
from metrics.verdict_reasons import say_limits
from metrics.verdict_words import (
    NOBODY,
    list_verdicts,
    name_judged,
    name_verdict,
    say_policy,
    say_rule,
    write_counts,
    write_interval,
    write_needed,
    write_value,
    write_value_alone,
)

__all__ = ["draw_briefly", "draw_rule", "draw_sensitive", "mark", "say_outcome", "table_verdicts"]

# A sign of its own for each verdict, beside its word: colour says nothing here.
_MARKS = {
    PASS: ":material/check_circle:",
    FAIL: ":material/cancel:",
    UNDECIDED: ":material/help:",
    NO_DATA_VERDICT: ":material/do_not_disturb_on:",
    None: ":material/article:",
}
_CANNOT = ":material/block: **cannot be asked**"
_CODES = {
    0: "everything passes",
    1: "a rule fails",
    2: "a rule cannot be asked of these data",
    3: "nothing fails, but not everything is decided",
}
_MOST_NAMED = 3


def mark(verdict: str | None) -> str:
    """Return a verdict as Markdown: its sign and its word."""
    return f"{_MARKS[verdict]} **{name_verdict(verdict)}**"


def say_outcome(judged: Judged) -> None:
    """Say what came out for the whole policy, and what the command would end with."""
    if judged.checked.policy.rules:
        say(say_policy(judged.checked))
    if judged.problems:
        say(f"{count(len(judged.problems), 'rule')} cannot be asked of these data; the reason stands beside each.")
    code = judged.exit_code
    st.caption(f"The command fairness-dashboard check ends with {code} here: {_CODES[code]}.")


def draw_rule(loaded: Loaded, judged: Judged, rule: Rule, place: int) -> DeltaGenerator:
    """Draw one rule: its verdict, what it asks, why that came out, and the counts to open.

    Returns the place for what is known later: on which choices the verdict hangs.
    """
    metrics = loaded.metrics
    problem = judged.problems.get(rule.name)
    verdict = _CANNOT if problem is not None else mark(judged.verdict_of(rule))
    st.markdown(f"{verdict} · {plain(rule.name, 80)}")
    say(say_rule(rule, metrics))
    if rule.note:
        st.caption(plain(rule.note, 600))
    if problem is not None:
        say(on_screen(problem))
        return st.container()
    verdicts = list_verdicts(judged.checked, rule)
    if not verdicts:
        st.caption(NOBODY)
        return st.container()
    _say_gravest(judged, rule, verdicts)
    for note in _notes_of(judged, rule):
        st.caption(plain(note, 900))
    later = st.container()
    with st.expander(f"The counts: {_sum_up(verdicts)}"):
        table = table_verdicts(judged, rule)
        show_table(table, key=f"policy_table_{place}", alt=f"Verdicts of rule {place + 1}, group by group")
        _lead_to_rows(loaded, verdicts, place)
    return later


def draw_sensitive(places: Mapping[str, DeltaGenerator], said: Mapping[str, str]) -> None:
    """Say, in the places that `draw_rule` gave, on which choices the verdict of a rule hangs."""
    for name, text in said.items():
        places[name].caption(f":material/tune: It {plain(text, 900)}")


def draw_briefly(judged: Judged) -> None:
    """Draw one line a rule: its verdict, and what it asks."""
    lines = []
    for rule in judged.policy.rules:
        problem = rule.name in judged.problems
        verdict = _CANNOT if problem else mark(judged.verdict_of(rule))
        lines.append(f"- {verdict} · {plain(rule.name, 80)}: {plain(say_rule(rule, judged.checked.metrics), 400)}")
    st.markdown("\n".join(lines))
    controls.link("policy", "Every verdict with its reason", icon=":material/gavel:")


def table_verdicts(judged: Judged, rule: Rule) -> pd.DataFrame:
    """Return the verdicts of a rule as texts, the gravest first; columns in which nothing stands are left out."""
    checked = judged.checked
    records = []
    for row in list_verdicts(checked, rule):
        metric = checked.metrics.get(row["metric"])
        widened = {**row, "low": row["adjusted_low"], "high": row["adjusted_high"]}
        records.append(
            {
                "group": name_judged(row),
                "model": row["system"] or "",
                "metric": metric.title if metric is not None and rule.criterion else "",
                "verdict": row["verdict"] or "",
                "value": write_value(row, rule, metric),
                "interval": write_interval(row, rule, metric),
                "adjusted interval": write_interval(widened, rule, metric),
                "allowed": "" if metric is None else say_limits(rule, metric),
                "counts": write_counts(checked, row, metric),
                "value alone": write_value_alone(row, rule),
                "more needed": write_needed(row),
                "why": row["reason"],
            }
        )
    table = pd.DataFrame.from_records(records)
    return table[[name for name in table.columns if (table[name] != "").any()]]


def _say_gravest(judged: Judged, rule: Rule, verdicts: Sequence[dict[str, Any]]) -> None:
    """Say why the verdict is what it is, of the first few groups that decide it; of slices that pass, nothing."""
    first = verdicts[0]["verdict"]
    if first is None or (first == PASS and verdicts[0]["pair"] is None):
        return
    deciding = [row for row in verdicts if row["verdict"] == first]
    shown = [f"- {plain(_say_one(judged, rule, row), 900)}" for row in deciding[:_MOST_NAMED]]
    if len(deciding) > _MOST_NAMED:
        shown.append(f"- and {len(deciding) - _MOST_NAMED} more below")
    st.markdown("\n".join(shown))


def _say_one(judged: Judged, rule: Rule, row: dict[str, Any]) -> str:
    """Return who is judged, the value with its interval, and the reason of the verdict."""
    metric = judged.checked.metrics.get(row["metric"])
    named = [name_judged(row), f" ({row['system']})" if row["system"] else ""]
    if metric is None:
        return f"{''.join(named)}: {row['reason']}"
    of = f", {lower_title(metric.title)}" if rule.criterion else ""
    value, interval = write_value(row, rule, metric), write_interval(row, rule, metric)
    number = "" if value == NOTHING else f": {value}" if interval == NOTHING else f": {value} {interval}"
    return f"{''.join(named)}{of}{number}. {row['reason']}"


def _notes_of(judged: Judged, rule: Rule) -> list[str]:
    """Return what else there is to say of a rule, a sentence each: what it leaves out."""
    where = f"rule {rule.name!r}"
    return [f"It {f.found} {f.cure}".strip() for f in judged.checked.findings if f.where == where]


def _sum_up(verdicts: Sequence[dict[str, Any]]) -> str:
    """Return how many groups, or pairs, have which verdict.

    >>> _sum_up([{"verdict": "fail"}, {"verdict": "pass"}, {"verdict": "pass"}])
    '1 fail, 2 pass'
    """
    found = [row["verdict"] for row in verdicts]
    said = [f"{found.count(v)} {v}" for v in (FAIL, UNDECIDED, NO_DATA_VERDICT, PASS) if v in found]
    return ", ".join(said) or count(len(found), "figure")


def _lead_to_rows(loaded: Loaded, verdicts: Sequence[dict[str, Any]], place: int) -> None:
    """Draw the box that chooses a group of the table, and the way to its rows."""
    slices: dict[str, tuple[Slice, dict[str, Any]]] = {}
    for row in verdicts:
        for cell in row["pair"] or [row["slice"]]:
            if isinstance(cell, Slice) and cell.levels:
                slices.setdefault(str(cell), (cell, row))
    if not slices:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        options = list(slices)
        chosen = st.selectbox(
            "Look into", options, index=None, key=f"policy_cell_{place}", placeholder="Choose a group"
        )
        if chosen in slices:
            cell, row = slices[chosen]
            more = {"metric": row["metric"]} if row["metric"] in loaded.metrics else {}
            more |= {"system": row["system"]} if row["system"] is not None else {}
            key = f"policy_rows_{place}"
            controls.link("rows", "Rows behind it", icon=":material/list:", key=key, cell=cell, **more)
