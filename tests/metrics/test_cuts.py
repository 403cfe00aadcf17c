"""A threshold moved by counts is the threshold scored anew."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.cube import count_cells
from metrics.cuts import cut_at
from metrics.estimate import estimate
from metrics.scored import score
from tests.metrics.build import cube_of, results_of

METRICS = ["selection_rate", "true_positive_rate", "false_positive_rate", "accuracy", "f1", "matthews_correlation"]

scores = st.one_of(st.none(), st.sampled_from([0.0, 0.1, 0.5, 1.0]), st.floats(0, 1, allow_subnormal=False))
rows = st.lists(
    st.tuples(
        st.sampled_from(["f", "m", None]), st.sampled_from(["a", "b"]), st.sampled_from(["0", "1", None]), scores
    ),
    min_size=1,
    max_size=60,
)


@given(rows, st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0, 1.5, -1.0]), st.sampled_from([("sex",), ("sex", "town"), ()]))
def test_counts_at_a_threshold_equal_those_of_units_scored_anew(found, threshold, names):
    found.append(("f", "a", "1", 0.25))
    frame = pd.DataFrame(found, columns=["sex", "town", "label", "score"])
    results = results_of(frame, ["sex", "town"], {"score": "score"})
    cube = count_cells(score(results))[0]

    moved = cut_at(cube, names, threshold)

    again = count_cells(score(results, threshold=threshold))[0]
    pd.testing.assert_frame_equal(estimate(moved, [names], METRICS), estimate(again, [names], METRICS))


def test_every_threshold_between_two_scores_is_exact_though_bins_hold_many():
    generator = np.random.default_rng(4)
    frame = pd.DataFrame({"sex": "f", "label": generator.integers(0, 2, 30_000), "score": generator.random(30_000)})
    cube = cube_of(frame, ["sex"], {"score": "score"})[0]

    for threshold in (*generator.random(20), float(frame["score"].max()), float(frame["score"].min())):
        moved = cut_at(cube, ["sex"], threshold)
        selected = estimate(moved, ["sex"], ["selection_rate"])["top"]
        assert selected.tolist() == [(frame["score"] >= threshold).sum()] * 2


@pytest.mark.parametrize("column", ["weight", "cluster", "count"])
def test_weights_counts_and_clusters_are_scored_anew(column):
    frame = pd.DataFrame(
        {"sex": list("fmfm"), "label": [0, 1, 0, 1], "score": [0.1, 0.9, 0.6, 0.4], column: [1, 2, 1, 2]}
    )

    assert cut_at(cube_of(frame, ["sex"], {"score": "score"})[0], ["sex"], 0.5) is None


def test_predictions_without_scores_have_no_threshold():
    frame = pd.DataFrame({"sex": list("fm"), "label": [0, 1], "prediction": [1, 1]})

    assert cut_at(cube_of(frame, ["sex"])[0], ["sex"], 0.5) is None
