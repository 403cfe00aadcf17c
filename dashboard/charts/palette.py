"""Colours: what they mean, and that they can be told apart and read.

Okabe and Ito's colours tell systems apart, each with a symbol of its own. One diverging scale, blue over white to
orange, is centred on parity; orange always means "fares worse", whichever way the metric runs. One sequential blue
is for amounts. Cells keep the same light colours in both themes, so that black reads on all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Okabe & Ito 2008, Color Universal Design. Oranges come last: orange already says "fares worse".
OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky blue": "#56B4E9",
    "bluish green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "reddish purple": "#CC79A7",
}
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "star", "hexagon", "triangle-down")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px,2px", "2px,6px")

PARITY = "#F7F7F7"
BETTER = "#2F8FC9"
WORSE = "#E8871A"
DIVERGING = ((0.0, BETTER), (0.25, "#9CC9E6"), (0.5, PARITY), (0.75, "#F6C68C"), (1.0, WORSE))
# Where a metric has no better side, orange would accuse: purple to green, darker is further from parity.
HIGHER = "#1FA187"
LOWER = "#B184C4"
NEUTRAL = ((0.0, LOWER), (0.25, "#DCC9E4"), (0.5, PARITY), (0.75, "#A5D8CC"), (1.0, HIGHER))
BLUES = ((0.0, "#F7FBFF"), (0.25, "#D3E5F3"), (0.5, "#A3CBE6"), (0.75, "#69ABD8"), (1.0, "#3A8DC4"))

# What went wrong with a word; each has a mark of its own beside its colour.
EDITS = {"substitution": "#F6B562", "deletion": "#DCC9E4", "insertion": "#7FBBE3"}

CELL_INK = "#000000"
CELL_GREY = "#DEDEDE"
CELL_HATCH = "#8A8A8A"


@dataclass(frozen=True)
class Theme:
    """The colours of everything that stands directly on the page.

    `ink` and `muted` are for text, `line` for rules and axes, `grid` for the faintest lines, `band` for soft
    areas such as a noise floor, `grey` for marks of slices with too few units, `systems` for systems.
    """

    name: str
    page: str
    ink: str
    muted: str
    line: str
    grid: str
    band: str
    grey: str
    worse: str
    systems: tuple[str, ...]

    def system(self, place: int) -> str:
        return self.systems[place % len(self.systems)]


LIGHT = Theme(
    name="light",
    page="#FFFFFF",
    ink="#111111",
    muted="#595959",
    line="#6B6B6B",
    grid="#E6E6E6",
    band="#E3E9EF",
    grey="#767676",
    worse="#B35806",
    systems=("#0072B2", "#007A59", "#B4578A", "#000000", "#2D87B9", "#A66F00", "#C25500", "#857A00"),
)
DARK = Theme(
    name="dark",
    page="#0E1117",
    ink="#FAFAFA",
    muted="#B4B8C0",
    line="#9AA0AA",
    grid="#2A2F3A",
    band="#26303C",
    grey="#9AA0AA",
    worse="#F2A33A",
    systems=("#56B4E9", "#12B886", "#CC79A7", "#FFFFFF", "#3A94D0", "#E69F00", "#E8793A", "#F0E442"),
)


def choose_theme(name: str | None) -> Theme:
    """Return the theme of this name ("light" or "dark"); light where it is not known.

    >>> choose_theme("dark").name, choose_theme(None).name
    ('dark', 'light')
    """
    return DARK if name == "dark" else LIGHT


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours "#RRGGBB", from 1 (equal) to 21 (WCAG 2.2, relative luminance).

    >>> round(contrast("#000000", "#FFFFFF"), 6), round(contrast("#0072B2", "#0072B2"), 6)
    (21.0, 1.0)
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix_scale(scale: Sequence[tuple[float, str]], place: float) -> str:
    """Return the colour at `place` (0 to 1) of a scale, as Plotly mixes it.

    >>> mix_scale(((0.0, "#000000"), (1.0, "#FFFFFF")), 0.5)
    '#808080'
    """
    place = min(max(place, 0.0), 1.0)
    for (start, one), (end, other) in pairwise(scale):
        if place <= end:
            share = (place - start) / (end - start)
            channels = zip(_channels(one), _channels(other), strict=True)
            return "#" + "".join(f"{round(a + share * (b - a)):02X}" for a, b in channels)
    return scale[-1][1]


def fade(colour: str, opacity: float) -> str:
    """Return a colour as Plotly writes it with an opacity.

    >>> fade("#0072B2", 0.5)
    'rgba(0,114,178,0.5)'
    """
    red, green, blue = _channels(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
