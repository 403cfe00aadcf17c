"""People who are in one thing shown and not in another stand in no cell: they are protected all the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.results import Receipt
from metrics.scored import score
from metrics.sharing.memory import recall, remember
from metrics.sharing.share import share
from metrics.sharing.shared_cube import Shared
from metrics.sharing.terms import Terms, groupings_up_to
from tests.metrics.build import results_of

ERRORS = ("error_rate", "selection_rate")


def people(n: int = 400, **columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"sex": np.where(np.arange(n) % 2, "m", "f"), "region": np.arange(n) % 4})
    frame["region"] = frame["region"].map({0: "n", 1: "e", 2: "s", 3: "w"})
    frame["label"] = rng.integers(0, 2, n).astype(str)
    frame["prediction"] = rng.integers(0, 2, n).astype(str)
    return frame.assign(**columns)


def share_one_after_another(first: pd.DataFrame, second: pd.DataFrame, by: list[list[str]], metrics=(ERRORS, ERRORS)):
    """Share two readings of the same file; return both, the second after what is remembered of the first."""
    found: list[Shared] = []
    earlier = []
    for frame, axes, names in zip((first, second), by, metrics, strict=True):
        results = results_of(frame, axes, {"prediction": "prediction"})
        scored = score(results)
        shared = share(results, scored, Terms("t", groupings_up_to(axes, 1), names), earlier=earlier)
        found.append(shared)
        earlier = recall(remember(shared, scored), lambda schema, results=results: results, results)
    return found


def hidden(shared: Shared, *names: str) -> int:
    return int((shared.cubes[0].by(names).rows[:, 0] == 0).sum())


def test_a_row_left_out_later_is_not_told_by_taking_one_report_off_the_other():
    frame = people()
    frame.loc[3, "region"] = None

    with pytest.raises(QuestionError, match="shared of the same file before"):
        share_one_after_another(frame, frame, [["sex"], ["sex", "region"]])


@pytest.mark.parametrize(("years", "is_shared"), [(4, False), (40, True)])
def test_bins_that_differ_by_a_few_years(years, is_shared):
    """Those of 29, who are in the first bin then and in the second now, are `years` people."""
    age = np.array([20] * 150 + [29] * years + [50] * (250 - years))
    before = people(400, age=np.where(age < 30, "young", "old"))
    after = people(400, age=np.where(age < 29, "young", "old"))

    _, second = share_one_after_another(before, after, [["age"], ["age"]])
    assert (hidden(second, "age") == 0) == is_shared


@pytest.mark.parametrize(("more", "is_shared"), [(5, False), (60, True)])
def test_a_filter_that_leaves_out_a_few_more(more, is_shared):
    before = people()
    after = before.iloc[: len(before) - more]

    if is_shared:
        share_one_after_another(before, after, [["sex"], ["sex"]])
    else:
        with pytest.raises(QuestionError, match="shared of the same file before"):
            share_one_after_another(before, after, [["sex"], ["sex"]])


@pytest.mark.parametrize(("missed", "is_shared"), [(0, False), (1, True), (3, False)])
def test_of_those_left_out_later_it_is_not_told_what_came_out_for_each_of_a_few(missed, is_shared):
    """40 people are in the first report and not in the second; of their 3 positives all, or none, are missed."""
    label = ["0", "1", "1", "0"] * 50 + ["1"] * 3 + ["0"] * 37
    prediction = ["0", "1", "0", "1"] * 50 + ["0"] * missed + ["1"] * (3 - missed) + ["0", "1"] * 18 + ["0"]
    before = pd.DataFrame({"a": (["x"] * 50 + ["y"] * 50) * 2 + ["x"] * 40, "label": label, "prediction": prediction})
    after = before.iloc[:200]
    metrics = (("false_negative_rate", "error_rate"),) * 2

    if is_shared:
        first, second = share_one_after_another(before, after, [["a"], ["a"]], metrics)
        assert shown(first, "a")["y"] == shown(second, "a")["y"]
    else:
        with pytest.raises(QuestionError, match="shared of the same file before"):
            share_one_after_another(before, after, [["a"], ["a"]], metrics)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.03, 0.1, 0.3]), st.booleans())
def test_two_reports_of_overlapping_rows_taken_off_each_other_tell_of_no_few(seed, share_left_out, later_is_more):
    """What a reader subtracts, with the numbers of the reports: everyone, and every slice that is in both."""
    rng = np.random.default_rng(seed)
    n = 300
    label, right = rng.random(n) < 0.1, rng.random(n) < 0.8
    frame = pd.DataFrame({"a": rng.choice(list("xyz"), n, p=[0.5, 0.3, 0.2]), "b": rng.choice(["u", "v"], n)})
    frame["label"] = label.astype(int).astype(str)
    frame["prediction"] = np.where(right, label, ~label).astype(int).astype(str)
    both = frame[rng.random(n) >= share_left_out]
    pair = (both, frame) if later_is_more else (frame, both)
    metrics = ("false_negative_rate", "false_positive_rate", "error_rate")
    try:
        reports = share_one_after_another(*pair, [["a"], ["a", "b"]], (metrics, metrics))
    except QuestionError:
        return
    more, fewer = reversed(reports) if later_is_more else reports

    is_known = [top in (0, below) for top, below in shown(more)[""]]  # of everyone, and so of each
    for names in ((), ("a",)):
        first, second = shown(more, *names), shown(fewer, *names)
        for level in first.keys() & second.keys():
            for known, (top, below), (top_left, below_left) in zip(is_known, first[level], second[level], strict=True):
                people, found = below - below_left, top - top_left
                assert known or not (0 < people < 10 and found in (0, people)), (names, level)


def shown(shared: Shared, *names: str) -> dict[str, list[tuple[float, float]]]:
    """Return numerator and denominator of every metric, by the slices that are shown."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in estimate(shared.cubes, [names] if names else [], min_units=1).itertuples():
        levels = [level for _, level in row.slice.items()]
        if len(levels) == len(names) and row.status != "suppressed":
            found.setdefault(" ".join(levels), []).append((row.top, row.below))
    return found


def test_two_saved_slices_of_which_one_is_in_the_other():
    age = np.arange(400) % 100
    frame = people(400, s1=np.where(age < 30, "yes", "no"), s2=np.where(age < 29, "yes", "no"))
    results = results_of(frame, ["s1", "s2"], {"prediction": "prediction"})
    shared = share(results, score(results), Terms("t", (("s1",), ("s2",)), ERRORS))

    assert hidden(shared, "s1") + hidden(shared, "s2") > 0


def test_hidden_groups_together_do_not_tell_of_each_of_their_positives():
    """Of y and z together three are positives, and all are missed: x beside everyone would say so."""
    label = ["0", "1"] * 50 + ["1", "1"] + ["0"] * 6 + ["1"] + ["0"] * 6
    prediction = ["0", "1", "1", "0"] * 25 + ["0", "0"] + ["0", "1"] * 3 + ["0"] + ["1", "0"] * 3
    groups = ["x"] * 60 + ["w"] * 40 + ["y"] * 8 + ["z"] * 7
    frame = pd.DataFrame({"a": groups, "label": label, "prediction": prediction})
    results = results_of(frame, ["a"], {"prediction": "prediction"})
    shared = share(results, score(results), Terms("t", (("a",),), ("false_negative_rate", "error_rate"), min_cell=10))

    assert hidden(shared, "a") > 2


def test_two_reports_do_not_add_up_to_the_misses_of_a_few():
    """One tells of accuracy, the other of base rate and selection rate; of y's four positives all are missed."""
    label = ["1", "0"] * 60 + ["1"] * 4 + ["0"] * 30
    prediction = ["1", "0", "0", "1", "1", "0"] * 20 + ["0"] * 4 + ["0", "1"] * 15
    frame = pd.DataFrame({"a": ["x"] * 60 + ["w"] * 60 + ["y"] * 34, "label": label, "prediction": prediction})
    metrics = (("accuracy",), ("base_rate", "selection_rate"))

    with pytest.raises(QuestionError, match="shared of the same rows before"):
        share_one_after_another(frame, frame, [["a"], ["a"]], metrics)


def test_a_correlation_of_label_and_prediction_counts_as_the_counts_it_is_made_of():
    label = ["1", "0"] * 60 + ["1"] * 4 + ["0"] * 30
    prediction = ["1", "0", "0", "1", "1", "0"] * 20 + ["0"] * 4 + ["0", "1"] * 15
    frame = pd.DataFrame({"a": ["x"] * 60 + ["w"] * 60 + ["y"] * 34, "label": label, "prediction": prediction})
    results = results_of(frame, ["a"], {"prediction": "prediction"})
    shared = share(results, score(results), Terms("t", (("a",),), ("matthews_correlation",)))

    assert hidden(shared, "a") > 0


def test_models_that_were_tested_on_different_people_are_not_shared_together():
    frame = people(400, system="one")
    other = frame.assign(system="two").drop(index=7)
    both = pd.concat([frame, other], ignore_index=True)
    results = results_of(both, ["sex"], {"prediction": "prediction"})

    with pytest.raises(QuestionError, match="different people"):
        share(results, score(results), Terms("t", (("sex",),), ERRORS))


def test_another_main_file_is_no_memory_of_these_rows():
    frame = people()
    results = results_of(frame, ["sex"], {"prediction": "prediction"})
    scored = score(results)
    memory = remember(share(results, scored, Terms("t", (("sex",),), ERRORS)), scored)
    another = replace(results, receipts=(Receipt("b.csv", "f" * 64, 400, 400),))
    assert recall(memory, lambda schema: another, another) == []


def test_what_cuts_across_clusters_leaves_them_protected():
    """Sex belongs to speakers, topic to calls: hidden sexes keep ten speakers of freedom with and without topics."""
    speaker = np.repeat(np.arange(100), 6)
    sex = np.select([speaker < 60, speaker < 93], ["x", "y"], "z")
    frame = people(600, sex=sex, cluster=speaker.astype(str), topic=np.where(np.arange(600) % 2, "a", "b"))
    results = results_of(frame, ["sex", "topic"], {"prediction": "prediction"})

    def hidden_sexes(*groupings: tuple[str, ...]) -> int:
        return hidden(share(results, score(results), Terms("t", groupings, ERRORS)), "sex")

    assert hidden_sexes(("sex",)) == hidden_sexes(("sex",), ("topic",)) > 1


@pytest.mark.parametrize(("heavy", "is_shared"), [(1.0, True), (4.0, True), (40.0, False)])
def test_groups_hidden_together_do_not_have_nearly_all_their_weight_from_one(heavy, is_shared):
    """Of y one person has most of the weight, so that y is hidden, and z with it: x taken off everyone leaves both."""
    sizes = {"x": 3000, "y": 9 if heavy == 1 else 12, "z": 12}
    groups = [level for level, n in sizes.items() for _ in range(n)]
    frame = pd.DataFrame({"group": groups, "label": "1", "prediction": np.resize(["0", "1", "1"], len(groups))})
    frame["weight"] = np.random.default_rng(0).uniform(0.8, 1.2, len(frame)).round(3)
    frame.loc[3002, "weight"] = heavy
    results = results_of(frame, ["group"], {"prediction": "prediction"})
    shared = share(results, score(results), Terms("t", (("group",),), ("error_rate",)))
    told = shown(shared, "group")
    left = frame[~frame["group"].isin(told)]
    effective = left["weight"].sum() ** 2 / (left["weight"] ** 2).sum()

    assert (hidden(shared, "group") < 3) == is_shared
    assert left.empty or effective >= 10


def speakers_of_few_rows_and_one_of_many() -> pd.DataFrame:
    speaker = np.append(np.repeat(np.arange(60), 15), np.repeat(60, 300))
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "cluster": speaker.astype(str),
            "in_town": np.where(speaker % 2 == 0, "yes", "no"),
            "at_work": np.where((speaker % 2 == 0) & (speaker < 60), "yes", "no"),
            "label": draw.integers(0, 2, len(speaker)).astype(str),
            "prediction": draw.integers(0, 2, len(speaker)).astype(str),
        }
    )


@pytest.mark.parametrize(("people", "is_shared"), [("clusters", False), ("units", True)])
def test_what_is_left_is_not_the_many_rows_of_one_speaker(people, is_shared):
    """In town are 31 speakers, at work all of them but one: taken off each other they would be the numbers of one."""
    results = results_of(speakers_of_few_rows_and_one_of_many(), ["in_town", "at_work"], {"prediction": "prediction"})
    shared = share(results, score(results), Terms("t", (("in_town",), ("at_work",)), ERRORS, people=people))

    assert (hidden(shared, "in_town") + hidden(shared, "at_work") == 0) == is_shared


@pytest.mark.parametrize(("n_gone", "is_shared"), [(1, False), (9, False), (10, True)])
def test_speakers_who_are_left_out_later_are_as_many_as_the_minimum(n_gone, is_shared):
    frame = speakers_of_few_rows_and_one_of_many()
    results = results_of(frame, ["in_town"], {"prediction": "prediction"})
    scored, terms = score(results), Terms("t", (("in_town",),), ERRORS)
    before = share(results, scored, terms)
    earlier = recall(remember(before, scored), lambda schema: results, results)
    stays = (frame["cluster"].astype(int) <= 60 - 2 * n_gone) | (frame["cluster"].astype(int) % 2 == 1)
    later = [one.take(stays.to_numpy()) for one in scored]

    if is_shared:
        assert share(results, later, terms, earlier=earlier).units < before.units
    else:
        with pytest.raises(QuestionError, match="fewer people than the minimum"):
            share(results, later, terms, earlier=earlier)
