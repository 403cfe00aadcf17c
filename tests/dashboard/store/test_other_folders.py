"""A workspace is no place for other things: a folder that holds some is refused, and left as it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.workspace import Workspace
from metrics.errors import ResultsError
from metrics.schema import Schema


@pytest.mark.parametrize(
    "step",
    [
        Workspace.sweep,
        lambda home: home.keep([("a.csv", io.BytesIO(b"a\n1\n"))], Schema(), 1000),
        lambda home: home.publishing().__enter__(),
    ],
    ids=["sweep", "keep", "publishing"],
)
@pytest.mark.parametrize("name", ["0123456789abcdef0123456789abcdef", "notes"])  # the first has the form of an id
def test_a_folder_of_other_things_is_refused_and_left_as_it_is(
    tmp_path: Path, name: str, step: Callable[[Workspace], None]
):
    tmp_path.chmod(0o755)
    (tmp_path / name).mkdir()
    (tmp_path / name / "a.txt").write_text("somebody's")

    with pytest.raises(ResultsError, match="holds something else already"):
        step(Workspace(tmp_path))

    assert (tmp_path / name / "a.txt").read_text() == "somebody's"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_the_empty_folder_of_a_fresh_disk_becomes_one(tmp_path: Path):
    (tmp_path / "lost+found").mkdir()

    Workspace(tmp_path).keep([("a.csv", io.BytesIO(b"a\n1\n"))], Schema(), 1000)

    assert (tmp_path / "lost+found").is_dir()
