"""The tables of a document: records of JSON turned into the frames that they were written from, each cell checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from metrics.criteria import CRITERIA
from metrics.estimate import STATUSES, SUPPRESSED
from metrics.slices import Slice
from metrics.verdict import VERDICTS

__all__ = ["TABLES", "WrongCell", "read_records"]

_HIDDEN_STATUS = STATUSES[SUPPRESSED]
# What a slice that is not shown has not.
_HIDDEN = ("value", "low", "high", "top", "below", "units", "effective_units", "clusters", "p", "p_adjusted")

Cell = Callable[[Any], Any]  # gives the value of a cell; raises ValueError with what it should be


class WrongCell(ValueError):  # noqa: N818  (said to a person in the words of whoever reads the document)
    """A record that is not what its list holds: the number of the record from 1, what was found, what it should be."""

    def __init__(self, number: int, found: str, wanted: str) -> None:
        super().__init__(f"entry {number} {found}; {wanted}")
        self.number, self.found, self.wanted = number, found, wanted


def read_records(name: str, records: Sequence[Any]) -> pd.DataFrame:
    """Return the frame of one list of a document; `name` is one of `TABLES`.

    JSON has no infinity: where one limit is a number and the other is null, the interval has no end on that side,
    and a value that is null there lies at it. Raises WrongCell for the first record that is not as it should be.
    """
    cells = TABLES[name]
    columns: dict[str, list[Any]] = {column: [] for column in cells}
    for number, record in enumerate(records, 1):
        if not isinstance(record, Mapping) or record.keys() != cells.keys():
            raise WrongCell(number, _say_fields(record, cells), f"an entry has the fields {', '.join(cells)}")
        for column, read in cells.items():
            try:
                columns[column].append(read(record[column]))
            except ValueError as error:
                raise WrongCell(number, f"has {column} = {_shorten(record[column])}", f"it is {error}") from error
        if record.get("status") == _HIDDEN_STATUS:
            _check_hidden(number, record)
        elif "units" in record and record["units"] is None:
            raise WrongCell(number, "has units = None", "it is a whole number from 0 up")
    frame = pd.DataFrame({column: _as_column(cells[column], values) for column, values in columns.items()})
    for value, low, high in _INTERVALS[name]:
        _open_ends(frame, value, low, high)
    return frame


def _check_hidden(number: int, record: Mapping[str, Any]) -> None:
    """Refuse a slice that is not shown and has numbers."""
    for column in _HIDDEN:
        if record.get(column) is not None:
            raise WrongCell(
                number, f"is not shown and has {column} = {_shorten(record[column])}", f"a hidden slice has no {column}"
            )


def _say_fields(record: Any, cells: Mapping[str, Cell]) -> str:
    if not isinstance(record, Mapping):
        return f"is {_shorten(record)}"
    lacking, unknown = [c for c in cells if c not in record], [c for c in record if c not in cells]
    said = [f"lacks {', '.join(lacking)}"] if lacking else []
    return " and ".join(said + ([f"has the unknown field {_shorten(unknown[0])}"] if unknown else []))


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# -- cells ---------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _number(value: Any) -> float:
    if value is None:
        return np.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError("a number or null")
    return float(value)


def _count(value: Any) -> float:
    found = _number(value)
    if found < 0:
        raise ValueError("a count or null")
    return found


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError("a whole number from 0 up")
    return value


def _units(value: Any) -> float | int:
    """A count of units; that of a slice which is not shown is null (see `_check_hidden`)."""
    return np.nan if value is None else _whole(value)


def _slice(value: Any) -> Slice:
    if not isinstance(value, Mapping) or not all(isinstance(level, str) for level in value.values()):
        raise ValueError("an object of attributes and their levels, all texts")
    return Slice(tuple(value.items()))


def _slice_or_none(value: Any) -> Slice | None:
    return None if value is None else _slice(value)


def _slices(value: Any) -> list[Slice]:
    if not isinstance(value, list):
        raise ValueError("a list of slices")
    return [_slice(entry) for entry in value]


def _pair(value: Any) -> list[Slice] | None:
    if value is not None and (not isinstance(value, list) or len(value) != 2):
        raise ValueError("a list of two slices, or null")
    return None if value is None else _slices(value)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("a list of attributes")
    return tuple(value)


def _one_of(*words: str | None) -> Cell:
    def read(value: Any) -> Any:
        if (value is not None and not isinstance(value, str)) or value not in words:
            raise ValueError(f"one of {', '.join('null' if w is None else w for w in words)}")
        return value

    return read


_STATUS = _one_of(*STATUSES)

# What each list holds: its fields in order, each with how a cell of it is read.
TABLES: Mapping[str, Mapping[str, Cell]] = {
    "estimates": {
        "slice": _slice,
        "system": _text_or_none,
        "metric": _text,
        **dict.fromkeys(("value", "low", "high"), _number),
        **dict.fromkeys(("top", "below"), _number),
        "units": _units,
        **dict.fromkeys(("effective_units", "clusters"), _count),
        "status": _STATUS,
    },
    "disparities": {
        "slice": _slice,
        "system": _text_or_none,
        "metric": _text,
        "kind": _one_of("difference", "ratio"),
        "baseline": _text,
        **dict.fromkeys(("value", "low", "high", "p", "p_adjusted"), _number),
        "status": _STATUS,
    },
    "spreads": {
        "by": _names,
        "system": _text_or_none,
        "metric": _text,
        **dict.fromkeys(("difference", "low", "high", "ratio"), _number),
        **dict.fromkeys(("highest", "lowest"), _slice_or_none),
        "noise_floor": _number,
        "left_out": _slices,
    },
    "criteria": {
        "name": _one_of(*(c.name for c in CRITERIA)),
        "by": _names,
        "system": _text_or_none,
        **dict.fromkeys(("value", "difference", "ratio"), _number),
        "status": _STATUS,
        "left_out": _slices,
    },
    "verdicts": {
        "rule": _text,
        "slice": _slice_or_none,
        "pair": _pair,
        "system": _text_or_none,
        "metric": _text,
        **dict.fromkeys(("value", "low", "high", "adjusted_low", "adjusted_high", "at_least", "at_most"), _number),
        "verdict": _one_of(None, *VERDICTS),
        "units_needed": _count,
        "reason": _text,
    },
}

# Value, low and high of the intervals in each list.
_INTERVALS: Mapping[str, tuple[tuple[str | None, str, str], ...]] = {
    "estimates": (("value", "low", "high"),),
    "disparities": (("value", "low", "high"),),
    "spreads": (("difference", "low", "high"),),
    "criteria": (),
    "verdicts": (("value", "low", "high"), (None, "adjusted_low", "adjusted_high")),
}


def _as_column(read: Cell, values: list[Any]) -> Any:
    if read in (_number, _count):
        return np.array(values, dtype=np.float64)
    if read is _units:
        return np.array(values, dtype=np.float64 if np.nan in values else np.int64)
    return pd.Series(values, dtype=str if read in (_text, _STATUS) else object)  # else pandas makes NaN of None


def _open_ends(frame: pd.DataFrame, value: str | None, low: str, high: str) -> None:
    """Put infinity where the interval has an end on one side only."""
    has_low, has_high = frame[low].notna(), frame[high].notna()
    up, down = has_low & ~has_high, has_high & ~has_low
    if value is not None:
        frame.loc[up & frame[value].isna(), value] = np.inf
        frame.loc[down & frame[value].isna(), value] = -np.inf
    frame.loc[up, high] = np.inf
    frame.loc[down, low] = -np.inf
