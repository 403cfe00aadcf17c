"""The Disparities page: all disparities at once as a heat map, and any cell of it in full."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboard import controls, page_controls, state
from dashboard.cell_panel import draw_cell
from dashboard.charts.heatmap import (
    describe_heatmap,
    draw_heatmap,
    lay_attributes,
    lay_metrics,
    lay_systems,
    table_heatmap,
)
from dashboard.parts import say, say_limits, show_figure, show_table
from metrics.answers import list_limits
from metrics.compare import compare
from metrics.estimate import estimate
from metrics.families import leave_out_rest
from metrics.sentences import say_gaps
from metrics.spread import spread

MAPS = {"metrics": "Groups by metrics", "attributes": "Attribute by attribute", "systems": "Groups by models"}

st.title("Where do groups fare differently?")
loaded = controls.need_data("every group's distance from the others in every metric, as a heat map")
answer = st.container()
kind = page_controls.choose_map(loaded, MAPS)
view = controls.choose(loaded, by=kind != "attributes", baseline=True, compare=True)
cubes, metric = loaded.of(view), page_controls.metric_of(loaded, view)

if kind == "metrics":
    columns = page_controls.choose_columns(loaded, view)
    groupings = view.groupings
elif kind == "systems":
    columns, groupings = {view.metric: metric}, view.groupings
else:
    down, across = page_controls.choose_two(loaded)
    columns, groupings = {view.metric: metric}, [(down, across), (down,), (across,)]
asked = (loaded.cubes if kind == "systems" else cubes, groupings, list(columns))
options: dict[str, Any] = {"confidence": view.confidence, "min_units": view.min_units}
estimates, disparities, gaps = controls.ask(
    loaded,
    partial(estimate, *asked, **options),
    partial(compare, *asked, kinds=(view.compare,), baseline=view.baseline, **options),
    partial(spread, cubes, groupings, [view.metric], **options),
)
estimates, disparities = (leave_out_rest(frame, loaded.axes) for frame in (estimates, disparities))
if kind == "metrics":
    grid = lay_metrics(disparities, columns, estimates=estimates)
elif kind == "systems":
    grid = lay_systems(disparities, metric, [str(name) for name in loaded.systems], estimates=estimates)
    estimates = estimates[estimates["system"] == view.system]
else:
    grid = lay_attributes(disparities, metric, down, across, estimates=estimates)
grid, left = page_controls.cut_grid(grid)

column = "system" if kind == "systems" else "metric"
table = table_heatmap(grid)
chosen = page_controls.place_of(grid, view.cell, str(getattr(view, column)))
show_figure(
    draw_heatmap(grid, chosen=chosen, theme=state.theme().name),
    key="disparities_figure",
    alt=describe_heatmap(grid),
    table=table,
    on_select=partial(page_controls.pick_point, "disparities_figure", grid, column),
)
st.caption(
    "Each cell is the group against its baseline. A dot: the interval does not reach parity. Grey: too few rows."
)
if left:
    st.caption(f"{left:,} more groups are in the table on the Slices page.")
with st.expander("The same as a table"):
    show_table(table, key="disparities_table", alt="The numbers of the heat map")

page_controls.choose_cell_by_keyboard(loaded, grid, view)
view = state.current_view(loaded)
draw_cell(loaded, view)
say_limits(list_limits(cubes[0], estimates, metric, view.min_units))
with answer:
    say(f"{metric.title}.", say_gaps(gaps, metric))
