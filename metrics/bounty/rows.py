"""The rows of a bounty: ids, features, labels, the baseline's predictions and the split, each read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.terms import Terms
from metrics.predicates import Values

__all__ = ["Bounty", "open_bounty"]


@dataclass(frozen=True, eq=False)
class Bounty:
    """A bounty as it is played; arrays of one length, a row each, in the order of the file of rows.

    `features` are the columns that groups may name, as conditions see them (`metrics.predicates.Values`), `meanings`
    what the data dictionary says of them. Of classes, `label` and `baseline` are codes (int64) into `classes`; of a
    regression they are floats in [0, 1] and `classes` is empty. `split` holds EXPLORE, VALIDATION or SEALED of `terms`,
    `clusters` a code a row where a cluster is named. `cells` has the features as texts, for what trains on them.
    """

    folder: Path
    terms: Terms
    ids: tuple[str, ...]
    features: Mapping[str, Values]
    label: NDArray[Any]
    baseline: NDArray[Any]
    split: NDArray[np.int8]
    classes: tuple[str, ...] = ()
    clusters: NDArray[np.int64] | None = None
    meanings: Mapping[str, str] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def losses(self, predictions: NDArray[Any]) -> NDArray[np.float64]:
        """Return the loss of each row's prediction, in [0, 1]: error, squared or absolute, as the terms say."""
        raise NotImplementedError


def open_bounty(folder: Path) -> Bounty:
    """Read a bounty's folder. Raises ResultsError for what is wrong with the terms, the rows or the labels."""
    raise NotImplementedError
