"""`predicates`: 1,000 conditions over 50,000 rows, from text to rows, parsing included.

Conjunctions of one to five conditions on six columns of words and four of numbers, some cells missing, a tenth negated,
some alternatives in parentheses; no two are the same. The rival is pandas' `query` of the same conditions where it says
the same: those without a negation, for which a missing cell is no reason to leave a row out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.data import LEVELS, SEED, make_rows
from benchmarks.measuring import Outcome, faster, measure, median
from benchmarks.report import run_alone
from metrics.predicates import Evaluator, parse_predicate
from metrics.reading.cells import Cells

ROWS, CONDITIONS = 50_000, 1_000
NUMBERS = ("years", "income", "score", "visits")


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    frame = make_frame()
    texts = make_conditions()
    shared = [text for text in texts if "not" not in text and "!=" not in text and "is missing" not in text][:100]
    _assert_equal(frame, shared)
    columns = {name: Cells(name, pa.chunked_array([pa.array(frame[name], from_pandas=True)])) for name in frame}
    ask(columns, texts)  # words and numbers of the columns are worked out when the file is read
    ours = median([measure(lambda: ask(columns, texts)) for _ in range(9)])
    parsing = median([measure(lambda: list(map(parse_predicate, texts))) for _ in range(9)])
    note = f"parsing alone {parsing.seconds:.2f} s"
    yield Outcome("1,000 conditions, seconds", ours.seconds, at_most=0.5, unit=" s", note=note)
    part = median([measure(lambda: ask(columns, shared)) for _ in range(9)])
    theirs = median([measure(lambda: ask_pandas(frame, shared)) for _ in range(3)])
    yield faster("pandas' query, 100 of them", part, theirs, at_least=5)


def make_frame() -> pd.DataFrame:
    """Return the rows: words as categories, numbers as numbers, a twentieth of some columns missing."""
    generator = np.random.default_rng(SEED)
    frame = make_rows(ROWS, columns=tuple(LEVELS)).astype("category")
    frame["years"] = generator.integers(18, 90, ROWS).astype(float)
    frame["income"] = generator.lognormal(10, 0.6, ROWS).round(2)
    frame["score"] = generator.random(ROWS)
    frame["visits"] = generator.poisson(3, ROWS).astype(float)
    for name in ("education", "language", "income", "visits"):
        frame.loc[generator.random(ROWS) < 0.05, name] = np.nan
    return frame


def make_conditions() -> list[str]:
    """Return distinct conditions as people write them."""
    generator = np.random.default_rng(SEED)
    made: dict[str, None] = {}
    while len(made) < CONDITIONS:
        names = generator.permutation([*LEVELS, *NUMBERS])[: generator.integers(1, 6)]
        parts = [_condition(str(name), generator) for name in names]
        if len(parts) > 2 and generator.random() < 0.3:
            parts = [f"({parts[0]} or {parts[1]})", *parts[2:]]
        made[" and ".join(parts)] = None
    return list(made)


def _condition(name: str, generator: np.random.Generator) -> str:
    chance = generator.random()
    if name in LEVELS:
        words = [f"'{word}'" for word in generator.permutation(LEVELS[name])]
        if chance < 0.55 or len(words) < 3:
            return f"{name} {'!=' if chance < 0.08 else '='} {words[0]}"
        if chance < 0.95:
            return f"{name} {'not in' if chance < 0.6 else 'in'} [{', '.join(words[:2])}]"
        return f"{name} is missing"
    low = {"years": 18, "income": 8_000, "score": 0, "visits": 0}[name]
    span = {"years": 70, "income": 60_000, "score": 1, "visits": 8}[name]
    digits = 3 if name == "score" else 0
    one, two = sorted(round(float(x), digits) for x in low + span * generator.random(2))
    if chance < 0.7:
        return f"{name} {('<', '<=', '>', '>=')[int(generator.integers(4))]} {one}"
    return f"{name} between {one} and {two}"


def ask(columns: dict[str, Cells], texts: list[str]) -> list[int]:
    """Return of how many rows each condition holds."""
    evaluator = Evaluator(columns, ROWS)
    return [int(evaluator.evaluate(parse_predicate(text).tree)[0].sum()) for text in texts]


def ask_pandas(frame: pd.DataFrame, texts: list[str]) -> list[NDArray[np.intp]]:
    """Return the rows that pandas finds."""
    return [frame.query(_for_pandas(text)).index.to_numpy() for text in texts]


def _for_pandas(text: str) -> str:
    return re.sub(r"(\w+) between ([\d.]+) and ([\d.]+)", r"(\1 >= \2 and \1 <= \3)", text).replace(" = ", " == ")


def _assert_equal(frame: pd.DataFrame, texts: list[str]) -> None:
    columns = {name: Cells(name, pa.chunked_array([pa.array(frame[name], from_pandas=True)])) for name in frame}
    for text, theirs in zip(texts, ask_pandas(frame, texts), strict=True):
        np.testing.assert_array_equal(np.flatnonzero(parse_predicate(text).evaluate(columns)[0]), theirs, text)


if __name__ == "__main__":
    run_alone(outcomes())
