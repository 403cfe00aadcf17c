"""`whole process`: a Parquet file of 1,000,000 rows in, JSON out, findings and intervals included, beside aequitas.

aequitas needs an older pandas than ours, so it lives in an environment of its own, and every run of either is a fresh
process. To have it measured:

    python3 -m venv ~/peers && ~/peers/bin/pip install aequitas pyarrow
    PEERS_PYTHON=~/peers/bin/python make bench

It is asked for what comes nearest: groups, disparities from the largest group, and their significance.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.data import AXES, write_parquet
from benchmarks.measuring import Cost, Outcome, faster, median
from benchmarks.report import run_alone

ROWS = 1_000_000
VARIABLE = "PEERS_PYTHON"
METRICS = {
    "true_positive_rate": "tpr",
    "true_negative_rate": "tnr",
    "false_positive_rate": "fpr",
    "false_negative_rate": "fnr",
    "positive_predictive_value": "precision",
    "negative_predictive_value": "npv",
    "false_discovery_rate": "fdr",
    "false_omission_rate": "for",
    "accuracy": "accuracy",
}

_AEQUITAS = """
import sys, warnings
warnings.simplefilter("ignore")
import pandas as pd
from aequitas.bias import Bias
from aequitas.group import Group
rows = pd.read_parquet(sys.argv[1]).rename(columns={"label": "label_value", "prediction": "score"})
rows = rows.astype({"label_value": int, "score": int})
groups, _ = Group().get_crosstabs(rows, attr_cols=sys.argv[3].split(","))
told = Bias().get_disparity_major_group(groups, original_df=rows, alpha=0.05, check_significance=True)
told.to_json(sys.argv[2], orient="records")
"""


def outcomes() -> Iterator[Outcome]:
    """Measure the promise."""
    peer = os.environ.get(VARIABLE)
    if not peer or not Path(peer).exists():
        yield Outcome("aequitas", float("nan"), note=f"not measured: {VARIABLE} names no Python that has it")
        return
    with TemporaryDirectory() as folder:
        rows = write_parquet(Path(folder) / "rows.parquet", ROWS)
        ours, theirs = Path(folder) / "ours.json", Path(folder) / "theirs.json"
        tool = Path(sys.executable).with_name("fairness-dashboard")
        roles = ["--label", "label", "--prediction", "prediction", "--positive", "1", "--weight", "none"]
        by = [part for axis in AXES for part in ("--by", axis)]
        us = [str(tool), "measure", str(rows), *roles, *by, "--format", "json", "-o", str(ours)]
        them = [peer, "-c", _AEQUITAS, str(rows), str(theirs), ",".join(AXES)]
        costs = [_run(us) for _ in range(4)]
        whole = _run(them)
        costs += [_run(us) for _ in range(3)]
        _assert_equal(json.loads(ours.read_text()), json.loads(theirs.read_text()))
    yield faster("aequitas with significance tests, 1,000,000 rows", median(costs[1:]), whole, at_least=8)
    memory = median(costs).peak_bytes / whole.peak_bytes
    yield Outcome("peak memory of the process over aequitas'", memory, at_most=0.2)


# Linux counts the memory of whoever starts a process as that process's own peak: this one has hardly any.
_STARTER = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
"""


def _run(command: list[str]) -> Cost:
    told = subprocess.run(
        [sys.executable, "-S", "-c", _STARTER, *command], stdout=subprocess.PIPE, text=True, check=True
    )
    code, seconds, cpu_seconds, peak_bytes = told.stdout.split()
    if code != "0":
        raise RuntimeError(f"{command[0]} ended with {code}.")
    return Cost(float(seconds), float(cpu_seconds), int(peak_bytes))


def _assert_equal(ours: dict[str, list[dict[str, object]]], theirs: list[dict[str, object]]) -> None:
    """Check that every value of every group is the same."""
    values = {(json.dumps(row["slice"]), row["metric"]): row["value"] for row in ours["estimates"]}
    for row in theirs:
        of = json.dumps({row["attribute_name"]: row["attribute_value"]})
        for metric, name in METRICS.items():
            np.testing.assert_allclose(values[of, metric], row[name], rtol=1e-6)  # aequitas writes ten digits


if __name__ == "__main__":
    run_alone(outcomes())
