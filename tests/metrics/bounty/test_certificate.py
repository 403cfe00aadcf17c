"""The sealed split is opened once, and what it said then stands."""

from __future__ import annotations

import json
import shutil

import pytest

from metrics.bounty.certificate import FILE, can_open, open_sealed, read_certificate
from metrics.bounty.folder import judge_folder, play_folder
from metrics.errors import QuestionError, ResultsError
from tests.metrics.bounty.folders import TERMS, send, submission, write_bounty

# Thirty people of each age in the validation split and thirty sealed; the model is wrong of those of 70 and of 80.
ROWS = "id,age,split,model\n" + "".join(
    f"{split[0]}{age}{n},{age},{split},0\n"
    for split in ("validation", "sealed")
    for age in (30, 70, 80)
    for n in range(30)
)
LABELS = "id,label\n" + "".join(
    f"{name},{int(age != '30')}\n" for name, age, *_ in (line.split(",") for line in ROWS.splitlines()[1:])
)


@pytest.fixture
def folder(tmp_path):
    return write_bounty(tmp_path / "bounty", TERMS, ROWS, LABELS)


def judged(folder, *numbers: str, **parts):
    for number in numbers:
        send(folder, submission(number=number, **parts))
    return judge_folder(folder)


def test_it_stays_sealed_until_it_is_opened(folder):
    played = judged(folder, "1")

    assert can_open(played)
    assert read_certificate(folder, played) is None
    assert not (folder / FILE).exists()


def test_opening_writes_down_when_for_which_ledger_and_what_was_found(folder):
    played = judged(folder, "1")

    certificate = open_sealed(folder, played)
    written = json.loads((folder / FILE).read_text())

    assert certificate.table["certified"].tolist() == [True]
    assert (certificate.ledger, certificate.decisions) == (played.records[-1].hash, 1)
    assert (written["ledger"], written["decisions"], written["delta"]) == (played.records[-1].hash, 1, 0.05)
    assert [(r["submission"], r["units"], r["better"], r["certified"]) for r in written["results"]] == [
        ("1", 60, 60, True)
    ]


def test_opening_again_opens_nothing(folder):
    played = judged(folder, "1")
    first = open_sealed(folder, played, opened="2026-01-01T00:00:00Z")
    before = (folder / FILE).read_bytes()

    again = open_sealed(folder, played, delta=0.5)

    assert (again.opened, again.delta) == (first.opened, 0.05)
    assert (folder / FILE).read_bytes() == before


def test_what_is_accepted_after_the_opening_is_not_certified(folder):
    open_sealed(folder, judged(folder, "1", where="age = 70"))
    played = judged(folder, "2", where="age = 80")
    assert [d.accepted for d in played.game.decisions] == [True, True]

    table = open_sealed(folder, play_folder(folder)).table

    assert table["submission"].tolist() == ["1", "2"]
    assert table["certified"].tolist() == [True, False]
    assert table["units"].isna().tolist() == [False, True]


def test_nothing_is_opened_for_nobody(folder):
    played = judged(folder, "1", replacement={"constant": 0})

    assert not can_open(played)
    with pytest.raises(QuestionError, match="accepted submission"):
        open_sealed(folder, played)


@pytest.mark.parametrize("delta", [0.0, 1.0, float("nan")])
def test_delta_is_a_chance(folder, delta):
    with pytest.raises(QuestionError, match="between 0 and 1"):
        open_sealed(folder, judged(folder, "1"), delta)


def test_a_certificate_that_was_changed_is_refused(folder):
    played = judged(folder, "1")
    open_sealed(folder, played)
    path = folder / FILE
    path.write_text(path.read_text().replace('"certified": true', '"certified": false'))

    with pytest.raises(ResultsError, match="says otherwise than the sealed rows do"):
        read_certificate(folder, played)


def test_a_certificate_of_another_ledger_is_refused(folder, tmp_path):
    other = write_bounty(tmp_path / "other", TERMS, ROWS, LABELS)
    open_sealed(other, judged(other, "9"))
    shutil.copy(other / FILE, folder / FILE)

    with pytest.raises(ResultsError, match="another ledger"):
        read_certificate(folder, judged(folder, "1"))


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', "{", '{"a": NaN}', '{"format": "x", "version": 1}'])
def test_what_is_no_certificate_is_refused_in_words(folder, text):
    played = judged(folder, "1")
    (folder / FILE).write_text(text)

    with pytest.raises(ResultsError, match=r"certified\.json"):
        read_certificate(folder, played)
