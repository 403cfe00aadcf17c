"""Folders and zip files of transcripts: Kaldi's data folders, and one JSON file a recording."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from pathlib import Path

import pytest

from metrics.errors import ResultsError
from metrics.reading import Limits, read_table

KALDI = {
    "text": "ann-1 so it was\nann-2\nbob-1 yes\n",
    "utt2spk": "ann-1 ann\nann-2 ann\nbob-1 bob\n",
    "spk2gender": "ann f\nbob m\n",
    "spk2age": "ann 31\nbob 47\n",
    "utt2dur": "ann-1 1.5\nann-2 0.25\nbob-1 2\n",
    "utt2accent": "ann-1 scottish\nbob-1 indian english\n",
    "spk2utt": "ann ann-1 ann-2\nbob bob-1\n",
    "wav.scp": "ann-1 /data/ann-1.wav\n",
}
KALDI_COLUMNS = {
    "id": ["ann-1", "ann-2", "bob-1"],
    "reference": ["so it was", "", "yes"],
    "speaker": ["ann", "ann", "bob"],
    "age": [31, 31, 47],
    "gender": ["f", "f", "m"],
    "accent": ["scottish", None, "indian english"],
    "duration": [1.5, 0.25, 2.0],
}
RECORDINGS = {
    "amazon": {"jobName": "j", "status": "COMPLETED", "results": {"transcripts": [{"transcript": "So it was."}]}},
    "google": {
        "results": [
            {"alternatives": [{"transcript": "So it", "confidence": 0.9}, {"transcript": "sew"}]},
            {"alternatives": [{"transcript": " was."}], "languageCode": "en-us"},
        ]
    },
    "google_long": {"done": True, "response": {"results": [{"alternatives": [{"transcript": "So it was."}]}]}},
    "google_silence": {"results": [{"resultEndTime": "1s", "languageCode": "en-us"}]},
    "google_nothing": {},
    "azure_batch": {
        "source": "x",
        "combinedRecognizedPhrases": [{"channel": 0, "lexical": "so it was", "display": "So it was."}],
        "recognizedPhrases": [],
    },
    "azure_phrases": {
        "recognizedPhrases": [{"nBest": [{"display": "So it"}, {"display": "Sew"}]}, {"nBest": [{"display": "was."}]}]
    },
    "azure_short": {"RecognitionStatus": "Success", "DisplayText": "So it was.", "Offset": 1},
    "azure_detailed": {"RecognitionStatus": "Success", "NBest": [{"Confidence": 0.9, "Display": "So it was."}]},
    "azure_silence": {"RecognitionStatus": "InitialSilenceTimeout", "Offset": 1},
    "whisper": {"text": " So it was.", "segments": [{"text": " So it was."}], "language": "en"},
    "whisperx": {"segments": [{"start": 0, "text": " So it"}, {"start": 1, "text": " was."}]},
    "whisper_cpp": {"transcription": [{"text": " So it"}, {"text": " was."}]},
    "deepgram": {"results": {"channels": [{"alternatives": [{"transcript": "So it was."}]}]}},
    "assembly": {"id": "1", "status": "completed", "text": "So it was."},
    "silent": {"text": "", "segments": []},
}
SILENT = {"google_silence", "google_nothing", "azure_silence", "silent"}


def make_folder(at: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return at


def make_zip(files: dict[str, str]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return sink.getvalue()


def as_json(files: dict[str, object]) -> dict[str, str]:
    return {name if name.endswith(".json") else f"{name}.json": json.dumps(value) for name, value in files.items()}


def columns(table) -> dict[str, list[object]]:
    return {name: table.data.column(name).to_pylist() for name in table.data.column_names}


def refusal(source: object, **how) -> str:
    with pytest.raises(ResultsError) as refused:
        read_table(source, **how)
    assert all(f.severity == "stop" for f in refused.value.findings)
    return str(refused.value)


# -- Kaldi ---------------------------------------------------------------------------------------


def test_a_kaldi_folder_gives_a_column_for_each_file_about_utterances_and_speakers(tmp_path):
    table = read_table(make_folder(tmp_path / "test", KALDI))

    assert columns(table) == KALDI_COLUMNS
    assert (table.name, table.form, table.rows_read) == ("test", "kaldi", 3)
    assert [f.found for f in table.findings] == [
        "holds 2 other files that are not read, such as 'spk2utt', 'wav.scp'.",
        "says nothing of 1 of 3 utterances; their accent is missing.",
    ]


@pytest.mark.parametrize("prefix", ["", "data/test/"])
def test_a_zip_file_of_a_kaldi_folder_gives_the_same(prefix):
    table = read_table(make_zip({f"{prefix}{name}": text for name, text in KALDI.items()}), name="test.zip")

    assert columns(table) == KALDI_COLUMNS


def test_a_folder_with_a_text_alone_gives_ids_and_references(tmp_path):
    table = read_table(make_folder(tmp_path, {"text": KALDI["text"], "log/score.1.log": "x"}))

    assert list(columns(table)) == ["id", "reference"]


def test_numbers_with_leading_zeros_are_words_and_names_that_meet_are_told_apart(tmp_path):
    files = {"text": KALDI["text"], "utt2spk": "ann-1 007\nann-2 007\nbob-1 012\n"}
    table = read_table(make_folder(tmp_path, {**files, "utt2note": "ann-1 1\n", "spk2note": "007 x\n"}))

    assert columns(table)["speaker"] == ["007", "007", "012"]
    assert columns(table)["note"] == ["x", "x", None]
    assert columns(table)["note (utterance)"] == [1, None, None]


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("utt2spk", "ann-1 ann\nann-1 bob\n", "line 2 of file 'utt2spk' in 'x' says 'bob' of 'ann-1'"),
        ("utt2spk", "ann-1 ann\nann-2\n", "line 2 of file 'utt2spk' in 'x' has 'ann-2' and nothing beside it"),
        ("text", "", "file 'text' in 'x' is empty"),
    ],
)
def test_files_that_contradict_themselves_are_named_with_the_line(tmp_path, file, text, says):
    assert says in refusal(make_folder(tmp_path / "x", {**KALDI, file: text}))


def test_several_data_folders_side_by_side_are_a_choice_to_make(tmp_path):
    folder = make_folder(tmp_path, {f"{part}/{name}": text for part in ("dev", "test") for name, text in KALDI.items()})

    assert "holds 2 data folders ('dev', 'test')" in refusal(folder)
    assert columns(read_table(folder / "dev")) == KALDI_COLUMNS


def test_the_digest_of_a_folder_changes_with_any_file_that_is_read_and_with_no_other(tmp_path):
    first = read_table(make_folder(tmp_path, KALDI)).sha256
    (tmp_path / "wav.scp").write_text("else")
    again = read_table(tmp_path).sha256
    (tmp_path / "spk2gender").write_text("ann m\nbob m\n")

    assert first == again != read_table(tmp_path).sha256


# -- JSON ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", RECORDINGS)
def test_the_text_of_a_recording_is_found_in_what_each_service_writes(tmp_path, kind):
    table = read_table(make_folder(tmp_path, as_json({"clip_1": RECORDINGS[kind], "clip_2": {"text": "yes"}})))

    assert table.form == "recordings"
    text = columns(table)["text"][0]
    assert (text == "") if kind in SILENT else (text.casefold().rstrip(".") == "so it was")


def test_ids_are_names_of_files_below_the_folder(tmp_path):
    files = as_json({"b/clip_2": {"text": "no"}, "a/clip_1.wav": {"text": "yes"}, "clip_3.JSON": {"text": "so"}})
    files = {name.removesuffix(".JSON.json") + (".JSON" if "clip_3" in name else ""): t for name, t in files.items()}
    folder = make_folder(tmp_path, {**files, "a/clip_1.txt": "yes", ".hidden.json": "{", "a/.x/y.json": "{"})

    assert columns(read_table(folder)) == {"id": ["a/clip_1.wav", "b/clip_2", "clip_3"], "text": ["yes", "no", "so"]}


def test_a_zip_file_of_recordings_gives_the_same_and_hidden_files_of_a_mac_are_no_part():
    files = as_json({"out/clip_1": {"text": "yes"}, "out/clip_2": {"text": ""}})
    table = read_table(make_zip({**files, "__MACOSX/out/._clip_1.json": "\0", ".DS_Store": "\0"}), name="whisper.zip")

    assert columns(table) == {"id": ["out/clip_1", "out/clip_2"], "text": ["yes", ""]}


def test_recordings_without_a_text_are_counted_and_missing(tmp_path):
    files = as_json({"a": {"text": "yes"}, "b": {"jobName": "b", "status": "FAILED"}, "c": [1], "d": {"text": None}})
    table = read_table(make_folder(tmp_path, files))

    assert columns(table)["text"] == ["yes", None, None, None]
    assert any("no text that is known in 3 of 4 files, such as 'b.json'" in f.found for f in table.findings)


def test_a_folder_of_json_without_any_text_is_refused_with_its_fields(tmp_path):
    said = refusal(make_folder(tmp_path, as_json({"a": {"words": [], "score": 1}, "b": {"words": []}})))

    assert "the first has: 'words', 'score'" in said
    assert "Whisper" in said


def test_damaged_recordings_are_named(tmp_path):
    files = {"a.json": '{"text": "yes"}', "b.json": '{\n"text": ', "c.json": "", "d.json": "[" * 10**6}
    said = refusal(make_folder(tmp_path / "x", files))

    assert "file 'b.json' in 'x' is no valid JSON in line 2" in said
    assert "file 'c.json' in 'x' is empty" in said
    assert "file 'd.json' in 'x'" in said


def test_a_recording_in_utf_16_is_read(tmp_path):
    make_folder(tmp_path, as_json({"a": {"text": "yes"}}))
    (tmp_path / "b.json").write_bytes(json.dumps({"text": "så är det"}, ensure_ascii=False).encode("utf-16"))

    assert columns(read_table(tmp_path))["text"] == ["yes", "så är det"]


# -- hostile -------------------------------------------------------------------------------------


def test_other_folders_and_zip_files_are_refused_with_what_they_hold(tmp_path):
    assert "is a folder that holds 2 files ('a.csv', 'b.csv')" in refusal(
        make_folder(tmp_path, {"a.csv": "a,b\n1,2\n", "b.csv": "a,b\n1,2\n"})
    )
    assert "holds 2 files ('a.csv', 'b.csv')" in refusal(make_zip({"a.csv": "a,b\n1,2\n", "b.csv": "a,b\n1,2\n"}))


def test_links_that_lead_out_of_the_folder_are_left_out_and_said(tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text('{"text": "secret"}')
    folder = make_folder(tmp_path / "data", as_json({"a": {"text": "yes"}, "b": {"text": "no"}}))
    (folder / "c.json").symlink_to(secret)
    (folder / "d.json").symlink_to("a.json")
    (folder / "up").symlink_to(tmp_path)
    table = read_table(folder)

    assert columns(table) == {"id": ["a", "b", "d"], "text": ["yes", "no", "yes"]}
    assert any("leads out of the folder in 1 place, such as 'c.json'" in f.found for f in table.findings)


def test_pipes_and_folders_called_like_files_are_left_out(tmp_path):
    folder = make_folder(tmp_path, as_json({"a": {"text": "yes"}, "b": {"text": "no"}}))
    os.mkfifo(folder / "c.json")
    (folder / "d.json").mkdir()

    assert columns(read_table(folder))["id"] == ["a", "b"]


@pytest.mark.parametrize("name", ["../a.json", "/etc/a.json", "x/../../a.json", "C:\\a.json", "..\\a.json"])
def test_a_zip_file_that_names_files_outside_of_itself_is_refused(name):
    assert "names a file outside of itself" in refusal(make_zip({**as_json({"b": {"text": "no"}}), name: "{}"}))


def test_a_bomb_of_many_files_is_refused_before_it_is_unpacked():
    bomb = make_zip({f"{n}.json": " " * 400_000 + "{}" for n in range(10)})

    assert len(bomb) < 10_000
    assert "at most 1,000,000 are read" in refusal(bomb, limits=Limits(decompressed_bytes=10**6))


def test_a_bomb_that_lies_about_its_sizes_is_refused_while_it_is_unpacked():
    bomb = bytearray(make_zip({f"{n}.json": " " * 400_000 + "{}" for n in range(10)}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = bomb.find(mark)
        while at >= 0:
            bomb[at + offset : at + offset + 4] = struct.pack("<I", 20)
            at = bomb.find(mark, at + 4)

    assert "at most 1,000,000 are read" in refusal(bytes(bomb), limits=Limits(decompressed_bytes=10**6))


def test_folders_are_held_to_the_limits_of_bytes_rows_and_cells(tmp_path):
    folder = make_folder(tmp_path, as_json({str(n): {"text": "x" * 50} for n in range(20)}))

    assert "at most 100 are read" in refusal(folder, limits=Limits(file_bytes=100))
    assert "20 rows" in refusal(folder, limits=Limits(rows=10))
    assert "cells" in refusal(folder, limits=Limits(cells=30))


def test_a_recording_of_more_values_than_cells_are_read_is_refused(tmp_path):
    folder = make_folder(tmp_path, {"a.json": json.dumps({"text": "x", "words": [1] * 500}), "b.json": '{"text": ""}'})

    assert "more than 100 cells" in refusal(folder, limits=Limits(cells=100))


def test_a_zip_file_with_a_password_is_refused():
    locked = bytearray(make_zip(as_json({"a": {"text": "yes"}, "b": {"text": "no"}})))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)

    assert "password" in refusal(bytes(locked))
