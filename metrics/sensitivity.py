"""Whether a gap comes from how texts are made alike: pairs of groups under several normalizers and measures."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.cube import Cube, Cubes, Grouping, count_cells
from metrics.estimate import OK, By, check_level, choose_groupings, estimate, measure, split_families, statuses
from metrics.intervals import difference_limits
from metrics.moments import Family
from metrics.progress import Progress, Tell
from metrics.results import Results
from metrics.scored import score
from metrics.slices import Slice
from metrics.spread import pair_correlations
from metrics.text.normalize import Normalizer

__all__ = ["MEASURES", "compare_normalizers", "compare_pairs", "describe_references", "order_systems"]

MEASURES = ("word_error_rate", "character_error_rate")
COLUMNS = ["by", "system", "one", "other", "metric", "normalizer", "difference", "low", "high", "ratio", "turns"]


def compare_normalizers(
    results: Results, normalizers: Sequence[Normalizer], progress: Tell | None = None
) -> list[Cubes]:
    """Score and count the transcripts once under each normalizer; what `progress` raises ends it."""
    work, found = Progress(progress), []
    for normalizer in work.over(normalizers, "Measuring under another normalizer"):
        found.append(count_cells(score(results, normalizer=normalizer)))
    return found


def compare_pairs(
    counted: Sequence[tuple[str, Cubes]],
    by: By = None,
    metrics: Sequence[str] = MEASURES,
    *,
    confidence: float = 0.95,
    min_units: int = 30,
) -> pd.DataFrame:
    """Return the gap of each pair of slices under each normalizer (name and cubes) and metric, with its interval.

    `difference` and `ratio` are `one` against `other`. `turns` says of all rows of a pair whether its sign turns:
    "clearly" where intervals lie on both sides of 0, "perhaps" where only the values do, else "". Slices that are
    missing or have too few units in any of the settings are left out.
    """
    check_level(confidence)
    rows: list[dict[str, Any]] = []
    for name, cubes in counted:
        for cube in cubes:
            chosen = [cube.metrics[m] for m in metrics if m in cube.metrics]
            for family in split_families(cube, chosen):
                for names in choose_groupings(cube, by, everyone=False):
                    if isinstance(family, Family):
                        rows += _pairs(cube, family, cube.by(names), name, 1 - confidence, min_units)
    table = pd.DataFrame(rows, columns=COLUMNS[:-1])
    keys = ["by", "system", "one", "other"]
    settings = len(counted) * len({r["metric"] for r in rows})
    groups = table.groupby(keys, sort=False, dropna=False)
    table = table[groups["metric"].transform("size") == settings].reset_index(drop=True)
    groups = table.groupby(keys, sort=False, dropna=False)
    clearly = (groups["low"].transform("max") > 0) & (groups["high"].transform("min") < 0)
    perhaps = (groups["difference"].transform("max") > 0) & (groups["difference"].transform("min") < 0)
    table["turns"] = np.where(clearly, "clearly", np.where(perhaps, "perhaps", ""))
    return table


def order_systems(counted: Sequence[tuple[str, Cubes]], metrics: Sequence[str] = MEASURES) -> pd.DataFrame:
    """Return the value of every system over everyone under each normalizer and metric, and its rank (1 is best)."""
    tables = []
    for name, cubes in counted:
        found = estimate(cubes, [], [m for m in metrics if m in cubes.metrics])
        tables.append(found[["system", "metric", "value", "low", "high"]].assign(normalizer=name))
    table = pd.concat(tables, ignore_index=True)
    table["rank"] = table.groupby(["normalizer", "metric"])["value"].rank(method="min").astype("Int64")
    return table


def _pairs(
    cube: Cube, family: Family, grouping: Grouping, normalizer: str, alpha: float, min_units: int
) -> Iterator[dict[str, Any]]:
    measured = measure(cube, family, grouping)
    used = (statuses(measured, min_units) == OK) & grouping.known
    lows, highs = measured.side.limits(alpha)
    for m, metric in enumerate(family.metrics):
        cells = np.flatnonzero(used[m])
        r = np.broadcast_to(pair_correlations(cube, family, m, grouping, measured, cells), (len(cells), len(cells)))
        value, low, high = (x[m, cells] for x in (measured.side.shown, lows, highs))
        for i, j in combinations(range(len(cells)), 2):
            least, most = difference_limits(value[i], low[i], high[i], value[j], low[j], high[j], r[i, j])
            yield {
                "by": grouping.names,
                "system": cube.system,
                "one": grouping.slices[cells[i]],
                "other": grouping.slices[cells[j]],
                "metric": metric.name,
                "normalizer": normalizer,
                "difference": float(value[i] - value[j]),
                "low": float(least),
                "high": float(most),
                "ratio": float(value[i] / value[j]) if value[j] > 0 else np.nan,
            }


# -- the references themselves -------------------------------------------------------------------


def describe_references(results: Results, cube: Cube, by: By = None) -> pd.DataFrame:
    """Return how the references of each slice are written: a row a slice, everyone first.

    `utterances`, `words` (a reference, on average), and the shares of references with capitals, digits, punctuation
    and marks (accents and vowel signs): where groups differ in these, so may their error rates, whatever they said.
    """
    reference, scored = results.columns["reference"], cube.scored
    assert scored is not None
    place = results.attributes.index.get_indexer(pd.Index(scored.rows))
    texts = [text or "" for text in reference.to_numpy()[place]]
    looks = {name: np.array([test(text) for text in texts], dtype=float) for name, test in _LOOKS.items()}
    rows = []
    for names in choose_groupings(cube, by):
        grouping = cube.by(names)
        for cell, inside in zip(grouping.slices, _members(scored.codes, cube, grouping), strict=True):
            rows.append(_describe(cell, inside, looks))
    return pd.DataFrame(rows)


_LOOKS: dict[str, Callable[[str], float]] = {
    "words": lambda text: len(text.split()),
    "capitals": lambda text: text != text.lower(),
    "digits": lambda text: any(c.isdigit() for c in text),
    "punctuation": lambda text: any(unicodedata.category(c)[0] == "P" for c in text),
    "marks": lambda text: any(unicodedata.category(c)[0] == "M" for c in unicodedata.normalize("NFD", text)),
}


def _describe(cell: Slice, inside: NDArray[np.bool_], looks: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    n = int(inside.sum())
    return {"slice": cell, "utterances": n} | {k: float(v[inside].mean()) if n else np.nan for k, v in looks.items()}


def _members(codes: Sequence[NDArray[Any]], cube: Cube, grouping: Grouping) -> Iterator[NDArray[np.bool_]]:
    """Yield which units lie in each cell."""
    place = {axis.name: i for i, axis in enumerate(cube.axes)}
    n = len(codes[0]) if codes else int(grouping.rows.sum())
    for row in grouping.codes:
        inside = np.ones(n, dtype=bool)
        for axis, code in zip(grouping.axes, row, strict=True):
            inside &= codes[place[axis.name]] == code
        yield inside
