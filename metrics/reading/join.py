"""Answers from other files, matched by id: never by position.

The first file keeps its rows and their order. Every further file adds columns, one answer an id;
what does not match is counted and shown, and an id with two different answers is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from metrics.errors import Finding, ResultsError, places_of
from metrics.reading.cells import Cells, cells_of
from metrics.reading.joined_roles import are_transcripts, find_answers, find_only_answer, id_columns, shares_ids
from metrics.reading.match import match_ids, show_count, show_examples
from metrics.reading.named import named_columns
from metrics.reading.speech_times import gather_words
from metrics.reading.table import Table
from metrics.schema import Schema, System

_CALLED = {True: "'hypothesis'", False: "'prediction' or 'score'"}


@dataclass(frozen=True)
class Joined:
    """One table made of several: `places[i]` is each row's row in the i-th joined file, -1 where it has none.

    `systems` are those that the joined files brought; they are no part of the schema yet.
    """

    table: Table
    schema: Schema
    systems: tuple[System, ...]
    places: tuple[NDArray[np.int64], ...]
    findings: tuple[Finding, ...]


def parse_join(text: str) -> tuple[str | None, str]:
    """Split `NAME=FILE`; a name is optional, and a file may have a `=` in its own name.

    >>> parse_join("model A=answers.csv"), parse_join("answers.csv")
    (('model A', 'answers.csv'), (None, 'answers.csv'))
    """
    name, equals, path = text.partition("=")
    if not equals or Path(text).exists() or not name.strip():
        return None, text
    return name.strip(), path


def join_tables(
    table: Table, others: Sequence[tuple[str | None, Table]], schema: Schema, by: Sequence[str] = ()
) -> Joined:
    """Add the columns of `others` to `table`, row by row of equal id. Raises ResultsError where that cannot be done.

    `by` names columns that are asked about, beside those that the schema names.
    """
    if not others:
        return Joined(table, schema, (), (), ())
    findings: list[Finding] = []
    systems: list[System] = []
    places: list[NDArray[np.int64]] = []
    names = _name_systems(others)
    others = [(name, _gather(table, other, findings)) for name, other in others]
    id_column = _find_id(table, [other for _, other in others], schema)
    if "id" not in schema.columns:
        found = "was taken as the id by which the files are matched."
        findings.append(Finding("note", f"column {id_column!r}", found, "Choose another with --id.", option="--id"))
    schema = replace(schema, columns={**schema.columns, "id": id_column})
    schema, told = _take_out_absent(schema, table)
    spoken = are_transcripts(table, [other for _, other in others], schema, told)
    if spoken and schema.task is None:
        schema = replace(schema, task="transcription")
        found = "was taken as transcription: the joined files hold what systems wrote."
        cure = "If these are classes, say --task classification."
        findings.append(Finding("note", "the task", found, cure, option="--task"))
    # Systems of a saved schema that are joined files name the columns of the joined table.
    own = replace(schema, systems=tuple(s for s in schema.systems if s.name not in names))
    wanted = {c.strip() for c in (*named_columns(own), *by)}
    base = cells_of(table, id_column)
    if "system" not in schema.columns:  # else each id has a row for each system
        _report_own_ids(table, base, findings)
    for name, (_, other) in zip(names, others, strict=True):
        there = _id_of(id_column, other)
        rows = match_ids(base, cells_of(other, there), other.name, findings)
        table, brought, taken = _add_columns(table, other, there, rows, name, schema, told, wanted, spoken)
        _refuse_conflicts(other, there, taken)
        if brought.columns and name not in {s.title for s in schema.systems}:
            systems.append(brought)
        places.append(rows)
    if systems and "system" in schema.columns:
        raise ResultsError(
            [
                Finding(
                    "stop",
                    f"column {schema.columns['system']!r}",
                    "names the system of each row, but the joined files bring systems of their own.",
                    "Join the answers to a file with one row an id, or take --join away.",
                    option="--system",
                )
            ]
        )
    return Joined(table, schema, tuple(systems), tuple(places), tuple(findings))


# -- ids -----------------------------------------------------------------------------------------


def _gather(table: Table, other: Table, findings: list[Finding]) -> Table:
    """Return words with times as one answer an id; any other table as it is."""
    if other.form != "ctm":
        return other
    gathered, found = gather_words(other, table if table.form == "stm" else None)
    findings += found
    return gathered


def _find_id(table: Table, others: Sequence[Table], schema: Schema) -> str:
    named = schema.columns.get("id")
    if named is not None:
        found = _same_column(named, table)
        if found is None:
            raise _no_id(f"column {named!r} is not in '{table.name}'", table)
        for other in others:
            if _same_column(named, other) is None and not id_columns(other):
                raise _no_id(f"column {named!r} is not in '{other.name}'", other)
        return found
    shared = [c for c in table.data.column_names if all(_same_column(c, other) for other in others)]
    likely = [c for c in id_columns(table) if c in shared]
    if not likely and all(id_columns(other) for other in others):
        # Each file has an id of its own name: of several here, the one that shares its ids.
        likely = id_columns(table)
        alike = (c for c in likely if all(shares_ids(table, c, o, _id_of(c, o)) for o in others))
        likely = likely if len(likely) == 1 or (found := next(alike, None)) is None else [found]
    likely = likely or (shared if len(shared) == 1 else [])
    if not likely:
        raise _no_id("no column of all files is named like an id", table)
    return likely[0]


def _id_of(column: str, other: Table) -> str:
    return _same_column(column, other) or id_columns(other)[0]


def _no_id(found: str, table: Table) -> ResultsError:
    listed = ", ".join(map(repr, table.data.column_names[:12]))
    return ResultsError(
        [
            Finding(
                "stop",
                "joined files",
                f"are matched by id, but {found} (it has: {listed}).",
                "Name the column that all files share with --id.",
                option="--id",
            )
        ]
    )


def _same_column(name: str, table: Table) -> str | None:
    return next((c for c in table.data.column_names if c.strip() == name.strip()), None)


def _report_own_ids(table: Table, ids: Cells, findings: list[Finding]) -> None:
    twice = ids.counts > 1
    if twice.any():
        repeated = [word for word, again in zip(ids.words, twice, strict=True) if again]
        findings.append(
            Finding(
                "warn",
                f"column {ids.name!r} of '{table.name}'",
                f"holds {show_count(len(repeated), 'id')} more than once, such as {show_examples(repeated)}.",
                "Each of these rows gets the same joined answer; check that the rows are meant to be several.",
                rows=int(ids.counts[twice].sum()),
                places=places_of(np.append(twice, False)[ids.codes]),
            )
        )
    empty = int((ids.codes < 0).sum())
    if empty:
        findings.append(
            Finding(
                "warn",
                f"column {ids.name!r} of '{table.name}'",
                f"is empty in {show_count(empty, 'row')}, which can have no joined answer.",
                "Fill in the ids.",
                rows=empty,
                places=places_of(ids.codes < 0),
            )
        )


# -- columns -------------------------------------------------------------------------------------


def _name_systems(others: Sequence[tuple[str | None, Table]]) -> list[str]:
    names: list[str] = []
    for name, other in others:
        title = name or PurePath(other.name.removesuffix(".gz")).stem or "joined"
        number = 2
        unique = title
        while unique in names:
            unique, number = f"{title} ({number})", number + 1
        names.append(unique)
    return names


def _take_out_absent(schema: Schema, table: Table) -> tuple[Schema, dict[str, str]]:
    """Return the schema without systems whose columns the first file lacks, and those columns by role.

    `--prediction answer` with joined files says which column of each of them is the prediction.
    """
    here = {c.strip() for c in table.data.column_names}
    absent = [s for s in schema.systems if s.name is None and not here & {c.strip() for c in s.columns.values()}]
    told = {role: column.strip() for s in absent for role, column in s.columns.items()}
    return replace(schema, systems=tuple(s for s in schema.systems if s not in absent)), told


def _add_columns(
    table: Table,
    other: Table,
    id_column: str,
    rows: NDArray[np.int64],
    name: str,
    schema: Schema,
    told: Mapping[str, str],
    wanted: Collection[str],
    spoken: bool,
) -> tuple[Table, System, list[str]]:
    """Return the wider table, the system that the other file is, and which of its columns were taken."""
    beside = [c for c in other.data.column_names if c != id_column]
    here = {c.strip() for c in table.data.column_names}
    declared = [c for c in beside if c.strip() in wanted and c.strip() not in here]
    # A column goes by the role that flags give its name, or that its namesake of the first file has.
    alike = {role: c for s in reversed(schema.systems) for role, c in s.columns.items() if c.strip() in here}
    roles = {role: column for role, column in {**alike, **told}.items() if column in beside}
    open_to_guess = [column for column in beside if column not in declared]
    roles |= find_answers(open_to_guess, table, schema, roles, spoken)
    if not roles and not declared:
        roles |= find_only_answer(beside, spoken)
    plain = declared if roles or declared else [c for c in beside if c not in here]
    if not roles and not plain:
        raise ResultsError(
            [
                Finding(
                    "stop",
                    f"'{other.name}'",
                    "has several columns beside the id, and none is named like a role "
                    f"({', '.join(map(repr, beside[:12]))}).",
                    f"Call the column {_CALLED[spoken]}, or leave only it beside the id.",
                )
            ]
        )
    places = pa.array(np.where(rows < 0, 0, rows), mask=rows < 0)
    data, taken = table.data, {}
    for column in [*roles.values(), *plain]:
        # Files without a header name no column: what a system wrote is called so.
        called = "hypothesis" if other.form and column == roles.get("hypothesis") else column
        title = _free_name(called, name, data.column_names)
        data = data.append_column(title, other.data.column(column).take(places))
        taken[column] = title
    system = System(name, {role: taken[column] for role, column in roles.items()})
    return replace(table, data=data), system, list(taken)


def _free_name(column: str, system: str, names: Iterable[str]) -> str:
    """Return the column's name, with its system's where the first file has such a column already."""
    names, number = set(names), 2
    title = column if column not in names else f"{column} ({system})"
    while title in names:
        title, number = f"{column} ({system}, {number})", number + 1
    return title


def _refuse_conflicts(other: Table, id_column: str, columns: Sequence[str]) -> None:
    ids = cells_of(other, id_column)
    if not (ids.counts > 1).any():
        return
    first = np.full(len(ids.words) + 1, -1, dtype=np.int64)
    first[ids.codes[::-1]] = np.arange(len(ids.codes))[::-1]
    same_id = first[ids.codes]
    for column in columns:
        answers = cells_of(other, column)
        different = (answers.codes != answers.codes[same_id]) & (ids.codes >= 0)
        if different.any():
            row = int(np.flatnonzero(different)[0])
            says = [
                repr(answers.words[c]) if c >= 0 else "nothing"
                for c in (answers.codes[same_id[row]], answers.codes[row])
            ]
            n_ids, word = len(np.unique(ids.codes[different])), ids.words[ids.codes[row]]
            raise ResultsError(
                [
                    Finding(
                        "stop",
                        f"'{other.name}', column {column!r},",
                        f"has two different answers for {show_count(n_ids, 'id')}, such as {word!r}: "
                        f"{says[0]} and {says[1]}.",
                        "Keep one answer an id, or name another id column with --id.",
                        rows=int(different.sum()),
                    )
                ]
            )
