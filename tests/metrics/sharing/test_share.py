"""What is shared gives the numbers of the cube it was made of, and of what is hidden none."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from metrics.compare import compare
from metrics.cube import Cubes, count_cells
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.results import read_results
from metrics.schema import Schema
from metrics.scored import score
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.share import leave_out_unknown, share, shareable
from metrics.sharing.shared_cube import Shared
from metrics.sharing.terms import Terms, groupings_up_to
from metrics.spread import spread
from tests.metrics.build import results_of
from tests.paths import ROOT

SAMPLES = {"lending": 2, "screening": 2, "waiting": 2, "routing": 2, "call_centre": 1, "weighted": 2}
NUMBERS = {
    estimate: ["value", "low", "high", "top", "below", "units", "effective_units", "clusters"],
    compare: ["value", "low", "high", "p"],
}


@cache
def shared_sample(name: str) -> tuple[Cubes, Shared]:
    """Return the cube of the rows that are shared of a sample, and what is shared."""
    folder = ROOT / "sample_data"
    file = "lending" if name == "weighted" else name
    results = read_results(folder / f"{file}.csv", Schema.load(folder / f"{file}.toml"))
    if name == "weighted":  # women count twice, and everybody a little more or less
        sex, draw = results.attributes["sex"], np.random.default_rng(0)
        weight = pd.Series(np.where(sex == "female", 2.0, 1.0) * draw.uniform(0.8, 1.2, len(sex)), sex.index)
        results = replace(results, columns={**results.columns, "weight": weight})
    scored = score(results)
    cubes = count_cells(scored)
    axes = [axis.name for axis in cubes.axes if not axis.saved][:3]
    terms = Terms("t", groupings_up_to(axes, SAMPLES[name]), tuple(shareable(cubes)), people="units")
    kept, _ = leave_out_unknown(scored, terms)
    return count_cells(kept), share(results, scored, terms)


def assert_alike(whole: pd.DataFrame, shared: pd.DataFrame, columns: list[str]) -> None:
    """Say that shown rows are equal and hidden ones without a number."""
    hidden = (shared["status"] == "suppressed").to_numpy()
    assert list(whole["slice"]) == list(shared["slice"])
    assert list(whole["status"][~hidden]) == list(shared["status"][~hidden])
    for column in columns:
        assert shared[column][hidden].isna().all()
        np.testing.assert_allclose(
            shared[column][~hidden].astype(float), whole[column][~hidden].astype(float), rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("name", SAMPLES)
def test_estimates_are_those_of_the_rows(name, confidence):
    cubes, shared = shared_sample(name)
    asked = (list(shared.terms.groupings), shared.terms.metrics)

    whole, found = (estimate(c, *asked, confidence=confidence) for c in (cubes, shared.cubes))
    assert_alike(whole, found, NUMBERS[estimate])


@pytest.mark.parametrize("baseline", ["rest", "overall", "largest", "best", "a level"])
@pytest.mark.parametrize("name", SAMPLES)
def test_disparities_are_those_of_the_rows(name, baseline):
    cubes, shared = shared_sample(name)
    by = list(shared.terms.groupings)
    if baseline == "a level":
        axis = shared.axes[0]
        by, baseline = [axis.name], f"{axis.name} = '{axis.levels[0]}'"
    asked = {"baseline": baseline, "kinds": ("difference", "ratio")}

    whole, found = (compare(c, by, shared.terms.metrics, **asked) for c in (cubes, shared.cubes))
    if baseline == "best":  # of those shown, fewer of which were compared to find it
        whole = whole.assign(low=np.nan, high=np.nan, p=np.nan)
        found = found.assign(low=np.nan, high=np.nan, p=np.nan)
    assert_alike(whole, found, NUMBERS[compare])


@pytest.mark.parametrize("name", SAMPLES)
def test_spreads_and_floors_are_those_of_the_rows_where_nothing_is_hidden(name):
    cubes, shared = shared_sample(name)
    whole_tables = [g for g in shared.terms.groupings if shared.cubes[0].by(g).rows.all()]
    assert whole_tables

    whole, found = (spread(c, whole_tables, shared.terms.metrics) for c in (cubes, shared.cubes))
    for column in ("difference", "low", "high", "ratio", "noise_floor"):
        np.testing.assert_allclose(found[column], whole[column], rtol=1e-9, atol=1e-12)
    assert list(found["highest"]) == list(whole["highest"])


def test_a_baseline_that_was_not_shared_is_refused():
    _, shared = shared_sample("lending")
    with pytest.raises(QuestionError, match="was not shared"):
        compare(shared.cubes, ["age"], ["error_rate"], baseline="sex = 'female'")


def test_medians_of_speakers_and_histograms_of_scores_stay_with_the_rows():
    _, speech = shared_sample("call_centre")
    _, lending = shared_sample("lending")

    assert not {"median_speaker_word_error_rate", "sd_speaker_word_error_rate"} & set(speech.terms.metrics)
    assert "mean_speaker_word_error_rate" in speech.terms.metrics
    assert "expected_calibration_error" not in lending.terms.metrics
    assert all(
        answers.own.side.samples is None
        for cube in speech.cubes
        for family in cube.families.values()
        for answers in family.answers.values()
    )


def test_what_is_told_says_no_attribute_that_is_not_shared():
    folder = ROOT / "sample_data"
    results = read_results(folder / "lending.csv", Schema.load(folder / "lending.toml"))
    shared = share(results, score(results), Terms("t", (("sex",),), ("error_rate",)))

    assert [a.column for a in shared.schema.attributes] == ["sex"]
    assert [a.name for a in shared.axes] == ["sex"]


def test_three_rates_that_tell_every_error_are_looked_through():
    """Accuracy, base rate and selection rate give the misses: 4 of 4 positives, which tells of each of them."""
    label = ["1", "0"] * 60 + ["1"] * 4 + ["0"] * 30
    prediction = ["1", "0", "0", "1", "1", "0"] * 20 + ["0"] * 4 + ["0", "1"] * 15
    frame = pd.DataFrame(
        {"a0": ["x"] * 60 + ["w"] * 60 + ["y"] * 34, "label": label, "prediction": prediction}, dtype=object
    )
    results = results_of(frame, ["a0"], {"prediction": "prediction"})

    def hidden(*metrics: str) -> bool:
        found = share(results, score(results), Terms("t", (("a0",),), metrics))
        table = estimate(found.cubes, ["a0"], [metrics[0]])
        return bool((table["status"] == "suppressed").any())

    assert hidden("false_negative_rate")
    assert hidden("accuracy", "base_rate", "selection_rate")
    assert not hidden("selection_rate")


@pytest.mark.parametrize("n", [15, 200])
def test_what_cannot_be_shared_at_all_is_said(n):
    """Too few people; or a metric that says of everyone's three positives what came out."""
    label = ["1"] * 3 + ["0"] * (n - 3)
    frame = pd.DataFrame({"a0": ["x", "y"] * (n // 2) + ["x"] * (n % 2), "label": label, "prediction": "0"})
    frame.loc[frame.index % 7 == 5, "prediction"] = "1"
    results = results_of(frame, ["a0"], {"prediction": "prediction"})

    with pytest.raises(QuestionError, match="people in all"):
        share(results, score(results), Terms("t", (("a0",),), ("false_negative_rate",)))


@pytest.mark.parametrize(("positives", "is_hidden"), [(4, True), (12, False)])
def test_the_order_of_a_few_among_many_is_not_told(positives, is_hidden):
    """Of y few are positives: where they stand among the others is nobody's to know, though its accuracy is."""
    label = ["1", "0"] * 60 + ["1"] * positives + ["0"] * (34 - positives)
    frame = pd.DataFrame({"a0": ["x"] * 60 + ["w"] * 60 + ["y"] * 34, "label": label})
    frame["score"] = np.random.default_rng(0).random(len(frame))
    results = results_of(frame, ["a0"], {"score": "score"})
    found = share(results, score(results), Terms("t", (("a0",),), ("roc_auc", "base_rate")))

    def status(table: pd.DataFrame, metric: str, level: str) -> str:
        rows = table[(table["metric"] == metric) & (table["slice"].map(str) == f"a0 = {level}")]
        return str(rows["status"].iloc[0])

    for cubes in (found.cubes, read_bundle(write_bundle(found)).cubes):
        estimates = estimate(cubes, ["a0"])
        gaps = compare(cubes, ["a0"], ["roc_auc"])
        assert (status(estimates, "roc_auc", "y") == "suppressed") == is_hidden
        assert (status(gaps, "roc_auc", "y") == "suppressed") == is_hidden
        assert status(estimates, "base_rate", "y") == status(estimates, "roc_auc", "x") == "ok"


@pytest.mark.parametrize(("weight", "is_hidden"), [(1.0, False), (30.0, True)])
def test_a_slice_in_which_one_has_nearly_all_the_weight_is_not_told(weight, is_hidden):
    frame = pd.DataFrame({"a0": ["x"] * 60 + ["w"] * 60 + ["y"] * 30, "label": ["1", "0"] * 75, "weight": 1.0})
    frame["prediction"] = ["1", "0", "0"] * 50
    frame.loc[149, "weight"] = weight
    results = results_of(frame, ["a0"], {"prediction": "prediction"})
    found = share(results, score(results), Terms("t", (("a0",),), ("error_rate",)))
    table = estimate(found.cubes, ["a0"])

    assert (table["status"][table["slice"].map(str) == "a0 = y"] == "suppressed").all() == is_hidden


def test_weights_of_which_one_person_has_nearly_all_are_refused():
    frame = pd.DataFrame({"a0": ["x", "y"] * 60, "label": ["1", "0", "0"] * 40, "weight": [5000.0] + [1.0] * 119})
    frame["prediction"] = ["1", "0"] * 60
    results = results_of(frame, ["a0"], {"prediction": "prediction"})

    with pytest.raises(QuestionError, match="nearly all of the weight"):
        share(results, score(results), Terms("t", (("a0",),), ("error_rate",)))


def test_who_weighs_nothing_is_in_no_weighted_share():
    """Eight positives of y count, and all are found; that others weigh nothing does not hide it."""
    label = ["1", "0"] * 60 + ["1"] * 20 + ["0"] * 20
    prediction = ["1", "0", "0", "1"] * 30 + ["1"] * 8 + ["0"] * 12 + ["1", "0"] * 10
    frame = pd.DataFrame({"a0": ["x"] * 60 + ["w"] * 60 + ["y"] * 40, "label": label, "prediction": prediction})
    frame["weight"] = [1.0] * 128 + [0.0] * 12 + [1.0] * 20
    results = results_of(frame, ["a0"], {"prediction": "prediction"})
    found = share(results, score(results), Terms("t", (("a0",),), ("false_negative_rate",)))
    table = estimate(found.cubes, ["a0"])

    assert (table["status"][table["slice"].map(str) == "a0 = y"] == "suppressed").all()
