"""The Evidence page: a finding of the chosen group, and an answer to someone else's sheet."""

from __future__ import annotations

import json

import pytest

from metrics.slices import Slice
from tests.dashboard.pages import HOSTILE, SAMPLES, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import open_file, open_with, write_hostile

YOUNG = str(Slice((("sex", "female"), ("age", "< 25"))))


@pytest.fixture
def drawn(monkeypatch):
    """The sheets that the page drew, the last one last."""
    from dashboard import evidence_controls

    kept = []
    monkeypatch.setattr(evidence_controls, "download", kept.append)
    return kept


def test_without_a_group_it_asks_for_one():
    app = open_page("evidence", data="lending")

    assert app.title[0].value.endswith("?")
    assert "Choose a level" in app.info[0].value


def test_without_data_it_says_what_would_be_there():
    app = open_page("evidence", data="A" * 32)

    assert app.info[0].value.startswith("Here you will see a finding")


def test_the_chosen_group_and_metric_make_a_finding(drawn):
    app = open_page("evidence", data="lending", cell=YOUNG)

    # 66 of 280 against 317 of 3,262.
    finding = drawn[-1].sheet.finding
    assert (finding.own.top, finding.own.below) == (66, 280)
    assert (finding.baseline.top, finding.baseline.below) == (317, 3262)
    assert any("14 points higher than for everyone else" in m.value for m in app.markdown)
    assert any("not told" in c.value for c in app.caption)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_makes_a_finding(sample, drawn):
    from metrics import Schema
    from tests.paths import SAMPLES as FOLDER

    axis = Schema.load(FOLDER / f"{sample}.toml").attributes[0].column
    app = open_page("evidence", data=sample)
    box = app.selectbox(key="evidence_level_0")
    box.set_value(box.options[0])
    rerun(app)

    assert not app.error
    assert drawn[-1].sheet.cell.axes == (axis,)


def test_the_authors_words_stand_on_the_sheet(drawn):
    app = open_page("evidence", data="lending", cell=YOUNG)
    app.text_area(key="evidence_sampling").set_value("All of 2025.")
    rerun(app)

    assert "All of 2025." in drawn[-1].forms["md"]
    assert not any("not told" in c.value for c in app.caption)


def test_a_search_through_many_groups_is_heeded(drawn):
    app = open_page("evidence", data="lending", cell=YOUNG)
    app.number_input(key="evidence_looked_at").set_value(5000)
    rerun(app)

    assert drawn[-1].sheet.finding.looked_at == 5000


def test_a_sheet_is_answered_with_the_data_on_screen(drawn, monkeypatch):
    open_page("evidence", data="lending", cell=YOUNG)
    theirs = json.loads(drawn[-1].forms["json"])
    theirs["finding"]["receipts"][0]["sha256"] = "0" * 64  # another file
    from dashboard import evidence_controls

    monkeypatch.setattr(evidence_controls, "open_sheet", lambda: json.dumps(theirs).encode())
    app = open_page("evidence", data="lending")

    assert drawn[-1].sheet.comparison.outcome == "confirmed"
    assert any("data show it too" in m.value for m in app.markdown)


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"format": "fairness-dashboard evidence", "version": 1}'])
def test_what_is_no_sheet_is_refused_in_words(text, monkeypatch):
    from dashboard import evidence_controls

    monkeypatch.setattr(evidence_controls, "open_sheet", lambda: text)
    app = open_page("evidence", data="lending")

    assert len(app.error) == 1


def test_hostile_names_are_shown_as_text(monkeypatch, tmp_path, drawn):
    address = open_file(monkeypatch, tmp_path, *write_hostile(tmp_path))
    cell = Slice(((HOSTILE[0], HOSTILE[1]),))
    app = open_page("evidence", data=address, cell=str(cell), least="1")

    assert find_injections(app) == []
    assert any("evil" in text for text in texts(app))


def test_the_panel_of_a_cell_leads_to_its_sheet():
    app = open_with("disparities", "lending", cell="sex = female")

    assert "Evidence sheet" in [b.label for b in app.button]
