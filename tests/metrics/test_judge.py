"""Verdicts: the published examples, and what a policy must never say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.cube import Cubes, count_cells
from metrics.errors import QuestionError, ResultsError
from metrics.exclusions import policy_findings
from metrics.judge import COLUMNS, judge, judge_rules
from metrics.policy import Policy, Rule
from metrics.results import read_results
from metrics.schema import Attribute, Schema
from metrics.scored import score
from metrics.slices import Slice
from tests.metrics.build import cube_of, selections, transcripts
from tests.metrics.vectors import examples, number

CLOSE = {"abs": 1e-6}
_AGAINST = ("difference", "not_by_this_group_alone")  # the others: tests/metrics/test_units_needed.py
TOLD = ("value", "low", "high", "adjusted_low", "adjusted_high")


def _judge(cubes: Cubes, metric: str = "selection_rate", **rule) -> pd.DataFrame:
    return judge(cubes, Policy("p", (Rule("r", metric, **rule),)))


def _rule(frame: pd.DataFrame, rule: Rule | None = None) -> str | None:
    return judge_rules(frame, Policy("p", (rule or Rule("r", "selection_rate"),)))["verdict"].iloc[0]


def _of(frame: pd.DataFrame, level: str, axis: str = "group") -> pd.Series:
    return frame[frame["slice"] == Slice(((axis, level),))].iloc[0]


# -- the published examples ----------------------------------------------------------------------


@pytest.mark.parametrize("vector", [v for v in examples("verdict") if "four_fifths" not in v.id])
def test_a_slice_is_judged_by_its_plain_and_its_adjusted_interval(vector):
    given, expected = vector["input"], vector["expected"]
    groups = {g: (n["top"], n["below"]) for g, n in given["groups"].items()}
    rule = {key: given[key] for key in ("compare", "baseline", "at_most", "confidence", "min_units") if key in given}
    frame = _judge(selections(groups), **rule)

    for slice_ in expected["slices"]:
        found = _of(frame, slice_["slice"])
        assert found["verdict"] == slice_["verdict"]
        for name in TOLD:
            if name in slice_:
                assert found[name] == pytest.approx(slice_[name], **CLOSE), (slice_["slice"], name)
    assert _rule(frame) == expected["rule"]


@pytest.mark.parametrize("vector", [v for v in examples("verdict") if "four_fifths" in v.id])
def test_a_limit_on_a_ratio_holds_for_its_inverse_too(vector):
    given, expected = vector["input"], vector["expected"]
    groups = {g: (given[f"{p}top"], given[f"{p}below"]) for g, p in (("a", ""), ("b", "baseline_"))}
    found = _of(_judge(selections(groups), compare="ratio", at_least=given["at_least"]), "a")

    for name in ("value", "low", "high", "at_least", "at_most"):
        assert number(found[name]) == pytest.approx(expected[name], **CLOSE), name
    assert found["verdict"] == expected["verdict"]


@pytest.mark.parametrize("vector", examples("spread_verdict"))
def test_a_spread_is_judged_pair_by_pair_and_names_the_one_that_decides(vector):
    given, expected = vector["input"], vector["expected"]
    groups = {g: (n["top"], n["below"]) for g, n in given["groups"].items()}
    frame = _judge(selections(groups), compare="spread", at_most=given["at_most"])

    (found,) = frame.to_dict("records")
    pair = [s.to_dict()["group"] for s in found["pair"]]
    told = next(p for p in expected["pairs"] if sorted(p["pair"]) == sorted(pair))
    sign = 1 if told["pair"] == pair else -1
    for low, high in (("low", "high"), ("adjusted_low", "adjusted_high")):
        ends = sorted((sign * told[low], sign * told[high]))
        assert [found[low], found[high]] == pytest.approx(ends, **CLOSE)
    assert found["verdict"] == told["verdict"] == expected["rule"]
    assert _rule(frame) == expected["rule"]


@pytest.mark.parametrize("vector", [v for v in examples("units_needed") if v.id.split(".")[1] in _AGAINST])
def test_undecided_says_how_many_more_units_would_decide(vector):
    given, expected = vector["input"], vector["expected"]
    groups = {"a": (given["top"], given["below"]), "b": (given["baseline_top"], given["baseline_below"])}
    found = _of(_judge(selections(groups), compare=given["compare"], at_most=given["at_most"]), "a")

    assert number(found["units_needed"]) == expected["more"]


# -- what a policy must never say ----------------------------------------------------------------


def test_the_columns_are_those_of_the_contract():
    assert list(_judge(selections({"a": (9, 60), "b": (30, 240)}), at_most=0.1).columns) == COLUMNS


def test_too_few_units_are_undecided_however_bad_they_look():
    found = _of(_judge(selections({"a": (20, 20), "b": (0, 400)}), at_most=0.1), "a")

    assert found["verdict"] == "undecided"
    assert "20 of at least 30 units" in found["reason"]


def test_too_few_units_are_undecided_however_good_they_look():
    found = _of(_judge(selections({"a": (0, 29), "b": (0, 400)}), "selection_rate", at_most=0.5), "a")

    assert found["verdict"] == "undecided"


def test_a_slice_with_too_few_units_asks_for_at_least_the_minimum():
    found = _of(_judge(selections({"a": (0, 10), "b": (5, 400)}), compare="value", at_most=0.9), "a")

    assert found["units_needed"] == 20


@pytest.mark.parametrize("prediction", [0, 1])
@pytest.mark.parametrize("rule", [{"at_most": 0.05}, {"compare": "spread", "at_most": 0.05}])
def test_a_constant_predictor_earns_no_pass(prediction, rule):
    frame = pd.DataFrame({"label": [0, 1] * 2000, "prediction": prediction, "group": ["a"] * 2000 + ["b"] * 2000})
    found = _judge(cube_of(frame, ["group"]), "true_positive_rate", **rule)

    assert set(found["verdict"]) == {"undecided"}
    assert found["reason"].str.contains("answers everybody alike").all()


def test_a_constant_class_and_a_constant_number_earn_no_pass_either():
    groups = ["a"] * 500 + ["b"] * 500
    classes = pd.DataFrame({"label": ["x", "y"] * 500, "prediction": "x", "group": groups})
    numbers = pd.DataFrame({"label": [1.0, 2.0] * 500, "prediction": 1.5, "group": groups})
    of_classes = _judge(cube_of(classes, ["group"], positive=()), "accuracy", at_most=0.2)
    of_numbers = _judge(cube_of(numbers, ["group"], task="regression"), "mean_absolute_error", at_most=0.2)

    assert set(of_classes["verdict"]) == set(of_numbers["verdict"]) == {"undecided"}


def test_a_transcriber_that_says_nothing_earns_no_pass():
    frame = pd.DataFrame({"reference": ["one two"] * 200, "hypothesis": "", "group": ["a"] * 100 + ["b"] * 100})
    found = _judge(transcripts(frame, ["group"]), "word_error_rate", at_most=0.2)

    assert set(found["verdict"]) == {"undecided"}


def test_a_constant_predictor_can_fail():
    frame = pd.DataFrame({"label": ([1] * 9 + [0]) * 50 + ([1] + [0] * 9) * 50, "prediction": 1})
    found = _judge(cube_of(frame.assign(group=["a"] * 500 + ["b"] * 500), ["group"]), "accuracy", at_most=0.1)

    assert set(found["verdict"]) == {"fail"}


def test_what_grows_by_chance_alone_gets_no_verdict():
    rng = np.random.default_rng(1)
    score = rng.random(2000)
    frame = pd.DataFrame({"score": score, "label": (rng.random(2000) < score).astype(int)})
    frame = frame.assign(group=["a"] * 1000 + ["b"] * 1000)
    found = _judge(cube_of(frame, ["group"], {"score": "score"}), "expected_calibration_error", at_most=0.9)

    assert set(found["verdict"]) == {"undecided"}
    assert found["reason"].str.contains("noise floor").all()


def test_the_baseline_gets_no_verdict_of_its_own():
    frame = _judge(selections({"a": (30, 60), "b": (24, 80), "c": (10, 100)}), baseline="group = a", at_most=0.1)

    assert [str(s) for s in frame["slice"]] == ["group = b", "group = c"]


def test_a_missing_group_is_judged_like_any_other_and_part_of_no_pair():
    rows = [(g, int(i < k)) for g, k, n in (("a", 40, 100), ("b", 42, 100), (None, 90, 100)) for i in range(n)]
    cubes = cube_of(pd.DataFrame(rows, columns=["group", "prediction"]), ["group"])
    slices = _judge(cubes, at_most=0.1)
    pairs = _judge(cubes, compare="spread", at_most=0.4)

    assert _of(slices, "(missing)")["verdict"] == "fail"
    assert pairs["verdict"].tolist() == ["pass"]
    assert "(missing)" in pairs["reason"].iloc[0]


def test_a_policy_that_yields_nothing_is_no_pass():
    assert _rule(_judge(selections({"a": (0, 0), "b": (0, 0)}), at_most=0.1)) == "no data"


def test_each_system_is_judged_on_its_own():
    frame = pd.DataFrame({"label": [1] * 800, "prediction": ([1] * 9 + [0]) * 80, "group": ["a"] * 400 + ["b"] * 400})
    frame = pd.concat([frame.assign(system="fair"), frame.assign(system="unfair")], ignore_index=True)
    frame.loc[(frame["system"] == "unfair") & (frame["group"] == "b"), "prediction"] = [1, 0] * 200
    both = _judge(cube_of(frame, ["group"]), "true_positive_rate", at_most=0.2)
    one = _judge(cube_of(frame, ["group"]), "true_positive_rate", at_most=0.2, system="fair")

    assert both.groupby("system")["verdict"].agg(list).to_dict() == {"fair": ["pass"] * 2, "unfair": ["fail"] * 2}
    assert one["system"].tolist() == ["fair", "fair"]
    with pytest.raises(QuestionError, match="no system 'fare'"):
        _judge(cube_of(frame, ["group"]), "true_positive_rate", at_most=0.2, system="fare")


# -- what is left out ----------------------------------------------------------------------------


def _three() -> Cubes:
    return selections({"a": (300, 600), "b": (240, 600), "tiny": (40, 40)})


def test_an_excluded_group_gets_no_verdict_and_is_named():
    rule = Rule("r", "selection_rate", at_most=0.3, exclude=("group = tiny",))
    frame = judge(_three(), Policy("p", (rule,)))
    (finding,) = policy_findings(_three(), Policy("p", (rule,)))

    assert [str(s) for s in frame["slice"]] == ["group = a", "group = b"]
    assert "group = tiny (40 rows)" in finding.found


def test_a_group_under_the_share_is_excluded_and_never_the_best():
    rule = Rule("r", "selection_rate", compare="ratio", baseline="best", at_least=0.5, exclude_below=0.05)
    frame = judge(_three(), Policy("p", (rule,)))

    assert [str(s) for s in frame["slice"]] == ["group = b"]  # a is the best: the tiny group is none to choose
    assert frame["value"].iloc[0] == pytest.approx(0.4 / 0.5)


def test_an_excluded_group_makes_no_pair():
    frame = _judge(_three(), compare="spread", at_most=0.3, exclude=("group = tiny",))

    assert frame["verdict"].tolist() == ["pass"]


def test_an_exclusion_that_means_nobody_is_said():
    two = cube_of(pd.DataFrame({"sex": ["f", "m"] * 50, "age": ["o"] * 100, "prediction": [0, 1] * 50}), ["sex", "age"])
    rule = Rule("r", "selection_rate", by=(("sex",),), at_most=0.3, exclude=("age = o",))
    (finding,) = policy_findings(two, Policy("p", (rule,)))

    assert (finding.severity, "leaves out nothing" in finding.found) == ("warn", True)


@pytest.mark.parametrize("text", ["group = tinny", "grup = tiny"])
def test_an_exclusion_of_what_is_not_there_is_an_error(text):
    with pytest.raises(ResultsError, match=r"tiny|group"):
        _judge(_three(), at_most=0.3, exclude=(text,))


def test_figures_to_publish_have_no_verdict_and_tell_the_best_too():
    rule = Rule("r", "selection_rate", compare="ratio", baseline="best", publish=True, min_units=1)
    frame = judge(selections({"a": (30, 60), "b": (24, 80)}), Policy("p", (rule,)))

    assert frame["value"].tolist() == pytest.approx([1.0, 0.6])
    assert frame["verdict"].tolist() == [None, None]
    assert frame[["at_least", "at_most", "adjusted_low"]].isna().all(axis=None)
    assert _rule(frame, rule) is None


# -- criteria ------------------------------------------------------------------------------------


def test_a_criterion_is_judged_by_every_metric_it_names():
    rows = [
        (g, y, int(i < k)) for g, y, k in (("a", 1, 160), ("a", 0, 40), ("b", 1, 100), ("b", 0, 40)) for i in range(200)
    ]
    cubes = cube_of(pd.DataFrame(rows, columns=["group", "label", "prediction"]), ["group"])
    rule = Rule("r", criterion="equalized_odds", at_most=0.1)
    frame = judge(cubes, Policy("p", (rule,)))

    assert frame.set_index("metric")["verdict"].to_dict() == {
        "true_positive_rate": "fail",
        "false_positive_rate": "pass",
    }
    assert _rule(frame, rule) == "fail"


def test_demographic_parity_as_a_ratio_is_four_fifths_between_any_two():
    rule = Rule("r", criterion="demographic_parity", compare="ratio", at_least=0.8)
    (found,) = judge(selections({"a": (400, 1000), "b": (200, 1000)}), Policy("p", (rule,))).to_dict("records")

    assert [str(s) for s in found["pair"]] == ["group = b", "group = a"]
    assert (found["value"], found["verdict"]) == (pytest.approx(0.5), "fail")


def test_a_group_with_too_few_units_leaves_a_spread_undecided():
    frame = _judge(selections({"a": (400, 1000), "b": (400, 1000), "c": (8, 20)}), compare="spread", at_most=0.3)

    assert frame["verdict"].tolist() == ["undecided"]
    assert "group = c has 20 of at least 30 units" in frame["reason"].iloc[0]


def test_labels_of_several_in_a_cell_are_judged_and_those_without_them_are_not():

    rows = pd.DataFrame({"accent": ["x;y", "x", "y", "z"] * 50, "label": [1, 0] * 100, "prediction": [1, 0, 1, 1] * 50})
    schema = Schema(positive=("1",), attributes=(Attribute("accent", separator=";"),))
    frame = _judge(count_cells(score(read_results(rows, schema))), at_most=0.9)

    assert {str(s) for s in frame["slice"]} == {f"`accent: {a}` = yes" for a in "xyz"}
