"""The runner of `make bench`: every script in a process of its own, then one table.

`python -m benchmarks.run slices count` runs some of them. The exit code is 1 where a promise is not met.
"""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.measuring import Outcome
from benchmarks.report import describe, describe_machine

SCRIPTS = (
    "startup",
    "slices",
    "bootstrap",
    "count",
    "interaction",
    "transcripts",
    "predicates",
    "find",
    "covered",
    "whole_process",
    "studio",
    "report_pages",
    "bounty",
    "compare_sets",
    "coded",
    "load",
)


def run(names: list[str]) -> bool:
    """Run scripts one after another and print what they find; return whether every promise is met."""
    print(describe_machine())
    met = True
    for name in names:
        print(f"\n{name}", flush=True)
        command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{name}", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or ():
                outcome = Outcome(**json.loads(line))
                print(describe(outcome), flush=True)
                met &= outcome.met
        if process.returncode:
            print(f"  ended with {process.returncode}")
            met = False
    return met


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(SCRIPTS)
    if unknown:
        sys.exit(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(SCRIPTS)}.")
    sys.exit(0 if run(sys.argv[1:] or list(SCRIPTS)) else 1)
