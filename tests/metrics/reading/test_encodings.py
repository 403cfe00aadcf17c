from __future__ import annotations

import pytest

from metrics.errors import ResultsError
from metrics.reading import read_table
from metrics.schema import FileOptions

NAMES = "Zoë;Jürgen;François;Niño"
TEXT = "name;city\n" + "".join(f"{name};Köln\n" for name in NAMES.split(";"))


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_found_and_the_text_is_whole(encoding, found):
    table = read_table(TEXT.encode(encoding))

    assert table.options.encoding == found
    assert table.data.to_pydict() == {"name": NAMES.split(";"), "city": ["Köln"] * 4}


def test_a_guessed_encoding_is_said_with_an_example():
    (finding,) = read_table(TEXT.encode("cp1252")).findings

    assert (finding.severity, finding.option) == ("note", "--encoding")
    assert "'Zoë'" in finding.found


def test_other_alphabets_are_recognised_where_western_letters_make_no_sense():
    words = ["мужской", "женский", "образование", "Москва", "город", "возраст", "безработный", "служащий"]
    text = "пол;город\n" + "".join(f"{a};{b}\n" for a in words for b in words)

    table = read_table(text.encode("cp1251"))

    assert table.options.encoding == "cp1251"
    assert table.data.column_names == ["пол", "город"]


@pytest.mark.parametrize("encoding", ["cp1250", "latin-1", "mac_roman", "utf-16-le", "shift_jis"])
def test_an_encoding_can_be_said(encoding):
    text = TEXT if encoding != "shift_jis" else "name;city\n花子;東京\n"
    text = text if encoding != "cp1250" else "name;city\nŁódź;Kraków\n"

    table = read_table(text.encode(encoding), FileOptions(encoding=encoding))

    assert ";".join(table.data.column("name").to_pylist()) in (NAMES, "花子", "Łódź")
    assert table.findings == ()


@pytest.mark.parametrize("encoding", ["utf-9", "base64", "rot13", "zlib", "a\0b"])
def test_an_encoding_that_is_none_is_refused(encoding):
    with pytest.raises(ResultsError, match="is not known"):
        read_table(b"a,b\n1,2\n", FileOptions(encoding=encoding))


def test_bytes_that_are_not_in_the_encoding_said_are_refused():
    with pytest.raises(ResultsError, match="cannot be read as ascii"):
        read_table(TEXT.encode(), FileOptions(encoding="ascii"))


def test_one_letter_deep_inside_a_large_file_decides():
    text = "name;n\n" + "Anna;1\n" * 900_000 + "Zoë;2\n"

    table = read_table(text.encode("cp1252"))

    assert table.data.column("name")[-1].as_py() == "Zoë"
    assert table.options.encoding == "cp1252"
