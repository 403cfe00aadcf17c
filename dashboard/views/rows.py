"""The Rows page: the rows behind any cell, by outcome."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import controls, page_controls, state
from dashboard.parts import say
from dashboard.row_table import PAGE, show_rows, write_all
from dashboard.words import count
from metrics.answers import name_slice
from metrics.rows import find_rows, list_outcomes

MOST_TO_DOWNLOAD = 1_000_000

st.title("Which rows are behind a number?")
loaded = controls.need_data("the rows of any group, by how the model did on them")
answer = st.container()
controls.need_rows(loaded.dataset)
cell = page_controls.choose_levels(loaded, state.current_view(loaded))
view = state.current_view(loaded)
scored, metric = loaded.scored_of(view), loaded.metrics[view.metric]

outcome = page_controls.choose_outcome(list_outcomes(scored, metric), metric)
places = find_rows(scored, cell, outcome, metric)
whole = find_rows(scored, cell)

outcomes = list_outcomes(scored, metric)
which = "" if outcome == "all" else f" of {len(whole):,}: {outcomes[outcome].lower()}"
with answer:
    say(f"{name_slice(cell) if cell.levels else 'Everyone'}: {count(len(places), 'row')}{which}.")
if scored.multiplicity is not None:
    st.caption(f"Each row stands for several units: {int(scored.multiplicity[places].sum()):,} in all.")

if len(places):
    page = page_controls.choose_page(len(places), PAGE)
    show_rows(loaded, view, places, page)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download as CSV",
            data=partial(write_all, loaded, view, places[:MOST_TO_DOWNLOAD]),
            file_name="rows.csv",
            mime="text/csv",
            on_click="ignore",
            key="rows_download",
            icon=":material/download:",
            help="Texts that a spreadsheet would run as a formula get an apostrophe before them.",
        )
        if len(places) > MOST_TO_DOWNLOAD:
            st.caption(f"The first {MOST_TO_DOWNLOAD:,} of them.")
else:
    st.info("No row is like that. Choose another outcome, or fewer levels.", icon=":material/search_off:")

st.subheader("What these rows cannot tell", anchor=False)
st.markdown(
    "- Single rows explain no gap: they show what kinds of cases it is made of.\n"
    "- Rows are about people. Keep what you download as safe as the file it came from."
)
