"""The comparison of two sets as JSON, CSV, Markdown and plain text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import fill
from typing import Any

import pandas as pd

from metrics.errors import Finding
from metrics.formatting import NOTHING, format_disparity, format_interval, format_p, format_percent, format_value
from metrics.registry import Metric
from metrics.results import Results
from metrics.two_sets.match import Match
from metrics.two_sets.mix_words import say_parts, say_shifts
from metrics.two_sets.words import rank_changes, say_gap_changes, say_overall, say_sets
from metrics.verdict_markdown import escape_markdown, write_markdown_table
from metrics.writing import (
    describe_findings,
    describe_receipts,
    describe_results,
    dump_json,
    records,
    show,
    write_csv_tables,
    write_section,
)

__all__ = ["FORMAT", "VERSION", "ComparedSets", "write_sets_csv", "write_sets_json", "write_sets_markdown"]
__all__ += ["write_sets_tables"]

FORMAT = "fairness-dashboard compare"
VERSION = 1

_WIDTH = 120  # signs a line of what is said
_PAIRS = ["slice", "system", "metric", "kind", "reference", "customer", "value", "low", "high", "p", "p_adjusted"]
_PAIRS += [
    "adjusted_low",
    "adjusted_high",
    "verdict",
    "reason",
    "units_needed",
    "reference_units",
    "customer_units",
    "status",
]
_HEADINGS = ("slice", "system", "metric", "reference", "here", "change", "interval", "adjusted p", "verdict", "why")


@dataclass(frozen=True, eq=False)
class ComparedSets:
    """What was found of two sets: the results of both, what was matched, and the tables by their names in the JSON."""

    reference: Results
    customer: Results
    match: Match
    findings: tuple[Finding, ...]  # of the two together
    metrics: Mapping[str, Metric]
    pairs: pd.DataFrame
    kinds: tuple[str, ...]  # of comparison that were asked for; differences are there in any case, to be told of
    gap_changes: pd.DataFrame
    decomposition: pd.DataFrame
    standardized: pd.DataFrame
    mix: pd.DataFrame
    shift: pd.DataFrame
    confidence: float = 0.95

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        return {
            "pairs": self.shown_pairs[_PAIRS],
            "gap_changes": self.gap_changes,
            "decomposition": self.decomposition,
            "standardized": self.standardized,
            "mix": self.mix,
            "shift": self.shift,
        }

    @property
    def shown_pairs(self) -> pd.DataFrame:
        """The pairs of the kinds that were asked for."""
        return self.pairs[self.pairs["kind"].isin(self.kinds)]

    @property
    def all_findings(self) -> list[Finding]:
        """The findings of either file, each saying of which it is, and those of the two together."""
        told = [replace(f, where=f"reference, {f.where}") for f in self.reference.findings]
        told += [replace(f, where=f"customer's set, {f.where}") for f in self.customer.findings]
        return [*told, *self.findings]


def write_sets_json(compared: ComparedSets) -> str:
    """Return JSON text: a head as that of `measure` (both files' sources, both schemas), then one list a table."""
    head = describe_results(compared.reference, form=FORMAT, version=VERSION)
    head["sources"] += describe_receipts(compared.customer.receipts)
    head |= {
        "customer_schema": compared.customer.schema.to_dict(),
        "match": compared.match.to_dict(),
        "findings": describe_findings(compared.all_findings),
    }
    return dump_json({**head, **{name: records(table) for name, table in compared.tables.items()}})


def write_sets_csv(compared: ComparedSets) -> str:
    """Return all tables as one CSV: the first column says which of them a line is from."""
    return write_csv_tables(compared.tables, compared.reference.schema.where)


def write_sets_tables(compared: ComparedSets) -> str:
    """Return the comparison as tables to read in a terminal, under what it says; values in per cent, gaps in points."""
    parts = ["".join(f"{fill(show(line), _WIDTH)}\n" for line in _say(compared))]
    for title, rows in _sections(compared):
        parts.append(write_section(title, rows))
    return "\n".join(part for part in parts if part)


def write_sets_markdown(compared: ComparedSets) -> str:
    """Return the comparison as Markdown, as GitHub shows it."""
    parts = ["## The customer's set against the reference", *map(escape_markdown, _say(compared))]
    for title, rows in _sections(compared):
        if len(rows) > 1:
            parts += [f"### {escape_markdown(title)}", write_markdown_table(rows[0], rows[1:])]
    return "\n\n".join(parts) + "\n"


def _say(compared: ComparedSets) -> list[str]:
    """Return what each system's comparison says, by metric."""
    said = []
    pairs = compared.pairs[compared.pairs["kind"] == "difference"]
    for system, rows in _by_system(pairs):
        for name, metric in compared.metrics.items():
            head = f"{system}, {metric.title}: " if system else f"{metric.title}: "
            gaps = _of_system(compared.gap_changes, system)
            said.append(head + " ".join([say_overall(rows, metric), *say_sets(rows, metric)]))
            if name in set(gaps["metric"]):
                said.append(head + say_gap_changes(gaps, metric, compared.confidence))
            parts = _of_system(compared.decomposition, system)
            for _, some in parts[parts["metric"] == name].groupby("by", sort=False):
                said.append(head + say_parts(some, metric))
    return [*said, *say_shifts(compared.shift, compared.confidence)]


def _sections(compared: ComparedSets) -> list[tuple[str, list[list[str]]]]:
    return [
        ("Slices, those that fare worse here first", _pairs_as_text(compared)),
        ("Gaps to the others, customer's minus reference's", _gaps_as_text(compared)),
        ("Where the change comes from: another mix, or the same groups scoring differently", _parts_as_text(compared)),
        ("One set's rates at the other's mix", _standardized_as_text(compared)),
        ("The mix: shares of rows", _mix_as_text(compared)),
        ("How far the mix has shifted", _shift_as_text(compared)),
    ]


def _pairs_as_text(compared: ComparedSets) -> list[list[str]]:
    rows = [list(_HEADINGS)]
    for system, of_system in _by_system(compared.shown_pairs):
        for metric in compared.metrics.values():
            for kind, some in of_system[of_system["metric"] == metric.name].groupby("kind", sort=False):
                for r in rank_changes(some, metric).to_dict("records"):
                    ends = [format_value(metric, r["reference"]), format_value(metric, r["customer"])]
                    change = format_disparity(metric, str(kind), r["value"])
                    interval = format_interval(metric, r["low"], r["high"], str(kind))
                    told = [r["slice"].title, _name(system), metric.title, *ends, change, interval]
                    rows.append([*told, format_p(r["p_adjusted"]), r["verdict"], r["reason"]])
    return rows


def _gaps_as_text(compared: ComparedSets) -> list[list[str]]:
    rows = [["slice", "system", "metric", "against", "reference", "here", "change", "interval", "adjusted p", "status"]]
    for r in compared.gap_changes.to_dict("records"):
        metric = compared.metrics[r["metric"]]
        numbers = [format_disparity(metric, "difference", r[c]) for c in ("reference", "customer", "value")]
        told = [r["slice"].title, _name(r["system"]), metric.title, str(r["baseline"]), *numbers]
        told += [format_interval(metric, r["low"], r["high"], "difference"), format_p(r["p_adjusted"])]
        rows.append([*told, "" if r["status"] == "ok" else r["status"]])
    return rows


def _parts_as_text(compared: ComparedSets) -> list[list[str]]:
    rows = [["by", "system", "metric", "part", "change", "interval"]]
    for r in compared.decomposition.to_dict("records"):
        metric = compared.metrics[r["metric"]]
        told = [", ".join(r["by"]), _name(r["system"]), metric.title, r["part"].replace("_", "-")]
        told += [format_disparity(metric, "difference", r["value"])]
        rows.append([*told, format_interval(metric, r["low"], r["high"], "difference")])
    return rows


def _standardized_as_text(compared: ComparedSets) -> list[list[str]]:
    rows = [["by", "system", "metric", "rates of", "mix of", "value", "interval"]]
    for r in compared.standardized.to_dict("records"):
        metric = compared.metrics[r["metric"]]
        told = [", ".join(r["by"]), _name(r["system"]), metric.title, r["rates_of"], r["mix_of"]]
        rows.append([*told, format_value(metric, r["value"]), format_interval(metric, r["low"], r["high"])])
    return rows


def _mix_as_text(compared: ComparedSets) -> list[list[str]]:
    rows = [["attribute", "level", "reference", "here"]]
    for r in compared.mix.to_dict("records"):
        rows.append([r["axis"], r["level"], *(format_percent(r[side]) for side in ("reference", "customer"))])
    return rows


def _shift_as_text(compared: ComparedSets) -> list[list[str]]:
    rows = [["of", "system", "PSI", "by chance alone", "Cramér's V", "adjusted p"]]
    for r in compared.shift.to_dict("records"):
        psi, floor, v = (_number(r[c]) for c in ("psi", "psi_floor", "cramers_v"))
        rows.append([r["axis"], _name(r["system"]), psi, f"up to {floor}", v, format_p(r["p_adjusted"])])
    return rows


def _name(system: Any) -> str:
    return system if isinstance(system, str) else ""


def _number(value: Any) -> str:
    return NOTHING if value is None or value != value else f"{value:.3f}"


def _by_system(table: pd.DataFrame) -> list[tuple[str | None, pd.DataFrame]]:
    systems: Sequence[Any] = list(dict.fromkeys(s if isinstance(s, str) else None for s in table["system"]))
    return [(system, _of_system(table, system)) for system in systems]


def _of_system(table: pd.DataFrame, system: str | None) -> pd.DataFrame:
    own = table["system"].isna() if system is None else table["system"] == system
    return table[own.to_numpy(dtype=bool)]
