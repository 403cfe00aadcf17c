"""Listed terms in one group against everyone else, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from metrics import Attribute, QuestionError, Schema, Slice, System, compare, count_cells, estimate, read_results, score
from metrics.intervals import quantile, share_limits
from metrics.term_table import compare_terms, find_terms

SCOTTISH = Slice((("accent", "scottish"),))
ROWS = [
    # accent, said, x heard, y heard
    ("scottish", "take Aspirin and aspirin", "take aspirin and a spring", "take aspirin and aspirin"),
    ("scottish", "two insulin pens", "two in pens", "two insulin pens"),
    ("scottish", "insulin", "insulin", "insulin"),
    ("scottish", "good day", "good aspirin", "good day"),
    ("welsh", "aspirin please", "aspirin please", "please"),
    ("welsh", "new york", "new york insulin", "new york"),
    (None, "aspirin", "", "aspirin"),
]
LIST = "aspirin\ninsulin\nNew York\nheparin\n"


def read(rows=ROWS, terms=LIST, **more):
    frame = pd.DataFrame(rows, columns=["accent", "said", "x", "y"])
    schema = Schema(
        task="transcription",
        columns={"reference": "said"},
        systems=(System("x", {"hypothesis": "x"}), System("y", {"hypothesis": "y"})),
        attributes=(Attribute("accent"),),
        normalizer="lower",
        terms="mine" if terms else None,
        texts={"mine": terms} if terms else {},
        **more,
    )
    return read_results(frame, schema)


def table_of(results, system="x", cell=SCOTTISH, **options):
    scored = next(s for s in score(results) if s.system == system)
    return compare_terms(results, scored, find_terms(results, scored), cell, **options).set_index("term")


def test_each_term_is_counted_on_both_sides():
    found = table_of(read())
    counts = ["said", "came_through", "invented", "rest_said", "rest_came_through", "rest_invented"]

    # Scottish: aspirin twice in one utterance, once heard, once more where nobody said it; insulin twice, once heard.
    # The rest is Welsh: whose accent is missing is on no side.
    assert found.loc["aspirin", counts].tolist() == [2, 1, 1, 1, 1, 0]
    assert found.loc["insulin", counts].tolist() == [2, 1, 0, 0, 0, 1]
    assert list(found.index) == ["aspirin", "insulin"]  # New York and heparin: no Scot said them, and none was given


def test_each_system_has_its_own_table():
    found = table_of(read(), "y")

    assert found["came_through"].tolist() == [2, 2]
    assert found.loc["aspirin", ["rest_said", "rest_came_through"]].tolist() == [1, 0]
    assert found.loc["aspirin", "difference"] == 1


def test_what_nobody_else_said_has_no_share_there():
    found = table_of(read())

    assert found.loc["insulin", ["rest_share", "rest_low", "difference"]].isna().all()
    assert found.loc["insulin", "status"] == "no data"


def test_a_term_that_is_only_invented_has_no_share():
    found = table_of(read(), cell=Slice((("accent", "welsh"),)))

    assert found.loc["insulin", ["said", "came_through", "invented"]].tolist() == [0, 0, 1]
    assert found.loc["insulin", ["share", "low", "high"]].isna().all()


def test_the_most_often_lost_come_first():
    rows = [("scottish", "a b c", "b", "")] * 3 + [("scottish", "b c", "", "")] * 2 + [("welsh", "a b c", "a", "")]

    assert list(table_of(read(rows, "a\nb\nc\n")).index) == ["c", "a", "b"]  # lost 5 times, 3 times and twice
    assert list(table_of(read(rows, "a\nb\nc\n"), most=1).index) == ["c"]


def test_without_speakers_and_with_one_term_an_utterance_the_limits_are_about_wilsons():
    rows = [("scottish", "aspirin", "aspirin" if i < 30 else "a spring", "") for i in range(40)]
    rows += [("welsh", "aspirin", "aspirin" if i < 45 else "a spring", "") for i in range(50)]
    found = table_of(read(rows)).loc["aspirin"]
    low, high = share_limits(30 / 40, 40, quantile(0.05))

    assert (found["share"], found["rest_share"]) == (0.75, 0.9)
    assert (found["low"], found["high"]) == pytest.approx((float(low), float(high)), abs=0.01)
    assert found["difference"] == pytest.approx(-0.15)
    assert found["status"] == "ok"


def test_a_list_of_one_term_gives_what_the_recall_of_listed_terms_gives():
    results = read([(a, s, x, y) for a, s, x, y in ROWS if a], "aspirin\n")
    (scored, _), cubes = score(results), count_cells(score(results)).only("x")
    one = compare_terms(results, scored, find_terms(results, scored), SCOTTISH, min_units=1).iloc[0]
    whole = estimate(cubes, ["accent"], ["term_recall"], min_units=1)
    whole = whole.set_index(whole["slice"].map(str))
    gap = compare(cubes, ["accent"], ["term_recall"], min_units=1).iloc[0]

    assert one["share"] == whole.loc["accent = scottish", "value"] == 0.5
    assert one["rest_share"] == whole.loc["accent = welsh", "value"] == 1
    assert one["difference"] == gap["value"] == -0.5


def test_speakers_who_lose_a_term_every_time_make_its_share_less_sure():
    rows = [("scottish", "aspirin", "aspirin" if i % 20 < 10 else "", "") for i in range(200)]
    rows += [("welsh", "aspirin", "aspirin", "")] * 200
    frame = pd.DataFrame(rows, columns=["accent", "said", "x", "y"])
    frame["speaker"] = [f"s{i % 20}" if a == "scottish" else f"w{i % 20}" for i, a in enumerate(frame["accent"])]
    schema = read(rows, "aspirin\n").schema
    results = read_results(frame, replace(schema, columns={**schema.columns, "cluster": "speaker"}))
    alone, together = table_of(read(rows, "aspirin\n")).iloc[0], table_of(results).iloc[0]

    assert alone["share"] == together["share"] == 0.5
    # Ten of twenty speakers always lose it, ten never: twenty independent speakers, t with 19 degrees of freedom.
    low, high = share_limits(0.5, 19, quantile(0.05, 19))
    assert (together["low"], together["high"]) == pytest.approx((float(low), float(high)), abs=0.01)
    assert together["high"] - together["low"] > 2 * (alone["high"] - alone["low"])


def test_looking_for_terms_tells_how_far_it_is():
    results, told = read(), []
    find_terms(results, score(results)[0], lambda words, share: told.append((words, share)))
    shares = [share for _, share in told]

    assert shares == sorted(shares)
    assert {"Normalising text", "Looking for listed terms"} == {words for words, _ in told}


def test_without_a_word_list_there_is_nothing_to_look_for():
    results = read(terms=None)

    with pytest.raises(QuestionError, match="--terms"):
        find_terms(results, score(results)[0])
