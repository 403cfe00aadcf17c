"""Two sets from frames, without reading files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from metrics.scored import score
from metrics.two_sets.sets import TwoSets, align
from tests.metrics.build import results_of


def sets_of(
    reference: pd.DataFrame,
    customer: pd.DataFrame,
    axes: Sequence[str],
    answers: Mapping[str, str] | None = None,
    **schema: Any,
) -> TwoSets:
    """Return two sets from frames with the columns of `results_of`: label, prediction, cluster, weight, count."""
    sides = (results_of(f, axes, answers or {"prediction": "prediction"}, **schema) for f in (reference, customer))
    return align(*(score(results) for results in sides))


def selected(**groups: tuple[int, int]) -> pd.DataFrame:
    """Return units of groups, the first so many of each predicted 1, the others 0; `selected(a=(2, 10))` has ten."""
    rows = [(name, str(int(i < top))) for name, (top, n) in groups.items() for i in range(n)]
    return pd.DataFrame(rows, columns=["group", "prediction"])


def chance_rows(seed: int, n: int, clusters: int = 0, missing: float = 0.1) -> pd.DataFrame:
    """Return units in two attributes x (a to d) and y (u, v), some missing, whose levels differ in share and rate."""
    rng = np.random.default_rng(seed)
    x = rng.choice(np.array(["a", "b", "c", "d"], object), n, p=rng.dirichlet(np.full(4, 2.0)))
    y = rng.choice(np.array(["u", "v"], object), n, p=rng.dirichlet(np.full(2, 3.0)))
    rate = np.array([{"a": 0.1, "b": 0.3, "c": 0.5, "d": 0.8}[one] for one in x]) * np.where(y == "u", 1, 0.7)
    label = rng.integers(0, 2, n)
    frame = pd.DataFrame(
        {
            "x": np.where(rng.random(n) < missing, None, x),
            "y": y,
            "label": label.astype(str),
            "prediction": np.where(rng.random(n) < rate, 1 - label, label).astype(str),
        }
    )
    if clusters:
        frame["cluster"] = [f"c{c}" for c in rng.integers(0, clusters, n)]
    return frame
