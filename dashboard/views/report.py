"""The Report page: one file to hand on, as it will look; and a report that was made earlier, held against the data."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, loading, report_controls

st.title("What will you hand on?")
opened = report_controls.open_report()
if opened is not None:
    report_controls.show_opened(opened, loading.current())
    st.stop()

loaded = controls.need_data("a report: one file that anyone can open, print, and hold against the data")
st.markdown(
    "Everything you choose here goes into one file that opens anywhere without this dashboard, prints, and holds its "
    "numbers so that anyone who has the data can compute them again."
)
made = report_controls.make_report(loaded)
names = report_controls.choose_sections(made.sections)
document = report_controls.write_words(made.document, made.sections)
if not names:
    st.info("Nothing is chosen; switch a section on.", icon=":material/info:")
    st.stop()

html = report_controls.draw(loaded, document, names)
report_controls.download(loaded, document, names, html)
report_controls.preview(html, "The report as it prints")
controls.link("card", "Write a service card of these data", icon=":material/badge:")
