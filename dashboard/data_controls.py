"""The widgets of the Data page: files in, roles and definitions corrected, questions answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import controls, state
from dashboard.corrections import (
    GROUP,
    OBTAINED,
    UNUSED,
    Preview,
    answer,
    assign,
    describe_columns,
    is_answerable,
    role_names,
    roles_of,
    set_edges,
    set_merges,
    set_obtained,
)
from dashboard.datasets import Dataset, upload_limits
from dashboard.words import count, on_screen, plain
from metrics.errors import Finding, ResultsError
from metrics.schema import Schema
from metrics.tasks import TASKS
from metrics.writing import guard_frame

_TYPES = ["csv", "tsv", "txt", "gz", "json", "jsonl", "ndjson", "parquet", "xlsx", "xls", "ods", "zip", "toml"]
_TYPES += ["trn", "stm", "ctm", "text"]  # transcripts
_FEW = 5  # choices that are shown side by side
_COMPLAINT = "complaint"
_UNSAID = "not said"


# -- files ---------------------------------------------------------------------------------------


def drop_files(open_already: bool) -> None:
    """Draw the drop zone and the samples."""
    with st.expander("Use your own file, or an example", expanded=open_already, icon=":material/upload_file:"):
        st.file_uploader(
            "Drop a file of results: a row per person or case, what was true, what the model said",
            type=_TYPES,
            accept_multiple_files=True,
            key=state.drop_key(),
            on_change=_take_files,
            max_upload_size=upload_limits().file_bytes // 2**20,
            help="CSV, Excel, JSON or Parquet. Further files are joined to the first one by id: one file a model. "
            "A schema file (.toml) says what the columns mean.",
        )
        st.caption("Or look at an example first; all four are invented.")
        controls.offer_samples()


def _take_files() -> None:
    dropped = state.recall(state.drop_key()) or []
    schema, files, most = Schema(), [], upload_limits().file_bytes
    try:
        for file in dropped:
            if file.name.lower().endswith(".toml"):
                schema = Schema.loads(_read_text(file), where=f"schema file '{file.name}'")
            else:
                files.append((file.name, file))
        if files:
            state.upload(files, schema, most)
    except ResultsError as error:
        _complain(str(error))


def _read_text(file: Any) -> str:
    try:
        return str(file.getvalue().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ResultsError(
            [Finding("stop", f"schema file '{file.name}'", "is not UTF-8 text.", "Save it as UTF-8.")]
        ) from error


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
                "The files, their schema and everything counted from them will be gone, "
                "for everyone who has the address."
            )
            st.button("Delete now", key="data_delete", on_click=state.forget, args=(data,))


def _complain(text: str) -> None:
    state.remember(_COMPLAINT, text)


def show_complaint() -> None:
    """Show once why the last correction was not taken."""
    said = state.recall(_COMPLAINT)
    if said:
        st.error(plain(on_screen(said), 1000), icon=":material/block:")
        state.remember(_COMPLAINT, None)


# -- questions -----------------------------------------------------------------------------------


def ask_questions(data: Dataset, complete: Schema, findings: Sequence[Finding]) -> None:
    """Draw every open question with its answers, the one that is taken meanwhile chosen."""
    asked = [f for f in findings if f.is_question and f.severity != "stop" and is_answerable(f)]
    if not asked:
        return
    st.subheader("Please confirm" if len(asked) == 1 else f"Please confirm {count(len(asked), 'guess', 'guesses')}")
    st.caption("Another answer would give other numbers. Meanwhile the chosen one is taken.")
    for question in asked:
        with st.container(border=True):
            _ask(data, complete, question)


def _ask(data: Dataset, complete: Schema, question: Finding) -> None:
    key = "ask_" + hashlib.sha256(f"{question.option}|{question.where}|{data.schema.digest}".encode()).hexdigest()[:12]
    st.markdown(plain(f"{_begin(question.where)} {on_screen(question.found)}", 600))

    def keep() -> None:
        value = state.recall(key, question.answers[0])
        _correct(data, lambda schema: answer(schema, question, value))

    with st.container(horizontal=True, vertical_alignment="bottom"):
        if question.option == "--positive" and len(question.answers) > 2:
            # Several words take several clicks: they are kept by the button, not one by one.
            taken = [word for word in complete.positive if word in question.answers]
            st.multiselect("Answer", question.answers, default=taken, key=key)
        elif question.option == "--threshold":
            st.number_input("Answer", value=float(question.answers[0]), format="%g", key=key, on_change=keep)
        elif len(question.answers) <= _FEW:
            st.radio("Answer", question.answers, key=key, horizontal=True, format_func=plain, on_change=keep)
        else:
            st.selectbox("Answer", question.answers, key=key, on_change=keep)
        st.button("That is right", key=f"{key}_keep", on_click=keep, icon=":material/check:")


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]


def _correct(data: Dataset, change: Callable[[Schema], Schema]) -> None:
    """Keep a changed schema, or say why it cannot be."""
    try:
        state.correct_schema(data, change(data.schema))
    except (ValueError, KeyError) as error:
        _complain(str(error))


# -- columns -------------------------------------------------------------------------------------


def show_preview(shown: Preview, schema: Schema, findings: Sequence[Finding]) -> None:
    """Draw the first ten rows, the role above each column, its reason on hover."""
    known = {row["column"]: row for row in describe_columns(shown, schema, findings).to_dict("records")}
    config = {
        column: st.column_config.TextColumn(
            f"{_chip(known[column]['role'], known[column]['model'])} · {column}",
            help=plain(on_screen(known[column]["why"] or _unreasoned(known[column]["role"])), 400),
        )
        for column in shown.head.columns
    }
    st.dataframe(
        guard_frame(shown.head).set_axis(shown.head.columns, axis=1),
        column_config=config,
        hide_index=True,
        lazy=False,
        alt="The first ten rows, with the role of each column",
    )


def _chip(role: str, model: str) -> str:
    return "—" if role == UNUSED else f"{role} ({model})" if model and role != model else role


def _unreasoned(role: str) -> str:
    return "Nothing suggests a use for it." if role == UNUSED else "The schema says so."


def correct_columns(data: Dataset, shown: Preview, schema: Schema, findings: Sequence[Finding]) -> None:
    """Draw a row a column, whose role and origin are changed in place."""
    table = describe_columns(shown, schema, findings)
    table["why"] = [on_screen(text) for text in table["why"]]
    key = f"columns_{data.schema.digest[:12]}"
    st.caption("Change a role, how a group was obtained, or where numbers are cut, in the table itself.")
    st.data_editor(
        table,
        key=key,
        hide_index=True,
        disabled=["column", "examples", "why"],
        placeholder="",
        alt="The columns of the file, their roles and how groups were obtained",
        column_config={
            "column": st.column_config.TextColumn("Column", pinned=True),
            "role": st.column_config.SelectboxColumn("Role", options=role_names(schema.task), required=True),
            "model": st.column_config.TextColumn("Model", help="Which model a prediction or score is of"),
            "obtained": st.column_config.SelectboxColumn(
                "Obtained", options=list(OBTAINED), help="Who said which group a person belongs to"
            ),
            "cut": st.column_config.TextColumn("Cut at", help="Numbers that separate the levels, such as 25, 45, 65"),
            "merge": st.column_config.TextColumn(
                "Merge levels", help="A new level and the old ones in it, such as Other = Mixed, Unknown"
            ),
            "examples": st.column_config.TextColumn("Examples", width="medium"),
            "why": st.column_config.TextColumn("Why", width="large"),
        },
    )
    _take_edits((state.recall(key) or {}).get("edited_rows", {}), data, schema, list(table["column"]))
    if any(a.obtained == "inferred" for a in schema.attributes):
        st.warning(
            "Some groups were inferred, not said by the people themselves. Errors of the inference fall unevenly "
            "on groups, and gaps may be wider or narrower than they look.",
            icon=":material/warning:",
        )


def _take_edits(
    edits: Mapping[int, Mapping[str, Any]], data: Dataset, complete: Schema, columns: Sequence[str]
) -> None:
    """Keep what was edited in the table of columns; what cannot be kept stays there, with the reason below."""
    try:
        schema = _start_from(data.schema, complete, edits.values())
        for row, cells in edits.items():
            schema = _apply(schema, columns[int(row)], cells)
        if edits and schema != data.schema:
            state.correct_schema(data, schema)
            st.rerun()
    except (ValueError, IndexError) as error:
        st.error(plain(error, 500), icon=":material/block:")


def _start_from(declared: Schema, complete: Schema, edits: Iterable[Mapping[str, Any]]) -> Schema:
    """Return the declared schema with as many guesses as the edits touch: the rest stays open to be asked."""
    start = replace(declared, attributes=complete.attributes)
    touched = [cells for cells in edits if "model" in cells or cells.get("role", GROUP) != GROUP]
    return replace(start, columns=complete.columns, systems=complete.systems) if touched else start


def _apply(schema: Schema, column: str, cells: Mapping[str, Any]) -> Schema:
    """Apply the edited cells of one column."""
    role, model = roles_of(schema).get(column, (UNUSED, ""))
    if "role" in cells or "model" in cells:
        wanted = cells.get("role", role)
        if wanted not in role_names(schema.task):
            raise ValueError(f"{wanted!r} is no role.")
        schema = assign(schema, column, wanted, str(cells.get("model", model) or ""))
    if {"obtained", "cut", "merge"} & set(cells):
        if schema.attribute(column) is None:
            raise ValueError(f"Column {column!r} is no group; make it one first.")
        if "obtained" in cells:
            schema = set_obtained(schema, column, cells["obtained"] or "unknown")
        if "cut" in cells:
            schema = set_edges(schema, column, cells["cut"] or "")
        if "merge" in cells:
            schema = set_merges(schema, column, cells["merge"] or "")
    return schema


# -- definitions ---------------------------------------------------------------------------------


def define(data: Dataset, shown: Preview, schema: Schema) -> None:
    """Draw what counts as positive, what is good for the person, the threshold, and the filter."""
    with st.grid(3, min_column_width=240):
        _choose_task(data, schema)
        if schema.task != "regression":
            _choose_positive(data, shown, schema)
            _choose_favourable(data, schema)
            _type_threshold(data, schema)
            _choose_scale(data, schema)
        else:
            _type_tolerance(data, schema)
        _type_where(data)


def _field(data: Dataset, name: str, change: Callable[[Schema, Any], Schema]) -> dict[str, Any]:
    """The key and the callback of a widget that corrects one thing; the key is new when the schema is."""
    key = f"data_{name}_{data.schema.digest[:12]}"
    return {"key": key, "on_change": lambda: _correct(data, lambda schema: change(schema, state.recall(key)))}


def _choose_task(data: Dataset, schema: Schema) -> None:
    names = list(TASKS)
    st.selectbox(
        "Kind of result",
        names,
        index=names.index(schema.task) if schema.task in names else None,
        format_func=lambda name: TASKS[name].title,
        **_field(data, "task", lambda s, value: replace(s, task=value if value in TASKS else None)),
    )


def _choose_positive(data: Dataset, shown: Preview, schema: Schema) -> None:
    answers = [c for c, (role, _) in roles_of(schema).items() if role in ("label", "prediction") and c in shown.words]
    words = list(dict.fromkeys([*schema.positive, *(w for c in answers for w in shown.words[c])]))
    st.multiselect(
        "Positive words",
        words,
        default=list(schema.positive),
        accept_new_options=True,
        placeholder="none: every class against the rest",
        help="Any of these, in labels and predictions alike, counts as positive.",
        **_field(data, "positive", lambda s, value: replace(s, positive=tuple(value or ()))),
    )


def _choose_favourable(data: Dataset, schema: Schema) -> None:
    choices = [_UNSAID, "positive", "negative"]
    st.selectbox(
        "Good for the person",
        choices,
        index=choices.index(schema.favourable or _UNSAID),
        format_func=lambda c: {
            _UNSAID: "not said",
            "positive": "a positive prediction",
            "negative": "a negative prediction",
        }[c],
        help="Approval of a loan is good for the person; being held back is not. It decides which gap is a harm.",
        **_field(data, "favourable", lambda s, v: replace(s, favourable=v if v in ("positive", "negative") else None)),
    )


def _type_threshold(data: Dataset, schema: Schema) -> None:
    if not any("score" in s.columns for s in schema.systems):
        return
    st.number_input(
        "Threshold",
        value=_float(schema.threshold),
        format="%g",
        placeholder="the predictions in the file",
        help="A score of this or more predicts positive. Empty: predictions in the file, else one half.",
        **_field(data, "threshold", lambda s, value: replace(s, threshold=value)),
    )


def _choose_scale(data: Dataset, schema: Schema) -> None:
    if not any("score" in s.columns for s in schema.systems):
        return
    scales = ["fraction", "percent", "any"]
    st.selectbox(
        "Scale of the scores",
        scales,
        index=scales.index(schema.score_scale) if schema.score_scale in scales else None,
        format_func=lambda s: {
            "fraction": "0 to 1",
            "percent": "0 to 100, per cent",
            "any": "any: only their order counts",
        }[s],
        **_field(data, "scale", lambda s, value: replace(s, score_scale=value if value in scales else None)),
    )


def _type_tolerance(data: Dataset, schema: Schema) -> None:
    st.number_input(
        "Tolerance",
        value=_float(schema.tolerance),
        min_value=0.0,
        format="%g",
        placeholder="none",
        help="How far off a prediction may be and still count as right, in the units of the label.",
        **_field(data, "tolerance", lambda s, value: replace(s, tolerance=value)),
    )


def _float(number: float | None) -> float | None:
    """TOML has whole numbers too, which Streamlit does not mix with others."""
    return None if number is None else float(number)


def _type_where(data: Dataset) -> None:
    def keep(schema: Schema, text: Any) -> Schema:
        where = str(text or "").strip() or None
        state.pick(where=where or "")
        return replace(schema, where=where)

    st.text_input(
        "Only rows where",
        value=data.schema.where or "",
        placeholder="age >= 25 and region = 'north'",
        help="A filter on the whole analysis, kept with the data. The one at the side is for a look.",
        **_field(data, "where", keep),
    )


def set_file_options(data: Dataset, shown: Preview | None) -> None:
    """Draw how the file was read, to be overruled."""
    found = shown.options if shown is not None else data.schema.file
    with st.expander("How the file was read", expanded=shown is None), st.grid(3, min_column_width=200):
        for name, label in (
            ("encoding", "Encoding"),
            ("delimiter", "Delimiter"),
            ("decimal", "Decimal sign"),
            ("sheet", "Sheet"),
        ):
            value = getattr(found, name)
            if value is not None or shown is None:
                _type_option(data, name, label, value)
        st.number_input(
            "Header line",
            value=found.header_row,
            min_value=1,
            help="1 is the first line of the file",
            **_field(data, "header", lambda s, v: _set_option(s, "header_row", v)),
        )
        st.multiselect(
            "Words for missing",
            list(data.schema.file.missing),
            default=list(data.schema.file.missing),
            accept_new_options=True,
            placeholder="only the empty cell",
            **_field(data, "missing", lambda s, v: _set_option(s, "missing", tuple(v or ()))),
        )
        st.toggle(
            "Keep spellings apart",
            value=data.schema.file.keep_spelling,
            help="Else levels that differ only in case or outer spaces are one.",
            **_field(data, "spelling", lambda s, v: _set_option(s, "keep_spelling", bool(v))),
        )


def _type_option(data: Dataset, name: str, label: str, value: Any) -> None:
    st.text_input(
        label,
        value="" if value is None else _visible(str(value)),
        **_field(data, name, lambda s, v: _set_option(s, name, _unseen(v) or None)),
    )


def _set_option(schema: Schema, name: str, value: Any) -> Schema:
    return replace(schema, file=replace(schema.file, **{name: value}))


def _visible(sign: str) -> str:
    return {"\t": "tab", " ": "space"}.get(sign, sign)


def _unseen(text: Any) -> str:
    return {"tab": "\t", "space": " "}.get(str(text or ""), str(text or ""))


# -- findings ------------------------------------------------------------------------------------


def show_all_findings(findings: Sequence[Finding]) -> None:
    """Draw every finding, those to check first."""
    if not findings:
        st.write("Nothing odd.")
        return
    numbers = pd.Series([f.severity for f in findings]).value_counts()
    st.caption(
        " · ".join(
            f"{numbers.get(k, 0)} {w}"
            for k, w in (("stop", "to mend"), ("warn", "to check"), ("note", "to know"))
            if numbers.get(k, 0)
        )
    )
    controls.show_findings(findings, key="data_findings")
