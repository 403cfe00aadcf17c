from __future__ import annotations

import pytest

from metrics.symbols import count_roles, write_symbols
from metrics.tasks.binary import METRICS
from metrics.tasks.regression import METRICS as REGRESSION

NAMED = {m.name: m for m in (*METRICS, *REGRESSION)}


@pytest.mark.parametrize(
    ("name", "symbols"),
    [
        ("false_positive_rate", r"\frac{\mathit{FP}}{\mathit{FP} + \mathit{TN}}"),
        ("f1", r"\frac{2 \mathit{TP}}{2 \mathit{TP} + \mathit{FP} + \mathit{FN}}"),
        ("false_negatives_per_false_positive", r"\frac{\mathit{FN}}{\mathit{FP}}"),
        ("root_mean_squared_error", r"\sqrt{\frac{\sum (\hat{y} - y)^2}{n}}"),
        ("mean_error", r"\frac{\sum (\hat{y} - y)}{n}"),
    ],
)
def test_formulas_are_written_in_symbols(name, symbols):
    assert write_symbols(NAMED[name].formula) == symbols


@pytest.mark.parametrize("name", ["roc_auc", "matthews_correlation", "expected_calibration_error"])
def test_what_is_better_said_in_words_has_no_symbols(name):
    assert write_symbols(NAMED[name].formula) == ""


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("true_positive_rate", "top below unused unused"),
        ("accuracy", "top below below top"),
        ("selection_rate", "top below top below"),
        ("base_rate", "top top below below"),
    ],
)
def test_each_count_has_its_role(name, roles):
    assert " ".join(count_roles(NAMED[name]).values()) == roles


def test_a_metric_that_is_no_share_of_the_four_counts_gives_them_no_roles():
    assert count_roles(NAMED["roc_auc"]) == {}
    assert count_roles(NAMED["share_within_tolerance"]) == {}
