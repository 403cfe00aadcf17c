"""Several processes use one folder at once."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from dashboard.workspace import Change, Workspace
from metrics.schema import Schema
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import SOURCE, keep, publish

AT_ONCE, EACH = 4, 6


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(AT_ONCE, mp_context=multiprocessing.get_context("spawn"))


def _work(root: Path, number: int) -> tuple[list[str], list[str]]:
    """Keep, correct, publish and delete, as several people do."""
    uploads, reports = [], []
    for turn in range(EACH):
        mine = keep(root, data=f"{number} {turn}".encode()).id
        Workspace(root).save_schema(mine, Schema(positive=(f"{number} {turn}",)))
        lost = keep(root, data=b"to be deleted").id
        reports.append(publish(root, f"bundle {number} {turn}".encode())[0].id)
        assert Workspace(root).delete(lost)
        uploads.append(mine)
    return uploads, reports


def test_what_several_processes_keep_and_publish_at_once_is_all_there(tmp_path):
    root = tmp_path / "workspace"  # which all of them find missing, and make
    with _pool() as pool:
        done = list(pool.map(_work, [root] * AT_ONCE, range(AT_ONCE)))

    home = Workspace(root)
    home.sweep()
    for number, (uploads, reports) in enumerate(done):
        for turn, (upload, report) in enumerate(zip(uploads, reports, strict=True)):
            kept = home.find(upload)
            assert kept.files[0].path.read_bytes() == f"{number} {turn}".encode()
            assert kept.schema.positive == (f"{number} {turn}",)
            assert home.find_report(report).path.read_bytes() == f"bundle {number} {turn}".encode()
    everything = {one for uploads, reports in done for one in (*uploads, *reports)}
    assert set(things_in(root)) == everything
    assert len(everything) == AT_ONCE * EACH * 2


LENGTH = 300_000


def _rewrite(root: Path, upload: str, sign: str) -> None:
    """Put long texts of one sign beside an upload, one in the place of the other, and tell what was there before."""
    for turn in range(EACH):
        text = f"{sign}{turn}" * LENGTH
        Workspace(root).save_text(
            upload,
            "policy",
            text,
            lambda before, now=text[:2]: Change("", "changed policy", f"{(before or '--')[:2]}>{now}"),
        )


def _read_again(root: Path, upload: str) -> list[str]:
    return [Workspace(root).read_text(upload, "policy") or "" for _ in range(3 * EACH)]


def test_of_texts_written_at_once_the_last_is_there_wholly_and_each_is_told_in_its_turn(tmp_path):
    upload = keep(tmp_path).id
    with _pool() as pool:
        reading = pool.submit(_read_again, tmp_path, upload)
        list(pool.map(_rewrite, [tmp_path] * 3, [upload] * 3, "abc"))
        seen = reading.result()

    whole = {f"{sign}{turn}" * LENGTH for sign in "abc" for turn in range(EACH)}
    assert set(seen) <= whole | {""}
    told = [entry.detail.split(">") for entry in Workspace(tmp_path).read_log(upload)]
    assert sorted(after for _, after in told) == sorted(text[:2] for text in whole)
    assert [before for before, _ in told] == ["--", *(after for _, after in told[:-1])]  # none was told past another
    assert Workspace(tmp_path).read_text(upload, "policy") == told[-1][1] * LENGTH


def _publish_next(root: Path, turns: int) -> None:
    """Publish what hangs on what was published before: how many there are."""
    home = Workspace(root)
    for _ in range(turns):
        with home.publishing():
            seen = home.memories((SOURCE,))
            publish(root, memory=json.dumps(len(seen)))


def test_of_simultaneous_publications_each_knows_all_the_earlier_ones(tmp_path):
    with _pool() as pool:
        list(pool.map(_publish_next, [tmp_path] * AT_ONCE, [EACH] * AT_ONCE))

    told = Workspace(tmp_path).memories((SOURCE,))
    assert sorted(map(json.loads, told)) == list(range(AT_ONCE * EACH))


def test_threads_publish_one_after_the_other_too(tmp_path):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(_publish_next, [tmp_path] * AT_ONCE, [EACH] * AT_ONCE))

    assert len(Workspace(tmp_path).memories((SOURCE,))) == AT_ONCE * EACH
    assert {json.loads(m) for m in Workspace(tmp_path).memories((SOURCE,))} == set(range(AT_ONCE * EACH))


def test_the_file_is_read_while_another_one_writes(tmp_path):
    upload = keep(tmp_path).id
    with sqlite3.connect(tmp_path / "workspace.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE uploads SET schema = 'positive = [\"x\"]'")

        assert Workspace(tmp_path).find(upload).schema == Schema()

        other.execute("COMMIT")
    other.close()
    assert Workspace(tmp_path).find(upload).schema.positive == ("x",)
