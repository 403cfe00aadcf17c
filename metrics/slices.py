"""Slices: the units that share some levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MISSING = "(missing)"


@dataclass(frozen=True)
class Slice:
    """Levels of some axes, in the order they were asked for; none of them is everyone."""

    levels: tuple[tuple[str, str], ...] = ()

    def items(self) -> tuple[tuple[str, str], ...]:
        return self.levels

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(a for a, _ in self.levels)

    def to_dict(self) -> dict[str, str]:
        return dict(self.levels)

    def __iter__(self) -> Iterator[str]:
        return iter(self.axes)

    @property
    def title(self) -> str:
        return " & ".join(f"{a} = {level}" for a, level in self.levels) or "everyone"

    def __str__(self) -> str:
        return self.title

    @classmethod
    def parse(cls, text: str) -> Slice:
        if text.strip() == "everyone":
            return cls()
        parts = [p.split("=") for p in text.split("&")]
        return cls(tuple((a.strip(), b.strip()) for a, b in parts))
