"""The rows behind a cell: which units of a slice had which outcome, and what they look like as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from metrics.errors import unknown
from metrics.reading.table import texts
from metrics.registry import Metric, Share
from metrics.scored import Scored
from metrics.slices import Slice
from metrics.writing import guard_text

__all__ = ["find_rows", "list_outcomes", "name_outcomes", "split_rest", "write_rows"]

_BLOCK = 20_000
_RATE = "utterance_word_error_rate"

# Titles of the counts that one can ask the rows of.
_BINARY = {
    "true_positives": "True positives",
    "false_positives": "False positives",
    "false_negatives": "False negatives",
    "true_negatives": "True negatives",
}
_TITLES = {
    "all": "All rows",
    "top": "Counted by the metric",
    "below": "All it is a share of",
    "right": "Right",
    "wrong": "Wrong",
    "predicted_positives": "Predicted positive",
    "predicted_negatives": "Predicted negative",
    "too high": "Predicted too high",
    "too low": "Predicted too low",
    "exact": "Exactly right",
    "within tolerance": "Within the tolerance",
    "missing": "Label or prediction missing",
}
_TRANSCRIPTS = {
    "without an error": "Without an error",
    "sentence_errors": "With an error",
    "above_half": "Over 50 % word error rate",
    "above_one": "Over 100 % word error rate",
    "empty_outputs": "Empty output",
    "without words": "Nothing was said",
    "not known": "Reference or transcript missing",
}


def list_outcomes(scored: Scored, metric: Metric | None = None) -> dict[str, str]:
    """Return what the rows can be filtered by, with titles; "all" comes first.

    With a metric that is a share, "top" and "below" are the rows that it counts and those that it is a share of.
    """
    found = ["all"]
    if metric is not None and _is_share_of_units(metric):
        found += ["top", "below"]
    return {name: _title(name) for name in [*found, *(n for n, _ in _outcomes(scored))]}


def find_rows(scored: Scored, cell: Slice, outcome: str = "all", metric: Metric | None = None) -> NDArray[np.int64]:
    """Return which units lie in a cell and had an outcome, as places in `scored`, in the order of the file.

    Those of a regression come with the largest error first, those of a transcription with the highest error rate.
    Raises QuestionError for an attribute, a level or
    an outcome that the data do not have.
    """
    inside = np.ones(len(scored), dtype=bool)
    axes = {axis.name: i for i, axis in enumerate(scored.axes)}
    for name, level in cell.items():
        if name not in axes:
            raise unknown(name, "attribute", list(axes))
        axis = scored.axes[axes[name]]
        levels = [axis.level(code) for code in range(axis.size)]
        if level not in levels:
            raise unknown(level, f"level of {name!r} called", axis.levels)
        # A level of the file may be called as the missing one: the code after the last is meant then.
        inside &= scored.codes[axes[name]] == len(levels) - 1 - levels[::-1].index(level)
    if outcome in ("top", "below") and metric is not None and _is_share_of_units(metric):
        assert isinstance(metric.formula, Share)
        form = metric.formula.top if outcome == "top" else metric.formula.below
        inside &= _counted(scored, form, metric.of_class)
    elif outcome != "all":
        outcomes = dict(_outcomes(scored))
        if outcome not in outcomes:
            raise unknown(outcome, "outcome called", list(outcomes))
        inside &= outcomes[outcome]
    found = np.flatnonzero(inside)
    if "error" in scored.layout.values:
        found = found[np.argsort(-np.abs(_error(scored)[found]), kind="stable")]
    if _RATE in scored.layout.values:
        rate = scored.values[scored.layout.values.index(_RATE)]
        found = found[np.argsort(-rate[found], kind="stable")]
    return found


def split_rest(scored: Scored, cell: Slice) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which units lie in a slice, and which are everyone else whose group is known, as masks."""
    inside, known = np.zeros(len(scored), dtype=bool), np.ones(len(scored), dtype=bool)
    inside[find_rows(scored, cell)] = True
    for axis, codes in zip(scored.axes, scored.codes, strict=True):
        if axis.name in cell.axes:
            known &= codes != axis.size - 1
    return inside, known & ~inside


def name_outcomes(scored: Scored, places: NDArray[np.int64]) -> list[str]:
    """Return the outcome of each of some units in words, such as "false negative"."""
    names = np.full(len(places), "", dtype=object)
    for name, rows in _outcomes(scored.take(places)):
        names[rows] = _title(name).lower().removesuffix("s") if name in _BINARY else _title(name).lower()
    return [str(name) for name in names]


def write_rows(table: pa.Table, more: Mapping[str, Sequence[Any]]) -> Iterator[bytes]:
    """Return rows as blocks of CSV, the columns of `more` before those of the table.

    A text that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay as they are.
    """
    names = [*more, *table.column_names]
    yield _lines([[_guard(name) for name in names]])
    for start in range(0, table.num_rows, _BLOCK):
        block = table.slice(start, _BLOCK)
        columns = [[_guard(str(v)) for v in values[start : start + _BLOCK]] for values in more.values()]
        columns += [[_guard(v) for v in texts(column).to_pylist()] for column in block.columns]
        yield _lines(zip(*columns, strict=True))


def _title(name: str) -> str:
    return _TITLES.get(name) or _TRANSCRIPTS.get(name) or _BINARY[name]


def _is_share_of_units(metric: Metric) -> bool:
    return isinstance(metric.formula, Share) and not metric.formula.transform and not metric.formula.units


def _outcomes(scored: Scored) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield every outcome with the units that had it; of those that a unit has several of, the gravest comes last."""
    named = scored.layout.named
    if ("utterances", None) in named:
        known, wrong = (_counted(scored, count, None) for count in ("utterances", "sentence_errors"))
        yield "without an error", known & ~wrong
        yield "without words", known & ~_counted(scored, "utterances_with_words", None)
        for name in ("sentence_errors", "above_half", "above_one", "empty_outputs"):
            yield name, _counted(scored, name, None)
        yield "not known", ~known
        return
    if "error" in scored.layout.values:
        error, known = _error(scored), _counted(scored, "units", None)
        if scored.definitions.get("tolerance") is not None:
            yield "within tolerance", _counted(scored, "within_tolerance", None)
        yield "too high", known & (error > 0)
        yield "too low", known & (error < 0)
        yield "exact", known & (error == 0)
        yield "missing", ~known
        return
    if ("right", None) in named:
        known = _counted(scored, "units", None)
        for name in ("right", "wrong"):
            yield name, _counted(scored, name, None)
        yield "missing", ~known
        return
    if not _counted(scored, "labelled", None).any():
        positive, predicted = (_counted(scored, c, None) for c in ("predicted_positives", "predicted"))
        yield "predicted_positives", positive
        yield "predicted_negatives", predicted & ~positive
        yield "missing", ~predicted
        return
    for name in _BINARY:
        yield name, _counted(scored, name, None)
    yield "missing", ~_counted(scored, "units", None)


def _counted(scored: Scored, form: str, of_class: str | None) -> NDArray[np.bool_]:
    """Return which units a sum of named counts counts."""
    counted: NDArray[np.bool_] = (scored.layout.outcomes(form, of_class) > 0)[scored.outcome]
    return counted


def _error(scored: Scored) -> NDArray[np.float64]:
    """Prediction minus truth of a regression; 0 where one of them is missing."""
    known = _counted(scored, "units", None)
    place = scored.layout.values.index("error")
    return np.where(known, scored.values[place] + scored.layout.centres[place], 0.0)


def _guard(cell: str | None) -> str:
    if cell is None:
        return ""
    try:
        float(cell)  # "-5" is a number, and "nan" no formula
    except ValueError:
        return guard_text(cell)
    return cell


def _lines(rows: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()
