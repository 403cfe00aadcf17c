"""Ids of two files: exactly alike first, then without folders and extensions where that stays clear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.reading import read_table
from metrics.reading.cells import cells_of
from metrics.reading.match import bare_name, match_ids


def match(here: list[str], there: list[str]):
    tables = [read_table(("id,x\n" + "".join(f"{i},1\n" for i in ids)).encode(), name="a.csv") for ids in (here, there)]
    findings: list = []
    rows = match_ids(*(cells_of(table, "id") for table in tables), "b.csv", findings).tolist()
    return rows, findings


@pytest.mark.parametrize(
    ("identifier", "bare"),
    [
        ("a.mp3", "a"),
        ("x/y/a.wav", "a"),
        ("C:\\x\\a.FLAC", "a"),
        ("a.wav.json", "a"),
        ("a.b.c", "a.b.c"),
        ("v1.0", "v1.0"),
        (".wav", ".wav"),
        ("x/.wav", ".wav"),
        ("x/", "x"),
    ],
)
def test_a_bare_name_has_no_folder_and_no_extension_of_a_recording(identifier, bare):
    assert bare_name(identifier) == bare


def test_ids_that_are_alike_need_no_finding():
    assert match(["a", "b"], ["b", "a"]) == ([1, 0], [])


def test_extensions_and_folders_are_left_out_and_it_is_said_with_examples():
    rows, findings = match(["a.mp3", "x/b.mp3", "c"], ["c", "a.wav", "y/b.flac"])

    assert rows == [1, 2, 0]
    (said,) = findings
    assert (said.severity, said.rows) == ("note", 2)
    assert "matched 1 id exactly and 2 after leaving out folders and extensions" in said.found
    assert "'a.mp3' and 'a.wav'" in said.found


def test_an_exact_match_goes_before_a_loose_one():
    rows, findings = match(["a.wav", "a.mp3"], ["a.mp3"])

    assert rows == [-1, 0]
    assert "lacks 1 id of the first file, such as 'a.wav'" in findings[0].found


def test_folders_count_while_extensions_alone_make_the_ids_clear():
    assert match(["s1/u.wav", "s2/u.wav"], ["s2/u.json", "s1/u.json"])[0] == [1, 0]


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (["s1/u.wav", "s2/u.wav"], ["u"]),
        (["u"], ["s1/u.wav", "s2/u.wav"]),
        (["u.wav", "v.wav"], ["v", "u.mp3", "u.flac"]),
    ],
)
def test_an_id_that_would_stand_for_several_is_refused(here, there):
    with pytest.raises(ResultsError, match=r"1 name would stand for several ids, such as 'u' for"):
        match(here, there)


def test_what_is_on_one_side_only_is_named_after_loose_matching():
    rows, findings = match(["a.mp3", "b.mp3"], ["a.wav", "c.wav"])

    assert rows == [0, -1]
    said = [f.found for f in findings]
    assert any("lacks 1 id of the first file, such as 'b.mp3'" in text for text in said)
    assert any("has 1 id that the first file lacks, such as 'c.wav'" in text for text in said)


IDS = st.lists(st.from_regex(r"(s[12]/)?[ab]{1,2}(\.wav|\.mp3)?", fullmatch=True), min_size=1, max_size=6, unique=True)


@given(IDS, IDS)
def test_matched_ids_have_one_bare_name_and_no_two_of_them_share_a_row(here, there):
    try:
        rows, _ = match(here, there)
    except ResultsError:
        return  # nothing in common, or not clear: held by the tests above
    used = [row for row in rows if row >= 0]

    assert len(used) == len(set(used)) > 0
    assert all(bare_name(here[i]) == bare_name(there[row]) for i, row in enumerate(rows) if row >= 0)
    assert all(there[row] == here[i] for i, row in enumerate(rows) if here[i] in there)
