"""The sample bounty: its planted truth is in the files, and the game tells its four teams apart."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from metrics.bounty.certify import certify_adaptively, certify_sealed
from metrics.bounty.folder import judge_folder
from metrics.bounty.rows import open_bounty
from metrics.bounty.terms import EXPLORE
from metrics.hunters import HUNTERS, hunt
from metrics.predicates import parse_predicate
from sample_data import repairs
from tests.paths import SAMPLES

FOLDER = SAMPLES / "bounty"
ROWS = pd.read_csv(FOLDER / "rows.csv").merge(pd.read_csv(FOLDER / "labels.csv"), validate="1:1")
group_of = repairs.planted_group(ROWS)
RATES = {name: (wrong, better) for name, (_, wrong, better, _) in repairs.PLANTED.items()} | {
    "": (repairs.EASY_WRONG, None)
}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bounty") / "bounty"
    shutil.copytree(FOLDER, folder)
    played = judge_folder(folder)
    assert played.refused == ()
    return played


@pytest.fixture(scope="module")
def bounty():
    return open_bounty(FOLDER)


def test_the_files_are_those_that_the_script_makes():
    made = repairs.make_bounty()

    assert {str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file()} == set(made)
    assert [name for name, data in made.items() if (FOLDER / name).read_bytes() != data] == []


@pytest.mark.parametrize("group", RATES)
def test_the_model_is_wrong_as_often_as_planted(group):
    here = ROWS[group_of == group]
    wrong = int((here["model"] != here["truth"]).sum())

    assert binomtest(wrong, len(here), RATES[group][0]).pvalue > 0.05


@pytest.mark.parametrize("group", repairs.PLANTED)
def test_who_is_in_a_group_is_what_its_condition_says(group, bounty):
    condition = parse_predicate(repairs.PLANTED[group][0])

    assert condition.evaluate(bounty.features, len(bounty))[0].tolist() == (group_of == group).tolist()


@pytest.mark.parametrize(
    ("group", "better"),
    [
        ("translated", lambda rows: np.full(len(rows), "urgent")),
        ("calls", lambda rows: np.full(len(rows), "can wait")),
        ("blocks", lambda rows: np.full(len(rows), "urgent")),
        ("cellars", lambda rows: np.where(rows["floor"] <= 3, "urgent", "can wait")),
    ],
)
def test_there_is_a_better_answer_for_each_group(group, better):
    here = ROWS[group_of == group]
    wrong = int((better(here) != here["truth"]).sum())

    assert binomtest(wrong, len(here), RATES[group][1]).pvalue > 0.05


def test_the_rivals_of_the_brute_team_are_no_better_than_the_model():
    for number in (1, 2):
        rival = pd.read_csv(FOLDER / f"submissions/brute/rival_{number}.csv")["prediction"]
        better = int(((rival == ROWS["truth"]) & (ROWS["model"] != ROWS["truth"])).sum())
        worse = int(((rival != ROWS["truth"]) & (ROWS["model"] == ROWS["truth"])).sum())

        assert binomtest(better, better + worse).pvalue > 0.05


def test_the_readme_tells_the_counts_of_the_file():
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+)` \| (\d+) % \| (\d+) of (\d+) \|", text, re.MULTILINE)

    assert [(where, int(rate), int(top), int(below)) for where, rate, top, below in rows] == [
        (
            repairs.PLANTED[name][0],
            round(100 * repairs.PLANTED[name][1]),
            int((ROWS["model"] != ROWS["truth"])[group_of == name].sum()),
            int((group_of == name).sum()),
        )
        for name in repairs.PLANTED
    ]


def test_every_planted_group_is_found_and_certified(played):
    table = certify_sealed(played.game)
    found = table[table["certified"]]

    assert sorted(found["team"]) == ["hand", "hand", "hunters", "inert"]
    for name in repairs.PLANTED:
        overlaps = [
            (accepted.entry.group & (group_of == name)).sum() / (accepted.entry.group | (group_of == name)).sum()
            for accepted in played.game.accepted
            if accepted.entry.submission.id in set(found["submission"])
        ]
        assert max(overlaps) > 0.7


def test_brute_force_is_accepted_by_luck_and_certified_by_neither_scheme(played):
    sealed, adaptive = certify_sealed(played.game), certify_adaptively(played.game)
    brute = sealed["team"] == "brute"

    assert brute.sum() >= 5
    assert not sealed["certified"][brute].any()
    assert not adaptive["certified"][brute].any()


def test_inert_conditions_change_nobodys_membership(played, bounty):
    """The group of 'inert' is that of its first condition alone."""
    (mine,) = [a.entry for a in played.game.accepted if a.entry.submission.team == "inert"]
    alone = parse_predicate(repairs.PLANTED["calls"][0]).evaluate(bounty.features, len(bounty))[0]

    assert len(mine.submission.group.features) > 2
    assert mine.group.tolist() == alone.tolist()


def test_the_hunters_still_draft_what_their_team_sent(bounty):
    drafts = [draft for hunter in HUNTERS for draft in hunt(bounty, bounty.baseline, hunter)]
    explored = bounty.split == EXPLORE

    def members(group):
        return parse_predicate(group["where"]).evaluate(bounty.features, len(bounty))[0][explored]

    drafted = [members(draft.group) for draft in drafts if "where" in draft.group]
    for sent in repairs.AUTOMATIC:
        if "where" in sent["group"]:
            mine = members(sent["group"])
            assert max((mine & other).sum() / (mine | other).sum() for other in drafted) > 0.8
