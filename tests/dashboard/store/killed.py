"""Do one step in a process that is killed at its nth line of `dashboard.store`, for every n; run by test_crashes.py.

After every kill the workspace is looked at by a process that nothing happened to. Prints how many kills there were.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import dashboard.store
from dashboard.workspace import Change, Workspace
from tests.dashboard.store.made import BUNDLE, ROWS, keep, publish

STORE = str(Path(dashboard.store.__file__).parent)
ENDS_WELL, MOST = 0, 3_000
OLD, NEW = "an old policy", "a new policy"


def main(step: str, root: Path) -> None:
    """Kill `step` at each of its lines in turn."""
    for number in range(1, MOST):
        if step == "begin":
            shutil.rmtree(root, ignore_errors=True)
        root.mkdir(exist_ok=True)
        before = ids(root)
        thing = _prepare(step, root)
        child = os.fork()
        if child == 0:
            _kill_at_line(number)
            _do(step, root, thing)
            os._exit(ENDS_WELL)
        _, status = os.waitpid(child, 0)
        check(root, before, thing)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == ENDS_WELL
            sys.stdout.write(f"{number - 1}\n")
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
    raise AssertionError("the step never came to its end")


def check(root: Path, before: set[str], thing: str) -> None:
    """Claim that everything is whole or not there, and that nothing is left over after sweeping."""
    _claim_whole(root)
    home = Workspace(root)
    home.sweep()
    _claim_whole(root)
    kept = ids(root)
    assert before - {thing} <= kept
    assert len(kept - before) <= 1
    folders = {path.name for path in root.iterdir() if not path.name.startswith("workspace.")}
    assert folders == kept, folders ^ kept
    if thing:
        assert home.find(thing) is None or thing in kept
    for one in kept:  # so that the folder does not grow
        assert home.delete(one) or home.delete_report(one)
    assert [path.name for path in root.iterdir() if not path.name.startswith("workspace.")] == []


def _claim_whole(root: Path) -> None:
    home = Workspace(root, writable=False) if (root / "workspace.sqlite").exists() else Workspace(root)
    for one in ids(root):
        upload, report = home.find(one), home.find_report(one)
        assert upload is None or [file.path.read_bytes() for file in upload.files] == [ROWS]
        assert report is None or report.path.read_bytes() == BUNDLE
        told = [entry.what for entry in home.read_log(one)]
        assert told == (["changed policy"] if home.read_text(one, "policy") == NEW else [])


def ids(root: Path) -> set[str]:
    """The ids that the database knows; nobody but a test asks for them."""
    if not (root / "workspace.sqlite").exists():
        return set()
    Workspace(root).status()  # brings it up to date
    with sqlite3.connect(root / "workspace.sqlite") as db:
        rows = db.execute("SELECT id FROM uploads UNION SELECT id FROM reports WHERE withdrawn = 0").fetchall()
    db.close()
    return {row[0] for row in rows}


def _prepare(step: str, root: Path) -> str:
    if step in ("delete", "change"):
        upload = keep(root).id
        Workspace(root).save_text(upload, "policy", OLD)
        return upload
    return publish(root)[0].id if step == "withdraw" else ""


def _do(step: str, root: Path, thing: str) -> None:
    steps: dict[str, Callable[[], object]] = {
        "begin": lambda: keep(root),
        "keep": lambda: keep(root),
        "publish": lambda: publish(root),
        "change": lambda: Workspace(root).save_text(
            thing, "policy", NEW, lambda before: Change("ann@x.org", "changed policy", str(before))
        ),
        "delete": lambda: Workspace(root).delete(thing),
        "withdraw": lambda: Workspace(root).withdraw(thing),
    }
    steps[step]()


def _kill_at_line(number: int) -> None:
    seen = 0

    def trace(frame, event, _):
        nonlocal seen
        if not frame.f_code.co_filename.startswith(STORE):
            return None
        if event == "line":
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
