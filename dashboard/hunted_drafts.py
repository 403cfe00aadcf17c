"""Drafts that a search makes from the explore split, for a person to look at, edit and send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from dashboard import bounty_play, state
from dashboard.bounty_play import Playing
from dashboard.page_controls import choose_one
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import plain
from metrics.bounty.telling import say_exactly
from metrics.errors import QuestionError
from metrics.hunters import HUNTERS, Draft, hunt
from metrics.progress import Tell

__all__ = ["draw_drafts", "is_hunted"]

_ASKED, _TAKEN = "hunt_asked", "hunt_taken"
_ABOUT = {
    "error tree": "A tree that splits the rows where the current model errs most.",
    "slice finder": "Every combination of up to three features, searched exactly.",
    "linear auditor": "A weighing of all features that tells where the model errs; its group is a small tree.",
}


def draw_drafts(playing: Playing) -> None:
    """Draw the choice of a search, and what it drafted."""
    st.markdown(
        "A search looks at the explore split for groups that the current model serves worse, and learns there what to "
        "predict for them. What it finds is a draft: look at it, change it, and send it in your name."
    )
    hunter = choose_one("Search by", {name: name for name in HUNTERS}, "submit_hunter")
    st.caption(_ABOUT.get(hunter, ""))
    asked = (playing.key, hunter)
    if state.recall(_ASKED) != asked:
        st.button("Search", key="hunt", icon=":material/search:", on_click=state.remember, args=(_ASKED, asked))
        return
    found = bounty_play.work_out(playing, ("hunt", hunter), partial(_hunt, playing, hunter))
    if isinstance(found, Waiting):
        draw_waiting(found, "The search was stopped; nothing is lost.", "Search again", key="hunting")
    elif isinstance(found, QuestionError):
        st.info(plain(str(found), 400), icon=":material/info:")
    elif not found:
        st.info("It found no group for which something else would be better to predict.", icon=":material/search_off:")
    else:
        for number, draft in enumerate(found):
            _draw_draft(playing, draft, number)


def _hunt(playing: Playing, hunter: Any, tell: Tell) -> list[Draft] | QuestionError:
    try:
        return hunt(playing.bounty, playing.game.current, hunter, progress=tell)
    except QuestionError as error:
        return error


def _draw_draft(playing: Playing, draft: Draft, number: int) -> None:
    terms = playing.terms
    with st.container(border=True):
        st.code(_say(draft.group), language=None, wrap_lines=True)
        before, after = say_exactly(terms, draft.loss_current), say_exactly(terms, draft.loss_replacement)
        told = f"{draft.units:,} rows to explore; loss {before} now, {after} with what it learned. {draft.note}"
        st.caption(plain(told, 600))
        st.button("Edit it", key=f"hunt_edit_{number}", icon=":material/edit:", on_click=_take, args=(playing, draft))


def _say(group: Mapping[str, Any]) -> str:
    return str(group["where"]) if "where" in group else json.dumps(group, indent=1)[:2000]


def _take(playing: Playing, draft: Draft) -> None:
    """Put a draft into the form (a callback)."""
    tree = "" if "tree" not in draft.group else json.dumps(draft.group["tree"])
    state.pick(
        submit_kind="model",
        submit_way="where" if "where" in draft.group else "tree",
        submit_where=str(draft.group.get("where", "")),
        submit_group_tree=tree,
        submit_note=draft.note,
    )
    if "constant" in draft.replacement:
        value = draft.replacement["constant"]
        state.pick(submit_replacement="constant")
        state.pick(**({"submit_constant": str(value)} if playing.bounty.classes else {"submit_number": float(value)}))
    else:
        state.pick(submit_replacement="tree", submit_tree=json.dumps(draft.replacement["tree"]))
    state.remember(_TAKEN, _sign(draft.group, draft.replacement))


def is_hunted(group: Mapping[str, Any], replacement: Mapping[str, Any]) -> bool:
    """Whether a form says still what a search drafted: then it is sent as automatic."""
    return bool(state.recall(_TAKEN) == _sign(group, replacement))


def _sign(group: Mapping[str, Any], replacement: Mapping[str, Any]) -> str:
    return json.dumps([group, replacement], sort_keys=True, default=str)
