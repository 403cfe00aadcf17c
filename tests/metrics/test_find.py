"""The search says of every slice what the single questions say of it, and lists only what beats rest and parents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.compare import compare
from metrics.cube import Cube, Cubes, count_cells
from metrics.errors import QuestionError
from metrics.estimate import estimate
from metrics.find import Search, find, list_findings
from metrics.moments import Family, Moments
from metrics.nested import Nested, oppose_within
from metrics.results import read_results
from metrics.schema import Attribute, Schema, System
from metrics.scored import score
from metrics.slices import Slice
from tests.metrics.build import cube_of, rates, speak, transcripts
from tests.metrics.strategies import AXES, regressions, speech, tables

ANSWERS = {"prediction": "prediction", "score": "score"}
BY = ["sex", "age", ("sex", "age")]


def classified(frame: pd.DataFrame) -> Cubes:
    return cube_of(frame, AXES, ANSWERS)


def regressed(frame: pd.DataFrame) -> Cubes:
    return cube_of(frame, AXES, task="regression", tolerance=1.0)


def transcribed(frame: pd.DataFrame) -> Cubes:
    return transcripts(frame, AXES)


every_task = st.one_of(
    tables().map(lambda f: (f, classified)),
    regressions().map(lambda f: (f, regressed)),
    speech().map(lambda f: (f, transcribed)),
)


def by_slice(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the text of the slice as its index, everyone left out."""
    table = table.assign(slice=table["slice"].map(str))
    return table[table["slice"] != str(Slice())].set_index("slice")


def search(cube: Cube, metric: str, **asked: Any) -> pd.DataFrame:
    names = tuple(axis.name for axis in cube.axes)
    return by_slice(find(cube, Search(metric, names, **{"support": 0.0, "min_units": 3, **asked})).lattice)


@given(every_task, st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_every_slice_has_the_values_and_the_comparison_of_single_questions(drawn, clustered, weighted, seed):
    frame, make = drawn
    rng = np.random.default_rng(seed)
    if clustered:
        frame = frame.assign(cluster=rng.choice(list("abcdefghijklmn"), len(frame)))
    if weighted:
        frame = frame.assign(weight=rng.choice([0.5, 1.0, 2.0], len(frame)))
    (cube,) = make(frame)
    names = [m.name for m in cube.metrics.values() if m.listed]
    metric = names[seed % len(names)]

    found = search(cube, metric)

    estimates = by_slice(estimate(cube, BY, [metric], min_units=3))
    compared = by_slice(compare(cube, BY, [metric], min_units=3))
    assert set(found.index) == set(estimates.index)
    for column, other in [("value", "value"), ("low", "low"), ("high", "high"), ("top", "top"), ("below", "below")]:
        np.testing.assert_allclose(
            found[column], estimates.loc[found.index, other].astype(float), rtol=1e-9, atol=1e-12
        )
    assert list(found["status"]) == list(estimates.loc[found.index, "status"])
    for column, other in [("difference", "value"), ("difference_low", "low"), ("difference_high", "high"), ("p", "p")]:
        expected = compared.loc[found.index, other].astype(float)
        there = ~expected.isna()
        np.testing.assert_allclose(found[column][there], expected[there], rtol=1e-6, atol=1e-9)


@given(tables(max_rows=200, scores=False), st.sampled_from([0.02, 0.1, 0.3]))
def test_support_leaves_out_slices_and_changes_nothing_of_the_others(frame, support):
    frame = frame.assign(town=np.random.default_rng(len(frame)).choice(list("abcdef"), len(frame)))
    (cube,) = cube_of(frame, [*AXES, "town"])

    every, some = (search(cube, "error_rate", support=s) for s in (0.0, support))

    assert set(some.index) == set(every.index[every["rows"] >= support * len(frame)])
    columns = ["value", "rest", "difference", "difference_low", "difference_high", "p", "divergence", "t"]
    pd.testing.assert_frame_equal(some[columns], every.loc[some.index, columns])


def planted(n: int = 4000, seed: int = 0) -> pd.DataFrame:
    """Errors in one of ten rows, but in four of ten where sex = f and age = old."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], n),
            "age": rng.choice(["old", "mid", "young"], n),
            "town": rng.choice(list("abcd"), n),
            "label": "1",
        }
    )
    wrong = rng.random(n) < np.where((frame["sex"] == "f") & (frame["age"] == "old"), 0.4, 0.1)
    return frame.assign(prediction=np.where(wrong, "0", "1"))


def test_what_is_listed_differs_from_each_parent_without_it():
    frame = planted()
    (cube,) = cube_of(frame, ["sex", "age", "town"])

    found = find(cube, Search("error_rate", ("sex", "age", "town")))

    assert list(map(str, found.findings["slice"])) == ["sex = f & age = old", "age = old", "sex = f"]
    # Three conditions add nothing: those slices fare worse than the rest, but not than the planted one.
    lattice = by_slice(found.lattice)
    deep = lattice.loc["sex = f & age = old & town = a"]
    assert deep["p_adjusted"] < 0.05
    assert deep["p_parents"] > 0.05
    assert not deep["finding"]


def test_a_parent_without_its_child_is_a_comparison_inside_the_parent():
    frame = planted()
    (cube,) = cube_of(frame, ["sex", "age", "town"])
    lattice = by_slice(find(cube, Search("error_rate", ("sex", "age", "town"))).lattice)

    women, old = frame[frame["sex"] == "f"], frame[frame["age"] == "old"]
    inside = [
        by_slice(compare(cube_of(women, ["age"]), ["age"], ["error_rate"])).loc["age = old", "p"],
        by_slice(compare(cube_of(old, ["sex"]), ["sex"], ["error_rate"])).loc["sex = f", "p"],
    ]

    assert lattice.loc["sex = f & age = old", "p_parents"] == pytest.approx(max(inside), rel=1e-6)


def test_slices_with_the_same_rows_and_two_sides_of_one_split_count_once():
    frame = planted(400)
    frame["twin"] = frame["sex"].map({"f": "x", "m": "y"})
    (one,), (both,) = (cube_of(frame, axes) for axes in (["sex"], ["sex", "twin"]))

    p_one, p_both = (search(cube, "error_rate")["p_adjusted"] for cube in (one, both))

    plain = search(one, "error_rate")["p"]
    assert p_one["sex = f"] == pytest.approx(plain["sex = f"])
    assert p_both["sex = f"] == pytest.approx(plain["sex = f"])


def test_findings_that_share_most_rows_stand_behind_the_first():
    frame = planted()
    frame["old"] = frame["age"].eq("old").map({True: "yes", False: "no"})
    (cube,) = cube_of(frame, ["sex", "age", "old"])
    found = find(cube, Search("error_rate", ("sex", "age", "old")))

    listed = list_findings(found, overlap=0.5)

    assert listed["hidden"].sum() + len(listed) == len(found.findings)
    first = listed.iloc[0]
    assert set(first["slice"].to_dict().values()) <= {"f", "old", "yes"}
    assert Slice.parse("age = old") in first["twins"] or Slice.parse("old = yes") in first["twins"]


@pytest.mark.parametrize("metric", ["true_positive_rate", "accuracy"])
def test_of_a_metric_where_more_is_better_those_with_less_are_found(metric):
    (cube,) = cube_of(planted(), ["sex", "age", "town"])

    found = find(cube, Search(metric, ("sex", "age", "town")))

    assert str(found.findings["slice"].iloc[0]) == "sex = f & age = old"
    assert (found.findings["difference"] < 0).all()
    assert (found.findings["excess"] > 0).all()


def test_the_floor_of_one_split_is_the_binomial_tail():
    """Two halves of 100: chance lies further off than the floor in 5 % of fair files, give or take one count."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"half": ["a"] * 100 + ["b"] * 100, "label": "1"})
    frame["prediction"] = np.where(np.arange(200) % 4 == 0, "0", "1")
    (cube,) = cube_of(frame, ["half"])

    floor = find(cube, Search("error_rate", ("half",))).noise_floor

    # 50 wrong among 200, dealt over the halves; a slice counts as further off in one direction, and there are two.
    ours = rng.hypergeometric(50, 150, 100, 200_000)
    far = np.abs(ours - (50 - ours)) / 100
    assert (far > floor + 0.02).mean() < 0.05 < (far > floor - 0.02).mean()


@pytest.mark.parametrize(("cap", "flags"), [("GROUPINGS", ["attribute", "depth"]), ("SLICES", ["support", "depth"])])
def test_a_search_beyond_a_cap_names_the_flags_that_make_it_smaller(monkeypatch, cap, flags):
    monkeypatch.setattr(f"metrics.lattice.MOST_{cap}", 2)
    frame = pd.DataFrame({"label": [1, 0] * 60, "prediction": [1, 1, 0, 0] * 30, "sex": list("fm") * 60})
    (cube,) = cube_of(frame.assign(age=["o", "y", "y", "o"] * 30), ["sex", "age"])

    with pytest.raises(QuestionError) as refused:
        find(cube, Search("error_rate", ("sex", "age")))
    assert all(f"--{flag}" in str(refused.value) for flag in flags)


def test_being_without_a_label_of_several_is_no_slice():
    """Those without are what the label is compared with: 3 labels, alone and in pairs, with sex: 21 combinations."""
    rows = [f"{i % 3 > 0:d},0,{a},{s}" for i in range(120) for a in ("x;y", "z", "y;z", "x") for s in "fm"]
    schema = Schema(
        columns={"label": "y"},
        task="classification",
        systems=(System(None, {"prediction": "p"}),),
        positive=("1",),
        attributes=(Attribute("accent", separator=";"), Attribute("sex")),
    )
    (cube,) = count_cells(score(read_results("\n".join(["y,p,accent,sex", *rows]).encode(), schema)))
    found = find(cube, Search("error_rate", ("accent", "sex"), depth=2, support=0.01))
    conditions = [dict(s.items()) for s in found.lattice["slice"]]

    # 3 labels and 2 sexes alone; x and y, y and z; each label with each sex.
    assert found.searched == len(conditions) == 3 + 2 + 2 + 3 * 2
    assert all(c.get(f"accent: {label}", "yes") == "yes" for c in conditions for label in "xyz")


def test_t_is_of_counts_and_so_not_of_sums_of_weights():
    frame = pd.DataFrame({"label": [1, 0] * 60, "prediction": [1, 1, 0, 0] * 30, "sex": ["f", "m", "m"] * 40})
    asked = {"support": 0.0}

    assert search(cube_of(frame, ["sex"])[0], "error_rate", **asked)["t"].notna().all()
    weighted = cube_of(frame.assign(weight=1_000.0), ["sex"])[0]
    assert search(weighted, "error_rate", **asked)["t"].isna().all()


def test_clusters_count_in_what_a_parent_holds_beside_a_slice():
    """Against sums over clusters in a loop."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], 80),
            "age": rng.choice(["old", "young"], 80),
            "speaker": rng.choice(list("abcdefghijkl"), 80),
            "edits": rng.integers(0, 4, 80),
            "words": rng.integers(4, 9, 80),
        }
    )
    (cube,) = rates(frame, ["sex", "age"], cluster="speaker")
    family = Family([cube.metrics["word_error_rate"]], cube.layout)
    both, women = cube.by(("sex", "age")), cube.by(("sex",))
    inner, outer = both.slices.index(Slice.parse("sex = f & age = old")), women.slices.index(Slice.parse("sex = f"))

    def moments(grouping: Any, cell: int) -> Moments:
        return family.of_cells(grouping).take(np.array([cell]))

    entries = [(both.clusters, women.clusters, np.array([inner]), np.array([outer]))]
    beside = oppose_within(family, Nested(moments(both, inner), moments(women, outer)), entries)

    other = frame[(frame["sex"] == "f") & (frame["age"] != "old")].groupby("speaker")[["edits", "words"]].sum()
    own = frame[(frame["sex"] == "f") & (frame["age"] == "old")].groupby("speaker")[["edits", "words"]].sum()
    squares = sum(np.outer(row, row) for row in other.to_numpy())
    shared = sum(np.outer(own.loc[s], other.loc[s]) for s in own.index.intersection(other.index))
    np.testing.assert_allclose(beside.moments.cluster_products[0, 0], squares)
    np.testing.assert_allclose(beside.shared[0, 0], shared)
    assert beside.moments.clusters[0, 0, 0] == len(other)
    assert beside.either[0, 0, 0] == len(own.index.union(other.index))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"attributes": ()}, "at least one attribute"),
        ({"attributes": ("sexx",)}, "Did you mean 'sex'"),
        ({"depth": 0}, "depth"),
        ({"support": 1.5}, "support"),
        ({"metric": "eror_rate"}, "Did you mean 'error_rate'"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_the_cure(asked, found):
    (cube,) = cube_of(planted(60), ["sex", "age"])

    with pytest.raises(QuestionError, match=found):
        find(cube, Search(**{"metric": "error_rate", "attributes": ("sex",), **asked}))


@pytest.mark.parametrize(("favourable", "worst"), [("positive", "few"), ("negative", "many")])
def test_which_side_of_a_selection_rate_is_worse_follows_from_what_is_good_for_the_person(favourable, worst):
    rows = [(g, str(int(i < top))) for g, top in (("few", 60), ("many", 140)) for i in range(200)]
    frame = pd.DataFrame(rows, columns=["g", "prediction"])
    (cube,) = cube_of(frame, ["g"], favourable=favourable)
    found = find(cube, Search("selection_rate", ("g",)))

    assert [s.to_dict() for s in found.findings["slice"]] == [{"g": worst}]


def test_in_fair_files_the_furthest_slice_lies_beyond_the_floor_about_as_often_as_it_may():
    """Nothing depends on the attributes; of 60 files, 5 % lie beyond, and 9 and more would in 1 of 200 such tests."""
    rng = np.random.default_rng(3)
    furthest, floors = [], []
    for _ in range(60):
        frame = pd.DataFrame({name: rng.choice(list("abc"), 800) for name in ("x", "y", "z")})
        frame = frame.assign(label="1", prediction=np.where(rng.random(800) < 0.1, "0", "1"))
        found = find(cube_of(frame, ["x", "y", "z"])[0], Search("error_rate", ("x", "y", "z")))
        tested = found.lattice["p_adjusted"].notna()
        furthest.append(found.lattice.loc[tested, "difference"].max())
        floors.append(found.noise_floor)

    assert np.greater(furthest, floors).sum() < 9
    assert np.quantile(furthest, 0.95) == pytest.approx(np.mean(floors), rel=0.15)


SPOKEN = [f"{kind}_speaker_word_error_rate" for kind in ("mean", "median", "sd")]


@pytest.mark.parametrize("metric", ["word_error_rate", *SPOKEN])
def test_what_intervals_borrow_from_the_file_does_not_hang_on_what_is_searched(metric):
    """Some of the attributes, and levels too rare to be slices: the numbers are those of every other page."""
    rng = np.random.default_rng(1)
    n = 400
    speaker = rng.integers(0, 60, n)
    accents = np.array(["welsh", "scots", "irish", "manx"])[rng.choice(4, 60, p=[0.4, 0.3, 0.25, 0.05])]
    frame = pd.DataFrame({"accent": accents[speaker], "noise": rng.choice(["quiet", "loud"], n)})
    frame["device"] = np.where(speaker % 3 == 0, "old", "new")
    edits = rng.poisson(0.3 + 2.0 * (speaker % 7 == 0) + (frame["device"] == "old"))
    pairs = [speak(int(e), int(w)) for e, w in zip(edits, rng.integers(4, 9, n), strict=True)]
    frame[["reference", "hypothesis"]] = pd.DataFrame(pairs, dtype=object)
    (cube,) = transcripts(frame.assign(cluster=speaker.astype(str)), ["accent", "noise", "device"])

    found = by_slice(find(cube, Search(metric, ("accent", "noise"), support=0.2)).lattice)

    compared = by_slice(compare(cube, ["accent", "noise", ("accent", "noise")], [metric]))
    estimates = by_slice(estimate(cube, ["accent", "noise", ("accent", "noise")], [metric]))
    assert len(found) > 4
    for ours, theirs in (("low", estimates["low"]), ("high", estimates["high"]), ("p", compared["p"])):
        np.testing.assert_allclose(found[ours], theirs[found.index].astype(float), rtol=1e-9, err_msg=ours)
    for ours, theirs in (("difference_low", "low"), ("difference_high", "high")):
        np.testing.assert_allclose(found[ours], compared.loc[found.index, theirs].astype(float), rtol=1e-9)


@pytest.mark.parametrize("metric", ["error_rate", "roc_auc", "balanced_accuracy"])
def test_a_search_without_a_slice_that_is_large_enough_finds_nothing(metric):
    frame = planted(80).assign(score=np.linspace(0, 1, 80), label=["0", "1"] * 40)
    (cube,) = cube_of(frame, ["sex", "age"], ANSWERS)

    found = find(cube, Search(metric, ("sex", "age"), support=1.0))

    assert (found.searched, len(found.lattice), len(list_findings(found))) == (0, 0, 0)
    assert np.isnan(found.noise_floor)
