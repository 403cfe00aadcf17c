"""Disparities under the names of other libraries; what fairlearn says it computes itself."""

from __future__ import annotations

import fairlearn.metrics as fairlearn
import numpy as np
import pandas as pd
import pytest

from metrics.elsewhere import NAMES, also_known_as
from metrics.slices import Slice
from tests.metrics.build import cube_of

RNG = np.random.default_rng(3)
ROWS = pd.DataFrame(
    {
        "group": RNG.choice(list("abc"), 400, p=[0.5, 0.3, 0.2]),
        "label": RNG.integers(0, 2, 400).astype(str),
        "prediction": RNG.integers(0, 2, 400).astype(str),
    }
)
CUBE = cube_of(ROWS, ["group"])[0]
CELL = Slice((("group", "b"),))


def names_of(metric, baseline="rest", cube=CUBE):
    table = also_known_as(cube, CELL, cube.metrics[metric], baseline)
    return {(row["library"], row["name"]): row["value"] for row in table.to_dict("records")}


@pytest.mark.parametrize("name", [n for n in NAMES if n.library == "Fairlearn"], ids=lambda n: n.name)
def test_what_is_called_by_fairlearns_name_is_what_fairlearn_computes(name):
    label, prediction = (ROWS[c].astype(int) for c in ("label", "prediction"))
    expected = getattr(fairlearn, name.name)(label, prediction, sensitive_features=ROWS["group"])

    for metric in name.metrics:
        assert names_of(metric)["Fairlearn", name.name] == pytest.approx(expected)


def _rates(group):
    """Counts by hand: TP, FP, FN, TN of the rows of some groups."""
    rows = ROWS[ROWS["group"].isin(list(group))]
    y, p = rows["label"] == "1", rows["prediction"] == "1"
    tp, fp, fn, tn = (int(x.sum()) for x in (y & p, ~y & p, y & ~p, ~y & ~p))
    n = tp + fp + fn + tn
    return {
        "select": (tp + fp) / n,
        "tpr": tp / (tp + fn),
        "fpr": fp / (fp + tn),
        "ppv": tp / (tp + fp),
        "npv": tn / (tn + fn),
        "acc": (tp + tn) / n,
        "te": fn / fp,
    }


D, A = _rates("b"), _rates("ac")


@pytest.mark.parametrize(
    ("metric", "library", "name", "expected"),
    [
        ("selection_rate", "AIF360", "statistical_parity_difference", D["select"] - A["select"]),
        ("selection_rate", "AIF360", "disparate_impact", D["select"] / A["select"]),
        ("selection_rate", "Clarify", "DPPL", A["select"] - D["select"]),
        ("selection_rate", "Aequitas", "pprev_disparity", D["select"] / A["select"]),
        ("true_positive_rate", "AIF360", "equal_opportunity_difference", D["tpr"] - A["tpr"]),
        ("true_positive_rate", "AIF360", "average_odds_difference", (D["tpr"] - A["tpr"] + D["fpr"] - A["fpr"]) / 2),
        ("true_positive_rate", "Clarify", "RD", A["tpr"] - D["tpr"]),
        ("true_negative_rate", "Clarify", "SD", A["fpr"] - D["fpr"]),
        ("positive_predictive_value", "Clarify", "DAR", A["ppv"] - D["ppv"]),
        ("negative_predictive_value", "Clarify", "DRR", D["npv"] - A["npv"]),
        ("accuracy", "Clarify", "AD", A["acc"] - D["acc"]),
        ("false_negatives_per_false_positive", "Clarify", "TE", D["te"] - A["te"]),
        ("false_positive_rate", "Aequitas", "fpr_disparity", D["fpr"] / A["fpr"]),
    ],
)
def test_each_library_has_its_own_sign(metric, library, name, expected):
    assert names_of(metric)[library, name] == pytest.approx(expected)


def test_the_baseline_is_the_other_librarys_reference():
    only_a = _rates("a")

    assert names_of("selection_rate", "group = a")["Aequitas", "pprev_disparity"] == pytest.approx(
        D["select"] / only_a["select"]
    )


def test_a_false_rejection_is_known_by_the_rate_that_it_is():
    cube = cube_of(ROWS, ["group"], favourable="positive")[0]

    assert names_of("false_rejection_rate", cube=cube) == names_of("false_negative_rate", cube=cube)


def test_a_metric_that_nobody_else_names_has_an_empty_table_with_its_columns():
    table = also_known_as(CUBE, CELL, CUBE.metrics["f1"])

    assert list(table.columns) == ["library", "name", "sign", "value"]
    assert len(table) == 0
