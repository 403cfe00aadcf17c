"""What reviewers made of finding reports: one line of JSON a review in `reviews.jsonl`, chained like the ledger.

A report without a review is `new`. Reviewed, it is `confirmed`, `not shown` (the data do not bear it out) or a
`duplicate` of another. The last review of a report counts; a report that was changed since is new again.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from metrics.bounty.ledger import locked
from metrics.bounty.reports import Report
from metrics.errors import QuestionError, ResultsError, nearest, stop
from metrics.strict_json import load_strict

__all__ = ["COLUMNS", "FILE", "STATES", "Review", "State", "list_states", "read_reviews", "review_report"]

State = Literal["confirmed", "not shown", "duplicate"]
STATES: tuple[State, ...] = get_args(State)
NEW = "new"
COLUMNS = ["report", "team", "metric", "harm", "state", "of", "note", "reviewed"]

FILE = "reviews.jsonl"
_START = "0" * 64
_LONGEST_NOTE = 5_000
_RESTORE = "Restore it from a copy; reviews are added, never changed."


@dataclass(frozen=True)
class Review:
    """One line: `number` from 1 up, `previous` the hash of the line before, `digest` that of the report reviewed.

    `of` is the `team/id` of which a duplicate is one, else empty; `reviewed` is in UTC (ISO 8601).
    """

    number: int
    previous: str
    reviewed: str
    report: str
    digest: str
    state: State
    of: str = ""
    note: str = ""
    hash: str = ""


def review_report(
    folder: Path, reports: Iterable[Report], key: str, state: str, of: str = "", note: str = "", reviewed: str = ""
) -> Review:
    """Add a review of the report `key` (`team/id`) to those of a bounty's folder, and return it.

    `reports` are all there are, `of` names the one that a duplicate repeats. `reviewed` is now where it is not given.
    Raises QuestionError for a report or a state that is not there, for a duplicate of itself, of nothing or of another
    duplicate; ResultsError where the reviews were tampered with or cannot be written.
    """
    known = {report.key: report for report in reports}
    for name in (key, *([of] if of else [])):
        if name not in known:
            hint = nearest(name, known) or f"There are: {', '.join(list(known)[:20]) or 'none'}."
            raise QuestionError(f"There is no report {name!r}. {hint}")
    if state not in STATES:
        raise QuestionError(
            f"A review says one of: {', '.join(STATES)}; not {state!r}. {nearest(state, STATES)}".strip()
        )
    if len(note) > _LONGEST_NOTE:
        raise QuestionError(f"A note may have up to {_LONGEST_NOTE:,} signs; this one has {len(note):,}.")
    if (state == "duplicate") != bool(of):
        raise QuestionError("A duplicate names the report that it repeats, and nothing else does.")
    with locked(folder):
        reviews = read_reviews(folder)
        if of:
            _check_original(key, of, reviews, known)
        reviewed = reviewed or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        previous = reviews[-1].hash if reviews else _START
        chosen: Any = state
        new = Review(len(reviews) + 1, previous, reviewed, key, known[key].digest, chosen, of, note)
        new = replace(new, hash=_hash(new))
        _write_all(Path(folder) / FILE, [*reviews, new])
    return new


def read_reviews(folder: Path) -> tuple[Review, ...]:
    """Read and verify the reviews of a folder; none where there is no file.

    Raises ResultsError, naming the first line that is damaged, out of order, or not what was written there.
    """
    try:
        data = (Path(folder) / FILE).read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise stop(f"file {FILE!r}", f"cannot be read ({error.strerror}).", "Check who may read it.") from error
    lines, reviews = data.split(b"\n"), list[Review]()
    if lines[-1]:
        raise _broken(len(lines), "is cut off.")
    for number, line in enumerate(lines[:-1], 1):
        review = _read_line(line, number)
        if review.previous != (reviews[-1].hash if reviews else _START) or review.number != number:
            raise _broken(number, "does not follow the line before it: lines were taken out, put in or moved.")
        reviews.append(review)
    return tuple(reviews)


def list_states(reports: Iterable[Report], reviews: Iterable[Review]) -> pd.DataFrame:
    """Return the review list, a row a report in the order given: COLUMNS, texts all of them."""
    last = {review.report: review for review in reviews}
    rows = []
    for report in reports:
        review = last.get(report.key)
        if review is not None and review.digest != report.digest:
            review = None  # what was reviewed is not what is there now
        told = ("state", "of", "note", "reviewed")
        said = dict.fromkeys(told, "") | {"state": NEW} if review is None else {k: getattr(review, k) for k in told}
        rows.append({"report": report.id, "team": report.team, "metric": report.metric, "harm": report.harm, **said})
    return pd.DataFrame(rows, columns=COLUMNS)


def _check_original(key: str, of: str, reviews: Iterable[Review], known: dict[str, Report]) -> None:
    if of == key:
        raise QuestionError(f"The report {key!r} cannot be a duplicate of itself.")
    states = list_states(known.values(), reviews)
    for row in states.to_dict("records"):
        name = f"{row['team']}/{row['report']}"
        if name == of and row["state"] == "duplicate":
            raise QuestionError(f"The report {of!r} is a duplicate itself; name {row['of']!r}.")
        if row["state"] == "duplicate" and row["of"] == key:
            raise QuestionError(f"The report {key!r} has a duplicate, {name!r}; review that one anew first.")


def _write(review: Review, *, whole: bool) -> str:
    tree = asdict(review)
    if not whole:
        del tree["hash"]
    return json.dumps(tree, sort_keys=not whole, separators=None if whole else (",", ":"))


def _hash(review: Review) -> str:
    return hashlib.sha256(_write(review, whole=False).encode()).hexdigest()


def _read_line(line: bytes, number: int) -> Review:
    try:
        tree = load_strict(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _broken(number, "is no valid JSON.") from error
    names = list(Review.__dataclass_fields__)
    texts = isinstance(tree, dict) and all(isinstance(value, str) for key, value in tree.items() if key != "number")
    if not texts or list(tree) != names or type(tree["number"]) is not int or tree["state"] not in STATES:
        raise _broken(number, "is not of the form of a review.")
    review = Review(**tree)
    if review.hash != _hash(review) or _write(review, whole=True).encode() != line:
        raise _broken(number, "was changed after it was written: its hash is another.")
    return review


def _write_all(path: Path, reviews: Iterable[Review]) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as file:
            file.write("".join(f"{_write(review, whole=True)}\n" for review in reviews).encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise stop(f"file {FILE!r}", f"cannot be written ({error.strerror}).", "Check who may write there.") from error
    finally:
        beside.unlink(missing_ok=True)


def _broken(number: int, found: str) -> ResultsError:
    return stop(f"file {FILE!r}, line {number}", found, _RESTORE)
