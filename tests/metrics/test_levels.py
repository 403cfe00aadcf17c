"""Levels: which words are one, in which order they stand, how numbers are cut."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.levels import (
    as_number,
    find_word,
    name_bins,
    name_cuts,
    name_levels,
    quantile_edges,
    sort_levels,
    width_edges,
)

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


def name(words: dict[str, int], **how):
    return name_levels(list(words), np.array(list(words.values()), dtype=np.int64), where="column 'group'", **how)


def levels_of(words: dict[str, int], **how) -> dict[str, str | None]:
    """Which level each word becomes."""
    naming = name(words, **how)
    return {w: naming.names[c] if c >= 0 else None for w, c in zip(words, naming.codes, strict=True)}


def test_spellings_that_differ_in_case_or_outer_spaces_are_one_level_under_the_commonest():
    naming = name({"Female": 5, "female": 7, " FEMALE ": 1, "male": 3})

    assert naming.names == ("female", "male")
    assert naming.findings[0].severity == "warn"
    assert naming.findings[0].rows == 6
    assert "'FEMALE', 'Female' as 'female'" in naming.findings[0].found


def test_spellings_stay_apart_when_asked():
    naming = name({"Female": 5, "female": 7}, keep_spelling=True)

    assert set(naming.names) == {"Female", "female"}
    assert naming.findings == ()


def test_of_equally_common_spellings_the_order_of_the_rows_decides_nothing():
    assert name({"b": 2, "B": 2}).names == name({"B": 2, "b": 2}).names == ("B",)


def test_a_word_that_occurs_in_no_row_is_no_level():
    assert name({"a": 1, "gone": 0}).names == ("a",)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Asian", "Аsian"), ("African-American", "African American"), ("no data", "no\u00a0data"), ("x", "x\u200b")],
    ids=["a Cyrillic letter", "a hyphen", "a hard space", "an invisible sign"],
)
def test_names_that_look_alike_are_reported_and_kept_apart(one, other):
    naming = name({one: 3, other: 2})

    assert len(naming.names) == 2
    assert [f.severity for f in naming.findings] == ["warn"]
    assert "look alike" in naming.findings[0].found


def test_names_that_merely_share_letters_are_not_reported():
    assert name({"male": 3, "female": 2, "femme": 1}).findings == ()


def test_numbers_take_one_form():
    assert levels_of({"1.0": 2, "1": 3, "0.50": 1}) == {"1.0": "1", "1": "1", "0.50": "0.5"}


def test_digits_with_leading_zeros_stay_text():
    assert levels_of({"01": 2, "1": 3}) == {"01": "01", "1": "1"}
    assert as_number("007") is None


def test_a_group_called_na_or_none_is_a_group():
    assert set(name({"NA": 2, "None": 3, "nan": 1}).names) == {"NA", "None", "nan"}


def test_recoding_merges_groups_and_an_empty_name_is_missing():
    recode = {"Black": ("African-American", "Black British"), "": ("unknown",)}

    assert levels_of({"African-American": 2, "Black British": 1, "White": 4, "unknown": 2}, recode=recode) == {
        "African-American": "Black",
        "Black British": "Black",
        "White": "White",
        "unknown": None,
    }


def test_recoding_a_level_that_is_not_there_names_the_nearest():
    naming = name({"Hispanic": 2}, recode={"Latino": ("Hispanc",)})

    assert "Did you mean 'Hispanic'?" in naming.findings[0].cure


def test_recoding_finds_numbers_as_numbers():
    assert levels_of({"1": 2, "2": 1}, recode={"yes": ("1.0",), "no": ("2",)}) == {"1": "yes", "2": "no"}


@pytest.mark.parametrize(
    "ordered",
    [
        ["Less than 25", "25 - 45", "Greater than 45"],
        ["< 25", "25 to < 45", "45 to < 65", ">= 65"],
        ["<18", "18-24", "25-34", "65+"],
        ["group 2", "group 9", "group 10"],
        ["-5", "0.5", "2", "10"],
        ["low", "Medium", "HIGH"],
    ],
)
def test_levels_stand_in_their_natural_order(ordered):
    assert sort_levels(sorted(ordered)) == ordered
    assert sort_levels(ordered[::-1]) == ordered


def test_a_given_order_comes_first():
    assert sort_levels(["a", "b", "c"], order=["c", "x", "a"]) == ["c", "a", "b"]


@given(st.lists(st.text(max_size=6)))
def test_sorting_keeps_every_level_once_whatever_the_order_of_the_rows(names):
    assert sorted(sort_levels(names)) == sorted(set(names) - {""})
    assert sort_levels(names) == sort_levels(names[::-1])


def test_bins_are_closed_on_the_left():
    ages = np.array([24.9, 25, 44, 45, 64, 65, 90, np.nan])
    cuts = name_cuts(ages, [25, 45, 65])

    assert cuts.names == ("< 25", "25 to < 45", "45 to < 65", ">= 65")
    assert cuts.codes.tolist() == [0, 1, 1, 2, 2, 3, 3, -1]


def test_only_bins_that_occur_are_levels():
    assert name_cuts(np.array([1.0, 70.0]), [25, 45, 65]).names == ("< 25", ">= 65")


def test_bins_are_named_without_needless_digits():
    assert name_bins([0.5, 1, 1.25]) == ["< 0.5", "0.5 to < 1", "1 to < 1.25", ">= 1.25"]


@given(st.lists(FINITE, min_size=1, max_size=60), st.integers(2, 6))
def test_quantile_bins_part_rows_as_interpolated_quantiles_do(values, bins):
    values = np.array(values)
    edges = quantile_edges(values, bins)
    interpolated = np.unique(np.quantile(values, np.arange(1, bins) / bins))

    ours = np.searchsorted(edges, values, side="right")
    theirs = pd.factorize(np.searchsorted(interpolated, values, side="right"), sort=True)[0]
    assert set(edges) <= set(values)
    # Interpolating two equal numbers may miss them by a rounding error, which moves no more than their ties.
    if len(np.unique(values)) == len(values) and np.isin(np.diff(np.sort(values)) > 1e-6, True).all():
        assert ours.tolist() == theirs.tolist()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(2, 6))
def test_quantile_bins_of_values_with_counts_are_those_of_the_rows(values, bins):
    distinct, counts = np.unique(values, return_counts=True)

    assert quantile_edges(distinct.astype(float), bins, counts) == quantile_edges(np.array(values, float), bins)


def test_many_equal_values_give_fewer_bins():
    assert quantile_edges(np.array([0, 0, 0, 0, 0, 3.0]), 4) == ()
    assert quantile_edges(np.array([0, 0, 0, 5, 6.0, 7.0]), 2) == (5.0,)


def test_bins_of_equal_width_start_at_multiples():
    assert width_edges(np.array([18.0, 33.0]), 5) == (20.0, 25.0, 30.0)
    assert width_edges(np.array([0.12, 0.31]), 0.1) == (0.2, 0.3)


@given(st.lists(FINITE, min_size=1, max_size=40), st.lists(FINITE, min_size=1, max_size=5, unique=True).map(sorted))
def test_every_value_lies_in_the_bin_that_names_it(values, edges):
    for value, code in zip(values, np.searchsorted(edges, values, side="right"), strict=True):
        assert code == 0 or edges[code - 1] <= value
        assert code == len(edges) or value < edges[code]
    assert (name_cuts(np.array(values), edges).codes >= 0).all()


def test_a_word_is_found_as_text_then_as_number_then_without_case():
    assert find_word("1.0", ["0", "1"]) == "1"
    assert find_word("Yes", ["no", "yes"]) == "yes"
    assert find_word("yes", ["Yes", "YES"]) is None
