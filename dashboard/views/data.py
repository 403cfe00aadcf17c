"""The Data page: what is in the file, what its columns are for, and what to know before measuring."""

from __future__ import annotations

import streamlit as st

from dashboard import column_controls, controls, data_controls, file_controls, loading, state, upload_log
from dashboard.finding_list import show_findings
from dashboard.text_controls import preview_texts
from dashboard.view import Loaded
from dashboard.waiting import Waiting
from dashboard.words import count, plain
from metrics.errors import ResultsError

st.title("What is in your file?")

now, data = loading.current(), state.dataset()

file_controls.drop_files(open_already=data is None or data.kind == "sample")
if data is None and isinstance(now, ResultsError):
    show_findings(now.findings, key="data_stops")
    st.stop()
if data is None:
    st.info("There is no data under this address: it was deleted, its time is over, or the address is not whole.")
    st.stop()

st.header(plain(data.title, 80))
if isinstance(now, Waiting):
    controls.wait_for_data(now)
    file_controls.say_who_sees_it(data)
    st.stop()
if isinstance(now, Loaded):
    receipt, *joined = now.results.receipts
    st.markdown(
        f"{count(receipt.rows_read, 'row')}, {len(now.results):,} of them used, "
        f"{count(len(now.systems), 'model')}, {count(len(now.axes), 'attribute')}. "
        + (f"Joined by id: {', '.join(plain(r.name, 60) for r in joined)}. " if joined else "")
        + "When the columns below are right, go on."
    )
    file_controls.measure()
elif isinstance(now, ResultsError):
    st.error(
        "This cannot be measured yet; nothing is lost. What is in the way, and what to do:", icon=":material/block:"
    )
    show_findings([f for f in now.findings if f.severity == "stop"], key="data_stops")
file_controls.say_who_sees_it(data)
upload_log.draw_log(data)
file_controls.show_complaint()

findings = now.results.findings if isinstance(now, Loaded) else tuple(now.findings) if now else ()
controls.need_rows(data)
try:
    shown, tables = loading.look(data, data.schema.file), loading.tables(data, data.schema.file)
except ResultsError:
    file_controls.choose_main(data, [])
    data_controls.set_file_options(data, None)
    st.stop()
declared, complete = data.schema, now.results.schema if isinstance(now, Loaded) else data.schema

file_controls.choose_main(data, tables)
data_controls.ask_questions(data, complete, findings)

st.subheader("The first rows")
column_controls.show_preview(shown, complete, findings)

st.subheader("Columns")
levels = now.levels if isinstance(now, Loaded) else {}
column_controls.correct_columns(data, shown, complete, findings, levels)

st.subheader("What counts as what")
data_controls.define(data, shown, complete)
if isinstance(now, Loaded):
    preview_texts(now)
data_controls.set_file_options(data, shown)

st.subheader("Found on reading")
data_controls.show_all_findings(data, findings)
