"""Two systems' counts of the same units, side by side.

What a unit (or a speaker) adds to the one and to the other is then counted together, so that a paired difference is one
more function of sums, and what makes a unit hard for both systems drops out of its interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.moments import units_of
from metrics.registry import Formula, Metric, Rate, Share, SignedMean, terms
from metrics.scored import Layout, Scored, sums_of

__all__ = ["MOVES", "SIDES", "pair", "paired_metrics"]

Floats = NDArray[Any]

SIDES = ("first", "second")
MOVES = ("removed", "added")


def paired_metrics(first: Cube | Scored, second: Cube | Scored) -> dict[str, Metric]:
    """Return the metrics that two systems can be compared by, unit by unit: shares, rates and means of both.

    What the labels alone decide, as base rates, no system changes.
    """
    return {
        name: metric
        for name, metric in first.metrics.items()
        if isinstance(metric.formula, Share | Rate | SignedMean)
        and metric.listed
        and metric.needs != {"label"}
        and name in second.metrics
    }


def pair(first: Scored, second: Scored, metric: str, ids: pd.Series | None = None) -> Scored:
    """Put two systems' counts of one metric side by side, as one `Scored` of the units that both have.

    Units are matched by row where the systems share the table; `ids` (a series over the rows of the file) matches
    them where each system has rows of its own. The metrics of the result are `first` and `second`, and, where each
    unit has the same denominator under both, `added` and `removed`: of the numerator, what the units add up to that
    have more of it under the second system, and less. Their difference is the change.
    Raises QuestionError where there is no such metric in both, or nothing to match by.
    """
    possible = paired_metrics(first, second)
    if metric not in possible:
        raise QuestionError(f"Two systems are compared unit by unit in: {', '.join(possible)}; {metric!r} is none.")
    first, second = _match(first, second, ids)
    parts = [_Part.of(scored, scored.metrics[metric]) for scored in (first, second)]
    both = parts[0].known & parts[1].known
    outcome, named = _cross_outcomes(parts, both)
    named[units_of(possible[metric]), None] = named["paired", None]  # every unit that is left has what the metric needs
    values = [v for part in parts for v in part.values]
    names = [f"{side} {name}" for side, part in zip(SIDES, parts, strict=True) for name in part.names]
    centres = [c for part in parts for c in part.centres]
    metrics = {side: _rename(possible[metric], side) for side in SIDES}
    moves = _declare_moves(possible[metric], parts, both, independent=first.clusters is None)
    if moves:
        sampled = [_sampled(possible[metric], side) for side in SIDES]
        named["either", None] = np.maximum(*(np.sum([named[t, None] for t in ts], axis=0) for ts in sampled))
        more = parts[1].top - parts[0].top
        values += [np.maximum(-more, 0.0), np.maximum(more, 0.0)]
        names += MOVES
        centres += [0.0, 0.0]
    layout = Layout(
        n_outcomes=len(named["paired", None]),
        named=named,
        values=tuple(names),
        centres=tuple(centres),
        carriers=("paired",) * len(names),
        products=tuple((i, j) for i in range(len(names)) for j in range(i, len(names))),
    )
    bare = replace(first, score=None, positive=None, system=None)
    kept = tuple(np.where(both, v, 0.0) for v in values)
    return replace(bare, layout=layout, metrics=metrics | moves, outcome=outcome, values=kept)


@dataclass(frozen=True)
class _Part:
    """What one system brings of one metric: which kind of unit each is, what the kinds count, and its values."""

    known: NDArray[np.bool_]
    kind: NDArray[np.int64]
    counts: dict[str, Floats]  # name -> how often a unit of each kind counts
    names: tuple[str, ...]
    values: tuple[Floats, ...]
    centres: tuple[float, ...]
    top: Floats  # what each unit adds to numerator and denominator
    below: Floats

    @classmethod
    def of(cls, scored: Scored, metric: Metric) -> _Part:
        layout, c = scored.layout, metric.of_class
        used = tuple(dict.fromkeys(t for form in sums_of(metric) for t in terms(form)))
        top, below = sums_of(metric)
        names = tuple(name for name in used if name in layout.values)
        counted = dict.fromkeys([*(t for t in used if t not in names), *_unit_counts(metric)])
        table = np.array([layout.outcomes(name, c) for name in counted])
        # Outcomes that the metric does not tell apart are one kind: two systems' kinds are few enough to cross.
        kinds, kind_of = np.unique(table.T, axis=0, return_inverse=True)
        known = layout.outcomes(units_of(metric), c)[scored.outcome] > 0
        places = [layout.values.index(name) for name in names]
        return cls(
            known,
            kind_of.ravel()[scored.outcome],
            dict(zip(counted, kinds.T, strict=True)),
            names,
            tuple(scored.values[i] for i in places),
            tuple(layout.centres[i] for i in places),
            _add_up(scored, top, c) + layout.centre(top) * _add_up(scored, below, c),
            _add_up(scored, below, c),
        )


def _add_up(scored: Scored, form: str, of_class: str | None) -> Floats:
    """Return what each unit adds to a sum of named counts."""
    added = scored.layout.outcomes(form, of_class)[scored.outcome]
    for weight, value in zip(scored.layout.weights(form), scored.values, strict=True):
        added = added + weight * value if weight else added
    return np.asarray(added)


def _declare_moves(
    metric: Metric, parts: Sequence[_Part], both: NDArray[np.bool_], independent: bool
) -> dict[str, Metric]:
    """Return what the second system removes and adds; nothing where the change is not their difference.

    Of shares of independent units they are shares, else rates: shares of few clusters would have limits as wide as if
    the clusters were all there is.
    """
    formula = metric.formula
    match formula:
        case Share(transform="") | Rate(root=False):
            counts = isinstance(formula, Share) or formula.of_counts
        case _:
            return {}
    if not np.array_equal(parts[0].below[both], parts[1].below[both]):
        return {}
    if not counts and not (parts[0].top != parts[1].top)[both].any():
        return {}  # without any move nothing tells how much such numbers vary
    below = _prefix(formula.below, SIDES[0])
    shares = independent and isinstance(formula, Share) and not formula.units
    formulas: dict[str, Formula] = {
        name: Share(name, below) if shares else Rate(name, below, units="paired", of_counts=counts, sampled="either")
        for name in MOVES
    }
    return {name: replace(metric, name=name, formula=moved, of_class=None) for name, moved in formulas.items()}


def _sampled(metric: Metric, side: str) -> list[str]:
    """Return the counts of the units that have anything in a metric's sums under one of the systems."""
    match metric.formula:
        case Share(below=below, units=units):
            return list(terms(_prefix(units or below, side)))
        case Rate(units=units, sampled=sampled):
            return list(terms(_prefix(sampled or units, side)))
    return []


def _unit_counts(metric: Metric) -> list[str]:
    """Return the counts of units that a metric's minimums and limits look at."""
    formula = metric.formula
    named = [units_of(metric), *(getattr(formula, key, "") for key in ("units", "sampled", "enough"))]
    return [term for form in named if form for term in terms(form)]


def _cross_outcomes(
    parts: Sequence[_Part], both: NDArray[np.bool_]
) -> tuple[NDArray[Any], dict[tuple[str, str | None], Floats]]:
    """Return each unit's pair of kinds (the last is that of units which one system lacks) and what pairs count."""
    sizes = [len(next(iter(part.counts.values()))) for part in parts]
    last = sizes[0] * sizes[1]
    outcome = np.where(both, parts[0].kind * sizes[1] + parts[1].kind, last)
    named: dict[tuple[str, str | None], Floats] = {("paired", None): np.append(np.ones(last), 0.0)}
    for side, part in enumerate(parts):
        for name, counts in part.counts.items():
            spread = np.repeat(counts, sizes[1]) if side == 0 else np.tile(counts, sizes[0])
            named[f"{SIDES[side]} {name}", None] = np.append(spread, 0.0)
    return outcome, named


def _rename(metric: Metric, side: str) -> Metric:
    """Return a metric of one of the two systems, its counts called by the side."""
    keys = ("top", "below", "units", "value", "sampled", "enough")
    formula: Any = metric.formula
    told = {key: _prefix(getattr(formula, key), side) for key in keys if getattr(formula, key, "")}
    return replace(metric, name=side, formula=replace(formula, **told), of_class=None)


def _prefix(form: str, side: str) -> str:
    return " + ".join(f"{side} {term}" for term in terms(form))


def _match(first: Scored, second: Scored, ids: pd.Series | None) -> tuple[Scored, Scored]:
    """Return both systems' units in one order: those of the same row, else those of the same id."""
    if np.array_equal(first.rows, second.rows):
        return first, second
    if len(np.intersect1d(first.rows, second.rows)):
        ids = pd.Series(np.arange(max(first.rows.max(), second.rows.max()) + 1))
    if ids is None:
        raise QuestionError("The two systems have rows of their own; they can be compared where the rows have ids.")
    names = [pd.Index(ids.loc[s.rows.tolist()].astype(str).to_numpy()) for s in (first, second)]
    if not all(index.is_unique for index in names):
        raise QuestionError("An id stands for several rows of one system, so that nobody can tell which go together.")
    place = names[1].get_indexer(names[0])
    known = place >= 0
    if not known.any():
        raise QuestionError("The two systems have no id in common, so that there is nothing to compare unit by unit.")
    return first.take(np.flatnonzero(known)), second.take(place[known])
