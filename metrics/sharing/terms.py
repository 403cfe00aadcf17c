"""On which terms something is shared: which groups and metrics, and how few people may stand behind a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

__all__ = ["LEAST_CELL", "MOST_EXAMPLES", "Drawn", "ExampleTerms", "Terms", "groupings_up_to"]

LEAST_CELL = 3  # under so many people a minimum hides nothing that is worth the name
MOST_EXAMPLES = 50

Drawn = Literal["random", "worst"]


@dataclass(frozen=True)
class ExampleTerms:
    """How many transcripts go along as examples, and which: drawn at random, or those with most errors a word.

    `axes` are the attributes whose level is told of each, None: all that are shared.
    """

    most: int
    drawn: Drawn = "random"
    seed: int = 0
    axes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.most <= MOST_EXAMPLES:
            raise ValueError(f"From 1 to {MOST_EXAMPLES} transcripts can be shared as examples.")


@dataclass(frozen=True)
class Terms:
    """What the owner decided. Text of a user: `title` and `note`.

    `groupings` are tuples of attributes; everyone is always there. `metrics` are names. A slice of fewer than
    `min_cell` units is hidden, and so many others that none can be worked out. Under `min_units` units a slice is
    shown in grey and takes part in no gap, as everywhere. A person is a unit, or a cluster where the file has clusters
    and `people` says so: one speaker's hundred calls are one person. No words go along without `examples`.
    """

    title: str
    groupings: tuple[tuple[str, ...], ...]
    metrics: tuple[str, ...]
    note: str = ""
    min_cell: int = 10
    min_units: int = 30
    people: Literal["units", "clusters"] = "clusters"
    seed: int = 0
    examples: ExampleTerms | None = None

    def __post_init__(self) -> None:
        if self.min_cell < LEAST_CELL:
            raise ValueError(f"A minimum under {LEAST_CELL} hides nobody.")

    @property
    def axes(self) -> tuple[str, ...]:
        """The attributes of all groupings, each once."""
        return tuple(dict.fromkeys(name for names in self.groupings for name in names))


def groupings_up_to(axes: Sequence[str], order: int) -> tuple[tuple[str, ...], ...]:
    """Return every combination of up to `order` attributes, the short ones first.

    >>> groupings_up_to(["sex", "age"], 2)
    (('sex',), ('age',), ('sex', 'age'))
    """
    return tuple(names for n in range(1, order + 1) for names in combinations(axes, n))
