"""Transcripts in the forms of speech teams: which form a file has, and what its lines say."""

from __future__ import annotations

import gzip

import pytest

from metrics.errors import ResultsError
from metrics.reading import Limits, read_table
from metrics.reading.speech_lines import first_alternatives

TRN = "so it was (ann-001)\nyes (bob-001)\n (ann-002)\nno no (bob-002)\n"
KALDI = "ann-001 so it was\nbob-001 yes\nann-002\nbob-002 no no\n"


def read(text: str, name: str = "data", **how):
    return read_table(text.encode(), name=name, **how)


def columns(table) -> dict[str, list[object]]:
    return {name: table.data.column(name).to_pylist() for name in table.data.column_names}


# -- trn -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hyp.trn", "ref.trn.gz", "data"])
def test_a_trn_file_gives_ids_texts_and_speakers(name):
    data = gzip.compress(TRN.encode()) if name.endswith(".gz") else TRN.encode()
    table = read_table(data, name=name)

    assert columns(table) == {
        "id": ["ann-001", "bob-001", "ann-002", "bob-002"],
        "text": ["so it was", "yes", "", "no no"],
        "speaker": ["ann", "bob", "ann", "bob"],
    }
    assert table.form == "trn"
    assert table.rows_read == 4


def test_a_trn_file_of_one_speaker_has_no_column_of_speakers():
    assert list(columns(read("a (cv_1)\nb (cv_2)\n", "hyp.trn"))) == ["id", "text"]


def test_ids_and_words_of_a_trn_file_may_stand_apart_by_a_tab_and_words_may_hold_brackets():
    table = read("so (it) was\t(ann_1)\n;; a remark\n\nyes\t(bob_1) \n", "hyp.trn")

    assert columns(table)["text"] == ["so (it) was", "yes"]


def test_lines_of_a_trn_file_without_an_id_are_named():
    with pytest.raises(ResultsError) as refused:
        read("a (s-1)\nb (s-2)\nc s-3\nd (s-4)\ne (s 5)\n", "hyp.trn")

    assert [f.where for f in refused.value.findings] == ["line 3", "line 5"]
    assert "'c s-3'" in refused.value.findings[0].found


def test_of_many_wrong_lines_the_first_five_are_named_and_the_others_counted():
    with pytest.raises(ResultsError) as refused:
        read("a (s-1)\n" * 20 + "b\n" * 9, "hyp.trn")

    assert len(refused.value.findings) == 6
    assert refused.value.findings[-1].where == "4 more lines"


def test_a_table_called_trn_is_read_as_the_table_it_is():
    table = read("id,label\na,1\nb,0\n", "results.trn")

    assert columns(table) == {"id": ["a", "b"], "label": ["1", "0"]}


def test_a_column_of_units_in_brackets_is_no_trn_file():
    assert read("weight (kg)\n12 (kg)\n14 (kg)\n").form == ""


# -- alternatives --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("{um / uh / @} yes", "um yes"),
        ("{ @ / uh } yes", "yes"),
        ("a { b { c / d } / e } f", "a b c f"),
        ("{ / um} a", "a"),
        ("{laughs} a", "{laughs} a"),
        ("{and/or} a", "{and/or} a"),
        ("a / b } c", "a / b } c"),
        ("a { b", "a { b"),
        ("{ x / y } { z", "x { z"),
        ("{ a { b / c }", "{ a b"),
    ],
)
def test_the_first_alternative_is_kept(text, first):
    assert first_alternatives(text)[0] == first


def test_a_finding_says_how_many_lines_gave_alternatives():
    table = read("{um / uh} yes (a-1)\n{a / b} {c / d} (b-1)\nno (b-2)\n", "ref.trn")

    (said,) = (f for f in table.findings if f.severity == "warn")
    assert columns(table)["text"] == ["um yes", "a c", "no"]
    assert "in 2 lines (3 times, such as '{um / uh} yes')" in said.found
    assert said.rows == 2


@pytest.mark.parametrize("text", ["{ a / b", "{ a / { b / c }", "{ " * 30 + "a / b" + " }" * 30])
def test_alternatives_that_do_not_close_or_lie_too_deep_are_refused_by_their_line(text):
    with pytest.raises(ResultsError, match=r"^line 2 "):
        read(f"x (a-1)\n{text} (a-2)\n", "ref.trn")


# -- Kaldi ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["text", "hyp.txt", "84-121.trans.txt", "text.gz"])
def test_a_kaldi_text_gives_ids_and_texts(name):
    data = gzip.compress(KALDI.encode()) if name.endswith(".gz") else KALDI.encode()
    table = read_table(data, name=name)

    assert table.form == "kaldi"
    assert columns(table) == {
        "id": ["ann-001", "bob-001", "ann-002", "bob-002"],
        "text": ["so it was", "yes", "", "no no"],
    }


def test_words_for_missing_stay_words():
    table = read("u1 null\nu2 NA\nu3 None\nu4 nothing there\n", "text")

    assert columns(table)["text"] == ["null", "NA", "None", "nothing there"]


def test_an_utterance_called_total_or_note_at_the_end_is_kept():
    assert columns(read("a-1 yes\nnote-2\ntotal-3\n", "text"))["id"] == ["a-1", "note-2", "total-3"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text", "id,label\na1,yes\na2,no\n"),
        ("hyp.txt", "id\tprediction\nu1\tso it was\nu2\tyes\n"),
        ("results.txt", "id;label\n1;yes\n2;no\n"),
        ("results.csv", "a1 yes\na2 no\n"),
        ("text", "when where\nd1 here\nd2 there\n"),
        ("points.txt", "1 2.5 3\n2 3.5 4\n"),
    ],
)
def test_other_tables_are_no_kaldi_texts(name, text):
    assert read(text, name).form == ""


def test_transcripts_over_the_limit_of_rows_are_refused():
    limits = Limits(rows=3)

    for text, name in ((TRN, "a.trn"), (KALDI, "text")):
        with pytest.raises(ResultsError, match="more than 3 rows"):
            read(text, name, limits=limits)


def test_a_line_of_a_million_words_is_one_text():
    text = f"a-1 yes\na-2 {'no ' * 10**6}\n"

    assert [len(words.split()) for words in columns(read(text, "text"))["text"]] == [1, 10**6]


def test_a_manifest_of_json_lines_keeps_its_fields_and_an_empty_text_apart_from_none():
    lines = [
        '{"audio_filepath": "clips/a_1.wav", "duration": 1.5, "text": "so it was", "pred_text": ""}',
        '{"audio_filepath": "clips/a_2.wav", "duration": 2, "text": "null", "pred_text": null}',
        '{"audio_filepath": "clips/a_3.wav", "duration": 2, "text": "yes"}',
    ]
    table = read("\n".join(lines), "manifest.json")

    assert columns(table) == {
        "audio_filepath": ["clips/a_1.wav", "clips/a_2.wav", "clips/a_3.wav"],
        "duration": [1.5, 2.0, 2.0],
        "text": ["so it was", "null", "yes"],
        "pred_text": ["", None, None],
    }


# -- no header -----------------------------------------------------------------------------------


def test_a_table_of_ids_and_texts_without_a_header_loses_no_row():
    table = read("cv_1.wav\tso it was\ncv_2.wav\t\ncv_3.wav\tyes\n", "google.tsv")

    assert columns(table) == {"id": ["cv_1.wav", "cv_2.wav", "cv_3.wav"], "text": ["so it was", "", "yes"]}
    assert table.first_line == 1
    assert any(f.where == "line 1" and "is a row like the others" in f.found for f in table.findings)


def test_the_first_row_of_a_table_without_a_header_may_have_an_empty_text():
    table = read("cv_1.wav,\ncv_2.wav,so it was\ncv_3.wav,yes no\n", "google.csv")

    assert columns(table)["text"] == ["", "so it was", "yes no"]


def test_the_ids_may_stand_in_the_second_column():
    assert columns(read("so it was,A01F02\nyes no,B1M07\n", "a.csv")) == {
        "text": ["so it was", "yes no"],
        "id": ["A01F02", "B1M07"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "path\tprediction\na_1.wav\tso it was\na_2.wav\tyes no\n",
        "q1,label\nu1,yes no\nu2,no no\n",
        "model_1,model_2\nso it was,yes no\nno no,so so\n",
        "id,score\nu1,0.5\nu2,0.7\n",
        "u1,0.5\nu2,0.7\n",
    ],
)
def test_a_header_is_not_taken_for_a_row(text):
    assert "text" not in columns(read(text, "a.csv"))


def test_a_header_row_that_is_named_is_one():
    from metrics.schema import FileOptions

    table = read("cv_1.wav\tso it was\ncv_2.wav\tyes no\n", "a.tsv", options=FileOptions(header_row=1))

    assert list(columns(table)) == ["cv_1.wav", "so it was"]
