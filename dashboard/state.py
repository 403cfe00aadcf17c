"""What is on screen: the data and one frozen `View` of it. Nothing else touches session state or the address.

How to write a page
-------------------
A page is a script in `dashboard/views/`, listed in `dashboard/app.py`. It reads like its table of contents::

    import streamlit as st

    from dashboard import controls, state
    from dashboard.charts.intervals import draw_intervals
    from dashboard.words import plain
    from metrics import estimate

    st.title("How well does each group fare?")
    loaded = controls.need_data("the groups, worst first, each with its interval")
    view = controls.choose(loaded, by=True, baseline=True)
    frame = estimate(loaded.of(view), by=view.groupings, metrics=[view.metric],
                     confidence=view.confidence, min_units=view.min_units)
    st.plotly_chart(draw_intervals(frame, loaded.metrics[view.metric]), key="slices_chart", alt="...")

- `controls.need_data(what)` gives a `Loaded`, or draws the empty (or the error) state and stops the page.
- `loaded.cubes` are the cubes of every system, `loaded.of(view)` those of the chosen one, `loaded.results` and
  `loaded.scored` the rows. Questions asked of a cube take milliseconds.
- Where clusters are many, questions take seconds: `controls.ask(loaded, partial(estimate, ...), ...)` gives the
  answers, and until they are there shows how far they are instead of the rest of the page.
- `controls.choose(loaded, by=..., baseline=..., compare=...)` draws the page's own row of controls and gives
  the `View`; the sidebar (data, system, metric, filter, confidence, minimum) is drawn by `app.py`.
- A widget of one page: put a function into `controls.py` with a key that starts with the page's name (`rows_outcome`)
  and `bind=state.BIND`; its value comes back checked against the data. F5 then shows the same.
- The cell that Disparities and Rows speak of is `view.cell`, a `Slice`, and `view.metric`; a click on a chart calls
  `state.pick(cell=..., metric=...)` in its `on_select` callback (before the widgets are drawn), the select boxes of
  `controls.choose_cell` are its keyboard twin.
- Links between pages: `controls.link("rows", "Rows behind this cell", cell=slice)`.
- Text from a file enters a sentence or a label only through `words.plain`. `state.theme()` has the colours of charts.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st
from streamlit.errors import StreamlitAPIException

from dashboard.charts.palette import Theme, choose_theme
from dashboard.corrections import Preview, preview
from dashboard.datasets import OPENED, Dataset, correct, find_dataset, is_opened
from dashboard.jobs import Cancelled, Job, Jobs, Work
from dashboard.workspace import Workspace, hours_to_live
from metrics.cube import Cubes, count_cells
from metrics.errors import QuestionError, ResultsError
from metrics.progress import Progress, Tell
from metrics.reading import read_table
from metrics.reading.limits import Limits
from metrics.reading.table import Table
from metrics.registry import Metric
from metrics.results import Results, read_results
from metrics.schema import FileOptions, Schema
from metrics.scored import Axis, Scored, score
from metrics.slices import Slice

__all__ = ["BIND", "Loaded", "View", "current", "current_view", "dataset", "load", "pick", "theme"]

BIND: Literal["query-params"] = "query-params"  # the value of a widget stands in the address under its key

BASELINES = ("rest", "overall", "largest", "best")
COMPARISONS = ("difference", "ratio")
CONFIDENCES = (0.9, 0.95, 0.99)
FIRST_SAMPLE = "lending"

Question = partial[pd.DataFrame]  # such as partial(estimate, cubes, None, ["accuracy"], confidence=0.95)

_DOING = {
    "estimate": "Measuring every group",
    "compare": "Comparing the groups",
    "spread": "Working out what chance alone would do",
    "criteria": "Checking the criteria",
}
PATIENCE = 0.3  # seconds: work that takes less is not worth a word
_DATA = "data"
_STOPPED, _ME, _WAITS = "stopped", "me", "waits"


# -- the data ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Loaded:
    """Data that can be asked: as they were read, scored and counted."""

    key: Hashable  # what the numbers hang on
    dataset: Dataset
    results: Results
    scored: tuple[Scored, ...]
    cubes: Cubes

    @property
    def metrics(self) -> dict[str, Metric]:
        return self.cubes.metrics

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self.cubes.axes

    @property
    def systems(self) -> tuple[str | None, ...]:
        return self.cubes.systems

    def of(self, view: View) -> Cubes:
        """The cubes of the chosen system only."""
        return self.cubes.only(view.system)

    def scored_of(self, view: View) -> Scored:
        """The scored rows of the chosen system."""
        return next(s for s in self.scored if s.system == view.system)


@dataclass(frozen=True, eq=False)
class Waiting:
    """Work that is not done: `job` runs, or somebody here has stopped it (None)."""

    key: Hashable
    job: Job | None

    @property
    def is_over(self) -> bool:
        return self.job is None or self.job.is_over


def workspace() -> Workspace:
    return Workspace.at_home()


def dataset_id() -> str:
    """Return the id of the data on screen: the address's, else the session's, else what the command opened."""
    asked = st.query_params.get(_DATA) or st.session_state.get(_DATA) or _first()
    show(asked)
    return str(asked)


def dataset() -> Dataset | None:
    """Return the data on screen, None where the address leads to nothing (any more) that can be opened."""
    try:
        return find_dataset(dataset_id(), workspace())
    except ResultsError:
        return None


def show(address: str) -> None:
    """Put other data on screen. The address then says so, and F5 and a second tab show the same."""
    st.session_state[_DATA] = address
    if st.query_params.get(_DATA) != address:
        st.query_params[_DATA] = address


def show_anew(address: str) -> None:
    """Put other data on screen and leave behind what was chosen for the old ones (from a callback)."""
    if address != st.session_state.get(_DATA) and "where" in st.session_state:
        st.session_state["where"] = ""
    show(address)


def begin() -> Loaded | ResultsError | Waiting | None:
    """Return what `current` gives, at the beginning of a run: the whole of the run then holds to it."""
    remember(_WAITS, False)
    now = current()
    remember(_WAITS, isinstance(now, Waiting))
    return now


def current() -> Loaded | ResultsError | Waiting | None:
    """Return the data on screen, why they cannot be used, how far they are, or None where there are none."""
    try:
        data = find_dataset(dataset_id(), workspace())
        if data is None:
            return None
        key, work = _reading(data)
        answer = await_work(_answers(), key, work)
        if recall(_WAITS, False) and not isinstance(answer, Waiting):
            st.rerun()  # it has come while the page was being drawn, whose sidebar does not know it yet
        return answer if isinstance(answer, Waiting | ResultsError) else Loaded(key, data, *answer)
    except ResultsError as error:
        return error


def load(data: Dataset) -> Loaded:
    """Read, score and count the data, or find that done already, however long it takes.

    Raises ResultsError with every finding where they cannot be used, or where the filter cannot.
    """
    with st.spinner("Reading and counting ..."):
        key, work = _reading(data)
        answer = _answers().do(key, work, lambda words, share: None)
    if isinstance(answer, ResultsError):
        raise answer
    return Loaded(key, data, *answer)


def await_work(jobs: Jobs, key: Hashable, work: Work) -> Any:
    """Return what the work gives, or a `Waiting` where that takes longer than a moment or was stopped here.

    The work runs beside the page and touches nothing of it; whoever asks for the same waits for the same.
    """
    if key in recall(_STOPPED, ()):
        return Waiting(key, None)
    job = jobs.start(key, work)
    job.attend(_me())
    if not job.wait(max(0.0, PATIENCE - job.age)):
        return Waiting(key, job)
    jobs.settle(key, job)
    try:
        return job.result()
    except Cancelled:
        return Waiting(key, None)


def attend(waiting: Waiting) -> None:
    """Say that this person still waits."""
    if waiting.job is not None:
        waiting.job.attend(_me())


def stop_waiting(waiting: Waiting) -> None:
    """Stop the work, unless others wait for it too; this person is shown it no longer."""
    remember(_STOPPED, {*recall(_STOPPED, ()), waiting.key})
    if waiting.job is not None:
        waiting.job.leave(_me())


def begin_again(waiting: Waiting) -> None:
    """Take up work that was stopped."""
    remember(_STOPPED, {*recall(_STOPPED, ())} - {waiting.key})


def keep_choices() -> None:
    """Keep what is chosen in widgets that cannot be drawn while data are read: Streamlit forgets it otherwise."""
    for key, value in list(st.session_state.items()):
        texts = isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value)
        plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        if (plain or texts) and not str(key).startswith(("where", "drop")):
            with suppress(StreamlitAPIException):  # it is drawn already, and so not forgotten
                st.session_state[key] = value


def _me() -> str:
    """Who waits: this session, by a name that means nothing."""
    if _ME not in st.session_state:
        remember(_ME, secrets.token_hex(8))
    return str(recall(_ME))


def forget(data: Dataset) -> None:
    """Delete an upload: its folder, and what was kept of it in memory."""
    workspace().delete(data.id)
    _answers().drop(lambda key: key[0] == data.key)
    _questions().drop(lambda key: key[0][0] == data.key)
    _tables().drop(lambda key: key[0] in {f.sha256 for f in data.files})
    remember("drops", recall("drops", 0) + 1)  # a new drop zone: the old one still holds the files
    show_anew(_first())


def correct_schema(data: Dataset, schema: Schema) -> None:
    """Keep a corrected schema; samples and the opened file get an address of their own with it."""
    show(correct(data, schema, workspace()).id)


def upload(sources: list[tuple[str, Any]], schema: Schema, most_bytes: int) -> None:
    """Keep uploaded files and put them on screen.

    What the same drop zone kept before is deleted; its corrections stay where a further file has come to the first.
    """
    kept = workspace().keep(sources, schema, most_bytes)
    before = find_dataset(recall("dropped", ""), workspace())
    if before is not None and before.kind == "upload":
        if schema == Schema() and before.files[0].sha256 == kept.files[0].sha256:
            workspace().save_schema(kept.id, before.schema)
        workspace().delete(before.id)
    remember("dropped", kept.id)
    show_anew(kept.id)


def drop_key() -> str:
    """The key of the drop zone, a new one after each deletion."""
    return f"drop_{recall('drops', 0)}"


def _first() -> str:
    return OPENED if is_opened() else FIRST_SAMPLE


# Kept by what the content hangs on, never by a frame or a name: whoever has the key has the data.
@st.cache_resource(show_spinner=False)
def _answers() -> Jobs:
    return Jobs(keep=8, seconds=hours_to_live() * 3600)


@st.cache_resource(show_spinner=False)
def _tables() -> Jobs:
    return Jobs(keep=6, seconds=900)


@st.cache_resource(show_spinner=False)
def _questions() -> Jobs:
    return Jobs(keep=60, seconds=3600)


def answer(loaded: Loaded, questions: Sequence[Question]) -> list[pd.DataFrame] | Waiting:
    """Return the answer to each question: mostly at once, but with very many clusters it takes a while."""
    asked = tuple((q.func.__name__, q.args[0].systems, repr(q.args[1:]), repr(q.keywords)) for q in questions)

    def work(tell: Tell) -> list[pd.DataFrame]:
        answers = []
        for number, question in enumerate(questions):
            tell(_DOING.get(question.func.__name__, "Counting"), number / len(questions))
            answers.append(question())
        return answers

    found = await_work(_questions(), (loaded.key, asked), work)
    # Others are given the same tables: what a page does to its own must not reach them.
    return found if isinstance(found, Waiting) else [frame.copy() for frame in found]


def _reading(data: Dataset) -> tuple[Hashable, Work]:
    """Return the work of reading, scoring and counting, and the key of what it gives."""
    schema = replace(data.schema, where=filter_text() or data.schema.where)
    return (data.key, schema.digest, data.limits), lambda tell: _read(data, schema, tell)


def _read(data: Dataset, schema: Schema, tell: Tell) -> tuple[Results, tuple[Scored, ...], Cubes] | ResultsError:
    """Do the work. What is wrong with a file is an answer, too, and kept like one."""
    whole = Progress(tell)
    try:
        first, *others = _read_tables(data, schema.file, whole.part(0, 0.3))
        results = read_results(first, schema, join=others, limits=data.limits, progress=whole.part(0.3, 0.9))
        whole("Telling right from wrong", 0.9)
        scored = score(results)
    except ResultsError as error:
        return error
    whole("Counting", 0.97)
    return results, scored, count_cells(scored)


def tables(data: Dataset, options: FileOptions) -> list[Table]:
    """Return the files as they were read, nothing interpreted. Raises ResultsError where one cannot be read.

    Corrections of roles and definitions read these again, not the files; rows are found in them by position.
    """
    return _read_tables(data, options, Progress())


def read_anew(data: Dataset) -> Waiting | None:
    """Return how far the reading of the first file is where it is not at hand any more, None where it is."""
    file, how = data.files[0], data.schema.file
    work = partial(_read_one, file.path, how, data.limits, file.name)
    try:
        found = await_work(_tables(), (file.sha256, file.name, how, data.limits), work)
    except ResultsError:
        return None  # who asks for the table is told
    return found if isinstance(found, Waiting) else None


def _read_tables(data: Dataset, options: FileOptions, progress: Progress) -> list[Table]:
    alike = replace(options, header_row=None, sheet=None, encoding=None, delimiter=None)
    return [
        _tables().do(
            (file.sha256, file.name, how, data.limits),
            partial(_read_one, file.path, how, data.limits, file.name),
            progress.nth(number, len(data.files)),
        )
        for number, (file, how) in enumerate(zip(data.files, chain([options], repeat(alike)), strict=False))
    ]


def _read_one(path: Path, options: FileOptions, limits: Limits, name: str, tell: Tell) -> Table:
    return read_table(path, options, limits, name, progress=tell)


def look(data: Dataset, options: FileOptions) -> Preview:
    """Return the first rows of the first file."""
    return preview(tables(data, options)[0])


# -- the view ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """Everything that was chosen: what the sidebar holds for every page, then what pages share.

    `by` are the attributes that groups are formed by, together; empty: each attribute alone.
    `baseline` is rest, overall, largest, best or the text of a slice. `cell` is the slice looked into.
    """

    data: str
    metric: str
    system: str | None = None
    where: str = ""
    confidence: float = 0.95
    min_units: int = 30
    by: tuple[str, ...] = ()
    baseline: str = "rest"
    compare: Literal["difference", "ratio"] = "difference"
    cell: Slice = field(default_factory=Slice)

    @property
    def groupings(self) -> list[tuple[str, ...]] | None:
        """`by` as `estimate`, `compare` and `spread` take it."""
        return [self.by] if self.by else None


def current_view(loaded: Loaded) -> View:
    """Return what is chosen, every choice checked against the data: browsers can send anything."""
    metrics, axes = loaded.metrics, {a.name for a in loaded.axes}
    metric = _chosen("metric", metrics, first_metric(loaded))
    by = st.session_state.get("by") or ()
    return View(
        data=loaded.dataset.id,
        metric=metric,
        system=_chosen("system", loaded.systems, loaded.systems[0]),
        where=filter_text(),
        confidence=_chosen("confidence", CONFIDENCES, 0.95),
        min_units=max(1, int(st.session_state.get("least") or 30)),
        by=tuple(a for a in by if a in axes),
        baseline=_chosen("baseline", baselines(loaded), "rest"),
        compare=_chosen("compare", COMPARISONS, "difference"),
        cell=_cell(loaded),
    )


def filter_text() -> str:
    """The filter typed in the sidebar; empty where the data's own schema decides."""
    return str(st.session_state.get("where") or st.query_params.get("where") or "").strip()


def first_metric(loaded: Loaded) -> str:
    """Return the metric to begin with: wrong refusals where they are defined, else the first error rate."""
    metrics = loaded.metrics
    if "false_rejection_rate" in metrics:
        return "false_rejection_rate"
    return next((name for name, m in metrics.items() if m.better == "lower" and m.unit == "share"), next(iter(metrics)))


def baselines(loaded: Loaded) -> list[str]:
    """Return what a slice can be compared with: the four of every file, then every level of every attribute."""
    levels = [str(Slice(((axis.name, level),))) for axis in loaded.axes for level in axis.levels]
    return [*BASELINES, *levels]


def pick(**chosen: Any) -> None:
    """Set choices (`cell=Slice(...)`, `metric=...`, `by=("sex",)`) in a callback or before widgets are drawn."""
    for key, value in chosen.items():
        if isinstance(value, Slice):
            value = None if value == Slice() else str(value)
        st.session_state[key] = list(value) if isinstance(value, tuple) else value


def open_cell(cell: Slice) -> None:
    """Look into a slice on a page without the box for it; the address then says so."""
    pick(cell=cell)
    if not cell.levels:
        st.query_params.pop("cell", None)
    elif st.query_params.get("cell") != str(cell):
        st.query_params["cell"] = str(cell)


def recall(key: str, default: Any = None) -> Any:
    """Return the value of a widget by its key, such as the selection of a chart."""
    return st.session_state.get(key, default)


def remember(key: str, value: Any) -> None:
    """Keep something for this session only, under a key of no widget."""
    st.session_state[key] = value


def address() -> dict[str, str]:
    """Return what a link to another page must name: the data. All else is bound to widgets and comes along."""
    return {_DATA: dataset_id()}


def theme() -> Theme:
    """Return the colours to draw with in the theme on screen."""
    return choose_theme(st.context.theme.type)


def _chosen(key: str, legal: Any, default: Any) -> Any:
    value = st.session_state.get(key, default)
    return value if value in legal else default


def _cell(loaded: Loaded) -> Slice:
    text = st.session_state.get("cell") or st.query_params.get("cell") or ""
    try:
        cell = Slice.parse(str(text)) if text else Slice()
    except (QuestionError, ValueError):
        return Slice()
    levels: Mapping[str, Any] = {a.name: (*a.levels, a.level(len(a.levels))) for a in loaded.axes}
    legal: Callable[[str, str], bool] = lambda axis, level: level in levels.get(axis, ())  # noqa: E731
    return cell if all(legal(a, v) for a, v in cell.items()) else Slice()
