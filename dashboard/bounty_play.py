"""The bounty on screen: its rows read and its ledger played once, however many look, beside the page."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard import bounties, state
from dashboard.bounties import Place
from dashboard.jobs import Jobs, Work
from dashboard.waiting import Waiting, await_work
from dashboard.workspace import Workspace
from metrics.bounty.judge import Decision, Game
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Submission
from metrics.bounty.terms import Terms
from metrics.errors import ResultsError

__all__ = ["Playing", "current", "work_out"]


@dataclass(frozen=True, eq=False)
class Playing:
    """A bounty with everything that was decided; `key` is what all of it hangs on."""

    place: Place
    key: Hashable
    game: Game
    sent: Mapping[tuple[str, str], Submission]  # what was decided, by team and id

    def submission_of(self, decision: Decision) -> Submission | None:
        """Return what was sent; None where its file is gone."""
        return self.sent.get((decision.team, decision.submission))

    @property
    def bounty(self) -> Bounty:
        return self.game.bounty

    @property
    def terms(self) -> Terms:
        return self.game.bounty.terms

    @property
    def unit(self) -> str:
        """How losses are written: "%" where they are shares of errors, else as numbers."""
        return "%" if self.terms.loss == "error" else ""


def current() -> Playing | ResultsError | Waiting | None:
    """Return the bounty on screen, why it cannot be used, how far it is, or None where none is open."""
    place = bounties.find_bounty(state.bounty_id(), Workspace.at_home())
    return None if place is None else play(place)


def work_out(playing: Playing, what: Hashable, work: Work) -> object:
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


def play(place: Place) -> Playing | ResultsError | Waiting:
    """Read a bounty and play what was decided of it; return it, why it cannot be used, or how far it is."""
    from metrics.bounty.judge import judge_entry, new_game
    from metrics.bounty.rows import open_bounty
    from metrics.bounty.submission import list_submissions, read_submission, resolve

    bounty = open_bounty(place.folder)
    game = new_game(bounty)
    sent = {}
    for path in list_submissions(place.folder):
        s = read_submission(path)
        game = judge_entry(game, resolve(bounty, s, len(game.models)))
        sent[s.team, s.id] = s
    return Playing(place, bounty.digest, game, sent)
