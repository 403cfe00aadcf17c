"""How many words and characters of a reference were hit, substituted, deleted and inserted, utterance by utterance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from metrics.progress import Progress, Tell

Counts = NDArray[np.int32]

# A block ends after about so much work, so that who waits can cancel; one utterance is never cut.
_BLOCK_MICROSECONDS = 30_000


@dataclass(frozen=True)
class Edits:
    """The edits that turn references into hypotheses: four arrays of int32, one entry per pair."""

    hits: Counts
    substitutions: Counts
    deletions: Counts
    insertions: Counts

    def __post_init__(self) -> None:
        parts = {part.shape for part in (self.hits, self.substitutions, self.deletions, self.insertions)}
        if len(parts) > 1 or len(self.hits.shape) != 1:
            raise ValueError(f"Hits, substitutions, deletions and insertions have one length; got shapes {parts}.")

    def __len__(self) -> int:
        return len(self.hits)

    @property
    def reference_length(self) -> Counts:
        """Words (characters) of each reference."""
        return self.hits + self.substitutions + self.deletions

    @property
    def edits(self) -> Counts:
        """The edit distance of each pair; it may exceed the length of the reference."""
        return self.substitutions + self.deletions + self.insertions


def count_edits(
    references: Sequence[str], hypotheses: Sequence[str], progress: Tell | None = None
) -> tuple[Edits, Edits]:
    """Count the edits of words and of characters, pair by pair: returns (words, characters).

    Words split at white space of any kind. Characters are code points, with the white space between words
    as it stands and without that at both ends. The alignment is the one that rapidfuzz finds, so the split
    into substitutions, deletions and insertions equals that of jiwer's `process_words` and
    `process_characters` (one difference: jiwer takes a single tab, line break or other white space that is
    not a space for a part of a word). An empty reference is legal: all of its hypothesis is insertions.
    Nothing is normalised here. Raises ValueError where the two differ in length.

    `progress` is told about twenty times a second and may raise to cancel.

    >>> words, characters = count_edits(["the cat sat"], ["the bat sat down"])
    >>> words.hits.tolist(), words.substitutions.tolist(), words.insertions.tolist()
    ([2], [1], [1])
    >>> characters.edits.tolist(), characters.reference_length.tolist()
    ([6], [11])
    """
    if len(references) != len(hypotheses):
        raise ValueError(f"Each reference has one hypothesis; got {len(references)} and {len(hypotheses)}.")
    tell = Progress(progress)
    words, characters = np.zeros((2, 4, len(references)), np.int32)
    for start, end in _cut_blocks(references, hypotheses):
        tell("Counting word and character edits", start / len(references))
        said = [text.strip() for text in references[start:end]]
        heard = [text.strip() for text in hypotheses[start:end]]
        characters[:, start:end] = _count_characters(said, heard)
        words[:, start:end] = _count_words(_space_singly(said), _space_singly(heard))
    tell("Counting word and character edits", 1)
    return Edits(*words), Edits(*characters)


def _cut_blocks(references: Sequence[str], hypotheses: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Return the starts and ends of blocks of about equal work."""
    n = len(references)
    if not n:
        return
    lengths = np.fromiter(map(len, references), np.int64, n), np.fromiter(map(len, hypotheses), np.int64, n)
    work = np.cumsum(3 + lengths[0] * lengths[1] / 20_000)
    cuts = np.flatnonzero(np.diff(work // _BLOCK_MICROSECONDS)) + 1
    edges = [0, *cuts.tolist(), n]
    yield from pairwise(edges)


def _space_singly(texts: list[str]) -> list[str]:
    """Return the texts with one space between words and none at the ends: as they are, where they are so already."""
    together = "\x00".join(texts)
    if "  " not in together and not any(space in together for space in _OTHER_SPACES):
        return texts
    return [" ".join(text.split()) for text in texts]


# Every white space but the space; a test compares it with what Python splits at.
_OTHER_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def _count_characters(references: list[str], hypotheses: list[str]) -> NDArray[np.int64]:
    """Count over characters.

    The edits found are applied to a text of plus signs, taking what is new from one of minus signs: the plus
    signs that are left are the hits. That is much quicker than going through the edits.
    """
    from rapidfuzz.distance.Levenshtein import editops

    n = len(references)
    lengths = np.fromiter(map(len, references), np.int64, n), np.fromiter(map(len, hypotheses), np.int64, n)
    missed, distances = [0] * n, [0] * n  # lists: putting a number into an array takes several times as long
    for row, (reference, hypothesis) in enumerate(zip(references, hypotheses, strict=True)):
        if reference != hypothesis:
            found = editops(reference, hypothesis)
            distances[row] = len(found)
            n_said = len(reference)
            missed[row] = n_said - found.apply("+" * n_said, "-" * len(hypothesis)).count("+")
    return _split(missed, distances, *lengths)


def _count_words(references: list[str], hypotheses: list[str]) -> NDArray[np.int64]:
    """Count over words that are a space apart; see `_count_characters`.

    Words in common at both ends are taken off first, found as characters in common: cheaper than splitting
    them. An alignment takes them off too, so it stays the same.
    """
    from rapidfuzz.distance import Postfix, Prefix
    from rapidfuzz.distance.Levenshtein import editops
    from rapidfuzz.process import cpdist

    n = len(references)
    fore = cpdist(references, hypotheses, scorer=Prefix.similarity, dtype=np.int32).tolist()
    aft = cpdist(references, hypotheses, scorer=Postfix.similarity, dtype=np.int32).tolist()
    of = np.fromiter((text.count(" ") + 1 if text else 0 for text in references), np.int64, n)
    missed, distances, longer = [0] * n, [0] * n, [0] * n
    for row, (reference, hypothesis, before, after) in enumerate(zip(references, hypotheses, fore, aft, strict=True)):
        if reference == hypothesis:
            continue
        said, heard = _cut_ends(reference, hypothesis, before, after)
        n_said, n_heard = len(said), len(heard)
        longer[row] = n_heard - n_said
        if n_said == 0 or n_heard == 0 or n_said == n_heard == 1:
            missed[row] = n_said
            distances[row] = max(n_said, n_heard)
            continue
        found = editops(said, heard)
        distances[row] = len(found)
        missed[row] = n_said - found.apply("+" * n_said, "-" * n_heard).count("+")
    return _split(missed, distances, of, of + np.array(longer, np.int64))


def _cut_ends(reference: str, hypothesis: str, before: int, after: int) -> tuple[list[str], list[str]]:
    """Return the words of both but for whole words within so many characters in common at the start and the end."""
    start = reference.rfind(" ", 0, before) + 1
    shared = min(after, len(reference) - start, len(hypothesis) - start)
    end = reference.find(" ", len(reference) - shared)
    if end < 0:
        return reference[start:].split(), hypothesis[start:].split()
    return reference[start:end].split(), hypothesis[start : end + len(hypothesis) - len(reference)].split()


def _split(
    missed: list[int], distances: list[int], of: NDArray[np.int64], into: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return hits, substitutions, deletions and insertions.

    Of what is `missed` (substituted or deleted), the distance and both lengths, the four follow.
    """
    insertions = np.array(distances, np.int64) - missed
    deletions = insertions + of - into
    return np.array([of - missed, missed - deletions, deletions, insertions])
