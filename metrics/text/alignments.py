"""Reference and hypothesis word by word: what was hit, mistaken, left out and put in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from metrics.progress import Progress, Tell

Op = Literal["hit", "substitution", "deletion", "insertion"]
Key = TypeVar("Key", bound=Hashable)

_TOLD_EVERY = 1024  # pairs


class Aligned(NamedTuple):
    """One step of an alignment; a word that is not there is an empty text."""

    op: Op
    reference: str
    hypothesis: str


@dataclass(frozen=True)
class Confusions:
    """How often each mistake was made: the most frequent first, equal ones by the alphabet."""

    substituted: Counter[tuple[str, str]]  # (word of the reference, word of the hypothesis)
    deleted: Counter[str]
    inserted: Counter[str]


def align(reference: str, hypothesis: str) -> list[Aligned]:
    """Align the words of a reference and a hypothesis, in the order of the text.

    The alignment is the one behind `count_edits` (rapidfuzz's), so that its steps add up to the counts.

    >>> for step in align("the cat sat", "the bat sat down"):
    ...     print(*step)
    hit the the
    substitution cat bat
    hit sat sat
    insertion  down
    """
    from rapidfuzz.distance.Levenshtein import opcodes

    said, heard = reference.split(), hypothesis.split()
    steps: list[Aligned] = []
    for code in opcodes(said, heard):
        left, right = said[code.src_start : code.src_end], heard[code.dest_start : code.dest_end]
        if code.tag == "delete":
            steps += [Aligned("deletion", word, "") for word in left]
        elif code.tag == "insert":
            steps += [Aligned("insertion", "", word) for word in right]
        else:
            op: Op = "hit" if code.tag == "equal" else "substitution"
            steps += [Aligned(op, *pair) for pair in zip(left, right, strict=True)]
    return steps


def count_confusions(pairs: Iterable[tuple[str, str]], progress: Tell | None = None) -> Confusions:
    """Count the substituted, deleted and inserted words of (reference, hypothesis) pairs.

    `progress` is told every thousand pairs and may raise to cancel.

    >>> found = count_confusions([("a cat", "a bat"), ("the cat", "the bat"), ("a", "a a"), ("the", "")])
    >>> found.substituted, found.deleted, found.inserted
    (Counter({('cat', 'bat'): 2}), Counter({'the': 1}), Counter({'a': 1}))
    """
    pairs = list(pairs)
    tell = Progress(progress)
    substituted: Counter[tuple[str, str]] = Counter()
    deleted: Counter[str] = Counter()
    inserted: Counter[str] = Counter()
    for number, (reference, hypothesis) in enumerate(pairs):
        if number % _TOLD_EVERY == 0:
            tell("Counting confusions", number / len(pairs))
        if reference == hypothesis:
            continue
        for op, said, heard in align(reference, hypothesis):
            if op == "substitution":
                substituted[said, heard] += 1
            elif op == "deletion":
                deleted[said] += 1
            elif op == "insertion":
                inserted[heard] += 1
    return Confusions(_sort(substituted), _sort(deleted), _sort(inserted))


def _sort(counter: Counter[Key]) -> Counter[Key]:
    return Counter(dict(sorted(counter.items(), key=lambda item: (-item[1], item[0]))))
