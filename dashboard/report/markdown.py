"""A report as Markdown, with the tables of GitHub's flavour. Names out of a file act on nothing in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dashboard.report.blocks import (
    Block,
    Bullets,
    Cards,
    Code,
    Dot,
    Facts,
    Key,
    Quote,
    Section,
    Table,
    Text,
    as_text,
)
from dashboard.report.chosen import choose
from dashboard.report.names import clean_text, show_lines
from dashboard.report.sections import make_sections
from dashboard.words import PRODUCT
from metrics.document import Document
from metrics.verdict_markdown import escape_markdown

__all__ = ["escape", "write_markdown", "write_section"]

# At the start of a line these would begin a list, a heading, a rule or a block of code.
_START = re.compile(r"^([-+=>])(?=[\s=-]|$)")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_ISOLATES = re.compile("([\u2068\u2069])")
_FENCE = re.compile("`+")


def write_markdown(document: Document, sections: Iterable[str] | None = None) -> str:
    """Return a report as Markdown: what the HTML says, without its pictures.

    Raises ValueError for a section that does not exist, and for a document without estimates.
    """
    chosen = choose(document)
    parts = [f"# {escape(clean_text(document.title, 300) or 'Fairness report')}"]
    parts += [part for section in make_sections(chosen, sections) for part in write_section(section)]
    version = document.versions.get("fairness-dashboard", "")
    parts.append(f"*{escape(f'{PRODUCT} {version}'.strip())}, {escape(document.made)}.*")
    return "\n\n".join(parts) + "\n"


def write_section(section: Section) -> list[str]:
    """Return a section as texts that an empty line goes between."""
    written = [f"## {escape(section.title)}"]
    for part in section.parts:
        written += [f"### {escape(part.title)}"] if part.title else []
        written += [text for block in part.blocks if (text := _write_block(block))]
    return written


def _write_block(block: Block) -> str:
    match block:
        case Text(text, kind):
            return f"**{escape(text)}**" if kind == "lead" else escape(text)
        case Quote(text):
            return "\n".join(f"> {escape(line)}".rstrip() for line in show_lines(text).split("\n"))
        case Bullets(items):
            return "\n".join(f"- {escape(item)}" for item in items)
        case Cards(cards):
            rows = [(card.label, card.value, "; ".join(card.about)) for card in cards]
            return _write_table(("", "Value", "About"), rows)
        case Facts(facts):
            return "\n".join(f"- **{escape(name)}:** {escape(text)}" for name, text in facts)
        case Code(title, text):
            return f"{escape(title)}:\n\n{_fence(show_lines(text))}"
        case Table():
            return _write_cells(block)
        case Key(low, _, high):
            return f"Below 0 {escape(low)}, above {escape(high)}." if not block.sided else ""
    return ""


def _write_cells(table: Table) -> str:
    """Return a table without its columns of drawings, whose numbers stand beside them."""
    kept = [i for i, column in enumerate(table.columns) if column.axis is None]
    heads = [table.columns[i].title for i in kept]
    rows = [[as_text(row[i]) for i in kept if not isinstance(row[i], Dot)] for row in table.rows]
    numbers = [table.columns[i].number or table.map for i in kept]
    return f"{escape(table.caption)}:\n\n{_write_table(heads, rows, numbers)}"


def _write_table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[bool] = ()) -> str:
    right = [*numbers, *([False] * (len(heads) - len(numbers)))]
    rule = ["---:" if number and place else "---" for place, number in enumerate(right)]
    lines = [[escape(head) for head in heads], rule, *([escape(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _fence(text: str) -> str:
    """Return a block of code whose fence is longer than any inside it."""
    ticks = "`" * max([3, *(len(run) + 1 for run in _FENCE.findall(text))])
    return f"{ticks}toml\n{text.rstrip()}\n{ticks}"


def escape(text: str) -> str:
    """Return a text that Markdown shows as it is; text from right to left stays apart from the rest."""
    parts = _ISOLATES.split(text.strip())
    shown = "".join(part if _ISOLATES.fullmatch(part) else escape_markdown(part) for part in parts)
    return _NUMBERED.sub(r"\1\\\2", _START.sub(r"\\\1", shown))
