"""A process that is killed in the middle of a step leaves the whole or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.paths import ROOT


@pytest.fixture
def in_memory(tmp_path) -> Iterator[Path]:
    """A folder in memory where there is one: having a disk write at every line takes minutes."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked at every line")
@pytest.mark.parametrize(
    ("step", "lines"),
    [("begin", 300), ("keep", 200), ("publish", 200), ("change", 40), ("delete", 50), ("withdraw", 30)],
)
def test_whatever_line_a_process_is_killed_at_everything_is_whole_or_gone(step, lines, in_memory):
    command = [sys.executable, "-m", "tests.dashboard.store.killed", step, str(in_memory / "root")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > lines  # as many kills as the step has lines
