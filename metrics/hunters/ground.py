"""Where hunters look: the rows of the explore split, as numbers that trees and regressions take."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.rows import Bounty
from metrics.bounty.terms import EXPLORE, VALIDATION
from metrics.bounty.tree import Leaf, parse_tree
from metrics.predicates import Values, parse_predicate

__all__ = ["FEWEST_ROWS", "LONGEST_WORD", "MOST_WORDS", "Floats", "Ground", "Mask"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST_ROWS = 20  # of the explore split, in a group
MOST_WORDS = 40  # of a feature that are asked about one by one, the commonest first
LONGEST_WORD = 200  # whoever wrote more wrote a text, not a level


class Ground:
    """The explore rows as numbers: one column a number, one a common word of any other feature."""

    def __init__(self, bounty: Bounty, predictions: NDArray[Any], seed: int) -> None:
        self.bounty, self.predictions, self.seed = bounty, predictions, seed
        self.rows = bounty.split == EXPLORE
        self.n_rows = int(self.rows.sum())
        self.losses = bounty.losses(predictions)[self.rows]
        self.label = bounty.label[self.rows]
        self.clusters = None if bounty.clusters is None else bounty.clusters[self.rows]
        n_validation = int((bounty.split == VALIDATION).sum())
        share = bounty.terms.minimum_group / n_validation if n_validation else 0.0
        # A tenth more than the minimum, so that the group is large enough on the validation rows as well.
        self.fewest = max(FEWEST_ROWS, ceil(1.1 * share * self.n_rows))
        self.questions: list[tuple[str, str | None]] = []  # of each column: the feature, and the word, None of a number
        columns: list[Floats] = []
        for name, values in bounty.features.items():
            for word, column in _columns_of(values, self.rows):
                self.questions.append((name, word))
                columns.append(column)
        self.matrix = np.column_stack(columns) if columns else np.empty((self.n_rows, 0))

    def members(self, where: str) -> Mask:
        """Return who of the explore rows is in the group of a condition."""
        found: Mask = parse_predicate(where).evaluate(self.bounty.features, len(self.bounty))[0][self.rows]
        return found

    def members_of_tree(self, tree: dict[str, Any]) -> Mask:
        values = self.answers_of_tree(tree)
        found: Mask = np.array([value == 1 for value in values], dtype=bool)[self.rows]
        return found

    def answers_of_tree(self, tree: dict[str, Any]) -> list[str | float]:
        """Return the value of the leaf that every row of the bounty falls into."""
        parsed = parse_tree(tree, "the tree of the hunter")
        value = {number: node.value for number, node in parsed.nodes.items() if isinstance(node, Leaf)}
        return [value[leaf] for leaf in parsed.leaves(self.bounty.features, len(self.bounty)).tolist()]

    def has_gaps(self, feature: str) -> bool:
        return bool((self.bounty.features[feature].codes < 0).any())


def _columns_of(values: Values, rows: Mask) -> Iterator[tuple[str | None, Floats]]:
    """Yield what can be asked about a feature: its number, or whether it is each of its common words.

    An empty cell answers no to everything, as in the trees of submissions: as a number it lies above all others.
    """
    if values.is_number:
        numbers = np.asarray(values.numbers[rows], float)
        known = numbers[~np.isnan(numbers)]
        if len(np.unique(known)) > 1 or (len(known) and len(known) < len(numbers)):
            top = float(known.max())
            yield None, np.where(np.isnan(numbers), top + max(1.0, abs(top)), numbers)
        return
    codes = values.codes[rows]
    counts = np.bincount(codes[codes >= 0], minlength=len(values.words))
    for code in np.argsort(-counts, kind="stable")[:MOST_WORDS]:
        if 0 < counts[code] < len(codes) and len(values.words[code]) <= LONGEST_WORD:
            yield values.words[code], (codes == code).astype(float)
