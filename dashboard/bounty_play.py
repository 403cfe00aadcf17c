"""The bounty on screen: its rows read and its ledger played once, however many look, beside the page."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import bounties, state
from dashboard.bounties import Place
from dashboard.jobs import Jobs, Work
from dashboard.waiting import Waiting, await_work
from dashboard.workspace import Workspace
from metrics.bounty.folder import Played, judge_folder, play_folder
from metrics.bounty.judge import Decision, Game
from metrics.bounty.ledger import LEDGER
from metrics.bounty.rows import Bounty, open_bounty
from metrics.bounty.submission import Submission, list_submissions
from metrics.bounty.terms import Terms
from metrics.errors import ResultsError
from metrics.progress import Progress, Tell

__all__ = ["Playing", "current", "keep_played", "read_bounty", "work_out"]


_MOST_LATEST = 8


@dataclass(frozen=True, eq=False)
class Playing:
    """A bounty with everything that was decided; `key` is what all of it hangs on."""

    place: Place
    key: tuple[str, str]  # digests of the rows and the rules, and of the ledger
    played: Played

    @property
    def game(self) -> Game:
        return self.played.game

    @property
    def bounty(self) -> Bounty:
        return self.played.bounty

    @property
    def terms(self) -> Terms:
        return self.played.bounty.terms

    @property
    def unit(self) -> str:
        """How losses are written: "%" where they are shares of errors, else as numbers."""
        return "%" if self.terms.loss == "error" else ""

    @cached_property
    def sent(self) -> Mapping[tuple[str, str], Submission]:
        """What was decided of, by team and id."""
        return {(e.submission.team, e.submission.id): e.submission for e in self.played.entries}

    def submission_of(self, decision: Decision) -> Submission:
        """Return what was sent."""
        return self.sent[decision.team, decision.submission]

    def count_waiting(self) -> int:
        """Return how many submissions lie in the folder and are not judged yet."""
        names = {(path.parent.name, path.stem) for path in list_submissions(self.place.folder)}
        return len(names - set(self.sent))


def current() -> Playing | ResultsError | Waiting | None:
    """Return the bounty on screen, why it cannot be used, how far it is, or None where none is open."""
    place = bounties.find_bounty(state.bounty_id(), Workspace.at_home())
    return None if place is None else play(place)


def play(place: Place) -> Playing | ResultsError | Waiting:
    """Read a bounty and play what was decided of it; return it, why it cannot be used, or how far it is."""
    try:
        rules = place.digest(bounties.terms_of(place))
        key = rules, bounties.digest_file(place.folder / LEDGER)
        found = await_work(_games(), key, partial(_play, place, key))
    except ResultsError as error:
        return error
    return found if isinstance(found, Waiting | ResultsError) else Playing(place, key, found)


def _play(place: Place, key: tuple[str, str], tell: Tell) -> Played | ResultsError:
    """Do the work. What is wrong with a folder is an answer, too, and kept like one."""
    kept = _latest().get(place.folder)
    if kept is not None and kept[0] == key:
        return kept[1]
    whole = Progress(tell)
    try:
        bounty = read_bounty(place, key[0], whole.part(0, 0.3))
        if place.kind == "sample" and not (place.folder / LEDGER).exists():
            return _judge_sample(place, bounty, whole.part(0.3, 1))
        return play_folder(place.folder, bounty, whole.part(0.3, 1))
    except ResultsError as error:
        return error


def _judge_sample(place: Place, bounty: Bounty, tell: Progress) -> Played:
    """Judge the submissions of the sample in a copy that is thrown away: the sample stays as it is."""
    with tempfile.TemporaryDirectory(prefix="fairness-dashboard-") as folder:
        copy = Path(shutil.copytree(place.folder, Path(folder) / "bounty"))
        return judge_folder(copy, bounty, tell)


def read_bounty(place: Place, digest: str, tell: Tell) -> Bounty:
    """Return the rows of a bounty, read once while they and the rules stay as they are (beside a page)."""
    bounty: Bounty = _bounties().do((place.folder, digest), partial(_read, place), tell)
    return bounty


def _read(place: Place, tell: Tell) -> Bounty:
    tell("Reading the rows", 0.0)
    return open_bounty(place.folder)


def keep_played(place: Place, rules: str, played: Played) -> None:
    """Keep a bounty as it was just judged, so that the next look at it need not play its ledger again."""
    kept = _latest()
    kept.pop(place.folder, None)
    kept[place.folder] = ((rules, bounties.digest_file(place.folder / LEDGER)), played)
    while len(kept) > _MOST_LATEST:  # each visitor of the sample has a copy, and a game of it is large
        kept.pop(next(iter(kept)), None)


def work_out(playing: Playing, what: Hashable, work: Work) -> Any | Waiting:
    """Return what long work on a bounty gives, which hangs on its rows, its decisions and `what` alone."""
    return await_work(_works(), (playing.key, what), work)


# Kept by what the content hangs on; who plays in a copy of the sample has a folder, and so a key, of their own.
@st.cache_resource(show_spinner=False)
def _bounties() -> Jobs:
    return Jobs(keep=4, seconds=3600)


@st.cache_resource(show_spinner=False)
def _games() -> Jobs:
    return Jobs(keep=8, seconds=3600)


@st.cache_resource(show_spinner=False)
def _works() -> Jobs:
    return Jobs(keep=12, seconds=900)


@st.cache_resource(show_spinner=False)
def _latest() -> dict[Any, tuple[tuple[str, str], Played]]:
    return {}
