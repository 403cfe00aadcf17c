"""Systems in the plane of how good they are and how far their groups are apart: who stands where."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import Cubes, FileOptions, Schema, System, count_cells, estimate, read_results, score, spread, trade_offs
from metrics.errors import QuestionError
from metrics.trade_offs import COLUMNS, STANDINGS
from tests.metrics.test_serves import cubes_of
from tests.paths import SHARED, needs_shared

NYC = SHARED / "data" / "tabular" / "nyc_sqf" / "nyc_sqf_for_aequitas_4models.csv"


def systems_of(right: dict[str, tuple[int, int]], units: int = 400, **schema: object) -> Cubes:
    """Return the cubes of systems by how many of `units` they get right in group a and in group b.

    Half of the labels are 1. Whoever is right more often is right wherever the others are.
    """
    frame = pd.DataFrame({"group": ["a"] * units + ["b"] * units, "label": [0, 1] * units})
    for name, counts in right.items():
        hits = np.concatenate([np.arange(units) < count for count in counts])
        frame[name] = np.where(hits, frame["label"], 1 - frame["label"])
    return cubes_of(frame, ["group"], names=tuple(right), **schema)


def standings(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["system"], table["standing"], strict=True))


def test_who_gives_up_nothing_is_in_the_pareto_set_and_who_is_clearly_worse_in_both_is_beaten():
    table = trade_offs(systems_of({"best": (380, 360), "even": (300, 300), "poor": (240, 140)}), "accuracy", "group")

    assert list(table.columns) == COLUMNS
    assert standings(table) == {"best": "pareto", "even": "pareto", "poor": "beaten"}
    assert table["pareto"].tolist() == [True, True, False]
    assert table["beaten_by"].tolist() == [[], [], ["best", "even"]]
    assert table["value"].tolist() == [740 / 800, 600 / 800, 380 / 800]
    assert table["disparity"].tolist() == pytest.approx([20 / 400, 0, 100 / 400])


def test_what_chance_may_have_made_is_not_said_to_be_beaten():
    table = trade_offs(systems_of({"one": (301, 300), "two": (300, 298)}), "accuracy", "group")

    assert standings(table) == {"one": "pareto", "two": "not told apart"}
    assert table["better_by_value"].tolist() == [[], ["one"]]
    assert table["beaten_by"].tolist() == [[], []]


def test_who_is_clearly_behind_in_one_of_the_two_is_said_to_be_behind_in_that():
    overall = trade_offs(systems_of({"one": (380, 379), "two": (300, 298)}), "accuracy", "group")
    gap = trade_offs(systems_of({"one": (331, 330), "two": (380, 280)}), "accuracy", "group")

    assert standings(overall)["two"] == standings(gap)["two"] == "beaten in one"
    assert overall["clear_in"].tolist() == [[], ["overall"]]
    assert gap["clear_in"].tolist() == [[], ["gap"]]


def test_of_an_error_rate_less_is_better_and_everybody_stands_where_they_stood():
    cubes = systems_of({"best": (380, 360), "even": (300, 300), "poor": (240, 140), "odd": (350, 300)})
    right, wrong = (trade_offs(cubes, metric, "group") for metric in ("accuracy", "error_rate"))

    assert standings(right) == standings(wrong)
    assert right["disparity"].tolist() == pytest.approx(wrong["disparity"].tolist())


def test_a_constant_system_takes_no_place_and_beats_nobody():
    frame = pd.DataFrame({"group": list("ab") * 400, "label": [0, 0, 1, 1] * 200, "yes": 1})
    frame["poor"] = np.where(np.arange(800) % 16 < 7, frame["label"], 1 - frame["label"])
    table = trade_offs(cubes_of(frame, ["group"], names=("yes", "poor")), "accuracy", "group")

    assert standings(table) == {"yes": "constant", "poor": "pareto"}
    assert table["constant"].tolist()[0] == "the positive answer"
    assert not table["pareto"].iloc[0] and table["value"].iloc[0] > table["value"].iloc[1]


def test_the_gap_may_be_in_another_metric():
    cubes = systems_of({"one": (380, 360), "two": (300, 200)}, favourable="positive")
    table = trade_offs(cubes, "accuracy", "group", gap_in="selection_rate")
    gaps = spread(cubes, ["group"], ["selection_rate"])
    everyone = estimate(cubes, [], ["accuracy"])

    for ours, theirs in (("disparity", "difference"), ("disparity_low", "low"), ("disparity_high", "high")):
        assert table[ours].tolist() == gaps[theirs].tolist()
    assert table["noise_floor"].tolist() == gaps["noise_floor"].tolist()
    assert table[["value", "low", "high"]].equals(everyone[["value", "low", "high"]])


def test_of_a_metric_of_which_no_side_is_better_nobody_is_good():
    cubes = systems_of({"one": (380, 360), "two": (300, 200)})

    with pytest.raises(QuestionError, match="no side is better"):
        trade_offs(cubes, "selection_rate", "group")
    with pytest.raises(QuestionError, match="accuracy"):
        trade_offs(cubes, "acuracy", "group")
    with pytest.raises(QuestionError, match="one attribute"):
        trade_offs(cubes, "accuracy", ())


def test_with_one_group_there_is_no_gap_and_no_place():
    table = trade_offs(systems_of({"one": (380, 360), "two": (300, 200)}), "accuracy", "group", min_units=401)

    assert set(table["standing"]) == {"no data"} and not table["pareto"].any()


def test_a_metric_that_cannot_be_paired_is_compared_by_its_intervals():
    rng = np.random.default_rng(2)
    n = 2000
    frame = pd.DataFrame({"group": rng.choice(list("ab"), n), "label": rng.integers(0, 2, n)})
    frame["sharp"] = np.clip(0.5 + (frame["label"] - 0.5) * 0.6 + rng.normal(0, 0.1, n), 0, 1)
    off = np.where(frame["group"] == "a", 0.02, 0.5)
    frame["dull"] = np.clip(0.5 + (frame["label"] - 0.5) * off + rng.normal(0, 0.2, n), 0, 1)
    systems = tuple(System(name, {"score": name}) for name in ("sharp", "dull"))
    schema = Schema(columns={"label": "label"}, positive=("1",), systems=systems)
    table = trade_offs(count_cells(score(read_results(frame, schema, by=["group"]))), "roc_auc", "group")

    assert standings(table) == {"sharp": "pareto", "dull": "beaten"}


POINT = st.tuples(st.integers(40, 360), st.integers(40, 360))


@given(st.dictionaries(st.sampled_from(["one", "two", "three", "four"]), POINT, min_size=2))
def test_the_pareto_set_is_whom_nobody_matches_in_both_and_betters_in_one(right):
    table = trade_offs(systems_of(right), "accuracy", "group")
    points = {name: (a + b, -abs(a - b)) for name, (a, b) in right.items()}

    def is_better(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one != other and one[0] >= other[0] and one[1] >= other[1]

    assert set(table["standing"]) <= set(STANDINGS)
    for row in table.to_dict("records"):
        better = [name for name, point in points.items() if is_better(point, points[row["system"]])]
        assert row["better_by_value"] == better
        assert row["pareto"] == (not better)
        assert set(row["beaten_by"]) <= set(better)


@needs_shared
def test_four_models_with_rows_of_their_own_are_matched_by_id():
    """New York's stops: the same 11,296 by four models, every model in rows of its own."""
    columns = {"id": "column 1", "system": "model_id", "label": "label_value"}
    schema = Schema(columns=columns, systems=(System(None, {"prediction": "score"}),), positive=("1",))
    results = read_results(NYC, schema, by=["race", "sex"])
    table = trade_offs(count_cells(score(results)), "accuracy", "race", ids=results.columns["id"])

    frame = pd.read_csv(NYC).dropna(subset=["label_value"])
    right = (frame["score"] == frame["label_value"]).groupby(frame["model_id"].astype(str)).mean()
    assert table["system"].tolist() == ["1", "3", "5", "7"]
    assert table["value"].tolist() == pytest.approx(right.tolist())
    assert standings(table) == {"1": "beaten in one", "3": "pareto", "5": "beaten in one", "7": "pareto"}
    assert (table["disparity"] < table["noise_floor"]).all()  # chance alone would show as much


@needs_shared
def test_nine_recognisers_are_told_apart_by_accent():
    corpus = SHARED / "data" / "asr" / "artie_bias_corpus_wide.csv.gz"
    names = [c for c in pd.read_csv(corpus, nrows=1) if c.startswith("hyp_")]
    schema = Schema(
        task="transcription",
        columns={"id": "utt_id", "cluster": "speaker_id", "reference": "reference"},
        systems=tuple(System(None, {"hypothesis": name}) for name in names),
        file=FileOptions(missing=("NA",)),
        normalizer="lower",
    )
    table = trade_offs(count_cells(score(read_results(corpus, schema, by=["accent"]))), "word_error_rate", "accent")
    told = standings(table)

    assert len(told) == 9 and {n for n, s in told.items() if s == "beaten"} == {"hyp_google_en_in"}
    assert told["hyp_amazon_en_gb"] == "pareto" and told["hyp_deepspeech_v0_5_1"] == "beaten in one"
    assert table["beaten_by"][names.index("hyp_google_en_in")] == [
        "hyp_amazon_en_in",
        "hyp_google_en_gb",
        "hyp_google_en_us",
    ]
