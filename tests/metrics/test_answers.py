from __future__ import annotations

import pandas as pd
import pytest

from metrics.answers import find_worst, list_limits, list_limits_briefly, name_baseline, name_slice
from metrics.compare import compare
from metrics.estimate import estimate
from metrics.registry import Metric
from metrics.slices import Slice
from metrics.tasks.binary import ACCURACY, ERROR_RATE, SELECTION_RATE
from tests.metrics.build import cube_of


def rows_of(**wrong_of):
    """Rows with a label of 1 each: of each group (wrong, all) so many predictions are 0."""
    return pd.DataFrame(
        [(g, "1", str(int(i >= wrong))) for g, (wrong, n) in wrong_of.items() for i in range(n)],
        columns=["group", "label", "prediction"],
    )


def worst_of(metric: Metric, kind="difference", baseline="rest", **wrong_of):
    cubes = cube_of(rows_of(**wrong_of), ["group"])
    estimates = estimate(cubes, ["group"], [metric.name])
    pairs = compare(cubes, ["group"], [metric.name], kinds=(kind,), baseline=baseline)
    found = find_worst(pairs, estimates, metric, kind)
    return None if found is None else found["slice"].to_dict()["group"]


@pytest.mark.parametrize("metric", [ERROR_RATE, ACCURACY], ids=lambda m: m.name)
@pytest.mark.parametrize("kind", ["difference", "ratio"])
def test_the_worst_group_is_worst_whichever_way_the_metric_runs(metric, kind):
    assert worst_of(metric, kind, a=(5, 40), b=(20, 40), c=(8, 40)) == "b"


def test_a_group_with_few_rows_is_never_the_worst():
    assert worst_of(ERROR_RATE, a=(5, 40), b=(6, 40), small=(9, 9)) == "b"


def test_the_missing_group_is_never_the_worst():
    frame = rows_of(a=(5, 40), b=(6, 40), gone=(39, 40)).replace({"group": {"gone": None}})
    cubes = cube_of(frame, ["group"])
    found = find_worst(compare(cubes, None, ["error_rate"]), estimate(cubes, None, ["error_rate"]), ERROR_RATE)

    assert found["slice"] == Slice((("group", "b"),))


def test_the_baseline_itself_is_never_the_worst():
    assert worst_of(ERROR_RATE, baseline="group = b", a=(5, 40), b=(20, 40), c=(8, 40)) == "c"


def test_without_a_better_side_the_furthest_group_is_named_of_two_the_smaller():
    assert worst_of(SELECTION_RATE, a=(5, 90), b=(30, 40)) == "b"
    assert worst_of(SELECTION_RATE, a=(80, 90), b=(10, 40)) == "b"


def test_there_is_no_worst_where_nothing_can_be_compared():
    assert worst_of(ERROR_RATE, a=(2, 40)) is None
    assert worst_of(ERROR_RATE, a=(2, 5), b=(3, 5)) is None


def test_tables_without_any_row_have_no_worst_and_no_limits_but_the_lack_of_clusters():
    cubes = cube_of(rows_of(a=(2, 40)), [])
    estimates = estimate(cubes, None, ["error_rate"])

    assert find_worst(compare(cubes, None, ["error_rate"]), estimates, ERROR_RATE) is None
    assert list_limits_briefly(cubes[0], estimates, ERROR_RATE) == ["no cluster column"]


def test_small_groups_groups_without_data_and_missing_ones_are_each_told():
    frame = pd.concat([rows_of(a=(5, 40), b=(2, 9)), pd.DataFrame({"group": ["c", None], "prediction": ["1", "1"]})])
    cubes = cube_of(frame.reset_index(drop=True), ["group"])
    estimates = estimate(cubes, None, ["error_rate"])
    said = list_limits(cubes[0], estimates, ERROR_RATE, 30)

    assert said[0].startswith("1 group has fewer than 30 rows to judge by: group = b.")
    assert said[1] == "2 groups have nothing that this metric could be computed from: group = c; group = (missing)."
    assert said[2].startswith("group is missing in 1 row (2.0 %)")
    assert said[3].startswith("The rows are taken as independent")
    assert len(said) == 4


def test_with_clusters_few_of_them_are_a_reason_and_their_lack_is_none():
    frame = rows_of(a=(5, 40), b=(6, 40)).assign(cluster=[str(i % 5) for i in range(80)])
    cubes = cube_of(frame, ["group"])
    said = list_limits(cubes[0], estimate(cubes, None, ["error_rate"]), ERROR_RATE, 30)

    assert len(said) == 1
    assert said[0].startswith("2 groups have fewer than 30 rows or 10 clusters to judge by: group = a; group = b.")


def test_many_small_groups_are_counted_not_all_named():
    cubes = cube_of(rows_of(**{f"g{i}": (1, 3) for i in range(9)}), ["group"])
    said = list_limits(cubes[0], estimate(cubes, None, ["error_rate"]), ERROR_RATE, 30)

    assert "group = g4 and 4 more." in said[0]


def test_names_are_those_one_says():
    assert name_baseline("overall") == "everyone"
    assert name_slice(Slice((("age", ">= 65"), ("sex", "f")))) == "age >= 65, sex = f"
    assert name_slice(Slice()) == "everyone"
