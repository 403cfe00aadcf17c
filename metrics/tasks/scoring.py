"""How the units of each task are scored: outcome, values and the metrics they allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.errors import stop
from metrics.registry import Metric
from metrics.schema import Schema
from metrics.scored import Layout, declared_products, smallest_unsigned
from metrics.tasks import binary, multiclass, regression

Named = dict[tuple[str, str | None], NDArray[Any]]

# scikit-learn's clip for float64 scores; a score of 0 or 1 on the wrong side costs 36, not infinity.
_LOG_LOSS_CLIP = float(np.finfo(np.float64).eps)


def score_classes(schema: Schema, columns: Mapping[str, pd.Series]) -> dict[str, Any]:
    """Score labels against predictions (given, or score >= threshold): outcomes and score errors."""
    label, given, score = columns.get("label"), columns.get("prediction"), columns.get("score")
    classes = () if schema.positive else _classes(label, given)
    k = len(classes) or 2
    n_rows = len(next(c for c in (label, given, score) if c is not None))
    n_outcomes = (k + 1) ** 2
    small = smallest_unsigned(2 * n_outcomes)  # twice: with a score and without
    truth = _codes(label, schema.positive, classes, n_rows, small)
    scores = score.to_numpy(dtype=np.float64) if score is not None and schema.positive else None
    # Predictions in the file win unless a threshold is asked for; scores that are no probabilities have no 0.5.
    cut = _threshold(schema) if given is None or schema.threshold is not None else None
    if scores is not None and cut is not None:
        predicted = np.where(np.isnan(scores), k, scores >= cut).astype(small)
    else:
        cut, predicted = None, _codes(given, schema.positive, classes, n_rows, small)
    if given is None and cut is None and scores is None:
        raise stop("the predictions", "are missing.", "Name a prediction column, or a score column and --positive.")

    outcome = truth * small(k + 1) + predicted
    have = {"label"} if label is not None else set()
    have |= {"prediction"} if given is not None or cut is not None else set()
    values: dict[str, NDArray[np.float64]] = {}
    if scores is not None:
        have |= {"score"}
        scored = ~np.isnan(scores)
        if not scored[truth < k].all():
            outcome += small(n_outcomes) * scored
            n_outcomes *= 2
        if label is not None and schema.score_scale != "any":
            values = _score_values(scores, truth, scored & (truth < k))
    named = _named_classes(classes) if classes else _named_binary(n_outcomes)
    metrics = _classification_metrics(schema, classes, have, calibrated=bool(values))
    return {
        "layout": _layout(n_outcomes, named, classes, metrics, values, "scored"),
        "metrics": metrics,
        "outcome": outcome.astype(smallest_unsigned(n_outcomes), copy=False),
        "values": tuple(values.values()),
        "score": scores,
        "positive": np.where(truth == k, -1, truth.astype(np.int8)) if {"label", "score"} <= have else None,
        "definitions": {"positive": schema.positive, "threshold": cut, "favourable": schema.favourable},
    }


def score_numbers(schema: Schema, columns: Mapping[str, pd.Series]) -> dict[str, Any]:
    """Score numeric predictions against numeric labels: errors, absolute and squared."""
    missing = [role for role in ("label", "prediction") if role not in columns]
    if missing:
        raise stop(
            f"the {missing[0]} column",
            "is missing.",
            "A regression needs the true and the predicted number of each row.",
        )
    truth = columns["label"].to_numpy(dtype=np.float64)
    error = columns["prediction"].to_numpy(dtype=np.float64) - truth
    both = np.isfinite(error)
    within = both & (np.abs(error) <= schema.tolerance) if schema.tolerance is not None else np.zeros(len(error), bool)
    outcome = np.where(both, within, 2).astype(np.uint8)
    named: Named = {("units", None): np.array([1.0, 1.0, 0.0]), ("within_tolerance", None): np.array([0.0, 1.0, 0.0])}
    error, truth = np.where(both, error, 0.0), np.where(both, truth, 0.0)
    centred = {"error": error, "absolute_error": np.abs(error), "squared_error": error * error, "true_value": truth}
    # The median, which one absurd number cannot carry away: around a far mean the other groups would lose their digits.
    centres = {name: float(np.median(v[both])) if both.any() else 0.0 for name, v in centred.items()}
    values = {name: np.where(both, v - centres[name], 0.0) for name, v in centred.items()}
    # R squared needs the plain sum of squares beside the centred one that RMSE has.
    values["squared_residual"] = error * error
    values["true_value_squared"] = values["true_value"] ** 2
    metrics = {
        m.name: m for m in regression.METRICS if schema.tolerance is not None or m.name != "share_within_tolerance"
    }
    return {
        "layout": replace(
            _layout(3, named, (), metrics, values, "units", centres), squares={"true_value_squared": "true_value"}
        ),
        "metrics": metrics,
        "outcome": outcome,
        "values": tuple(values.values()),
        "definitions": {"tolerance": schema.tolerance},
    }


def same_word(word: str, other: str) -> bool:
    """Whether two words are the same label: the same text, or the same number."""
    if word.strip() == other.strip():
        return True
    try:
        return float(word) == float(other)
    except ValueError:
        return False


def _layout(
    n_outcomes: int,
    named: Mapping[tuple[str, str | None], NDArray[np.float64]],
    classes: tuple[str, ...],
    metrics: Mapping[str, Metric],
    values: Mapping[str, Any],
    carrier: str,
    centres: Mapping[str, float] | None = None,
) -> Layout:
    names = tuple(values)
    return Layout(
        n_outcomes=n_outcomes,
        named=named,
        classes=classes,
        values=names,
        centres=tuple((centres or {}).get(v, 0.0) for v in names),
        carriers=(carrier,) * len(names),
        products=declared_products(metrics, names),
    )


def _threshold(schema: Schema) -> float | None:
    """The threshold on the scale that scores are kept in; without one, 0.5 for probabilities."""
    if schema.threshold is None:
        return None if schema.score_scale == "any" else 0.5
    return schema.threshold / 100 if schema.score_scale == "percent" else schema.threshold


def _classes(*columns: pd.Series | None) -> tuple[str, ...]:
    """Every word of labels and predictions, once, in the order of the label's levels."""
    words = [str(w) for c in columns if c is not None for w in c.cat.categories]
    return tuple(dict.fromkeys(words))


def _codes(
    column: pd.Series | None, positive: tuple[str, ...], classes: tuple[str, ...], n_rows: int, kind: Any
) -> NDArray[Any]:
    """Code words as 1 (positive) and 0, or as the number of their class; the code after is missing."""
    missing = len(classes) or 2
    if column is None:
        return np.full(n_rows, missing, dtype=kind)
    words = [str(w) for w in column.cat.categories]
    if classes:
        codes = [classes.index(w) for w in words]
    else:
        codes = [int(any(same_word(w, p) for p in positive)) for w in words]
    return np.array([*codes, missing], dtype=kind).take(column.cat.codes.to_numpy())


def _named_binary(n_outcomes: int) -> Named:
    """The named counts of one positive class; with 18 outcomes the upper nine have a score."""
    code = {0: 0, 1: 1, None: 2}
    named: Named = {}
    for name, pairs in binary.COUNTS.items():
        vector = np.zeros(n_outcomes)
        for truth, predicted in pairs:
            vector[code[truth] * 3 + code[predicted] :: 9] = 1
        named[name, None] = vector
    scored = named["labelled", None].copy()
    if n_outcomes == 18:
        scored[:9] = 0
    named["scored", None] = scored
    return named


def _named_classes(classes: tuple[str, ...]) -> Named:
    """The named counts of every class against the rest, and of all classes together."""
    k = len(classes)
    truth, predicted = (a.ravel() for a in np.indices((k + 1, k + 1)))
    both = (truth < k) & (predicted < k)
    named: Named = {
        ("units", None): both * 1.0,
        ("right", None): (both & (truth == predicted)) * 1.0,
        ("wrong", None): (both & (truth != predicted)) * 1.0,
    }
    for c, name in enumerate(classes):
        is_c, says_c = truth == c, predicted == c
        for count, outcomes in {
            "true_positives": both & is_c & says_c,
            "false_positives": both & ~is_c & says_c,
            "false_negatives": both & is_c & ~says_c,
            "true_negatives": both & ~is_c & ~says_c,
            "labelled_positives": is_c,
            "labelled": truth < k,
            "predicted_positives": says_c,
            "predicted": predicted < k,
            "units": both,
        }.items():
            named[count, name] = outcomes * 1.0
    return named


def _classification_metrics(
    schema: Schema, classes: tuple[str, ...], have: set[str], calibrated: bool
) -> dict[str, Metric]:
    found = multiclass.class_metrics(classes) if classes else binary.metrics_for(schema.favourable)
    return {
        m.name: m for m in found if m.needs <= have and (calibrated or "score" not in m.needs or m.name == "roc_auc")
    }


def _score_values(
    score: NDArray[np.float64], truth: NDArray[Any], has: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]]:
    """Squared error, log loss and signed error of the score, 0 where label or score is missing."""
    right = np.where(truth == 1, score, 1 - score)
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = -np.log(np.clip(right, _LOG_LOSS_CLIP, 1 - _LOG_LOSS_CLIP))
    return {
        "squared_score_error": np.where(has, (1 - right) ** 2, 0.0),
        "log_loss": np.where(has, surprise, 0.0),
        "score_error": np.where(has, score - (truth == 1), 0.0),
    }
