"""The mix against shares from elsewhere: by hand, with intervals, and what is wrong with a table said at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from metrics.coverage import against_shares
from metrics.coverage.shares import SHARE_COLUMNS
from metrics.errors import QuestionError, ResultsError
from metrics.intervals import wilson
from tests.metrics.build import cube_of


def cube_with(groups, axis="sex", **columns):
    frame = pd.DataFrame({axis: groups, "label": "1", "prediction": "1", **columns})
    return cube_of(frame, [axis])[0]


def table(*rows):
    return pd.DataFrame(rows, columns=["axis", "level", "share"])


def test_shares_are_of_the_rows_whose_level_is_known():
    cube = cube_with(["f"] * 10 + ["m"] * 30 + [None] * 60)
    found = against_shares(cube, table(("sex", "f", 0.5), ("sex", "m", 0.5)))

    assert list(found.columns) == SHARE_COLUMNS
    assert found["units"].tolist() == [10, 30]
    assert found["share"].tolist() == [0.25, 0.75]
    assert found["difference"].tolist() == [-0.25, 0.25]
    np.testing.assert_allclose(found[["low", "high"]].iloc[0], wilson(10, 40) - 0.5)
    assert found["needed"].tolist() == [20, 0]  # 30 of 60


def test_a_level_that_only_the_table_has_and_one_that_only_the_file_has_are_both_there():
    cube = cube_with(["f"] * 10 + ["m"] * 30)
    found = against_shares(cube, table(("sex", "f", 0.6), ("sex", "diverse", 0.4)))

    assert found["level"].tolist() == ["f", "m", "diverse"]
    assert found["units"].tolist() == [10, 30, 0]
    assert found["expected"].tolist()[::2] == [0.6, 0.4]
    assert np.isnan(found.loc[1, ["expected", "difference", "low", "high", "needed"]].astype(float)).all()
    assert found["high"].iloc[2] < 0


def test_levels_match_as_numbers_and_but_for_case():
    cube = cube_with(["1", "2", "Yes"])
    found = against_shares(cube, table(("sex", "1.0", 0.5), ("sex", "2", 0.25), ("sex", "yes", 0.25)))

    assert found["level"].tolist() == ["1", "2", "Yes"]


def test_several_axes_are_told_one_after_another():
    frame = pd.DataFrame({"sex": list("fm") * 5, "age": list("ab") * 5, "label": "1", "prediction": "1"})
    found = against_shares(
        cube_of(frame, ["sex", "age"])[0], table(("age", "a", 0.5), ("sex", "f", 1), ("age", "b", 0.5), ("sex", "m", 0))
    )

    assert found["axis"].tolist() == ["age", "age", "sex", "sex"]
    assert np.isnan(found["needed"].iloc[2])  # no number of them alone makes all


def test_with_clusters_the_interval_is_by_clusters():
    """Twelve people of one sex each, with ten rows each, tell no more than twelve rows; their rows alone 120."""
    groups = ["f"] * 40 + ["m"] * 80
    alone = against_shares(cube_with(groups), table(("sex", "f", 0.5), ("sex", "m", 0.5)))
    clusters = [f"c{i // 10}" for i in range(120)]
    found = against_shares(cube_with(groups, cluster=clusters), table(("sex", "f", 0.5), ("sex", "m", 0.5)))

    assert found["share"].tolist() == alone["share"].tolist()
    wider = (found["high"] - found["low"]) / (alone["high"] - alone["low"])
    assert (wider > np.sqrt(8)).all()  # as many effective rows as clusters, and Student's quantile


def test_every_level_of_clusters_of_one_row_has_nearly_the_plain_interval():
    groups = ["f"] * 40 + ["m"] * 80
    alone = against_shares(cube_with(groups), table(("sex", "f", 0.5), ("sex", "m", 0.5)))
    found = against_shares(
        cube_with(groups, cluster=[f"c{i}" for i in range(120)]), table(("sex", "f", 0.5), ("sex", "m", 0.5))
    )

    np.testing.assert_allclose(found["low"], alone["low"], atol=0.002)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("sx", "f", 0.5), ("sx", "m", 0.5)], "Did you mean 'sex'"),
        ([("sex", "femal", 0.5), ("sex", "male", 0.5)], "Did you mean 'female'"),
    ],
)
def test_what_looks_misspelled_is_asked_back(rows, said):
    with pytest.raises(QuestionError, match=said):
        against_shares(cube_with(["female", "male"]), table(*rows))


def test_a_level_that_means_the_same_twice_is_refused():
    with pytest.raises(QuestionError, match="'F' of 'sex' twice"):
        against_shares(cube_with(["F", "m"]), table(("sex", "F", 0.5), ("sex", "f", 0.25), ("sex", "m", 0.25)))


def test_a_table_of_a_line_a_person_is_refused_before_it_is_matched():
    lines = 50_000
    shares = table(*(("sex", f"person {i}", 1 / lines) for i in range(lines)))
    with pytest.raises(ResultsError, match="has 50,000 lines, of at most 2,000"):
        against_shares(cube_with(["f"]), shares)


def test_a_table_of_as_many_lines_as_are_allowed_is_matched_in_full():
    levels = [f"level {i}" for i in range(2_000)]
    found = against_shares(cube_with(levels), table(*(("sex", level.upper(), 1 / 2_000) for level in levels)))

    assert sorted(found["level"]) == sorted(levels)
    assert (found["expected"] == 1 / 2_000).all()


def test_everything_wrong_with_a_table_is_said_at_once():
    with pytest.raises(ResultsError) as caught:
        against_shares(cube_with(["f"]), table(("sex", "f", 0.5), ("sex", "f", -0.1), ("age", "a", np.nan)))

    said = str(caught.value)
    assert "level 'f' of 'sex' has the share -0.1" in said
    assert "axis 'sex' names 'f' twice" in said
    assert "axis 'sex' has shares that add up to 0.4" in said
    assert "level 'a' of 'age' has no share" in said


@pytest.mark.parametrize(("total", "fits"), [(0.992, True), (1.009, True), (0.98, False), (1.02, False)])
def test_shares_that_were_rounded_may_miss_one_by_a_hundredth(total, fits):
    shares = table(("sex", "f", 0.5), ("sex", "m", total - 0.5))
    if fits:
        against_shares(cube_with(["f", "m"]), shares)
    else:
        with pytest.raises(ResultsError, match=r"add up to 1 \(within 0\.01\)"):
            against_shares(cube_with(["f", "m"]), shares)


def test_the_adjusted_p_is_holms_of_the_score_test_that_wilsons_interval_turns_round():
    counts, expected = {"a": 30, "b": 50, "c": 120}, [0.25, 0.25, 0.5]
    cube = cube_with([level for level, n in counts.items() for _ in range(n)])
    found = against_shares(cube, table(*(("sex", level, x) for level, x in zip(counts, expected, strict=True))))

    p = [proportion_test(n, x, 200) for n, x in zip(counts.values(), expected, strict=True)]
    assert found["p_adjusted"].tolist() == pytest.approx([3 * p[0], 1, 2 * p[2]])


def proportion_test(n: int, expected: float, total: int) -> float:
    return float(chisquare([n, total - n], [expected * total, (1 - expected) * total]).pvalue)


def test_two_levels_are_one_test_that_agrees_with_the_interval():
    cube = cube_with(["f"] * 80 + ["m"] * 120)
    for share in np.linspace(0.3, 0.5, 41):
        found = against_shares(cube, table(("sex", "f", share), ("sex", "m", 1 - share)))
        assert found["p_adjusted"].iloc[0] == pytest.approx(found["p_adjusted"].iloc[1])
        outside = (found["low"] > 0) | (found["high"] < 0)
        assert (outside == (found["p_adjusted"] <= 0.05)).all()
    clusters = cube_with(["f"] * 80 + ["m"] * 120, cluster=[f"c{i // 10}" for i in range(200)])
    for share in np.linspace(0.1, 0.9, 41):
        found = against_shares(clusters, table(("sex", "f", share), ("sex", "m", 1 - share)))
        assert (((found["low"] > 0) | (found["high"] < 0)) == (found["p_adjusted"] <= 0.05)).all()


def test_a_level_that_nobody_expects_or_that_alone_is_expected_has_its_p():
    found = against_shares(cube_with(["f"] * 10), table(("sex", "f", 1), ("sex", "m", 0)))
    assert found["p_adjusted"].tolist() == [1, 1]

    found = against_shares(cube_with(["f"] * 10 + ["m"]), table(("sex", "f", 1), ("sex", "m", 0)))
    assert found["p_adjusted"].tolist() == [0, 0]
    unknown = against_shares(cube_with(["f"] * 10 + ["m"]), table(("sex", "f", 1)))
    assert np.isnan(unknown["p_adjusted"].iloc[1])
