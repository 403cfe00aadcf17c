"""Slices: the units that share some levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metrics.errors import stop
from metrics.predicates import (
    MISSING,
    All,
    Condition,
    Everyone,
    IsMissing,
    OneOf,
    parse_predicate,
    quote_column,
    quote_value,
)

__all__ = ["MISSING", "Slice"]


@dataclass(frozen=True, order=True)
class Slice:
    """Levels of some axes, in the order they were asked for; none of them is everyone.

    As text it is a condition (`metrics.predicates`), and `Slice.parse(str(s)) == s`.

    >>> str(Slice((("sex", "female"), ("age", "< 25"))))
    "sex = female & age = '< 25'"
    >>> str(Slice())
    'everyone'
    """

    levels: tuple[tuple[str, str], ...] = ()

    def items(self) -> tuple[tuple[str, str], ...]:
        return self.levels

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(a for a, _ in self.levels)

    def to_dict(self) -> dict[str, str]:
        return dict(self.levels)

    def __iter__(self) -> Iterator[str]:
        return iter(self.axes)

    @property
    def title(self) -> str:
        """The levels as people read them, without quotes."""
        return " & ".join(f"{a} = {level}" for a, level in self.levels) or "everyone"

    def __str__(self) -> str:
        return " & ".join(_write(a, level) for a, level in self.levels) or "everyone"

    @classmethod
    def parse(cls, text: str) -> Slice:
        """Read a slice: one level of each axis, joined with `and` or `&`.

        Raises ResultsError where the text is no condition, or one that is more than a slice.

        >>> Slice.parse("sex=female and age = 65+").to_dict()
        {'sex': 'female', 'age': '65+'}
        """
        levels = tuple(_levels(parse_predicate(text).tree, text))
        axes = [axis for axis, _ in levels]
        twice = next((axis for axis in axes if axes.count(axis) > 1), None)
        if twice is not None:
            raise stop(f"the slice {text!r}", f"names {twice!r} twice.", "Give each attribute one level.")
        return cls(levels)


def _write(axis: str, level: str) -> str:
    if level == MISSING:
        return f"{quote_column(axis)} is missing"
    return f"{quote_column(axis)} = {quote_value(level)}"


def _levels(tree: Condition, text: str) -> Iterator[tuple[str, str]]:
    match tree:
        case Everyone():
            return
        case All(parts):
            for part in parts:
                yield from _levels(part, text)
        case OneOf(column, (level,)):
            yield column, level
        case IsMissing(column):
            yield column, MISSING
        case _:
            raise stop(
                f"the slice {text!r}",
                "is more than one level of each attribute.",
                "Write levels joined with &, such as sex = female & age = 65+; "
                "save other conditions as a named slice first.",
            )
