"""Laws of verdicts: what must not change them, what they follow from, and a second way to each number."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from metrics.cube import Cubes, count_cells
from metrics.judge import judge, judge_rules
from metrics.multiplicity import holm
from metrics.policy import Policy, Rule
from metrics.results import read_results
from metrics.schema import Attribute, Schema
from metrics.scored import score
from metrics.slices import Slice
from metrics.units_needed import MORE
from tests.metrics.build import cube_of, selections, transcripts

NUMBERS = ["value", "low", "high", "adjusted_low", "adjusted_high"]


def _judge(cubes: Cubes, *rules: Rule) -> pd.DataFrame:
    return judge(cubes, Policy("p", rules))


def _one(cubes: Cubes, metric: str = "selection_rate", **rule) -> pd.DataFrame:
    return _judge(cubes, Rule("r", metric, **rule))


def _whole(cubes: Cubes, *rules: Rule) -> list[str]:
    policy = Policy("p", rules)
    return judge_rules(judge(cubes, policy), policy)["verdict"].tolist()


def _of(frame: pd.DataFrame, level: str) -> pd.Series:
    return frame[frame["slice"] == Slice((("group", level),))].iloc[0]


# -- what must not change a verdict --------------------------------------------------------------


def _table(rng: np.random.Generator, kind: str) -> pd.DataFrame:
    """Labels and predictions of 400 people in groups, some unknown; by kind with weights, counts or clusters."""
    n = 400
    label = (rng.random(n) < 0.5).astype(int)
    sex = rng.choice(np.array(["f", "m", None], dtype=object), n, p=[0.5, 0.4, 0.1])
    right = rng.random(n) < np.where(sex == "m", 0.7, 0.95)
    frame = pd.DataFrame(
        {
            "sex": sex,
            "age": rng.choice(np.array(["old", "young", "mid"], dtype=object), n, p=[0.6, 0.3, 0.1]),
            "label": label,
            "prediction": np.where(right, label, 1 - label),
        }
    )
    if kind == "weight":
        frame["weight"] = rng.choice([0.5, 1, 2.5], n)
    if kind == "count":
        frame["count"] = rng.integers(1, 9, n)
    if kind.startswith("cluster"):  # within the groups, or across them
        own = frame["sex"].fillna("x") if kind == "cluster" else ""
        frame["cluster"] = own + pd.Series([f"c{c}" for c in rng.integers(0, 15, n)])
    return frame


def _rules(metric: str = "true_positive_rate") -> tuple[Rule, ...]:
    by = (("sex",), ("sex", "age"))
    return (
        Rule("value", metric, compare="value", at_least=0.2, at_most=0.99, by=by),
        Rule("rest", metric, at_most=0.1, by=by),
        Rule("overall", metric, baseline="overall", at_least=-0.1, at_most=0.02, min_units=10),
        Rule("best", metric, compare="ratio", baseline="best", at_least=0.8, by=(("age",),), min_units=1),
        Rule("named", metric, baseline="sex = f", at_most=0.05, confidence=0.9, correction="none"),
        Rule("spread", metric, compare="spread", at_most=0.1, by=by, min_units=5),
        Rule("criterion", criterion="equalized_odds", compare="ratio", at_least=0.8, confidence=0.99, min_units=5),
    )


def _told(frame: pd.DataFrame, names: dict[str, str] | None = None) -> dict[tuple, list]:
    """Return rule and slice (or pair) of every verdict with all that is said of it; `names` undoes a renaming."""

    def plain(s: Slice) -> tuple:
        return tuple(sorted((axis, (names or {}).get(level, level)) for axis, level in s.items()))

    def key(row: dict) -> tuple:
        who = [plain(s) for s in row["pair"]] if row["pair"] is not None else [row["slice"] and plain(row["slice"])]
        return row["rule"], row["system"], row["metric"], *who

    return {key(r): [r["verdict"], r["units_needed"], *(r[c] for c in NUMBERS)] for r in frame.to_dict("records")}


def _assert_same(one: dict[tuple, list], two: dict[tuple, list]) -> None:
    assert set(one) == set(two)
    for key, (verdict, needed, *numbers) in one.items():
        assert two[key][0] == verdict, key
        np.testing.assert_allclose(two[key][2:], numbers, rtol=1e-7, atol=1e-9, err_msg=str(key))
        # Where the number is found by whole steps, rounding may move it by one.
        np.testing.assert_allclose(two[key][1], needed, rtol=1e-6, atol=1, err_msg=str(key))


@pytest.mark.parametrize("kind", ["plain", "weight", "count", "cluster", "cluster across"])
def test_order_and_names_change_no_verdict(kind):
    rng = np.random.default_rng(len(kind))
    seen = set()
    for _ in range(2):
        frame, rules = _table(rng, kind), _rules()
        was = _told(_judge(cube_of(frame, ["sex", "age"]), *rules))
        seen |= {told[0] for told in was.values()}

        shuffled = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
        _assert_same(was, _told(_judge(cube_of(shuffled, ["sex", "age"]), *rules[::-1])))

        names = {"f": "z", "m": "a", "old": "b", "young": "y", "mid": "k"}
        other = frame.assign(sex=frame["sex"].map(names.get), age=frame["age"].map(names))
        renamed = tuple(Rule(**{**r.__dict__, "baseline": r.baseline.replace("sex = f", "sex = z")}) for r in rules)
        found = _judge(cube_of(other, ["sex", "age"]), *renamed)
        _assert_same(was, _told(found, {new: old for old, new in names.items()}))
    assert {"pass", "fail", "undecided"} <= seen


@pytest.mark.parametrize("kind", ["plain", "weight", "cluster across"])
def test_a_metric_and_its_complement_are_judged_alike(kind):
    rng = np.random.default_rng(7)
    rules = [Rule(b, "m", baseline=b, at_most=0.1, min_units=5) for b in ("rest", "overall", "largest", "sex = m")]
    rules += [Rule("spread", "m", compare="spread", at_most=0.2, by=(("sex", "age"),), min_units=5)]
    for _ in range(4):
        cubes = cube_of(_table(rng, kind), ["sex", "age"])
        for pair in (("true_positive_rate", "false_negative_rate"), ("accuracy", "error_rate")):
            found = [_judge(cubes, *(Rule(**{**r.__dict__, "metric": m}) for r in rules)) for m in pair]
            assert found[0]["verdict"].tolist() == found[1]["verdict"].tolist()
            signed = found[0]["pair"].isna()
            np.testing.assert_allclose(found[0]["low"][signed], -found[1]["high"][signed], atol=1e-9)


def test_a_second_system_changes_no_verdict_of_the_first():
    frame = _table(np.random.default_rng(2), "plain")
    twice = pd.concat([frame.assign(system=s) for s in ("one", "two")], ignore_index=True)
    alone = _told(_judge(cube_of(frame, ["sex", "age"]), *_rules()))
    both = _told(_judge(cube_of(twice, ["sex", "age"]), *_rules()))

    for system in ("one", "two"):
        _assert_same(alone, {(k[0], None, *k[2:]): told for k, told in both.items() if k[1] == system})


# -- a second way to the same verdict ------------------------------------------------------------


def _groups(rng: np.random.Generator) -> dict[str, tuple[int, int]]:
    below = rng.choice([20, 45, 150, 600, 4000], rng.integers(3, 6))
    rate = np.clip(rng.choice([0.05, 0.3, 0.6]) + rng.choice([0, 0, 0.06, 0.2], len(below)), 0, 1)
    return {g: (int(rng.binomial(n, p)), int(n)) for g, n, p in zip("abcde", below, rate, strict=False)}


def _difference(one: tuple[int, int], two: tuple[int, int], alpha: float) -> tuple[float, float]:
    found = confint_proportions_2indep(*one, *two, method="newcomb", compare="diff", alpha=alpha)
    return float(found[0]), float(found[1])


def test_verdicts_against_everyone_else_are_those_of_newcombe_and_holm():
    rng = np.random.default_rng(31)
    counts = dict.fromkeys(("pass", "fail", "undecided"), 0)
    for _ in range(40):
        groups = _groups(rng)
        rule = {"at_most": float(rng.choice([0.02, 0.1])), "confidence": float(rng.choice([0.9, 0.95, 0.99]))}
        frame = _one(selections(groups), **rule)
        alpha, most = 1 - rule["confidence"], rule["at_most"]
        whole = np.sum(list(groups.values()), axis=0)
        rest = {g: tuple(whole - np.array(n)) for g, n in groups.items()}
        judged = [g for g, (_, n) in groups.items() if n >= 30]

        def misses(g: str, level: float, groups=groups, rest=rest, most=most) -> bool:
            low, high = _difference(groups[g], rest[g], level)
            return low > most or high < -most

        # p lies below a level where the interval at it misses the limits; Holm asks at alpha over those that are left.
        failed: set[str] = set()
        while more := [g for g in judged if g not in failed and misses(g, alpha / (len(judged) - len(failed)))]:
            failed |= {more[0]}
        for g in groups:
            low, high = _difference(groups[g], rest[g], alpha)
            passes = g in judged and low >= -most and high <= most
            expected = "fail" if g in failed else "pass" if passes else "undecided"
            found = _of(frame, g)
            assert found["verdict"] == expected, (groups, g, rule)
            assert found[["low", "high"]].tolist() == pytest.approx([low, high], abs=1e-9)
            counts[expected] += 1
    assert min(counts.values()) > 20


def test_a_spread_is_judged_by_the_newcombe_intervals_of_all_its_pairs():
    rng = np.random.default_rng(32)
    seen = set()
    for _ in range(40):
        groups = _groups(rng)
        most = float(rng.choice([0.05, 0.15, 0.3]))
        ok = [n for n in groups.values() if n[1] >= 30]
        pairs = list(combinations(ok, 2))
        strict = [_difference(a, b, 0.05 / max(len(pairs), 1)) for a, b in pairs]
        plain = [_difference(a, b, 0.05) for a, b in pairs]
        fails = any(low > most or high < -most for low, high in strict)
        passes = len(ok) == len(groups) and all(-most <= low and high <= most for low, high in plain)
        expected = "fail" if fails else "pass" if passes else "undecided"
        assert _one(selections(groups), compare="spread", at_most=most)["verdict"].tolist() == [expected], groups
        seen.add(expected)
    assert seen == {"pass", "fail", "undecided"}


def test_a_verdict_of_no_difference_at_all_is_close_to_that_of_the_textbook_test():
    rng = np.random.default_rng(33)
    agree = 0
    for _ in range(40):
        top, below = rng.binomial([500, 400], [0.3, 0.38]), np.array([500, 400])
        found = _one(selections({"a": (top[0], 500), "b": (top[1], 400)}), at_most=0.0)
        agree += set(found["verdict"]) == {"fail" if proportions_ztest(top, below)[1] < 0.05 else "undecided"}
    assert agree >= 37


def test_fails_are_those_that_holm_rejects_whatever_the_ties():
    p = [0.01, 0.002, 0.002, 0.002, 0.04, 1e-14, 1e-14]
    for order in np.random.default_rng(1).permutation(np.tile(np.arange(7), (20, 1)), axis=1):
        adjusted, level = holm(np.array(p)[order])
        assert adjusted == pytest.approx(multipletests(np.array(p)[order], method="holm")[1])
        assert ((np.array(p)[order] <= 1 - level + 1e-12) == (adjusted <= 0.05)).all()
        # Equal ones have equal intervals.
        assert len(set(level[np.isin(order, [1, 2, 3])])) == len(set(level[np.isin(order, [5, 6])])) == 1


# -- how many more units -------------------------------------------------------------------------


def _wilson(p: float, n: float, q: float) -> tuple[float, float]:
    low, high = proportion_confint(p * n, n, alpha=2 * norm.sf(q), method="wilson")
    return float(low), float(high)


def _first_that_decides(one: tuple[int, int], two: tuple[int, int], most: float, alphas: tuple[float, float]) -> int:
    """Return the first number of units whose interval decides: within at the first alpha, beyond at the second."""
    (p1, n), (p2, other) = ((k / n, n) for k, n in (one, two))

    def limits(size: int, alpha: float) -> tuple[float, float]:
        q = norm.isf(alpha / 2) + MORE
        (l1, u1), (l2, u2) = _wilson(p1, size, q), _wilson(p2, other, q)
        return p1 - p2 - np.hypot(p1 - l1, u2 - p2), p1 - p2 + np.hypot(u1 - p1, p2 - l2)

    for size in range(max(n, 30), 20_000):
        low, high = limits(size, alphas[0])
        if low >= -most and high <= most:
            return size
        low, high = limits(size, alphas[1])
        if low > most or high < -most:
            return size
    raise AssertionError("no number decides")


def test_the_number_of_units_is_the_first_at_which_the_verdict_is_decided():
    groups = {"a": (9, 60), "b": (4, 20), "c": (300, 3000), "d": (330, 3000), "e": (312, 3000)}
    frame = _one(selections(groups), at_most=0.02)
    whole = np.sum(list(groups.values()), axis=0)
    for g, alpha in (("a", 0.05 / 4), ("b", 0.05 / 5)):  # a is one of four that are judged, b would be the fifth
        found = _of(frame, g)
        assert found["verdict"] == "undecided"
        rest = tuple(int(x) for x in whole - np.array(groups[g]))
        total = _first_that_decides(groups[g], rest, 0.02, (0.05, alpha))
        assert found["units_needed"] == total - groups[g][1]


def test_so_many_more_units_do_decide_among_many_groups():
    groups = {f"g{i}": (50, 500) for i in range(30)} | {"high": (15, 60)}
    now = _of(_one(selections(groups), at_most=0.02), "high")
    times = np.ceil((60 + now["units_needed"]) / 60)
    then = _of(_one(selections(groups | {"high": (int(15 * times), int(60 * times))}), at_most=0.02), "high")

    assert (now["verdict"], then["verdict"]) == ("undecided", "fail")


def test_no_number_is_told_where_the_other_side_has_too_few_as_well():
    frame = _one(selections({"a": (5, 10), "b": (4, 12)}), at_most=0.9)

    assert frame["units_needed"].isna().all()
    assert not frame["reason"].str.contains("would decide it").any()
    assert frame["reason"].str.contains("and what it is compared with").all()


def test_of_a_median_it_is_not_claimed_that_more_would_not_help():
    rng = np.random.default_rng(3)
    words = "one two three four five six seven eight"
    rows = [
        (g, f"{g}{s}", words, " ".join(w if rng.random() > 0.3 else "no" for w in words.split()))
        for g in "ab"
        for s in range(12)
        for _ in range(4)
    ]
    cubes = transcripts(pd.DataFrame(rows, columns=["group", "cluster", "reference", "hypothesis"]), ["group"])
    for compare in ("value", "difference", "spread"):
        frame = _one(cubes, "median_speaker_word_error_rate", compare=compare, at_most=0.3 if compare == "value" else 0)
        assert set(frame["verdict"]) == {"undecided"}
        assert not frame["reason"].str.contains("would not decide").any()


# -- edges ---------------------------------------------------------------------------------------


def test_both_limits_on_a_ratio_of_pairs_hold_whichever_group_stands_above():
    rule = Rule("r", criterion="demographic_parity", compare="ratio", at_least=0.4, at_most=1.2)

    assert rule.limits == (1 / 1.2, 1.2)
    assert _whole(selections({"a": (400, 1000), "b": (800, 1000)}), rule) == ["fail"]  # b is twice a
    assert Rule("r", "selection_rate", compare="ratio", at_least=0.4, at_most=1.2).limits == (0.4, 1.2)


@pytest.mark.parametrize(("n", "share"), [(7, 0.07), (14, 0.14), (28, 0.28), (55, 0.55)])
def test_a_group_of_just_the_share_is_not_under_it(n, share):
    assert share * 100 > n  # the product is rounded up
    frame = _one(selections({"a": (3, n), "b": (30, 100 - n)}), compare="value", at_most=0.99, exclude_below=share)

    assert "a" in {s.to_dict()["group"] for s in frame["slice"]}


def test_a_group_without_data_keeps_a_spread_from_passing_as_one_with_few_does():
    groups = {"a": (400, 1000), "b": (400, 1000)}
    rule = Rule("r", "selection_rate", compare="spread", at_most=0.3)

    assert _whole(selections(groups), rule) == ["pass"]
    assert _whole(selections(groups | {"c": (1, 1)}), rule) == ["undecided"]
    frame = _judge(selections(groups | {"c": (0, 0)}), rule)
    assert frame["verdict"].tolist() == ["undecided"]
    assert "no data for group = c" in frame["reason"].iloc[0]
    assert _whole(selections(groups | {"c": (0, 0)}), Rule("r", "selection_rate", at_most=0.3)) == ["undecided"]
    excluding = Rule("r", "selection_rate", compare="spread", at_most=0.3, exclude=("group = c",))
    assert _whole(selections(groups | {"c": (0, 0)}), excluding) == ["pass"]


def test_a_pair_without_an_interval_is_no_data_and_never_a_pass():
    ratio = Rule("r", criterion="demographic_parity", compare="ratio", at_least=0.1)
    exact = pd.DataFrame({"label": [1.0, 2.0, 3.0, 4.0] * 100, "group": ["a", "a", "b", "b"] * 100})
    cubes = cube_of(exact.assign(prediction=exact["label"]), ["group"], task="regression")

    assert _whole(selections({"a": (0, 100), "b": (0, 100)}), ratio) == ["no data"]
    assert _whole(cubes, Rule("r", "r_squared", compare="spread", at_most=0.5)) == ["no data"]
    three = exact.assign(prediction=exact["label"])
    other = three.assign(group="c", prediction=three["label"] + np.tile([0.1, -0.1], 200))
    more = cube_of(pd.concat([three, other], ignore_index=True), ["group"], task="regression")
    assert _whole(more, Rule("r", "mean_error", compare="spread", at_most=0.5)) == ["pass"]
    assert _whole(more, Rule("r", "r_squared", compare="spread", at_most=0.5)) != ["pass"]


def test_the_pair_that_is_named_does_not_hang_on_the_order_of_equal_groups():
    groups = {"a": (10, 40), "b": (20, 80), "c": (30, 60)}
    named = set()
    for order in ("abc", "cba", "bca"):
        (pair,) = _one(selections({g: groups[g] for g in order}), compare="spread", at_most=0.05)["pair"]
        named.add(frozenset(s.to_dict()["group"] for s in pair))

    assert len(named) == 1


@pytest.mark.parametrize("baseline", ["best", "largest", "rest"])
def test_a_label_of_several_is_judged_against_those_without_it_though_it_fares_best(baseline):
    # Of those with y, 300 of 400 are selected; of the others, 100 of 400.
    accents = ["x;y"] * 200 + ["y"] * 200 + ["x"] * 400
    rows = pd.DataFrame({"accent": accents, "prediction": [1, 1, 1, 0] * 100 + [1, 0, 0, 0] * 100})
    schema = Schema(positive=("1",), attributes=(Attribute("accent", separator=";"),))
    rule = Rule("r", "selection_rate", compare="ratio", baseline=baseline, at_least=0.8)
    frame = _judge(count_cells(score(read_results(rows, schema))), rule)
    found = {next(iter(s.to_dict())): (value, v) for s, value, v in frame[["slice", "value", "verdict"]].values}

    assert found["accent: y"] == (pytest.approx(3.0), "fail")


def test_a_correction_by_any_name_is_a_correction():
    groups = selections({"a": (50, 100), "b": (30, 100), "c": (40, 100)})
    frames = [_one(groups, at_most=0.01, correction=c) for c in ("holm", "bh")]

    assert frames[0]["verdict"].tolist() == frames[1]["verdict"].tolist()


def test_calibration_within_groups_is_published_with_its_number():
    rng = np.random.default_rng(4)
    n = 3000
    score = rng.choice([0.15, 0.55, 0.85], n)
    frame = pd.DataFrame({"group": rng.choice(["a", "b"], n), "score": score})
    frame["label"] = (rng.random(n) < score + 0.1 * (frame["group"] == "a")).astype(int)
    rates = frame.groupby(["score", "group"])["label"].mean().unstack()
    rule = Rule("r", criterion="calibration_within_groups", publish=True)
    (found,) = _judge(cube_of(frame, ["group"], {"score": "score"}), rule).to_dict("records")

    assert found["value"] == pytest.approx((rates["a"] - rates["b"]).abs().max())
    assert (found["verdict"], "by group" in found["reason"]) == (None, True)
