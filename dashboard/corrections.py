"""What the Data page says of a schema and corrects in it: tables and schemas in, schemas out, no screen."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, get_args

import pandas as pd
import pyarrow as pa

from metrics.errors import Finding, nearest
from metrics.levels import find_word
from metrics.reading import texts
from metrics.reading.table import Table
from metrics.schema import COMMON_ROLES, Attribute, Obtained, Schema, System
from metrics.tasks import TASKS, roles

__all__ = [
    "GROUP",
    "OBTAINED",
    "UNUSED",
    "Levels",
    "Preview",
    "answer",
    "assign",
    "column_of",
    "describe_columns",
    "preview",
    "role_names",
    "roles_of",
    "set_edges",
    "set_merges",
    "set_obtained",
    "set_order",
    "set_separator",
]

GROUP = "group"  # what people call an attribute
UNUSED = "not used"
OBTAINED: tuple[Obtained, ...] = get_args(Obtained)

Levels = Mapping[str, Sequence[str]]  # column -> its levels in display order

_HEAD = 10
_LONGEST_CELL = 80
_EXAMPLES = 4
_SAMPLE = 2_000
_MOST_CELLS = 200_000
_MOST_WORDS = 200
_MOST_ORDERED = 50


@dataclass(frozen=True)
class Preview:
    """The first rows of a file as text, and of each column some of its words (from its first rows)."""

    head: pd.DataFrame
    words: Mapping[str, tuple[str, ...]]
    n_rows: int
    findings: tuple[Finding, ...]
    options: Any  # FileOptions, as detected


def preview(table: Table) -> Preview:
    """Cut a table down to what the Data page shows of it."""
    sample = table.data.slice(0, max(_HEAD, min(_SAMPLE, _MOST_CELLS // max(1, table.data.num_columns))))
    read = {name: _words(sample.column(name)) for name in sample.column_names}
    head = {name: [_shorten(word) for word in cells[:_HEAD]] for name, cells in read.items()}
    words = {
        name: tuple(dict.fromkeys(w for w in cells if w is not None))[:_MOST_WORDS] for name, cells in read.items()
    }
    return Preview(pd.DataFrame(head, dtype="object"), words, table.rows_read, table.findings, table.options)


def _words(column: pa.ChunkedArray) -> list[str | None]:
    read: list[str | None] = texts(column).cast(pa.string()).to_pylist()
    return read


def _shorten(word: str | None) -> str | None:
    return word if word is None or len(word) <= _LONGEST_CELL else word[: _LONGEST_CELL - 1] + "…"


# -- roles ---------------------------------------------------------------------------------------


def role_names(task: str | None) -> list[str]:
    """Return the roles a column may take, in the words of the screen."""
    own = [r.name for r in TASKS[task].roles] if task in TASKS else [n for n in roles() if n not in COMMON_ROLES]
    return [UNUSED, GROUP, *own, *COMMON_ROLES]


def roles_of(schema: Schema) -> dict[str, tuple[str, str]]:
    """Return what each named column is for: column -> (role, name of its system or "")."""
    found = {a.column: (GROUP, "") for a in schema.attributes}
    for system in schema.systems:
        found |= {column: (role, system.title) for role, column in system.columns.items()}
    found |= {column: (role, "") for role, column in schema.columns.items()}
    return found


_FIELDS = ["column", "role", "model", "obtained", "cut", "merge", "order", "several", "examples", "why"]


def describe_columns(
    shown: Preview, schema: Schema, findings: Iterable[Finding], levels: Levels | None = None
) -> pd.DataFrame:
    """Return a row a column of the file, with what is known of it; `levels` are those of its groups, in order."""
    levels = levels or {}
    used, said = roles_of(schema), _reasons(findings)
    rows = []
    for column in shown.head.columns:
        role, system = used.get(column, (UNUSED, ""))
        attribute = schema.attribute(column)
        rows.append(
            {
                "column": column,
                "role": role,
                "model": system,
                "obtained": attribute.obtained if attribute else None,
                "cut": ", ".join(f"{e:g}" for e in attribute.edges) if attribute else None,
                "merge": _write_merges(attribute) if attribute else None,
                "order": _write_order(attribute, levels.get(column, ())) if attribute else None,
                "several": attribute.separator if attribute else None,
                "examples": ", ".join(_shorten(w) or "" for w in shown.words[column][:_EXAMPLES]),
                "why": said.get(column, ""),
            }
        )
    return pd.DataFrame(rows, columns=_FIELDS)


def column_of(finding: Finding) -> str | None:
    """Return the column that a finding is about, None where it is about something else.

    >>> column_of(Finding("note", "column 'sex'", "is empty.", ""))
    'sex'
    """
    where = finding.where
    return where[len("column ") :][1:-1] if where.startswith(("column '", 'column "')) else None


def _reasons(findings: Iterable[Finding]) -> dict[str, str]:
    """Return what was said of single columns when their roles were guessed."""
    said: dict[str, list[str]] = {}
    for finding in findings:
        column = column_of(finding)
        if column is not None:
            said.setdefault(column, []).append(finding.found)
    return {column: " ".join(found) for column, found in said.items()}


def assign(schema: Schema, column: str, role: str, system: str = "") -> Schema:
    """Return the schema with `column` in another role; what held the role before is not used then.

    A role that becomes empty is left empty: it is not guessed again. `system` names the model that a
    prediction or score belongs to; without a name it goes to the first one that lacks it.
    """
    before, (old, _) = schema, roles_of(schema).get(column, (UNUSED, ""))
    schema = _release(schema, column)
    if role == GROUP:
        schema = replace(schema, attributes=(*schema.attributes, before.attribute(column) or Attribute(column)))
    elif role in COMMON_ROLES or (role != UNUSED and not roles()[role].per_system):
        schema = replace(schema, columns={**schema.columns, role: column})
    elif role != UNUSED:
        schema = replace(schema, systems=_give(schema.systems, role, column, system))
    return _leave_empty(schema, {old, role})


def _release(schema: Schema, column: str) -> Schema:
    systems = (replace(s, columns={r: c for r, c in s.columns.items() if c != column}) for s in schema.systems)
    return replace(
        schema,
        columns={r: c for r, c in schema.columns.items() if c != column},
        systems=tuple(s for s in systems if s.columns),
        attributes=tuple(a for a in schema.attributes if a.column != column),
        strata=tuple(c for c in schema.strata if c != column),
    )


def _give(systems: tuple[System, ...], role: str, column: str, name: str) -> tuple[System, ...]:
    for number, system in enumerate(systems):
        if system.title == name or (not name and role not in system.columns):
            held = {**system.columns, role: column}
            # In the order of the declared roles: a model without a name is called by its first column.
            changed = replace(system, columns={r: held[r] for r in roles() if r in held})
            return (*systems[:number], changed, *systems[number + 1 :])
    return (*systems, System(name or None, {role: column}))


def _leave_empty(schema: Schema, changed: set[str]) -> Schema:
    held = set(schema.columns) | {r for s in schema.systems for r in s.columns}
    held |= {GROUP} if schema.attributes else set()
    known = set(roles())
    without = [r for r in dict.fromkeys((*schema.without, *changed)) if r in known and r not in held]
    return replace(schema, without=tuple(without))


def set_obtained(schema: Schema, column: str, obtained: str) -> Schema:
    """Say how the groups of a column came about. Raises ValueError for another word."""
    if obtained not in OBTAINED:
        raise ValueError(f"{obtained!r} is none of {', '.join(OBTAINED)}. {nearest(obtained, OBTAINED)}".rstrip())
    return _change(schema, column, obtained=obtained)


def set_edges(schema: Schema, column: str, text: str) -> Schema:
    """Cut a numeric attribute at the numbers in `text`, "25, 45, 65". Raises ValueError, saying what is wrong."""
    try:
        edges = tuple(float(part) for part in text.replace(";", ",").split(",") if part.strip())
    except ValueError:
        raise ValueError(f"Write numbers with commas between them, such as 25, 45, 65; got {text!r}.") from None
    if not all(map(math.isfinite, edges)) or any(a >= b for a, b in pairwise(edges)):
        raise ValueError(f"The numbers must rise from left to right; got {text!r}.")
    return _change(schema, column, edges=edges, quantiles=None, width=None)


def set_merges(schema: Schema, column: str, text: str) -> Schema:
    """Merge levels of an attribute: "Other = x, y; Black = Afro". Raises ValueError where it is unclear.

    Nothing before the sign means missing: "= unknown, n/a".
    """
    merged: dict[str, tuple[str, ...]] = {}
    for part in filter(str.strip, text.split(";")):
        new, equals, olds = part.partition("=")
        words = tuple(word.strip() for word in olds.split(",") if word.strip())
        if not equals or not words:
            raise ValueError(f"Write a new level, =, and the old ones, such as Other = x, y; got {part.strip()!r}.")
        if new.strip() in merged:
            raise ValueError(f"The level {new.strip()!r} is made twice; put all its old levels behind one sign.")
        merged[new.strip()] = words
    return _change(schema, column, recode=merged)


def _write_merges(attribute: Attribute) -> str:
    return "; ".join(f"{new} = {', '.join(olds)}" for new, olds in attribute.recode.items())


def set_order(schema: Schema, column: str, text: str, levels: Sequence[str] = ()) -> Schema:
    """Say in which order the levels of an attribute stand: "low, middle, high"; those left out follow.

    An empty text gives the natural order back; a level with a comma stands in double quotes. Raises
    ValueError for numbers cut into parts, and where `levels` are known (empty: not known), for a word that is none.
    """
    attribute = schema.attribute(column) or Attribute(column)
    words = _split_words(text)
    if words and _is_cut(attribute):
        raise ValueError(f"The parts that {column!r} is cut into stand in the order of their numbers.")
    known = [*levels, *attribute.order, *attribute.recode]
    found = [find_word(word, known) if levels else word for word in words]
    for word, level in zip(words, found, strict=True):
        if level is None:
            hint = nearest(word, levels) or f"It has: {', '.join(map(repr, levels[:12]))}."
            raise ValueError(f"Column {column!r} has no level {word!r}. {hint}")
    # Levels that a filter hides keep their place behind the others.
    hidden = [level for level in attribute.order if words and levels and level not in levels]
    return _change(schema, column, order=tuple(dict.fromkeys([*filter(None, found), *hidden])))


def set_separator(schema: Schema, column: str, text: str) -> Schema:
    """Say what stands between several labels in a cell; an empty text: it holds one. Raises ValueError."""
    attribute = schema.attribute(column) or Attribute(column)
    if text.strip() and _is_cut(attribute):
        raise ValueError(f"{column!r} is cut into parts of numbers; take those away first.")
    return _change(schema, column, separator=text.strip() or None)


def _split_words(text: str) -> list[str]:
    try:
        words = next(csv.reader([" ".join(text.splitlines())], skipinitialspace=True), [])
    except csv.Error:
        raise ValueError("Write the levels with commas between them, such as low, middle, high.") from None
    return [word.strip() for word in words if word.strip()]


def _is_cut(attribute: Attribute) -> bool:
    return bool(attribute.edges or attribute.quantiles or attribute.width)


def _write_order(attribute: Attribute, levels: Sequence[str]) -> str | None:
    """Return the order there is as a text to change: that of all levels, as long as they can be looked over."""
    if _is_cut(attribute):
        return None
    words = levels if 1 < len(levels) <= _MOST_ORDERED else attribute.order
    return ", ".join('"{}"'.format(w.replace('"', '""')) if set(w) & set(',"') else w for w in words) or None


def _change(schema: Schema, column: str, **changes: Any) -> Schema:
    return replace(
        schema, attributes=tuple(replace(a, **changes) if a.column == column else a for a in schema.attributes)
    )


# -- questions -----------------------------------------------------------------------------------


def answer(schema: Schema, question: Finding, value: Any) -> Schema:
    """Return the schema with a question answered: by one of its answers, several positive words, or a number.

    Raises ValueError for an answer that is none, and for a question that is not known here.
    """
    option = question.option.removeprefix("--")
    if option == "threshold":
        return replace(schema, threshold=float(value))
    chosen = list(value) if option == "positive" and not isinstance(value, str) else [value]
    if not chosen or any(word not in question.answers for word in chosen):
        raise ValueError(f"Choose among {', '.join(map(repr, question.answers))}.")
    named: dict[str, Any] = {option: value}
    if option == "positive":
        return replace(schema, positive=tuple(chosen))
    if option in ("task", "favourable"):
        return replace(schema, **named)
    if option == "score-scale":
        return replace(schema, score_scale=value)
    if option in ("encoding", "delimiter", "decimal", "sheet"):
        return replace(schema, file=replace(schema.file, **named))
    if option in roles():
        if value != "none":
            return assign(schema, value, option)
        held = [column for column, (role, _) in roles_of(schema).items() if role == option]
        for column in held:
            schema = assign(schema, column, UNUSED)
        return _leave_empty(schema, {option})
    raise ValueError(f"{question.option} cannot be answered here.")


def is_answerable(question: Finding) -> bool:
    """Whether the page can offer the answers of a question as choices."""
    known: Sequence[str] = (
        "positive",
        "threshold",
        "task",
        "favourable",
        "score-scale",
        "encoding",
        "delimiter",
        "decimal",
        "sheet",
    )
    option = question.option.removeprefix("--")
    return bool(question.answers) and (option in known or option in roles())
