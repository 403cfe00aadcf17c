"""A submission that is put into a bounty's folder takes no other's place there."""

from __future__ import annotations

import json

import pytest

from metrics.bounty.sending import send_submission
from metrics.errors import ResultsError
from tests.metrics.bounty.folders import submission, write_bounty


@pytest.fixture
def folder(tmp_path):
    return write_bounty(tmp_path / "bounty")


def draft(tmp_path, tree):
    path = tmp_path / "draft.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path


@pytest.mark.parametrize("other", ["RED", "Red", "ｒｅｄ"])
def test_a_team_whose_name_many_disks_take_for_another_s_is_refused(folder, tmp_path, other):
    send_submission(folder, draft(tmp_path, submission("red")))

    with pytest.raises(ResultsError, match="'red' is there already"):
        send_submission(folder, draft(tmp_path, submission(other, "2")))
    assert [path.name for path in (folder / "submissions").iterdir()] == ["red"]


@pytest.mark.parametrize("name", ["2.json", "./2.json", "2.JSON"])
def test_a_file_of_predictions_is_never_put_where_a_submission_would_lie(folder, tmp_path, name):
    (tmp_path / name).write_text("id,prediction\nr1,1\n", encoding="utf-8")

    with pytest.raises(ResultsError, match="would be taken for a submission"):
        send_submission(folder, draft(tmp_path, submission(replacement={"predictions": name})))
    assert not list(folder.glob("submissions/*/*"))


def test_a_team_may_send_again(folder, tmp_path):
    for number in "12":
        send_submission(folder, draft(tmp_path, submission("red", number)))

    assert len(list(folder.glob("submissions/red/*.json"))) == 2
