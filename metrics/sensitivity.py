"""Whether a gap comes from how texts are made alike: pairs of groups under several normalizers and measures."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.cube import Cube, Cubes, Grouping, count_cells, iterate_systems
from metrics.estimate import OK, By, check_level, choose_groupings, estimate, measure, split_families, statuses
from metrics.intervals import difference_limits
from metrics.moments import Family
from metrics.progress import Progress, Tell
from metrics.results import Results
from metrics.scored import score
from metrics.slices import Slice
from metrics.spread import pair_correlations
from metrics.text.normalize import Normalizer

__all__ = [
    "LOOKS",
    "MEASURES",
    "MOST_SLICES",
    "PAIR",
    "compare_normalizers",
    "compare_pairs",
    "count_under",
    "describe_references",
    "order_systems",
    "orient_pairs",
    "rank_pairs",
    "take_telling",
]

MOST_SLICES = 60  # of a grouping: they make 1,770 pairs
MEASURES = ("word_error_rate", "character_error_rate")

Counted = Sequence[tuple[str, Cubes]]  # what was counted under each normalizer, with its name

PAIR = ["by", "system", "one", "other"]  # what a pair is told by
_COLUMNS = [*PAIR, "metric", "normalizer", "difference", "low", "high", "ratio"]


def compare_normalizers(
    results: Results, normalizers: Sequence[Normalizer], progress: Tell | None = None
) -> list[tuple[str, Cubes]]:
    """Score and count the transcripts once under each normalizer, and return its name with its cubes.

    `progress` is told how far it is; what it raises ends the work. Raises ResultsError for a text that a normalizer
    cannot deal with.
    """
    whole, n = Progress(progress), len(normalizers)
    return [(each.name, count_under(results, each, whole.nth(number, n))) for number, each in enumerate(normalizers)]


def count_under(results: Results, normalizer: Normalizer, progress: Tell | None = None) -> Cubes:
    """Score and count the transcripts under another normalizer than that of the data."""
    whole = Progress(progress)
    scored = score(results, normalizer=normalizer, progress=whole.part(0, 0.9))
    whole("Counting", 0.9)
    return count_cells(scored)


def compare_pairs(
    counted: Counted,
    by: By = None,
    metrics: Sequence[str] = MEASURES,
    *,
    confidence: float = 0.95,
    min_units: int = 30,
) -> pd.DataFrame:
    """Return the gap of each pair of slices under each normalizer and metric, with its interval: a row each.

    `difference` and `ratio` are `one` against `other`, two slices of the grouping `by`; `ratio` is NaN where the
    other has no errors. `turns` says of all rows of a pair whether its sign turns: "clearly" where one interval lies
    above 0 and another below, "perhaps" where only the values do, else "". The intervals are of one difference each,
    not corrected for how many there are. Of a grouping with more than `MOST_SLICES` slices the largest are compared.
    Pairs in which a slice is missing or has too few units under any of the
    settings are left out.
    """
    check_level(confidence)
    tables: list[pd.DataFrame] = []
    for name, cubes in counted:
        for cube in iterate_systems(cubes):
            for family in split_families(cube, [cube.metrics[m] for m in metrics if m in cube.metrics]):
                for names in choose_groupings(cube, by, everyone=False):
                    if isinstance(family, Family):
                        pairs = _pair(cube, family, cube.by(names), 1 - confidence, min_units)
                        tables += [table.assign(normalizer=name) for table in pairs]
    if not tables:
        return pd.DataFrame({column: [] for column in [*_COLUMNS, "turns"]})
    table = pd.concat(tables, ignore_index=True)[_COLUMNS]
    n_settings = len(counted) * table["metric"].nunique()
    whole = table.groupby(PAIR, sort=False, dropna=False)["metric"].transform("size") == n_settings
    table = table[whole].reset_index(drop=True)
    groups = table.groupby(PAIR, sort=False, dropna=False)
    clearly = (groups["low"].transform("max") > 0) & (groups["high"].transform("min") < 0)
    perhaps = (groups["difference"].transform("max") > 0) & (groups["difference"].transform("min") < 0)
    table["turns"] = np.where(clearly, "clearly", np.where(perhaps, "perhaps", ""))
    return table


def orient_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the table of `compare_pairs` with `one` and `other` in the order in which the first gap is 0 or more.

    With the data's own normalizer first, every gap below 0 then differs in its sign from what the data say.
    """
    flip = (pairs.groupby(PAIR, sort=False, dropna=False)["difference"].transform("first") < 0).to_numpy(dtype=bool)
    turned = pairs.copy()
    turned["one"], turned["other"] = (
        pairs["one"].where(~flip, pairs["other"]),
        pairs["other"].where(~flip, pairs["one"]),
    )
    turned["difference"] = pairs["difference"].where(~flip, -pairs["difference"])
    turned["low"], turned["high"] = pairs["low"].where(~flip, -pairs["high"]), pairs["high"].where(~flip, -pairs["low"])
    # A ratio that is not there because the other has no errors is 0 the other way round.
    back = (1 / pairs["ratio"].where(pairs["ratio"] > 0)).mask(pairs["ratio"].isna() & (pairs["difference"] > 0), 0.0)
    turned["ratio"] = pairs["ratio"].where(~flip, back)
    return turned


def rank_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each pair of a table of `compare_pairs`, the most telling first.

    Those whose sign turns clearly come first, then those where it may; among them those whose gap moves most between
    normalizers: `moves` is the largest change by one metric.
    """
    by_metric = pairs.groupby([*PAIR, "metric"], sort=False, dropna=False)["difference"].agg(["min", "max"])
    moves = (by_metric["max"] - by_metric["min"]).groupby(PAIR, sort=False, dropna=False).max()
    turns = pairs.groupby(PAIR, sort=False, dropna=False)["turns"].first()
    ranked = pd.DataFrame({"turns": turns, "moves": moves}).reset_index()
    place = ranked["turns"].map({"clearly": 0, "perhaps": 1, "": 2})
    return ranked.iloc[np.lexsort((-ranked["moves"], place))].reset_index(drop=True)


def take_telling(pairs: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the rows of the `most` telling pairs, in the order of the table."""
    ranked = rank_pairs(pairs)[:most]
    keys = PAIR[:1] + PAIR[2:]  # without the system, whose missing name equals nothing
    kept = set(ranked[keys].itertuples(index=False, name=None))
    inside = [key in kept for key in pairs[keys].itertuples(index=False, name=None)]
    return pairs[np.array(inside, dtype=bool)].reset_index(drop=True)


def order_systems(counted: Counted, metrics: Sequence[str] = MEASURES) -> pd.DataFrame:
    """Return the value of every system over everyone under each normalizer and metric, and its rank.

    Rank 1 is the best; equal values share one. `moves` says of all rows of a system whether its rank differs between
    the settings.
    """
    tables = []
    for name, cubes in counted:
        found = estimate(cubes, [], [m for m in metrics if m in cubes.metrics])
        found = found[["system", "metric", "value", "low", "high"]].assign(normalizer=name)
        worst_last = np.array([-1 if cubes.metrics[m].better == "higher" else 1 for m in found["metric"]])
        found["rank"] = (found["value"] * worst_last).groupby(found["metric"]).rank(method="min").astype("Int64")
        tables.append(found)
    table = pd.concat(tables, ignore_index=True)
    table["moves"] = table.groupby("system", dropna=False)["rank"].transform("nunique") > 1
    return table


def _pair(cube: Cube, family: Family, grouping: Grouping, alpha: float, min_units: int) -> Iterator[pd.DataFrame]:
    """Yield a table for each metric of a family, a row for every two slices that can be judged."""
    measured = measure(cube, family, grouping)
    # The same slices under every setting: by their rows, not by what a metric is defined on.
    largest = np.zeros(len(grouping), dtype=bool)
    largest[np.argsort(-grouping.rows.sum(axis=1) * grouping.known, kind="stable")[:MOST_SLICES]] = True
    used = (statuses(measured, min_units) == OK) & grouping.known & largest
    lows, highs = measured.side.limits(alpha)
    for m, metric in enumerate(family.metrics):
        cells = np.flatnonzero(used[m])
        i, j = np.triu_indices(len(cells), 1)
        r = pair_correlations(cube, family, m, grouping, measured, cells)
        of_cells = np.stack([x[m, cells] for x in (measured.side.shown, lows, highs)])
        (p1, l1, u1), (p2, l2, u2) = of_cells[:, i], of_cells[:, j]
        low, high = difference_limits(p1, l1, u1, p2, l2, u2, r if isinstance(r, float) else r[i, j])
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(p2 > 0, p1 / p2, np.nan)
        slices = [grouping.slices[c] for c in cells]
        yield pd.DataFrame(
            {
                "by": [grouping.names] * len(i),
                "system": cube.system,
                "one": [slices[at] for at in i],
                "other": [slices[at] for at in j],
                "metric": metric.name,
                "difference": p1 - p2,
                "low": low,
                "high": high,
                "ratio": ratio,
            }
        )


# -- the references themselves -------------------------------------------------------------------


def describe_references(results: Results, cube: Cube, by: By = None) -> pd.DataFrame:
    """Return how the references of each slice are written: a row a slice, everyone first.

    `utterances` counts references that are there, `words` is their mean length, the others are shares of them: with
    capitals, digits, punctuation, and marks (accents, vowel signs). They are looked at as the file has them. Where
    groups differ in these, so may their error rates, whatever was said; where a slice has no reference, all are NaN.
    """
    scored = cube.scored
    if scored is None:
        raise ValueError("References are described of a cube that has its rows.")
    texts = results.columns["reference"].loc[pd.Index(scored.rows)].tolist()
    there = np.array([text is not None for text in texts], dtype=bool)
    times = there * (np.ones(len(scored), np.int64) if scored.multiplicity is None else scored.multiplicity)
    looks = {name: np.array([test(text or "") for text in texts], dtype=float) for name, test in LOOKS.items()}
    rows = []
    for names in choose_groupings(cube, by):
        grouping = cube.by(names)
        for cell, inside in zip(grouping.slices, _members(scored.codes, cube, grouping), strict=True):
            rows.append(_describe(cell, times * inside, looks))
    return pd.DataFrame(rows)


LOOKS: dict[str, Callable[[str], float]] = {
    "words": lambda text: len(text.split()),
    "capitals": lambda text: text != text.lower(),
    "digits": lambda text: any(c.isdigit() for c in text),
    "punctuation": lambda text: any(unicodedata.category(c)[0] == "P" for c in text),
    "marks": lambda text: any(unicodedata.category(c)[0] == "M" for c in unicodedata.normalize("NFD", text)),
}


def _describe(cell: Slice, times: NDArray[np.int64], looks: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    n = int(times.sum())
    shares = {name: float(look @ times) / n if n else np.nan for name, look in looks.items()}
    return {"slice": cell, "utterances": n, **shares}


def _members(codes: Sequence[NDArray[Any]], cube: Cube, grouping: Grouping) -> Iterator[NDArray[np.bool_]]:
    """Yield which units lie in each cell."""
    assert cube.scored is not None
    place = {axis.name: i for i, axis in enumerate(cube.axes)}
    for row in grouping.codes:
        inside = np.ones(len(cube.scored), dtype=bool)
        for axis, code in zip(grouping.axes, row, strict=True):
            inside &= codes[place[axis.name]] == code
        yield inside
