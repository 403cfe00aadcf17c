"""Verdicts of one system against another: what they look at, whom they leave unjudged, and that they are honest."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks.false_wins import simulate_shares, simulate_speakers
from metrics import Cubes, Schema, System, compare_systems, count_cells, judge_systems, read_results, score
from metrics.errors import QuestionError
from metrics.intervals import difference_limits, share_limits
from metrics.schema import Attribute
from tests.metrics.test_changes import count_words, draw

Cells = Mapping[str, tuple[int, int, int, int]]
# Units that are right under both, under the old only, under the new only, under neither.
MIXED: Cells = {"a": (60, 4, 36, 0), "b": (50, 30, 5, 15), "c": (80, 6, 5, 9), "d": (8, 1, 1, 0)}


def cells_of(groups: Cells, **schema: object) -> Cubes:
    """Return the cubes of two systems from four counts a group; every label is 1."""
    frame = pd.DataFrame(
        [
            {"group": group, "label": "1", "old": int(kind < 2), "new": int(kind % 2 == 0), "n": count}
            for group, counts in groups.items()
            for kind, count in enumerate(counts)
            if count
        ]
    )
    return cubes_of(frame, ["group"], columns={"label": "label", "count": "n"}, **schema)


def cubes_of(frame: pd.DataFrame, by: list[str], names: tuple[str, ...] = ("old", "new"), **schema: object) -> Cubes:
    systems = tuple(System(name, {"prediction": name}) for name in names)
    whole = Schema(**{"columns": {"label": "label"}, "positive": ("1",), "systems": systems, **schema})
    return count_cells(score(read_results(frame, whole, by=by)))


def verdicts_of(cubes: Cubes, metric: str = "accuracy", **asked: object) -> pd.DataFrame:
    found = judge_systems(cubes, "old", "new", ["group"], [metric], **asked)
    return found.set_index(found["slice"].map(str))


def test_who_is_helped_wins_who_is_harmed_loses_and_of_the_others_nothing_is_said():
    found = verdicts_of(cells_of(MIXED))

    assert found["verdict"].to_dict() == {
        "everyone": "cannot tell",
        "group = b": "loss",
        "group = c": "cannot tell",
        "group = d": "cannot tell",
        "group = a": "win",
    }
    assert found.loc["group = a", ["added", "removed", "units"]].tolist() == [36, 4, 100]


def test_of_an_error_rate_the_same_rows_have_the_same_verdicts():
    right, wrong = (verdicts_of(cells_of(MIXED), metric) for metric in ("accuracy", "error_rate"))

    assert right["verdict"].to_dict() == wrong["verdict"].to_dict()
    assert list(right.index) == list(wrong.index)
    np.testing.assert_allclose(right["p_adjusted"], wrong["p_adjusted"])


def test_everyone_stands_first_then_those_that_lose_the_worst_of_them_on_top():
    found = verdicts_of(cells_of({**MIXED, "e": (40, 55, 2, 3)}))

    assert list(found.index[:3]) == ["everyone", "group = e", "group = b"]
    assert found["verdict"].iloc[-1] == "win"


def test_the_interval_is_wilsons_of_what_is_added_and_removed_put_together_by_their_covariance():
    found = verdicts_of(cells_of(MIXED), correction="none").loc["group = b"]

    added, removed, n = 5 / 100, 30 / 100, 100
    r = -added * removed / np.sqrt(added * (1 - added) * removed * (1 - removed))  # a unit cannot do both
    limits = (share_limits(p, n, stats.norm.ppf(0.975)) for p in (added, removed))
    low, high = difference_limits(added, *next(limits), removed, *next(limits), r)
    assert (found["low"], found["high"]) == pytest.approx((float(low), float(high)))
    assert (found["adjusted_low"], found["adjusted_high"]) == (found["low"], found["high"])


def test_the_change_and_its_plain_interval_are_those_of_the_comparison():
    for cubes in (cells_of(MIXED), count_words(draw(seed=3))):
        asked = (cubes, "old", "new", None, None)
        judged, compared = (ask(*asked) for ask in (judge_systems, compare_systems))

        columns = ["first", "second", "value", "low", "high", "p", "units", "left_out", "clusters", "status"]
        keys = [judged["slice"].map(str), judged["metric"]], [compared["slice"].map(str), compared["metric"]]
        one, two = (
            t.set_index(pd.MultiIndex.from_arrays(k))[columns] for t, k in zip((judged, compared), keys, strict=True)
        )
        pd.testing.assert_frame_equal(one.sort_index(), two.sort_index(), check_names=False)


def test_the_family_is_all_slices_of_the_metric_whatever_their_attribute_and_everyone_apart():
    rng = np.random.default_rng(1)
    n = 900
    frame = pd.DataFrame({"group": rng.choice(list("ab"), n), "place": rng.choice(list("xyz"), n), "label": "1"})
    frame["old"] = rng.integers(0, 2, n)
    frame["new"] = np.where(rng.random(n) < 0.8, frame["old"], 1)
    found = judge_systems(cubes_of(frame, ["group", "place"]), "old", "new", None, ["accuracy"])

    everyone = np.array([not s.levels for s in found["slice"]])
    p = found.loc[~everyone, "p"].to_numpy()
    order = np.argsort(p)
    holm = np.minimum(np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]), 1)
    np.testing.assert_allclose(found.loc[~everyone, "p_adjusted"].to_numpy()[order], holm)
    assert found.loc[everyone, "p_adjusted"].tolist() == found.loc[everyone, "p"].tolist()


def test_slices_of_the_same_rows_are_one_test():
    frame = pd.DataFrame({"group": list("aabb") * 50, "twin": list("xxyy") * 50, "label": "1"})
    frame["old"], frame["new"] = [0, 1, 0, 1] * 50, [1, 1, 0, 1] * 50
    alone, both = (
        judge_systems(cubes_of(frame, by), "old", "new", None, ["accuracy"]).set_index("slice")
        for by in (["group"], ["group", "twin"])
    )

    for cell, row in alone.iterrows():
        assert both.loc[[cell], "p_adjusted"].iloc[0] == pytest.approx(row["p_adjusted"], nan_ok=True)


def test_a_verdict_and_its_adjusted_p_never_disagree():
    found = pd.concat([judge_systems(count_words(draw(seed)), "old", "new") for seed in range(3)])
    tested = found[(found["status"] == "ok") & found["metric"].isin(["word_error_rate", "sentence_error_rate"])]

    assert ((tested["verdict"] != "cannot tell") == (tested["p_adjusted"] <= 0.05)).all()
    assert tested["verdict"].nunique() > 1


def test_swapping_the_systems_swaps_wins_and_losses():
    cubes = cells_of(MIXED)
    there, back = (
        judge_systems(cubes, *names, ["group"], ["accuracy"]).set_index("slice")
        for names in (("old", "new"), ("new", "old"))
    )

    turned = {"win": "loss", "loss": "win", "cannot tell": "cannot tell"}
    assert {s: turned[v] for s, v in there["verdict"].items()} == back["verdict"].to_dict()
    assert there["mcnemar_p"].to_dict() == back["mcnemar_p"].to_dict()
    assert there["added"].to_dict() == back["removed"].to_dict()


def test_mcnemars_p_is_of_the_units_that_changed_in_the_metrics_own_denominator():
    found = verdicts_of(cells_of(MIXED), "true_positive_rate")

    binomial = stats.binom(35, 0.5)
    assert found.loc["group = b", "mcnemar_p"] == pytest.approx(2 * binomial.cdf(5) - binomial.pmf(5))
    assert found.loc["group = c", "mcnemar_p"] == pytest.approx(1 - stats.binom(11, 0.5).pmf(5))  # 5 against 6


def test_mcnemars_p_is_not_told_where_it_would_be_wrong():
    words = judge_systems(count_words(draw(seed=4)), "old", "new", [], ["word_error_rate", "sentence_error_rate"])
    precision = verdicts_of(cells_of(MIXED), "positive_predictive_value")
    frame = pd.DataFrame({"group": "a", "label": 1, "old": [0, 1] * 40, "new": 1, "w": [1.0, 2.0] * 40})
    weighted = verdicts_of(cubes_of(frame, ["group"], columns={"label": "label", "weight": "w"}))

    assert words["mcnemar_p"].isna().all()  # speakers are the sample; and edits are no share of words
    assert precision["mcnemar_p"].isna().all() and precision["added"].isna().all()  # other units are predicted
    assert weighted["mcnemar_p"].isna().all()


def test_of_a_metric_without_a_better_side_nobody_wins_until_it_is_said_what_is_good():
    silent, said = (verdicts_of(cells_of(MIXED, **more), "selection_rate") for more in ({}, {"favourable": "positive"}))
    turned = verdicts_of(cells_of(MIXED, favourable="negative"), "selection_rate")

    assert set(silent["verdict"]) == {"cannot tell"} and silent["units_needed"].isna().all()
    assert "neither side is better" in silent.loc["group = a", "reason"]
    assert (said.loc["group = a", "verdict"], turned.loc["group = a", "verdict"]) == ("win", "loss")


def test_a_system_that_answers_everybody_alike_wins_nothing():
    frame = pd.DataFrame({"group": list("ab") * 100, "label": [1, 1, 0, 0] * 50, "old": [1, 0, 1, 0] * 50, "new": 0})
    cubes = cubes_of(frame, ["group"])
    there = verdicts_of(cubes, "false_positive_rate")
    back = judge_systems(cubes, "new", "old", ["group"], ["false_positive_rate"])
    missed = verdicts_of(cubes, "true_positive_rate")

    assert set(there["verdict"]) == set(back["verdict"]) == {"cannot tell"}
    assert all("new answers everybody alike" in r for r in [*there["reason"], *back["reason"]] if "alike here" not in r)
    assert missed.loc["group = a", "verdict"] == "loss"  # that it harms is told all the same


def test_few_units_are_not_judged_and_no_part_of_the_family():
    found = verdicts_of(cells_of(MIXED))
    without = verdicts_of(cells_of({g: c for g, c in MIXED.items() if g != "d"}))

    assert found.loc["group = d", "reason"].startswith("Too few to judge by: 10 of at least 30 units.")
    assert isnan(found.loc["group = d", "p_adjusted"]) and isnan(found.loc["group = d", "adjusted_low"])
    assert found.loc["group = c", "p_adjusted"] == pytest.approx(without.loc["group = c", "p_adjusted"])


def test_so_many_more_units_would_tell_and_one_less_would_not():
    """At z + 0.84 and rates as they are; the group is alone in its family."""
    found = verdicts_of(cells_of({"a": (60, 10, 17, 13)})).loc["group = a"]
    needed = found["units_needed"]
    q = stats.norm.ppf(0.975) + 0.8416212335729143

    def clear(n: float) -> bool:
        r = -0.17 * 0.10 / np.sqrt(0.17 * 0.83 * 0.10 * 0.90)
        low, _ = difference_limits(0.17, *share_limits(0.17, n, q), 0.10, *share_limits(0.10, n, q), r)
        return bool(low > 0)

    assert found["verdict"] == "cannot tell" and needed == int(needed) > 0
    assert clear(100 + needed) and not clear(100 + needed - 1)
    assert f"{round(needed, -1):,.0f} more units of this group" in found["reason"]


def test_of_two_that_fare_alike_no_number_of_units_would_tell():
    found = verdicts_of(cells_of({"a": (60, 10, 10, 20), "b": (40, 2, 20, 0)})).loc["group = a"]

    assert found["verdict"] == "cannot tell" and isnan(found["units_needed"])
    assert found["reason"].startswith("Both fare alike here")


def test_among_clusters_more_clusters_would_tell():
    found = judge_systems(count_words(draw(seed=2)), "old", "new", ["noise"], ["sentence_error_rate"])
    unsure = found[found["verdict"] == "cannot tell"]

    assert len(unsure) and unsure["reason"].str.contains("clusters").all()


def test_the_labels_of_several_in_a_cell_are_judged_without_those_who_lack_them():
    frame = pd.DataFrame(
        {"group": ["a;b", "a", "b", "c"] * 60, "label": "1", "old": [0, 1, 0, 1] * 60, "new": [1, 1, 0, 1] * 60}
    )
    cubes = cubes_of(frame, [], attributes=(Attribute("group", separator=";"),))
    found = judge_systems(cubes, "old", "new", None, ["accuracy"])

    assert {str(s) for s in found["slice"]} == {"everyone", *(f"`group: {x}` = yes" for x in "abc")}


def test_what_cannot_be_asked_is_said():
    cubes = cells_of(MIXED)

    with pytest.raises(QuestionError, match="new"):
        judge_systems(cubes, "old", "newer")
    with pytest.raises(QuestionError, match="holm or none"):
        judge_systems(cubes, "old", "new", correction="bh")  # type: ignore[arg-type]
    with pytest.raises(QuestionError, match="unit by unit"):
        judge_systems(cubes, "old", "new", None, ["roc_auc"])


def test_where_both_are_equally_good_5_files_in_100_at_most_have_a_false_verdict():
    """Of ten groups of 40, half of the units changing; the whole table is in docs/decisions/paired-systems.md."""
    found = simulate_shares(10, 40, 0.5, 0.9, runs=80)

    assert found.groups <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 80)
    assert found.overall <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 80)
    assert found.beaten == 0


def test_among_speakers_too():
    found = simulate_speakers(3, 12, 6, runs=40)

    assert found.groups <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 40)
    assert found.beaten == 0
