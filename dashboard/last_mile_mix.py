"""The mix itself: the shares of every level in both sets, how far they have shifted, and what is on one side only."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls, state
from dashboard.charts.format import format_count, format_number, format_p, format_percent, pick
from dashboard.charts.shares import describe_shares, draw_shares, table_shares
from dashboard.last_mile_controls import Asked, choose_attribute
from dashboard.parts import say, show_figure, show_table
from dashboard.second_set import Pair
from dashboard.words import join
from metrics.two_sets.mix import compare_mix
from metrics.two_sets.mix_words import say_shifted
from metrics.two_sets.shift import measure_shift

__all__ = ["draw_mix"]


def draw_mix(pair: Pair, asked: Asked) -> None:
    """Draw the shares of one attribute's levels, the shift of everything, and what is on one side only."""
    sets = asked.sets
    mix, shift = controls.ask(
        pair,
        partial(compare_mix, sets, None, confidence=asked.view.confidence),
        partial(measure_shift, sets, None, confidence=asked.view.confidence),
    )
    if len(shift):
        say(say_shifted(shift, asked.view.confidence))
    name = choose_attribute(asked, "Shares of", "last_mile_shares")
    if name is not None:
        mine = mix[mix["axis"] == name]
        table = table_shares(mine)
        show_figure(
            draw_shares(mine, theme=state.theme().name),
            key="last_mile_shares_figure",
            alt=describe_shares(mine, name),
            table=table,
        )
        show_table(table, key="last_mile_shares_table", alt="The shares of every level in both sets")
    st.subheader("How far everything has shifted", anchor=False)
    show_table(_table_shift(shift), key="last_mile_shift_table", alt="How far the mix has shifted")
    st.caption(
        "The index (population stability index) is 0 where both mixes are the same. Small sets show some without any "
        f"shift: chance alone would stay below its floor in {asked.view.confidence:.0%} of cases, each mix by itself. "
        "The adjusted p heeds how many are compared. Strength is Cramér's V, from 0 to 1."
    )
    _list_one_sided(mix)


def _table_shift(shift: pd.DataFrame) -> pd.DataFrame:
    several = shift["system"].notna().any()
    records = []
    for r in shift.to_dict("records"):
        record = {"of": str(r["axis"]) if r["of"] == "attribute" else f"the {r['of']}s"}
        if several:
            record["model"] = "" if r["of"] == "attribute" else str(r["system"])
        records.append(
            record
            | {
                "index": _or_dash(pick(r, "psi")),
                "chance alone up to": _or_dash(pick(r, "psi_floor")),
                "chi-square": _or_dash(pick(r, "chi_square")),
                "degrees of freedom": format_count(pick(r, "df")),
                "adjusted p": format_p(pick(r, "p_adjusted")),
                "strength": _or_dash(pick(r, "cramers_v")),
                "only in the customer's set": join(r["new_levels"]) if len(r["new_levels"]) else "",
                "only in the reference": join(r["vanished_levels"]) if len(r["vanished_levels"]) else "",
            }
        )
    return pd.DataFrame(records)


def _or_dash(value: float | None) -> str:
    return format_number(value, digits=3)


def _list_one_sided(mix: pd.DataFrame) -> None:
    """List levels and attributes of one side only: nothing is left out in silence."""
    alone = mix[mix["status"] != "ok"]
    st.subheader("On one side only", anchor=False)
    if not len(alone):
        st.markdown("Every attribute and every level is in both sets.")
        return
    words = {"new": "only in the customer's set", "vanished": "only in the reference"}
    records = []
    for r in alone.to_dict("records"):
        side = words.get(str(r["status"]))
        if side is None:
            lacks = "the customer's set" if pick(r, "customer") is None else "the reference"
            side = f"{lacks} has no such column"
        share = pick(r, "customer") if pick(r, "reference") is None else pick(r, "reference")
        units = (pick(r, "reference_units") or 0) + (pick(r, "customer_units") or 0)
        records.append(
            {
                "attribute": str(r["axis"]),
                "level": str(r["level"]),
                "where": side,
                "share there": format_percent(share),
                "units": format_count(units),
            }
        )
    show_table(pd.DataFrame(records), key="last_mile_alone_levels", alt="What is on one side only")
