"""A change step by step: from the reference's value over its parts (mix, rates, groups of one set) to the customer's.

Each part is a bar from where the one before it ended, with its interval; orange fares worse and blue better, and the
number beside the bar says so too. A bar whose interval reaches no change is hatched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    break_lines,
    cut,
    escape,
    format_difference,
    format_interval,
    format_value,
    pick,
    tidy,
)
from dashboard.charts.layout import SMALL, Range, empty_figure, find_range, lay_out, set_value_axis, title_axis
from dashboard.charts.palette import BETTER, HIGHER, LOWER, WORSE, Theme, choose_theme
from metrics.registry import Metric
from metrics.sentences import lower_title

__all__ = ["describe_waterfall", "draw_waterfall", "name_part", "table_waterfall"]

ROW_HEIGHT = 62
_BAR = 0.36  # of a row
_NAMES = {
    "mix": "another mix of groups",
    "rates": "the same groups scoring differently",
    "one_sided": "groups of one set only",
    "total": "the whole change",
}

Kind = Literal["worse", "better", "higher", "lower"]


@dataclass(frozen=True)
class _Step:
    """A part of the change: where its bar begins and ends, with its interval; NaN where it cannot be told."""

    name: str
    begin: float
    value: float
    low: float | None
    high: float | None

    @property
    def end(self) -> float:
        return self.begin + self.value

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out no change."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def kind(self, metric: Metric) -> Kind:
        if metric.better == "neither":
            return "higher" if self.value > 0 else "lower"
        return "worse" if (self.value > 0) == (metric.better == "lower") else "better"


def name_part(part: str) -> str:
    """Return what a part of a change is, in words; names of attributes are as in the file.

    >>> name_part("rates"), name_part("mix[accent]"), name_part("mix[accent x sex]")
    ('the same groups scoring differently', 'another mix of accent', 'another mix of accent x sex')
    """
    if part.startswith("mix[") and part.endswith("]"):
        return f"another mix of {part[4:-1]}"
    return _NAMES.get(part, part)


def draw_waterfall(
    parts: pd.DataFrame, metric: Metric, reference: float, customer: float, *, theme: str | None = None
) -> go.Figure:
    """Draw the steps from the reference's value to the customer's, from top to bottom.

    `parts` are the rows of `metrics.two_sets.decomposition.decompose` of one metric, grouping and system; `reference`
    and `customer` are the values of everyone. Where there are parts of the mix by attribute, they stand in its place.
    """
    look = choose_theme(theme)
    steps = _steps(parts, reference)
    if not steps or math.isnan(reference) or math.isnan(customer):
        return empty_figure("There is no change to take apart: one of the sets has no data.", look)
    known = [step for step in steps if not math.isnan(step.value)]
    whiskers = [step.begin + end for step in known for end in (step.low, step.high) if end is not None]
    stretch = find_range(metric, [reference, customer, *(s.end for s in known), *whiskers])
    figure = go.Figure()
    for kind, clear in sorted({(step.kind(metric), step.clear) for step in known}, key=_order):
        mine = [i for i, s in enumerate(steps, 1) if s in known and (s.kind(metric), s.clear) == (kind, clear)]
        figure.add_trace(_draw_bars([steps[i - 1] for i in mine], mine, metric, kind, clear, stretch, look))
    for i, step in enumerate(steps, 1):
        if step in known:
            figure.add_shape(_connect(step.begin, i - 1, i, look))
        figure.add_annotation(_label(step, i, metric, stretch, look))
    last = len(steps) + 1
    figure.add_shape(_connect(customer, last - 1, last, look))
    figure.add_trace(_draw_ends((reference, customer), (0, last), metric, look))
    lay_out(figure, look, height=ROW_HEIGHT * (last + 1) + 140)
    set_value_axis(figure, stretch, title_axis(metric))
    names = ["reference", *(step.name for step in steps), "customer's set"]
    figure.update_yaxes(
        range=[last + 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(last + 1)),
        ticktext=["<br>".join(escape(line) for line in break_lines(name, 18)) for name in names],
        showgrid=False,
    )
    return figure.update_layout(margin_t=84, barmode="overlay", showlegend=True)


def describe_waterfall(parts: pd.DataFrame, metric: Metric, reference: float, customer: float) -> str:
    """Say in words what `draw_waterfall` shows."""
    steps = _steps(parts, reference)
    if not steps or math.isnan(reference) or math.isnan(customer):
        return "There is no change to take apart: one of the sets has no data."
    told = [
        f"{step.name} {_say(step, metric)}{'' if step.clear or math.isnan(step.value) else ', which may be chance'}"
        for step in steps
    ]
    ends = " to ".join(format_value(metric, value) for value in (reference, customer))
    return f"Steps of the {lower_title(tidy(metric.title))} from the reference to the customer's set, {ends}: " + (
        "; ".join(told) + "."
    )


def table_waterfall(parts: pd.DataFrame, metric: Metric, reference: float, customer: float) -> pd.DataFrame:
    """Return the steps as texts: what, change, interval; the values of both sets are the first and the last row."""
    rows = [("reference", format_value(metric, reference), NOTHING)]
    for step in _steps(parts, reference, whole=True):
        change = format_difference(metric, None if math.isnan(step.value) else step.value)
        rows.append((step.name, change, format_interval(metric, step.low, step.high, "difference")))
    rows.append(("customer's set", format_value(metric, customer), NOTHING))
    return pd.DataFrame(rows, columns=["step", "value or change", "interval"])


def _steps(parts: pd.DataFrame, reference: float, *, whole: bool = False) -> list[_Step]:
    """Return the parts in order, each from where the one before it ended; `whole` adds the mix as such, and the sum."""
    rows = {str(row["part"]): row for row in parts.to_dict("records")}
    split = [name for name in rows if name.startswith("mix[")]
    if any(math.isnan(rows[name]["value"]) for name in split) and not whole:
        split = []
    names = [*(split or ["mix"]), "rates", "one_sided"]
    if whole:
        names = [*split, "mix", "rates", "one_sided", "total"]
    steps, place = [], reference
    for name in names:
        if name in rows:
            row: dict[Any, Any] = rows[name]
            value = pick(row, "value")
            step = _Step(
                cut(tidy(name_part(name)), 60),
                place,
                math.nan if value is None else value,
                pick(row, "low"),
                pick(row, "high"),
            )
            steps.append(step)
            place = place if value is None else step.end
    return steps


def _order(pair: tuple[Kind, bool]) -> tuple[bool, str]:
    kind, clear = pair
    return not clear, {"worse": "a", "better": "b", "higher": "c", "lower": "d"}[kind]


def _title(kind: Kind, clear: bool) -> str:
    said = {"worse": "fares worse", "better": "fares better", "higher": "higher", "lower": "lower"}[kind]
    return said if clear else f"{said}, may be chance"


def _colour(kind: Kind) -> str:
    return {"worse": WORSE, "better": BETTER, "higher": HIGHER, "lower": LOWER}[kind]


def _draw_bars(
    steps: Sequence[_Step],
    places: Sequence[int],
    metric: Metric,
    kind: Kind,
    clear: bool,
    stretch: Range,
    look: Theme,
) -> go.Bar:
    def reach(end: float | None, step: _Step) -> float:
        return 0.0 if end is None else abs(min(max(step.begin + end, stretch.low), stretch.high) - step.end)

    pattern = {"shape": "" if clear else "/", "fgcolor": _colour(kind), "bgcolor": look.page, "size": 6}
    return go.Bar(
        orientation="h",
        base=[step.begin for step in steps],
        x=[step.value for step in steps],
        y=list(places),
        width=_BAR,
        name=_title(kind, clear),
        marker={"color": _colour(kind), "line": {"color": _colour(kind), "width": 1.5}, "pattern": pattern},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [reach(step.high, step) for step in steps],
            "arrayminus": [reach(step.low, step) for step in steps],
            "color": look.ink,
            "thickness": 1.5,
            "width": 4,
        },
        hovertext=[f"<b>{escape(step.name)}</b><br>{_say(step, metric)}" for step in steps],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _draw_ends(values: tuple[float, float], places: tuple[int, int], metric: Metric, look: Theme) -> go.Scatter:
    return go.Scatter(
        x=list(values),
        y=list(places),
        mode="markers+text",
        marker={"symbol": "diamond", "size": 13, "color": look.ink},
        text=[format_value(metric, value) for value in values],
        textposition="top center",
        textfont={"color": look.ink, "size": SMALL + 1},
        hovertext=[
            f"<b>{name}</b><br>{format_value(metric, value)}"
            for name, value in zip(("reference", "customer's set"), values, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )


def _connect(x: float, top: int, bottom: int, look: Theme) -> dict[str, Any]:
    line = {"color": look.line, "width": 1, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": top, "y1": bottom, "line": line, "layer": "below"}


def _label(step: _Step, place: int, metric: Metric, stretch: Range, look: Theme) -> dict[str, Any]:
    """Return the number of a part, under its bar."""
    nothing = math.isnan(step.value)
    middle = step.begin if nothing else (step.begin + step.end) / 2
    share = (middle - stretch.low) / (stretch.high - stretch.low)
    return {
        "x": middle,
        "y": place + 0.6 * _BAR,
        "yanchor": "top",
        "xanchor": "left" if share < 0.3 else "right" if share > 0.7 else "center",
        "text": "cannot be told" if nothing else _say(step, metric),
        "showarrow": False,
        "font": {"size": SMALL + 1, "color": look.muted if nothing else look.ink},
    }


def _say(step: _Step, metric: Metric) -> str:
    if math.isnan(step.value):
        return "cannot be told"
    interval = format_interval(metric, step.low, step.high, "difference")
    said = format_difference(metric, step.value)
    return said if interval == NOTHING else f"{said} {interval}"
