"""How often a policy fails a model that is fair: everybody has the same rate, and the limit is as tight as can be.

Run as a module, it prints the table of docs/decisions/verdicts.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.cube import Cubes, count_cells
from metrics.judge import judge, judge_rules
from metrics.policy import Policy, Rule
from metrics.results import read_results
from metrics.schema import Attribute, Schema, System
from metrics.scored import score

RATE = 0.3

# No limit is tighter: a fair model fails these by chance alone.
RULES = {
    "everyone else": Rule("r", "selection_rate", at_most=0.0),
    "everyone": Rule("r", "selection_rate", baseline="overall", at_most=0.0),
    "the best": Rule("r", "selection_rate", compare="ratio", baseline="best", at_least=1.0),
    "any two": Rule("r", "selection_rate", compare="spread", at_most=0.0),
}
SIZES = ((2, 40), (2, 2000), (10, 30), (10, 400), (60, 60))


def count_groups(selected: NDArray[np.int64], units: NDArray[np.int64]) -> Cubes:
    """Return the cube of groups of which so many are selected; arrays (groups,)."""
    names = [f"g{i}" for i in range(len(units))]
    frame = pd.DataFrame(
        {
            "group": names * 2,
            "answer": ["yes"] * len(units) + ["no"] * len(units),
            "rows": np.concatenate([selected, units - selected]),
        }
    )
    schema = Schema(
        task="classification",
        columns={"count": "rows"},
        systems=(System(None, {"prediction": "answer"}),),
        attributes=(Attribute("group"),),
        positive=("yes",),
        without=("label", "id", "cluster", "weight", "score"),
    )
    return count_cells(score(read_results(frame[frame["rows"] > 0], schema)))


def judge_one(cubes: Cubes, rule: Rule) -> str | None:
    """Return the verdict of a single rule."""
    policy = Policy("p", (rule,))
    verdict: str | None = judge_rules(judge(cubes, policy), policy)["verdict"].iloc[0]
    return verdict


def simulate(rule: Rule, groups: int, size: int, runs: int) -> float:
    """Return the share of fair files that fail the rule."""
    rng = np.random.default_rng(groups * 7919 + size)
    units = np.full(groups, size)
    return sum(judge_one(count_groups(rng.binomial(units, RATE), units), rule) == "fail" for _ in range(runs)) / runs


def write_table(runs: int = 1000) -> Iterator[str]:
    yield f"| groups | units in each | {' | '.join(f'against {name}' for name in RULES)} |"
    yield f"|--:|--:|{'--:|' * len(RULES)}"
    for groups, size in SIZES:
        some = runs if groups < 60 else runs // 2
        found = (f"{100 * simulate(rule, groups, size, some):.1f}" for rule in RULES.values())
        yield f"| {groups} | {size} | {' | '.join(found)} |"


if __name__ == "__main__":
    for line in write_table():
        print(line, flush=True)
