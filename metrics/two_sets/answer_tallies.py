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
        numbers = [_numbers(scored) for scored in (reference.scored, customer.scored)]
        for of in numbers[0]:
            if of in numbers[1]:
                pair = _tally_tenths((reference.scored, customer.scored), (numbers[0][of], numbers[1][of]))
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


def _numbers(scored: Scored) -> dict[str, Floats]:
    """Return the numbers that every unit has, NaN where it has none: true and predicted values, or scores."""
    layout = scored.layout
    if scored.score is not None:
        return {"score": scored.score}
    if "true_value" not in layout.values or "error" not in layout.values:
        return {}
    has = layout.outcomes("units", None)[scored.outcome] > 0
    truth, error = (
        np.where(has, scored.values[i] + layout.centres[i], np.nan)
        for i in (layout.values.index("true_value"), layout.values.index("error"))
    )
    return {"label": truth, "prediction": truth + error}


def _tally_tenths(scored: tuple[Scored, Scored], numbers: tuple[Floats, Floats]) -> tuple[Tally, Tally] | None:
    times = scored[0].multiplicity
    edges = quantile_edges(numbers[0], _TENTHS, times)
    if not edges:
        return None
    levels = name_bins(edges)
    here, there = (
        tally_codes(s, np.where(np.isnan(x), -1, np.searchsorted(edges, x, side="right")), levels)
        for s, x in zip(scored, numbers, strict=True)
    )
    return here, there
