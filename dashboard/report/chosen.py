"""What a report shows of a document: which metrics in full, which in a heat map, which systems, which rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from dashboard.charts.format import is_everyone, key
from dashboard.report.names import clean_document
from metrics.document import Document
from metrics.registry import Metric
from metrics.sentences import orient
from metrics.slices import MISSING, Slice

__all__ = ["MOST_FULL", "MOST_SYSTEMS", "Chosen", "choose", "is_missing"]

MOST_FULL = 3
MOST_SYSTEMS = 3  # up to so many, each has heat maps of its own
_MOST_ROWS = 420  # of the tables of groups, all metrics and systems together

# Where they are measured, these come first: what a wrong decision does to the person.
_FIRST = ("false_rejection_rate", "false_acceptance_rate", "false_negative_rate", "false_positive_rate") + (
    "word_error_rate",
    "sentence_error_rate",
    "empty_output_rate",
)
# These say nothing of what a system did, or are figures on the way to others.
_LAST = ("base_rate",)

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Chosen:
    """A document with its names made fit to be shown, and the choice of what a report tells in which length.

    `metrics` are those measured, turned to the side that is better for the person. `main` are told in full, `rest`
    in heat maps; a rate that is one minus another, or another under a second name, is in neither.
    """

    document: Document
    metrics: Mapping[str, Metric]
    main: tuple[Metric, ...]
    rest: tuple[Metric, ...]

    @property
    def leading(self) -> Metric:
        return self.main[0]

    @property
    def confidence(self) -> float:
        return self.document.question.confidence

    @cached_property
    def systems(self) -> tuple[str, ...]:
        """The systems by name, "" for one without."""
        return tuple(dict.fromkeys(key(s) for s in self.document.estimates["system"]))

    @cached_property
    def kind(self) -> str:
        """How groups are compared: the first kind that was asked for."""
        kinds = self.document.disparities["kind"]
        return str(kinds.iloc[0]) if len(kinds) else "difference"

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        """The groups, everyone aside, in the order they were measured."""
        return tuple(dict.fromkeys(s for s in self.document.estimates["slice"] if not is_everyone(s)))

    @cached_property
    def has_clusters(self) -> bool:
        return bool(self.document.estimates["clusters"].notna().any())

    def estimates(self, system: str, metric: Metric | None = None) -> pd.DataFrame:
        return self._take("estimates", system, metric)

    def disparities(self, system: str, metric: Metric | None = None) -> pd.DataFrame:
        """Those of the first kind."""
        return self._take("disparities", system, metric)

    def spreads(self, system: str, metric: Metric | None = None) -> pd.DataFrame:
        return self._take("spreads", system, metric)

    def everyone(self, system: str, metric: Metric) -> Row | None:
        rows = records(self.estimates(system, metric))
        return next((row for row in rows if is_everyone(row["slice"])), None)

    def _take(self, table: str, system: str, metric: Metric | None) -> pd.DataFrame:
        by_metric = self._split[table]
        if metric is not None:
            return by_metric.get((system, metric.name), self._empty[table])
        return self._by_system[table].get(system, self._empty[table])

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        d = self.document
        rows = d.disparities[d.disparities["kind"] == self.kind] if len(d.disparities) else d.disparities
        return {"estimates": d.estimates, "disparities": rows, "spreads": d.spreads}

    @cached_property
    def _empty(self) -> dict[str, pd.DataFrame]:
        return {name: table.iloc[:0] for name, table in self._tables.items()}

    @cached_property
    def _by_system(self) -> dict[str, dict[str, pd.DataFrame]]:
        return {n: {str(s): t for s, t in _group(table, ["system"])} for n, table in self._tables.items()}

    @cached_property
    def _split(self) -> dict[str, dict[tuple[str, str], pd.DataFrame]]:
        found: dict[str, dict[tuple[str, str], pd.DataFrame]] = {}
        for name, table in self._tables.items():
            found[name] = {(str(k[0]), str(k[1])): t for k, t in _group(table, ["system", "metric"])}
        return found


def choose(document: Document) -> Chosen:
    """Return the choice for a document. Raises ValueError for one in which nothing was measured."""
    shown = clean_document(document)
    measured = dict.fromkeys(shown.estimates["metric"])
    if not measured:
        raise ValueError("The document holds no estimates, so that there is nothing to report.")
    favourable = shown.schema.favourable
    metrics = {n: orient(m, favourable) for n, m in shown.metrics.items() if n in measured}
    ranked = sorted(metrics.values(), key=lambda m: _rank(document, m))
    apart: list[Metric] = []
    for metric in ranked:
        twin = metrics.get(metric.complement)
        if not any(_says_the_same(metric, taken, twin) for taken in apart):
            apart.append(metric)
    slices, systems = shown.estimates["slice"].nunique(), max(1, shown.estimates["system"].nunique())
    n_full = max(1, min(MOST_FULL, _MOST_ROWS // (slices * systems)))
    order = list(metrics)
    rest = sorted(apart[n_full:], key=lambda m: order.index(m.name))
    return Chosen(shown, metrics, tuple(apart[:n_full]), tuple(rest))


def is_missing(s: Slice) -> bool:
    return any(level == MISSING for _, level in s.items())


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table, each as what its columns hold."""
    columns = [str(c) for c in table.columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*(table[c].tolist() for c in columns), strict=True)]


def _group(table: pd.DataFrame, names: list[str]) -> list[tuple[Any, pd.DataFrame]]:
    keys = table.assign(system=[key(s) for s in table["system"]]) if len(table) else table
    if not len(table):
        return []
    by = [keys[n] for n in names]
    found = table.groupby(by, sort=False, observed=True, dropna=False)
    return [(k if len(names) > 1 else k[0], rows) for k, rows in found]


def _rank(document: Document, metric: Metric) -> tuple[int, ...]:
    """Return the place of a metric: those of the policy, those asked for by name, then the usual ones."""
    ruled = [] if document.policy is None else [r.metric for r in document.policy.rules]
    asked = document.question.metrics or ()
    return (
        _place(ruled, metric.name),
        _place(asked, metric.name),
        metric.name in _LAST,
        _place(_FIRST, metric.name),
        metric.of_class is not None,
        list(document.metrics).index(metric.name),
    )


def _place(names: Any, name: str) -> int:
    names = list(names)
    return names.index(name) if name in names else len(names)


def _says_the_same(metric: Metric, taken: Metric, twin: Metric | None) -> bool:
    if metric.of_class != taken.of_class:
        return False
    return metric.formula == taken.formula or (twin is not None and twin.formula == taken.formula)
