"""Submissions: a file that names a group and what to predict for it, read strictly and resolved on a bounty's rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.rows import Bounty
from metrics.bounty.tree import Tree
from metrics.predicates import Predicate

__all__ = ["Entry", "Group", "Replacement", "Submission", "list_submissions", "read_submission", "resolve"]


@dataclass(frozen=True)
class Group:
    """Who: one of a condition (`text` is as written), a tree whose value 1 is a member, a file of ids."""

    where: Predicate | None = None
    text: str = ""
    tree: Tree | None = None
    ids: str | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """The features that it references, each once; none of a file of ids."""
        raise NotImplementedError


@dataclass(frozen=True)
class Replacement:
    """What to predict for the group: exactly one of a file, a constant, a tree, the number of an earlier model."""

    predictions: str | None = None
    constant: str | float | None = None
    tree: Tree | None = None
    model: int | None = None


@dataclass(frozen=True)
class Submission:
    """One submission as it was sent; `folder` is where the files that it names lie."""

    team: str
    id: str
    group: Group
    replacement: Replacement
    kind: Literal["manual", "automatic"] = "manual"
    note: str = ""
    folder: Path | None = None
    digest: str = ""  # sha256 of the submission and the files that it names


@dataclass(frozen=True, eq=False)
class Entry:
    """A submission on a bounty's rows: `group` (rows,) bool, `predictions` (rows,) as `Bounty.label`, used in it only.

    `model` is the number of the published model that serves it instead of predictions, None where it brings its own.
    """

    submission: Submission
    group: NDArray[np.bool_]
    predictions: NDArray[Any] | None
    model: int | None = None


def list_submissions(folder: Path) -> list[Path]:
    """Return the files `submissions/<team>/<id>.json` of a bounty's folder, in the order of submission ids."""
    raise NotImplementedError


def read_submission(path: Path) -> Submission:
    """Read a submission's file strictly. Raises ResultsError with every mistake."""
    raise NotImplementedError


def resolve(bounty: Bounty, submission: Submission, n_models: int) -> Entry:
    """Return a submission on the bounty's rows; `n_models` is how many models are published (0 is the baseline).

    Raises ResultsError, with the counts, for a replacement that misses rows of its group, ids that are unknown, twice
    or in conflict, other label words, a malformed tree, an unknown feature or level, a group of nobody.
    """
    raise NotImplementedError


def features_of(submissions: Sequence[Submission]) -> tuple[str, ...]:
    """Return every feature that some group references, in the order of first use."""
    return tuple(dict.fromkeys(f for s in submissions for f in s.group.features))
