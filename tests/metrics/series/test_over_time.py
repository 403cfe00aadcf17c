"""Values and gaps over time are those of each set alone; what is clear heeds all of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from metrics import QuestionError, Schema, Slice, compare, estimate, read_results, score
from metrics.multiplicity import holm
from metrics.series.over_time import GAPS, VALUES, over_time
from metrics.series.sets import DatedSet, Series, line_up
from metrics.slices import MISSING
from tests.metrics.build import rates
from tests.metrics.series.test_sets import dated
from tests.paths import SAMPLES

TWO = {"a": (15, 60), "b": (30, 240)}  # Newcombe's example of STATISTICS.md: .125, .0211 to .2525


def lending(metric: str = "false_rejection_rate") -> Series:
    """The lending sample in three sets, by the remainder of the row's number."""
    scored = score(read_results(SAMPLES / "lending.csv", Schema.load(SAMPLES / "lending.toml")))
    rest = [s.rows % 3 for s in scored]
    sets = [(str(k), [s.take(r == k) for s, r in zip(scored, rest, strict=True)]) for k in range(3)]
    return line_up([DatedSet(name, units, date(2026, 1 + int(name), 1)) for name, units in sets])


def row_of(frame: pd.DataFrame, set_name: str, s: str) -> dict:
    (found,) = [r for r in frame.to_dict("records") if r["set"] == set_name and str(r["slice"]) == s]
    return found


def test_a_gap_is_newcombes_difference_in_its_set():
    gaps = over_time(line_up([dated("1", TWO), dated("2", {"a": (15, 60), "b": (60, 240)})])).gaps
    first = row_of(gaps[gaps["metric"] == "selection_rate"], "1", "group = a")
    second = row_of(gaps[gaps["metric"] == "selection_rate"], "2", "group = a")

    assert (first["value"], first["low"], first["high"]) == pytest.approx((0.125, 0.0211, 0.2525), abs=5e-5)
    assert second["value"] == 0
    assert first["limit"] == 0.05
    assert first["p"] == pytest.approx(0.1733, abs=5e-5)  # STATISTICS.md, p against .05
    assert second["p"] == 1


@pytest.mark.parametrize("baseline", ["rest", "overall", "largest", "best", "sex = male"])
def test_values_and_gaps_are_those_of_each_set_alone(baseline):
    series, by, metrics = lending(), [("sex",), ("age", "region")], ["false_rejection_rate", "accuracy"]
    values, gaps = over_time(series, by, metrics, baseline=baseline)

    assert (list(values), list(gaps)) == (VALUES, GAPS)
    for one in series.sets:
        alone = estimate(one.cubes, by, metrics), compare(one.cubes, by, metrics, baseline=baseline)
        for mine, theirs in zip((values, gaps), alone, strict=True):
            mine = mine[mine["set"] == one.name]
            columns = [c for c in mine if c in theirs and not c.startswith("p")]
            keys = ["slice", "system", "metric"]
            order = {key: i for i, key in enumerate(zip(*(theirs[k] for k in keys), strict=True))}
            places = [order.get(key, -1) for key in zip(*(mine[k] for k in keys), strict=True)]
            there = np.array(places) >= 0
            pd.testing.assert_frame_equal(
                mine[there][columns].reset_index(drop=True),
                theirs.iloc[[p for p in places if p >= 0]][columns].reset_index(drop=True),
                check_dtype=False,
            )
            assert (mine[~there]["status"] == "no data").all()
            assert there.sum() == len(theirs)


def test_one_set_against_no_limit_has_the_p_values_of_compare():
    series = lending()
    one = Series(series.sets[:1])
    gaps = over_time(one, ["region"], ["accuracy"], limit=0.0).gaps
    alone = compare(one.sets[0].cubes, ["region"], ["accuracy"])

    for column in ("p", "p_adjusted"):
        np.testing.assert_allclose(
            gaps.sort_values(["system", "slice"], key=lambda c: c.map(str))[column],
            alone.sort_values(["system", "slice"], key=lambda c: c.map(str))[column],
            rtol=1e-9,
        )


def test_what_is_clear_heeds_every_slice_and_set_as_holm_does():
    groups = [{"a": (40, 100), "b": (20, 100), "c": (22, 100)}, {"a": (30, 100), "b": (22, 100), "c": (25, 100)}]
    gaps = over_time(line_up([dated(str(i), g) for i, g in enumerate(groups)]), ["group"], ["selection_rate"]).gaps

    expected, level = holm(gaps["p"])

    assert gaps["p_adjusted"].tolist() == pytest.approx(expected.tolist())
    assert len(set(level)) > 0 and (gaps["p_adjusted"] >= gaps["p"]).all()


def test_two_groups_against_each_others_rest_are_one_test():
    series = line_up([dated(str(i), {"a": (60, 100), "b": (40 - i, 100)}) for i in range(4)])
    gaps = over_time(series, ["group"], ["selection_rate"]).gaps

    distinct, _ = holm(gaps[gaps["slice"].map(str) == "group = a"]["p"])
    assert gaps[gaps["slice"].map(str) == "group = a"]["p_adjusted"].tolist() == pytest.approx(distinct.tolist())
    assert gaps[gaps["slice"].map(str) == "group = b"]["p_adjusted"].tolist() == pytest.approx(distinct.tolist())


@pytest.mark.parametrize("limit", [0.0, 0.02, 0.05, 0.2])
def test_the_adjusted_interval_lies_outside_exactly_where_its_p_says_so(limit):
    gaps = over_time(lending(), None, ["false_rejection_rate", "selection_rate"], limit=limit).gaps
    tested = gaps[gaps["p_adjusted"].notna()]
    outside = (tested["adjusted_low"] > limit) | (tested["adjusted_high"] < -limit)

    assert len(tested) > 20
    assert (outside == (tested["p_adjusted"] <= 0.05)).all()


def test_a_slice_that_a_set_lacks_has_no_data_there():
    values, gaps = over_time(line_up([dated("1", TWO), dated("2", {"a": (15, 60)})]), ["group"], ["selection_rate"])

    for frame in (values, gaps):
        gone = row_of(frame, "2", "group = b")
        assert gone["status"] == "no data" and np.isnan(gone["value"]) and np.isnan(gone["low"])
    assert row_of(values, "2", "group = b")["units"] == 0
    assert np.isnan(row_of(gaps, "2", "group = b")["p_adjusted"])
    assert [str(s) for s in dict.fromkeys(values["slice"])] == ["everyone", "group = a", "group = b"]


def test_a_baseline_that_a_set_lacks_has_no_gaps_there():
    series = line_up([dated("1", TWO), dated("2", {"b": (15, 60), "c": (1, 60)})])
    gaps = over_time(series, ["group"], ["selection_rate"], baseline="group = c").gaps

    assert row_of(gaps, "1", "group = b")["status"] == "no data"
    assert row_of(gaps, "2", "group = b")["status"] == "ok"


def test_units_without_a_date_are_shown_and_enter_no_test():
    gaps = over_time(line_up([dated("1", TWO), dated(MISSING, TWO)]), ["group"], ["selection_rate"]).gaps
    undated = row_of(gaps, MISSING, "group = a")

    assert undated["value"] == pytest.approx(0.125)
    assert np.isnan(undated["p_adjusted"]) and np.isnan(undated["adjusted_low"])
    assert row_of(gaps, "1", "group = a")["p_adjusted"] == pytest.approx(row_of(gaps, "1", "group = a")["p"])


def test_the_order_in_which_dated_sets_are_given_does_not_matter():
    days = [date(2026, m, 1) for m in (1, 2, 3)]
    sets = [dated(str(d), {"a": (20 + 9 * i, 60), "b": (20, 60)}, d) for i, d in enumerate(days)]
    frames = [over_time(line_up(some), ["group"], ["selection_rate"]) for some in (sets, [sets[0], sets[2], sets[1]])]

    for one, other in zip(*frames, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_a_metric_in_units_of_its_own_has_no_limit_until_one_is_named():
    frame = pd.DataFrame({"group": ["a"] * 40 + ["b"] * 40, "edits": [1, 2] * 40, "words": [10] * 80})
    scored = [c.scored for c in rates(frame, ["group"])]
    shares = over_time(line_up([DatedSet("1", scored)]), ["group"]).gaps
    assert (shares["limit"] == 0.05).all()  # a word error rate is a share of words

    numbers = score(read_results(SAMPLES / "waiting.csv", Schema.load(SAMPLES / "waiting.toml")))
    minutes = over_time(line_up([DatedSet("1", numbers)]), ["interpreter"], ["mean_absolute_error"])
    named = over_time(line_up([DatedSet("1", numbers)]), ["interpreter"], ["mean_absolute_error"], limit=2.0)
    assert minutes.gaps["p_adjusted"].isna().all()
    assert named.gaps["p_adjusted"].notna().all()


def test_a_system_of_one_answer_is_marked():
    gaps = over_time(line_up([dated("1", {"a": (60, 60), "b": (60, 60)}), dated("2", TWO)]), ["group"]).gaps

    assert gaps.groupby("set")["constant"].all().to_dict() == {"1": True, "2": False}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": ["grup"]}, "Did you mean 'group'"),
        ({"metrics": ["selection_rat"]}, "selection_rate"),
        ({"baseline": "group = z"}, "no level of 'group' called 'z'"),
        ({"baseline": "age = z"}, "no attribute 'age'"),
        ({"confidence": 95}, "between 0 and 1"),
    ],
)
def test_what_no_set_has_is_refused_in_words(asked, said):
    with pytest.raises(QuestionError, match=said):
        over_time(line_up([dated("1", TWO)]), **asked)


def test_everyone_has_a_value_and_no_gap():
    values, gaps = over_time(line_up([dated("1", TWO)]), ["group"], ["selection_rate"])

    assert row_of(values, "1", "everyone")["value"] == pytest.approx(45 / 300)
    assert Slice() not in set(gaps["slice"])
