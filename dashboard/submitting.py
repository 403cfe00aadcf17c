"""Sending a submission: written into the bounty's folder, judged at once, and what was decided of it.

It is done beside the page, like all long work: the ledger is played again under its lock, and who submits at the same
time waits for their turn.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count as count_from
from pathlib import Path
from typing import Literal

import streamlit as st

from dashboard import bounties, bounty_play, controls, state
from dashboard.bounties import Place, copy_sample
from dashboard.bounty_drafts import Draft, resolve_draft
from dashboard.bounty_play import Playing
from dashboard.finding_list import show_findings
from dashboard.jobs import Cancelled, Jobs, Work
from dashboard.parts import say
from dashboard.waiting import Waiting, await_work, draw_waiting
from dashboard.words import count, plain
from dashboard.workspace import Workspace
from metrics.bounty.folder import judge_folder
from metrics.bounty.ledger import locked, read_ledger
from metrics.bounty.sending import send_submission
from metrics.bounty.submission import FOLDER, is_safe_name, read_submission
from metrics.bounty.telling import count_split, say_group, say_reason
from metrics.bounty.terms import VALIDATION
from metrics.errors import Finding, ResultsError, stop
from metrics.progress import Progress, Tell

__all__ = [
    "REPORTED",
    "Answer",
    "Sending",
    "begin",
    "check_team",
    "choose_name",
    "draw_button",
    "find_place",
    "judge_waiting",
    "say_copy",
    "settle",
    "show_decision",
    "show_refused",
]

MOST_SUBMISSIONS = 10_000  # of a bounty, by its page
_PATIENCE_SECONDS = 5.0  # for taking out again what was refused
_ERRAND, _DECIDED, _REFUSED = "submit_errand", "submit_decided", "submit_refused"
_DROPS, REPORTED = "submit_drops", "submit_reported"


@dataclass(frozen=True)
class Answer:
    """What became of what was sent: kept under `name` in the bounty of `address`, or refused for what was found.

    `what` it was: a submission, a report, or all that waited in the folder.
    """

    address: str
    team: str = ""
    name: str = ""
    findings: tuple[Finding, ...] = ()
    what: Literal["submission", "report", "folder"] = "submission"


def draw_button(playing: Playing, draft: Draft) -> None:
    """Draw the button that sends a draft, and why the last one was refused."""
    st.button(
        "Submit",
        key="submit_send",
        type="primary",
        icon=":material/gavel:",
        disabled=not draft.team.strip(),
        on_click=begin,
        args=(Sending(playing, draft, Workspace.at_home()),),
    )
    if not draft.team.strip():
        st.caption("Name your team to submit.")
    say_copy(playing)
    show_refused()


def say_copy(playing: Playing) -> None:
    """Say where what is sent to the sample goes."""
    if playing.place.kind == "sample":
        st.caption("The sample stays as it is: what you send goes into a copy of your own, which then is on screen.")


def show_refused() -> None:
    """Show why what was sent last was refused."""
    refused = state.recall(_REFUSED)
    if refused is not None and refused.what != "folder":
        st.error("It was refused, and nothing was kept of it. What is in the way:", icon=":material/block:")
        show_findings(refused.findings, key="submit_refused_findings")


def judge_waiting(playing: Playing) -> None:
    """Draw how many submissions of the folder wait for a decision, with the button that judges them."""
    waiting = playing.count_waiting()
    if not waiting or playing.place.kind == "sample":
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{count(waiting, 'submission')} in the folder {'is' if waiting == 1 else 'are'} not judged yet.")
        work = partial(_judge, playing.place, playing.key[0])
        st.button("Judge now", key="bounty_judge", icon=":material/gavel:", on_click=begin, args=(work,))
    refused = state.recall(_REFUSED)
    if refused is not None and refused.what == "folder":
        st.error("Refused, and not judged; their files stay:", icon=":material/block:")
        show_findings(refused.findings, key="bounty_refused_findings")


def settle() -> None:
    """Put on screen what was decided; where that is not done yet, draw how far it is and stop the page."""
    errand = state.recall(_ERRAND)
    if errand is None:
        return
    key, work = errand
    found = await_work(_errands(), key, work)
    if isinstance(found, Waiting):
        draw_waiting(
            found, "This was stopped. What had been sent by then is judged all the same.", "Go on", key="submitting"
        )
        if found.job is None:
            st.button("Leave it", key="submit_leave", icon=":material/close:", on_click=_end)
        state.keep_choices()
        st.stop()
    _end()
    if found.findings:
        state.remember(_REFUSED, found)
    else:
        state.remember(REPORTED if found.what == "report" else _DECIDED, found if found.name else None)
        state.remember(_DROPS, state.recall(_DROPS, 0) + 1)
    if found.address != state.bounty_id():
        state.show_bounty(found.address)
    st.rerun()


def show_decision(playing: Playing) -> None:
    """Show what was decided of the submission that was sent last."""
    last = state.recall(_DECIDED)
    if last is None or last.address != playing.place.id:
        return
    decided = [d for d in playing.game.decisions if (d.team, d.submission) == (last.team, last.name)]
    if not decided:
        return
    decision = decided[0]
    n_rows = count_split(playing.bounty, VALIDATION)
    with st.container(border=True, key="submit_decision"):
        if decision.accepted:
            st.success(f"Accepted, as submission {plain(last.name, 64)}.", icon=":material/check_circle:")
        else:
            st.warning(f"Rejected, as submission {plain(last.name, 64)}.", icon=":material/cancel:")
        say(f"{say_group(playing.submission_of(decision).group)}: {say_reason(playing.terms, decision, n_rows)}.")
        if decision.repairs:
            st.caption(f"{count(decision.repairs, 'repair')} for groups that were found earlier.")
        controls.link("bounty", "See what became of the model", icon=":material/timeline:")


def begin(work: Work) -> None:
    """Do some work that gives an `Answer` (a callback); `settle` puts on screen what came of it."""
    for key in (_DECIDED, _REFUSED, REPORTED):
        state.remember(key, None)
    state.remember(_ERRAND, (secrets.token_hex(16), work))


def _end() -> None:
    state.remember(_ERRAND, None)


# -- the work, which touches nothing of a page ---------------------------------------------------


@dataclass(eq=False)
class Sending:
    """The work of checking a draft, putting it into the bounty's folder and judging it.

    Whoever stops it before it was put there has sent nothing; from then on it is judged all the same. Done again, it
    goes on where it was: nothing is sent twice. Of what is refused nothing is kept.
    """

    playing: Playing
    draft: Draft
    home: Workspace
    place: Place | None = None
    name: str = ""

    def __call__(self, tell: Tell) -> Answer:
        address, team = self.playing.place.id, self.draft.team.strip()
        if not self.name:
            try:
                tell("Checking", 0.0)
                check_team(team)
                resolve_draft(self.playing.game, self.draft)
                self.place = self.place or find_place(self.playing, self.home)
                self.name = _put(self.place.folder, replace(self.draft, team=team))
            except ResultsError as error:
                return Answer(address, findings=tuple(error.findings))
        assert self.place is not None

        def keep_on(words: str, share: float) -> None:
            with suppress(Cancelled):
                tell(words, share)

        rules = self.place.digest(bounties.terms_of(self.place))
        answer = _judge(self.place, rules, keep_on, only=(team, self.name))
        return answer if answer.findings else replace(answer, team=team, name=self.name)


def find_place(playing: Playing, home: Workspace) -> Place:
    """Return where to send it: of the sample a copy, in which everything that came with it is judged before."""
    if playing.place.kind != "sample":
        return playing.place
    copy = copy_sample(home)
    judge_folder(copy.folder)
    return copy


def check_team(team: str) -> None:
    """Raise ResultsError for a name that cannot be a folder's."""
    if not is_safe_name(team):
        raise stop(
            "the team",
            f"is called {team[:60]!r}." if team else "has no name.",
            "Take up to 64 letters, digits, spaces, dots, - and _, the first and last a letter or digit.",
        )


def choose_name(there: Iterable[Path], most: int, what: str) -> str:
    """Return the next free number as a name. Raises ResultsError where a bounty has as many files as its page takes."""
    taken = {path.stem for path in there}
    if len(taken) >= most:
        raise stop("the bounty", f"has {len(taken):,} {what}.", "Its page takes no more.")
    return next(name for number in count_from(len(taken) + 1) if (name := f"{number:05}") not in taken)


def _put(folder: Path, draft: Draft) -> str:
    """Put a draft into a bounty's folder under the next free number, and return that."""
    with locked(folder), tempfile.TemporaryDirectory(prefix="fairness-dashboard-") as beside:
        name = choose_name((folder / FOLDER).glob("*/*.json"), MOST_SUBMISSIONS, "submissions")
        send_submission(folder, draft.rename_files(name).write(Path(beside), name))
        return name


def _judge(place: Place, rules: str, tell: Tell, only: tuple[str, str] | None = None) -> Answer:
    """Judge what waits in a folder. What was refused of `only` is taken out again; of others it is said."""
    what: Literal["submission", "folder"] = "folder" if only is None else "submission"
    try:
        bounty = bounty_play.read_bounty(place, rules, tell)
        played = judge_folder(place.folder, bounty, Progress(tell))
    except ResultsError as error:
        if only is not None:
            _take_out(place.folder, *only)
        return Answer(place.id, findings=tuple(error.findings), what=what)
    bounty_play.keep_played(place, rules, played)
    told = [r for r in played.refused if only is None or (r.team, r.submission) == only]
    if only is not None and told:
        _take_out(place.folder, *only)
    return Answer(place.id, findings=tuple(f for r in told for f in r.findings), what=what)


def _take_out(folder: Path, team: str, name: str) -> None:
    """Take a submission out again, and the files that were put beside it under its name; no other's.

    What somebody else has judged by then stays, and so does everything where the ledger cannot tell.
    """
    path = folder / FOLDER / team / f"{name}.json"
    with suppress(ResultsError), locked(folder, _PATIENCE_SECONDS):
        judged = {(record.decision.team, record.decision.submission) for record in read_ledger(folder)}
        if (team, name) in judged:
            return
        with suppress(ResultsError):
            for file in read_submission(path).files:
                (path.parent / file).unlink(missing_ok=True)
        path.unlink(missing_ok=True)


@st.cache_resource(show_spinner=False)
def _errands() -> Jobs:
    return Jobs(keep=20, seconds=600)
