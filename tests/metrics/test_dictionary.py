from __future__ import annotations

import pyarrow as pa

from metrics.dictionary import MOST_LEVELS, describe_columns
from metrics.predicates import parse_predicate
from metrics.reading.cells import Cells


def describe(*cells, meaning=""):
    (entry,) = describe_columns({"x": Cells("x", pa.chunked_array([pa.array(cells)]))}, {"x": meaning})
    return entry


def test_words_have_their_counts_in_natural_order_and_empty_cells_are_counted():
    entry = describe("week 10", "week 9", "week 9", None, "", meaning="when")

    assert entry.levels == (("week 9", 2), ("week 10", 1))
    assert (entry.missing, entry.n_levels, entry.is_number, entry.meaning) == (2, 2, False, "when")
    assert entry.holds == "week 9 (2), week 10 (1); 2 cells empty"


def test_numbers_have_their_ends():
    entry = describe("3", "1.5", None, "20")

    assert (entry.low, entry.high, entry.missing, entry.is_number) == (1.5, 20, 1, True)
    assert entry.holds == "numbers from 1.5 to 20; 1 cell empty"


def test_of_very_many_words_the_commonest_are_told():
    entry = describe(*(f"name {i}" for i in range(1_000)), *["common"] * 5)

    assert len(entry.levels) == MOST_LEVELS
    assert ("common", 5) in entry.levels
    assert entry.n_levels == 1_001
    assert entry.holds.endswith("and 995 more")


def test_an_empty_column_holds_nothing():
    assert describe(None, "").holds == "nothing; 2 cells empty"


def test_written_conditions_mean_what_they_were_made_of():
    from metrics.dictionary import write_levels, write_range

    assert parse_predicate(write_levels("a b", ["x", "it's"])).tree.values == ("x", "it's")
    low, high = parse_predicate(write_range("n", 5.0, 1e20)).tree.parts
    assert (low.number, high.number) == (5, 1e20)
