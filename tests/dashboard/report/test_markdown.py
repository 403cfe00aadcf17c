"""Reports as Markdown: what the HTML says, and no name in it acts on anything."""

from __future__ import annotations

import re

import pytest

from dashboard.report import SECTIONS, write_html, write_markdown
from metrics.document_json import read_document, write_document
from tests.dashboard.report.documents import hostile, one_model, sample
from tests.dashboard.report.reading import parse


@pytest.mark.parametrize("name", ["lending", "routing", "waiting", "call_centre"])
def test_it_has_the_headings_of_the_html_in_their_order(name: str):
    page = parse(write_html(sample(name)))
    headings = [h.text for h in page.one("main").all("h2", "h3")]
    found = re.findall(r"(?m)^##+ (.*)$", write_markdown(sample(name)))

    assert [_plain(text) for text in found] == headings


@pytest.mark.parametrize("name", ["lending", "call_centre"])
def test_its_tables_hold_the_texts_of_the_html(name: str):
    page = parse(write_html(sample(name)))
    tables = _tables(write_markdown(sample(name)))

    for table in page.all("table"):
        caption = table.one("caption").text
        pictured = [i for i, th in enumerate(table.one("thead").all("th")) if th.all("svg")]
        rows = [
            [cell.text for i, cell in enumerate(row.all("th", "td")) if i not in pictured] for row in table.all("tr")
        ]
        if "map" in table.classes:
            continue  # its marks are written out
        shown = [[text.replace("\N{NO-BREAK SPACE}", " ").replace("\u200b", "") for text in row] for row in rows]
        assert [[_plain(text) for text in row] for row in tables[caption]] == shown


def test_cells_of_heat_maps_say_in_words_what_colour_and_hatch_say():
    text = write_markdown(one_model(), sections=["maps"])

    assert re.search(r"\| [\\+−\d.]+ ● \|", text)
    assert re.search(r"\(too few\\?\)", text)


def test_a_read_document_is_written_like_the_fresh_one():
    assert write_markdown(read_document(write_document(one_model()))) == write_markdown(one_model())


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_alone_is_that_section_or_none(name: str):
    found = re.findall(r"(?m)^## ", write_markdown(one_model(), [name]))

    assert len(found) == (0 if name in ("systems", "speech") else 1)


def test_no_name_is_a_link_a_picture_html_a_mention_or_a_formula():
    text = _without_code(write_markdown(hostile()))

    assert "<" not in text, "HTML is written out."
    assert not re.search(r"(?<!\\)\]", text) and not re.search(r"(?<!\\)!\[", text)
    assert not re.search(r"https?://", text) and "www.e" not in text
    assert not re.search(r"@\w", text) and not re.search(r"(?<!&)#\d", text)
    assert not re.search(r"(?<!\\)[$`]", text)
    assert not re.search("[\u202a-\u202e\u2066\u2067]", text)


def test_no_name_breaks_a_table():
    for line in write_markdown(hostile()).splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
    for rows in _tables(write_markdown(hostile())).values():
        assert len({len(row) for row in rows}) == 1


def test_no_line_of_a_name_begins_a_list_a_heading_or_a_rule():
    text = _without_code(write_markdown(hostile()))

    begins = {re.split(r"[ |]", line)[0] for line in text.splitlines() if line}
    assert {b for b in begins if re.fullmatch(r"[-=+*#>~]+", b)} <= {"#", "##", "###", "-", ">"}


def test_code_ends_where_its_fence_ends():
    """Words of the author and names in the schema may hold fences of their own."""
    text = write_markdown(hostile())
    fences = re.findall(r"(?m)^(`{3,})(\w*)$", text)

    assert [kind for _, kind in fences] == ["toml", "", "toml", ""]
    assert fences[0][0] == fences[1][0] and fences[2][0] == fences[3][0]


def _tables(text: str) -> dict[str, list[list[str]]]:
    """Return the rows of every table by the line before it."""
    found = {}
    for caption, table in re.findall(r"(?m)^(.+):\n\n((?:\|.*\|\n?)+)", text):
        lines = table.splitlines()
        cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in (lines[0], *lines[2:])]
        found[_plain(caption)] = cells
    return found


def _plain(text: str) -> str:
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&#8203;", ""), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return re.sub(r"\\(.)", r"\1", text)


def _without_code(text: str) -> str:
    return re.sub(r"(?ms)^(`{3,})toml\n.*?^\1$", "", text)
