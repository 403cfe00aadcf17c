"""Two systems' counts of the same units, side by side."""

from __future__ import annotations

import pandas as pd
import pytest

from metrics import Schema, System, count_cells, estimate, pair, read_results, score
from metrics.changes import compare_systems
from metrics.errors import QuestionError
from metrics.pairing import MOVES, SIDES, paired_metrics
from tests.metrics.test_changes import calls


def paired(metric: str):
    scored = [cube.scored for cube in calls()]
    return count_cells([pair(*scored, metric)])


def test_both_systems_stand_in_one_cube_with_what_the_second_adds_and_removes():
    found = estimate(paired("word_error_rate"), ["accent"])
    found["slice"] = found["slice"].map(str)
    tops = found.pivot(index="slice", columns="metric", values="top")

    # Wrong words, old and new: of accent a, ann 2 1, 0 0; bob 1 0; of b, cid 0 1, 2 0; dan 0 1.
    assert tops.loc["accent = a"].to_dict() == {"first": 3, "second": 1, "removed": 2, "added": 0}
    assert tops.loc["accent = b"].to_dict() == {"first": 2, "second": 2, "removed": 2, "added": 2}
    assert set(found.loc[found["slice"] == "everyone", "below"]) == {13}


def test_of_shares_of_the_same_units_the_moves_are_units():
    found = estimate(paired("sentence_error_rate"), []).set_index("metric")

    # Right or wrong: bob and cid's second come right, cid's first and dan go wrong.
    assert found["top"].to_dict() == {"first": 3, "second": 3, "removed": 2, "added": 2}


def test_where_denominators_differ_nothing_is_said_to_move():
    (cube,) = paired("match_error_rate")
    frame = pd.DataFrame({"reference": ["a b", "c"], "old": ["a b x", "c"], "new": ["a b", "d"]})
    names = tuple(System(None, {"hypothesis": name}) for name in ("old", "new"))
    scored = score(read_results(frame, Schema(systems=names)))

    assert set(cube.metrics) == {*SIDES, *MOVES}  # no word is invented in those
    assert set(pair(*scored, "match_error_rate").metrics) == set(SIDES)


def test_what_cannot_be_paired_is_refused():
    cubes = calls()
    first, second = cubes

    assert "word_error_rate" in paired_metrics(first, second) and "word_information_lost" not in paired_metrics(
        first, second
    )
    with pytest.raises(QuestionError, match="word_information_lost"):
        compare_systems(cubes, "old", "new", [], ["word_information_lost"])


def test_what_no_system_decides_is_not_compared():
    frame = pd.DataFrame({"label": [1, 0, 1], "old": [1, 0, 0], "new": [1, 1, 1]})
    names = tuple(System(None, {"prediction": name}) for name in ("old", "new"))
    schema = Schema(columns={"label": "label"}, positive=("1",), systems=names)
    possible = paired_metrics(*score(read_results(frame, schema)))

    assert "base_rate" not in possible and {"selection_rate", "accuracy", "f1"} <= set(possible)


def test_systems_without_an_id_in_common_are_refused():
    text = "id,model,label,prediction\n1,old,1,1\n2,old,0,1\n3,new,1,1\n4,new,0,0\n"
    schema = Schema(columns={"id": "id", "system": "model"}, positive=("1",))
    results = read_results(text.encode(), schema)

    with pytest.raises(QuestionError, match="no id in common"):
        pair(*score(results), "accuracy", results.columns["id"])
