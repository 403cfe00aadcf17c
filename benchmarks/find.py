"""`find`: all slices of ten attributes to depth 3 with 1 % of the rows, beside DivExplorer and two finders of the best.

DivExplorer gives the same table without intervals and p values: its miner of patterns is given the same depth, and its
numbers are compared with ours. sliceline and pysubgroup give the ten best slices only and need an older NumPy, so they
live in an environment of their own:

    python3 -m venv ~/peers && ~/peers/bin/pip install aequitas sliceline pysubgroup pyarrow
    PEERS_PYTHON=~/peers/bin/python make bench
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

import metrics
from benchmarks.count import _PEAK
from benchmarks.data import SEED
from benchmarks.measuring import Cost, Outcome, alternate, faster, measure, median
from benchmarks.report import run_alone
from benchmarks.whole_process import VARIABLE
from metrics.cube import Cube, count_cells
from metrics.find import Found, Search, find
from metrics.permutation import permute
from metrics.scored import Axis, Scored
from metrics.tasks import score_units

ADULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "slices" / "adult_slices.csv"
ROWS = 1_000_000
DEPTH, SUPPORT = 3, 0.01
SCHEMA = metrics.Schema(
    task="classification",
    positive=("1",),
    columns={"label": "y_true"},
    systems=(metrics.System(None, {"prediction": "y_pred"}),),
)
LEVELS = (2, 3, 4, 5, 5, 6, 7, 8, 9, 12)

_PEERS = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import pandas as pd
rows = pd.read_csv(sys.argv[1], keep_default_na=False, dtype=str)
error, least = rows.pop("error").astype(int), int(sys.argv[2])

def sliceline():
    from sliceline.slicefinder import Slicefinder
    finder = Slicefinder(alpha=0.95, k=10, max_l=3, min_sup=least, verbose=False)
    return lambda: finder.fit(rows.to_numpy(), error.to_numpy())

def pysubgroup():
    import pysubgroup as ps
    data = rows.assign(error=error.astype(bool))
    space = ps.create_selectors(data, ignore=["error"])
    task = ps.SubgroupDiscoveryTask(
        data, ps.BinaryTarget("error", True), space, result_set_size=10, depth=3, qf=ps.WRAccQF(),
        constraints=[ps.MinSupportConstraint(least)],
    )
    return lambda: ps.Apriori().execute(task)

for prepare in (sliceline, pysubgroup):
    try:
        work = prepare()
    except ImportError:
        print(json.dumps([prepare.__name__, None, None]))
        continue
    start, cpu = time.perf_counter(), time.process_time()
    work()
    print(json.dumps([prepare.__name__, time.perf_counter() - start, time.process_time() - cpu]))
"""


def outcomes() -> Iterator[Outcome]:
    """Measure the promises."""
    if ADULT.exists():
        yield from search_adult()
    else:
        yield Outcome("the Adult file", float("nan"), note=f"not measured: there is no {ADULT}")
    yield from search_many()


def search_adult() -> Iterator[Outcome]:
    """Search 48,842 people from coded rows to the table, beside the others."""
    frame = pd.read_csv(ADULT, keep_default_na=False, dtype=str)
    attributes = tuple(c for c in frame.columns if c not in ("row_id", "y_true", "y_score", "y_pred"))
    (cube,) = count_cells(metrics.score(metrics.read_results(frame, SCHEMA, by=attributes)))
    error = (frame["y_true"] != frame["y_pred"]).astype(int)
    rows = frame[list(attributes)].astype("category").assign(error=error)
    found = find(cube, asked(attributes))
    _assert_equal(found, explore(rows, attributes))

    ours, theirs = alternate([lambda: find(_forget(cube), asked(attributes)), lambda: explore(rows, attributes)], 5)
    ours = replace(ours, peak_bytes=0)  # what it takes was the process's already: its memory is measured below
    yield faster("DivExplorer on Adult, all 3,321 slices", ours, theirs, at_least=10)
    yield Outcome("from coded rows to the table", ours.seconds, at_most=0.15, unit=" s")
    for name, cost in _run_peers(rows):
        note = "its ten best slices only" if cost else f"not measured: {VARIABLE} names no Python that has it"
        yield faster(name, ours, cost, note=note) if cost else Outcome(name, float("nan"), note=note)
    dealt = median([measure(lambda: permute(found, cube, draws=1000)) for _ in range(3)])
    yield Outcome("1,000 permutations of it", dealt.seconds, at_most=10, unit=" s")


def search_many() -> Iterator[Outcome]:
    """Search a million rows of ten attributes of 2 to 12 levels; memory is that of a process."""
    scored = make_rows(ROWS)
    (cube,) = count_cells([scored])
    names = tuple(axis.name for axis in scored.axes)
    found = find(cube, asked(names))
    cost = median([measure(lambda: find(_forget(cube), asked(names))) for _ in range(5)])
    note = f"{found.searched:,} slices"
    yield Outcome(f"{ROWS:,} rows of ten attributes", cost.seconds, at_most=3, unit=" s", note=note)
    code = f"from benchmarks.find import *; find(count_cells([make_rows({ROWS})])[0], asked({names!r})); {_PEAK}"
    peak = int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    yield Outcome("its peak memory, the libraries and the rows included", peak / 1024, at_most=1000, unit=" MB")
    columns = {
        a.name: pd.Categorical.from_codes(c, list(a.levels)) for a, c in zip(scored.axes, scored.codes, strict=True)
    }
    wrong = scored.layout.named["false_positives", None] + scored.layout.named["false_negatives", None]
    rows = pd.DataFrame(columns).assign(error=wrong[scored.outcome].astype(int))
    theirs = measure(lambda: _assert_equal(found, explore(rows, names)))
    yield faster(f"DivExplorer, {ROWS:,} rows", replace(cost, peak_bytes=0), theirs)


def asked(attributes: Sequence[str]) -> Search:
    """Return what is searched for."""
    return Search("error_rate", tuple(attributes), DEPTH, SUPPORT)


def make_rows(n: int) -> Scored:
    """Return n rows of ten attributes, straight as codes, their levels of unequal size."""
    rng = np.random.default_rng([SEED, n])
    axes = tuple(Axis(f"attribute {i}", tuple(f"level {c}" for c in range(k))) for i, k in enumerate(LEVELS))
    codes = [np.minimum(rng.geometric(1.6 / k, n) - 1, k - 1).astype(np.uint8) for k in LEVELS]
    wrong = rng.random(n) < 0.1 + 0.05 * (codes[0] == 1) + 0.1 * ((codes[3] == 0) & (codes[5] == 1))
    label = rng.random(n) < 0.4
    words = pd.Index(["0", "1"], dtype="str")
    given = {"label": label, "prediction": label ^ wrong}
    columns = {name: pd.Series(pd.Categorical.from_codes(v.astype(np.int8), words)) for name, v in given.items()}
    units = score_units(replace(SCHEMA, columns={"label": "label"}), columns)
    return Scored("classification", None, axes=axes, codes=tuple(codes), rows=np.arange(n), **units)


def explore(rows: pd.DataFrame, attributes: Sequence[str]) -> pd.DataFrame:
    """Return DivExplorer's table of the rows, a column of which is `error`."""
    from divexplorer import DivergenceExplorer, divexplorer

    limited = partial(divexplorer.fpgrowth_cm, max_len=DEPTH)
    with warnings.catch_warnings(), mock.patch.object(divexplorer, "fpgrowth_cm", limited):
        warnings.simplefilter("ignore")  # it uses what pandas will drop
        found: pd.DataFrame = DivergenceExplorer(rows).get_pattern_divergence(
            min_support=SUPPORT, boolean_outcomes=["error"], attributes=list(attributes)
        )
    return found


def _run_peers(rows: pd.DataFrame) -> Iterator[tuple[str, Cost | None]]:
    peer = os.environ.get(VARIABLE)
    if not peer or not Path(peer).exists():
        yield from [("sliceline", None), ("pysubgroup", None)]
        return
    least = int(np.ceil(SUPPORT * len(rows)))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        rows.to_csv(path, index=False)
        run = [peer, "-c", _PEERS, str(path), str(least)]
        told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    for line in told.splitlines():
        if line.startswith("["):
            name, seconds, cpu = json.loads(line)
            yield name, None if seconds is None else Cost(seconds, cpu)


def _forget(cube: Cube) -> Cube:
    """Return the same coded rows with nothing counted yet."""
    return replace(cube, groupings={}, kept={})


def _assert_equal(found: Found, patterns: pd.DataFrame) -> None:
    """Check that both have the same slices with the same divergence and t."""
    ours = {frozenset(f"{a}={v}" for a, v in s.levels): s for s in found.lattice["slice"]}
    table = found.lattice.set_index(found.lattice["slice"].map(str))
    theirs = patterns[patterns["length"] > 0]
    assert len(theirs) == len(ours), "Both have the same slices."
    at: list[Any] = [str(ours[items]) for items in theirs["itemset"]]
    for column, name in (("divergence", "error_div"), ("t", "error_t")):
        np.testing.assert_allclose(table.loc[at, column].to_numpy(), theirs[name].to_numpy(), rtol=1e-9, atol=1e-9)


if __name__ == "__main__":
    run_alone(outcomes())
