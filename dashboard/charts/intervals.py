"""The dot-and-interval plot: how each slice fares, how sure that is, the worst on top."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.charts.format import (
    NOTHING,
    break_in_two,
    by_slice,
    escape,
    format_count,
    format_difference,
    format_interval,
    format_number,
    format_p,
    format_ratio,
    format_support,
    format_value,
    is_everyone,
    is_named,
    join_words,
    key,
    label_slices,
    name_slices,
    pick,
    shared_axes,
    tidy,
)
from dashboard.charts.layout import (
    ROW_HEIGHT,
    SMALL,
    Range,
    draw_rule,
    empty_figure,
    find_range,
    lay_out,
    name_rule,
    title_axis,
    value_axis,
)
from dashboard.charts.palette import DASHES, SYMBOLS, Theme, choose_theme
from metrics.registry import Metric, OfClusters

Row = Mapping[str, Any]  # a row of a table: with plain dicts a picture takes a third of the time it takes with frames

_RANK = {"ok": 0, "too few": 1}  # what is not named here has no value to show
_WHY = {"no data": "no data", "suppressed": "hidden"}


def draw_intervals(
    estimates: pd.DataFrame,
    metric: Metric,
    *,
    disparities: pd.DataFrame | None = None,
    theme: str | None = None,
    sort: str = "worst",
) -> go.Figure:
    """Draw one dot with its interval per slice, the worst slice on top; several systems side by side.

    `estimates` has the columns of `metrics.estimate`; other metrics in it are left aside. Everyone is the
    vertical rule. `disparities` (differences, columns of `metrics.compare`) adds what each slice is compared
    with as a small tick. Slices with too few units are hollow and grey, below the others; those without data
    are listed at the bottom. `sort` is "worst" or "given". A dot's `customdata` is `[place]` in `sort_slices`.
    """
    look = choose_theme(theme)
    rows = _rows_of(estimates, metric)
    order = _sort(rows, metric, sort)
    if not order:
        return empty_figure("No slices to show.", look)
    systems = _systems_of(rows)
    labels = label_slices(order)
    place = {s: i for i, s in enumerate(order)}
    found = _split(rows)
    compared = _baselines(rows, disparities, metric)
    stretch = find_range(metric, _numbers(rows, compared))

    traces, shapes, notes = [], [], _say_no_data(found, place, look)
    if compared:
        traces.append(_draw_baselines(compared, place, look, _baseline_name(disparities)))
    for i, system in enumerate(systems):
        mine = [row for row in rows if key(row["system"]) == key(system)]
        offset = 0.0 if len(systems) == 1 else (i - (len(systems) - 1) / 2) * min(0.26, 0.7 / len(systems))
        value = pick(_everyone_of(mine) or {}, "value")
        if value is not None and math.isfinite(value):
            colour = look.line if len(systems) == 1 else look.system(i)
            shapes.append(draw_rule(value, len(order), colour, DASHES[i % len(DASHES)]))
            if len(systems) == 1:
                notes.append(name_rule(f"everyone {format_value(metric, value)}", value, look))
        traces += _draw_system(mine, metric, place, labels, offset, stretch, look, systems, i)

    legend = len(systems) > 1 or bool(compared)
    ticks = [_tick(labels[s], _counts(found[s], metric), look) for s in order]
    row = ROW_HEIGHT + (8 if any(t.count("<br>") > 1 for t in ticks) else 0)
    groups = {
        "range": [len(order) - 0.5, -0.5],
        "tickmode": "array",
        "tickvals": list(range(len(order))),
        "ticktext": ticks,
        "title": {"text": ""},
        "gridcolor": look.grid,
    }
    axes = " and ".join(tidy(a) for a in shared_axes(order))
    return lay_out(
        go.Figure(traces),
        look,
        height=row * len(order) + 84 + (30 if legend else 0),
        xaxis=value_axis(stretch, _axis_title(metric, stretch)),
        yaxis=groups,
        shapes=shapes,
        annotations=notes,
        margin={"t": 62 if legend else 32},
        showlegend=legend,
        **({"meta": {"axes": axes}} if axes else {}),
    )


def describe_intervals(estimates: pd.DataFrame, metric: Metric) -> str:
    """Say in words what `draw_intervals` shows, for those who do not see it."""
    rows = _rows_of(estimates, metric)
    order = _sort(rows, metric)
    if not order:
        return f"{metric.title}: no slices to show."
    names = {s: tidy(n) for s, n in name_slices(order).items()}
    sentences = []
    for system in _systems_of(rows):
        mine = [row for row in rows if key(row["system"]) == key(system)]
        ok = [row for row in mine if row["status"] == "ok" and not is_everyone(row["slice"])]
        if ok:
            by_value = sorted(ok, key=lambda row: row["value"] if metric.better != "higher" else -row["value"])
            best, worst = by_value[0], by_value[-1]
            words = ("Lowest", "Highest") if metric.better == "neither" else ("Best", "Worst")
            said = f"{words[1]}: {names[worst['slice']]} with {_in_words(worst, metric)}"
            if len(ok) > 1:
                said += f"; {words[0].lower()}: {names[best['slice']]} with {_in_words(best, metric)}"
            everyone = _everyone_of(mine)
            if everyone is not None:
                said += f"; everyone: {_in_words(everyone, metric)}"
            said += "."
        else:
            said = "No slice has enough data."
        sentences.append(f"{tidy(str(system))}: {said}" if is_named(system) else said)
    sliced = [row for row in rows if not is_everyone(row["slice"])]
    few = len({row["slice"] for row in sliced if row["status"] == "too few"})
    none = len({row["slice"] for row in sliced if pick(row, "value") is None})
    left = [
        f"{n} {'slice has' if n == 1 else 'slices have'} {what}"
        for n, what in ((few, "too few units"), (none, "no data"))
        if n
    ]
    axes = join_words([tidy(a) for a in shared_axes(order)])
    start = f"{tidy(metric.title)} by {axes}." if axes else f"{tidy(metric.title)} by slice."
    return " ".join([start, *sentences, *([f"{join_words(left)}."] if left else [])])


def table_intervals(
    estimates: pd.DataFrame, metric: Metric, *, disparities: pd.DataFrame | None = None, sort: str = "worst"
) -> pd.DataFrame:
    """Return the plot's numbers as texts, a row per slice and system in the plot's order, everyone first.

    Columns: slice, system (if named), value, interval, counts, units, clusters and design effect (if any), and with
    `disparities` difference (or ratio), its interval and adjusted p; then status.
    """
    rows = _rows_of(estimates, metric)
    order = [s for s in dict.fromkeys(row["slice"] for row in rows) if is_everyone(s)] + _sort(rows, metric, sort)
    names = name_slices(order)
    rank = {s: i for i, s in enumerate(order)}
    records = []
    found = by_slice(disparities, metric)
    kind = _kind(disparities)
    named = any(is_named(row["system"]) for row in rows)
    clustered = any(pick(row, "clusters") is not None for row in rows)
    for row in sorted(rows, key=lambda row: rank[row["slice"]]):
        record = {"slice": names[row["slice"]]}
        if named:
            record["system"] = str(row["system"])
        record |= {
            "value": format_value(metric, pick(row, "value")),
            "interval": format_interval(metric, pick(row, "low"), pick(row, "high")),
            "counts": format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units")),
        }
        if clustered:
            record["clusters"] = format_count(pick(row, "clusters"))
            record["design effect"] = format_number(_design_effect(metric, row))
        if disparities is not None:
            other = found.get((row["slice"], key(row["system"])), {})
            value = pick(other, "value")
            record[kind] = format_ratio(value) if kind == "ratio" else format_difference(metric, value)
            record[f"interval of {kind}"] = format_interval(metric, pick(other, "low"), pick(other, "high"), kind)
            record["adjusted p"] = format_p(pick(other, "p_adjusted"))
        record["status"] = str(row["status"])
        records.append(record)
    return pd.DataFrame.from_records(records)


def _design_effect(metric: Metric, row: Row) -> float | None:
    """Return how many times as many units it takes as if they were independent: Kish 1965, here n / n_eff.

    Of metrics whose units are the clusters themselves there is none.
    """
    if isinstance(metric.formula, OfClusters):
        return None
    units, effective = pick(row, "units"), pick(row, "effective_units")
    return units / effective if units is not None and effective else None


def sort_slices(estimates: pd.DataFrame, metric: Metric, sort: str = "worst") -> list[Any]:
    """Return the slices, everyone aside, from worst to best: first those with enough units, last those without data.

    Of several systems the worst value decides. Where a metric has no better side, the highest is first. `estimates`
    is of one metric, or of one that is the same in all.
    """
    columns = [estimates.get(name, ()) for name in ("slice", "status", "value")]
    rows = [dict(zip(("slice", "status", "value"), row, strict=True)) for row in zip(*columns, strict=True)]
    return _sort(rows, metric, sort)


def _rows_of(estimates: pd.DataFrame, metric: Metric) -> list[Row]:
    """Return the rows of one metric."""
    rows: list[Any] = estimates.to_dict("records")
    return [row for row in rows if row["metric"] == metric.name]


def _sort(rows: Sequence[Row], metric: Metric, sort: str = "worst") -> list[Any]:
    best_key: dict[Any, tuple[int, float]] = {}
    for row in rows:
        s, status, value = row["slice"], row["status"], row["value"]
        if not is_everyone(s):
            has = status in _RANK and not pd.isna(value)
            badness = (value if metric.better == "higher" else -value) if has else 0.0
            key = (_RANK[status] if has else 2, badness)
            best_key[s] = min(best_key.get(s, key), key)
    return list(best_key) if sort == "given" else sorted(best_key, key=lambda s: best_key[s])


def _systems_of(rows: Sequence[Row]) -> list[Any]:
    return list(dict.fromkeys(row["system"] for row in rows))


def _everyone_of(rows: Sequence[Row]) -> Row | None:
    return next((row for row in rows if is_everyone(row["slice"])), None)


def _draw_system(
    rows: Sequence[Row],
    metric: Metric,
    place: dict[Any, int],
    labels: dict[Any, str],
    offset: float,
    stretch: Range,
    look: Theme,
    systems: Sequence[Any],
    number: int,
) -> list[go.Scatter]:
    """Return the traces of one system: slices with enough units, then those with too few."""
    traces = []
    name = tidy(str(systems[number])) if is_named(systems[number]) else tidy(metric.title)
    for status in ("ok", "too few"):
        shown = [
            row
            for row in rows
            if row["status"] == status and pick(row, "value") is not None and not is_everyone(row["slice"])
        ]
        colour = look.system(number) if status == "ok" else look.grey
        symbol = SYMBOLS[number % len(SYMBOLS)]
        exact, lows, highs = (_column(shown, name) for name in ("value", "low", "high"))
        off = exact > stretch.high  # infinite: an arrow at the edge
        values = exact.clip(stretch.low, stretch.high)
        lows, highs = (_within(limits, stretch, values) for limits in (lows, highs))
        traces.append(
            go.Scatter(
                x=values,
                y=[place[row["slice"]] + offset for row in shown],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": highs - values,
                    "arrayminus": values - lows,
                    "thickness": 2.5,
                    "width": 0,
                    "color": colour,
                },
                mode="markers",
                marker={
                    "symbol": [f"{'arrow-right' if o else symbol}{'' if status == 'ok' else '-open'}" for o in off],
                    "size": 11 if len(systems) == 1 else 10,
                    "color": colour,
                    "line": {"width": 2, "color": colour},
                    "opacity": 1,
                },
                customdata=[[place[row["slice"]]] for row in shown],
                hovertext=[_hover(row, metric, labels) for row in shown],
                hovertemplate="%{hovertext}<extra></extra>",
                name=escape(name) if status == "ok" else "too few units",
                legendgroup=str(number) if status == "ok" else "too few",
                showlegend=status == "ok" and len(systems) > 1,
            )
        )
    return traces


def _draw_baselines(compared: dict[Any, float], place: dict[Any, int], look: Theme, name: str) -> go.Scatter:
    shown = [(s, v) for s, v in compared.items() if s in place]
    return go.Scatter(
        x=[v for _, v in shown],
        y=[place[s] for s, _ in shown],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 22, "color": look.muted, "line": {"width": 2, "color": look.muted}},
        hoverinfo="skip",
        name=escape(name),
        showlegend=True,
    )


def _say_no_data(found: dict[Any, list[Row]], place: dict[Any, int], look: Theme) -> list[dict[str, Any]]:
    """Write "no data" into the rows of slices that have none."""
    notes = []
    for s, row in place.items():
        mine = found[s]
        if all(pick(one, "value") is None for one in mine):
            why = join_words(sorted({_WHY.get(str(one["status"]), str(one["status"])) for one in mine}))
            note = {"x": 0, "xref": "paper", "xshift": 6, "xanchor": "left", "y": row, "text": why, "showarrow": False}
            notes.append(note | {"font": {"size": SMALL + 1, "color": look.muted}})
    return notes


def _hover(row: Row, metric: Metric, labels: dict[Any, str]) -> str:
    lines = [f"<b>{escape(labels[row['slice']])}</b>"]
    if is_named(row["system"]):
        lines.append(escape(tidy(str(row["system"]))))
    lines.append(f"{escape(tidy(metric.title))}: {_in_words(row, metric)}")
    lines.append(format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units")))
    if pick(row, "effective_units") is not None:
        lines.append(f"worth {format_count(round(pick(row, 'effective_units') or 0))} independent units")
    if pick(row, "clusters") is not None:
        lines.append(f"{format_count(pick(row, 'clusters'))} clusters")
    if row["status"] == "too few":
        lines.append("too few units to judge")
    return "<br>".join(line for line in lines if line != NOTHING)


def _in_words(row: Row, metric: Metric) -> str:
    interval = format_interval(metric, pick(row, "low"), pick(row, "high"))
    value = format_value(metric, pick(row, "value"))
    return value if interval == NOTHING else f"{value} {interval}"


def _tick(label: str, counts: str, look: Theme) -> str:
    lines = [escape(line) for line in break_in_two(label, 22)]
    if counts:
        lines.append(f"<span style='font-size:{SMALL}px;color:{look.muted}'>{counts}</span>")
    return "<br>".join(lines)


def _counts(mine: Sequence[Row], metric: Metric) -> str:
    """Return the counts below a slice's name: both of one system, of several the range of their denominators."""
    few = " (too few)" if all(row["status"] == "too few" for row in mine) else ""
    if len(mine) == 1:
        (row,) = mine
        text = format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units"))
    else:
        below = [pick(row, "below") for row in mine]
        counted = _counted(metric) and None not in below
        of = [n for n in (below if counted else [pick(row, "units") for row in mine]) if n is not None]
        text = " to ".join(format_count(n) for n in dict.fromkeys([min(of), max(of)])) if of else NOTHING
        text = NOTHING if NOTHING in text else f"of {text}" if counted else f"{text} units"
    return "" if text == NOTHING else text + few


def _counted(metric: Metric) -> bool:
    """Say whether a metric is a ratio of counts, so that what is below the line says something."""
    return format_support(metric, 1, 1, 1).startswith("1 of 1")


def _axis_title(metric: Metric, stretch: Range) -> str:
    start = "" if stretch.ticks[0] <= 0 <= stretch.ticks[-1] else f"\nThe axis starts at {stretch.texts[0]}."
    return f"{title_axis(metric)}{start}"


def _numbers(rows: Sequence[Row], compared: dict[Any, float]) -> list[float]:
    """Return what the axis has to hold: every value, and the limits of the slices that can be judged.

    A rate of a handful of units may reach to twenty times its value: it runs off the picture, and the table has it.
    """
    judged = [row for row in rows if row["status"] == "ok"] or rows
    numbers = [pick(row, name) for of, name in ((rows, "value"), (judged, "low"), (judged, "high")) for row in of]
    return [v for v in numbers if v is not None and math.isfinite(v)] + list(compared.values())


def _column(rows: Sequence[Row], name: str) -> NDArray[np.float64]:
    """Return a column of numbers, NaN where there is none."""
    return np.array([row[name] for row in rows], dtype=float)


def _within(limits: NDArray[np.float64], stretch: Range, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return limits inside the axis; one that cannot be had is the value itself, an infinite one the axis' end."""
    return np.where(np.isnan(limits), values, limits).clip(stretch.low, stretch.high)


def _baselines(rows: Sequence[Row], disparities: pd.DataFrame | None, metric: Metric) -> dict[Any, float]:
    """Return the value each slice is compared with: its own less the difference. Only where there is one system."""
    if _kind(disparities) != "difference" or len(_systems_of(rows)) > 1:
        return {}
    found = by_slice(disparities, metric)
    compared = {}
    for row in rows:
        value, difference = pick(row, "value"), pick(found.get((row["slice"], key(row["system"])), {}), "value")
        if value is not None and difference is not None and math.isfinite(value - difference):
            compared[row["slice"]] = value - difference
    return compared


def _baseline_name(disparities: pd.DataFrame | None) -> str:
    names = {"rest": "everyone else", "overall": "everyone"}
    if disparities is None or not len(disparities):
        return ""
    baseline = str(disparities["baseline"].iloc[0])
    return names.get(baseline, f"baseline: {tidy(baseline)}")


def _kind(disparities: pd.DataFrame | None) -> str:
    return str(disparities["kind"].iloc[0]) if disparities is not None and len(disparities) else "difference"


def _split(rows: Sequence[Row]) -> dict[Any, list[Row]]:
    """Return the rows of each slice."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row["slice"], []).append(row)
    return found
