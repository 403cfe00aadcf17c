"""The Published page: what somebody shared, to be asked by whoever has its link. It knows no data but these."""

from __future__ import annotations

import streamlit as st

from dashboard import example_panels, opening, published_controls, published_panels
from dashboard.published_reports import open_report
from dashboard.words import plain

body, below = st.container(), st.container()
with below:
    opening.offer_opening()
with body:
    opened = open_report()
    if opened is not None:  # to stop here would keep what was chosen on other pages in the address
        st.title(plain(opened.shared.terms.title, 200) or "What was published?")
        published_panels.say_origin(opened)
        answer = st.container()
        chosen = published_controls.choose(opened)
        published_panels.draw(opened, chosen, answer)
        example_panels.draw_of_group(opened, chosen)
        published_panels.say_hidden(opened)
        published_panels.say_measured(opened)
