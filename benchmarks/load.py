"""`load`: twenty people read published reports at once, of a million rows each, on one server.

The reports are made here (two systems, six attributes and their pairs), published in a workspace of their own, and
served by the command in a process of its own. Twenty threads then do what readers do: they open a report and choose
another metric, other groups, another baseline, another confidence, with a think time between. They speak to the server
by its interface for programs, which runs the pages as a browser's session does; it is off unless a configuration turns
it on, as the one written here does. A wait is from the choice to the answer on the page.

First each of the twenty reads a report of their own, then all read one. What is printed of memory and processor time
is the server's (Linux). `python -m benchmarks.load 4` is a smaller one: with four readers.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.data import AXES, LEVELS, make_rows
from benchmarks.measuring import Outcome
from benchmarks.report import run_alone
from dashboard.workspace import Workspace
from metrics.cube import count_cells
from metrics.progress import Progress
from metrics.results import read_results
from metrics.schema import Schema
from metrics.scored import score
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.share import share, shareable
from metrics.sharing.shared_cube import Shared
from metrics.sharing.terms import Terms, groupings_up_to

ROWS, READERS, TURNS = 1_000_000, 20, 20
THINK_SECONDS = 2.0
LOOK_SECONDS = 0.4  # how often a browser looks again at work that goes on
SEED = 20_260_101
MOST_SECONDS = 1.0  # of an interaction, for 95 of 100
MOST_BYTES = 1_500_000_000  # of the server, whatever is read
_TABLES = ("published_table", "published_map_table", "published_gaps_table")
_LAUNCH = "import sys; from dashboard.cli import main; sys.argv = ['fairness-dashboard', *sys.argv[1:]]; main()"


def outcomes(readers: int = READERS) -> Iterator[Outcome]:
    """Make the reports, serve them and read them; say what each step took."""
    with TemporaryDirectory() as folder:
        shared, found = _share()
        yield from found
        ids, size = _publish(shared, Path(folder) / "workspace", readers)
        start = time.process_time()
        read_bundle(write_bundle(shared))
        said = f"{_seconds(time.process_time() - start)} of processor time to write and read"
        yield _told("a bundle", f"{size / 1e6:.1f} MB, {said}")
        for what, chosen in ((f"{readers} reports", ids), ("one report", ids[:1] * readers)):
            with _serve(Path(folder)) as server:
                yield from _read(server, what, chosen)


# -- the reports ---------------------------------------------------------------------------------


def _share() -> tuple[Shared, list[Outcome]]:
    """Share a million rows: groups of very different sizes, and a second system that is right a little more often."""
    rows, generator = make_rows(ROWS), np.random.default_rng(SEED)
    for axis, levels in LEVELS.items():
        weights = 0.45 ** np.arange(len(levels))
        rows[axis] = np.array(levels, object)[generator.choice(len(levels), ROWS, p=weights / weights.sum())]
    rows["other"] = np.where(generator.random(ROWS) < 0.3, rows["label"], rows["prediction"])
    schema = Schema.loads(_schema())
    results = read_results(rows, schema)
    scored = score(results)
    metrics = tuple(shareable(count_cells(scored)))
    terms = Terms("A report", groupings_up_to(AXES, 2), metrics)
    stages = _Stages()
    shared = share(results, scored, terms, progress=Progress(stages.tell))
    stages.tell("", 1.0)
    slices = sum(len(cube.by(names)) for cube in shared.cubes[:1] for names in cube.groupings)
    hidden = sum(int((shared.cubes[0].by(names).rows[:, 0] == 0).sum()) for names in shared.cubes[0].groupings)
    about = f"{len(metrics)} metrics, {len(terms.groupings)} groupings, {slices} slices, {hidden} of them hidden"
    return shared, [_told(f"sharing {ROWS:,} rows", f"{about}; {stages.say()}")]


def _schema() -> str:
    attributes = "".join(f'[[attribute]]\ncolumn = "{axis}"\n' for axis in AXES)
    return (
        'task = "classification"\nlabel = "label"\npositive = ["1"]\n'
        '[[system]]\nname = "one"\nprediction = "prediction"\n[[system]]\nname = "two"\nprediction = "other"\n'
        f"{attributes}"
    )


@dataclass
class _Stages:
    """How long each stage of some work takes, by what is told of it."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    now: str = ""
    began: tuple[float, float] = (0.0, 0.0)

    def tell(self, words: str, share: float) -> None:
        if words != self.now:
            at = time.perf_counter(), time.process_time()
            if self.now:
                spent = self.taken.setdefault(self.now, [0.0, 0.0])
                spent[0], spent[1] = spent[0] + at[0] - self.began[0], spent[1] + at[1] - self.began[1]
            self.now, self.began = words, at

    def say(self) -> str:
        return ", ".join(f"{w.lower()} {_seconds(a)} ({_seconds(b)} of processor)" for w, (a, b) in self.taken.items())


def _publish(shared: Shared, workspace: Path, readers: int) -> tuple[list[str], int]:
    """Publish a report for each reader: the numbers are the same, the bundles are not, and nothing is kept twice."""
    workspace.mkdir()
    home, ids, size = Workspace(workspace), [], 0
    for number in range(readers):
        titled = replace(shared, terms=replace(shared.terms, title=f"Report {number}"))
        bundle = write_bundle(titled)
        size = len(bundle)
        report, _ = home.publish(
            bundle, title=titled.terms.title, owner="", readers=None, ends=time.time() + 86_400, sources=(), memory=""
        )
        ids.append(report.id)
    return ids, size


# -- the server ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Server:
    """A server that answers, and what the system knows of its process."""

    port: int
    pid: int

    def ask(self, told: dict[str, Any]) -> dict[str, Any]:
        """Send what a reader did and return the page."""
        url = f"http://127.0.0.1:{self.port}/_stcore/agent/interact"
        request = urllib.request.Request(url, json.dumps(told).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            page: dict[str, Any] = json.load(answer)
        return page

    def memory(self, line: str = "VmRSS") -> int:
        """Return the bytes it holds, or at most held (`VmHWM`)."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(1024 * int(found.split()[1]) for found in lines if found.startswith(line))

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _serve(folder: Path) -> Iterator[_Server]:
    """Serve the workspace to readers until the block ends."""
    settings = folder / ".streamlit" / "config.toml"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text("[server]\nenableAgentApi = true\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--workspace", str(folder / "workspace"), "--viewer", "--no-browser", "--port", str(port)]
    command = [sys.executable, "-W", "ignore", "-c", _LAUNCH, "open", *options]
    paths = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen(
        command, cwd=folder, env=os.environ | paths, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _await_health(port)
            yield _Server(port, process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _await_health(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("The server does not answer.")


# -- the readers ---------------------------------------------------------------------------------


def _read(server: _Server, what: str, reports: Sequence[str]) -> Iterator[Outcome]:
    """Let a reader read each of the reports at the same time."""
    before, cpu, began = server.memory(), server.cpu_seconds(), time.perf_counter()
    readers = [_Reader(server, report, random.Random(SEED + n)) for n, report in enumerate(reports)]
    threads = [threading.Thread(target=_keep(reader)) for reader in readers]
    held = 0
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        held = max(held, server.memory())
        time.sleep(0.25)
    seconds, spent = time.perf_counter() - began, server.cpu_seconds() - cpu
    failed = [reader.error for reader in readers if reader.error is not None]
    if failed:
        raise RuntimeError(f"{len(failed)} readers failed") from failed[0]
    first = [reader.waits[0] for reader in readers]
    waits = [wait for reader in readers for wait in reader.waits[1:]]
    where = f"{len(reports)} readers of {what}"
    told = f"{len(waits)} choices in {_seconds(seconds)}"
    used = f"{_seconds(spent)} of processor time, {1000 * spent / (len(waits) + len(first)):.0f} ms a page"
    yield _told(f"{where}: the first page", _describe(first))
    p95 = float(np.quantile(waits, 0.95))
    yield Outcome(
        f"{where}: a choice", p95, at_most=MOST_SECONDS, unit=" s", note=f"{_describe(waits)}; {told}; {used}"
    )
    after = server.memory()
    note = f"{before / 1e6:.0f} MB before, at most {held / 1e6:.0f} MB, {after / 1e6:.0f} MB after"
    yield Outcome(f"{where}: memory", held / 1e6, at_most=MOST_BYTES / 1e6, unit=" MB", note=note)


@dataclass
class _Reader:
    """Somebody who reads a report: how long they waited for each page, the first one first."""

    server: _Server
    report: str
    chance: random.Random
    waits: list[float] = field(default_factory=list)
    error: BaseException | None = None

    def read(self) -> None:
        time.sleep(self.chance.uniform(0, THINK_SECONDS))
        page = self._wait({"page": "published", "query_params": {"report": [self.report]}})
        for _ in range(TURNS):
            time.sleep(self.chance.uniform(0.5, 1.5) * THINK_SECONDS)
            page = self._wait({"session_id": page["session_id"], "widget_state": self._choose(page)})

    def _choose(self, page: dict[str, Any]) -> dict[str, Any]:
        """Return another choice in one of the boxes of the page."""
        key = self.chance.choice(
            ["published_metric", "published_by", "published_baseline", "published_confidence", "published_compare"]
        )
        box = _find(page["tree"], lambda node: node.get("key") == key)
        assert box is not None, f"There is no {key} on the page."
        others = [option for option in box["props"]["options"] if option != box["value"]]
        return {key: self.chance.choice(others)}

    def _wait(self, told: dict[str, Any]) -> dict[str, Any]:
        """Do something, and look again until the answer is there, as a browser does."""
        began = time.perf_counter()
        page = self.server.ask(told)
        while _find(page["tree"], lambda node: node.get("key") in _TABLES) is None:
            if page["status"] != "ready" or time.perf_counter() - began > 120:
                raise RuntimeError(f"The page has no table: {json.dumps(page)[:2000]}")
            time.sleep(LOOK_SECONDS)
            page = self.server.ask({"session_id": page["session_id"]})
        self.waits.append(time.perf_counter() - began)
        return page


def _keep(reader: _Reader) -> Callable[[], None]:
    def run() -> None:
        try:
            reader.read()
        except BaseException as error:  # noqa: BLE001  (raised where the readers are awaited)
            reader.error = error

    return run


def _find(node: Any, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """Return the first element of a page that is wanted."""
    if isinstance(node, dict):
        if wanted(node):
            return node
        node = node.get("children", [])
    if isinstance(node, list):
        return next((found for child in node if (found := _find(child, wanted)) is not None), None)
    return None


# -- words ---------------------------------------------------------------------------------------


def _told(what: str, note: str) -> Outcome:
    return Outcome(what, float("nan"), note=note)


def _describe(waits: Sequence[float]) -> str:
    half, most = np.quantile(waits, [0.5, 0.95])
    return f"half within {half:.2f} s, 95% within {most:.2f} s, all within {max(waits):.2f} s"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s"


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    run_alone(outcomes(*asked))
