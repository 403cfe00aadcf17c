"""The charts of an interactive report: those of the dashboard, drawn once by the script inside the file."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.report.chosen import MOST_SYSTEMS, Chosen

__all__ = ["START", "Figure", "draw_figures"]

# Draws the figures and shows their section, which stays hidden where no script runs.
START = (
    "(function(){var all=JSON.parse(document.getElementById('fairness-dashboard-figures').textContent);"
    "document.getElementById('charts').hidden=false;"
    "all.forEach(function(f,i){f.layout.autosize=true;"
    "Plotly.newPlot('plot-'+i,f.data,f.layout,{responsive:true,displaylogo:false,displayModeBar:false});});})();"
)


@dataclass(frozen=True)
class Figure:
    """A figure as Plotly's JSON, its title and what it shows in words."""

    title: str
    text: str
    figure: str


def draw_figures(chosen: Chosen) -> tuple[Figure, ...]:
    """Return the intervals of every main metric, and the heat map of every system where they are few."""
    from dashboard.charts.heatmap import describe_heatmap, draw_heatmap, lay_metrics
    from dashboard.charts.intervals import describe_intervals, draw_intervals

    if not chosen.slices:
        return ()
    d, found = chosen.document, []
    for metric in chosen.main:
        figure = draw_intervals(d.estimates, metric, theme="light")
        found.append(Figure(f"{metric.title} by group", describe_intervals(d.estimates, metric), figure.to_json()))
    metrics = {m.name: m for m in (*chosen.main, *chosen.rest)}
    for system in chosen.systems if len(chosen.systems) <= MOST_SYSTEMS else ():
        shown = dict(list(metrics.items())[:7])
        grid = lay_metrics(chosen.disparities(system), shown, estimates=chosen.estimates(system), system=system or None)
        if grid.cells:
            named = f" of {system}" if system else ""
            figure = draw_heatmap(grid, theme="light")
            found.append(Figure(f"Groups by metrics{named}", describe_heatmap(grid), figure.to_json()))
    return tuple(found)
