"""The shares of levels in two sets: hollow and filled bars, and what is on one side only said so."""

from __future__ import annotations

from math import nan

import pandas as pd

from dashboard.charts.shares import describe_shares, draw_shares, table_shares
from tests.dashboard.charts.tables import HOSTILE, texts_of


def mix_of(*rows) -> pd.DataFrame:
    """Rows are (level, share in the reference, share of the customer, status)."""
    return pd.DataFrame(
        [
            {
                "axis": "accent",
                "level": level,
                "reference": here,
                "customer": there,
                "reference_units": 0 if here != here else round(1000 * here),
                "customer_units": 0 if there != there else round(1000 * there),
                "difference": (0 if there != there else there) - (0 if here != here else here),
                "low": -0.1,
                "high": 0.2,
                "status": status,
            }
            for level, here, there, status in rows
        ]
    )


MIX = mix_of(("English", 0.6, 0.3, "ok"), ("Welsh", 0.4, nan, "vanished"), ("Filipino", nan, 0.7, "new"))


def test_bars_are_told_apart_without_colour():
    here, there = draw_shares(MIX).data

    assert here.marker.color == "rgba(0,0,0,0)" and there.marker.color != here.marker.color
    assert list(here.x) == [0.6, 0.4, 0.0]
    assert list(here.text) == ["60.0 %", "40.0 %", "none"]
    assert list(there.text) == ["30.0 %", "none", "70.0 %"]


def test_levels_of_one_side_are_said_to_be():
    ticks = draw_shares(MIX).layout.yaxis.ticktext

    assert ticks[0] == "English"
    assert "only in the reference" in ticks[1]
    assert "only in the customer's set" in ticks[2]


def test_the_table_and_the_text_have_every_level():
    table = table_shares(MIX)

    assert list(table["level"]) == ["English", "Welsh", "Filipino"]
    assert (table["difference"][0], table["interval"][0]) == ("−30.0 points", "[−10.0, +20.0]")
    assert "Welsh 40.0 % in the reference and none of the customer" in describe_shares(MIX, "accent")


def test_names_from_files_are_drawn_as_text():
    figure = draw_shares(mix_of(*[(word, 0.1, 0.1, "ok") for word in HOSTILE]))

    assert not any("<b>bold" in text or "<script>" in text for text in texts_of(figure))
    assert len(set(figure.layout.yaxis.ticktext)) == len(HOSTILE)
