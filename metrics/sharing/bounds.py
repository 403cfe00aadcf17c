"""How closely what is shown bounds what is hidden, by linear programming.

A reader who knows every shown count knows linear equations about how many people have which levels and outcomes. The
largest and the smallest number that a hidden cell may have under them is a linear programme. Here only kinds of people
that occur, and their neighbours, may change in number: whatever freedom is found so is there, so that a cell that is
found safe is safe (L. H. Cox 1980, "Suppression methodology and statistical disclosure control", JASA 75; M. Fischetti
and J. J. Salazar 2001, "Solving the cell suppression problem on tabular data with linear constraints", Management
Science 47).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.sharing.knowledge import Known
from metrics.sharing.outcomes import Outcome, find_outcomes, hold_people, take_few
from metrics.sharing.tables import Rows, SharedTable

__all__ = ["BINDS", "Bounds"]

Floats = NDArray[np.float64]

BINDS = 1e-9
_TOUCHED = 1e-7
_MOST_AT_ONCE = 1_000  # kinds in one programme

_Part = tuple[int, float]  # an outcome, and 1 for the most or -1 for the least


class Bounds:
    """What was found of the freedom of every cell.

    Cells are numbered over all tables, one table after another; behind the cells of each table comes the sum of those
    whose group is known. `least` and `most` (columns,) are how far below and above the truth a cell's count was found
    to be possible.
    """

    def __init__(self, tables: Sequence[SharedTable], known: Known, seed: int = 0) -> None:
        self.known = known
        self.offsets = np.cumsum([0, *(len(t) + 1 for t in tables)])
        self.generator = np.random.default_rng(seed)
        self.outcomes: dict[int, Outcome] = {}
        self.few: dict[int, Outcome] = {}  # the same with few kinds: mostly enough, and quick
        self.moved: dict[int, tuple[Floats, Floats]] = {}
        self.asked, self.binding = -1, dict[_Part, Floats]()

    def renew(self, rows: Rows, tables: Sequence[SharedTable]) -> None:
        """Take the kinds of people that matter now that more may be hidden; what was found before still holds."""
        self.outcomes = find_outcomes(rows, self.known, tables, self.offsets, self.generator)
        self.asked = -1
        self.hold(tables)
        nothing = np.zeros(int(self.offsets[-1]))
        self.moved = {number: self.moved.get(number, (nothing, nothing)) for number in self.outcomes}

    def hold(self, tables: Sequence[SharedTable]) -> None:
        """Hold one person in every hidden cell from now on: that a hidden cell has anybody is known."""
        hidden = np.concatenate([np.append(t.hidden, False) for t in tables])
        shown = np.concatenate([np.append(~t.hidden, t.tells_rest) for t in tables])
        self.outcomes = hold_people(self.outcomes, self.known, hidden, shown)
        self.few = {number: take_few(outcome, hidden, self.generator) for number, outcome in self.outcomes.items()}

    @property
    def least(self) -> Floats:
        return np.asarray(np.sum([least for least, _ in self.moved.values()], axis=0), np.float64)

    @property
    def most(self) -> Floats:
        return np.asarray(np.sum([most for _, most in self.moved.values()], axis=0), np.float64)

    def column(self, table: int, cell: int) -> int:
        return int(self.offsets[table] + cell)

    def table_of(self, column: int) -> int:
        return int(np.searchsorted(self.offsets, column, side="right")) - 1

    def width(self) -> Floats:
        """Return how far apart the bounds of every cell are at least."""
        return self.most - self.least if self.moved else np.zeros(int(self.offsets[-1]))

    def spread(self, columns: NDArray[np.int64], shown: NDArray[np.bool_], generator: np.random.Generator) -> None:
        """Look for freedom of many cells at once."""
        goal = np.zeros(len(shown))
        goal[columns] = generator.choice([-1.0, 1.0], len(columns)) * generator.uniform(0.5, 1.5, len(columns))
        self._solve_in_turn(self.few, [(number, 1.0) for number in self.few], goal, shown)

    def widen(self, column: int, shown: NDArray[np.bool_], enough: Callable[[], bool]) -> Floats:
        """Look for all the freedom of one cell until it is `enough()`; return how much each shown cell binds it."""
        if column != self.asked:
            self.asked, self.binding = column, {}
        goal = np.zeros(len(shown))
        goal[column] = 1.0
        inside = {n: float((o.columns[[column]] @ o.count)[0]) for n, o in self.outcomes.items()}
        order = [(n, sign) for n in sorted(inside, key=lambda n: -inside[n]) for sign in (1.0, -1.0)]
        reduced = [part for part in order if self.few[part[0]] is not self.outcomes[part[0]]]
        self._solve_in_turn(self.few, reduced, goal, shown, enough)
        # What is hidden since a programme was solved changes nothing there if it did not bind.
        self.binding = {part: b for part, b in self.binding.items() if not (b[~shown] > BINDS).any()}
        parts = [part for part in order if part not in self.binding]
        self.binding |= self._solve_in_turn(self.outcomes, parts, goal, shown, enough)
        return np.asarray(np.sum(list(self.binding.values()), axis=0), np.float64)

    def _solve_in_turn(
        self,
        outcomes: dict[int, Outcome],
        parts: Sequence[_Part],
        goal: Floats,
        shown: NDArray[np.bool_],
        enough: Callable[[], bool] = lambda: False,
    ) -> dict[_Part, Floats]:
        """Solve as many parts at once as are quick together, until it is enough."""
        found: dict[_Part, Floats] = {}
        while parts and not enough():
            kinds = np.cumsum([len(outcomes[number].count) for number, _ in parts])
            some = max(1, int(np.searchsorted(kinds, _MOST_AT_ONCE, side="right")))
            found |= self._solve(outcomes, parts[:some], goal, shown)
            parts = parts[some:]
        return found

    def _solve(
        self, kinds: dict[int, Outcome], parts: Sequence[_Part], goal: Floats, shown: NDArray[np.bool_]
    ) -> dict[_Part, Floats]:
        """Maximise a sum of cells, or minimise it, over the kinds of an outcome; keep what moved, return what binds.

        The parts have nothing to do with one another; they are solved as one programme, which takes less time.
        """
        from scipy.optimize import linprog
        from scipy.sparse import block_diag

        binding = {part: np.zeros(len(shown)) for part in parts}
        parts = [part for part in parts if (kinds[part[0]].cells @ goal).any()]
        if not parts:
            return binding
        outcomes = [kinds[number] for number, _ in parts]
        used = [np.flatnonzero(shown & (outcome.sizes > 0)) for outcome in outcomes]
        count = np.concatenate([outcome.count for outcome in outcomes])
        fewest = np.concatenate([outcome.fewest for outcome in outcomes])
        price = np.concatenate([sign * (o.cells @ goal) for o, (_, sign) in zip(outcomes, parts, strict=True)])
        equations = block_diag([o.equations(at) for o, at in zip(outcomes, used, strict=True)], format="csc")
        limits: Any = np.stack([fewest, np.full(len(count), np.inf)], axis=1)
        # Looking for what can be left out of it takes far longer than solving it as it is.
        how: Any = {"presolve": False}
        found = linprog(-price, A_eq=equations, b_eq=equations @ count, bounds=limits, method="highs-ds", options=how)
        if found.status != 0:  # what was not solved says nothing
            return binding
        moves = np.split(found.x - count, np.cumsum([len(outcome.count) for outcome in outcomes])[:-1])
        times = [1 + o.fixed.shape[1] for o in outcomes]
        ends = np.cumsum([n * len(at) for n, at in zip(times, used, strict=True)])
        prices = [
            priced.reshape(n, -1).sum(axis=0)
            for n, priced in zip(times, np.split(np.abs(found.eqlin.marginals), ends[:-1]), strict=True)
        ]
        for part, outcome, move, at, priced in zip(parts, outcomes, moves, used, prices, strict=True):
            moved = outcome.columns @ move
            moved[np.abs(moved) < _TOUCHED] = 0
            least, most = self.moved[part[0]]
            self.moved[part[0]] = np.minimum(least, moved), np.maximum(most, moved)
            binding[part][at] = priced
        return binding
