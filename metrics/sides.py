"""Sides: the values of metrics over sets of units, with limits at any level.

From the moments of a family of metrics follow value, variance and effective number of units, and
from those the limits that each kind of formula has. Comparisons are made of two sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics import intervals
from metrics.cube import Cube
from metrics.moments import Family, Moments, Opposite
from metrics.registry import MeanOfShares, Metric, OfClusters, Rate, Share, SignedMean, Smooth

Floats = NDArray[Any]

# Under so many clusters with an event (or without one) in the whole file, the clusters are the sample.
_FEW_CLUSTERS_WITH_EVENTS = 10


@dataclass(frozen=True)
class Side:
    """Values of metrics over sets, with what their limits need; arrays of one shape.

    `kind` says which limits: "share", "rate", "mean", "atanh", "log1m", "combined", "quantile" or
    "sd". `n` is the effective number of units of a share, `se` the standard error of the others,
    `n_zero` the effective number of a rate of 0, `df` the degrees of freedom (infinite: the normal
    quantile). `transform` turns share limits into what is shown, `bounds` are those of the metric;
    `parts` and `correlations` (shape, parts, parts) belong to a mean of shares, `samples` (each a
    sorted array) to a median.
    """

    kind: str
    value: Floats
    n: Floats
    se: Floats
    n_zero: Floats
    df: Floats
    transform: str = ""
    bounds: tuple[float, float] = (-np.inf, np.inf)
    parts: Side | None = None
    correlations: Floats | None = None
    samples: NDArray[np.object_] | None = None

    def limits(self, alpha: Any, at: Any = ..., more: float = 0.0) -> tuple[Floats, Floats]:
        """Return (low, high) at level 1 - alpha, of all elements or of those at the index `at`.

        `more` is added to the quantile; the limits of a median, which have none, are then NaN.
        """
        value, df = self.value[at], self.df[at]
        if self.kind == "combined":
            assert self.parts is not None
            inner = np.asarray(alpha)[..., None]
            lows, highs = self.parts.limits(inner, at, more)
            correlations = None if self.correlations is None else np.moveaxis(self.correlations[at], (-2, -1), (0, 1))
            low, high = intervals.mean_of_limits(
                np.moveaxis(self.parts.shown[at], -1, 0),
                np.moveaxis(lows, -1, 0),
                np.moveaxis(highs, -1, 0),
                correlations,
            )
            return low, high
        q = intervals.quantile(alpha, df) + more
        match self.kind:
            case "share":
                low, high = intervals.share_limits(value, self.n[at], q)
                if self.transform:
                    low, high = (intervals.transform_share(x, self.transform) for x in (low, high))  # type: ignore[arg-type]
            case "rate":
                low, high = intervals.rate_limits(value, self.se[at], q, self.n_zero[at])
                if self.transform == "root":
                    low, high = np.sqrt(low), np.sqrt(high)
            case "mean":
                low, high = intervals.mean_limits(value, self.se[at], q)
            case "atanh":
                low, high = intervals.atanh_limits(value, self.se[at], q)
            case "log1m":
                low, high = intervals.log1m_limits(value, self.se[at], q)
            case "quantile":
                assert self.samples is not None
                low, high = intervals.median_limits(self.samples[at], alpha) if not more else (q * np.nan, q * np.nan)
            case "sd":
                low, high = intervals.deviation_limits(value, self.n[at], self.se[at], q)
            case _:
                raise ValueError(f"There are no limits of the kind {self.kind!r}.")
        return np.maximum(low, self.bounds[0]), np.minimum(high, self.bounds[1])

    @property
    def shown(self) -> Floats:
        """The values as they are shown: odds, F1, root mean squared errors."""
        if self.kind == "share":
            return intervals.transform_share(self.value, self.transform)  # type: ignore[arg-type]
        return np.sqrt(self.value) if self.transform == "root" else self.value

    @property
    def variance(self) -> Floats:
        """The final variance, on the scale before any transformation (a scale cancels in a correlation)."""
        if self.kind == "share":
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(self.value * (1 - self.value) / self.n)
        if self.kind == "combined":
            assert self.parts is not None
            spread = np.sqrt(self.parts.variance) * slope_of(self.parts)
            k = spread.shape[-1]
            if self.correlations is None:
                return np.asarray((spread * spread).sum(axis=-1) / k**2)
            return np.asarray(np.einsum("...i,...ij,...j->...", spread, self.correlations, spread) / k**2)
        return np.asarray(self.se * self.se)

    def grown(self, factor: Floats) -> Side:
        """Return the sides with so many times the units (and clusters) at the same values; `factor` has their shape."""
        some = factor[..., None] if self.parts is not None else factor
        return replace(
            self,
            n=self.n * factor,
            se=self.se / np.sqrt(factor),
            n_zero=self.n_zero * factor,
            df=(self.df + 1) * factor - 1,
            parts=None if self.parts is None else self.parts.grown(np.broadcast_to(some, self.parts.value.shape)),
        )

    def at(self, places: NDArray[np.intp]) -> Side:
        """Return the elements at these places of flat sides."""
        return self._map(lambda a, _: a[places])

    def flat(self) -> Side:
        """Return the same with one axis, for the metrics and sets together."""
        return self._map(lambda a, keep: a.reshape(-1, *a.shape[a.ndim - keep :]))

    def _map(self, change: Any, keep: int = 0) -> Side:
        arrays: dict[str, Any] = {f.name: change(getattr(self, f.name), keep) for f in fields(self)[1:6]}
        parts = None if self.parts is None else self.parts._map(change, keep + 1)
        correlations = None if self.correlations is None else change(self.correlations, 2)
        samples = None if self.samples is None else change(self.samples, 0)
        return replace(self, **arrays, parts=parts, correlations=correlations, samples=samples)


def slope_of(side: Side) -> Floats:
    """Return the slope of the transformation at each value, for the delta method."""
    with np.errstate(divide="ignore"):
        match side.transform:
            case "dice":
                return np.asarray(2 / (1 + side.value) ** 2)
            case "odds":
                return np.asarray(1 / (1 - side.value) ** 2)
            case "root":
                return np.asarray(1 / (2 * np.sqrt(side.value)))
    return np.ones_like(side.value)


def _join_sides(sides: Sequence[Side]) -> Side:
    """Join sides of one kind along their sets, the second axis."""
    first = sides[0]
    arrays: dict[str, Any] = {
        f.name: np.concatenate([getattr(s, f.name) for s in sides], axis=1) for f in fields(first)[1:6]
    }
    parts = None if first.parts is None else _join_sides([s.parts for s in sides if s.parts is not None])
    correlations = None
    if first.correlations is not None:
        correlations = np.concatenate([s.correlations for s in sides if s.correlations is not None], axis=1)
    samples = None
    if first.samples is not None:
        samples = np.concatenate([s.samples for s in sides if s.samples is not None], axis=1)
    return replace(first, **arrays, parts=parts, correlations=correlations, samples=samples)


@dataclass(frozen=True)
class Pooled:
    """What the intervals of a family borrow from the whole file; arrays (metrics, parts).

    `rho` is the correlation within clusters, `phi` the dispersion of a rate, `few` whether too few
    clusters have an event.
    """

    rho: Floats
    phi: Floats
    few: NDArray[np.bool_]


@dataclass(frozen=True)
class Measured:
    """A side and what is told of it: arrays (metrics, sets). `gradient` is the influence of each sum.

    `hidden` marks the sets that nobody may see: nothing is known of them here.
    """

    side: Side
    top: Floats
    below: Floats
    units: Floats
    denominator: Floats
    effective: Floats
    clusters: Floats | None
    gradient: Floats
    weight: Floats  # the denominator, weighted where units are
    hidden: NDArray[np.bool_] | None = None

    def take(self, sets: slice | NDArray[np.int64]) -> Measured:
        """Return some of the sets."""
        some: dict[str, Any] = {name: None if a is None else a[:, sets] for name, a in _arrays(self).items()}
        return replace(self, side=self.side._map(lambda a, _: a[:, sets]), **some)


def join_measured(parts: Sequence[Measured]) -> Measured:
    """Join what was measured of the same metrics, one part's sets after another's."""
    first = parts[0]
    if len(parts) == 1:
        return first
    joined: dict[str, Any] = {
        name: None if a is None else np.concatenate([getattr(p, name) for p in parts], axis=1)
        for name, a in _arrays(first).items()
    }
    return replace(first, side=_join_sides([p.side for p in parts]), **joined)


def _arrays(measured: Measured) -> dict[str, Any]:
    return {f.name: getattr(measured, f.name) for f in fields(measured)[1:]}


def family_kind(metric: Metric) -> tuple[str, ...]:
    """Metrics of one kind are computed together: they have the same limits and number of sums."""
    match metric.formula:
        case Share(transform=transform, units=units):
            return ("share", transform, "several" if units else "")
        case Rate(root=root):
            return ("rate", "root" if root else "", str(metric.bounds))
        case SignedMean():
            return ("mean", str(metric.bounds))
        case MeanOfShares(shares, over_classes):
            return ("combined", str(len(shares)), str(over_classes), shares[0].transform)
        case Smooth(scale=scale):
            return ("smooth", scale, metric.name.split("[")[0])
        case OfClusters():
            return ("apart", "clusters")
    return ("apart", metric.formula.kind)


def pool(cube: Cube, family: Family) -> Pooled:
    """Return rho, phi and the few-events rule of a family, from the levels of every attribute singly.

    STATISTICS: rho = sum of [C/(C - 1) sum e_c^2 - sum e_i^2] over sum of [sum e_i^2 (m - 1)].
    """
    key = ("pooled", tuple(m.name for m in family.metrics))
    if key not in cube.kept:
        cube.kept[key] = _pool(cube, family)
    pooled: Pooled = cube.kept[key]
    return pooled


def measure_side(family: Family, moments: Moments, pooled: Pooled) -> Measured:
    """Return the values of a family over sets, with everything that their limits need."""
    formula = family.metrics[0].formula
    match formula:
        case Share() | Rate() | SignedMean():
            return _measure_ratio(family, moments, pooled)
        case MeanOfShares():
            return _measure_mean_of_shares(family, moments, pooled)
        case Smooth():
            return _measure_smooth(family, moments, pooled)
    raise TypeError(f"{family.metrics[0].name} is no function of sums.")


def correlation(family: Family, one: Measured, two: Measured, opposite: Opposite) -> Floats:
    """Return the correlation of two sides over the units or clusters that they share, (metrics, sets).

    It lies within -1 and 1, and is 0 where nothing is shared or a variance is 0.
    """
    if opposite.shared is None:
        return np.zeros_like(one.side.value)
    together = np.einsum("msa,msab,msb->ms", one.gradient, opposite.shared, two.gradient)
    # Of independent units, the variances of shares and of Matthews' correlation are without n / (n - 1).
    counted = one.side.kind in ("combined", "atanh") or isinstance(family.metrics[0].formula, Share)
    plain = counted and one.clusters is None
    with np.errstate(divide="ignore", invalid="ignore"):
        if opposite.either is not None and not plain:
            n = opposite.either.max(axis=2)
            together = together * np.where(n > 1, n / (n - 1), 1)
        r = together / np.sqrt(one.side.variance * two.side.variance)
    return np.where(np.isfinite(r), np.clip(r, -1, 1), 0.0)


def _pool(cube: Cube, family: Family) -> Pooled:
    n_metrics, parts = len(family.metrics), family.parts
    if not cube.has_clusters and isinstance(family.metrics[0].formula, Share | MeanOfShares | Smooth):
        # Shares and correlations of independent units borrow nothing.
        return Pooled(np.zeros((n_metrics, parts)), np.full((n_metrics, parts), np.nan), _few_events(cube, family))
    groupings = [cube.by((a.name,)) for a in cube.axes if not a.saved] or [cube.by(())]
    above, under = np.zeros((2, n_metrics, parts))
    squares, tops = np.zeros((2, n_metrics, parts))
    for grouping in groupings:
        moments = family.of_cells(grouping)
        gradient, x, top, _ = _influences(family, moments)
        e_units = _square(moments.products, gradient)
        with np.errstate(divide="ignore", invalid="ignore"):
            used = x > 0
            squares += np.where(used, e_units, 0).sum(axis=1)
            tops += np.where(used, top, 0).sum(axis=1)
            if moments.clusters is None or moments.cluster_products is None:
                continue
            c = moments.clusters
            m = _denominator_squares(family, moments.cluster_products) / _denominator_squares(family, moments.products)
            own = c / (c - 1) * _square(moments.cluster_products, gradient)
            used = used & (c > 1)
            above += np.where(used, own - e_units, 0).sum(axis=1)
            under += np.where(used, e_units * (m - 1), 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = np.where(under > 0, np.clip(above / under, 0, 1), 0.0)
        # Without a single event anywhere, counts are taken to vary like Poisson's; others cannot tell.
        phi = np.where(tops > 0, squares / tops, 1.0 if _of_counts(family) else np.nan)
    return Pooled(rho, phi, _few_events(cube, family))


def _of_counts(family: Family) -> bool:
    return all(isinstance(m.formula, Rate) and m.formula.of_counts for m in family.metrics)


def _few_events(cube: Cube, family: Family) -> NDArray[np.bool_]:
    """Whether under ten clusters of the file have an event, or under ten have a unit without one."""
    few = np.zeros((len(family.metrics), family.parts), dtype=bool)
    everyone = cube.by(())
    if everyone.clusters is None or not isinstance(family.metrics[0].formula, Share | MeanOfShares):
        return few
    for m in range(len(family.metrics)):
        # Terms are values of an utterance, not kinds of utterances: it may have several.
        counted = _counts_several(family)
        rows = family.entries(m, everyone.clusters) if counted else everyone.clusters.rows @ family.outcomes[m].T
        top, below = rows[:, 0::2], rows[:, 1::2]
        enough = ((top > 0).sum(axis=0) >= _FEW_CLUSTERS_WITH_EVENTS) & (
            (below > top).sum(axis=0) >= _FEW_CLUSTERS_WITH_EVENTS
        )
        few[m] = ~enough
    return few


def _influences(family: Family, moments: Moments) -> tuple[Floats, Floats, Floats, Floats]:
    """Return per part: e = gradient . sums of a unit, the denominator x, the numerator and the value.

    The gradient has the shape (M, S, parts, q), not yet divided by x; the others (M, S, parts).
    """
    s = moments.sums
    n_metrics, n_sets, q = s.shape
    formula = family.metrics[0].formula
    if isinstance(formula, Smooth):
        value = formula.function(*np.moveaxis(s[..., :-1], -1, 0))
        slopes = np.stack(
            [np.broadcast_to(g, value.shape) for g in formula.gradient(*np.moveaxis(s[..., :-1], -1, 0))], axis=-1
        )
        x = s[..., -1]
        gradient = np.concatenate([slopes * x[..., None], np.zeros((n_metrics, n_sets, 1))], axis=-1)
        return gradient[:, :, None, :], x[..., None], np.zeros_like(x)[..., None], value[..., None]
    parts = q // 2
    top, x = s[..., 0::2], s[..., 1::2]
    with np.errstate(divide="ignore", invalid="ignore"):
        # Words invented where nothing was said are no infinite rate: there is nothing to divide by.
        value = np.where(x > 0, top / x, np.nan)
    gradient = np.zeros((n_metrics, n_sets, parts, q))
    for k in range(parts):
        gradient[:, :, k, 2 * k] = 1
        gradient[:, :, k, 2 * k + 1] = -value[:, :, k]
    centre = family.centres[:, None, 0::2]
    return gradient, x, top + centre * x, value + centre


def _square(products: Floats, gradient: Floats) -> Floats:
    """Return the sums of squared residuals e, per part: (M, S, parts), never below 0."""
    squares = np.einsum("mspa,msab,mspb->msp", gradient, products, gradient)
    # Equal units leave nothing but rounding, which must not pass for a variance.
    size = np.abs(gradient)
    rounding = 1e-14 * np.einsum("mspa,msab,mspb->msp", size, np.abs(products), size)
    return np.asarray(np.where(squares > rounding, squares, np.where(np.isnan(squares), np.nan, 0.0)))


def _denominator_squares(family: Family, products: Floats) -> Floats:
    """Return the sums of squared denominators, per part."""
    diagonal = np.einsum("msaa->msa", products)
    return np.asarray(diagonal[..., -1:] if isinstance(family.metrics[0].formula, Smooth) else diagonal[..., 1::2])


def _variances(
    family: Family, moments: Moments, pooled: Pooled, gradient: Floats, x: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the variance of independent units, the final variance and the pooled design effect."""
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = _square(moments.products, gradient) / (x * x)
        if moments.clusters is None or moments.cluster_products is None:
            return alone, alone, np.ones_like(alone)
        c = moments.clusters
        own = np.where(c > 1, c / (c - 1), np.nan) * _square(moments.cluster_products, gradient) / (x * x)
        m = _denominator_squares(family, moments.cluster_products) / _denominator_squares(family, moments.products)
        design = 1 + (m - 1) * pooled.rho[:, None, :]
        return alone, np.where(c > 1, np.fmax(own, alone * design), np.nan), design


def _share_sizes(family: Family, moments: Moments, pooled: Pooled, gradient: Floats, x: Floats, p: Floats) -> Floats:
    """Return the effective number of units of shares, (M, S, parts)."""
    below_squares = _denominator_squares(family, moments.products)
    with np.errstate(divide="ignore", invalid="ignore"):
        kish = x * x / below_squares
        if moments.clusters is None and np.array_equal(x, below_squares):
            return x  # neither weights nor clusters: the count itself, exactly
        _, variance, design = _variances(family, moments, pooled, gradient, x)
        if moments.clusters is None and _counts_several(family):
            # A unit with several of what is counted is a cluster of its own.
            variance = variance * np.where(moments.below > 1, moments.below / (moments.below - 1), np.nan)
        n = np.fmin(p * (1 - p) / variance, np.where(_counts_several(family), x, kish) / design)
        n = np.where((p <= 0) | (p >= 1) | (variance <= 0), kish / design, n)
        if moments.cluster_products is not None:
            by_clusters = x * x / _denominator_squares(family, moments.cluster_products)
            n = np.where(pooled.few[:, None, :], np.fmin(n, by_clusters), n)
            n = np.where(np.isnan(variance), np.nan, n)  # one cluster alone cannot tell
    return np.where(x > 0, n, np.nan)


def _counts_several(family: Family) -> bool:
    """Whether one unit may have several of what a share counts."""
    return any(isinstance(m.formula, Share) and bool(m.formula.units) for m in family.metrics)


def _effective_units(family: Family, moments: Moments, x: Floats) -> Floats:
    """Return Kish's number of units; of a ratio whose denominators differ by nature, the units."""
    if _of_counts(family):
        return moments.below
    return np.asarray(x * x / _denominator_squares(family, moments.products))


def _degrees(moments: Moments, plain: Floats | float) -> Floats:
    """Return degrees of freedom per part: clusters less one, else those of the rule without clusters."""
    if moments.clusters is None:
        return np.broadcast_to(np.asarray(plain, float), moments.below.shape)
    return np.where(moments.clusters > 1, moments.clusters - 1, np.nan)


def _measure_ratio(family: Family, moments: Moments, pooled: Pooled) -> Measured:
    formula = family.metrics[0].formula
    gradient, x, top, value = _influences(family, moments)
    nothing = np.full_like(value, np.nan)
    if isinstance(formula, Share):
        n = _share_sizes(family, moments, pooled, gradient, x, value)
        several = formula.units and moments.clusters is None
        df = _degrees(moments, np.where(moments.below > 1, moments.below - 1, np.nan) if several else np.inf)
        side = Side("share", value, n, nothing, nothing, df, formula.transform)
        effective = n
    else:
        n = moments.below
        value = np.where(x > 0, value, np.nan)  # words invented where none were said have no rate
        alone, variance, design = _variances(family, moments, pooled, gradient, x)
        df = _degrees(moments, np.where(n > 1, n - 1, np.nan))
        with np.errstate(divide="ignore", invalid="ignore"):
            if moments.clusters is None:
                variance = variance * np.where(n > 1, n / (n - 1), np.nan)
            phi = pooled.phi[:, None, :]
            if isinstance(formula, Rate):
                # All units alike: the dispersion of the other slices serves, or there would be no width.
                variance = np.where((variance <= 0) & (value > 0), phi * value / x * design, variance)
            effective = _effective_units(family, moments, x) * np.where(variance > 0, alone / variance, 1 / design)
            n_zero = x / (phi * design)
        kind = "mean" if isinstance(formula, SignedMean) else "rate"
        transform = "root" if isinstance(formula, Rate) and formula.root else ""
        side = Side(kind, value, nothing, np.sqrt(variance), n_zero, df, transform, family.metrics[0].bounds)
    side = side._map(lambda a, _: a[:, :, 0])
    shown_top, shown_below = _shown_counts(family, top[:, :, 0], x[:, :, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = gradient[:, :, 0] / x
    return Measured(
        side,
        shown_top,
        shown_below,
        moments.units,
        moments.enough[:, :, 0],
        effective[:, :, 0],
        None if moments.clusters is None else moments.clusters[:, :, 0],
        scaled,
        x[:, :, 0],
    )


def _shown_counts(family: Family, top: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Return numerator and denominator of the value as it is shown; NaN where it is no ratio of counts."""
    formula = family.metrics[0].formula
    if isinstance(formula, Share):
        if formula.transform == "dice":
            return 2 * top, top + below
        if formula.transform == "odds":
            return top, below - top
        return top, below
    if isinstance(formula, Rate) and formula.of_counts:
        return top, below
    return np.full_like(top, np.nan), np.full_like(top, np.nan)


def _measure_mean_of_shares(family: Family, moments: Moments, pooled: Pooled) -> Measured:
    gradient, x, _, p = _influences(family, moments)
    nothing = np.full_like(p, np.nan)
    n = _share_sizes(family, moments, pooled, gradient, x, p)
    formula = family.metrics[0].formula
    assert isinstance(formula, MeanOfShares)
    parts = Side("share", p, n, nothing, nothing, _degrees(moments, np.inf), formula.shares[0].transform)
    products = moments.products if moments.cluster_products is None else moments.cluster_products
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = np.einsum("mspa,msab,msqb->mspq", gradient, products, gradient)
        spread = np.sqrt(np.einsum("mspp->msp", residuals))
        r = residuals / (spread[..., :, None] * spread[..., None, :])
        k = p.shape[-1]
        r = np.where(np.isfinite(r), np.clip(r, -1, 1), 0.0)
        r[..., range(k), range(k)] = 1.0
        scaled = (gradient * (slope_of(parts) / x)[..., None]).sum(axis=2) / k
        effective = n.min(axis=2)
    value = parts.shown.mean(axis=2)
    blank = np.full_like(value, np.nan)
    side = Side("combined", value, blank, blank, blank, parts.df.min(axis=2), parts=parts, correlations=r)
    clusters = None if moments.clusters is None else moments.clusters.min(axis=2)
    return Measured(
        side, blank, blank, moments.units, moments.enough.min(axis=2), effective, clusters, scaled, x.min(axis=2)
    )


def _measure_smooth(family: Family, moments: Moments, pooled: Pooled) -> Measured:
    formula = family.metrics[0].formula
    assert isinstance(formula, Smooth)
    gradient, x, _, value = _influences(family, moments)
    blank = np.full_like(value, np.nan)
    n, enough = moments.below, moments.enough[:, :, 0]
    alone, variance, design = _variances(family, moments, pooled, gradient, x)
    df = _degrees(moments, np.inf if formula.scale == "atanh" else np.where(n > 1, n - 1, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        if moments.clusters is None and formula.scale != "atanh":
            variance = variance * np.where(n > 1, n / (n - 1), np.nan)
        # No width is no certainty: a few units may happen to pull a value by nothing.
        variance = np.where(variance > 0, variance, np.nan)
        effective = _effective_units(family, moments, x) * np.where(variance > 0, alone / variance, 1 / design)
        scaled = (gradient / x[..., None])[:, :, 0]
        # On the scale of a share, Wilson's limits serve at the number of units that would give this variance.
        like = value * (1 - value) / variance if formula.scale == "share" else blank
    side = Side(formula.scale, value, like, np.sqrt(variance), blank, df)._map(lambda a, _: a[:, :, 0])
    empty = blank[:, :, 0]
    clusters = None if moments.clusters is None else moments.clusters[:, :, 0]
    return Measured(side, empty, empty, moments.units, enough, effective[:, :, 0], clusters, scaled, x[:, :, 0])
