"""The gap of one slice with other things equal: what `adjust_gap` needs, taken from scored utterances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from metrics.adjusted import AdjustedGap, adjust_gap
from metrics.answers import name_slice
from metrics.errors import QuestionError, unknown
from metrics.formatting import format_ratio
from metrics.registry import Rate
from metrics.rows import split_rest
from metrics.scored import Scored
from metrics.slices import Slice

__all__ = ["UTTERANCE_WORDS", "adjust_slice", "list_covariates", "say_adjusted"]

UTTERANCE_WORDS = "words per utterance"


def list_covariates(scored: Scored, cell: Slice) -> list[str]:
    """Return what can be held equal for a slice: words per utterance, and every attribute that it is not made of."""
    names = [axis.name for axis in scored.axes if axis.name not in cell.axes and len(axis.levels) > 1]
    return [UTTERANCE_WORDS, *(name for name in names if name != UTTERANCE_WORDS)]


def adjust_slice(scored: Scored, cell: Slice, covariates: Sequence[str], *, confidence: float = 0.95) -> AdjustedGap:
    """Return the gap in word errors between a slice and everyone else whose group is known, raw and adjusted.

    `covariates` are some of `list_covariates`; words per utterance enter by their logarithm, attributes as
    categories. Without speakers every utterance is one of its own. Raises QuestionError for other covariates, for data
    without word errors or with weights, and without the optional package statsmodels.
    """
    known = list_covariates(scored, cell)
    for name in covariates:
        if name not in known:
            raise unknown(name, "covariate", known)
    if scored.weights is not None:
        raise QuestionError("Gaps of weighted data are not adjusted: the regression counts every utterance alike.")
    rate = scored.metrics.get("word_error_rate")
    if rate is None or not isinstance(rate.formula, Rate):
        raise QuestionError("Only gaps in word error rates are adjusted, and these data have none.")
    edits, words = (
        scored.layout.weights(form) @ np.stack(scored.values) for form in (rate.formula.top, rate.formula.below)
    )
    columns = {name: words if name == UTTERANCE_WORDS else _levels(scored, name) for name in covariates}
    inside, rest = split_rest(scored, cell)
    clusters = np.arange(len(scored)) if scored.clusters is None else scored.clusters
    times = np.arange(len(scored)).repeat(1 if scored.multiplicity is None else scored.multiplicity)
    return adjust_gap(
        edits[times],
        words[times],
        inside[times],
        pd.DataFrame(columns, index=range(len(scored))).iloc[times],
        clusters[times],
        confidence,
        outside=rest[times],
        durations=(UTTERANCE_WORDS,),
    )


def say_adjusted(gap: AdjustedGap, cell: Slice) -> str:
    """Say how the gap of a slice is as measured, and how with the covariates alike on both sides, or why not."""
    if gap.status != "ok":
        return gap.reason
    raw, adjusted = gap.raw, gap.adjusted
    alike = " and ".join(gap.covariates) or "nothing"
    said = (
        f"{name_slice(cell)} has {format_ratio(raw.ratio)} the word errors of everyone else as measured, and "
        f"{format_ratio(adjusted.ratio)} with {alike} alike on both sides."
    )
    if adjusted.ratio_low > 1 or adjusted.ratio_high < 1:
        return f"{said} A gap is left."
    return f"{said} With that alike, the data cannot tell a gap from none."


def _levels(scored: Scored, name: str) -> pd.Series:
    """Return the levels of an attribute as text, missing ones as missing."""
    place = [axis.name for axis in scored.axes].index(name)
    levels = np.array([*scored.axes[place].levels, None], dtype=object)
    return pd.Series(levels[scored.codes[place].astype(np.intp)], dtype="string")
