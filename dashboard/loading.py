"""Reading, scoring and counting the data on screen, and asking them: each once, however many ask, beside the page."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from dashboard import state
from dashboard.corrections import Preview, preview
from dashboard.datasets import Dataset, find_dataset
from dashboard.jobs import Jobs, Work
from dashboard.view import Loaded
from dashboard.waiting import Waiting, await_work
from dashboard.workspace import DataFile, Workspace, hours_to_live
from metrics.cube import Cubes, count_cells
from metrics.errors import ResultsError
from metrics.progress import SILENT, Progress, Tell
from metrics.reading import read_table
from metrics.reading.limits import Limits
from metrics.reading.table import Table
from metrics.results import Results, read_results
from metrics.schema import FileOptions, Schema
from metrics.scored import Scored, score

__all__ = [
    "Keyed",
    "Question",
    "answer",
    "begin",
    "current",
    "drop",
    "forget",
    "hold_to_filter",
    "load",
    "look",
    "read_anew",
    "tables",
    "work_out",
]

Question = partial[pd.DataFrame]  # such as partial(estimate, cubes, None, ["accuracy"], confidence=0.95)

_DOING = {
    "estimate": "Measuring every group",
    "compare": "Comparing the groups",
    "spread": "Working out what chance alone would do",
    "criteria": "Checking the criteria",
    "judge_systems": "Comparing two models",
    "trade_offs": "Comparing all models",
    "compare_sets": "Comparing the two sets",
    "compare_set_gaps": "Comparing the gaps of the two sets",
    "compare_coverage": "Counting the combinations of both sets",
    "decompose": "Telling mix and model apart",
    "measure_shift": "Working out what chance alone would shift",
}
_MOST_ANSWERS = 300_000_000  # bytes of all answers that are kept
_WAITS, _FILTER = "waits", "filter"


def begin() -> Loaded | ResultsError | Waiting | None:
    """Return what `current` gives, at the beginning of a run: the whole of the run then holds to it."""
    state.remember(_WAITS, False)
    state.remember(_FILTER, state.rows_told())
    now = current()
    state.remember(_WAITS, isinstance(now, Waiting))
    return now


def current() -> Loaded | ResultsError | Waiting | None:
    """Return the data on screen, why they cannot be used, how far they are, or None where there are none."""
    try:
        data = find_dataset(state.dataset_id(), Workspace.at_home())
    except ResultsError as error:
        return error
    if data is None:
        return None
    found = load(data)
    if state.recall(_WAITS, False) and not isinstance(found, Waiting):
        st.rerun()  # it has come while the page was being drawn, whose sidebar does not know it yet
    return found


def hold_to_filter() -> None:
    """Begin the run anew where drawing the field of the filter has changed it: the address may say another."""
    if state.recall(_FILTER) != state.rows_told():
        st.rerun()


def load(data: Dataset) -> Loaded | ResultsError | Waiting:
    """Read, score and count data; return them, why they (or the filter) cannot be used, or how far they are."""
    key, work = _reading(data)
    try:
        found = await_work(_answers(), key, work)
    except ResultsError as error:
        return error
    return found if isinstance(found, Waiting | ResultsError) else Loaded(key, data, *found)


class Keyed(Protocol):
    """Data that can be asked: whatever says what its numbers hang on."""

    @property
    def key(self) -> Hashable: ...


def answer(loaded: Keyed, questions: Sequence[Question]) -> list[pd.DataFrame] | Waiting:
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


def work_out(loaded: Keyed, what: Hashable, work: Work) -> Any | Waiting:
    """Return what long work on the rows gives, which hangs on the data and `what` alone; the last few are kept."""
    return await_work(_works(), (loaded.key, what), work)


def read_beside(loaded: Loaded, data: Dataset, work: Work) -> Any | Waiting:
    """Return what reading other data as those on screen gives; it hangs on the two alone, and many are kept."""
    return await_work(_sets(), (loaded.key, data.key), work)


def tables(data: Dataset, options: FileOptions, progress: Progress = SILENT) -> list[Table]:
    """Return the files as they were read, nothing interpreted. Raises ResultsError where one cannot be read.

    Corrections of roles and definitions read these again, not the files; rows are found in them by position.
    """
    alike = replace(options, header_row=None, sheet=None, encoding=None, delimiter=None)
    return [
        _tables().do(
            (file.sha256, file.name, how, data.limits),
            partial(_read_one, file, how, data.limits),
            progress.nth(number, len(data.files)),
        )
        for number, (file, how) in enumerate(zip(data.files, chain([options], repeat(alike)), strict=False))
    ]


def reader(loaded: Loaded) -> Callable[[Schema], Results]:
    """Return what reads the same rows again under another schema, beside a page."""
    data = loaded.dataset

    def read(schema: Schema) -> Results:
        first, *others = tables(data, schema.file)
        return read_results(first, schema, join=others, limits=data.limits, open_files=False)

    return read


def look(data: Dataset, options: FileOptions) -> Preview:
    """Return the first rows of the first file."""
    return preview(tables(data, options)[0])


def read_anew(data: Dataset) -> Waiting | None:
    """Return how far the reading of the first file is where it is not at hand any more, None where it is."""
    file, how = data.files[0], data.schema.file
    work = partial(_read_one, file, how, data.limits)
    try:
        found = await_work(_tables(), (file.sha256, file.name, how, data.limits), work)
    except ResultsError:
        return None  # who asks for the table is told
    return found if isinstance(found, Waiting) else None


def drop(data: Dataset) -> None:
    """Forget everything that was read and counted of the data."""
    for kept in (_answers(), _questions(), _works(), _sets()):
        kept.drop(partial(_hangs_on, data.key))
    _tables().drop(lambda key: key[0] in {f.sha256 for f in data.files})


def forget(key: Hashable) -> None:
    """Forget every answer that hangs on what has this key."""
    for kept in (_questions(), _works()):
        kept.drop(partial(_hangs_on, key))


def _hangs_on(data: Hashable, key: Hashable) -> bool:
    """Say whether what a key stands for was made of these data, alone or beside others."""
    return key == data or (isinstance(key, tuple) and any(_hangs_on(data, part) for part in key))


# Kept by what the content hangs on, never by a frame or a name: whoever has the key has the data.
@st.cache_resource(show_spinner=False)
def _answers() -> Jobs:
    return Jobs(keep=8, seconds=hours_to_live() * 3600)


@st.cache_resource(show_spinner=False)
def _tables() -> Jobs:
    return Jobs(keep=6, seconds=900)


@st.cache_resource(show_spinner=False)
def _questions() -> Jobs:
    return Jobs(keep=60, seconds=3600, weigh=_weigh_tables, most=_MOST_ANSWERS)


def _weigh_tables(tables: list[pd.DataFrame]) -> int:
    return sum(int(table.memory_usage().sum()) for table in tables)


@st.cache_resource(show_spinner=False)
def _works() -> Jobs:
    return Jobs(keep=12, seconds=900)


@st.cache_resource(show_spinner=False)
def _sets() -> Jobs:
    return Jobs(keep=2 * state.MOST_SETS, seconds=900)


def _reading(data: Dataset) -> tuple[Hashable, Work]:
    """Return the work of reading, scoring and counting, and the key of what it gives."""
    schema = replace(data.schema, where=state.filter_text() or data.schema.where)
    return (data.key, schema.digest, data.limits), lambda tell: _read(data, schema, tell)


def _read(data: Dataset, schema: Schema, tell: Tell) -> tuple[Results, tuple[Scored, ...], Cubes] | ResultsError:
    """Do the work. What is wrong with a file is an answer, too, and kept like one."""
    whole = Progress(tell)
    try:
        first, *others = tables(data, schema.file, whole.part(0, 0.3))
        results = read_results(
            first, schema, join=others, limits=data.limits, open_files=False, progress=whole.part(0.3, 0.9)
        )
        whole("Telling right from wrong", 0.9)
        scored = score(results)
    except ResultsError as error:
        return error
    whole("Counting", 0.97)
    return results, scored, count_cells(scored)


def _read_one(file: DataFile, options: FileOptions, limits: Limits, tell: Tell) -> Table:
    """Read a file; of a large upload what was read is kept, so that a later session, or another process, has it."""
    home = Workspace.at_home()
    if (kept := home.read_coded(file, options, limits)) is not None:
        return kept
    table = read_table(file.path, options, limits, file.name, progress=tell)
    home.keep_coded(file, options, limits, table)
    return table
