"""Regression: the truth and the prediction are numbers."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.registry import Column, Metric, Rate, Share, SignedMean, Smooth

Floats = NDArray[Any]

_BOTH: frozenset[Column] = frozenset({"label", "prediction"})


def _r_squared(units: Floats, squared_residual: Floats, true_value: Floats, true_value_squared: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        around_mean = true_value_squared - true_value * true_value / units
        # What is left of equal values after rounding is no variance.
        varies = (units > 1) & (around_mean > 1e-13 * true_value_squared)
        return np.where(varies, 1 - squared_residual / around_mean, np.nan)


def _r_squared_gradient(
    units: Floats, squared_residual: Floats, true_value: Floats, true_value_squared: Floats
) -> tuple[Floats, ...]:
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = true_value / units
        around_mean = true_value_squared - true_value * mean
        ratio = squared_residual / around_mean**2
        return ratio * mean * mean, -1 / around_mean, -2 * ratio * mean, ratio


METRICS: tuple[Metric, ...] = (
    Metric(
        name="mean_error",
        title="Mean error",
        formula=SignedMean("error", units="units"),
        better="neither",
        meaning="Mean of prediction minus truth: above 0 the model predicts too much, below 0 too little.",
        source="Hyndman & Koehler 2006, Another look at measures of forecast accuracy",
        needs=_BOTH,
        bounds=(-inf, inf),
        unit="number",
        also=("bias", "over- and underprediction"),
        misleads="Too much for some and too little for others within the group can cancel out.",
    ),
    Metric(
        name="mean_absolute_error",
        title="Mean absolute error",
        formula=Rate("absolute_error", below="units", units="units"),
        better="lower",
        meaning="Mean distance between prediction and truth.",
        source="Willmott & Matsuura 2005, Climate Research 30",
        needs=_BOTH,
        bounds=(0, inf),
        unit="number",
        also=("MAE",),
        misleads="A group with larger true values can have larger errors at the same relative quality.",
    ),
    Metric(
        name="root_mean_squared_error",
        title="Root mean squared error",
        formula=Rate("squared_error", below="units", units="units", root=True),
        better="lower",
        meaning="Root of the mean squared distance between prediction and truth; large errors weigh more.",
        source="Willmott & Matsuura 2005, Climate Research 30",
        needs=_BOTH,
        bounds=(0, inf),
        unit="number",
        also=("RMSE",),
        misleads="A few large errors can decide it.",
    ),
    Metric(
        name="r_squared",
        title="R squared",
        formula=Smooth(
            wording="1 - sum (truth - prediction)^2 / sum (truth - mean truth)^2",
            sums=("units", "squared_residual", "true_value", "true_value_squared"),
            units="units",
            function=_r_squared,
            gradient=_r_squared_gradient,
            scale="log1m",
        ),
        better="higher",
        meaning="Share of the group's variance that the predictions explain; below 0, its own mean predicts better.",
        source="Draper & Smith 1998, Applied Regression Analysis, ch. 1",
        needs=_BOTH,
        bounds=(-inf, 1),
        unit="number",
        also=("coefficient of determination",),
        misleads="It is low in a group whose true values hardly vary, however small the errors.",
    ),
    Metric(
        name="share_within_tolerance",
        title="Share within tolerance",
        formula=Share("within_tolerance", below="units"),
        better="higher",
        meaning="Share of units whose prediction lies within the stated tolerance of the truth.",
        source="the tolerance is the schema's",
        needs=_BOTH,
        misleads="It says nothing about how far off the others are.",
    ),
)
