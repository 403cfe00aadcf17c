"""Which listed terms fail where: each term in one group against everyone else, with intervals that respect speakers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import compare
from metrics.cube import count_cells
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.progress import Progress, Tell
from metrics.results import Results
from metrics.rows import split_rest
from metrics.scored import Axis, Layout, Scored, declared_products, normalize_texts
from metrics.slices import Slice
from metrics.text.terms import TermCounts, count_terms

__all__ = ["compare_terms", "find_terms"]

_RECALL = "term_recall"
_COUNTS = ("terms_came_through", "terms_in_reference")
# Only units in whose reference the term stands are measured: each counts in full.
_OUTCOMES: dict[tuple[str, str | None], NDArray[Any]] = {
    (name, None): np.ones(1) for name in ("units", "utterances", "utterances_with_terms")
}
_SIDES = ("slice", "rest")


def find_terms(results: Results, scored: Scored, progress: Tell | None = None) -> TermCounts:
    """Look for the listed terms in the texts of one system, as they are compared: a pair a unit of `scored`.

    Utterances without a reference or a hypothesis hold none. Raises QuestionError where the data have no texts or no
    word list.
    """
    if results.terms is None or "reference" not in results.columns:
        raise QuestionError("These data have no word list, or no texts to look for it in. Name a list with --terms.")
    whole = Progress(progress)
    columns, answers = normalize_texts(results, results.normalizer, whole.part(0, 0.5))
    mine = answers[0]
    if "system" not in results.columns and len(answers) > 1:
        titles = [system.title or None for system in results.schema.systems]
        mine = answers[titles.index(scored.system)]
    at = pd.Index(scored.rows)
    pairs = [columns["reference"].loc[at], mine["hypothesis"].loc[at]]
    known = pairs[0].notna() & pairs[1].notna()
    said, written = (column.where(known, "").tolist() for column in pairs)
    return count_terms(results.terms, said, written, whole.part(0.5, 1))


def compare_terms(
    results: Results,
    scored: Scored,
    found: TermCounts,
    cell: Slice,
    *,
    confidence: float = 0.95,
    min_units: int = 30,
    most: int = 200,
    progress: Tell | None = None,
) -> pd.DataFrame:
    """Return a row for each term that a slice said or was given, the most often lost first, at most `most`.

    `said` counts its occurrences in references, `came_through` those that the transcripts have too, `share` is the
    one over the other with limits `low` and `high`; `invented` counts what transcripts have beyond that. The same of
    everyone else whose group is known begins with `rest_`. `difference` is the slice's share less that of the rest,
    with its limits; limits are not corrected for the number of terms. `status` is that of the difference: "ok", "too
    few" or "no data". `found` is what `find_terms` gives for the same `scored`.
    """
    assert results.terms is not None
    inside, rest = split_rest(scored, cell)
    times = np.ones(len(scored), np.int64) if scored.multiplicity is None else scored.multiplicity
    said, came, invented = found.per_term(inside * times)
    rest_said, rest_came, rest_invented = found.per_term(rest * times)
    terms = np.flatnonzero(said + invented)
    order = np.lexsort((terms, -said[terms], came[terms] - said[terms]))
    rows = []
    for term in Progress(progress).over(terms[order][:most], "Comparing listed terms"):
        row: dict[str, Any] = {"term": results.terms.written[term]}
        row |= {"said": int(said[term]), "came_through": int(came[term]), "invented": int(invented[term])}
        row |= {"rest_said": int(rest_said[term]), "rest_came_through": int(rest_came[term])}
        row |= {"rest_invented": int(rest_invented[term])}
        rows.append(row | _measure(scored, found, int(term), inside, rest, confidence, min_units))
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    *("term", "said", "came_through", "share", "low", "high", "invented"),
    *("rest_said", "rest_came_through", "rest_share", "rest_low", "rest_high", "rest_invented"),
    *("difference", "difference_low", "difference_high", "status"),
]


def _measure(
    scored: Scored,
    found: TermCounts,
    term: int,
    inside: NDArray[np.bool_],
    rest: NDArray[np.bool_],
    confidence: float,
    min_units: int,
) -> dict[str, Any]:
    """Return the shares of one term that came through on both sides, and their difference: a metric of few units."""
    here = (found.terms == term) & (found.in_reference > 0) & (inside | rest)[found.pairs]
    pairs = found.pairs[here]
    if not len(pairs):
        return dict.fromkeys(_COLUMNS[3:6] + _COLUMNS[9:12] + _COLUMNS[13:16], np.nan) | {"status": "no data"}
    metrics = {_RECALL: scored.metrics[_RECALL]}
    layout = Layout(
        n_outcomes=1,
        named=_OUTCOMES,
        values=_COUNTS,
        centres=(0.0, 0.0),
        carriers=("units", "units"),
        products=declared_products(metrics, _COUNTS),
    )
    units = replace(
        scored.take(pairs),
        layout=layout,
        metrics=metrics,
        axes=(Axis("side", _SIDES),),
        codes=(rest[pairs].astype(np.uint8),),
        outcome=np.zeros(len(pairs), np.uint8),
        values=(found.came_through[here].astype(float), found.in_reference[here].astype(float)),
    )
    (cube,) = count_cells([units])
    options: dict[str, Any] = {"confidence": confidence, "min_units": min_units}
    shares = estimate(cube, ["side"], [_RECALL], **options)
    by_side = dict(zip(map(str, shares["slice"]), shares.to_dict("records"), strict=True))
    row: dict[str, Any] = {}
    for prefix, side in (("", "slice"), ("rest_", "rest")):
        told = by_side.get(f"side = {side}", {})
        row |= {prefix + name: told.get(of, np.nan) for name, of in _LIMITS.items()}
    gaps = compare(cube, ["side"], [_RECALL], correction="none", **options)
    gap = next((g for g in gaps.to_dict("records") if str(g["slice"]) == "side = slice"), {"status": "no data"})
    row |= {f"difference{end}": gap.get(of, np.nan) for end, of in (("", "value"), ("_low", "low"), ("_high", "high"))}
    return row | {"status": gap["status"]}


_LIMITS = {"share": "value", "low": "low", "high": "high"}
