from __future__ import annotations

import pytest

from dashboard.workspace import Workspace
from metrics.errors import QuestionError, ResultsError
from tests.dashboard.store.made import keep, publish


def test_texts_lie_beside_an_upload_by_their_names(tmp_path):
    mine, other = keep(tmp_path).id, keep(tmp_path).id
    home = Workspace(tmp_path)

    home.save_text(mine, "policy", "limit = 0.1\n")
    home.save_text(mine, "match", 'sex = "gender"')
    home.save_text(other, "policy", "")

    assert home.read_text(mine, "policy") == "limit = 0.1\n"
    assert home.read_text(mine, "match") == 'sex = "gender"'
    assert home.read_text(mine, "another") is None
    assert home.read_text(other, "policy") is None


@pytest.mark.parametrize("name", ["", "../../x", "x/y", "\x00", "'; DROP TABLE texts --", "ä" * 200])
def test_a_name_is_text_and_no_path(tmp_path, name):
    upload = keep(tmp_path).id
    before = sorted(tmp_path.rglob("*"))

    Workspace(tmp_path).save_text(upload, name, "x")

    assert Workspace(tmp_path).read_text(upload, name) == "x"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("address", ["", "a" * 32, "..", "lending"])
def test_where_nothing_is_kept_no_text_is(tmp_path, address):
    keep(tmp_path)
    report, _ = publish(tmp_path)

    for nothing in (address, report.id):
        with pytest.raises(KeyError):
            Workspace(tmp_path).save_text(nothing, "policy", "x")
        assert Workspace(tmp_path).read_text(nothing, "policy") is None


def test_a_text_past_the_upload_s_time_is_not_read(tmp_path):
    upload = keep(tmp_path).id
    Workspace(tmp_path).save_text(upload, "policy", "x")

    assert Workspace(tmp_path, hours=1e-9, writable=False).read_text(upload, "policy") is None


def test_what_is_too_long_is_refused(tmp_path):
    upload = keep(tmp_path).id

    with pytest.raises(QuestionError, match="2,000,000 letters"):
        Workspace(tmp_path).save_text(upload, "policy", "x" * 2_000_001)
    with pytest.raises(QuestionError, match="its name 200"):
        Workspace(tmp_path).save_text(upload, "x" * 201, "x")
    with pytest.raises(ResultsError, match="does not fit in"):
        Workspace(tmp_path, quota=1_000).save_text(upload, "policy", "x" * 2_000)
    assert Workspace(tmp_path).read_text(upload, "policy") is None
