"""Finding phrases of one or more words in a sequence of words: the longest first, none over another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Phrase = tuple[str, ...]


class Phrases:
    """Phrases to be found, kept by their first word.

    >>> list(Phrases([("new", "york"), ("new",)]).find("a new york and a new town".split()))
    [(1, 3), (5, 6)]
    """

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        """Take phrases of at least one word each; the same phrase twice is one."""
        self._known: dict[str, dict[int, set[Phrase]]] = {}
        for phrase in phrases:
            if not phrase:
                raise ValueError("A phrase has at least one word.")
            self._known.setdefault(phrase[0], {}).setdefault(len(phrase), set()).add(phrase)
        self._lengths = {first: sorted(by_length, reverse=True) for first, by_length in self._known.items()}

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Return the start and the end of each phrase found, from left to right."""
        if self._known.keys().isdisjoint(words):
            return
        at = 0
        while at < len(words):
            end = self._match(words, at)
            if end:
                yield at, end
            at = end or at + 1

    def _match(self, words: Sequence[str], at: int) -> int:
        """Return where the longest phrase that begins here ends; 0 where none does."""
        first = words[at]
        for length in self._lengths.get(first, ()):
            if tuple(words[at : at + length]) in self._known[first][length]:
                return at + length
        return 0
