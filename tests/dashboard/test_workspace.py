from __future__ import annotations

import hashlib
import io
import stat
import time

import pytest

from dashboard.workspace import Workspace, hours_to_live
from metrics.errors import ResultsError
from metrics.progress import Progress
from metrics.schema import Schema
from tests.dashboard.kept import things_in

ROWS = b"id,label,prediction\n1,yes,no\n"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "uploads")


def _keep(workspace, name="mine.csv", data=ROWS, most=1000):
    return workspace.keep([(name, io.BytesIO(data))], Schema(), most)


def test_what_is_kept_is_found_under_its_id(workspace):
    kept = _keep(workspace)

    found = workspace.find(kept.id)

    assert found is not None
    assert [f.name for f in found.files] == ["mine.csv"]
    assert found.files[0].path.read_bytes() == ROWS
    assert found.files[0].sha256 == hashlib.sha256(ROWS).hexdigest()


def test_ids_are_long_and_never_the_same(workspace):
    ids = {_keep(workspace).id for _ in range(20)}

    assert len(ids) == 20
    assert {len(i) for i in ids} == {32}


def test_the_schema_is_saved_beside_the_upload(workspace):
    kept = _keep(workspace)
    schema = Schema(columns={"label": "label"}, positive=("yes",))

    workspace.save_schema(kept.id, schema)

    assert workspace.find(kept.id).schema == schema


def test_copying_says_how_far_it_is_by_the_bytes(workspace, monkeypatch):
    monkeypatch.setattr("dashboard.store.uploads._BLOCK", 10)
    told = []
    files = [("a.csv", io.BytesIO(b"x" * 40)), ("b.csv", io.BytesIO(b"y" * 20))]

    workspace.keep(files, Schema(), 1000, Progress(lambda words, share: told.append((words, share))))

    assert told == [("Copying", share) for share in (0.125, 0.25, 0.375, 0.5, 0.75, 1.0)]


def test_nothing_is_left_of_a_copy_that_was_stopped(workspace):
    def stop(words, share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.keep([("a.csv", io.BytesIO(ROWS))], Schema(), 1000, Progress(stop))

    assert things_in(workspace.root) == []


def test_another_file_can_be_put_first(workspace):
    files = [(name, io.BytesIO(name.encode())) for name in ("a.csv", "b.csv", "c.csv")]
    kept = workspace.keep(files, Schema(), 1000)

    workspace.put_first(kept.id, 2)
    workspace.put_first(kept.id, 1)

    found = workspace.find(kept.id)
    assert [f.name for f in found.files] == ["a.csv", "c.csv", "b.csv"]
    assert [f.path.read_bytes() for f in found.files] == [b"a.csv", b"c.csv", b"b.csv"]


@pytest.mark.parametrize("address", ["", "A" * 32, "../uploads", "lending"])
def test_no_file_is_put_first_where_nothing_is_kept(workspace, address):
    with pytest.raises(KeyError):
        workspace.put_first(address, 0)


def test_only_the_owner_can_read_folders_and_files(workspace):
    kept = _keep(workspace)
    folder = kept.files[0].path.parent

    assert [stat.S_IMODE(p.stat().st_mode) for p in (workspace.root, folder)] == [0o700, 0o700]
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        ".",
        "..",
        "../..",
        "/etc",
        "a" * 31,
        "a" * 33,
        "a" * 31 + "/",
        "../" + "a" * 29,
        "a" * 32 + "\n",
        "\x00" * 32,
    ],
)
def test_what_is_no_id_finds_saves_and_deletes_nothing(workspace, hostile):
    kept = _keep(workspace)

    assert workspace.find(hostile) is None
    assert workspace.delete(hostile) is False
    with pytest.raises(KeyError):
        workspace.save_schema(hostile, Schema())
    assert workspace.find(kept.id) is not None


def test_a_link_out_of_the_folder_is_not_followed(workspace, tmp_path):
    _keep(workspace)
    outside = tmp_path / "outside"
    outside.mkdir()
    (workspace.root / ("a" * 32)).symlink_to(outside)

    assert workspace.find("a" * 32) is None
    assert workspace.delete("a" * 32) is False
    assert outside.is_dir()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\secret\\x.csv", "/absolute.csv", "..", "\x00.csv", "x" * 500]
)
def test_the_name_of_a_file_never_becomes_a_path(workspace, tmp_path, name):
    kept = _keep(workspace, name)

    assert kept.files[0].path.parent.parent == workspace.root
    assert kept.files[0].path.name == "file-0"
    assert "/" not in kept.files[0].name
    assert "\\" not in kept.files[0].name


def test_deleted_is_gone_with_every_byte(workspace):
    kept, other = _keep(workspace), _keep(workspace)

    assert workspace.delete(kept.id) is True

    assert workspace.find(kept.id) is None
    assert things_in(workspace.root) == [other.id]


def test_an_upload_past_its_time_is_not_found_and_removed(workspace, tmp_path):
    kept = _keep(workspace)

    assert Workspace(workspace.root, hours=1e-9).find(kept.id) is None
    assert things_in(workspace.root) == []


def test_keeping_one_sweeps_out_the_old_ones(workspace, monkeypatch):
    kept = time.time
    monkeypatch.setattr("time.time", lambda: kept() - 25 * 3600)
    _keep(workspace)
    monkeypatch.undo()

    new = _keep(workspace)

    assert things_in(workspace.root) == [new.id]


def test_a_stream_over_the_limit_is_refused_and_leaves_nothing(workspace):
    with pytest.raises(ResultsError, match="larger than"):
        _keep(workspace, data=b"x" * 1001)

    assert things_in(workspace.root) == []


def test_an_upload_of_several_files_keeps_their_order(workspace):
    kept = workspace.keep([("a.csv", io.BytesIO(b"a")), ("b.csv", io.BytesIO(b"b"))], Schema(), 10)

    assert [(f.name, f.path.read_bytes()) for f in kept.files] == [("a.csv", b"a"), ("b.csv", b"b")]


def test_there_is_no_way_to_list_uploads():
    public = {name for name in dir(Workspace) if not name.startswith("_")}

    of_uploads = {"delete", "find", "keep", "put_first", "read_text", "save_schema", "save_text"}
    of_tables = {"keep_coded", "read_coded"}
    of_reports = {"claim", "delete_report", "find_report", "hand_on", "look_up", "may_change", "memories", "publish"}
    of_all = {"at_home", "backup", "hours", "log", "read_log", "read_whole_log", "status", "sweep", "writable"}
    of_owners = {"publishing", "reports_of", "set_readers", "withdraw"}
    assert public == of_uploads | of_tables | of_reports | of_owners | of_all


@pytest.mark.parametrize(
    ("said", "hours"), [("1.5", 1.5), ("0", 24), ("-1", 24), ("soon", 24), ("inf", 24), ("nan", 24)]
)
def test_the_time_to_live_can_be_set_to_a_positive_number(monkeypatch, said, hours):
    monkeypatch.setenv("FAIRNESS_DASHBOARD_TTL_HOURS", said)

    assert hours_to_live() == hours


def test_a_strangers_schema_learns_nothing_of_the_files_beside_it(tmp_path):
    named = Schema(task="transcription", normalizer="../../beside.txt", terms="schema.toml")
    (tmp_path / "beside.txt").write_text("a => b")
    home = Workspace(tmp_path / "uploads")

    kept = home.keep([("calls.csv", io.BytesIO(b"reference,hypothesis\na,b\n"))], named, 1000)

    assert kept.schema == named


@pytest.fixture
def account(tmp_path, monkeypatch):
    """An account whose folders are empty, and that names no workspace."""
    monkeypatch.delenv("FAIRNESS_DASHBOARD_WORKSPACE")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path / "data" / name)
    return tmp_path


def test_where_no_folder_is_named_it_is_among_the_accounts_data(account):
    assert Workspace.at_home().root == account / "data" / "fairness-dashboard" / "workspace"
    assert list(account.iterdir()) == []  # looking makes nothing


def test_uploads_that_lay_in_the_cache_move_along(account):
    kept = _keep(Workspace(account / "cache" / "fairness-dashboard" / "uploads"))

    found = Workspace.at_home().find(kept.id)

    assert found.files[0].path.read_bytes() == ROWS
    assert found.files[0].path.is_relative_to(account / "data")
    assert not (account / "cache" / "fairness-dashboard" / "uploads").exists()


def test_a_workspace_that_is_there_is_not_written_over_by_the_cache(account):
    kept = _keep(Workspace.at_home())
    _keep(Workspace(account / "cache" / "fairness-dashboard" / "uploads"))

    assert Workspace.at_home().find(kept.id) == kept


def test_a_workspace_that_is_named_can_be_opened_to_read_only(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRNESS_DASHBOARD_WORKSPACE", str(tmp_path / "named"))

    home = Workspace.at_home(writable=False)

    assert (home.root, home.writable) == (tmp_path / "named", False)
    assert Workspace.at_home().writable
