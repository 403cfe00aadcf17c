"""The Submit page: counted and tried on the explore split alone, judged at once, refused with reasons."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from dashboard import bounties
from dashboard.bounties import FOLDER_VARIABLE
from dashboard.bounty_drafts import count_group
from metrics.bounty.folder import play_folder
from tests.bounty_folder import predictions, write_bounty
from tests.dashboard.pages import HOSTILE, find_injections, open_page, rerun
from tests.dashboard.views.bounties import fill_in, open_bounty, play_small, press


@pytest.fixture(autouse=True)
def nothing_opened(monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, "")


def said(app) -> str:
    kinds = (app.markdown, app.caption, app.success, app.warning, app.error, app.info)
    return "\n".join(str(e.value).replace("\\", "") for kind in kinds for e in kind)


def files_of(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in (folder / "submissions").rglob("*") if p.is_file()}


def explored(folder: Path) -> list[dict[str, str]]:
    """The rows of the explore split with their labels, as the files have them."""
    rows, labels = (csv.DictReader((folder / name).read_text().splitlines()) for name in ("rows.csv", "labels.csv"))
    return [row | label for row, label in zip(rows, labels, strict=True) if row["split"] == "explore"]


def test_a_condition_is_counted_on_the_explore_split(monkeypatch, tmp_path):
    """The model always says 0, so it is wrong where the label is 1."""
    folder = write_bounty(tmp_path / "bounty")
    open_bounty(monkeypatch, folder)
    app = fill_in("third", "region = north and age >= 25")

    rows = explored(folder)
    group = [row for row in rows if row["region"] == "north" and int(row["age"]) >= 25]
    wrong = 100 * sum(row["repaid"] == "1" for row in group) / len(group)
    share = 100 * len(group) / len(rows)
    told = f"{len(group)} of 300 rows to explore ({share:.1f} %). The current model is wrong on {wrong:.1f} % of them"
    assert told in said(app)


def test_the_dictionary_stands_beside_it_with_counts_of_the_explore_split(monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    open_bounty(monkeypatch, folder)
    app = open_page("submit")
    assert "years lived" in said(app) and "age holds numbers from 20 to 59." in said(app)
    app.selectbox(key="submit_where_column").set_value("region").run()

    north = sum(row["region"] == "north" for row in explored(folder))
    assert app.dataframe[0].value.set_index("level")["rows"].to_dict() == {
        "north": f"{north}",
        "south": f"{300 - north}",
    }
    app.multiselect(key="submit_where_1_words").set_value(["north"]).run()
    press(app, "submit_where_insert")
    assert app.text_input(key="submit_where").value == "region = north"


def test_the_example_of_a_condition_speaks_of_people_who_are_there(monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    open_bounty(monkeypatch, folder)
    example = open_page("submit").text_input(key="submit_where").placeholder

    assert "age" in example
    assert count_group(play_folder(folder).game, example).rows > 0


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("region = nrth", "Did you mean 'north'?"),
        ("regoin = north", "Did you mean 'region'?"),
        ("region = ", "a value"),
        ("age >= 1 and " * 110 + "age >= 1", "at most 100 conditions"),
        ("__import__('os').system('x')", "a comparison after '__import__' is expected"),
        ("model = 1", "of the condition is not there"),
    ],
)
def test_a_condition_that_is_none_is_explained_and_cannot_be_sent(condition, problem, monkeypatch, tmp_path):
    open_bounty(monkeypatch, write_bounty(tmp_path / "bounty"))
    app = fill_in("third", condition)

    assert problem in said(app)
    assert "submit_send" not in [b.key for b in app.button]


def test_a_dry_run_tells_of_the_explore_split_and_keeps_nothing(monkeypatch, tmp_path):
    folder = play_small(monkeypatch, tmp_path)
    kept = files_of(folder)
    app = fill_in("third", "region = north")
    press(app, "submit_try")

    north = [row for row in explored(folder) if row["region"] == "north"]
    before_it = sum((row["repaid"] == "1") != (int(row["age"]) < 25) for row in north)
    with_it = sum(row["repaid"] == "0" for row in north)
    n, score = len(north), 100 * (before_it - with_it) / 300
    told = f"{n} rows, loss {100 * before_it / n:.1f} % now and {100 * with_it / n:.1f} % with yours"
    assert f"On the explore split: {told}. Its score there is {score:+.1f} points".replace("-", "−") in said(app)
    assert files_of(folder) == kept and len(play_folder(folder).records) == 3


def test_what_is_sent_is_judged_at_once_and_the_decision_shown(monkeypatch, tmp_path):
    folder = play_small(monkeypatch, tmp_path)
    app = fill_in(" third ", "region = north and age >= 40 or age = 34")
    press(app, "submit_send")

    records = play_folder(folder).records
    assert (records[-1].decision.team, records[-1].decision.submission) == ("third", "00004")
    assert ("Accepted" if records[-1].decision.accepted else "Rejected") + ", as submission 00004." in said(app)
    assert json.loads((folder / "submissions" / "third" / "00004.json").read_text())["group"] == {
        "where": "region = north and age >= 40 or age = 34"
    }


def test_a_file_of_predictions_is_sent_with_it(monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    open_bounty(monkeypatch, folder)
    app = open_page("submit")
    app.text_input(key="submit_team").set_value("third")
    app.text_input(key="submit_where").set_value("age < 25")
    app.file_uploader(key="submit_predictions_0").upload("../../x.csv", predictions([f"r{i}" for i in range(900)], "1"))
    rerun(app)
    press(app, "submit_send")

    assert "Accepted, as submission 00001." in said(app)
    assert files_of(folder) == {"submissions/third/00001.json", "submissions/third/00001-predictions.csv"}
    assert app.file_uploader(key="submit_predictions_1") is not None


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (predictions(["r0"], "1"), "misses"),
        (predictions([*(f"r{i}" for i in range(900)), "r0"], "1"), "more than once"),
        (predictions([*(f"r{i}" for i in range(900)), "nobody"], "1"), "the bounty does not have"),
        (predictions([f"r{i}" for i in range(900)], "maybe"), "which is no word of the label"),
        (b"\x00\xff\xfe garbage", "holds bytes that are no text"),
        (b"", "is empty"),
    ],
    ids=["misses rows", "twice", "unknown id", "other words", "garbage", "empty"],
)
def test_what_is_refused_is_said_with_its_counts_and_nothing_is_kept(data, problem, monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    open_bounty(monkeypatch, folder)
    app = open_page("submit")
    app.text_input(key="submit_team").set_value("third")
    app.text_input(key="submit_where").set_value("age < 25")
    app.file_uploader(key="submit_predictions_0").upload("p.csv", data)
    rerun(app)
    press(app, "submit_send")

    assert "It was refused, and nothing was kept of it." in said(app)
    assert problem in said(app)
    assert files_of(folder) == set() and not (folder / "ledger.jsonl").exists()


@pytest.mark.parametrize("team", ["../up", ".hidden", "a/b", "con", "<b>x</b>", "a\\b"])
def test_a_team_that_cannot_be_a_folder_is_refused(team, monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    open_bounty(monkeypatch, folder)
    app = fill_in(team, "age < 25")
    press(app, "submit_send")

    assert "It was refused" in said(app) and "Take up to 64 letters" in said(app)
    assert files_of(folder) == set()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bounty"]


@pytest.mark.parametrize(
    "tree", ["{", "[]", '{"nodes": []}', '{"nodes": [{"id": 0, "value": NaN}]}', "[" * 5000, '{"nodes": 1e999}']
)
def test_a_tree_that_is_none_is_refused(tree, monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    open_bounty(monkeypatch, folder)
    app = fill_in("third", "age < 25")
    app.radio(key="submit_replacement").set_value("tree")
    rerun(app)
    app.text_area(key="submit_tree").set_value(tree)
    rerun(app)
    if "submit_send" in [b.key for b in app.button]:
        press(app, "submit_send")

    assert app.error
    assert files_of(folder) == set()


def test_a_tree_and_an_earlier_model_can_be_sent(monkeypatch, tmp_path):
    folder = play_small(monkeypatch, tmp_path)
    app = fill_in("third", "age < 25")
    app.radio(key="submit_way").set_value("tree")
    app.radio(key="submit_replacement").set_value("model")
    rerun(app)
    nodes = [
        {"id": 0, "feature": "age", "op": "<=", "threshold": 24, "true": 1, "false": 2},
        {"id": 1, "value": 1},
        {"id": 2, "value": 0},
    ]
    app.text_area(key="submit_group_tree").set_value(json.dumps({"nodes": nodes}))
    rerun(app)
    press(app, "submit_send")

    decision = play_folder(folder).records[-1].decision
    assert (decision.team, decision.units, decision.accepted) == ("third", 38, False)
    assert "a tree over age: its score does not lie above alpha, 1 point" in said(app)


def test_who_may_submit_is_said_in_plain_words(monkeypatch, tmp_path):
    open_bounty(monkeypatch, write_bounty(tmp_path / "bounty"))

    assert "Whoever can open this page may submit, in the name of any team" in said(open_page("submit"))


def test_a_submission_to_the_sample_goes_into_a_copy(monkeypatch, tmp_path):
    sample = write_bounty(tmp_path / "sample")
    monkeypatch.setattr(bounties, "SAMPLE_FOLDER", sample)
    app = open_page("submit", bounty="sample")
    app.radio(key="submit_replacement").set_value("constant")
    rerun(app)
    app.text_input(key="submit_team").set_value("third")
    app.text_input(key="submit_where").set_value("age < 25")
    app.selectbox(key="submit_constant").set_value("1")
    rerun(app)
    press(app, "submit_send")

    assert "Accepted, as submission 00001." in said(app)
    assert len(app.query_params["bounty"]) == 32
    assert not (sample / "submissions").exists() and not (sample / "ledger.jsonl").exists()
    assert "your own copy" in said(app)


def test_hostile_words_in_notes_and_conditions_are_text(monkeypatch, tmp_path):
    play_small(monkeypatch, tmp_path)
    app = fill_in(HOSTILE[1], HOSTILE[0])
    app.text_area(key="submit_note").set_value(HOSTILE[3])
    rerun(app)

    assert find_injections(app) == []


def test_a_search_drafts_what_can_be_edited_and_sent_as_automatic(monkeypatch, tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    open_bounty(monkeypatch, folder)
    app = open_page("submit")
    app.radio(key="submit_kind").set_value("draft")
    rerun(app)
    press(app, "hunt")
    assert app.code
    press(app, "hunt_edit_0")
    app.text_input(key="submit_team").set_value("robot")
    rerun(app)
    press(app, "submit_send")

    (path,) = (folder / "submissions" / "robot").glob("*.json")
    told = json.loads(path.read_text())
    assert told["kind"] == "automatic" and told["note"]
    assert len(play_folder(folder).records) == 1
