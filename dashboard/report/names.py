"""Names out of a file, made fit to be read: on one line, of bearable length, unlike each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from dashboard.alignment_html import show_signs
from dashboard.charts.format import cut_apart, is_named
from metrics.document import Document
from metrics.slices import MISSING, Slice

__all__ = ["clean_document", "clean_text", "show_lines"]

_LONGEST_NAME = 80
_LONGEST_TEXT = 1500
_LONGEST_LINE = 5000
_SLICES = ("slice", "highest", "lowest")
_LISTS = ("left_out", "pair")

# Text from right to left, with what stands between its words, is kept from turning the text around it.
_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
_ISOLATES = re.compile("[\u2068\u2069]")
_RIGHT_TO_LEFT = re.compile(rf"[{_RIGHT}](?:[{_RIGHT}\s\d.,;:!?-]*[{_RIGHT}])?")


def clean_text(text: object, most: int = _LONGEST_TEXT) -> str:
    r"""Return a text on one line whose signs that print nothing, or turn the direction of writing, are written out.

    >>> print(clean_text("two\nlines \u202e"))
    two lines \u202e
    """
    # Names in the text may have been kept apart before.
    return _keep_apart(show_signs(" ".join(_ISOLATES.sub("", str(text)).split()), most))


def show_lines(text: str) -> str:
    """Return a text of several lines, signs that print nothing or turn the direction of writing written out."""
    return "\n".join(show_signs(line.expandtabs(4), _LONGEST_LINE) for line in text.splitlines())


def clean_document(document: Document) -> Document:
    """Return a document for showing: the names of attributes, groups, systems and classes made fit to be read.

    Different names stay different. The numbers, and what the receipt says, are as they were.
    """
    tables = {name: getattr(document, name) for name in ("estimates", "disparities", "spreads", "criteria", "verdicts")}
    slices = list(_list_slices(tables.values()))
    axes = [axis for s in slices for axis in s.axes] + [
        axis for name in ("spreads", "criteria") if "by" in tables[name] for by in tables[name]["by"] for axis in by
    ]
    axis_names = _apart(dict.fromkeys(axes))
    levels: dict[str, dict[str, None]] = {}
    for s in slices:
        for axis, level in s.items():
            levels.setdefault(axis, {})[level] = None
    level_names = {axis: _apart(found) for axis, found in levels.items()}
    systems = [s for t in tables.values() if "system" in t for s in t["system"] if is_named(s)]
    system_names = _apart(dict.fromkeys(map(str, systems)))
    clean: dict[Slice, Slice] = {
        s: Slice(tuple((axis_names[a], level_names[a][level]) for a, level in s.items())) for s in slices
    }
    shown = {n: _clean_table(t, clean, axis_names, system_names) for n, t in tables.items()}
    metrics = {n: replace(m, title=clean_text(m.title, 160)) for n, m in document.metrics.items()}
    return replace(
        document,
        metrics=metrics,
        estimates=shown["estimates"],
        disparities=shown["disparities"],
        spreads=shown["spreads"],
        criteria=shown["criteria"],
        verdicts=shown["verdicts"],
    )


def _clean_table(
    table: pd.DataFrame, slices: Mapping[Slice, Slice], axes: Mapping[str, str], systems: Mapping[str, str]
) -> pd.DataFrame:
    told: dict[str, list[Any]] = {}
    for column in table.columns:
        if column in _SLICES:
            told[column] = [slices.get(s) if isinstance(s, Slice) else None for s in table[column]]
        elif column in _LISTS:
            told[column] = [None if s is None else [slices[one] for one in s] for s in map(_as_list, table[column])]
        elif column == "by":
            told[column] = [tuple(axes[a] for a in by) for by in table[column]]
        elif column == "system":
            told[column] = [systems[str(s)] if is_named(s) else None for s in table[column]]
    return table.assign(**{c: pd.Series(v, index=table.index, dtype=object) for c, v in told.items()})


def _list_slices(tables: Iterable[pd.DataFrame]) -> Iterable[Slice]:
    found: dict[Slice, None] = {}
    for table in tables:
        for column in table.columns:
            if column in _SLICES:
                found |= {s: None for s in table[column] if isinstance(s, Slice)}
            elif column in _LISTS:
                found |= {s: None for several in table[column] for s in _as_list(several) or ()}
    return found


def _as_list(several: Any) -> list[Slice] | None:
    return list(several) if isinstance(several, list | tuple) else None


def _apart(names: Iterable[str]) -> dict[str, str]:
    """Return for each name one that can be shown, no two alike."""
    names = list(names)
    return {
        name: MISSING if name == MISSING else _keep_apart(short)
        for name, short in zip(names, cut_apart(names, _LONGEST_NAME), strict=True)
    }


def _keep_apart(text: str) -> str:
    return _RIGHT_TO_LEFT.sub(lambda found: f"\N{FIRST STRONG ISOLATE}{found[0]}\N{POP DIRECTIONAL ISOLATE}", text)
