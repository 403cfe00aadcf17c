"""Metrics that are no function of sums: a family of them is measured from what lies behind the cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Grouping
from metrics.registry import Metric
from metrics.sides import Measured

Floats = NDArray[Any]


class FamilyApart(ABC):
    """One metric that stands in the place of a family of sums; arrays have the shape (1, sets).

    `by_units` says that a set takes part with all its units, not only with those in the metric's denominator.
    """

    by_units = True

    def __init__(self, metric: Metric) -> None:
        self.metrics = (metric,)

    @abstractmethod
    def measure_cells(self, cube: Cube, grouping: Grouping) -> Measured:
        """Return the value of every cell of a grouping. Raises QuestionError where it cannot be had."""

    @abstractmethod
    def measure_against(
        self, cube: Cube, grouping: Grouping, masks: Sequence[NDArray[np.bool_]], joint: Grouping | None = None
    ) -> tuple[Measured, Floats]:
        """Measure what every cell of a grouping is compared with, and the correlation of the two.

        `masks` says for each cell which cells of `joint` (the grouping itself by default) its baseline has.
        """

    def borrowed(self, cube: Cube) -> dict[Any, float]:
        """Return what intervals borrow from the whole file, as a cube keeps it: none, unless a metric says otherwise.

        A cube of the same units with other attributes keeps it too, so that its intervals are the same.
        """
        return {}

    def measure_slices(
        self, cube: Cube, grouping: Grouping, cells: NDArray[np.int64]
    ) -> tuple[Measured, Measured, Floats]:
        """Measure some cells, everyone else whose group is known, and the correlation of the two."""
        masks = [np.zeros(len(grouping), bool)] * len(grouping)
        for cell in cells:
            masks[cell] = np.where(np.arange(len(grouping)) == cell, False, grouping.known)
        two, r = self.measure_against(cube, grouping, masks)
        return self.measure_cells(cube, grouping).take(cells), two.take(cells), r[:, cells]

    def measure_beside(
        self, cube: Cube, grouping: Grouping, cell: int, beside: NDArray[np.bool_]
    ) -> tuple[Measured, Floats]:
        """Measure the cells `beside` one that is not among them, and the correlation of the two."""
        masks = [np.zeros(len(grouping), bool)] * len(grouping)
        masks[cell] = beside
        two, r = self.measure_against(cube, grouping, masks)
        return two.take(np.array([cell])), r[:, [cell]]

    @abstractmethod
    def pair_correlations(self, cube: Cube, grouping: Grouping) -> Floats | None:
        """Return the correlation between every two cells over the clusters in both, shape (cells, cells), or None."""

    @abstractmethod
    def noise_floor(self, cube: Cube, grouping: Grouping, cells: NDArray[np.int64], seed: int) -> float | None:
        """Return the floor of the spread over these cells; NaN where there is none, None for that of normal draws."""
