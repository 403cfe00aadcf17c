"""Where labels stand beside their points, so that they cover no other point or label: the first free corner of each."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["place_labels"]

# Corners in the order they are tried, with where the label's middle then lies: in widths and heights of it.
_CORNERS = {
    "top right": (0.5, 1),
    "bottom right": (0.5, -1),
    "top left": (-0.5, 1),
    "bottom left": (-0.5, -1),
    "middle right": (0.5, 0),
    "middle left": (-0.5, 0),
}
_WIDE, _HIGH = 420.0, 300.0  # pixels of a plot: between a telephone's and a desk's
_LETTER, _LINE, _MARK = 8.0, 15.0, 9.0  # pixels of a letter, a line, half a mark

Box = tuple[float, float, float, float]


def place_labels(points: Sequence[tuple[float, float]], labels: Sequence[str]) -> list[str]:
    """Return a text position of Plotly for each label; `points` are shares of the plot's width and height.

    >>> place_labels([(0.5, 0.5), (0.52, 0.52)], ["a", "b"])
    ['bottom right', 'top right']
    """
    places = [(x * _WIDE, y * _HIGH) for x, y in points]
    taken: list[Box] = [(x - _MARK, x + _MARK, y - _MARK, y + _MARK) for x, y in places]
    found = []
    for i, ((x, y), label) in enumerate(zip(places, labels, strict=True)):
        boxes = {corner: _box(x, y, len(label) * _LETTER, corner) for corner in _CORNERS}
        others = [box for j, box in enumerate(taken) if j != i]
        corner = min(boxes, key=lambda c: sum(_overlap(boxes[c], other) for other in others) + _outside(boxes[c]))
        taken.append(boxes[corner])
        found.append(corner)
    return found


def _box(x: float, y: float, width: float, corner: str) -> Box:
    across, up = _CORNERS[corner]
    x += across * (width + 2 * _MARK)
    y += up * (_LINE + _MARK) / 2
    return x - width / 2, x + width / 2, y - _LINE / 2, y + _LINE / 2


def _overlap(one: Box, other: Box) -> float:
    across = min(one[1], other[1]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[2], other[2])
    return max(across, 0.0) * max(up, 0.0)


def _outside(box: Box) -> float:
    return 10 * (max(0.0, -box[0]) + max(0.0, box[1] - _WIDE) + max(0.0, -box[2]) + max(0.0, box[3] - _HIGH))
