"""Numbers in an author's text: `{word_error_rate: accent = scottish}` becomes the value with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.document import Document
from metrics.errors import Finding, ResultsError, nearest
from metrics.sentences import say_value
from metrics.slices import MISSING, Slice

__all__ = ["Number", "Piece", "fill", "list_placeholders"]


@dataclass(frozen=True)
class Number:
    """A value that stands in a text. `written` is its placeholder, `text` what is read in its place."""

    written: str
    text: str
    metric: str
    slice: Slice
    system: str | None

    def __str__(self) -> str:
        return self.text


Piece = str | Number


def fill(text: str, document: Document, where: str) -> tuple[tuple[Piece, ...], list[Finding]]:
    """Return a text in pieces, numbers in the place of placeholders, and what could not be filled.

    A placeholder is a metric, `of` a system where there are several, and after a colon a slice; without one it is
    everyone's. `{{` and `}}` stand for braces.
    """
    pieces: list[Piece] = []
    problems: list[Finding] = []
    for piece, is_placeholder in _split(text):
        if not is_placeholder:
            if pieces and isinstance(pieces[-1], str):
                pieces[-1] += piece
            else:
                pieces.append(piece)
            continue
        try:
            pieces.append(_look_up(piece, document))
        except ResultsError as error:
            problems += [Finding("stop", f"{where}, {{{piece}}}", f.found, f.cure) for f in error.findings]
    return tuple(pieces), problems


def list_placeholders(text: str) -> list[tuple[str, ...]]:
    """Return the attributes whose crossing each placeholder of a text asks for, as far as it can be read."""
    found = []
    for piece, is_placeholder in _split(text):
        _, colon, condition = _split_at_colon(piece)
        if is_placeholder and colon:
            try:
                found.append(Slice.parse(condition).axes)
            except ResultsError:
                continue  # told when it is filled
    return [axes for axes in dict.fromkeys(found) if axes]


def _split(text: str) -> list[tuple[str, bool]]:
    """Cut a text into pieces, each with whether it is the inside of a placeholder."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    while at < len(text):
        start = min((p for p in (text.find("{", at), text.find("}", at)) if p >= 0), default=len(text))
        pieces.append((text[at:start], False))
        if text[start : start + 2] in ("{{", "}}"):
            pieces.append((text[start], False))
            at = start + 2
        elif text[start : start + 1] == "{" and (end := _find_end(text, start + 1)) >= 0:
            pieces.append((text[start + 1 : end].strip(), True))
            at = end + 1
        else:
            pieces.append((text[start : start + 1], False))
            at = start + 1
    return [(piece, inside) for piece, inside in pieces if piece or inside]


def _find_end(text: str, start: int) -> int:
    """Return where a placeholder ends: the first } outside quotes, else the first one; -1 for none."""
    quote = ""
    for at in range(start, len(text)):
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'`":
            quote = sign
        elif sign == "}":
            return at
    return text.find("}", start)


def _look_up(written: str, document: Document) -> Number:
    """Return what a placeholder stands for. Raises ResultsError."""
    name, rest = _metric_of(written, document)
    of, colon, condition = _split_at_colon(rest)
    cell = Slice.parse(condition) if colon else Slice()
    rows = document.estimates
    same = [set(s.items()) == set(cell.items()) for s in rows["slice"]]
    rows = rows[(rows["metric"] == name) & np.array(same, dtype=bool)]
    if not len(rows):
        raise _no_slice(cell, document)
    row = _of_system(rows, of.strip(), document)
    text = say_value(row, document.metrics[name])
    text = {"no data": "no data", "suppressed": "not shown"}.get(row["status"], text)
    if row["status"] == "too few":
        text += " (too few units to judge by)"
    return Number(written, text, name, row["slice"], row["system"])


def _metric_of(written: str, document: Document) -> tuple[str, str]:
    """Split a placeholder into its metric's name and what follows. Names of classes may hold any sign."""
    measured = [name for name in document.metrics if name in set(document.estimates["metric"])]
    fitting = [n for n in measured if written == n or written.startswith((f"{n}:", f"{n} "))]
    if not fitting:
        word = _split_at_colon(written)[0].split(" of ")[0].strip()
        hint = nearest(word, measured) or f"Measured are: {', '.join(measured[:20])}."
        found = f"names no metric that was measured: {word!r}." if word else "names no metric."
        raise _stop(found, f"{hint} Write {{{{ for a brace that is meant.")
    name = max(fitting, key=len)
    return name, written[len(name) :]


def _of_system(rows: pd.DataFrame, of: str, document: Document) -> Mapping[str, Any]:
    records: Sequence[Mapping[str, Any]] = [
        dict(zip(rows.columns, row, strict=True)) for row in rows.itertuples(index=False, name=None)
    ]
    systems = [str(r["system"]) for r in records]
    if not of:
        if len(records) == 1:
            return records[0]
        name = next(iter(rows["metric"]))
        raise _stop(
            "does not say of which system.", f"Write {{{name} of {systems[0]}}}; systems are: {', '.join(systems)}."
        )
    if not of.startswith("of "):
        raise _stop(f"has {of!r} after the metric.", "Write a colon before the slice, and 'of' before a system.")
    wanted = of.removeprefix("of ").strip()
    for record in records:
        if wanted in (str(record["system"]), f"'{record['system']}'"):
            return record
    hint = nearest(wanted, systems) if records[0]["system"] is not None else "There is only one; leave it out."
    raise _stop(f"names no system of the file: {wanted!r}.", hint or f"Systems are: {', '.join(systems)}.")


def _no_slice(cell: Slice, document: Document) -> ResultsError:
    known: dict[str, list[str]] = {}
    for slice_ in document.estimates["slice"]:
        for axis, level in slice_.items():
            known.setdefault(axis, [])
            if level not in known[axis]:
                known[axis].append(level)
    for axis, level in cell.items():
        if axis not in known:
            hint = nearest(axis, known) or f"Measured by: {', '.join(known) or 'nothing'}."
            return _stop(f"names an attribute that nothing was measured by: {axis!r}.", hint)
        if level not in known[axis]:
            said = "missing" if level == MISSING else repr(level)
            hint = nearest(level, known[axis]) or f"Its levels are: {', '.join(known[axis][:20])}."
            return _stop(f"names a level that {axis!r} does not have: {said}.", hint)
    return _stop(f"names a slice that was not measured: {cell}.", f"Measure by {','.join(cell.axes)} as well (--by).")


def _split_at_colon(text: str) -> tuple[str, str, str]:
    """Split at the first colon that no quotes hold."""
    quote = ""
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'`":
            quote = sign
        elif sign == ":":
            return text[:at], ":", text[at + 1 :]
    return text, "", ""


def _stop(found: str, cure: str) -> ResultsError:
    return ResultsError([Finding("stop", "", found, cure)])
