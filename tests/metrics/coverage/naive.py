"""Coverage as its definitions say it, row by row: what the quick way has to equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product

import pandas as pd
from hypothesis import strategies as st

from metrics.cube import Cube
from tests.metrics.build import cube_of

LEVELS = {"sex": ("f", "m"), "age": ("old", "mid", "young"), "town": ("n", "s")}
Pattern = frozenset[tuple[str, str]]
Row = Mapping[str, str | None]


def cube_of_people(rows: Sequence[Row], by: Sequence[str], **columns: Sequence[object]) -> Cube:
    """Return a cube of rows with these attributes, all of them predicted positive rightly but where columns say else.

    Every level is there once at least: a row that stands for nobody has it.
    """
    n = len(rows)
    levels = [{a: LEVELS[a][i % len(LEVELS[a])] for a in by} for i in range(max(len(LEVELS[a]) for a in by))]
    whole = pd.DataFrame([{a: row[a] for a in by} for row in [*rows, *levels]])
    told = {"label": ["1"] * n, "prediction": ["1"] * n, "count": [1] * n, **columns}
    spare = {"label": "1", "prediction": "1", "count": 0}
    for name, values in told.items():
        whole[name] = [*values, *([spare[name]] * len(levels))]
    (cube,) = cube_of(whole, list(by))
    return cube


def patterns(by: Sequence[str], depth: int) -> Iterator[Pattern]:
    """Go through all combinations of up to `depth` levels, everyone (none) first."""
    for order in range(depth + 1):
        for axes in combinations(by, order):
            for levels in product(*(LEVELS[a] for a in axes)):
                yield frozenset(zip(axes, levels, strict=True))


def count(rows: Sequence[Row], pattern: Pattern) -> int:
    return sum(all(row[a] == level for a, level in pattern) for row in rows)


def is_possible(pattern: Pattern, by: Sequence[str], impossible: Callable[[Row], bool]) -> bool:
    """Whether some full combination has these levels and is not impossible."""
    wanted = dict(pattern)
    full = (dict(zip(by, levels, strict=True)) for levels in product(*(LEVELS[a] for a in by)))
    return any(not impossible(row) for row in full if all(row[a] == level for a, level in wanted.items()))


def maximal_uncovered(
    rows: Sequence[Row],
    by: Sequence[str],
    depth: int,
    least: int,
    impossible: Callable[[Row], bool] = lambda row: False,
) -> dict[Pattern, int]:
    """Return the possible patterns with too few rows of which no more general one has too few."""
    few = {p: count(rows, p) for p in patterns(by, depth) if is_possible(p, by, impossible)}
    few = {p: n for p, n in few.items() if n < least}
    return {p: n for p, n in few.items() if not any(other < p for other in few)}


def lacking(
    rows: Sequence[Row],
    by: Sequence[str],
    depth: int,
    least: int,
    impossible: Callable[[Row], bool] = lambda row: False,
) -> list[Pattern]:
    """Return all possible patterns with too few rows, general and special."""
    return [p for p in patterns(by, depth) if is_possible(p, by, impossible) and count(rows, p) < least]


@st.composite
def people(draw: st.DrawFn, max_rows: int = 40) -> list[Row]:
    """Rows of people, some values missing."""
    row = st.fixed_dictionaries({a: st.sampled_from([*levels, None]) for a, levels in LEVELS.items()})
    return draw(st.lists(row, min_size=1, max_size=max_rows))
