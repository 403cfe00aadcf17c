"""The utterances of one page of the Alignments page, one below the other, and all of the list as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from dashboard import audio
from dashboard.alignment_html import STYLE, Line, draw_legend, draw_utterance, show_signs
from dashboard.parts import show_table
from dashboard.row_table import take_rows
from dashboard.view import Loaded
from metrics.formatting import format_counts, format_percent
from metrics.reading.table import texts
from metrics.rows import write_rows
from metrics.scored import Scored
from metrics.text.alignments import Aligned, align
from metrics.utterances import Utterances, count_errors, normalize_utterances, pair_utterances, take_utterances, unit_of

__all__ = ["MOST_TO_DOWNLOAD", "Heard", "draw_utterances", "name_utterances", "table_alignments", "write_alignments"]

MOST_TO_DOWNLOAD = 20_000  # utterances
_COLUMNS = ("utterance", "model", "place", "said", "heard", "what")


@dataclass(frozen=True, eq=False)
class Heard:
    """What one system heard: its scored units, and where in them those of the system in the sidebar are (or -1)."""

    loaded: Loaded
    scored: Scored
    at: NDArray[np.int64]

    @classmethod
    def of(cls, loaded: Loaded, mine: Scored, other: Scored | None = None) -> Heard:
        """Return what `other` heard of the utterances of `mine`; without it, what `mine` heard."""
        at = np.arange(len(mine)) if other is None else pair_utterances(loaded.results, mine, other)
        return cls(loaded, mine if other is None else other, at)

    @cached_property
    def counts(self) -> pd.DataFrame:
        return count_errors(self.scored)

    def written(self, places: Sequence[int]) -> list[tuple[str | None, str | None]]:
        """Return (said, heard) of each of some utterances as they are in the file; None where a text is not there."""
        at = self.at[np.asarray(places, np.int64)]
        taken = take_utterances(self.loaded.results, self.scored, np.maximum(at, 0))
        pairs = zip(taken.said, taken.heard, strict=True)
        return [pair if i >= 0 else (None, None) for i, pair in zip(at.tolist(), pairs, strict=True)]

    def align(self, places: Sequence[int]) -> list[list[Aligned] | None]:
        """Return the alignment of each of some utterances, None where this system has no text for it."""
        said, heard = zip(*self.written(places), strict=True) if len(places) else ((), ())
        compared = normalize_utterances(self.loaded.results, Utterances(said, heard, unit_of(self.scored)))
        return [
            None if said is None or heard is None else align(said, heard)
            for said, heard in zip(compared.said, compared.heard, strict=True)
        ]

    def note(self, place: int) -> str:
        """Say how much of an utterance this system got wrong."""
        i = int(self.at[place])
        if i < 0:
            return "has nothing for this utterance"
        row = self.counts.iloc[i]
        if not row["words"]:
            return f"nothing was said, and {int(row['edits']):,} put in"
        wrong = format_counts(row["edits"], row["words"])
        return f"{wrong} {unit_of(self.scored)} wrong ({format_percent(row['rate'])})"


def draw_utterances(heard: Sequence[Heard], places: Sequence[int], names: Sequence[str], *, written: bool) -> None:
    """Draw utterances, worst first as they come, each as every system heard it, with its recording if there is one."""
    st.html(STYLE)
    st.html(draw_legend())
    aligned = [one.align(places) for one in heard]
    recordings = _find_recordings(heard[0], places)
    for number, (place, name) in enumerate(zip(places, names, strict=True)):
        lines = [
            Line(_label(one, len(heard)), steps[number] or [], one.note(place))
            for one, steps in zip(heard, aligned, strict=True)
            if steps[number] is not None or one is not heard[0]
        ]
        with st.container(border=True):
            st.html(draw_utterance(name, lines, _as_written(heard, place) if written else ()))
            if recordings and (sound := recordings[number]) is not None:
                st.audio(sound[0], format=sound[1], alt=f"Recording of {show_signs(name)}")


def name_utterances(heard: Heard, places: Sequence[int]) -> list[str]:
    """Return what utterances are called: by their id, else by their row in the file, and who speaks."""
    results, scored = heard.loaded.results, heard.scored
    rows = scored.rows[list(places)]
    names = [f"Row {row + 1:,}" for row in rows.tolist()]
    if "id" in results.columns:
        ids = results.columns["id"].reindex(rows).astype("string").tolist()
        names = [name if pd.isna(known) else str(known) for name, known in zip(names, ids, strict=True)]
    if scored.clusters is not None:
        speakers = [scored.cluster_names[code] if code >= 0 else "" for code in scored.clusters[list(places)].tolist()]
        names = [f"{name}, speaker {who}" if who else name for name, who in zip(names, speakers, strict=True)]
    return names


def table_alignments(heard: Sequence[Heard], places: Sequence[int]) -> pd.DataFrame:
    """Return a row per step of the alignments: utterance, model, place in it, words, and what went wrong."""
    records = []
    names = name_utterances(heard[0], places)
    for one in heard:
        model = one.scored.system or ""
        for name, steps in zip(names, one.align(places), strict=True):
            records += [
                (name, model, number, step.reference, step.hypothesis, step.op)
                for number, step in enumerate(steps or (), 1)
            ]
    table = pd.DataFrame.from_records(records, columns=_COLUMNS)
    return table if table["model"].any() else table.drop(columns="model")


def write_alignments(heard: Sequence[Heard], places: Sequence[int]) -> bytes:
    """Return the alignments as CSV, in which no text is a formula."""
    table = table_alignments(heard, places)
    return b"".join(write_rows(pa.table({name: table[name].astype(str).tolist() for name in table.columns}), {}))


def show_alignments(heard: Sequence[Heard], places: Sequence[int]) -> None:
    """Show the alignments as a table."""
    table = table_alignments(heard, places)
    for name in ("utterance", "said", "heard"):
        table[name] = [show_signs(text) for text in table[name]]
    show_table(table, key="alignments_table", alt="The alignments word by word")


def _label(one: Heard, several: int) -> str:
    return str(one.scored.system or "") if several > 1 else ""


def _as_written(heard: Sequence[Heard], place: int) -> list[tuple[str, str]]:
    texts = [one.written([place])[0] for one in heard]
    said = [("Said, as written", texts[0][0] or "(nothing)")]
    return said + [
        (f"Heard, as written{_by(one, len(heard))}", text or "(nothing)")
        for one, (_, text) in zip(heard, texts, strict=True)
        if text is not None
    ]


def _by(one: Heard, several: int) -> str:
    return f" by {one.scored.system}" if several > 1 else ""


def _find_recordings(heard: Heard, places: Sequence[int]) -> list[tuple[bytes, str] | None]:
    """Return the recording of each utterance, as far as a column names files inside the allowed folder."""
    folder = audio.folder_allowed()
    if folder is None:
        return []
    table = take_rows(heard.loaded, heard.scored, np.asarray(places, np.int64))
    columns = {n: texts(c).to_pylist() for n, c in zip(table.column_names, table.columns, strict=True)}
    return [audio.read_recording(path, folder) if path else None for path in audio.find_recordings(columns)]
