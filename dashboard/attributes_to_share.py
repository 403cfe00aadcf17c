"""Which attributes are better not shared unasked, and why: those that are mostly missing or tell the outcome itself.

Nothing here draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.scored import Axis, Layout, Scored

__all__ = ["find_reasons"]

_MOST_MISSING = 0.5  # share of the rows
_FEWEST_A_LEVEL = 10  # rows: fewer may all have one outcome by chance


def find_reasons(scored: Sequence[Scored]) -> dict[str, str]:
    """Return the attributes that are not for sharing unasked, each with why; columns of several labels by their name.

    An attribute tells the label or the prediction where one follows from the other in every row that has both: its
    groups then have rates of 0 or 100 %, which say what each member got.
    """
    reasons: dict[str, str] = {}
    told = list(_what_came_out(scored))
    for number, axis in enumerate(scored[0].axes):
        codes = scored[0].codes[number]
        if not axis.saved and (reason := _find_reason(axis, codes, told)):
            reasons.setdefault(axis.family or axis.name, reason)
    return reasons


def _find_reason(axis: Axis, codes: NDArray[np.integer], told: Sequence[tuple[str, NDArray[np.integer], int]]) -> str:
    missing = float(np.mean(codes == len(axis.levels))) if len(codes) else 0.0
    if missing > _MOST_MISSING:
        return f"{missing:.0%} of the rows have no value of it"
    for name, outcomes, n_outcomes in told:
        if _is_told(codes, len(axis.levels), outcomes, n_outcomes):
            return f"it tells {name}"
    return ""


def _is_told(codes: NDArray[np.integer], n_levels: int, outcomes: NDArray[np.integer], n_outcomes: int) -> bool:
    """Whether level and outcome follow from each other, at least one way; the code after the last one is missing."""
    if len(codes) != len(outcomes):
        return False
    wide = n_outcomes + 1
    both = np.bincount(codes.astype(np.int64) * wide + outcomes, minlength=(n_levels + 1) * wide)
    pairs = both.reshape(-1, wide)[:n_levels, :n_outcomes]
    n_there, n_out = np.count_nonzero(pairs.any(axis=1)), np.count_nonzero(pairs.any(axis=0))
    if min(n_there, n_out) < 2 or pairs.sum() < _FEWEST_A_LEVEL * n_there:
        return False
    return np.count_nonzero(pairs) in (n_there, n_out)


def _what_came_out(scored: Sequence[Scored]) -> Iterator[tuple[str, NDArray[np.integer], int]]:
    """Give what rows were labelled and predicted, where those are classes: its name, a code a row, and how many."""
    for system in scored:
        own = f" of {system.system}" if system.system and len(scored) > 1 else ""
        whats = [("the label", "labelled")] if system is scored[0] else []
        for name, count in [*whats, (f"the prediction{own}", "predicted")]:
            found = _classes_of(system.layout, count)
            if found is not None:
                outcomes, n_classes = found
                yield name, outcomes[system.outcome], n_classes


def _classes_of(layout: Layout, count: str) -> tuple[NDArray[np.int64], int] | None:
    """Return the class of each outcome (the number after the last: none) and how many there are; None without any."""
    classes = [c for kind, c in layout.named if kind == f"{count}_positives"]
    if not classes:
        return None
    first = int(classes == [None])  # of one positive class, 0 is what is not positive
    n_classes = first + len(classes)
    found = np.full(layout.n_outcomes, n_classes)
    if first:
        found[layout.named[count, None] > 0] = 0
    for code, of_class in enumerate(classes, start=first):
        found[layout.named[f"{count}_positives", of_class] > 0] = code
    return found, n_classes
