"""The Card page: a service card, its words written here and its numbers measured."""

from __future__ import annotations

import streamlit as st

from dashboard import card_controls, controls, report_controls

st.title("What should others know of this service?")
loaded = controls.need_data("a service card: your words on a model, beside what was measured of it")
view = controls.choose(loaded, by=True, baseline=True)
card_controls.show_placeholder(loaded, view)
card_controls.keep_file()
document = card_controls.measure(loaded, view)
left, right = st.columns([2, 3], gap="medium")
with left:
    st.subheader("Your words", anchor=False)
    words = card_controls.write_words(document)
with right:
    st.subheader("The card", anchor=False)
    drawn = card_controls.draw_card(loaded, document, words)
    card_controls.download(drawn)
    report_controls.preview(drawn.html, "The service card as it prints")
