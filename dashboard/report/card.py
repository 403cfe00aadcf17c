"""A service card as a page: the author's words, then what was measured, section by section."""

from __future__ import annotations

from dashboard.report.blocks import Block, Bullets, Column, Facts, Part, Section, Table, Text
from dashboard.report.chosen import Chosen, choose
from dashboard.report.groups import show_groups
from dashboard.report.names import clean_text
from dashboard.report.page import Page, split_words, write_page_html, write_page_markdown
from dashboard.words import PRODUCT
from metrics.basis import name_changes
from metrics.card import NOT_WRITTEN, Card, choose_headlines, make_card
from metrics.card import Section as CardSection
from metrics.card import Table as CardTable
from metrics.card_json import write_card_json
from metrics.card_words import Words
from metrics.document import Document
from metrics.document_json import ID, write_document

__all__ = ["FORMS", "lay_card", "write_card"]

FORMS = ("html", "md", "json", "toml")
_NUMBERS = ("Rows read", "Rows used", "Groups")


def write_card(document: Document, words: Words, form: str) -> str:
    """Return a card of the document as "html", "md", "json" (Model Card Toolkit's form) or "toml" (the words alone).

    Raises ResultsError with every placeholder of the words that could not be filled.
    """
    card = make_card(document, words)
    if form == "json":
        return write_card_json(card, document)
    if form == "toml":
        return words.stamp(card.basis).dumps()
    page = lay_card(card, document)
    return write_page_html(page) if form == "html" else write_page_markdown(page)


def lay_card(card: Card, document: Document) -> Page:
    """Return the page of a card that was made of this document."""
    drawn = _draw_groups(document)
    sections = tuple(_lay_section(section, drawn) for section in card.sections)
    owner = ", ".join(part for part in (card.owner, card.contact) if part)
    about = (f"version {card.version}" if card.version else "", owner, card.license, card.made)
    generator = f"{PRODUCT} {card.versions.get('fairness-dashboard', '')}".strip()
    return Page(
        kind="AI service card",
        title=card.title,
        about=tuple(fact for fact in about if fact),
        sections=sections,
        generator=generator,
        made=card.made,
        numbers=write_document(document, packed=True),
        numbers_id=ID,
    )


def _lay_section(section: CardSection, drawn: tuple[Part, ...]) -> Section:
    blocks: list[Block] = []
    if section.changes:
        blocks.append(Text(f"Stale: {say_stale(section)}", "note"))
    if section.is_written:
        blocks += split_words(section.text)
    else:
        blocks.append(Text(f"{NOT_WRITTEN}.", "note"))
    parts = [Part("", tuple(blocks))]
    facts = tuple(clean_text(fact) for fact in section.facts)
    measured: list[Block] = []
    if facts and facts[0].endswith(":"):
        measured += [Text(facts[0]), Bullets(facts[1:])]
    elif facts:
        measured.append(Bullets(facts))
    if section.name == "fairness" and drawn:
        parts.append(Part("Measured", tuple(measured)))
        parts += drawn
    else:
        measured += [block for table in section.tables for block in _lay_table(table)]
        if measured:
            parts.append(Part("Measured", tuple(measured)))
    return Section(section.name, section.title, tuple(parts))


def say_stale(section: CardSection) -> str:
    """Say that a section's words were written for something else, and what has changed since."""
    return f"these words were written before {name_changes(section.changes)} changed. Do they still hold?"


def _lay_table(table: CardTable) -> list[Block]:
    if len(table.heads) == 2:
        facts = tuple((clean_text(name, 300), clean_text(value, 300)) for name, value in table.rows)
        return [Text(clean_text(table.title), "note"), Facts(facts)]
    columns = tuple(Column(head, number=head in _NUMBERS) for head in table.heads)
    rows = tuple(tuple(clean_text(cell, 300) for cell in row) for row in table.rows)
    blocks: list[Block] = [Table(clean_text(table.title), columns, rows)]
    return [*blocks, Text(table.note, "note")] if table.note else blocks


def _draw_groups(document: Document) -> tuple[Part, ...]:
    """Return the groups with their intervals drawn, of the metrics that a card puts first."""
    names = {metric.name for metric in choose_headlines(document)}
    chosen = choose(document)
    main = tuple(m for n, m in chosen.metrics.items() if n in names)
    drawn = show_groups(Chosen(chosen.document, chosen.metrics, main, ()))
    return () if drawn is None else drawn.parts
