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

    `progress` is told several times a second and may raise to cancel.

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
        block = slice(start, end)
        words[:, block], characters[:, block] = _count_block(references[block], hypotheses[block])
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


def _count_block(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return hits, substitutions, deletions and insertions of words and of characters, as arrays of four rows.

    The edits found are applied to a text of plus signs, taking what is new from one of minus signs: the plus
    signs that are left are the hits. That is much quicker than going through the edits.
    """
    from rapidfuzz.distance.Levenshtein import editops

    # Lists: putting a number into an array takes several times as long.
    words, characters = ([[0] * len(references) for _ in range(4)] for _ in range(2))
    word_hits, word_edits, words_said, words_heard = words
    hits, edits, characters_said, characters_heard = characters
    pairs = zip(map(str.strip, references), map(str.strip, hypotheses), strict=True)
    for row, (reference, hypothesis) in enumerate(pairs):
        said = reference.split()
        words_said[row] = n = len(said)
        characters_said[row] = length = len(reference)
        if reference == hypothesis:
            word_hits[row] = words_heard[row] = n
            hits[row] = characters_heard[row] = length
            continue
        heard = hypothesis.split()
        words_heard[row] = m = len(heard)
        found = editops(said, heard)
        word_edits[row] = len(found)
        word_hits[row] = found.apply("+" * n, "-" * m).count("+")
        characters_heard[row] = m = len(hypothesis)
        found = editops(reference, hypothesis)
        edits[row] = len(found)
        hits[row] = found.apply("+" * length, "-" * m).count("+")
    return _split(*words), _split(*characters)


def _split(hits: list[int], edits: list[int], said: list[int], heard: list[int]) -> NDArray[np.int64]:
    """Return hits, substitutions, deletions and insertions: hits, all edits and both lengths fix the others."""
    n_hits, n_edits, n_said, n_heard = np.array([hits, edits, said, heard], np.int64)
    insertions = n_edits - (n_said - n_hits)
    deletions = insertions + n_said - n_heard
    return np.array([n_hits, n_said - n_hits - deletions, deletions, insertions])
