"""A page of sections as one HTML file or as Markdown: what service cards and evidence sheets are written as."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dashboard.report import html
from dashboard.report.blocks import Block, Bullets, Section, Text
from dashboard.report.markdown import escape, write_section
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
        "style": html.style(),
        "numbers": html.embed_json(page.numbers),
        "generator": page.generator or PRODUCT,
        "policy": html.content_policy([]),
    }
    return html.environment().get_template("page.html").render(told)


def write_page_markdown(page: Page) -> str:
    """Return the page as Markdown, without its pictures. No text of a user becomes a link, an image or HTML."""
    about = " · ".join((page.kind, *(clean_text(fact, 300) for fact in page.about)))
    parts = [f"# {escape(clean_text(page.title, 300))}", escape(about)]
    parts += [part for section in page.sections for part in write_section(section)]
    parts.append(f"*{escape(page.generator or PRODUCT)}, {escape(page.made)}.*")
    return "\n\n".join(parts) + "\n"
