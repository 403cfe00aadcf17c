"""What the threshold does to each slice: rates over it, ROC curves, calibration, one small panel per slice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts.format import (
    NOTHING,
    break_lines,
    escape,
    format_count,
    format_interval,
    format_percent,
    format_value,
    is_everyone,
    join_words,
    label_slices,
    pick,
    tidy,
)
from dashboard.charts.layout import SMALL, Range, empty_figure, find_range, lay_out, list_names
from dashboard.charts.palette import DASHES, SYMBOLS, Theme, choose_theme
from metrics.registry import Metric
from metrics.tasks.binary import SELECTION_RATE

MOST_LINES = 8  # more lines than colours, dashes and eyes can tell apart are drawn thin and grey
PANEL_HEIGHT = 190


def draw_rates(
    rates: pd.DataFrame, metric: Metric, threshold: float | None = None, *, theme: str | None = None
) -> go.Figure:
    """Draw a metric of each slice as a line over the threshold, the chosen threshold as a vertical rule.

    `rates` has the columns slice, metric, threshold and value (NaN where undefined), and may have units and status.
    """
    look = choose_theme(theme)
    rows = _of_metric(rates, metric)
    slices = _sliced(rows)
    if not slices:
        return empty_figure("No scores to show.", look)
    labels = label_slices(slices, 28)
    stretch = find_range(metric, list(rows["value"].dropna()))
    figure = go.Figure()
    # Grey lines first, so that those with a colour lie above them.
    for number, s in sorted(enumerate(slices), key=lambda pair: pair[0] < MOST_LINES):
        mine = rows[[other == s for other in rows["slice"]]].sort_values("threshold", kind="stable")
        colour, dash = _line_style(number, _is_few(mine), look)
        if is_everyone(s):
            colour, dash = look.line, "solid"
        figure.add_trace(
            go.Scatter(
                x=mine["threshold"],
                y=mine["value"],
                mode="lines",
                connectgaps=False,
                # Between two scores a rate is what it is at the higher one.
                line={"color": colour, "dash": dash, "width": 2.5 if number < MOST_LINES else 1, "shape": "vh"},
                name=escape(labels[s]) + (" (too few)" if _is_few(mine) else ""),
                legendrank=number,
                showlegend=number < MOST_LINES,
                hovertext=[f"<b>{escape(labels[s])}</b><br>{format_value(metric, v)}" for v in mine["value"]],
                hovertemplate="%{hovertext}<br>threshold %{x}<extra></extra>",
            )
        )
    if threshold is not None:
        figure.add_vline(x=threshold, line={"width": 1.5, "color": look.ink})
        figure.add_annotation(
            x=threshold,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=f"threshold {_short(threshold)}",
            showarrow=False,
            font={"size": SMALL + 1, "color": look.ink},
        )
    rows_of_legend = math.ceil(min(len(slices), MOST_LINES) / 2)
    lay_out(figure, look, height=330 + 20 * rows_of_legend)
    figure.update_xaxes(title_text="Threshold", nticks=6, tickangle=0)
    _scale_y(figure, stretch, tidy(metric.title))
    legend = {"y": 0, "yref": "container", "yanchor": "bottom"}
    return figure.update_layout(legend=legend, margin_t=36, margin_b=64 + 20 * rows_of_legend)


def describe_rates(rates: pd.DataFrame, metric: Metric, threshold: float) -> str:
    """Say in words what `draw_rates` shows at a threshold: the highest and lowest slice there."""
    rows = _of_metric(rates, metric)
    slices = _sliced(rows)
    at = {s: v for s in slices if not is_everyone(s) and (v := _value_at(rows, s, threshold)) is not None}
    title = tidy(metric.title)
    if not at:
        return f"{title} over the threshold: no slice has a value at {_short(threshold)}."
    labels = label_slices(list(at), 60)
    high, low = max(at, key=lambda s: at[s]), min(at, key=lambda s: at[s])
    text = f"{title} over the threshold. At {_short(threshold)} it is highest for {labels[high]}"
    text += f" with {format_value(metric, at[high])}"
    if len(at) > 1:
        text += f" and lowest for {labels[low]} with {format_value(metric, at[low])}"
    return f"{text}."


def table_rates(rates: pd.DataFrame, metric: Metric, threshold: float) -> pd.DataFrame:
    """Return the value of each slice at a threshold as texts: slice, value."""
    rows = _of_metric(rates, metric)
    slices = _sliced(rows)
    labels = label_slices(slices, 200)
    values = [format_value(metric, _value_at(rows, s, threshold)) for s in slices]
    return pd.DataFrame({"slice": [labels[s] for s in slices], "value": values})


def table_curves(rates: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return every value that `draw_rates` draws as texts: slice, threshold, value."""
    rows = _of_metric(rates, metric)
    labels = label_slices(_sliced(rows), 200)
    shown = rows[[s in labels for s in rows["slice"]]]
    return pd.DataFrame(
        {
            "slice": [labels[s] for s in shown["slice"]],
            "threshold": [_short(t) for t in shown["threshold"]],
            "value": [format_value(metric, v) for v in shown["value"]],
        }
    )


def draw_roc(
    curves: pd.DataFrame, threshold: float | None = None, *, columns: int = 3, theme: str | None = None
) -> go.Figure:
    """Draw the ROC curve of each slice in a panel of its own, everyone's behind it in grey.

    `curves` has the columns slice, threshold, false_positive_rate and true_positive_rate. The chosen threshold is
    a marker on each curve: where the markers differ, one threshold treats the slices differently.
    """
    look = choose_theme(theme)
    slices = [s for s in _sliced(curves) if not is_everyone(s)]
    if not slices:
        return empty_figure("No ROC curves to show.", look)
    x, y = "false_positive_rate", "true_positive_rate"
    everyone = curves[[is_everyone(s) for s in curves["slice"]]].sort_values([x, y])
    figure, places = _make_panels(slices, columns, look)
    for s, (row, column) in places.items():
        mine = curves[[other == s for other in curves["slice"]]].sort_values([x, y])
        diagonal = go.Scatter(x=[0, 1], y=[0, 1], line={"color": look.grid, "width": 1.5})
        grey = go.Scatter(x=everyone[x], y=everyone[y], line={"color": look.grey, "width": 1.5, "dash": "dot"})
        for line in (diagonal, grey):
            figure.add_trace(line.update(mode="lines", hoverinfo="skip", showlegend=False), row, column)
        figure.add_trace(
            go.Scatter(
                x=mine[x],
                y=mine[y],
                mode="lines",
                line={"color": look.system(0), "width": 2.5},
                hovertext=[_hover_roc(r) for r in mine.to_dict("records")],
                hovertemplate="%{hovertext}<extra></extra>",
                showlegend=False,
            ),
            row,
            column,
        )
        here = None if threshold is None else _at_threshold(mine, threshold)
        if here is not None:
            marker = {"symbol": "diamond", "size": 11, "color": look.worse, "line": {"width": 1.5, "color": look.page}}
            figure.add_trace(
                go.Scatter(
                    x=[here[x]],
                    y=[here[y]],
                    mode="markers",
                    marker=marker,
                    hovertext=[_hover_roc(here)],
                    hovertemplate="%{hovertext}<extra></extra>",
                    showlegend=False,
                ),
                row,
                column,
            )
    marked = "" if threshold is None else f"; diamond: threshold {_short(threshold)}"
    _label_panels(figure, "False positive rate", f"True positive rate (%; dotted: everyone{marked})", look)
    return figure


def describe_roc(curves: pd.DataFrame, threshold: float | None = None) -> str:
    """Say in words what `draw_roc` shows: both rates of each slice at the threshold."""
    slices = [s for s in _sliced(curves) if not is_everyone(s)]
    if not slices:
        return "No ROC curves to show."
    labels = label_slices(slices, 60)
    if threshold is None:
        return f"ROC curves of {list_names(list(labels.values()))}, each beside everyone's."
    said = []
    for s in slices:
        here = _at_threshold(curves[[other == s for other in curves["slice"]]], threshold)
        if here is not None:
            true, false = (format_percent(here[c]) for c in ("true_positive_rate", "false_positive_rate"))
            said.append(f"{labels[s]}: true positive rate {true}, false positive rate {false}")
    return f"ROC curves by slice. At threshold {_short(threshold)}: {'; '.join(said) or 'no data'}."


def table_roc(curves: pd.DataFrame) -> pd.DataFrame:
    """Return every point that `draw_roc` draws as texts: slice, threshold, and both rates."""
    labels = label_slices(_sliced(curves), 200)
    shown = curves[[s in labels for s in curves["slice"]]]
    rates = {c: [format_percent(v) for v in shown[c]] for c in ("false_positive_rate", "true_positive_rate")}
    return pd.DataFrame(
        {
            "slice": [labels[s] for s in shown["slice"]],
            "threshold": [_short(t) for t in shown["threshold"]],
            **{name.replace("_", " "): texts for name, texts in rates.items()},
        }
    )


def draw_calibration(bins: pd.DataFrame, *, columns: int = 3, theme: str | None = None) -> go.Figure:
    """Draw observed against expected for each slice in a panel of its own, with intervals.

    `bins` has the columns slice, score (the bin's mean score), value (its observed share of positives), low, high
    and units, and may have status. A dot above the diagonal: more positives than the score says; bins with too few
    units are hollow and grey.
    """
    look = choose_theme(theme)
    slices = _sliced(bins)
    if not slices:
        return empty_figure("No calibration to show.", look)
    figure, places = _make_panels(slices, columns, look)
    for s, (row, column) in places.items():
        mine = bins[[other == s for other in bins["slice"]]]
        mine = mine[mine["value"].notna() & mine["score"].notna()].sort_values("score")
        diagonal = go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": look.grey, "width": 1.5, "dash": "dot"})
        figure.add_trace(diagonal.update(hoverinfo="skip", showlegend=False), row, column)
        few = mine["status"].eq("too few") if "status" in mine else pd.Series(False, index=mine.index)
        for shown, colour, symbol in ((mine[~few], look.system(0), SYMBOLS[0]), (mine[few], look.grey, "circle-open")):
            figure.add_trace(_draw_bins(shown, colour, symbol), row, column)
    _label_panels(figure, "Score", "Observed share of positives (%; dotted: as the score says)", look)
    return figure


def describe_calibration(bins: pd.DataFrame) -> str:
    """Say in words what `draw_calibration` shows: where intervals miss the score, per slice."""
    slices = _sliced(bins)
    if not slices:
        return "No calibration to show."
    labels = label_slices(slices, 60)
    said = []
    for s in slices:
        mine = bins[[other == s for other in bins["slice"]]]
        if "status" in mine:
            mine = mine[mine["status"] != "too few"]
        mine = mine[mine["value"].notna()]
        more, fewer = int((mine["low"] > mine["score"]).sum()), int((mine["high"] < mine["score"]).sum())
        if not len(mine):
            said.append(f"{labels[s]}: no bin has enough data")
            continue
        words = [f"{n} {w}" for n, w in ((more, "more positives than scored"), (fewer, "fewer")) if n]
        found = join_words(words) if words else "none away from the score"
        said.append(f"{labels[s]}: of {len(mine)} bins {found}")
    return f"Calibration by slice. {'; '.join(said)}."


def table_calibration(bins: pd.DataFrame) -> pd.DataFrame:
    """Return the calibration bins as texts: slice, score, observed, interval, units."""
    labels = label_slices(_sliced(bins), 200)
    records = [
        {
            "slice": labels[r["slice"]],
            "score": format_percent(pick(r, "score")),
            "observed": format_percent(pick(r, "value")),
            "interval": format_interval(SELECTION_RATE, pick(r, "low"), pick(r, "high")),
            "units": format_count(pick(r, "units")),
        }
        for r in (bins.to_dict("records") if len(bins) else [])
    ]
    return pd.DataFrame.from_records(records, columns=["slice", "score", "observed", "interval", "units"])


def _draw_bins(shown: pd.DataFrame, colour: str, symbol: str) -> go.Scatter:
    high, low = shown["high"].fillna(shown["value"]), shown["low"].fillna(shown["value"])
    return go.Scatter(
        x=shown["score"],
        y=shown["value"],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - shown["value"],
            "arrayminus": shown["value"] - low,
            "thickness": 2,
            "width": 0,
            "color": colour,
        },
        mode="markers",
        cliponaxis=False,
        marker={"symbol": symbol, "size": 7, "color": colour, "line": {"width": 1.5, "color": colour}},
        hovertext=[_hover_bin(r) for r in shown.to_dict("records")],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _make_panels(slices: Sequence[Any], columns: int, look: Theme) -> tuple[go.Figure, dict[Any, tuple[int, int]]]:
    """Return a figure with a titled square panel per slice, and the row and column of each."""
    columns = max(1, min(columns, len(slices)))
    n_rows = math.ceil(len(slices) / columns)
    columns = math.ceil(len(slices) / n_rows)  # four stand two by two, not three and one
    labels = label_slices(slices, 30)
    titles = ["<br>".join(escape(line) for line in break_lines(labels[s], 16, most=2)) for s in slices]
    height = PANEL_HEIGHT * n_rows + 80
    title_height = 62 if any("<br>" in title for title in titles) else 46
    figure = make_subplots(
        rows=n_rows,
        cols=columns,
        shared_xaxes="all",
        shared_yaxes="all",
        subplot_titles=titles,
        horizontal_spacing=0.04,
        vertical_spacing=min(0.9 / n_rows, title_height / height) if n_rows > 1 else 0,
    )
    lay_out(figure, look, height=height)
    for i in range(len(slices) - columns, len(slices)):
        # The lowest panel of each column bears the numbers, also where the last row is not full.
        figure.update_xaxes(showticklabels=True, row=i // columns + 1, col=i % columns + 1)
    for i in range(len(slices), n_rows * columns):
        figure.update_xaxes(visible=False, row=i // columns + 1, col=i % columns + 1)
        figure.update_yaxes(visible=False, row=i // columns + 1, col=i % columns + 1)
    figure.update_annotations(font={"size": SMALL + 1, "color": look.ink})
    return figure, {s: (i // columns + 1, i % columns + 1) for i, s in enumerate(slices)}


def _label_panels(figure: go.Figure, x: str, y: str, look: Theme) -> None:
    """Give all panels axes from 0 to 100 per cent, and the figure one title below them for both."""
    axis = {"range": [-0.02, 1.02], "tickvals": [0, 0.5, 1], "ticktext": ["0", "50", "100"], "tickangle": 0}
    figure.update_xaxes(axis, tickfont={"size": SMALL, "color": look.ink})
    figure.update_yaxes(axis, tickfont={"size": SMALL, "color": look.ink})
    lines = [*break_lines(f"Across: {x} (%)", 44), *break_lines(f"Up: {y}", 44)]
    figure.add_annotation(
        text="<br>".join(map(escape, lines)),
        x=0,
        xref="paper",
        xanchor="left",
        y=0,
        yref="paper",
        yanchor="top",
        yshift=-24,
        align="left",
        showarrow=False,
        font={"size": SMALL + 1, "color": look.muted},
    )
    figure.update_layout(margin_b=40 + 17 * len(lines), margin_t=44)


def _scale_y(figure: go.Figure, stretch: Range, title: str) -> None:
    figure.update_yaxes(
        range=[stretch.low, stretch.high],
        tickmode="array",
        tickvals=list(stretch.ticks),
        ticktext=list(stretch.texts),
        title_text=escape(title),
    )


def _line_style(number: int, few: bool, look: Theme) -> tuple[str, str]:
    if few or number >= MOST_LINES:
        return look.grey, DASHES[number % len(DASHES)]
    return look.system(number), DASHES[number % len(DASHES)]


def _of_metric(rates: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    return rates[rates["metric"] == metric.name] if len(rates) and "metric" in rates else rates


def _sliced(rows: pd.DataFrame) -> list[Any]:
    """Return the slices that have anything to show, in the order given."""
    if not len(rows):
        return []
    column = "value" if "value" in rows else "true_positive_rate"
    return list(dict.fromkeys(rows.loc[rows[column].notna(), "slice"]))


def _is_few(rows: pd.DataFrame) -> bool:
    return bool(len(rows)) and "status" in rows and bool((rows["status"] == "too few").all())


def _value_at(rows: pd.DataFrame, s: Any, threshold: float) -> float | None:
    here = _at_threshold(rows[[other == s for other in rows["slice"]]], threshold)
    return None if here is None else pick(here, "value")


def _at_threshold(rows: pd.DataFrame, threshold: float) -> Any:
    """Return the row of the nearest threshold, or None."""
    finite = rows[rows["threshold"].map(math.isfinite)] if len(rows) else rows
    if not len(finite):
        return None
    return finite.iloc[int((finite["threshold"] - threshold).abs().to_numpy().argmin())].to_dict()


def _short(threshold: float) -> str:
    """Write a threshold as people type it: 0.5, not 0.500."""
    return f"{threshold:.4g}"


def _hover_roc(row: Any) -> str:
    lines = [f"true positive rate {format_percent(row['true_positive_rate'])}"]
    lines.append(f"false positive rate {format_percent(row['false_positive_rate'])}")
    lines.append(f"threshold {_short(row['threshold'])}")
    return "<br>".join(lines)


def _hover_bin(row: Any) -> str:
    interval = format_interval(SELECTION_RATE, pick(row, "low"), pick(row, "high"))
    lines = [f"score {format_percent(pick(row, 'score'))}", f"observed {format_percent(pick(row, 'value'))}"]
    if interval != NOTHING:
        lines[-1] += f" {interval}"
    lines.append(f"{format_count(pick(row, 'units'))} units")
    if row.get("status") == "too few":
        lines.append("too few units to judge")
    return "<br>".join(lines)
