"""Folders of transcripts on the command line: measured, joined, and opened as one file that pages can keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.cli import run
from metrics.reading import read_table
from tests.dashboard.cli.contract import Asker, one

# Of f the words are right but one (1 of 6), of m two are wrong and one is left out (3 of 6).
SAID = {"u1": "so it was", "u2": "yes it was", "u3": "no it was", "u4": "so be it"}
WRITTEN = {"u1": "so it was", "u2": "yes it is", "u3": "so it is", "u4": "so be"}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    kaldi, whisper = tmp_path / "test", tmp_path / "whisper"
    kaldi.mkdir()
    whisper.mkdir()
    (kaldi / "text").write_text("".join(f"{name} {said}\n" for name, said in SAID.items()))
    (kaldi / "utt2spk").write_text("u1 ann\nu2 ann\nu3 bob\nu4 bob\n")
    (kaldi / "spk2gender").write_text("ann f\nbob m\n")
    for name, written in WRITTEN.items():
        (whisper / f"{name}.wav.json").write_text(json.dumps({"text": written}))
        (whisper / f"{name}.wav").write_bytes(b"RIFF")
    return str(kaldi), str(whisper)


def test_a_folder_is_measured_with_another_joined_to_it(asker: Asker, folders):
    kaldi, whisper = folders
    found = asker.measure(kaldi, "--join", f"large={whisper}", "--by", "gender", "--metric", "word_error_rate")

    assert [source["name"] for source in found["sources"]] == ["test", "whisper"]
    for slice_, edits, n_words in (({}, 4, 12), ({"gender": "f"}, 1, 6), ({"gender": "m"}, 3, 6)):
        record = one(found, slice=slice_)
        assert (record["top"], record["below"]) == (edits, n_words)


def test_a_folder_that_is_no_transcripts_is_refused(asker: Asker, tmp_path: Path):
    (tmp_path / "a.csv").write_text("id,label\n1,1\n")

    assert "is a folder that holds 1 file ('a.csv')" in asker.refuse(str(tmp_path))


def test_open_packs_folders_into_files_that_read_alike_without_the_sounds(monkeypatch, folders):
    read = []

    def launch(path, schema_path, port, browser, joined=(), **more):
        read.extend((name, read_table(path)) for name, path in [("", path), *joined])
        return 0

    monkeypatch.setattr("dashboard.launch.launch", launch)
    kaldi, whisper = folders
    assert run(["open", kaldi, "--join", f"large={whisper}", "--join", whisper]) == 0

    assert [name for name, _ in read] == ["", "large.zip", "whisper.zip"]
    for (_, table), folder in zip(read, (kaldi, whisper, whisper), strict=True):
        assert table.data.equals(read_table(folder).data)
    assert run(["open", kaldi, "--join", "large=nowhere"]) == 2
