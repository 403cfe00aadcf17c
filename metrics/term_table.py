"""Which listed terms fail where: each term in one group against everyone else, with intervals that respect speakers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.cube import count_cells
from metrics.errors import QuestionError
from metrics.estimate import NO_DATA, STATUSES, check_level, measure, split_families, statuses
from metrics.intervals import difference_limits
from metrics.moments import Family
from metrics.progress import Progress, Tell
from metrics.results import Results
from metrics.rows import split_rest
from metrics.scored import Axis, Layout, Scored, declared_products, smallest_unsigned
from metrics.slices import Slice
from metrics.spread import pair_correlations
from metrics.text.terms import TermCounts, count_terms
from metrics.utterances import has_transcripts, normalize_utterances, take_utterances

__all__ = ["compare_terms", "find_terms"]

_RECALL = "term_recall"
_COUNTS = ("terms_came_through", "terms_in_reference")
# Only utterances in which the term was said are measured: each counts in full.
_OUTCOMES: dict[tuple[str, str | None], NDArray[Any]] = {
    (name, None): np.ones(1) for name in ("units", "utterances", "utterances_with_terms")
}
_LIMITS = ["share", "low", "high"]
_GAPS = ["difference", "difference_low", "difference_high"]
_COLUMNS = [
    *("term", "said", "came_through", *_LIMITS, "invented"),
    *("rest_said", "rest_came_through", *(f"rest_{name}" for name in _LIMITS), "rest_invented"),
    *(*_GAPS, "status"),
]


def find_terms(results: Results, scored: Scored, progress: Tell | None = None) -> TermCounts:
    """Look for the listed terms in the texts of one system, as they are compared: a pair a unit of `scored`.

    Utterances without a reference or a hypothesis hold none. Raises QuestionError where the data have no texts or no
    word list.
    """
    if results.terms is None or not has_transcripts(results):
        raise QuestionError("These data have no word list, or no texts to look for it in. Name a list with --terms.")
    whole = Progress(progress)
    written = replace(take_utterances(results, scored), unit="words")
    compared = normalize_utterances(results, written, whole.part(0, 0.5))
    pairs = [
        (a, b) if a is not None and b is not None else ("", "")
        for a, b in zip(compared.said, compared.heard, strict=True)
    ]
    return count_terms(results.terms, [a for a, _ in pairs], [b for _, b in pairs], whole.part(0.5, 1))


def compare_terms(
    results: Results,
    scored: Scored,
    found: TermCounts,
    cell: Slice,
    *,
    confidence: float = 0.95,
    min_units: int = 30,
    most: int = 200,
) -> pd.DataFrame:
    """Return a row for each term that a slice said or was given, the most often lost first, at most `most`.

    `said` counts its occurrences in references, `came_through` those that the transcripts have too, `share` is the
    one over the other with limits `low` and `high`; `invented` counts what transcripts have beyond that. The same of
    everyone else whose group is known begins with `rest_`. `difference` is the slice's share less that of the rest,
    with its limits; limits are not corrected for the number of terms. `status` is that of the difference: "ok", "too
    few" or "no data". `found` is what `find_terms` gives for the same `scored`.
    """
    assert results.terms is not None
    check_level(confidence)
    inside, rest = split_rest(scored, cell)
    times = np.ones(len(scored), np.int64) if scored.multiplicity is None else scored.multiplicity
    here, there = found.per_term(inside * times), found.per_term(rest * times)
    said, came, invented = here
    terms = np.flatnonzero(said + invented)
    terms = terms[np.lexsort((terms, -said[terms], came[terms] - said[terms]))][:most]
    table = pd.DataFrame(index=range(len(terms)), columns=_COLUMNS)
    table["term"] = [results.terms.written[term] for term in terms]
    for prefix, side in (("", here), ("rest_", there)):
        table[f"{prefix}said"], table[f"{prefix}came_through"], table[f"{prefix}invented"] = side[:, terms]
    measured = _measure(scored, found, terms, inside, rest, 1 - confidence, min_units)
    return table.assign(**measured)[_COLUMNS]


def _measure(
    scored: Scored,
    found: TermCounts,
    terms: NDArray[np.int64],
    inside: NDArray[np.bool_],
    rest: NDArray[np.bool_],
    alpha: float,
    min_units: int,
) -> dict[str, Any]:
    """Return the shares of terms that came through on both sides, and their differences, a column each.

    A unit is an utterance and a term that was said in it, so that every term on either side is a cell of one cube.
    """
    columns: dict[str, Any] = {
        name: np.full(len(terms), np.nan) for name in _COLUMNS if name.endswith(tuple(_LIMITS + _GAPS))
    }
    columns["status"] = np.full(len(terms), STATUSES[NO_DATA], dtype=object)
    place = np.full(found.n_terms, -1)
    place[terms] = np.arange(len(terms))
    used = (place[found.terms] >= 0) & (found.in_reference > 0) & (inside | rest)[found.pairs]
    if not used.any():
        return columns
    (cube,) = count_cells([_take_occurrences(scored, found, used, place, rest)])
    (family,) = split_families(cube, [cube.metrics[_RECALL]])
    assert isinstance(family, Family)
    grouping = cube.by(("term", "side"))
    sides = measure(cube, family, grouping)
    low, high = (limit[0] for limit in sides.side.limits(alpha))
    value, status = sides.side.shown[0], statuses(sides, min_units)[0]
    together = pair_correlations(cube, family, 0, grouping, sides, np.arange(len(grouping)))
    cell_of = {(int(term), int(side)): i for i, (term, side) in enumerate(grouping.codes)}
    for i in range(len(terms)):
        one, other = cell_of.get((i, 0)), cell_of.get((i, 1))
        for prefix, at in (("", one), ("rest_", other)):
            if at is not None:
                for name, numbers in zip(_LIMITS, (value, low, high), strict=True):
                    columns[prefix + name][i] = numbers[at]
        if one is not None and other is not None:
            r = together if isinstance(together, float) else together[one, other]
            ends = difference_limits(value[one], low[one], high[one], value[other], low[other], high[other], r)
            for name, number in zip(_GAPS, (value[one] - value[other], *ends), strict=True):
                columns[name][i] = number
            columns["status"][i] = STATUSES[min(status[one], status[other])]
    return columns


def _take_occurrences(
    scored: Scored, found: TermCounts, used: NDArray[np.bool_], place: NDArray[np.int64], rest: NDArray[np.bool_]
) -> Scored:
    """Return a unit for each term that was said in an utterance, with the axes term (by its place) and side."""
    pairs, metrics = found.pairs[used], {_RECALL: scored.metrics[_RECALL]}
    levels = tuple(map(str, range(int(place.max()) + 1)))
    layout = Layout(
        n_outcomes=1,
        named=_OUTCOMES,
        values=_COUNTS,
        centres=(0.0, 0.0),
        carriers=("units", "units"),
        products=declared_products(metrics, _COUNTS),
    )
    return replace(
        scored.take(pairs),
        layout=layout,
        metrics=metrics,
        # How alike a speaker's words are is learned within the terms, not over all together: not from saved axes.
        axes=(Axis("term", levels), Axis("side", ("slice", "rest"), saved=True)),
        codes=(place[found.terms[used]].astype(smallest_unsigned(len(levels) + 1)), rest[pairs].astype(np.uint8)),
        outcome=np.zeros(len(pairs), np.uint8),
        values=(found.came_through[used].astype(float), found.in_reference[used].astype(float)),
    )
