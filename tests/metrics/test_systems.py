"""Several systems of one file, where some lack what a metric needs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.compare import compare
from metrics.criteria import criteria
from metrics.cube import Cubes, count_cells
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.results import read_results
from metrics.schema import Schema, System
from metrics.scored import score
from metrics.spread import spread


def _two_systems() -> Cubes:
    """Two systems, of which only the first has scores."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"group": rng.choice(["a", "b"], 200), "label": rng.integers(0, 2, 200), "score": rng.random(200).round(2)}
    )
    frame["first"], frame["second"] = (frame["score"] > 0.5).astype(int), rng.integers(0, 2, 200)
    systems = (System("first", {"prediction": "first", "score": "score"}), System("second", {"prediction": "second"}))
    schema = Schema(
        columns={"label": "label"}, systems=systems, positive=("1",), without=("id", "cluster", "weight", "count")
    )
    return count_cells(score(read_results(frame, schema, by=["group"])))


@pytest.mark.parametrize("ask", [estimate, compare, spread])
def test_a_metric_is_answered_for_the_systems_that_have_its_columns(ask):
    found = ask(_two_systems(), ["group"], iter(["roc_auc", "accuracy"]))

    assert set(found[found["metric"] == "roc_auc"]["system"]) == {"first"}
    assert set(found[found["metric"] == "accuracy"]["system"]) == {"first", "second"}


@pytest.mark.parametrize("ask", [estimate, compare, spread])
def test_a_metric_that_no_system_has_is_an_error_that_suggests_the_nearest(ask):
    with pytest.raises(QuestionError, match="Did you mean 'accuracy'"):
        ask(_two_systems(), ["group"], ["accurracy"])


def test_a_criterion_is_answered_for_the_systems_that_have_its_metrics():
    found = criteria(_two_systems(), ["group"])

    assert set(found[found["name"] == "calibration_within_groups"]["system"]) == {"first"}
    assert set(found[found["name"] == "equalized_odds"]["system"]) == {"first", "second"}


def test_a_criterion_that_is_none_is_an_error():
    with pytest.raises(QuestionError, match="Did you mean 'equalized_odds'"):
        criteria(_two_systems(), ["group"], ["equalised_odds"])
