"""Small tables in the form that `metrics.estimate`, `compare` and `spread` give, for the charts' tests."""

from __future__ import annotations

from math import nan

import pandas as pd

from metrics.slices import Slice
from metrics.tasks import binary, regression

METRICS = {m.name: m for m in binary.METRICS + regression.METRICS}
EVERYONE = Slice(())
MISSED = METRICS["false_negative_rate"]
ACCURACY = METRICS["accuracy"]

# What people write into cells, and what strangers might.
HOSTILE = [
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "<a href='javascript:alert(1)'>x</a>",
    "&lt;i&gt;",
    "$\\alpha$",
    "%{x}",
    "two\nlines\tand\ra tab",
    "שלום עולם",
    "\u202egnidaelsim",
    "Z" + "\u0301" * 80,
    "",
    " ",
    "x" * 200,
    "x" * 199 + "y",
    "y" + "x" * 199,
    "日本語" * 30,
    "value",
    "slice",
]


def group(**levels: str) -> Slice:
    return Slice(tuple(levels.items()))


def estimates_of(rows, metric="false_negative_rate", system=None) -> pd.DataFrame:
    """Rows are (slice, top, below, low, high, status); the value is their ratio, NaN at 0 of 0."""
    return pd.DataFrame(
        [
            {
                "slice": s,
                "system": system,
                "metric": metric,
                "value": top / below if below else nan,
                "low": low,
                "high": high,
                "top": top,
                "below": below,
                "units": below,
                "effective_units": nan,
                "clusters": nan,
                "status": status,
            }
            for s, top, below, low, high, status in rows
        ]
    )


def five_groups(metric="false_negative_rate", system=None) -> pd.DataFrame:
    """Everyone 20 %; A 30 %, B 10 % (ok); C 50 % (too few); D without data."""
    return estimates_of(
        [
            (EVERYONE, 40, 200, 0.15, 0.26, "ok"),
            (group(g="B"), 10, 100, 0.055, 0.174, "ok"),
            (group(g="A"), 27, 90, 0.216, 0.401, "ok"),
            (group(g="C"), 5, 10, 0.237, 0.763, "too few"),
            (group(g="D"), 0, 0, nan, nan, "no data"),
        ],
        metric,
        system,
    )


def disparities_of(rows, metric="false_negative_rate", kind="difference", system=None) -> pd.DataFrame:
    """Rows are (slice, value, low, high, status)."""
    return pd.DataFrame(
        [
            {
                "slice": s,
                "system": system,
                "metric": metric,
                "kind": kind,
                "baseline": "rest",
                "value": value,
                "low": low,
                "high": high,
                "p": 0.01,
                "p_adjusted": 0.02,
                "status": status,
            }
            for s, value, low, high, status in rows
        ]
    )


def spreads_of(rows, metric="false_negative_rate") -> pd.DataFrame:
    """Rows are (by, difference, low, high, floor, highest, lowest, left_out)."""
    names = ("by", "difference", "low", "high", "noise_floor", "highest", "lowest", "left_out")
    fixed = {"system": None, "metric": metric, "ratio": 0.5}
    return pd.DataFrame([dict(zip(names, row, strict=True)) | fixed for row in rows])


def texts_of(figure) -> list[str]:
    """Return every text that a figure draws: ticks, titles, names, hovers, annotations."""
    found: list[str] = []

    def walk(value):
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for each in value.values():
                walk(each)
        elif isinstance(value, list | tuple):
            for each in value:
                walk(each)

    tree = figure.to_plotly_json()
    for trace in tree["data"]:
        walk(
            {
                k: list(v) if hasattr(v, "tolist") else v
                for k, v in trace.items()
                if k not in ("type", "mode", "customdata")
            }
        )
    walk(tree["layout"])
    return found
