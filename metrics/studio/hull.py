"""Convex hulls of what a group's thresholds reach, where lots may be drawn between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Hull", "hull_of", "lower_hull", "mix_at"]

Floats = NDArray[np.float64]

_PASSES = 30


@dataclass(frozen=True, eq=False)
class Hull:
    """Corners of a hull, ascending in `x`; `cuts` are the thresholds that reach them. Arrays of shape (corners,)."""

    x: Floats
    y: Floats
    cuts: Floats


def lower_hull(x: Floats, y: Floats, cuts: Floats) -> Hull:
    """Return the lower convex hull of points, from the least x to the greatest."""
    kept = _lower(x, y)
    return Hull(x[kept], y[kept], cuts[kept])


def hull_of(x: Floats, y: Floats) -> NDArray[np.intp]:
    """Return the places of the corners of the whole convex hull of points, each once."""
    return np.unique(np.concatenate([_lower(x, y), _lower(x, -y)]))


def mix_at(hull: Hull, x: float) -> list[tuple[float, float]]:
    """Return which cuts, and how often each, reach a point of the hull: one at a corner, two between."""
    x = float(np.clip(x, hull.x[0], hull.x[-1]))
    right = int(np.clip(np.searchsorted(hull.x, x), 0, len(hull.x) - 1))
    if right == 0 or hull.x[right] == x:
        return [(float(hull.cuts[right]), 1.0)]
    left = right - 1
    share = float((x - hull.x[left]) / (hull.x[right] - hull.x[left]))
    return [(float(hull.cuts[left]), 1 - share), (float(hull.cuts[right]), share)]


def _lower(x: Floats, y: Floats) -> NDArray[np.intp]:
    """Return the places of the corners of the lower hull (Andrew 1979), ascending in x."""
    order = np.lexsort((y, x))
    # Of points above each other only the lowest can be a corner.
    order = order[np.append(True, np.diff(x[order]) > 0)]
    # Whatever lies on or above the line between its neighbours is none; what is left then is looked at one by one.
    for _ in range(_PASSES):
        a, b, c = order[:-2], order[1:-1], order[2:]
        kept = np.append(True, (x[b] - x[a]) * (y[c] - y[a]) > (y[b] - y[a]) * (x[c] - x[a]))
        kept = np.append(kept, True) if len(order) > 1 else kept
        if kept.all():
            break
        order = order[kept]
    corners: list[int] = []
    for place in order.tolist():
        while len(corners) > 1 and _turns_right(x, y, corners[-2], corners[-1], place):
            corners.pop()
        corners.append(place)
    return np.array(corners, dtype=np.intp)


def _turns_right(x: Floats, y: Floats, a: int, b: int, c: int) -> bool:
    """Whether b lies on or above the line from a to c."""
    return bool((x[b] - x[a]) * (y[c] - y[a]) <= (y[b] - y[a]) * (x[c] - x[a]))
