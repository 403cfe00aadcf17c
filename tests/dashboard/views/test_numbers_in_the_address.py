"""An address may hold any number: no page breaks by one that is infinite, none, or out of all bounds."""

from __future__ import annotations

import pytest

from tests.dashboard.pages import open_page

CONTROLS = [
    ("studio", "lending", ("studio_seed", "studio_within", "studio_cost_positive", "studio_cost_negative")),
    ("coverage", "lending", ("coverage_depth", "coverage_least", "coverage_gap")),
    ("slice_finder", "lending", ("slice_finder_depth", "slice_finder_support", "slice_finder_page")),
    ("alignments", "call_centre", ("alignments_page",)),
    ("rows", "lending", ("rows_page", "least")),
    ("thresholds", "lending", ("thresholds_at",)),
    ("over_time", "loans_by_month", ("over_time_limit",)),
]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "nan", "1e300"])
@pytest.mark.parametrize(("page", "data", "keys"), CONTROLS, ids=[page for page, _, _ in CONTROLS])
def test_no_number_of_the_address_breaks_a_page(page, data, keys, number):
    open_page(page, data=data, **dict.fromkeys(keys, number))


def test_the_other_choices_of_such_an_address_hold():
    app = open_page("studio", data="lending", studio_seed="1e400", studio_within="3")

    assert app.number_input(key="studio_seed").value == 0
    assert app.number_input(key="studio_within").value == 3
