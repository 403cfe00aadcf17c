"""The numbers of a bundle as columns, and the cubes that are made of them again.

A row of `answers` is what was measured of one system, grouping and metric, on one side of one cell; a cell that is
hidden has none. Numbers of systems, groupings, metrics and cells are places in the lists of the head and among the
cells of a grouping, from 0; rows are in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cubes, Grouping
from metrics.estimate import OK, statuses
from metrics.registry import MeanOfShares, Metric, OfClusters, Rate, Share, SignedMean, Smooth
from metrics.sharing.bundle_head import Head, SystemHead
from metrics.sharing.plain_parquet import Columns
from metrics.sharing.shared_cube import LAYOUT, Answers, Shared, SharedCube, SharedFamily, shared_grouping
from metrics.sides import Measured, Side

__all__ = ["MEASURED", "SIDES", "SIDE_ARRAYS", "columns_of", "cubes_of", "make_side", "table_kinds"]

Floats = NDArray[Any]

SIDES = ("own", "rest", "others", "everyone")
SIDE_ARRAYS = ("value", "n", "se", "n_zero", "df")
MEASURED = ("top", "below", "units", "denominator", "effective", "clusters", "weight")

_INTEGER, _LONG, _FLOAT = "<i4", "<i8", "<f8"


def table_kinds(head: Head) -> dict[str, dict[str, str]]:
    """Return the columns of every table with their types; `cells` has as many levels as the longest grouping."""
    levels = [f"level_{n}" for n in range(1, 1 + max(map(len, head.groupings)))]
    question = ("system", "grouping", "metric")

    def columns(whole: tuple[str, ...], floats: tuple[str, ...]) -> dict[str, str]:
        return dict.fromkeys(whole, _INTEGER) | dict.fromkeys(floats, _FLOAT)

    return {
        "cells": {**columns(("system", "grouping", "cell", *levels, "hidden"), ()), "units": _LONG},
        "answers": columns((*question, "side", "cell"), (*SIDE_ARRAYS, *MEASURED, "r")),
        "parts": columns(("answer", "part"), SIDE_ARRAYS),
        "correlations": columns(("answer", "part", "other"), ("r",)),
        "pairs": columns((*question, "cell", "other"), ("r",)),
        "floors": columns(question, ("floor",)),
    }


# -- writing -------------------------------------------------------------------------------------


def columns_of(shared: Shared, head: Head) -> dict[str, Columns]:
    """Return the tables of what is shared."""
    kinds = table_kinds(head)
    blocks: dict[str, list[dict[str, Any]]] = {name: [] for name in kinds}
    n_answers = 0
    for s, cube in enumerate(shared.cubes):
        assert isinstance(cube, SharedCube)
        for g, names in enumerate(head.groupings):
            at = {"system": s, "grouping": g}
            blocks["cells"].append(at | _cells(cube.by(names), len(kinds["cells"])))
            for m, metric in enumerate(head.terms.metrics):
                if metric not in cube.families:
                    continue
                asked, answers = at | {"metric": m}, cube.families[metric].answers[names]
                for side, (measured, r) in enumerate(_sides(answers)):
                    shown = _shown(measured)
                    blocks["answers"].append(asked | {"side": side, "cell": shown} | _told(measured, r, shown))
                    if measured.side.parts is not None:
                        blocks["parts"].append(_parts(measured.side, shown, n_answers))
                        blocks["correlations"].append(_correlations(measured.side, shown, n_answers))
                    n_answers += len(shown)
                if answers.pairs is not None:
                    blocks["pairs"].append(asked | _pairs(answers.pairs, _shown(answers.own)))
                if not np.isnan(answers.floor):
                    blocks["floors"].append(asked | {"floor": np.array([answers.floor])})
    return {name: _join(kinds[name], parts) for name, parts in blocks.items()}


def _sides(answers: Answers) -> Iterator[tuple[Measured, Floats | None]]:
    yield answers.own, None
    yield answers.rest, answers.rest_r
    yield answers.others, answers.others_r
    yield answers.everyone, answers.everyone_r


def _shown(measured: Measured) -> NDArray[np.int64]:
    n = measured.side.value.shape[1]
    return np.arange(n) if measured.hidden is None else np.flatnonzero(~measured.hidden[0])


def _cells(grouping: Grouping, n_columns: int) -> dict[str, Any]:
    units = grouping.rows.sum(axis=1)
    levels = {f"level_{n}": np.full(len(grouping), -1) for n in range(1, n_columns)}
    levels |= {f"level_{n + 1}": grouping.codes[:, n] for n in range(len(grouping.axes))}
    return {"cell": np.arange(len(grouping)), **levels, "hidden": units == 0, "units": units}


def _told(measured: Measured, r: Floats | None, shown: NDArray[np.int64]) -> dict[str, Any]:
    nothing = np.full(len(shown), np.nan)
    found = {name: getattr(measured.side, name)[0, shown] for name in SIDE_ARRAYS}
    for name in MEASURED:
        values = getattr(measured, name)
        found[name] = nothing if values is None else values[0, shown]
    return found | {"r": nothing if r is None else r[0, shown]}


def _parts(side: Side, shown: NDArray[np.int64], first: int) -> dict[str, Any]:
    assert side.parts is not None
    arrays = {name: getattr(side.parts, name)[0, shown] for name in SIDE_ARRAYS}
    n, k = arrays["value"].shape
    keys = {"answer": np.repeat(first + np.arange(n), k), "part": np.tile(np.arange(k), n)}
    return keys | {name: values.ravel() for name, values in arrays.items()}


def _correlations(side: Side, shown: NDArray[np.int64], first: int) -> dict[str, Any]:
    """Return the correlation of every part with every other, in both orders: they may differ in their last digit."""
    assert side.correlations is not None
    r = side.correlations[0, shown]
    part, other = _two_of(r.shape[1])
    n = len(shown)
    keys = {"answer": np.repeat(first + np.arange(n), len(part)), "part": np.tile(part, n), "other": np.tile(other, n)}
    return keys | {"r": r[:, part, other].ravel()}


def _two_of(k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    part, other = np.divmod(np.arange(k * k), k)
    return part[part != other], other[part != other]


def _pairs(r: Floats, shown: NDArray[np.int64]) -> dict[str, Any]:
    one, two = np.triu_indices(len(shown), 1)
    return {"cell": shown[one], "other": shown[two], "r": r[shown[one], shown[two]]}


def _join(kinds: Mapping[str, str], blocks: list[dict[str, Any]]) -> Columns:
    """Put blocks of rows below each other; what a block says once is said of all its rows."""
    lengths = [max(len(values) for values in block.values() if not isinstance(values, int)) for block in blocks]

    def column(name: str) -> NDArray[Any]:
        if blocks and isinstance(blocks[0][name], int):
            return np.repeat([block[name] for block in blocks], lengths)
        return np.concatenate([np.zeros(0, kinds[name]), *(block[name] for block in blocks)])

    return {name: column(name).astype(kind) for name, kind in kinds.items()}


# -- reading -------------------------------------------------------------------------------------


def cubes_of(head: Head, tables: Mapping[str, Columns]) -> Cubes:
    """Return the cubes that tables hold; these were checked (`bundle_checks.check_tables`)."""
    return Cubes(_Maker(head, tables, s).make() for s in range(len(head.systems)))


class _Maker:
    """Makes the cube of one system."""

    def __init__(self, head: Head, tables: Mapping[str, Columns], system: int) -> None:
        self.head, self.tables, self.system = head, tables, system
        self.told: SystemHead = head.systems[system]
        answers = tables["answers"]
        width = len(head.terms.metrics) * len(SIDES)
        place = (answers["system"].astype(np.int64) * len(head.groupings) + answers["grouping"]) * width
        self.blocks = place + answers["metric"] * len(SIDES) + answers["side"]
        self.places = {name: m for m, name in enumerate(head.terms.metrics)}
        self.first = {name: self._first_rows(name) for name in ("pairs", "floors")}

    def make(self) -> SharedCube:
        groupings = {names: self._grouping(g, names) for g, names in enumerate(self.head.groupings)}
        families = {}
        for name in self.told.metrics:
            metric = self.head.metrics[name]
            found = {names: self._answers(metric, g, groupings[names]) for g, names in enumerate(groupings)}
            families[name] = SharedFamily(metric, found)
        return SharedCube(
            layout=LAYOUT,
            metrics={name: self.head.metrics[name] for name in self.told.metrics},
            axes=self.head.axes,
            system=self.told.name,
            groupings=groupings,
            definitions={"favourable": self.told.favourable} if self.told.favourable else {},
            families=families,
            clustered=self.told.clustered,
            weighted=self.told.weighted,
        )

    def _grouping(self, g: int, names: tuple[str, ...]) -> Grouping:
        cells = self.tables["cells"]
        inside = (cells["system"] == self.system) & (cells["grouping"] == g)
        codes = np.zeros((int(inside.sum()), len(names)), np.int64)
        for n in range(len(names)):
            codes[:, n] = cells[f"level_{n + 1}"][inside]
        return shared_grouping(self.head.axes_of(names), codes, cells["units"][inside])

    def _answers(self, metric: Metric, g: int, grouping: Grouping) -> Answers:
        m, n = self.places[metric.name], len(grouping)
        sides, correlations = [], []
        for side in range(len(SIDES)):
            block = ((self.system * len(self.head.groupings) + g) * len(self.places) + m) * len(SIDES) + side
            rows = slice(*np.searchsorted(self.blocks, [block, block + 1]).tolist())
            cell = self.tables["answers"]["cell"][rows]
            sides.append(self._measured(metric, rows, cell, n))
            correlations.append(_spread_out(self.tables["answers"]["r"][rows], cell, n))
        own = sides[0]
        used = (statuses(own, self.head.terms.min_units)[0] == OK) & grouping.known
        floor = self._rows_of("floors", g, m)["floor"]
        return Answers(
            own=own,
            rest=sides[1],
            rest_r=correlations[1],
            others=sides[2],
            others_r=correlations[2],
            everyone=sides[3],
            everyone_r=correlations[3],
            pairs=self._pair_table(g, m, n),
            floor=float(floor[0]) if len(floor) else np.nan,
            floor_cells=np.flatnonzero(used),
        )

    def _measured(self, metric: Metric, rows: slice, cell: NDArray[Any], n: int) -> Measured:
        answers = self.tables["answers"]
        arrays: dict[str, Any] = {name: _spread_out(answers[name][rows], cell, n) for name in MEASURED}
        if not self.told.clustered:
            arrays["clusters"] = None
        hidden = np.ones((1, n), bool)
        hidden[0, cell] = False
        side = make_side(metric, {name: _spread_out(answers[name][rows], cell, n) for name in SIDE_ARRAYS})
        if side.kind == "combined":
            side = self._with_parts(metric, side, rows, cell, n)
        return Measured(side, **arrays, gradient=np.zeros((1, n, 1)), hidden=hidden)

    def _with_parts(self, metric: Metric, side: Side, rows: slice, cell: NDArray[Any], n: int) -> Side:
        k = self.told.parts[metric.name]
        parts, correlations = self.tables["parts"], self.tables["correlations"]
        some = slice(*np.searchsorted(parts["answer"], [rows.start, rows.stop]).tolist())
        arrays: dict[str, Any] = {name: _spread_out(parts[name][some].reshape(-1, k), cell, n) for name in SIDE_ARRAYS}
        some = slice(*np.searchsorted(correlations["answer"], [rows.start, rows.stop]).tolist())
        part, other = _two_of(k)
        table = np.zeros((len(cell), k, k)) + np.eye(k)
        table[:, part, other] = correlations["r"][some].reshape(-1, k * (k - 1))
        inner = replace(side, kind="share", **arrays, transform=_transform_of_parts(metric))
        return replace(side, parts=inner, correlations=_spread_out(table, cell, n))

    def _pair_table(self, g: int, m: int, n: int) -> Floats | None:
        told = self._rows_of("pairs", g, m)
        if not len(told["r"]):
            return None
        table = np.full((n, n), np.nan)
        table[told["cell"], told["other"]] = table[told["other"], told["cell"]] = told["r"]
        return table

    def _first_rows(self, name: str) -> NDArray[np.int64]:
        """Return the question of every row of a table, as a number that grows."""
        table = self.tables[name]
        grouping = table["system"].astype(np.int64) * len(self.head.groupings) + table["grouping"]
        return np.asarray(grouping * len(self.head.terms.metrics) + table["metric"])

    def _rows_of(self, name: str, g: int, m: int) -> Columns:
        question = (self.system * len(self.head.groupings) + g) * len(self.places) + m
        rows = slice(*np.searchsorted(self.first[name], [question, question + 1]).tolist())
        return {column: values[rows] for column, values in self.tables[name].items()}


def _spread_out(values: Floats, cell: NDArray[Any], n: int) -> Floats:
    """Return an array (1, n, ...) with these values of some cells, and NaN of the others."""
    found = np.full((1, n, *values.shape[1:]), np.nan)
    found[0, cell] = values
    return found


def make_side(metric: Metric, arrays: Mapping[str, Floats]) -> Side:
    """Return a side of these arrays with the limits of the metric, without the parts of a mean of shares."""
    some: dict[str, Any] = dict(arrays)
    formula = metric.formula
    match formula:
        case Share(transform=transform):
            return Side("share", **some, transform=transform)
        case Rate(root=root):
            return Side("rate", **some, transform="root" if root else "", bounds=metric.bounds)
        case SignedMean():
            return Side("mean", **some, bounds=metric.bounds)
        case MeanOfShares():
            return Side("combined", **some)
        case Smooth(scale=scale):
            return Side(scale, **some)
        case OfClusters(kind="mean"):
            return Side("rate", **some, bounds=metric.bounds)
    return Side("share", **some)  # the area under a curve of ranks


def _transform_of_parts(metric: Metric) -> str:
    assert isinstance(metric.formula, MeanOfShares)
    return metric.formula.shares[0].transform
