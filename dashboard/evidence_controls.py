"""The widgets of the Evidence page: a finding about one group, told so that others can check it, and its answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls, people, state
from dashboard.report.evidence import FORMS, write_evidence
from dashboard.view import Loaded, View
from dashboard.words import say_error
from metrics.compare import BASELINES, compare
from metrics.cube import Cubes
from metrics.document import make_document
from metrics.errors import QuestionError, ResultsError
from metrics.evidence import Sheet, Told, answer_evidence, make_evidence
from metrics.evidence_json import LONGEST_TEXT, MOST_BYTES, read_sheet, sheet_settings
from metrics.progress import Progress, Tell
from metrics.question import Question, drop_only_name
from metrics.results import Results
from metrics.slices import Slice
from metrics.writing import name_file

__all__ = ["answer_sheet", "download", "make_sheet", "open_sheet", "tell"]

_KEPT = "evidence_words"
_KINDS = {"html": ("HTML", "text/html"), "md": ("Markdown", "text/markdown"), "json": ("JSON", "application/json")}


@dataclass(frozen=True, eq=False)
class Drawn:
    """A sheet and its forms."""

    sheet: Sheet
    forms: dict[str, str]


def tell(is_answer: bool) -> Told:
    """Draw the boxes for the author's own words, and return them."""
    kept: dict[str, str] = state.recall(_KEPT, {})
    boxes = {
        "author": ("Who says so", ""),
        "sampling": (
            "How the sample was drawn",
            "Whom the rows are about, how they were chosen and labelled, and whom they leave out.",
        ),
        "overturn": ("What would overturn it", "What you would have to see to take it back."),
    }
    with st.expander("Your words", icon=":material/edit_note:", expanded=not kept.get("sampling")):
        for name, (label, prompt) in boxes.items():
            key, shown = f"evidence_{name}", kept.get(name, "")
            draw = st.text_input if name == "author" else st.text_area
            draw(
                label,
                value=shown,
                key=key,
                max_chars=200 if name == "author" else 5000,
                placeholder=prompt,
                on_change=_keep,
                args=(name, key, shown),
            )
        looked = None
        if not is_answer:
            looked = st.number_input(
                "How many groups you looked at in all",
                min_value=1,
                value=None,
                step=1,
                key="evidence_looked_at",
                placeholder="those of these attributes",
                help="If you searched more groups than these before you found this one, p is adjusted for all of them.",
            )
    kept = state.recall(_KEPT, {})
    words = {name: kept.get(name, "").strip()[:LONGEST_TEXT] for name in boxes}
    return Told(**words, looked_at=None if looked is None else max(1, int(looked)))


def _keep(name: str, key: str, shown: str) -> None:
    if state.is_changed(key, shown):
        state.remember(_KEPT, state.recall(_KEPT, {}) | {name: str(state.recall(key) or "")})


def make_sheet(loaded: Loaded, view: View, cell: Slice, told: Told) -> Drawn:
    """Return the sheet of a finding about the chosen cell. Until it is there, draw how far it is and stop the page."""
    question = Question(
        by=(cell.axes,),
        metrics=(view.metric,),
        baseline=view.baseline,
        confidence=view.confidence,
        min_units=view.min_units,
    )
    return _show(loaded, ("evidence", question, str(cell), view.system, told), question, view, None, cell, told)


def answer_sheet(loaded: Loaded, view: View, sheet: bytes, told: Told) -> Drawn:
    """Return someone's sheet with the numbers of the data on screen beside theirs."""
    try:
        cell, metric, baseline, confidence, min_units = sheet_settings(sheet)
    except ResultsError as error:
        _refuse(error)
    question = Question(
        by=(cell.axes,), metrics=(metric,), baseline=baseline, confidence=confidence, min_units=min_units
    )
    digest = hashlib.sha256(sheet).hexdigest()
    return _show(loaded, ("evidence answered", digest, view.system, told), question, view, sheet, cell, told)


def _show(
    loaded: Loaded,
    what: tuple[object, ...],
    question: Question,
    view: View,
    sheet: bytes | None,
    cell: Slice,
    told: Told,
) -> Drawn:
    work = partial(_work, loaded.results, loaded.cubes, question, sheet, cell, view.system, told)
    drawn = controls.do(loaded, what, work)
    if not isinstance(drawn, Drawn):
        _refuse(drawn)
    found: Drawn = drawn
    return found


def _refuse(error: Exception) -> None:
    st.error(say_error(error), icon=":material/block:")
    st.stop()


def _work(
    results: Results,
    cubes: Cubes,
    question: Question,
    sheet: bytes | None,
    cell: Slice,
    system: str | None,
    told: Told,
    progress: Tell,
) -> Drawn | QuestionError | ResultsError:
    """Measure and draw a sheet. What cannot be asked of the data is an answer, too."""
    named = system if len(cubes) > 1 else None
    try:
        document = make_document(results, cubes, question, progress=Progress(progress).part(0, 0.7))
        others = _compare_others(cubes, question)
        if sheet is None:
            made = make_evidence(document, cell, (question.metrics or ("",))[0], told, others=others, system=named)
        else:
            finding = read_sheet(sheet, document.metrics)
            made = answer_evidence(finding, document, told, others=others, system=named)
    except (QuestionError, ResultsError) as error:
        return error
    return Drawn(made, {form: write_evidence(made, form) for form in FORMS})


def _compare_others(cubes: Cubes, q: Question) -> pd.DataFrame:
    options = {"confidence": q.confidence, "correction": q.correction, "min_units": q.min_units}
    others = [b for b in BASELINES if b != q.baseline]
    tables = [compare(drop_only_name(cubes), q.by, q.metrics, baseline=b, **options) for b in others]  # type: ignore[arg-type]
    return pd.concat(tables, ignore_index=True)


def open_sheet() -> bytes | None:
    """Draw the drop zone for a sheet that is to be answered, and return its JSON, None where there is none."""
    with st.expander("Answer someone else's sheet", icon=":material/reply:"):
        if not people.offer_upload("answer a sheet"):
            return None
        file = st.file_uploader(
            "Their sheet (JSON)",
            type=["json"],
            key="evidence_file",
            max_upload_size=1,
            help="The same group is measured in the data on screen; both numbers stand side by side. Not kept.",
        )
    if file is None:
        return None
    if file.size > MOST_BYTES:
        st.error("That is larger than any sheet.", icon=":material/block:")
        st.stop()
    return bytes(file.getvalue())


def download(drawn: Drawn) -> None:
    """Draw the buttons that download a sheet in each of its forms."""
    name = name_file("evidence", drawn.sheet.metric.name, drawn.sheet.cell.title)
    with st.container(horizontal=True):
        for form, (title, kind) in _KINDS.items():
            st.download_button(
                title,
                drawn.forms[form],
                f"{name}.{form}",
                kind,
                key=f"evidence_as_{form}",
                type="primary" if form == "html" else "secondary",
                icon=":material/download:",
                on_click="ignore",
                help="It travels to whoever answers." if form == "json" else None,
            )
