"""The Systems page: the core's numbers, words that say no more than they do, names as text."""

from __future__ import annotations

import pandas as pd
import pytest

from metrics import compare_systems
from metrics.formatting import format_difference
from metrics.sentences import say_changes
from metrics.slices import Slice
from metrics.tasks.transcription import METRICS
from tests.dashboard.pages import HOSTILE, find_injections, open_page
from tests.dashboard.views.files import cubes_of, open_file, open_with

WER = METRICS[0]


def test_its_numbers_are_those_of_the_core():
    app = open_with("systems", "call_centre", by=["accent"])
    found = compare_systems(cubes_of("call_centre"), "release 1", "release 2", [("accent",)], ["word_error_rate"])

    table = app.dataframe[0].value
    told = dict(zip(table["slice"], table["change"], strict=True))
    polish = found[found["slice"].map(str) == "accent = Polish"].iloc[0]
    assert told["Polish"] == format_difference(WER, polish["value"])
    assert set(told) == {"everyone", "Polish", "Nigerian", "English", "Scottish", "Indian", "Welsh"}
    assert any("It goes down for accent" in m.value for m in app.markdown)


def test_the_gaps_to_everyone_else_are_a_choice():
    app = open_with("systems", "call_centre", by=["accent"], systems_kind="gaps")

    assert "everyone" not in list(app.dataframe[0].value["slice"])
    said = [m.value.replace("\\", "") for m in app.markdown]
    assert any("From release 1 to release 2:" in text and "accent = Indian" in text for text in said)


def test_predictions_are_compared_alike():
    app = open_page("systems", data="lending")

    assert not app.error and len(app.dataframe) == 1


def test_a_metric_that_is_no_sum_is_refused_in_words():
    app = open_with("systems", "call_centre", metric="word_information_lost")

    assert any("choose another metric" in info.value for info in app.info)


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
