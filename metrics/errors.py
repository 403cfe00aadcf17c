"""What is wrong with an input, in a form that names the place, what was found and the cure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MOST_PLACES = 100

Severity = Literal["stop", "warn", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing to know about a results file, and its cure.

    A `stop` keeps the file from being used. A finding with an `option` is a *question*: another
    answer would give other numbers. `option` is the command-line flag that answers it (the screen
    shows the control of the same name) and `answers` are values it may take, the default first.
    `rows` is how many rows it concerns, 0 where it concerns the file; `places` are where the first of
    them stand among the rows of the first file as it was read, counted from 0, empty where they are
    not among those. Places are no part of what is said: two findings with the same words are equal.
    """

    severity: Severity
    where: str  # "column 'predicted'", "line 17, column 'score'"
    found: str  # "is not in the file (it has: id, label, pred)."
    cure: str  # "Choose the prediction column under Columns; did you mean 'pred'?"
    rows: int = 0
    option: str = ""  # "--positive"
    answers: tuple[str, ...] = ()
    places: tuple[int, ...] = field(default=(), repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.where} {self.found} {self.cure}".rstrip()

    @property
    def is_question(self) -> bool:
        return bool(self.option) and self.severity != "note"


class ResultsError(ValueError):
    """A results file cannot be used; `findings` lists every reason at once."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("\n".join(map(str, self.findings)))


class QuestionError(ValueError):
    """What was asked cannot be answered from this data; the text says why and what can be asked."""


def stop(where: str, found: str, cure: str) -> ResultsError:
    """Return the error of a single `stop` finding, to be raised."""
    return ResultsError([Finding("stop", where, found, cure)])


def places_of(found: NDArray[np.bool_], rows: NDArray[np.int64] | None = None) -> tuple[int, ...]:
    """Return the places of the first rows that were found, for a `Finding`; `rows` are the places of all of them.

    >>> places_of(np.array([False, True, True])), places_of(np.array([False, True]), np.array([4, 7]))
    ((1, 2), (7,))
    """
    first = np.flatnonzero(found)[:MOST_PLACES]
    return tuple((first if rows is None else rows[first]).tolist())


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the known word nearest to `word`, or an empty text.

    >>> nearest("lable", ["label", "score"])
    "Did you mean 'label'?"
    """
    known = [str(k) for k in known]
    folded = {k.casefold(): k for k in reversed(known)}
    close = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return f"Did you mean {folded[close[0]]!r}?" if close else ""


def unknown(word: str, what: str, known: Iterable[str], hint: str = "") -> QuestionError:
    """Return the error for a word that is none of those known, listing the first of them.

    A `hint` takes the place of the nearest of the known words.

    >>> str(unknown("sx", "attribute", ["sex", "race"]))
    "There is no attribute 'sx' (there are: sex, race). Did you mean 'sex'?"
    """
    known = [str(k) for k in known]
    listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
    return QuestionError(
        f"There is no {what} {word!r} (there are: {listed or 'none'}). {hint or nearest(word, known)}".rstrip()
    )
