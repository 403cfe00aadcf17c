"""A bounty's folder at work: what was judged is played again, what is new is judged and written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from metrics.bounty.judge import Decision, Game, judge_entry, new_game, pin, play
from metrics.bounty.ledger import LEDGER, Record, append_records, decision_to_dict, locked, make_record, read_ledger
from metrics.bounty.rows import Bounty, open_bounty
from metrics.bounty.submission import FOLDER, Entry, list_submissions, read_submission, resolve
from metrics.errors import Finding, QuestionError, ResultsError, nearest, stop
from metrics.progress import SILENT, Progress

__all__ = ["Played", "Refused", "judge_folder", "key_of", "order_by_names", "order_by_seed", "play_folder", "replay"]


@dataclass(frozen=True)
class Refused:
    """A submission that cannot be judged as it is, and why; nothing was written of it."""

    team: str
    submission: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Played:
    """A bounty played as its ledger says. `entries` are the judged submissions in the order of the ledger, pinned.

    `new` is how many of the last records were judged just now, `refused` what could not be judged.
    """

    game: Game
    entries: tuple[Entry, ...]
    records: tuple[Record, ...]
    new: int = 0
    refused: tuple[Refused, ...] = ()

    @property
    def bounty(self) -> Bounty:
        return self.game.bounty

    @property
    def keys(self) -> tuple[str, ...]:
        """The judged submissions as `team/id`, in the order of the ledger."""
        return tuple(map(key_of, self.entries))


def key_of(entry: Entry) -> str:
    """Return what a submission is called among all: `team/id`."""
    return f"{entry.submission.team}/{entry.submission.id}"


def play_folder(folder: Path, bounty: Bounty | None = None, progress: Progress = SILENT) -> Played:
    """Play again what the ledger of a folder says; `bounty` saves reading the rows where they were read before.

    Raises ResultsError where the folder is bad, the ledger was tampered with, a judged submission was changed or
    taken away, or a decision comes out otherwise than it was written down.
    """
    opening, playing = progress.part(0, 0.2), progress.part(0.2, 1)
    opening("Reading the rows")
    bounty = bounty or open_bounty(folder)
    records = read_ledger(folder)
    played = Played(new_game(bounty), (), ())
    for record in playing.over(records, "Playing what was judged"):
        played = _play_record(played, record, Path(folder))
    return played


def judge_folder(folder: Path, bounty: Bounty | None = None, progress: Progress = SILENT) -> Played:
    """Judge what lies in a folder and is not in its ledger yet, in the order of submission ids, and write it down.

    A submission that is refused leaves no line, and the others are judged. Two who judge at once do so one after the
    other. Raises ResultsError as `play_folder`; then nothing is written.
    """
    bounty = bounty or open_bounty(folder)
    with locked(folder):
        played = play_folder(folder, bounty, progress.part(0, 0.5))
        before, refused = played.records, []
        judged = set(played.keys)
        new = [path for path in list_submissions(folder) if f"{path.parent.name}/{path.stem}" not in judged]
        for path in progress.part(0.5, 1).over(new, "Judging"):
            try:
                played = _judge_path(played, path)
            except ResultsError as error:
                refused.append(Refused(path.parent.name, path.stem, tuple(error.findings)))
        added = played.records[len(before) :]
        append_records(folder, before, added)
    return replace(played, new=len(added), refused=tuple(refused))


def replay(played: Played, order: Sequence[int] | None = None) -> Game:
    """Play the judged submissions in another order, given by their places in the ledger (from 0); None is its own.

    A submission that names an earlier model stands for what that model said when it was judged.
    """
    return play(
        played.bounty, [played.entries[place] for place in (range(len(played.entries)) if order is None else order)]
    )


def order_by_seed(played: Played, seed: int) -> list[int]:
    """Return the judged submissions in an order drawn by a seed, as places in the ledger."""
    return [int(place) for place in np.random.default_rng(seed).permutation(len(played.entries))]


def order_by_names(played: Played, names: Sequence[str]) -> list[int]:
    """Return an order by names, `team/id` or the id alone where it is one team's, as places in the ledger.

    Raises QuestionError unless each judged submission is named once.
    """
    keys = played.keys
    places: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        for name in {key, key.partition("/")[2]}:
            places.setdefault(name, []).append(place)
    order = []
    for name in names:
        found = places.get(name, [])
        if len(found) != 1:
            hint = nearest(name, places) if not found else f"Write {' or '.join(keys[place] for place in found)}."
            what = "There is no judged submission" if not found else "There are several submissions"
            raise QuestionError(f"{what} {name!r}. {hint}".rstrip())
        order += found
    lacking = [key for place, key in enumerate(keys) if place not in order]
    twice = [keys[place] for place in dict.fromkeys(order) if order.count(place) > 1]
    if lacking or twice:
        said = f"lacks {', '.join(lacking[:5])}" if lacking else f"names {', '.join(twice[:5])} more than once"
        raise QuestionError(f"The order {said}; it has to name each of the {len(keys):,} judged submissions once.")
    return order


def _judge_path(played: Played, path: Path) -> Played:
    """Judge one more submission. Raises ResultsError where it is refused."""
    submission = read_submission(path)
    return _judge(played, resolve(played.bounty, submission, len(played.game.models)))


def _judge(played: Played, entry: Entry, judged: str = "") -> Played:
    entry = pin(played.game, entry)
    game = judge_entry(played.game, entry)
    decision = game.decisions[-1]
    record = make_record(played.records, played.bounty.digest, entry.submission.digest, decision, judged)
    return Played(game, (*played.entries, entry), (*played.records, record))


def _play_record(played: Played, record: Record, folder: Path) -> Played:
    """Play one line of a ledger again. Raises ResultsError where it cannot be, or comes out otherwise."""
    told = record.decision
    where = f"file {LEDGER!r}, line {record.number} (submission '{told.team}/{told.submission}')"
    if record.bounty != played.bounty.digest:
        found = "was judged under other terms, rows or labels than lie in the folder now."
        raise stop(where, found, "Put them back as they were, or begin a new bounty with a new ledger.")
    path = folder / FOLDER / told.team / f"{told.submission}.json"
    if not path.exists():
        raise stop(where, f"was judged, but {path.name!r} is no longer there.", "Put the submission back.")
    submission = read_submission(path)
    if submission.digest != record.digest:
        found = "is of a submission that was changed, or whose files were, after it was judged."
        raise stop(where, found, "Put it back as it was; send what is new under another id.")
    again = _judge(played, resolve(played.bounty, submission, len(played.game.models)), record.judged)
    found = _first_difference(told, again.game.decisions[-1])
    if found:
        cure = "Judge with the version of the program that wrote it, or begin a new ledger."
        raise stop(where, f"says {found} when it is judged again.", cure)
    # As it was told: another version may word the reason otherwise.
    game = replace(again.game, decisions=(*played.game.decisions, told))
    return replace(again, game=game, records=(*played.records, record))


def _first_difference(told: Decision, again: Decision) -> str:
    """Return in which number two decisions differ first, empty where in none."""
    was, now = decision_to_dict(told), decision_to_dict(again)
    return next((f"{k} = {was[k]!r}, but {now[k]!r}" for k in was if k != "reason" and was[k] != now[k]), "")
