"""Keep, publish and delete on a small disk that is filled a little more each time; run by test_room.py.

Prints how often something was kept and how often there was no room.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.workspace import Workspace
from metrics.errors import ResultsError
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import BUNDLE, ROWS, keep, publish

STEP, NEAR = 20_000, 900_000


def main(disk: Path) -> None:
    """Claim, for every amount of room, that what is refused leaves nothing and that what there is stays readable."""
    root, filler = disk / "workspace", disk / "filler"
    upload, (report, _) = keep(root), publish(root)
    steps: list[Callable[[], Any]] = [
        lambda: keep(root, data=b"x" * 300_000),
        lambda: publish(root, b"x" * 200_000, memory="x" * 200_000)[0],
        lambda: publish(root)[0],
    ]
    kept = refused = 0
    for room in range(0, NEAR, STEP):
        with filler.open("wb", buffering=0) as target:
            target.write(b"x" * max(0, shutil.disk_usage(disk).free - room))
        for step in steps:
            before = things_in(root)
            try:
                made = step()
                kept += 1
            except ResultsError as error:
                assert "is full" in str(error)
                assert things_in(root) == before
                refused += 1
            else:
                _delete(root, made.id)
        _claim_readable(root, upload.id, report.id)
        filler.unlink()
        Workspace(root).sweep()
        assert set(things_in(root)) == {upload.id, report.id}
    sys.stdout.write(f"{kept} {refused}\n")


def _delete(root: Path, thing: str) -> None:
    """Delete something, which may leave its row where there is not even room for saying so."""
    try:
        assert Workspace(root).delete(thing) or Workspace(root).delete_report(thing)
    except ResultsError as error:
        assert "is full" in str(error)
    assert thing not in things_in(root)


def _claim_readable(root: Path, upload: str, report: str) -> None:
    for writable in (True, False):
        home = Workspace(root, writable=writable)
        assert home.find(upload).files[0].path.read_bytes() == ROWS
        assert home.find_report(report).path.read_bytes() == BUNDLE


if __name__ == "__main__":
    main(Path(sys.argv[1]))
