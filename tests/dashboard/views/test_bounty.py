"""The bounty's pages: what was decided, in rounded digits; nothing that tells a label; names of strangers as text."""

from __future__ import annotations

import json

import pytest

from dashboard.bounties import FOLDER_VARIABLE, OPENED
from metrics.bounty.folder import judge_folder, play_folder
from tests.bounty_folder import write_bounty, write_submission
from tests.dashboard.pages import HOSTILE, bare, find_injections, open_page, texts
from tests.dashboard.views.bounties import open_bounty, play_small, press

PAGES = ("bounty", "leaderboard", "submit")


@pytest.fixture(autouse=True)
def nothing_opened(monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, "")


@pytest.mark.parametrize("page", PAGES)
def test_without_a_bounty_every_page_says_what_would_be_there_and_offers_the_sample(page):
    app = open_page(page)

    assert app.title[0].value.endswith("?")
    assert app.info[0].value.startswith("Here you will see ")
    assert "Try the sample bounty" in [b.label for b in app.button]


@pytest.mark.parametrize("page", PAGES)
def test_an_address_that_leads_nowhere_says_so_and_can_be_left(page):
    app = open_page(page, bounty="../../etc")

    assert "There is no bounty under this address" in app.info[0].value
    press(app, "bounty_leave")
    assert "No bounty is open" in app.info[0].value
    assert "bounty" not in app.query_params


@pytest.mark.parametrize("page", PAGES)
def test_what_is_wrong_with_a_folder_is_said_on_its_pages(page, monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    (folder / "labels.csv").write_text("id,other\nr0,1\n")
    open_bounty(monkeypatch, folder)
    app = open_page(page)

    assert "The bounty cannot be used yet" in app.error[0].value
    assert any("repaid" in m.value for m in app.markdown)


def test_a_ledger_that_was_tampered_with_is_said(monkeypatch, tmp_path):
    folder = play_small(monkeypatch, tmp_path)
    lines = (folder / "ledger.jsonl").read_text()
    (folder / "ledger.jsonl").write_text(lines.replace('"accepted": false', '"accepted": true', 1))
    app = open_page("bounty")

    assert "The bounty cannot be used yet" in app.error[0].value
    assert any("was changed after it was written" in bare(m.value) or "hash" in m.value for m in app.markdown)


def test_the_opened_bounty_stands_in_the_address(monkeypatch, tmp_path):
    play_small(monkeypatch, tmp_path)

    assert open_page("bounty").query_params["bounty"] == OPENED


def test_the_bounty_page_tells_what_came_out_the_law_and_every_decision(monkeypatch, tmp_path):
    """300 rows are shown in steps of five points: 26 % wrong at first, 12.7 % after the young were found."""
    play_small(monkeypatch, tmp_path)
    app = open_page("bounty")
    said = [text.replace("\\", "") for text in texts(app)]

    assert any("is wrong on 25 %" in text and "is wrong on 15 %" in text for text in said)
    assert any("No group found earlier ends worse off by more than alpha (1 point)" in text for text in said)
    rounds, decisions = (table.value for table in app.dataframe)
    assert rounds["group"].tolist() == ["everyone", "`age` < 25"]
    assert decisions["decision"].tolist() == ["rejected", "rejected", "accepted"]
    assert decisions["reason"].tolist() == [
        "its score does not lie above alpha, 1 point",
        "the group has 8 rows in the validation split, fewer than the 20 asked",
        "its score lies above alpha, 1 point: about +15 points",
    ]


def test_one_submission_can_be_looked_into(monkeypatch, tmp_path):
    play_small(monkeypatch, tmp_path)
    app = open_page("bounty", bounty_submission="first/01")
    app.selectbox(key="bounty_submission").set_value("first/01").run()

    assert [c.value for c in app.code][-1:] == ["`age` < 25"]
    (one,) = app.dataframe[-1].value.to_dict("records")
    assert (one["rows of the validation split"], one["loss of the model before"]) == ("38", "100 %")
    assert any("the young repay" in c.value for c in app.caption)


def test_losses_of_what_is_rejected_are_not_shown(monkeypatch, tmp_path):
    """Rejected costs nothing: two that differ by one row would tell its label where a rounded loss turns."""
    folder = play_small(monkeypatch, tmp_path)
    decided = [record.decision for record in play_folder(folder).records]
    rejected = next(d for d in decided if d.units > 20 and not d.accepted)
    app = open_page("bounty", bounty_submission=f"{rejected.team}/{rejected.submission}")

    assert any("losses of what is rejected are not shown" in c.value for c in app.caption)
    assert not any("loss" in column for column in app.dataframe[-1].value if column != "loss afterwards")


def test_losses_of_a_group_too_small_are_not_shown(monkeypatch, tmp_path):
    """Eight rows of one age: a loss of theirs would tell labels."""
    play_small(monkeypatch, tmp_path)
    app = open_page("bounty")
    app.selectbox(key="bounty_submission").set_value("second/02").run()

    assert len(app.dataframe) == 2
    assert any("would give their labels away" in c.value for c in app.caption)


def test_a_rejection_does_not_say_whether_it_was_worse(monkeypatch, tmp_path):
    """Else predictions that differ from the model's in one row would tell that row's label by the answer."""
    folder = write_bounty(tmp_path / "bounty")
    labels = dict(line.split(",") for line in (folder / "labels.csv").read_text().split()[1:])
    validation = [f"r{i}" for i in range(1, 900, 3)]
    for number, label in enumerate("10", 1):
        row = next(r for r in validation if labels[r] == label)
        text = "\n".join(["id,prediction", *(f"{i},{int(i == row)}" for i in labels), ""])
        write_submission(folder, "spy", str(number), {"where": "true"}, {"predictions": f"p{number}.csv"})
        (folder / "submissions" / "spy" / f"p{number}.csv").write_text(text)
    open_bounty(monkeypatch, folder)
    exact = judge_folder(folder).game.decisions
    app = open_page("bounty")

    assert exact[0].score > 0 > exact[1].score
    shown = app.dataframe[0].value[["reason", "loss afterwards", "decision"]]
    assert len(shown.drop_duplicates()) == 1


@pytest.mark.parametrize("page", PAGES)
def test_no_page_sends_a_label_or_an_exact_loss(page, monkeypatch, tmp_path):
    folder = play_small(monkeypatch, tmp_path)
    decisions = judge_folder(folder).game.decisions
    app = open_page(page)
    sent = json.dumps([str(block) for block in app.main] + [t.value.to_csv() for t in app.dataframe])
    for chart in app.get("plotly_chart"):
        sent += chart.proto.spec

    exact = {f"{x:.6g}" for d in decisions for x in (d.score, d.loss_replacement, d.error_after, d.mass)}
    assert [number for number in exact if len(number) > 5 and number in sent] == []
    assert "r1," not in sent and "labels.csv" not in sent


@pytest.mark.parametrize("page", PAGES)
def test_names_of_strangers_are_shown_as_text(page, monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty", name=HOSTILE[0], feature=HOSTILE[1])
    column = f"`{HOSTILE[1]}`"
    write_submission(folder, "team www.evil.example", "1", {"where": f"{column} < 25"}, {"constant": "1"}, HOSTILE[3])
    assert judge_folder(folder).new == 1
    open_bounty(monkeypatch, folder)
    app = open_page(page)
    if page == "bounty":
        app.selectbox(key="bounty_submission").set_value("team www.evil.example/1").run()

    assert not app.exception
    assert find_injections(app) == []
    assert any("evil" in text for text in texts(app))


def test_the_leaderboard_has_the_teams_everyone_together_and_the_baseline(monkeypatch, tmp_path):
    play_small(monkeypatch, tmp_path)
    app = open_page("leaderboard")

    board = app.dataframe[0].value
    assert board["team"].tolist() == ["first", "second", "(everyone)", "(baseline)"]
    assert board["accepted"].tolist() == ["1", "0", "1", "-"]
    assert board["accuracy"].tolist() == ["85 %", "75 %", "85 %", "75 %"]
    assert board["credit"].tolist() == ["15 points", "0 points", "15 points", "-"]
    assert any("Of 2 teams, first has the most credit" in m.value for m in app.markdown)


def test_before_anything_was_submitted_pages_say_so(monkeypatch, tmp_path):
    open_bounty(monkeypatch, write_bounty(tmp_path / "bounty"))

    for page in ("bounty", "leaderboard"):
        assert any("Nothing was submitted yet" in m.value for m in open_page(page).markdown)


def test_what_useless_submissions_do_is_shown_when_asked_for(monkeypatch, tmp_path):
    play_small(monkeypatch, tmp_path)
    app = open_page("bounty")
    before = len(app.get("plotly_chart"))
    press(app, "bounty_overfit")

    assert len(app.get("plotly_chart")) == before + 1
    assert any("After 2,000 useless submissions" in m.value and "fresh rows" in m.value for m in app.markdown)


def test_submissions_that_wait_in_the_folder_are_judged_on_demand(monkeypatch, tmp_path):
    folder = play_small(monkeypatch, tmp_path)
    write_submission(folder, "late", "04", {"where": "region = north"}, {"constant": "1"})
    write_submission(folder, "late", "05", {"where": "region = west"}, {"constant": "1"})
    app = open_page("bounty")

    assert any("2 submissions in the folder are not judged yet" in m.value for m in app.markdown)
    press(app, "bounty_judge")
    assert app.dataframe[1].value["team"].tolist() == ["late", "second", "second", "first"]
    assert any("west" in m.value for m in app.markdown)


def test_a_bounty_is_listed_among_the_pages_only_while_it_is_open(monkeypatch, tmp_path):
    """The pages of other data are not touched by it."""
    play_small(monkeypatch, tmp_path)
    app = open_page("overview")

    assert not app.error and len(app.dataframe) > 0
    assert app.query_params["bounty"] == OPENED


def write_numbers(folder):
    """A regression: the model says a half of everyone, the truth is a tenth or nine tenths by region."""
    folder.mkdir()
    rows, labels = ["id,region,person,model,split"], ["id,truth"]
    for i in range(600):
        region = "north" if i // 3 % 2 else "south"
        rows.append(f"r{i},{region},p{i // 3},0.5,{('explore', 'validation', 'sealed')[i // 3 % 3]}")
        labels.append(f"r{i},{0.9 if region == 'north' else 0.1}")
    (folder / "rows.csv").write_text("\n".join([*rows, ""]))
    (folder / "labels.csv").write_text("\n".join([*labels, ""]))
    terms = (
        'rows = "rows.csv"\nlabels = "labels.csv"\nid = "id"\nlabel = "truth"\nbaseline = "model"\nsplit = "split"\n'
    )
    terms += 'name = "Numbers"\ntask = "regression"\nloss = "squared"\nalpha = 0.01\ncluster = "person"\n'
    (folder / "bounty.toml").write_text(terms)
    write_submission(folder, "one", "1", {"where": "region = north"}, {"constant": 0.9})
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_a_regression_in_clusters_breaks_no_page(page, monkeypatch, tmp_path):
    folder = write_numbers(tmp_path / "bounty")
    assert judge_folder(folder).game.decisions[0].accepted
    open_bounty(monkeypatch, folder)
    app = open_page(page)

    assert not app.error and len(app.dataframe) > 0
    if page == "bounty":
        assert any("has a loss of 0.15 on the validation split" in m.value.replace("\\", "") for m in app.markdown)


@pytest.mark.parametrize("page", PAGES)
def test_a_bounty_without_rows_to_explore_or_sealed_breaks_no_page(page, monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    text = (folder / "rows.csv").read_text().replace(",explore", ",validation").replace(",sealed", ",validation")
    (folder / "rows.csv").write_text(text)
    write_submission(folder, "one", "1", {"where": "age < 25"}, {"constant": "1"})
    assert judge_folder(folder).new == 1
    open_bounty(monkeypatch, folder)
    app = open_page(page)

    assert not app.error
    if page == "submit":
        app.text_input(key="submit_where").set_value("age < 25").run()
        assert any("has no rows to explore" in m.value for m in app.markdown)
        app.radio(key="submit_kind").set_value("report").run()
        assert not app.exception
    else:
        assert len(app.dataframe) > 0
