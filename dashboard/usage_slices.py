"""The panels of the Feature usage page for a file of results: features by slices."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard import controls, loading, state
from dashboard.amounts_panel import show_amounts
from dashboard.charts.format import tidy
from dashboard.charts.importance import lay_attribution, lay_importance
from dashboard.charts.usage import lay_findings
from dashboard.page_controls import choose_one
from dashboard.parts import say, say_limits, show_table
from dashboard.slice_finder_controls import MOST_FINDINGS, choose_search, search
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import on_screen, plain
from metrics.answers import name_slice
from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.formatting import format_percent
from metrics.progress import Progress, Tell
from metrics.reading.cells import cells_of
from metrics.usage import mark_features
from metrics.usage.attribution import find_attributions, measure_attribution
from metrics.usage.found import say_features
from metrics.usage.importance import LEAST_UNITS, Importance, measure_importance

__all__ = ["draw_data"]

_PANELS = {"found": "Slices found", "errors": "What errors hang on", "attribution": "Attributions in the file"}
_MOST_FEATURES = 40


def draw_data(loaded: Loaded) -> None:
    """Draw which features define the slices found, what errors hang on, and what attributions in the file say."""
    panel = choose_one("Show", _PANELS, "feature_usage_about")
    view = state.current_view(loaded)
    {"found": _draw_found, "errors": _draw_errors, "attribution": _draw_attribution}[panel](loaded, view)


def _draw_found(loaded: Loaded, view: View) -> None:
    asked = choose_search(loaded, view)
    searched = search(loaded, view, asked)
    slices, features = searched.findings, list(asked.attributes)
    say(say_features(slices, features, searched.found.searched))
    if not len(slices):
        levels = {a.name: len(a.levels) for a in loaded.axes}
        records = [(tidy(name), str(levels[name]), "0") for name in features]
        table = pd.DataFrame(records, columns=["feature", "levels searched", "findings"])
        show_table(table, key="feature_usage_none_table", alt="The features that were searched, none in a finding")
        return
    names = {s: str(i) for i, s in enumerate(slices["slice"], start=1)}
    amounts = lay_findings(mark_features(slices, features), names)
    about = (
        f"Up to {MOST_FINDINGS} different findings, the worst first; the level in the cell is what the slice asks for. "
        "Grey: features in no finding."
    )
    show_amounts(amounts, "feature_usage_found", about)
    st.markdown("\n".join(f"{number}. {plain(name_slice(s), 200)}" for s, number in names.items()))
    controls.link("slice_finder", "The findings themselves", icon=":material/troubleshoot:")


def _draw_errors(loaded: Loaded, view: View) -> None:
    by = _choose_axis(loaded, "feature_usage_errors_by")
    features = [a.name for a in loaded.axes if not a.saved][:_MOST_FEATURES]
    cube = loaded.of(view)[0]
    work = partial(_work, cube, view.metric, features, by, view.confidence)
    found = controls.do(loaded, ("importance", view.metric, view.system, by, view.confidence), work)
    if isinstance(found, QuestionError):
        st.info(plain(on_screen(str(found)), 900), icon=":material/block:")
        return
    assert isinstance(found, Importance)
    told = format_percent(max(found.explained, 0.0))
    say(f"The attributes tell {told} of the spread of {loaded.metrics[view.metric].title.lower()} from row to row.")
    about = (
        "Each cell is the share of the spread of errors in the slice that can no longer be told when the feature's "
        "levels are dealt out anew among its rows. ≈ 0: the interval reaches 0. A dash: it cannot be measured there."
    )
    show_amounts(lay_importance(found.table), "feature_usage_errors", about)
    say_limits(
        [
            "A forest learns on one half of the rows (of whole clusters where there are any) to tell the errors from "
            f"the attributes, and is asked about the other: {found.rows[0]:,} and {found.rows[1]:,} rows. A slice "
            f"needs {LEAST_UNITS} rows of the other half.",
            "It is about the errors of the model, not about what the model looks at, and no cause: features that say "
            "the same share their importance, and what no attribute holds cannot be seen.",
            "The interval is that of the rows asked about, the forest as it is; it does not correct for the number of "
            "cells.",
        ]
    )


def _draw_attribution(loaded: Loaded, view: View) -> None:
    work = partial(_read_attributions, loaded)
    found = controls.do(loaded, "attributions", work)
    if isinstance(found, QuestionError):
        st.info(plain(on_screen(str(found)), 900), icon=":material/block:")
        return
    if not found:
        st.info(
            "The file has no attributions. They are columns of numbers, one a feature, called shap_ and the feature's "
            "name, such as shap_age; or declare others in the schema file, in a table named attribution.",
            icon=":material/search_off:",
        )
        return
    by = _choose_axis(loaded, "feature_usage_attribution_by")
    scored = loaded.scored_of(view)
    columns = {feature: numbers[scored.rows] for feature, numbers in found.items()}
    table = measure_attribution(
        scored, columns, [by] if by else [], confidence=view.confidence, min_units=view.min_units
    )
    about = "Each cell is the mean size of the feature's attributions, in their own unit; the colour is its share of "
    show_amounts(lay_attribution(table), "feature_usage_attribution", f"{about}the slice's sum over all features.")
    say_limits(
        [
            "Attributions say what the model made use of, as the method that made them sees it; not whether it was "
            "wrong, nor what would happen if a feature changed.",
        ]
    )


def _choose_axis(loaded: Loaded, key: str) -> str | None:
    names = [a.name for a in loaded.axes]
    chosen = st.selectbox("Groups by", names, key=key, bind=BIND)
    return chosen if chosen in names else None


def _work(
    cube: Cube, metric: str, features: list[str], by: str | None, confidence: float, tell: Tell
) -> Importance | QuestionError:
    """Measure importance. What cannot be asked of the data is an answer, too."""
    try:
        return measure_importance(cube, metric, features, by, confidence=confidence, progress=tell)
    except QuestionError as error:
        return error


def _read_attributions(loaded: Loaded, tell: Tell) -> dict[str, NDArray[np.float64]] | QuestionError:
    """Return the attributions of every feature, one a row of the first file."""
    data = loaded.dataset
    table = loading.tables(data, data.schema.file, Progress(tell))[0]
    try:
        columns = find_attributions(loaded.results.schema, table.data.column_names)
    except QuestionError as error:
        return error
    return {feature: cells_of(table, column).numbers for feature, column in columns.items()}
