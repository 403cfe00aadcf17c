"""Hiding: the slices too small to be shown, and so many others that none of them can be worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cubes
from metrics.progress import SILENT, Progress
from metrics.scored import Scored
from metrics.sharing.terms import Terms

__all__ = ["Hidden", "hide"]

Hidden = Mapping[tuple[str, ...], NDArray[np.bool_]]


def hide(scored: Sequence[Scored], cubes: Cubes, terms: Terms, progress: Progress = SILENT) -> Hidden:
    """Return which cells of every grouping are hidden."""
    return {
        names: cubes[0].by(names).rows.sum(axis=1) < terms.min_cell if names else np.zeros(1, bool)
        for names in ((), *terms.groupings)
    }
