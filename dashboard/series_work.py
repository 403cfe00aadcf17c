"""The answers of the Over time page, worked out beside it: the series, its values and gaps, and what has changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls, loading, state
from dashboard.over_time_controls import ByColumn, ByFiles
from dashboard.view import Loaded, View
from dashboard.words import on_screen, plain
from metrics.errors import Finding, QuestionError
from metrics.families import leave_out_rest
from metrics.progress import Tell
from metrics.series.left import first_left
from metrics.series.over_time import over_time
from metrics.series.periods import cut_by_period, read_periods
from metrics.series.sets import Series, line_up
from metrics.two_sets.changes import compare_sets
from metrics.two_sets.gaps import compare_set_gaps

__all__ = ["Answer", "ask"]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a series says: `changes` and `gap_changes` are from the first to the last set, None where there is one."""

    series: Series
    values: pd.DataFrame
    gaps: pd.DataFrame
    left: pd.DataFrame
    changes: pd.DataFrame | None
    gap_changes: pd.DataFrame | None
    findings: tuple[Finding, ...]
    is_open: bool  # days and months may be the other way round

    @property
    def ends(self) -> tuple[str, str]:
        """The names of the first and the last set in time."""
        timed = self.series.in_time
        return timed[0].name, timed[-1].name


def ask(loaded: Loaded, view: View, source: ByColumn | ByFiles, limit: float | None) -> Answer:
    """Return what the series says. Until it is there, draw how far it is and stop the page.

    Where it cannot be had, say why and stop the page.
    """
    about = source if isinstance(source, ByColumn) else source.key
    key = ("over time", about, view.groupings, view.metric, view.system, view.baseline, limit)
    key += (view.confidence, view.min_units)  # type: ignore[assignment]
    found = controls.do(loaded, key, partial(_work, loaded, view, source, limit))
    if isinstance(found, QuestionError):
        st.error(plain(on_screen(str(found)), 900), icon=":material/block:")
        state.keep_choices()
        st.stop()
    answer: Answer = found
    return answer


def _work(
    loaded: Loaded, view: View, source: ByColumn | ByFiles, limit: float | None, tell: Tell
) -> Answer | QuestionError:
    """Do the work. What cannot be asked of the sets is an answer, too."""
    try:
        return _answer(loaded, view, source, limit, tell)
    except QuestionError as error:
        return error


def _answer(loaded: Loaded, view: View, source: ByColumn | ByFiles, limit: float | None, tell: Tell) -> Answer:
    findings: tuple[Finding, ...] = ()
    is_open = False
    tell("Putting the sets in order", 0.0)
    if isinstance(source, ByColumn):
        table = loading.tables(loaded.dataset, loaded.results.schema.file)[0]
        periods = read_periods(table, source.column, source.every, source.order)
        series, is_open = cut_by_period(loaded.scored, periods), periods.is_open
    else:
        series, findings = line_up(source.sets), source.findings
    series = series.only(view.system if view.system in series.systems or len(series.systems) > 1 else series.systems[0])
    tell("Measuring every set", 0.2)
    asked, metrics = view.groupings, [view.metric]
    values, gaps = over_time(
        series,
        asked,
        metrics,
        baseline=view.baseline,
        limit=limit,
        confidence=view.confidence,
        min_units=view.min_units,
    )
    values, gaps = (leave_out_rest(frame, series.axes) for frame in (values, gaps))
    tell("Comparing the first with the last", 0.8)
    changes, gap_changes = _compare_ends(series, view, limit)
    return Answer(series, values, gaps, first_left(gaps), changes, gap_changes, (*findings, *series.findings), is_open)


def _compare_ends(series: Series, view: View, limit: float | None) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    if len(series.in_time) < 2:
        return None, None
    ends = series.pair()
    if view.metric not in ends.metrics:
        return None, None
    axes = {a.name for a in ends.axes} | {a.family for a in ends.axes}
    by = view.groupings
    if by is not None and not axes.issuperset(by[0]):
        return None, None
    changes = compare_sets(
        ends, by, [view.metric], confidence=view.confidence, min_units=view.min_units, target_gap=limit
    )
    gap_changes = compare_set_gaps(
        ends, by, [view.metric], baseline=view.baseline, confidence=view.confidence, min_units=view.min_units
    )
    return leave_out_rest(changes, ends.axes), leave_out_rest(gap_changes, ends.axes)
