"""What chance does to verdicts: fair models seldom fail, and slicing finer is no way to pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.false_alarms import RULES, count_groups, simulate
from metrics.cube import Cubes
from metrics.judge import judge, judge_rules
from metrics.policy import Policy, Rule
from tests.metrics.build import cube_of, rates

RUNS = 120
# 5 % of runs may fail; more than this many of 120 would happen by chance once in a thousand.
MOST = 14


def _verdict(cubes: Cubes, *rules: Rule) -> list[str]:
    policy = Policy("p", rules)
    return judge_rules(judge(cubes, policy), policy)["verdict"].tolist()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize(("groups", "size"), [(2, 40), (2, 2000), (10, 30), (10, 400), (60, 60)])
def test_a_fair_model_fails_in_at_most_5_percent_of_runs(rule, groups, size):
    assert simulate(rule, groups, size, RUNS) * RUNS <= MOST


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_a_fair_transcriber_whose_speakers_differ_seldom_fails(rate):
    rng = np.random.default_rng(11)
    rule = Rule("r", "word_error_rate", at_most=0.0)
    failed = 0
    for _ in range(100):
        speaker = np.repeat(np.arange(60), 10)
        own = rng.gamma(4, rate / 4, 60)
        words = rng.integers(5, 20, 600)
        edits = np.minimum(rng.poisson(words * own[speaker]), words)
        frame = pd.DataFrame({"group": [f"g{s % 3}" for s in speaker], "edits": edits, "words": words, "s": speaker})
        failed += _verdict(rates(frame, ["group"], "s"), rule) == ["fail"]

    assert failed <= 13  # of 100: once in a thousand


def test_a_fair_model_passes_four_times_in_five_where_the_limit_is_3_24_standard_errors():
    rng = np.random.default_rng(5)
    below = np.array([18914, 18914])
    rule = Rule("r", "selection_rate", at_most=0.01)
    passed = sum(_verdict(count_groups(rng.binomial(below, 0.9), below), rule) == ["pass"] for _ in range(RUNS))

    assert 0.68 <= passed / RUNS <= 0.91


# -- slicing finer -------------------------------------------------------------------------------


def _random(rng: np.random.Generator) -> Cubes:
    n = int(rng.integers(40, 1500))
    frame = pd.DataFrame({"one": rng.choice(["a", "b"], n), "two": rng.choice(["x", "y", "z"], n)})
    rate = 0.3 + rng.normal(0, 0.02) * (frame["one"] == "a") + rng.normal(0, 0.02) * (frame["two"] == "x")
    return cube_of(frame.assign(prediction=(rng.random(n) < rate).astype(int)), ["one", "two"])


@pytest.mark.parametrize("compare", ["value", "difference", "ratio", "spread"])
def test_more_groupings_never_turn_a_rule_into_a_pass(compare):
    rng = np.random.default_rng(3)
    limit = {"value": 0.36, "difference": 0.1, "ratio": 1.4, "spread": 0.12}[compare]
    passes = 0
    for _ in range(60):
        cubes = _random(rng)
        coarse = Rule("coarse", "selection_rate", compare=compare, at_most=limit, by=(("one",),))
        finer = Rule("finer", "selection_rate", compare=compare, at_most=limit, by=(("one",), ("one", "two")))
        of_coarse, of_finer = _verdict(cubes, coarse, finer)
        passes += of_coarse == "pass"
        assert of_finer != "pass" or of_coarse == "pass"
    assert passes  # the law was put to the test


@pytest.mark.parametrize("compare", ["value", "spread"])
def test_a_finer_partition_never_passes_where_the_coarse_one_does_not(compare):
    rng = np.random.default_rng(4)
    limit = {"value": 0.36, "spread": 0.12}[compare]
    for _ in range(60):
        cubes = _random(rng)
        coarse = Rule("coarse", "selection_rate", compare=compare, at_most=limit, by=(("one",),))
        finer = Rule("finer", "selection_rate", compare=compare, at_most=limit, by=(("one", "two"),))
        of_coarse, of_finer = _verdict(cubes, coarse, finer)
        assert of_finer != "pass" or of_coarse == "pass"


def test_slices_too_fine_to_judge_are_undecided():
    rng = np.random.default_rng(6)
    n = 1000
    frame = pd.DataFrame({"id": [f"p{i // 5}" for i in range(n)], "prediction": (rng.random(n) < 0.3).astype(int)})

    assert _verdict(cube_of(frame, ["id"]), Rule("r", "selection_rate", at_most=0.9)) == ["undecided"]
