"""Widgets of single pages. Their keys start with the page's name; values come back checked against the data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import controls, state
from dashboard.charts.heatmap import Grid
from dashboard.charts.intervals import sort_slices
from dashboard.numbers import bounded, whole
from dashboard.state import BIND
from dashboard.view import Loaded, View
from dashboard.words import plain
from metrics.formatting import format_difference, format_interval, format_support, format_value
from metrics.registry import Metric
from metrics.scored import Scored
from metrics.sentences import orient
from metrics.slices import Slice
from metrics.spread import spread
from metrics.thresholds import first_threshold

__all__ = [
    "MOST_PANELS",
    "choose_cell_by_keyboard",
    "choose_columns",
    "choose_grouping",
    "choose_levels",
    "choose_map",
    "choose_one",
    "choose_outcome",
    "choose_page",
    "choose_rate",
    "choose_threshold",
    "choose_two",
    "cut_grid",
    "cut_slices",
    "cut_strips",
    "has_many",
    "largest_slices",
    "look_into",
    "metric_of",
    "metric_titles",
    "only_slices",
    "pick_point",
    "place_of",
    "stack",
    "table_systems",
    "threshold_metrics",
    "usual_metrics",
]


def metric_of(loaded: Loaded, view: View) -> Metric:
    """Return the chosen metric, with the side that is better for the person where that is declared."""
    return orient(loaded.metrics[view.metric], loaded.results.schema.favourable)


def choose_one(label: str, options: Mapping[str, str], key: str) -> str:
    """Draw a choice between a few things, the first being the default, and return the key of the chosen one."""
    first = next(iter(options))
    chosen = st.radio(
        label, list(options), key=key, bind=BIND, horizontal=True, format_func=lambda o: options.get(o, o)
    )
    return chosen if chosen in options else first


def cut_slices(estimates: pd.DataFrame, metric: Metric, sort: str, most: int) -> tuple[pd.DataFrame, int]:
    """Return the estimates of everyone and of the first `most` slices, and how many are left."""
    order = sort_slices(estimates, metric, sort)
    if len(order) <= most:
        return estimates, 0
    kept = set(order[:most])
    return estimates[[not s.levels or s in kept for s in estimates["slice"]]], len(order) - most


def has_many(slices: Iterable[Slice], most: int) -> bool:
    """Say whether some grouping has more than so many slices."""
    return max(Counter(s.axes for s in slices).values(), default=0) > most


def look_into(loaded: Loaded, slices: Sequence[Slice]) -> None:
    """Draw the box that chooses a slice, and the ways on from it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = controls.choose_cell(loaded, slices)
        if cell.levels:
            controls.link("rows", "Rows behind it", icon=":material/list:", cell=cell)


# -- Overview ------------------------------------------------------------------------------------


def cut_strips(estimates: pd.DataFrame, gaps: pd.DataFrame, metric: Metric, most: int) -> tuple[pd.DataFrame, int]:
    """Return the estimates of everyone and of the attributes with the largest gaps, and how many are left."""
    widest = [by[0] for by in gaps.sort_values("difference", ascending=False)["by"]]
    kept = set(widest[:most])
    drawn = estimates[[not s.levels or s.axes[0] in kept for s in estimates["slice"]]]
    return drawn, max(0, len(widest) - most)


def table_systems(everyone: pd.DataFrame, gaps: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return a row per system: its value overall, and its largest gap beside its noise floor, as texts."""
    records = []
    for row in everyone.to_dict("records"):
        mine = gaps[(gaps["system"] == row["system"]) & gaps["difference"].notna()]
        largest = mine.loc[mine["difference"].idxmax()] if len(mine) else None
        records.append(
            {
                "model": str(row["system"]),
                metric.title: format_value(metric, row["value"]),
                "interval": format_interval(metric, row["low"], row["high"]),
                "counts": format_support(metric, row["top"], row["below"], row["units"]),
                "largest gap": "-"
                if largest is None
                else format_difference(metric, largest["difference"], signed=False),
                "by": "-" if largest is None else ", ".join(largest["by"]),
                "chance alone": "-"
                if largest is None
                else format_difference(metric, largest["noise_floor"], signed=False),
            }
        )
    return pd.DataFrame.from_records(records)


# -- Disparities ---------------------------------------------------------------------------------


def choose_map(loaded: Loaded, maps: Mapping[str, str]) -> str:
    """Draw the switch between the heat maps, as far as there are attributes and models to fill them."""
    enough = {"attributes": len(loaded.axes) > 1, "systems": len(loaded.systems) > 1}
    possible = {kind: title for kind, title in maps.items() if enough.get(kind, True)}
    return choose_one("Picture", possible, "disparities_map") if len(possible) > 1 else next(iter(possible))


def choose_columns(loaded: Loaded, view: View) -> dict[str, Metric]:
    """Draw the choice of the heat map's columns, and return their metrics, the sidebar's always among them."""
    titles = metric_titles(loaded.metrics)
    names = st.multiselect(
        "Metrics",
        list(titles),
        default=usual_metrics(loaded.metrics),
        key="disparities_metrics",
        bind=BIND,
        format_func=lambda n: titles.get(n, str(n)),
    )
    chosen = [n for n in names if n in loaded.metrics]
    favourable = loaded.results.schema.favourable
    return {
        n: orient(loaded.metrics[n], favourable)
        for n in dict.fromkeys([view.metric] * (view.metric not in chosen) + chosen)
    }


def usual_metrics(metrics: Mapping[str, Metric], most: int = 7) -> list[str]:
    """Return metrics to begin with that say different things: of a rate and its complement only one.

    Of several classes they are some means over the classes, then each class's true positive rate.
    """
    taken: list[Metric] = []
    first = [m for m in metrics.values() if m.name in ("false_rejection_rate", "false_acceptance_rate")]
    whole = [m for m in metrics.values() if m.of_class is None]
    found = [m for m in metrics.values() if m.of_class is not None and m.name.startswith("true_positive_rate[")]
    for metric in [*first, *whole]:
        twin = metrics.get(metric.complement)
        same = [t for t in taken if t.formula == metric.formula or (twin is not None and t.formula == twin.formula)]
        if not same and (metric.unit == "share" or len(metrics) < most):
            taken.append(metric)
    taken = [*taken[: most // 2 + 1], *found] if found else taken
    return [m.name for m in taken[:most]]


def choose_two(loaded: Loaded) -> tuple[str, str]:
    """Draw the boxes for the attribute down and the one across, and return two different ones."""
    names = [a.name for a in loaded.axes]
    with st.container(horizontal=True):
        down = st.selectbox("Down", names, key="disparities_down", bind=BIND)
        rest = [n for n in names if n != down]
        across = st.selectbox("Across", rest, key="disparities_across", bind=BIND)
    return (down if down in names else names[0]), (across if across in rest else rest[0])


def cut_grid(grid: Grid, most: int = 60) -> tuple[Grid, int]:
    """Return the grid with its first rows only, and how many are left: browsers draw no thousands of cells."""
    if len(grid.rows) <= most:
        return grid, 0
    cells = tuple(c for c in grid.cells if c.row < most)
    keys = {place: key for place, key in grid.keys.items() if place[0] < most}
    return Grid(grid.rows[:most], grid.columns, cells, keys), len(grid.rows) - most


def place_of(grid: Grid, cell: Slice, metric: str) -> tuple[int, int] | None:
    """Return the row and column of a cell, None where the grid does not show it."""
    return next((place for place, key in grid.keys.items() if key == (cell, metric)), None)


def pick_point(figure: str, grid: Grid, column: str = "metric") -> None:
    """Open the cell that was clicked in a figure, whose columns are metrics or systems."""
    points = (state.recall(figure) or {}).get("selection", {}).get("points", [])
    found = points and grid.keys.get(tuple(points[0].get("customdata", ())))
    if found:
        state.pick(**{"cell": found[0], column: found[1]})


def choose_cell_by_keyboard(loaded: Loaded, grid: Grid, view: View) -> None:
    """Draw the two boxes that open a cell without a mouse."""
    titles = metric_titles(loaded.metrics)
    state.pick(disparities_metric=view.metric)

    def choose() -> None:
        if state.is_changed("disparities_metric", view.metric):
            state.pick(metric=state.recall("disparities_metric"))

    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.choose_cell(loaded, list(dict.fromkeys(s for s, _ in grid.keys.values())))
        st.selectbox(
            "Metric of the cell",
            list(titles),
            key="disparities_metric",
            format_func=lambda n: titles.get(n, str(n)),
            on_change=choose,
        )


# -- Rows ----------------------------------------------------------------------------------------


def choose_levels(loaded: Loaded, view: View, page: str = "rows") -> Slice:
    """Draw a box per attribute that makes up the cell, and return it; a link to the page fills them."""
    if not loaded.axes:
        return Slice()
    keys = [f"{page}_level_{i}" for i in range(len(loaded.axes))]
    told, gone = f"{page}_told", object()
    # The cell was chosen elsewhere (on another page, by a link), or the boxes have been away with their page.
    if state.recall(told) != str(view.cell) or state.recall(keys[0], gone) is gone:
        level_of = view.cell.to_dict()
        state.pick(**{key: level_of.get(axis.name) for key, axis in zip(keys, loaded.axes, strict=True)})
    chosen = []
    with st.grid(4, min_column_width=150):
        for key, axis in zip(keys, loaded.axes, strict=True):
            levels = [axis.level(code) for code in range(axis.size)]
            level = st.selectbox(plain(axis.name, 60), levels, index=None, key=key, placeholder="any")
            if level in levels:
                chosen.append((axis.name, level))
    cell = Slice(tuple(sorted(chosen, key=lambda pair: _place(view.cell, pair[0]))))
    state.open_cell(cell)
    state.remember(told, str(cell))
    return cell


def _place(cell: Slice, axis: str) -> int:
    return cell.axes.index(axis) if axis in cell.axes else len(cell.axes)


def choose_outcome(outcomes: Mapping[str, str], metric: Metric) -> str:
    """Draw the choice of an outcome; those of the metric are named by it."""
    titles = dict(outcomes)
    if "top" in titles:
        titles |= {"top": f"Counted in: {metric.title}", "below": "What that is a share of"}
    chosen = st.selectbox(
        "Outcome", list(titles), key="rows_outcome", bind=BIND, format_func=lambda o: titles.get(o, str(o))
    )
    return chosen if chosen in titles else "all"


def choose_page(rows: int, size: int) -> int:
    """Draw the choice of a page where there are several, and return it, counted from 1."""
    pages = -(-rows // size)
    if pages == 1:
        return 1
    page = st.number_input(f"Page of {pages:,}", min_value=1, max_value=pages, key="rows_page", bind=BIND, width=160)
    return whole(page, 1, 1, pages)


# -- Thresholds ----------------------------------------------------------------------------------

MOST_PANELS = 12


def choose_threshold(scored: Scored, unit: float) -> float:
    """Draw the slider and the box for an exact value beside it, and return the threshold in the file's units."""
    assert scored.score is not None
    score = scored.score[np.isfinite(scored.score)] * unit
    low, high = (float(score.min()), float(score.max())) if len(score) else (0.0, 1.0)
    round_only = bool(len(score)) and bool((score == np.round(score)).all())
    first = first_threshold(scored) * unit
    with st.container(horizontal=True, vertical_alignment="bottom"):
        slider = st.container()
        exact = st.number_input(
            "Exactly",
            value=first,
            step=1.0 if round_only else unit / 100,
            format="%g",
            key="thresholds_at",
            bind=BIND,
            width=140,
        )
        exact = bounded(exact, first, -math.inf)
    if high > low:
        shown = min(max(exact, low), high)
        state.pick(thresholds_slider=shown)

        def slide() -> None:
            if state.is_changed("thresholds_slider", shown):
                state.pick(thresholds_at=round(float(state.recall("thresholds_slider")), 6))

        # The number at the knob stands in the primary colour, which is too dark to be read on black.
        slider.html("<style>.st-key-thresholds_slider [data-testid=stSliderThumbValue] {color: inherit}</style>")
        slider.slider(
            "Threshold",
            low,
            high,
            step=1.0 if round_only else (high - low) / 1000,
            format="%g" if round_only else "%.3g",
            key="thresholds_slider",
            on_change=slide,
        )
    return exact


def choose_grouping(loaded: Loaded, view: View, key: str = "thresholds_by") -> tuple[str, ...]:
    """Draw the choice of the attribute whose groups are shown; the first is the one with the largest gap."""
    names = [a.name for a in loaded.axes]
    if not names:
        return ()
    gaps = spread(loaded.of(view), None, [view.metric], min_units=view.min_units, floors=False)
    widest = {by[0]: d for by, d in zip(gaps["by"], gaps["difference"], strict=True) if d == d}
    names.sort(key=lambda n: -widest.get(n, -1.0))
    chosen = st.selectbox("Groups by", names, key=key, bind=BIND)
    return (chosen if chosen in names else names[0],)


def threshold_metrics(loaded: Loaded, view: View) -> dict[str, Metric]:
    """Return the rates that curves are of, those that the data allow, the one that the sidebar's metric is first."""
    metrics = loaded.metrics
    names = [n for n in ("false_negative_rate", "false_positive_rate", "selection_rate") if n in metrics]
    names.sort(key=lambda n: metrics[n].formula != metrics[view.metric].formula)
    return {n: metrics[n] for n in names}


def choose_rate(rates: Mapping[str, Metric]) -> str:
    """Draw the choice of the rate that is drawn over the threshold."""
    chosen = st.selectbox(
        "Rate",
        list(rates),
        key="thresholds_rate",
        bind=BIND,
        format_func=lambda n: rates[n].title if n in rates else str(n),
    )
    return chosen if chosen in rates else next(iter(rates))


def largest_slices(curves: pd.DataFrame, most: int) -> list[Slice]:
    """Return the slices with the most units, at most so many, in their order: browsers draw no thousands of curves."""
    units = curves.groupby("slice", sort=False)["units"].max()
    kept = set(units.nlargest(most).index)
    return [s for s in units.index if s in kept]


def only_slices(table: pd.DataFrame, kept: Sequence[Slice]) -> pd.DataFrame:
    """Return the rows of some slices."""
    wanted = set(kept)
    return table[np.fromiter((s in wanted for s in table["slice"]), dtype=bool, count=len(table))]


def stack(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables with the same columns as one."""
    return pd.concat(tables, ignore_index=True)


def metric_titles(metrics: Mapping[str, Metric]) -> dict[str, str]:
    """Return the title of every metric, with its name where two would look the same."""
    titles = [m.title for m in metrics.values()]
    return {n: m.title if titles.count(m.title) == 1 else f"{m.title} ({n})" for n, m in metrics.items()}
