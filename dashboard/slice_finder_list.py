"""What a search found, on the page: a row a finding with its ways on, and every slice that was searched as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import controls, slice_saving, state
from dashboard.charts.found import describe_found, draw_found, table_found
from dashboard.numbers import whole
from dashboard.parts import show_figure, show_table
from dashboard.slice_finder_controls import MOST_FINDINGS, Searched
from dashboard.state import BIND
from dashboard.view import Loaded
from dashboard.words import count, plain
from metrics.answers import name_slice
from metrics.cell_conditions import write_on_cells
from metrics.find import Found
from metrics.find_words import HEADINGS, row_of, say_excess, say_rest
from metrics.find_writing import write_lattice
from metrics.formatting import format_p, format_support, format_value
from metrics.sentences import say_value
from metrics.slices import Slice
from metrics.writing import name_file

__all__ = ["draw_findings", "draw_lattice", "draw_picture", "offer_saving"]

_PAGE = 100  # slices of the whole lattice
_MOST_TWINS = 50
_CHIP = 60  # letters


def draw_picture(searched: Searched) -> None:
    """Draw the findings as a picture, and the same as a table."""
    metric, findings = searched.found.metric, searched.findings
    if not len(findings):
        return
    table = table_found(findings, metric)
    show_figure(
        draw_found(findings, metric, theme=state.theme().name),
        key="slice_finder_figure",
        alt=describe_found(findings, metric),
        table=table,
    )
    with st.expander("The same as a table"):
        show_table(table, key="slice_finder_table", alt="The findings, those that fare worst first")


def draw_findings(loaded: Loaded, searched: Searched) -> None:
    """Draw a row a finding: its conditions, its value against everyone else, what it costs, and the ways on."""
    found, findings = searched.found, searched.findings
    for number, row in enumerate(findings.to_dict("records"), start=1):
        with st.container(border=True, gap="xsmall", key=f"slice_finder_{number}"):
            _draw_row(loaded, found, row, number)
    in_all = len(found.findings)
    told = len(findings) + int(findings["hidden"].sum()) if len(findings) else 0
    if len(findings) == MOST_FINDINGS and in_all > told:
        st.caption(f"The {MOST_FINDINGS} that fare worst; {in_all - told:,} more are in the table of all slices.")


def _draw_row(loaded: Loaded, found: Found, row: Mapping[Any, Any], number: int) -> None:
    metric, cell = found.metric, row["slice"]
    chips = " ".join(f":gray-badge[{plain(chip, _CHIP)}]" for chip in _chips(cell))
    st.markdown(f"**{number}** {chips}")
    support = format_support(metric, *(_number(row[c]) for c in ("top", "below", "units")))
    rest = format_value(metric, _number(row["rest"]))
    value = f"{metric.title} {say_value(row, metric)} ({support}), {say_rest(row, metric)}"
    st.markdown(plain(f"{value}, for whom it is {rest}.", 600))
    with st.container(horizontal=True, vertical_alignment="center"):
        told = [say_excess(row, metric), f"adjusted p {format_p(_number(row['p_adjusted']))}"]
        st.caption(plain(" · ".join(filter(None, told)), 300))
        key = f"slice_finder_{number}"
        controls.link("rows", "Rows behind it", icon=":material/list:", key=f"{key}_rows", cell=cell)
        # The sheet adjusts p for how many slices were looked at before this one was found.
        chosen = {"cell": cell, "baseline": "rest", "evidence_looked_at": found.searched}
        controls.link("evidence", "Evidence sheet", icon=":material/fact_check:", key=f"{key}_evidence", **chosen)
        offer_saving(loaded, name_slice(cell), str(cell), f"{key}_save")
    twins = row["twins"]
    if len(twins):
        _draw_twins(found, twins, number)


def _chips(cell: Slice) -> list[str]:
    """Return each condition in words, such as "age < 25"."""
    return [name_slice(Slice((pair,))) for pair in cell.items()]


def offer_saving(loaded: Loaded, name: str, levels: str, key: str) -> None:
    """Draw the button that keeps a condition on levels as a slice, or says that it is kept.

    The page calls `keep_begun_slice`.
    """
    schema = loaded.results.schema
    where = write_on_cells(levels, schema)
    saved = any(named.where == where for named in schema.slices)
    st.button(
        "Saved" if saved else "Save slice",
        key=key,
        icon=":material/bookmark_added:" if saved else ":material/bookmark_add:",
        type="tertiary",
        disabled=saved or where is None,
        on_click=slice_saving.begin_slice,
        args=(loaded, name, where),
        help="It becomes an attribute with the levels yes and no, on every page."
        if where is not None
        else "Merged levels, and one of several labels in a cell, cannot be saved as a condition on the file.",
    )


def _draw_twins(found: Found, twins: Sequence[Slice], number: int) -> None:
    """Draw what is hidden behind a finding: slices of mostly the same rows."""
    key = f"slice_finder_{number}_twins"
    label = f"{count(len(twins), 'similar slice')} hidden"
    with st.expander(label, key=key, on_change="rerun") as hidden:
        if not hidden.open:
            return
        wanted = set(twins[:_MOST_TWINS])
        rows = found.findings[[s in wanted for s in found.findings["slice"]]]
        show_table(_as_texts(found, rows), key=f"{key}_table", alt=label)
        st.caption("Findings, too, but of mostly the same rows as the one above.")
        if len(twins) > _MOST_TWINS:
            st.caption(f"The first {_MOST_TWINS} of them; all are in the table of all slices.")


def draw_lattice(searched: Searched) -> None:
    """Draw every slice that was searched as a table of pages, with its CSV; before it is asked for only where that is
    all there is to show."""
    found = searched.found
    title = f"All {count(found.searched, 'slice')} that were searched"
    nothing = not len(searched.findings)
    told: dict[str, Any] = {"key": "slice_finder_all", "on_change": "rerun", "icon": ":material/table_rows:"}
    with st.expander(title, expanded=nothing, **told) as every:
        if not every.open:
            return
        rows = len(found.lattice)
        pages = max(1, -(-rows // _PAGE))
        page = 1
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if pages > 1:
                page = st.number_input(
                    f"Page of {pages:,}", min_value=1, max_value=pages, key="slice_finder_page", bind=BIND, width=160
                )
            data = state.dataset()
            st.download_button(
                "Download all as CSV",
                data=partial(_write_all, found, state.rows_told() or None),
                file_name=f"{name_file(data.title if data else '', 'slices', found.metric.name)}.csv",
                mime="text/csv",
                key="slice_finder_download",
                on_click="ignore",
                icon=":material/download:",
                help="Numbers as they are. Texts that a spreadsheet would run as a formula get an apostrophe before "
                "them.",
            )
        start = (whole(page, 1, 1, pages) - 1) * _PAGE
        table = _as_texts(found, found.lattice.iloc[start : start + _PAGE])
        show_table(table, key="slice_finder_lattice", alt=title)
        st.caption(
            "Those that fare worst first. A dot: a finding, worse than the rest beyond what chance would show among "
            "so many, and worse than the same slice without any one of its levels."
        )


def _as_texts(found: Found, rows: pd.DataFrame) -> pd.DataFrame:
    texts = [row_of(row, found.metric) for row in rows.to_dict("records")]
    table = pd.DataFrame(texts, columns=list(HEADINGS)).drop(columns="similar slices hidden")
    table.insert(1, "finding", ["\N{BLACK CIRCLE}" if is_one else "" for is_one in rows["finding"]])
    return table


def _write_all(found: Found, where: str | None) -> bytes:
    """Return the CSV with the mark by which spreadsheets know that it is UTF-8."""
    return write_lattice(found, where).encode("utf-8-sig")


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
