"""Verdicts on spreads and criteria: every pair of groups is judged, and the pair that decides is named.

`fail` if one pair fails at Bonferroni's level over all pairs of the rule, `pass` if every pair passes at the plain
one. A group with too few units makes its pairs undecided. One without data makes no pairs, and keeps the others from
passing, as few units do; so does a pair without an interval. Missing groups are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.compare import Pairs
from metrics.constant import find_only_answer
from metrics.criteria import CRITERIA, criteria
from metrics.cube import Cube, Grouping
from metrics.estimate import (
    MIN_CLUSTERS,
    OK,
    TOO_FEW,
    choose_groupings,
    choose_metrics,
    measure,
    split_families,
    statuses,
)
from metrics.exclusions import find_excluded
from metrics.formatting import format_difference, format_number
from metrics.intervals import difference_limits, ratio_limits
from metrics.moments import Family
from metrics.policy import Rule
from metrics.registry import Metric
from metrics.sides import Measured
from metrics.slices import Slice
from metrics.spread import pair_correlations, spread
from metrics.units_needed import MORE, count_needed
from metrics.verdict import FAIL, NO_DATA_VERDICT, PASS, UNDECIDED, Verdict, grows_by_chance
from metrics.verdict_reasons import Facts, say_reason

__all__ = ["judge_pairs"]

Floats = NDArray[Any]

_PAIRS_AT_ONCE = 1_000_000


def judge_pairs(cube: Cube, rule: Rule, seed: int = 0) -> list[Verdict]:
    """Return the verdict of every grouping and metric of a rule on a spread or a criterion, in one system."""
    criterion = next((c for c in CRITERIA if c.name == rule.criterion), None)
    if criterion is not None and not criterion.metrics:
        return _publish_criterion(cube, rule)
    names = criterion.metrics if criterion is not None else (rule.metric or "",)
    # Criteria also use metrics that are listed nowhere else.
    ((_, chosen),) = choose_metrics(cube, names)
    groups = [
        _find_groups(cube, rule, cube.by(axes), metric)
        for axes in choose_groupings(cube, rule.by, everyone=False)
        for metric in chosen
    ]
    n_pairs = sum(g.n_ok * (g.n_ok - 1) // 2 for g in groups)
    return [_judge(cube, rule, g, max(n_pairs, 1), seed) for g in groups]


@dataclass(frozen=True, eq=False)
class _Groups:
    """The groups of one grouping that make pairs, with one metric; arrays (groups,), `r` (groups, groups) or 0."""

    grouping: Grouping
    metric: Metric
    measured: Measured
    m: int  # the metric's place in what was measured
    cells: NDArray[np.intp]
    ok: NDArray[np.bool_]
    r: Floats | float
    no_data: tuple[Slice, ...]
    left_out: tuple[Slice, ...]
    kept: dict[float, tuple[Floats, Floats]] = field(default_factory=dict)

    @property
    def n_ok(self) -> int:
        return int(self.ok.sum())

    def limits(self, alpha: float) -> tuple[Floats, Floats]:
        """Return the limits of every value of the grouping at level 1 - alpha, worked out once."""
        if alpha not in self.kept:
            self.kept[alpha] = self.measured.side.limits(np.full(self.measured.side.value.shape, alpha))
        return self.kept[alpha]

    def correlation(self, one: Any, two: Any) -> Any:
        return self.r if isinstance(self.r, float) else self.r[one, two]


def _find_groups(cube: Cube, rule: Rule, grouping: Grouping, metric: Metric) -> _Groups:
    (family,) = split_families(cube, [metric])
    measured = measure(cube, family, grouping)
    status = statuses(measured, rule.min_units)[0]
    asked = grouping.known & ~find_excluded(cube, rule, grouping)
    cells = np.flatnonzero(asked & (status >= TOO_FEW))
    r: Floats | float = 0.0
    if isinstance(family, Family):
        r = pair_correlations(cube, family, 0, grouping, measured, cells)
    else:
        found = family.pair_correlations(cube, grouping)
        r = 0.0 if found is None else found[np.ix_(cells, cells)]
    no_data, left_out = (
        tuple(grouping.slices[c] for c in np.flatnonzero(those)) for those in (asked & (status < TOO_FEW), ~asked)
    )
    return _Groups(grouping, metric, measured, 0, cells, status[cells] == OK, r, no_data, left_out)


@dataclass(frozen=True)
class _Pair:
    """A pair of groups: places among the groups, the first minus (or over) the second."""

    places: tuple[int, int]
    verdict: str
    value: float
    low: float
    high: float
    adjusted_low: float
    adjusted_high: float


def _judge(cube: Cube, rule: Rule, g: _Groups, n_pairs: int, seed: int) -> Verdict:
    only, chance = find_only_answer(cube, g.metric), grows_by_chance(g.metric)
    pair = _decide(rule, g, n_pairs, no_pass=only is not None or chance, no_fail=chance)
    if pair is None:
        reason = "No two groups of it have data to be compared."
        return Verdict(rule, cube.system, g.metric.name, None if rule.publish else NO_DATA_VERDICT, reason)
    slices = [g.grouping.slices[g.cells[i]] for i in pair.places]
    needed, searched = np.nan, False
    too_few = "" if g.ok[list(pair.places)].all() else _say_few(rule, g, pair)
    if pair.verdict == PASS and g.no_data:
        pair, too_few = replace(pair, verdict=UNDECIDED), _say_no_data(g)
    void = np.isnan(pair.low) and np.isnan(pair.high)
    can_grow = g.measured.side.kind != "quantile" and not void
    if pair.verdict == UNDECIDED and can_grow and not (rule.publish or too_few or chance or only is not None):
        needed, searched = _count_more(rule, g, pair, n_pairs), True
    facts = Facts(
        rule=rule,
        metric=g.metric,
        verdict=None if rule.publish else pair.verdict,
        value=pair.value,
        low=pair.low,
        high=pair.high,
        adjusted_low=pair.adjusted_low,
        adjusted_high=pair.adjusted_high,
        too_few=too_few,
        only_answer=only,
        grows_by_chance=chance,
        needed=needed,
        in_clusters=cube.has_clusters,
        searched=searched,
        n_tests=n_pairs,
        pairs=True,
    )
    said = [say_reason(facts), *_say_floor(cube, rule, g, seed), *_say_left_out(g)]
    return Verdict(
        rule,
        cube.system,
        g.metric.name,
        None if rule.publish else pair.verdict,
        " ".join(said),
        pair=(slices[0], slices[1]),
        value=pair.value,
        low=pair.low,
        high=pair.high,
        adjusted_low=pair.adjusted_low,
        adjusted_high=pair.adjusted_high,
        units_needed=needed,
    )


def _decide(rule: Rule, g: _Groups, n_pairs: int, *, no_pass: bool, no_fail: bool) -> _Pair | None:
    """Return the pair that decides: of those that fail, else are undecided, else pass, the one furthest apart.

    Pairs without an interval come after the undecided ones; where there are no others, there is no data.
    """
    best: tuple[tuple[float, ...], _Pair] | None = None
    any_interval = False
    for one, two in _pairs(g, np.flatnonzero(g.ok), rule.kind):
        found = _judge_pairs_of(rule, g, n_pairs, one, two)
        fails, passes = found.fails & (not no_fail), found.passes & (not no_pass)
        void = found.void & (not no_fail)  # what gets no verdict by its nature is undecided
        any_interval |= not void.all()
        rank = np.select([fails, passes, void], [3.0, 0.0, 1.0], 2.0)
        # Of pairs that lie as far apart, the one whose interval reaches furthest, so that their order says nothing.
        apart = _without_rounding(found.apart)
        i = int(np.lexsort((found.reach, apart, rank))[-1])
        key = (float(rank[i]), float(apart[i]), float(found.reach[i]))
        if best is None or key > best[0]:
            best = key, found.pair(i, FAIL if fails[i] else PASS if passes[i] else UNDECIDED)
    if best is not None and not any_interval:
        best = best[0], replace(best[1], verdict=NO_DATA_VERDICT)
    few = np.flatnonzero(~g.ok)
    if len(few) and (best is None or best[1].verdict in (PASS, NO_DATA_VERDICT)):
        return _furthest_of_few(rule, g, n_pairs, few)
    return None if best is None else best[1]


def _furthest_of_few(rule: Rule, g: _Groups, n_pairs: int, few: NDArray[np.intp]) -> _Pair | None:
    """Return the pair furthest apart that has a group with too few units: it leaves the rule undecided."""
    value = g.measured.side.shown[g.m, g.cells]
    others = np.array([[value.argmin(), value.argmax()]] * len(few)).ravel()
    each = few.repeat(2)
    one, two = _order(value, each[each != others], others[each != others], rule.kind)
    if not len(one):
        return None
    found = _judge_pairs_of(rule, g, n_pairs, one, two)
    return replace(found.pair(int(found.apart.argmax()), UNDECIDED), adjusted_low=np.nan, adjusted_high=np.nan)


@dataclass(frozen=True, eq=False)
class _Judged:
    """Pairs of groups with their limits, arrays (pairs,); `ends` are low, high and the adjusted ones."""

    one: NDArray[np.intp]
    two: NDArray[np.intp]
    value: Floats
    ends: tuple[Floats, ...]
    fails: NDArray[np.bool_]
    passes: NDArray[np.bool_]
    apart: Floats

    @property
    def void(self) -> NDArray[np.bool_]:
        """Which pairs have no interval."""
        return np.asarray(np.isnan(self.ends[0]) & np.isnan(self.ends[1]))

    @property
    def reach(self) -> Floats:
        """How wide the plain intervals are, 0 where there is none."""
        with np.errstate(invalid="ignore"):
            width = self.ends[1] - self.ends[0]
        return _without_rounding(np.where(self.void, 0.0, np.where(np.isnan(width), np.inf, width)))

    def pair(self, i: int, verdict: str) -> _Pair:
        return _Pair(
            (int(self.one[i]), int(self.two[i])), verdict, float(self.value[i]), *(float(x[i]) for x in self.ends)
        )


def _judge_pairs_of(rule: Rule, g: _Groups, n_pairs: int, one: NDArray[np.intp], two: NDArray[np.intp]) -> _Judged:
    alpha, (least, most) = 1 - rule.confidence, rule.limits
    level = alpha if rule.correction == "none" else alpha / n_pairs
    value, r = g.measured.side.shown[g.m, g.cells], g.correlation(one, two)
    reach = ratio_limits if rule.kind == "ratio" else difference_limits
    ends: list[Floats] = []
    for a in (alpha, level):
        lows, highs = (x[g.m, g.cells] for x in g.limits(a))
        ends += reach(value[one], lows[one], highs[one], value[two], lows[two], highs[two], r)
    low, high, far_low, far_high = ends
    with np.errstate(divide="ignore", invalid="ignore"):
        size = value[one] / value[two] if rule.kind == "ratio" else value[one] - value[two]
        apart = -np.log(size) if rule.kind == "ratio" else size
    return _Judged(
        one,
        two,
        size,
        tuple(ends),
        fails=(far_low > most) | (far_high < least),
        passes=(low >= least) & (high <= most),
        apart=np.where(np.isnan(apart), -1.0, apart),
    )


def _without_rounding(x: Floats) -> Floats:
    """Return numbers without their last digits, in which equal ones may differ."""
    mantissa, exponent = np.frexp(x)
    return np.asarray(np.ldexp(mantissa.round(12), exponent))


def _pairs(g: _Groups, places: NDArray[np.intp], kind: str) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield all pairs of some groups in blocks."""
    n, value = len(places), g.measured.side.shown[g.m, g.cells]
    block = max(1, _PAIRS_AT_ONCE // max(n, 1))
    for start in range(0, n, block):
        rows = np.arange(start, min(start + block, n))
        i, j = np.nonzero(np.arange(n)[None, :] > rows[:, None])
        if len(i):
            yield _order(value, places[rows[i]], places[j], kind)


def _order(value: Floats, i: NDArray[np.intp], j: NDArray[np.intp], kind: str) -> Any:
    """Return pairs with the higher value first for differences, and last for ratios."""
    swap = value[j] < value[i] if kind == "ratio" else value[j] > value[i]
    return np.where(swap, j, i), np.where(swap, i, j)


def _count_more(rule: Rule, g: _Groups, pair: _Pair, n_pairs: int) -> float:
    """Return how many more units (or clusters) of the smaller group would decide this pair, the other as it is."""
    counts = g.measured.clusters if g.measured.clusters is not None else g.measured.denominator
    small, other = sorted(pair.places, key=lambda i: counts[g.m, g.cells[i]])
    side = g.measured.side.flat()
    place = g.m * g.measured.side.value.shape[1] + g.cells
    both = Pairs(
        side.at(place[[small]]),
        side.at(place[[other]]),
        np.array([float(g.correlation(small, other))]),
        np.zeros(1),
        np.ones(1),
    )
    # The limits of a pair are the same seen from its other side.
    least, most = rule.limits
    now = np.array([float(counts[g.m, g.cells[small]])])
    kind: Any = rule.kind

    def count(alpha: float) -> float:
        def limits(i: NDArray[np.intp], factor: Floats) -> tuple[Floats, Floats]:
            return both.at(i).grown(factor).limits(kind, alpha, ..., MORE)

        return float(count_needed(limits, now, now, least, most)[0] - now[0])

    alpha = 1 - rule.confidence
    beyond = pair.value > most or pair.value < least  # it can come to nothing else but a fail
    return count(alpha / n_pairs if beyond and rule.correction != "none" else alpha)


def _say_few(rule: Rule, g: _Groups, pair: _Pair) -> str:
    said = []
    for i in pair.places:
        if not g.ok[i]:
            units = int(g.measured.denominator[g.m, g.cells[i]])
            name = g.grouping.slices[g.cells[i]].title
            if units < rule.min_units or g.measured.clusters is None:
                said.append(f"{name} has {units} of at least {rule.min_units} units")
            else:
                clusters = int(g.measured.clusters[g.m, g.cells[i]])
                said.append(f"{name} has {clusters} of at least {MIN_CLUSTERS} clusters")
    return "; ".join(said)


def _say_no_data(g: _Groups, most: int = 5) -> str:
    names = "; ".join(s.title for s in g.no_data[:most])
    more = f" and {len(g.no_data) - most} more" if len(g.no_data) > most else ""
    return f"there are no data for {names}{more}"


def _say_floor(cube: Cube, rule: Rule, g: _Groups, seed: int) -> list[str]:
    """Say what chance alone would show, where the same groups make the spread."""
    if rule.kind == "ratio" or g.n_ok < 2:
        return []
    found = spread(
        cube, [g.grouping.names], [g.metric.name], confidence=rule.confidence, min_units=rule.min_units, seed=seed
    ).iloc[0]
    if np.isnan(found["noise_floor"]) or len(g.grouping) - len(found["left_out"]) != g.n_ok:
        return []
    if g.metric.unit == "share":
        floor = format_difference(g.metric, found["noise_floor"], signed=False)
    else:
        floor = format_number(found["noise_floor"])
    return [f"Chance alone would show a gap of up to {floor} between its groups."]


def _say_left_out(g: _Groups, most: int = 5) -> list[str]:
    if not g.left_out:
        return []
    more = f" and {len(g.left_out) - most} more" if len(g.left_out) > most else ""
    return [f"Left out: {'; '.join(s.title for s in g.left_out[:most])}{more}."]


def _publish_criterion(cube: Cube, rule: Rule) -> list[Verdict]:
    """Tell the criteria that are one number of their own, and so have no interval."""
    table = criteria(cube, rule.by, [rule.criterion or ""], min_units=rule.min_units)
    told = table["value"].fillna(table["ratio" if rule.compare == "ratio" else "difference"])
    return [
        Verdict(rule, cube.system, str(rule.criterion), None, f"A figure to publish{_say_by(by)}.", value=float(x))
        for x, by in zip(told, table["by"], strict=True)
    ]


def _say_by(names: tuple[str, ...]) -> str:
    return f", by {' and '.join(names)}{' together' if len(names) > 1 else ''}" if names else ""
