"""The widgets of the Report page: what goes into a report, its forms to download, and a report that is opened again."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard import controls, loading, people, policies, reports, state
from dashboard.jobs import Jobs
from dashboard.page_controls import metric_titles
from dashboard.parts import show_table
from dashboard.report import PrintError, find_printer
from dashboard.reports import FORMS, Compared, Made, Opened
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.waiting import Waiting, await_work, draw_waiting
from dashboard.words import count, join, on_screen, plain, say_error
from metrics.document import Document
from metrics.document_json import MOST_BYTES
from metrics.errors import ResultsError
from metrics.policy import Policy
from metrics.question import Question
from metrics.results import Receipt
from metrics.verify import has_same_files
from metrics.writing import name_file

__all__ = [
    "choose_sections",
    "download",
    "draw",
    "make_report",
    "open_report",
    "preview",
    "show_opened",
    "write_words",
]

_HEIGHT = 760
_WORDS, _OPENINGS, _COMPARE, _PRINT = "report_words", "report_openings", "report_compare", "report_print"
_LONGEST_ADDRESS = 2_000_000  # letters; Chromium opens addresses up to 2 MB
_MOST_WORDS = 5000
_MOST_TITLE = 200


# -- what goes into it ---------------------------------------------------------------------------


def make_report(loaded: Loaded) -> Made:
    """Draw the choice of what is asked, and return the document that answers it.

    Until it is there, draw how far it is and stop the page.
    """
    view = controls.choose(loaded, by=True, baseline=True, compare=True)
    titles = metric_titles({name: m for name, m in loaded.metrics.items() if m.listed})
    chosen = st.multiselect(
        "Metrics",
        list(titles),
        key="report_metrics",
        bind=BIND,
        format_func=lambda n: titles.get(n, str(n)),
        placeholder="all that the columns allow",
    )
    question = _ask(view, tuple(name for name in chosen if name in titles))
    policy = _choose_policy(loaded)
    digest = "" if policy is None else hashlib.sha256(policy.dumps().encode()).hexdigest()
    work = partial(reports.make, loaded.results, loaded.cubes, question, policy)
    made = controls.do(loaded, ("report", question, digest), work)
    if not isinstance(made, Made):
        st.error(plain(on_screen(str(made)), 900), icon=":material/block:")
        st.stop()
    return made


def _ask(view: View, metrics: tuple[str, ...]) -> Question:
    """Return the question of a report: the attributes that meet also stand in it each alone."""
    by: tuple[str | tuple[str, ...], ...] = (*view.by, view.by) if len(view.by) > 1 else view.by
    return Question(
        by=by or None,
        metrics=metrics or None,
        kinds=(view.compare,),
        baseline=view.baseline,
        confidence=view.confidence,
        min_units=view.min_units,
    )


def _choose_policy(loaded: Loaded) -> Policy | None:
    """Return the policy in use without the rules that cannot be asked of the data, and say which these are."""
    policy = policies.current() if loaded.axes else None
    if policy is None:
        return None
    if not st.toggle(f"With the verdicts of {plain(policy.name, 80)}", value=True, key="report_policy", bind=BIND):
        return None
    asked, problems = policies.leave_out_unasked(loaded, policy)
    for name, why in problems.items():
        st.caption(f":material/warning: {plain(f'Without the rule {name!r}: {on_screen(why)}', 600)}")
    return asked


def choose_sections(sections: Mapping[str, str]) -> list[str]:
    """Draw a switch for every section that has content, and return the names of those that are on."""
    st.subheader("What will be in it", anchor=False)
    with st.grid(3, min_column_width=230):
        switches = {
            name: st.toggle(plain(title, 80), value=True, key=f"report_with_{name}", bind=BIND, wrap=True)
            for name, title in sections.items()
        }
    return [name for name, is_on in switches.items() if is_on]


def write_words(document: Document, sections: Mapping[str, str]) -> Document:
    """Draw boxes for a title and the author's own words, and return the document with them."""
    title = st.text_input(
        "Title", key="report_title", max_chars=_MOST_TITLE, placeholder=document.title, persist_state="session"
    )
    with st.expander("Your own words", icon=":material/edit_note:"):
        name = st.selectbox("To stand in", list(sections), format_func=lambda n: sections.get(n, str(n)))
        name = name if name in sections else next(iter(sections))
        told: dict[str, str] = state.recall(_WORDS, {})
        key, shown = f"report_words_{name}", told.get(name, "")

        def keep() -> None:
            if state.is_changed(key, shown):
                state.remember(_WORDS, state.recall(_WORDS, {}) | {name: str(state.recall(key) or "")})

        st.text_area(
            "Words",
            value=shown,
            key=key,
            max_chars=_MOST_WORDS,
            on_change=keep,
            help="How the data came about, what the model is for, what follows from this. They are marked as yours.",
        )
    told = {n: text.strip()[:_MOST_WORDS] for n, text in state.recall(_WORDS, {}).items() if n in sections}
    words = {n: text for n, text in told.items() if text}
    return replace(document, title=(title or "").strip()[:_MOST_TITLE] or document.title, words=words)


# -- what comes out ------------------------------------------------------------------------------


def preview(html: str, alt: str) -> None:
    """Show a report that was written here, as it prints, in a frame of its own.

    Its address is a `data:` one: such a frame is of no origin, so nothing in it reaches the page around it, and the
    links inside it lead to its own sections. The numbers, which nobody sees, are left out.
    """
    shown = reports.leave_out_numbers(html)
    address = f"data:text/html;charset=utf-8;base64,{base64.b64encode(shown.encode()).decode()}"
    with st.container(border=True):
        if len(address) <= _LONGEST_ADDRESS:
            st.iframe(address, height=_HEIGHT, tab_index=0, alt=alt)
        else:
            st.caption("This report is too long to be shown here. Download it as HTML.")


def download(loaded: Loaded, document: Document, sections: Sequence[str], html: str) -> None:
    """Draw the buttons that download a report in each of its forms."""
    name = name_file(document.title)
    with st.container(horizontal=True):
        st.download_button(
            "HTML",
            html,
            f"{name}.html",
            "text/html",
            key="report_html",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
            help="One file that opens by a double click, anywhere, without a network.",
        )
        _print(loaded, document, sections, name)
        for title, (ending, kind, write) in FORMS.items():
            st.download_button(
                title,
                partial(write, document, sections),
                f"{name}{ending}",
                kind,
                key=f"report_{title.lower().replace(' ', '_')}",
                icon=":material/download:",
                on_click="ignore",
            )
    if not _can_print():
        st.caption("For a PDF, open the HTML in a browser and print it: it is laid out for A4 and Letter.")


def _print(loaded: Loaded, document: Document, sections: Sequence[str], name: str) -> None:
    """Draw the way to a PDF where a browser prints it: made when asked for, since that takes seconds."""
    if not _can_print():
        return
    what = ("report printed", _digest(document), tuple(sections))
    if state.recall(_PRINT) != what:
        st.button("PDF", key="report_pdf_make", icon=":material/print:", on_click=state.remember, args=(_PRINT, what))
        return
    found = loading.work_out(loaded, what, partial(reports.print_pdf, document, sections))
    if isinstance(found, Waiting):
        draw_waiting(found, "Printing was stopped.", "Print", key="report_printing")
    elif isinstance(found, PrintError):
        st.error(plain(str(found), 400))
    else:
        st.download_button(
            "PDF",
            found,
            f"{name}.pdf",
            "application/pdf",
            key="report_pdf",
            icon=":material/download:",
            on_click="ignore",
        )


def _can_print() -> bool:
    try:
        return find_printer() is not None
    except PrintError:
        return False


def _digest(document: Document) -> str:
    """Return what tells a document of these data from another: what was asked, and the author's words."""
    policy = "" if document.policy is None else document.policy.dumps()
    told = (document.question, policy, document.title, sorted(document.words.items()))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def draw(loaded: Loaded, document: Document, sections: Sequence[str]) -> str:
    """Return the HTML of a report. Until it is there, draw how far it is and stop the page."""
    what = ("report drawn", _digest(document), tuple(sections))
    html: str = controls.do(loaded, what, partial(reports.draw_html, document, sections))
    return html


# -- a report that was made earlier --------------------------------------------------------------


def open_report() -> Opened | None:
    """Draw the drop zone for a report, and return the one in it, None where there is none.

    Until it is read, draw how far it is and stop the page.
    """
    number = state.recall(_OPENINGS, 0)
    with st.expander("Open a report that was made earlier", icon=":material/folder_open:"):
        if not people.offer_upload("open a report"):
            return None
        file = st.file_uploader(
            "A report: its HTML or its JSON",
            type=["html", "htm", "json"],
            key=f"report_file_{number}",
            max_upload_size=MOST_BYTES // 2**20,
            help="It is shown as its numbers say, drawn anew. It is not kept.",
        )
        if file is None:
            return None
        try:
            work = partial(reports.open_report, file.getvalue(), file.name)
            found = await_work(_opened(), file.file_id, work)
        except ResultsError as error:
            st.error(say_error(error), icon=":material/block:")
            return None
    if isinstance(found, Waiting):
        draw_waiting(found, "Reading the report was stopped.", "Read it again", key="report_opening")
        st.stop()
    opened: Opened = found
    return opened


def show_opened(opened: Opened, now: Any) -> None:
    """Show a report that was opened: what it was made from, whether the data on screen are that, and what it says.

    `now` is what is on screen (`loading.current`).
    """
    document = opened.document
    st.subheader(plain(document.title, 120), anchor=False)
    version = document.versions.get("fairness-dashboard", "")
    by = f" by version {version}" if version else ""
    st.markdown(plain(f"Made on {document.made}{by} from {join(map(_say_file, document.receipts))}.", 1500))
    with st.expander("The sha256 of its files"):
        for receipt in document.receipts:
            st.text(f"{receipt.sha256}  {_tidy(receipt.name)}")
    if isinstance(now, Loaded):
        _compare(opened, now)
    else:
        st.info("There are no data on screen that it could be compared with.", icon=":material/info:")
    st.button("Close this report", key="report_close", icon=":material/close:", on_click=_close)
    preview(opened.html, f"The report {document.title}")


def _say_file(receipt: Receipt) -> str:
    rows = f"{receipt.rows_used:,} of {count(receipt.rows_read, 'row')}"
    return (
        f"{_tidy(receipt.name)} ({rows if receipt.rows_used != receipt.rows_read else count(receipt.rows_read, 'row')})"
    )


def _tidy(name: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in name)[:200]


def _close() -> None:
    state.remember(_OPENINGS, state.recall(_OPENINGS, 0) + 1)  # a new drop zone: the old one still holds the file
    state.remember(_COMPARE, None)


def _compare(opened: Opened, now: Loaded) -> None:
    """Say whether the data on screen are those of the report, and compare its numbers when asked to."""
    document, files = opened.document, now.dataset.files
    names = plain(join(_tidy(file.name) for file in files), 300)
    if has_same_files(document, [file.sha256 for file in files]):
        st.success(f"The data on screen, {names}, are the same file{'s' * (len(files) > 1)}.", icon=":material/check:")
    else:
        st.warning(
            f"The data on screen, {names}, are not what this report was made from, or not any more.",
            icon=":material/difference:",
        )
    what = ("report compared", now.dataset.key, opened.sha256)
    if state.recall(_COMPARE) != what:
        st.button(
            "Compute again and compare",
            key="report_compare_now",
            icon=":material/calculate:",
            on_click=state.remember,
            args=(_COMPARE, what),
        )
        return
    data = now.dataset
    tables = lambda progress: loading.tables(data, document.schema.file, progress)  # noqa: E731
    found = loading.work_out(now, what, partial(reports.compare_again, document, tables, data.limits))
    if isinstance(found, Waiting):
        draw_waiting(found, "Comparing was stopped.", "Compare", key="report_comparing")
    elif isinstance(found, Compared):
        _show_compared(found)
    else:
        st.error(plain(f"It cannot be computed from these data. {on_screen(str(found))}", 900), icon=":material/block:")


def _show_compared(found: Compared) -> None:
    numbers = found.numbers
    if not numbers:
        more = ": what changed in the file is in none of its numbers." if found.is_other_file else "."
        st.success(f"Computed again, all {found.records:,} records are the same{more}", icon=":material/check:")
        return
    why = "" if found.is_other_file else " The file is the same: the report was changed, or made by another version."
    differ = f"{count(len(numbers), 'number')} {'differs' if len(numbers) == 1 else 'differ'}"
    st.error(f"Computed again, {differ}.{why}", icon=":material/difference:")
    show_table(reports.table_differences(numbers), key="report_differences", alt="Where the report and the data differ")
    if len(numbers) > reports.MOST_SHOWN:
        st.caption(f"And {len(numbers) - reports.MOST_SHOWN:,} more.")


@st.cache_resource(show_spinner=False)
def _opened() -> Jobs:
    return Jobs(keep=6, seconds=900)
