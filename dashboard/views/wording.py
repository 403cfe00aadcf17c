"""The Wording page: whether gaps come from how texts are made alike, and how the references themselves differ."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, page_controls, state
from dashboard.charts.pairs import describe_pairs, draw_pairs
from dashboard.normalizers import ask_wording, count_all, table_order, table_references
from dashboard.parts import say, show_figure, show_table
from dashboard.text_controls import choose_normalizers
from dashboard.words import count
from metrics.sensitivity import MEASURES, MOST_SLICES
from metrics.wording import say_references

MOST_DRAWN = 12

st.title("Does the gap depend on how words are compared?")
loaded = controls.need_data(
    "every gap under other ways to make texts alike, counted by words and by characters", example="call_centre"
)
answer = st.container()
normalizers = choose_normalizers(loaded)
view = controls.choose(loaded, by=True)
measures = {name: metric for name, metric in loaded.metrics.items() if name in MEASURES}
counted = count_all(loaded, normalizers)
names = [name for name, _ in counted]
found = ask_wording(loaded, view, counted, [normalizers[name].digest for name in names], MOST_DRAWN)
with answer:
    say(*found.said)

st.subheader("Gaps between two groups", anchor=False)
metric = measures[page_controls.choose_one("Errors in", {n: m.per for n, m in measures.items()}, "wording_metric")]
show_figure(
    draw_pairs(found.drawn, metric, names, theme=state.theme().name),
    key="wording_figure",
    alt=describe_pairs(found.drawn, metric, names),
    table=found.pairs,
)
st.caption(
    "Each row is one group against another, in the order in which the first fares worse as measured. Orange: it does; "
    "blue: the other does. A dot: the interval leaves out 0. ⇄: the gap turns, by words or by characters, clearly "
    "(intervals on both sides of 0) or perhaps."
)
if page_controls.has_many(found.looks["slice"], MOST_SLICES):
    st.caption(f"Of attributes with more than {MOST_SLICES} groups the {MOST_SLICES} largest are compared.")
with st.expander(f"All {count(len(found.pairs) // len(measures), 'pair')} as a table"):
    show_table(found.pairs, key="wording_table", alt="The gap of every pair of groups")

if len(loaded.systems) > 1:
    st.subheader("Order of the models", anchor=False)
    show_table(table_order(found.order, measures, names), key="wording_order", alt="The place of every model")

st.subheader("How the references are written", anchor=False)
say(*say_references(found.looks, view.min_units))
show_table(table_references(found.looks), key="wording_references", alt="How the references of every group are written")
st.caption("As the file has them, before any normalizer. Where groups differ, so may their errors, whatever was said.")
