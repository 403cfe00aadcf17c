"""The widgets of the Data page about columns: the first rows, each column under its role, and the table of columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard import state, uploads
from dashboard.corrections import (
    GROUP,
    OBTAINED,
    UNUSED,
    Levels,
    Preview,
    assign,
    describe_columns,
    role_names,
    roles_of,
    set_edges,
    set_merges,
    set_obtained,
    set_order,
    set_separator,
)
from dashboard.datasets import Dataset
from dashboard.words import on_screen, plain
from metrics.errors import Finding
from metrics.schema import Schema
from metrics.writing import guard_frame, unguard_text

__all__ = ["correct_columns", "show_preview"]


def show_preview(shown: Preview, schema: Schema, findings: Sequence[Finding]) -> None:
    """Draw the first ten rows, the role above each column, its reason on hover."""
    known = {row["column"]: row for row in describe_columns(shown, schema, findings).to_dict("records")}
    # Its CSV has the names themselves, not these labels.
    head = guard_frame(shown.head)
    config = {
        guarded: st.column_config.TextColumn(
            f"{_chip(known[column]['role'], known[column]['model'])} · {column}",
            help=plain(on_screen(known[column]["why"] or _unreasoned(known[column]["role"])), 400),
        )
        for guarded, column in zip(head.columns, shown.head.columns, strict=True)
    }
    st.dataframe(
        head,
        column_config=config,
        hide_index=True,
        lazy=False,
        alt="The first ten rows, with the role of each column",
    )


def _chip(role: str, model: str) -> str:
    return "—" if role == UNUSED else f"{role} ({model})" if model and role != model else role


def _unreasoned(role: str) -> str:
    return "Nothing suggests a use for it." if role == UNUSED else "The schema says so."


def correct_columns(data: Dataset, shown: Preview, schema: Schema, findings: Sequence[Finding], levels: Levels) -> None:
    """Draw a row a column, whose role and origin are changed in place, and how its groups are cut, merged and ordered.

    `levels` are those of each attribute in the order they stand in now.
    """
    table = describe_columns(shown, schema, findings, levels)
    table["why"] = [on_screen(text) for text in table["why"]]
    key = f"columns_{data.mark}"
    st.caption(
        "Change a role, how a group was obtained, where numbers are cut, which levels are one or in which order they "
        "stand, in the table itself."
    )
    fixed = ["column", "examples", "why"]
    st.data_editor(
        table.assign(**guard_frame(table[[*fixed, "model", "merge", "order"]])),
        key=key,
        hide_index=True,
        disabled=fixed,
        placeholder="",
        alt="The columns of the file, their roles and how groups were obtained",
        column_config={
            "column": st.column_config.TextColumn("Column", pinned=True),
            "role": st.column_config.SelectboxColumn("Role", options=role_names(schema.task), required=True),
            "model": st.column_config.TextColumn("Model", help="Which model a prediction or score is of"),
            "obtained": st.column_config.SelectboxColumn(
                "Obtained", options=list(OBTAINED), help="Who said which group a person belongs to"
            ),
            "cut": st.column_config.TextColumn("Cut at", help="Numbers that separate the levels, such as 25, 45, 65"),
            "merge": st.column_config.TextColumn(
                "Merge levels", help="A new level and the old ones in it, such as Other = Mixed, Unknown"
            ),
            "order": st.column_config.TextColumn(
                "Order of levels",
                help="The levels from first to last, such as low, middle, high. Those left out follow; "
                "empty: by number and alphabet.",
            ),
            "several": st.column_config.TextColumn(
                "Several labels",
                help="What stands between the labels where one cell holds several, such as ; — each label becomes a "
                "group of its own, and the rest are those without it.",
                max_chars=5,
            ),
            "examples": st.column_config.TextColumn("Examples", width="medium"),
            "why": st.column_config.TextColumn("Why", width="large"),
        },
    )
    _take_edits((state.recall(key) or {}).get("edited_rows", {}), data, schema, list(table["column"]), levels)
    if any(a.obtained == "inferred" for a in schema.attributes):
        st.warning(
            "Some groups were inferred, not said by the people themselves. Errors of the inference fall unevenly "
            "on groups, and gaps may be wider or narrower than they look.",
            icon=":material/warning:",
        )


def _take_edits(
    edits: Mapping[int, Mapping[str, Any]], data: Dataset, complete: Schema, columns: Sequence[str], levels: Levels
) -> None:
    """Keep what was edited in the table of columns; what cannot be kept stays there, with the reason below."""
    try:
        typed = {row: {name: _typed(cell) for name, cell in cells.items()} for row, cells in edits.items()}
        schema = _start_from(data.schema, complete, typed.values())
        for row, cells in typed.items():
            schema = _apply(schema, columns[int(row)], cells, levels.get(columns[int(row)], ()))
        if edits and schema != data.schema and uploads.correct_schema(data, schema):
            st.rerun()
    except (ValueError, IndexError) as error:
        st.error(plain(error, 500), icon=":material/block:")


def _typed(cell: Any) -> Any:
    """Return what is in an edited cell, without the apostrophe that guarded the text it began with."""
    return unguard_text(cell) if isinstance(cell, str) else cell


def _start_from(declared: Schema, complete: Schema, edits: Iterable[Mapping[str, Any]]) -> Schema:
    """Return the declared schema with as many guesses as the edits touch: the rest stays open to be asked."""
    start = replace(declared, attributes=complete.attributes)
    touched = [cells for cells in edits if "model" in cells or cells.get("role", GROUP) != GROUP]
    return replace(start, columns=complete.columns, systems=complete.systems) if touched else start


def _apply(schema: Schema, column: str, cells: Mapping[str, Any], levels: Sequence[str]) -> Schema:
    """Apply the edited cells of one column, whose levels are these."""
    role, model = roles_of(schema).get(column, (UNUSED, ""))
    if "role" in cells or "model" in cells:
        wanted = cells.get("role", role)
        if wanted not in role_names(schema.task):
            raise ValueError(f"{wanted!r} is no role.")
        schema = assign(schema, column, wanted, str(cells.get("model", model) or ""))
    if {"obtained", "cut", "merge", "order", "several"} & set(cells):
        if schema.attribute(column) is None:
            raise ValueError(f"Column {column!r} is no group; make it one first.")
        if "obtained" in cells:
            schema = set_obtained(schema, column, cells["obtained"] or "unknown")
        if "cut" in cells:
            schema = set_edges(schema, column, cells["cut"] or "")
        if "merge" in cells:
            schema = set_merges(schema, column, cells["merge"] or "")
        if "order" in cells:
            schema = set_order(schema, column, cells["order"] or "", levels)
        if "several" in cells:
            schema = set_separator(schema, column, cells["several"] or "")
    return schema
