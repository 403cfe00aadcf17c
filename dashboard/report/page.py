"""A page of sections as one HTML file or as Markdown: what service cards and evidence sheets are written as."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.report import html
from dashboard.report.blocks import (
    Block,
    Bullets,
    Cards,
    Code,
    Column,
    Facts,
    Key,
    Quote,
    Section,
    Table,
    Text,
    as_text,
)
from dashboard.report.names import clean_text
from dashboard.words import PRODUCT

__all__ = ["Page", "split_words", "write_page_html", "write_page_markdown"]


@dataclass(frozen=True)
class Page:
    """What stands on a page. `kind` is what it is ("Service card"), `about` what it is about, in a few words each.

    `numbers` is JSON that stands in the HTML as data, under the id that `numbers_id` names; empty for none.
    """

    kind: str
    title: str
    about: tuple[str, ...]
    sections: tuple[Section, ...]
    generator: str
    made: str
    numbers: str = ""
    numbers_id: str = ""
    compact: bool = False


def split_words(text: str) -> tuple[Block, ...]:
    """Return an author's text as blocks: an empty line ends a paragraph, lines that begin with a dash are a list."""
    blocks: list[Block] = []
    for paragraph in re.split(r"\n[ \t]*\n", text.strip()):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        said = [line for line in lines if not line.startswith(("- ", "* "))]
        listed = [line[2:].strip() for line in lines if line.startswith(("- ", "* "))]
        if said:
            blocks.append(Text(clean_text(" ".join(said), 20_000)))
        if listed:
            blocks.append(Bullets(tuple(clean_text(line, 20_000) for line in listed)))
    return tuple(blocks)


def write_page_html(page: Page) -> str:
    """Return the page as the text of one HTML file, which needs no script and no network."""
    told = {
        "page": page,
        "title": clean_text(page.title, 300),
        "about": [clean_text(fact, 300) for fact in page.about],
        "style": html._style(),
        "numbers": html.embed_json(page.numbers),
        "generator": page.generator or PRODUCT,
        "policy": html._content_policy([]),
    }
    return html._environment().get_template("page.html").render(told)


# -- Markdown ------------------------------------------------------------------------------------


def write_page_markdown(page: Page) -> str:
    """Return the page as Markdown. Every text of a user is escaped: none becomes a link, an image or HTML."""
    lines = [f"# {escape_markdown(clean_text(page.title, 300))}", ""]
    about = " · ".join(escape_markdown(clean_text(fact, 300)) for fact in page.about)
    lines += [f"{page.kind}" + (f" · {about}" if about else ""), ""]
    for section in page.sections:
        lines += [f"## {escape_markdown(section.title)}", ""]
        for part in section.parts:
            lines += [f"### {escape_markdown(part.title)}", ""] if part.title else []
            for block in part.blocks:
                lines += [*_write_block(block), ""]
    lines += ["---", "", f"{escape_markdown(page.generator or PRODUCT)}, {page.made}"]
    return "\n".join(lines) + "\n"


def _write_block(block: Block) -> Iterator[str]:
    match block:
        case Text(text, kind):
            said = escape_markdown(text)
            yield f"**{said}**" if kind == "lead" else said
        case Quote(text):
            yield from (f"> {escape_markdown(line)}" for line in text.splitlines())
        case Bullets(items):
            yield from (f"- {escape_markdown(item)}" for item in items)
        case Facts(facts):
            yield from (f"- {escape_markdown(name)}: {escape_markdown(text)}" for name, text in facts)
        case Cards(cards):
            for card in cards:
                yield f"- {escape_markdown('. '.join((f'{card.label}: {card.value}', *card.about)))}"
        case Code(title, text):
            fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=2) + 1)
            yield from (escape_markdown(title), "", fence, text.rstrip("\n"), fence)
        case Table():
            yield from _write_table(block)
        case Key():
            return


def _write_table(table: Table) -> Iterator[str]:
    # A picture says nothing in Markdown that the texts beside it do not.
    shown = [i for i, column in enumerate(table.columns) if column.axis is None]
    columns: list[Column] = [table.columns[i] for i in shown]
    yield escape_markdown(table.caption)
    yield ""
    yield _write_row([escape_markdown(c.title) for c in columns])
    yield _write_row(["---:" if c.number else "---" for c in columns])
    for row in table.rows:
        yield _write_row([escape_markdown(as_text(row[i])) for i in shown])


def _write_row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


# An interval in brackets is no link, as long as nothing follows that would make it one.
_INTERVAL = re.compile(r"\[[-+\N{MINUS SIGN}\N{INFINITY}\d., ]+\](?![\[(:])")
_SIGNS = re.compile(r"[\\`*_\[\]<>|~$&!@#]")
_LINKS = re.compile(r"(?i)(https?|ftp|mailto|data|javascript)(:)|\b(www)(\.)")
_BEGINNING = re.compile(r"^(?:([-+=])(?=[-+=\s]|$)|(\d+)(?=[.)](?:\s|$)))")


def escape_markdown(text: str) -> str:
    r"""Return a text that Markdown shows as it is.

    >>> print(escape_markdown("a <b> | 31 % [27, 36] [x](http://y.z) www.y.z"))
    a \<b\> \| 31 % [27, 36] \[x\](http\://y.z) www\.y.z
    """
    parts, at = [], 0
    one_line = " ".join(text.split())
    for found in _INTERVAL.finditer(one_line):
        parts += [_escape(one_line[at : found.start()]), found[0]]
        at = found.end()
    parts.append(_escape(one_line[at:]))
    return _BEGINNING.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\", "".join(parts))


def _escape(text: str) -> str:
    escaped = _SIGNS.sub(r"\\\g<0>", text)
    return _LINKS.sub(lambda found: "\\".join(part for part in found.groups() if part), escaped)
