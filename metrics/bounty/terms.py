"""The terms of a bounty: what its `bounty.toml` says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["EXPLORE", "FILE_NAME", "SEALED", "SPLITS", "VALIDATION", "Loss", "Shares", "Terms", "read_terms"]

FILE_NAME = "bounty.toml"
SPLITS = ("explore", "validation", "sealed")
EXPLORE, VALIDATION, SEALED = range(3)

Loss = Literal["error", "squared", "absolute"]


@dataclass(frozen=True)
class Shares:
    """A split by a seeded hash of the id (of the cluster where one is named); the shares add up to 1."""

    seed: int
    explore: float
    validation: float
    sealed: float


@dataclass(frozen=True)
class Terms:
    """The rules of one bounty.

    `rows`, `labels` and `dictionary` are files relative to the bounty's folder. `labels` holds the id's and the
    label's column, for the organiser only; None where the rows carry the labels. `features` are the columns that a
    group may name (all but the id, the label, the baseline, the split and the cluster where none are named).
    A submission is accepted if its score lies strictly above `alpha` and its group has at least `minimum_group` rows
    of the validation split.
    """

    name: str
    rows: str
    id: str
    label: str
    baseline: str
    split: str | Shares
    task: Literal["classification", "regression"] = "classification"
    loss: Loss = "error"
    alpha: float = 0.0
    minimum_group: int = 30
    labels: str | None = None
    cluster: str | None = None
    features: tuple[str, ...] | None = None
    dictionary: str | None = None


def read_terms(folder: Path) -> Terms:
    """Read the `bounty.toml` of a folder. Raises ResultsError with every mistake, unknown keys among them."""
    raise NotImplementedError
