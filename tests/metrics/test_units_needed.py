"""How many more units decide: against a search over every number, and the published examples of clusters."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.intervals import quantile, share_limits
from metrics.sides import Side
from metrics.units_needed import MORE, count_for_fair_pass, count_needed
from tests.metrics.vectors import examples

_OF_A_SHARE = ("example", "fail_side", "none_seen")


@pytest.mark.parametrize("vector", [v for v in examples("units_needed") if v.id.endswith(".clusters")])
def test_clusters_are_counted_where_there_are_clusters(vector):
    given, expected = vector["input"], vector["expected"]
    blank = np.array([np.nan])
    value, n = np.array([given["value"]]), np.array([float(given["n_eff"])])
    side = Side("share", value, n, blank, blank, np.array([given["clusters"] - 1.0]))
    now = np.array([float(given["clusters"])])
    found = count_needed(lambda i, f: side.at(i).grown(f).limits(0.05, ..., MORE), now, now, -np.inf, given["at_most"])

    assert found.tolist() == [expected["total_clusters"]]


@pytest.mark.parametrize("vector", [v for v in examples("units_needed") if v.id.split(".")[1] in _OF_A_SHARE])
def test_a_share_is_decided_by_the_first_number_whose_interval_lies_on_one_side(vector):
    given, expected = vector["input"], vector["expected"]

    def limits(places, factor):
        del places
        return share_limits(given["top"] / given["below"], given["below"] * factor, quantile(0.05) + MORE)

    now = np.array([float(given["below"])])
    assert count_needed(limits, now, now, -np.inf, given["at_most"]).tolist() == [expected["total"]]


@pytest.mark.parametrize("vector", [v for v in examples("units_needed") if v.id.endswith(".fair_model_passes")])
def test_a_fair_model_needs_this_many_units_to_pass_four_times_in_five(vector):
    given, expected = vector["input"], vector["expected"]

    assert count_for_fair_pass(given["rate"], given["at_most"], given["confidence"], given["chance"]) == (
        pytest.approx(expected["each_group"], abs=1)
    )


@pytest.mark.parametrize(("hits", "n", "most"), [(5, 100, 0.1), (1, 40, 0.3), (12, 60, 0.1), (0, 35, 0.05)])
def test_it_is_the_first_number_that_a_search_over_all_finds(hits, n, most):
    def limits(places, factor):
        del places
        return share_limits(hits / n, n * factor, quantile(0.05) + MORE)

    def decides(size):
        low, high = limits(None, size / n)
        return high <= most or low > most

    found = count_needed(limits, np.array([float(n)]), np.array([float(n)]), -np.inf, most)

    assert found.tolist() == [next(size for size in range(n, 100_000) if decides(size))]


def test_a_value_on_the_limit_is_decided_by_no_number():
    def limits(places, factor):
        return share_limits(np.full(len(places), 0.1), 100 * factor, quantile(0.05) + MORE)

    assert np.isnan(count_needed(limits, np.array([100.0]), np.array([100.0]), -np.inf, 0.1)).all()
