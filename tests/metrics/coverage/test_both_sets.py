from __future__ import annotations

from itertools import combinations, product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metrics
from metrics.coverage.both_sets import CUSTOMER_ONLY, NEITHER, REFERENCE_ONLY, compare_coverage, say_coverage
from metrics.coverage.question import Covering
from metrics.errors import QuestionError
from metrics.two_sets.sets import align
from tests.metrics.build import results_of
from tests.metrics.two_sets.build import put, rows


def table_of(here, there, **asked):
    return compare_coverage(put(here, there), Covering(("group",), **asked))


def test_levels_that_one_set_alone_covers_are_told_with_both_counts():
    found = table_of(rows(a=(1, 40), b=(1, 5), c=(1, 50)), rows(a=(1, 40), b=(1, 60), d=(1, 9)))
    told = {(str(r["slice"]), r["reference"], r["customer"]): r["covered_by"] for r in found.to_dict("records")}

    assert told == {
        ("group = b", 5, 60): CUSTOMER_ONLY,
        ("group = c", 50, 0): REFERENCE_ONLY,
        ("group = d", 0, 9): NEITHER,
    }
    assert say_coverage(found).startswith("Said as generally as can be, 1 combination is covered by the customer's set")


def test_a_metric_counts_by_its_own_denominator():
    here = pd.concat([rows(a=(1, 40)), rows(a=(1, 40)).assign(label=0)])
    there = pd.concat([rows(a=(1, 10)), rows(a=(1, 90)).assign(label=0)])
    found = compare_coverage(put(here, there), Covering(("group",), metrics=("false_negative_rate",)))

    assert found[["reference", "customer", "covered_by"]].values.tolist() == [[40, 10, REFERENCE_ONLY]]


def test_where_both_cover_everything_nothing_is_listed():
    found = table_of(rows(a=(1, 40)), rows(a=(1, 40)))

    assert len(found) == 0
    assert say_coverage(found) == "Both sets cover every combination."


def test_an_attribute_of_one_set_alone_is_refused():
    with pytest.raises(QuestionError, match="'ward' is in one of the two sets only"):
        compare_coverage(put(rows(a=(1, 40)), rows(a=(1, 40)).assign(ward=["x", "y"] * 20)), Covering(("ward",)))


CELLS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from("uv")), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(CELLS, CELLS, st.integers(1, 4))
def test_it_equals_going_through_every_combination(here, there, least):
    frames = [pd.DataFrame(cells, columns=["p", "q", "r"]).assign(label=1, prediction=1) for cells in (here, there)]
    scored = [metrics.score(results_of(f, ["p", "q", "r"], {"prediction": "prediction"})) for f in frames]
    found = compare_coverage(align(*scored), Covering(("p", "q", "r"), depth=3, min_units=least))
    told = {(frozenset(r["slice"].items()), r["covered_by"]) for r in found.to_dict("records")}

    levels = {n: sorted({*frames[0][n], *frames[1][n]}) for n in "pqr"}
    kinds: dict[frozenset[tuple[str, str]], str] = {}
    for order in range(4):
        for names in combinations("pqr", order):
            for some in product(*(levels[n] for n in names)):
                cell = frozenset(zip(names, some, strict=True))
                enough = [
                    sum(all(row[n] == v for n, v in cell) for row in f.to_dict("records")) >= least for f in frames
                ]
                kinds[cell] = {
                    (False, True): CUSTOMER_ONLY,
                    (True, False): REFERENCE_ONLY,
                    (False, False): NEITHER,
                }.get(tuple(enough), "")
    expected = {
        (cell, kind) for cell, kind in kinds.items() if kind and not any(o < cell and kinds[o] == kind for o in kinds)
    }
    assert told == expected
