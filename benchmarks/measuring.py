"""Measuring side by side: time, processor time and peak memory of rivals in one process, taken in turns."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Cost:
    """What a piece of work took; `peak_bytes` is what the process grew by, 0 where that cannot be told."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int = 0


@dataclass(frozen=True)
class Outcome:
    """A promise of speed beside what was measured.

    `ratio` is how many times faster we are (`at_least`), or how many times the yardstick we take (`at_most`).
    `cpu_ratio` is the same in processor time, `memory` our peak memory over the rival's; None where it says nothing.
    """

    promise: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None
    cpu_ratio: float | None = None
    memory: float | None = None
    unit: str = "x"
    note: str = ""

    @property
    def met(self) -> bool:
        if self.at_least is not None:
            return self.ratio >= self.at_least
        return self.at_most is None or self.ratio <= self.at_most


def measure(work: Callable[[], Any]) -> Cost:
    """Run a piece of work once, the garbage of earlier ones collected first."""
    gc.collect()
    before = _reset_peak()
    start, cpu = time.perf_counter(), time.process_time()
    work()
    took = time.perf_counter() - start, time.process_time() - cpu
    return Cost(*took, max(0, _peak() - before))


def alternate(works: Sequence[Callable[[], Any]], rounds: int) -> list[Cost]:
    """Run the works in turns and return the median cost of each; noise of the machine hits all alike."""
    taken: list[list[Cost]] = [[] for _ in works]
    for _ in range(rounds):
        for costs, work in zip(taken, works, strict=True):
            costs.append(measure(work))
    return [median(costs) for costs in taken]


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each part of several costs."""
    return Cost(
        statistics.median(c.seconds for c in costs),
        statistics.median(c.cpu_seconds for c in costs),
        max(c.peak_bytes for c in costs),
    )


def faster(promise: str, ours: Cost, theirs: Cost, at_least: float | None = None, note: str = "") -> Outcome:
    """Say how many times faster we are."""
    return Outcome(
        promise,
        theirs.seconds / ours.seconds,
        at_least=at_least,
        cpu_ratio=theirs.cpu_seconds / ours.cpu_seconds if ours.cpu_seconds > 0 else None,
        memory=ours.peak_bytes / theirs.peak_bytes if theirs.peak_bytes and ours.peak_bytes else None,
        note=note,
    )


def times(promise: str, ours: Cost, yardstick: Cost, at_most: float | None = None, note: str = "") -> Outcome:
    """Say how many times a yardstick we take."""
    return Outcome(
        promise,
        ours.seconds / yardstick.seconds,
        at_most=at_most,
        cpu_ratio=ours.cpu_seconds / yardstick.cpu_seconds if yardstick.cpu_seconds > 0 else None,
        memory=ours.peak_bytes / yardstick.peak_bytes if yardstick.peak_bytes and ours.peak_bytes else None,
        note=note,
    )


def _reset_peak() -> int:
    """Start the system's record of this process's peak memory anew, and return what it holds now (Linux)."""
    try:
        _RESET.write_text("5")
    except OSError:
        return 0
    return _peak()


def _peak() -> int:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
