"""Submissions: strictly read, safe as files, refused with reasons and counts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.bounty.rows import Bounty, open_bounty
from metrics.bounty.submission import (
    Entry,
    is_safe_name,
    list_submissions,
    parse_submission,
    read_submission,
    resolve,
)
from metrics.errors import ResultsError
from tests.metrics.bounty.folders import TERMS, send, submission, write_bounty
from tests.metrics.bounty.test_tree import OLD

# The six old.
OF_OLD = "id,prediction\n" + "".join(f"r{n},1\n" for n in (1, 2, 3, 7, 8, 9))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bounty(tmp_path)


def entry_of(folder: Path, tree: dict[str, Any], n_models: int = 1, **files: str) -> Entry:
    return resolve(open_bounty(folder), read_submission(send(folder, tree, **files)), n_models)


def refuse(folder: Path, tree: dict[str, Any], **files: str) -> str:
    with pytest.raises(ResultsError) as raised:
        entry_of(folder, tree, **files)
    return str(raised.value)


def members(bounty: Bounty, entry: Entry) -> set[str]:
    return {bounty.ids[row] for row in np.flatnonzero(entry.group)}


# -- what a submission may say -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ({"where": "age >= 65"}, {"r1", "r2", "r3", "r7", "r8", "r9"}),
        ({"where": "sex = f and age < 65"}, {"r4", "r5", "r6"}),
        ({"where": "true"}, {f"r{n}" for n in range(1, 13)}),
        ({"where": "not age >= 65"}, {"r4", "r5", "r6", "r10", "r11"}),  # of r12 it cannot be told
        ({"tree": {"nodes": OLD}}, {"r1", "r2", "r3", "r7", "r8", "r9", "r12"}),
        ({"ids": "who.csv"}, {"r3", "r12"}),
    ],
)
def test_a_group_is_a_condition_a_tree_or_a_list_of_ids(folder, group, expected):
    entry = entry_of(folder, submission(group=group), who_csv="note,id\nx,r12\ny,r3\n")

    assert members(open_bounty(folder), entry) == expected


@pytest.mark.parametrize(
    "replacement",
    [{"constant": 1}, {"constant": "1"}, {"constant": 1.0}, {"predictions": "p.csv"}]
    + [{"tree": {"nodes": [{"id": 0, "value": value}]}} for value in (1, "1", "1.0")],
)
def test_a_replacement_is_a_constant_a_file_or_a_tree(folder, replacement):
    entry = entry_of(folder, submission(replacement=replacement), p_csv=OF_OLD)

    assert entry.predictions is not None
    assert entry.predictions[entry.group].tolist() == [1] * 6


@pytest.mark.parametrize(
    "text",
    [
        OF_OLD.replace("1\n", "1.0\n"),
        OF_OLD.replace("\n", "\r\n"),
        "\ufeff" + OF_OLD,
        OF_OLD.replace(",", ";"),
        OF_OLD.replace(",", "\t"),
        'prediction,"id",why\n' + "".join(f'1,"r{n}","a, b"\n' for n in (9, 8, 7, 3, 2, 1)),
        OF_OLD.replace("r1,", " r1 ,"),
    ],
)
def test_predictions_come_in_the_forms_that_programs_write(folder, text):
    entry = entry_of(folder, submission(replacement={"predictions": "p.csv"}), p_csv=text)

    assert entry.predictions is not None
    assert entry.predictions[entry.group].tolist() == [1] * 6


def test_predictions_for_others_than_the_group_are_let_be(folder):
    everyone = "id,prediction\n" + "".join(f"r{n},1\n" for n in range(1, 13))

    entry = entry_of(folder, submission(where="sex = f", replacement={"predictions": "p.csv"}), p_csv=everyone)

    assert int(entry.group.sum()) == 6


def test_a_model_is_named_by_its_number(folder):
    tree = submission(replacement={"model": 2})

    assert entry_of(folder, tree, n_models=3).model == 2
    with pytest.raises(ResultsError, match=r"names model 2, which is not published\. There are the models 0 to 1"):
        entry_of(folder, tree, n_models=2)


def test_numbers_from_0_to_1_may_be_predicted_of_numbers(tmp_path):
    folder = write_bounty(tmp_path, TERMS.replace("alpha", 'task = "regression"\nalpha'))

    entry = entry_of(folder, submission(replacement={"constant": 0.25}))

    assert entry.predictions is not None
    assert set(entry.predictions.tolist()) == {0.25}
    assert "is no number from 0 to 1" in refuse(folder, submission(replacement={"constant": 1.25}))
    said = refuse(folder, submission(replacement={"predictions": "p.csv"}), p_csv=OF_OLD.replace("r3,1", "r3,7"))
    assert "predicts '7' in 1 row, which is no number from 0 to 1" in said


def test_features_are_those_that_the_groups_name():
    sent = [
        parse_submission(submission(group=group), "s")
        for group in (
            {"where": "age > 3 and sex = f"},
            {"tree": {"nodes": OLD}},
            {"ids": "x.csv"},
            {"where": "city = x"},
        )
    ]

    assert [s.group.features for s in sent] == [("age", "sex"), ("age", "sex"), (), ("city",)]


def test_submissions_stand_in_the_order_of_their_ids_then_of_teams(folder):
    for team, number in (("red", "2"), ("blue", "10"), ("blue", "2"), ("red", "1")):
        send(folder, submission(team, number))
    (folder / "submissions" / "red" / ".hidden.json").write_text("{}")

    found = [f"{path.parent.name}/{path.stem}" for path in list_submissions(folder)]

    assert found == ["red/1", "blue/10", "blue/2", "red/2"]


def test_the_digest_is_of_the_submission_and_its_files(folder):
    tree = submission(replacement={"predictions": "p.csv"})

    digests = {
        read_submission(send(folder, one, p_csv=text)).digest
        for one in (tree, {**tree, "note": "x"})
        for text in (OF_OLD, OF_OLD.replace("r1,1", "r1,0"))
    }

    assert len(digests) == 4
    assert read_submission(send(folder, tree, p_csv=OF_OLD)).digest in digests


# -- what is refused, with its count -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OF_OLD.replace("r2,1\n", "").replace("r7,1\n", ""), "misses 2 of the 6 rows of its group, such as 'r2', 'r7'"),
        (OF_OLD.replace("r2,1\n", "r2,\n"), "misses 1 of the 6 rows of its group, such as 'r2'"),
        (OF_OLD + "r13,1\nr14,1\n", "has 2 ids that the bounty does not have: 'r13', 'r14'"),
        (OF_OLD + "r1,1\n", "has 1 id more than once: 'r1'"),
        (OF_OLD + "r1,0\nr2,0\n", "has 2 ids with two different predictions: 'r1', 'r2'"),
        (OF_OLD + ",1\n", "has 1 row without an id"),
        (
            OF_OLD.replace("r1,1", "r1,yes").replace("r2,1", "r2,yes"),
            "predicts 'yes' in 2 rows, which is no word of the",
        ),
        (OF_OLD.replace("prediction", "score"), "column 'prediction' is not in the file 'p.csv' (it has: id, score)"),
        (OF_OLD.replace("id,", "name,"), "column 'id' is not in the file 'p.csv'"),
        ("", "is empty"),
        ("\0\x01\x02", "file 'p.csv'"),
    ],
)
def test_a_file_of_predictions_is_refused_with_reason_and_count(folder, text, said):
    found = refuse(folder, submission(replacement={"predictions": "p.csv"}), p_csv=text)

    assert said in found
    assert found.startswith("submission 'red/1', replacement")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id\nr1\nr99\n", "has 1 id that the bounty does not have: 'r99'"),
        ("id\nr1\nr1\nr2\n", "has 1 id more than once: 'r1'"),
        ("x\nr1\n", "column 'id' is not in the file"),
    ],
)
def test_a_file_of_ids_is_refused_with_reason_and_count(folder, text, said):
    assert said in refuse(folder, submission(group={"ids": "who.csv"}), who_csv=text)


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ({"where": "age >= 100"}, "holds none of the 12 rows"),
        ({"tree": {"nodes": [{"id": 0, "value": 0}]}}, "holds none of the 12 rows"),
        ({"where": "aeg >= 65"}, "Did you mean 'age'?"),
        ({"where": "label = 1"}, "is not there"),
        ({"where": "model = 0"}, "is not there"),
        ({"where": "split = sealed"}, "is not there"),
        ({"where": "sex = female"}, "never says 'female'"),
        ({"where": "age >="}, "where a value is expected"),
        ({"where": "__import__('os')"}, "the condition"),
        ({"where": "age >= 65 " * 500}, "signs long"),
        ({"where": ""}, "the condition"),
        ({"where": 3}, "has a group whose 'where' is no text"),
        ({"tree": {"nodes": [{"id": 0, "value": 2}]}}, "has a group whose tree says '2'"),
        ({"tree": 1}, "is not of the form"),
        ({"wher": "true"}, "Did you mean 'where'?"),
        ({"where": "true", "ids": "x.csv"}, "has a group that is not one thing"),
        ({}, "has a group that is not one thing"),
        (None, "has a group that is not one thing"),
    ],
)
def test_a_group_that_is_none_is_refused(folder, group, said):
    assert said in refuse(folder, submission(group=group))


@pytest.mark.parametrize(
    ("replacement", "said"),
    [
        ({"constant": 2}, "value 2 is none of the words of the label. Predictions are: '0', '1'."),
        ({"constant": None}, "has a replacement whose 'constant' is none"),
        ({"constant": [1]}, "has a replacement whose 'constant' is none"),
        ({"constant": 10**400}, "has a replacement whose 'constant' is none"),
        ({"tree": {"nodes": [{"id": 0, "value": "yes"}]}}, "is none of the words of the label"),
        ({"predictions": "x" * 5_000}, "has a replacement whose 'predictions' is none"),
        ({"predictions": ""}, "has a replacement whose 'predictions' is none"),
        ({"model": -1}, "has a replacement whose 'model' is none"),
        ({"model": True}, "has a replacement whose 'model' is none"),
        ({"model": 1}, "names model 1, which is not published. There is only the baseline, model 0."),
        ({"pickle": "m.pkl"}, "has the replacement 'pickle'"),
        ([], "has a replacement that is not one thing"),
    ],
)
def test_a_replacement_that_is_none_is_refused(folder, replacement, said):
    assert said in refuse(folder, submission(replacement=replacement))


def test_all_mistakes_are_told_at_once(folder):
    path = send(folder, submission())
    path.write_text(json.dumps({"team": "red", "id": "1", "kind": "magic", "grop": 1, "note": 3}))

    with pytest.raises(ResultsError) as raised:
        read_submission(path)

    assert len(raised.value.findings) == 5
    assert "has 'grop'. Did you mean 'group'?" in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"team": "red", "team": "blue"}',
        b'{"id": NaN}',
        b"[" * 100_000,
        b'{"team": "red", "id": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused(folder, text):
    path = send(folder, submission())
    path.write_bytes(text)

    with pytest.raises(ResultsError, match="submission 'red/1'"):
        read_submission(path)


def test_a_submission_of_megabytes_is_refused(folder):
    path = send(folder, submission(note="x" * 2**20))

    with pytest.raises(ResultsError, match="is larger than 1 MB"):
        read_submission(path)


# -- names and places ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["red", "red-1", "Team A", "équipe", "0001", "a.b", "x_y", "r+d", "x" * 64])
def test_a_plain_name_is_safe(name):
    assert is_safe_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".x", "x.", "x ", " x", "a/b", "a\\b", "a:b", "a\0b", "a\nb", "-x", "con", "NUL.txt", "x" * 65]
    + ["e\u0301", "a*", "a?", "<b>", "a|b", '"']
    # Windows keeps these for itself; and 64 letters of four bytes are more than a file's name may have.
    + ["COM¹", "lpt³.csv", "nul .x", "\U0001d49c" * 64],
)
def test_a_name_that_a_disk_may_not_take_is_not(name):
    assert not is_safe_name(name)


@pytest.mark.parametrize("part", [{"team": "blue"}, {"id": "2"}])
def test_a_submission_says_the_team_and_id_of_its_place(folder, part):
    path = send(folder, submission())
    path.write_text(json.dumps(submission() | part))

    with pytest.raises(ResultsError, match="but lies in submissions/red/1"):
        read_submission(path)
    assert read_submission(path, in_place=False).team in ("red", "blue")


@pytest.mark.parametrize(
    "name",
    ["../blue/p.csv", "/etc/passwd", "..\\p.csv", "C:\\p.csv", "C:p.csv", "a/../../blue/p.csv", "p\0.csv"]
    + ["out.csv", "ring.csv", "away/p.csv"],
)
def test_a_file_outside_the_folder_is_never_read(folder, name):
    send(folder, submission("blue", "9"), p_csv=OF_OLD)
    red = send(folder, submission()).parent
    (red / "out.csv").symlink_to(folder / "labels.csv")
    (red / "ring.csv").symlink_to(red / "ring.csv")
    (red / "away").symlink_to(folder / "submissions" / "blue")

    said = refuse(folder, submission(replacement={"predictions": name}))

    assert "lies outside the submission's folder" in said or "is not there" in said
    assert "root:" not in said


@pytest.mark.parametrize("name", ["gone.csv", ".", "sub"])
def test_a_file_that_is_none_is_refused(folder, name):
    (send(folder, submission()).parent / "sub").mkdir()

    assert "is not there" in refuse(folder, submission(replacement={"predictions": name}))


def test_a_submission_that_is_a_link_is_refused(folder, tmp_path):
    path = send(folder, submission())
    elsewhere = tmp_path / "elsewhere.json"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)

    with pytest.raises(ResultsError, match="is a link to another place"):
        read_submission(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes in folders")
def test_a_pipe_in_the_place_of_a_submission_is_refused_and_not_waited_for(folder):
    path = send(folder, submission())
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(ResultsError, match="is no file with content of its own"):
        read_submission(path)


def test_a_file_that_changes_between_reading_and_judging_is_refused(folder):
    tree = submission(replacement={"predictions": "p.csv"})
    read = read_submission(send(folder, tree, p_csv=OF_OLD))
    send(folder, tree, p_csv=OF_OLD.replace("r1,1", "r1,0"))

    with pytest.raises(ResultsError, match="was changed while it was read"):
        resolve(open_bounty(folder), read, 1)


# -- whatever comes ------------------------------------------------------------------------------

PARTS = [*submission(), "kind", "note", "where", "tree", "ids", "predictions", "constant", "model", "nodes", "x"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["red", "1", "true", "p.csv", "..", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PARTS), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(PARTS), json_values) | json_values)
def test_any_json_is_a_submission_or_refused_in_words(tree):
    try:
        read = parse_submission(tree, "draft")
    except ResultsError as error:
        assert all(finding.where and finding.found and finding.cure for finding in error.findings)
    else:
        assert is_safe_name(read.team) and is_safe_name(read.id)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([*(f"r{n}," for n in (1, 2, 13)), "0", "1", ",", "\n", '"', "x", ";", "\0"]), max_size=25)
)
def test_any_file_of_predictions_is_read_or_refused_in_words(folder, parts):
    text = OF_OLD + "".join(parts)
    try:
        entry = entry_of(folder, submission(replacement={"predictions": "p.csv"}), p_csv=text)
    except ResultsError as error:
        assert all(finding.found and finding.cure for finding in error.findings)
    else:
        assert entry.predictions is not None
        assert set(entry.predictions[entry.group].tolist()) <= {0, 1}
