"""Verdicts: whether each slice keeps to each rule of a policy, from its interval.

`pass` if the whole plain interval lies within the limit; `fail` if the interval at Holm's level over the slices of
the rule (Bonferroni's over the pairs, for rules on a spread) lies wholly outside; else `undecided`; `no data` where
there is no interval. Too few units never fail, and a system that answers everybody alike never passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.compare import Pairs, compare_cube
from metrics.constant import find_only_answer
from metrics.cube import Cube, Cubes, Grouping, iterate_systems
from metrics.errors import QuestionError
from metrics.estimate import (
    MIN_CLUSTERS,
    NO_DATA,
    OK,
    TOO_FEW,
    By,
    choose_groupings,
    choose_metrics,
    measure,
    split_families,
    statuses,
)
from metrics.exclusions import find_excluded
from metrics.intervals import p_of_touch
from metrics.judge_pairs import judge_pairs
from metrics.multiplicity import holm
from metrics.policy import Policy, Rule
from metrics.registry import Metric
from metrics.sides import Measured, Side
from metrics.slices import Slice
from metrics.units_needed import MORE, count_needed
from metrics.verdict import COLUMNS, FAIL, NO_DATA_VERDICT, PASS, UNDECIDED, Verdict, frame_of, grows_by_chance
from metrics.verdict_reasons import Facts, say_reason

__all__ = ["COLUMNS", "judge", "judge_rules"]

Floats = NDArray[Any]


def judge(cubes: Cubes | Cube, policy: Policy, *, seed: int = 0) -> pd.DataFrame:
    """Return a table of verdicts: of every slice by every rule, and of the deciding pair of every rule on a spread.

    Columns as in `COLUMNS`. `slice` is None and `pair` two slices for rules on a spread or a criterion (value: the
    first minus, or over, the second), else `pair` is None. `at_least` and `at_most` are the limits in force, NaN
    where there is none; `adjusted_low` and `adjusted_high` those that `fail` looks at. `units_needed` is how many
    more units (clusters, where there are clusters) of the slice would decide, NaN where none would. Figures to
    publish have the verdict None. `seed` is that of the noise floors of rules on a spread, told in the reason.
    Raises QuestionError, naming every rule about what the data do not hold, or ResultsError for a condition on it.
    """
    rows: list[Verdict] = []
    wrong = []
    for rule in policy.rules:
        try:
            for cube in _systems_of(cubes, rule):
                rows += judge_pairs(cube, rule, seed) if rule.in_pairs else _judge_slices(cube, rule)
        except QuestionError as error:
            wrong.append(f"Rule {rule.name!r}: {error}")
    if wrong:
        raise QuestionError("\n".join(wrong))
    return frame_of(rows)


def judge_rules(verdicts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return the verdict of every rule, and how many of its slices (or groupings, for pairs) have each verdict.

    Columns rule, verdict, passed, failed, undecided, no_data. A rule fails if anything in it fails, passes if all of
    it passes, has no data if all of it has none, and is undecided else; None for figures to publish.
    """
    rows, whole = [], []
    for rule in policy.rules:
        own = verdicts.loc[verdicts["rule"] == rule.name, "verdict"]
        counts = {v: int((own == v).sum()) for v in (PASS, FAIL, UNDECIDED, NO_DATA_VERDICT)}
        whole.append(None if rule.publish else _whole(counts, len(own)))
        rows.append((rule.name, *counts.values()))
    table = pd.DataFrame(rows, columns=["rule", "passed", "failed", "undecided", "no_data"])
    # As objects: a column of texts would turn None into NaN.
    table.insert(1, "verdict", pd.Series(whole, dtype=object))
    return table


def _whole(counts: dict[str, int], n: int) -> str:
    if counts[FAIL]:
        return FAIL
    if counts[NO_DATA_VERDICT] == n:
        return NO_DATA_VERDICT
    return PASS if counts[PASS] == n else UNDECIDED


def _systems_of(cubes: Cubes | Cube, rule: Rule) -> Iterator[Cube]:
    systems = list(iterate_systems(cubes))
    if rule.system is None:
        yield from systems
        return
    chosen = [cube for cube in systems if cube.system == rule.system]
    if not chosen:
        known = ", ".join(str(cube.system) for cube in systems if cube.system is not None) or "one without a name"
        raise QuestionError(f"There is no system {rule.system!r} (there are: {known}).")
    yield from chosen


# -- rules on slices -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Tests:
    """The slices of one rule and system, flat: what is tested of each, and from what its limits come."""

    groupings: tuple[Grouping, ...]
    what: Side | Pairs
    kind: Any
    value: Floats
    status: NDArray[np.int8]
    own_status: NDArray[np.int8]  # of the slice without its baseline
    against_ok: NDArray[np.bool_]  # whether there is enough of what it is compared with
    itself: NDArray[np.bool_]
    same: NDArray[np.int64]
    measured: Measured

    @property
    def slices(self) -> list[Slice]:
        return [s for g in self.groupings for s in g.slices]

    def limits(self, alpha: Any, at: Any = ...) -> tuple[Floats, Floats]:
        low, high = _limits(self.what, self.kind, alpha, at)
        ours = self.itself[at]
        own = 1.0 if self.kind == "ratio" else 0.0
        return np.where(ours, own, low), np.where(ours, own, high)

    @property
    def can_grow(self) -> bool:
        """Whether the limits for other numbers of units follow from those of now; a median's do not."""
        return (self.what if isinstance(self.what, Side) else self.what.one).kind != "quantile"

    def limits_grown(self, alpha: Floats, at: NDArray[np.intp], factor: Floats) -> tuple[Floats, Floats]:
        return _limits(self.what.at(at).grown(factor), self.kind, alpha, ..., MORE)


def _limits(what: Side | Pairs, kind: Any, alpha: Any, at: Any, more: float = 0.0) -> tuple[Floats, Floats]:
    return what.limits(alpha, at, more) if isinstance(what, Side) else what.limits(kind, alpha, at, more)


def _judge_slices(cube: Cube, rule: Rule) -> list[Verdict]:
    assert rule.metric is not None
    ((_, chosen),) = choose_metrics(cube, [rule.metric])
    tests = _ask(cube, rule, chosen[0])
    if tests is None:
        return []
    alpha, (least, most) = 1 - rule.confidence, rule.limits
    out = np.concatenate([find_excluded(cube, rule, g) | _is_rest_of_label(g) for g in tests.groupings])
    asked = ~out if rule.publish else ~out & ~tests.itself
    low, high = tests.limits(alpha)
    p = p_of_touch(lambda a, at: tests.limits(a, at), tests.value, np.clip(tests.value, least, most))
    p = np.where(np.isnan(low) & np.isnan(high), np.nan, p)
    in_family = asked & (tests.status == OK) & (not rule.publish)
    level = np.full(len(p), rule.confidence)
    if rule.correction != "none":
        level = holm(np.where(in_family, p, np.nan), 0, alpha, tests.same)[1]
    adjusted_low, adjusted_high = (np.where(in_family, x, np.nan) for x in tests.limits(1 - level))
    within = (low >= least) & (high <= most)
    outside = (adjusted_low > most) | (adjusted_high < least)
    only = find_only_answer(cube, chosen[0])
    chance = grows_by_chance(chosen[0])
    undecidable = only is not None or chance
    unknown = np.isnan(low) & np.isnan(high) & (tests.status == OK) & (not chance)
    nothing = (tests.status == NO_DATA) | unknown
    verdict = np.select(
        [nothing, tests.status == TOO_FEW, outside & (not chance), within & (not undecidable)],
        [NO_DATA_VERDICT, UNDECIDED, FAIL, PASS],
        UNDECIDED,
    )
    needed = np.full(len(p), np.nan)
    open_cases = asked & (verdict == UNDECIDED) & (not undecidable) & tests.can_grow & tests.against_ok
    open_cases &= ~(np.isnan(low) & np.isnan(high))  # one cluster has no interval, and nothing to grow from
    n_tests = len(np.unique(tests.same[in_family & ~np.isnan(p)]))
    if not rule.publish and open_cases.any():
        # With more units, those that are too few now are one more test.
        level_then = level if rule.correction == "none" else np.where(in_family, level, 1 - alpha / (n_tests + 1))
        needed[open_cases] = _count_more(tests, rule, np.flatnonzero(open_cases), level_then[open_cases])
    return [
        Verdict(
            rule=rule,
            system=cube.system,
            metric=chosen[0].name,
            slice=tests.slices[i],
            value=tests.value[i],
            low=low[i],
            high=high[i],
            adjusted_low=adjusted_low[i],
            adjusted_high=adjusted_high[i],
            verdict=None if rule.publish else str(verdict[i]),
            units_needed=needed[i],
            reason=say_reason(
                Facts(
                    rule=rule,
                    metric=chosen[0],
                    verdict=None if rule.publish else str(verdict[i]),
                    value=tests.value[i],
                    low=low[i],
                    high=high[i],
                    adjusted_low=adjusted_low[i],
                    adjusted_high=adjusted_high[i],
                    too_few="" if tests.status[i] != TOO_FEW else _say_few(tests, rule, i),
                    only_answer=only,
                    grows_by_chance=chance,
                    needed=needed[i],
                    in_clusters=cube.has_clusters,
                    searched=bool(open_cases[i]),
                    n_tests=n_tests,
                )
            ),
        )
        for i in np.flatnonzero(asked).tolist()
    ]


def _ask(cube: Cube, rule: Rule, metric: Metric) -> _Tests | None:
    """Return what the rule tests in a cube; None where there is no slice."""
    by: By = rule.by

    def choosable(g: Grouping) -> NDArray[np.bool_]:
        # A label of several in a cell has only those without it to be compared with: were it the best itself, it
        # would go without a verdict, and they have none.
        return _is_rest_of_label(g) if _is_label_alone(g) else ~find_excluded(cube, rule, g)

    if rule.compare == "value":
        groupings = tuple(cube.by(names) for names in choose_groupings(cube, by, everyone=rule.by == ()))
        if not groupings:
            return None
        (family,) = split_families(cube, [metric])
        measured = measure(cube, family, *groupings)
        side = measured.side.flat()
        status = statuses(measured, rule.min_units).ravel()
        nobody = np.zeros(len(status), dtype=bool)
        each = np.arange(len(status))
        return _Tests(groupings, side, "value", side.shown, status, status, ~nobody, nobody, each, measured)
    compared = next(iter(compare_cube(cube, by, [metric], rule.baseline, rule.min_units, choosable)), None)
    if compared is None:
        return None
    groupings = tuple(compared.groupings)
    measured = measure(cube, compared.family, *groupings)
    itself = compared.against.itself.ravel()
    value = np.where(itself, 1.0 if rule.kind == "ratio" else 0.0, compared.pairs.value(rule.compare))  # type: ignore[arg-type]
    status = np.where(np.isnan(value), NO_DATA, compared.status.ravel()).astype(np.int8)
    # Tests that say the same are told within each grouping; of different groupings they are different tests.
    place = np.repeat(np.arange(len(groupings)), [len(g) for g in groupings])
    same = place * (len(value) + 1) + compared.against.same.ravel() + 1
    own = statuses(measured, rule.min_units).ravel()
    against_ok = (statuses(compared.against.two, rule.min_units) == OK).ravel()
    return _Tests(groupings, compared.pairs, rule.compare, value, status, own, against_ok, itself, same, measured)


def _is_label_alone(grouping: Grouping) -> bool:
    return len(grouping.axes) == 1 and bool(grouping.axes[0].family) and "no" in grouping.axes[0].levels


def _is_rest_of_label(grouping: Grouping) -> NDArray[np.bool_]:
    """Return which cells lack a label of several in a cell: they are what the label is compared with, no group."""
    out = np.zeros(len(grouping), dtype=bool)
    for i, axis in enumerate(grouping.axes):
        if axis.family and "no" in axis.levels:
            out |= grouping.codes[:, i] == axis.levels.index("no")
    return out


def _count_more(tests: _Tests, rule: Rule, at: NDArray[np.intp], level: Floats) -> Floats:
    """Return how many more units (or clusters) would decide these slices.

    `level` (slices,) is the level at which each would fail: a value beyond the limit can come to nothing else.
    """
    alpha, (least, most) = 1 - rule.confidence, rule.limits
    units = tests.measured.denominator.ravel()[at]
    now, minimum = units, np.full(len(at), float(rule.min_units))
    if tests.measured.clusters is not None:
        now = tests.measured.clusters.ravel()[at].astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            minimum = np.maximum(MIN_CLUSTERS, np.ceil(now * rule.min_units / units))
    value = tests.value[at]
    alphas = np.where((value > most) | (value < least), 1 - level, alpha)
    return count_needed(lambda i, f: tests.limits_grown(alphas[i], at[i], f), now, minimum, least, most) - now


def _say_few(tests: _Tests, rule: Rule, i: int) -> str:
    """Say what there is too little of, in the slice or in what it is compared with."""
    if tests.own_status[i] != TOO_FEW:
        return "what it is compared with"
    both = "" if tests.against_ok[i] else ", and what it is compared with"
    units = int(tests.measured.denominator.ravel()[i])
    if units < rule.min_units:
        return f"{units} of at least {rule.min_units} units{both}"
    assert tests.measured.clusters is not None
    return f"{int(tests.measured.clusters.ravel()[i])} of at least {MIN_CLUSTERS} clusters{both}"
