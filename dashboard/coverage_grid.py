"""The first part of the Coverage page: one attribute by another, one combination in full, all of them in a table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from dashboard import controls, state
from dashboard.amounts_panel import show_amounts
from dashboard.charts.coverage_grid import OUT_OF_REACH, CoverageGrid, describe_coverage, lay_coverage
from dashboard.finding_list import begin_sentence
from dashboard.parts import say, show_table
from dashboard.state import BIND
from dashboard.view import Loaded
from dashboard.words import count, plain
from metrics.coverage import Covered
from metrics.coverage.page_words import count_below, name_below, say_combination, table_combinations
from metrics.estimate import MIN_CLUSTERS
from metrics.formatting import format_difference
from metrics.registry import Metric
from metrics.writing import name_file, write_csv_tables

__all__ = ["draw_combinations", "draw_grid"]

_ALONE = "(none)"
_MOST_ROWS = 1000
_ORDERS = {
    "fewest": "Fewest first",
    "general": "Most general first",
    "wide": "Widest interval first",
    "blind": "Largest unseen gap first",
}
_BY = {"fewest": ("below", True), "wide": ("half_width", False), "blind": ("detectable_gap", False)}


def draw_grid(loaded: Loaded, covered: Covered, metric: Metric) -> None:
    """Draw the map of two attributes with its switches, and the combination that is looked into."""
    by = [axis.name for axis in covered.grid.axes]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        down = st.selectbox("Down", by, key="coverage_down", bind=BIND)
        down = down if down in by else by[0]
        rest = [name for name in by if name != down] if covered.asked.depth > 1 else []
        across: str | None = None
        if rest:
            chosen = st.selectbox("Across", [*rest, _ALONE], key="coverage_across", bind=BIND)
            across = chosen if chosen in rest else None if chosen == _ALONE else rest[0]
        titles = _name_amounts(metric)
        shown = st.selectbox(
            "In the cells",
            list(titles),
            key="coverage_shown",
            bind=BIND,
            format_func=lambda name: titles.get(name, str(name)),
        )
        shown = shown if shown in titles else next(iter(titles))
    # Being without one of several labels is no group to be covered.
    levels = {a.name: [level for level in a.levels if not a.family or level != "no"] for a in covered.grid.axes}
    counted = covered.combinations.assign(below=covered.combinations[count_below(metric)])
    grid = lay_coverage(counted, metric, shown, down, across, levels)
    key = "coverage_grid"
    show_amounts(
        grid.amounts,
        key,
        _explain(covered, metric, shown),
        alt=describe_coverage(grid),
        on_select=partial(_pick, f"{key}_figure", grid),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = controls.choose_cell(loaded, list(dict.fromkeys(grid.keys.values())))
        if cell.levels:
            controls.link("rows", "Rows behind it", icon=":material/list:", cell=cell)
    if cell.levels:
        mine = covered.combinations
        for row in mine[[s == cell for s in mine["slice"]]].to_dict("records"):
            say(say_combination(row, metric, covered.asked, covered.weighted))


def _name_amounts(metric: Metric) -> dict[str, str]:
    """Return what can stand in the cells, first what has to be enough of."""
    what = name_below(metric)
    counts = {"below": begin_sentence(what), "units": "Rows"} if what != "rows" else {"units": "Rows"}
    return counts | {
        "half_width": "± of the value",
        "difference_half_width": "± of the difference from everyone else",
        "detectable_gap": "Smallest gap that would be seen",
    }


def _explain(covered: Covered, metric: Metric, shown: str) -> str:
    gap = format_difference(metric, covered.asked.target_gap, signed=False)
    below = plain(name_below(metric)) + (" by weight" if covered.weighted and metric.per else "")
    what = {
        "units": "Each cell is the number of rows; the colour follows its square root.",
        "below": f"Each cell is the number of {below}; the colour follows its square root.",
        "half_width": "Each cell is how far the interval of the value reaches to either side, on average.",
        "difference_half_width": "Each cell is how far the interval of the difference from everyone else reaches.",
        "detectable_gap": f"Each cell is the smallest difference from everyone else, for the worse, that would be seen "
        f"{covered.asked.power:.0%} of the time; of too few, were they tested.",
    }[shown]
    few = f"fewer than {covered.asked.min_units:,}"
    few += f" or than {MIN_CLUSTERS} clusters" if covered.combinations["clusters"].notna().any() else ""
    return (
        f"{what} Grey and hatched: {few}. {OUT_OF_REACH}: a pass is out of reach whatever the model does, because the "
        f"interval of the difference is wider than {gap} to either side, or there are too few, here or elsewhere, for "
        "a verdict. A dash: none in these data, or nothing to measure."
        + (" Empty: impossible by a rule." if covered.asked.rules else "")
    )


def _pick(figure: str, grid: CoverageGrid) -> None:
    """Look into the combination that was clicked."""
    points = (state.recall(figure) or {}).get("selection", {}).get("points", [])
    found = points and grid.keys.get(tuple(points[0].get("customdata", ())))
    if found:
        state.pick(cell=found)


def draw_combinations(covered: Covered, metric: Metric) -> None:
    """Draw the table of every combination, sorted and cut as asked for, with its CSV."""
    rows = covered.combinations
    title = f"All {count(len(rows), 'combination')} as a table"
    with st.expander(title, key="coverage_all", on_change="rerun", icon=":material/table_rows:") as every:
        if not every.open:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            orders = sorted(covered.t_way["order"].astype(int)) if len(covered.t_way) else [1]
            several: Mapping[str, str] = {"any": "any number"} | {str(n): str(n) for n in orders}
            wanted = st.selectbox(
                "Levels in it",
                list(several),
                key="coverage_order",
                bind=BIND,
                format_func=lambda name: several.get(name, str(name)),
                width=160,
            )
            order = st.selectbox(
                "Order",
                list(_ORDERS),
                key="coverage_sort",
                bind=BIND,
                format_func=lambda name: _ORDERS.get(name, str(name)),
                width=240,
            )
            data = state.dataset()
            st.download_button(
                "Download all as CSV",
                data=partial(_write, covered, state.rows_told() or None),
                file_name=f"{name_file(data.title if data else '', 'coverage', metric.name)}.csv",
                mime="text/csv",
                key="coverage_download",
                on_click="ignore",
                icon=":material/download:",
                help="Numbers as they are. Texts that a spreadsheet would run as a formula get an apostrophe before "
                "them.",
            )
        if wanted in several and wanted != "any":
            rows = rows[[len(s.levels) == int(wanted) for s in rows["slice"]]]
        if order in _BY:
            column, ascending = _BY[order]
            column = count_below(metric) if column == "below" else column
            rows = rows.sort_values(column, ascending=ascending, kind="stable", na_position="first")
        shown = table_combinations(rows.head(_MOST_ROWS), metric, covered.weighted)
        show_table(shown, key="coverage_table", alt="Every combination: how many, and what could be seen")
        if len(rows) > _MOST_ROWS:
            st.caption(f"The first {_MOST_ROWS:,} of {len(rows):,} in this order; the CSV has all.")


def _write(covered: Covered, where: str | None) -> bytes:
    """Return the CSV with the mark by which spreadsheets know that it is UTF-8."""
    return write_csv_tables({"combinations": covered.combinations}, where).encode("utf-8-sig")
