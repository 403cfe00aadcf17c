"""Every widget: its label, its key and its place in the address. Pages call these and get values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import loading, state
from dashboard.datasets import SAMPLES, Dataset
from dashboard.finding_list import begin_sentence, show_findings
from dashboard.jobs import Work
from dashboard.loading import Keyed, Question
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import count, on_screen, plain
from metrics.errors import Finding, ResultsError
from metrics.families import families_of
from metrics.registry import Metric
from metrics.slices import Slice

__all__ = ["choose", "choose_cell", "draw_sidebar", "link", "need_data"]

VIEWS = Path(__file__).parent / "views"

_BASELINES = {
    "rest": "everyone else",
    "overall": "everyone",
    "largest": "the largest group",
    "best": "the best group",
}
_COMPARISONS = {"difference": "Difference", "ratio": "Ratio"}


# -- the frame -----------------------------------------------------------------------------------


def draw_sidebar(now: Loaded | ResultsError | Waiting | None) -> None:
    """Draw what holds on every page: the data, the system, the metric, the filter, and more."""
    with st.sidebar:
        _draw_data(now)
        if isinstance(now, Loaded):
            _choose_system(now)
            _choose_metric(now)
        _type_filter(now)
        if isinstance(now, Loaded):
            with st.expander("More"):
                _choose_confidence()
                _choose_least()


def need_data(what: str, example: str = state.FIRST_SAMPLE) -> Loaded:
    """Return the data on screen; without any, say what would be here, offer some (a sample too), and stop the page."""
    now = loading.current()
    if isinstance(now, Loaded):
        return now
    if isinstance(now, Waiting):
        if now.job is None:
            st.markdown(f"Here you will see {what}.")
        wait_for_data(now)
        st.stop()
    if now is None:
        st.info(
            f"Here you will see {what}. There is no data under this address: it was deleted, its time is over, or the "
            "address is not whole.",
            icon=":material/search_off:",
        )
    else:
        st.error(
            f"Here you will see {what}. The data cannot be used yet; nothing is lost. What is in the way:",
            icon=":material/block:",
        )
        show_findings([f for f in now.findings if f.severity == "stop"], key="in_the_way")
    with st.container(horizontal=True):
        if now is not None and state.filter_text():
            st.button("Take the filter away", key="no_filter", on_click=state.pick, kwargs={"where": ""})
        elif now is not None:
            link("data", "Mend it on the Data page", icon=":material/build:")
        st.button(
            f"Try the {SAMPLES[example].title.lower()} example",
            key="try_example",
            on_click=state.show_anew,
            args=(example,),
            icon=":material/science:",
        )
        link("data", "Use your own file", icon=":material/upload_file:")
    return st.stop()


def wait_for_data(waiting: Waiting) -> None:
    """Draw how far the reading of the data is."""
    draw_waiting(waiting, "Reading the file was stopped. The file is kept; nothing is lost.", "Read it again")


def need_rows(data: Dataset) -> None:
    """Have the rows of the first file at hand; until they are, draw how far they are and stop the page."""
    waiting = loading.read_anew(data)
    if waiting is not None:
        wait_for_data(waiting)
        state.keep_choices()
        st.stop()


def ask(loaded: Keyed, *questions: Question) -> list[pd.DataFrame]:
    """Return the answer to each question. Until they are there, draw how far they are and stop the page."""
    found = loading.answer(loaded, questions)
    if isinstance(found, Waiting):
        draw_waiting(found, "Counting was stopped; nothing is lost. Choose something else, or count on.", "Count again")
        state.keep_choices()
        st.stop()
    return found


def do(loaded: Keyed, what: Hashable, work: Work) -> Any:
    """Return what long work gives (see `loading.work_out`). Until it is there, draw how far it is and stop the page."""
    found = loading.work_out(loaded, what, work)
    if isinstance(found, Waiting):
        draw_waiting(found, "This was stopped; nothing is lost. Choose something else, or go on.", "Go on")
        state.keep_choices()
        st.stop()
    return found


def link(page: str, label: str, icon: str | None = None, key: str = "", **chosen: Any) -> None:
    """Draw a link to a page (the name of its file in views/), where `chosen` is then chosen: `cell=Slice(...)`.

    Where several links of a page choose the same, a `key` tells them apart.
    """
    target = VIEWS / f"{page}.py"
    if not chosen:
        st.page_link(target, label=label, icon=icon, query_params=state.address())
        return
    # What is bound to widgets cannot be handed on by the address: Streamlit drops it. So a button sets it first.
    key = key or "_".join(("link", page, *map(str, chosen.values())))
    if st.button(label, icon=icon, key=key, type="tertiary", on_click=state.pick, kwargs=chosen):
        st.switch_page(target, query_params=state.address())


# -- the sidebar ---------------------------------------------------------------------------------


def _draw_data(now: Loaded | ResultsError | Waiting | None) -> None:
    data = state.dataset()
    if data is None:
        st.caption("No data")
        return
    st.markdown(f"**{plain(data.title, 60)}**")
    if isinstance(now, ResultsError):
        st.caption(f":material/block: {count(_stops(now.findings), 'problem')} to mend")
    elif isinstance(now, Waiting):
        st.caption("not read" if now.job is None else "being read")
    elif now is not None:
        read, used = now.results.receipts[0].rows_read, len(now.results)
        rows = count(used, "row") if used == read else f"{used:,} of {count(read, 'row')}"
        worth = sum(f.severity == "warn" for f in now.results.findings)
        asked = len(now.results.questions)
        said = [rows, count(worth, "finding")] + ([count(asked, "open question")] if asked else [])
        st.caption(" · ".join(said))
    if data.kind == "upload":
        st.caption(f":material/lock: yours until {until(data)}")


def until(data: Dataset) -> str:
    """When an upload is deleted by itself."""
    return f"{datetime.fromtimestamp(data.ends, UTC):%d %B, %H:%M} UTC"


def _stops(findings: Iterable[Finding]) -> int:
    return sum(f.severity == "stop" for f in findings)


def _choose_system(loaded: Loaded) -> None:
    names = list(loaded.systems)
    if len(names) > 1:
        st.selectbox("Model", names, key="system", bind=BIND, format_func=str)


def _choose_metric(loaded: Loaded) -> None:
    metrics = loaded.metrics
    names, titles = list(metrics), _titles(metrics)
    first = state.first_metric(loaded)
    if state.recall("metric") == state.recall("first_metric", first) != first:
        state.pick(metric=first)  # it was not chosen: a label has come, and another metric says more
    state.remember("first_metric", first)
    chosen = st.selectbox(
        "Metric", names, index=names.index(first), key="metric", bind=BIND, format_func=lambda n: titles.get(n, str(n))
    )
    if chosen in metrics:
        st.caption(plain(metrics[chosen].meaning, 300))


def _titles(metrics: Mapping[str, Metric]) -> dict[str, str]:
    """Titles of metrics, with the name where two would look the same (the address holds them)."""
    titles = [m.title for m in metrics.values()]
    return {n: m.title if titles.count(m.title) == 1 else f"{m.title} ({n})" for n, m in metrics.items()}


def _type_filter(now: Loaded | ResultsError | Waiting | None) -> None:
    data = state.dataset()
    if data is None:
        return
    st.text_input(
        "Only rows where",
        value=data.schema.where or "",
        key="where",
        bind=BIND,
        placeholder="age >= 25 and region = 'north'",
        help="A condition on the columns of the file. All numbers on all pages are then of these rows only. "
        "Signs: = != < <= > >=, in \\[a, b\\], and, or, not, brackets, quotes.",
    )
    if isinstance(now, ResultsError) and state.filter_text():
        for finding in [f for f in now.findings if f.severity == "stop"][:2]:
            st.error(plain(on_screen(f"{begin_sentence(finding.where)} {finding.found} {finding.cure}"), 400))


def _choose_confidence() -> None:
    st.radio(
        "Confidence of intervals",
        state.CONFIDENCES,
        index=state.CONFIDENCES.index(0.95),
        key="confidence",
        bind=BIND,
        horizontal=True,
        format_func=lambda share: f"{share:.0%}",
    )


def _choose_least() -> None:
    st.number_input(
        "Fewest rows to judge a group by",
        min_value=1,
        max_value=state.MOST_LEAST,
        value=30,
        key="least",
        bind=BIND,
        help="Groups with fewer rows (in the denominator of the metric) are shown in grey and left out of gaps.",
    )


# -- the row of controls on a page ---------------------------------------------------------------


def choose(
    loaded: Loaded, *, by: bool = False, baseline: bool = False, compare: bool = False, most_axes: int = 3
) -> View:
    """Draw the controls a page asks for in one row, and return everything that is chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if by:
            _choose_axes(loaded, most_axes)
        if baseline:
            _choose_baseline(loaded)
        if compare:
            _choose_comparison()
    return state.current_view(loaded)


def choose_cell(loaded: Loaded, slices: Sequence[Slice]) -> Slice:
    """Draw the select box that opens a slice without a mouse, and return the slice (everyone if none is chosen)."""
    texts = [str(s) for s in slices]
    chosen = st.selectbox("Look into", texts, index=None, key="cell", bind=BIND, placeholder="Choose a group")
    return Slice.parse(chosen) if chosen in texts else Slice()


def _choose_axes(loaded: Loaded, most: int) -> None:
    st.multiselect(
        "Groups by",
        [*families_of(loaded.axes), *(a.name for a in loaded.axes)],
        key="by",
        bind=BIND,
        max_selections=most,
        placeholder="each attribute alone",
        help="Choose several to see where they meet, such as sex and age.",
    )


def _choose_baseline(loaded: Loaded) -> None:
    st.selectbox(
        "Compared with",
        state.baselines(loaded),
        key="baseline",
        bind=BIND,
        format_func=lambda name: _BASELINES.get(name, name),
    )


def _choose_comparison() -> None:
    st.radio(
        "Compared by",
        state.COMPARISONS,
        key="compare",
        bind=BIND,
        horizontal=True,
        format_func=lambda kind: _COMPARISONS[kind],
    )


# -- samples -------------------------------------------------------------------------------------


def offer_samples() -> None:
    """Draw the samples as cards, each with a button that puts it on screen."""
    with st.grid(4, min_column_width=200):
        for sample in SAMPLES.values():
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{sample.title}**")
                st.caption(sample.says)
                st.button(
                    f"Open {sample.title.lower()}",
                    key=f"sample_{sample.name}",
                    on_click=state.show_anew,
                    args=(sample.name,),
                )
