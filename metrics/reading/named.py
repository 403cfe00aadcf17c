"""The columns that a schema names: matched with those of the file, and refused where they are not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from metrics.errors import Finding, nearest
from metrics.schema import Schema
from metrics.tasks import TASKS, roles

_LISTED = 12


def named_columns(schema: Schema) -> dict[str, str]:
    """Return every column that a schema names, with what it is for."""
    named = {column: f"the {role}" for role, column in schema.columns.items()}
    for system in schema.systems:
        named |= {column: f"a {role}" for role, column in system.columns.items()}
    named |= {a.column: "an attribute" for a in schema.attributes}
    named |= dict.fromkeys(schema.recode, "recoded")
    return named


def match_names(schema: Schema, names: Sequence[str]) -> tuple[Schema, list[Finding]]:
    """Return the schema with its names as the file writes them (outer spaces aside), and what is wrong with it."""
    known = {name.strip(): name for name in reversed(names)}
    named = named_columns(schema)
    findings = []
    for column, use in named.items():
        if column.strip() not in known:
            found = f"was named as {use}, but the file has no such column (it has: {list_names(names)})."
            cure = nearest(column, names) or "Name one of these columns."
            findings.append(Finding("stop", f"column {column!r}", found, cure))
    for role in [*schema.columns, *(role for system in schema.systems for role in system.columns)]:
        if role not in roles():
            cure = nearest(role, roles()) or "Remove it from the schema."
            findings.append(Finding("stop", f"role {role!r}", "is not known.", cure))
    if schema.task is not None and schema.task not in TASKS:
        found, cure = f"is not known (there are: {', '.join(TASKS)}).", nearest(schema.task, TASKS)
        findings.append(Finding("stop", f"task {schema.task!r}", found, cure, option="--task"))
    if not findings:
        schema = _rename(schema, {column: known[column.strip()] for column in named})
    return schema, findings


def list_names(names: Sequence[str]) -> str:
    """Return the first dozen of some names, quoted."""
    return ", ".join(map(repr, names[:_LISTED])) + (", ..." if len(names) > _LISTED else "")


def _rename(schema: Schema, to: Mapping[str, str]) -> Schema:
    return replace(
        schema,
        columns={role: to[column] for role, column in schema.columns.items()},
        systems=tuple(replace(s, columns={r: to[column] for r, column in s.columns.items()}) for s in schema.systems),
        attributes=tuple(replace(a, column=to[a.column]) for a in schema.attributes),
        strata=tuple(to.get(column, column) for column in schema.strata),
        recode={to[column]: values for column, values in schema.recode.items()},
    )
