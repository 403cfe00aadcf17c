"""`bounty hunt` drafts submissions that `bounty submit` takes; `bounty reports` and `review` keep the review list."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.metrics.bounty.folders import write_bounty
from tests.metrics.bounty.test_reports import put, report
from tests.paths import SAMPLES


@pytest.fixture
def sample(tmp_path):
    folder = tmp_path / "sample"
    shutil.copytree(SAMPLES / "bounty", folder, ignore=shutil.ignore_patterns("submissions"))
    return folder


@pytest.fixture
def folder(tmp_path):
    return write_bounty(tmp_path / "bounty")


def test_what_was_drafted_is_taken_as_it_is_and_accepted(asker, sample, tmp_path):
    drafts = tmp_path / "drafts"
    code, out, err = asker.run("bounty", "hunt", str(sample), "--hunter", "error tree", "-o", str(drafts))
    files = sorted(map(str, drafts.glob("*.json")))

    assert code == 0, err
    assert len(files) == 4 == out.count("explore rows; loss")
    assert asker.run("bounty", "submit", str(sample), *files)[0] == 0
    code, out, _ = asker.run("bounty", "judge", str(sample), "--format", "json")
    told = json.loads(out)["decisions"]
    assert [d["team"] for d in told] == ["hunters"] * 4
    assert sum(d["accepted"] for d in told) >= 3


def test_without_an_output_drafts_are_only_listed(asker, sample):
    before = sorted(sample.rglob("*"))
    code, out, _ = asker.run("bounty", "hunt", str(sample), "--most", "1")

    assert code == 0
    assert [line.split("-0")[0] for line in out.splitlines()[::2]] == ["error-tree", "slice-finder", "linear-auditor"]
    assert sorted(sample.rglob("*")) == before


def test_a_draft_that_was_edited_is_not_written_over(asker, sample, tmp_path):
    place = tmp_path / "drafts"
    place.mkdir()
    (place / "linear-auditor-01.json").write_text("mine")

    code, _, err = asker.run("bounty", "hunt", str(sample), "--hunter", "linear auditor", "-o", str(place))

    assert code == 2 and "is there already" in err
    assert (place / "linear-auditor-01.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("more", "words"), [(["--hunter", "witch"], "error tree"), (["--team", "../x"], "folder's name")]
)
def test_what_cannot_hunt_is_said(asker, sample, more, words):
    code, _, err = asker.run("bounty", "hunt", str(sample), *more)

    assert code == 2 and words in err


def test_a_bounty_too_small_to_learn_from_is_said(asker, folder):
    code, _, err = asker.run("bounty", "hunt", str(folder))

    assert code == 2 and "needs at least" in err


def test_reports_are_listed_with_their_state_and_measured(asker, folder):
    put(folder, report("red", "1"))
    put(folder, report("blue", "2", harm="The same again."))
    assert asker.run("bounty", "review", str(folder), "blue/2", "--state", "duplicate", "--of", "red/1")[0] == 0
    code, out, _ = asker.run("bounty", "review", str(folder), "red/1", "--state", "confirmed", "--note", "Yes.")
    assert (code, out) == (0, "red/1 is confirmed (review 2).\n")

    code, out, _ = asker.run("bounty", "reports", str(folder), "--format", "json")
    told = json.loads(out)

    assert code == 0
    assert [(r["team"], r["report"], r["state"], r["of"]) for r in told["reports"]] == [
        ("red", "1", "confirmed", ""),
        ("blue", "2", "duplicate", "red/1"),
    ]
    measured = [r for r in told["measured"] if (r["report"], r["split"]) == ("1", "validation")]
    assert [(r["units"], r["value"], r["rest"], r["difference"]) for r in measured] == [(5, 1.0, 0.0, 1.0)]


def test_the_table_of_reports_can_be_read(asker, folder):
    assert asker.run("bounty", "reports", str(folder))[1] == "No finding was reported.\n"
    put(folder, report())

    out = asker.run("bounty", "reports", str(folder))[1]

    assert "red/1   new    error_rate  explore     -" in out
    assert "validation  5     1.00   0     +1.00" in out


def test_a_report_that_cannot_be_read_or_measured_is_named_and_the_others_are_listed(asker, folder):
    put(folder, report(number="1"))
    put(folder, report(number="2", metric="eror_rate"))
    put(folder, report(number="3", harm=""))

    code, out, err = asker.run("bounty", "reports", str(folder))

    assert code == 2
    assert "red/1" in out and "red/2" in out
    assert "Did you mean 'error_rate'" in err and "report 'red/3' has no harm" in err


def test_a_review_of_nothing_is_refused(asker, folder):
    code, _, err = asker.run("bounty", "review", str(folder), "red/1", "--state", "confirmed")

    assert code == 2 and "There is no report 'red/1'" in err
