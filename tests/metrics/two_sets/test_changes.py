from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.proportion import test_proportions_2indep as score_test

import metrics
from metrics.errors import QuestionError
from metrics.schema import Schema
from metrics.two_sets.adopt import read_customer
from metrics.two_sets.change_verdicts import (
    AMONG_MANY,
    BETTER,
    BY_SIZE,
    CANNOT_TELL,
    CONSTANT,
    FEW_BOTH,
    FEW_CUSTOMER,
    NO_DIRECTION,
    NO_INTERVAL,
    ONLY_CUSTOMER,
    ONLY_REFERENCE,
    SAME,
    WIDE,
    WORSE,
)
from metrics.two_sets.changes import compare_sets
from metrics.two_sets.sets import align
from tests.metrics.build import results_of
from tests.metrics.two_sets.build import put, rows

MISSED = "false_negative_rate"


def told(sets, metric=MISSED, **asked):
    table = compare_sets(sets, metrics=[metric], **asked)
    return {str(r["slice"]): r for r in table.to_dict("records")}


def test_a_change_is_customer_minus_reference_of_the_same_group():
    found = told(put(rows(a=(9, 60), b=(30, 240)), rows(a=(24, 80), b=(20, 160))))

    assert list(found) == ["everyone", "group = a", "group = b"]
    assert (found["group = a"]["reference"], found["group = a"]["customer"]) == (9 / 60, 24 / 80)
    assert found["group = a"]["value"] == pytest.approx(24 / 80 - 9 / 60)
    assert found["group = b"]["value"] == 0
    assert found["everyone"]["value"] == pytest.approx(44 / 240 - 39 / 300)


def test_the_interval_of_a_share_is_newcombes():
    found = told(put(rows(a=(9, 60), b=(1, 90)), rows(a=(24, 80), b=(4, 70))))

    for name, counts in (("group = a", (24, 80, 9, 60)), ("group = b", (4, 70, 1, 90))):
        oracle = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
        assert (found[name]["low"], found[name]["high"]) == pytest.approx(oracle, abs=1e-12)


def test_every_metric_has_the_numbers_of_comparing_the_sets_as_groups_of_one_file():
    """Without clusters the two ways must agree; of rates a group of one file borrows nothing from the other."""
    generator = np.random.default_rng(4)

    def some(n: int, name: str) -> pd.DataFrame:
        score = generator.uniform(size=n)
        label = (generator.uniform(size=n) < score).astype(int)
        return pd.DataFrame({"group": generator.choice(["a", "b"], n), "set": name, "label": label, "score": score})

    one, two = some(400, "here"), some(300, "there")
    schema = Schema(attributes=(metrics.Attribute("group"),), positive=("1",))
    found = compare_sets(put(one, two, schema=schema), kinds=("difference", "ratio"))
    both = metrics.read_results(
        pd.concat([one, two]),
        Schema(attributes=(metrics.Attribute("group"), metrics.Attribute("set")), positive=("1",)),
    )
    cubes = metrics.count_cells(metrics.score(both))
    plain = metrics.compare(cubes, ["set"], kinds=("difference", "ratio"), baseline="set = here")
    plain = plain[[str(s) == "set = there" for s in plain["slice"]]]
    mine = found[[not s.levels for s in found["slice"]]]

    assert list(mine["metric"]) == list(plain["metric"])
    for column in ("value", "low", "high", "p"):
        np.testing.assert_allclose(mine[column].to_numpy(), plain[column].to_numpy(), rtol=1e-9, atol=1e-12)


def test_levels_of_one_side_stay_with_nothing_on_the_other():
    found = told(put(rows(a=(9, 60), b=(3, 40)), rows(a=(24, 80), c=(5, 50))))

    assert np.isnan(found["group = b"]["customer"])
    assert found["group = b"]["reference"] == 3 / 40
    assert np.isnan(found["group = c"]["reference"])
    assert (found["group = b"]["reason"], found["group = c"]["reason"]) == (ONLY_REFERENCE, ONLY_CUSTOMER)
    assert {found[f"group = {g}"]["verdict"] for g in "bc"} == {CANNOT_TELL}
    assert all(np.isnan(found["group = c"][c]) for c in ("value", "low", "high", "p", "p_adjusted"))


def test_an_attribute_of_one_side_is_told_of_that_side():
    sets = put(rows(a=(9, 60)), rows(a=(24, 80)).assign(ward=["icu", "er"] * 40))
    found = told(sets)

    assert found["ward = icu"]["customer"] == pytest.approx(12 / 40)
    assert np.isnan(found["ward = icu"]["reference"])
    assert any(f.where == "column 'ward'" and "only" in f.found for f in sets.findings)


@pytest.mark.parametrize(
    ("here", "there", "verdict", "reason"),
    [
        ((30, 600), (90, 600), WORSE, ""),
        ((90, 600), (30, 600), BETTER, ""),
        ((300, 6000), (300, 6000), SAME, ""),
        ((6, 60), (9, 60), CANNOT_TELL, WIDE),
        ((60, 600), (9, 20), CANNOT_TELL, FEW_CUSTOMER),
    ],
)
def test_the_verdict_follows_interval_and_margin(here, there, verdict, reason):
    found = told(put(rows(a=here), rows(a=there)), by=["group"])["group = a"]

    assert (found["verdict"], found["reason"]) == (verdict, reason)


def test_a_metric_without_a_better_side_is_neither_worse_nor_better():
    found = told(put(rows(a=(30, 600)), rows(a=(90, 600))), metric="selection_rate")["group = a"]

    assert found["p_adjusted"] < 0.001
    assert (found["verdict"], found["reason"]) == (CANNOT_TELL, NO_DIRECTION)


def test_a_declared_favourable_outcome_gives_the_selection_rate_a_side():
    schema = Schema(attributes=(metrics.Attribute("group"),), positive=("1",), favourable="positive")

    found = told(put(rows(a=(30, 600)), rows(a=(90, 600)), schema=schema), metric="selection_rate")

    assert found["group = a"]["verdict"] == WORSE


def test_the_adjusted_p_is_holms_over_the_groups_that_have_enough():
    found = told(put(rows(a=(30, 200), b=(30, 200), c=(2, 10)), rows(a=(50, 200), b=(44, 200), c=(4, 10))))
    raw = {
        g: score_test(*counts, method="score", compare="diff").pvalue
        for g, counts in (("a", (50, 200, 30, 200)), ("b", (44, 200, 30, 200)))
    }

    assert found["group = a"]["p"] < found["group = b"]["p"]
    assert found["group = a"]["p_adjusted"] == pytest.approx(2 * found["group = a"]["p"])
    assert found["group = b"]["p_adjusted"] == pytest.approx(max(2 * found["group = a"]["p"], found["group = b"]["p"]))
    assert np.isnan(found["group = c"]["p_adjusted"])
    # Newcombe's interval and the score test are no twins, but near.
    assert found["group = a"]["p"] == pytest.approx(raw["a"], rel=0.15)


@pytest.mark.parametrize("counts", [((30, 300), (42, 300)), ((30, 3000), (1, 40))])
def test_as_many_more_as_are_said_to_be_needed_do_tell(counts):
    """At the same rates, with the quantile of about four chances in five, the interval then decides."""
    here, (missed, n) = counts
    found = told(put(rows(a=here), rows(a=(missed, n))), by=["group"])["group = a"]
    needed = found["units_needed"]

    assert found["verdict"] == CANNOT_TELL
    z = 1.959964 + 0.8416212

    def decides(size: float) -> bool:
        def wilson(p: float, m: float) -> tuple[float, float]:
            middle, half = (p + z * z / 2 / m), z * np.sqrt(p * (1 - p) / m + z * z / 4 / m / m)
            return (middle - half) / (1 + z * z / m), (middle + half) / (1 + z * z / m)

        one, two = here[0] / here[1], missed / n
        (l1, u1), (l2, u2) = wilson(one, here[1]), wilson(two, size)
        low = two - one - np.hypot(two - l2, u1 - one)
        high = two - one + np.hypot(u2 - two, one - l1)
        return low > 0 or high < 0 or (low >= -0.05 and high <= 0.05)

    if np.isnan(needed):
        assert not any(decides(n * factor) for factor in (1, 10, 1e3, 1e6))
    else:
        assert decides(n + needed)
        assert not decides(n + needed - 1)


def test_a_constant_mistake_in_both_sets_is_no_change():
    found = told(put(rows(a=(100, 100)), rows(a=(100, 100))), by=["group"])["group = a"]

    assert (found["value"], found["p"]) == (0, 1)


def test_groups_of_all_attributes_are_one_family_and_everyone_is_a_question_of_its_own():
    here, there = rows(a=(30, 300), b=(30, 300)), rows(a=(50, 300), b=(31, 300))
    both = Schema(attributes=(metrics.Attribute("group"), metrics.Attribute("half")), positive=("1",))
    sets = put(*(f.assign(half=["x", "y"] * 300) for f in (here, there)), schema=both)
    found, alone = told(sets), told(sets, by=["group"])

    assert found["group = a"]["p_adjusted"] == pytest.approx(4 * found["group = a"]["p"])
    assert alone["group = a"]["p_adjusted"] == pytest.approx(2 * found["group = a"]["p"])
    assert found["everyone"]["p_adjusted"] == found["everyone"]["p"]


def test_the_adjusted_interval_is_clear_of_0_exactly_where_the_adjusted_p_is():
    found = told(put(rows(a=(30, 300), b=(30, 300), c=(9, 90)), rows(a=(60, 300), b=(46, 300), c=(12, 90))))

    for row in found.values():
        assert (row["adjusted_low"] > 0 or row["adjusted_high"] < 0) == (row["p_adjusted"] <= 0.05)


def test_a_change_that_is_clear_alone_but_not_among_many_says_so():
    groups = dict.fromkeys("abcdefgh", (30, 300))
    found = told(put(rows(**groups), rows(**groups | {"a": (48, 300)})), by=["group"])["group = a"]

    assert found["low"] > 0
    assert found["p_adjusted"] > 0.05
    assert (found["verdict"], found["reason"]) == (CANNOT_TELL, AMONG_MANY)


def test_with_few_units_it_is_said_how_many_more_would_tell():
    found = told(put(rows(a=(200, 2000), b=(200, 2000)), rows(a=(10, 25), b=(200, 2000))))["group = a"]

    assert (found["reason"], found["units_needed"]) == (FEW_CUSTOMER, 5)


def test_too_few_on_both_sides_are_told_so():
    found = told(put(rows(a=(2, 20)), rows(a=(2, 25))), by=["group"])["group = a"]

    assert (found["reason"], np.isnan(found["units_needed"])) == (FEW_BOTH, True)


def test_a_change_within_the_margin_stays_none_however_sure_where_no_side_is_better():
    verdicts = {
        n: told(put(rows(a=(7 * n // 10, n)), rows(a=(685 * n // 1000, n))), "selection_rate", by=["group"])[
            "group = a"
        ]
        for n in (2000, 40_000)
    }

    assert verdicts[40_000]["p_adjusted"] < 0.01
    assert {row["verdict"] for row in verdicts.values()} == {SAME}


@pytest.mark.parametrize(("metric", "told_of"), [("accuracy", CANNOT_TELL), ("base_rate", CANNOT_TELL)])
def test_a_model_that_answers_everybody_alike_is_neither_better_nor_unchanged(metric, told_of):
    def same_answer(positive: int) -> pd.DataFrame:
        return pd.DataFrame({"group": "a", "label": [1] * positive + [0] * (1000 - positive), "prediction": 1})

    found = told(put(same_answer(400), same_answer(600)), metric, by=["group"])["group = a"]
    assert found["verdict"] == told_of
    assert found["reason"] == (CONSTANT if metric == "accuracy" else NO_DIRECTION)


def test_one_cluster_on_a_side_is_too_few_and_has_a_value():
    schema = Schema(attributes=(metrics.Attribute("group"),), positive=("1",), columns={"cluster": "who"})
    found = told(put(*(rows(a=(n, 60)).assign(who="one") for n in (6, 9)), schema=schema), by=["group"])["group = a"]

    assert found["value"] == pytest.approx(3 / 60)
    assert (found["status"], found["reason"]) == ("too few", FEW_BOTH)
    assert np.isnan(found["low"])


def test_a_metric_without_an_interval_can_tell_nothing():
    some = [pd.DataFrame({"group": "a", "label": [0, 1] * 100, "prediction": [0, 1] * 100}) for _ in range(2)]
    found = told(put(*some), "matthews_correlation", by=["group"])["group = a"]

    assert (found["value"], found["status"]) == (0, "ok")
    assert (found["verdict"], found["reason"]) == (CANNOT_TELL, NO_INTERVAL)


def test_what_grows_as_units_get_fewer_gets_no_verdict():
    some = [rows(a=(n // 10, n)).assign(score=np.linspace(0, 1, n), prediction=1) for n in (300, 2000)]
    found = told(put(*some), "expected_calibration_error", by=["group"])["group = a"]

    assert (found["status"], found["verdict"], found["reason"]) == ("ok", CANNOT_TELL, BY_SIZE)


def test_speakers_who_differ_more_in_one_set_are_neither_worse_nor_better_there():
    """Forty speakers who hear one word in ten wrong each, against forty of whom half hear none wrong."""
    schema = Schema(
        columns={"reference": "said", "cluster": "who"},
        systems=(metrics.System(None, {"hypothesis": "heard"}),),
        attributes=(metrics.Attribute("group"),),
    )

    def heard(wrong: list[int]) -> pd.DataFrame:
        words = [f"w{i}" for i in range(10)]
        lines = [(f"s{i}", " ".join(["x"] * n + words[n:])) for i, n in enumerate(wrong)]
        frame = pd.DataFrame([line for line in lines for _ in range(3)], columns=["who", "heard"])
        return frame.assign(said=" ".join(words), group="a")

    sets = put(heard([1, 2] * 20), heard([0, 9] * 20), schema=schema)
    found = told(sets, "sd_speaker_word_error_rate", by=["group"])["group = a"]

    assert found["p_adjusted"] < 0.001
    assert (found["verdict"], found["reason"]) == (CANNOT_TELL, BY_SIZE)


def test_a_class_that_one_set_alone_has_is_said():
    here = pd.DataFrame({"group": "a", "label": [*"xyz"] * 20, "prediction": [*"xyz"] * 20})
    there = here[here["label"] != "z"]
    one = metrics.read_results(here, Schema(attributes=(metrics.Attribute("group"),)))
    sets = align(metrics.score(one), metrics.score(read_customer(there, one)))

    assert [f.where for f in sets.findings] == ["class 'z'"]
    assert "true_positive_rate[z]" not in sets.metrics


def test_a_metric_that_one_set_lacks_is_named_with_the_set():
    reference = rows(a=(3, 60)).assign(score=0.5)
    with pytest.raises(QuestionError, match="roc_auc"):
        compare_sets(put(reference.drop(columns="score"), rows(a=(3, 60))), metrics=["roc_auc"])


def test_a_margin_is_no_negative_number():
    with pytest.raises(QuestionError, match="from 0 up"):
        compare_sets(put(rows(a=(3, 60)), rows(a=(3, 60))), target_gap=-1)


@pytest.mark.parametrize("spread", [0.0, 1.5])
def test_few_fair_customers_have_a_group_that_is_worse_or_better_here(spread):
    """120 pairs of sets from one model, five groups each; with speakers that differ, whole speakers are drawn."""
    generator = np.random.default_rng(7)
    alarms = 0
    for _ in range(120):
        sets = align(*(_score_speakers(generator, n, spread) for n in (60, 40)))
        table = compare_sets(sets, ["group"], ["false_negative_rate"])
        alarms += bool(table["verdict"].isin([WORSE, BETTER])[1:].any())

    assert alarms / 120 <= 0.09


def _score_speakers(generator: np.random.Generator, n: int, spread: float) -> tuple[metrics.Scored, ...]:
    speaker = np.repeat(np.arange(n), 8)
    rate = 1 / (1 + np.exp(1.4 - spread * generator.standard_normal(n)))
    group = generator.choice(list("abcde"), n)
    missed = generator.uniform(size=8 * n) < rate[speaker]
    frame = pd.DataFrame({"group": group[speaker], "cluster": speaker, "label": 1, "prediction": 1 - missed})
    return metrics.score(results_of(frame, ["group"], {"prediction": "prediction"}))
