"""What a search found as JSON, CSV, Markdown and plain text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from textwrap import fill

import pandas as pd

from metrics.answers import name_slice
from metrics.find import COLUMNS, Found
from metrics.find_words import HEADINGS, row_of, say_findings, say_how, say_search
from metrics.formatting import format_value
from metrics.results import Results
from metrics.verdict_markdown import escape_markdown, write_markdown_table
from metrics.writing import (
    describe_results,
    dump_json,
    guard_frame,
    name_part,
    records,
    show,
    write_csv_tables,
    write_section,
)

__all__ = [
    "FORMAT",
    "VERSION",
    "Listed",
    "write_found_csv",
    "write_found_json",
    "write_found_markdown",
    "write_found_tables",
    "write_lattice",
]

FORMAT = "fairness-dashboard find"
VERSION = 1

_WIDTH = 120  # signs a line of what is said


@dataclass(frozen=True, eq=False)
class Listed:
    """The search of one system and the slices of it to be listed: `list_findings`, or the whole lattice."""

    found: Found
    slices: pd.DataFrame


def write_found_json(results: Results, listed: Sequence[Listed]) -> str:
    """Return JSON text: a head as that of `measure`, what was searched, a record a system, a record a slice.

    `overall`, `searched` and `noise_floor` are those of the only system; of several they are null, and each has its
    own in `systems`. The slices of a system stand together, best finding first.
    """
    found = [one.found for one in listed]
    systems = _systems(listed)
    alone = records(systems)[0] if len(found) == 1 else dict.fromkeys(systems)
    search = asdict(found[0].search)
    search["attributes"] = list(search["attributes"])
    return dump_json(
        {
            **describe_results(results, form=FORMAT, version=VERSION),
            "search": search,
            **{name: alone[name] for name in ("overall", "searched", "noise_floor")},
            "systems": records(systems),
            "slices": records(_slices(listed)),
        }
    )


def write_found_csv(results: Results, listed: Sequence[Listed]) -> str:
    """Return one CSV: a line a system (overall, searched, noise floor), then a line a slice."""
    return write_csv_tables({"systems": _systems(listed), "slices": _slices(listed)}, results.schema.where)


def write_found_tables(results: Results, listed: Sequence[Listed]) -> str:
    """Return the slices as tables to read in a terminal, under what was searched and what chance would show."""
    parts = [name_part(results)]
    for one in listed:
        said = "".join(f"{fill(show(line), _WIDTH)}\n" for line in _say(one))
        parts += [said, write_section("Slices", [list(HEADINGS), *_rows(one)])]
    return "\n".join(part for part in parts if part)


def write_found_markdown(results: Results, listed: Sequence[Listed]) -> str:
    """Return the slices as Markdown, as GitHub shows it: what was searched, and a table a system."""
    metric = listed[0].found.metric
    part = name_part(results).rstrip("\n")
    parts = [f"## Where does the model fare worst? {escape_markdown(metric.title)}", escape_markdown(part)]
    for one in listed:
        parts += [escape_markdown(line) for line in _say(one)]
        if len(one.slices):
            parts.append(write_markdown_table(HEADINGS, _rows(one)))
    return "\n\n".join(part for part in parts if part) + "\n"


def write_lattice(found: Found, where: str | None = None) -> str:
    """Return every slice that was searched as CSV in which no text is a formula, numbers as they are."""
    table = found.lattice[COLUMNS]
    names = {"slice name": [name_slice(s) for s in table["slice"]]}
    more = {} if where is None else {"where": [where] * len(table)}
    texts = table.assign(slice=[str(s) for s in table["slice"]], **names, **more)
    return guard_frame(texts).to_csv(index=False, lineterminator="\n")


def _systems(listed: Sequence[Listed]) -> pd.DataFrame:
    """Return a row a system: its value overall, how much was searched, and how much of it is a finding."""
    columns = ["system", "metric", "overall", "searched", "noise_floor", "findings"]
    rows = [
        (f.system, f.metric.name, f.overall, f.searched, f.noise_floor, len(f.findings))
        for f in (one.found for one in listed)
    ]
    return pd.DataFrame(rows, columns=columns).astype({"system": object})


def _slices(listed: Sequence[Listed]) -> pd.DataFrame:
    tables = [one.slices for one in listed]
    filled = [table for table in tables if len(table)] or tables[:1]
    return filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)


def _say(one: Listed) -> list[str]:
    found = one.found
    system = f"{found.system}: " if found.system is not None else ""
    said = [f"{system}{found.metric.title}: {format_value(found.metric, found.overall)} of everyone."]
    said += [say_search(found), say_how(found.search)]
    if "hidden" not in one.slices:  # the whole lattice
        return said
    said.append(say_findings(found, one.slices))
    return said


def _rows(one: Listed) -> list[list[str]]:
    return [row_of(row, one.found.metric) for row in one.slices.to_dict("records")]
