"""What is on screen: data that can be asked, and everything that was chosen of them. Two frozen types."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Literal

from dashboard.datasets import Dataset
from metrics.cube import Cubes
from metrics.registry import Metric
from metrics.results import Results
from metrics.scored import Axis, Scored
from metrics.slices import Slice

__all__ = ["Loaded", "View"]


@dataclass(frozen=True, eq=False)
class Loaded:
    """Data that can be asked: as they were read, scored and counted."""

    key: Hashable  # what the numbers hang on
    dataset: Dataset
    results: Results
    scored: tuple[Scored, ...]
    cubes: Cubes

    @property
    def metrics(self) -> dict[str, Metric]:
        return self.cubes.metrics

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self.cubes.axes

    @property
    def systems(self) -> tuple[str | None, ...]:
        return self.cubes.systems

    @property
    def levels(self) -> dict[str, list[str]]:
        """The levels of every attribute in display order, without the missing one."""
        attributes = self.results.attributes
        return {name: list(map(str, attributes[name].cat.categories)) for name in attributes.columns}

    def of(self, view: View) -> Cubes:
        """The cubes of the chosen system only."""
        return self.cubes.only(view.system)

    def scored_of(self, view: View) -> Scored:
        """The scored rows of the chosen system."""
        return next(s for s in self.scored if s.system == view.system)


@dataclass(frozen=True)
class View:
    """Everything that was chosen: what the sidebar holds for every page, then what pages share.

    `by` are the attributes that groups are formed by, together; empty: each attribute alone.
    `baseline` is rest, overall, largest, best or the text of a slice. `cell` is the slice looked into.
    """

    data: str
    metric: str
    system: str | None = None
    where: str = ""
    confidence: float = 0.95
    min_units: int = 30
    by: tuple[str, ...] = ()
    baseline: str = "rest"
    compare: Literal["difference", "ratio"] = "difference"
    cell: Slice = field(default_factory=Slice)

    @property
    def groupings(self) -> list[tuple[str, ...]] | None:
        """`by` as `estimate`, `compare` and `spread` take it."""
        return [self.by] if self.by else None
