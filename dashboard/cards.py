"""The four cards of the Overview: texts from tables of numbers."""

from __future__ import annotations

import pandas as pd

from dashboard.parts import draw_card
from metrics.answers import find_worst, list_limits_briefly, name_slice
from metrics.cube import Cube
from metrics.formatting import NOTHING, format_difference, format_interval, format_support, format_value
from metrics.registry import Metric
from metrics.sentences import say_difference

__all__ = ["draw_gap", "draw_limits", "draw_overall", "draw_worst"]


def draw_overall(estimates: pd.DataFrame, metric: Metric) -> None:
    """How good the model is for everyone together."""
    row = estimates[estimates["metric"] == metric.name].iloc[0]
    interval = format_interval(metric, row["low"], row["high"])
    support = format_support(metric, row["top"], row["below"], row["units"])
    about = " · ".join(text for text in (interval, support) if text != NOTHING)
    draw_card("Overall", format_value(metric, row["value"]), metric.title, about)


def draw_worst(estimates: pd.DataFrame, disparities: pd.DataFrame, metric: Metric) -> None:
    """For whom it is worst."""
    label = "Worst for" if metric.better != "neither" else "Furthest from the others"
    worst = find_worst(disparities, estimates, metric)
    if worst is None:
        draw_card(label, "nobody known", "No group has enough rows to be compared.")
        return
    own = estimates[[s == worst["slice"] for s in estimates["slice"]]].iloc[0]
    draw_card(label, name_slice(worst["slice"]), format_value(metric, own["value"]), say_difference(worst, metric))


def draw_gap(gaps: pd.DataFrame, metric: Metric) -> None:
    """The largest gap between two groups, beside what chance alone would show."""
    rows = gaps[gaps["difference"].notna()]
    if not len(rows):
        draw_card("Largest gap", "none to tell of", "No attribute has two groups with enough rows.")
        return
    row = rows.iloc[int(rows["difference"].to_numpy().argmax())]
    size = format_difference(metric, row["difference"], signed=False)
    interval = format_interval(metric, row["low"], row["high"])
    chance = format_difference(metric, row["noise_floor"], signed=False)
    pair = " and ".join(" & ".join(level for _, level in s.items()) for s in (row["lowest"], row["highest"]))
    about = f"by {' and '.join(row['by'])}, between {pair} {interval}"
    floor = "" if chance == NOTHING else f"Chance alone would show up to {chance}."
    draw_card("Largest gap", size, about, floor)


def draw_limits(cube: Cube, estimates: pd.DataFrame, metric: Metric) -> None:
    """What these data cannot tell, in a few words."""
    limits = list_limits_briefly(cube, estimates, metric)
    first, *others = limits or ["nothing missing"]
    draw_card("Cannot be told", first, *others[:3], *(["and more below"] if len(others) > 3 else []))
