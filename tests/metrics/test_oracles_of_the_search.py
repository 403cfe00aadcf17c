"""The searched lattice, number by number: DivExplorer on public files, plain loops on small random ones."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.cube import Cube, count_cells
from metrics.find import Found, Search, find
from metrics.results import read_results
from metrics.schema import Schema, System
from metrics.scored import score
from metrics.shapley import attribute_search, attribute_slice
from metrics.slices import Slice
from tests.metrics.build import cube_of
from tests.metrics.divexplorer import explore, global_divergence, local_divergence
from tests.paths import SHARED, needs_shared

FILES = {
    "adult": ("adult_slices.csv", "y_true", "y_pred"),
    "compas": ("compas_discretized.csv", "class", "predicted"),
}
METRICS = {
    "false_positive_rate": lambda y, p: np.where(y == 0, p == 1, np.nan),
    "false_negative_rate": lambda y, p: np.where(y == 1, p == 0, np.nan),
    "error_rate": lambda y, p: (y != p).astype(float),
    "selection_rate": lambda y, p: (p == 1).astype(float),
    "positive_predictive_value": lambda y, p: np.where(p == 1, y == 1, np.nan),
}
SUPPORT = 0.01


@cache
def open_file(name: str) -> tuple[pd.DataFrame, tuple[str, ...], Cube]:
    file, label, prediction = FILES[name]
    path = SHARED / "data" / "slices" / file
    frame = pd.read_csv(path, keep_default_na=False, dtype=str)
    attributes = tuple(c for c in frame.columns if c not in ("row_id", "y_score", label, prediction))
    schema = Schema(
        task="classification",
        positive=("1",),
        columns={"label": label},
        systems=(System(None, {"prediction": prediction}),),
    )
    (cube,) = count_cells(score(read_results(frame, schema, by=attributes)))
    told = frame.assign(label=frame[label].astype(int), prediction=frame[prediction].astype(int))
    return told, attributes, cube


@cache
def both(name: str, metric: str) -> tuple[Found, pd.DataFrame]:
    frame, attributes, cube = open_file(name)
    outcome = METRICS[metric](frame["label"].to_numpy(), frame["prediction"].to_numpy())
    return find(cube, Search(metric, attributes, support=SUPPORT)), explore(frame, outcome, attributes, 3, SUPPORT)


def items(cell: Slice) -> frozenset[str]:
    return frozenset(f"{axis}={level}" for axis, level in cell.levels)


ASKED = [*(("adult", m) for m in ("false_positive_rate", "error_rate")), *(("compas", m) for m in METRICS)]


@needs_shared
@pytest.mark.parametrize(("name", "metric"), ASKED)
def test_every_slice_has_the_divergence_and_t_of_divexplorer(name, metric):
    found, patterns = both(name, metric)

    ours = found.lattice.set_index(found.lattice["slice"].map(items))
    theirs = patterns[patterns["length"] > 0].set_index("itemset")
    assert set(ours.index) == set(theirs.index) and len(ours) == len(theirs) == found.searched
    theirs = theirs.loc[ours.index]
    for our, their in {
        "value": "outcome",
        "divergence": "outcome_div",
        "t": "outcome_t",
        "top": "outcome_positive",
        "rows": "support_count",
    }.items():
        np.testing.assert_allclose(
            ours[our].to_numpy(float), theirs[their].to_numpy(float), rtol=1e-9, atol=1e-9, err_msg=our
        )


@needs_shared
def test_adult_has_3321_slices_of_one_per_cent():
    found, _ = both("adult", "error_rate")

    assert found.searched == len(found.lattice) == 3321


@needs_shared
@pytest.mark.parametrize("metric", ["false_positive_rate", "error_rate"])
def test_every_condition_has_the_global_divergence_of_divexplorer(metric):
    found, patterns = both("compas", metric)

    table = attribute_search(found).table

    theirs = global_divergence(patterns)
    ours = {next(iter(items(s))): v for s, v in zip(table["condition"], table["contribution"], strict=True)}
    assert ours.keys() == theirs.keys()
    for item, value in theirs.items():
        assert ours[item] == pytest.approx(value, abs=1e-9)


@needs_shared
def test_conditions_of_a_slice_have_the_shapley_values_of_divexplorer():
    _, _, cube = open_file("compas")
    found, patterns = both("compas", "false_positive_rate")
    deep = [s for s in found.lattice["slice"] if len(s.levels) == 3][::40]

    for cell in deep:
        told = attribute_slice(cube, "false_positive_rate", cell).table
        theirs = local_divergence(patterns, items(cell))
        for condition, contribution in zip(told["condition"], told["contribution"], strict=True):
            assert contribution == pytest.approx(theirs[next(iter(items(condition)))], abs=1e-9)


@st.composite
def small_files(draw: st.DrawFn) -> tuple[pd.DataFrame, float]:
    """Up to 60 rows of three attributes, labels and predictions, all with missing cells, and a support."""
    n = draw(st.integers(2, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def words(*values: Any) -> np.ndarray:
        return rng.choice(np.array([*values, None], dtype=object), n, p=[*[0.9 / len(values)] * len(values), 0.1])

    frame = pd.DataFrame({"x": words("p", "q"), "y": words("r", "s", "t"), "z": words("u")})
    frame = frame.assign(label=words("0", "1"), prediction=words("0", "1"))
    frame.loc[0] = ["p", "r", "u", "1", "0"]
    frame.loc[1] = ["q", "s", "u", "0", "1"]
    return frame, draw(st.sampled_from([0.0, 0.05, 0.2, 0.5]))


@settings(max_examples=40)
@given(small_files(), st.sampled_from(["error_rate", "false_positive_rate", "selection_rate"]))
def test_every_combination_of_levels_is_there_with_what_loops_count(drawn, metric):
    """Missing cells are a level; slices count rows, and their values those with what the metric needs."""
    frame, support = drawn
    (cube,) = cube_of(frame, ["x", "y", "z"])
    found = find(cube, Search(metric, ("x", "y", "z"), support=support, min_units=1))

    def parts(rows: pd.DataFrame) -> tuple[int, int]:
        label, prediction = rows["label"], rows["prediction"]
        if metric == "selection_rate":
            below = prediction.notna()
            return int((below & (prediction == "1")).sum()), int(below.sum())
        below = label.notna() & prediction.notna() & ((label == "0") | (metric == "error_rate"))
        return int((below & (label != prediction)).sum()), int(below.sum())

    all_top, all_below = parts(frame)
    seen = {}
    for size in (1, 2, 3):
        for axes in combinations(["x", "y", "z"], size):
            filled = frame.fillna(dict.fromkeys(axes, "(missing)"))
            for levels, rows in filled.groupby(list(axes)):
                if len(rows) >= support * len(frame):
                    seen[Slice(tuple(zip(axes, levels, strict=True)))] = (rows, filled, axes)
    assert set(found.lattice["slice"]) == set(seen) and found.searched == len(seen)
    for _, row in found.lattice.iterrows():
        rows, filled, axes = seen[row["slice"]]
        top, below = parts(rows)
        known = (filled[list(axes)] != "(missing)").all(axis=1) & ~filled.index.isin(rows.index)
        rest_top, rest_below = parts(filled[known])
        value, overall, rest = (
            a / b if b else np.nan for a, b in ((top, below), (all_top, all_below), (rest_top, rest_below))
        )
        assert (row["rows"], row["top"], row["below"]) == (len(rows), top, below)
        for name, expected in {
            "value": value,
            "divergence": value - overall,
            "rest": rest,
            "difference": value - rest,
            "excess": abs(top - below * rest) if metric == "selection_rate" else top - below * rest,
            "t": t_of(top, below, all_top, all_below),
        }.items():
            assert row[name] == pytest.approx(expected, nan_ok=True, abs=1e-12), name


def t_of(top: int, below: int, all_top: int, all_below: int) -> float:
    """The distance of two posterior means over the root of their variances, of Beta(top + 1, below - top + 1)."""
    from scipy.stats import beta

    one, two = beta(top + 1, below - top + 1), beta(all_top + 1, all_below - all_top + 1)
    return float(abs(one.mean() - two.mean()) / np.sqrt(one.var() + two.var()))
