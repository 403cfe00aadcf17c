"""Rows as they are in the upload: those behind a cell, by the page and as CSV, and those that a finding is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from dashboard import images, loading
from dashboard.corrections import column_of
from dashboard.datasets import Dataset
from dashboard.view import Loaded, View
from metrics.errors import Finding
from metrics.reading.table import texts
from metrics.rows import name_outcomes, write_rows
from metrics.scored import Scored
from metrics.writing import guard_frame

__all__ = ["PAGE", "show_places", "show_rows", "take_rows", "write_all"]

PAGE = 100
_LONGEST_CELL = 300


def show_rows(loaded: Loaded, view: View, places: NDArray[np.int64], page: int) -> None:
    """Show one page of the rows at these places, with their outcome and the columns of the first file."""
    here = places[(page - 1) * PAGE : page * PAGE]
    _draw(_about(loaded, view, here), _columns_of(take_rows(loaded, loaded.scored_of(view), here)))


def show_places(data: Dataset, finding: Finding) -> None:
    """Show the rows that a finding is about, the column that it is about first."""
    raw = _columns_of(loading.tables(data, data.schema.file)[0].data.take(pa.array(finding.places)))
    about = column_of(finding)
    first = {about: raw.pop(about)} if about in raw else {}
    _draw({"row": [place + 1 for place in finding.places]}, first | raw)
    if finding.rows > len(finding.places):
        st.caption(f"The first {len(finding.places)} of them.")


def _draw(about: Mapping[str, list[Any]], raw: Mapping[str, list[str | None]]) -> None:
    """Draw a table: what is said about each row, then its cells."""
    columns: dict[str, list[Any]] = {}
    for name, cells in (*about.items(), *raw.items()):
        columns[_free(name, columns)] = [_cut(cell) for cell in cells]
    config: dict[str, Any] = {"row": st.column_config.NumberColumn(pinned=True)}
    folder = images.folder_allowed()
    if folder is not None:
        for name in images.find_image_columns(dict(raw)):
            shown = _free(f"{name} (image)", columns)
            columns[shown] = [images.thumbnail(cell, folder) if cell else None for cell in raw[name]]
            config[shown] = st.column_config.ImageColumn(width="small")
    table = guard_frame(pd.DataFrame(columns))
    st.dataframe(table, key="rows_table", hide_index=True, column_config=config, lazy=False, alt="The rows")


def write_all(loaded: Loaded, view: View, places: NDArray[np.int64]) -> bytes:
    """Return all the rows as CSV."""
    return b"".join(write_rows(take_rows(loaded, loaded.scored_of(view), places), _about(loaded, view, places)))


def take_rows(loaded: Loaded, scored: Scored, places: NDArray[np.int64]) -> pa.Table:
    """Return rows of the first file as it was read: places are of scored units, which know their position there."""
    table = loading.tables(loaded.dataset, loaded.dataset.schema.file)[0].data
    return table.take(pa.array(scored.rows[places]))


def _about(loaded: Loaded, view: View, places: NDArray[np.int64]) -> dict[str, list[Any]]:
    """Return the columns that stand before those of the file: where the row is, and how it came out."""
    scored = loaded.scored_of(view)
    about: dict[str, list[Any]] = {"row": (scored.rows[places] + 1).tolist(), "outcome": name_outcomes(scored, places)}
    if len(loaded.dataset.files) > 1:  # the first file does not have what the other systems said
        systems = [system.title or None for system in loaded.results.schema.systems]
        answers = loaded.results.answers[systems.index(view.system) if view.system in systems else 0]
        for role, column in answers.items():
            about[role] = column.iloc[places].astype("string").tolist()
    return about


def _columns_of(table: pa.Table) -> dict[str, list[str | None]]:
    return {name: texts(column).to_pylist() for name, column in zip(table.column_names, table.columns, strict=True)}


def _free(name: str, taken: dict[str, Any]) -> str:
    """Return the name, or with a number where another column has it."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _cut(cell: Any) -> Any:
    return cell[: _LONGEST_CELL - 1] + "…" if isinstance(cell, str) and len(cell) > _LONGEST_CELL else cell
