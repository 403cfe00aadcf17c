"""The sets beside the data on screen: which they are, what they are called, and their rows, read as the first is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from dashboard import loading, state, uploads
from dashboard.datasets import Dataset, find_dataset, upload_limits
from dashboard.view import Loaded
from dashboard.waiting import Waiting
from dashboard.workspace import Workspace
from metrics.errors import Finding, ResultsError
from metrics.progress import Progress, Tell
from metrics.results import Results
from metrics.scored import Scored, score
from metrics.series.dates import Day, date_in, parse_date
from metrics.series.periods import name_period
from metrics.two_sets.adopt import CUSTOMER, read_customer

__all__ = ["Listed", "ReadSet", "add", "list_sets", "name_set", "read_set", "remove", "set_findings", "tag_of"]

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Listed:
    """One set: its address (empty for the data on screen), what is kept there, its name and date.

    `data` is None where the address leads to nothing (any more). `default` is the name that its file gives it.
    """

    address: str
    data: Dataset | None
    default: str
    name: str
    date: date | None
    dated: str  # the date as text, as it is or as the file's name says

    @property
    def tag(self) -> str:
        return tag_of(self.address)


@dataclass(frozen=True, eq=False)
class ReadSet:
    """A set as it was read, under the names of the data on screen."""

    results: Results
    scored: tuple[Scored, ...]


def tag_of(address: str) -> str:
    """Return what tells the widgets of a set from those of the others; it gives nothing of the address away."""
    return hashlib.sha256(address.encode()).hexdigest()[:10] if address else "first"


def list_sets(loaded: Loaded) -> list[Listed]:
    """Return the data on screen and the sets added to them, named apart; names and dates are those typed, else the
    file's."""
    home, found = Workspace.at_home(), []
    for address in ("", *state.set_addresses()):
        data = loaded.dataset if not address else _find(address, home)
        found.append(_describe(address, data))
    return _name_apart(found)


def _find(address: str, home: Workspace) -> Dataset | None:
    try:
        return find_dataset(address, home)
    except ResultsError:
        return None


def _describe(address: str, data: Dataset | None) -> Listed:
    tag, day = tag_of(address), date_in(data.title) if data is not None else None
    default = name_set(data.title if data is not None else "gone", day)
    dated = "" if day is None else _write(day)
    typed = str(state.recall(f"over_time_date_{tag}") or "").strip()
    read = parse_date(typed) if typed else day
    name = str(state.recall(f"over_time_name_{tag}") or "").strip()[:_LONGEST_NAME] or default
    return Listed(address, data, default, name, None if read is None else read.day, dated)


def name_set(file: str, day: Day | None) -> str:
    """Return what a set is called unless somebody says otherwise: the date in its file's name, else that name.

    >>> name_set("loans_2026-03.csv", date_in("loans_2026-03.csv")), name_set("release 2.csv", None)
    ('2026-03', 'release 2')
    """
    return (file.rpartition(".")[0] or file)[:_LONGEST_NAME] if day is None else _write(day)


def _write(day: Day) -> str:
    return day.day.isoformat() if day.span == "day" else name_period(day.day, day.span)


def _name_apart(sets: list[Listed]) -> list[Listed]:
    taken: set[str] = set()
    found = []
    for one in sets:
        name, number = one.name, 1
        while name in taken or name == "(missing)":
            number += 1
            name = f"{one.name} ({number})"
        taken.add(name)
        found.append(Listed(one.address, one.data, one.default, name, one.date, one.dated))
    return found


# -- coming and going ----------------------------------------------------------------------------


def add(files: list[tuple[str, Any]]) -> None:
    """Keep files as further sets, each for itself, in a callback."""

    def follow(kept: list[str]) -> None:
        state.show_sets([*state.set_addresses(), *kept])

    uploads.keep_beside(files, upload_limits().file_bytes, follow)


def remove(one: Listed) -> None:
    """Take a set out, in a callback; an upload is deleted with it, unless it is on screen elsewhere, too."""
    state.show_sets([address for address in state.set_addresses() if address != one.address])
    # An address is the text of a stranger: it may name as added what is the data, or the second set, of another page.
    elsewhere = (state.dataset_id(), state.beside())
    if one.data is not None and one.data.kind == "upload" and one.data.id not in elsewhere:
        Workspace.at_home().delete(one.address)
        loading.drop(one.data)


# -- reading -------------------------------------------------------------------------------------


def read_set(loaded: Loaded, one: Listed) -> ReadSet | ResultsError | Waiting:
    """Return a set read as the data on screen are, why it cannot be, or how far it is."""
    if not one.address:
        return ReadSet(loaded.results, loaded.scored)
    if one.data is None:
        cure = "Take it out, and add the file again."
        return ResultsError([Finding("stop", "this set", "is not here any more: its time is over.", cure)])
    work = partial(_read, one.data, loaded.results)
    found: ReadSet | ResultsError | Waiting = loading.read_beside(loaded, one.data, work)
    return found


def _read(data: Dataset, first: Results, tell: Tell) -> ReadSet | ResultsError:
    """Do the work. What is wrong with a file is an answer, too."""
    whole = Progress(tell)
    try:
        table = loading.tables(data, data.schema.file, whole.part(0, 0.3))[0]
        results = read_customer(
            table,
            first,
            declared=data.schema,
            limits=data.limits,
            open_files=False,
            progress=whole.part(0.3, 0.9),
        )
        whole("Telling right from wrong", 0.9)
        return ReadSet(results, score(results))
    except ResultsError as error:
        return error


def set_findings(found: Mapping[str, Results]) -> list[Finding]:
    """Return what there is to check about each added set, by its name, in words that speak of it."""
    said = []
    for name, results in found.items():
        for finding in results.findings:
            if finding.severity == "warn":
                told = finding.found.replace(CUSTOMER, "this set").replace("the reference", "the first set")
                cure = finding.cure.replace(CUSTOMER, "this set").replace("the reference", "the first set")
                said.append(Finding("warn", f"set {name!r}, {finding.where}", told, cure, rows=finding.rows))
    return said
