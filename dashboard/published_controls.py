"""What a reader chooses of a published report. The keys begin with `published_`, and so does what the address holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import streamlit as st

from dashboard import state
from dashboard.charts.heatmap import Grid
from dashboard.page_controls import metric_titles, usual_metrics
from dashboard.published_reports import Opened
from dashboard.publishing import list_slices, name_grouping
from dashboard.state import BASELINES, BIND, COMPARISONS, CONFIDENCES
from dashboard.words import plain
from metrics.answers import name_baseline
from metrics.cube import Cubes
from metrics.errors import QuestionError
from metrics.registry import Metric
from metrics.slices import Slice

__all__ = ["PICTURES", "Reading", "choose", "choose_cell", "choose_columns", "choose_explained", "pick_point"]

PICTURES = {"groups": "Every group", "map": "All metrics", "gaps": "Gaps"}
_ALONE = "each attribute alone"
_KINDS = {"difference": "Difference", "ratio": "Ratio"}
_LONGEST_ADDRESS = 2000  # letters of a slice


@dataclass(frozen=True)
class Reading:
    """Everything that a reader chose. `groupings` is what estimates and comparisons are asked by."""

    metric: str
    system: str | None
    groupings: tuple[tuple[str, ...], ...]
    baseline: str = "rest"
    compare: Literal["difference", "ratio"] = "difference"
    confidence: float = 0.95
    picture: str = "groups"
    cell: Slice = field(default_factory=Slice)

    def of(self, opened: Opened) -> Cubes:
        """The cubes of the chosen system only."""
        return opened.shared.cubes.only(self.system)


def choose(opened: Opened) -> Reading:
    """Draw the controls and return what is chosen, every choice checked: browsers can send anything."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        system = _choose_system(opened)
        metric = _choose_metric(opened)
        groupings = _choose_groupings(opened)
    st.caption(plain(opened.metrics[metric].meaning, 300))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picture = _choose_one("Picture", PICTURES, "published_view")
        confidence = _choose_confidence()
    baseline, compare = "rest", "difference"
    if picture != "gaps":  # which are those between any two groups
        with st.container(horizontal=True, vertical_alignment="bottom"):
            baseline = _choose_baseline(opened, groupings)
            compare = _choose_one("Compared by", _KINDS, "published_compare")
    assert compare in COMPARISONS
    kind = cast(Literal["difference", "ratio"], compare)
    return Reading(metric, system, groupings, baseline, kind, confidence, picture, _cell_told(opened))


def choose_cell(slices: Sequence[Slice]) -> Slice:
    """Draw the box that opens a slice without a mouse, and return the slice (everyone if none is chosen)."""
    texts = [str(s) for s in slices]
    chosen = st.selectbox("Look into", texts, index=None, key="published_cell", bind=BIND, placeholder="Choose a group")
    return Slice.parse(chosen) if chosen in texts else Slice()


def choose_columns(opened: Opened, metric: str) -> dict[str, Metric]:
    """Draw the choice of the heat map's columns, and return their metrics, the chosen one always among them."""
    metrics = opened.metrics
    titles = metric_titles(metrics)
    names = st.multiselect(
        "Metrics side by side",
        list(titles),
        default=usual_metrics(metrics),
        key="published_metrics",
        bind=BIND,
        format_func=lambda n: titles.get(n, str(n)),
    )
    chosen = [n for n in names if n in metrics]
    return {n: metrics[n] for n in dict.fromkeys([metric] * (metric not in chosen) + chosen)}


def choose_explained(metrics: Mapping[str, Metric]) -> Metric:
    """Draw the choice of a metric to be explained, and return it; at first the one that was last chosen of a report."""
    titles = metric_titles(metrics)
    names = list(titles)
    told = state.recall("published_metric")
    first = told if told in metrics else state.first_of(metrics)
    chosen = st.selectbox(
        "Metric",
        names,
        index=names.index(first),
        key="words_metric",
        bind=BIND,
        format_func=lambda n: titles.get(n, str(n)),
    )
    return metrics[chosen if chosen in metrics else first]


def pick_point(figure: str, grid: Grid) -> None:
    """Open the cell that was clicked in the heat map."""
    points = (state.recall(figure) or {}).get("selection", {}).get("points", [])
    found = points and grid.keys.get(tuple(points[0].get("customdata", ())))
    if found:
        state.pick(published_cell=found[0], published_metric=found[1])


# -- single widgets ------------------------------------------------------------------------------


def _choose_system(opened: Opened) -> str | None:
    names = list(opened.shared.cubes.systems)
    if len(names) < 2:
        return names[0]
    chosen = st.selectbox("Model", names, key="published_system", bind=BIND, format_func=str)
    return chosen if chosen in names else names[0]


def _choose_metric(opened: Opened) -> str:
    metrics = opened.metrics
    titles = metric_titles(metrics)
    names = list(metrics)
    first = state.first_of(metrics)
    chosen = st.selectbox(
        "Metric",
        names,
        index=names.index(first),
        key="published_metric",
        bind=BIND,
        format_func=lambda n: titles.get(n, str(n)),
    )
    return chosen if chosen in metrics else first


def _choose_groupings(opened: Opened) -> tuple[tuple[str, ...], ...]:
    shared = opened.shared.terms.groupings
    alone = tuple(names for names in shared if len(names) == 1)
    options = ({_ALONE: alone} if alone else {}) | {_write_names(names): (names,) for names in shared}
    titles = {_write_names(names): name_grouping(names) for names in shared} | {_ALONE: _ALONE}
    if not options:
        return ()
    chosen = st.selectbox(
        "Groups by",
        list(options),
        key="published_by",
        bind=BIND,
        format_func=lambda text: titles.get(text, str(text)),
        help="The combinations of attributes that were shared.",
    )
    return options.get(chosen or "", next(iter(options.values())))


def _choose_baseline(opened: Opened, groupings: tuple[tuple[str, ...], ...]) -> str:
    options = list(BASELINES)
    if len(groupings) == 1:  # a group can be compared with one of the same attributes: no other pair was shared
        options += [str(s) for s, is_shown in list_slices(opened.shared, groupings[0]).items() if is_shown]
    chosen = st.selectbox("Compared with", options, key="published_baseline", bind=BIND, format_func=name_baseline)
    return chosen if chosen in options else "rest"


def _choose_confidence() -> float:
    chosen = st.radio(
        "Confidence of intervals",
        CONFIDENCES,
        index=CONFIDENCES.index(0.95),
        key="published_confidence",
        bind=BIND,
        horizontal=True,
        format_func=lambda share: f"{share:.0%}",
    )
    return float(chosen) if chosen in CONFIDENCES else 0.95


def _choose_one(label: str, options: dict[str, str], key: str) -> str:
    first = next(iter(options))
    chosen = st.radio(
        label, list(options), key=key, bind=BIND, horizontal=True, format_func=lambda o: options.get(o, str(o))
    )
    return chosen if chosen in options else first


def _cell_told(opened: Opened) -> Slice:
    """Return the slice of the address or of the box below the picture, if it is one of those shared."""
    text = str(state.told("published_cell") or "")[:_LONGEST_ADDRESS]
    try:
        cell = Slice.parse(text) if text else Slice()
    except (QuestionError, ValueError):
        return Slice()
    return cell if _is_shared(opened, cell) else Slice()


def _is_shared(opened: Opened, cell: Slice) -> bool:
    return cell.axes in opened.shared.terms.groupings and cell in list_slices(opened.shared, cell.axes)


def _write_names(names: Sequence[str]) -> str:
    """Return attributes as one line of CSV: quotes protect commas."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()
