"""Parts of a change: published tables, tables by hand, laws, and other ways to the same numbers."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.cube import Cubes
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.two_sets.changes import compare_sets
from metrics.two_sets.decomposition import decomposable, decompose, decompose_levels, standardize
from metrics.two_sets.sets import TwoSets
from tests.metrics.build import transcripts
from tests.metrics.two_sets.made import chance_rows, selected, sets_of

# Das Gupta 1993, Standardization and Decomposition of Rates, example 5.3: the population of the United States by race
# (11 ages of each) in thousands, and deaths per 1,000, 1970 and 1985.
PEOPLE = (
    [2968, 11484, 34614, 30992, 21983, 20314, 20928, 16897, 11339, 5720, 1315]
    + [535, 2162, 6120, 4781, 3096, 2718, 2363, 1767, 1149, 448, 117],
    [3041, 11577, 27450, 32711, 35480, 27411, 19555, 19795, 15254, 8022, 2472]
    + [707, 2692, 6473, 6841, 6547, 4352, 3034, 2540, 1749, 804, 236],
)
DEATHS = (
    [18.469, 0.751, 0.391, 1.146, 1.287, 2.672, 6.636, 15.691, 34.723, 79.763, 176.837]
    + [36.993, 1.352, 0.541, 2.040, 3.523, 6.746, 12.967, 24.471, 45.091, 74.902, 123.205],
    [9.163, 0.462, 0.248, 0.929, 1.084, 1.810, 4.715, 12.187, 27.728, 64.068, 157.570]
    + [17.208, 0.738, 0.328, 1.103, 2.045, 3.724, 8.052, 17.812, 34.128, 68.276, 125.161],
)


def deaths(year: int) -> pd.DataFrame:
    rows = []
    for i, (thousands, rate) in enumerate(zip(PEOPLE[year], DEATHS[year], strict=True)):
        died = round(thousands * rate)
        for prediction, count in (("1", died), ("0", 1000 * thousands - died)):
            rows.append((f"race {i // 11}", f"age {i % 11:02d}", prediction, count))
    return pd.DataFrame(rows, columns=["race", "age", "prediction", "count"])


def parts_of(sets: TwoSets, by: tuple[str, ...], metric: str = "selection_rate") -> pd.DataFrame:
    return decompose(sets, [by], [metric]).set_index("part")


def test_death_rates_of_1970_and_1985_have_the_parts_that_das_gupta_published():
    sets = sets_of(deaths(0), deaths(1), ["race", "age"])

    found = parts_of(sets, ("race", "age"))["value"] * 1000

    # Rates of 10.258 and 8.030 at the mean structure; what age has (8.385 to 9.907) and what race has (9.136 to 9.156)
    # together are the mix. Between the two it is split in another way there than here, and comes out near.
    assert found["total"] == pytest.approx(8.736 - 9.422, abs=0.001)
    assert found["rates"] == pytest.approx(8.030 - 10.258, abs=0.002)
    assert found["mix"] == pytest.approx((9.907 - 8.385) + (9.156 - 9.136), abs=0.002)
    assert found["mix[age]"] == pytest.approx(9.907 - 8.385, abs=0.05)
    assert found["mix[race]"] == pytest.approx(9.156 - 9.136, abs=0.05)


def test_a_table_by_hand_has_the_parts_that_a_reader_can_check():
    # Shares .8 and .2 become .4 and .6, rates .1 and .5 become .2 and .6.
    sets = sets_of(selected(a=(8, 80), b=(10, 20)), selected(a=(8, 40), b=(36, 60)), ["group"])

    found = parts_of(sets, ("group",))["value"]

    # Mix: -.4 x .15 + .4 x .55 = .16; rates: .6 x .1 + .4 x .1 = .1; from .18 to .44.
    assert found.to_dict() == pytest.approx({"mix": 0.16, "rates": 0.1, "total": 0.26})
    standard = standardize(sets, ["group"], ["selection_rate"])
    # The reference's rates at the customer's mix: .4 x .1 + .6 x .5; the other way round: .8 x .2 + .2 x .6.
    assert standard["value"].tolist() == pytest.approx([0.34, 0.28])
    assert list(zip(standard["rates_of"], standard["mix_of"], strict=True)) == [
        ("reference", "customer"),
        ("customer", "reference"),
    ]


def test_bars_of_levels_by_hand_are_centred_on_the_mean_of_all():
    sets = sets_of(selected(a=(8, 80), b=(10, 20)), selected(a=(8, 40), b=(36, 60)), ["group"])

    bars = decompose_levels(sets, "group", "selection_rate")

    # The mean of the mean rates .15 and .55 under the mean weights .6 and .4 is .31.
    told = {(str(s), part): v for s, part, v in zip(bars["slice"], bars["part"], bars["value"], strict=True)}
    assert told == pytest.approx(
        {
            ("group = a", "mix"): -0.4 * (0.15 - 0.31),
            ("group = b", "mix"): 0.4 * (0.55 - 0.31),
            ("group = a", "rates"): 0.6 * 0.1,
            ("group = b", "rates"): 0.4 * 0.1,
        }
    )
    assert bars["reference_share"].tolist() == pytest.approx([0.8, 0.8, 0.2, 0.2])
    assert bars["customer_share"].tolist() == pytest.approx([0.4, 0.4, 0.6, 0.6])


def test_levels_of_one_side_only_are_a_part_of_their_own():
    # Common: a and b. The reference alone has c (10 of 20), the customer's set d (25 of 25).
    sets = sets_of(selected(a=(8, 40), b=(10, 40), c=(10, 20)), selected(a=(10, 50), b=(5, 25), d=(25, 25)), ["group"])

    found = parts_of(sets, ("group",))

    # Everyone .28 and .40; of the common levels alone 18/80 = .225 and 15/75 = .2.
    assert found.loc["one_sided", "value"] == pytest.approx((0.4 - 0.2) - (0.28 - 0.225))
    assert found.loc["mix", "value"] + found.loc["rates", "value"] == pytest.approx(0.2 - 0.225)
    bars = decompose_levels(sets, "group", "selection_rate")
    alone = bars[bars["part"] == "one_sided"]
    alone = alone.set_index(alone["slice"].map(str))
    # c: 20 of 100 units that lie .5 - .225 above the others; d: 25 of 100, 1 - .2 above.
    assert alone["value"].to_dict() == pytest.approx({"group = c": -0.2 * 0.275, "group = d": 0.25 * 0.8})
    assert alone["customer"].isna().tolist() == [True, False]
    assert alone["customer_share"].tolist() == [0, 0.25]


def test_without_a_level_in_common_there_is_only_the_whole_change():
    sets = sets_of(selected(a=(8, 40)), selected(b=(20, 40)), ["group"])

    found = parts_of(sets, ("group",))

    assert found["value"].isna().to_dict() == {"mix": True, "rates": True, "one_sided": True, "total": False}
    assert found.loc["total", "value"] == pytest.approx(0.3)
    assert standardize(sets, ["group"], ["selection_rate"])["value"].isna().all()


def test_an_attribute_of_one_set_only_leaves_the_whole_change():
    sets = sets_of(selected(a=(8, 40)), selected(a=(20, 40)), ["group"])
    other = sets_of(
        selected(a=(8, 40)).rename(columns={"group": "team"}), selected(a=(1, 2)).assign(team="t"), ["team"]
    )
    mixed = TwoSets(other.reference, sets.customer)

    found = decompose(mixed, ["team"], ["selection_rate"]).set_index("part")["value"]

    assert found.isna().to_dict() == {"mix": True, "rates": True, "one_sided": True, "total": False}
    assert len(decompose(mixed)) == 0
    with pytest.raises(QuestionError, match="customer's set has no attribute 'team'"):
        decompose_levels(mixed, "team", "selection_rate")
    with pytest.raises(QuestionError, match="attribute"):
        decompose_levels(sets, "gruop", "selection_rate")
    with pytest.raises(QuestionError, match="name at least one"):
        decompose(sets, [()])


def test_metrics_that_are_no_weighted_mean_are_refused_by_name_and_left_out_else():
    sets = sets_of(chance_rows(1, 80), chance_rows(2, 80), ["x", "y"])

    assert {"accuracy", "true_positive_rate"} <= set(decomposable(sets))
    assert not {"f1", "balanced_accuracy", "matthews_correlation"} & set(decomposable(sets))
    assert set(decompose(sets)["metric"]) == set(decomposable(sets))
    with pytest.raises(QuestionError, match=r"F1 .* no weighted mean of slices"):
        decompose(sets, metrics=["accuracy", "f1"])
    with pytest.raises(QuestionError, match="metric that both sets allow"):
        decompose(sets, metrics=["acuracy"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(2, 60), st.booleans())
def test_the_parts_add_up_to_the_change_and_the_bars_to_the_parts(seed, n, m, clustered):
    k = 5 * clustered
    sets = sets_of(chance_rows(seed, n, k), chance_rows(seed + 1, m, k), ["x", "y"])

    for by in (("x",), ("x", "y")):
        for metric in ("error_rate", "true_positive_rate"):
            found = parts_of(sets, by, metric)["value"]
            if found[["mix", "total"]].notna().all():
                added = found["mix"] + found["rates"] + found.get("one_sided", 0.0)
                assert added == pytest.approx(found["total"], abs=1e-12)
                bars = decompose_levels(sets, by, metric).groupby("part")["value"].sum()
                assert bars.to_dict() == pytest.approx({part: found[part] for part in bars.index}, abs=1e-12)
            if len(by) == 2 and found["mix[x]":"mix[x x y]"].notna().all():
                assert found[["mix[x]", "mix[y]", "mix[x x y]"]].sum() == pytest.approx(found["mix"], abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 60), st.integers(5, 60), st.booleans())
def test_swapping_the_two_sets_turns_every_sign(seed, n, m, clustered):
    here, there = (chance_rows(seed + i, size, 6 * clustered) for i, size in enumerate((n, m)))
    one, two = (sets_of(a, b, ["x", "y"]) for a, b in ((here, there), (there, here)))

    for by in (("x",), ("x", "y")):
        found, turned = (parts_of(sets, by, "error_rate") for sets in (one, two))
        assert (-turned["value"]).to_dict() == pytest.approx(found["value"].to_dict(), abs=1e-12, nan_ok=True)
        assert (-turned["high"]).to_dict() == pytest.approx(found["low"].to_dict(), abs=1e-9, nan_ok=True)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_mix_and_rates_are_shapley_values_of_the_two_factors(seed):
    sets = sets_of(chance_rows(seed, 50, missing=0), chance_rows(seed + 1, 70, missing=0), ["x"])
    cells = [
        e.set_index(e["slice"].map(str))[["value", "below"]]
        for e in (estimate(cubes, ["x"], ["error_rate"]) for cubes in (sets.reference, sets.customer))
    ]
    both = cells[0].index.intersection(cells[1].index).difference(["everyone"])
    w, r = ([c.loc[both, what].to_numpy(float) for c in cells] for what in ("below", "value"))
    w = [weights / weights.sum() for weights in w]

    credit = dict.fromkeys(("mix", "rates"), 0.0)
    for order in permutations(credit):
        now = {"mix": 0, "rates": 0}
        for factor in order:
            before = w[now["mix"]] @ r[now["rates"]]
            now[factor] = 1
            credit[factor] += (w[now["mix"]] @ r[now["rates"]] - before) / 2

    found = parts_of(sets, ("x",), "error_rate")["value"]
    assert {part: found[part] for part in credit} == pytest.approx(credit, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_two_attributes_does_not_matter(seed):
    sets = sets_of(chance_rows(seed, 60), chance_rows(seed + 1, 60), ["x", "y"])

    one, two = (parts_of(sets, by, "error_rate")[["value", "low", "high"]] for by in (("x", "y"), ("y", "x")))

    two = two.rename(index={"mix[y x x]": "mix[x x y]"})
    pd.testing.assert_frame_equal(two.loc[one.index], one, rtol=1e-9, atol=1e-12)


def test_main_effects_are_those_of_weighted_least_squares():
    sets = sets_of(chance_rows(5, 400, missing=0), chance_rows(6, 300, missing=0), ["x", "y"])

    found = parts_of(sets, ("x", "y"), "error_rate")["value"]

    cells = [
        e[e["slice"].map(lambda s: len(s.axes) == 2)].set_index("slice")[["value", "below"]]
        for e in (estimate(cubes, [("x", "y")], ["error_rate"]) for cubes in (sets.reference, sets.customer))
    ]
    both = pd.concat(cells, axis=1, keys=["r", "c"]).dropna()
    levels = pd.DataFrame([s.to_dict() for s in both.index])
    dummies = pd.get_dummies(levels, drop_first=True).astype(float)
    w, v = (both[side, "below"].to_numpy(float) / both[side, "below"].sum() for side in ("r", "c"))
    rate = (both["r", "value"].to_numpy(float) + both["c", "value"].to_numpy(float)) / 2
    fit = sm.WLS(rate, sm.add_constant(dummies), weights=(w + v) / 2).fit()
    for axis in ("x", "y"):
        own = dummies.filter(like=f"{axis}_")
        expected = (v - w) @ (own.to_numpy() @ fit.params[own.columns].to_numpy())
        assert found[f"mix[{axis}]"] == pytest.approx(expected, abs=1e-12)


def test_an_attribute_whose_mix_is_the_same_beside_the_other_has_no_part_of_the_mix():
    # Half u and half v in each of a and b, on both sides: only the shares of a and b change.
    def rows(a: int, b: int) -> pd.DataFrame:
        made = [
            (x, y, str(int(i < k * rate // 100)))
            for x, k, rates in (("a", a, (10, 30)), ("b", b, (40, 60)))
            for y, rate in zip("uv", rates, strict=True)
            for i in range(k)
        ]
        return pd.DataFrame(made, columns=["x", "y", "prediction"])

    found = parts_of(sets_of(rows(100, 100), rows(100, 300), ["x", "y"]), ("x", "y"))["value"]

    # Shares of b .5 to .75, rates .2 and .5.
    assert found["mix[x]"] == pytest.approx(0.25 * 0.3)
    assert found["mix[y]"] == pytest.approx(0, abs=1e-12)
    assert found["mix[x x y]"] == pytest.approx(0, abs=1e-12)


def test_effects_that_cannot_be_told_apart_are_not_told_and_the_mix_stays():
    # All a are u and all b are v: whose part it is, nobody can say.
    rows = [
        pd.DataFrame([(*"au", "1")] * a1 + [(*"au", "0")] * a0 + [(*"bv", "1")] * b1, columns=["x", "y", "prediction"])
        for a1, a0, b1 in ((5, 15, 20), (5, 15, 60))
    ]

    found = parts_of(sets_of(*rows, ["x", "y"]), ("x", "y"))

    assert found["value"].isna().to_dict() == {
        "mix[x]": True,
        "mix[y]": True,
        "mix[x x y]": True,
        "mix": False,
        "rates": False,
        "total": False,
    }
    assert found.loc["mix", "value"] == pytest.approx(0.25 * 0.75)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(0, 5))
def test_merging_levels_that_fare_alike_changes_no_part(a, b, c, d, top):
    def rows(first: int, second: int, hits: int) -> pd.DataFrame:
        return selected(a=(hits * first, 5 * first), b=(hits * second, 5 * second), c=(3, 10))

    here, there = rows(a, b, 2), rows(c, d, top)
    apart = parts_of(sets_of(here, there, ["group"]), ("group",))["value"]
    merged = [f.replace({"group": {"b": "a"}}) for f in (here, there)]
    together = parts_of(sets_of(*merged, ["group"]), ("group",))["value"]

    assert together.to_dict() == pytest.approx(apart.to_dict(), abs=1e-12)


def test_missing_is_a_level_like_any_other():
    sets = sets_of(selected(a=(1, 10)), selected(a=(1, 10)), ["group"])
    frame = pd.DataFrame([(None, "1")] * 10 + [("a", "0")] * 10, columns=["group", "prediction"])
    other = sets_of(frame, frame.iloc[5:], ["group"])

    assert "one_sided" not in parts_of(sets, ("group",)).index
    found = parts_of(other, ("group",))["value"]
    # Shares of (missing) 1/2 and 1/3, its rate 1 on both sides, the other's 0.
    assert found.to_dict() == pytest.approx({"mix": -1 / 6, "rates": 0, "total": -1 / 6}, abs=1e-12)


def test_with_one_level_the_change_is_all_rates_and_has_the_limits_of_the_comparison():
    for clusters in (0, 12):
        here, there = (chance_rows(seed, n, clusters).assign(z="one") for seed, n in ((1, 90), (2, 60)))
        sets = sets_of(here, there, ["z", "x"])

        found = parts_of(sets, ("z",), "error_rate")
        everyone = compare_sets(sets, ["z"], ["error_rate"]).iloc[0]

        expected = [everyone[c] for c in ("value", "low", "high")]
        assert found.loc["total", ["value", "low", "high"]].tolist() == pytest.approx(expected)
        assert found.loc["rates", ["value", "low", "high"]].tolist() == pytest.approx(expected, rel=1e-6)
        assert found.loc["mix", "value"] == pytest.approx(0, abs=1e-12)
        assert found.loc["mix", ["low", "high"]].isna().all()


def test_weights_of_a_word_error_rate_are_shares_of_words():
    # Utterances of one word right, of four words with one wrong: rates 0 and 1/4, whatever the number of utterances.
    def speech(short: int, long: int) -> Cubes:
        rows = [("short", "yes", "yes")] * short + [("long", "a b c d", "a b c x")] * long
        return transcripts(pd.DataFrame(rows, columns=["length", "reference", "hypothesis"]), ["length"])

    sets = TwoSets(speech(40, 10), speech(20, 20))

    found = parts_of(sets, ("length",), "word_error_rate")["value"]

    # Half of 80 words are in long utterances, and 80 of 100.
    assert found.to_dict() == pytest.approx({"mix": 0.3 / 4, "rates": 0, "total": 0.2 - 0.125})


def test_words_invented_where_nothing_was_said_belong_to_no_level_in_common():
    def speech(heard: str) -> Cubes:
        rows = [("quiet", "a b", "a b")] * 20 + [("noise", "", heard)] * 5
        return transcripts(pd.DataFrame(rows, columns=["where", "reference", "hypothesis"]), ["where"])

    found = parts_of(TwoSets(speech(""), speech("boo")), ("where",), "word_error_rate")["value"]

    # Five words invented beside 40 that were said.
    assert found.to_dict() == pytest.approx({"mix": 0, "rates": 0, "one_sided": 0.125, "total": 0.125})


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 1e4]))
def test_means_of_numbers_far_from_zero_add_up_as_well(seed, around):
    rng = np.random.default_rng(seed)
    frames = [
        pd.DataFrame(
            {
                "group": rng.choice(["a", "b", "c"], n),
                "label": rng.normal(around, 2, n),
                "prediction": rng.normal(around + shift, 3, n),
            }
        )
        for n, shift in ((40, 0), (30, 100))
    ]
    sets = sets_of(*frames, ["group"], task="regression")

    for metric in ("mean_error", "mean_absolute_error"):
        found = parts_of(sets, ("group",), metric)["value"]
        added = found["mix"] + found["rates"] + found.get("one_sided", 0.0)
        assert added == pytest.approx(found["total"], rel=1e-12, abs=1e-12)
        means = [
            (f["prediction"] - f["label"]).abs() if "abs" in metric else f["prediction"] - f["label"] for f in frames
        ]
        assert found["total"] == pytest.approx(means[1].mean() - means[0].mean())
    assert "root_mean_squared_error" not in decomposable(sets)


def test_weighted_units_give_the_parts_that_so_many_units_would():
    here, there = (chance_rows(seed, 60, missing=0) for seed in (1, 2))
    weights = [np.tile([1, 2, 3], 20), np.tile([2, 1, 1], 20)]
    repeated = [f.loc[f.index.repeat(w)].reset_index(drop=True) for f, w in zip((here, there), weights, strict=True)]
    weighted = [f.assign(weight=w.astype(float)) for f, w in zip((here, there), weights, strict=True)]

    plain, found = (parts_of(sets_of(*pair, ["x", "y"]), ("x", "y"), "error_rate") for pair in (repeated, weighted))

    assert found["value"].to_dict() == pytest.approx(plain["value"].to_dict(), abs=1e-12)
    # But no more is known than from the units that there are.
    assert ((found["high"] - found["low"]) > (plain["high"] - plain["low"])).all()
