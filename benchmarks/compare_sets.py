"""`compare_sets`: comparing two cubes takes as long for a million rows as for thousands: under 50 ms.

A reference of 1,000,000 rows (and one of 20,000) against a customer's set a fifth as large, counted beforehand by six
attributes; one question is one metric over all of them: changes of every slice with verdicts and units needed, mix and
rates, the shares of all levels. Beside it stands how long the same takes for eleven metrics, and for the shift, whose
floors are dealt out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from benchmarks.data import AXES, COUNT_METRICS, make_scored
from benchmarks.measuring import Cost, Outcome, measure, median
from benchmarks.report import run_alone
from metrics.cube import Cubes
from metrics.two_sets.changes import compare_sets
from metrics.two_sets.decomposition import decompose
from metrics.two_sets.mix import compare_mix
from metrics.two_sets.sets import TwoSets, align
from metrics.two_sets.shift import measure_shift

SIZES = (20_000, 1_000_000)
ROUNDS = 9


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    for n in SIZES:
        sets = count_sets(n)
        for metrics in (("error_rate",), COUNT_METRICS):
            took = time(sets, lambda fresh, metrics=metrics: ask(fresh, metrics))  # type: ignore[misc]
            what = "one metric" if len(metrics) == 1 else f"{len(metrics)} metrics"
            at_most = 0.05 if len(metrics) == 1 else None
            yield _tell(f"{n:,} rows, {what}", took, at_most)
        yield _tell(f"{n:,} rows, shift of six attributes, labels and scores", time(sets, measure_shift), None)


def count_sets(n: int) -> TwoSets:
    """Return two sets, counted by each attribute."""
    sets = align([make_scored(n)], [make_scored(n // 5)])
    for cube in (*sets.reference, *sets.customer):
        for names in ((), *((axis,) for axis in AXES)):
            cube.by(names)
    return sets


def ask(sets: TwoSets, metrics: tuple[str, ...]) -> None:
    """Ask what a page of two sets asks."""
    compare_sets(sets, None, metrics)
    decompose(sets, None, metrics)
    compare_mix(sets)


def time(sets: TwoSets, work: Callable[[TwoSets], Any]) -> Cost:
    """Return what a question costs that nobody asked before: counts are there, nothing derived from them is."""
    costs = []
    for _ in range(ROUNDS):
        fresh = replace(sets, reference=_forget(sets.reference), customer=_forget(sets.customer))
        costs.append(measure(lambda fresh=fresh: work(fresh)))  # type: ignore[misc]
    return median(costs)


def _forget(cubes: Cubes) -> Cubes:
    return Cubes(replace(cube, kept={}) for cube in cubes)


def _tell(what: str, took: Cost, at_most: float | None) -> Outcome:
    """Say what one processor had to do: a busy machine takes longer, whatever is asked."""
    note = f"by the clock {took.seconds:.3f} s"
    return Outcome(f"{what}, processor seconds", took.cpu_seconds, at_most=at_most, unit=" s", note=note)


if __name__ == "__main__":
    run_alone(outcomes())
