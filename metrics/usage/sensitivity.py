"""How often membership hangs on a feature: a group's rows before and after the feature's column is shuffled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Submission
from metrics.predicates import Evaluator, Predicate, Values
from metrics.progress import SILENT, Progress
from metrics.usage.groups import Chosen, find_members

__all__ = ["measure_sensitivity"]

SHUFFLES = 5
MOST_ROWS = 20_000  # a share of them is known to less than half a point


def measure_sensitivity(
    bounty: Bounty, submissions: Sequence[Submission], *, seed: int = 0, progress: Progress = SILENT
) -> list[dict[str, float]]:
    """Return for every submission how often membership changes when a feature is shuffled, by feature it references.

    It is the share of rows that come into the group or leave it when the feature's cells are dealt out anew among the
    rows, all other features as they are, the mean of five seeded shuffles: from 0 (the feature decides nothing, as in
    `age >= 0` where every age is known) up to 1. Of more than 20,000 rows a seeded sample is taken. It is permutation
    importance (Breiman 2001) with membership in the place of a model's answer.
    """
    generator = np.random.default_rng(seed)
    n = len(bounty)
    rows = np.arange(n) if n <= MOST_ROWS else np.sort(generator.choice(n, MOST_ROWS, replace=False))
    shuffles = [generator.permutation(len(rows)) for _ in range(SHUFFLES)]
    columns: dict[str, Values] = {name: Chosen(values, rows) for name, values in bounty.features.items()}
    referenced = [sent.group.features for sent in submissions]
    wanted = [name for name in bounty.features if any(name in names for names in referenced)]
    found: list[dict[str, float]] = [{} for _ in submissions]
    before = _ask_members(submissions, columns, len(rows))
    for name in progress.over(wanted, "Shuffling features"):
        mine = [i for i, names in enumerate(referenced) if name in names]
        total = np.zeros(len(mine))
        for order in shuffles:
            shuffled = {**columns, name: Chosen(columns[name], order)}
            after = _ask_members([submissions[i] for i in mine], shuffled, len(rows))
            total += [np.mean(now != before[i]) for i, now in zip(mine, after, strict=True)]
        for i, changed in zip(mine, total.tolist(), strict=True):
            found[i][name] = changed / len(shuffles)
    return found


def _ask_members(
    submissions: Sequence[Submission], columns: Mapping[str, Values], n_rows: int
) -> list[NDArray[np.bool_]]:
    """Return who is in the group of every submission."""
    evaluator = Evaluator(columns, n_rows)
    known: dict[Predicate, NDArray[np.bool_]] = {}  # teams that try everything send the same condition again
    members = []
    for group in (sent.group for sent in submissions):
        inside = known.get(group.where) if group.where is not None else None
        if inside is None:
            inside = find_members(group, evaluator, columns, n_rows)
        if group.where is not None:
            known[group.where] = inside
        members.append(inside)
    return members
