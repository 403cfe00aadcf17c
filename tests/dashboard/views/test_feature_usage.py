"""The Feature usage page: a bounty's teams and features, and a file's slices and features."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.bounties import FOLDER_VARIABLE
from metrics.bounty.folder import judge_folder
from tests.bounty_folder import write_bounty, write_played, write_submission
from tests.dashboard.pages import HOSTILE, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import open_file, open_with


def open_usage(app_folder, monkeypatch, **address):
    judge_folder(app_folder)
    monkeypatch.setenv(FOLDER_VARIABLE, str(app_folder))
    return open_page("feature_usage", bounty="opened", **address)


@pytest.fixture
def played(tmp_path):
    """Three submissions: two teams on age, one of them on region too; only the first is accepted."""
    return write_played(tmp_path / "bounty")


def table_of(app):
    return app.dataframe[0].value


def says(app, sentence):
    """Whether the words stand on the page in this order, whatever signs are between them."""
    return words_of(sentence) in words_of(" ".join(texts(app)))


def words_of(text):
    return " ".join(re.findall(r"\w+", text))


def choose(app, label, option):
    next(r for r in app.radio if r.label == label).set_value(option)
    return rerun(app)


def test_teams_stand_across_and_features_down(played, monkeypatch):
    app = open_usage(played, monkeypatch)

    assert app.title[0].value == "Which features did the teams look at?"
    assert table_of(app).columns.tolist() == ["feature", "first", "second", "(everyone)"]
    assert table_of(app).to_numpy().tolist() == [["age", "100 %", "50 %", "67 %"], ["region", "0", "50 %", "33 %"]]
    assert says(app, "2 teams sent 3 submissions; 1 accepted.")


def test_the_picture_says_the_same_in_words_and_has_the_numbers_in_its_cells(played, monkeypatch):
    chart = open_usage(played, monkeypatch).get("plotly_chart")[0].proto
    (blue, _) = [trace for trace in json.loads(chart.spec)["data"] if trace["type"] == "heatmap"]

    assert "Most: age, first, 100 %." in chart.alt
    assert blue["text"] == [["100 %", "50 %", "67 %"], ["0", "50 %", "33 %"]]


@pytest.mark.parametrize(
    ("amount", "age"),
    [("accepted_share", ["100 %", "-", "100 %"]), ("weighted_share", ["100 %", "-", "100 %"])],
)
def test_what_is_counted_can_be_switched(played, monkeypatch, amount, age):
    app = choose(open_usage(played, monkeypatch), "Count what was", amount)

    assert table_of(app).iloc[0].tolist() == ["age", *age]


def test_a_condition_that_decides_nothing_is_named(tmp_path, monkeypatch):
    folder = write_bounty(tmp_path / "bounty")
    write_submission(folder, "idle", "01", {"where": "age < 25 and region in [north, south]"}, {"constant": "1"})
    app = open_usage(folder, monkeypatch)

    assert says(app, "idle names region, but shuffling the cells changes no one's membership")
    app = choose(app, "Count what was", "sensitivity")
    assert table_of(app).set_index("feature").loc["region"].tolist() == ["0", "0"]
    assert table_of(app).set_index("feature").loc["age", "idle"] != "0"


def test_a_cell_is_opened_by_keyboard(played, monkeypatch):
    app = open_usage(played, monkeypatch)
    next(s for s in app.selectbox if s.label == "Team").set_value("second")
    next(s for s in app.selectbox if s.label == "Feature").set_value("region")
    rerun(app)

    assert says(app, "second, region: 1 of 2 submissions look at it (50.0 %)")


def test_the_levels_that_groups_admit_are_shown_for_a_feature(played, monkeypatch):
    app = choose(open_usage(played, monkeypatch), "Show", "regions")
    next(s for s in app.selectbox if s.label == "Feature").set_value("region")
    rerun(app)

    assert table_of(app).to_numpy().tolist() == [["north", "0", "0"], ["south", "100 %", "100 %"]]


def test_usage_is_followed_over_time(played, monkeypatch):
    app = choose(open_usage(played, monkeypatch), "Show", "time")

    assert table_of(app)["features it references"].tolist() == ["age", "age", "region"]


def test_before_the_first_submission_there_is_nothing_to_tell(tmp_path, monkeypatch):
    app = open_usage(write_bounty(tmp_path / "bounty"), monkeypatch)

    assert says(app, "No submission was judged yet")
    assert not app.get("plotly_chart")


@pytest.mark.parametrize("panel", ["teams", "regions", "time"])
def test_names_of_strangers_are_shown_as_text(tmp_path, monkeypatch, panel):
    app = open_usage(write_played(tmp_path / "bounty", feature=HOSTILE[0]), monkeypatch)
    app = choose(app, "Show", panel)

    assert find_injections(app) == []
    assert says(app, "evil")


def test_of_a_file_the_features_of_the_slices_found_are_shown():
    app = open_page("feature_usage", data="lending")

    # Planted and told in the sample's README: women in the south, and the young.
    assert app.title[0].value == "Which features define where it fails?"
    assert table_of(app).to_numpy().tolist() == [
        ["sex", "female", ""],
        ["age", "", "< 25"],
        ["region", "south", ""],
        ["ethnicity", "", ""],
    ]
    assert says(app, "2 are different findings")
    assert says(app, "1. sex = female, region = south 2. age < 25")


def test_of_a_file_it_is_shown_what_errors_hang_on():
    app = choose(open_page("feature_usage", data="lending"), "Show", "errors")
    table = table_of(app)

    assert table.columns.tolist()[-1] == "everyone"
    assert table["feature"].tolist()[0] == "age"  # planted: the young are refused wrongly
    assert says(app, "The attributes tell")
    assert says(app, "features that say the same share their importance")


def test_a_metric_of_which_no_row_has_a_part_is_refused_kindly():
    app = choose(open_with("feature_usage", "lending", metric="roc_auc"), "Show", "errors")

    assert len(app.info) == 1
    assert says(app, "no unit has a part of it")


def test_attributions_in_the_file_are_shown_by_group(monkeypatch, tmp_path):
    file = tmp_path / "explained.csv"
    rows = [f"{i % 2},{i % 3 % 2},{'fm'[i % 2]},{[2.0, -1.0][i % 2]},0.5" for i in range(120)]
    file.write_text("\n".join(["label,prediction,sex,shap_age,shap_sex", *rows, ""]))
    address = open_file(monkeypatch, tmp_path, file, 'task = "classification"\npositive = ["1"]\n')
    app = choose(open_page("feature_usage", data=address), "Show", "attribution")

    assert table_of(app).to_numpy().tolist() == [["age", "2.0", "1.0", "1.5"], ["sex", "0.50", "0.50", "0.50"]]


def test_without_attributions_it_is_said_what_they_are_called():
    app = choose(open_page("feature_usage", data="lending"), "Show", "attribution")

    assert says(app, "The file has no attributions")
    assert not app.get("plotly_chart")
