"""The panels of the Over time page: which gap left its limit, what changed from first to last, what is drawn."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.format import format_difference, format_interval, format_p, format_value, name_slices, pick
from dashboard.charts.timeline_parts import MOST_LINES, choose_lines
from dashboard.parts import say, show_table
from dashboard.series_work import Answer
from dashboard.state import BIND
from dashboard.view import View
from dashboard.words import count
from metrics.registry import Metric
from metrics.series.left import LEFT, OUTSIDE
from metrics.series.words import say_change_of_gap, sort_left

__all__ = [
    "ask_order",
    "choose_drawn",
    "only_drawn",
    "say_alone",
    "say_undrawn",
    "show_change",
    "show_left",
    "table_left",
]

_VERDICTS = {
    "left": "left the limit",
    "outside": "beyond from the first on",
    "within": "within in every set",
    "cannot tell": "cannot tell",
    "no data": "no data",
}
_SINCE = {"stayed": "stayed beyond", "returned": "within again in {}", "last": "the last judged"}
_SINCE["crossed"] = "beyond on the other side in {}"


def say_alone(found: Answer) -> None:
    """Say that there is one set only, and how to have the next."""
    st.info(
        "There is one set so far. Add the next file here and both stand side by side; every month another one is added "
        "with one upload. A file with a date column is cut into months by itself.",
        icon=":material/timeline:",
    )


def ask_order(found: Answer) -> None:
    """Ask for what the dates do not tell."""
    if found.is_open:
        st.warning(
            "Of these dates nothing tells whether the day or the month comes first; they were read day first. Say "
            "which it is under “Dates are written”.",
            icon=":material/help:",
        )


def choose_drawn(found: Answer, metric: Metric) -> tuple[str, ...]:
    """Draw the choice of the attribute in the pictures, at first one whose gap left its limit; return its grouping."""
    groupings = list(dict.fromkeys(s.axes for s in found.gaps["slice"]))
    if len(groupings) < 2:
        return groupings[0] if groupings else ()
    left = sort_left(found.left, metric)
    clear = [s.axes for s, verdict in zip(left["slice"], left["verdict"], strict=True) if verdict in (LEFT, OUTSIDE)]
    names = {" and ".join(g): g for g in groupings}
    first = next((i for i, g in enumerate(groupings) if clear and g == clear[0]), 0)
    chosen = st.selectbox("In the pictures", list(names), index=first, key="over_time_drawn", bind=BIND, width=260)
    return names.get(chosen, groupings[first])


def only_drawn(frame: pd.DataFrame, drawn: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of one grouping, and of everyone."""
    return frame[pd.Series([s.axes in ((), drawn) for s in frame["slice"]], index=frame.index, dtype=bool)]


def say_undrawn(values: pd.DataFrame, gaps: pd.DataFrame) -> None:
    """Say how to read the marks, and how many groups are in the table only."""
    left = values["slice"].nunique() - 1 - len(choose_lines(values))
    more = (
        f" {count(left, 'group is', 'groups are')} in the tables only: {MOST_LINES} lines can be told apart."
        if left > 0
        else ""
    )
    st.caption(
        "Whiskers are the intervals of each set alone. A filled mark is clearly beyond the limit, all groups and sets "
        "heeded; an open one is not, and a small grey one has too few units to judge (those beyond the edge are in the "
        f"table).{more}"
    )


def show_left(found: Answer, metric: Metric) -> None:
    """Show the table of which gap left its limit first, and where."""
    st.subheader("Where each gap first left its limit", anchor=False)
    show_table(table_left(found.left, metric), key="over_time_left", alt="Where each gap first left its limit")


def table_left(left: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Return what `first_left` gives as texts, those clearly beyond first."""
    rows = sort_left(left, metric).to_dict("records")
    names = name_slices([row["slice"] for row in rows])
    return pd.DataFrame.from_records([_tell_left(row, names[row["slice"]], metric) for row in rows])


def _tell_left(row: dict[Any, Any], name: str, metric: Metric) -> dict[str, str]:
    after = _SINCE.get(row["since"] or "", "-").format(row["returned"])
    return {
        "slice": name,
        "verdict": _VERDICTS[row["verdict"]],
        "first clearly beyond": row["set"] or "-",
        "gap there": format_difference(metric, pick(row, "value")),
        "adjusted interval": format_interval(
            metric, pick(row, "adjusted_low"), pick(row, "adjusted_high"), "difference"
        ),
        "since then": after,
        "value first beyond": row["first_beyond"] or "-",
        "sets judged": f"{row['sets_judged']} of {row['sets']}",
    }


def show_change(found: Answer, metric: Metric, view: View) -> None:
    """Show what changed from the first set to the last, of every group and of every gap."""
    if found.changes is None or found.gap_changes is None:
        return
    first, last = found.ends
    st.subheader("From the first set to the last", anchor=False)
    rows = [r for r in found.gap_changes.to_dict("records") if r["status"] == "ok"]
    if rows:
        most = min(rows, key=lambda r: (r["p_adjusted"], -abs(r["value"])))
        say(say_change_of_gap(most, metric, first, last, view.confidence))
    table = _table_changes(found.changes, found.gap_changes, metric, first, last)
    show_table(table, key="over_time_changes", alt=f"What changed from {first} to {last}")


def _table_changes(
    changes: pd.DataFrame, gap_changes: pd.DataFrame, metric: Metric, first: str, last: str
) -> pd.DataFrame:
    gaps = {row["slice"]: row for row in gap_changes.to_dict("records")}
    names = name_slices(list(changes["slice"]))
    records = []
    for row in changes.to_dict("records"):
        gap = gaps.get(row["slice"], {})
        records.append(
            {
                "slice": names[row["slice"]],
                "first": format_value(metric, pick(row, "reference")),
                "last": format_value(metric, pick(row, "customer")),
                "change": format_difference(metric, pick(row, "value")),
                "interval": format_interval(metric, pick(row, "low"), pick(row, "high"), "difference"),
                "adjusted p": format_p(pick(row, "p_adjusted")),
                "verdict": str(row["verdict"]).replace(" here", " now"),
                "change of the gap": format_difference(metric, pick(gap, "value")),
                "interval of that": format_interval(metric, pick(gap, "low"), pick(gap, "high"), "difference"),
                "adjusted p of that": format_p(pick(gap, "p_adjusted")),
            }
        )
    return pd.DataFrame.from_records(records)
