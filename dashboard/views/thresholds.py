"""The Thresholds page: what a threshold on the score would do to each group."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, page_controls, state
from dashboard.charts.marks import mark_place
from dashboard.charts.thresholds import (
    describe_calibration,
    describe_rates,
    describe_roc,
    draw_calibration,
    draw_rates,
    draw_roc,
    table_calibration,
    table_curves,
    table_roc,
)
from dashboard.parts import say, say_limits, show_figure, show_table
from dashboard.threshold_table import curves_of, grid_of, name_gap, name_least, table_at
from metrics.answers import list_limits
from metrics.estimate import estimate
from metrics.thresholds import calibrate, find_least_gap, roc_curves

st.title("What would another threshold do?")
loaded = controls.need_data("the rates of every group at any threshold on the score, ROC curves and calibration")
answer = st.container()
view = state.current_view(loaded)
cube, scored = loaded.of(view)[0], loaded.scored_of(view)
if scored.score is None:
    st.info("This model has no scores, only predictions: there is no threshold to move. Choose another model.")
    st.stop()

unit = 100.0 if loaded.results.schema.score_scale == "percent" else 1.0
threshold = page_controls.choose_threshold(scored, unit)
rates = page_controls.threshold_metrics(loaded, view)
with st.container(horizontal=True, vertical_alignment="bottom"):
    names = page_controls.choose_grouping(loaded, view)
    metric = rates[page_controls.choose_rate(rates)]

grid = grid_of(cube, scored.score)
curves, everyone = (curves_of(cube, n, grid, view.min_units) for n in (names, ()))
here, all_here = (curves_of(cube, n, (threshold / unit,), view.min_units) for n in (names, ()))
least = find_least_gap(curves, everyone, metric.name)
theme = state.theme().name
with answer:
    say(name_gap(here, all_here, metric, " and ".join(names), f"{threshold:g}"), name_least(least, unit))

shown = page_controls.largest_slices(curves, page_controls.MOST_PANELS)
drawn = page_controls.only_slices(curves.assign(threshold=curves["threshold"] * unit), shown)
figure = draw_rates(drawn, metric, threshold, theme=theme)
if least is not None:
    mark_place(figure, least.threshold * unit, "least gap", theme=theme)
show_figure(
    figure,
    key="thresholds_figure",
    alt=describe_rates(drawn, metric, threshold),
    table=table_curves(drawn, metric),
)
if len(shown) < curves["slice"].nunique():
    st.caption(f"The {len(shown)} largest groups are drawn; all are in the table.")
st.caption(f"Score at or above {threshold:g} counts as positive here, whatever the file predicts.")
show_table(
    table_at(loaded, view, names, threshold), key="thresholds_table", alt=f"Rates of every group at {threshold:g}"
)

if "roc_auc" in cube.metrics:
    st.subheader("ROC by group", anchor=False)
    roc = roc_curves(drawn)
    behind = roc_curves(everyone.assign(threshold=everyone["threshold"] * unit))
    roc = page_controls.stack([behind, roc])
    show_figure(
        draw_roc(roc, threshold, theme=theme),
        key="thresholds_roc",
        alt=describe_roc(roc, threshold),
        table=table_roc(roc),
    )
if "brier_score" in cube.metrics:
    st.subheader("Calibration by group", anchor=False)
    bins = calibrate(cube, names, confidence=view.confidence, min_units=view.min_units)
    bins = page_controls.only_slices(bins, shown)
    table = table_calibration(bins)
    show_figure(draw_calibration(bins, theme=theme), key="thresholds_bins", alt=describe_calibration(bins), table=table)
    with st.expander("The same as a table"):
        show_table(table, key="thresholds_bins_table", alt="Calibration of every group")

now = estimate(cube, [names], [metric.name], confidence=view.confidence, min_units=view.min_units)
say_limits(list_limits(cube, now, metric, view.min_units))
