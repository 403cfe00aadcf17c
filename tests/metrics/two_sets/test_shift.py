"""How far a mix has shifted: published claims, scipy's tests, and chance that is dealt out exactly."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, multivariate_hypergeom
from scipy.stats.contingency import association

from metrics.two_sets.dealing import deal
from metrics.two_sets.shift import SHIFT, chi_square, measure_shift, stability_index
from metrics.two_sets.tally import Tally
from tests.metrics.build import cube_of
from tests.metrics.two_sets.made import chance_rows, selected, sets_of


def tally(*counts: float, clusters: np.ndarray | None = None) -> Tally:
    x = np.array(counts, float) if clusters is None else clusters.sum(axis=0)
    return Tally(tuple(map(str, range(len(x)))), x, x, x, clusters)


def test_without_any_shift_the_index_often_exceeds_what_is_called_a_small_change():
    # Ten equal levels, 100 rows against 1,000. Against the true shares, .1 is exceeded in 39 %; against those of a
    # sample of 1,000, which are off by chance as well, in 47 %.
    rng = np.random.default_rng(1)
    hundred = rng.multinomial(100, np.full(10, 0.1), 20_000)
    thousand = rng.multinomial(1000, np.full(10, 0.1), 20_000)

    assert (stability_index(hundred, np.full(10, 100)) > 0.1).mean() == pytest.approx(0.39, abs=0.02)
    assert (stability_index(hundred, thousand) > 0.1).mean() == pytest.approx(0.47, abs=0.02)


def test_the_floor_is_exceeded_by_chance_in_about_one_of_twenty():
    rng = np.random.default_rng(2)
    over = 0
    for run in range(200):
        one, two = (tally(*rng.multinomial(n, [0.4, 0.3, 0.2, 0.1])) for n in (300, 100))
        dealt = stability_index(*deal(one, two, seed=run, draws=500))
        over += stability_index(one.units, two.units) > np.quantile(dealt, 0.95)

    assert 0.01 <= over / 200 <= 0.1


def test_the_index_by_hand():
    # Shares .5 .5 and .8 .2: .3 x log(1.6) + .3 x log(2.5).
    assert stability_index([5, 5], [80, 20]) == pytest.approx(0.3 * np.log(1.6) + 0.3 * np.log(2.5))
    # Nobody of ten: half a unit stands in. A level that neither has is none.
    half = (0.2 - 0.05) * np.log(0.2 / 0.05) + (1 - 0.8) * np.log(1 / 0.8)
    assert stability_index([8, 2, 0], [10, 0, 0]) == pytest.approx(half)


def test_units_are_dealt_as_the_exact_law_says():
    one, two = tally(3, 1, 2), tally(1, 2, 1)

    here, there = deal(one, two, draws=20_000, seed=3)

    assert (here + there == here[0] + there[0]).all()
    assert here.sum(axis=1).tolist() == [6] * 20_000
    pooled = np.sort([4, 3, 3])
    seen, times = np.unique(here, axis=0, return_counts=True)
    expected = multivariate_hypergeom.pmf(seen.astype(int), pooled, 6)
    np.testing.assert_allclose(times / 20_000, expected, atol=0.015)


def test_whole_clusters_are_dealt_each_set_keeping_its_number():
    clusters = np.array([[3, 0], [0, 2], [1, 1], [4, 0], [0, 5]], float)
    one, two = tally(clusters=clusters[:2]), tally(clusters=clusters[2:])

    here, there = deal(one, two, draws=20_000, seed=1)

    columns = np.argsort(clusters.sum(axis=0), kind="stable")
    possible = np.array([clusters[list(pair)].sum(axis=0)[columns] for pair in combinations(range(5), 2)])
    seen, times = np.unique(here, axis=0, return_counts=True)
    sums, ways = np.unique(possible, axis=0, return_counts=True)
    np.testing.assert_array_equal(seen, sums)
    np.testing.assert_allclose(times / 20_000, ways / 10, atol=0.015)
    np.testing.assert_array_equal(here + there, np.broadcast_to(clusters.sum(axis=0)[columns], here.shape))


def test_many_clusters_and_many_units_are_dealt_with_the_same_spread(monkeypatch):
    rng = np.random.default_rng(5)
    clusters = rng.poisson([3.0, 1.0, 0.5], (900, 3)).astype(float)
    one, two = tally(clusters=clusters[:300]), tally(clusters=clusters[300:])
    exact = stability_index(*deal(one, two, draws=4000))

    monkeypatch.setattr("metrics.two_sets.dealing._MANY_CLUSTERS", 100)
    fast = stability_index(*deal(one, two, draws=4000))
    assert np.quantile(fast, 0.95) == pytest.approx(np.quantile(exact, 0.95), rel=0.1)

    units = [tally(4000, 3000, 500), tally(900, 1000, 100)]
    exact = stability_index(*deal(*units, draws=4000))
    monkeypatch.setattr("metrics.two_sets.dealing._MOST_DEALT", 100)
    fast = stability_index(*deal(*units, draws=4000))
    assert np.quantile(fast, 0.95) == pytest.approx(np.quantile(exact, 0.95), rel=0.1)


def test_neither_the_order_of_levels_nor_which_set_is_which_changes_what_chance_shows():
    one, two = tally(30, 5, 12), tally(8, 9, 1)
    turned = [tally(*t.units[[2, 0, 1]]) for t in (two, one)]

    found, other = (np.sort(stability_index(*deal(*pair))) for pair in ((one, two), turned))

    np.testing.assert_allclose(found, other)


def test_chi_square_and_its_strength_are_those_of_scipy():
    table = np.array([[30, 50, 20], [25, 20, 35]])
    sets = sets_of(selected(a=(0, 30), b=(0, 50), c=(0, 20)), selected(a=(0, 25), b=(0, 20), c=(0, 35)), ["group"])

    row = measure_shift(sets, ["group"]).iloc[0]

    expected = chi2_contingency(table, correction=False)
    assert chi_square(*table) == pytest.approx(expected.statistic)
    assert (row["chi_square"], row["df"], row["p"]) == pytest.approx((expected.statistic, 2, expected.pvalue))
    assert row["cramers_v"] == pytest.approx(association(table, method="cramer"))
    assert row["psi"] == pytest.approx(float(stability_index(*table)))
    assert row["psi"] > row["psi_floor"]


def test_few_units_have_a_p_from_the_deals_like_fishers():
    # 3 of 3 against 0 of 4: one way of 35, and the other extreme, 0 of 3, in 4 of 35, deviates less.
    sets = sets_of(selected(a=(0, 3)), selected(b=(0, 4)), ["group"])

    row = measure_shift(sets, ["group"]).iloc[0]

    assert row["p"] == pytest.approx(1 / 35, abs=0.012)
    assert (row["new_levels"], row["vanished_levels"]) == (("b",), ("a",))


def test_clusters_of_one_kind_are_no_evidence_of_many_units():
    # Twelve people a set, each with 30 units of one level: units would be sure of a shift, people are not.
    def people(a: int, b: int) -> pd.DataFrame:
        rows = [(level, f"{level}{i}", "1") for level, n in (("a", a), ("b", b)) for i in range(n) for _ in range(30)]
        return pd.DataFrame(rows, columns=["group", "cluster", "prediction"])

    units = [people(*n).drop(columns="cluster") for n in ((7, 5), (5, 7))]
    alone = measure_shift(sets_of(*units, ["group"]), ["group"]).iloc[0]
    told = measure_shift(sets_of(people(7, 5), people(5, 7), ["group"]), ["group"]).iloc[0]

    assert alone["p"] < 1e-5
    assert told["p"] > 0.3
    assert told["psi"] == pytest.approx(alone["psi"])
    assert alone["psi_floor"] < told["psi"] < told["psi_floor"]


def test_attributes_are_one_family_and_labels_and_answers_of_a_system_another():
    sets = sets_of(chance_rows(1, 200, missing=0), chance_rows(2, 150, missing=0), ["x", "y"])

    found = measure_shift(sets).set_index("axis")

    assert list(found.reset_index().columns) == SHIFT
    assert found["of"].to_dict() == {"x": "attribute", "y": "attribute", "label": "label", "prediction": "prediction"}
    for pair in (["x", "y"], ["label", "prediction"]):
        p = found.loc[pair, "p"].sort_values()
        adjusted = np.minimum([2 * p.iloc[0], max(2 * p.iloc[0], p.iloc[1])], 1)
        assert found.loc[p.index, "p_adjusted"].tolist() == pytest.approx(adjusted.tolist())


def test_labels_and_predictions_are_counted_where_they_are_known():
    here = pd.DataFrame({"label": ["1", "1", "0", None], "prediction": ["1", None, "0", "0"], "group": "g"})
    there = pd.DataFrame({"label": ["1", "0", "0", "0"], "prediction": ["0"] * 4, "group": "g"})

    found = measure_shift(sets_of(here, there, ["group"])).set_index("axis")

    assert found.loc["label", "psi"] == pytest.approx(float(stability_index([2, 1], [1, 3])))
    assert found.loc["prediction", "psi"] == pytest.approx(float(stability_index([1, 2], [0, 4])))
    assert found.loc["prediction", "vanished_levels"] == ("positive",)


def test_scores_are_cut_at_tenths_of_the_reference():
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame({"score": rng.beta(a, 2, n), "label": rng.integers(0, 2, n).astype(str), "group": "g"})
        for a, n in ((2, 1000), (4, 500))
    ]
    sets = sets_of(*frames, ["group"], {"score": "score"})

    row = measure_shift(sets).set_index("axis").loc["score"]

    edges = np.quantile(frames[0]["score"], np.arange(1, 10) / 10)
    counts = [np.bincount(np.searchsorted(edges, f["score"], side="right"), minlength=10) for f in frames]
    assert row["df"] == 9
    assert row["psi"] == pytest.approx(float(stability_index(*counts)), rel=0.02)


def test_numbers_of_a_regression_are_cut_likewise_and_classes_are_counted_by_name():
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame({"label": rng.normal(0, 1, n), "prediction": rng.normal(shift, 1, n), "group": "g"})
        for shift, n in ((0, 400), (1, 300))
    ]

    found = measure_shift(sets_of(*frames, ["group"], task="regression")).set_index("axis")

    assert found.loc["prediction", "psi"] > found.loc["prediction", "psi_floor"]
    assert found.loc["label", "p"] > 0.01

    animals = [
        pd.DataFrame({"label": words, "prediction": "cat", "group": "g"})
        for words in (["cat"] * 6 + ["dog"] * 4, ["cat"] * 5 + ["eel"] * 5)
    ]
    row = measure_shift(sets_of(*animals, ["group"], positive=())).set_index("axis").loc["label"]
    assert (row["new_levels"], row["vanished_levels"]) == (("eel",), ("dog",))
    assert row["psi"] == pytest.approx(float(stability_index([6, 4, 0], [5, 0, 5])))


def test_a_set_against_itself_has_not_shifted():
    frame = chance_rows(3, 120, clusters=9)

    found = measure_shift(sets_of(frame, frame, ["x", "y"]))

    assert found["psi"].tolist() == pytest.approx([0] * 4, abs=1e-12)
    assert (found["p"] == 1).all()
    assert measure_shift(sets_of(frame, frame, ["x"]), ["x"])["of"].tolist().count("attribute") == 1
    assert cube_of(frame, ["x"]).systems == (None,)


def test_with_clusters_chance_alone_raises_an_alarm_in_about_one_of_twenty():
    # People of one kind each, with 1 to 20 units: the same mix on both sides.
    rng = np.random.default_rng(9)
    alarms = 0
    for run in range(200):
        sides = []
        for people in (40, 25):
            kinds, sizes = rng.choice(3, people, p=[0.5, 0.3, 0.2]), rng.integers(1, 21, people)
            sides.append(tally(clusters=np.eye(3)[kinds] * sizes[:, None]))
        dealt = chi_square(*deal(*sides, seed=run, draws=400))
        alarms += np.mean(dealt >= chi_square(sides[0].units, sides[1].units)) <= 0.05

    assert 0.01 <= alarms / 200 <= 0.1


@pytest.mark.parametrize("clusters", [0, 30])
@pytest.mark.parametrize("unit", [0.001, 0.1, 1000.0])
def test_the_unit_of_the_weights_changes_nothing(clusters, unit):
    # The levels of x are few enough that one of them is missing from some deals.
    frames = [chance_rows(seed, n, clusters, missing=0) for seed, n in ((4, 60), (5, 45))]
    frames[1] = frames[1][frames[1]["x"] != "a"]

    plain = measure_shift(sets_of(*frames, ["x", "y"]))
    found = measure_shift(sets_of(*(f.assign(weight=unit) for f in frames), ["x", "y"]))
    one_only = measure_shift(sets_of(frames[0], frames[1].assign(weight=unit), ["x", "y"]))

    pd.testing.assert_frame_equal(found, plain)
    pd.testing.assert_frame_equal(one_only, plain)


def test_weights_of_several_sizes_may_be_in_any_unit():
    rng = np.random.default_rng(8)
    frames = [chance_rows(seed, n, 20, missing=0) for seed, n in ((4, 160), (5, 145))]
    frames = [f.assign(weight=rng.integers(1, 9, len(f))) for f in frames]

    found = measure_shift(sets_of(*frames, ["x"]))
    tenths = measure_shift(sets_of(*(f.assign(weight=f["weight"] / 1000) for f in frames), ["x"]))

    pd.testing.assert_frame_equal(tenths, found, rtol=1e-6)


def test_only_a_level_that_is_empty_gets_half_a_unit():
    # A fifth of a unit is little, but it is there.
    fifth = (0.2 / 10.2 - 0.5) * np.log(0.2 / 10.2 / 0.5) + (10 / 10.2 - 0.5) * np.log(10 / 10.2 / 0.5)
    assert stability_index([0.2, 10], [5, 5]) == pytest.approx(fifth)
