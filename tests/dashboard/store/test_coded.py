from __future__ import annotations

import io
import json
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard import loading
from dashboard.datasets import find_dataset
from dashboard.store import coded
from dashboard.workspace import Workspace
from metrics.errors import Finding
from metrics.reading import read_table
from metrics.reading.limits import Limits
from metrics.reading.table import Table, texts
from metrics.schema import FileOptions, Schema
from tests.dashboard.kept import things_in
from tests.dashboard.store.made import keep
from tests.paths import ROOT

NAN = float("nan")
COLUMNS = {
    "codes": pa.array(["b", "a", None, "b"]).dictionary_encode(),
    "unused word": pa.DictionaryArray.from_arrays(pa.array([0, 2, 0, None], pa.int32()), pa.array(["x", "y", "z"])),
    "repeated word": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0], pa.int32()), pa.array(["x", "x", ""])),
    "text": pa.array(["ä", "", None, " x\n"]),
    "large text": pa.array(["a", "b", None, "c"], pa.large_string()),
    "a.b": pa.array(["p", "q", "p", None]).dictionary_encode(),
    "": pa.array([1, 2, 3, None], pa.int8()),
    "unsigned": pa.array([2**64 - 1, 0, None, 1], pa.uint64()),
    "int": pa.array([2**62, -1, None, 0]),
    "float": pa.array([0.1, NAN, None, -0.0]),
    "narrow": pa.array([0.5, float("inf"), None, NAN], pa.float32()),
    "yes or no": pa.array([True, False, None, True]),
    "day": pa.array([date(2024, 2, 29), None, date(1, 1, 1), date(9999, 12, 31)]),
    "moment": pa.array([datetime(2024, 2, 29, 1, 2, 3, 4), None, None, None]),  # noqa: DTZ001
    "zoned": pa.array([10**18 + 1, None, 0, 1], pa.timestamp("ns", "Europe/Berlin")),
    "hour": pa.array([time(1, 2, 3), None, None, time(0)], pa.time64("us")),
    "span": pa.array([timedelta(days=1), None, None, timedelta(0)]),
    "price": pa.array([Decimal("1.50"), None, Decimal("-0.01"), Decimal("12345.00")], pa.decimal128(9, 2)),
    "bytes": pa.array([b"\x00\xff", None, b"", b"x"]),
    "nothing": pa.nulls(4),
}
FINDINGS = (
    Finding("warn", "column 'a'", "is odd — „so“.", "Look.", 3, "--positive", ("yes", "no"), (0, 7)),
    Finding("note", "line 1", "is a title.", ""),
)
OPTIONS = FileOptions("utf-8", ";", ",", 3, "Sheet 1", ("n/a", "-"), True)


@pytest.fixture
def large(tmp_path):
    """An upload that is large enough to be kept as a table, too."""
    rows = b"id,sex,label,prediction\n" + b"".join(b"%d,f,yes,no\n" % n for n in range(80_000))
    return keep(tmp_path, data=rows).files[0]


def _table(**changed) -> Table:
    told = {
        "name": "mine.csv",
        "sha256": "a" * 64,
        "data": pa.table(COLUMNS),
        "first_line": 4,
        "options": OPTIONS,
        "findings": FINDINGS,
        "rows_read": 4,
        "typed": False,
        "form": "",
    }
    return Table(**{**told, **changed})


def _assert_equal(read: Table, table: Table) -> None:
    assert read.data.schema.equals(table.data.schema, check_metadata=True)
    for name, mine, theirs in zip(table.data.column_names, read.data.columns, table.data.columns, strict=True):
        # As bytes: two cells that are no numbers are equal, and 0 is not -0.
        assert _bytes(mine) == _bytes(theirs), name
    for field in fields(Table):
        if field.name not in ("data", "kept"):
            assert getattr(read, field.name) == getattr(table, field.name), field.name
    assert [f.places for f in read.findings] == [f.places for f in table.findings]
    assert read.kept == {}


def _bytes(column: pa.ChunkedArray) -> list[str]:
    return [repr(cell) for cell in column.to_pylist()]


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_every_type_comes_back_as_it_was(tmp_path, large, name):
    table = _table(data=pa.table({name: COLUMNS[name]}))
    home = Workspace(tmp_path)

    assert home.keep_coded(large, OPTIONS, Limits(), table)

    _assert_equal(home.read_coded(large, OPTIONS, Limits()), table)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"first_line": None, "typed": True, "form": "stm", "findings": ()},
        {"options": FileOptions(sheet=2)},
        {"data": pa.table({"a": COLUMNS["codes"]}).replace_schema_metadata({"pandas": "{}"})},
        {"data": pa.table({"a": pa.chunked_array([["x"], ["y", "x"]]).dictionary_encode()}), "rows_read": 3},
        {"name": "\u202eä\n'.csv"},
    ],
)
def test_all_that_is_known_of_a_table_comes_back(tmp_path, large, changed):
    table = _table(**changed)
    home = Workspace(tmp_path)

    assert home.keep_coded(large, OPTIONS, Limits(), table)

    _assert_equal(home.read_coded(large, OPTIONS, Limits()), table)


@pytest.mark.parametrize("words", [2, 300, 200_000])
def test_codes_are_the_same_codes_of_the_same_words(tmp_path, large, words):
    """However many words a column has: the order of its levels hangs on them."""
    cells = pa.array([f"word {n * 7919 % words}" for n in range(250_000)]).dictionary_encode()
    table = _table(data=pa.table({"a": cells}), rows_read=250_000)
    home = Workspace(tmp_path)

    home.keep_coded(large, OPTIONS, Limits(), table)

    (read,) = home.read_coded(large, OPTIONS, Limits()).data.column("a").unify_dictionaries().chunks[:1]
    assert read.dictionary.equals(cells.dictionary)
    assert (
        home.read_coded(large, OPTIONS, Limits())
        .data.column("a")
        .cast("string")
        .equals(pa.chunked_array([cells.cast("string")]))
    )


def test_parts_with_words_of_their_own_have_them_in_the_order_they_would_have(tmp_path, large):
    """A large file is read in parts, each with its own words."""
    parts = [["b", "a", "b"], ["a", "d", None], ["c", "b", "d"]]
    cells = pa.chunked_array([pa.array(part).dictionary_encode() for part in parts])
    home = Workspace(tmp_path)

    home.keep_coded(large, OPTIONS, Limits(), _table(data=pa.table({"a": cells}), rows_read=9))

    read = home.read_coded(large, OPTIONS, Limits()).data.column("a")
    assert read.to_pylist() == cells.to_pylist()
    assert texts(read).dictionary.to_pylist() == texts(cells).dictionary.to_pylist() == ["b", "a", "d", "c"]
    assert texts(read).indices.to_pylist() == texts(cells).indices.to_pylist()


@pytest.mark.parametrize("sample", ["lending.csv", "call_centre.csv", "routing.csv"])
def test_a_sample_that_was_kept_is_read_as_it_is_from_its_file(tmp_path, monkeypatch, sample):
    monkeypatch.setattr(coded, "LEAST_BYTES", 0)
    file = keep(tmp_path, sample, (ROOT / "sample_data" / sample).read_bytes()).files[0]
    table = read_table(file.path, FileOptions(), Limits(), file.name)
    home = Workspace(tmp_path)

    assert home.keep_coded(file, FileOptions(), Limits(), table)

    _assert_equal(home.read_coded(file, FileOptions(), Limits()), table)


def test_a_table_is_found_for_the_same_file_options_and_limits_only(tmp_path, large):
    home = Workspace(tmp_path)
    home.keep_coded(large, OPTIONS, Limits(), _table())

    assert home.read_coded(large, OPTIONS, Limits()) is not None
    assert home.read_coded(large, replace(OPTIONS, decimal="."), Limits()) is None
    assert home.read_coded(large, OPTIONS, Limits(rows=5)) is None
    assert home.read_coded(replace(large, name="other.csv"), OPTIONS, Limits()) is None
    assert home.read_coded(replace(large, sha256="b" * 64), OPTIONS, Limits()) is None


def test_what_was_made_by_another_version_is_not_read(tmp_path, large, monkeypatch):
    home = Workspace(tmp_path)
    monkeypatch.setattr(coded, "_reader", lambda: "another")
    home.keep_coded(large, OPTIONS, Limits(), _table())
    monkeypatch.undo()

    assert home.read_coded(large, OPTIONS, Limits()) is None


def _coded_path(file):
    (path,) = file.path.parent.glob("coded-*")
    return path


def test_what_cannot_be_read_is_as_good_as_none(tmp_path, large):
    home = Workspace(tmp_path)
    home.keep_coded(large, OPTIONS, Limits(), _table(data=pa.table({"a": [f"text {n}" for n in range(5_000)]})))
    path = _coded_path(large)
    whole = path.read_bytes()

    for broken in (b"", b"PAR1", whole[: len(whole) // 2], whole[:-20], whole[:100] + b"\xff" * 40 + whole[140:]):
        path.write_bytes(broken)
        assert home.read_coded(large, OPTIONS, Limits()) is None
    pq.write_table(pa.table({"a": [1]}), path)
    assert home.read_coded(large, OPTIONS, Limits()) is None
    noted = {b"fairness-dashboard table": json.dumps({"reader": coded._reader(), "name": 3}).encode()}
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(noted), path)
    assert home.read_coded(large, OPTIONS, Limits()) is None
    path.write_bytes(whole)
    assert home.read_coded(large, OPTIONS, Limits()) is not None


def test_only_large_uploads_get_one(tmp_path, large):
    home = Workspace(tmp_path)
    small = keep(tmp_path).files[0]
    outside = tmp_path.parent / "outside.csv"
    outside.write_bytes(large.path.read_bytes())

    assert not home.keep_coded(small, OPTIONS, Limits(), _table())
    assert not home.keep_coded(replace(large, path=outside), OPTIONS, Limits(), _table())
    assert not home.keep_coded(replace(large, path=tmp_path / "x" / "y.csv"), OPTIONS, Limits(), _table())
    assert list(tmp_path.rglob("*coded-*")) == []


def test_it_is_never_in_the_way(tmp_path, large, monkeypatch):
    full = Workspace(tmp_path, quota=1)
    assert not full.keep_coded(large, OPTIONS, Limits(), _table())

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", fail)
    assert not Workspace(tmp_path).keep_coded(large, OPTIONS, Limits(), _table())
    monkeypatch.undo()
    Workspace(tmp_path).delete(large.path.parent.name)
    assert not Workspace(tmp_path).keep_coded(large, OPTIONS, Limits(), _table())
    assert things_in(tmp_path) == []


def test_a_table_with_a_type_that_parquet_has_not_is_not_kept(tmp_path, large):
    seconds = _table(data=pa.table({"a": pa.array([1, None], pa.timestamp("s"))}))

    assert not Workspace(tmp_path).keep_coded(large, OPTIONS, Limits(), seconds)

    assert list(tmp_path.rglob("*coded-*")) == []


def test_it_is_the_owners_alone_and_goes_with_the_upload(tmp_path, large):
    home = Workspace(tmp_path)
    home.keep_coded(large, OPTIONS, Limits(), _table())
    path = _coded_path(large)
    assert path.stat().st_mode & 0o777 == 0o600

    home.delete(large.path.parent.name)

    assert not path.exists()
    assert things_in(tmp_path) == []


def test_a_later_session_reads_what_an_earlier_one_read(workspace_folder, monkeypatch):
    rows = "id,sex,label,prediction\n" + "".join(f"{n},{'fm'[n % 2]},yes,{'yn'[n % 3 % 2]}\n" for n in range(80_000))
    home = Workspace.at_home()
    kept = home.keep([("mine.csv", io.BytesIO(rows.encode()))], Schema(), 10**9)
    data = find_dataset(kept.id, home)
    (first,) = loading.tables(data, FileOptions())
    loading.drop(data)
    monkeypatch.setattr(loading, "read_table", lambda *_, **__: pytest.fail("the file was read again"))

    (later,) = loading.tables(data, FileOptions())

    _assert_equal(later, first)


def test_a_sample_gets_none(workspace_folder, monkeypatch):
    monkeypatch.setattr(coded, "LEAST_BYTES", 0)
    data = find_dataset("lending", Workspace.at_home())

    loading.tables(data, FileOptions())

    assert list(data.files[0].path.parent.glob("*coded-*")) == []
    assert things_in(workspace_folder) == []
