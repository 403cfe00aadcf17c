"""`bounty`: 500 submissions of four teams on 50,000 rows, judged from their files to the ledger.

Four fifths bring predictions for every row in a file of their own, the others a constant or a tree. In the first game
few are accepted, as in a bounty that is under way; in the second each is a little better than those before it on most
of its group and worse on the rest, so that many are accepted and groups found earlier have to be repaired.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measuring import Outcome, measure
from benchmarks.report import run_alone
from metrics.bounty.folder import Played, judge_folder
from metrics.bounty.terms import FILE_NAME, Shares, Terms, write_terms

ROWS, SUBMISSIONS, TEAMS = 50_000, 500, 4
MOST_SECONDS = 30.0
REGIONS = 20
TREE = {
    "nodes": [
        {"id": 0, "feature": "age", "op": "<=", "threshold": 50, "true": 1, "false": 2},
        {"id": 1, "value": 1},
        {"id": 2, "value": 0},
    ]
}


def outcomes() -> Iterator[Outcome]:
    """Measure the promise in both games."""
    for name, climbing in (("few accepted", False), ("many accepted, with repairs", True)):
        with tempfile.TemporaryDirectory() as place:
            folder = write_folder(Path(place), climbing)
            found: list[Played] = []
            cost = measure(lambda folder=folder, found=found: found.append(judge_folder(folder)))  # type: ignore[misc]
        decisions = found[0].game.decisions
        assert len(decisions) == SUBMISSIONS, found[0].refused[:1]
        accepted, repairs = sum(d.accepted for d in decisions), sum(d.repairs for d in decisions)
        note = f"{accepted} accepted, {repairs} repairs, processor time {cost.cpu_seconds:.1f} s"
        what = f"{SUBMISSIONS} submissions on {ROWS:,} rows, {name}"
        yield Outcome(what, cost.seconds, at_most=MOST_SECONDS, unit=" s", note=note)


def write_folder(folder: Path, climbing: bool) -> Path:
    """Write a bounty and its submissions; `climbing` makes each better than those before on most of its group."""
    rng = np.random.default_rng(20_260_101)
    ids = np.array([f"person {row}" for row in range(ROWS)])
    region = rng.integers(0, REGIONS, ROWS)
    features = {"sex": rng.choice(["f", "m"], ROWS), "age": rng.integers(18, 90, ROWS), "region": region}
    label = (rng.random(ROWS) < 0.4).astype(int)
    model = np.where(rng.random(ROWS) < (0.6 if climbing else 0.25), 1 - label, label)
    pd.DataFrame({"id": ids, **features, "model": model}).to_csv(folder / "rows.csv", index=False)
    pd.DataFrame({"id": ids, "label": label}).to_csv(folder / "labels.csv", index=False)
    terms = Terms(
        "Bounty", "rows.csv", "id", "label", "model", Shares(7, 0.4, 0.4, 0.2), labels="labels.csv", alpha=1e-4
    )
    (folder / FILE_NAME).write_text(write_terms(terms))
    for number in range(SUBMISSIONS):
        team = folder / "submissions" / f"team {number % TEAMS}"
        team.mkdir(parents=True, exist_ok=True)
        predictions, name = _predict(rng, label, region, number if climbing else None), f"{number:04}"
        parts: dict[str, Any] = {"group": {"where": _draw_group(rng)}, "replacement": {"predictions": f"{name}.csv"}}
        if number % 5 == 4:
            parts["replacement"] = {"constant": int(rng.integers(2))} if number % 2 else {"tree": TREE}
        else:
            pd.DataFrame({"id": ids, "prediction": predictions}).to_csv(team / f"{name}.csv", index=False)
        (team / f"{name}.json").write_text(json.dumps({"team": team.name, "id": name, "kind": "manual", **parts}))
    return folder


def _predict(
    rng: np.random.Generator, label: NDArray[np.int64], region: NDArray[np.int64], number: int | None
) -> NDArray[np.int64]:
    wrong = np.full(ROWS, rng.uniform(0.15, 0.35))
    if number is not None:
        wrong[:] = 0.55 - 0.5 * number / SUBMISSIONS
        wrong[rng.random(REGIONS)[region] < 0.1] += 0.15
    return np.where(rng.random(ROWS) < wrong, 1 - label, label)


def _draw_group(rng: np.random.Generator) -> str:
    regions = ", ".join(map(str, rng.choice(REGIONS, 6, replace=False)))
    low = int(rng.integers(18, 60))
    return f"region in [{regions}] and age between {low} and {low + 30}" + (
        " and sex = f" if rng.random() < 0.3 else ""
    )


if __name__ == "__main__":
    run_alone(outcomes())
