"""Verdicts on what changed from the reference to the customer's set: their words, and what each is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.compare import Correction, adjust
from metrics.estimate import NO_DATA, OK, TOO_FEW
from metrics.multiplicity import holm
from metrics.registry import Metric
from metrics.verdict import grows_by_chance

__all__ = ["MARGIN", "REASONS", "VERDICTS", "Asked", "Judged", "adjust_changes"]

Floats = NDArray[Any]

MARGIN = 0.05  # within so much a change of a share is none
VERDICTS = WORSE, BETTER, SAME, CANNOT_TELL = "worse here", "better here", "no change shown", "cannot tell"

# Why it cannot be told, in the order in which reasons are looked for.
ONLY_REFERENCE, ONLY_CUSTOMER = "only in the reference", "only in the customer's set"
NOTHING, FEW_REFERENCE, FEW_CUSTOMER = "no data", "too few in the reference", "too few in the customer's set"
FEW_BOTH, CONSTANT = "too few in both sets", "answers everybody alike"
BY_SIZE = "grows as units get fewer"
NO_DIRECTION, NO_INTERVAL = "neither direction is better", "no interval"
AMONG_MANY, WIDE, NO_MARGIN = "not clear among so many groups", "interval too wide", "no margin named"
REASONS = (
    "",
    ONLY_REFERENCE,
    ONLY_CUSTOMER,
    NOTHING,
    FEW_REFERENCE,
    FEW_CUSTOMER,
    FEW_BOTH,
    CONSTANT,
    BY_SIZE,
    NO_DIRECTION,
    NO_INTERVAL,
    AMONG_MANY,
    WIDE,
    NO_MARGIN,
)


@dataclass(frozen=True)
class Asked:
    """What is asked of every slice: the level, how p heeds their number, what is enough, what is no change."""

    alpha: float
    correction: Correction
    min_units: int
    target_gap: float | None

    def margin(self, metric: Metric) -> float:
        """Return within which distance a change is none; NaN where nobody said so."""
        if metric.unit != "share":
            return np.nan if self.target_gap is None else self.target_gap
        gap = MARGIN if self.target_gap is None else self.target_gap
        return gap if gap < 1 else np.nan  # named for a metric in other units: no share changes by 100 points


def adjust_changes(p: Floats, groups: NDArray[np.bool_], asked: Asked) -> tuple[Floats, Floats]:
    """Return adjusted p, and the alpha at which each slice's adjusted interval is drawn, (metrics, slices).

    One family is all slices that are asked about by one metric: one table, one sentence, whatever the attributes.
    Everyone is a question of its own. What is not tested now would be one more test.
    """
    adjusted, level = np.full_like(p, np.nan), np.full_like(p, asked.alpha)
    for some in (groups, ~groups):
        if not some.any():
            continue
        mine, each = p[:, some], np.arange(p[:, some].size)
        family = np.repeat(np.arange(len(p)), some.sum())
        found = adjust(mine.ravel(), family, each, asked.alpha, asked.correction).reshape(mine.shape)
        tests = (~np.isnan(mine)).sum(axis=1, keepdims=True)
        if asked.correction == "holm":
            at = 1 - holm(mine.ravel(), family, asked.alpha, each)[1].reshape(mine.shape)
            level[:, some] = np.where(np.isnan(mine), asked.alpha / (tests + 1), at)
        elif asked.correction == "bh":
            with np.errstate(invalid="ignore"):
                rejected = (found <= asked.alpha).sum(axis=1, keepdims=True)
            more = np.isnan(mine) | ~(found <= asked.alpha)
            level[:, some] = asked.alpha * np.minimum(1, (rejected + more) / np.maximum(tests + np.isnan(mine), 1))
        adjusted[:, some] = found
    return adjusted, level


@dataclass(frozen=True)
class Judged:
    """What a verdict is made of; arrays (metrics, slices), `there` (slices,) and `constant` (metrics,) a side."""

    metrics: Sequence[Metric]
    asked: Asked
    difference: Floats
    low: Floats
    high: Floats
    p_adjusted: Floats
    joint: NDArray[np.int8]
    status: Sequence[NDArray[np.int8]]
    there: Sequence[NDArray[np.bool_]]
    constant: NDArray[np.bool_]

    def name(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """Return the places of verdict and reason among their words."""
        better = np.array([[{"higher": 1, "lower": -1}.get(m.better, 0)] for m in self.metrics])
        margin = np.array([[self.asked.margin(m)] for m in self.metrics])
        ok = self.joint == OK
        with np.errstate(invalid="ignore"):
            clear = ok & (self.p_adjusted <= self.asked.alpha)
            alone = ok & ((self.low > 0) | (self.high < 0))
            within = ok & (self.low >= -margin) & (self.high <= margin)
            side = np.sign(self.difference) * better
        verdict = np.full(ok.shape, VERDICTS.index(CANNOT_TELL), dtype=np.int8)
        verdict[within & (~clear | (better == 0))] = VERDICTS.index(SAME)
        verdict[clear & (side < 0)] = VERDICTS.index(WORSE)
        verdict[clear & (side > 0)] = VERDICTS.index(BETTER)
        # A system that answers everybody alike earns no praise and no blame for a change of the mix of answers.
        either, customer = np.logical_or(*self.constant)[:, None], self.constant[1][:, None]
        praised = (verdict == VERDICTS.index(SAME)) & customer
        praised |= np.isin(verdict, [VERDICTS.index(WORSE), VERDICTS.index(BETTER)]) & either
        verdict[praised] = VERDICTS.index(CANNOT_TELL)
        # What two sets of one mix show of these hangs on how large they are.
        by_size = ok & np.array([[grows_by_chance(m)] for m in self.metrics])
        verdict[by_size] = VERDICTS.index(CANNOT_TELL)
        few = [s == TOO_FEW for s in self.status]
        reason = np.full(ok.shape, REASONS.index(""), dtype=np.int8)
        unknown = verdict == VERDICTS.index(CANNOT_TELL)
        for word, holds in (
            (ONLY_REFERENCE, ~self.there[1]),
            (ONLY_CUSTOMER, ~self.there[0]),
            (NOTHING, self.joint == NO_DATA),
            (FEW_BOTH, few[0] & few[1]),
            (FEW_CUSTOMER, few[1]),
            (FEW_REFERENCE, few[0]),
            (CONSTANT, praised),
            (BY_SIZE, by_size),
            (NO_DIRECTION, clear),
            (NO_INTERVAL, np.isnan(self.low) & np.isnan(self.high)),
            (AMONG_MANY, alone),
            (WIDE, ~np.isnan(margin)),
            (NO_MARGIN, np.isnan(margin)),
        ):
            reason[unknown & holds & (reason == REASONS.index(""))] = REASONS.index(word)
        return verdict, reason
