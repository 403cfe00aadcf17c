from __future__ import annotations

import json

from metrics import compare, estimate
from metrics.answers import name_slice
from metrics.formatting import format_counts, format_difference, format_percent
from tests.dashboard.pages import bare, open_page, texts
from tests.dashboard.views.files import cubes_of, open_compas, open_with
from tests.paths import SHARED, needs_shared

METRIC = "false_rejection_rate"


def table_of(app):
    return next(d.value for d in app.dataframe if "counts" in d.value.columns).set_index("slice")


def test_the_table_holds_the_values_of_the_core():
    app = open_page("slices", data="lending")
    cubes = cubes_of("lending").only("model A")
    expected = estimate(cubes, None, [METRIC])
    gaps = compare(cubes, None, [METRIC]).set_index("slice")["value"]
    shown = table_of(app)

    assert len(shown) == len(expected)
    for row in expected.to_dict("records"):
        mine = shown.loc[name_slice(row["slice"])]
        assert mine["value"] == format_percent(row["value"])
        assert mine["counts"] == format_counts(row["top"], row["below"])
        if row["slice"].levels:
            assert mine["difference"] == format_difference(cubes.metrics[METRIC], gaps[row["slice"]])


def test_the_worst_group_stands_first_and_in_the_answer():
    app = open_page("slices", data="lending")

    assert list(table_of(app).index[:2]) == ["everyone", "age < 25"]
    assert any("age \\< 25" in text and "115 of 536" in text for text in texts(app))


def test_groups_can_be_crossed():
    app = open_with("slices", "lending", by=["sex", "region"])

    # Planted and counted in the sample's README: women in the south.
    assert table_of(app).iloc[1]["counts"] == "63 of 235"


def test_the_picture_has_the_same_values_and_a_text_for_those_who_do_not_see_it():
    app = open_page("slices", data="lending")
    chart = app.get("plotly_chart")[0].proto

    assert "21.5 % [18.2, 25.1]" in chart.spec
    assert "115 of 536" in chart.spec
    assert "False rejection rate" in chart.alt


def test_what_the_data_cannot_tell_names_small_and_missing_groups_and_the_lack_of_clusters():
    said = " ".join(bare(t) for t in texts(open_page("slices", data="lending")))

    assert "ethnicity  Other" in said
    assert "ethnicity is missing in 431 rows" in said
    assert "name that column as the cluster" in said


def test_with_clusters_nothing_is_said_of_their_lack():
    assert not any("as the cluster" in text for text in texts(open_page("slices", data="screening")))


@needs_shared
def test_the_published_table_of_compas_is_on_screen(monkeypatch, tmp_path):
    headline = json.loads((SHARED / "data/tabular/compas/propublica_headline.json").read_text())["medium_or_high"]
    address = open_compas(monkeypatch, tmp_path)
    false_positive, false_negative = (
        table_of(open_with("slices", address, metric=m)) for m in ("false_positive_rate", "false_negative_rate")
    )

    for race in ("African-American", "Caucasian"):
        told = headline[race]
        assert false_positive.loc[f"race = {race}"]["counts"] == format_counts(told["fp"], told["fp"] + told["tn"])
        assert false_negative.loc[f"race = {race}"]["counts"] == format_counts(told["fn"], told["fn"] + told["tp"])
