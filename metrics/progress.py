"""How far a piece of work has come, told to whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

__all__ = ["SILENT", "Progress", "Tell"]

Item = TypeVar("Item")
Tell = Callable[[str, float], None]  # called with what is being done, in plain words, and the share done so far


@dataclass(frozen=True)
class Progress:
    """The part of some work between two shares of the whole, `start` and `end`, both from 0 to 1.

    Call it with what is being done and the share of this part that is done. What `tell` raises is
    caught nowhere in this package: it ends the work, and so a caller cancels. `tell` may be called
    from another thread than the work was begun in.

    >>> reading = Progress(print).part(0.2, 0.6)
    >>> reading("Reading", 0.5)
    Reading 0.4
    """

    tell: Tell | None = None
    start: float = 0.0
    end: float = 1.0

    def __call__(self, words: str, done: float = 0.0) -> None:
        if self.tell is not None:
            self.tell(words, self.start + (self.end - self.start) * min(done, 1.0))

    def part(self, start: float, end: float) -> Progress:
        """Return the part of this part between two shares of it."""
        length = self.end - self.start
        return replace(self, start=self.start + length * start, end=self.start + length * end)

    def nth(self, number: int, of: int) -> Progress:
        """Return one of several equal parts, the first being number 0."""
        return self.part(number / of, (number + 1) / of)

    def over(self, items: Iterable[Item], words: str) -> Iterator[Item]:
        """Go through the items, telling before each one."""
        items = list(items)
        for number, item in enumerate(items):
            self(words, number / len(items))
            yield item


SILENT = Progress()
