"""A check on a search: how far out the best of as many slices lies where chance alone deals the results out.

The results (a unit's numerator and denominator) are dealt to other units a thousand times, the attributes staying where
they are, and each time the slice that fares worst is noted (the maximum of the statistic: Westfall & Young 1993). What
is dealt depends on the file:

- *rows*: no clusters. The results of all units that have a part in the metric; of a share, so, the errors among those
  who could have one, because groups may differ in how many could.
- *clusters*: every searched attribute is the same for all rows of a cluster (the speakers' accents), and no group's
  clusters are much larger than another's. Whole clusters change places, each with all its results, so that clusters of
  any size keep what holds them together.
- *parts*: clusters lie in several slices (the same speakers, in quiet and in noise), or are large in one group and
  small in another; blocks of such different size cannot change places. Each cluster stays with its rows and is given
  what the rows of another have in common, and of what those have of their own one drawn for each row, as in the
  bootstrap of multilevel models (Davison & Hinkley 1997, section 3.8; Carpenter, Goldstein & Rasbash 2003).

The statistic is the score of the slice against the rest, over the standard error that everyone's variance (and
correlation within clusters) gives a slice of its denominator, never the slice's own: of 30 units none of which errs the
own error is 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.contributions import unit_contributions
from metrics.cube import Cube
from metrics.errors import QuestionError
from metrics.find import Found
from metrics.progress import Progress, Tell
from metrics.scored import Axis, smallest_unsigned
from metrics.slices import MISSING

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["COLUMNS", "Dealt", "Permutation", "permute"]

Floats = NDArray[np.float64]
Dealt = Literal["rows", "clusters", "parts"]

COLUMNS = ["slice", "system", "z", "p", "p_adjusted"]
FEWEST_DRAWS, MOST_DRAWS = 19, 100_000
_RESULTS: Dealt = "rows"
_MOST_UNITS = 20_000_000
_FEW_CLUSTERS, _TIMES_AS_LARGE = 5, 2.0
_AT_ONCE = 64  # draws
_NUMBERS_AT_ONCE = 16_000_000


@dataclass(frozen=True, eq=False)
class Permutation:
    """What chance alone makes of a search.

    `table` has COLUMNS, one row a slice that was tested, the worst first, its index the place in the lattice as in
    `Found`: `z` is its statistic (above 0: fares worse than the rest; where a metric has no worse direction, its size),
    `p` the chance that the worst of all slices lies as far out in a file without differences, (1 + b) / (1 + draws),
    and `p_adjusted` Holm's, of the search itself. `largest` are the largest statistics of the draws, ascending, `floor`
    is the point that 95 in 100 of them do not exceed; both are NaN where no slice was tested. `dealt` says what changed
    places, of `blocks` units or clusters.
    """

    table: pd.DataFrame
    draws: int
    seed: int
    dealt: Dealt
    blocks: int
    largest: Floats
    floor: float

    @property
    def p(self) -> float:
        """The p value of the best finding; NaN where no slice was tested."""
        return float(self.table["p"].min())


def permute(found: Found, cube: Cube, draws: int = 1000, seed: int = 0, progress: Tell | None = None) -> Permutation:
    """Deal the results of a search out anew so many times, and say how far out its slices lie beside that.

    `found` is what `find` gave of `cube`; the slices that took part in Holm's correction are tested. `progress` is told
    how far it is, and ends the work by raising. Raises QuestionError for a metric of which no unit has a part of its
    own (AUC, balanced accuracy), a cube without its rows, and a number of draws out of bounds.
    """
    if not FEWEST_DRAWS <= draws <= MOST_DRAWS:
        raise QuestionError(f"The number of draws lies between {FEWEST_DRAWS} and {MOST_DRAWS:,}; it was {draws:,}.")
    if cube.scored is None:
        raise QuestionError("The results cannot be dealt out anew: the rows are not here, only their counts.")
    tell = Progress(progress)
    tested = found.lattice[found.lattice["p_adjusted"].notna()]
    largest, z = np.full(draws, np.nan), np.zeros(0)
    dealt, n_blocks = _RESULTS, 0
    if len(tested):
        deal = _lay_out(cube, found, tested, tell.part(0, 0.05))
        z, dealt, n_blocks = deal.observe(), deal.dealt, deal.n_blocks
        generator = np.random.default_rng(seed)
        for begin in range(0, draws, deal.at_once):
            tell("Dealing the results out anew", 0.05 + 0.95 * begin / draws)
            n = min(deal.at_once, draws - begin)
            largest[begin : begin + n] = deal.draw(n, generator).max(axis=0)
    largest.sort()
    # How many of the draws lie as far out: equal counts may differ by rounding.
    reached = draws - np.searchsorted(largest, z - 1e-9 * np.maximum(1, np.abs(z)))
    table = pd.DataFrame(
        {
            "slice": tested["slice"].to_numpy(),
            "system": tested["system"].to_numpy(),
            "z": z,
            "p": (1 + reached) / (1 + draws),
            "p_adjusted": tested["p_adjusted"].to_numpy(dtype=np.float64),
        },
        index=tested.index,
    )
    place = int(np.ceil(0.95 * draws - 1e-9)) - 1
    return Permutation(
        table.sort_values("z", ascending=False, kind="stable"),
        draws,
        seed,
        dealt,
        n_blocks,
        largest,
        float(largest[place]),
    )


@dataclass(frozen=True, eq=False)
class _Slices:
    """Which blocks lie in which slices, by patterns: blocks that agree in every searched attribute.

    `inside` (slices, patterns) and `known` (rests, patterns) say which patterns a slice has, and which have a level of
    every attribute of it; `rest` is the row of `known` that belongs to each slice.
    """

    inside: csr_array
    known: csr_array
    rest: NDArray[np.intp]

    def add_up(self, values: Floats) -> tuple[Floats, Floats]:
        """Add up values (patterns, n) over every slice and over everyone it is compared with, each (slices, n)."""
        return self.inside @ values, (self.known @ values)[self.rest]


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Units or clusters: `score` is the numerator less everyone's rate of the denominator, `size` the denominator,
    `square` the variance up to a constant that all share."""

    score: Floats
    size: Floats
    square: Floats

    def take(self, places: Any) -> _Blocks:
        return _Blocks(self.score[places], self.size[places], self.square[places])

    @property
    def constant(self) -> float:
        square = float(self.square.sum())
        return float(self.score @ self.score) / square if square > 0 else 0.0


class _Deal(ABC):
    """What changes places, and the statistics of the slices as they are and in draws."""

    dealt: Dealt
    n_blocks: int
    at_once: int

    @abstractmethod
    def observe(self) -> Floats:
        """Return the statistic of every slice, shape (slices,)."""

    @abstractmethod
    def draw(self, n: int, generator: np.random.Generator) -> Floats:
        """Return the statistics of n draws, shape (slices, n)."""


class _Shuffle(_Deal):
    """Blocks change places: units, or whole clusters."""

    def __init__(self, dealt: Dealt, blocks: _Blocks, pattern: NDArray[np.intp], slices: _Slices, sign: int) -> None:
        self.dealt, self.n_blocks, self.slices, self.sign = dealt, len(pattern), slices, sign
        order = np.argsort(pattern, kind="stable")
        self.blocks = blocks.take(order)
        self.starts = np.flatnonzero(np.diff(pattern[order], prepend=-1))
        self.constant = blocks.constant
        # Where all denominators are alike, a slice's stays what it is.
        self.alike = bool(np.ptp(blocks.size) == 0 and np.ptp(blocks.square) == 0)
        self.at_once = int(np.clip(_NUMBERS_AT_ONCE // max(1, slices.inside.shape[0], len(self.starts)), 1, _AT_ONCE))
        b = self.blocks
        self.sizes, self.squares = (self._sums(np.add.reduceat(x, self.starts)[:, None]) for x in (b.size, b.square))

    def observe(self) -> Floats:
        scores = np.add.reduceat(self.blocks.score, self.starts)[:, None]
        return self._statistics(self._sums(scores), self.sizes, self.squares)[:, 0]

    def draw(self, n: int, generator: np.random.Generator) -> Floats:
        b, starts = self.blocks, self.starts
        if self.alike:
            shuffled, sums = b.score.copy(), np.empty((len(starts), n))
            for i in range(n):
                generator.shuffle(shuffled)
                sums[:, i] = np.add.reduceat(shuffled, starts)
            return self._statistics(self._sums(sums), self.sizes, self.squares)
        three = np.empty((3, len(starts), n))
        for i in range(n):
            places = generator.permutation(self.n_blocks)
            for sums, values in zip(three, (b.score, b.size, b.square), strict=True):
                sums[:, i] = np.add.reduceat(values[places], starts)
        return self._statistics(*map(self._sums, three))

    def _sums(self, values: Floats) -> tuple[Floats, Floats]:
        return self.slices.add_up(values)

    def _statistics(
        self, scores: tuple[Floats, Floats], sizes: tuple[Floats, Floats], squares: tuple[Floats, Floats]
    ) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            f = sizes[0] / sizes[1]
            variance = self.constant * (squares[0] * (1 - 2 * f) + f * f * squares[1])
        return _standardise(scores[0] - f * scores[1], variance, self.sign)


class _Parts(_Deal):
    """Clusters are given what the units of another have in common, and draws of what each of those has of its own.

    A unit's score is its denominator times what is its cluster's, and the root of its own variance times what is its
    own, with variances `common` and `own`. The parts are estimated by the cluster's rate and what is left, each
    stretched or shrunk to the variance it has in the model, so that the rate of a cluster of one unit is no larger a
    part than that of a hundred.
    """

    dealt: Dealt = "parts"

    def __init__(
        self,
        units: _Blocks,
        cluster: NDArray[np.intp],
        pattern: NDArray[np.intp],
        slices: _Slices,
        variances: tuple[float, float],
        sign: int,
    ) -> None:
        self.sign, self.n_blocks, self.slices = sign, int(cluster.max(initial=-1)) + 1, slices
        order = np.argsort(pattern, kind="stable")
        units, self.cluster, pattern = units.take(order), cluster[order], pattern[order]
        self.starts = np.flatnonzero(np.diff(pattern, prepend=-1))
        own, common = variances
        # Units of nothing (words invented where none were said) vary like the average one.
        square = np.where(units.square > 0, units.square, units.square.mean())
        self.root, self.size = np.sqrt(square), units.size
        whole_size, whole_square = _add_by(self.cluster, units.size), _add_by(self.cluster, square)
        score = _add_by(self.cluster, units.score)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(whole_size > 0, score / whole_size, 0.0)
            shrink = common / (common + own * whole_square / whole_size**2)
            self.common = rate * np.sqrt(np.where((whole_size > 0) & (common > 0), shrink, 0.0))
            # What a rate takes of a unit: all of one that is alone.
            taken = self._share_taken(square, whole_size, whole_square)
            taken = np.where(whole_size[self.cluster] > 0, taken, 0.0)
            alone = np.sqrt(own * square / (own * square + common * units.size**2))
            left = (units.score - units.size * rate[self.cluster]) / np.sqrt(1 - taken)
            is_alone = taken > 1 - 1e-9
            parts = np.where(is_alone, units.score * np.nan_to_num(alone), left) / self.root
        self.n_units = np.bincount(self.cluster, minlength=self.n_blocks)
        self.first = np.cumsum(self.n_units) - self.n_units
        self.own = parts[np.argsort(self.cluster, kind="stable")]

        self.score, size, squares = (np.add.reduceat(x, self.starts) for x in (units.score, units.size, units.square))
        (sizes, all_sizes), (apart, all_apart) = (slices.add_up(x[:, None]) for x in (size, squares))
        with np.errstate(divide="ignore", invalid="ignore"):
            self.f = np.nan_to_num(sizes / all_sizes)
        f = self.f[:, 0]
        together = self._square_by_cluster(units.size, pattern, f)
        self.variance = own * (apart[:, 0] * (1 - 2 * f) + f * f * all_apart[:, 0]) + common * together
        self.at_once = int(np.clip(_NUMBERS_AT_ONCE // max(1, len(f), len(self.starts)), 1, _AT_ONCE))

    def _share_taken(self, square: Floats, whole_size: Floats, whole_square: Floats) -> Floats:
        """Return by which share the variance of a unit's own part is less once its cluster's rate is taken off."""
        size, all_size, all_square = self.size, whole_size[self.cluster], whole_square[self.cluster]
        return np.asarray(2 * size / all_size - size**2 * all_square / (square * all_size**2))

    def _square_by_cluster(self, values: Floats, pattern: NDArray[np.intp], f: Floats) -> Floats:
        """Return, per slice, the squares of each cluster's sum in the slice less f times its sum in the rest, added."""
        from scipy.sparse import coo_array

        shape = (len(self.starts), self.n_blocks)
        of = coo_array((values, (pattern, self.cluster)), shape=shape).tocsr()  # what meets in a place is added up
        here, known = (self.slices.inside @ of).tocsr(), (self.slices.known @ of).tocsr()
        known_squares = np.asarray(known.power(2).sum(axis=1))[self.slices.rest]
        mixed = np.zeros(len(f))
        for rest in range(known.shape[0]):
            at = np.flatnonzero(self.slices.rest == rest)
            mixed[at] = here[at] @ known[[rest]].toarray()[0]
        return np.asarray(here.power(2).sum(axis=1) - 2 * f * mixed + f * f * known_squares)

    def observe(self) -> Floats:
        return self._statistics(self.score[:, None])[:, 0]

    def draw(self, n: int, generator: np.random.Generator) -> Floats:
        sums = np.empty((len(self.starts), n))
        for i in range(n):
            giver = generator.permutation(self.n_blocks)[self.cluster]
            unit = self.first[giver] + (generator.random(len(giver)) * self.n_units[giver]).astype(np.intp)
            sums[:, i] = np.add.reduceat(self.root * self.own[unit] + self.size * self.common[giver], self.starts)
        return self._statistics(sums)

    def _statistics(self, values: Floats) -> Floats:
        scores, rest = self.slices.add_up(values)
        return _standardise(scores - self.f * rest, self.variance[:, None], self.sign)


def _add_by(place: NDArray[np.intp], values: Floats) -> Floats:
    return np.bincount(place, values).astype(np.float64)


def _standardise(score: Floats, variance: Floats, sign: int) -> Floats:
    """Return scores over their standard errors, turned so that above 0 is worse; 0 where nothing can differ."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 1e-12 * np.nanmax(variance, initial=0.0), score / np.sqrt(variance), 0.0)
    return np.abs(z) if sign == 0 else sign * z


def _lay_out(cube: Cube, found: Found, tested: pd.DataFrame, progress: Progress) -> _Deal:
    """Return how the results of these slices are dealt."""
    scored, metric = cube.scored, found.metric
    assert scored is not None
    given = unit_contributions(scored, metric)
    if given.times.sum() > _MOST_UNITS:
        raise QuestionError(
            f"The results of {int(given.times.sum()):,} units cannot be dealt out anew; up to {_MOST_UNITS:,} can."
        )
    rows = np.flatnonzero(given.used)
    rows = np.repeat(rows, given.times[rows])
    weight, below = given.weight[rows], given.below[rows]
    units = _Blocks(weight * (given.top[rows] - given.value * below), weight * below, weight * weight * below)
    # The rows as they were searched: levels that are no slice are one there.
    names = {name for cell in tested["slice"] for name in cell.axes}
    searched = list(zip(found.counted.scored.axes, found.counted.scored.codes, strict=True))
    axes = [axis for axis, _ in searched if axis.name in names]
    codes = np.stack([code[rows] for axis, code in searched if axis.name in names])
    sign = {"lower": 1, "higher": -1}.get(metric.better, 0)
    if scored.clusters is None:
        patterns, pattern = _find_patterns(codes, axes)
        return _Shuffle("rows", units, pattern, _find_slices(patterns, axes, tested, progress), sign)

    _, first, cluster = np.unique(scored.clusters[rows], return_index=True, return_inverse=True)
    own, common = _split_variance(units, cluster)
    whole = bool((codes == codes[:, first][:, cluster]).all())
    if whole and not _sizes_differ(codes[:, first], _add_by(cluster, units.size)):
        score, size, square = (_add_by(cluster, x) for x in (units.score, units.size, units.square))
        clusters = _Blocks(score, size, own * square + common * size * size)
        patterns, pattern = _find_patterns(codes[:, first], axes)
        return _Shuffle("clusters", clusters, pattern, _find_slices(patterns, axes, tested, progress), sign)
    patterns, pattern = _find_patterns(codes, axes)
    slices = _find_slices(patterns, axes, tested, progress)
    return _Parts(units, cluster, pattern, slices, (own, common), sign)


def _sizes_differ(codes: NDArray[Any], size: Floats) -> bool:
    """Whether clusters of some level are on average more than twice as large as those of another of its attribute."""
    for code in codes:
        n = np.bincount(code)
        several = n >= _FEW_CLUSTERS
        means = np.bincount(code, size)[several] / n[several]
        if several.any() and means.max() > _TIMES_AS_LARGE * means.min():
            return True
    return False


def _split_variance(units: _Blocks, cluster: NDArray[np.intp]) -> tuple[float, float]:
    """Return the variance of what units have of their own, and of what those of a cluster have in common.

    By moments about everyone's rate, which is what chance deals out: a unit's squared score is own * its square +
    common * its size^2, a cluster's the same of its sums, times (C - 1)/C. Of a share they are p(1 - p)(1 - rho) and
    p(1 - p) rho, with rho as the intervals have it, of all units as one group.
    """
    score, size, square = (_add_by(cluster, x) for x in (units.score, units.size, units.square))
    n, total = len(score), float(units.score @ units.score)
    pairs = float(size @ size) - float(units.size @ units.size)
    common = (n / (n - 1) * float(score @ score) - total) / pairs if n > 1 and pairs > 0 else 0.0
    most = total / float(units.size @ units.size)
    common = float(np.clip(common, 0, most))
    return max((total - common * float(units.size @ units.size)) / float(square.sum()), 1e-12 * most), common


def _find_patterns(codes: NDArray[Any], axes: Sequence[Axis]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the combinations of codes that occur, (axes, patterns), and the number of each unit's."""
    n = codes.shape[1]
    ids, n_ids = np.zeros(n, np.int64), 1
    for code, axis in zip(codes, axes, strict=True):
        if n_ids * axis.size > 2**62:
            ids = np.unique(ids, return_inverse=True)[1]
            n_ids = int(ids.max(initial=0)) + 1
        ids, n_ids = ids * axis.size + code, n_ids * axis.size
    _, first, pattern = np.unique(ids, return_index=True, return_inverse=True)
    return codes[:, first], pattern


def _find_slices(patterns: NDArray[Any], axes: Sequence[Axis], tested: pd.DataFrame, progress: Progress) -> _Slices:
    """Find out which patterns lie in which slice."""
    from scipy.sparse import csr_array

    place = {a.name: i for i, a in enumerate(axes)}
    n_slices, n_patterns = len(tested), patterns.shape[1]
    by_axes: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for row, cell in enumerate(tested["slice"]):
        key = tuple(sorted(place[name] for name in cell.axes))
        levels = dict(cell.items())
        number = 0
        for i in key:
            level = levels[axes[i].name]
            code = axes[i].size - 1 if level == MISSING else axes[i].levels.index(level)
            number = number * axes[i].size + code
        by_axes.setdefault(key, []).append((row, number))

    members: list[NDArray[np.int32]] = [np.zeros(0, np.int32)] * n_slices
    rest = np.zeros(n_slices, np.intp)
    rests: dict[bytes, int] = {}
    known_members: list[NDArray[np.int32]] = []
    for key, cells in progress.over(by_axes.items(), "Laying out the slices"):
        # Numbers of 16 bits are sorted in one pass.
        n_cells = prod(axes[i].size for i in key)
        kind = smallest_unsigned(n_cells) if n_cells <= 2**32 else np.int64
        ids, known = np.zeros(n_patterns, kind), np.ones(n_patterns, bool)
        for i in key:
            ids = ids * kind(axes[i].size) + patterns[i].astype(kind)
            known &= patterns[i] != axes[i].size - 1
        packed = np.packbits(known).tobytes()
        if packed not in rests:
            rests[packed] = len(rests)
            known_members.append(np.flatnonzero(known).astype(np.int32))
        order = np.argsort(ids, kind="stable").astype(np.int32)
        ordered, numbers = ids[order], np.array([number for _, number in cells], dtype=kind)
        begins, ends = (np.searchsorted(ordered, numbers, side=side) for side in ("left", "right"))
        for (row, _), begin, end in zip(cells, begins, ends, strict=True):
            members[row] = order[begin:end]
            rest[row] = rests[packed]

    def stack(found: list[NDArray[np.int32]]) -> csr_array:
        ends = np.cumsum([0, *map(len, found)])
        places = np.concatenate(found) if found else np.zeros(0, np.int32)
        return csr_array((np.ones(len(places)), places, ends), shape=(len(found), n_patterns))

    return _Slices(stack(members), stack(known_members), rest)
