"""The waterfall: every step from the reference's value to the customer's, in picture, words and table."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.palette import BETTER, HIGHER, LOWER, WORSE
from dashboard.charts.waterfall import describe_waterfall, draw_waterfall, table_waterfall
from metrics.tasks.binary import ACCURACY, ERROR_RATE, SELECTION_RATE

STEPS = {"mix": (0.03, 0.01, 0.05), "rates": (-0.01, -0.03, 0.01), "total": (0.02, -0.01, 0.05)}


def parts(**values: tuple[float, float, float]) -> pd.DataFrame:
    rows = [(("accent",), None, "error_rate", name, *numbers) for name, numbers in values.items()]
    return pd.DataFrame(rows, columns=["by", "system", "metric", "part", "value", "low", "high"])


def bars(figure):
    return {y: (b, b + x) for t in figure.data if t.type == "bar" for y, b, x in zip(t.y, t.base, t.x, strict=True)}


def test_each_bar_begins_where_the_one_before_it_ended():
    figure = draw_waterfall(parts(**STEPS, one_sided=(0.005, 0, 0.01)), ERROR_RATE, 0.2, 0.225)

    found = bars(figure)
    assert sorted(found) == [1, 2, 3]
    assert [found[place] for place in (1, 2, 3)] == [
        pytest.approx(step) for step in ((0.2, 0.23), (0.23, 0.22), (0.22, 0.225))
    ]
    (ends,) = [t for t in figure.data if t.type == "scatter"]
    assert list(ends.x) == [0.2, 0.225]
    assert list(ends.y) == [0, 4]


def test_orange_fares_worse_whichever_way_the_metric_runs():
    for metric, colours in (
        (ERROR_RATE, (WORSE, BETTER)),
        (ACCURACY, (BETTER, WORSE)),
        (SELECTION_RATE, (HIGHER, LOWER)),
    ):
        figure = draw_waterfall(parts(**STEPS), metric, 0.2, 0.22)

        found = {t.y[0]: t.marker.color for t in figure.data if t.type == "bar"}
        assert (found[1], found[2]) == colours


def test_what_may_be_chance_is_hatched_and_said():
    figure = draw_waterfall(parts(**STEPS), ERROR_RATE, 0.2, 0.22)

    hatched = {t.name: t.marker.pattern.shape for t in figure.data if t.type == "bar"}
    assert hatched == {"fares worse": "", "fares better, may be chance": "/"}
    said = describe_waterfall(parts(**STEPS), ERROR_RATE, 0.2, 0.22)
    assert "20.0 % to 22.0 %" in said
    assert "another mix of groups +3.0 points [+1.0, +5.0];" in said
    assert said.endswith("which may be chance.")


def test_whiskers_are_the_limits_around_the_end_of_a_bar():
    figure = draw_waterfall(parts(**STEPS), ERROR_RATE, 0.2, 0.22)

    (mix,) = [t for t in figure.data if t.type == "bar" and t.y[0] == 1]
    assert (mix.error_x.array[0], mix.error_x.arrayminus[0]) == pytest.approx((0.02, 0.02))


def test_parts_by_attribute_stand_in_place_of_the_mix_and_the_table_has_all():
    split = {"mix[a]": (0.02, 0.0, 0.04), "mix[b]": (0.01, 0, 0.02), "mix[a x b]": (0.0, -0.01, 0.01)}
    found = parts(**split, **STEPS)

    assert len(bars(draw_waterfall(found, ERROR_RATE, 0.2, 0.22))) == 4
    table = table_waterfall(found, ERROR_RATE, 0.2, 0.22)
    assert table["step"].tolist() == [
        "reference",
        "another mix of a",
        "another mix of b",
        "another mix of a x b",
        "another mix of groups",
        "the same groups scoring differently",
        "the whole change",
        "customer's set",
    ]
    assert table["value or change"].iloc[[0, 4, 7]].tolist() == ["20.0 %", "+3.0 points", "22.0 %"]


def test_parts_that_cannot_be_told_are_said_to_be_so():
    unknown = dict.fromkeys(("mix", "rates", "one_sided"), (nan, nan, nan))
    found = parts(**unknown, total=(0.02, 0.0, 0.04))

    figure = draw_waterfall(found, ERROR_RATE, 0.2, 0.22)

    assert bars(figure) == {}
    assert [a.text for a in figure.layout.annotations] == ["cannot be told"] * 3
    assert "another mix of groups cannot be told" in describe_waterfall(found, ERROR_RATE, 0.2, 0.22)
    # Attributes that cannot be told from each other leave the mix of both.
    both = parts(**{"mix[a]": (nan, nan, nan), "mix[b]": (nan, nan, nan), "mix[a x b]": (nan, nan, nan)}, **STEPS)
    assert len(bars(draw_waterfall(both, ERROR_RATE, 0.2, 0.22))) == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_without_data_there_is_a_sentence(theme):
    figure = draw_waterfall(parts(**STEPS).iloc[:0], ERROR_RATE, nan, 0.2, theme=theme)

    assert "no data" in figure.layout.annotations[0].text
    assert "no data" in describe_waterfall(parts(**STEPS), ERROR_RATE, nan, 0.2)


def test_names_of_attributes_are_drawn_as_they_stand():
    found = parts(**{"mix[<b>a</b>]": (0.02, 0, 0.04), "mix[b]": (0.01, 0, 0.02), **STEPS})

    figure = draw_waterfall(found, ERROR_RATE, 0.2, 0.22)

    texts = [*figure.layout.yaxis.ticktext, *(h for t in figure.data for h in t.hovertext)]
    assert not any("<b>a" in text.replace("<b>another", "") for text in texts)
    assert any("&lt;b&gt;" in text for text in texts)
