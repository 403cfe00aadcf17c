"""The parts of a change: how much comes from another mix of groups and how much from the same groups scoring otherwise.

The value over everyone is the mean of the groups' rates r, weighted by their shares w of the metric's own denominator.
Over the groups that both sides have, the change is sum of dw x (r + r')/2, the mix, and sum of (w + w')/2 x dr, the
rates (Kitagawa 1955): what Shapley's value gives the two factors, whatever their order. Groups of one side only are a
part of their own.

Arrays have the shape (metrics, cells). Slopes are by the sums above and below the line of each cell, (metrics, cells,
2), one array for each side.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.two_sets.cells import BothSides, SideCells

__all__ = ["Part", "Weighing", "split_change"]

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a change: its value, shape (metrics,), and its slopes on the reference's and the customer's side."""

    name: str
    value: Floats
    reference: Floats
    customer: Floats


@dataclass(frozen=True, eq=False)
class Weighing:
    """Weights and rates of the cells that both sides have, 0 elsewhere, weights of each side adding up to 1."""

    both: BothSides

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """For which metrics any cell is on both sides, shape (metrics,)."""
        return np.asarray(self.both.common.any(axis=1))

    @cached_property
    def weights(self) -> tuple[Floats, Floats]:
        return tuple(self._weigh(side) for side in self.both.sides)  # type: ignore[return-value]

    @cached_property
    def rates(self) -> tuple[Floats, Floats]:
        return tuple(np.where(self.both.common, side.value, 0.0) for side in self.both.sides)  # type: ignore[return-value]

    @property
    def mean_weight(self) -> Floats:
        return np.asarray((self.weights[0] + self.weights[1]) / 2)

    @property
    def mean_rate(self) -> Floats:
        return np.asarray((self.rates[0] + self.rates[1]) / 2)

    @property
    def change_of_weight(self) -> Floats:
        return self.weights[1] - self.weights[0]

    @property
    def change_of_rate(self) -> Floats:
        return self.rates[1] - self.rates[0]

    def slopes(self, which: int, by_rate: Floats, by_weight: Floats) -> Floats:
        """Turn slopes by the rates and weights of one side (0 the reference's) into slopes by its sums.

        The arguments end in (cells,) after the metrics' axis and perhaps others.
        """
        side, common = self.both.sides[which], self.both.common
        w, below = self.weights[which], side.below
        shape = (len(common), *[1] * (by_rate.ndim - 2), common.shape[1])
        common, w, below, top = (a.reshape(shape) for a in (common, w, below, side.top))
        total = np.where(common, below, 0).sum(axis=-1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            by_top = np.where(common, by_rate / below, 0.0)
            turned = (by_weight - (by_weight * w).sum(axis=-1, keepdims=True)) / total
            by_below = np.where(common, turned - by_rate * top / below**2, 0.0)
        return np.stack([by_top, by_below], axis=-1)

    def _weigh(self, side: SideCells) -> Floats:
        below = np.where(self.both.common, side.below, 0.0)
        total = below.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(total > 0, below / total, 0.0))


def split_change(both: BothSides) -> list[Part]:
    """Return mix, rates and one_sided; over two attributes also the parts of the mix that each of them has.

    Their sum mix + rates + one_sided is the change over everyone. NaN where no cell is on both sides.
    """
    weighing = Weighing(both)
    mix, rates = mix_part(weighing), rates_part(weighing)
    return [*split_mix(weighing, mix), mix, rates, one_sided_part(weighing)]


def mix_part(weighing: Weighing) -> Part:
    """Return the part of another mix: the change of weights at the mean of both sides' rates."""
    dw, rate = weighing.change_of_weight, weighing.mean_rate
    return _known(
        weighing,
        Part(
            "mix",
            (dw * rate).sum(axis=1),
            weighing.slopes(0, dw / 2, -rate),
            weighing.slopes(1, dw / 2, rate),
        ),
    )


def rates_part(weighing: Weighing) -> Part:
    """Return the part of other rates: the change of rates at the mean of both sides' weights."""
    dr, weight = weighing.change_of_rate, weighing.mean_weight
    return _known(
        weighing,
        Part(
            "rates",
            (weight * dr).sum(axis=1),
            weighing.slopes(0, -weight, dr / 2),
            weighing.slopes(1, weight, dr / 2),
        ),
    )


def one_sided_part(weighing: Weighing) -> Part:
    """Return what cells of one side only do: how far each side's value lies from that of the cells on both."""
    values, slopes = [], []
    for which, side in enumerate(weighing.both.sides):
        w, total = weighing.weights[which], side.below.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            everyone = side.top.sum(axis=1, keepdims=True) / total
            among = (w * (weighing.rates[which] - side.centre)).sum(axis=1, keepdims=True)
            values.append((everyone - among)[:, 0])
            whole = np.stack([np.ones_like(side.below) / total, np.broadcast_to(-everyone / total, w.shape)], axis=-1)
        inside = weighing.slopes(which, w, weighing.rates[which])
        slopes.append(np.where(np.isfinite(whole), whole, 0.0) - inside)
    return _known(weighing, Part("one_sided", values[1] - values[0], -slopes[0], slopes[1]))


def split_mix(weighing: Weighing, mix: Part) -> list[Part]:
    """Return what each of two attributes has in the part of another mix, and what only both together have.

    The mean rates are split into main effects by least squares under the mean weights (Oaxaca 1973, Blinder 1973); a
    shift of all effects of an attribute, which Yun 2005 fixes, changes nothing, as the changes of weights add up to 0.
    NaN where levels fall apart into sets that never meet, so that their effects cannot be told from each other's.
    """
    both = weighing.both
    if len(both.axes) != 2:
        return []
    found = [_main_effects(weighing, m) for m in range(len(both.metrics))]
    names = both.names
    parts = []
    for axis in range(2):
        value, by_rate, by_mean_weight, by_change = (np.stack([f[axis][i] for f in found]) for i in range(4))
        slopes = [
            weighing.slopes(which, by_rate / 2, by_mean_weight / 2 + (by_change if which else -by_change))
            for which in range(2)
        ]
        parts.append(_known(weighing, Part(f"mix[{names[axis]}]", value, *slopes)))
    rest = [
        getattr(mix, what) - getattr(parts[0], what) - getattr(parts[1], what)
        for what in ("value", "reference", "customer")
    ]
    return [*parts, Part(f"mix[{names[0]} x {names[1]}]", *rest)]


def _main_effects(weighing: Weighing, m: int) -> list[tuple[Any, Floats, Floats, Floats]]:
    """Return of each attribute the value of its part, and its slopes by mean rates, mean weights, changes of weights.

    With M = D'WD of the effects' dummies D: the effects b are M^-1 D'W rate, the part is c'b with c the changes of
    weights of the attribute's levels; its slope by a mean weight is c'M^-1 d (rate - d'b), d the cell's dummies.
    """
    codes, common = weighing.both.codes, weighing.both.common[m]
    weight, rate, dw = (a[m] for a in (weighing.mean_weight, weighing.mean_rate, weighing.change_of_weight))
    n = len(codes)
    if not common.any() or not _is_connected(codes[common]):
        nothing = np.full(n, np.nan)
        return [(np.nan, nothing, nothing, nothing)] * 2
    levels = [np.unique(codes[:, axis], return_inverse=True) for axis in range(2)]
    blocks = [np.eye(len(names))[place] for names, place in levels]
    dummies = np.concatenate(blocks, axis=1)
    inverse = np.linalg.pinv(dummies.T @ (weight[:, None] * dummies), rcond=1e-12, hermitian=True)
    effects = inverse @ (dummies.T @ (weight * rate))
    left = rate - dummies @ effects
    ends = np.cumsum([0, *(b.shape[1] for b in blocks)])
    found: list[tuple[Any, Floats, Floats, Floats]] = []
    for axis in range(2):
        mine = np.zeros(dummies.shape[1])
        mine[ends[axis] : ends[axis + 1]] = dw @ blocks[axis]
        pull = dummies @ (inverse @ mine)
        by_change = blocks[axis] @ effects[ends[axis] : ends[axis + 1]]
        found.append((dw @ by_change, weight * pull, pull * left, by_change))
    return found


def _is_connected(codes: NDArray[np.int64]) -> bool:
    """Whether every level can be reached from every other one by way of cells that share a level."""
    reached = np.zeros(len(codes), bool)
    reached[0] = True
    while True:
        more = np.isin(codes[:, 0], codes[reached, 0]) | np.isin(codes[:, 1], codes[reached, 1])
        if (more == reached).all():
            return bool(reached.all())
        reached = more


def _known(weighing: Weighing, part: Part) -> Part:
    """Return a part, NaN where no cell is on both sides."""
    return Part(part.name, np.where(weighing.known, part.value, np.nan), part.reference, part.customer)
