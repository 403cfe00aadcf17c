from __future__ import annotations

import pytest

from dashboard.workspace import Workspace
from tests.dashboard.store.made import keep, publish


def test_the_log_tells_who_did_what_and_when(tmp_path):
    report, _ = publish(tmp_path)
    home = Workspace(tmp_path)

    home.log("ann@x.org", "published", report.id, "Lending")
    home.log("ann@x.org", "changed readers", report.id)

    first, second = home.read_log(report.id)
    assert (first.who, first.what, first.about, first.detail) == ("ann@x.org", "published", report.id, "Lending")
    assert second.what == "changed readers"
    assert report.began <= first.at <= second.at


def test_only_deeds_that_are_known_are_taken_down(tmp_path):
    report, _ = publish(tmp_path)

    with pytest.raises(ValueError, match="changed policy"):
        Workspace(tmp_path).log("ann@x.org", "ate", report.id)


def test_of_what_is_deleted_one_line_without_names_stays(tmp_path):
    report, upload = publish(tmp_path)[0].id, keep(tmp_path).id
    home = Workspace(tmp_path)
    for thing in (report, upload):
        home.log("ann@x.org", "opened", thing, "the title")

    home.delete_report(report)
    home.delete(upload)

    for thing in (report, upload):
        home.log("ann@x.org", "deleted", thing, "the title")  # comes too late
        (line,) = home.read_log(thing)
        assert (line.who, line.what, line.detail) == ("", "deleted", "")
        assert line.at > 0


def test_nothing_is_taken_down_of_what_there_never_was(tmp_path):
    publish(tmp_path)
    home = Workspace(tmp_path)

    for about in ("a" * 32, "", "lending", "../x"):
        home.log("ann@x.org", "opened", about)
        assert home.read_log(about) == []
