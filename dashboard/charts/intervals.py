"""The dot-and-interval plot: how each slice fares, how sure that is, the worst on top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

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
    empty_figure,
    find_range,
    lay_out,
    set_value_axis,
    title_axis,
)
from dashboard.charts.palette import DASHES, SYMBOLS, Theme, choose_theme
from metrics.registry import Metric, OfClusters

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
    rows = rows_of(estimates, metric)
    order = sort_slices(rows, metric, sort)
    if not order:
        return empty_figure("No slices to show.", look)
    systems = list(dict.fromkeys(rows["system"]))
    labels = label_slices(order)
    place = {s: i for i, s in enumerate(order)}
    found = _split(rows)
    compared = _baselines(rows, disparities, metric)
    stretch = find_range(metric, _numbers(rows, compared))

    figure = go.Figure()
    if compared:
        figure.add_trace(_draw_baselines(compared, place, look, _baseline_name(disparities)))
    for i, system in enumerate(systems):
        mine = rows[[key(s) == key(system) for s in rows["system"]]]
        offset = 0.0 if len(systems) == 1 else (i - (len(systems) - 1) / 2) * min(0.26, 0.7 / len(systems))
        _draw_rule(figure, mine, metric, look, systems, i, len(order))
        for trace in _draw_system(mine, metric, place, labels, offset, stretch, look, systems, i):
            figure.add_trace(trace)
    _say_no_data(figure, found, place, look)

    legend = len(systems) > 1 or bool(compared)
    ticks = [_tick(labels[s], _counts(found[s], metric), look) for s in order]
    row = ROW_HEIGHT + (8 if any(t.count("<br>") > 1 for t in ticks) else 0)
    lay_out(figure, look, height=row * len(order) + 84 + (30 if legend else 0))
    set_value_axis(figure, stretch, _axis_title(metric, stretch))
    axes = shared_axes(order)
    figure.update_yaxes(
        range=[len(order) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(order))),
        ticktext=ticks,
        title_text="",
        gridcolor=look.grid,
        overwrite=True,
    )
    if axes:
        named = " and ".join(tidy(a) for a in axes)
        figure.layout.meta = {"axes": named}
    return figure.update_layout(margin_t=62 if legend else 32, showlegend=legend, overwrite=True)


def describe_intervals(estimates: pd.DataFrame, metric: Metric) -> str:
    """Say in words what `draw_intervals` shows, for those who do not see it."""
    rows = rows_of(estimates, metric)
    order = sort_slices(rows, metric)
    if not order:
        return f"{metric.title}: no slices to show."
    names = {s: tidy(n) for s, n in name_slices(order).items()}
    sentences = []
    for system in dict.fromkeys(rows["system"]):
        mine = rows[[key(s) == key(system) for s in rows["system"]]]
        ok = mine[(mine["status"] == "ok") & ~_of_everyone(mine)]
        if len(ok):
            by_value = ok.sort_values("value", ascending=metric.better != "higher", kind="stable")
            best, worst = by_value.iloc[0], by_value.iloc[-1]
            words = ("Lowest", "Highest") if metric.better == "neither" else ("Best", "Worst")
            said = f"{words[1]}: {names[worst['slice']]} with {_in_words(worst, metric)}"
            if len(ok) > 1:
                said += f"; {words[0].lower()}: {names[best['slice']]} with {_in_words(best, metric)}"
            everyone = mine[_of_everyone(mine)]
            if len(everyone):
                said += f"; everyone: {_in_words(everyone.iloc[0], metric)}"
            said += "."
        else:
            said = "No slice has enough data."
        sentences.append(f"{tidy(str(system))}: {said}" if is_named(system) else said)
    sliced = rows[~_of_everyone(rows)]
    few, none = (sliced[_is(sliced, kind)]["slice"].nunique() for kind in ("too few", "nothing"))
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
    rows = rows_of(estimates, metric)
    order = [s for s in dict.fromkeys(rows["slice"]) if is_everyone(s)] + sort_slices(rows, metric, sort)
    names = name_slices(order)
    rank = {s: i for i, s in enumerate(order)}
    rows = rows.assign(_rank=rows["slice"].map(rank)).sort_values("_rank", kind="stable")
    records = []
    found = by_slice(disparities, metric)
    kind = _kind(disparities)
    for _, row in rows.iterrows():
        record = {"slice": names[row["slice"]]}
        if any(is_named(s) for s in rows["system"]):
            record["system"] = str(row["system"])
        record |= {
            "value": format_value(metric, pick(row, "value")),
            "interval": format_interval(metric, pick(row, "low"), pick(row, "high")),
            "counts": format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units")),
        }
        if "clusters" in rows and rows["clusters"].notna().any():
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


def _design_effect(metric: Metric, row: Any) -> float | None:
    """Return how many times as many units it takes as if they were independent: Kish 1965, here n / n_eff.

    Of metrics whose units are the clusters themselves there is none.
    """
    if isinstance(metric.formula, OfClusters):
        return None
    units, effective = pick(row, "units"), pick(row, "effective_units")
    return units / effective if units is not None and effective else None


def rows_of(estimates: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return the rows of one metric."""
    return estimates[estimates["metric"] == metric.name] if len(estimates) else estimates


def sort_slices(rows: pd.DataFrame, metric: Metric, sort: str = "worst") -> list[Any]:
    """Return the slices, everyone aside, from worst to best: first those with enough units, last those without data.

    Of several systems the worst value decides. Where a metric has no better side, the highest is first.
    """
    best_key: dict[Any, tuple[int, float]] = {}
    for s, status, value in zip(rows.get("slice", ()), rows.get("status", ()), rows.get("value", ()), strict=True):
        if not is_everyone(s):
            has = status in _RANK and not pd.isna(value)
            badness = (value if metric.better == "higher" else -value) if has else 0.0
            key = (_RANK[status] if has else 2, badness)
            best_key[s] = min(best_key.get(s, key), key)
    return list(best_key) if sort == "given" else sorted(best_key, key=lambda s: best_key[s])


def _draw_system(
    rows: pd.DataFrame,
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
        shown = rows[(rows["status"] == status) & rows["value"].notna() & ~_of_everyone(rows)]
        colour = look.system(number) if status == "ok" else look.grey
        symbol = SYMBOLS[number % len(SYMBOLS)]
        values = shown["value"].to_numpy(float).clip(stretch.low, stretch.high)
        off = shown["value"].to_numpy(float) > stretch.high  # infinite: an arrow at the edge
        lows, highs = (_within(shown[c].to_numpy(float), stretch, values) for c in ("low", "high"))
        traces.append(
            go.Scatter(
                x=values,
                y=[place[s] + offset for s in shown["slice"]],
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
                customdata=[[place[s]] for s in shown["slice"]],
                hovertext=[_hover(row, metric, labels) for _, row in shown.iterrows()],
                hovertemplate="%{hovertext}<extra></extra>",
                name=escape(name) if status == "ok" else "too few units",
                legendgroup=str(number) if status == "ok" else "too few",
                showlegend=status == "ok" and len(systems) > 1,
            )
        )
    return traces


def _draw_rule(
    figure: go.Figure, rows: pd.DataFrame, metric: Metric, look: Theme, systems: Sequence[Any], number: int, n_rows: int
) -> None:
    """Draw everyone's value as a thin vertical rule, named where there is one system."""
    everyone = rows[_of_everyone(rows)]
    value = pick(everyone.iloc[0], "value") if len(everyone) else None
    if value is None or not math.isfinite(value):
        return
    alone = len(systems) == 1
    figure.add_shape(
        type="line",
        x0=value,
        x1=value,
        y0=-0.5,
        y1=n_rows - 0.5,
        layer="below",
        line={"width": 1.5, "color": look.line if alone else look.system(number), "dash": DASHES[number % len(DASHES)]},
    )
    if alone:
        figure.add_annotation(
            x=value,
            y=-0.5,
            yanchor="bottom",
            text=f"everyone {format_value(metric, value)}",
            showarrow=False,
            font={"size": SMALL + 1, "color": look.muted},
        )


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


def _say_no_data(figure: go.Figure, found: dict[Any, pd.DataFrame], place: dict[Any, int], look: Theme) -> None:
    """Write "no data" into the rows of slices that have none."""
    for s, row in place.items():
        mine = found[s]
        if mine["value"].isna().all():
            why = join_words(sorted({_WHY.get(status, status) for status in mine["status"]}))
            figure.add_annotation(
                x=0,
                xref="paper",
                xshift=6,
                xanchor="left",
                y=row,
                text=why,
                showarrow=False,
                font={"size": SMALL + 1, "color": look.muted},
            )


def _hover(row: pd.Series, metric: Metric, labels: dict[Any, str]) -> str:
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


def _in_words(row: pd.Series, metric: Metric) -> str:
    interval = format_interval(metric, pick(row, "low"), pick(row, "high"))
    value = format_value(metric, pick(row, "value"))
    return value if interval == NOTHING else f"{value} {interval}"


def _tick(label: str, counts: str, look: Theme) -> str:
    lines = [escape(line) for line in break_in_two(label, 22)]
    if counts:
        lines.append(f"<span style='font-size:{SMALL}px;color:{look.muted}'>{counts}</span>")
    return "<br>".join(lines)


def _counts(mine: pd.DataFrame, metric: Metric) -> str:
    """Return the counts below a slice's name: both of one system, of several the range of their denominators."""
    few = " (too few)" if (mine["status"] == "too few").all() else ""
    if len(mine) == 1:
        row = mine.iloc[0]
        text = format_support(metric, pick(row, "top"), pick(row, "below"), pick(row, "units"))
    else:
        of = mine["below"] if _counted(metric) and mine["below"].notna().all() else mine["units"]
        ends = dict.fromkeys([of.min(), of.max()])
        text = " to ".join(map(format_count, ends))
        text = NOTHING if NOTHING in text else f"of {text}" if of.name == "below" else f"{text} units"
    return "" if text == NOTHING else text + few


def _counted(metric: Metric) -> bool:
    """Say whether a metric is a ratio of counts, so that what is below the line says something."""
    return format_support(metric, 1, 1, 1).startswith("1 of 1")


def _axis_title(metric: Metric, stretch: Range) -> str:
    start = "" if stretch.ticks[0] <= 0 <= stretch.ticks[-1] else f"\nThe axis starts at {stretch.texts[0]}."
    return f"{title_axis(metric)}{start}"


def _numbers(rows: pd.DataFrame, compared: dict[Any, float]) -> list[float]:
    """Return what the axis has to hold: every value, and the limits of the slices that can be judged.

    A rate of a handful of units may reach to twenty times its value: it runs off the picture, and the table has it.
    """
    judged = rows[rows["status"] == "ok"] if (rows["status"] == "ok").any() else rows
    numbers = [v for of, c in ((rows, "value"), (judged, "low"), (judged, "high")) for v in of[c].dropna()]
    return [v for v in numbers if math.isfinite(v)] + list(compared.values())


def _within(limits: Any, stretch: Range, values: Any) -> Any:
    """Return limits inside the axis; one that cannot be had is the value itself, an infinite one the axis' end."""
    limits = pd.Series(limits).fillna(pd.Series(values)).clip(stretch.low, stretch.high)
    return limits.to_numpy(float)


def _baselines(rows: pd.DataFrame, disparities: pd.DataFrame | None, metric: Metric) -> dict[Any, float]:
    """Return the value each slice is compared with: its own less the difference. Only where there is one system."""
    if _kind(disparities) != "difference" or rows["system"].nunique(dropna=False) > 1:
        return {}
    found = by_slice(disparities, metric)
    compared = {}
    for _, row in rows.iterrows():
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


def _split(rows: pd.DataFrame) -> dict[Any, pd.DataFrame]:
    """Return the rows of each slice."""
    places: dict[Any, list[int]] = {}
    for i, s in enumerate(rows["slice"]):
        places.setdefault(s, []).append(i)
    return {s: rows.iloc[where] for s, where in places.items()}


def _of_everyone(rows: pd.DataFrame) -> Any:
    return np.array([is_everyone(s) for s in rows["slice"]], dtype=bool)


def _is(rows: pd.DataFrame, kind: str) -> pd.Series:
    return rows["status"].eq("too few") if kind == "too few" else rows["value"].isna()
