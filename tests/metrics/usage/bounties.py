"""Small bounties, and submissions to them, put together without files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from metrics.bounty.judge import Decision
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Group, Replacement, Submission
from metrics.bounty.terms import Terms
from metrics.bounty.tree import Leaf, Node, Tree
from metrics.predicates import parse_predicate
from metrics.reading.cells import Cells

TERMS = Terms("small", rows="rows.csv", id="id", label="label", baseline="baseline", split="split")


def bounty(**features: list[Any]) -> Bounty:
    """A bounty whose features have these cells."""
    n = len(next(iter(features.values())))
    columns = {name: Cells(name, pa.chunked_array([pa.array(cells)])) for name, cells in features.items()}
    return Bounty(
        folder=Path(),
        terms=TERMS,
        ids=tuple(map(str, range(n))),
        features=columns,
        label=np.zeros(n, dtype=np.int64),
        baseline=np.zeros(n, dtype=np.int64),
        split=np.ones(n, dtype=np.int8),
        classes=("0", "1"),
    )


def send(team: str, number: int, where: str | None = None, tree: Tree | None = None) -> Submission:
    """A submission of a condition, a tree (value 1 is a member) or, without either, a file of ids."""
    if where is not None:
        group = Group(where=parse_predicate(where), text=where)
    else:
        group = Group(tree=tree) if tree is not None else Group(ids="ids.csv")
    return Submission(team, f"{number:03}", group, Replacement(constant="1"))


def decide(sent: Submission, score: float | None) -> Decision:
    """The decision on a submission: accepted with a score, or rejected where it is None."""
    accepted, score = score is not None, score or 0.0
    return Decision(sent.id, sent.team, 9, 0.5, 0.5, 0.0, score, accepted, "", 0, 0.1)


def stump(feature: str, *values: str, then: int = 1) -> Tree:
    """A tree with one question: members have one of the values."""
    return Tree({0: Node(feature, "in", 1, 2, values=values), 1: Leaf(then), 2: Leaf(1 - then)})
