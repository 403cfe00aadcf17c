"""The Systems page: the core's numbers, words that say no more than they do, names as text."""

from __future__ import annotations

import pandas as pd
import pytest

from metrics import judge_systems, trade_offs
from metrics.formatting import format_difference
from metrics.sentences import say_changes
from metrics.slices import Slice
from metrics.tasks.transcription import METRICS
from tests.dashboard.pages import HOSTILE, find_injections, open_page
from tests.dashboard.views.files import cubes_of, open_file, open_with

WER = METRICS[0]


def told(app, alt: str) -> pd.DataFrame:
    """The table of a page by a column that only it has."""
    return next(d.value for d in app.dataframe if alt in d.value)


def said(app) -> list[str]:
    return [m.value.replace("\\", "") for m in app.markdown]


def test_its_numbers_are_those_of_the_core():
    app = open_with("systems", "call_centre", by=["accent"])
    found = judge_systems(cubes_of("call_centre"), "release 1", "release 2", [("accent",)], ["word_error_rate"])

    table = told(app, "verdict")
    assert list(table["slice"]) == ["everyone", "Polish", "Nigerian", "English", "Scottish", "Welsh", "Indian"]
    change = dict(zip(table["slice"], table["change"], strict=True))
    for row in found.to_dict("records"):
        assert change[dict(row["slice"].items()).get("accent", "everyone")] == format_difference(WER, row["value"])
    assert table["verdict"].iloc[1] == "worse with release 2"


def test_a_regression_that_the_gain_of_all_hides_is_said_first():
    """What was planted: release 2 hears Polish speakers worse, and almost everybody else better."""
    app = open_with("systems", "call_centre", by=["accent"])

    answer = next(text for text in said(app) if text.startswith("By the word error rate"))
    assert app.title[0].value == "Which model serves whom?"
    assert "release 2 is 2 points better than release 1 overall" in answer
    assert ", but worse for accent = Polish: 6 points [1, 10]." in answer


def test_all_models_stand_in_one_plane_and_its_table_is_the_cores():
    app = open_page("systems", data="call_centre")
    found = trade_offs(cubes_of("call_centre"), "word_error_rate", ("accent",))

    table = told(app, "standing")
    assert list(table["model"]) == ["release 1", "release 2"]
    assert list(table["gap"]) == [format_difference(WER, gap, signed=False) for gap in found["disparity"]]
    assert any("The best of 2 models by the values" in text for text in said(app))
    assert len(app.get("plotly_chart")) == 2


def test_how_good_and_whose_gap_are_choices():
    app = open_with("systems", "lending", systems_good="false_acceptance_rate", systems_gap_by="region")

    table = told(app, "standing")
    assert "False acceptance rate" in table and set(table["from"]) <= {"north", "south", "east", "centre"}


def test_the_groups_of_the_page_are_those_of_the_plane():
    app = open_with("systems", "lending", by=["sex", "age"])

    assert told(app, "standing")["from"].str.contains(", ").all()


def test_the_gaps_to_everyone_else_are_a_choice():
    app = open_with("systems", "call_centre", by=["accent"], systems_kind="gaps")

    gaps = next(d.value for d in app.dataframe if "change" in d.value and "verdict" not in d.value)
    assert "everyone" not in list(gaps["slice"])
    assert any("From release 1 to release 2:" in text and "accent = Indian" in text for text in said(app))


def test_predictions_are_compared_alike_and_have_mcnemars_p():
    app = open_page("systems", data="lending")

    assert not app.error and len(app.dataframe) == 2
    table = told(app, "verdict")
    assert "McNemar p" in table and "clusters" not in table
    assert any("McNemar's p is of one group alone" in text for text in said(app))
    assert any("the 5,000 rows that both models answered count." in text for text in said(app))


def test_a_metric_that_is_no_sum_keeps_the_plane_and_says_what_is_missing():
    app = open_with("systems", "call_centre", metric="word_information_lost")

    assert any("choose another metric" in info.value for info in app.info)
    assert len(app.dataframe) == 1 and "standing" in app.dataframe[0].value


def test_a_metric_without_a_better_side_is_said_to_have_none(monkeypatch, tmp_path):
    app = open_page("systems", data=open_two(monkeypatch, tmp_path), metric="selection_rate")

    app.session_state["metric"] = "selection_rate"
    app.run()
    assert any("neither side is better" in text for text in said(app))
    assert set(told(app, "verdict")["verdict"]) == {"cannot tell"}


def test_a_constant_model_earns_no_praise(monkeypatch, tmp_path):
    app = open_page("systems", data=open_two(monkeypatch, tmp_path, constant=True))

    assert told(app, "standing")["standing"].iloc[1].startswith("answers alike for all")
    assert any("No praise for an answer that is alike for everybody: two" in text for text in said(app))
    assert "better with two" not in set(told(app, "verdict")["verdict"])


def test_a_file_without_groups_has_no_plane_and_no_error(monkeypatch, tmp_path):
    app = open_page("systems", data=open_two(monkeypatch, tmp_path, groups=False))

    assert not app.error
    assert list(told(app, "verdict")["slice"]) == ["everyone"]


def test_illegal_choices_fall_back():
    illegal = ("systems_good", "systems_gap_by", "systems_first", "systems_second", "systems_kind")
    app = open_page("systems", data="lending", **dict.fromkeys(illegal, "<script>"))

    assert not app.error and len(app.dataframe) == 2


def open_two(monkeypatch, folder, constant: bool = False, groups: bool = True) -> str:
    """Open a file of two models, the second of which may answer 1 to everybody."""
    file = folder / "two.csv"
    frame = pd.DataFrame({"label": [i % 2 for i in range(240)], "one": [i % 3 % 2 for i in range(240)]})
    frame["two"] = 1 if constant else [i % 5 % 2 for i in range(240)]
    if groups:
        frame["place"] = ["north", "south"] * 120
    frame.to_csv(file, index=False)
    attribute = '[[attribute]]\ncolumn = "place"\n' if groups else ""
    systems = "".join(f'[[system]]\nname = "{name}"\nprediction = "{name}"\n' for name in ("one", "two"))
    schema = f'task = "classification"\nlabel = "label"\npositive = ["1"]\n{systems}{attribute}'
    return open_file(monkeypatch, folder, file, schema)


def test_one_model_alone_has_no_such_page():
    app = open_page(data="routing")

    with pytest.raises(ValueError, match="systems"):
        app.switch_page("views/systems.py").run()


def test_names_from_files_are_shown_as_text(monkeypatch, tmp_path):
    file = tmp_path / "hostile.csv"
    frame = pd.DataFrame({HOSTILE[0]: [HOSTILE[i % 3] for i in range(120)], "label": [i % 2 for i in range(120)]})
    frame.assign(a=[i % 3 % 2 for i in range(120)], b=[i % 5 % 2 for i in range(120)]).to_csv(file, index=False)
    schema = f"""
task = "classification"
label = "label"
positive = ["1"]
[[system]]
name = '''{HOSTILE[1]}'''
prediction = "a"
[[system]]
name = '''{HOSTILE[3]}'''
prediction = "b"
[[attribute]]
column = '''{HOSTILE[0]}'''
"""
    app = open_page("systems", data=open_file(monkeypatch, tmp_path, file, schema))

    assert find_injections(app) == []
    assert not app.error


def changes(*rows: tuple[Slice, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"slice": s, "metric": "word_error_rate", "value": v, "low": low, "high": high, "status": "ok"}
            for s, v, low, high in rows
        ]
    )


def test_what_may_be_chance_is_said_to_be():
    told = changes((Slice(), -0.01, -0.03, 0.01), (Slice((("accent", "a"),)), 0.02, -0.01, 0.05))

    said = say_changes(told, WER, "one", "two")
    assert said == (
        "From one to two the word error rate changes by −1 point [−3, +1] for everyone, which may be chance. "
        "Of no single group can the data tell that it changed."
    )


def test_groups_that_fare_worse_are_named_before_those_that_fare_better():
    told = changes(
        (Slice(), -0.02, -0.03, -0.01),
        (Slice((("accent", "a"),)), 0.05, 0.02, 0.08),
        (Slice((("accent", "b"),)), -0.10, -0.13, -0.07),
    )

    said = say_changes(told, WER, "one", "two")
    assert said.index("It goes up for accent = a +5 points [+2, +8].") < said.index("It goes down for accent = b")
