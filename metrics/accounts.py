"""One party's numbers on a finding: slice and baseline, their difference, and what they hang on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metrics.basis import Basis
from metrics.results import Receipt

__all__ = ["Account", "Gap", "Measured", "Told"]


@dataclass(frozen=True)
class Measured:
    """A value with its interval and counts, NaN where undefined; `status` as in the tables of estimates."""

    value: float
    low: float
    high: float
    top: float
    below: float
    units: float
    clusters: float
    status: str


@dataclass(frozen=True)
class Gap:
    """How far a slice lies from a baseline: value, interval, p and p adjusted for the slices looked at."""

    baseline: str
    value: float
    low: float
    high: float
    p: float
    p_adjusted: float
    status: str

    @property
    def side(self) -> int:
        """1 where the whole interval lies above no difference, -1 below, 0 where it reaches it or there is none."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    @property
    def is_clear(self) -> bool:
        return self.side != 0 and self.status == "ok"


@dataclass(frozen=True)
class Told:
    """What an author says of the numbers: who they are, how the sample was drawn, what would overturn the finding.

    `looked_at` is how many slices were looked at in all, where these were more than the ones measured together.
    """

    author: str = ""
    sampling: str = ""
    overturn: str = ""
    note: str = ""
    looked_at: int | None = None


@dataclass(frozen=True)
class Account:
    """One party's numbers on the claim, what they were computed from, and what it says of them.

    `others` is the same slice against other baselines. `looked_at` counts the slices that p was adjusted for.
    `overturn` are the sentences on what would overturn the finding that follow from the numbers. `definitions` are
    the settings that the value hangs on, as (name, value). `left_out` counts the units whose group is not known, which
    are no part of everyone else.
    """

    own: Measured
    baseline: Measured
    gap: Gap
    others: tuple[Gap, ...]
    looked_at: int
    left_out: float
    correction: str
    confidence: float
    min_units: int
    overturn: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]
    cluster: str
    made: str
    receipts: tuple[Receipt, ...]
    basis: Basis
    versions: Mapping[str, str]
    told: Told
