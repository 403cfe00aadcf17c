"""The examples of a bundle: a JSON of transcripts, read as what a stranger may have written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metrics.errors import stop
from metrics.scored import Axis
from metrics.sharing.bundle_archive import ASK
from metrics.sharing.bundle_head import Head
from metrics.sharing.examples import LONGEST_EXAMPLE, MOST_STEPS, Example, Examples, tree_of
from metrics.sharing.plain_parquet import Columns
from metrics.sharing.terms import MOST_EXAMPLES
from metrics.strict_json import check_plain, load_strict
from metrics.tree_reader import TreeReader

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


class _Reader(TreeReader):
    """Reads a tree that `check_plain` let through."""

    def __init__(self, head: Head, where: str) -> None:
        super().__init__(where, ASK)
        self.head = head

    def read(self, tree: Any) -> Examples:
        self._check_keys(self._typed(tree, dict, ""), _KEYS, "")
        if tree["drawn"] not in ("random", "worst") or tree["unit"] not in ("words", "characters"):
            raise self._wrong("", "says in no known way how they were drawn, or what is aligned.")
        asked = self._whole(tree["asked"], "asked", 1, MOST_EXAMPLES)
        seed = self._whole(tree["seed"], "seed", 0, 2**53)
        axes = self._axes(tree["axes"])
        told = self._entries(tree["examples"], "examples", asked)
        if not told:
            raise self._wrong("examples", "has none.")
        return Examples(tree["drawn"], seed, asked, tree["unit"], axes, tuple(self._example(e, axes) for e in told))

    def _axes(self, value: Any) -> tuple[Axis, ...]:
        names = self._entries(value, "axes", len(self.head.axes))
        found = tuple(axis for axis in self.head.axes if axis.name in names)
        if [axis.name for axis in found] != names:
            raise self._wrong("axes", "names other attributes than the bundle has, or in another order.")
        return found

    def _example(self, value: Any, axes: Sequence[Axis]) -> Example:
        self._check_keys(self._typed(value, dict, "examples, an entry"), _EXAMPLE, "examples")
        levels = self._entries(value["levels"], "examples, levels", len(axes))
        heard = self._entries(value["heard"], "examples, heard", len(self.head.systems))
        if len(levels) != len(axes) or len(heard) != len(self.head.systems):
            raise self._wrong("examples", "has one with a level or a text too few.")
        places = tuple(
            self._whole(code, "examples, levels", 0, axis.size - 1) for code, axis in zip(levels, axes, strict=True)
        )
        said = self._words(value["said"], "examples, said")
        return Example(places, said, tuple(self._words(text, "examples, heard") for text in heard))

    def _words(self, value: Any, part: str) -> str:
        """Return a text of tokens one space apart: no other sign that is a space is in it."""
        text: str = self._typed(value, str, part)
        tokens = text.split()
        if len(text) > LONGEST_EXAMPLE or len(tokens) > MOST_STEPS:
            raise self._wrong(part, f"has a text of {len(text):,} signs and {len(tokens):,} words, more than is shown.")
        if " ".join(tokens) != text:
            raise self._wrong(part, "has a text whose words are not one space apart.")
        return text

    def _whole(self, value: Any, part: str, lowest: int, most: int) -> int:
        number: int = self._typed(value, int, part)
        if not lowest <= number <= most:
            raise self._wrong(part, f"is {str(number)[:40]}; it is a whole number from {lowest} to {most}.")
        return number


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
