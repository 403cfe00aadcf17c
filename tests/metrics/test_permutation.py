"""What chance alone makes of a search, and how often it finds fair files unfair."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics.cube import Cube, count_cells
from metrics.errors import QuestionError
from metrics.find import Found, Search, find
from metrics.permutation import permute
from metrics.slices import Slice
from tests.metrics.build import cube_of, rates
from tests.metrics.planted import ATTRIBUTES, fair_rows, fair_speakers, fair_speech, planted_rows


def search(cube: Cube, metric: str = "error_rate", **asked: Any) -> Found:
    return find(cube, Search(metric, ATTRIBUTES, **{"depth": 2, "support": 0.02, **asked}))


def test_a_planted_slice_is_beyond_chance_and_holm_says_the_same():
    cube = planted_rows(1)
    found = search(cube)

    checked = permute(found, cube, draws=499)

    first = checked.table.iloc[0]
    assert first["slice"] == Slice((("a", "u"), ("b", "v")))
    assert first["p"] == checked.p == 1 / 500
    assert first["p_adjusted"] < 0.001 and found.findings["slice"].iloc[0] == first["slice"]


def test_the_statistic_is_the_score_test_of_two_shares():
    cube = planted_rows(2, n=4000)
    found = search(cube)

    checked = permute(found, cube, draws=19)

    for place, row in checked.table.head(20).iterrows():
        told = found.lattice.loc[place]
        n, m = told["below"], 4000 - told["below"]
        p = (told["top"] + m * told["rest"]) / (n + m)
        z = told["difference"] / np.sqrt(p * (1 - p) * (1 / n + 1 / m))
        assert row["z"] == pytest.approx(z, rel=1e-9)


def test_a_small_file_has_the_p_value_of_all_its_deals():
    """Six units, two of them wrong and both in one of two groups of three: one deal in five lies as far out."""
    frame = pd.DataFrame({"g": list("uuuvvv"), "label": ["1"] * 6, "prediction": list("001111")})
    (cube,) = cube_of(frame, ["g"])
    found = find(cube, Search("error_rate", ("g",), support=0.0, min_units=1))

    checked = permute(found, cube, draws=20_000)

    deals = list(permutations(range(6)))
    as_far = np.mean([len({0, 1, 2} & set(deal[:2])) in (0, 2) for deal in deals])
    assert checked.table["p"].iloc[0] == pytest.approx(as_far, abs=0.015)


def test_errors_are_dealt_among_those_who_could_have_one():
    """Groups may have other shares of negatives: who is positive stays so, or the p value would tell of that."""
    rng = np.random.default_rng(5)
    group = np.repeat(["u", "v"], 1000)
    positive = rng.random(2000) < np.where(group == "u", 0.9, 0.1)
    wrong = rng.random(2000) < np.where(positive, 0.5, 0.1)
    frame = pd.DataFrame(
        {
            "g": group,
            "label": positive.astype(int).astype(str),
            "prediction": (positive ^ wrong).astype(int).astype(str),
        }
    )
    (cube,) = cube_of(frame, ["g"])
    found = find(cube, Search("false_positive_rate", ("g",)))

    checked = permute(found, cube, draws=199)

    assert checked.blocks == (~positive).sum()
    assert checked.p > 0.05


def test_a_count_column_is_dealt_by_the_unit():
    frame = pd.DataFrame(
        [("u", "1", "0", 30), ("u", "1", "1", 70), ("v", "1", "0", 10), ("v", "1", "1", 90)],
        columns=["g", "label", "prediction", "count"],
    )
    apart = frame.loc[frame.index.repeat(frame["count"])].drop(columns="count").reset_index(drop=True)
    asked = Search("error_rate", ("g",))

    ((together,), (single,)) = cube_of(frame, ["g"]), cube_of(apart, ["g"])
    first, second = (permute(find(cube, asked), cube, draws=199) for cube in (together, single))

    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.blocks == 200


@pytest.mark.parametrize(
    ("make", "metric", "dealt"),
    [
        (fair_rows, "error_rate", "rows"),
        (fair_rows, "false_positive_rate", "rows"),
        (fair_speech, "word_error_rate", "rows"),
        (fair_speakers, "error_rate", "clusters"),
        (lambda seed: fair_speakers(seed, spanning=True), "error_rate", "parts"),
    ],
    ids=["errors", "errors of negatives", "words", "speakers", "speakers in several slices"],
)
def test_about_one_fair_file_in_twenty_has_a_p_value_of_five_per_cent(make, metric, dealt):
    ps = []
    for seed in range(40):
        cube = make(seed)
        checked = permute(search(cube, metric), cube, draws=99, seed=seed)
        assert checked.dealt == dealt
        ps.append(checked.p)

    # Of 40 files, more than 6 have it in one such test of a hundred; at one half, under 10 or over 30 in a thousand.
    assert np.sum(np.array(ps) <= 0.05) <= 6
    assert 10 <= np.sum(np.array(ps) <= 0.5) <= 30


def test_rows_of_a_speaker_are_not_dealt_one_by_one():
    """Taken as independent, the same rows look far from fair."""
    ps = []
    for seed in range(12):
        scored = fair_speakers(seed).scored
        assert scored is not None
        (alone,) = count_cells([replace(scored, clusters=None, cluster_names=())])
        ps.append(permute(search(alone), alone, draws=49, seed=seed).p)

    assert np.mean(np.array(ps) <= 0.05) > 0.5


def test_the_same_seed_gives_the_same_draws():
    cube = fair_rows(3)
    found = search(cube)

    one, two, other = (permute(found, cube, draws=50, seed=seed) for seed in (1, 1, 2))

    np.testing.assert_array_equal(one.largest, two.largest)
    assert not np.array_equal(one.largest, other.largest)


def test_where_more_is_better_less_is_the_worse_direction():
    cube = planted_rows(4)

    wrong, right = (permute(search(cube, metric), cube, draws=99) for metric in ("error_rate", "accuracy"))

    np.testing.assert_allclose(
        wrong.table.sort_index()["z"].to_numpy(), right.table.sort_index()["z"].to_numpy(), rtol=1e-9, atol=1e-9
    )


def test_it_tells_how_far_it_is_and_stops_when_told():
    class CancelledError(Exception):
        pass

    told: list[float] = []

    def tell(words: str, done: float) -> None:
        told.append(done)
        if done > 0.3:
            raise CancelledError

    cube = fair_rows(6)
    with pytest.raises(CancelledError):
        permute(search(cube), cube, draws=1000, progress=tell)

    assert told == sorted(told) and 0.3 < told[-1] < 1


def test_what_cannot_be_dealt_is_refused():
    cube = fair_rows(7)
    balanced = search(cube, "balanced_accuracy")

    with pytest.raises(QuestionError, match="no unit has a part of it"):
        permute(balanced, cube)
    with pytest.raises(QuestionError, match="between 19 and 100,000"):
        permute(search(cube), cube, draws=5)


def test_speakers_of_whom_nothing_is_known_but_invented_words_do_no_harm():
    rng = np.random.default_rng(9)
    speaker = np.repeat(np.arange(30), 10)
    words = np.where(speaker < 3, 0, rng.integers(1, 12, 300))
    frame = pd.DataFrame(
        {"words": words, "edits": rng.binomial(words, 0.2) + (words == 0), "cluster": speaker.astype(str)}
    )
    frame = frame.assign(g=rng.choice(["u", "v"], 300))
    (cube,) = rates(frame, ["g"], cluster="cluster")

    checked = permute(find(cube, Search("word_error_rate", ("g",))), cube, draws=99)

    assert checked.dealt == "parts" and np.isfinite(checked.largest).all()
    assert checked.p > 0.01


def test_a_search_without_a_slice_to_test_has_no_p_value():
    cube = fair_rows(8, n=40)

    checked = permute(search(cube, support=0.0, min_units=1000), cube)

    assert checked.table.empty and np.isnan(checked.p) and np.isnan(checked.floor)
