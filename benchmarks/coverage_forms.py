"""Three forms of the limits of a mean of rates over levels, beside each other: how often they hold the truth.

Two samples of units in levels, without clusters. `linear` is the linearised variance, put into Wilson's limits of the
mean; `levels` adds up Wilson's limits of every level in quadrature (MOVER), with the variance of the weights; `ten
more` is linear with the variance of no level below what it would be with ten more units that vary as all do: the
product's. Run as a module, it prints the second table of docs/decisions/last-mile.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage_decomposition import FAR, NEAR, RARE, SIX, SPREAD, THREE
from metrics.intervals import difference_limits, quantile, share_limits

Floats = NDArray[Any]
Pair = tuple[tuple[float, ...], tuple[float, ...]]
FORMS = ("linear", "levels", "ten more")
RARE_SIX = ((0.01, 0.02, 0.03, 0.05, 0.05, 0.1), (0.01, 0.02, 0.03, 0.05, 0.08, 0.1))
NONE_AND_ALL = ((0.01, 0.02, 0.95), (0.02, 0.02, 0.95))


def simulate_forms(shares: Pair, rates: Pair, n: tuple[int, int], runs: int = 20_000) -> dict[tuple[str, str], float]:
    """Return, by part (`mix`, `rates`, `standard`: the customer's rates at the reference's mix) and form, how often."""
    rng, z = np.random.default_rng(3), float(quantile(0.05))
    below = [rng.multinomial(size, share, runs) for size, share in zip(n, shares, strict=True)]
    top = [rng.binomial(x, rate) for x, rate in zip(below, rates, strict=True)]
    common = (below[0] > 0) & (below[1] > 0)
    x = [np.where(common, b, 1) for b in below]
    used = [np.where(common, b, 0) for b in below]
    total = [u.sum(axis=1, keepdims=True) for u in used]
    rate = [np.where(common, t / b, 0.0) for t, b in zip(top, x, strict=True)]
    weight = [u / t for u, t in zip(used, total, strict=True)]
    mean_weight, mean_rate = (weight[0] + weight[1]) / 2, (rate[0] + rate[1]) / 2
    dr, dw = rate[1] - rate[0], weight[1] - weight[0]

    def of_weights(side: int, slope: Floats) -> Floats:
        around = slope - (slope * weight[side]).sum(axis=1, keepdims=True)
        return np.asarray((around**2 * weight[side]).sum(axis=1) / total[side][:, 0])

    def of_rates(side: int, slope: Floats, form: str) -> Floats:
        own = rate[side] * (1 - rate[side])
        if form == "ten more":
            pooled = (used[side] * own).sum(axis=1, keepdims=True) / total[side]
            own = np.maximum(own, (x[side] * own + 10 * pooled) / (x[side] + 10))
        return np.asarray((slope**2 * own / x[side] * common).sum(axis=1))

    def limits(side: int, slope: Floats, by_weight: Floats, form: str) -> tuple[Floats, Floats, Floats]:
        value, more = (slope * rate[side]).sum(axis=1), of_weights(side, by_weight)
        if form == "levels":
            ends = share_limits(rate[side], x[side], z)
            reach = [np.sqrt(((slope * (rate[side] - end)) ** 2 * common).sum(axis=1) + z * z * more) for end in ends]
            return value, value - reach[0], value + reach[1]
        variance = of_rates(side, slope, form) + more
        with np.errstate(divide="ignore", invalid="ignore"):
            none = 1 / (slope**2 / x[side] * common).sum(axis=1)
            inside = (variance > 0) & (value > 0) & (value < 1)
            low, high = share_limits(value, np.where(inside, value * (1 - value) / variance, none), z)
        return value, low, high

    (w, v), (r, s) = (np.array(pair) for pair in (shares, rates))
    held = {}
    for form in FORMS:
        one, two = (limits(side, mean_weight, dr / 2, form) for side in (1, 0))
        low, high = difference_limits(*one, *two)
        held["rates", form] = _share(low, high, (v + w) / 2 @ (s - r))
        value, low, high = limits(1, weight[0], np.zeros_like(dr), form)
        more = z * z * of_weights(0, rate[1])
        ends = value - np.sqrt((value - low) ** 2 + more), value + np.sqrt((high - value) ** 2 + more)
        held["standard", form] = _share(*ends, w @ s)
        if form != "levels":
            variance = sum(of_rates(side, dw / 2, form) + of_weights(side, mean_rate) for side in range(2))
            value, reach = (dw * mean_rate).sum(axis=1), z * np.sqrt(variance)
            held["mix", form] = _share(value - reach, value + reach, (v - w) @ (r + s) / 2)
    return held


def _share(low: Floats, high: Floats, true: float) -> float:
    return float(((low <= true) & (true <= high)).mean())


def write_table(runs: int = 20_000) -> Iterator[str]:
    columns = [("mix", "linear"), ("mix", "ten more"), *((p, f) for p in ("rates", "standard") for f in FORMS)]
    yield f"| levels | units | {' | '.join(f'{part}, {form}' for part, form in columns)} |"
    yield f"|---|---|{'--:|' * len(columns)}"
    cases: list[tuple[str, Pair, Pair, tuple[int, int]]] = [
        ("3, far apart", THREE, FAR, (1000, 200)),
        ("3, far apart", THREE, FAR, (100, 100)),
        ("3, all alike", THREE, NEAR, (1000, 200)),
        ("3, rare", THREE, RARE, (1000, 200)),
        ("3, rare", THREE, RARE, (200, 100)),
        ("6, from .02", SIX, SPREAD, (2000, 300)),
        ("6, from .02", SIX, SPREAD, (500, 150)),
        ("6, rare", SIX, RARE_SIX, (2000, 300)),
        ("6, rare", SIX, RARE_SIX, (500, 100)),
        ("3, hardly any and nearly all", THREE, NONE_AND_ALL, (200, 100)),
    ]
    for title, shares, rates, n in cases:
        found = simulate_forms(shares, rates, n, runs)
        yield f"| {title} | {n[0]} and {n[1]} | {' | '.join(f'{100 * found[column]:.1f}' for column in columns)} |"


if __name__ == "__main__":
    for line in write_table():
        print(line, flush=True)
