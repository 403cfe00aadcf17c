from __future__ import annotations

import tracemalloc

import pytest

from metrics.errors import ResultsError
from metrics.reading import Table, read_table
from metrics.schema import FileOptions
from tests.paths import SHARED, needs_shared


def read(text: str, encoding: str = "utf-8", **options) -> Table:
    return read_table(text.encode(encoding), FileOptions(**options))


def rows(table: Table) -> list[tuple]:
    return [tuple(row.values()) for row in table.data.to_pylist()]


def said(table: Table) -> str:
    return "\n".join(f"{f.severity}: {f}" for f in table.findings)


def refusal(text: str, **options) -> list[str]:
    with pytest.raises(ResultsError) as caught:
        read(text, **options)
    return [str(f) for f in caught.value.findings]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|", "^", "~", "\x01"])
def test_the_delimiter_is_found(sign):
    table = read("a,b,c\n1,x y,2\n3,z,4\n".replace(",", sign))

    assert table.options.delimiter == sign
    assert rows(table) == [("1", "x y", "2"), ("3", "z", "4")]
    assert table.findings == ()


def test_commas_inside_cells_are_not_taken_for_the_delimiter():
    assert read("text;score\na, b, c;0,5\nd, e, f;0,7\n").options.delimiter == ";"
    assert read('text,parts\n"x",a|b\n"y",c|d\n').options.delimiter == ","


@pytest.mark.parametrize(("given", "sign"), [("tab", "\t"), ("\\t", "\t"), (" ", " "), (":", ":")])
def test_a_delimiter_can_be_said(given, sign):
    assert rows(read(f"a{sign}b\n1{sign}2\n", delimiter=given)) == [("1", "2")]


@pytest.mark.parametrize("given", ["", "ab", '"', "\n", "§"])
def test_a_delimiter_that_is_none_is_refused(given):
    assert "is not one plain character" in refusal("a,b\n1,2\n", delimiter=given)[0]


def test_everything_is_text_as_it_is_written():
    table = read("id,x,g\n007,1.50,NA\n010,,None\n")

    assert rows(table) == [("007", "1.50", "NA"), ("010", "", "None")]
    assert not table.typed


def test_one_column_is_a_table():
    assert rows(read("prediction\n1\n0\n")) == [("1",), ("0",)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way(end):
    table = read(f"a,b{end}1,2{end}3,4")

    assert (rows(table), table.first_line) == ([("1", "2"), ("3", "4")], 2)


def test_cells_may_hold_line_breaks_delimiters_and_quotation_marks():
    table = read('id,text\n1,"a\nb, ""c"""\n2,d\n')

    assert rows(table) == [("1", 'a\nb, "c"'), ("2", "d")]
    assert table.findings == ()


def test_quotation_marks_that_belong_to_no_pair_are_letters():
    """Between the two marks lie a delimiter and a line end; taken for a pair they would join two rows to one."""
    table = read('a\tb\n1\t"x\n2\ty" z\n')

    assert rows(table) == [("1", '"x'), ("2", 'y" z')]
    assert "quotation marks that belong to no pair" in said(table)


def test_an_unclosed_quotation_mark_is_refused_with_its_line():
    text = 'a,b\n1,2\n3,"x\n4,5,6\n' + "7,8\n" * 3

    assert refusal(text)[0].startswith("line 3 has a quotation mark that is not closed")


def test_title_lines_above_the_header_are_left_out_and_said():
    table = read("Report of May\nconfidential\n\na,b,c\n1,2,3\n4,5,6\n")

    assert (table.data.column_names, table.options.header_row, table.first_line) == (["a", "b", "c"], 4, 5)
    assert "3 lines above the header are no part of the table" in said(table)


def test_title_lines_padded_with_delimiters_are_left_out():
    table = read("Report,,\n,,\na,b,c\n1,2,3\n4,,6\n")

    assert (table.data.column_names, table.options.header_row) == (["a", "b", "c"], 3)


def test_the_header_can_be_said():
    table = read("a,b\nc,d\n1,2\n", header_row=2)

    assert (table.data.column_names, rows(table), table.first_line) == (["c", "d"], [("1", "2")], 3)


@pytest.mark.parametrize("line", [0, 9, -1])
def test_a_header_line_that_is_not_there_is_refused(line):
    assert "--header-row" in refusal("a,b\n1,2\n", header_row=line)[0]


def test_the_line_that_names_the_delimiter_to_excel_is_no_row():
    table = read("sep=;\na;b\n1;2\n")

    assert (table.data.column_names, rows(table), table.findings) == (["a", "b"], [("1", "2")], ())


def test_repeated_names_are_counted_and_the_plain_one_is_the_first():
    table = read("x,y, x ,x (2),x\n1,2,3,4,5\n")

    assert table.data.column_names == ["x", "y", "x (3)", "x (2)", "x (4)"]
    assert "column 'x' is there 3 times" in said(table)


def test_a_header_of_numbers_is_reported():
    assert "numbers (0, 1, 0.5) where the names" in said(read("0,1,0.5\n1,1,0.7\n"))


def test_row_names_without_a_header_shift_no_column():
    """What R's write.table gives: the header has one name less than the rows have cells."""
    table = read('"sex" "label"\n"1" "f" 0\n"2" "m" 1\n', delimiter=" ")

    assert table.data.to_pylist()[0] == {"row": "1", "sex": "f", "label": "0"}
    assert "called 'row'" in said(table)


def test_delimiters_at_the_end_of_every_line_are_no_column():
    assert read("a,b\n1,2,\n3,4,\n").data.column_names == ["a", "b"]
    assert read("a,b,\n1,2,\n3,4,\n").data.column_names == ["a", "b"]


def test_a_cut_off_line_as_long_as_a_file_costs_no_more_than_reading_it():
    """The line is looked for as it is: as a pattern it would take a hundred times its size."""
    tracemalloc.start()
    try:
        with pytest.raises(ResultsError, match=r"line 2 has 1 cell, where 2 are expected.*cut off"):
            read('id,prediction\n"' + "x" * 2_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 50_000_000


def test_each_of_several_equal_lines_is_named():
    with pytest.raises(ResultsError) as caught:
        read("a,b\n1,2\nx\n3,4\nxx\nx\n5,6\n")

    assert [f.where for f in caught.value.findings] == ["line 3", "line 5", "line 6"]


def test_lines_with_too_many_or_too_few_cells_are_refused_by_line_and_cause():
    found = refusal("a,b\n1,2\n3,4,5\n6\n7,8\n")

    assert found[0].startswith("line 3 has 3 cells, where 2 are expected: '3,4,5'. Is there a delimiter inside")
    assert found[1].startswith("line 4 has 1 cell, where 2 are expected: '6'. Is there a line break inside")


def test_a_short_line_that_starts_or_repeats_another_is_named_by_its_own_number():
    found = refusal("a,b,c\n1,2,3\n1,2\n1,2\n")

    assert found[0].startswith("line 3 has 2 cells")
    assert found[1].startswith("line 4 has 2 cells")


def test_a_file_that_ends_within_a_line_is_refused():
    assert "Was the file cut off?" in refusal("id,a,b\n1,2,3\n4,5,6\n7,8")[0]


def test_many_ragged_lines_are_counted():
    assert "295 more lines" in refusal("a,b\n" + "1,2\n3\n" * 300)[-1]


def test_blank_lines_and_rows_are_left_out_and_counted():
    table = read("a,b\n1,2\n\n,\n3,4\n \n")

    assert rows(table) == [("1", "2"), ("3", "4")]
    assert any(f.rows == 2 and "blank" in f.found for f in table.findings)


def test_the_header_once_more_is_left_out_and_said():
    table = read("a,b\n1,2\na,b\n3,4\n")

    assert rows(table) == [("1", "2"), ("3", "4")]
    assert "line 4" not in said(table)
    assert "warn: line 3 is the header once more" in said(table)


@pytest.mark.parametrize(
    "last", ["Total,,40", "Total,40", "Source: the survey of 2020", "Total:,,", "(2 rows affected)", "Summe,,40"]
)
def test_sums_and_remarks_under_the_table_are_left_out_and_said(last):
    table = read(f"id,sex,n\n1,f,20\n2,m,20\n\n{last}\n")

    assert rows(table) == [("1", "f", "20"), ("2", "m", "20")]
    assert any(f.severity == "warn" and "left out" in f.found for f in table.findings)


def test_a_last_row_with_empty_cells_is_data():
    assert len(rows(read("id,sex,n\n1,f,20\n2,,\n"))) == 2


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("a;b\n0,5;x\n1,25;y\n", ","), ("a;b\n0.5;x\n1;y\n", "."), ("a,b\n1,2\n", "."), ('a,b\n"0,5",2\n"0,25",3\n', ",")],
)
def test_the_decimal_sign_is_found(text, decimal):
    table = read(text)

    assert table.options.decimal == decimal
    assert not any(f.is_question for f in table.findings)


def test_a_comma_that_may_be_thousands_is_a_question():
    table = read('a,b\n"1,234",2\n"5,678",3\n')

    assert [(f.option, f.answers) for f in table.findings if f.is_question] == [("--decimal", (".", ","))]
    assert not any(f.is_question for f in read('a,b\n"1,234",2\n', decimal=".").findings)


def test_words_for_missing_are_text_and_offered_as_missing():
    table = read("g,x\nNA,1\nNA,2\nf,3\n")

    (finding,) = table.findings
    assert (finding.severity, finding.option, finding.answers, finding.rows) == ("note", "--missing", ("", "NA"), 2)
    assert not read("g,x\nNA,1\nf,3\n", missing=("NA",)).findings


@pytest.mark.parametrize("text", ["a,b\n", "a,b", "a,b\n\n\n", "a,b\n,\n", "a,b\na,b\n"])
def test_a_header_without_rows_is_refused(text):
    assert "no rows below it" in refusal(text)[0]


def test_a_cell_longer_than_a_block_is_read():
    long = "x" * (9 * 2**20)

    assert rows(read(f'a,b\n1,"{long}"\n2,y\n'))[0] == ("1", long)


def test_many_rows_come_in_the_order_of_the_file():
    table = read("id,g\n" + "".join(f"{i},{i % 3}\n" for i in range(700_000)))

    assert table.data.column("id").to_pylist() == [str(i) for i in range(700_000)]
    assert table.rows_read == 700_000


@needs_shared
def test_the_compas_file_is_read_with_its_repeated_columns():
    table = read_table(SHARED / "data" / "tabular" / "compas" / "compas-scores-two-years.csv")

    names = table.data.column_names
    assert (table.rows_read, len(names)) == (7214, 46)
    assert {"decile_score", "decile_score (2)", "priors_count", "priors_count (2)"} <= set(names)
