"""`startup`: what `import metrics` costs in a fresh process, beside `import pandas`, which it needs anyway."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.measuring import Cost, Outcome, median
from benchmarks.report import run_alone

ROUNDS = 15
HEAVY = {"scipy", "sklearn", "streamlit", "plotly", "jiwer"}


def outcomes() -> Iterator[Outcome]:
    """Measure the promise, in processor time: that of a fresh process says the same on a busy machine."""
    check = f"import metrics, sys; sys.exit(sorted({{m.partition('.')[0] for m in sys.modules}} & {HEAVY!r}) or 0)"
    _start(check)
    _start("import pandas")
    costs: dict[str, list[Cost]] = {"import metrics": [], "import pandas": []}
    for _ in range(ROUNDS):
        for statement, taken in costs.items():
            taken.append(_start(statement))
    ours, pandas = median(costs["import metrics"]), median(costs["import pandas"])
    yield Outcome(
        "import metrics over import pandas, processor time", ours.cpu_seconds / pandas.cpu_seconds, at_most=1.6
    )


def _start(statement: str) -> Cost:
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - start, cpu)


if __name__ == "__main__":
    run_alone(outcomes())
