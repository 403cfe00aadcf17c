"""A set's labels and a system's answers by level: classes as they are, numbers by tenths of the reference's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube
from metrics.levels import name_bins, quantile_edges
from metrics.scored import Scored
from metrics.two_sets.tally import Tally, tally_codes, tally_outcomes

__all__ = ["tally_answers"]

Floats = NDArray[Any]

_TENTHS = 10


def tally_answers(reference: Cube, customer: Cube) -> dict[str, tuple[Tally, Tally]]:
    """Return the tallies of one system's labels, predictions and scores on both sides, those that both sides have.

    Numbers need the rows, and are cut where tenths of the reference's units lie; classes follow from the counts.
    """
    found: dict[str, tuple[Tally, Tally]] = {}
    for of in ("label", "prediction"):
        here, there = (_tally_classes(cube, of) for cube in (reference, customer))
        if here is not None and there is not None:
            levels = list(dict.fromkeys((*here.levels, *there.levels)))
            found[of] = here.reorder(levels), there.reorder(levels)
    if reference.scored is not None and customer.scored is not None:
        for of in ("label", "prediction", "score"):
            pair = _tally_tenths(reference, customer, of)
            found |= {of: pair} if pair is not None else {}
    return {of: pair for of, pair in found.items() if pair[0].n and pair[1].n}


def _tally_classes(cube: Cube, of: str) -> Tally | None:
    """Return how many units have each class as their label or prediction; None where the task has no classes."""
    layout, everyone = cube.layout, cube.by(())
    known = "labelled" if of == "label" else "predicted"
    positives = f"{known}_positives"
    if layout.classes:
        outcomes = np.array([layout.outcomes(positives, name) for name in layout.classes])
        return tally_outcomes(everyone, layout.classes, outcomes)
    if (known, None) not in layout.named or (positives, None) not in layout.named:
        return None
    yes, some = layout.outcomes(positives, None), layout.outcomes(known, None)
    return tally_outcomes(everyone, ("positive", "negative"), np.array([yes, some - yes]))


def _numbers(scored: Scored, of: str) -> Floats | None:
    """Return the numbers that every unit has, NaN where it has none: true and predicted values, or scores."""
    layout = scored.layout
    if of == "score":
        return scored.score
    if "true_value" not in layout.values or "error" not in layout.values:
        return None
    has = layout.outcomes("units", None)[scored.outcome] > 0
    truth, error = (
        np.where(has, scored.values[i] + layout.centres[i], np.nan)
        for i in (layout.values.index("true_value"), layout.values.index("error"))
    )
    return truth if of == "label" else np.asarray(truth + error)


def _tally_tenths(reference: Cube, customer: Cube, of: str) -> tuple[Tally, Tally] | None:
    """Return the tallies of numbers cut at the tenths of the reference's; None where a side has none."""
    edges = _tenths(reference, of)
    here, there = (_tally_cut(cube, of, edges) for cube in (reference, customer))
    return None if here is None or there is None else (here, there)


def _tenths(cube: Cube, of: str) -> tuple[float, ...]:
    key = ("tenths", of)
    if key not in cube.kept:
        assert cube.scored is not None
        numbers = _numbers(cube.scored, of)
        cube.kept[key] = () if numbers is None else quantile_edges(numbers, _TENTHS, cube.scored.multiplicity)
    edges: tuple[float, ...] = cube.kept[key]
    return edges


def _tally_cut(cube: Cube, of: str, edges: tuple[float, ...]) -> Tally | None:
    """Return how many numbers lie between the edges, kept for the next question."""
    key = ("tally", of, edges)
    if key not in cube.kept:
        assert cube.scored is not None
        numbers = _numbers(cube.scored, of) if edges else None
        cube.kept[key] = None
        if numbers is not None:
            codes = np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers, side="right"))
            cube.kept[key] = tally_codes(cube.scored, codes, name_bins(edges))
    found: Tally | None = cube.kept[key]
    return found
