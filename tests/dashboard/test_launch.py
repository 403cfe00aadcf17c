from __future__ import annotations

import os
import socket
import zipfile

import pytest

from dashboard import launch as launching
from dashboard.datasets import FILE_VARIABLE, OPENED, SCHEMA_VARIABLE, find_dataset, name_opened
from dashboard.hosting import HERE
from dashboard.workspace import Workspace
from metrics.errors import ResultsError
from metrics.reading.limits import Limits
from tests.dashboard.pages import open_page
from tests.paths import SAMPLES


def test_a_port_that_is_taken_is_named_and_nothing_is_started(capsys):
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        taken.listen()
        port = taken.getsockname()[1]

        code = launching.launch(port=port, browser=False)

    assert code == 2
    assert f"Port {port} is taken" in capsys.readouterr().err


@pytest.fixture
def opened(monkeypatch, tmp_path):
    def open_file(path, schema=None):
        for variable in (FILE_VARIABLE, SCHEMA_VARIABLE):  # so that they are forgotten after the test
            monkeypatch.setenv(variable, "")
        name_opened([(path.name, path)], Limits.command_line(), schema)
        return Workspace(tmp_path / "uploads")

    return open_file


def test_the_file_that_was_named_is_on_screen_with_its_schema(opened):
    opened(SAMPLES / "screening.csv", SAMPLES / "screening.toml")

    app = open_page("data")

    assert app.query_params["data"] == OPENED
    assert [h.value for h in app.header] == ["screening\\.csv"]


def test_a_zip_file_of_a_data_folder_is_on_screen_with_the_transcripts_joined_to_it(opened, tmp_path):
    folder, written = tmp_path / "test.zip", tmp_path / "h.trn"
    with zipfile.ZipFile(folder, "w") as archive:
        archive.writestr("test/text", "".join(f"u{i} yes it was {i}\n" for i in range(40)))
        archive.writestr("test/utt2spk", "".join(f"u{i} s{i % 20}\n" for i in range(40)))
        archive.writestr("test/spk2gender", "".join(f"s{i} {'fm'[i % 2]}\n" for i in range(20)))
    written.write_text("".join(f"yes it is {i} (u{i})\n" for i in range(40)))
    opened(folder)
    name_opened([("test.zip", folder), ("small.trn", written)], Limits.command_line(), None)

    app = open_page("data")

    assert not app.exception
    assert app.dataframe[0].value.columns.tolist() == ["id", "reference", "speaker", "gender"]
    roles = app.dataframe[1].value.set_index("column")["role"]
    assert (roles["reference"], roles["speaker"]) == ("reference", "cluster")
    assert any("was taken as transcription" in found for found in app.dataframe[2].value["Found"])


def test_what_was_not_named_cannot_be_opened_by_the_address(tmp_path):
    assert find_dataset(OPENED, Workspace(tmp_path)) is None
    assert find_dataset("../sample_data/lending", Workspace(tmp_path)) is None


def test_a_schema_that_cannot_be_read_says_so_on_screen(opened, tmp_path):
    schema = tmp_path / "bad.toml"
    schema.write_text("label = ")
    workspace = opened(SAMPLES / "screening.csv", schema)

    with pytest.raises(ResultsError):
        find_dataset(OPENED, workspace)
    app = open_page("data")

    assert any("TOML" in m.value for m in app.markdown)


def test_files_are_named_for_the_pages_and_forgotten_again(monkeypatch, tmp_path):
    monkeypatch.setenv(FILE_VARIABLE, "before")
    monkeypatch.setenv(SCHEMA_VARIABLE, "before")

    name_opened([], Limits.command_line(), None)

    assert FILE_VARIABLE not in os.environ
    assert SCHEMA_VARIABLE not in os.environ


def test_joined_files_are_systems_by_the_names_they_were_given(monkeypatch, tmp_path):
    monkeypatch.setenv(FILE_VARIABLE, "")
    first, other = tmp_path / "first.csv", tmp_path / "answers.csv"
    first.write_text("id,sex,label,prediction\n1,f,1,1\n2,m,0,1\n")
    other.write_text("id,prediction\n2,0\n1,1\n")

    name_opened([("first.csv", first), ("model B.csv", other)], Limits(rows=7), None)
    found = find_dataset(OPENED, Workspace(tmp_path / "uploads"))

    assert [f.name for f in found.files] == ["first.csv", "model B.csv"]
    assert found.limits.rows == 7
    assert open_page("slices", data=OPENED).selectbox(key="system").options == ["prediction", "model B"]
