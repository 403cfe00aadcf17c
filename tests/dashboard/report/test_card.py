"""A service card in its forms says what was measured, and acts on nothing that its words or names say."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from dashboard.report.card import FORMS, write_card
from metrics.basis import basis_of
from metrics.card_words import SECTIONS, Words
from metrics.document_json import read_document, write_document
from tests.dashboard.report.documents import HOSTILE, hostile, many_groups, one_model, sample

WORDS = Words(
    {
        "overview": "It lends.\n\nIt refuses {false_rejection_rate} wrongly, "
        "the young {false_rejection_rate: age = '< 25'}.",
        "best_practice": "Do:\n- one\n- two",
    },
    title="Loans & more",
    version="3",
    owner="A <Bank>",
)


class Tags(HTMLParser):
    """The tags of a page, their attributes and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def names(self):
        return [tag for tag, _ in self.tags]


def headings(text):
    return [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]


def test_every_section_stands_in_html_and_markdown():
    titles = [s.title for s in SECTIONS]
    html = write_card(one_model(), WORDS, "html")

    assert headings(write_card(one_model(), WORDS, "md")) == titles
    assert re.findall(r"<h2 [^>]*>([^<]*)</h2>", html) == titles


def test_the_authors_words_stand_with_their_numbers_in_paragraphs_and_lists():
    html = write_card(one_model(), WORDS, "html")

    assert '<p class="plain">It lends.</p>' in html
    assert re.search(r"It refuses [\d.]+ % \[[\d.]+, [\d.]+\] wrongly, the young 2\d(\.\d)? % \[", html)
    assert "<ul><li>one</li><li>two</li></ul>" in html
    assert "- one\n- two" in write_card(one_model(), WORDS, "md")


def test_the_name_of_the_service_is_escaped():
    html = write_card(one_model(), WORDS, "html")

    assert "<h1>Loans &amp; more</h1>" in html
    assert "A &lt;Bank&gt;" in html


def test_sections_without_words_say_so_in_every_form():
    assert write_card(one_model(), WORDS, "md").count("Not written yet.") == 7
    assert write_card(one_model(), WORDS, "html").count("Not written yet.") == 7
    assert json.loads(write_card(one_model(), Words(), "json"))["model_details"]["overview"] == "Not written yet."


def test_intervals_are_drawn_and_written():
    html = write_card(one_model(), WORDS, "html")

    assert html.count("<svg") > 20
    assert "age &lt; 25" in html


def test_stale_words_are_marked():
    words = WORDS.stamp(basis_of(sample("lending")))

    html, markdown = (write_card(one_model(), words, form) for form in ("html", "md"))
    assert html.count("Stale: these words were written before") == 2
    assert markdown.count("Stale: these words were written before") == 2
    assert "Stale" not in write_card(one_model(), WORDS, "html")


def test_the_html_holds_its_numbers_as_a_report_does():
    document = one_model()

    assert write_document(read_document(write_card(document, WORDS, "html"))) == write_document(document)


def test_the_html_needs_no_script_and_no_network():
    tags = Tags(write_card(one_model(), WORDS, "html")).tags

    scripts = [attrs for tag, attrs in tags if tag == "script"]
    assert [attrs.get("type") for attrs in scripts] == ["application/json"]
    assert [attrs for _, attrs in tags if "src" in attrs or attrs.get("href", "#").startswith("#") is False] == []
    (policy,) = [a["content"] for tag, a in tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy


def test_the_words_come_back_from_their_own_form():
    text = write_card(one_model(), WORDS, "toml")

    words = Words.loads(text)
    assert dict(words.sections) == dict(WORDS.sections)
    assert set(words.written_for.values()) == {basis_of(one_model())}


def mean(document):
    """Words in which everything means harm."""
    text = "\n\n".join(HOSTILE).replace("{", "{{").replace("}", "}}")
    details = dict(zip(("title", "version", "owner", "contact", "license"), HOSTILE, strict=False))
    return Words({s.name: text for s in SECTIONS}, **details).stamp(basis_of(document))


def test_hostile_names_and_words_are_text_in_html():
    found = Tags(write_card(hostile(), mean(hostile()), "html"))

    assert set(found.names) <= {
        *("html", "head", "meta", "title", "style", "body", "a", "header", "p", "h1", "h2", "h3", "span", "nav"),
        *("ol", "ul", "li", "main", "section", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "dl"),
        *("dt", "dd", "svg", "path", "circle", "text", "footer", "script", "small", "i", "title", "wbr", "g", "line"),
    }
    assert found.names.count("script") == 1
    assert any("<script>document.title" in text for text in found.texts)


def test_hostile_names_and_words_are_text_in_markdown():
    text = write_card(hostile(), mean(hostile()), "md")

    assert not re.search(r"(?<!\\)<(script|b|!--)", text)
    assert not re.search(r"(?<!\\)\]\(http", text)
    assert "\u202e" not in text


def test_hostile_names_and_words_are_strings_in_json():
    tree = json.loads(write_card(hostile(), mean(hostile()), "json"))

    assert tree["model_details"]["name"] == HOSTILE[0]
    assert tree["schema_version"] == "0.0.2"


@pytest.mark.parametrize("name", ["lending", "screening", "routing", "waiting", "call_centre", "ward"])
@pytest.mark.parametrize("form", FORMS)
def test_every_sample_has_a_card_in_every_form(name, form):
    text = write_card(sample(name), Words({"overview": "It does."}), form)

    assert "It does." in text
    assert "nan" not in re.sub(r"[a-z]nan|nan[a-z]", "", text.lower())


def test_a_card_of_200_groups_is_no_larger_than_a_page_opens_at_once():
    assert len(write_card(many_groups(200), Words(), "html")) < 2_000_000
