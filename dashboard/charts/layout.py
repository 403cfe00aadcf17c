"""What all charts share: the bare layout, axes in a metric's own unit, lines about what is not shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from dashboard.charts.format import break_lines, cut_apart, escape, format_number, tidy
from dashboard.charts.palette import Theme
from metrics.registry import Metric

# The page's own font. A picture that is downloaded has none of the page's fonts but the room that its texts took there:
# what stands in must be no wider, or names are cut at the edge.
FONT = "Source Sans, Arial Narrow, Liberation Sans Narrow, Segoe UI, system-ui, sans-serif"
ROW_HEIGHT = 46
TEXT, SMALL = 13, 11
_ONE_VALUE = 1e-9  # values nearer to each other differ by rounding, and ticks would stand on one another
MOST_BROKEN = 7  # columns of a heat map whose names may take several lines
_MOST_WIDE = 16  # whose names have the usual size
_UPRIGHT = 26  # letters of a name that stands upright on one line
LINE = 34  # letters of an axis title that fit below a plot on a telephone


@dataclass(frozen=True)
class Range:
    """The stretch of an axis, with its ticks and their texts."""

    low: float
    high: float
    ticks: tuple[float, ...]
    texts: tuple[str, ...]


def lay_out(figure: go.Figure, theme: Theme, height: float, **more: Any) -> go.Figure:
    """Give a figure the house's look: transparent, in the theme's ink, no zoom that catches a scrolling finger.

    `more` are parts of Plotly's layout that are added to the look, or stand in its place where it has them too.
    """
    axis = {
        "color": theme.ink,
        "gridcolor": theme.grid,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "automargin": True,
        "tickfont": {"size": TEXT, "color": theme.ink},
        "title": {"font": {"size": TEXT, "color": theme.muted}, "standoff": 8},
    }
    look = {
        "template": "none",
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": TEXT, "color": theme.ink},
        "margin": {"l": 8, "r": 12, "t": 36, "b": 44},
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {
            "align": "left",
            "bgcolor": theme.page,
            "bordercolor": theme.line,
            "font": {"family": FONT, "size": TEXT, "color": theme.ink},
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "itemsizing": "constant",
            "font": {"size": TEXT, "color": theme.ink},
            "bgcolor": "rgba(0,0,0,0)",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    }
    told = figure.layout.to_plotly_json()
    axes = {"xaxis", "yaxis", *(name for name in told if name.startswith(("xaxis", "yaxis")))}
    look = told | look | {name: _merge(told.get(name, {}), axis) for name in sorted(axes)}
    figure.layout = _merge(look, more)  # as a whole: setting what is in it one by one takes ten times as long
    return figure


def _merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return old | {
        key: _merge(old[key], value) if isinstance(value, dict) and isinstance(old.get(key), dict) else value
        for key, value in new.items()
    }


def set_cell_axes(
    figure: go.Figure, theme: Theme, columns: Sequence[str], rows: Sequence[str], lines: int = 4
) -> go.Figure:
    """Give a heat map its axes: the names of columns above it in up to so many lines, and ready texts beside rows."""
    n_columns, n_rows, names = len(columns), len(rows), {"size": SMALL + 1, "color": theme.ink}
    wide = 12 if n_columns <= 5 else 16
    if n_columns > MOST_BROKEN:  # a telephone has room for one line of each, standing upright
        columns, wide, lines = cut_apart(columns, _UPRIGHT), _UPRIGHT + len(" (99)"), 1
    figure.update_xaxes(
        side="top",
        range=[-0.5, n_columns - 0.5],
        tickmode="array",
        tickvals=list(range(n_columns)),
        ticktext=["<br>".join(escape(line) for line in break_lines(name, wide, most=lines)) for name in columns],
        autotickangles=[0, -90],
        ticklabelstandoff=4,
        tickfont=names if n_columns <= _MOST_WIDE else names | {"size": SMALL - 2},
        # Room for the button in the corner.
        title={"text": "\N{NO-BREAK SPACE}", "font": {"size": SMALL}, "standoff": 6 if lines > 1 else 16},
        showgrid=False,
    )
    figure.update_yaxes(
        range=[n_rows - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(n_rows)),
        ticktext=list(rows),
        tickfont=names,
        ticklabelstandoff=6,
        showgrid=False,
    )
    # The nearest cell answers wherever one points, also in a cell's corner.
    return figure.update_layout(hoverdistance=-1, showlegend=False)


def empty_figure(text: str, theme: Theme) -> go.Figure:
    """Return a figure that says in its place why there is nothing to draw."""
    figure = lay_out(go.Figure(), theme, height=140)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.add_annotation(
        text=escape(text), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper", font={"color": theme.muted}
    )


def set_value_axis(figure: go.Figure, stretch: Range, title: str) -> go.Figure:
    """Give the x axis a range, its ticks and its title."""
    return figure.update_xaxes(value_axis(stretch, title))


def value_axis(stretch: Range, title: str) -> dict[str, Any]:
    """Return what an axis of a metric's values says: its range, its ticks and its title."""
    lines = (escape(line) for part in title.split("\n") for line in break_lines(part, LINE))
    return {
        "range": [stretch.low, stretch.high],
        "tickmode": "array",
        "tickvals": list(stretch.ticks),
        "ticktext": list(stretch.texts),
        "tickangle": 0,
        "title": {"text": "<br>".join(lines)},
    }


def draw_rule(value: float, n_rows: int, colour: str, dash: str = "solid") -> dict[str, Any]:
    """Return the shape of a thin vertical rule at a value, over all rows."""
    line = {"width": 1.5, "color": colour, "dash": dash}
    ends = {"x0": value, "x1": value, "y0": -0.5, "y1": n_rows - 0.5}
    return {"type": "line", "layer": "below", "line": line, **ends}


def name_rule(text: str, value: float, theme: Theme) -> dict[str, Any]:
    """Return the annotation that stands above a rule."""
    place = {"x": value, "y": -0.5, "yanchor": "bottom"}
    return {"text": text, "showarrow": False, "font": {"size": SMALL + 1, "color": theme.muted}, **place}


def find_range(metric: Metric, values: Sequence[float], *, kind: str = "value", ticks: int = 5) -> Range:
    """Return the stretch that shows these values of a metric (`kind` "value"), or gaps between values ("gap").

    Ticks of gaps between shares are points. The axis starts at 0 where the values come anywhere near it, so that
    lengths can be compared; a band far from 0 (accuracies from 91 to 94 per cent) is shown as what it is. It keeps
    within the metric's bounds.
    """
    finite = [v for v in values if v is not None and math.isfinite(v)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if high - low < _ONE_VALUE:
        low = high = round(low, 9)
    if low >= 0:
        if low <= 2 * (high - low) or high == 0:
            low = 0.0
    elif high <= 0:
        high = 0.0
    if high == low:
        low, high = low - abs(low) / 2, high + (abs(high) / 2 or 1.0)
    step = _nice_step((high - low) / ticks)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if kind == "value":
        first = max(first, math.ceil(metric.bounds[0] / step - 1e-9)) if math.isfinite(metric.bounds[0]) else first
        last = min(last, math.floor(metric.bounds[1] / step + 1e-9)) if math.isfinite(metric.bounds[1]) else last
        if last <= first:
            first, last = math.floor(low / step), math.ceil(high / step)
    places = [round(i * step, 12) for i in range(first, last + 1)]
    # A little room, so that a dot on the edge is whole.
    room = (places[-1] - places[0]) * 0.02
    return Range(
        places[0] - room, places[-1] + room, tuple(places), tuple(_tick(metric, p, step, kind) for p in places)
    )


def title_axis(metric: Metric) -> str:
    """Return a metric's title and which way is better, on a second line where one would be long."""
    title = tidy(metric.title)
    if metric.better == "neither":
        return title
    better = f"({metric.better} is better)"
    return f"{title}{' ' if len(title) + len(better) < LINE else chr(10)}{better}"


def list_names(names: Sequence[str], most: int = 8) -> str:
    """Return names as a list, cut after `most` with a count of the others.

    >>> list_names(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def _nice_step(rough: float) -> float:
    power = 10 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9))


def _tick(metric: Metric, place: float, step: float, kind: str) -> str:
    if place == 0:
        return "0"
    if metric.unit != "share":
        return _plain(place, step)
    return f"{_plain(100 * place, 100 * step)}{'' if kind == 'gap' else ' %'}"


def _plain(place: float, step: float) -> str:
    """Write a tick with as many decimals as its step needs."""
    decimals = next((d for d in range(7) if math.isclose(step, round(step, d), rel_tol=1e-9)), 7)
    if decimals > 6:
        return format_number(place)
    return f"{place:,.{decimals}f}".replace("-", "\N{MINUS SIGN}")
