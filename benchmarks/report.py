"""What the runner and each script print: ratios beside what was promised, the machine and the date."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from math import isnan
from pathlib import Path

from benchmarks.measuring import Outcome


def run_alone(found: Iterable[Outcome]) -> None:
    """Print the outcomes of one script, as text or (`--json`, for the runner) one object a line."""
    as_json = "--json" in sys.argv[1:]
    if not as_json:
        print(describe_machine())
    for outcome in found:
        print(json.dumps(asdict(outcome)) if as_json else describe(outcome), flush=True)


def describe(outcome: Outcome) -> str:
    """Return an outcome in one line."""
    limit = ""
    if outcome.at_least is not None:
        limit = f"promised at least {outcome.at_least:,g}"
    elif outcome.at_most is not None:
        limit = f"promised at most {outcome.at_most:,g}"
    figure = "" if isnan(outcome.ratio) else f": {_figure(outcome.ratio)}{outcome.unit}"
    parts = [outcome.promise + figure]
    parts += [f"{limit}, {'met' if outcome.met else 'NOT MET'}"] if limit else []
    parts += [f"processor time {_figure(outcome.cpu_ratio)}x"] if outcome.cpu_ratio is not None else []
    parts += [f"peak memory {_figure(outcome.memory)}x theirs"] if outcome.memory is not None else []
    parts += [outcome.note] if outcome.note else []
    return "  " + " | ".join(parts)


def describe_machine() -> str:
    """Name the machine and the date."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    date = datetime.now(UTC).date()
    return f"{model}, {cores} cores, {platform.system()}, Python {platform.python_version()}, {date}"


def _figure(x: float) -> str:
    return f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"
