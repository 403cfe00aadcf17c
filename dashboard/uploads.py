"""Data of a person's own: files are kept, what is said of them is corrected, and they are deleted.

Keeping a large file takes a while: it is done beside the page, like all long work, and `settle` puts on screen
what has been kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import loading, state
from dashboard.datasets import Dataset, correct, find_dataset
from dashboard.jobs import Jobs, Work
from dashboard.waiting import Waiting, await_work
from dashboard.workspace import Kept, Workspace
from metrics.errors import ResultsError
from metrics.progress import Progress
from metrics.schema import Schema

__all__ = ["complain", "correct_schema", "drop_key", "forget", "hear_complaint", "settle", "upload"]

_ERRAND, _COMPLAINT, _DROPPED, _DROPS = "errand", "complaint", "dropped", "drops"


@dataclass(frozen=True, eq=False)
class _Errand:
    """Files that somebody wants kept: what for, the work, what follows it, and what was on screen meanwhile."""

    purpose: Hashable
    work: Work
    follow: Callable[[Any], None]
    screen: str
    key: str  # of nobody else's


def upload(sources: list[tuple[str, Any]], schema: Schema, most_bytes: int) -> None:
    """Keep uploaded files and put them on screen, in a callback.

    What the same drop zone kept before is deleted; its corrections stay where a further file has come to the first.
    """

    def follow(kept: Kept) -> None:
        home = Workspace.at_home()
        before = find_dataset(state.recall(_DROPPED, ""), home)
        if before is not None and before.kind == "upload":
            if schema == Schema() and before.files[0].sha256 == kept.files[0].sha256:
                home.save_schema(kept.id, before.schema)
            home.delete(before.id)
        state.remember(_DROPPED, kept.id)
        state.show_anew(kept.id)

    home = Workspace.at_home()
    _begin(object(), lambda tell: home.keep(sources, schema, most_bytes, Progress(tell)), follow)
    settle()


def correct_schema(data: Dataset, schema: Schema) -> bool:
    """Keep a corrected schema, and return whether that is done.

    Samples and the opened file are copied first, and get an address of their own with it; until a large one is
    copied the schema is as it was.
    """
    if data.kind == "upload":
        state.show(correct(data, schema, Workspace.at_home()).id)
        return True
    errand, purpose = state.recall(_ERRAND), (data.key, schema.digest)
    if errand is None or errand.purpose != purpose:
        home = Workspace.at_home()
        _begin(
            purpose,
            lambda tell: correct(data, schema, home, Progress(tell)),
            lambda corrected: state.show(corrected.id),
        )
    return settle() is None


def settle() -> Waiting | None:
    """Put on screen what has been kept by now, and return how far the keeping is where it is not done.

    To be called before widgets are drawn. What was stopped can be taken up as long as the same data are on screen.
    """
    errand = state.recall(_ERRAND)
    if errand is None:
        return None
    try:
        kept = await_work(_errands(), errand.key, errand.work)
    except Exception as error:
        _end(errand)
        if not isinstance(error, ResultsError):
            raise
        complain(str(error))
        return None
    if isinstance(kept, Waiting):
        if kept.job is not None or errand.screen == state.dataset_id():
            return kept
        _end(errand)
        return None
    _end(errand)
    errand.follow(kept)
    return None


def forget(data: Dataset) -> None:
    """Delete an upload: its folder, and what was kept of it in memory."""
    Workspace.at_home().delete(data.id)
    loading.drop(data)
    state.remember(_DROPS, state.recall(_DROPS, 0) + 1)  # a new drop zone: the old one still holds the files
    state.show_anew(state.first_address())


def drop_key() -> str:
    """The key of the drop zone, a new one after each deletion."""
    return f"drop_{state.recall(_DROPS, 0)}"


def complain(text: str) -> None:
    """Have said, on the next look at the page, why something was not taken."""
    state.remember(_COMPLAINT, text)


def hear_complaint() -> str | None:
    """Return, once, why something was not taken."""
    said = state.recall(_COMPLAINT)
    state.remember(_COMPLAINT, None)
    return said


def _begin(purpose: Hashable, work: Work, follow: Callable[[Any], None]) -> None:
    _end(state.recall(_ERRAND))
    errand = _Errand(purpose, work, follow, state.dataset_id(), secrets.token_hex(16))
    state.remember(_ERRAND, errand)


def _end(errand: _Errand | None) -> None:
    """Forget an errand, and stop it where it is under way."""
    if errand is not None:
        _errands().drop(lambda key: key == errand.key)
        state.remember(_ERRAND, None)


@st.cache_resource(show_spinner=False)
def _errands() -> Jobs:
    return Jobs(keep=20, seconds=600)
