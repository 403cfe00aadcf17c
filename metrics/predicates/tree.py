"""The tree of a condition: what is asked of which column, and how it is joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "MISSING",
    "All",
    "Compare",
    "Condition",
    "Everyone",
    "IsMissing",
    "Not",
    "OneOf",
    "Order",
    "Some",
    "columns_of",
]

MISSING = "(missing)"  # the level of cells without a value

Order = Literal["<", "<=", ">", ">="]


@dataclass(frozen=True)
class Everyone:
    """Holds for every row."""


@dataclass(frozen=True)
class OneOf:
    """The column has one of these values; `(missing)` is an empty cell."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Compare:
    """The column's number lies on this side of `number`."""

    column: str
    order: Order
    number: float


@dataclass(frozen=True)
class IsMissing:
    column: str


@dataclass(frozen=True)
class Not:
    part: Condition


@dataclass(frozen=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Some:
    parts: tuple[Condition, ...]


Condition = Everyone | OneOf | Compare | IsMissing | Not | All | Some


def columns_of(tree: Condition) -> Iterator[str]:
    """Go through the columns that a condition names, as often as it names them."""
    match tree:
        case OneOf() | Compare() | IsMissing():
            yield tree.column
        case Not(part):
            yield from columns_of(part)
        case All(parts) | Some(parts):
            for part in parts:
                yield from columns_of(part)
        case Everyone():
            return
