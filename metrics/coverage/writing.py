"""What a file covers as JSON, CSV, Markdown and plain text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import pandas as pd

from metrics.answers import name_slice
from metrics.coverage.cover import Covered
from metrics.coverage.question import Covering
from metrics.coverage.words import (
    known_only,
    name_counted,
    say_collect,
    say_combinations,
    say_contradicted,
    say_shares,
    say_t_way,
    say_uncovered,
    say_unseen,
)
from metrics.formatting import NOTHING, format_count, format_difference, format_p, format_percent, format_points
from metrics.registry import Metric
from metrics.results import Results
from metrics.verdict_markdown import escape_markdown, write_markdown_table
from metrics.writing import describe_results, dump_json, name_part, records, show, write_csv_tables, write_section

__all__ = [
    "FORMAT",
    "VERSION",
    "share_plan",
    "write_covered_csv",
    "write_covered_json",
    "write_covered_markdown",
    "write_covered_tables",
]

FORMAT = "fairness-dashboard coverage"
VERSION = 1

_WIDTH = 120  # signs a line of what is said
_MOST = 20  # lines of each table for reading; JSON and CSV have all

_COMBINATIONS = (
    "combination", "metric", "counted", "half-width", "gap that would be seen", "pass within reach", "status",
)  # fmt: skip
_SHARES = ("attribute", "level", "rows", "share", "expected", "difference", "interval", "adjusted p", "more needed")


def write_covered_json(results: Results, covered: Sequence[Covered], shares: pd.DataFrame | None = None) -> str:
    """Return JSON text: a head as that of `measure`, what was asked, then one list a table.

    What is lacking stands once, its `system` null, where it is the same for every system; else each has its own.
    """
    tree = {**describe_results(results, form=FORMAT, version=VERSION), "asked": _describe(covered[0].asked)}
    tables = _tables(covered, shares)
    return dump_json({**tree, **{name: records(table) for name, table in tables.items()}})


def write_covered_csv(results: Results, covered: Sequence[Covered], shares: pd.DataFrame | None = None) -> str:
    """Return all tables as one CSV: the first column says which of them a line is from."""
    return write_csv_tables(_tables(covered, shares), results.schema.where)


def write_covered_tables(results: Results, covered: Sequence[Covered], shares: pd.DataFrame | None = None) -> str:
    """Return what is lacking as tables to read in a terminal, under what they say."""
    parts = [name_part(results)]
    for one in covered:
        parts.append("".join(f"{fill(show(line), _WIDTH)}\n" for line in _say(one, len(covered) > 1)))
        for title, rows in _sections(one):
            parts.append(write_section(title, rows))
    if shares is not None:
        parts.append(f"{fill(show(_say_shares(covered, shares)), _WIDTH)}\n")
        parts.append(write_section("Against the shares given", [list(_SHARES), *_share_rows(shares)]))
    return "\n".join(part for part in parts if part)


def write_covered_markdown(results: Results, covered: Sequence[Covered], shares: pd.DataFrame | None = None) -> str:
    """Return the same as Markdown, as GitHub shows it."""
    parts = ["## What does this file cover?", escape_markdown(name_part(results).rstrip("\n"))]
    for one in covered:
        parts += [escape_markdown(line) for line in _say(one, len(covered) > 1)]
        for title, rows in _sections(one):
            if len(rows) > 1:
                parts += [f"### {title}", write_markdown_table(rows[0], rows[1:])]
    if shares is not None:
        parts += [escape_markdown(_say_shares(covered, shares)), write_markdown_table(_SHARES, _share_rows(shares))]
    return "\n\n".join(part for part in parts if part) + "\n"


def share_plan(one: Covered, two: Covered) -> bool:
    """Whether two systems lack the same, as they do where what counts does not depend on their answers."""
    return one.uncovered.equals(two.uncovered) and one.collect.equals(two.collect) and one.t_way.equals(two.t_way)


def _describe(asked: Covering) -> dict[str, Any]:
    return {
        "by": list(asked.by),
        "metrics": None if asked.metrics is None else list(asked.metrics),
        "depth": asked.depth,
        "min_units": asked.min_units,
        "target_gap": asked.target_gap,
        "confidence": asked.confidence,
        "power": asked.power,
        "correction": asked.correction,
        "impossible": [str(rule) for rule in asked.rules],
    }


def _tables(covered: Sequence[Covered], shares: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    first = covered[0]
    once = all(share_plan(first, one) for one in covered)
    tables = {"combinations": _join([one.combinations for one in covered])}
    for name in ("uncovered", "collect", "t_way"):
        of = [first] if once else covered
        each = [getattr(one, name).assign(system=None if once else one.system) for one in of]
        tables[name] = _join([table.astype({"system": object}) for table in each])
    tables["contradicted"] = first.contradicted
    return tables if shares is None else {**tables, "shares": shares}


def _join(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)] or list(tables[:1])
    return filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)


def _say_shares(covered: Sequence[Covered], shares: pd.DataFrame) -> str:
    return say_shares(shares, covered[0].asked.confidence, covered[0].weighted)


def _say(one: Covered, several: bool) -> list[str]:
    said = [say_combinations(one), *say_t_way(one), *say_contradicted(one)]
    if len(one.uncovered):
        said.append(say_uncovered(one))
    said.append(say_collect(one))
    said += [say_unseen(one, name) for name in one.metrics] if len(one.metrics) <= _FEW_METRICS else []
    return [f"{one.system}: {line}" for line in said] if several else said


_FEW_METRICS = 3


def _sections(one: Covered) -> list[tuple[str, list[list[str]]]]:
    """Return the tables for reading with their titles, the first line the headings."""
    counted = name_counted(one)
    lacking = [["combination", counted, *(["metric"] if one.asked.metrics is not None else [])]]
    for row in one.uncovered.iloc[:_MOST].to_dict("records"):
        metric = [one.metrics[row["metric"]].title] if row["metric"] is not None else []
        lacking.append([name_slice(row["slice"]), format_count(row["units"]), *metric])
    plan = [["collect", f"more {counted}"]]
    plan += [
        [name_slice(row["slice"]), format_count(row["units"])] for row in one.collect.iloc[:_MOST].to_dict("records")
    ]
    sections = [
        (_title("Lacking, most general first", len(one.uncovered)), lacking),
        (_title("What to collect next", len(one.collect)), plan),
    ]
    if one.asked.metrics is not None or len(one.metrics) <= _FEW_METRICS:
        own = known_only(one.combinations)
        rows = [list(_COMBINATIONS), *(_combination(row, one.metrics) for row in own.iloc[:_MOST].to_dict("records"))]
        sections.append((_title("What could be said of each combination", len(own)), rows))
    return sections


def _title(title: str, n: int) -> str:
    return f"{title} (the first {_MOST} of {format_count(n)}; csv and json have all)" if n > _MOST else title


def _combination(row: dict[Any, Any], metrics: Any) -> list[str]:
    metric: Metric = metrics[row["metric"]]
    return [
        name_slice(row["slice"]),
        metric.title,
        format_count(row["counted"]),
        format_difference(metric, row["half_width"], signed=False),
        format_difference(metric, row["detectable_gap"], signed=False),
        "yes" if row["reachable"] else "no",
        "" if row["status"] == "ok" else str(row["status"]),
    ]


def _share_rows(shares: pd.DataFrame) -> list[list[str]]:
    return [
        [
            str(row["axis"]),
            str(row["level"]),
            format_count(row["units"]),
            format_percent(row["share"]),
            format_percent(row["expected"]),
            format_points(row["difference"]),
            NOTHING if pd.isna(row["low"]) else f"{format_points(row['low'])} to {format_points(row['high'])}",
            format_p(row["p_adjusted"]),
            format_count(row["needed"]) if row["needed"] > 0 else "",
        ]
        for row in shares.to_dict("records")
    ]
