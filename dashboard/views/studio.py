"""The Threshold studio page: what it would cost in errors to treat groups alike by thresholds of their own."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import controls, page_controls, state
from dashboard.charts.studio import describe_study, draw_study, table_study
from dashboard.parts import say, say_limits, show_figure, show_table
from dashboard.studio_controls import choose_goal, choose_seed, count_missing, fit_study
from dashboard.studio_panels import choose_model, draw_thresholds
from metrics.answers import list_limits
from metrics.studio import GOALS, UNLAWFUL
from metrics.studio.words import say_cost, say_gaps, say_halves, say_lots, say_one_answer, say_who_keeps

st.title("What would equal treatment cost?")
loaded = controls.need_data("thresholds that bring the groups together, and what they cost in errors")
answer = st.container()
view = state.current_view(loaded)
cube, scored = loaded.of(view)[0], loaded.scored_of(view)
if scored.score is None:
    st.info("This model has no scores, only predictions: there is no threshold to move. Choose another model.")
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    (by,) = page_controls.choose_grouping(loaded, view, "studio_by")
    goal = choose_goal(loaded)
    seed = choose_seed()
st.caption(GOALS[goal.name].meaning)
unit = 100.0 if loaded.results.schema.score_scale == "percent" else 1.0
study = fit_study(loaded, view, by, goal, seed)
with answer:
    say(say_cost(study), say_gaps(study))
    say(*filter(None, (say_one_answer(study), say_lots(study), say_who_keeps(study, count_missing(cube, by), unit))))
    if goal.kind.by_group:
        st.warning(UNLAWFUL, icon=":material/gavel:", title="Thresholds by group can be unlawful")

picture, thresholds = st.container(), st.container()
trained = choose_model(loaded, view, study)
rates = {m.name: m for m in study.rates}
table = study.table if trained is None else pd.concat([study.table, trained.table], ignore_index=True)
with picture:
    told = table_study(table, study.objective, rates)
    show_figure(
        draw_study(table, study.objective, study.rates[0], theme=state.theme().name),
        key="studio_figure",
        alt=describe_study(table, study.objective, study.rates[0]),
        table=told,
    )
    st.caption(say_halves(study))
    with st.expander("The same as a table"):
        show_table(told, key="studio_table", alt="What every rule costs and how far apart it leaves the groups")
with thresholds:
    draw_thresholds(study, unit)

now = study.groups[study.groups["rule"] == "chosen"]
say_limits(list_limits(study.halves[1].today, now, study.rates[0], view.min_units))
