"""The examples of a bundle: a JSON of transcripts, read as what a stranger may have written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metrics.errors import ResultsError, stop
from metrics.scored import Axis
from metrics.sharing.bundle_archive import ASK
from metrics.sharing.bundle_head import Head
from metrics.sharing.examples import LONGEST_EXAMPLE, MOST_STEPS, Example, Examples, tree_of
from metrics.sharing.plain_parquet import Columns
from metrics.sharing.terms import MOST_EXAMPLES
from metrics.strict_json import check_plain, load_strict

__all__ = ["MOST_WORDS", "read_examples", "write_examples"]

MOST_WORDS = 2**21  # bytes of the JSON

_KEYS = ("drawn", "seed", "asked", "unit", "axes", "examples")
_EXAMPLE = ("levels", "said", "heard")
_MOST_DEPTH = 4


def write_examples(examples: Examples) -> bytes:
    """Return examples as JSON."""
    return (json.dumps(tree_of(examples), ensure_ascii=False, indent=1) + "\n").encode()


def read_examples(data: bytes, head: Head, tables: Mapping[str, Columns], where: str) -> Examples:
    """Read examples beside the head and the tables of their bundle, which were checked.

    Raises ResultsError for what are none, and for examples that cannot be: of a hidden slice, or so many of one that
    fewer people than the minimum are left in it.
    """
    where = f"{where}, examples.json"
    if len(data) > MOST_WORDS:
        raise stop(where, f"is larger than {MOST_WORDS // 2**20} MB, which no bundle's is.", ASK)
    if head.schema.task != "transcription":
        raise stop(where, "is there, though the task has no transcripts.", ASK)
    try:
        tree = load_strict(data.decode())
        check_plain(tree, depth=_MOST_DEPTH, longest=LONGEST_EXAMPLE)
    except (UnicodeDecodeError, RecursionError) as error:
        raise stop(where, "is no JSON.", ASK) from error
    except ValueError as error:
        raise stop(where, f"cannot be used: {str(error)[:100]}.", ASK) from error
    found = _Reader(head, where).read(tree)
    _check_cells(found, head, tables, where)
    return found


class _Reader:
    def __init__(self, head: Head, where: str) -> None:
        self.head, self.where = head, where

    def read(self, tree: Any) -> Examples:
        self._check_keys(tree, _KEYS)
        if tree["drawn"] not in ("random", "worst") or tree["unit"] not in ("words", "characters"):
            raise self._wrong("says in no known way how they were drawn, or what is aligned.")
        asked, seed = self._whole(tree["asked"], 1, MOST_EXAMPLES), self._whole(tree["seed"], 0, 2**53)
        axes = self._axes(tree["axes"])
        told = self._list(tree["examples"], asked)
        if not told:
            raise self._wrong("has no example.")
        return Examples(tree["drawn"], seed, asked, tree["unit"], axes, tuple(self._example(e, axes) for e in told))

    def _axes(self, value: Any) -> tuple[Axis, ...]:
        names = self._list(value, len(self.head.axes))
        found = tuple(axis for axis in self.head.axes if axis.name in names)
        if [axis.name for axis in found] != names:
            raise self._wrong("names other attributes than the bundle has, or in another order.")
        return found

    def _example(self, value: Any, axes: Sequence[Axis]) -> Example:
        self._check_keys(value, _EXAMPLE)
        levels, heard = self._list(value["levels"], len(axes)), self._list(value["heard"], len(self.head.systems))
        if len(levels) != len(axes) or len(heard) != len(self.head.systems):
            raise self._wrong("has an example with a level or a text too few.")
        places = tuple(self._whole(code, 0, axis.size - 1) for code, axis in zip(levels, axes, strict=True))
        return Example(places, self._text(value["said"]), tuple(map(self._text, heard)))

    def _text(self, value: Any) -> str:
        """Return a text of tokens one space apart: no other sign that is a space is in it."""
        if not isinstance(value, str):
            raise self._wrong(f"has {str(value)[:40]!r} where a text belongs.")
        tokens = value.split()
        if len(value) > LONGEST_EXAMPLE or len(tokens) > MOST_STEPS:
            raise self._wrong(f"has a text of {len(value):,} signs and {len(tokens):,} words, more than is shown.")
        if " ".join(tokens) != value:
            raise self._wrong("has a text whose words are not one space apart.")
        return value

    def _whole(self, value: Any, lowest: int, most: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= most:
            raise self._wrong(f"has {str(value)[:40]} where a whole number from {lowest} to {most} belongs.")
        return value

    def _list(self, value: Any, most: int) -> list[Any]:
        if not isinstance(value, list):
            raise self._wrong(f"has {str(value)[:40]!r} where a list belongs.")
        if len(value) > most:
            raise self._wrong(f"has a list of {len(value):,} entries, where up to {most} belong.")
        return value

    def _check_keys(self, value: Any, known: Sequence[str]) -> None:
        if not isinstance(value, dict):
            raise self._wrong(f"has {str(value)[:40]!r} where an object belongs.")
        if set(value) != set(known):
            odd = sorted(set(value) ^ set(known))[0]
            raise self._wrong(f"{'has the unknown key' if odd in value else 'lacks'} {odd[:60]!r}.")

    def _wrong(self, found: str) -> ResultsError:
        return stop(self.where, found, ASK)


def _check_cells(examples: Examples, head: Head, tables: Mapping[str, Columns], where: str) -> None:
    """Refuse examples of a slice that is hidden or not there, and of one that has too few others."""
    told, cells = [axis.name for axis in examples.axes], tables["cells"]
    for number, names in enumerate(head.groupings):
        if not set(names) <= set(told):
            continue
        here = cells["grouping"] == number
        codes = np.stack([cells[f"level_{n + 1}"][here] for n in range(len(names))], axis=1) if names else None
        units, hidden = cells["units"][here], cells["hidden"][here]
        for example, n in _count([tuple(e.levels[told.index(name)] for name in names) for e in examples.told]).items():
            mine = np.ones(len(units), bool) if codes is None else (codes == np.array(example)).all(axis=1)
            if mine.sum() != len(head.systems) or hidden[mine].any():
                raise stop(where, "has an example of a slice that is hidden or not there.", ASK)
            if (units[mine] - n < head.terms.min_cell).any():
                raise stop(where, f"leaves under {head.terms.min_cell} others in a slice.", ASK)


def _count(levels: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], int]:
    found: dict[tuple[int, ...], int] = {}
    for one in levels:
        found[one] = found.get(one, 0) + 1
    return found
