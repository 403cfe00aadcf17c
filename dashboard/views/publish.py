"""The Publish page: what a reader will see, shown before; then a link. And what was published, to be withdrawn."""

from __future__ import annotations

import streamlit as st

from dashboard import (
    controls,
    example_controls,
    example_panels,
    owned_reports,
    people,
    publications,
    publish_controls,
    publish_panels,
)
from metrics.utterances import has_transcripts

st.title("What will you share?")
owned_reports.draw_chosen()
publications.draw()
owned_reports.offer_own_link()
loaded = controls.need_data("what a reader of your link would see of these data, and what stays with you")
owned_reports.draw_list()
if not loaded.axes:
    st.info(
        "No column of the file says which group a row belongs to, so there is nothing that a reader could compare. "
        "Name one on the Data page.",
        icon=":material/group_off:",
    )
    controls.link("data", "Name the columns of the groups", icon=":material/build:")
    st.stop()
if not people.may_upload():
    people.need_person("publish a report")

st.markdown(
    "Whoever has the link can change the metric, the groups, the baseline and the confidence. They see counts and "
    "rates of groups, and never a row"
    + (", unless you tick that some transcripts go along." if has_transcripts(loaded.results) else ".")
)
terms = example_controls.choose_examples(loaded, publish_controls.choose_terms(loaded))
access = publish_controls.choose_access()
preview = publish_panels.work_out(loaded, terms)
publish_panels.show_preview(loaded, terms, preview)
may_publish = example_panels.show_before(preview.shared)
publish_panels.offer(loaded, terms, access, preview, may_publish)
