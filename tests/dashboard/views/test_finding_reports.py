"""Findings without a model: measured on the explore split alone, kept for review, shown as text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.bounties import FOLDER_VARIABLE
from metrics.bounty.reports import list_reports, read_report
from metrics.bounty.reviews import review_report
from tests.bounty_folder import write_bounty
from tests.dashboard.pages import HOSTILE, find_injections, open_page, rerun
from tests.dashboard.views.bounties import open_bounty, press


@pytest.fixture
def folder(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    folder = write_bounty(tmp_path / "bounty")
    open_bounty(monkeypatch, folder)
    return folder


def fill_in(where="age < 25", harm="The young are refused.", story="", evidence="", team="watch"):
    app = open_page("submit")
    app.radio(key="submit_kind").set_value("report")
    rerun(app)
    app.text_input(key="submit_team").set_value(team)
    app.text_input(key="submit_where").set_value(where)
    app.text_input(key="report_harm").set_value(harm)
    app.text_area(key="report_story").set_value(story)
    app.text_area(key="report_evidence").set_value(evidence)
    return rerun(app)


def said(app) -> str:
    kinds = (app.markdown, app.caption, app.success, app.error)
    return "\n".join(str(e.value).replace("\\", "") for kind in kinds for e in kind)


def test_it_is_measured_on_the_explore_split_as_it_is_filled_in(folder):
    """The model refuses all 38 of the young there, who all repay."""
    app = fill_in()

    assert app.selectbox(key="report_metric").value == "error_rate"
    assert "On the explore split (38 rows) its error rate is 100 %" in said(app)
    assert "validation" not in said(app)


def test_what_is_sent_stands_in_the_list_to_review(folder):
    app = fill_in(story="They told us so.", evidence="r0, r6\nr0")
    press(app, "report_send")

    assert "Sent, as report 00001." in said(app)
    (report,) = map(read_report, list_reports(folder))
    assert (report.team, report.metric, report.harm) == ("watch", "error_rate", "The young are refused.")
    assert (report.narrative, report.evidence) == ("They told us so.", ("r0", "r6"))
    assert app.dataframe[-1].value[["report", "team", "state"]].to_dict("records") == [
        {"report": "00001", "team": "watch", "state": "new"}
    ]


def test_what_was_reviewed_says_so(folder):
    app = fill_in()
    press(app, "report_send")
    review_report(folder, [read_report(p) for p in list_reports(folder)], "watch/00001", "confirmed", note="It holds.")
    rerun(app)

    assert app.dataframe[-1].value["state"].tolist() == ["confirmed"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"evidence": "nobody"}, "names 1 id that the bounty does not have"),
        ({"team": "../up"}, "Take up to 64 letters"),
        ({"where": "age > 900"}, "Nobody"),
    ],
)
def test_what_is_refused_leaves_nothing(given, problem, folder):
    app = fill_in(**given)
    press(app, "report_send")

    assert problem in said(app)
    assert list_reports(folder) == [] and not (folder.parent / "up").exists()


def test_without_a_harm_it_cannot_be_sent(folder):
    assert fill_in(harm="").button(key="report_send").disabled


def test_what_strangers_write_is_text(folder):
    app = fill_in(harm=HOSTILE[0], story=HOSTILE[1])
    press(app, "report_send")
    app.selectbox(key="report_read").set_value("watch/00001")
    rerun(app)

    assert find_injections(app) == []
    assert any("evil" in m.value for m in app.markdown)


def test_a_report_that_cannot_be_read_hides_no_other(folder):
    (folder / "reports" / "odd").mkdir(parents=True)
    (folder / "reports" / "odd" / "1.json").write_text(json.dumps({"team": "odd"}))
    app = fill_in()
    press(app, "report_send")

    assert "1 report in the folder cannot be read." in said(app)
    assert app.dataframe[-1].value["team"].tolist() == ["watch"]
