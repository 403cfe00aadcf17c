"""A cube without rows: of every slice that is shown, what its values and their limits are made of.

Estimates, comparisons, spreads and criteria ask it like any other cube, and get the numbers that the owner's has.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.apart import FamilyApart
from metrics.cube import Cube, Cubes, Grouping
from metrics.errors import QuestionError
from metrics.registry import Metric, OfClusters, Ranked
from metrics.schema import Schema
from metrics.scored import Axis, Layout
from metrics.sharing.examples import Examples
from metrics.sharing.terms import Terms
from metrics.sides import Measured

__all__ = ["LAYOUT", "Answers", "Shared", "SharedCube", "SharedFamily", "Source", "hide_cells", "shared_grouping"]

Floats = NDArray[Any]

# All that a shared cube counts is units.
LAYOUT = Layout(1, {("units", None): np.ones(1)})


@dataclass(frozen=True, eq=False)
class Answers:
    """One metric in one grouping: arrays of shape (1, cells), NaN where a cell is hidden.

    `own` are the slices, `rest` everyone else whose group is known, `others` everyone else, `everyone` all of them;
    `rest_r`, `others_r` and `everyone_r` are the correlations of slice and baseline. `pairs` (cells, cells) are those
    of two slices, None where no unit or cluster is in two. `floor` is the noise floor of the spread over `floor_cells`.
    """

    own: Measured
    rest: Measured
    rest_r: Floats
    others: Measured
    others_r: Floats
    everyone: Measured
    everyone_r: Floats
    pairs: Floats | None
    floor: float
    floor_cells: NDArray[np.int64]


class SharedFamily(FamilyApart):
    """A metric that was measured where the rows are."""

    def __init__(self, metric: Metric, answers: Mapping[tuple[str, ...], Answers]) -> None:
        super().__init__(metric)
        self.answers = answers
        self.by_units = isinstance(metric.formula, Ranked | OfClusters)

    def measure_cells(self, cube: Cube, grouping: Grouping) -> Measured:
        return self._answers(grouping).own

    def measure_against(
        self, cube: Cube, grouping: Grouping, masks: Sequence[NDArray[np.bool_]], joint: Grouping | None = None
    ) -> tuple[Measured, Floats]:
        found = self._answers(grouping)
        if joint is None or joint is grouping:
            n, place = len(grouping), np.arange(len(grouping))
            asked = np.array(masks).reshape(n, n)
            others = place[:, None] != place[None, :]
            if np.array_equal(asked, others & grouping.known[None, :]):
                return found.rest, found.rest_r
            if np.array_equal(asked, others):
                return found.others, found.others_r
            if asked.all():
                return found.everyone, found.everyone_r
            if (asked == asked[0]).all() and asked[0].sum() == 1:
                return self._against_one(found, int(asked[0].argmax()), n)
            if not asked.any():
                return _nothing(found.own), np.zeros_like(found.rest_r)
        raise QuestionError(
            "This baseline was not shared. There are: everyone else, everyone, the largest and the best group, and "
            "each group of the same attributes."
        )

    def pair_correlations(self, cube: Cube, grouping: Grouping) -> Floats | None:
        return self._answers(grouping).pairs

    def noise_floor(self, cube: Cube, grouping: Grouping, cells: NDArray[np.int64], seed: int) -> float | None:
        found = self._answers(grouping)
        return found.floor if np.array_equal(np.sort(cells), found.floor_cells) else np.nan

    def _answers(self, grouping: Grouping) -> Answers:
        return self.answers[grouping.names]

    def _against_one(self, found: Answers, cell: int, n: int) -> tuple[Measured, Floats]:
        r = np.zeros((1, n)) if found.pairs is None else found.pairs[None, :, cell].copy()
        r[0, cell] = 1.0
        return found.own.take(np.full(n, cell)), np.where(np.isnan(r), 0.0, r)


@dataclass(frozen=True, eq=False)
class SharedCube(Cube):
    """A cube whose metrics were measured before; `clustered` and `weighted` say what the rows had."""

    families: Mapping[str, SharedFamily] = field(default_factory=dict)
    clustered: bool = False
    weighted: bool = False

    @property
    def has_clusters(self) -> bool:
        return self.clustered

    @property
    def has_weights(self) -> bool:
        return self.weighted

    def by(self, names: Iterable[str]) -> Grouping:
        """Return a grouping that is shared. Raises QuestionError for any other, naming those that are."""
        names = tuple(names)
        if names not in self.groupings:
            for name in names:
                self.axis(name)  # an attribute that there is none of is told as such
            there = "; ".join(", ".join(g) or "everyone" for g in self.groupings)
            raise QuestionError(f"The grouping by {' and '.join(names)} was not shared. There are: {there}.")
        return self.groupings[names]

    @property
    def families_apart(self) -> Mapping[str, SharedFamily]:
        return self.families


@dataclass(frozen=True)
class Source:
    """A file that the numbers come from: its name (text of a user) and SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True, eq=False)
class Shared:
    """What is shared of one file, and all that a reader gets.

    `made` is the day as YYYY-MM-DD. `schema` says how the columns were read; it names no attribute that is not shared.
    `left_out` names the attributes of which a few rows had no value: fewer than the minimum, so that these rows are
    part of nothing that is shared. `units` counts those that are part of it. No words are in it without `examples`.
    """

    terms: Terms
    made: str
    versions: Mapping[str, str]
    sources: tuple[Source, ...]
    schema: Schema
    left_out: tuple[str, ...]
    cubes: Cubes
    examples: Examples | None = None

    @property
    def units(self) -> int:
        return int(self.cubes[0].by(()).rows.sum())

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self.cubes.axes

    @property
    def nbytes(self) -> int:
        """The memory that its numbers take."""
        answers = (a for cube in self.cubes for f in cube.families_apart.values() for a in f.answers.values())
        counted = (grouping for cube in self.cubes for grouping in cube.groupings.values())
        return sum(map(_nbytes, answers)) + sum(map(_nbytes, counted))


def shared_grouping(axes: tuple[Axis, ...], codes: NDArray[np.int64], units: NDArray[np.int64]) -> Grouping:
    """Return a grouping that counts units alone: `codes` (cells, axes), `units` (cells,), 0 where hidden."""
    rows = units.astype(np.int64)[:, None]
    counts, none = rows.astype(np.float64), np.zeros((len(rows), 0))
    return Grouping(axes, codes.astype(np.int64), rows, counts, counts, none, none, none)


def hide_cells(measured: Measured, hidden: NDArray[np.bool_]) -> Measured:
    """Return what was measured with nothing left of the hidden sets."""

    def blank(a: Floats) -> Floats:
        return np.where(hidden.reshape(1, -1, *[1] * (a.ndim - 2)), np.nan, np.asarray(a, np.float64))

    arrays: dict[str, Any] = {
        name: None if getattr(measured, name) is None else blank(getattr(measured, name))
        for name in ("top", "below", "units", "denominator", "effective", "clusters", "gradient", "weight")
    }
    side = measured.side._map(lambda a, _: blank(a))
    return replace(measured, side=side, **arrays, hidden=np.broadcast_to(hidden, measured.side.value.shape))


def _nbytes(part: Any) -> int:
    """Return the bytes of all arrays in a part, each with its head."""
    if isinstance(part, np.ndarray):
        return part.nbytes + sys.getsizeof(part[:0])
    inside = part if isinstance(part, tuple | list) else part.values() if isinstance(part, Mapping) else ()
    told = (getattr(part, f.name) for f in fields(part)) if is_dataclass(part) else inside
    return sum(map(_nbytes, told))


def _nothing(own: Measured) -> Measured:
    """Return what is measured of nobody."""
    shape = own.side.value.shape
    return replace(hide_cells(own, np.ones(shape[1], bool)), hidden=np.zeros(shape, bool))
