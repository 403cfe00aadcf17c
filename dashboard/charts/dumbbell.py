"""From the reference to the customer's set, slice by slice: two dots with the line between them, regressions first.

The verdict stands in words under the name of each slice and is told by the mark of the customer's dot, never by colour
alone. Slices that both sides have enough of come first; those they have not stand apart, below a heading.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.format import (
    NOTHING,
    escape,
    format_count,
    format_difference,
    format_disparity,
    format_interval,
    format_p,
    format_value,
    is_everyone,
    label_slices,
    name_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import SMALL, Range, empty_figure, find_range, lay_out, set_value_axis, title_axis
from dashboard.charts.palette import BETTER, Theme, choose_theme, fade
from metrics.registry import Metric

__all__ = ["describe_dumbbell", "draw_dumbbell", "has_enough", "sort_pairs", "table_dumbbell"]

ROW_HEIGHT = 44
WORSE, BETTER_HERE, SAME, UNCLEAR = "worse here", "better here", "no change shown", "cannot tell"
_REFERENCE, _APART = "reference", "not enough on both sides"
# The mark of the customer's dot by verdict; the marks alone tell the verdicts apart.
_MARKS = {
    WORSE: "triangle-right",
    BETTER_HERE: "triangle-left",
    SAME: "square",
    UNCLEAR: "circle",
    _APART: "x-thin-open",
}
_SIGNS = {WORSE: "\N{BLACK RIGHT-POINTING TRIANGLE}", BETTER_HERE: "\N{BLACK LEFT-POINTING TRIANGLE}"}
_SIGNS |= {SAME: "\N{BLACK SQUARE}", UNCLEAR: "\N{BLACK CIRCLE}", _APART: "\N{MULTIPLICATION SIGN}"}
_OFFSET = 0.2  # of an interval from its dot, in rows


def has_enough(row: Any) -> bool:
    """Say whether both sides have enough of a slice to judge it."""
    return str(row["status"]) == "ok"


def sort_pairs(pairs: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return one row a slice, everyone first, then what got worse, the rest by how much worse; those with too few last.

    `pairs` has the columns of `metrics.two_sets.changes.compare_sets`.
    """
    rows = pairs[(pairs["metric"] == metric.name) & (pairs["kind"] == "difference")]
    sign = -1.0 if metric.better == "higher" else 1.0
    order = pd.DataFrame(
        {
            "everyone": [not is_everyone(s) for s in rows["slice"]],
            "apart": rows["status"].to_numpy() != "ok",
            "worse": rows["verdict"].to_numpy() != WORSE,
            "one_sided": rows["value"].isna().to_numpy(),
            "badness": -sign * rows["value"].to_numpy(float),
        },
        index=rows.index,
    )
    return rows.loc[order.sort_values(list(order.columns), kind="stable").index]


def draw_dumbbell(pairs: pd.DataFrame, metric: Metric, *, most: int = 60, theme: str | None = None) -> go.Figure:
    """Draw the reference's value, the customer's and the line between them, of the first `most` slices.

    A ring is the reference, the mark the customer's set, thin lines their intervals: above the dots the
    reference's, below them the customer's.
    """
    look = choose_theme(theme)
    rows = sort_pairs(pairs, metric).head(most).to_dict("records")
    if not rows or all(pick(r, side) is None for r in rows for side in ("reference", "customer")):
        return empty_figure("No group to show.", look)
    stretch = _find_stretch(rows, metric)
    places = _place(rows)
    figure = go.Figure()
    for side, shift in (("reference", -_OFFSET), ("customer", _OFFSET)):
        figure.add_trace(_draw_limits(rows, places, side, shift, stretch, look))
    for word in _MARKS:
        some = [i for i, row in enumerate(rows) if _kind(row) == word]
        if some:
            figure.add_trace(_draw_lines(rows, places, some, word, stretch, look))
    for word in _MARKS:
        some = [i for i, row in enumerate(rows) if _kind(row) == word and pick(row, "customer") is not None]
        if some:
            figure.add_trace(_draw_customer(rows, places, some, word, metric, stretch, look))
    figure.add_trace(_draw_reference(rows, places, metric, stretch, look))  # last: a ring hides nothing
    last = max(places) + 0.6
    lay_out(figure, look, height=ROW_HEIGHT * (last + 0.6) + 120)
    set_value_axis(figure, stretch, title_axis(metric))
    _name_rows(figure, rows, places, metric, look, last)
    return figure.update_layout(margin_t=62, showlegend=True)


def describe_dumbbell(pairs: pd.DataFrame, metric: Metric, *, most: int = 8) -> str:
    """Say in words what `draw_dumbbell` shows."""
    rows = sort_pairs(pairs, metric).to_dict("records")
    names = _names(rows)
    said = [f"{tidy(metric.title)} in the reference and in the customer's set."]
    for word in (WORSE, BETTER_HERE, SAME, UNCLEAR):
        mine = [r for r in rows if _kind(r) == word]
        if mine:
            told = "; ".join(f"{names[r['slice']]} {_from_to(r, metric)}" for r in mine[:most])
            more = f"; and {len(mine) - most} more" if len(mine) > most else ""
            said.append(f"{word.capitalize()}: {told}{more}.")
    apart = sum(not has_enough(r) for r in rows)
    if apart:
        said.append(f"Of {apart} {'group' if apart == 1 else 'groups'} both sides have not enough.")
    return " ".join(said) if rows else "No group to show."


def table_dumbbell(pairs: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the numbers as texts, a row a slice in the order of the picture, with the ratio where `pairs` has it."""
    rows = sort_pairs(pairs, metric).to_dict("records")
    ratios = pairs[(pairs["metric"] == metric.name) & (pairs["kind"] == "ratio")]
    ratio_of = dict(zip(ratios["slice"], ratios.to_dict("records"), strict=True))
    names = _names(rows)
    records = []
    for row in rows:
        needed = pick(row, "units_needed")
        record = {
            "slice": names[row["slice"]],
            "verdict": str(row["verdict"]),
            "reference": _side(row, metric, "reference"),
            "customer": _side(row, metric, "customer"),
            "difference": format_difference(metric, pick(row, "value")),
            "interval": format_interval(metric, pick(row, "low"), pick(row, "high"), "difference"),
        }
        if len(ratios):
            ratio = ratio_of.get(row["slice"], {})
            record["ratio"] = format_disparity(metric, "ratio", pick(ratio, "value"))
            record["interval of ratio"] = format_interval(metric, pick(ratio, "low"), pick(ratio, "high"), "ratio")
        records.append(
            record
            | {
                "adjusted p": format_p(pick(row, "p_adjusted")),
                "why": str(row["reason"]),
                "more units that would tell": NOTHING if needed is None else format_count(math.ceil(needed)),
                "units in the reference": format_count(pick(row, "reference_units")),
                "units of the customer": format_count(pick(row, "customer_units")),
            }
        )
    return pd.DataFrame.from_records(records)


def _kind(row: Any) -> str:
    return str(row["verdict"]) if has_enough(row) and str(row["verdict"]) in _MARKS else _APART


def _names(rows: Sequence[Any]) -> dict[Any, str]:
    named = name_slices([r["slice"] for r in rows])
    return {s: "everyone" if is_everyone(s) else tidy(name) for s, name in named.items()}


def _place(rows: Sequence[Any]) -> list[float]:
    """Return where each row stands; a heading has room before the first one with too few."""
    first = next((i for i, r in enumerate(rows) if not has_enough(r)), len(rows))
    return [float(i) if i < first else i + 1.0 for i in range(len(rows))]


def _find_stretch(rows: Sequence[Any], metric: Metric) -> Range:
    """Return the stretch of all values, and of the intervals of slices with enough: the others may span everything."""
    judged = [r for r in rows if has_enough(r)]
    ends = [v for r in rows for side in ("reference", "customer") if (v := pick(r, side)) is not None]
    columns = ("reference_low", "reference_high", "customer_low", "customer_high")
    ends += [v for r in judged for column in columns if (v := pick(r, column)) is not None]
    return find_range(metric, [e for e in ends if math.isfinite(e)])


def _colour(word: str, look: Theme) -> str:
    return {WORSE: look.worse, BETTER_HERE: BETTER, _APART: look.grey}.get(word, look.ink)


def _draw_limits(
    rows: Sequence[Any], places: Sequence[float], side: str, shift: float, stretch: Range, look: Theme
) -> go.Scatter:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for row, place in zip(rows, places, strict=True):
        low, high = pick(row, f"{side}_low"), pick(row, f"{side}_high")
        if low is not None and high is not None and pick(row, side) is not None:
            xs += [_clip(low, stretch), _clip(high, stretch), None]
            ys += [place + shift, place + shift, None]
    dash = "dot" if side == "reference" else "solid"
    return go.Scatter(
        x=xs,
        y=ys,
        mode="lines",
        line={"width": 1.5, "color": look.muted, "dash": dash},
        name="reference's interval" if side == "reference" else "customer's interval",
        hoverinfo="skip",
        showlegend=True,
    )


def _draw_lines(
    rows: Sequence[Any], places: Sequence[float], some: Sequence[int], word: str, stretch: Range, look: Theme
) -> go.Scatter:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for i in some:
        ends = pick(rows[i], "reference"), pick(rows[i], "customer")
        if None not in ends:
            xs += [*(_clip(e, stretch) for e in ends if e is not None), None]
            ys += [places[i], places[i], None]
    colour = _colour(word, look)
    width = 5 if word in (WORSE, BETTER_HERE) else 3
    return go.Scatter(
        x=xs, y=ys, mode="lines", line={"width": width, "color": fade(colour, 0.55)}, hoverinfo="skip", showlegend=False
    )


def _draw_reference(
    rows: Sequence[Any], places: Sequence[float], metric: Metric, stretch: Range, look: Theme
) -> go.Scatter:
    there = [i for i, row in enumerate(rows) if pick(row, "reference") is not None]
    return go.Scatter(
        x=[_clip(rows[i]["reference"], stretch) for i in there],
        y=[places[i] for i in there],
        mode="markers",
        name=_REFERENCE,
        marker={
            "symbol": "circle-open",
            "size": 16,
            "color": [look.ink if has_enough(rows[i]) else look.grey for i in there],
            "line": {"width": 2},
        },
        hovertext=[_hover(rows[i], metric) for i in there],
        hoverinfo="text",
    )


def _draw_customer(
    rows: Sequence[Any],
    places: Sequence[float],
    some: Sequence[int],
    word: str,
    metric: Metric,
    stretch: Range,
    look: Theme,
) -> go.Scatter:
    colour = _colour(word, look)
    return go.Scatter(
        x=[_clip(rows[i]["customer"], stretch) for i in some],
        y=[places[i] for i in some],
        mode="markers",
        name=f"customer, {word}",
        marker={"symbol": _MARKS[word], "size": 11, "color": colour, "line": {"width": 1.5, "color": colour}},
        hovertext=[_hover(rows[i], metric) for i in some],
        hoverinfo="text",
    )


def _name_rows(
    figure: go.Figure, rows: Sequence[Any], places: Sequence[float], metric: Metric, look: Theme, last: float
) -> None:
    labels = label_slices([r["slice"] for r in rows], 30)
    texts = [_tick(row, labels[row["slice"]], metric, look) for row in rows]
    ticks = list(places)
    gap = next((i for i, (one, two) in enumerate(pairwise(places)) if two - one > 1), None)
    heading = places[gap] + 1 if gap is not None else 0.0 if places[0] > 0 else None
    if heading is not None:
        ticks.append(heading)
        texts.append(f"<b>{_APART.capitalize()}</b>")
        figure.add_hline(y=heading, line={"width": 1, "color": look.grid})
    figure.update_yaxes(range=[last, -0.6], tickmode="array", tickvals=ticks, ticktext=texts, showgrid=False)


def _tick(row: Any, label: str, metric: Metric, look: Theme) -> str:
    """Return the name of a slice, and under it the verdict in words, with its mark."""
    name = "everyone" if is_everyone(row["slice"]) else label
    word = _kind(row)
    change = format_difference(metric, pick(row, "value"))
    if word == _APART:
        told = str(row["reason"]) or "too few"
    else:
        told = f"{_SIGNS[word]} {word}{'' if change == NOTHING else f', {change}'}"
    colour = look.worse if word == WORSE else look.muted
    return f"{escape(name)}<br><span style='font-size:{SMALL}px;color:{colour}'>{escape(told)}</span>"


def _side(row: Any, metric: Metric, side: str) -> str:
    value = format_value(metric, pick(row, side))
    limits = format_interval(metric, pick(row, f"{side}_low"), pick(row, f"{side}_high"))
    return value if NOTHING in (value, limits) else f"{value} {limits}"


def _from_to(row: Any, metric: Metric) -> str:
    there, here = (format_value(metric, pick(row, side)) for side in ("reference", "customer"))
    return f"from {there} to {here}"


def _hover(row: Any, metric: Metric) -> str:
    name = "everyone" if is_everyone(row["slice"]) else escape(tidy(name_slices([row["slice"]])[row["slice"]]))
    change = format_difference(metric, pick(row, "value"))
    limits = format_interval(metric, pick(row, "low"), pick(row, "high"), "difference")
    reason = f", {row['reason']}" if row["reason"] else ""
    lines = [
        f"<b>{name}</b>",
        f"reference {_side(row, metric, 'reference')}, {format_count(pick(row, 'reference_units'))} units",
        f"customer {_side(row, metric, 'customer')}, {format_count(pick(row, 'customer_units'))} units",
        f"change {change} {limits}" if NOTHING not in (change, limits) else "",
        f"{row['verdict']}{reason}",
    ]
    return "<br>".join(line for line in lines if line)


def _clip(value: float, stretch: Range) -> float:
    return min(max(float(value), stretch.low), stretch.high)
