"""The ledger: a chain that shows any change, written by one at a time, and a folder that plays as it says."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from metrics.bounty.folder import judge_folder, order_by_names, order_by_seed, play_folder, replay
from metrics.bounty.ledger import LEDGER, decision_to_dict, locked, read_ledger
from metrics.errors import QuestionError, ResultsError
from tests.metrics.bounty.folders import LABELS, TERMS, send, submission, write_bounty
from tests.paths import ROOT

OLD, WOMEN = "age >= 65", "sex = f"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bounty with three submissions: good for the old, harmful for women, and good again."""
    folder = write_bounty(tmp_path / "bounty")
    send(folder, submission("red", "1", OLD))
    send(folder, submission("blue", "2", WOMEN, replacement={"constant": 0}))
    send(folder, submission("blue", "3", "age < 65", replacement={"model": 0}))
    return folder


def lines_of(folder: Path) -> list[bytes]:
    return (folder / LEDGER).read_bytes().splitlines(keepends=True)


def refuse(folder: Path) -> str:
    with pytest.raises(ResultsError) as raised:
        play_folder(folder)
    return str(raised.value)


# -- judging a folder ----------------------------------------------------------------------------


def test_what_is_new_is_judged_once_in_the_order_of_ids(folder):
    first = judge_folder(folder)
    again = judge_folder(folder)
    send(folder, submission("red", "0", WOMEN))
    later = judge_folder(folder)

    assert [(d.team, d.submission, d.accepted) for d in first.game.decisions] == [
        ("red", "1", True),
        ("blue", "2", False),
        ("blue", "3", False),
    ]
    assert (first.new, again.new, later.new) == (3, 0, 1)
    assert later.keys == ("red/1", "blue/2", "blue/3", "red/0")
    assert [record.number for record in read_ledger(folder)] == [1, 2, 3, 4]


def test_played_again_the_decisions_are_the_same_to_the_last_byte(folder):
    judged = judge_folder(folder)
    before = (folder / LEDGER).read_bytes()

    played = play_folder(folder)

    assert [json.dumps(decision_to_dict(d)) for d in played.game.decisions] == [
        json.dumps(decision_to_dict(d)) for d in judged.game.decisions
    ]
    assert played.records == judged.records
    assert (folder / LEDGER).read_bytes() == before


def test_a_refused_submission_leaves_no_line_and_the_others_are_judged(folder):
    send(folder, submission("green", "15", "aeg >= 65"))

    judged = judge_folder(folder)

    assert judged.keys == ("red/1", "blue/2", "blue/3")
    assert [(r.team, r.submission) for r in judged.refused] == [("green", "15")]
    assert "Did you mean 'age'?" in str(judged.refused[0].findings[0])


def test_where_all_are_refused_there_is_no_ledger(tmp_path):
    folder = write_bounty(tmp_path)
    send(folder, submission(where="age >= 100"))

    judge_folder(folder)

    assert not (folder / LEDGER).exists()


def test_a_submission_that_names_a_later_model_waits_for_it(tmp_path):
    folder = write_bounty(tmp_path)
    send(folder, submission("red", "1", WOMEN, replacement={"model": 1}))
    assert len(judge_folder(folder).refused) == 1

    send(folder, submission("red", "2", OLD))
    judge_folder(folder)

    assert judge_folder(folder).keys == ("red/2", "red/1")


def test_a_model_stands_for_what_it_said_when_it_was_judged(tmp_path):
    """Red publishes a model, blue brings it back for some; in another order it is still that model."""
    folder = write_bounty(tmp_path, TERMS.replace("alpha = 0.1", "alpha = 0.0"))
    send(folder, submission("red", "1", OLD))
    send(folder, submission("blue", "2", "age >= 65 and sex = m", replacement={"model": 1}))
    played = judge_folder(folder)
    assert [d.accepted for d in played.game.decisions] == [True, False]

    turned = replay(played, [1, 0])

    assert [(d.submission, d.score > 0, d.accepted) for d in turned.decisions] == [("2", True, True), ("1", True, True)]


def test_another_order_may_be_drawn_or_named(folder):
    played = judge_folder(folder)

    drawn = order_by_seed(played, 5)

    assert sorted(drawn) == [0, 1, 2]
    assert order_by_seed(played, 5) == drawn
    assert order_by_names(played, ["3", "red/1", "2"]) == [2, 0, 1]
    assert [d.submission for d in replay(played, [2, 0, 1]).decisions] == ["3", "1", "2"]
    assert replay(played).decisions == played.game.decisions


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["1", "2"], "lacks blue/3"),
        (["1", "2", "3", "3"], "names blue/3 more than once"),
        (["1", "2", "4"], "There is no judged submission '4'"),
        (["blue/1", "2", "3"], "There is no judged submission 'blue/1'"),
    ],
)
def test_an_order_names_each_submission_once(folder, names, said):
    played = judge_folder(folder)

    with pytest.raises(QuestionError, match=said):
        order_by_names(played, names)


def test_an_id_of_two_teams_is_named_with_its_team(folder):
    send(folder, submission("green", "1"))
    played = judge_folder(folder)

    with pytest.raises(QuestionError, match=r"several submissions '1'. Write green/1 or red/1\."):
        order_by_names(played, ["1", "2", "3", "green/1"])


# -- tampering -----------------------------------------------------------------------------------


def test_each_line_holds_the_hash_of_itself_and_of_the_line_before(folder):
    judge_folder(folder)

    previous = "0" * 64
    for line in lines_of(folder):
        tree = json.loads(line)
        told = tree.pop("hash")
        assert tree["previous"] == previous
        assert hashlib.sha256(json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()).hexdigest() == told
        previous = told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a, b, c: [a, b.replace(b'"accepted": false', b'"accepted": true'), c], "line 2 was changed"),
        (lambda a, b, c: [a, b.replace(b'"units": ', b'"units":  '), c], "line 2 was changed"),
        (lambda a, b, c: [a, c], "line 2 does not follow"),
        (lambda a, b, c: [b, a, c], "line 1 does not follow"),
        (lambda a, b, c: [a, b, b, c], "line 3 does not follow"),
        (lambda a, b, c: [b, c], "line 1 does not follow"),
        (lambda a, b, c: [a, b, c[:-20]], "line 3 is cut off"),
        (lambda a, b, c: [a, b"\n", b, c], "line 2 is no valid JSON"),
        (lambda a, b, c: [a, b"{}\n", c], "line 2 is not of the form"),
        (lambda a, b, c: [a, b.replace(b'"team": "blue"', b'"team": "../x"'), c], "line 2 is not of the form"),
        (lambda a, b, c: [a, b.replace(b'"units": ', b'"units": "'), c], "line 2 is no valid JSON"),
        (lambda a, b, c: [a, b.replace(b'"repairs": 0', b'"repairs": null'), c], "line 2 is not of the form"),
        (lambda a, b, c: [a, b"\xff\n", c], "line 2 is no valid JSON"),
    ],
)
def test_the_first_line_that_was_tampered_with_is_named(folder, change, said):
    judge_folder(folder)
    (folder / LEDGER).write_bytes(b"".join(change(*lines_of(folder))))
    before = (folder / LEDGER).read_bytes()

    assert said in refuse(folder)
    with pytest.raises(ResultsError, match=said):
        judge_folder(folder)
    assert (folder / LEDGER).read_bytes() == before


def forge(folder: Path, **decision: Any) -> None:
    """Change the decision of the last line, and make its hash anew."""
    *before, last = lines_of(folder)
    tree = json.loads(last)
    tree["decision"] |= decision
    del tree["hash"]
    tree["hash"] = hashlib.sha256(json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    (folder / LEDGER).write_bytes(b"".join(before) + json.dumps(tree).encode() + b"\n")


def test_a_line_whose_hashes_were_made_anew_is_found_by_playing_it(folder):
    judge_folder(folder)
    forge(folder, accepted=True)

    said = refuse(folder)

    assert "line 3 (submission 'blue/3') says accepted = True, but False when it is judged again" in said


def test_a_reason_stays_as_it_was_told(folder):
    """Another version of the program may word it otherwise; that is no other decision."""
    judge_folder(folder)
    forge(folder, reason="As we said in 2026.")

    assert play_folder(folder).game.decisions[-1].reason == "As we said in 2026."


def test_the_name_of_a_bounty_may_be_mended(folder):
    judge_folder(folder)
    (folder / "bounty.toml").write_text(TERMS.replace("Twelve", "A dozen"))

    assert len(play_folder(folder).records) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: (f / "labels.csv").write_text(LABELS.replace("r12,0", "r12,1")), "other terms, rows or labels"),
        (lambda f: (f / "bounty.toml").write_text(TERMS.replace("0.1", "0.2")), "other terms, rows or labels"),
        (lambda f: send(f, submission("red", "1", WOMEN)), "of a submission that was changed"),
        (lambda f: (f / "submissions" / "red" / "1.json").unlink(), "'1.json' is no longer there"),
    ],
)
def test_what_decisions_rest_on_may_not_change_afterwards(folder, change, said):
    judge_folder(folder)
    change(folder)

    assert said in refuse(folder)


def test_a_bounty_without_submissions_has_no_decisions(tmp_path):
    played = judge_folder(write_bounty(tmp_path))

    assert (played.game.decisions, played.records, played.refused) == ((), (), ())


# -- two at once ---------------------------------------------------------------------------------


def test_who_comes_second_waits_and_is_told_after_a_while(folder):
    with locked(folder), pytest.raises(ResultsError, match="is being judged by somebody else"), locked(folder, 0.1):
        pass
    with locked(folder, 0.1):
        pass


def test_threads_judge_one_after_the_other(folder):
    for number in range(20):
        send(folder, submission("many", f"m{number:02}", WOMEN))
    found = []
    threads = [threading.Thread(target=lambda: found.append(judge_folder(folder).new)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [0, 0, 23]
    assert len(play_folder(folder).records) == 23


_SEND_AND_JUDGE = """
import sys
from pathlib import Path
from metrics.bounty.folder import judge_folder
from tests.metrics.bounty.folders import send, submission

folder, team = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(8):
    send(folder, submission(team, f"{number}"))
    judge_folder(folder)
"""


def test_two_programs_that_send_and_judge_at_once_lose_nothing(folder):
    """Every submission has one line, and the chain holds, whoever came first."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", _SEND_AND_JUDGE, str(folder), team],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for team in ("north", "south")
    ]
    for program in programs:
        assert program.stdout is not None
        program.stdout.readline()
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()

    assert [program.wait(timeout=60) for program in programs] == [0, 0]
    for program in programs:
        program.communicate()
    sent = {f"{team}/{number}" for team in ("north", "south") for number in range(8)}
    played = play_folder(folder)
    assert set(played.keys) == sent | {"red/1", "blue/2", "blue/3"}
    assert len(played.records) == 19
