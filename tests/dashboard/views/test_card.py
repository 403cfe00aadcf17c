"""The Card page: words are written in boxes, numbers stand beside them, and what is stale is said."""

from __future__ import annotations

import json

import pytest

from dashboard.card_controls import Drawn
from metrics.basis import Basis
from metrics.card_words import SECTIONS, Words
from tests.dashboard.pages import HOSTILE, SAMPLES, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import open_file, write_hostile

OLD = Basis("1" * 64, "2" * 64, "3" * 64)


@pytest.fixture
def drawn(monkeypatch):
    """The cards that the page drew, the last one last."""
    from dashboard import card_controls

    kept: list[Drawn] = []
    monkeypatch.setattr(card_controls, "download", kept.append)
    return kept


def write(app, section, text):
    box = next(area for area in app.text_area if area.key.startswith(f"card_{section}_"))
    box.set_value(text)
    return rerun(app)


def open_with_words(words, **address):
    app = open_page("card", **address)
    app.session_state["card_words"] = words
    return rerun(app)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_has_a_card_with_a_box_for_every_section(sample, drawn):
    app = open_page("card", data=sample)

    assert not app.error
    assert [area.label for area in app.text_area] == [s.title for s in SECTIONS]
    assert [area.placeholder for area in app.text_area] == [s.prompt for s in SECTIONS]
    assert drawn[-1].write("md").count("Not written yet.") == len(SECTIONS)


def test_without_data_it_says_what_would_be_there():
    app = open_page("card", data="A" * 32)

    assert app.info[0].value.startswith("Here you will see a service card")


def test_what_is_written_stands_in_the_card_with_its_numbers(drawn):
    app = open_page("card", data="lending")
    write(app, "overview", "It refuses {false_rejection_rate of model A: sex = female & age = '< 25'} wrongly.")

    # The crossing of sex and age is measured because the words ask for it: 66 of 280.
    assert "It refuses 24 % \\[19, 29\\] wrongly." in drawn[-1].write("md")
    assert "1 of 9 sections are written" in " ".join(c.value for c in app.caption)


def test_words_stay_when_another_page_was_looked_at(drawn):
    app = write(open_page("card", data="lending"), "design", "A tree.")
    app.switch_page("views/overview.py").run()
    app.switch_page("views/card.py").run()

    assert "A tree." in drawn[-1].write("md")
    assert next(a for a in app.text_area if a.key.startswith("card_design_")).value == "A tree."


def test_a_placeholder_that_cannot_be_filled_is_told_and_stands_as_it_was_written(drawn):
    app = write(open_page("card", data="lending"), "overview", "It is {acuracy}.")

    assert any("Did you mean" in e.value and "accuracy" in e.value for e in app.error)
    assert "It is {acuracy}." in drawn[-1].write("md")
    assert Words.loads(drawn[-1].write("toml")).of("overview") == "It is {acuracy}."


def test_words_written_for_other_data_are_marked_until_they_are_said_to_hold(drawn):
    app = open_with_words(Words({"design": "A tree."}, written_for={"design": OLD}), data="lending")

    assert any("Design: these words were written before" in plain_of(w.value) for w in app.warning)
    assert "Stale:" in drawn[-1].write("html")
    app.button(key="card_holds_design").click()
    rerun(app)
    assert not app.warning
    assert "Stale:" not in drawn[-1].write("html")
    assert Words.loads(drawn[-1].write("toml")).written_for["design"] != OLD


def test_words_become_stale_when_the_question_changes(drawn):
    app = write(open_page("card", data="lending"), "design", "A tree.")
    assert not app.warning

    app.session_state["baseline"] = "overall"
    rerun(app)
    assert any("the settings" in w.value for w in app.warning)


def test_the_details_of_the_service_stand_in_every_form(drawn):
    app = open_page("card", data="lending")
    next(box for box in app.text_input if box.key.startswith("card_title_")).set_value("Loans")
    rerun(app)

    assert drawn[-1].write("md").startswith("# Loans")
    assert json.loads(drawn[-1].write("json"))["model_details"]["name"] == "Loans"


def test_hostile_names_and_words_are_shown_as_text(monkeypatch, tmp_path, drawn):
    address = open_file(monkeypatch, tmp_path, *write_hostile(tmp_path))
    words = Words({s.name: "\n".join(HOSTILE) + " {x}" for s in SECTIONS}, title=HOSTILE[0])
    app = open_with_words(words, data=address, least="1")

    assert find_injections(app) == []
    assert any("evil" in text for text in texts(app))


def plain_of(text):
    return text.replace("\\", "")
