"""A bundle that a stranger made ends in plain words: nothing ends the program, nothing takes memory without end."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.compare import compare
from metrics.criteria import criteria
from metrics.errors import QuestionError, ResultsError
from metrics.estimate import estimate
from metrics.sharing import bundle_archive
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.bundle_archive import pack
from metrics.spread import spread
from tests.metrics.sharing.remade import members_of, tables_of, with_head, with_members, with_size, with_tables
from tests.metrics.sharing.shared_files import FORMS, classes, plain, share_results, spread_clusters

METRICS = ("accuracy", "true_positive_rate", "balanced_accuracy", "matthews_correlation", "roc_auc", "log_loss")


@cache
def bundle_of(name: str) -> bytes:
    if name == "classes":
        return write_bundle(share_results(classes(), metrics=("accuracy", "macro_f1", "true_positive_rate[cat]")))
    return write_bundle(share_results(spread_clusters() if name == "clustered" else FORMS[name](), metrics=METRICS))


def refuse(data: Any, name: str = "x.zip") -> str:
    with pytest.raises(ResultsError) as caught:
        read_bundle(data, name)
    text = str(caught.value)
    assert f"file {name!r}" in text and "nan" not in text.split()
    assert len(text) < 1000 and text.rstrip().endswith((".", "?"))
    return text


# -- the archive ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"PK", "is no bundle"),
        (b"a,b\n1,2\n", "is no bundle"),
        (b"PK\x05\x06" + bytes(18), "is no bundle"),
    ],
)
def test_what_is_no_bundle_is_refused(data, said):
    assert said in refuse(data)


def test_a_file_that_is_not_there_or_opened_as_text_is_refused(tmp_path):
    assert "cannot be opened" in refuse(tmp_path / "none.zip")
    assert "cannot be opened" in refuse(tmp_path)
    assert "opened as text" in refuse(io.StringIO("x"))


def test_another_zip_file_is_refused():
    assert "'table.csv', which no bundle has" in refuse(pack({"table.csv": b"a,b\n"}))


@pytest.mark.parametrize("name", ["../bundle.json", "/etc/passwd", "cells.parquet/x", "Bundle.json", "x\\y"])
def test_other_names_are_refused(name):
    assert "which no bundle has" in refuse(pack({**members_of(bundle_of("plain")), name: b"{}"}))


def test_a_member_that_is_lacking_or_there_twice_is_refused():
    members = members_of(bundle_of("plain"))
    assert "lacks 'floors.parquet'" in refuse(pack({n: m for n, m in members.items() if n != "floors.parquet"}))

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("bundle.json", members["bundle.json"])
    assert "more than one 'bundle.json'" in refuse(out.getvalue())


def test_many_members_are_refused_before_they_are_listed():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(2_000):
            archive.writestr(f"{number}.parquet", b"")

    assert "more files in it than a bundle has" in refuse(out.getvalue())


def test_a_link_or_a_folder_is_refused():
    out = io.BytesIO()
    entry = zipfile.ZipInfo("bundle.json")
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, b"/etc/passwd")
    assert "no plain file" in refuse(out.getvalue())


def test_a_password_and_another_way_of_packing_are_refused():
    data = bytearray(bundle_of("plain"))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert "protected by a password" in refuse(bytes(data))

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        for name, member in members_of(bundle_of("plain")).items():
            archive.writestr(name, member)
    assert "packed in an unusual way" in refuse(out.getvalue())


@pytest.mark.parametrize("told", [None, 10, 0, 2**31])
def test_a_member_that_unpacks_without_end_is_stopped_whatever_it_says_of_its_size(told, monkeypatch):
    monkeypatch.setattr(bundle_archive, "MOST_UNPACKED", 2**20)
    data = pack({**members_of(bundle_of("plain")), "answers.parquet": bytes(2**26)})
    tracemalloc.start()

    said = refuse(data if told is None else with_size(data, "answers.parquet", told))

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "unpacks to more than 1 MB" in said
    assert most < 2**24


def test_a_size_that_lies_is_refused():
    said = refuse(with_size(bundle_of("plain"), "cells.parquet", 17))

    assert "'cells.parquet' is not what it was" in said


def test_a_file_larger_than_bundles_are_is_not_read(monkeypatch, tmp_path):
    monkeypatch.setattr(bundle_archive, "MOST_BYTES", 1000)
    path = tmp_path / "x.zip"
    path.write_bytes(bundle_of("plain"))

    for source in (bundle_of("plain"), path, io.BytesIO(bundle_of("plain"))):
        assert "larger than" in refuse(source)


@pytest.mark.parametrize("end", [b"x", b"PK\x05\x06" + bytes(18)])
def test_something_added_at_the_end_is_refused(end):
    refuse(bundle_of("plain") + end)


# -- the columns ---------------------------------------------------------------------------------


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **{"store_schema": False, **options})
    return out.getvalue()


def test_other_columns_types_and_forms_of_parquet_are_refused():
    floors = tables_of(bundle_of("plain"))["floors"]
    plain_form = {"compression": "none", "use_dictionary": False}

    def said(columns: Any, **options: Any) -> str:
        return refuse(with_members(bundle_of("plain"), floors=parquet(columns, **options)))

    assert "columns of another form" in said(floors)  # they may be null
    for member in (b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", bytes(1000), b"PAR1" + b"\xff" * 100 + b"PAR1"):
        refuse(with_members(bundle_of("plain"), floors=member))
    required = pa.schema([pa.field(n, pa.float64(), nullable=False) for n in floors])
    table = pa.table({n: v.astype(float) for n, v in floors.items()}, schema=required)
    out = io.BytesIO()
    pq.write_table(table, out, **plain_form)
    assert "other columns than system" in refuse(with_members(bundle_of("plain"), floors=out.getvalue()))


@pytest.mark.parametrize("options", [{"compression": "zstd"}, {"use_dictionary": True}, {"data_page_version": "2.0"}])
def test_pages_that_could_unpack_to_more_than_they_are_are_refused(options):
    floors = tables_of(bundle_of("plain"))["floors"]
    kinds = {"<i4": pa.int32(), "<f8": pa.float64()}
    schema = pa.schema([pa.field(n, kinds[v.dtype.str], nullable=False) for n, v in floors.items()])
    out = io.BytesIO()
    form = {"compression": "none", "use_dictionary": False, **options}
    pq.write_table(pa.table(floors, schema=schema), out, **form)

    assert "of another form" in refuse(with_members(bundle_of("plain"), floors=out.getvalue()))


def test_more_rows_than_there_are_bytes_are_refused():
    from metrics.sharing.plain_parquet import write_columns

    floors = tables_of(bundle_of("plain"))["floors"]
    member = write_columns(floors)
    n = len(floors["floor"])
    assert n < 64  # one byte in the description: 2 n

    # Every place where the description has the number of rows.
    end = len(member) - 8
    start = end - int.from_bytes(member[-8:-4], "little")
    lie = bytes(63 * 2 if b == 2 * n and start <= i < end else b for i, b in enumerate(member))
    refuse(with_members(bundle_of("plain"), floors=lie))


def _first(table: str, column: str, value: float) -> Any:
    def change(tables: Any) -> None:
        tables[table][column][0] = value

    change.__name__ = f"{table} {column} {value}"
    return change


def _cut(table: str, rows: slice) -> Any:
    def change(tables: Any) -> None:
        tables[table] = {name: values[rows] for name, values in tables[table].items()}

    change.__name__ = f"{table} {rows}"
    return change


def _twice(table: str) -> Any:
    def change(tables: Any) -> None:
        tables[table] = {name: np.concatenate([v[:1], v]) for name, v in tables[table].items()}

    change.__name__ = f"{table} twice"
    return change


def _where(table: str, column: str, value: float, **told: int) -> Any:
    """Change the first row that has these numbers."""

    def change(tables: Any) -> None:
        rows = np.logical_and.reduce([tables[table][name] == number for name, number in told.items()])
        tables[table][column][rows.argmax()] = value

    change.__name__ = f"{table} {column} {value}"
    return change


ACCURACY, TRUE_POSITIVES, BALANCED, MATTHEWS, AREA, LOSS = range(6)

CHANGES = [
    (_first("cells", "system", 7), "of a system that there is not"),
    (_first("cells", "grouping", -1), "of a grouping that there is not"),
    (_first("cells", "cell", 1), "not numbered"),
    (_first("cells", "hidden", 2), "neither hidden nor shown"),
    (_first("cells", "hidden", 1), "hidden and has a number"),
    (_first("cells", "units", -3), "negative number of units"),
    (_first("cells", "units", 2**60), "more units than there can be"),
    (_first("cells", "units", 2), "under 10 units is hidden"),
    (_first("cells", "units", 30), "more units than everyone"),
    (_first("cells", "level_1", 0), "level of an attribute that it is not about"),
    (_where("cells", "level_1", 9, grouping=1), "a level that 'sex' does not have"),
    (_where("cells", "level_1", -1, grouping=1), "a level that 'sex' does not have"),
    (_where("cells", "level_1", 1, grouping=1), "stands twice or out of order"),
    (_cut("cells", slice(1, None)), "lacks a grouping"),
    (_cut("cells", slice(0, 0)), "lacks a grouping"),
    (_twice("cells"), "not numbered"),
    (_first("answers", "system", 1), "of a system"),
    (_first("answers", "grouping", 99), "of a grouping"),
    (_first("answers", "metric", 6), "of a metric"),
    (_first("answers", "side", 4), "of a side"),
    (_first("answers", "cell", 1), "of a cell"),
    (_first("answers", "value", 1.5), "a value outside"),
    (_first("answers", "value", -0.1), "a value outside"),
    (_first("answers", "value", 0.123), "not what is above over what is below"),
    (_first("answers", "value", np.nan), "no value of counts"),
    (_first("answers", "value", np.inf), "infinity"),
    (_first("answers", "n", -1.0), "negative n"),
    (_first("answers", "df", -np.inf), "-infinity"),
    (_first("answers", "se", np.inf), "infinity"),
    (_first("answers", "top", 1e9), "not what is above"),
    (_first("answers", "top", -1.0), "negative top"),
    (_first("answers", "below", np.nan), "one of top and below without the other"),
    (_first("answers", "units", 1e6), "more units than there are"),
    (_first("answers", "units", np.nan), "has no units"),
    (_first("answers", "units", 20.5), "a part of one"),
    (_first("answers", "denominator", 1e6), "more units for its minimum"),
    (_first("answers", "clusters", 3), "clusters where there are none"),
    (_first("answers", "r", 0.5), "a correlation where there is none"),
    (_where("answers", "r", 1.5, side=1), "beyond 1"),
    (_where("answers", "r", np.nan, side=2), "a correlation where there is none, or has none"),
    (_where("answers", "value", 1.5, metric=MATTHEWS), "a value outside"),
    (_where("answers", "value", -1.0, metric=LOSS), "a value outside"),
    (_where("answers", "value", 2.0, metric=AREA), "a value outside"),
    (_where("answers", "value", 0.9, metric=BALANCED), "not the mean of its parts"),
    (_where("answers", "value", np.nan, metric=BALANCED), "without its parts, or parts without it"),
    (_twice("answers"), "twice or out of order"),
    (_cut("answers", slice(None, None, -1)), "twice or out of order"),
    (_cut("answers", slice(1, None)), "parts"),
    (_first("parts", "value", 1.01), "a value outside"),
    (_first("parts", "answer", 1), "another answer"),
    (_first("parts", "part", 1), "another part"),
    (_first("parts", "se", -1.0), "se off"),
    (_cut("parts", slice(1, None)), "rows, where"),
    (_twice("parts"), "rows, where"),
    (_first("correlations", "r", 1.01), "beyond 1"),
    (_first("correlations", "r", np.nan), "beyond 1"),
    (_first("correlations", "other", 0), "another other"),
    (_twice("correlations"), "rows, where"),
    (_cut("correlations", slice(2, None)), "rows, where"),
    (_first("floors", "floor", -0.1), "no floor"),
    (_first("floors", "floor", np.nan), "no floor"),
    (_first("floors", "floor", np.inf), "no floor"),
    (_first("floors", "metric", 99), "of a metric"),
    (_twice("floors"), "twice or out of order"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_numbers_that_cannot_be_are_refused(change, said):
    assert said in refuse(with_tables(bundle_of("plain"), change))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_first("pairs", "r", 1.1), "beyond 1"),
        (_first("pairs", "r", np.nan), "beyond 1"),
        (_first("pairs", "other", 0), "another other"),
        (_first("pairs", "cell", 9), "another cell"),
        (_first("pairs", "metric", 1), "out of order"),
        (_cut("pairs", slice(1, None)), "other slices than are shown"),
        (_twice("pairs"), "other slices than are shown"),
        (_first("answers", "clusters", np.nan), "lacks them"),
        (_first("answers", "clusters", 1e6), "more clusters than units"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_numbers_of_clusters_that_cannot_be_are_refused(change, said):
    assert said in refuse(with_tables(bundle_of("clustered"), change))


def test_pairs_where_there_are_no_clusters_are_refused():
    pairs = {name: values[:1] for name, values in tables_of(bundle_of("clustered"))["pairs"].items()}

    assert "without clusters" in refuse(with_tables(bundle_of("plain"), lambda tables: tables.update(pairs=pairs)))


def test_a_hidden_slice_with_numbers_is_refused():
    """The same numbers of a slice that is shown, said of one that is hidden."""
    tables = tables_of(bundle_of("plain"))
    cells, answers = tables["cells"], tables["answers"]
    own = np.flatnonzero((answers["side"] == 0) & (answers["metric"] == 0))
    row = next(r for r in np.flatnonzero(cells["hidden"]) if cells["grouping"][r] in answers["grouping"][own])
    cell = cells["cell"][row]
    own = own[answers["grouping"][own] == cells["grouping"][row]]
    at = own[0] + int((answers["cell"][own] < cell).sum())

    def change(tables: Any) -> None:
        tables["answers"] = {n: np.insert(v, at, cell if n == "cell" else v[own[0]]) for n, v in answers.items()}

    assert "about a slice that is hidden" in refuse(with_tables(bundle_of("plain"), change))


# -- the head ------------------------------------------------------------------------------------


def put(*path: Any, value: Any) -> Any:
    def change(tree: Any) -> None:
        for step in path[:-1]:
            tree = tree[step]
        tree[path[-1]] = value

    change.__name__ = f"{'.'.join(map(str, path))} {value!r}"[:60]
    return change


def drop(*path: Any) -> Any:
    def change(tree: Any) -> None:
        for step in path[:-1]:
            tree = tree[step]
        del tree[path[-1]]

    change.__name__ = f"without {'.'.join(map(str, path))}"
    return change


HEADS = [
    (put("format", value="fairness-dashboard report"), "is no bundle"),
    (put("version", value=3), "newer than this dashboard"),
    (put("version", value=2), "lacks 'examples.json', which version 2 of the format has"),
    (put("version", value=0), "version '0' of the format, which there is not"),
    (put("version", value=True), "which there is not"),
    (put("version", value="1"), "which there is not"),
    (put("version", value=10**400), "newer than this dashboard"),
    (put("more", value=1), "unknown key 'more'"),
    (drop("note"), "lacks 'note'"),
    (put("title", value=3), "it is a text"),
    (put("title", value="x" * 1001), "1,001 signs"),
    (put("note", value="x" * 20_001), "20,001 signs"),
    (put("note", value="x" * 200_001), "200,001 signs"),
    (put("made", value="yesterday"), "a day such as"),
    (put("versions", value=[]), "an object"),
    (put("versions", value={str(i): "" for i in range(101)}), "more than 100"),
    (put("sources", 0, "sha256", value="x"), "as a sha256"),
    (put("sources", value=[1]), "an object"),
    (put("schema", value=[]), "an object"),
    (put("schema", "task", value="guessing"), "schema"),
    (lambda tree: tree["schema"].update({f"k{i}": 1 for i in range(1000)}), "no key of a schema"),
    (put("schema", "tolerance", value="x" * 100_000), "tolerance"),
    (drop("schema", "task"), "no task"),
    (put("schema", "tolerance", value=10**400), "too large"),
    (put("left_out", value=["height"]), "no attribute of it"),
    (put("terms", "min_cell", value=2), "from 3 up"),
    (put("terms", "min_cell", value=True), "a whole number"),
    (put("terms", "min_units", value=0), "from 1 up"),
    (put("terms", "seed", value=-1), "from 0 up"),
    (put("terms", "seed", value=2**60), "from 0 up"),
    (put("metrics", 0, value="goodness"), "'goodness', which is no metric"),
    (put("metrics", 0, value="expected_calibration_error"), "is not shared"),
    (put("metrics", 1, value="accuracy"), "twice"),
    (put("axes", 0, "name", value="height"), "no attribute of it"),
    (put("axes", 0, "name", value="age"), "twice"),
    (put("axes", 0, "levels", value=["f", "f"]), "twice"),
    (put("axes", 0, "levels", value="fm"), "a list"),
    (put("axes", 0, "levels", value=["f"]), "does not have"),
    (put("axes", 0, "saved", value=1), "true or false"),
    (put("groupings", 0, value=["sex"]), "does not begin with everyone"),
    (put("groupings", 2, value=["sex"]), "one of them twice"),
    (put("groupings", 1, value=["sex", "sex"]), "twice"),
    (put("groupings", 1, value=[["sex"]]), "a text"),
    (put("systems", value=[]), "names none"),
    (put("systems", 0, "metrics", value=["accuracy"]), "systems, parts"),
    (put("systems", 0, "metrics", value=["goodness"]), "not among those"),
    (put("systems", 0, "favourable", value=[]), "favourable"),
    (put("systems", 0, "clustered", value=None), "true or false"),
    (put("systems", 0, "clustered", value=True), "lacks them"),
    (put("systems", 0, "parts", "balanced_accuracy", value=3), "has 3 parts"),
    (put("systems", 0, "parts", value={}), "lacks 'balanced_accuracy'"),
]


@pytest.mark.parametrize(("change", "said"), HEADS, ids=lambda value: getattr(value, "__name__", "")[:60])
def test_a_head_that_cannot_be_is_refused_with_its_place(change, said):
    assert said in refuse(with_head(bundle_of("plain"), change))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "damaged JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "is no bundle"),
        (b"[" * 100_000, "no JSON"),
        (b'{"format": "x", "format": "x"}', "twice"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": "\\ud800"}', "half a sign"),
        (b" " * (5 * 2**20), "more than 4 MB"),
    ],
)
def test_json_that_is_none_is_refused(text, said):
    assert said in refuse(pack({**members_of(bundle_of("plain")), "bundle.json": text}))


def test_more_questions_than_a_bundle_answers_are_refused():
    def change(tree: Any) -> None:
        tree["systems"] = [{**tree["systems"][0], "name": str(i)} for i in range(100)]
        tree["axes"] += [{**tree["axes"][0], "name": str(i)} for i in range(90)]
        tree["groupings"] += [[str(i)] for i in range(90)]

    assert "more than 20,000 questions" in refuse(with_head(bundle_of("plain"), change))


def test_more_than_a_bundle_holds_is_not_written(monkeypatch):
    shared = share_results(plain(), metrics=METRICS)
    monkeypatch.setattr("metrics.sharing.bundle.MOST_NUMBERS", 100)

    with pytest.raises(QuestionError, match="too much for one file"):
        write_bundle(shared)


def test_hidden_slices_without_end_are_refused():
    """They take a few bytes each in the file, and their place in every table once it is open."""

    def hide(tables: Any) -> None:
        cells = tables["cells"]
        n = 200_000
        more = {name: np.zeros(n, values.dtype) for name, values in cells.items()}
        more |= {"grouping": np.full(n, 3), "cell": np.arange(n), "hidden": np.ones(n, np.int32)}
        more["level_1"], more["level_2"] = np.divmod(np.arange(n), 1000)
        kept = cells["grouping"] < 3
        tables["cells"] = {c: np.concatenate([v[kept], more[c]]).astype(v.dtype) for c, v in cells.items()}
        for name in ("answers", "parts", "correlations", "floors"):
            tables[name] = {c: v[:0] for c, v in tables[name].items()}

    data = with_tables(bundle_of("plain"), hide)
    data = with_head(data, lambda tree: [axis.update(levels=[str(i) for i in range(999)]) for axis in tree["axes"]])
    tracemalloc.start()
    said = refuse(data)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "numbers once it is open" in said
    assert most < 2**27


def test_more_numbers_than_a_bundle_holds_are_not_read(monkeypatch):
    data = bundle_of("plain")
    monkeypatch.setattr("metrics.sharing.bundle.MOST_NUMBERS", 100)

    assert "rows, more than a bundle has" in refuse(data)


# -- whatever comes ------------------------------------------------------------------------------


def ask_everything(data: bytes) -> None:
    """Read a bundle and ask it everything; it may be refused."""
    try:
        shared = read_bundle(data)
    except ResultsError as error:
        assert all(f.severity == "stop" and f.found and f.cure for f in error.findings)
        return
    by = list(shared.terms.groupings)
    for ask in (estimate, spread, criteria):
        ask(shared.cubes, by)
    for baseline in ("rest", "overall", "largest", "best"):
        compare(shared.cubes, by, kinds=("difference", "ratio"), baseline=baseline)


@settings(max_examples=300)
@given(st.data())
def test_a_bundle_cut_or_altered_anywhere_is_read_or_refused(data):
    whole = bundle_of(data.draw(st.sampled_from(["plain", "clustered", "classes"])))
    altered = bytearray(whole[: data.draw(st.integers(0, len(whole)) | st.just(len(whole)))])
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=5)):
        if place < len(altered):
            altered[place] = byte

    try:
        read_bundle(bytes(altered))
    except ResultsError as error:
        assert error.findings


@settings(max_examples=300)
@given(st.data())
def test_a_member_altered_anywhere_is_read_or_refused(data):
    """The zip file is made anew around it, so that its own checks find nothing."""
    members = members_of(bundle_of(data.draw(st.sampled_from(["plain", "clustered", "classes"]))))
    name = data.draw(st.sampled_from(sorted(members)))
    altered = bytearray(members[name])
    near_the_end = st.integers(1, min(1200, len(altered))).map(lambda n: len(altered) - n)
    for _ in range(data.draw(st.integers(1, 4))):
        altered[data.draw(near_the_end | st.integers(0, len(altered) - 1))] = data.draw(st.integers(0, 255))

    try:
        read_bundle(pack({**members, name: bytes(altered)}))
    except ResultsError as error:
        assert error.findings


ODD = st.sampled_from([0.0, -1.0, 1.0, 0.5, 1e308, -1e308, 5e-324, np.inf, -np.inf, np.nan, 3.0, 1e6, 0.1])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_bundle_with_odd_numbers_is_refused_or_can_be_asked(data):
    which = data.draw(st.sampled_from(["plain", "clustered", "classes"]))

    def change(tables: Any) -> None:
        for _ in range(data.draw(st.integers(1, 3))):
            filled = [name for name, table in tables.items() if len(next(iter(table.values())))]
            table = tables[data.draw(st.sampled_from(filled))]
            column = table[data.draw(st.sampled_from(sorted(table)))]
            value = data.draw(ODD)
            row = data.draw(st.integers(0, len(column) - 1))
            column[row] = value if column.dtype.kind == "f" else data.draw(st.integers(-2, 40))

    ask_everything(with_tables(bundle_of(which), change))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(METRICS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places_in(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [p for key, value in inner for p in ((*path, key), *places_in(value, (*path, key)))]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_head_changed_anywhere_is_refused_or_can_be_asked(data):
    def change(tree: Any) -> None:
        path = data.draw(st.sampled_from(places_in(tree)))
        (drop(*path) if data.draw(st.booleans()) and data.draw(st.booleans()) else put(*path, value=data.draw(JSON)))(
            tree
        )

    ask_everything(with_head(bundle_of(data.draw(st.sampled_from(["plain", "clustered", "classes"]))), change))
