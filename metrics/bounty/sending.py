"""A submission put into a bounty's folder: checked whole, then copied with the files that it names, or not at all."""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from metrics.bounty.judge import Game
from metrics.bounty.submission import FOLDER, Entry, Submission, read_submission, resolve
from metrics.errors import Finding, ResultsError

__all__ = ["Sent", "check_submissions", "send_submission"]


@dataclass(frozen=True)
class Sent:
    """A submission in its place; `is_new` is False where the very same lay there already."""

    path: Path
    is_new: bool


def check_submissions(game: Game, paths: Iterable[Path]) -> list[Entry]:
    """Read and resolve drafts, wherever they lie. Raises ResultsError with what is wrong with any of them."""
    entries: list[Entry] = []
    problems: list[Finding] = []
    for path in paths:
        try:
            entries.append(resolve(game.bounty, read_submission(path, in_place=False), len(game.models)))
        except ResultsError as error:
            problems += error.findings
    if problems:
        raise ResultsError(problems)
    return entries


def send_submission(folder: Path, path: Path) -> Sent:
    """Copy a draft into `submissions/<team>/<id>.json`, the files that it names beside it.

    The draft is copied last and appears at once as a whole, so it is never judged without its files. Raises
    ResultsError where another submission or file of that name lies there.
    """
    submission = read_submission(path, in_place=False)
    team = Path(folder) / FOLDER / submission.team
    target = team / f"{submission.id}.json"
    if target.exists() and read_submission(target).digest == submission.digest:
        return Sent(target, is_new=False)
    contents = {name: (path.parent / name).read_bytes() for name in submission.files}
    _check_free(submission, team, target, contents)
    for name, data in contents.items():
        _put(team / name, data)
    _put(target, path.read_bytes())
    return Sent(target, is_new=True)


def _check_free(submission: Submission, team: Path, target: Path, contents: dict[str, bytes]) -> None:
    problems = []
    alike = _find_alike(team)
    if alike:
        found = f"is of the team {submission.team!r}; {alike!r} is there already, which many disks take for the same."
        problems.append(Finding("stop", submission.title, found, "Write the team's name as it is, or take another."))
    if target.exists():
        found = f"is there already, and says something else ({FOLDER}/{submission.team}/{target.name})."
        problems.append(Finding("stop", submission.title, found, "Send it under another id."))
    for name, data in contents.items():
        if is_submission_name(name):
            found, cure = f"names the file {name!r}, which would be taken for a submission.", "Let it end with .csv."
            problems.append(Finding("stop", submission.title, found, cure))
        elif (team / name).exists() and (team / name).read_bytes() != data:
            found = f"names the file {name!r}, and the team has another of that name."
            problems.append(Finding("stop", submission.title, found, "Give it another name, here and there."))
    if problems:
        raise ResultsError(problems)


def _find_alike(team: Path) -> str:
    """Return the name of another team that differs in case or in the form of its letters only, empty without one."""
    if not team.parent.is_dir():
        return ""
    plain = _fold(team.name)
    return next((p.name for p in sorted(team.parent.iterdir()) if p.name != team.name and _fold(p.name) == plain), "")


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def is_submission_name(name: str) -> bool:
    """Return whether a named file would lie where submissions do, however its name is written.

    >>> is_submission_name("./002.JSON"), is_submission_name("more/002.json"), is_submission_name("002.csv")
    (True, False, False)
    """
    path = PurePosixPath(name)
    return len(path.parts) == 1 and path.suffix.casefold() == ".json"


def _put(path: Path, data: bytes) -> None:
    """Write a file that is not there yet; one of the same content may be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{secrets.token_hex(8)}")
    try:
        beside.write_bytes(data)
        try:
            os.link(beside, path)  # unlike a rename, never over what another has put there meanwhile
        except FileExistsError:
            if path.read_bytes() != data:
                found = "was put there by somebody else just now."
                raise ResultsError([Finding("stop", f"file {path.name!r}", found, "Choose another name.")]) from None
        except OSError:  # a disk without links
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
