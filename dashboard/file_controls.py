"""The widgets of the Data page that files come in by, and go by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import bounty_controls, controls, people, state, uploads
from dashboard.datasets import Dataset, upload_limits
from dashboard.main_file import guess_main
from dashboard.words import on_screen, plain
from metrics.errors import Finding, ResultsError
from metrics.reading.table import Table
from metrics.schema import Schema

__all__ = ["TYPES", "choose_main", "drop_files", "measure", "read_dropped", "say_who_sees_it", "show_complaint"]

TYPES = ["csv", "tsv", "txt", "gz", "json", "jsonl", "ndjson", "parquet", "xlsx", "xls", "ods", "zip", "toml"]
TYPES += ["trn", "stm", "ctm", "text"]  # transcripts
_TAKEN = "taken_files"


def drop_files(open_already: bool) -> None:
    """Draw the drop zone and the samples."""
    with st.expander("Use your own file, or an example", expanded=open_already, icon=":material/upload_file:"):
        if people.offer_upload("use a file of your own"):
            _draw_zone()
        st.caption("Or look at an example first; all are invented.")
        controls.offer_samples()
        bounty_controls.offer_sample()


def _draw_zone() -> None:
    st.file_uploader(
        "Drop a file of results: a row per person or case, what was true, what the model said",
        type=TYPES,
        accept_multiple_files=True,
        key=uploads.drop_key(),
        on_change=_take_files,
        max_upload_size=upload_limits().file_bytes // 2**20,
        help="CSV, Excel, JSON or Parquet. Several files are joined by id: one with the people, one a model. "
        "A schema file (.toml) says what the columns mean.",
    )


def _take_files() -> None:
    dropped = state.recall(uploads.drop_key()) or []
    told = [file.file_id for file in dropped]
    if told == state.recall(_TAKEN):  # see `state.is_changed`; the files themselves are too large to be remembered
        return
    state.remember(_TAKEN, told)
    try:
        schema, files = read_dropped(dropped)
        if files:
            uploads.upload(files, schema, upload_limits().file_bytes)
    except ResultsError as error:
        uploads.complain(str(error))


def read_dropped(dropped: Sequence[Any]) -> tuple[Schema, list[tuple[str, Any]]]:
    """Return the schema and the named files of what was dropped. Raises ResultsError where a schema is none."""
    schema, files = Schema(), []
    for file in dropped:
        if file.name.lower().endswith(".toml"):
            schema = Schema.loads(_read_text(file), where=f"schema file '{file.name}'")
        else:
            files.append((file.name, file))
    return schema, files


def _read_text(file: Any) -> str:
    try:
        return str(file.getvalue().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ResultsError(
            [Finding("stop", f"schema file '{file.name}'", "is not UTF-8 text.", "Save it as UTF-8.")]
        ) from error


def choose_main(data: Dataset, tables: Sequence[Table]) -> None:
    """Draw the choice of the file that others are joined to, with what speaks for it; no `tables`: not readable."""
    if data.kind != "upload" or len(data.files) == 1:
        return
    names = [file.name for file in data.files]
    labels = [name if names.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(names, 1)]
    key = f"data_main_{data.mark}"

    def choose() -> None:
        try:
            if state.is_changed(key, 0):
                uploads.choose_main(data, int(state.recall(key)))
        except (KeyError, IndexError) as error:
            uploads.complain(str(error))

    st.selectbox(
        "Main file",
        range(len(labels)),
        format_func=lambda number: labels[number],
        key=key,
        on_change=choose,
        help="Its rows are measured; the other files are joined to it by id. Its columns are guessed anew when "
        "another one is chosen.",
    )
    if tables:
        st.caption(plain(_speak_for_main(labels, tables, data.schema), 400))


def _speak_for_main(labels: Sequence[str], tables: Sequence[Table], schema: Schema) -> str:
    guess = guess_main(tables, Schema())
    if guess.number:  # a schema that came along may have settled it
        guess = guess_main(tables, schema)
    if guess.number:
        return f"Chosen by you. The guess was '{labels[guess.number]}', which {guess.reason}."
    return f"'{labels[0]}' was taken: it {guess.reason}. The others are joined to it by id."


def measure() -> None:
    """Draw the one button that goes on to the numbers."""
    if st.button("Measure", type="primary", key="data_measure", icon=":material/arrow_forward:"):
        st.switch_page(controls.VIEWS / "overview.py", query_params=state.address())


def say_who_sees_it(data: Dataset) -> None:
    """Say where the data are and who can see them, with the button that deletes them."""
    if data.kind == "sample":
        st.caption("An example that comes with the dashboard. What you correct goes into a copy of your own.")
        return
    if data.kind == "opened":
        st.caption(
            "The file that the dashboard was started with. What you correct goes into a copy; the file stays as it is."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            "Whoever has the whole address of this page sees this data, rows included. "
            f"It is kept until {controls.until(data)}, or until you delete it.",
            icon=":material/lock:",
        )
        with st.popover("Delete my data", icon=":material/delete:"):
            st.write(
                "The files, their schema, the policy kept with them, the log of changes, the sets added to them and "
                "everything counted from them will be gone, for everyone who has the address."
            )
            st.button("Delete now", key="data_delete", on_click=uploads.forget, args=(data,))


def show_complaint() -> None:
    """Show once why the last correction was not taken."""
    said = uploads.hear_complaint()
    if said:
        st.error(plain(on_screen(said), 1000), icon=":material/block:")
