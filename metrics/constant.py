"""Systems that answer everybody alike: they look fair to most metrics, are useless, and earn no pass."""

from __future__ import annotations

import numpy as np

from metrics.cube import Cube
from metrics.registry import Metric

__all__ = ["find_only_answer"]


def find_only_answer(cube: Cube, metric: Metric) -> str | None:
    """Return what the system answers to every unit where it never answers anything else, else None.

    Of a metric that knows no answers, such as the base rate, it is always None.
    """
    if not metric.needs - {"label", "reference", "cluster"}:
        return None
    scored = cube.scored
    if "score" in metric.needs and scored is not None and scored.score is not None:
        return _only_number(scored.score)
    if cube.only_answer is not None:
        return f"“{cube.only_answer}”" if cube.only_answer else "nothing"
    everyone = cube.by(()).rows.sum(axis=0)
    named = cube.layout.named
    if ("predicted", None) in named:
        n, positive = (float(everyone @ named[count, None]) for count in ("predicted", "predicted_positives"))
        return None if 0 < positive < n or not n else "the positive answer" if positive else "the negative answer"
    for name in cube.layout.classes:
        n, own = (float(everyone @ named[count, name]) for count in ("predicted", "predicted_positives"))
        if n and own == n:
            return f"“{name}”"
    return None


def _only_number(score: np.ndarray) -> str | None:
    known = score[~np.isnan(score)]
    return f"a score of {known[0]:g}" if len(known) and known.min() == known.max() else None
