"""What goes wrong most often in the slice, and what goes wrong more often in it than elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import alignment_controls
from dashboard.alignment_html import MARKS, show_signs
from dashboard.parts import say, show_table
from metrics.alignment_sentences import is_clear, say_all_errors, say_confusions, say_most_frequent
from metrics.confusions import KINDS, LEAST_COUNT, LEAST_SPEAKERS
from metrics.formatting import NOTHING, format_count, format_number, format_p, format_ratio
from metrics.text.scripts import Unit

__all__ = ["draw_frequent", "draw_overrepresented", "table_overrepresented"]

_MOST_FREQUENT, _MOST_COMPARED = 15, 25


def draw_frequent(table: pd.DataFrame) -> None:
    """Draw the most frequent confusions of the slice, by kind; `table` is that of `compare_confusions`."""
    st.subheader("Most frequent here", anchor=False)
    say(say_most_frequent(table))
    kind = alignment_controls.choose_kind()
    mine = table[(table["kind"] == kind) & (table["here"] > 0)]
    if not len(mine):
        st.caption("There is none.")
        return
    shown = mine.head(_MOST_FREQUENT)
    columns = {"said": shown["said"], "heard": shown["heard"]}
    if kind != KINDS[0]:
        columns.pop("said" if kind == KINDS[2] else "heard")
    frame = pd.DataFrame(
        {
            **{name: [show_signs(word, 80) for word in words] for name, words in columns.items()},
            "times": [format_count(n) for n in shown["here"]],
            "speakers": _count_speakers(shown),
        }
    )
    show_table(frame, key="alignments_frequent", alt="The most frequent confusions of the slice")
    if len(mine) > len(shown):
        st.caption(f"The first {len(shown)} of {len(mine):,}.")


def draw_overrepresented(table: pd.DataFrame, unit: Unit) -> None:
    """Draw what is more frequent in the slice than elsewhere, the surest first."""
    st.subheader("More frequent here than elsewhere", anchor=False)
    say(say_confusions(table), say_all_errors(table, unit))
    frame, n = table_overrepresented(table, unit)
    if not len(frame):
        return
    show_table(frame, key="alignments_compared", alt="What is more frequent here than elsewhere")
    if n > len(frame):
        st.caption(f"The first {len(frame)} of {n:,}.")
    st.caption(
        f"Compared is what occurs {LEAST_COUNT} times or more in the whole file, per 1,000 {unit} of the reference. "
        "A dot: clearly more frequent, allowing for all that was compared. Where one speaker makes many, the "
        f"intervals are wider; with fewer than {LEAST_SPEAKERS} speakers it may be one person's way of speaking, and "
        "there is no dot."
    )


def table_overrepresented(table: pd.DataFrame, unit: Unit) -> tuple[pd.DataFrame, int]:
    """Return the table that is shown, as texts, and how many rows all of it would have."""
    more = table[table["p"].notna() & (table["ratio"] > 1) & (table["here"] > 0)]
    order = np.lexsort((-more["here"], -more["low"], more["status"] != "ok"))
    shown = more.iloc[order[:_MOST_COMPARED]]
    frame = pd.DataFrame(
        {
            "confusion": [
                _draw(kind, said, heard)
                for kind, said, heard in zip(shown["kind"], shown["said"], shown["heard"], strict=True)
            ],
            "": np.where(is_clear(shown), "●", ""),
            "ratio": [format_ratio(r) if np.isfinite(r) else "only here" for r in shown["ratio"]],
            "interval": [
                f"{format_number(low, decimals=2)} to {format_number(high, decimals=2)}"
                for low, high in zip(shown["low"], shown["high"], strict=True)
            ],
            "here": [format_count(n) for n in shown["here"]],
            "elsewhere": [format_count(n) for n in shown["elsewhere"]],
            f"here per 1,000 {unit}": [format_number(r, decimals=2) for r in shown["rate_here"]],
            f"elsewhere per 1,000 {unit}": [format_number(r, decimals=2) for r in shown["rate_elsewhere"]],
            "speakers here": [
                f"{n}{' (too few to tell)' if status == 'few speakers' else ''}"
                for n, status in zip(_count_speakers(shown), shown["status"], strict=True)
            ],
            "adjusted p": [format_p(p) for p in shown["p_adjusted"]],
        }
    )
    return frame.rename(columns={"": "clear"}), len(more)


def _draw(kind: str, said: str, heard: str) -> str:
    said, heard = show_signs(said, 80), show_signs(heard, 80)
    if kind == KINDS[0]:
        return f"{said} {MARKS[kind]} {heard}"
    return f"{said} (left out)" if said else f"{heard} (put in)"


def _count_speakers(table: pd.DataFrame) -> list[str]:
    return [NOTHING if np.isnan(n) else format_count(n) for n in table["speakers_here"]]
