"""Checking the numbers of a bundle: that they belong together, and that there can be such numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.errors import stop
from metrics.registry import MeanOfShares
from metrics.sharing.bundle_archive import ASK
from metrics.sharing.bundle_head import Head
from metrics.sharing.bundle_numbers import MEASURED, SIDE_ARRAYS, SIDES, make_side
from metrics.sharing.plain_parquet import Columns

__all__ = ["check_tables"]

Floats = NDArray[Any]
Whole = NDArray[np.int64]

_CLOSE = 1e-9  # what sums of floats may be off by
_SMALLEST, _LARGEST = 1e-100, 1e100  # squares of these, and quotients, are still numbers
_QUESTION = ("system", "grouping", "metric")


def check_tables(head: Head, tables: Mapping[str, Columns], where: str) -> None:
    """Raise ResultsError for the first thing that is wrong with the tables."""
    for name, table in tables.items():
        for column, values in table.items():
            size = np.abs(values)
            odd = np.isfinite(size) & (size > 0) & ((size < _SMALLEST) | (size > _LARGEST))
            _refuse(odd, f"{where}, {name}", f"has a number as {column} that nothing measures.")
    cells = _Cells(head, tables["cells"], where)
    answers = _Answers(head, tables["answers"], cells, where)
    answers.check_parts(tables["parts"], tables["correlations"])
    answers.check_pairs(tables["pairs"])
    answers.check_floors(tables["floors"])


def _refuse(wrong: NDArray[np.bool_], where: str, found: str) -> None:
    if wrong.any():
        raise stop(f"{where}, row {int(wrong.argmax()) + 1},", found, ASK)


def _check_between(values: NDArray[Any], end: Any, where: str, found: str) -> None:
    """Refuse numbers under 0, or from `end` up."""
    _refuse((values < 0) | (values >= end), where, found)


def _check_order(numbers: Whole, where: str) -> None:
    """Refuse rows that stand twice or out of order, by a number that each has of its own."""
    _refuse(np.diff(numbers, prepend=-1) <= 0, where, "stands twice or out of order.")


def _check_range(values: Floats, low: Any, high: Any, where: str, what: str) -> None:
    """Refuse values outside a range; NaN is none."""
    outside = (values < np.asarray(low) - _CLOSE) | (values > np.asarray(high) + _CLOSE)
    _refuse(outside, where, f"has {what} outside what there can be.")


class _Cells:
    """The cells of every grouping of every system, checked; `n`, `first` (systems, groupings) find their rows."""

    def __init__(self, head: Head, table: Columns, where: str) -> None:
        self.where = f"{where}, cells"
        shape = len(head.systems), len(head.groupings)
        _check_between(table["system"], shape[0], self.where, "is of a system that there is not.")
        _check_between(table["grouping"], shape[1], self.where, "is of a grouping that there is not.")
        block = table["system"].astype(np.int64) * shape[1] + table["grouping"]
        _refuse(np.diff(block, prepend=0) < 0, self.where, "stands out of order.")
        count = np.bincount(block, minlength=shape[0] * shape[1])
        if not count.all():
            raise stop(self.where, "lacks a grouping.", ASK)
        first = np.cumsum(count) - count
        _refuse(
            table["cell"] != np.arange(len(block)) - np.repeat(first, count),
            self.where,
            "is not numbered as it stands.",
        )
        self.n, self.first = count.reshape(shape), first.reshape(shape)
        self.hidden, self.units = table["hidden"].astype(bool), table["units"]
        self._check_levels(head, table, block)
        self._check_units(head, table)

    def _check_levels(self, head: Head, table: Columns, block: Whole) -> None:
        named = [name for name in table if name.startswith("level_")]
        for b in np.unique(block).tolist():
            axes = head.axes_of(head.groupings[b % len(head.groupings)])
            rows = slice(int(self.first.flat[b]), int(self.first.flat[b] + self.n.flat[b]))
            where = f"{self.where}, grouping by {', '.join(a.name[:40] for a in axes) or 'nothing'}"
            codes = [table[name][rows] for name in named]
            for axis, code in zip(axes, codes, strict=False):
                _check_between(code, axis.size, where, f"has a level that {axis.name[:40]!r} does not have.")
            for code in codes[len(axes) :]:
                _refuse(code != -1, where, "has the level of an attribute that it is not about.")
            self._check_once(np.stack([*codes[: len(axes)], np.zeros(rows.stop - rows.start, np.int32)], axis=1), where)

    def _check_once(self, codes: NDArray[Any], where: str) -> None:
        """Refuse cells that stand twice or out of the order of their levels."""
        before, after = codes[:-1], codes[1:]
        differ = before != after
        at = np.arange(len(before)), differ.argmax(axis=1)
        later = np.concatenate([np.ones(min(1, len(codes)), bool), differ.any(axis=1) & (after[at] > before[at])])
        _refuse(~later, where, "stands twice or out of order.")

    def _check_units(self, head: Head, table: Columns) -> None:
        _check_between(table["hidden"], 2, self.where, "is neither hidden nor shown.")
        _refuse(self.units < 0, self.where, "has a negative number of units.")
        _refuse(self.units >= 2**53, self.where, "has more units than there can be.")
        _refuse(self.hidden & (self.units != 0), self.where, "is hidden and has a number of units all the same.")
        few = ~self.hidden & (self.units < head.terms.min_cell)
        _refuse(few, self.where, f"is shown, though a slice of under {head.terms.min_cell} units is hidden.")
        starts = self.first.ravel()
        # Whole numbers, that many such sums do not run over: floats are close enough for what they are compared with.
        added = np.add.reduceat(self.units.astype(np.float64), starts).reshape(self.n.shape)
        everyone, known = self.units[self.first[:, 0]], ~self.hidden[self.first[:, 0]]
        self.everyone = np.where(known, everyone, np.inf)
        if (added > self.everyone[:, None]).any():
            raise stop(self.where, "has groups with more units than everyone together.", ASK)


class _Answers:
    """What was measured, checked row by row; `shown` gives the cells of every question that have an answer."""

    def __init__(self, head: Head, table: Columns, cells: _Cells, where: str) -> None:
        self.head, self.table, self.cells, self.where = head, table, cells, f"{where}, answers"
        self.file = where
        self.cell_row = self._check_places()
        self._check_numbers()
        self._check_formulas()

    def _check_places(self) -> Whole:
        head, t, where = self.head, self.table, self.where
        self._check_question(t, where)
        _check_between(t["side"], len(SIDES), where, "is of a side that there is not.")
        _check_between(t["cell"], self.cells.n[t["system"], t["grouping"]], where, "is of a cell that there is not.")
        number = (self._question(t) * len(SIDES) + t["side"]) * (int(self.cells.n.max()) + 1) + t["cell"]
        _check_order(number, where)
        row: Whole = self.cells.first[t["system"], t["grouping"]] + t["cell"]
        _refuse(self.cells.hidden[row], where, "is about a slice that is hidden.")
        self.shown: dict[int, Whole] = {}
        own = np.flatnonzero(t["side"] == 0)
        for question, start, end in _runs(self._question(t)[own]):
            self.shown[question] = t["cell"][own[start:end]]
        self.clustered = np.array([s.clustered for s in head.systems])[t["system"]]
        self.parts = np.array([[s.parts.get(name, 0) for name in head.terms.metrics] for s in head.systems], int)
        return row

    def _question(self, table: Columns) -> Whole:
        head = self.head
        grouping = table["system"].astype(np.int64) * len(head.groupings) + table["grouping"]
        return np.asarray(grouping * len(head.terms.metrics) + table["metric"])

    def _check_question(self, table: Columns, where: str) -> None:
        head = self.head
        for name, end in zip(_QUESTION, (len(head.systems), len(head.groupings), len(head.terms.metrics)), strict=True):
            _check_between(table[name], end, where, f"is of a {name} that there is not.")
        if head.terms.metrics:
            has = np.array([[name in set(s.metrics) for name in head.terms.metrics] for s in head.systems])
            _refuse(~has[table["system"], table["metric"]], where, "is of a metric that its system does not have.")

    def _check_numbers(self) -> None:
        t, where = self.table, self.where
        for name in (*SIDE_ARRAYS, *MEASURED, "r"):
            _refuse(np.isneginf(t[name]), where, f"has {name} = -infinity.")
            if name not in ("n", "n_zero", "df", "effective"):
                _refuse(np.isposinf(t[name]), where, f"has {name} = infinity.")
            if name not in ("value", "r"):
                _refuse(t[name] < 0, where, f"has a negative {name}.")
        own = t["side"] == 0
        _refuse(np.isnan(t["r"]) != own, where, "has a correlation where there is none, or has none.")
        _refuse(np.abs(t["r"]) > 1, where, "has a correlation beyond 1.")
        for name in ("units", "denominator"):
            _refuse(np.isnan(t[name]), where, f"has no {name}.")
        for name in ("units", "denominator", "clusters"):
            _refuse((t[name] % 1 != 0) & ~np.isnan(t[name]), where, f"has a part of one as {name}.")
        most = np.where(own, self.cells.units[self.cell_row], self.cells.everyone[t["system"]])
        _refuse(t["units"] > most, where, "has more units than there are.")
        _refuse(t["denominator"] > t["units"], where, "counts more units for its minimum than there are.")
        _refuse(t["clusters"] > t["units"], where, "has more clusters than units.")
        lost = np.where(self.clustered, np.isnan(t["clusters"]), ~np.isnan(t["clusters"]))
        _refuse(lost, where, "has clusters where there are none, or lacks them.")
        _refuse(np.isnan(t["top"]) != np.isnan(t["below"]), where, "has one of top and below without the other.")

    def _check_formulas(self) -> None:
        """Check values by what each metric's formula allows."""
        t, where = self.table, self.where
        for m, name in enumerate(self.head.terms.metrics):
            metric, rows = self.head.metrics[name], np.flatnonzero(t["metric"] == m)
            if isinstance(metric.formula, MeanOfShares) or not len(rows):
                continue
            side = make_side(metric, {array: t[array][rows] for array in SIDE_ARRAYS})
            low, high = _range_of(side.kind, metric.bounds)
            about = f"{where}, {name[:80]}"
            _check_range(side.value, low, high, about, "a value")
            with np.errstate(divide="ignore", invalid="ignore"):
                shown, told = side.shown, t["top"][rows] / t["below"][rows]
            off = np.abs(told - shown) > _CLOSE * np.maximum(1, np.abs(shown))
            counted = t["below"][rows] > 0
            _refuse(counted & np.isnan(shown), about, "has no value of counts that there are.")
            _refuse(counted & off, about, "has a value that is not what is above over what is below.")
            if side.kind == "share" and side.transform != "odds":
                too_many = t["top"][rows] > t["below"][rows] * (1 + _CLOSE)
                _refuse(too_many, about, "has more above the line than below.")

    # -- what stands beside the answers

    def check_parts(self, parts: Columns, correlations: Columns) -> None:
        """Check the parts of means of shares, and how they are correlated."""
        where = f"{self.file}, parts"
        n_parts = self.parts[self.table["system"], self.table["metric"]] if self.parts.size else np.zeros(0, int)
        answer = np.repeat(np.arange(len(n_parts)), n_parts)
        first = np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
        part = np.arange(len(answer)) - first
        _check_same(parts, {"answer": answer, "part": part}, where)
        for name in SIDE_ARRAYS:
            _refuse((parts[name] < 0) | (np.isinf(parts[name]) & (name in ("value", "se"))), where, f"has {name} off.")
        _check_range(parts["value"], 0, 1, where, "a value")
        self._check_means(parts, n_parts)
        where = f"{self.file}, correlations"
        total = int((n_parts.astype(np.int64) * (n_parts - 1)).sum())
        if total != len(correlations["r"]):
            raise stop(where, f"has {len(correlations['r']):,} rows, where {total:,} belong.", ASK)
        one, two = _pairs_of_parts(n_parts)
        answer = np.repeat(np.arange(len(n_parts)), n_parts * (n_parts - 1))
        _check_same(correlations, {"answer": answer, "part": one, "other": two}, where)
        r = correlations["r"]
        _refuse(np.isnan(r) | (np.abs(r) > 1), where, "has no correlation, or one beyond 1.")

    def _check_means(self, parts: Columns, n_parts: Whole) -> None:
        """Refuse a mean that is not that of its parts."""
        for m, name in enumerate(self.head.terms.metrics):
            metric = self.head.metrics[name]
            if not isinstance(metric.formula, MeanOfShares):
                continue
            inner = self.table["metric"][parts["answer"]] == m
            rows = np.flatnonzero(self.table["metric"] == m)
            if not len(rows):
                continue
            share = metric.formula.shares[0].transform
            value = parts["value"][inner]
            shown = 2 * value / (1 + value) if share == "dice" else value
            place = np.searchsorted(rows, parts["answer"][inner])
            mean = np.bincount(place, shown, len(rows)) / n_parts[rows]
            told = self.table["value"][rows]
            about = f"{self.where}, {name[:80]}"
            _refuse(np.isnan(mean) != np.isnan(told), about, "has a value without its parts, or parts without it.")
            _refuse(np.abs(mean - told) > _CLOSE, about, "has a value that is not the mean of its parts.")

    def check_pairs(self, pairs: Columns) -> None:
        """Check the correlations of two cells: of a question all or none, each once."""
        where = f"{self.file}, pairs"
        self._check_question(pairs, where)
        clustered = np.array([s.clustered for s in self.head.systems])
        _refuse(~clustered[pairs["system"]], where, "is of a system without clusters.")
        _refuse(np.isnan(pairs["r"]) | (np.abs(pairs["r"]) > 1), where, "has no correlation, or one beyond 1.")
        question = self._question(pairs)
        _refuse(np.diff(question, prepend=0) < 0, where, "stands out of order.")
        for q, start, end in _runs(question):
            shown = self.shown.get(q, np.zeros(0, np.int64))
            if len(shown) * (len(shown) - 1) // 2 != end - start:
                raise stop(f"{where}, row {start + 1},", "begins correlations of other slices than are shown.", ASK)
            one, two = np.triu_indices(len(shown), 1)
            some = {name: values[start:end] for name, values in pairs.items()}
            _check_same(some, {"cell": shown[one], "other": shown[two]}, where)

    def check_floors(self, floors: Columns) -> None:
        """Check the noise floors of spreads."""
        where = f"{self.file}, floors"
        self._check_question(floors, where)
        _check_order(self._question(floors), where)
        _refuse(~(floors["floor"] >= 0) | np.isinf(floors["floor"]), where, "has no floor that there can be.")


def _check_same(table: Columns, wanted: Mapping[str, Whole], where: str) -> None:
    """Refuse a table whose rows are about other things than they have to be."""
    for name, numbers in wanted.items():
        if len(table[name]) != len(numbers):
            raise stop(where, f"has {len(table[name]):,} rows, where {len(numbers):,} belong.", ASK)
        _refuse(table[name] != numbers, where, f"has another {name} than belongs there.")


def _pairs_of_parts(n_parts: Whole) -> tuple[Whole, Whole]:
    """Return (part, other) of every two parts of each answer, in order, as `bundle_numbers` writes them."""
    one, two = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for k, start, end in _runs(n_parts):
        part, other = np.divmod(np.arange(k * k), max(1, k))
        one.append(np.tile(part[part != other], end - start))
        two.append(np.tile(other[part != other], end - start))
    return np.concatenate(one), np.concatenate(two)


def _range_of(kind: str, bounds: tuple[float, float]) -> tuple[float, float]:
    """Return the least and the greatest value of a side of this kind, before it is transformed for showing."""
    match kind:
        case "share":
            return 0.0, 1.0
        case "rate":
            return 0.0, np.inf
        case "mean":
            return bounds
        case "atanh":
            return -1.0, 1.0
    return -np.inf, 1.0  # log(1 - x)


def _runs(numbers: Whole) -> Iterator[tuple[int, int, int]]:
    """Yield every run of one number: the number, where it begins and where it ends."""
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    yield from zip(numbers[starts].tolist(), starts.tolist(), [*starts[1:].tolist(), len(numbers)], strict=False)
