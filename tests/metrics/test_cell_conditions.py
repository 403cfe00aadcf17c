"""A condition on levels is the same rows as the condition on cells that it is written as."""

from __future__ import annotations

import pytest

from metrics.cell_conditions import write_on_cells
from metrics.results import read_results
from metrics.rows import find_rows
from metrics.schema import Attribute, NamedSlice, Schema
from metrics.scored import score
from metrics.slices import Slice
from tests.paths import SAMPLES

SCHEMA = Schema(
    attributes=(
        Attribute("sex"),
        Attribute("age", edges=(25.0, 65.0)),
        Attribute("region", recode={"coast": ("north", "east"), "": ("nowhere",)}),
        Attribute("accent", separator=";"),
    ),
    slices=(NamedSlice("old men", "sex = male and age >= 65"),),
)


@pytest.mark.parametrize(
    ("levels", "cells"),
    [
        ("sex = female", "sex = female"),
        ("sex is missing", "sex is missing"),
        ("age = '< 25'", "age < 25"),
        ("age = '25 to < 65' & sex = male", "age >= 25 and age < 65 and sex = male"),
        ("age = '>= 65'", "age >= 65"),
        ("age is missing", "age is missing"),
        ("age != '< 25'", "not age < 25"),
        ("age in ['< 25', '>= 65']", "age < 25 or age >= 65"),
        ("region = south", "region = south"),
        ("`old men` = yes", "sex = male and age >= 65"),
        ("everyone", "everyone"),
    ],
)
def test_levels_are_told_by_the_cells_that_they_are_made_of(levels, cells):
    assert write_on_cells(levels, SCHEMA) == cells


@pytest.mark.parametrize(
    "levels",
    [
        "region = coast",
        "region is missing",
        "`accent: scottish` = yes",
        "age = young",
        "`old men` is missing",
        "sex = female & region = coast",
        "sex = ",
        f"sex = '{'x' * 100_000}'",
    ],
)
def test_what_no_condition_on_cells_tells_is_not_told(levels):
    assert write_on_cells(levels, SCHEMA) is None


def test_a_saved_slice_of_a_level_has_the_rows_of_the_level():
    file, schema = SAMPLES / "lending.csv", Schema.load(SAMPLES / "lending.toml")
    (scored, *_) = score(read_results(file, schema))
    axes = {a.name: a for a in scored.axes}
    for level in (*axes["age"].levels, "(missing)"):
        cell = Slice((("sex", "female"), ("age", level)))
        where = write_on_cells(str(cell), read_results(file, schema).schema)
        saved = Schema(**{**schema.__dict__, "slices": (NamedSlice("mine", where),)})
        (again, *_) = score(read_results(file, saved))

        assert list(find_rows(again, Slice((("mine", "yes"),)))) == list(find_rows(scored, cell))
