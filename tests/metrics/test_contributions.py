"""What single units add to a metric adds up to the metric."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.contributions import unit_contributions
from metrics.cube import Cube, Cubes
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.intervals import transform_share
from metrics.registry import Metric, Rate, Share, SignedMean
from tests.metrics.build import cube_of, transcripts
from tests.metrics.strategies import AXES, regressions, speech, tables


def classified(frame: pd.DataFrame) -> Cubes:
    return cube_of(frame, AXES, {"prediction": "prediction", "score": "score"})


def multiclass(frame: pd.DataFrame) -> Cubes:
    return cube_of(frame, AXES, positive=())


def regressed(frame: pd.DataFrame) -> Cubes:
    return cube_of(frame, AXES, task="regression", tolerance=1.0)


def transcribed(frame: pd.DataFrame) -> Cubes:
    return transcripts(frame, AXES, terms="cat\nsät")


every_task = st.one_of(
    tables().map(lambda f: (f, classified)),
    tables(scores=False).map(lambda f: (f, multiclass)),
    regressions().map(lambda f: (f, regressed)),
    speech().map(lambda f: (f, transcribed)),
)


def shown(metric: Metric, value: float) -> float:
    """Return the value as it is shown: F1 and odds of a share, the root of a mean square."""
    if isinstance(metric.formula, Share):
        return float(transform_share(value, metric.formula.transform))
    return float(np.sqrt(value)) if isinstance(metric.formula, Rate) and metric.formula.root else value


@given(every_task, st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_what_units_add_is_the_metric_of_everyone_and_of_every_group(drawn, weighted, counted, seed):
    frame, make = drawn
    rng = np.random.default_rng(seed)
    if weighted:
        frame = frame.assign(weight=rng.choice([0.5, 1.0, 2.0], len(frame)))
    if counted:
        frame = frame.assign(count=rng.integers(1, 4, len(frame)))
    cube: Cube
    (cube,) = make(frame)
    told = estimate(cube, ["age"]).assign(slice=lambda t: t["slice"].map(str)).set_index(["slice", "metric"])["value"]
    old = cube.scored.codes[1] == cube.axis("age").levels.index("old") if "old" in cube.axis("age").levels else None

    for metric in cube.metrics.values():
        if not metric.listed:
            continue
        if not isinstance(metric.formula, Share | Rate | SignedMean):
            with pytest.raises(QuestionError, match="no unit has a part of it"):
                unit_contributions(cube.scored, metric)
            continue
        of = unit_contributions(cube.scored, metric)
        assert shown(metric, of.value) == pytest.approx(told["everyone", metric.name], nan_ok=True, rel=1e-9, abs=1e-9)
        if old is not None and old.any():
            some = unit_contributions(cube.scored.take(old), metric)
            expected = told["age = old", metric.name]
            assert shown(metric, some.value) == pytest.approx(expected, nan_ok=True, rel=1e-9, abs=1e-9)
        assert not of.below[~of.used].any()


def test_an_utterance_adds_its_edits_and_its_words():
    frame = pd.DataFrame(
        {
            "accent": ["x", "x", "y"],
            "reference": ["one two three", "", "four"],
            "hypothesis": ["one too three four", "noise", None],
        }
    )
    (cube,) = transcripts(frame, ["accent"])

    of = unit_contributions(cube.scored, cube.metrics["word_error_rate"])

    assert of.top.tolist() == [2, 1, 0]
    assert of.below.tolist() == [3, 0, 0]
    assert of.used.tolist() == [True, True, False]
