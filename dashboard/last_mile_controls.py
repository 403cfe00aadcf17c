"""What is asked of two sets on the Last mile page: the metric, the model, the groups and what counts as no change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import controls
from dashboard.numbers import bounded
from dashboard.second_set import Pair
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import join, plain
from metrics.families import families_of
from metrics.registry import Metric
from metrics.sentences import orient
from metrics.two_sets.sets import TwoSets

__all__ = ["Asked", "choose_asked", "choose_attribute"]

_POINTS = 5.0


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked: one model of both sets, a metric that both have, groupings of attributes that both have.

    `margin` is the distance within which a change is none, in the metric's own units; None where none was named.
    """

    sets: TwoSets
    metric: Metric
    view: View
    groupings: list[tuple[str, ...]]
    margin: float | None

    @property
    def options(self) -> dict[str, Any]:
        return {"confidence": self.view.confidence, "min_units": self.view.min_units}


def choose_asked(loaded: Loaded, pair: Pair) -> Asked:
    """Draw what is chosen for the whole page; where both sets do not have it, say so and stop the page."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = controls.choose(loaded, by=True)
        metric = loaded.metrics[view.metric]
        margin = _choose_margin(metric)
    if view.metric not in pair.sets.metrics:
        some = join([m.title for m in list(pair.sets.metrics.values())[:4]], "or")
        st.info(
            f"The columns of the customer's set do not allow the {plain(metric.title.lower(), 80)}. "
            f"Choose another metric at the side, such as: {plain(some, 300)}.",
            icon=":material/info:",
        )
        st.stop()
    groupings = _choose_groupings(pair.sets, view)
    metric = orient(pair.sets.metrics[view.metric], loaded.results.schema.favourable)
    return Asked(pair.sets.only(_choose_system(loaded, pair, view)), metric, view, groupings, margin)


def choose_attribute(asked: Asked, label: str, key: str, without: str = "") -> str | None:
    """Draw the choice of an attribute that both sets have; None where there is none to choose."""
    names = [name for name in asked.sets.shared if name != without]
    if not names:
        return None
    chosen = st.selectbox(label, names, key=key, bind=BIND)
    return chosen if chosen in names else names[0]


def _choose_margin(metric: Metric) -> float | None:
    said = "A change is called none only where its whole interval lies within so much."
    if metric.unit == "share":
        points = st.number_input(
            "No change within (points)",
            min_value=0.0,
            max_value=100.0,
            value=_POINTS,
            step=1.0,
            format="%g",
            key="last_mile_margin",
            bind=BIND,
            width=190,
            help=said,
        )
        return bounded(points, _POINTS, 0.0, 100.0) / 100
    size = st.number_input(
        "No change within",
        min_value=0.0,
        value=None,
        format="%g",
        key="last_mile_margin_units",
        bind=BIND,
        width=190,
        placeholder="not named",
        help=f"{said} In the metric's own units.",
    )
    return None if size is None or not math.isfinite(size) else max(float(size), 0.0)


def _choose_system(loaded: Loaded, pair: Pair, view: View) -> str | None:
    if view.system in pair.sets.systems:
        return view.system
    if len(loaded.systems) == len(pair.sets.systems) == 1:
        return pair.sets.systems[0]
    both = join([str(s) for s in pair.sets.systems[:6]], "or")
    st.info(
        f"Only the reference has {plain(view.system, 80)}. Choose a model that both sets have at the side: "
        f"{plain(both, 300)}. Or say above which models go together.",
        icon=":material/info:",
    )
    return st.stop()


def _choose_groupings(sets: TwoSets, view: View) -> list[tuple[str, ...]]:
    """Return what groups are formed by: what was chosen, as far as both sets have it, or each attribute alone."""
    shared = set(sets.shared)
    here, there = (set(families_of(cubes.axes)) for cubes in (sets.reference, sets.customer))
    if not view.by:
        return [(name,) for name in sets.shared]
    lacking = [name for name in view.by if name not in shared | (here & there)]
    if lacking:
        st.info(
            f"The customer's set has no {plain(join(lacking, 'or'), 200)}: nothing can be compared by it. "
            "If it has another name there, match the two above.",
            icon=":material/info:",
        )
    by = tuple(name for name in view.by if name not in lacking)
    return [by] if by else [(name,) for name in sets.shared]
