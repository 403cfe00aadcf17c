"""Limits of parts: against the jackknife, which knows no formula, and against the truth in simulated sets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.coverage_decomposition import CROSS, CROSSED, FAR, RARE, SIX, SPREAD, THREE, Sets, simulate_parts
from metrics.intervals import quantile
from metrics.two_sets import cells
from metrics.two_sets.decomposition import decompose, decompose_levels
from tests.metrics.two_sets.made import chance_rows, selected, sets_of


def jackknife(here: pd.DataFrame, there: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """Return the variance of each part on either side, leaving out a unit (or a whole cluster) at a time."""

    def values(one: pd.DataFrame, two: pd.DataFrame) -> pd.Series:
        return decompose(sets_of(one, two, ["x", "y"]), [by], ["error_rate"]).set_index("part")["value"]

    variances = []
    for side, frame in enumerate((here, there)):
        groups = frame["cluster"] if "cluster" in frame else pd.Series(np.arange(len(frame)), index=frame.index)
        left = [frame[groups != one] for one in groups.unique()]
        found = pd.DataFrame([values(f, there) if side == 0 else values(here, f) for f in left])
        n = len(found)
        variances.append((n - 1) / n * ((found - found.mean()) ** 2).sum())
    return pd.concat(variances, axis=1, keys=["reference", "customer"])


@pytest.mark.parametrize("clusters", [0, 25])
@pytest.mark.parametrize("by", [("x",), ("x", "y")])
def test_the_reach_of_a_part_is_that_of_the_jackknife(clusters, by, monkeypatch):
    # Without what small levels borrow: that has no place in a jackknife.
    monkeypatch.setattr(cells, "_BORROWED", 0)
    # Levels large enough that leaving out a unit (or a cluster) empties none.
    merged = {"x": {"c": "a", "d": "b"}}
    here, there = (chance_rows(seed, n, clusters, missing=0).replace(merged) for seed, n in ((3, 100), (8, 80)))
    for frame in (here, there):
        assert frame.groupby(["x", "y"]).size().min() >= 5

    found = decompose(sets_of(here, there, ["x", "y"]), [by], ["error_rate"]).set_index("part")
    expected = jackknife(here, there, by)

    df = [f["cluster"].nunique() - 1 if clusters else np.inf for f in (here, there)]
    q = quantile(0.05, np.array(df, float))
    reach = np.sqrt((expected.to_numpy() * q**2).sum(axis=1))
    for part, one in zip(expected.index, reach, strict=True):
        if part.startswith("mix"):
            half = (found.loc[part, "high"] - found.loc[part, "low"]) / 2
            # The design effect that the whole file lends makes it wider, never narrower.
            assert (0.97 if clusters else 0.93) * one <= half <= (1.4 if clusters else 1.07) * one


def test_many_levels_with_clusters_give_the_limits_that_few_would(monkeypatch):
    here, there = (chance_rows(seed, 200, 15) for seed in (1, 2))
    sets = [sets_of(here, there, ["x", "y"]) for _ in range(2)]

    expected = decompose(sets[0], [("x", "y")])
    monkeypatch.setattr(cells, "_MOST_CROSSED", 0)

    pd.testing.assert_frame_equal(decompose(sets[1], [("x", "y")]), expected, rtol=1e-9)


def test_clusters_within_levels_and_over_them_are_told_by_the_same_sums(monkeypatch):
    # Blocks of two clusters instead of all at once.
    here, there = (chance_rows(seed, 200, 15) for seed in (1, 2))
    expected = decompose(sets_of(here, there, ["x", "y"]), ["x"])

    monkeypatch.setattr(cells, "_DENSE", 20)

    pd.testing.assert_frame_equal(decompose(sets_of(here, there, ["x", "y"]), ["x"]), expected, rtol=1e-9)


def test_what_does_not_vary_has_no_limits():
    # Nobody is selected anywhere: mix and rates are 0, for all that the shares differ.
    sets = sets_of(selected(a=(0, 30), b=(0, 10)), selected(a=(0, 10), b=(0, 40)), ["group"])

    found = decompose(sets, ["group"], ["selection_rate"]).set_index("part")

    assert found.loc["mix", ["value"]].tolist() == [0]
    assert found.loc["mix", ["low", "high"]].isna().all()
    # Of 40 and 50 units without one, nobody knows that there are none.
    assert found.loc["rates", "low"] < -0.05
    assert found.loc["rates", "high"] > 0.05


def test_one_cluster_a_side_tells_nothing():
    here, there = (chance_rows(seed, 40, 1, missing=0) for seed in (1, 2))

    found = decompose(sets_of(here, there, ["x", "y"]), ["x"], ["error_rate"])

    assert found["value"].notna().all()
    assert found[["low", "high"]].isna().all(axis=None)


def test_the_bar_of_a_level_is_as_sure_as_its_change():
    sets = sets_of(selected(a=(40, 80), b=(10, 20)), selected(a=(10, 40), b=(12, 60)), ["group"])

    bars = decompose_levels(sets, "group", "selection_rate")

    rates = bars[bars["part"] == "rates"]
    # Both fell clearly, by .25 and .3, and so did their bars.
    assert (rates["high"] < 0).all()
    assert (rates["low"] < rates["value"]).all()


CLUSTERS = (60, 20)


@pytest.mark.parametrize(
    "sets",
    [
        Sets("far apart", THREE, FAR, (300, 100)),
        Sets("rare", THREE, RARE, (300, 150)),
        Sets("small levels", SIX, SPREAD, (600, 150)),
        Sets("two attributes", CROSS, CROSSED, (500, 200), (2, 3)),
        Sets("words", THREE, FAR, (200, 80), words=True),
        Sets("words of speakers", THREE, FAR, (600, 200), words=True, clusters=CLUSTERS),
        Sets("clusters over all levels", THREE, FAR, (600, 200), clusters=CLUSTERS, unequal=True, spanning=True),
    ],
    ids=lambda sets: sets.title,
)
def test_intervals_hold_the_true_parts_about_as_often_as_they_say(sets):
    found = simulate_parts(sets, runs=150)

    # Of 150 runs at 95 %, 88 % and fewer are seen once in a thousand times.
    assert found.min() >= 0.88
    assert found[["mix", "rates", "total"]].mean() <= 0.995
