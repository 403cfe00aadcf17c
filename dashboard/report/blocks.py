"""What a report is made of: sections of blocks, which HTML and Markdown write each in their own way.

Blocks hold plain text. Whoever writes them escapes it for the place where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard.charts.layout import Range

__all__ = [
    "Axis",
    "Badge",
    "Block",
    "Bullets",
    "Card",
    "Cards",
    "Cell",
    "Code",
    "Column",
    "Dot",
    "Facts",
    "Key",
    "Part",
    "Quote",
    "Section",
    "Shade",
    "Share",
    "Table",
    "Text",
    "as_text",
]

Tone = Literal["better", "worse", "higher", "lower", "open", "few", "none"]


@dataclass(frozen=True)
class Text:
    """A paragraph: `lead` answers first, `note` says how to read what stands above it."""

    text: str
    kind: Literal["plain", "lead", "note"] = "plain"


@dataclass(frozen=True)
class Quote:
    """The author's own words, as they were written."""

    text: str


@dataclass(frozen=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    label: str
    value: str
    about: tuple[str, ...]


@dataclass(frozen=True)
class Cards:
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Facts:
    """Names and what they are, one below the other."""

    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Code:
    """A text that a machine reads too, under the name it has."""

    title: str
    text: str


@dataclass(frozen=True)
class Key:
    """The key to the colours of a heat map: from `low` over `middle` to `high`."""

    low: str
    middle: str
    high: str
    sided: bool


@dataclass(frozen=True)
class Dot:
    """A value with its interval, drawn on the scale of its column; `rule` is everyone's value."""

    value: float
    low: float
    high: float
    rule: float
    tone: Tone
    scale: Range
    text: str


@dataclass(frozen=True)
class Axis:
    """The head of a column of dots."""

    scale: Range
    text: str


@dataclass(frozen=True)
class Shade:
    """A cell of a heat map: `place` from -1 to 1 on its scale, above 0 worse (higher, where no side is better)."""

    text: str
    place: float
    tone: Tone
    sided: bool = True
    clears: bool = False


@dataclass(frozen=True)
class Badge:
    """A verdict, or another word with a mark of its own."""

    word: str


@dataclass(frozen=True)
class Share:
    """A share, from 0 to 1, drawn as a bar beside its text."""

    share: float
    text: str


Cell = str | Dot | Shade | Badge | Share


@dataclass(frozen=True)
class Column:
    """The head of a column: its title, or an axis; numbers stand to the right."""

    title: str
    number: bool = False
    axis: Axis | None = None


@dataclass(frozen=True)
class Table:
    """Rows under heads. The first cell of a row is its name. `map` packs the cells of a heat map closely."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    map: bool = False


Block = Text | Quote | Bullets | Cards | Facts | Code | Key | Table


@dataclass(frozen=True)
class Part:
    """Blocks under a heading of their own; an empty title has none."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """What stands under one of the report's main headings. `name` is what it is switched by."""

    name: str
    title: str
    parts: tuple[Part, ...]


MARKS = {
    "pass": "\N{CHECK MARK}",
    "fail": "\N{BALLOT X}",
    "undecided": "?",
    "no data": "\N{EN DASH}",
    "published": "\N{BULLET}",
    "worse": "\N{BLACK DIAMOND}",
    "better": "\N{WHITE DIAMOND}",
}
TOO_FEW = "too few"


def as_text(cell: Cell) -> str:
    """Return what a cell says without its picture.

    >>> as_text(Badge("fail")), as_text(Shade("+3.1", 0.4, "few"))
    ('✗ fail', '+3.1 (too few)')
    """
    match cell:
        case str():
            return cell
        case Badge(word):
            return f"{MARKS[word]} {word}" if word in MARKS else word
        case Shade():
            clears = " \N{BLACK CIRCLE}" if cell.clears else ""
            return f"{cell.text}{clears}" + (f" ({TOO_FEW})" if cell.tone == "few" else "")
    return cell.text
