"""Two parts of the Coverage page: the most general combinations that lack units, and what to collect next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import controls, loading, state
from dashboard.parts import draw_card, say, show_table
from dashboard.view import Loaded, View
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import count, plain
from metrics.answers import name_slice
from metrics.coverage import Covered, plan_collection, write_plan_csv
from metrics.coverage.plan import tabulate_plan_columns
from metrics.coverage.words import name_counted, say_collect, say_contradicted
from metrics.formatting import format_count, format_percent
from metrics.slices import Slice
from metrics.writing import name_file

__all__ = ["draw_plan", "draw_t_way", "draw_uncovered"]

_MOST_CHIPS, _CHIP = 10, 60
_MOST_ROWS = 1000


def draw_t_way(covered: Covered) -> None:
    """Draw a card an order: the share of the possible combinations of so many levels that have enough."""
    with st.grid(max(1, len(covered.t_way)), min_column_width=200):
        for row in covered.t_way.to_dict("records"):
            order = int(row["order"])
            label = "Single levels" if order == 1 else "Pairs" if order == 2 else f"Combinations of {order}"
            told = f"{format_count(row['covered'])} of {format_count(row['possible'])} have enough"
            draw_card(
                label, format_percent(_number(row["share"])), told, f"{format_count(row['occurring'])} occur at all"
            )


def draw_uncovered(loaded: Loaded, covered: Covered) -> None:
    """Draw the most general combinations that lack units: conditions, how many there are, how many it takes."""
    rows = covered.uncovered
    say(_say_lacking(len(rows)))
    with st.container(gap="xsmall"):
        for number, row in enumerate(rows.head(_MOST_CHIPS).to_dict("records"), start=1):
            _draw_pattern(row, covered, number)
    for sentence in say_contradicted(covered):
        st.warning(plain(sentence, 600), icon=":material/warning:")
    if len(rows) > _MOST_CHIPS:
        title = f"All {count(len(rows), 'combination')} that lack some"
        with st.expander(title, key="coverage_uncovered_all", on_change="rerun") as every:
            if every.open:
                show_table(_table_uncovered(covered), key="coverage_uncovered_table", alt="What is not covered")
                if len(rows) > _MOST_ROWS:
                    st.caption(f"The first {_MOST_ROWS:,}.")


def _say_lacking(number: int) -> str:
    if not number:
        return "No combination lacks any."
    if number == 1:
        return "This combination says it all: whatever else lacks some is a part of it."
    return (
        f"These {number:,} combinations, the most general ones, say it all: whatever else lacks some is a part of one "
        "of them."
    )


def _draw_pattern(row: Mapping[Any, Any], covered: Covered, number: int) -> None:
    cell: Slice = row["slice"]
    units, least = int(row["units"]), covered.asked.min_units
    counted = name_counted(covered).removesuffix(" that the metric counts")  # it is said above
    with st.container(horizontal=True, vertical_alignment="center", key=f"coverage_uncovered_{number}"):
        chips = " ".join(f":gray-badge[{plain(name_slice(Slice((pair,))), _CHIP)}]" for pair in cell.items())
        there = f"{format_count(units) if units else 'none'} of {format_count(least)} {counted}"
        st.markdown(f"{number}\\. {chips or 'everyone'} {there}, {format_count(least - units)} more needed")
        if units:
            key = f"coverage_uncovered_{number}_rows"
            controls.link("rows", "Rows behind it", icon=":material/list:", key=key, cell=cell)


def _table_uncovered(covered: Covered) -> pd.DataFrame:
    rows = covered.uncovered.head(_MOST_ROWS)
    units = rows["units"].astype(int)
    return pd.DataFrame(
        {
            "combination": [name_slice(s) for s in rows["slice"]],
            "levels": [len(s.levels) for s in rows["slice"]],
            name_counted(covered): units.to_numpy(),
            "more needed": (covered.asked.min_units - units).to_numpy(),
        }
    )


def draw_plan(loaded: Loaded, view: View, covered: Covered) -> None:
    """Draw what to collect next: how many more of which combinations, and the plan as CSV. It is waited for alone."""
    work = partial(plan_collection, loaded.of(view)[0], covered)
    found = loading.work_out(loaded, ("plan", covered.asked, view.system), work)
    if isinstance(found, Waiting):
        draw_waiting(found, "This was stopped; nothing is lost.", "Work out the plan", key="coverage_planning")
        return
    covered = found
    say(say_collect(covered))
    plan = covered.collect
    if not len(plan):
        return
    table = tabulate_plan_columns(covered)
    # A wide table is cut off at the right, so how many stands first here.
    shown = table[[table.columns[-1], *table.columns[:-1]]].head(_MOST_ROWS)
    show_table(shown, key="coverage_plan_table", alt="What to collect next, a row a combination")
    if len(plan) > _MOST_ROWS:
        st.caption(f"The first {_MOST_ROWS:,} of {len(plan):,}; the CSV has all.")
    data = state.dataset()
    st.download_button(
        "Download the sampling plan",
        data=partial(_write_plan, covered),
        file_name=f"{name_file(data.title if data else '', 'sampling plan')}.csv",
        mime="text/csv",
        key="coverage_plan",
        on_click="ignore",
        icon=":material/download:",
    )


def _write_plan(covered: Covered) -> bytes:
    """Return the CSV with the mark by which spreadsheets know that it is UTF-8."""
    return write_plan_csv(covered).encode("utf-8-sig")


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
