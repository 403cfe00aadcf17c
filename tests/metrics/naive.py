"""The statistics once more, row by row in plain loops, as an oracle: nothing of the product is used.

A unit is a dict with the attributes, `w` (weight), `c` (cluster) and what the metric needs. A ratio metric is a
function from a unit to (y, x), what it adds to numerator and denominator, or None where it has no part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import asinh, exp, inf, isnan, log, nan, sqrt
from typing import Any

from scipy.special import ndtri, stdtrit

Unit = dict[str, Any]
Part = tuple[float, float] | None


@dataclass
class File:
    """A whole file: what one slice's interval borrows from it. `kind` is "share" or "rate"."""

    units: list[Unit]
    attributes: Sequence[str]
    parts: Callable[[Unit], Part]
    kind: str = "share"
    clustered: bool = False
    weighted: bool = False
    rho: float = field(init=False, default=0.0)
    phi: float = field(init=False, default=nan)
    few_events: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.phi = self._pool_phi()
        if self.clustered:
            self.rho, self.few_events = self._pool_rho(), self._has_few_events()

    def groups(self) -> list[list[Unit]]:
        found = []
        for attribute in self.attributes:
            for level in dict.fromkeys(u[attribute] for u in self.units):
                found.append([u for u in self.units if u[attribute] == level])
        return found or [self.units]

    def _pool_rho(self) -> float:
        above = under = 0.0
        for group in self.groups():
            s = Sums(self, group)
            if s.x == 0 or s.clusters < 2:
                continue
            above += s.clusters / (s.clusters - 1) * s.between - s.within
            under += s.within * (s.m - 1)
        return min(max(above / under, 0.0), 1.0) if under > 0 else 0.0

    def _pool_phi(self) -> float:
        squares = tops = 0.0
        for group in self.groups():
            s = Sums(self, group)
            if s.x > 0:
                squares, tops = squares + s.within, tops + s.y
        return squares / tops if tops else nan

    def _has_few_events(self) -> bool:
        having, lacking = set(), set()
        for u in self.units:
            part = self.parts(u)
            if part is not None and part[0] > 0:
                having.add(u["c"])
            if part is not None and part[1] > part[0]:
                lacking.add(u["c"])
        return len(having) < 10 or len(lacking) < 10


class Sums:
    """The sums over some units of a file, and their squares by unit and by cluster."""

    def __init__(self, file: File, units: Sequence[Unit]) -> None:
        entries = [(u, file.parts(u)) for u in units]
        self.entries = [(u, p) for u, p in entries if p is not None]
        self.n = len(self.entries)
        self.y = sum(u["w"] * p[0] for u, p in self.entries)
        self.x = sum(u["w"] * p[1] for u, p in self.entries)
        self.value = self.y / self.x if self.x else nan
        self.of_unit: dict[int, float] = {}
        self.of_cluster: dict[Any, float] = defaultdict(float)
        x_of_cluster: dict[Any, float] = defaultdict(float)
        squares = 0.0
        for u, (y, x) in self.entries:
            e = u["w"] * (y - self.value * x) if self.x else nan
            self.of_unit[u["row"]] = e
            self.of_cluster[u.get("c")] += e
            x_of_cluster[u.get("c")] += u["w"] * x
            squares += (u["w"] * x) ** 2
        self.clusters = len(x_of_cluster)
        self.within = sum(e * e for e in self.of_unit.values())
        self.between = sum(e * e for e in self.of_cluster.values())
        self.x_squared = sum(x * x for x in x_of_cluster.values())
        self.kish = self.x**2 / squares if squares else nan
        self.m = self.x_squared / squares if squares else nan


class Side:
    """One value with its limits at any level and its final variance."""

    def __init__(self, file: File, units: Sequence[Unit]) -> None:
        s = self.sums = Sums(file, units)
        self.file, self.value, self.n = file, s.value, s.n
        c = s.clusters
        self.clusters = c if file.clustered else None
        self.n_eff = self.se = self.n_zero = self.variance = nan
        if not s.x:
            return
        design = 1 + (s.m - 1) * file.rho if file.clustered else 1.0
        if file.kind == "share":
            p = s.value
            row = s.within / s.x**2
            certain = min(abs(p), abs(1 - p)) < 1e-12
            if file.clustered:
                if c < 2:
                    return
                v = max(c / (c - 1) * s.between / s.x**2, row * design)
                self.n_eff = s.kish / design if certain else min(p * (1 - p) / v, s.kish / design)
                if file.few_events:
                    self.n_eff = min(self.n_eff, s.x**2 / s.x_squared)
            else:
                self.n_eff = s.kish if certain else min(p * (1 - p) / row, s.kish)
            self.variance = 0.0 if certain else p * (1 - p) / self.n_eff
        else:
            if (c if file.clustered else s.n) < 2:
                return
            if file.clustered:
                v = max(c / (c - 1) * s.between, s.within * design) / s.x**2
            else:
                v = s.n / (s.n - 1) * s.within / s.x**2
            phi = file.phi
            if v <= 1e-25 and s.value > 0:
                v = phi * s.value / s.x * design
            self.variance, self.se, self.n_zero = v, sqrt(v), s.x / (phi * design)

    def quantile(self, alpha: float) -> float:
        if self.file.clustered:
            return -float(stdtrit(self.sums.clusters - 1, alpha / 2)) if self.sums.clusters > 1 else nan
        if self.file.kind == "rate":
            return -float(stdtrit(self.n - 1, alpha / 2)) if self.n > 1 else nan
        return -float(ndtri(alpha / 2))

    def limits(self, alpha: float = 0.05) -> tuple[float, float]:
        q, p = self.quantile(alpha), self.value
        if isnan(q) or isnan(p):
            return nan, nan
        if self.file.kind == "rate":
            if p == 0:
                return 0.0, q * q / self.n_zero
            u = q * self.se / (2 * p)
            return p * exp(-2 * asinh(u)), p * exp(2 * asinh(u))
        a = q * q / self.n_eff
        centre, half = (
            (p + a / 2) / (1 + a),
            q * sqrt(max(p * (1 - p), 0) / self.n_eff + a / (4 * self.n_eff)) / (1 + a),
        )
        low = 0.0 if p < 1e-12 else centre - half
        return low, 1.0 if p > 1 - 1e-12 else centre + half


def correlate(one: Side, two: Side) -> float:
    """The correlation of two sides over the clusters, or units, on both."""
    a, b, file = one.sums, two.sums, one.file
    if file.clustered:
        shared = set(a.of_cluster) & set(b.of_cluster)
        total = sum(a.of_cluster[c] * b.of_cluster[c] for c in shared)
        n = len(set(a.of_cluster) | set(b.of_cluster))
    else:
        shared = set(a.of_unit) & set(b.of_unit)
        total = sum(a.of_unit[u] * b.of_unit[u] for u in shared)
        n = len(set(a.of_unit) | set(b.of_unit)) if file.kind == "rate" else inf
    if not shared or not one.variance > 1e-25 or not two.variance > 1e-25 or n < 2:
        return 0.0
    cov = total / (a.x * b.x) * (1.0 if n == inf else n / (n - 1))
    return min(max(cov / sqrt(one.variance * two.variance), -1.0), 1.0)


def differ(one: Side, two: Side, alpha: float = 0.05) -> tuple[float, float, float]:
    """The difference and its limits (MOVER)."""
    r, d = correlate(one, two), one.value - two.value
    (l1, u1), (l2, u2) = one.limits(alpha), two.limits(alpha)
    a, b, c, e = one.value - l1, u2 - two.value, u1 - one.value, two.value - l2
    low = d - sqrt(max(a * a + b * b - 2 * r * a * b, 0))
    return d, low, d + sqrt(max(c * c + e * e - 2 * r * c * e, 0))


def p_of_difference(one: Side, two: Side, factor: float = 1.0) -> float:
    """The alpha at which the interval of the difference touches 0, by bisection."""
    if one.value == two.value:
        return 1.0
    low, high = log(1e-14), 0.0
    for _ in range(45):
        middle = (low + high) / 2
        _, least, most = differ(one, two, exp(middle) / factor)
        if least <= 0 <= most:
            low = middle
        else:
            high = middle
    return exp(high)


def area(units: Sequence[Unit], clustered: bool) -> dict[str, float]:
    """AUC by all pairs, its variance and limits; weights by squared weights and Kish's numbers."""
    pos = [u for u in units if u["label"] == 1 and u["w"] > 0]
    neg = [u for u in units if u["label"] == 0 and u["w"] > 0]
    if not pos or not neg:
        return {"value": nan}

    def wins(a: Unit, b: Unit) -> float:
        return 1.0 if a["score"] > b["score"] else 0.5 if a["score"] == b["score"] else 0.0

    wp, wn = sum(u["w"] for u in pos), sum(u["w"] for u in neg)
    value = sum(u["w"] * v["w"] * wins(u, v) for u in pos for v in neg) / (wp * wn)
    influence = {u["row"]: u["w"] * (sum(v["w"] * wins(u, v) for v in neg) / wn - value) / wp for u in pos}
    influence |= {v["row"]: v["w"] * (sum(u["w"] * wins(u, v) for u in pos) / wp - value) / wn for v in neg}
    by_cluster: dict[Any, float] = defaultdict(float)
    for u in units:
        by_cluster[u.get("c")] += influence.get(u["row"], 0.0)
    n_clusters = len(by_cluster)
    if clustered:
        delong = n_clusters / (n_clusters - 1) * sum(v * v for v in by_cluster.values()) if n_clusters > 1 else nan
    else:
        delong = 0.0
        for side in (pos, neg):
            squares = sum(influence[u["row"]] ** 2 for u in side)
            delong += squares * len(side) / (len(side) - 1) if len(side) > 1 else nan
    p, n = wp**2 / sum(u["w"] ** 2 for u in pos), wn**2 / sum(u["w"] ** 2 for u in neg)
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    hanley = (value * (1 - value) + (p - 1) * (q1 - value**2) + (n - 1) * (q2 - value**2)) / (p * n)
    v = hanley if isnan(delong) else max(delong, hanley)
    found = {"value": value, "variance": v, "clusters": n_clusters, "smaller": min(len(pos), len(neg))}
    if value in (0.0, 1.0):
        n_eff = 2 * p * n / ((n if value else p) + 1)
    else:
        n_eff = value * (1 - value) / v
    q = -float(stdtrit(n_clusters - 1, 0.025) if clustered else ndtri(0.025))
    a = q * q / n_eff
    centre, half = (value + a / 2) / (1 + a), q * sqrt(value * (1 - value) / n_eff + a / (4 * n_eff)) / (1 + a)
    return {
        **found,
        "low": 0.0 if value == 0 else centre - half,
        "high": 1.0 if value == 1 else centre + half,
        "influence": influence,  # type: ignore[dict-item]
        "by_cluster": dict(by_cluster),  # type: ignore[dict-item]
    }
