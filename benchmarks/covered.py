"""`covered`: the most general combinations that lack rows, of ten attributes to depth 3, and the plan that fills them.

Beside it the same by pandas: one `groupby` a set of attributes, and a look at the parents. Both have to give the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import pandas as pd

import metrics
from benchmarks.find import ADULT, ROWS, SCHEMA, make_rows
from benchmarks.measuring import Outcome, alternate, faster, measure, median
from benchmarks.report import run_alone
from metrics.coverage import Covering, cover, list_uncovered
from metrics.cube import Cube, count_cells

DEPTH, LEAST = 3, 30


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    if ADULT.exists():
        yield from cover_adult()
    else:
        yield Outcome("the Adult file", float("nan"), note=f"not measured: there is no {ADULT}")
    yield from cover_many()


def cover_adult() -> Iterator[Outcome]:
    """Look for what 48,842 people do not cover, from coded rows to the table, and plan for it."""
    frame = pd.read_csv(ADULT, keep_default_na=False, dtype=str)
    attributes = tuple(c for c in frame.columns if c not in ("row_id", "y_true", "y_score", "y_pred"))
    (cube,) = count_cells(metrics.score(metrics.read_results(frame, SCHEMA, by=attributes)))
    rows = frame[list(attributes)].astype("category")
    asked = Covering(attributes, depth=DEPTH, min_units=LEAST)
    found = list_uncovered(cube, asked)
    ours_now = {frozenset(s.items()): n for s, n in zip(found["slice"], found["units"], strict=True)}
    assert ours_now == by_groupby(rows, attributes), "Both find the same."

    works = [lambda: list_uncovered(_forget(cube), asked), lambda: by_groupby(rows, attributes)]
    ours, theirs = alternate(works, 7)
    note = f"{len(found):,} of them"
    yield Outcome("what Adult lacks, from coded rows to the table", ours.seconds, at_most=0.1, unit=" s", note=note)
    yield faster("a groupby a set of attributes", replace(ours, peak_bytes=0), theirs, at_least=3)
    pairs = replace(asked, depth=2, metrics=("false_negative_rate",))
    whole = median([measure(lambda: cover(_forget(cube), pairs)) for _ in range(3)])
    planned = cover(cube, pairs)
    total = int(planned.collect["units"].sum())
    note = f"a plan of {total:,} positives; none has fewer than {planned.least_units:,}"
    yield Outcome("everything of its pairs, power and plan included", whole.seconds, at_most=5, unit=" s", note=note)
    yield Outcome("the plan over the least any plan needs", total / planned.least_units, at_most=1.15)


def cover_many() -> Iterator[Outcome]:
    """Look for what a million rows of ten attributes do not cover."""
    scored = make_rows(ROWS)
    (cube,) = count_cells([scored])
    asked = Covering(tuple(axis.name for axis in scored.axes), depth=DEPTH, min_units=LEAST)
    cost = median([measure(lambda: list_uncovered(_forget(cube), asked)) for _ in range(5)])
    yield Outcome(f"what {ROWS:,} rows of ten attributes lack", cost.seconds, at_most=3, unit=" s")


def by_groupby(rows: pd.DataFrame, attributes: Sequence[str]) -> dict[frozenset[tuple[str, str]], int]:
    """Return the maximal uncovered patterns and their rows, from one groupby a set of attributes."""
    enough: set[frozenset[tuple[str, str]]] = {frozenset()}
    lacking = {}
    for order in range(1, DEPTH + 1):
        for some in combinations(attributes, order):
            sizes = rows.groupby(list(some), observed=False).size()
            levels = sizes.index if order > 1 else [(level,) for level in sizes.index]
            for codes, n in zip(levels, sizes.tolist(), strict=True):
                pattern = frozenset(zip(some, codes, strict=True))
                if n >= LEAST:
                    enough.add(pattern)
                elif all(pattern - {pair} in enough for pair in pattern):
                    lacking[pattern] = n
    return lacking


def _forget(cube: Cube) -> Cube:
    """Return the same coded rows with nothing counted yet."""
    return replace(cube, groupings={}, kept={})


if __name__ == "__main__":
    run_alone(outcomes())
