"""How the mix of a file compares with shares known from elsewhere: a census, a customer base."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.coverage.share_text import MOST_LINES
from metrics.cube import Cube, Grouping
from metrics.errors import Finding, QuestionError, ResultsError, nearest
from metrics.estimate import check_level
from metrics.intervals import quantile, share_limits
from metrics.levels import find_word
from metrics.multiplicity import holm
from metrics.scored import Axis

__all__ = ["SHARE_COLUMNS", "against_shares", "check_shares"]

Floats = NDArray[np.float64]

SHARE_COLUMNS = ["axis", "level", "units", "share", "expected", "difference", "low", "high", "p_adjusted", "needed"]

_GIVEN = ["axis", "level", "share"]
_NORMAL = 1e12  # degrees of freedom from which on Student's law is the normal one
_TOLERANCE = 0.01  # of the sum over one axis, for shares that were rounded


def check_shares(shares: pd.DataFrame, where: str = "the table of shares") -> pd.DataFrame:
    """Return a table of shares as it is. Raises ResultsError with every reason against it.

    Those are an empty cell, a share outside 0 to 1, a level that stands there twice and an axis whose shares do not add
    up to 1 within 0.01, and alone more than 2,000 lines.
    """
    absent = [column for column in _GIVEN if column not in shares.columns]
    if absent:
        raise ResultsError([Finding("stop", where, f"has no column {absent[0]!r}.", "It needs axis, level and share.")])
    found = list(_find_faults(shares, where))
    if found:
        raise ResultsError(found)
    return shares


def _find_faults(shares: pd.DataFrame, where: str) -> Iterator[Finding]:
    if not len(shares):
        yield Finding("stop", where, "has no line.", "Write a line a level: axis, level, share.")
    if len(shares) > MOST_LINES:
        yield _too_many(len(shares), where)
        return
    share = shares["share"].to_numpy(dtype=float)
    for axis, level, x in zip(shares["axis"], shares["level"], share.tolist(), strict=True):
        named = f"{where}, level {level!r} of {axis!r}"
        if axis is None or level is None:
            yield Finding("stop", where, "has a line without an axis or a level.", "Fill it in, or take it out.")
        elif np.isnan(x):
            yield Finding("stop", named, "has no share.", "Write a number from 0 to 1, or take the line out.")
        elif x < 0:
            yield Finding("stop", named, f"has the share {x:g}.", "A share is a number from 0 to 1.")
    for axis, own in shares.groupby("axis", sort=False):
        twice = own["level"][own["level"].duplicated()]
        if len(twice):
            yield Finding("stop", f"{where}, axis {axis!r}", f"names {twice.iloc[0]!r} twice.", "Name each level once.")
        total = float(own["share"].sum())
        if abs(total - 1) > _TOLERANCE:
            percent = " They look like percentages: 51 % is 0.51." if abs(total - 100) <= 100 * _TOLERANCE else ""
            told = f"has shares that add up to {total:.4g}."
            cure = f"The shares of all levels of an axis add up to 1 (within {_TOLERANCE:g}).{percent}"
            yield Finding("stop", f"{where}, axis {axis!r}", told, cure)


def _too_many(lines: int, where: str) -> Finding:
    told = f"has {lines:,} lines, of at most {MOST_LINES:,}."
    return Finding("stop", where, told, "A table of shares has a line a level, not a line a person; add up its shares.")


def against_shares(cube: Cube, shares: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return SHARE_COLUMNS, a row a level of every axis in `shares` (axis, level, share).

    `share` is of the rows whose level is known, whatever they weigh; `difference` is that minus `expected`, with its
    limits at this `confidence`, each level by itself (whole clusters where there are clusters). `p_adjusted` is Holm's
    over the levels of the axis: one of them lies clearly off where it is at most 1 - confidence. `needed` is how many
    more units of this level alone would bring it to what is expected. Levels that only the table has are there with 0
    units, those that only the file has with nothing expected (NaN). Raises QuestionError for an axis that is not there
    and for a level that looks like another one misspelled, ResultsError for a table that is none of shares.
    """
    check_level(confidence)
    check_shares(shares)
    tables = []
    for name, own in shares.groupby("axis", sort=False):
        axis = cube.axis(str(name))
        expected = dict(zip(_match(axis, [str(level) for level in own["level"]]), own["share"], strict=True))
        tables.append(_compare(axis, cube.by((axis.name,)), expected, 1 - confidence))
    return pd.concat(tables, ignore_index=True)


def _match(axis: Axis, levels: list[str]) -> list[str]:
    """Return the levels of an axis that those of a table mean. What none is like is a level the file lacks."""
    given = set(levels)
    free = [other for other in axis.levels if other not in given]
    found: list[str] = []
    for level in levels:
        meant = find_word(level, axis.levels)
        hint = "" if meant is not None else nearest(level, free)
        if hint:
            raise QuestionError(
                f"The table of shares has the level {level!r} of {axis.name!r}, which the file has not "
                f"(it has: {', '.join(axis.levels[:20])}). {hint}"
            )
        found.append(meant or level)
    twice = [level for level, times in Counter(found).items() if times > 1]
    if twice:
        raise QuestionError(f"The table of shares names the level {twice[0]!r} of {axis.name!r} twice.")
    return found


def _compare(axis: Axis, grouping: Grouping, expected: dict[str, float], alpha: float) -> pd.DataFrame:
    levels = list(dict.fromkeys([*axis.levels, *expected]))
    units, n_eff, df = np.zeros(len(levels)), np.zeros(len(levels)), np.full(len(levels), np.inf)
    cells = {axis.level(int(c)): i for i, c in enumerate(grouping.codes[:, 0]) if c < len(axis.levels)}
    rows = grouping.rows.sum(axis=1).astype(float)
    total = float(rows[grouping.known].sum())
    for i, level in enumerate(levels):
        units[i] = rows[cells[level]] if level in cells else 0
        n_eff[i], df[i] = _effective(grouping, cells.get(level), total)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = units / total
        low, high = share_limits(share, n_eff, quantile(alpha, df))
    aim = np.array([expected.get(level, np.nan) for level in levels])
    return pd.DataFrame(
        {
            "axis": axis.name,
            "level": levels,
            "units": units.astype(np.int64),
            "share": share,
            "expected": aim,
            "difference": share - aim,
            "low": low - aim,
            "high": high - aim,
            "p_adjusted": _adjust(share, aim, n_eff, df),
            "needed": [_needed(u, total, e) for u, e in zip(units.tolist(), aim.tolist(), strict=True)],
        }
    )


def _adjust(share: Floats, aim: Floats, n_eff: Floats, df: Floats) -> Floats:
    """Return Holm's p of each level over those that have one: the score test, whose interval is Wilson's."""
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(share == aim, 0.0, np.abs(share - aim) / np.sqrt(aim * (1 - aim) / n_eff))
    finite = np.where(np.isinf(df), _NORMAL, df)
    p = np.where(np.isnan(share) | np.isnan(aim) | np.isnan(n_eff), np.nan, 2 * stdtr(finite, -off))
    # Two levels that share all out between them are one test.
    once = len(p) == 2 and np.isclose(np.sum(aim), 1)
    return holm(p, same=np.zeros(2, int) if once else None)[0]


def _effective(grouping: Grouping, cell: int | None, total: float) -> tuple[float, float]:
    """Return the effective number of units of a level's share and its degrees of freedom.

    With clusters the variance is that of their sums, C/(C - 1) sum e_c^2 / X^2 (STATISTICS: clusters), at least that of
    independent rows.
    """
    clusters = grouping.clusters
    if clusters is None or not total:
        return total, np.inf
    entry_rows = clusters.rows.sum(axis=1)
    known = grouping.known[clusters.cell]
    x = np.bincount(clusters.cluster[known], entry_rows[known], clusters.n_clusters)
    own = known & (clusters.cell == (-1 if cell is None else cell))
    y = np.bincount(clusters.cluster[own], entry_rows[own], clusters.n_clusters)
    n = int((x > 0).sum())
    if n < 2:
        return np.nan, np.nan
    p = y.sum() / x.sum()
    by_clusters = x.sum() ** 2 / (x**2).sum()  # Kish's number, where the share does not vary
    if p in (0, 1):
        return float(by_clusters), n - 1
    errors: NDArray[np.float64] = y - p * x
    variance = max(n / (n - 1) * float((errors**2).sum()) / float(x.sum()) ** 2, p * (1 - p) / total)
    return float(p * (1 - p) / variance), n - 1


def _needed(units: float, total: float, expected: float) -> float:
    """Return how many more units of one level alone bring its share to what is expected; NaN where nothing is, or all.

    >>> _needed(10, 100, 0.25)  # 30 of 120
    20.0
    """
    if np.isnan(expected) or expected >= 1:
        return np.nan
    return float(max(ceil((expected * total - units) / (1 - expected) - 1e-9), 0))
