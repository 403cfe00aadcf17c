"""The picture of error against gap: every rule is there, and its text and table say the same."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from dashboard.charts.studio import describe_study, draw_study, name_point, table_study
from metrics.studio.measuring import COLUMNS
from tests.dashboard.charts.tables import HOSTILE, METRICS, group

MISSED, ERROR = METRICS["false_negative_rate"], METRICS["error_rate"]


def row(rule, half, cost, gap, allowed=nan, **more):
    known = half == "other"
    limits = {f"{c}_{end}": v for c, v, w in (("cost", cost, 0.02), ("gap", gap, 0.05)) for end, v in (
        ("low", max(v - w, 0.0) if known else nan), ("high", v + w if known else nan))}  # fmt: skip
    ends = {"highest": group(sex="female"), "lowest": group(sex="male"), "left_out": []}
    told = {"rule": rule, "half": half, "allowed": allowed, "cost": cost, "gap": gap, "metric": MISSED.name}
    return dict.fromkeys(COLUMNS, nan) | {"lots": False} | told | limits | ends | more


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [row("today", h, c, g) for h, c, g in (("fitted", 0.15, 0.09), ("other", 0.16, 0.09))]
    rows += [row("chosen", h, c, g, 0.01) for h, c, g in (("fitted", 0.158, 0.01), ("other", 0.168, 0.03))]
    for allowed, cost in ((0.01, 0.158), (0.05, 0.152), (1.0, 0.148)):
        rows += [row("curve", "fitted", cost, min(allowed, 0.08), allowed)]
        rows += [row("curve", "other", cost + 0.01, min(allowed, 0.08) + 0.02, allowed)]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_both_halves_have_a_curve_and_each_rule_a_point_with_limits_both_ways(table):
    figure = draw_study(table, ERROR, MISSED)
    by_name = {trace.name: trace for trace in figure.data}

    assert list(by_name) == [
        "curve, half that was fitted", "curve, other half", "today's predictions", "thresholds as chosen",
    ]  # fmt: skip
    assert list(by_name["curve, half that was fitted"].x) == [0.01, 0.05, 0.08]
    assert list(by_name["curve, other half"].y) == pytest.approx([0.168, 0.162, 0.158])
    today = by_name["today's predictions"]
    assert (today.x[0], today.y[0]) == (0.09, 0.16)
    assert today.error_x.array[0] == pytest.approx(0.05) and today.error_y.arrayminus[0] == pytest.approx(0.02)


def test_no_two_kinds_of_point_share_a_symbol_and_a_colour_alone_tells_nothing(table):
    more = [row(rule, "other", 0.17, 0.04) for rule in ("one", "plain", "constrained")]
    figure = draw_study(pd.concat([table, pd.DataFrame(more)]), ERROR, MISSED)
    points = [t.marker.symbol for t in figure.data if t.mode == "markers"]

    assert len(points) == 5 and len(set(points)) == 5


def test_what_is_drawn_is_said_and_listed(table):
    said = describe_study(table, ERROR, MISSED)
    listed = table_study(table, ERROR, {MISSED.name: MISSED}).set_index("rule")

    assert "today's predictions: 16.0 % [14.0, 18.0], gap 9.0 points" in said
    assert list(listed.index) == [
        "today's predictions", "thresholds as chosen", "within 1.0 points", "within 5.0 points", "no limit on the gap",
    ]  # fmt: skip
    assert listed.loc["thresholds as chosen", "Error rate, fitted half"] == "15.8 %"
    assert listed.loc["thresholds as chosen", "gap, other half"] == "3.0 points"
    assert listed.loc["today's predictions", "highest"] == "female"
    assert listed.loc["today's predictions", "against today"] == "-"


def test_one_wide_interval_does_not_press_the_picture_to_the_edge(table):
    wide = table.copy()
    wide.loc[1, "gap_high"] = 1.0

    assert draw_study(wide, ERROR, MISSED).layout.xaxis.range[1] < 0.4


def test_without_groups_to_compare_it_says_so():
    empty = pd.DataFrame([row("today", "other", 0.1, nan)], columns=COLUMNS)

    assert "enough rows" in draw_study(empty, ERROR, MISSED).layout.annotations[0].text
    assert "enough rows" in describe_study(empty, ERROR, MISSED)
    assert table_study(empty, ERROR, {MISSED.name: MISSED})["gap, other half"].tolist() == ["-"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_groups_are_listed_as_text(table, name, theme):
    table["highest"] = [group(sex=name)] * len(table)

    draw_study(table, ERROR, MISSED, theme=theme).to_json()
    assert len(table_study(table, ERROR, {MISSED.name: MISSED})) == 5


def test_points_are_called_by_what_they_are():
    assert name_point({"rule": "curve", "allowed": 0.005}, MISSED) == "within 0.5 points"
    assert name_point({"rule": "curve", "allowed": 1.0}, MISSED) == "no limit on the gap"
