"""Whether text is written with spaces between words; where it is not, errors are counted by character."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Unit = Literal["words", "characters"]


@dataclass(frozen=True)
class UnitChoice:
    """What errors are counted in by default, and why, as a sentence."""

    unit: Unit
    reason: str


@dataclass(frozen=True)
class _Script:
    """A script without spaces between words; `word` is longer than its words are where a text does part them."""

    name: str
    word: float  # letters and marks
    ranges: tuple[tuple[int, int], ...]


# Blocks of The Unicode Standard. Hangul is not among them: Korean is written with spaces.
_SCRIPTS = (
    _Script(
        "Chinese or Japanese",
        4,
        (
            (0x3005, 0x3007),
            (0x3040, 0x30FF),
            (0x31F0, 0x31FF),
            (0x3400, 0x4DBF),
            (0x4E00, 0x9FFF),
            (0xF900, 0xFAFF),
            (0xFF66, 0xFF9D),
            (0x1B000, 0x1B16F),
            (0x20000, 0x3FFFD),
        ),
    ),
    _Script("Thai", 8, ((0x0E00, 0x0E7F),)),
    _Script("Lao", 8, ((0x0E80, 0x0EFF),)),
    _Script("Khmer", 8, ((0x1780, 0x17FF),)),
    _Script("Burmese", 8, ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F))),
)
_LOOKED_AT = 20_000
_FEW_TOKENS = 1.5


def choose_unit(references: Sequence[str]) -> UnitChoice:
    """Choose what errors are counted in: characters where most letters are of a script without spaces.

    A text that parts its words all the same (Chinese cut into words for training, say) is counted in words:
    it has more than one token a reference, and tokens as short as words are. At most 20,000 references are
    looked at, spread evenly.

    >>> choose_unit(["今天天气很好", "我们去公园"]).reason
    'Errors are counted by character: 100 % of the letters are Chinese or Japanese, written without spaces.'
    """
    looked_at = [text for text in references[:: len(references) // _LOOKED_AT + 1] if text.strip()]
    codes, counts = _count_letters(looked_at)
    total = int(counts.sum())
    if not total:
        return UnitChoice("words", "Errors are counted by word: the references hold no letters.")
    n_letters = {script: int(counts[_is_of(codes, script)].sum()) for script in _SCRIPTS}
    unspaced = sum(n_letters.values())
    if 2 * unspaced <= total:
        return UnitChoice("words", "Errors are counted by word: the references are written with spaces.")
    script = max(n_letters, key=lambda script: n_letters[script])
    tokens = [len(text.split()) for text in looked_at]
    per_token = total / sum(tokens)
    share = f"{min(int(100 * unspaced / total), 100)} % of the letters are {script.name}, written without spaces"
    if sum(tokens) > _FEW_TOKENS * len(tokens) and per_token <= script.word:
        parted = f"but here words stand apart ({per_token:.1f} letters each)"
        return UnitChoice("words", f"Errors are counted by word: {share}, {parted}.")
    return UnitChoice("characters", f"Errors are counted by character: {share}.")


def _count_letters(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the letters and marks that occur, as code points, and how often each does."""
    codes, counts = np.unique(
        np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32), return_counts=True
    )
    is_letter = np.array([unicodedata.category(chr(code))[0] in "LM" for code in codes.tolist()], bool)
    return codes[is_letter], counts[is_letter].astype(np.int64)


def _is_of(codes: NDArray[np.uint32], script: _Script) -> NDArray[np.bool_]:
    found = np.zeros(len(codes), bool)
    for first, last in script.ranges:
        found |= (codes >= first) & (codes <= last)
    return found
