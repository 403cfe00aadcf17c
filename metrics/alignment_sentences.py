"""What went wrong with transcripts, in plain sentences.

They hold names and words as they are in the file: whoever shows them makes them safe for the place they stand in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.answers import name_slice
from metrics.confusions import Influence
from metrics.formatting import format_count, format_number, format_percent, format_ratio
from metrics.slices import Slice
from metrics.text.scripts import Unit

__all__ = [
    "is_clear",
    "name_confusion",
    "say_all_errors",
    "say_confusions",
    "say_errors",
    "say_influence",
    "say_most_frequent",
]

ALPHA = 0.05
_LONGEST = 60


def say_errors(counts: pd.DataFrame, inside: NDArray[np.bool_], cell: Slice, unit: Unit) -> str:
    """Say how much went wrong in a slice, and in which way; `counts` are those of `count_errors`.

    >>> counts = pd.DataFrame({"substitutions": [1, 0], "deletions": [2, 0], "insertions": [0, 0],
    ...                        "words": [9, 3], "edits": [3, 0], "known": [True, True]})
    >>> say_errors(counts, np.array([True, True]), Slice(), "words")
    'Everyone: 3 errors in 12 words; 1 came out as another, 2 were left out and 0 put in. 1 of 2 utterances has one.'
    """
    mine = counts[inside & counts["known"].to_numpy()]
    wrong, n = int((mine["edits"] > 0).sum()), len(mine)
    edits, words, other, out, put = (
        mine[name].sum() for name in ("edits", "words", "substitutions", "deletions", "insertions")
    )
    title = name_slice(cell) if cell.levels else "Everyone"
    if not n:
        return f"{title}: no utterance is like that."
    return (
        f"{title}: {_count(edits, 'error')} in {_count(words, unit.removesuffix('s'))}; {format_count(other)} came out "
        f"as another, {format_count(out)} {'was' if out == 1 else 'were'} left out and {format_count(put)} put in. "
        f"{format_count(wrong)} of {_count(n, 'utterance')} {'has' if wrong == 1 else 'have'} one."
    )


def name_confusion(kind: str, said: str, heard: str) -> str:
    """Return a confusion in words; long ones are cut.

    >>> name_confusion("substitution", "cat", "bat"), name_confusion("deletion", "the", "")
    ('“cat” heard as “bat”', '“the” left out')
    """
    said, heard = (word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…" for word in (said, heard))
    if kind == "substitution":
        return f"“{said}” heard as “{heard}”"
    return f"“{said}” left out" if kind == "deletion" else f"“{heard}” put in"


def say_most_frequent(table: pd.DataFrame) -> str:
    """Say what happens most often in the slice; `table` is that of `compare_confusions`. Empty where nothing does."""
    if not len(table) or not table["here"].iloc[0]:
        return ""
    first = _record(table, 0)
    said = f"Most often: {_name(first)}, {_count(first['here'], 'time')}"
    if np.isfinite(first["speakers_here"]):
        said += f" by {_count(first['speakers_here'], 'speaker')}"
    return f"{said}."


def say_confusions(table: pd.DataFrame) -> str:
    """Say what is clearly more frequent in the slice than elsewhere, counting how many were looked at.

    Clear is an adjusted p of at most 0.05, three speakers or more, and a ratio above 1.
    """
    tested = int(table["p"].notna().sum())
    if len(table) and (table["status"] == "no data").all():
        return "There is nothing elsewhere to compare with: choose a group above."
    if not tested:
        return "Nothing occurs often enough to be compared with elsewhere."
    clear = table[is_clear(table)]
    if not len(clear):
        return (
            f"Of {_count(tested, 'confusion')} frequent enough to compare, none is clearly more frequent here than "
            "elsewhere, once one allows for having looked at so many."
        )
    row = _record(clear, int(np.argmax(clear["low"])))
    much = format_ratio(row["ratio"]) if np.isfinite(row["ratio"]) else "many times"
    return (
        f"{format_count(len(clear))} of {_count(tested, 'confusion')} {'is' if len(clear) == 1 else 'are'} clearly "
        f"more frequent here than elsewhere; most clearly {_name(row)}: {much} as often "
        f"[at least {format_ratio(row['low']).removesuffix(' times')}]."
    )


def say_all_errors(table: pd.DataFrame, unit: Unit) -> str:
    """Say how frequent all errors together are in the slice and elsewhere; empty where one of the two has no words."""
    here, elsewhere = (float(table[name].sum(min_count=1)) for name in ("rate_here", "rate_elsewhere"))
    if not np.isfinite(here + elsewhere):
        return ""
    numbers = [format_number(rate, digits=3) for rate in (here, elsewhere)]
    return f"All errors together are {numbers[0]} per 1,000 {unit} here and {numbers[1]} elsewhere."


def is_clear(table: pd.DataFrame) -> pd.Series:
    """Return which confusions are clearly more frequent in the slice than elsewhere."""
    return (table["p_adjusted"] <= ALPHA) & (table["status"] == "ok") & (table["ratio"] > 1)


def say_influence(found: Influence, name: str, cell: Slice, metric: str) -> str:
    """Say which utterance the rate of a slice hangs on most.

    >>> say_influence(Influence(3, 0.25, 0.2), "u4", Slice((("sex", "men"),)), "word error rate")
    'Without u4 the word error rate of sex = men would be 20.0 % instead of 25.0 %; no other utterance moves it more.'
    """
    decimals = 1
    while decimals < 4 and round(found.rate, decimals + 2) == round(found.without, decimals + 2):
        decimals += 1
    return (
        f"Without {name} the {metric} of {name_slice(cell)} would be {format_percent(found.without, decimals)} instead "
        f"of {format_percent(found.rate, decimals)}; no other utterance moves it more."
    )


def _record(table: pd.DataFrame, place: int) -> dict[str, Any]:
    return {str(name): table[name].iloc[place] for name in table.columns}


def _name(row: Mapping[str, Any]) -> str:
    return name_confusion(row["kind"], row["said"], row["heard"])


def _count(number: float, noun: str) -> str:
    return f"{format_count(number)} {noun}{'' if number == 1 else 's'}"
