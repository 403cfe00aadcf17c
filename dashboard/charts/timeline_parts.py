"""What the charts and tables of a series share: where its sets stand in time, and which lines are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from dashboard.charts.format import is_everyone, pick, tidy
from dashboard.charts.palette import SYMBOLS
from metrics.slices import MISSING

__all__ = ["MOST_LINES", "Time", "choose_lines", "is_clear", "split_lines"]

MOST_LINES = len(SYMBOLS)  # more cannot be told apart


@dataclass(frozen=True)
class Time:
    """The sets in their order, and where each stands on the axis: by its date where all have one, else evenly."""

    names: tuple[str, ...]
    places: tuple[float, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Time:
        dates: dict[str, date | None] = dict(zip(frame["set"], frame["date"], strict=True))
        timed = [name for name in dates if name != MISSING]
        days = [d.toordinal() for name in timed if (d := dates[name]) is not None]
        if len(days) < len(timed) or len(set(days)) < len(days) or len(days) < 2:
            places = [float(i) for i in range(len(timed))]
        else:
            # One step is the usual distance, so that months are about one apart.
            usual = sorted(b - a for a, b in pairwise(days))[(len(days) - 1) // 2]
            places = [(day - days[0]) / usual for day in days]
        if MISSING in dates:
            timed, places = [*timed, MISSING], [*places, (places[-1] if places else -1) + 1.5]
        return cls(tuple(timed), tuple(places))

    @property
    def step(self) -> float:
        """The least distance between two sets."""
        return min((b - a for a, b in pairwise(self.places)), default=1.0)

    def describe(self) -> str:
        n = len(self.names)
        ends = f", from {self.names[0]} to {self.names[-1]}" if n > 1 else ""
        return f"{n} {'set' if n == 1 else 'sets'}{tidy(ends)}"


def choose_lines(values: pd.DataFrame, first: Sequence[Any] = ()) -> list[Any]:
    """Return the slices to draw, at most `MOST_LINES`, in the order of the table: those of `first`, then the largest.

    `values` has the columns of `over_time(...).values`, of one system and metric; everyone is none of them.
    """
    sliced = [s for s in dict.fromkeys(values["slice"]) if not is_everyone(s)]
    units: dict[Any, float] = {}
    for s, n in zip(values["slice"], values["units"], strict=True):
        units[s] = units.get(s, 0) + n
    wanted = [s for s in first if s in units]
    others = sorted((s for s in sliced if s not in wanted), key=lambda s: -units[s])
    kept = {*wanted[:MOST_LINES], *others[: max(0, MOST_LINES - len(wanted))]}
    return [s for s in sliced if s in kept]


def is_clear(row: Mapping[Any, Any]) -> bool:
    low, high, limit = (pick(row, name) for name in ("adjusted_low", "adjusted_high", "limit"))
    if limit is None:
        return False
    return bool((low is not None and low > limit) or (high is not None and high < -limit))


def split_lines(rows: pd.DataFrame) -> dict[Any, list[dict[Any, Any]]]:
    found: dict[Any, list[dict[Any, Any]]] = {}
    for row in rows.to_dict("records"):
        found.setdefault(row["slice"], []).append(row)
    return found
