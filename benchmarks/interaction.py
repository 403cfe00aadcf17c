"""`interaction`: what a person waits for after a change of question, at 100,000 and at 10,000,000 rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from benchmarks.data import AXES, COUNT_METRICS, make_scored
from benchmarks.measuring import Cost, Outcome, alternate, times
from benchmarks.report import run_alone
from metrics.compare import compare
from metrics.cube import Cube, Cubes, count_cells
from metrics.cuts import cut_at
from metrics.estimate import estimate
from metrics.scored import Scored

SMALL, LARGE = 100_000, 10_000_000
MOST_MILLISECONDS = 30
ROUNDS = 44
PAIR = ("region", "channel")


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    scored = {n: make_scored(n) for n in (SMALL, LARGE)}
    cubes = {n: count_cells([s]) for n, s in scored.items()}
    for n in cubes:
        compare(cubes[n], [PAIR, "sex", "age"], COUNT_METRICS)
    for name, ask in _questions().items():
        # Every time another one, the same at both sizes.
        small, large = alternate([partial(_ask_next, ask, cubes[n], count()) for n in (SMALL, LARGE)], ROUNDS)
        yield _waited(f"another {name}, {LARGE:,} rows", large)
        yield Outcome(f"another {name}: {LARGE:,} rows over {SMALL:,}", large.seconds / small.seconds, at_most=1.3)
    yield from _first_asked(scored[LARGE])
    yield _move_threshold(cubes[LARGE][0])


def _questions() -> dict[str, Callable[[Cubes, int], Any]]:
    """What changes on a page: the table and the disparities are asked anew."""

    def ask(cubes: Cubes, by: Any = PAIR, metric: str = "accuracy", **options: Any) -> None:
        baseline = options.pop("baseline", "rest")
        estimate(cubes, [by], [metric], **options)
        compare(cubes, [by], [metric], baseline=baseline, **options)

    def another_metric(cubes: Cubes, turn: int) -> None:
        ask(cubes, metric=COUNT_METRICS[turn % len(COUNT_METRICS)])

    def another_slice(cubes: Cubes, turn: int) -> None:
        ask(cubes, by=("sex", "age", PAIR)[turn % 3])

    def another_baseline(cubes: Cubes, turn: int) -> None:
        ask(cubes, baseline=("overall", "largest", "best", "sex = female")[turn % 4])

    def another_confidence(cubes: Cubes, turn: int) -> None:
        ask(cubes, confidence=0.8 + 0.19 * (turn % 100) / 100)

    return {
        "slice": another_slice,
        "metric": another_metric,
        "baseline": another_baseline,
        "confidence": another_confidence,
    }


def _ask_next(ask: Callable[[Cubes, int], Any], cubes: Cubes, turns: Iterator[int]) -> None:
    ask(cubes, next(turns))


def _first_asked(scored: Scored) -> Iterator[Outcome]:
    """A grouping asked of rows of which nothing was counted yet, beside one pass of `bincount`.

    The pass is over the numbers of (cell, outcome) pairs of all attributes, from which every grouping follows; the
    numbers are given. A further grouping takes a fold of that table, whatever the number of rows.
    """
    sizes = (*(a.size for a in scored.axes), scored.layout.n_outcomes)
    numbers = np.ravel_multi_index((*scored.codes, scored.outcome), sizes)
    once = alternate([lambda: count_cells([scored])[0].by(PAIR), lambda: np.bincount(numbers)], 9)
    yield times("the first grouping over one bincount pass", *once, at_most=3)
    cube = count_cells([scored])[0]
    cube.by(PAIR)
    pairs = iter([(a, b) for a in AXES for b in AXES if a != b and (a, b) != PAIR])
    further = alternate([lambda: cube.by(next(pairs)), lambda: np.bincount(numbers)], 9)
    yield times("a further grouping over one bincount pass", *further, at_most=3)


def _move_threshold(cube: Cube) -> Outcome:
    """The table of every slice of a pair at another threshold, with intervals."""
    places = iter(np.random.default_rng(1).random(10**4))

    def move() -> None:
        moved = cut_at(cube, PAIR, float(next(places)))
        assert moved is not None
        estimate(moved, [PAIR], ["selection_rate", "false_positive_rate", "false_negative_rate", "error_rate"])

    at, scored = 0.5123, cube.scored
    assert scored is not None and scored.score is not None
    selected = estimate(cut_at(cube, PAIR, at) or cube, [], ["selection_rate"])["top"].tolist()
    assert selected == [float((scored.score >= at).sum())], "The counts are exact."
    (moved,) = alternate([move], ROUNDS)
    return Outcome(f"another threshold, {LARGE:,} rows", 50 * moved.seconds, at_most=1, unit=" of 20 ms")


def _waited(what: str, cost: Cost) -> Outcome:
    return Outcome(what, 1000 * cost.seconds / MOST_MILLISECONDS, at_most=1, unit=f" of {MOST_MILLISECONDS} ms")


if __name__ == "__main__":
    run_alone(outcomes())
