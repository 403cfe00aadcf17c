"""`bounty init|submit|judge|replay`: a bounty played from files on the command line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.cli.contract import Asker
from tests.metrics.bounty.folders import LABELS, ROWS, send, submission, write_bounty

OF_OLD = "id,prediction\n" + "".join(f"r{n},1\n" for n in (1, 2, 3, 7, 8, 9))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bounty with two submissions: good for the old, and harmful for women."""
    folder = write_bounty(tmp_path / "bounty")
    send(folder, submission("red", "1", replacement={"predictions": "p.csv"}), p_csv=OF_OLD)
    send(folder, submission("blue", "2", "sex = f", replacement={"constant": 0}))
    return folder


def ask(asker: Asker, *arguments: object, code: int = 0) -> dict[str, Any]:
    found, out, err = asker.run("bounty", *map(str, arguments), "--format", "json")
    assert found == code, err
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))  # type: ignore[no-any-return]


def draft(tmp_path: Path, **parts: Any) -> Path:
    """Write a draft and its predictions outside the bounty."""
    place = tmp_path / "drafts"
    place.mkdir(exist_ok=True)
    (place / "mine.csv").write_text(OF_OLD)
    path = place / "draft.json"
    path.write_text(json.dumps(submission("red", "5", replacement={"predictions": "mine.csv"}) | parts))
    return path


# -- judge and replay ----------------------------------------------------------------------------


def test_judge_tells_every_decision_in_the_fields_of_the_contract(asker, folder):
    """Ten rows of validation; the model is wrong of the five old among them."""
    found = ask(asker, "judge", folder)

    assert found["decisions"] == [
        {
            "submission": "1",
            "team": "red",
            "units": 5,
            "mass": 0.5,
            "loss_current": 1.0,
            "loss_replacement": 0.0,
            "score": 0.5,
            "accepted": True,
            "reason": "The replacement is better by more than alpha.",
            "repairs": 0,
            "error_after": 0.0,
        },
        {
            "submission": "2",
            "team": "blue",
            "units": 5,
            "mass": 0.5,
            "loss_current": 0.0,
            "loss_replacement": 0.6,
            "score": -0.3,
            "accepted": False,
            "reason": "The replacement is worse.",
            "repairs": 0,
            "error_after": 0.0,
        },
    ]
    assert found["findings"] == []


def test_judge_tells_the_board_and_the_usage_too_and_leaves_the_sealed_split_closed(asker, folder):
    judged, board = ask(asker, "judge", folder), ask(asker, "board", folder, "--keep-sealed")

    assert {team["team"] for team in judged["board"]} == {"red", "blue"}
    assert {(row["team"], row["feature"]) for row in judged["usage"]} >= {("(everyone)", "age"), ("red", "age")}
    assert [judged[name] for name in ("decisions", "board", "usage")] == [
        board[name] for name in ("decisions", "board", "usage")
    ]
    assert {team["certified"] for team in judged["board"]} == {None}
    assert not (folder / "certified.json").exists()


def test_replay_prints_the_same_decisions_to_the_last_byte(asker, folder):
    ask(asker, "judge", folder)
    ledger = (folder / "ledger.jsonl").read_bytes()

    again, replayed = (asker.run("bounty", what, str(folder), "--format", "json")[1] for what in ("judge", "replay"))

    cut = [text[text.index(' "decisions"') : text.index("\n ]")] for text in (again, replayed)]
    assert cut[0] == cut[1]
    assert (folder / "ledger.jsonl").read_bytes() == ledger


def test_replay_in_another_order_leaves_the_ledger_alone(asker, folder):
    ask(asker, "judge", folder)
    ledger = (folder / "ledger.jsonl").read_bytes()

    named, drawn = ask(asker, "replay", folder, "--order", "blue/2,1"), ask(asker, "replay", folder, "--shuffle", 1)

    assert [d["submission"] for d in named["decisions"]] == ["2", "1"]
    assert sorted(d["submission"] for d in drawn["decisions"]) == ["1", "2"]
    assert (folder / "ledger.jsonl").read_bytes() == ledger


def test_a_published_model_can_be_had_as_a_file_that_a_submission_may_bring(asker, folder, tmp_path):
    ask(asker, "judge", folder)
    last, first = tmp_path / "last.csv", tmp_path / "first.csv"

    ask(asker, "replay", folder, "--predictions", last)
    ask(asker, "replay", folder, "--predictions", first, "--model", 0)

    expected = [("id", "prediction")] + [(f"r{n}", str(int(n in (1, 2, 3, 7, 8, 9)))) for n in range(1, 13)]
    assert [tuple(line.split(",")) for line in last.read_text().splitlines()] == expected
    assert set(first.read_text().splitlines()[1:]) == {f"r{n},0" for n in range(1, 13)}
    send(folder, submission("red", "9", "true", replacement={"predictions": "l.csv"}), l_csv=last.read_text())
    assert ask(asker, "judge", folder)["decisions"][-1]["loss_replacement"] == 0


def test_a_model_that_is_not_published_is_not_written(asker, folder, tmp_path):
    path = tmp_path / "p.csv"

    code, _, err = asker.run("bounty", "replay", str(folder), "--predictions", str(path), "--model", "1")

    assert (code, path.exists()) == (2, False)
    assert "published are the models 0 (the baseline) to 0" in err


def test_a_group_without_validation_rows_has_null_losses(asker, folder):
    send(folder, submission("red", "3", "age = 30 and sex = f", group={"ids": "who.csv"}), who_csv="id\nr6\n")

    decision = ask(asker, "judge", folder)["decisions"][2]

    assert (decision["units"], decision["loss_current"], decision["loss_replacement"]) == (0, None, None)


def test_a_refused_submission_ends_with_2_and_the_others_are_judged(asker, folder):
    send(folder, submission("red", "3", "aeg > 3"))

    found = ask(asker, "judge", folder, code=2)
    _, _, err = asker.run("bounty", "judge", str(folder))

    assert [d["submission"] for d in found["decisions"]] == ["1", "2"]
    assert "submission 'red/3', group: column 'aeg'" in err
    assert "Did you mean 'age'?" in err
    assert len((folder / "ledger.jsonl").read_text().splitlines()) == 2


def test_a_bounty_whose_folder_is_bad_ends_with_2(asker, folder):
    (folder / "labels.csv").write_text(LABELS + "r1,0\n")

    for command in ("judge", "replay"):
        code, out, err = asker.run("bounty", command, str(folder))
        assert (code, out) == (2, "")
        assert "has 1 id more than once" in err


def test_the_table_names_what_was_judged_now_and_where_the_chain_ends(asker, folder):
    code, out, _ = asker.run("bounty", "judge", str(folder))

    last = json.loads((folder / "ledger.jsonl").read_text().splitlines()[-1])["hash"]
    assert code == 0
    assert "1 of 2 submissions accepted; loss on the validation split: 0.5000 at first, 0.0000 now." in out
    assert last in out
    assert "Judged now" not in asker.run("bounty", "judge", str(folder))[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--order", "1"], "lacks blue/2"), (["--order", "1,2", "--shuffle", "3"], "give one of them")],
)
def test_an_order_that_is_none_ends_with_2(asker, folder, options, said):
    ask(asker, "judge", folder)

    code, out, err = asker.run("bounty", "replay", str(folder), *options)

    assert (code, out) == (2, "")
    assert said in err


# -- submit --------------------------------------------------------------------------------------


def test_submit_puts_a_draft_and_its_files_in_their_place(asker, folder, tmp_path):
    code, out, _ = asker.run("bounty", "submit", str(folder), str(draft(tmp_path)))

    assert (code, out) == (0, "submissions/red/5.json is in its place.\n")
    assert (folder / "submissions/red/mine.csv").read_text() == OF_OLD
    assert [d["submission"] for d in ask(asker, "judge", folder)["decisions"]] == ["1", "2", "5"]
    assert "was there already" in asker.run("bounty", "submit", str(folder), str(draft(tmp_path)))[1]


def test_a_dry_run_measures_on_the_explore_split_and_puts_nothing_anywhere(asker, folder, tmp_path):
    before = sorted(folder.rglob("*"))
    path = draft(tmp_path, group={"where": "true"}, replacement={"constant": 1})

    code, out, _ = asker.run("bounty", "submit", str(folder), str(path), "--dry-run")

    assert code == 0
    assert "red/5, on the explore split: 1 row, loss 0.0000 now, 1.0000 by the replacement, score -1.0000." in out
    assert sorted(folder.rglob("*")) == before


def test_a_dry_run_of_a_group_without_explore_rows_says_so(asker, folder, tmp_path):
    out = asker.run("bounty", "submit", str(folder), str(draft(tmp_path)), "--dry-run")[1]

    assert "on the explore split: 0 rows, loss - now, - by the replacement" in out


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"group": {"where": "age > 200"}}, "holds none of the 12 rows"),
        ({"id": "1"}, "is there already, and says something else"),
        ({"id": "../1"}, "has the id '../1'"),
        ({"replacement": {"predictions": "../labels.csv"}}, "lies outside the submission's folder"),
        ({"replacement": {"predictions": "draft.json"}}, "column 'prediction' is not in the file"),
    ],
)
def test_a_draft_that_does_not_fit_is_put_nowhere(asker, folder, tmp_path, parts, said):
    before = sorted(folder.rglob("*"))

    code, out, err = asker.run("bounty", "submit", str(folder), str(draft(tmp_path, **parts)))

    assert (code, out) == (2, "")
    assert said in err
    assert sorted(folder.rglob("*")) == before


def test_of_several_drafts_all_or_none_are_put(asker, folder, tmp_path):
    good = draft(tmp_path)
    bad = good.with_name("bad.json")
    bad.write_text(json.dumps(submission("red", "6", "aeg = 1")))

    assert asker.run("bounty", "submit", str(folder), str(good), str(bad))[0] == 2
    assert not (folder / "submissions/red/5.json").exists()


def test_a_file_of_the_same_name_is_not_overwritten(asker, folder, tmp_path):
    path = draft(tmp_path, replacement={"predictions": "p.csv"})
    (path.parent / "p.csv").write_text(OF_OLD + "r4,1\n")

    code, _, err = asker.run("bounty", "submit", str(folder), str(path))

    assert code == 2
    assert "the team has another of that name" in err
    assert (folder / "submissions/red/p.csv").read_text() == OF_OLD


# -- init ----------------------------------------------------------------------------------------


def test_init_begins_a_bounty_on_the_rows_that_it_is_given(asker, tmp_path):
    rows, labels = Path(asker.write(ROWS, "people.csv")), Path(asker.write(LABELS, "truth.csv"))
    folder = tmp_path / "new"
    files = ("--rows", str(rows), "--labels", str(labels), "--baseline", "model", "--split", "split")

    code, out, err = asker.run("bounty", "init", str(folder), *files, "--alpha", "0.1", "--minimum-group", "1")

    assert code == 0, err
    assert "A bounty on 12 rows (explore 1, validation 10, sealed 1)" in out
    assert tomllib.loads((folder / "bounty.toml").read_text()) == {
        "name": "Bounty",
        "rows": "people.csv",
        "labels": "truth.csv",
        "id": "id",
        "label": "label",
        "baseline": "model",
        "task": "classification",
        "loss": "error",
        "alpha": 0.1,
        "minimum_group": 1,
        "split": "split",
    }
    assert (folder / "README.md").is_file()
    send(folder, submission("red", "1"))
    assert ask(asker, "judge", folder)["decisions"][0]["accepted"]


def test_init_without_rows_writes_an_example(asker, tmp_path):
    code, out, _ = asker.run("bounty", "init", str(tmp_path / "new"), "--name", "Mine")

    assert code == 0
    assert "is an example" in out
    terms = tomllib.loads((tmp_path / "new/bounty.toml").read_text())
    assert (terms["name"], terms["split"]["seed"]) == ("Mine", 7)


def test_init_leaves_nothing_where_the_rows_do_not_fit(asker, tmp_path):
    rows = asker.write(ROWS, "people.csv")

    code, _, err = asker.run("bounty", "init", str(tmp_path / "new"), "--rows", rows, "--baseline", "modle")

    assert code == 2
    assert "Did you mean 'model'?" in err
    assert [path for path in (tmp_path / "new").rglob("*") if path.is_file()] == []


def test_init_does_not_overwrite_a_bounty(asker, folder):
    before = (folder / "bounty.toml").read_text()

    code, _, err = asker.run("bounty", "init", str(folder))

    assert code == 2
    assert "holds a bounty.toml already" in err
    assert (folder / "bounty.toml").read_text() == before
