"""Sending beside the page: two at once are both judged, what was stopped and taken up is not sent twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.bounties import Place
from dashboard.bounty_drafts import Draft
from dashboard.bounty_play import Playing
from dashboard.jobs import Cancelled
from dashboard.submitting import Sending, _take_out
from dashboard.workspace import Workspace
from metrics.bounty.folder import play_folder
from tests.bounty_folder import write_bounty


@pytest.fixture
def playing(tmp_path):
    folder = write_bounty(tmp_path / "bounty")
    return Playing(Place("opened", "opened", folder), ("", ""), play_folder(folder))


def sending(playing, tmp_path, team, where):
    return Sending(playing, Draft(team, {"where": where}, {"constant": "1"}), Workspace(tmp_path / "uploads"))


def silent(words, share):
    pass


def test_people_who_submit_at_once_are_all_judged(playing, tmp_path):
    sent = [sending(playing, tmp_path, f"team {n % 3}", f"age < {21 + n}") for n in range(8)]
    with ThreadPoolExecutor(8) as people:
        answers = list(people.map(lambda work: work(silent), sent))

    assert [a.findings for a in answers] == [()] * 8
    records = play_folder(playing.place.folder).records
    assert sorted((r.decision.team, r.decision.submission) for r in records) == sorted(
        (a.team, a.name) for a in answers
    )
    assert len({a.name for a in answers}) == 8


def test_what_was_stopped_before_it_was_sent_is_not_sent(playing, tmp_path):
    def stopped(words, share):
        raise Cancelled

    with pytest.raises(Cancelled):
        sending(playing, tmp_path, "a", "age < 25")(stopped)

    assert not (playing.place.folder / "submissions").exists()


def test_what_was_stopped_later_is_judged_and_not_sent_again_when_it_is_taken_up(playing, tmp_path):
    told = []

    def stop_after_the_first_word(words, share):
        told.append(words)
        if len(told) > 1:
            raise Cancelled

    work = sending(playing, tmp_path, "a", "age < 25")
    first, again = work(stop_after_the_first_word), work(silent)

    assert len(told) > 1
    assert first == again
    assert len(play_folder(playing.place.folder).records) == 1


def test_what_is_refused_takes_no_other_file_of_its_team_with_it(playing, tmp_path):
    """A team sends by hand, too, and may call its files by a number and more."""
    team = playing.place.folder / "submissions" / "a"
    team.mkdir(parents=True)
    other = {"team": "a", "id": "00001b", "group": {"where": "age < 25"}, "replacement": {"constant": "1"}}
    tree = {"team": "a", "id": "00001", "group": {"where": "age < 25"}, "replacement": {"predictions": "00001-p.csv"}}
    for name, text in {"00001b.json": json.dumps(other), "00001.json": json.dumps(tree), "00001-p.csv": "id\n"}.items():
        (team / name).write_text(text)

    _take_out(playing.place.folder, "a", "00001")

    assert [path.name for path in team.iterdir()] == ["00001b.json"]


def test_what_was_judged_is_never_taken_out_and_neither_is_anything_of_a_ledger_that_cannot_be_read(playing, tmp_path):
    folder = playing.place.folder
    answer = sending(playing, tmp_path, "a", "age < 25")(silent)
    kept = folder / "submissions" / "a" / f"{answer.name}.json"

    _take_out(folder, "a", answer.name)
    assert kept.exists()

    (folder / "ledger.jsonl").write_text("no ledger\n")
    waiting = kept.with_name("00007.json")
    waiting.write_text("{}")
    _take_out(folder, "a", "00007")
    assert waiting.exists()
