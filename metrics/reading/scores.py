"""The scale that scores are on: fractions, percentages, or any numbers of which only the order counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from metrics.errors import Finding
from metrics.levels import number_text
from metrics.reading.guess import columns_needed
from metrics.schema import Schema

Scale = Literal["fraction", "percent", "any"]


def settle_scale(
    schema: Schema,
    scores: Sequence[tuple[str, NDArray[np.float64]]],
    *,
    alone: bool,
    metrics: Sequence[str] = (),
) -> tuple[Schema, list[Finding]]:
    """Return the schema with its score scale and threshold, and what is to be asked or said about them.

    `scores` are (column, values); `alone` says that no system has predictions. `metrics` are those
    asked for (none: all): a scale that enters none of them is never asked about.
    """
    ranges = {column: _range(values) for column, values in scores}
    filled = {column: r for column, r in ranges.items() if r is not None}
    findings: list[Finding] = []
    if not filled:
        return replace(schema, score_scale=schema.score_scale or "fraction"), findings
    low, high = min(r[0] for r in filled.values()), max(r[1] for r in filled.values())
    guess = _guess_scale(low, high)
    predicts = alone or schema.threshold is not None
    needed = columns_needed(metrics)
    if schema.score_scale is None:
        schema = replace(schema, score_scale=guess)
        if guess != "fraction":
            # As percentages they are cut at 50, as fractions at one half.
            cut = guess == "percent" and alone and schema.threshold is None and "prediction" in needed
            findings.append(_about_scale(filled, low, high, guess, asked=cut or "score" in needed))
    elif schema.score_scale != "any" and (low < 0 or high > (100 if schema.score_scale == "percent" else 1)):
        top = "100" if schema.score_scale == "percent" else "1"
        findings.append(
            Finding(
                "stop",
                _columns(filled),
                f"{_holds(filled, low, high)}, outside of 0 to {top} as --score-scale {schema.score_scale} says.",
                "Say --score-scale any if only the order of the scores counts.",
                option="--score-scale",
                answers=("any", "percent", "fraction"),
            )
        )
    elif schema.score_scale == "percent":
        findings.append(
            Finding(
                "note", _columns(filled), "gave percentages, which were divided by 100.", "", option="--score-scale"
            )
        )
    for column, values in scores:
        if column not in filled or high <= 1:
            continue
        within = float(np.mean(values[~np.isnan(values)] <= 1))
        if 0.5 < within < 1:
            found = (
                f"is at most 1 in {within:.0%} of the rows and up to {number_text(filled[column][1])} in the others."
            )
            findings.append(Finding("warn", _columns([column]), found, "Are there fractions beside percentages?"))
    if guess == "percent" and (small := [c for c, r in filled.items() if r[1] <= 1]) and len(small) < len(filled):
        findings.append(
            Finding(
                "warn",
                _columns(small),
                f"may be fractions, while {_columns([c for c in filled if c not in small])} may be percentages.",
                "Write all scores on one scale.",
            )
        )
    if alone and schema.threshold is None and not any(f.severity == "stop" for f in findings):
        schema, finding = _set_threshold(schema, filled, low, high, asked="prediction" in needed)
        findings.append(finding)
    elif predicts and schema.threshold is not None and not low <= schema.threshold <= high:
        findings.append(
            Finding(
                "warn",
                "the threshold",
                f"{number_text(schema.threshold)} lies outside of the scores, which run from {number_text(low)} to "
                f"{number_text(high)}: all predictions are the same.",
                "Give the threshold in the scores' own units with --threshold.",
            )
        )
    return schema, findings


def _range(values: NDArray[np.float64]) -> tuple[float, float] | None:
    if not len(values) or np.isnan(values).all():
        return None
    return float(np.nanmin(values)), float(np.nanmax(values))


def _guess_scale(low: float, high: float) -> Scale:
    """Scores of 1 to 10 are marks; percentages are taken to reach above a quarter of their range."""
    if low >= 0 and high <= 1:
        return "fraction"
    return "percent" if low >= 0 and 25 < high <= 100 else "any"


def _about_scale(
    filled: dict[str, tuple[float, float]], low: float, high: float, guess: Scale, *, asked: bool
) -> Finding:
    took = (
        "percentages, and divided by 100"
        if guess == "percent"
        else "marks of which only the order counts (so there is no calibration)"
    )
    answers = (guess, "any" if guess == "percent" else "percent")
    found = f"{_holds(filled, low, high)}, outside of 0 to 1; they were taken for {took}."
    cure = "Say what it is with --score-scale percent or --score-scale any."
    return Finding("warn" if asked else "note", _columns(filled), found, cure, option="--score-scale", answers=answers)


def _set_threshold(
    schema: Schema, filled: dict[str, tuple[float, float]], low: float, high: float, *, asked: bool
) -> tuple[Schema, Finding]:
    """Scores without predictions need a cut: one half where they are shares, else a question."""
    if schema.score_scale != "any" or (low >= 0 and high <= 1):
        cut = 50.0 if schema.score_scale == "percent" else 0.5
        found = f"came without predictions; {number_text(cut)} and more was taken to predict the positive class."
        return replace(schema, threshold=cut), Finding(
            "note", _columns(filled), found, "Choose another with --threshold.", option="--threshold"
        )
    cut = float(f"{(low + high) / 2:.3g}")
    found = (
        f"{_holds(filled, low, high)}, without predictions; {number_text(cut)} and more, the upper half, was taken "
        "to predict the positive class."
    )
    return replace(schema, threshold=cut), Finding(
        "warn" if asked else "note",
        _columns(filled),
        found,
        "Say where to cut with --threshold.",
        option="--threshold",
        answers=(number_text(cut),),
    )


def _holds(filled: dict[str, tuple[float, float]], low: float, high: float) -> str:
    return f"{'holds' if len(filled) == 1 else 'hold'} scores from {number_text(low)} to {number_text(high)}"


def _columns(names: Sequence[str] | dict[str, tuple[float, float]]) -> str:
    listed = ", ".join(map(repr, names))
    return f"column {listed}" if len(names) == 1 else f"columns {listed}"
