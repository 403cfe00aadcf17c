"""Examples of transcripts that go along with what is shared: words as they were scored, and the groups they are of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from metrics.scored import Axis
from metrics.sharing.terms import Drawn
from metrics.slices import Slice
from metrics.text.alignments import Aligned, align
from metrics.text.scripts import Unit

__all__ = ["LONGEST_EXAMPLE", "MOST_STEPS", "Example", "Examples", "say_draw", "tree_of"]

LONGEST_EXAMPLE = 4_000  # signs of a text
MOST_STEPS = 300  # words (or characters) of a text


@dataclass(frozen=True)
class Example:
    """One utterance: what was said and what each system heard, as it is compared, tokens one space apart.

    `levels` are places among the levels of the attributes that are told, the one after the last is missing.
    """

    levels: tuple[int, ...]
    said: str
    heard: tuple[str, ...]

    def align(self) -> list[list[Aligned]]:
        """Return the alignment of each system."""
        return [align(self.said, heard) for heard in self.heard]


@dataclass(frozen=True)
class Examples:
    """Utterances that a reader sees, in the order of their draw; the texts are those of users.

    `asked` is how many the owner wanted, `axes` are the attributes whose levels are told. `rows` are the places of
    these rows in the file: they are known where the file is, and are part of no bundle.
    """

    drawn: Drawn
    seed: int
    asked: int
    unit: Unit
    axes: tuple[Axis, ...]
    told: tuple[Example, ...]
    rows: tuple[int, ...] = field(default=(), repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.told)

    @property
    def digest(self) -> str:
        """What tells these examples from any others: all that a reader sees of them."""
        names = [[axis.name, list(axis.levels)] for axis in self.axes]
        return hashlib.sha256(json.dumps([names, tree_of(self)]).encode()).hexdigest()

    def slice_of(self, example: Example) -> Slice:
        """Return the levels of an example; what is missing is told as such."""
        levels = zip(self.axes, example.levels, strict=True)
        return Slice(tuple((axis.name, axis.level(code)) for axis, code in levels))

    def of(self, cell: Slice) -> list[Example]:
        """Return those that are known to be of a slice, in their order."""
        wanted = set(cell.items())
        return [example for example in self.told if wanted <= set(self.slice_of(example).items())]


def tree_of(examples: Examples) -> dict[str, Any]:
    """Return examples as JSON holds them."""
    return {
        "drawn": examples.drawn,
        "seed": examples.seed,
        "asked": examples.asked,
        "unit": examples.unit,
        "axes": [axis.name for axis in examples.axes],
        "examples": [{"levels": list(e.levels), "said": e.said, "heard": list(e.heard)} for e in examples.told],
    }


def say_draw(examples: Examples, systems: Sequence[str | None]) -> list[str]:
    """Return sentences that say how examples were chosen and what is told of them. Names in them are text of a user."""
    n, one = len(examples), len(examples) == 1
    shown = f"{n} transcript{'' if one else 's'} {'is' if one else 'are'} shown as example{'' if one else 's'}"
    if examples.drawn == "worst":
        models = "" if len(systems) < 2 else ", all models together"
        drawn = (
            f": those with most errors per {examples.unit.removesuffix('s')}{models}. They are the worst and no "
            "sample: how often something goes wrong, the numbers tell, and these do not."
        )
    else:
        drawn = f", drawn at random (draw {examples.seed}). So few do not stand for all: the numbers do that."
    fewer = f"; {examples.asked} were asked for." if n < examples.asked else "."
    names = ", ".join(axis.name for axis in examples.axes)
    told = f"of each, {names} {'is' if len(examples.axes) == 1 else 'are'} told" if names else "nothing else is told"
    return [
        shown + drawn,
        f"Only rows were taken whose groups are all shown, and no more of a group than leaves enough others{fewer}",
        f"The texts are as they were scored, not as they were written; {told}.",
    ]
