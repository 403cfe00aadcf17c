"""Joined files: by id, never by position."""

from __future__ import annotations

import pytest

from metrics.errors import ResultsError
from metrics.reading.join import parse_join
from metrics.results import read_results
from metrics.schema import Schema, System

PEOPLE = b"id,label,sex\na,1,f\nb,0,m\nc,1,m\nd,0,f\n"


def joined(*files: object, **how):
    return read_results(PEOPLE, join=files, **how)


def test_answers_are_matched_by_id_and_not_by_position():
    results = joined(("A", b"id,prediction\nd,1\nc,0\nb,1\na,0\n"))

    assert results.answers[0]["prediction"].tolist() == ["0", "1", "0", "1"]
    assert [s.title for s in results.schema.systems] == ["A"]


def test_each_file_is_a_system():
    results = joined(
        ("A", b"id,prediction\na,1\nb,0\nc,1\nd,0\n"), ("B", b"id,pred,score\nd,1,.9\nc,0,.1\nb,1,.8\na,0,.3\n")
    )

    assert [s.title for s in results.schema.systems] == ["A", "B"]
    assert set(results.schema.systems[1].columns) == {"prediction", "score"}
    assert results.answers[1]["score"].tolist() == [0.3, 0.8, 0.1, 0.9]
    assert [r.rows_read for r in results.receipts] == [4, 4, 4]


def test_a_single_column_beside_the_id_is_the_prediction():
    results = joined(("A", b"id,verdict\na,1\nb,0\nc,1\nd,0\n"))

    assert results.schema.systems == (System("A", {"prediction": "verdict"}),)


def test_predictions_of_the_first_file_stay_a_system():
    first = b"id,label,pred,sex\na,1,1,f\nb,0,0,m\nc,1,0,m\n"
    results = read_results(first, join=[("B", b"id,pred\na,0\nb,1\nc,1\n")])

    assert [s.title for s in results.schema.systems] == ["pred", "B"]
    assert results.answers[0]["prediction"].tolist() == ["1", "0", "0"]
    assert results.answers[1]["prediction"].tolist() == ["0", "1", "1"]


def test_ids_on_one_side_only_are_counted_with_examples_and_their_answers_are_missing():
    results = joined(("A", b"id,prediction\na,1\nb,0\nx,1\ny,0\nz,0\n"))

    assert results.answers[0]["prediction"].isna().tolist() == [False, False, True, True]
    found = [f.found for f in results.findings]
    assert any("lacks 2 ids of the first file, such as 'c', 'd'" in text for text in found)
    assert any("has 3 ids that the first file lacks, such as 'x', 'y', 'z'" in text for text in found)
    assert results.receipts[1].rows_used == 2


def test_an_id_twice_with_the_same_answer_counts_once():
    results = joined(("A", b"id,prediction\na,1\na,1\nb,0\nc,1\nd,0\n"))

    assert results.answers[0]["prediction"].tolist() == ["1", "0", "1", "0"]
    assert any("1 id more than once, such as 'a'" in f.found for f in results.findings)


def test_an_id_with_two_different_answers_is_refused():
    with pytest.raises(ResultsError, match="two different answers for 1 id, such as 'a': '1' and '0'"):
        joined(("A", b"id,prediction\na,1\na,0\nb,0\nc,1\nd,0\n"))


def test_no_id_in_common_is_refused():
    with pytest.raises(ResultsError, match="no id in common"):
        joined(("A", b"id,prediction\nx,1\ny,0\n"))


def test_ids_in_another_spelling_are_counted_and_not_matched():
    results = joined(("A", b"id,prediction\nA,1\nb,0\nc,1\nd,0\n"))

    assert results.answers[0]["prediction"].isna().tolist() == [True, False, False, False]
    assert any("1 id in another spelling: 'a' and 'A'" in f.found for f in results.findings)


def test_ids_all_in_another_spelling_are_refused_and_the_reason_is_named():
    with pytest.raises(ResultsError, match="differ in spelling only: '7' and '007'"):
        read_results(b"id,label,sex\n7,1,f\n8,0,m\n", join=[("A", b"id,prediction\n007,1\n008,0\n")])


def test_an_id_that_is_repeated_in_the_first_file_is_counted():
    results = read_results(b"id,label,sex\na,1,f\na,0,m\nb,1,m\n", join=[("A", b"id,prediction\na,1\nb,0\n")])

    assert results.answers[0]["prediction"].tolist() == ["1", "1", "0"]
    assert any("1 id more than once" in f.found for f in results.findings)


def test_the_id_column_is_the_one_that_was_named():
    first = b"case,id,label,sex\nk1,9,1,f\nk2,8,0,m\n"
    results = read_results(first, Schema(columns={"id": "case"}), join=[("A", b"case,prediction\nk2,1\nk1,0\n")])

    assert results.answers[0]["prediction"].tolist() == ["0", "1"]


def test_without_a_column_in_common_the_flag_is_named():
    with pytest.raises(ResultsError, match="--id"):
        joined(("A", b"person,answer\na,1\nb,0\n"), schema=Schema(columns={"id": "nummer"}))


def test_columns_without_a_role_are_refused_with_their_names():
    with pytest.raises(ResultsError, match="none is named like a role"):
        read_results(PEOPLE, join=[("A", b"id,label,sex\na,1,f\nb,0,m\n")])


def test_a_further_file_may_bring_the_groups():
    answers = b"id,label,prediction\na,1,1\nb,0,0\nc,1,0\n"
    results = read_results(answers, join=[b"id,sex,region\nc,m,north\nb,m,south\na,f,north\n"])

    assert results.attributes["sex"].tolist() == ["f", "m", "m"]
    assert results.attributes["region"].tolist() == ["north", "south", "north"]


def test_a_saved_schema_of_a_joined_file_reads_it_alike():
    files = (("A", b"id,prediction\na,1\nb,0\nc,1\nd,0\n"), ("B", b"id,prediction\na,0\nb,0\nc,1\nd,1\n"))
    first = joined(*files)
    again = joined(*files, schema=first.schema)

    assert again.schema == first.schema
    assert again.answers[1]["prediction"].tolist() == ["0", "0", "1", "1"]


def test_a_file_may_carry_the_name_of_its_system(tmp_path):
    (tmp_path / "model b.csv").write_bytes(b"id,prediction\na,1\nb,0\nc,1\nd,0\n")
    (tmp_path / "a=b.csv").write_bytes(b"id,prediction\na,1\nb,0\nc,1\nd,0\n")

    assert [s.title for s in joined(str(tmp_path / "model b.csv")).schema.systems] == ["model b"]
    assert [s.title for s in joined(f"mine={tmp_path / 'model b.csv'}").schema.systems] == ["mine"]
    assert parse_join(str(tmp_path / "a=b.csv")) == (None, str(tmp_path / "a=b.csv"))


def test_a_named_column_of_the_joined_files_is_the_prediction_of_each():
    files = [
        ("A", b"id,verdict,sure\na,1,9\nb,0,9\nc,1,9\nd,0,9\n"),
        ("B", b"id,verdict,sure\na,0,9\nb,0,9\nc,1,9\nd,1,9\n"),
    ]
    results = joined(*files, schema=Schema(systems=(System(None, {"prediction": "verdict"}),)))

    assert [s.title for s in results.schema.systems] == ["A", "B"]
    assert results.answers[1]["prediction"].tolist() == ["0", "0", "1", "1"]


def test_the_label_may_come_from_a_joined_file():
    results = read_results(
        b"id,prediction,sex\na,1,f\nb,0,m\n", Schema(columns={"label": "truth"}), join=[b"id,truth\nb,1\na,0\n"]
    )

    assert results.columns["label"].tolist() == ["0", "1"]


def test_joined_systems_are_not_for_files_that_name_a_system_in_each_row():
    first = b"id,label,pred,model\na,1,1,x\nb,0,0,x\na,1,0,y\nb,0,1,y\n"
    with pytest.raises(ResultsError, match="bring systems of their own"):
        read_results(first, Schema(columns={"system": "model"}), join=[("A", b"id,prediction\na,1\nb,0\n")])
