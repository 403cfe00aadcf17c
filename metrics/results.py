"""Results: what a file says, checked and in the form that scoring takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from metrics.errors import Finding, ResultsError, places_of
from metrics.progress import Progress, Tell
from metrics.reading import read_table
from metrics.reading.columns import Reader, merge_columns
from metrics.reading.guess import columns_needed, complete_schema
from metrics.reading.join import join_tables, parse_join
from metrics.reading.limits import Limits
from metrics.reading.named import named_columns
from metrics.reading.rules import load_rules
from metrics.reading.table import Table
from metrics.schema import Schema
from metrics.text.normalize import Normalizer
from metrics.text.terms import Terms

Source = Any  # a path, bytes, a binary file object, a Table, or any dataframe that narwhals knows


@dataclass(frozen=True)
class Receipt:
    """Which file was read, and how many of its rows were used."""

    name: str
    sha256: str
    rows_read: int
    rows_used: int


@dataclass(frozen=True, eq=False)
class Results:
    """The declared columns of a results file, read as what they are for.

    `schema` is complete: guesses are filled in. `attributes` has one Categorical column an attribute
    and a saved slice (levels yes and no), its categories in display order, NaN where missing.
    `columns` maps the roles of the whole file (label, id, cluster, weight, count, system) to their
    columns, `answers` has one mapping a system of the schema (prediction, score, hypothesis). All
    share one index: the row's position in the file, 0 for its first data row.

    Classes are Categoricals of text, whose categories label and predictions share; scores, weights
    and the numbers of a regression are float64, counts int64. References and hypotheses are texts,
    "" where one is empty and None where there is none; `normalizer` and `terms` are those of the schema.
    """

    schema: Schema
    attributes: pd.DataFrame
    columns: Mapping[str, pd.Series]
    answers: tuple[Mapping[str, pd.Series], ...]
    receipts: tuple[Receipt, ...]
    findings: tuple[Finding, ...]
    normalizer: Normalizer | None = None
    terms: Terms | None = None

    def __post_init__(self) -> None:
        if len(self.answers) != len(self.schema.systems):
            raise ValueError(f"{len(self.schema.systems)} systems are declared, but {len(self.answers)} have answers.")
        for column in (*self.columns.values(), *(c for a in self.answers for c in a.values())):
            if len(column) != len(self.attributes):
                raise ValueError("All columns of the results have one length.")

    def __len__(self) -> int:
        return len(self.attributes)

    def places_of(self, found: pd.Series) -> tuple[int, ...]:
        """Return where the first of the rows that were found stand in the file, for a `Finding`."""
        index = self.attributes.index
        return places_of(found.to_numpy(), None if isinstance(index, pd.RangeIndex) else index.to_numpy())

    @property
    def questions(self) -> tuple[Finding, ...]:
        """The findings that another answer would change."""
        return tuple(f for f in self.findings if f.is_question)


def read_results(
    source: Source,
    schema: Schema | None = None,
    *,
    join: Sequence[Any] = (),
    limits: Limits | None = None,
    by: Sequence[Any] = (),
    metrics: Sequence[str] = (),
    strict: bool = False,
    name: str | None = None,
    open_files: bool = True,
    progress: Tell | None = None,
) -> Results:
    """Read a results file (a path, bytes, a binary file, a `Table`, any dataframe) as `schema` says.

    What the schema leaves open is guessed, each guess a finding. `join` names further files, one a
    system, matched by id: `FILE`, `NAME=FILE` or a pair (name, source). `by` names columns (or
    tuples of columns) that are asked about, `metrics` the metrics (none: all): a guess that enters
    none of them is never a question. Without `open_files` no file of rules or terms that the schema
    names is opened: a schema may come from a stranger. `progress` is told what is being done and the
    share done, from 0 to 1; what it raises ends the reading, and so a caller cancels. Raises
    ResultsError with every finding where the file cannot be used, and with `strict` also where a
    question is left unanswered.
    """
    schema, limits = schema or Schema(), limits or Limits.command_line()
    asked = _flatten(by)
    work = Progress(progress)
    files, n_files = work.part(0, 0.3), 1 + len(join)
    table = _read(source, schema, limits, name, asked, files.nth(0, n_files))
    others = [_read_joined(item, schema, limits, files.nth(i, n_files)) for i, item in enumerate(join, 1)]
    work("Finding out what the columns are for", 0.3)
    findings = [f for t in (table, *(other for _, other in others)) for f in t.findings]
    whole, merged = merge_columns(table, named_columns(schema).keys() | set(asked))
    joined = join_tables(whole, others, schema, asked)
    findings += [*merged, *joined.findings]
    schema, guesses = complete_schema(joined.table, joined.schema, asked, joined=joined.systems)
    findings += _settle(guesses, schema, metrics)
    _raise_stops(findings)
    reader = Reader(joined.table, schema, limits, tuple(metrics), findings, progress=work.part(0.35, 0.7))
    reader.choose_rows()
    _raise_stops(findings)
    attributes = reader.read_attributes()
    columns, answers = reader.read_roles()
    _raise_stops(findings)
    places = (rows[attributes.index] for rows in joined.places)
    used = (len(attributes), *(len(np.unique(rows[rows >= 0])) for rows in places))
    receipts = tuple(
        Receipt(t.name, t.sha256, t.rows_read, n) for t, n in zip((table, *(o for _, o in others)), used, strict=True)
    )
    normalizer, terms = load_rules(reader.schema, findings, open_files=open_files)
    _raise_stops(findings)
    results = Results(reader.schema, attributes, columns, answers, receipts, tuple(findings), normalizer, terms)
    from metrics.findings import check_results

    results = replace(results, findings=(*findings, *check_results(results, joined.table, work.part(0.7, 1))))
    if strict:
        _raise_questions(results)
    return results


def _settle(guesses: Sequence[Finding], schema: Schema, metrics: Sequence[str]) -> list[Finding]:
    """Make notes of the questions about roles that enter none of the metrics asked for."""
    needed = columns_needed(metrics)
    if not any("prediction" in system.columns for system in schema.systems):
        needed |= {"score"}  # which then stands for the prediction
    idle = {f"--{role}" for role in ("label", "prediction", "score") if role not in needed}
    return [replace(f, severity="note") if f.is_question and f.option in idle else f for f in guesses]


def _raise_stops(findings: Sequence[Finding]) -> None:
    if any(f.severity == "stop" for f in findings):
        raise ResultsError(sorted(findings, key=lambda f: f.severity != "stop"))


def _raise_questions(results: Results) -> None:
    if results.questions:
        raise ResultsError([replace(f, severity="stop") if f.is_question else f for f in results.findings])


def _flatten(by: Sequence[Any]) -> list[str]:
    """Return the names in `by`, whose entries are names or groups of names."""
    groups: Iterable[Iterable[str]] = ([entry] if isinstance(entry, str) else entry for entry in by)
    return list(dict.fromkeys(name for group in groups for name in group))


# -- files ---------------------------------------------------------------------------------------


def _read(
    source: Source, schema: Schema, limits: Limits, name: str | None, by: Sequence[str], progress: Progress
) -> Table:
    if isinstance(source, Table):
        return _with_missing(source, schema)
    wanted = tuple(dict.fromkeys([*named_columns(schema), *by]))
    return _with_missing(read_table(source, schema.file, limits, name, wanted, progress), schema)


def _with_missing(table: Table, schema: Schema) -> Table:
    """Let the schema's words for missing hold for a table that was read before."""
    words = tuple(dict.fromkeys([*table.options.missing, *schema.file.missing]))
    return replace(table, options=replace(table.options, missing=words))


def _read_joined(item: Any, schema: Schema, limits: Limits, progress: Progress) -> tuple[str | None, Table]:
    name, source = item if isinstance(item, tuple) else parse_join(item) if isinstance(item, str) else (None, item)
    if isinstance(source, Table):
        return name, _with_missing(source, schema)
    # Sheets and header rows are those of the first file; missing words and spellings hold for all.
    options = replace(schema.file, header_row=None, sheet=None, encoding=None, delimiter=None)
    return name, _with_missing(read_table(source, options, limits, progress=progress), schema)
