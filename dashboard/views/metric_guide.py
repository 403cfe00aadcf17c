"""The Metrics page: what each metric says, and what it cannot tell."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import controls, state
from dashboard.charts.confusion import describe_counts, draw_counts, table_counts
from dashboard.guide_tables import count_outcomes, list_facts, table_criteria, table_metrics
from dashboard.parts import say, show_figure, show_table
from dashboard.words import plain
from metrics.criteria import criteria
from metrics.estimate import estimate
from metrics.formulas import write_formula
from metrics.sentences import say_slice
from metrics.symbols import count_roles, write_symbols

st.title("What does each metric say?")
loaded = controls.need_data("what every metric says, how it is computed, and when it misleads")
view = state.current_view(loaded)
cubes, metric = loaded.of(view), loaded.metrics[view.metric]
everyone = estimate(cubes, [], [view.metric], confidence=view.confidence, min_units=view.min_units)

st.header(plain(metric.title, 80), anchor=False)
say(metric.meaning, say_slice({str(name): cell for name, cell in everyone.iloc[0].items()}, None, metric))
symbols, roles = write_symbols(metric.formula), count_roles(metric)
if symbols:
    st.latex(symbols)
st.markdown(f"In words: {plain(write_formula(metric.formula), 400)}.")
if roles:
    counts = count_outcomes(cubes[0], metric)
    show_figure(
        draw_counts(roles, counts, theme=state.theme().name),
        key="guide_counts",
        alt=describe_counts(roles, counts),
        table=table_counts(roles, counts),
    )

facts = list_facts(metric, cubes[0].metrics)
st.markdown("\n".join(f"- **{name}:** {plain(text, 800)}" for name, text in facts))
st.caption("Choose another metric in the sidebar.")

st.subheader("All metrics that these data allow", anchor=False)
show_table(table_metrics(loaded.metrics), key="guide_metrics", alt="Every metric, what it says and its other names")

(found,) = controls.ask(loaded, partial(criteria, cubes, strata=loaded.results.schema.strata, min_units=view.min_units))
if len(found):
    st.subheader("Fairness criteria in these data", anchor=False)
    st.caption("They conflict with one another, so they stand side by side and make up no score.")
    show_table(table_criteria(found), key="guide_criteria", alt="Every fairness criterion that these data allow")
