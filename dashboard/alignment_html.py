"""An alignment as a paragraph of columns: what was said above what was heard, mistakes by colour and by mark.

Words of a file become nodes of a tree (ElementTree), never text that is read as HTML: the tree's own writer
escapes every text and attribute, and the browser's sanitiser comes after it. It is a paragraph and no
table because long utterances must wrap on a phone, and because a screen reader reads it as one says it: "could you
send, left out, the parcel". A grid (`st.dataframe`) is a canvas that wraps nothing and knows no direction of writing;
the page has one beside it as a twin.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Tree

from dashboard.charts.palette import CELL_INK, EDITS
from metrics.text.alignments import Aligned

__all__ = ["MARKS", "MOST_STEPS", "STYLE", "Line", "draw_legend", "draw_utterance", "show_signs"]

MARKS = {"substitution": "~", "deletion": "−", "insertion": "+"}
MOST_STEPS = 300
_LONGEST_WORD = 80
_LONGEST_TEXT = 3000
_LEGEND = {"substitution": "another word", "deletion": "left out", "insertion": "put in"}
# Joiners shape letters in Persian, Hindi and emoji, and do nothing else.
_HARMLESS = {"\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}"}

STYLE = (
    "<style>"
    ".al h4 {font-size: 1rem; font-weight: 600; margin: 0 0 .2rem; padding: 0; overflow-wrap: anywhere}"
    ".al p {margin: 0 0 .3rem; line-height: 1.35; overflow-wrap: anywhere}"
    ".al-line {padding-top: .15rem}"
    ".al-step {display: inline-block; position: relative; vertical-align: top; text-align: center;"
    " margin: 0 .1em .3em; padding: 0 .2em; border-radius: .2em; max-width: 100%; min-width: .8em}"
    ".al-step bdi {display: block; min-height: 1.35em}"
    ".al-hidden {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);"
    " white-space: nowrap}"
    + "".join(
        f".al-{kind} {{background: {colour}; color: {CELL_INK}; font-weight: 600}}" for kind, colour in EDITS.items()
    )
    + "</style>"
)


@dataclass(frozen=True)
class Line:
    """What one system made of an utterance: its label (empty where there is only one), the alignment, more in words."""

    label: str
    steps: Sequence[Aligned]
    note: str = ""


def draw_utterance(title: str, lines: Iterable[Line], written: Iterable[tuple[str, str]] = ()) -> str:
    """Return the HTML of an utterance: its title, a paragraph of columns per system, labelled texts as written."""
    root = Tree.Element("div", {"class": "al"})
    Tree.SubElement(root, "h4").text = show_signs(title)
    for line in lines:
        if line.label or line.note:
            Tree.SubElement(root, "p").text = show_signs(": ".join(part for part in (line.label, line.note) if part))
        _add_alignment(root, line.steps)
    for label, text in written:
        paragraph = Tree.SubElement(root, "p")
        paragraph.text = f"{show_signs(label)}: "
        Tree.SubElement(paragraph, "bdi", {"dir": _direction([text])}).text = show_signs(text, _LONGEST_TEXT)
    return Tree.tostring(root, encoding="unicode", method="html")


def draw_legend() -> str:
    """Return the HTML that tells what the colours and marks mean."""
    root = Tree.Element("div", {"class": "al"})
    paragraph = Tree.SubElement(root, "p")
    paragraph.text = "Above: what was said. Below: what was heard. "
    for kind, meaning in _LEGEND.items():
        chip = Tree.SubElement(paragraph, "span", {"class": f"al-step al-{kind}"})
        chip.text = f"{MARKS[kind]} {meaning}"
        chip.tail = " "
    return Tree.tostring(root, encoding="unicode", method="html")


def show_signs(text: str, most: int = 300) -> str:
    r"""Return a text whose signs that print nothing, or turn the direction of writing, are written out; long ones cut.

    >>> print(show_signs("a\u202eb\x00"))
    a\u202eb\x00
    """
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() or c in _HARMLESS else c.encode("unicode_escape").decode() for c in cut)


def _add_alignment(root: Tree.Element, steps: Sequence[Aligned]) -> None:
    texts = [text for step in steps for text in (step.reference, step.hypothesis)]
    paragraph = Tree.SubElement(root, "p", {"class": "al-line", "dir": _direction(texts)})
    for step in steps[:MOST_STEPS]:
        _add_step(paragraph, step)
    if not steps:
        paragraph.text = "Nothing was said, and nothing was heard."
    if len(steps) > MOST_STEPS:
        Tree.SubElement(root, "p").text = f"... and {len(steps) - MOST_STEPS:,} more; all of them are in the table."


def _add_step(paragraph: Tree.Element, step: Aligned) -> None:
    """Add one column. What a screen reader is told beside the words, or need not hear twice, is told by its class."""
    said, heard = (show_signs(word, _LONGEST_WORD) for word in (step.reference, step.hypothesis))
    column = Tree.SubElement(paragraph, "span", {"class": f"al-step al-{step.op}"})
    column.tail = " "  # lines break here
    unheard = {"aria-hidden": "true"}
    upper = Tree.SubElement(column, "bdi", unheard if step.op == "insertion" else {})
    upper.text = said or "\N{NO-BREAK SPACE}"
    if step.op == "substitution":
        Tree.SubElement(column, "span", {"class": "al-hidden"}).text = " heard as "
    lower = Tree.SubElement(column, "bdi", unheard if step.op in ("hit", "deletion") else {})
    if step.op == "hit":
        lower.text = heard
        return
    mark = Tree.SubElement(lower, "span", unheard)
    mark.text = MARKS[step.op]
    mark.tail = f" {heard}" if heard else None
    if step.op != "substitution":
        Tree.SubElement(column, "span", {"class": "al-hidden"}).text = f" {_LEGEND[step.op]}, "


def _direction(texts: Iterable[str]) -> str:
    """Return "rtl" where most letters are of a script that is written from right to left, else "ltr"."""
    right = left = 0
    for text in texts:
        for character in text[:_LONGEST_TEXT]:
            side = unicodedata.bidirectional(character)
            right += side in ("R", "AL")
            left += side == "L"
    return "rtl" if right > left else "ltr"
