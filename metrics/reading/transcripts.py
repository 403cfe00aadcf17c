"""References, transcripts and counts of edits, read as what they are: text stays text, empty stays empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from metrics.errors import places_of
from metrics.reading.cells import Cells
from metrics.reading.table import is_text, write_values

if TYPE_CHECKING:
    from metrics.reading.columns import Reader, Roles

_COUNTS = ("reference_words", "substitutions", "deletions", "insertions")
_LIKE_MISSING = frozenset({"na", "n/a", "nan", "null", "none", "nil", "#n/a", "<na>"})


def read_transcripts(reader: Reader, columns: Roles, answers: Sequence[Roles]) -> None:
    """Fill in the texts (None where there is none) and counts of the whole file and of each system."""
    wanted: list[tuple[Roles, str, str]] = []
    for role in ("reference", "reference_words"):
        if role in reader.schema.columns:
            wanted.append((columns, role, reader.schema.columns[role]))
    for answer, system in zip(answers, reader.schema.systems, strict=True):
        wanted += [(answer, role, column) for role, column in system.columns.items()]
    texts: dict[str, pd.Series] = {}
    for into, role, column in reader.progress.part(0.4, 0.7).over(wanted, "Reading the transcripts"):
        if role in ("reference", "hypothesis"):
            if column not in texts:
                # Said to be objects: pandas would else turn None into a number.
                texts[column] = pd.Series(_read_texts(reader, column), index=reader.index, dtype=object)
            into[role] = texts[column]
        elif role in (*_COUNTS, "word_error_rate"):
            into[role] = reader.series(_read_amounts(reader, column, role))
    for answer, system in zip(answers, reader.schema.systems, strict=True):
        _check_sums(reader, columns, answer, system.title)


def _read_texts(reader: Reader, column: str) -> NDArray[np.object_]:
    """Return the cells as they stand, line breaks and all; those that were declared missing are None."""
    cells = reader.cells(column)
    texts = np.array(_as_strings(cells), dtype=object)
    if cells.missing:
        gone = np.array([t is not None and t.strip() in cells.missing for t in texts], dtype=bool)
        texts[gone] = None
    like = np.array([t is not None and t.strip().casefold() in _LIKE_MISSING for t in texts], dtype=bool)
    if words := list(texts[like]):
        found = f"says {words[0].strip()!r} and nothing else in {len(words):,} rows, which was read as a word."
        cure = f"If it means that there is no text, say so with --missing {words[0].strip()!r}."
        reader.say("note", f"column {column!r}", found, cure, rows=len(words), places=places_of(like, reader.rows))
    return texts


def _as_strings(cells: Cells) -> list[str | None]:
    data = cells.data
    kind = data.type.value_type if pa.types.is_dictionary(data.type) else data.type
    if not is_text(kind):
        return [w for chunk in data.chunks for w in write_values(chunk).to_pylist()]
    strings: list[str | None] = data.to_pylist()
    return strings


def _read_amounts(reader: Reader, column: str, role: str) -> NDArray[np.float64]:
    cells = reader.cells(column)
    values: NDArray[np.float64] = cells.numbers
    whole = role in _COUNTS
    with np.errstate(invalid="ignore"):
        bad = (values < 0) | np.isinf(values) | ((values % 1 != 0) & ~np.isnan(values) if whole else False)
    if bad.any() or (cells.n_filled and cells.n_odd):
        bad = bad | cells.odd
        row, kind = int(np.flatnonzero(bad)[0]), "whole number from 0 up" if whole else "number from 0 up"
        found = f"is the {role}, but {int(bad.sum()):,} rows hold no {kind} (first in row {row + 1:,})."
        cure = f"Correct them, or name another column with --{role.replace('_', '-')}."
        option, places = f"--{role.replace('_', '-')}", places_of(bad, reader.rows)
        reader.say("stop", f"column {column!r}", found, cure, rows=int(bad.sum()), option=option, places=places)
    return np.where(bad, np.nan, values)


def _check_sums(reader: Reader, columns: Roles, answer: Roles, title: str) -> None:
    """Refuse more words changed or left out than were said."""
    amounts: list[Any] = [columns.get("reference_words"), answer.get("substitutions"), answer.get("deletions")]
    if any(a is None for a in amounts):
        return
    words, substitutions, deletions = (a.to_numpy() for a in amounts)
    with np.errstate(invalid="ignore"):
        bad = substitutions + deletions > words
    if bad.any():
        found = f"has more words substituted and deleted than were said in {int(bad.sum()):,} rows (first in row "
        found += f"{int(np.flatnonzero(bad)[0]) + 1:,})."
        cure = "Check that --reference-words counts the words of the reference."
        places = places_of(bad, reader.rows)
        reader.say(
            "stop", f"system {title!r}", found, cure, rows=int(bad.sum()), option="--reference-words", places=places
        )
