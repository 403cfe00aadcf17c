from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
import pytest

from metrics.errors import ResultsError
from metrics.reading import Limits, Table, read_table, texts
from metrics.schema import FileOptions

ROWS = [["id", "label", "score"], ["a", 1, 0.5], ["b", 0, 1]]


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    book, sink = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(sink)
    return sink.getvalue()


def open_document(rows: str) -> bytes:
    """An OpenDocument sheet with these rows, in XML."""
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="One">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest/>')
    return sink.getvalue()


def cell(value: str | float, more: str = "") -> str:
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string" {more}><text:p>{value}</text:p></table:table-cell>'
    kind = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {kind} {more}><text:p>{value}</text:p></table:table-cell>"


def row(*cells: str | float, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cell(c) for c in cells)}</table:table-row>"


def words(table: Table) -> dict[str, list]:
    return {name: texts(table.data.column(name)).to_pylist() for name in table.data.column_names}


def refusal(data: bytes, options: FileOptions | None = None, **more: Any) -> str:
    with pytest.raises(ResultsError) as caught:
        read_table(data, options, **more)
    return str(caught.value)


def test_a_sheet_is_read_with_its_types():
    table = read_table(workbook({"One": ROWS}))

    assert table.data.to_pydict() == {"id": ["a", "b"], "label": [1, 0], "score": [0.5, 1.0]}
    assert [str(table.data.schema.field(n).type) for n in ("label", "score")] == ["int64", "double"]
    assert (table.options.sheet, table.options.header_row, table.first_line, table.findings) == ("One", 1, 2, ())


def test_dates_booleans_and_mixed_cells_are_kept():
    day = dt.date(2024, 5, 6)
    table = read_table(workbook({"One": [["d", "ok", "mixed"], [day, True, 1], [None, False, "x"]]}))

    assert words(table) == {"d": ["2024-05-06", None], "ok": ["true", "false"], "mixed": ["1", "x"]}


def test_titles_blank_rows_and_totals_are_left_out_and_said():
    rows = [["Report of May"], [], *ROWS, [], ["Total", 1, None]]
    table = read_table(workbook({"One": rows}))

    assert words(table)["id"] == ["a", "b"]
    assert (table.options.header_row, table.first_line) == (3, 4)
    said = [str(f) for f in table.findings]
    assert any("1 line above the header" in s for s in said)
    assert any("line 6 is blank" in s for s in said)
    assert any("line 7 is no data but a sum" in s for s in said)


def test_the_sheet_with_the_named_columns_is_read():
    data = workbook({"Notes": [["topic", "text"], ["a", "b"]], "Results": ROWS})

    table = read_table(data, wanted=("label", "score"))

    assert table.options.sheet == "Results"
    assert [(f.severity, f.option) for f in table.findings] == [("note", "--sheet")]


def test_several_sheets_that_may_be_meant_are_a_question():
    table = read_table(workbook({"May": ROWS, "June": ROWS}))

    assert table.options.sheet == "May"
    assert [(f.is_question, f.answers) for f in table.findings] == [(True, ("May", "June"))]


@pytest.mark.parametrize("sheet", ["June", 2, "2"])
def test_a_sheet_can_be_said_by_name_or_number(sheet):
    table = read_table(workbook({"May": ROWS, "June": ROWS[:2]}), FileOptions(sheet=sheet))

    assert (table.options.sheet, table.rows_read, table.findings) == ("June", 1, ())


def test_a_sheet_that_is_not_there_is_refused():
    assert "Did you mean 'June'?" in refusal(workbook({"May": ROWS, "June": ROWS}), FileOptions(sheet="Jun"))
    assert "has no sheet 3" in refusal(workbook({"May": ROWS}), FileOptions(sheet=3))


@pytest.mark.parametrize(("rows", "said"), [([], "is empty"), (ROWS[:1], "no rows below it")])
def test_a_sheet_without_rows_is_refused(rows, said):
    assert said in refusal(workbook({"One": rows}))


def test_formulas_without_stored_values_are_found_and_named():
    rows = [["a", "twice", "text"], [1, "=A2*2", "x"], [2, "=A3*2", "=1"]]

    (finding,) = read_table(workbook({"Other": ROWS[:1], "One": rows}), FileOptions(sheet="One")).findings

    assert (finding.severity, finding.rows) == ("warn", 3)
    assert finding.where == "sheet 'One', cells B2, B3, C3"
    assert "not stored" in finding.found


def test_stored_values_of_formulas_are_read():
    plain = workbook({"One": [["a", "twice"], [1, 7]]})
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(sink, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, data.replace(b"<v>7</v>", b"<f>A2*7</f><v>7</v>"))

    table = read_table(sink.getvalue())

    assert (table.data.column("twice").to_pylist(), table.findings) == ([7], ())


def test_an_open_document_sheet_is_read():
    table = read_table(open_document(row("id", "n") + row("a", 1.0) + row("b", 2.5)))

    assert words(table) == {"id": ["a", "b"], "n": ["1", "2.5"]}


def test_repetitions_that_stand_for_very_many_cells_are_refused_before_they_are_made():
    many = 'table:number-rows-repeated="900000"'

    data = open_document(row("id") + row("a", more=many))

    assert "--limit rows=900001" in refusal(data, limits=Limits(rows=10_000))


def test_empty_repetitions_at_the_end_are_nothing():
    """How spreadsheet programs fill the sheet up."""
    blank = (
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
    )

    assert read_table(open_document(row("id", "n") + row("a", 1.0) + blank)).rows_read == 1


def test_a_binary_workbook_is_refused():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("xl/workbook.bin", b"x")

    assert "is a binary Excel workbook (xlsb)" in refusal(sink.getvalue())


def test_a_workbook_that_was_cut_off_is_refused():
    assert "damaged" in refusal(workbook({"One": ROWS})[:-200])
