"""The Metrics page where there are no data: what each metric says, how it is computed, and when it misleads."""

from __future__ import annotations

import streamlit as st

from dashboard import published_controls
from dashboard.guide_tables import all_metrics, list_facts, table_metrics
from dashboard.parts import show_table
from dashboard.words import plain
from metrics.formulas import write_formula
from metrics.symbols import write_symbols

st.title("What does each metric say?")
metrics = all_metrics()
metric = published_controls.choose_explained(metrics)
st.header(plain(metric.title, 80), anchor=False)
st.markdown(plain(metric.meaning, 400))
symbols = write_symbols(metric.formula)
if symbols:
    st.latex(symbols)
st.markdown(f"In words: {plain(write_formula(metric.formula), 400)}.")
st.markdown("\n".join(f"- **{name}:** {plain(text, 800)}" for name, text in list_facts(metric, metrics)))
st.subheader("All metrics", anchor=False)
show_table(table_metrics(metrics), key="words_metrics", alt="Every metric, what it says and its other names")
