from __future__ import annotations

from metrics import estimate, spread
from metrics.formatting import format_percent, format_points
from tests.dashboard.pages import bare, open_page, texts
from tests.dashboard.views.files import cubes_of, open_with

METRIC = "false_rejection_rate"


def headings(app):
    return [h.value for h in app.subheader]


def test_the_four_cards_hold_the_numbers_of_the_core():
    app = open_page("overview", data="lending")
    cubes = cubes_of("lending").only("model A")
    overall = estimate(cubes, [], [METRIC])["value"].iloc[0]
    gaps = spread(cubes, None, [METRIC])
    cards = [text.replace("\\", "") for text in headings(app)[:4]]

    assert cards[0] == format_percent(overall)
    assert cards[1] == "age < 25"
    assert cards[2] == format_points(gaps["difference"].max(), signed=False)
    assert cards[3] == "1 of 16 groups too small"


def test_a_gap_stands_beside_what_chance_alone_would_show():
    app = open_page("overview", data="lending")
    floor = spread(cubes_of("lending").only("model A"), ["age"], [METRIC])["noise_floor"].iloc[0]

    assert any(format_points(floor, signed=False) in t.replace("\\", "") for t in texts(app) if "Chance alone" in t)


def test_the_models_stand_side_by_side():
    table = open_page("overview", data="lending").dataframe[-1].value

    assert list(table["model"]) == ["model A", "model B"]
    assert list(table["counts"]) == ["383 of 3,542", "360 of 3,542"]


def test_the_strip_is_told_in_words_and_in_a_table():
    app = open_page("overview", data="lending")
    table = app.dataframe[0].value

    assert "age: from >= 65" in app.get("plotly_chart")[0].proto.alt
    assert table[table["level"] == "south"]["counts"].tolist() == ["94 of 497"]


def test_without_clusters_that_is_among_what_cannot_be_told():
    assert "no cluster column" in [bare(t) for t in texts(open_page("overview", data="lending"))]


def test_a_model_that_treats_all_alike_is_not_accused():
    said = " ".join(bare(t) for t in texts(open_with("overview", "lending", system="model B")))

    assert "cannot tell" in said
