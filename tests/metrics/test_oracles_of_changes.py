"""Changes between two systems, computed again with numpy and scipy alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from metrics import Schema, System, count_cells, read_results, score
from metrics.changes import compare_gaps, compare_systems
from metrics.estimate import estimate
from tests.metrics.test_changes import count_words, draw, of

Limits = tuple[float, float]


class Moved:
    """The words that the second system adds (or removes) in one slice: rate, variance and limits by speakers."""

    def __init__(self, frame: pd.DataFrame, rows: pd.Series, move: str, rho: float) -> None:
        mine = frame[rows]
        self.words = mine["words"].sum()
        self.rate = mine[move].sum() / self.words
        self.residuals = (mine[move] - self.rate * mine["words"]).groupby(mine["speaker"]).sum()
        self.n = len(self.residuals)
        x = mine.groupby("speaker")["words"].sum()
        within = ((mine[move] - self.rate * mine["words"]) ** 2).sum() / self.words**2
        design = 1 + ((x**2).sum() / (mine["words"] ** 2).sum() - 1) * rho
        own = self.n / (self.n - 1) * (self.residuals**2).sum() / self.words**2
        self.variance = max(own, within * design)
        t = stats.t.ppf(0.975, self.n - 1)
        reach = np.exp(2 * np.arcsinh(t * np.sqrt(self.variance) / (2 * self.rate)))
        self.limits = (self.rate / reach, self.rate * reach)


def pooled_rho(frame: pd.DataFrame, move: str) -> float:
    above = under = 0.0
    for axis in ("accent", "noise"):
        for _, mine in frame.groupby(axis):
            e = mine[move] - mine[move].sum() / mine["words"].sum() * mine["words"]
            by_speaker = e.groupby(mine["speaker"]).sum()
            x = mine.groupby("speaker")["words"].sum()
            n = len(x)
            above += n / (n - 1) * (by_speaker**2).sum() - (e**2).sum()
            under += (e**2).sum() * ((x**2).sum() / (mine["words"] ** 2).sum() - 1)
    return float(np.clip(above / under, 0, 1))


def covariance(one: Moved, two: Moved) -> float:
    both = one.residuals.index.union(two.residuals.index)
    a, b = (side.residuals.reindex(both, fill_value=0) for side in (one, two))
    return float(len(both) / (len(both) - 1) * (a * b).sum() / (one.words * two.words))


def mover(p1: float, one: Limits, p2: float, two: Limits, r: float) -> Limits:
    def reach(a: float, b: float) -> float:
        return float(np.sqrt(a * a + b * b - 2 * r * a * b))

    return p1 - p2 - reach(p1 - one[0], two[1] - p2), p1 - p2 + reach(one[1] - p1, p2 - two[0])


class Change:
    """What is added less what is removed, in one slice."""

    def __init__(self, frame: pd.DataFrame, rows: pd.Series) -> None:
        frame = frame.assign(added=(frame["new"] - frame["old"]).clip(0), removed=(frame["old"] - frame["new"]).clip(0))
        self.added, self.removed = (Moved(frame, rows, m, pooled_rho(frame, m)) for m in ("added", "removed"))
        cov = covariance(self.added, self.removed)
        r = cov / np.sqrt(self.added.variance * self.removed.variance)
        self.value = self.added.rate - self.removed.rate
        self.variance = self.added.variance + self.removed.variance - 2 * cov
        self.limits = mover(self.added.rate, self.added.limits, self.removed.rate, self.removed.limits, r)


@pytest.mark.parametrize(("axis", "level"), [("accent", "a"), ("accent", "b"), ("noise", "quiet")])
def test_a_change_of_word_error_rate_is_as_written_out_in_numpy(axis, level):
    frame = draw(seed=11)
    row = of(
        compare_systems(count_words(frame), "old", "new", [axis], ["word_error_rate"]),
        f"{axis} = {level}",
        "word_error_rate",
    )

    told = Change(frame, frame[axis] == level)
    assert row["value"] == pytest.approx(told.value, abs=1e-12)
    assert (row["low"], row["high"]) == pytest.approx(told.limits, abs=1e-9)


@pytest.mark.parametrize(("axis", "level"), [("accent", "a"), ("noise", "quiet")])
def test_the_change_of_a_gap_is_as_written_out_in_numpy(axis, level):
    """Of noise, every speaker is on both sides; of accent, none is."""
    frame = draw(seed=12)
    found = compare_gaps(count_words(frame), "old", "new", [axis], ["word_error_rate"])
    row = of(found, f"{axis} = {level}", "word_error_rate")

    own, rest = Change(frame, frame[axis] == level), Change(frame, frame[axis] != level)
    cov = (
        covariance(own.added, rest.added)
        - covariance(own.added, rest.removed)
        - covariance(own.removed, rest.added)
        + covariance(own.removed, rest.removed)
    )
    r = cov / np.sqrt(own.variance * rest.variance)
    assert (r == 0) if axis == "accent" else abs(r) > 0.02
    assert (row["low"], row["high"]) == pytest.approx(
        mover(own.value, own.limits, rest.value, rest.limits, r), abs=1e-9
    )


def predictions(columns: dict[str, np.ndarray], schema: Schema):
    return count_cells(score(read_results(pd.DataFrame(columns), schema, by=["group"])))


def two(role: str) -> tuple[System, ...]:
    return tuple(System(name, {role: name}) for name in ("old", "new"))


def test_the_change_of_a_mean_is_the_paired_t_of_any_number_of_units():
    rng = np.random.default_rng(13)
    truth, hard = rng.normal(size=14), rng.normal(size=14)
    old, new = truth + hard + rng.normal(0, 0.2, 14), truth + hard + rng.normal(0.1, 0.2, 14)
    columns = {"group": np.full(14, "a"), "label": truth, "old": old, "new": new}
    schema = Schema(task="regression", columns={"label": "label"}, systems=two("prediction"))

    row = compare_systems(predictions(columns, schema), "old", "new", [], ["mean_error"]).iloc[0]

    paired = stats.ttest_rel(new, old)
    assert row["value"] == pytest.approx((new - old).mean())
    assert row["p"] == pytest.approx(paired.pvalue, rel=1e-6)
    assert (row["low"], row["high"]) == pytest.approx(tuple(paired.confidence_interval()), rel=1e-6)


def test_of_many_utterances_of_one_word_the_change_is_the_paired_t():
    rng = np.random.default_rng(14)
    n = 6_000
    old = rng.random(n) < 0.3
    new = np.where(rng.random(n) < 0.1, rng.random(n) < 0.2, old)
    frame = pd.DataFrame({"speaker": np.arange(n).astype(str), "accent": "a", "noise": "quiet", "words": 1})
    cubes = count_words(frame.assign(old=old.astype(int), new=new.astype(int)))

    found = compare_systems(cubes, "old", "new", [], ["word_error_rate", "sentence_error_rate"])

    paired = stats.ttest_rel(new.astype(float), old.astype(float))
    low, high = paired.confidence_interval()
    for _, row in found.iterrows():
        assert row["value"] == pytest.approx(new.mean() - old.mean())
        assert (row["low"], row["high"]) == pytest.approx((low, high), abs=0.02 * (high - low))
        assert stats.norm.isf(row["p"] / 2) == pytest.approx(abs(paired.statistic), rel=0.05)
        assert row["matched_pairs_p"] == pytest.approx(2 * stats.norm.sf(abs(paired.statistic)), rel=1e-9)


@pytest.mark.parametrize("metric", ["positive_predictive_value", "f1", "false_positive_rate"])
def test_with_many_units_a_change_has_the_error_of_the_delta_method(metric):
    """Also where the systems' denominators differ: sums of both systems, their derivatives by numbers."""
    rng = np.random.default_rng(15)
    n = 20_000
    label, hard = rng.random(n) < 0.4, rng.normal(size=n)
    old, new = (((label - 0.5) * 1.5 + hard + rng.normal(0, 0.4, n) > shift) for shift in (0.1, 0.0))
    columns = {"group": np.full(n, "a"), "label": label * 1, "old": old * 1, "new": new * 1}
    schema = Schema(columns={"label": "label"}, positive=("1",), systems=two("prediction"))

    row = compare_systems(predictions(columns, schema), "old", "new", [], [metric]).iloc[0]

    sums = {
        "positive_predictive_value": lambda said: (said & label, said),
        "false_positive_rate": lambda said: (said & ~label, ~label),
        "f1": lambda said: (2.0 * (said & label), said * 1.0 + label),
    }[metric]
    tops, belows = zip(*(np.array(sums(said), dtype=float) for said in (old, new)), strict=True)
    rates = [top.sum() / below.sum() for top, below in zip(tops, belows, strict=True)]
    e = [(top - rate * below) / below.sum() for top, below, rate in zip(tops, belows, rates, strict=True)]
    error = np.sqrt(((e[1] - e[0]) ** 2).sum())
    assert row["value"] == pytest.approx(rates[1] - rates[0])
    assert (row["high"] - row["low"]) / 2 == pytest.approx(1.96 * error, rel=0.02)
    assert (row["high"] + row["low"]) / 2 == pytest.approx(row["value"], abs=0.1 * error)


def test_first_and_second_are_what_each_system_has_alone():
    cubes = count_words(draw(seed=16))
    found = compare_systems(cubes, "old", "new", ["accent", "noise"])

    for side, system in (("first", "old"), ("second", "new")):
        alone = estimate(cubes.only(system), ["accent", "noise"], list(dict.fromkeys(found["metric"])))
        told = dict(zip(zip(alone["slice"], alone["metric"], strict=True), alone["value"], strict=True))
        assert [told[key] for key in zip(found["slice"], found["metric"], strict=True)] == pytest.approx(
            found[side].tolist()
        )


def test_a_row_that_stands_for_several_units_counts_as_often():
    rng = np.random.default_rng(17)
    short = pd.DataFrame(rng.integers(0, 2, (30, 4)), columns=["group", "label", "old", "new"]).drop_duplicates()
    short["n"] = rng.integers(1, 9, len(short))
    long = short.loc[short.index.repeat(short["n"])].reset_index(drop=True)
    schema = Schema(columns={"label": "label"}, positive=("1",), systems=two("prediction"))
    counted = Schema(columns={"label": "label", "count": "n"}, positive=("1",), systems=two("prediction"))
    cubes = [predictions(dict(long.drop(columns="n")), schema), predictions(dict(short), counted)]

    for ask in (compare_systems, compare_gaps):
        pd.testing.assert_frame_equal(*(ask(c, "old", "new", ["group"]) for c in cubes))


def test_weighted_units_have_the_change_of_their_weighted_shares():
    columns = {
        "group": np.array(list("aaabbb")),
        "label": np.ones(6, dtype=int),
        "old": np.array([1, 0, 0, 1, 1, 0]),
        "new": np.array([1, 1, 0, 1, 0, 0]),
        "w": np.array([1, 2, 3, 1, 1, 2]),
    }
    schema = Schema(columns={"label": "label", "weight": "w"}, positive=("1",), systems=two("prediction"))
    found = compare_systems(predictions(columns, schema), "old", "new", ["group"], ["accuracy"])

    assert of(found, "group = a", "accuracy")["value"] == pytest.approx(3 / 6 - 1 / 6)
    assert of(found, "group = b", "accuracy")["value"] == pytest.approx(1 / 4 - 2 / 4)
    assert found["matched_pairs_p"].isna().all()
