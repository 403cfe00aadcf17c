"""A model of the features, trained under the same constraint: on one half only, and measured like the thresholds."""

from __future__ import annotations

import builtins

import numpy as np
import pandas as pd
import pytest

from metrics.errors import QuestionError
from metrics.reading import read_table
from metrics.schema import Schema
from metrics.studio import Goal, study, train
from metrics.studio.features import encode_features, list_features, read_features
from metrics.studio.study import FITTED, OTHER
from metrics.studio.words import say_trained
from tests.metrics.studio.rows import scored_cube, simulate
from tests.paths import SAMPLES


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    rows = simulate(3000, 1)
    skill = np.where(rows["label"] == "1", 1.0, 0.0) - np.where(rows["group"] == "b", 0.6, 0.0)
    rows["skill"] = np.round(draw.normal(skill), 2)
    rows["town"] = draw.choice(["x", "y", None], 3000)
    return rows


@pytest.fixture(scope="module")
def found(frame):
    return study(scored_cube(frame), ["group"], Goal(within=0.02), allowed=())


@pytest.mark.parametrize("model", ["tree", "logistic"])
def test_the_constraint_holds_on_the_half_it_was_trained_on_and_costs_error(frame, found, model):
    trained = train(found, frame[["skill", "town"]], model=model)
    rows = trained.table.set_index(["rule", "half"])

    assert list(rows.columns) == [c for c in found.table.columns if c not in ("rule", "half")]
    assert rows.loc[("constrained", FITTED), "gap"] <= 0.02 + 0.01  # their tolerance beside the bound
    assert rows.loc[("plain", FITTED), "gap"] > 0.1
    assert rows.loc[("constrained", OTHER), "gap"] < rows.loc[("plain", OTHER), "gap_low"]
    assert rows.loc[("constrained", OTHER), "change"] == pytest.approx(
        rows.loc[("constrained", OTHER), "cost"] - found.row("today")["cost"]
    )
    assert trained.rows == found.rows[0]


def test_labels_of_the_other_half_take_no_part_in_training(frame, found):
    """Labels of the half that is only shown are turned round: the model's predictions stay the same there."""
    other = np.zeros(len(frame), bool)
    other[found.halves[1].scored.rows] = True
    turned = frame.assign(label=np.where(other, 1 - frame["label"].astype(int), frame["label"].astype(int)).astype(str))
    again = study(scored_cube(turned), ["group"], Goal(within=0.02), allowed=())

    one, two = (train(s, frame[["skill"]]).table.set_index(["rule", "half"]) for s in (found, again))

    pd.testing.assert_series_equal(one.loc[("constrained", FITTED)], two.loc[("constrained", FITTED)])
    assert one.loc[("constrained", OTHER), "cost"] + two.loc[("constrained", OTHER), "cost"] == pytest.approx(1)


def test_progress_is_told_and_can_stop_the_training(frame, found):
    told = []

    def stop(words, share):
        told.append(share)
        if len(told) > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(found, frame[["skill"]], progress=stop)
    assert told == sorted(told)


def test_without_fairlearn_it_says_what_to_install(frame, found, monkeypatch):
    there = builtins.__import__

    def missing(name, *rest, **more):
        if name.startswith("fairlearn"):
            raise ImportError(name)
        return there(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(QuestionError, match=r"pip install 'fairness-dashboard\[reductions\]'"):
        train(found, frame[["skill"]])


def test_a_model_that_answers_everybody_alike_earns_no_praise(frame, found):
    noise = pd.DataFrame({"noise": np.random.default_rng(1).choice(["x", "y"], len(frame))})
    constant, useful = (train(found, features) for features in (noise, frame[["skill"]]))

    assert constant.is_constant and "answers everybody alike" in say_trained(found, constant)
    assert not useful.is_constant and "group in training only" in say_trained(found, useful)


def test_what_cannot_be_trained_is_refused_in_words(frame, found):
    with pytest.raises(QuestionError, match="at least one feature"):
        train(found, frame[[]])
    with pytest.raises(QuestionError, match="no rate alike"):
        train(study(scored_cube(frame), ["group"], Goal("cost")), frame[["skill"]])
    weighted = study(scored_cube(frame.assign(weight=1.5)), ["group"], Goal(within=0.1), allowed=())
    with pytest.raises(QuestionError, match="weights"):
        train(weighted, frame[["skill"]])
    with pytest.raises(QuestionError, match="nothing to learn"):
        train(found, pd.DataFrame({"empty": [np.nan] * len(frame)}))


def test_numbers_are_scaled_and_words_become_columns_as_one_half_knows_them():
    features = pd.DataFrame({"n": [1.0, 3.0, np.nan, 100.0], "w": ["x", "y", "x", "z"]})

    found = encode_features(features, np.array([0, 1, 2]))

    # Mean 2 and deviation 1 of the first three; a column for what is missing; z is unknown to them.
    assert found.tolist() == [[-1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [98, 0, 0, 0]]


def test_columns_with_a_role_are_no_features():
    table = read_table(SAMPLES / "lending.csv")
    schema = Schema.load(SAMPLES / "lending.toml")

    assert list_features(table, schema) == ["sex", "age", "region", "ethnicity"]
    read = read_features(table, ["age", "sex"])
    assert read["age"].dtype == np.float64 and set(read["sex"].dropna()) == {"female", "male"}
