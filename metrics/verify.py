"""Whether a document says what its file says: computed anew from the file, and compared record by record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

from metrics.cube import count_cells
from metrics.document import Document, make_document
from metrics.errors import stop
from metrics.progress import SILENT, Progress
from metrics.reading.limits import Limits
from metrics.results import Results, read_results
from metrics.schema import Schema
from metrics.scored import score
from metrics.slices import Slice
from metrics.writing import describe_receipts, records

__all__ = ["Difference", "compare_documents", "compute_again", "has_same_files", "read_again"]

# Numbers this near are equal: another version of a library may round another way.
_RELATIVE, _ABSOLUTE = 1e-9, 1e-12

# What tells the records of a list apart.
_KEYS = {
    "sources": (),  # their place: a file may have been renamed
    "estimates": ("slice", "system", "metric"),
    "disparities": ("slice", "system", "metric", "kind"),
    "spreads": ("by", "system", "metric"),
    "criteria": ("name", "by", "system"),
    "verdicts": ("rule", "slice", "pair", "system", "metric"),
}
_NOT_COMPARED = {"sources": {"name"}}


@dataclass(frozen=True)
class Difference:
    """One place where two documents differ: the list, the record in words, the field, and both values.

    The field is "" where only one of them has the record; the other's value is then None.
    """

    part: str
    record: str
    field: str
    given: Any
    again: Any


def read_again(
    document: Document,
    source: Any,
    join: Sequence[Any] = (),
    *,
    limits: Limits | None = None,
    progress: Progress = SILENT,
) -> Results:
    """Read a file as the document says that it was read. Raises ResultsError where that cannot be.

    `source` and `join` are files as `read_results` takes them, joined ones as pairs (name, source), the name None
    where the document is to say which system it is. No file of rules or terms is opened: the document carries them.
    """
    n_joined = len(document.receipts) - 1
    if len(join) != n_joined:
        names = ", ".join(repr(receipt.name) for receipt in document.receipts)
        found = f"was made from {n_joined + 1} files ({names}), and {len(join) + 1} are given."
        raise stop("the report", found, "Name the file, and each of the others with --join.")
    question = document.question
    return read_results(
        source,
        document.schema,
        join=_name_joined(join, document.schema),
        limits=limits,
        by=question.by or (),
        metrics=question.metrics or (),
        open_files=False,
        progress=progress,
    )


def compute_again(document: Document, results: Results, progress: Progress = SILENT) -> Document:
    """Ask what the document asks, by the same policy. Raises QuestionError where the results do not hold it."""
    progress("Telling right from wrong")
    return make_document(
        results,
        count_cells(score(results)),
        document.question,
        policy=document.policy,
        title=document.title,
        words=document.words,
        made=document.made,
        progress=progress.part(0.1, 1),
    )


def has_same_files(document: Document, digests: Sequence[str]) -> bool:
    """Whether the document was made from files with these sha256, in this order."""
    return [receipt.sha256 for receipt in document.receipts] == list(digests)


def compare_documents(given: Document, again: Document) -> list[Difference]:
    """Return where `again` differs from `given`: the files first, then list by list in the order of `given`.

    Numbers are equal where they differ by a billionth of themselves or less. Names of files, the day, the versions
    and what was found on reading are not compared.
    """
    parts = {"sources": (describe_receipts(given.receipts), describe_receipts(again.receipts))}
    parts |= {name: (records(table), records(again.tables[name])) for name, table in given.tables.items()}
    return [difference for name, both in parts.items() for difference in _compare(name, *both)]


def _compare(part: str, given: list[dict[str, Any]], again: list[dict[str, Any]]) -> Iterator[Difference]:
    ours, theirs = _by_key(part, given), _by_key(part, again)
    for key, record in ours.items():
        other = theirs.get(key)
        if other is None:
            yield Difference(part, _name(part, record, key), "", _say(record), None)
            continue
        for name, value in record.items():
            if name not in _NOT_COMPARED.get(part, ()) and not _is_same(value, other[name]):
                yield Difference(part, _name(part, record, key), name, value, other[name])
    for key, record in theirs.items():
        if key not in ours:
            yield Difference(part, _name(part, record, key), "", None, _say(record))


def _by_key(part: str, entries: Iterable[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return records by what tells them apart, and by their number among several that it does not."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    seen: dict[tuple[Any, ...], int] = {}
    for record in entries:
        key = tuple(_hashable(record[name]) for name in _KEYS[part])
        seen[key] = seen.get(key, 0) + 1
        found[(*key, seen[key])] = record
    return found


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return frozenset(value.items())  # women over 60 are over 60 and women
    return tuple(_hashable(entry) for entry in value) if isinstance(value, list) else value


def _is_same(one: Any, other: Any) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (one, other))
    return isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE) if numbers else bool(one == other)


def _name(part: str, record: Mapping[str, Any], key: tuple[Any, ...]) -> str:
    """Name a record in words."""
    if part == "sources":
        return f"file {key[-1]} ({record['name']})"
    told = [_say_key(record[name]) for name in _KEYS[part] if record[name] is not None]
    return "; ".join(told) + (f" ({key[-1]})" if key[-1] > 1 else "")


def _say_key(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(Slice(tuple(value.items())))
    if isinstance(value, list):
        slices = [_say_key(entry) for entry in value]
        return " and ".join(slices) if any(isinstance(entry, Mapping) for entry in value) else ", ".join(slices)
    return str(value)


def _say(record: Mapping[str, Any]) -> Any:
    """The one value that stands for a record; never None."""
    told = (record.get(name) for name in ("value", "difference", "sha256"))
    return next((value for value in told if value is not None), "undefined")


def _name_joined(join: Sequence[Any], schema: Schema) -> list[Any]:
    """Return joined files under the names of their systems in the schema, whose last ones they brought."""
    names = [system.name for system in schema.systems[-len(join) :]] if join else []
    names = names if len(names) == len(join) else [None] * len(join)
    return [(given or name, source) for (given, source), name in zip(join, names, strict=True)]
