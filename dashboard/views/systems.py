"""The Systems page: did another model help every group, on the same rows?"""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboard import controls, page_controls, state
from dashboard.charts.changes import describe_changes, draw_changes, table_changes
from dashboard.parts import say, say_limits, show_figure, show_table
from metrics.changes import compare_gaps, compare_systems
from metrics.families import leave_out_rest
from metrics.pairing import paired_metrics
from metrics.sentences import say_changes

CHANGES = {"groups": "The groups themselves", "gaps": "Their gaps to everyone else"}

st.title("Did the other model help every group?")
loaded = controls.need_data("what another model changed for every group, measured on the same rows")
answer = st.container()
kind = page_controls.choose_one("What changed", CHANGES, "systems_kind")
with st.container(horizontal=True, vertical_alignment="bottom"):
    first, second = page_controls.choose_systems(loaded)
view = controls.choose(loaded, by=True)
metric = page_controls.metric_of(loaded, view)

possible = paired_metrics(*(loaded.cubes.only(name)[0] for name in (first, second)))
if metric.name not in possible:
    st.info(
        "Two models are compared row by row in shares, rates and means of rows; choose another metric at the side.",
        icon=":material/info:",
    )
    st.stop()

compare = compare_systems if kind == "groups" else compare_gaps
options: dict[str, Any] = {"confidence": view.confidence, "min_units": view.min_units}
by_id = loaded.results.columns.get("id") if "system" in loaded.results.columns else None
(changes,) = controls.ask(
    loaded, partial(compare, loaded.cubes, first, second, view.groupings, [metric.name], ids=by_id, **options)
)
changes = leave_out_rest(changes, loaded.axes)
with answer:
    say(say_changes(changes, metric, first, second, gaps=kind == "gaps"))
table = table_changes(changes, metric, first, second)
show_figure(
    draw_changes(changes, metric, theme=state.theme().name),
    key="systems_figure",
    alt=describe_changes(changes, metric),
    table=table,
)
show_table(table, key="systems_table", alt="What changed for every group")
say_limits(
    [
        f"Only rows that both models answered count: {int(changes['units'].max()) if len(changes) else 0:,} of "
        f"{len(loaded.results):,}.",
        "A change that holds for everyone can hide that some groups fare worse; each is judged by itself here, and the "
        "adjusted p heeds how many groups were looked at.",
    ]
)
