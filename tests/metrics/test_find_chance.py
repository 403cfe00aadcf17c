"""What a search says of files made up by chance: nothing of fair ones, and the slice that was planted in another."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import spearmanr

from metrics.find import Search, find, list_findings
from metrics.permutation import permute
from metrics.slices import Slice
from tests.metrics.planted import ATTRIBUTES, fair_rows, fair_speakers, fair_speech, planted_rows

PLANTED = Slice((("a", "u"), ("b", "v")))


@pytest.mark.parametrize(
    ("make", "metric", "files"),
    [
        (fair_rows, "error_rate", 100),
        (fair_speakers, "error_rate", 40),
        (partial(fair_speakers, spanning=True), "error_rate", 40),
        (fair_speech, "word_error_rate", 40),
    ],
    ids=["errors", "speakers", "speakers in several slices", "words"],
)
def test_of_a_hundred_fair_files_about_five_at_most_have_a_finding(make, metric, files):
    asked = Search(metric, ATTRIBUTES, depth=3, support=0.02)

    found = [find(make(seed), asked) for seed in range(files)]

    # At 5 in 100, more of them happen in one such test of a hundred.
    assert sum(len(f.findings) > 0 for f in found) <= {100: 10, 40: 6}[files]
    assert np.mean([f.searched for f in found]) > 100


@pytest.mark.parametrize("seed", range(5))
def test_the_planted_slice_is_found_and_nothing_else_is_listed(seed):
    cube = planted_rows(seed)
    found = find(cube, Search("error_rate", ATTRIBUTES))

    listed = list_findings(found)

    assert listed["slice"].tolist() == [PLANTED]
    told = listed.iloc[0]
    assert told["difference"] > found.noise_floor
    checked = permute(found, cube, draws=199).table.loc[told.name]
    assert checked["p"] == 1 / 200 and checked["p_adjusted"] < 1e-6


def test_files_that_holm_finds_least_fair_are_those_that_chance_seldom_makes():
    holm, chance = [], []
    for seed in range(30):
        cube = fair_rows(seed)
        found = find(cube, Search("error_rate", ATTRIBUTES, support=0.02))
        holm.append(float(found.lattice["p_adjusted"][found.lattice["worse"]].min()))
        chance.append(permute(found, cube, draws=99, seed=seed).p)

    assert spearmanr(holm, chance).statistic > 0.7
