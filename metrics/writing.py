"""What was measured as JSON, CSV and plain text.

Undefined and infinite numbers are null in JSON and empty in CSV, never 0. Text from files is data:
a cell that a spreadsheet would run as a formula gets an apostrophe before it, and signs that would
steer a terminal are written out.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_string_dtype

from metrics.criteria import CRITERIA
from metrics.errors import Finding
from metrics.formatting import NOTHING, format_disparity, format_interval, format_p, format_support, format_value
from metrics.question import Answer
from metrics.results import Receipt, Results
from metrics.slices import Slice

FORMAT = "fairness-dashboard measure"
VERSION = 1

_LONGEST_NAME = 100
_LONGEST_CELL = 100  # room for a group of three attributes

# Whole numbers, unless units are weighted.
_COUNTS = ("top", "below", "units", "clusters", "units_needed")


# -- JSON ----------------------------------------------------------------------------------------


def write_json(answer: Answer) -> str:
    """Return the answer as JSON text: format, version, sources, schema, findings, then one list a table."""
    lists = {name: records(table) for name, table in answer.tables.items()}
    return dump_json({**describe_results(answer.results), **lists})


def describe_results(results: Results, *, form: str = FORMAT, version: int = VERSION) -> dict[str, Any]:
    """Return the head of every JSON: format, version, sources, schema and findings."""
    return {
        "format": form,
        "version": version,
        "sources": describe_receipts(results.receipts),
        "schema": results.schema.to_dict(),
        "findings": describe_findings(results.findings),
    }


def describe_receipts(receipts: Iterable[Receipt]) -> list[dict[str, Any]]:
    """Return the files that were read as JSON takes them."""
    return [{"name": r.name, "sha256": r.sha256, "rows_read": r.rows_read, "rows_used": r.rows_used} for r in receipts]


def describe_findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as JSON takes them."""
    return [
        {"severity": f.severity, "where": f.where, "found": f.found, "cure": f.cure, "rows": f.rows} for f in findings
    ]


def dump_json(tree: Mapping[str, Any]) -> str:
    """Return JSON text with one record a line."""
    blocks = []
    for key, value in tree.items():
        if isinstance(value, list) and value:
            body = "[\n" + ",\n".join("  " + _dump(item) for item in value) + "\n ]"
        else:
            body = _dump(value)
        blocks.append(f" {_dump(key)}: {body}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as JSON takes them."""
    columns = {name: _plain_column(name, table[name]) for name in table.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _plain_column(name: str, column: pd.Series) -> list[Any]:
    if pd.api.types.is_float_dtype(column) and name not in _COUNTS:
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return [x if finite else None for x, finite in zip(values.tolist(), np.isfinite(values).tolist(), strict=True)]
    return [_plain(value, whole=name in _COUNTS) for value in column.tolist()]


def _plain(value: Any, whole: bool = False) -> Any:
    """Return a value of a table in JSON's types; NaN, infinity and NA are None."""
    match value:
        case Slice():
            return value.to_dict()
        case str() | bool() | None:
            return value
        case list() | tuple():
            return [_plain(item) for item in value]
        case np.generic():
            return _plain(value.item(), whole)
        case float():
            if not math.isfinite(value):
                return None
            return int(value) if whole and value.is_integer() else value
        case int():
            return value
        case _ if value is pd.NA:
            return None
    raise TypeError(f"No JSON for {type(value).__name__}.")


# -- CSV -----------------------------------------------------------------------------------------


def write_csv(answer: Answer) -> str:
    """Return all tables as one CSV: the first column says which of them a line is from, the last the filter if any."""
    return write_csv_tables(answer.tables, answer.results.schema.where)


def write_csv_tables(tables: Mapping[str, pd.DataFrame], where: str | None = None) -> str:
    """Return tables as one CSV: the first column says which of them a line is from, the last the filter if any."""
    columns = list(dict.fromkeys(column for table in tables.values() for column in table.columns))
    heads, tails = ([], []) if where is None else (["where"], [guard_text(where)])  # every line says what it is about
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", *columns, *heads])
    for name, table in tables.items():
        for record in table.to_dict("records"):
            writer.writerow([name, *(_csv_cell(record.get(column), column) for column in columns), *tails])
    return out.getvalue()


def guard_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    >>> guard_text("=1+1"), guard_text("-5 to 0"), guard_text("65+")
    ("'=1+1", "'-5 to 0", '65+')
    """
    # Spreadsheets skip leading spaces, read full-width signs as plain ones and start anew at tabs and line ends.
    first = unicodedata.normalize("NFKC", text.lstrip(" "))[:1]
    return f"'{text}" if first and first in "=+-@\t\r\n|%" else text


def unguard_text(text: str) -> str:
    """Return a text that may be guarded as it was.

    >>> unguard_text("'=1+1"), unguard_text("'twas"), unguard_text(guard_text("= n/a"))
    ('=1+1', "'twas", '= n/a')
    """
    return text[1:] if text.startswith("'") and guard_text(text[1:]) == text else text


# What we write ourselves and what is plainly a number: "-0.5", "+12.5 points", "-".
_NUMBERS = re.compile(r"[-+\N{MINUS SIGN}]? ?[\d.,\s]*( ?(%|points?|times|\N{BLACK CIRCLE}|too few))*")


def guard_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table for people, which the screen offers as CSV, with the texts that could be formulas guarded.

    Numbers in text form stay as they are; column names are guarded too, and stay apart.
    """

    def guard(cell: Any) -> Any:
        return guard_text(cell) if isinstance(cell, str) and not _NUMBERS.fullmatch(cell) else cell

    guarded: dict[str, Any] = {str(name): frame[name] for name in frame.columns}
    for name, column in guarded.items():
        if column.dtype == object or is_string_dtype(column):
            guarded[name] = pd.array([guard(cell) for cell in column.tolist()], dtype=column.dtype)
    names: list[str] = []
    for name in map(guard, guarded):
        while name in names:
            name = f"'{name}"
        names.append(name)
    return pd.DataFrame(guarded, index=frame.index).set_axis(names, axis=1)


def write_frame(frame: pd.DataFrame, where: str | None = None) -> str:
    """Return a table for people as CSV in which no text is a formula; a last column names the filter if any."""
    part = {} if where is None else {_free("where", frame): where}
    return guard_frame(frame.assign(**part)).to_csv(index=False, lineterminator="\n")


def name_file(*parts: str) -> str:
    """Return a file name, without its ending, that every system takes: letters, digits and hyphens.

    >>> name_file("Loans 2026: ../É", "", "false_negative_rate")
    'loans-2026-e-false-negative-rate'
    """
    plain = unicodedata.normalize("NFKD", " ".join(parts)).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))[:_LONGEST_NAME].strip("-") or "data"


def _free(name: str, frame: pd.DataFrame) -> str:
    """Return a name that no column has."""
    while name in frame.columns:
        name += "_"
    return name


def _csv_cell(value: Any, column: str) -> Any:
    match value:
        case str() | Slice():
            return guard_text(str(value))
        case list() | tuple():
            return guard_text(("; " if column in ("left_out", "twins") else ",").join(map(str, value)))
    plain = _plain(value, whole=column in _COUNTS)
    return "" if plain is None else plain


# -- plain text ----------------------------------------------------------------------------------


def write_tables(answer: Answer) -> str:
    """Return the answer as tables to read in a terminal; values in per cent, gaps in points."""
    parts = [
        name_part(answer.results),
        write_section("Estimates", _estimates_as_text(answer)),
        write_section("Disparities", _disparities_as_text(answer)),
        write_section("Spreads: the largest gap between two groups", _spreads_as_text(answer)),
        write_section("Criteria", _criteria_as_text(answer)),
    ]
    return "\n".join(part for part in parts if part)


def write_findings(findings: Sequence[Finding]) -> str:
    """Return findings one a line, the gravest first, each with its cure."""
    order = {"stop": 0, "warn": 1, "note": 2}
    names = {"stop": "Error", "warn": "Warning", "note": "Note"}
    lines = []
    for f in sorted(findings, key=lambda f: (order[f.severity], not f.is_question)):
        answers = f" (answers: {', '.join(f.answers)})" if f.is_question and f.answers else ""
        lines.append(f"{names[f.severity]}: {show(str(f))}{show(answers)}")
    return "\n".join(lines)


def show(text: str) -> str:
    """Return a text without signs that steer a terminal or turn the direction of writing.

    >>> show("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def write_section(title: str, rows: list[list[str]]) -> str:
    """Return a table of left-aligned columns under its title; columns that say nothing are left out.

    A cell of more than 100 signs is cut, so that one long name does not pad every line; JSON and CSV have it whole.
    """
    if len(rows) < 2:
        return ""
    filled = [i for i in range(len(rows[0])) if any(row[i] for row in rows[1:])]
    cells = [[_cut(show(row[i])) for i in filled] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(c + " " * (w - _width(c)) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([title, "", lines[0], "  ".join("-" * w for w in widths), *lines[1:], ""])


def name_part(results: Results) -> str:
    """Say which part of the rows was measured, where it is a part."""
    if results.schema.where is None:
        return ""
    if not results.receipts:
        return f"Of the rows where {show(results.schema.where)}\n"
    receipt = results.receipts[0]
    return f"Of {receipt.rows_read:,} rows the {receipt.rows_used:,} where {show(results.schema.where)}\n"


def _estimates_as_text(answer: Answer) -> list[list[str]]:
    rows = [["slice", "system", "metric", "value", "interval", "counts", "status"]]
    for r in answer.estimates.to_dict("records"):
        metric = answer.metrics[r["metric"]]
        value, interval = format_value(metric, r["value"]), format_interval(metric, r["low"], r["high"])
        counts = format_support(metric, r["top"], r["below"], r["units"])
        rows.append([r["slice"].title, r["system"] or "", metric.title, value, interval, counts, _status(r["status"])])
    return rows


def _disparities_as_text(answer: Answer) -> list[list[str]]:
    rows = [["slice", "system", "metric", "against", "gap", "interval", "adjusted p", "status"]]
    for r in answer.disparities.to_dict("records"):
        metric, kind = answer.metrics[r["metric"]], r["kind"]
        gap, interval = format_disparity(metric, kind, r["value"]), format_interval(metric, r["low"], r["high"], kind)
        told = [r["slice"].title, r["system"] or "", metric.title, str(r["baseline"])]
        rows.append([*told, gap, interval, format_p(r["p_adjusted"]), _status(r["status"])])
    return rows


def _spreads_as_text(answer: Answer) -> list[list[str]]:
    rows = [["by", "system", "metric", "gap", "interval", "by chance alone", "highest", "lowest", "left out"]]
    for r in answer.spreads.to_dict("records"):
        metric = answer.metrics[r["metric"]]
        gap, floor = (format_disparity(metric, "difference", r[c]).lstrip("+") for c in ("difference", "noise_floor"))
        interval = format_interval(metric, r["low"], r["high"])
        pair = [_title(r["highest"]), _title(r["lowest"])]
        told = [", ".join(r["by"]), r["system"] or "", metric.title, gap, interval]
        rows.append([*told, floor if floor == NOTHING else f"up to {floor}", *pair, _titles(r["left_out"])])
    return rows


def _criteria_as_text(answer: Answer) -> list[list[str]]:
    """The criteria whose metrics were asked for."""
    rows = [["criterion", "by", "system", "value", "difference", "ratio", "status", "left out"]]
    measured = set(answer.estimates["metric"])
    everything = measured >= {m.name for m in answer.metrics.values() if m.listed}
    wanted = {c.name for c in CRITERIA if everything or (c.metrics and measured.issuperset(c.metrics))}
    for r in answer.criteria.to_dict("records"):
        if r["name"] not in wanted:
            continue
        numbers = [NOTHING if not math.isfinite(r[c]) else f"{r[c]:.3f}" for c in ("value", "difference", "ratio")]
        name = r["name"].replace("_", " ")
        told = [name, ", ".join(r["by"]), r["system"] or "", *numbers]
        rows.append([*told, _status(r["status"]), _titles(r["left_out"])])
    return rows


def _status(status: str) -> str:
    return "" if status == "ok" else status


def _title(of: Any) -> str:
    return of.title if isinstance(of, Slice) else NOTHING


def _titles(several: Sequence[Slice], most: int = 3) -> str:
    more = [f"and {len(several) - most} more"] if len(several) > most else []
    return "; ".join([*(s.title for s in several[:most]), *more])


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
