"""The units of several systems side by side: which are of one utterance, and their texts as they are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.results import Results
from metrics.scored import Scored
from metrics.utterances import Utterances, normalize_utterances, pair_utterances, take_utterances, unit_of

__all__ = ["pair_units", "take_texts"]

Places = NDArray[np.int64]


def pair_units(results: Results, scored: Sequence[Scored]) -> list[Places]:
    """Return for every system where the units of the first one stand in it, -1 where it has none of the same levels."""
    first, found = scored[0], [np.arange(len(scored[0]))]
    for other in scored[1:]:
        at = pair_utterances(results, first, other)
        alike = at >= 0
        for mine, theirs in zip(first.codes, other.codes, strict=True):
            alike &= mine == theirs[np.maximum(at, 0)]
        used = np.bincount(at[alike], minlength=len(other))
        alike &= used[np.maximum(at, 0)] == 1
        found.append(np.where(alike, at, -1))
    return found


def take_texts(results: Results, scored: Scored, places: Places) -> Utterances:
    """Return the texts of some units of a system as they are compared."""
    if not len(places):
        return Utterances([], [], unit_of(scored))
    return normalize_utterances(results, take_utterances(results, scored, places))
