"""A reader who wants to know what is hidden: linear programming over all that is shown, written apart from the product.

Every combination of levels with every outcome is an unknown number of people. What is shown are equations; that a
hidden slice has somebody, and one that is not listed has nobody, is known. Sums of what each person adds beside
(weights, words) are unknown as well, between the least and the most that so many people of these levels may add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import linprog

Hidden = Mapping[tuple[str, ...], set[tuple[str, ...]]]
# A column, and the least and the most that one person of some levels and with some outcome adds to its sum.
Amount = tuple[str, Callable[[tuple[str, ...], tuple[str, ...]], tuple[float, float]]]


class Attack:
    """All publications of the same people: `frame` is the truth, a row a person, which only makes the equations."""

    def __init__(
        self, frame: pd.DataFrame, axes: Sequence[str], outcome: Sequence[str], amounts: Sequence[Amount] = ()
    ) -> None:
        self.frame, self.axes, self.outcome, self.amounts = frame, list(axes), list(outcome), list(amounts)
        levels = [sorted(frame[a].unique()) for a in self.axes]
        outcomes = sorted(set(map(tuple, frame[self.outcome].to_numpy().tolist())))
        self.unknown = [(*cell, o) for cell in product(*levels) for o in outcomes]
        self.rows: list[np.ndarray] = []
        self.sums: list[float] = []
        self.some: list[np.ndarray] = []
        self.most = np.full(len(self.unknown), np.inf)
        self.fewest = np.zeros(len(self.unknown))

    def _select(self, by: tuple[str, ...], cell: tuple[str, ...]) -> np.ndarray:
        at = [self.axes.index(a) for a in by]
        return np.array([tuple(u[i] for i in at) == cell for u in self.unknown], float)

    def know(self, rows: pd.DataFrame) -> None:
        """Learn everything of some people."""
        outcomes = map(tuple, rows[self.outcome].to_numpy().tolist())
        for levels, outcome in zip(rows[self.axes].itertuples(index=False, name=None), outcomes, strict=True):
            self.fewest[self.unknown.index((*levels, outcome))] += 1

    def learn(
        self,
        hidden: Hidden,
        rest: Mapping[tuple[str, ...], bool],
        missing: str,
        single: int | None,
        leave_out: Sequence[str] = (),
    ) -> None:
        """Learn a publication: `hidden` cells by grouping, `rest` says where everyone else is told.

        `single` is the place of the outcome of the system told; None for all at once. People without a level of an
        attribute to `leave_out` are no part of it.
        """
        out = [self.axes.index(a) for a in leave_out]
        inside = np.array([all(u[i] != missing for i in out) for u in self.unknown], float)
        here = np.ones(len(self.frame), bool)
        for name in leave_out:
            here &= (self.frame[name] != missing).to_numpy()
        for by in hidden:
            keys = list(self.frame[list(by)].itertuples(index=False, name=None)) if by else [()] * len(self.frame)
            occurring = sorted({k for k, is_in in zip(keys, here, strict=True) if is_in})
            at = [self.axes.index(a) for a in by]
            for u, unknown in enumerate(self.unknown):
                if inside[u] and by and tuple(unknown[i] for i in at) not in set(occurring):
                    self.most[u] = 0
            for cell in occurring:
                if cell in hidden[by]:
                    self.some.append(self._select(by, cell) * inside)
                else:
                    self._tell(self._select(by, cell) * inside, np.array([k == cell for k in keys]) & here, single)
            if rest.get(by, True) and by:
                known = [c for c in occurring if missing not in c]
                chosen = np.sum([self._select(by, c) for c in known], axis=0) * inside
                self._tell(chosen, np.array([k in known for k in keys]) & here, single)

    def _tell(self, chosen: np.ndarray, people: np.ndarray, single: int | None) -> None:
        truth = list(map(tuple, self.frame[self.outcome].to_numpy().tolist()))
        part = lambda o: o if single is None else o[single]  # noqa: E731
        for outcome in sorted({part(o) for o in truth}):
            of_it = np.array([part(u[-1]) == outcome for u in self.unknown], float)
            inside = np.array([p and part(o) == outcome for p, o in zip(people, truth, strict=True)])
            self._equal(chosen * of_it, 0, float(inside.sum()))
            for number, (column, _) in enumerate(self.amounts, 1):
                self._equal(chosen * of_it, number, float(self.frame[column].to_numpy(float)[inside].sum()))

    def _equal(self, unknown: np.ndarray, number: int, total: float) -> None:
        """Learn a sum over unknowns: of people (0), or of one of the amounts."""
        self.rows.append(self._wide(unknown, number))
        self.sums.append(total)

    def _wide(self, unknown: np.ndarray, number: int = 0) -> np.ndarray:
        wide = np.zeros((1 + len(self.amounts), len(self.unknown)))
        wide[number] = unknown
        return wide.ravel()

    def _inequalities(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (left, right): somebody is in every hidden slice, and people add so much at least and at most."""
        left, right = [-self._wide(some) for some in self.some], [-1.0] * len(self.some)
        for u, unknown in enumerate(self.unknown):
            here = np.eye(len(self.unknown))[u]
            for number, (_, possible) in enumerate(self.amounts, 1):
                least, most = possible(unknown[:-1], unknown[-1])
                scale = max(abs(least), abs(most), 1.0)
                left.append((self._wide(least * here) - self._wide(here, number)) / scale)
                left.append((self._wide(here, number) - self._wide(most * here)) / scale)
                right += [0.0, 0.0]
        return np.array(left), np.array(right)

    def width(self, by: tuple[str, ...], cell: tuple[str, ...]) -> float:
        """Return how far apart the largest and the smallest possible number of people in a cell are."""
        goal = self._wide(self._select(by, cell))
        least = np.concatenate([self.fewest, np.full(len(goal) - len(self.most), -np.inf)])
        most = np.concatenate([self.most, np.full(len(goal) - len(self.most), np.inf)])
        left, right = self._inequalities()
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * goal,
                A_ub=left if len(left) else None,
                b_ub=right if len(left) else None,
                A_eq=np.array(self.rows),
                b_eq=np.array(self.sums),
                bounds=np.stack([least, most], axis=1),
                method="highs",
            )
            if found.status == 3:  # people who are part of nothing that is told may be any number
                return np.inf
            assert found.status == 0, found.message
            ends.append(sign * found.fun)
        return ends[1] - ends[0]


def whole_numbers(weights: Sequence[float], people: int, total: float) -> list[tuple[int, ...]]:
    """Return all numbers of people, one at least of each weight, that come to so many people and weigh so much."""
    if len(weights) == 1:
        return [(people,)] if people >= 1 and abs(people * weights[0] - total) < 1e-9 else []
    return [
        (n, *others)
        for n in range(1, people)
        for others in whole_numbers(weights[1:], people - n, total - n * weights[0])
    ]
