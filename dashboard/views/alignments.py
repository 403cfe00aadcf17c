"""The Alignments page: utterances word by word, the worst first, and which words go wrong in a slice."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from dashboard import alignment_controls, alignment_work, controls, page_controls, state
from dashboard.alignment_list import (
    MOST_TO_DOWNLOAD,
    Heard,
    draw_utterances,
    name_utterances,
    show_alignments,
    write_alignments,
)
from dashboard.audio import folder_allowed
from dashboard.confusion_tables import draw_frequent, draw_overrepresented
from dashboard.parts import say
from metrics.alignment_sentences import say_errors, say_influence
from metrics.confusions import find_influence
from metrics.rows import find_rows
from metrics.utterances import find_utterances, unit_of

st.title("What did it hear instead?")
loaded = controls.need_data("utterances word by word, what was said above what was heard", example="call_centre")
answer = st.container()
if folder_allowed() is not None:
    controls.need_rows(loaded.dataset)
cell = page_controls.choose_levels(loaded, state.current_view(loaded), "alignments")
view = state.current_view(loaded)
scored = loaded.scored_of(view)
with st.container(horizontal=True, vertical_alignment="bottom"):
    error = alignment_controls.choose_error()
    phrase = alignment_controls.type_phrase()
    other = alignment_controls.choose_other(loaded, view)

heard = [Heard.of(loaded, scored)]
if other is not None:
    heard.append(Heard.of(loaded, scored, next(s for s in loaded.scored if s.system == other)))
unit, counts = unit_of(scored), heard[0].counts
inside = np.zeros(len(scored), dtype=bool)
inside[find_rows(scored, cell)] = True
with answer:
    say(say_errors(counts, inside, cell, unit))

places = find_utterances(counts, inside, error)
if phrase:
    places = alignment_work.find_phrase(loaded, scored, places, phrase)
listed, beside = st.columns([3, 2], gap="medium")
with listed:
    st.subheader("Utterances, the worst first", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        size = alignment_controls.choose_size()
        written = alignment_controls.choose_written()
    if len(places):
        page = alignment_controls.turn_pages(len(places), size, (view.system, str(cell), error, phrase, size))
        here = places[(page - 1) * size : page * size].tolist()
        st.caption(f"{(page - 1) * size + 1:,} to {(page - 1) * size + len(here):,} of {len(places):,}")
        draw_utterances(heard, here, name_utterances(heard[0], here), written=written)
        with st.expander("The same as a table"):
            show_alignments(heard, here)
        st.download_button(
            "Download all alignments as CSV",
            data=partial(write_alignments, heard, places[:MOST_TO_DOWNLOAD].tolist()),
            file_name="alignments.csv",
            mime="text/csv",
            on_click="ignore",
            key="alignments_download",
            icon=":material/download:",
            help="Texts that a spreadsheet would run as a formula get an apostrophe before them.",
        )
        if len(places) > MOST_TO_DOWNLOAD:
            st.caption(f"The first {MOST_TO_DOWNLOAD:,} of them.")
    else:
        st.info(
            "No utterance is like that. Choose another error or word, or fewer levels.", icon=":material/search_off:"
        )

weights = alignment_work.weigh(scored)
influence = find_influence(counts["edits"], counts["words"], np.flatnonzero(inside), weights)
if influence is not None:
    st.subheader("The utterance that counts most", anchor=False)
    name = name_utterances(heard[0], [influence.place])
    say(say_influence(influence, name[0], cell, f"{unit.removesuffix('s')} error rate"))
    with st.expander("See it"):
        draw_utterances(heard, [influence.place], name, written=written)

with beside:
    table = alignment_work.compare(loaded, view, inside)
    if table is not None:
        draw_frequent(table)
if table is not None:
    draw_overrepresented(table, unit)

st.subheader("What alignments cannot tell", anchor=False)
st.markdown(
    "- How many words are wrong is certain; which word became which is one short way to tell it, of several.\n"
    "- A confusion may be frequent here because its word is said more often here, not because it is heard worse.\n"
    "- What is compared is what is shown: texts after the normaliser that the Data page names.\n"
    "- Utterances are about people. Keep what you download as safe as the file it came from."
)
