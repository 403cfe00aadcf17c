"""What the Wording page asks: the data counted again under other normalizers, and its tables as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls
from dashboard.charts.format import label_slices
from dashboard.charts.pairs import TURN, table_pairs
from dashboard.view import Loaded, View
from dashboard.words import plain
from metrics.cube import Cubes
from metrics.errors import ResultsError
from metrics.formatting import format_count, format_interval, format_number, format_percent, format_value
from metrics.progress import Tell
from metrics.registry import Metric
from metrics.results import Results
from metrics.sensitivity import (
    LOOKS,
    MEASURES,
    compare_pairs,
    count_under,
    describe_references,
    order_systems,
    orient_pairs,
    take_telling,
)
from metrics.text.normalize import Normalizer
from metrics.wording import say_order, say_pairs

__all__ = ["Wording", "ask_wording", "count_all", "table_order", "table_references"]

Counted = list[tuple[str, Cubes]]


def count_all(loaded: Loaded, normalizers: Mapping[str, Normalizer]) -> Counted:
    """Return what is counted under each normalizer, by its name; a text that one cannot deal with is told.

    Each is counted once for everybody. Until all are, draw how far they are and stop the page.
    """
    own = loaded.results.normalizer
    counted = []
    for name, normalizer in normalizers.items():
        found: Cubes | ResultsError = loaded.cubes
        if normalizer.digest != own.digest if own else normalizer.steps:
            work = partial(_count, loaded.results, normalizer)
            found = controls.do(loaded, ("counted", normalizer.digest), work)
        if isinstance(found, ResultsError):
            st.warning(plain(" ".join(f"{f.where} {f.found} {f.cure}" for f in found.findings), 600))
        else:
            counted.append((name, found))
    return counted


@dataclass(frozen=True, eq=False)
class Wording:
    """What the page says: sentences, the pairs it draws, all pairs as texts, the models' order, and the references."""

    said: tuple[str, ...]
    drawn: pd.DataFrame
    pairs: pd.DataFrame
    order: pd.DataFrame
    looks: pd.DataFrame


def ask_wording(loaded: Loaded, view: View, counted: Counted, digests: Sequence[str], most: int) -> Wording:
    """Return the answers of the page, the `most` telling pairs to be drawn among them.

    Until they are there, draw how far they are and stop the page.
    """
    asked = ("wording", tuple(digests), view.system, view.by, view.confidence, view.min_units, most)
    found: Wording = controls.do(loaded, asked, partial(_ask, loaded.results, view, counted, most))
    return found


def table_order(order: pd.DataFrame, metrics: Mapping[str, Metric], names: Sequence[str]) -> pd.DataFrame:
    """Return a row for each system with its place, value and interval in every comparison, as texts."""
    rows: dict[str, dict[str, str]] = {}
    for row in order.to_dict("records"):
        metric = metrics[row["metric"]]
        told = rows.setdefault(str(row["system"]), {"model": str(row["system"])})
        place = "-" if pd.isna(row["rank"]) else f"{row['rank']}. "
        value, interval = format_value(metric, row["value"]), format_interval(metric, row["low"], row["high"])
        told[f"{row['normalizer']}: {metric.title.lower()}"] = f"{place}{value} {interval}"
        told["place"] = f"{TURN} changes" if row["moves"] else "stays"
    columns = ["model", "place", *(f"{name}: {m.title.lower()}" for name in names for m in metrics.values())]
    return pd.DataFrame(list(rows.values()), columns=columns)


def table_references(looks: pd.DataFrame) -> pd.DataFrame:
    """Return how the references of each slice are written, as texts."""
    labels = label_slices(list(looks["slice"]))
    table = {"slice": [labels[s] for s in looks["slice"]], "references": looks["utterances"].map(format_count)}
    for look in LOOKS:
        write = format_number if look == "words" else format_percent
        table["words on average" if look == "words" else f"with {look}"] = looks[look].map(write)
    return pd.DataFrame(table)


def _count(results: Results, normalizer: Normalizer, tell: Tell) -> Cubes | ResultsError:
    """Count under another normalizer; a text that it cannot deal with is an answer, too."""
    try:
        return count_under(results, normalizer, lambda words, done: tell(f"{words} ({normalizer.name})", done))
    except ResultsError as error:
        return error


def _ask(results: Results, view: View, counted: Counted, most: int, tell: Tell) -> Wording:
    tell("Comparing every two groups", 0.0)
    mine = [(name, cubes.only(view.system)) for name, cubes in counted]
    pairs = compare_pairs(mine, view.groupings, confidence=view.confidence, min_units=view.min_units)
    tell("Comparing every two groups", 0.6)
    pairs, known = orient_pairs(pairs), mine[0][1].metrics
    measures = {name: known[name] for name in MEASURES if name in known}
    table = table_pairs(pairs, measures, [name for name, _ in counted])
    tell("Putting the models in order", 0.8)
    order = order_systems(counted)
    tell("Looking at the references", 0.9)
    looks = describe_references(results, mine[0][1][0], view.groupings)
    said = (*say_pairs(pairs, measures), say_order(order, measures))
    return Wording(said, take_telling(pairs, most), table, order, looks)
