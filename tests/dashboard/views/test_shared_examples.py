"""Examples of transcripts: none without a tick, none that the owner has not seen, and a reader sees the same ones."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.alignment_html import show_signs
from dashboard.workspace import Workspace
from metrics import score
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.share import share
from metrics.sharing.terms import ExampleTerms, Terms
from tests.dashboard.pages import find_injections, open_page, rerun
from tests.dashboard.views.files import read_sample
from tests.dashboard.views.shared import keep, open_chosen
from tests.dashboard.views.test_publish import publish

FEW = {"attributes": ["noise", "gender"], "order": 1, "metrics": ["word_error_rate"]}


def open_publish(**chosen: Any) -> AppTest:
    told = {f"publish_{key}": value for key, value in (FEW | chosen).items()}
    return open_chosen("publish", told, data="call_centre")


def look(app: AppTest) -> AppTest:
    app.button(key="publish_examples_look").click()
    return rerun(app)


def drawings(app: AppTest) -> list[str]:
    """Return what is drawn of transcripts, as its HTML."""
    return [block.proto.body for block in app.get("html") if "<h4>Example" in block.proto.body]


def words_on(app: AppTest) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", " ".join(drawings(app))))


def test_no_words_go_along_without_the_tick():
    app = open_publish()

    assert app.checkbox(key="publish_examples").value is False
    assert drawings(app) == []
    report, _ = publish(app)
    found = Workspace.at_home().find_report(report)
    assert found is not None and read_bundle(found.path).examples is None
    reader = open_page("published", report=report)
    assert "Examples" not in [s.value for s in reader.subheader]


def test_data_without_transcripts_offer_none():
    app = open_chosen("publish", {"publish_order": 1, "publish_examples": True}, data="lending")

    assert "publish_examples" not in [c.key for c in app.checkbox]


def test_a_link_does_not_tick_it():
    app = open_page(
        "publish", data="call_centre", publish_examples="true", publish_order="1", publish_attributes="noise"
    )

    assert app.checkbox(key="publish_examples").value is False


def test_nothing_is_published_before_the_owner_has_looked_at_exactly_these():
    app = open_publish(examples=True, examples_most=7)
    assert app.button(key="publish_now").disabled and app.button(key="publish_bundle_make").disabled
    assert drawings(app) == []

    look(app)
    assert len(drawings(app)) == 7
    assert not app.button(key="publish_now").disabled

    app.number_input(key="publish_examples_seed").set_value(1)
    rerun(app)
    assert app.button(key="publish_now").disabled and drawings(app) == []


def test_a_reader_sees_what_the_owner_saw_and_of_a_group_those_that_are_of_it():
    app = look(open_publish(examples=True, examples_most=7, examples_drawn="worst"))
    shown = drawings(app)
    report, _ = publish(app)

    reader = open_page("published", report=report)
    assert drawings(reader) == shown
    assert "Examples" in [s.value for s in reader.subheader]
    said = " ".join(m.value for m in reader.markdown).replace("\\", "")
    assert "7 transcripts are shown as examples: those with most errors per word, all models together." in said
    assert "The texts are as they were scored, not as they were written; of each, gender, noise are told." in said
    assert "and the transcripts above. It has no other row" in said
    loud = open_page("published", report=report, published_cell="noise = street", published_by="noise")
    of_it = [drawing for drawing in shown if re.search(r"<h4>[^<]*\bstreet\b", drawing)]
    assert drawings(loud) == of_it and of_it


def test_what_is_drawn_are_the_words_that_are_in_the_bundle():
    app = look(open_publish(examples=True, examples_most=5))
    on_screen = words_on(app).split()
    found = Workspace.at_home().find_report(publish(app)[0])
    assert found is not None
    examples = read_bundle(found.path).examples

    assert examples is not None and len(examples) == 5
    for example in examples.told:
        assert set(example.said.split()) <= set(on_screen)
        for heard in example.heard:
            assert set(heard.split()) <= set(on_screen)
    assert not re.search(r"C\d{3,}", " ".join(on_screen))  # neither speaker nor utterance


def test_of_many_a_reader_turns_the_pages_and_a_wrong_page_is_the_nearest():
    app = look(open_publish(examples=True, examples_most=25))
    shown = drawings(app)
    assert len(shown) == 25  # the owner sees all of them
    report, _ = publish(app)

    first = open_page("published", report=report)
    assert drawings(first) == shown[:10]
    assert drawings(open_page("published", report=report, published_examples="3")) == shown[20:]
    assert len(drawings(open_page("published", report=report, published_examples="1e400"))) == 10


def test_where_none_can_be_shown_it_says_why_and_publishes_without_words():
    app = open_publish(examples=True, attributes=["accent", "first_language", "gender", "age"])

    assert any("No transcript can be shown without telling of others" in i.value for i in app.info)
    assert not app.button(key="publish_now").disabled
    found = Workspace.at_home().find_report(publish(app)[0])
    assert found is not None and read_bundle(found.path).examples is None


def test_illegal_choices_fall_back():
    app = open_publish(examples=True, examples_drawn="best", examples_axes=["speaker"])

    assert not app.exception
    look(app)
    assert drawings(app)


@pytest.mark.parametrize(
    "odd", ["<img src=x onerror=alert(1)> ![x](http://evil.example)", "\u202egnp.exe \x1b[2J a\x00b"]
)
def test_words_of_a_stranger_are_shown_as_text(odd):
    results = read_sample("call_centre")
    terms = Terms("t", (("noise",),), ("word_error_rate",), examples=ExampleTerms(3))
    shared = share(results, score(results), terms)
    assert shared.examples is not None
    told = tuple(replace(e, said=odd, heard=(odd, "other")) for e in shared.examples.told)
    shared = replace(shared, examples=replace(shared.examples, told=told))
    report, _ = keep(read_bundle(write_bundle(shared)))

    reader = open_page("published", report=report.id)

    assert find_injections(reader) == []
    assert len(drawings(reader)) == 3
    for drawing in drawings(reader):
        assert "<img" not in drawing and "\u202e" not in drawing and "\x1b" not in drawing and "\x00" not in drawing
    for word in odd.split():
        assert show_signs(word) in words_on(reader)
