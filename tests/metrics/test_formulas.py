"""Formulas are written as a person would write them, from the declarations that are computed."""

from __future__ import annotations

import pytest

from metrics.formulas import write_formula, write_interval
from metrics.registry import MeanOfShares, Ranked, Rate, Share, SignedMean
from metrics.tasks import binary, multiclass, regression

EVERY_METRIC = (*binary.METRICS, *multiclass.class_metrics(("cat", "dog")), *regression.METRICS)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (Share("hits", below="units"), "hits / units"),
        (Share("right_ones + lucky_ones", below="units"), "(right ones + lucky ones) / units"),
        (Share("hits", below="hits + misses", transform="odds"), "hits / misses"),
        (Share("hits", below="hits + misses + lures", transform="dice"), "2 x hits / (2 x hits + misses + lures)"),
        (Rate("squared_error", below="units", units="units"), "squared error / units"),
        (Rate("squared_error", below="units", units="units", root=True), "square root of squared error / units"),
        (SignedMean("error", units="units"), "error / units"),
        (MeanOfShares((Share("a", "b"), Share("c", "d"))), "mean of a / b, c / d"),
        (MeanOfShares((Share("a", "b"),), over_classes=True), "mean over the classes of a / b"),
    ],
)
def test_a_formula_reads_like_one(formula, words):
    assert write_formula(formula) == words


def test_f1_is_written_as_its_textbook_formula():
    (f1,) = (metric for metric in binary.METRICS if metric.name == "f1")

    assert write_formula(f1.formula) == "2 x true positives / (2 x true positives + false positives + false negatives)"


@pytest.mark.parametrize("metric", EVERY_METRIC, ids=lambda metric: metric.name)
def test_every_metric_has_a_formula_and_an_interval_in_words(metric):
    for text in (write_formula(metric.formula), write_interval(metric)):
        assert text
        assert "_" not in text


def test_a_metric_without_an_interval_says_so():
    (error,) = (metric for metric in binary.METRICS if metric.formula == Ranked("ece"))

    assert write_interval(error).startswith("none")
