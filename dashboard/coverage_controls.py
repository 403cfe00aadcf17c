"""The widgets of the Coverage page, and what they ask of the data."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import streamlit as st

from dashboard import controls, state
from dashboard.finding_list import begin_sentence
from dashboard.numbers import whole
from dashboard.page_controls import metric_of
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import on_screen, plain
from metrics.coverage import Covered, Covering, cover
from metrics.cube import Cube
from metrics.errors import QuestionError, ResultsError
from metrics.estimate import estimate
from metrics.exclusions import AxisLevels
from metrics.predicates import Predicate, parse_predicate
from metrics.progress import Tell

__all__ = ["choose_covering", "cover_data", "type_rules"]

_ATTRIBUTES = "Attributes"
_DEEPEST, _DEPTH, _MOST_LEAST, _POINTS = 3, 2, 100_000, 5.0
_MOST_RULES, _LONGEST_RULES, _MOST_REFUSED = 50, 4000, 5


def choose_covering(loaded: Loaded, view: View) -> Covering:
    """Draw the choice of what is to be covered; the metric and the usual minimum are those of the sidebar."""
    names = [a.name for a in loaded.axes]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            _ATTRIBUTES,
            names,
            key="coverage_by",
            bind=BIND,
            placeholder="all attributes",
            help="Combinations are made of their levels. Saved slices take part only where you choose them.",
        )
        depth = st.number_input(
            "Levels together",
            min_value=1,
            max_value=_DEEPEST,
            value=_DEPTH,
            key="coverage_depth",
            bind=BIND,
            width=140,
            help="A combination is made of up to so many levels, such as sex = female and age < 25: those are two.",
        )
        least = st.number_input(
            "Enough from",
            min_value=1,
            max_value=_MOST_LEAST,
            value=None,
            key="coverage_least",
            bind=BIND,
            width=180,
            placeholder=f"{view.min_units} (usual)",
            help="A combination is covered that has so many of what the metric is a share of: of the false negative "
            "rate, so many positives.",
        )
        gap = _choose_gap(loaded, view)
    known = tuple(name for name in names if name in chosen)
    return Covering(
        by=known or tuple(a.name for a in loaded.axes if not a.saved),
        metrics=(view.metric,),
        depth=whole(depth, _DEPTH, 1, _DEEPEST),
        min_units=whole(least, view.min_units, 1, _MOST_LEAST),
        target_gap=gap,
        confidence=view.confidence,
    )


def _choose_gap(loaded: Loaded, view: View) -> float:
    """Draw the choice of the largest gap that would be called fair, and return it in the metric's own unit."""
    points = loaded.metrics[view.metric].unit == "share"
    first = _POINTS if points else _tenth(loaded, view)
    least = first / 1000
    typed = st.number_input(
        "Target gap (points)" if points else "Target gap",
        min_value=least,
        max_value=100.0 if points else None,
        value=first,
        step=0.5 if points else first / 10,
        format="%g",
        key="coverage_gap" if points else "coverage_gap_number",  # five points are no five minutes
        bind=BIND,
        width=160,
        help="The largest difference from everyone else that would be called fair. Where the interval is wider than "
        "that to either side, no model can be shown to keep within it.",
    )
    gap = float(typed) if typed is not None and math.isfinite(typed) and typed >= least else first
    return min(gap, 100.0) / 100 if points else gap


def _tenth(loaded: Loaded, view: View) -> float:
    """Return about a tenth of everyone's value, with one digit that counts: a gap to begin with."""
    metric = metric_of(loaded, view)
    table = estimate(loaded.of(view), [()], [view.metric])
    value = abs(float(table["value"].iloc[0])) if len(table) else math.nan
    rough = value / 10 if math.isfinite(value) and value > 0 else max(metric.bounds[1] / 10, 0.0)
    return float(f"{rough:.1g}") if math.isfinite(rough) and rough > 0 else 1.0


def type_rules(loaded: Loaded) -> tuple[Predicate, ...]:
    """Draw the box for what is impossible, one condition a line, with what is wrong in its place; return the others."""
    text = st.text_area(
        "Impossible combinations, one condition a line",
        key="coverage_rules",
        bind=BIND,
        max_chars=_LONGEST_RULES,
        height=90,
        placeholder="sex = male and pregnant = yes",
        help="Conditions are on the attributes and their levels. Signs: "
        "= != in \\[a, b\\], is missing, and, or, not, brackets. Names and levels that hold other signs stand in "
        "quotes.",
    )
    st.caption("Nothing counts as impossible, and may be asked for below, unless it is said here.")
    lines = [(number, line.strip()) for number, line in enumerate(str(text or "").splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line]
    rules, refused = [], 0
    for number, line in lines[:_MOST_RULES]:
        try:
            rules.append(_read_rule(loaded, line))
        except (ResultsError, QuestionError) as error:
            refused += 1
            if refused <= _MOST_REFUSED:
                _refuse(number, error)
    if refused > _MOST_REFUSED:
        st.caption(f"And {refused - _MOST_REFUSED} more lines that are no condition.")
    if len(lines) > _MOST_RULES:
        st.caption(f"Only the first {_MOST_RULES} lines are heeded; join some with “or”.")
    return tuple(rules)


def _read_rule(loaded: Loaded, line: str) -> Predicate:
    """Read a rule. Raises ResultsError for what is no condition, and for attributes and levels that are not there."""
    rule = parse_predicate(line)
    axes = {a.name: a for a in loaded.axes}
    rule.check_columns(axes)
    one = np.zeros(1, np.int64)
    rule.evaluate({name: AxisLevels(axes[name], one) for name in rule.columns}, 1)
    return rule


def _refuse(number: int, error: ResultsError | QuestionError) -> None:
    said = str(error)
    if isinstance(error, ResultsError):
        said = " ".join(begin_sentence(str(f)) for f in error.findings if f.severity == "stop")
    st.warning(plain(f"Line {number} is left out. {on_screen(said)}", 700), icon=":material/edit:")


def cover_data(loaded: Loaded, view: View, asked: Covering) -> Covered:
    """Return what the data cover, without the plan. Until it is there, draw how far it is and stop the page.

    Where it cannot be told (too many combinations, a metric that the data do not have), say why and stop the page.
    """
    done = controls.do(loaded, ("cover", asked, view.system), partial(_work, loaded.of(view)[0], asked))
    if isinstance(done, QuestionError | ResultsError):
        # Elsewhere --by is a choice of columns; here it is which of the attributes are combined.
        st.error(plain(on_screen(str(done).replace("--by", f"“{_ATTRIBUTES}”")), 900), icon=":material/block:")
        state.keep_choices()
        st.stop()
    covered: Covered = done
    return covered


def _work(cube: Cube, asked: Covering, tell: Tell) -> Covered | QuestionError | ResultsError:
    """Cover, without the plan, which takes longest. What cannot be asked of the data is an answer, too."""
    try:
        return cover(cube, asked, tell, plan=False)
    except (QuestionError, ResultsError) as error:
        return error
