"""The widgets of the Data page that say what counts as what: questions, definitions, how the file is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import state, uploads
from dashboard.corrections import Preview, answer, is_answerable, roles_of
from dashboard.datasets import Dataset
from dashboard.finding_list import begin_sentence, show_findings
from dashboard.row_table import show_places
from dashboard.text_controls import choose_texts
from dashboard.words import count, on_screen, plain
from metrics.errors import Finding
from metrics.schema import Schema
from metrics.tasks import TASKS

_FEW = 5  # choices that are shown side by side
_UNSAID = "not said"


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
    key = "ask_" + hashlib.sha256(f"{question.option}|{question.where}|{data.mark}".encode()).hexdigest()[:12]
    first: Any = float(question.answers[0]) if question.option == "--threshold" else question.answers[0]
    st.markdown(plain(f"{begin_sentence(question.where)} {on_screen(question.found)}", 600))

    def keep() -> None:
        value = state.recall(key, first)
        uploads.amend(data, lambda schema: answer(schema, question, value))

    def keep_other() -> None:
        if state.is_changed(key, first):
            keep()

    with st.container(horizontal=True, vertical_alignment="bottom"):
        if question.option == "--positive" and len(question.answers) > 2:
            # Several words take several clicks: they are kept by the button, not one by one.
            taken = [word for word in complete.positive if word in question.answers]
            st.multiselect("Answer", question.answers, default=taken, key=key)
        elif question.option == "--threshold":
            st.number_input("Answer", value=first, format="%g", key=key, on_change=keep_other)
        elif len(question.answers) <= _FEW:
            st.radio("Answer", question.answers, key=key, horizontal=True, format_func=plain, on_change=keep_other)
        else:
            st.selectbox("Answer", question.answers, key=key, on_change=keep_other)
        st.button("That is right", key=f"{key}_keep", on_click=keep, icon=":material/check:")


# -- definitions ---------------------------------------------------------------------------------


def define(data: Dataset, shown: Preview, schema: Schema) -> None:
    """Draw what counts as positive, what is good for the person, the threshold, and the filter."""
    with st.grid(3, min_column_width=240):
        _choose_task(data, schema)
        if schema.task == "transcription":
            if any("hypothesis" in system.columns for system in schema.systems):
                choose_texts(schema, partial(_field, data))
        elif schema.task != "regression":
            _choose_positive(data, shown, schema)
            _choose_favourable(data, schema)
            _type_threshold(data, schema)
            _choose_scale(data, schema)
        else:
            _type_tolerance(data, schema)
        _type_where(data)


def _field(data: Dataset, name: str, shown: Any, change: Callable[[Schema, Any], Schema]) -> dict[str, Any]:
    """The key and the callback of a widget that corrects one thing, drawn with the value `shown`.

    The key is new when the data or their schema are.
    """
    key = f"data_{name}_{data.mark}"

    def keep() -> None:
        if state.is_changed(key, shown):
            uploads.amend(data, lambda schema: change(schema, state.recall(key)))

    return {"key": key, "on_change": keep}


def _choose_task(data: Dataset, schema: Schema) -> None:
    names = list(TASKS)
    shown = schema.task if schema.task in names else None
    st.selectbox(
        "Kind of result",
        names,
        index=None if shown is None else names.index(shown),
        format_func=lambda name: TASKS[name].title,
        **_field(data, "task", shown, lambda s, value: replace(s, task=value if value in TASKS else None)),
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
        **_field(data, "positive", list(schema.positive), lambda s, value: replace(s, positive=tuple(value or ()))),
    )


def _choose_favourable(data: Dataset, schema: Schema) -> None:
    choices, shown = [_UNSAID, "positive", "negative"], schema.favourable or _UNSAID
    st.selectbox(
        "Good for the person",
        choices,
        index=choices.index(shown),
        format_func=lambda c: {
            _UNSAID: "not said",
            "positive": "a positive prediction",
            "negative": "a negative prediction",
        }[c],
        help="Approval of a loan is good for the person; being held back is not. It decides which gap is a harm.",
        **_field(
            data, "favourable", shown, lambda s, v: replace(s, favourable=v if v in ("positive", "negative") else None)
        ),
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
        **_field(data, "threshold", _float(schema.threshold), lambda s, value: replace(s, threshold=value)),
    )


def _choose_scale(data: Dataset, schema: Schema) -> None:
    if not any("score" in s.columns for s in schema.systems):
        return
    scales = ["fraction", "percent", "any"]
    shown = schema.score_scale if schema.score_scale in scales else None
    st.selectbox(
        "Scale of the scores",
        scales,
        index=None if shown is None else scales.index(shown),
        format_func=lambda s: {
            "fraction": "0 to 1",
            "percent": "0 to 100, per cent",
            "any": "any: only their order counts",
        }[s],
        **_field(data, "scale", shown, lambda s, value: replace(s, score_scale=value if value in scales else None)),
    )


def _type_tolerance(data: Dataset, schema: Schema) -> None:
    st.number_input(
        "Tolerance",
        value=_float(schema.tolerance),
        min_value=0.0,
        format="%g",
        placeholder="none",
        help="How far off a prediction may be and still count as right, in the units of the label.",
        **_field(data, "tolerance", _float(schema.tolerance), lambda s, value: replace(s, tolerance=value)),
    )


def _float(number: float | None) -> float | None:
    """TOML has whole numbers too, which Streamlit does not mix with others."""
    return None if number is None else float(number)


def _type_where(data: Dataset) -> None:
    def keep(schema: Schema, text: Any) -> Schema:
        where = str(text or "").strip() or None
        state.pick(where=where or "")
        return replace(schema, where=where)

    shown = data.schema.where or ""
    st.text_input(
        "Only rows where",
        value=shown,
        placeholder="age >= 25 and region = 'north'",
        help="A filter on the whole analysis, kept with the data. The one at the side is for a look.",
        **_field(data, "where", shown, keep),
    )


def set_file_options(data: Dataset, shown: Preview | None) -> None:
    """Draw how the file was read, to be overruled."""
    found = shown.options if shown is not None else data.schema.file
    missing = list(data.schema.file.missing)
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
            **_field(data, "header", found.header_row, lambda s, v: _set_option(s, "header_row", v)),
        )
        st.multiselect(
            "Words for missing",
            missing,
            default=missing,
            accept_new_options=True,
            placeholder="only the empty cell",
            **_field(data, "missing", missing, lambda s, v: _set_option(s, "missing", tuple(v or ()))),
        )
        st.toggle(
            "Keep spellings apart",
            value=data.schema.file.keep_spelling,
            help="Else levels that differ only in case or outer spaces are one.",
            **_field(
                data, "spelling", data.schema.file.keep_spelling, lambda s, v: _set_option(s, "keep_spelling", bool(v))
            ),
        )


def _type_option(data: Dataset, name: str, label: str, value: Any) -> None:
    shown = "" if value is None else _visible(str(value))
    st.text_input(
        label,
        value=shown,
        **_field(data, name, shown, lambda s, v: _set_option(s, name, _unseen(v) or None)),
    )


def _set_option(schema: Schema, name: str, value: Any) -> Schema:
    return replace(schema, file=replace(schema.file, **{name: value}))


def _visible(sign: str) -> str:
    return {"\t": "tab", " ": "space"}.get(sign, sign)


def _unseen(text: Any) -> str:
    return {"tab": "\t", "space": " "}.get(str(text or ""), str(text or ""))


# -- findings ------------------------------------------------------------------------------------


def show_all_findings(data: Dataset, findings: Sequence[Finding]) -> None:
    """Draw every finding, those to check first, and the rows they are about."""
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
    show_findings(findings, key="data_findings", show_rows=partial(show_places, data))
