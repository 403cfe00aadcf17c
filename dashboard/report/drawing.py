"""Small drawings in the tables of a report, as inline SVG: a dot on its interval, and the axis above it."""

from __future__ import annotations

import math

from markupsafe import Markup, escape

from dashboard.charts.layout import Range
from dashboard.report.blocks import Axis, Dot

__all__ = ["draw_axis", "draw_dot"]

WIDTH, HEIGHT = 180, 22
_AXIS_HEIGHT = 18
_EDGE = 7  # so that a dot at the end is whole


def draw_dot(dot: Dot) -> Markup:
    """Draw a value, its interval and everyone's value. An interval beyond the scale ends in a point."""
    middle = HEIGHT // 2
    low, high = (v if math.isfinite(v) else dot.value for v in (dot.low, dot.high))
    if math.isinf(dot.high):
        high = dot.scale.high * 2 + 1
    left, right, x = (_place(dot.scale, v) for v in (low, high, dot.value))
    parts = [Markup('<path class="grid" d="M0 {}h{}"/>').format(middle, WIDTH)]
    if math.isfinite(dot.rule):
        parts.append(Markup('<path class="rule" d="M{} 0v{}"/>').format(_place(dot.scale, dot.rule), HEIGHT))
    if math.isfinite(dot.low) or math.isfinite(dot.high):
        parts.append(Markup('<path class="line" d="M{} {}H{}"/>').format(left, middle, right))
    if high > dot.scale.high:
        parts.append(Markup('<path class="end" d="M{} {}l6 4-6 4z"/>').format(WIDTH - 6, middle - 4))
    parts.append(Markup('<circle class="dot" cx="{}" cy="{}" r="4.5"/>').format(x, middle))
    return _picture(dot.text, HEIGHT, Markup("").join(parts), dot.tone)


def draw_axis(axis: Axis) -> Markup:
    """Draw the numbers of the scale at their places, as many as there is room for."""
    every = max(1, -(-len(axis.scale.ticks) // 4))
    shown = list(zip(axis.scale.ticks, axis.scale.texts, strict=True))[::every]
    parts = []
    for number, (tick, text) in enumerate(shown):
        x = _place(axis.scale, tick)
        # The first and last would else stand out over the edge.
        anchor = "start" if x < 20 else "end" if x > WIDTH - 20 and number else "middle"
        at = 0.0 if anchor == "start" else WIDTH if anchor == "end" else x
        parts.append(Markup('<text x="{}" y="13" text-anchor="{}">{}</text>').format(at, anchor, text))
    return _picture(axis.text, _AXIS_HEIGHT, Markup("").join(parts), "axis")


def _picture(text: str, height: int, parts: Markup, kind: str) -> Markup:
    return Markup('<svg class="iv {}" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>').format(
        kind, WIDTH, height, escape(text), parts
    )


def _place(scale: Range, value: float) -> float:
    """Return the place of a value in the drawing, one beyond the scale at its edge."""
    share = (value - scale.low) / (scale.high - scale.low)
    return round(_EDGE + min(max(share, 0.0), 1.0) * (WIDTH - 2 * _EDGE), 1)
