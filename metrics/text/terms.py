"""A list of words that matter, such as medicines and names: which came through, and which were invented."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.errors import Finding, ResultsError, stop
from metrics.progress import Progress, Tell
from metrics.text.normalize import Normalizer
from metrics.text.phrases import Phrase, Phrases

MOST_CHARACTERS = 4 * 2**20
MOST_TERMS = 100_000

_TOLD_EVERY = 2048  # pairs
_MOST_NAMED = 5
_COMMENT = re.compile(r"(?<!\S)#.*", re.DOTALL)  # C# is a term


@dataclass(frozen=True)
class Terms:
    """A word list, ready to be looked for in text that went through the same normaliser.

    `written` holds the terms as the list writes them, `phrases` their words after normalising, in the same
    order; `findings` says what the list holds twice, or what nothing is left of.
    """

    name: str
    written: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class TermCounts:
    """Where listed terms stand: one entry per pair and term that occurs in it, in four arrays of one length.

    Within a pair, as many occurrences of a term came through as the reference and the hypothesis both
    hold; what the hypothesis holds beyond the reference is invented.
    """

    n_pairs: int
    n_terms: int
    pairs: NDArray[np.int64]
    terms: NDArray[np.int64]
    in_reference: NDArray[np.int64]
    in_hypothesis: NDArray[np.int64]

    @property
    def came_through(self) -> NDArray[np.int64]:
        return np.minimum(self.in_reference, self.in_hypothesis)

    @property
    def invented(self) -> NDArray[np.int64]:
        return self.in_hypothesis - self.came_through

    @property
    def n_in_reference(self) -> NDArray[np.int64]:
        """Occurrences of listed terms in each reference."""
        return _add(self.pairs, self.in_reference, self.n_pairs)

    @property
    def n_came_through(self) -> NDArray[np.int64]:
        """How many of them the hypothesis holds, pair by pair."""
        return _add(self.pairs, self.came_through, self.n_pairs)

    @property
    def n_invented(self) -> NDArray[np.int64]:
        """Occurrences of listed terms in each hypothesis beyond those of its reference."""
        return _add(self.pairs, self.invented, self.n_pairs)

    def per_term(self, times: NDArray[Any] | None = None) -> NDArray[np.int64]:
        """Return the totals of each term, as an array of (in reference, came through, invented) by term.

        `times` says of each pair how often it counts: truth values pick the pairs of a slice.
        """
        here = 1 if times is None else times[self.pairs]
        parts = (self.in_reference, self.came_through, self.invented)
        return np.array([_add(self.terms, part * here, self.n_terms) for part in parts])


def read_terms(text: str, name: str, normalizer: Normalizer) -> Terms:
    """Read a list of terms: one a line, of one or more words; a `#` that begins a word begins a comment.

    `name` is what findings call the list; `normalizer` is that of the transcripts. A term that is listed
    twice (or reads like another once normalised) counts once, and is told, as is one that normalising
    leaves nothing of. Raises ResultsError where the list is too long or holds no term.

    >>> from metrics.text.normalize import load_normalizer
    >>> read_terms("Aspirin  # a medicine\\nNew York", "mine", load_normalizer("lower")).phrases
    (('aspirin',), ('new', 'york'))
    """
    where = f"word list {name!r}"
    if len(text) > MOST_CHARACTERS:
        found = f"has {len(text):,} characters; {MOST_CHARACTERS:,} are read at most."
        raise stop(where, found, "Keep only the terms that matter.")
    lines = [(number, _strip(line)) for number, line in enumerate(StringIO(text.removeprefix("\ufeff"), None), 1)]
    lines = [(number, term) for number, term in lines if term]
    if not lines:
        raise stop(where, "holds no term.", "Write one term a line, such as 'aspirin'.")
    if len(lines) > MOST_TERMS:
        raise stop(where, f"holds {len(lines):,} terms; {MOST_TERMS:,} are read at most.", "Keep those that matter.")
    seen: dict[Phrase, tuple[int, str]] = {}
    twice: list[str] = []
    empty: list[str] = []
    for (number, term), normal in zip(lines, normalizer([term for _, term in lines]), strict=True):
        phrase = tuple(normal.split())
        if not phrase:
            empty.append(f"{term!r} (line {number})")
        elif phrase in seen:
            first, written = seen[phrase]
            twice.append(f"{term!r} (line {number}; {written!r} in line {first})")
        else:
            seen[phrase] = number, term
    findings = _tell(where, twice, "twice or read alike after normalising", "Each counts once.")
    left = "Take them out, or choose a normalizer that keeps them."
    findings += _tell(where, empty, "empty after normalising", left)
    if not seen:
        raise ResultsError([Finding("stop", f.where, f.found, f.cure, f.rows) for f in findings])
    return Terms(name, tuple(written for _, written in seen.values()), tuple(seen), tuple(findings))


def count_terms(
    terms: Terms, references: Sequence[str], hypotheses: Sequence[str], progress: Tell | None = None
) -> TermCounts:
    """Look for the terms in pairs of normalised texts: the longest term first, none over another.

    Raises ValueError where the two differ in length. `progress` is told every few thousand pairs and may
    raise to cancel.
    """
    tell = Progress(progress)
    phrases = Phrases(terms.phrases)
    n_terms = len(terms.phrases)
    number_of = {phrase: number for number, phrase in enumerate(terms.phrases)}
    said: list[int] = []  # one entry per occurrence: pair * n_terms + term
    heard: list[int] = []
    for pair, (reference, hypothesis) in enumerate(zip(references, hypotheses, strict=True)):
        if pair % _TOLD_EVERY == 0:
            tell("Looking for listed terms", pair / len(references))
        for found, text in ((said, reference), (heard, hypothesis)):
            words = text.split()
            found += [pair * n_terms + number_of[tuple(words[start:end])] for start, end in phrases.find(words)]
    tell("Looking for listed terms", 1)
    places, at = np.unique(np.array(said + heard, np.int64), return_inverse=True)
    in_reference, in_hypothesis = (np.bincount(part, minlength=len(places)) for part in np.split(at, [len(said)]))
    return TermCounts(len(references), n_terms, places // n_terms, places % n_terms, in_reference, in_hypothesis)


def _strip(line: str) -> str:
    return " ".join(_COMMENT.sub("", line).split())


def _tell(where: str, which: list[str], what: str, cure: str) -> list[Finding]:
    if not which:
        return []
    named = ", ".join(which[:_MOST_NAMED]) + (", ..." if len(which) > _MOST_NAMED else "")
    n = len(which)
    found = f"has {n:,} term{'' if n == 1 else 's'} that {'is' if n == 1 else 'are'} {what}: {named}."
    return [Finding("warn", where, found, cure, n)]


def _add(at: NDArray[np.int64], counts: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    return np.bincount(at, counts, length).astype(np.int64)  # doubles hold such counts exactly
