"""Mix or model: how much of the change comes from other groups, how much from the same ones scoring otherwise."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls, state
from dashboard.charts.format import format_difference, format_interval, format_percent, format_value, name_slices, pick
from dashboard.charts.waterfall import describe_waterfall, draw_waterfall, table_waterfall
from dashboard.last_mile_controls import Asked
from dashboard.parts import say, show_figure, show_table
from dashboard.second_set import Pair
from dashboard.state import BIND
from dashboard.words import join, plain
from metrics.registry import Metric
from metrics.two_sets.decomposition import decomposable, decompose, decompose_levels, standardize

__all__ = ["draw_parts"]

_MOST = 2  # attributes whose parts are told apart


def draw_parts(pair: Pair, asked: Asked, ends: tuple[float, float]) -> None:
    """Draw the waterfall from the reference's value to the customer's (`ends`), by one or two attributes.

    The bars of their levels and the standardised values stand in tables.
    """
    metric, sets = asked.metric, asked.sets
    possible = decomposable(sets)
    if metric.name not in possible:
        some = join([sets.metrics[name].title for name in possible[:4]], "or") if possible else ""
        st.info(
            f"{plain(metric.title, 80)} is no weighted mean of groups, so that a change of it has no part that comes "
            "from another mix." + (f" Choose another metric at the side, such as: {plain(some, 300)}." * bool(some)),
            icon=":material/info:",
        )
        return
    names = _choose_attributes(sets.shared)
    if not names:
        st.info("The two sets have no attribute in common to split the change by.", icon=":material/info:")
        return
    confidence = asked.view.confidence
    each = [(name,) for name in sets.shared]
    parts, alone, bars, standard = controls.ask(
        pair,
        partial(decompose, sets, [names], [metric.name], confidence=confidence),
        partial(decompose, sets, each, [metric.name], confidence=confidence),
        partial(decompose_levels, sets, names, metric.name, confidence=confidence),
        partial(standardize, sets, [names], [metric.name], confidence=confidence),
    )
    _say_parts(parts, metric, names)
    table = table_waterfall(parts, metric, *ends)
    show_figure(
        draw_waterfall(parts, metric, *ends, theme=state.theme().name),
        key="last_mile_parts_figure",
        alt=describe_waterfall(parts, metric, *ends),
        table=table,
    )
    show_table(table, key="last_mile_parts_table", alt="The parts of the change")
    st.subheader("What each level adds", anchor=False)
    show_table(_table_bars(bars, metric), key="last_mile_bars_table", alt="What each level adds to the change")
    st.caption(
        "Mix: the level's share is another here, and it scores otherwise than the rest. Rates: the same level scores "
        "otherwise here. The bars of a part add up to it; shares are of the metric's denominator."
    )
    st.subheader("With the mix made alike", anchor=False)
    show_table(_table_standard(standard, metric), key="last_mile_standard_table", alt="Values with the mix made alike")
    if len(each) > 1:
        with st.expander("The same split by every attribute", icon=":material/table_rows:"):
            show_table(_table_parts(alone, metric), key="last_mile_alone_table", alt="Parts by every attribute")


def _choose_attributes(names: tuple[str, ...]) -> tuple[str, ...]:
    chosen = st.multiselect(
        "Split the change by",
        list(names),
        default=list(names[:1]),
        key="last_mile_split",
        bind=BIND,
        max_selections=_MOST,
        help="One attribute, or two: then the mix of each and of both together are told apart.",
    )
    known = tuple(name for name in chosen if name in names)
    return known or names[:1]


def _say_parts(parts: pd.DataFrame, metric: Metric, names: tuple[str, ...]) -> None:
    told = {str(r["part"]): r for r in parts.to_dict("records")}

    def show(part: str) -> str:
        row = told[part]
        limits = format_interval(metric, pick(row, "low"), pick(row, "high"), "difference")
        return f"{format_difference(metric, pick(row, 'value'))} {limits}"

    if "total" not in told or pick(told["total"], "value") is None:
        return
    by = join(names)
    if "mix" not in told or pick(told["mix"], "value") is None:
        say(f"No level of {by} is on both sides, so that mix and model cannot be told apart by it.")
        return
    said = [
        f"The change over everyone is {show('total')}.",
        f"Another mix of {by} accounts for {show('mix')}, the same groups scoring otherwise for {show('rates')}.",
    ]
    if "one_sided" in told:
        said.append(f"Levels that are on one side only account for {show('one_sided')}.")
    say(*said)


def _table_bars(bars: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    rows = bars.to_dict("records")
    names = name_slices([r["slice"] for r in rows])
    words = {"mix": "mix", "rates": "rates", "one_sided": "on one side only"}
    return pd.DataFrame(
        [
            {
                "level": names[r["slice"]],
                "part": words.get(str(r["part"]), str(r["part"])),
                "adds": format_difference(metric, pick(r, "value")),
                "interval": format_interval(metric, pick(r, "low"), pick(r, "high"), "difference"),
                "share in the reference": format_percent(pick(r, "reference_share")),
                "share of the customer": format_percent(pick(r, "customer_share")),
                "value in the reference": format_value(metric, pick(r, "reference")),
                "value of the customer": format_value(metric, pick(r, "customer")),
            }
            for r in rows
        ]
    )


def _table_standard(standard: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    words = {"reference": "the reference", "customer": "the customer's set"}
    return pd.DataFrame(
        [
            {
                "rates of": words[str(r["rates_of"])],
                "at the mix of": words[str(r["mix_of"])],
                "value": format_value(metric, pick(r, "value")),
                "interval": format_interval(metric, pick(r, "low"), pick(r, "high")),
            }
            for r in standard.to_dict("records")
        ]
    )


def _table_parts(parts: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return a row an attribute: how its mix, its rates and its one-sided levels make up the change."""
    words = {"mix": "mix", "rates": "rates", "one_sided": "on one side only", "total": "total"}
    records = []
    for by, rows in parts.groupby("by", sort=False):
        told = {str(r["part"]): r for r in rows.to_dict("records")}
        cells = {
            word: " ".join(
                (
                    format_difference(metric, pick(told[part], "value")),
                    format_interval(metric, pick(told[part], "low"), pick(told[part], "high"), "difference"),
                )
            )
            if part in told
            else ""
            for part, word in words.items()
        }
        records.append({"split by": join(by) if isinstance(by, tuple) else str(by)} | cells)
    return pd.DataFrame(records)
