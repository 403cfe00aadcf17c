"""Rows to fit thresholds to: tiny ones that are counted by hand, and simulated ones of any size."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from metrics.cube import Cube
from metrics.studio.counts import Group, count_groups
from metrics.studio.goals import Goal
from tests.metrics.build import cube_of

# Scores from 1 to 4. Group a: positives 2 3 4, negatives 1 1 3. Group b: positives 1 3 4, negatives 2 2 1.
TINY = pd.DataFrame(
    {
        "group": list("aaaaaabbbbbb"),
        "label": ["1", "1", "1", "0", "0", "0"] * 2,
        "score": [2.0, 3, 4, 1, 1, 3, 1, 3, 4, 2, 2, 1],
    }
)


def scored_cube(frame: pd.DataFrame, by: str = "group", **schema) -> Cube:
    """The cube of a frame with the columns label, score and one attribute."""
    return cube_of(frame, [by], {"score": "score"}, score_scale="any", **{"threshold": 2.5, **schema})[0]


def simulate(rows: int, seed: int, shift: float = 0.8) -> pd.DataFrame:
    """Two groups whose scores tell the label equally well, but lie lower in one, so that one threshold misses more."""
    draw = np.random.default_rng(seed)
    group = draw.choice(["a", "b"], rows, p=[0.6, 0.4])
    label = draw.random(rows) < np.where(group == "a", 0.5, 0.35)
    score = np.round(draw.normal(np.where(label, 1.2, 0.0) - np.where(group == "b", shift, 0.0)), 2)
    return pd.DataFrame({"group": group, "label": label.astype(int).astype(str), "score": score})


def brute_force(groups: list[Group], goal: Goal) -> float | None:
    """The least cost of any thresholds, one a group, that meet a goal: all of them are tried. None: none does."""
    best = None
    losses = [g.curve.loss(goal.false_positive, goal.false_negative) for g in groups]
    rates = [[g.curve.rate(name) for name in goal.kind.rates] for g in groups]
    for places in product(*(range(len(g.curve.cuts)) for g in groups)):
        taken = [[rate[p] for rate in own] for own, p in zip(rates, places, strict=True)]
        if any(max(column) - min(column) > goal.within + 1e-9 for column in zip(*taken, strict=True)):
            continue
        cost = sum(loss[p] for loss, p in zip(losses, places, strict=True))
        best = cost if best is None or cost < best else best
    return best


def groups_of(frame: pd.DataFrame) -> list[Group]:
    return count_groups(scored_cube(frame), ["group"])[0]
