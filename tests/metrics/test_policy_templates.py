"""The policies that come with the package: what they ask, and what comes out on real and on simulated data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metrics
from metrics.checked import Checked, check
from metrics.judge import judge
from metrics.policy import TEMPLATES, Policy, load_template
from metrics.schema import Schema, System
from metrics.verdict_words import list_verdicts, write_value_alone
from tests.metrics.build import cube_of
from tests.paths import SHARED, needs_shared

COMPAS = SHARED / "data" / "slices" / "compas_discretized.csv"


def compas(template: str) -> tuple[pd.DataFrame, Checked]:
    """Return the defendants, and what a template says of the predictions of their scores."""
    rows = pd.read_csv(COMPAS, dtype=str, keep_default_na=False)
    schema = Schema(columns={"label": "class"}, systems=(System(None, {"prediction": "predicted"}),), positive=("1",))
    results = metrics.read_results(rows, schema, by=["sex", "race"])
    return rows, check(results, metrics.count_cells(metrics.score(results)), load_template(template))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_says_what_it_is_for_and_where_it_comes_from_and_is_read_again_as_written(name):
    policy = load_template(name)

    assert policy.description and policy.source
    assert "\n" not in policy.description + policy.source
    assert Policy.loads(policy.dumps()) == policy


def test_a_fair_model_passes_four_times_in_five_with_as_many_positives_as_equal_opportunity_says():
    policy, draw = load_template("equal_opportunity"), np.random.default_rng(20)
    assert "about 19,000 positives" in policy.description
    verdicts = []
    for _ in range(150):
        found = draw.binomial(19_000, 0.9, 2)
        rows = [(g, 1, p, k if p else 19_000 - k) for g, k in zip("ab", found, strict=True) for p in (0, 1)]
        cubes = cube_of(pd.DataFrame(rows, columns=["group", "label", "prediction", "count"]), ["group"])
        verdicts.append(judge(cubes, policy)["verdict"].tolist())

    passed = np.mean([v == ["pass", "pass"] for v in verdicts])
    assert 0.7 < passed < 0.9
    assert sum("fail" in v for v in verdicts) <= 8


@needs_shared
def test_the_point_rule_as_written_stands_beside_the_verdict_of_four_fifths():
    rows, checked = compas("four_fifths")
    (rule,) = checked.policy.rules
    selected = rows["predicted"] == "1"
    rates = {axis: selected.groupby(rows[axis]).mean() for axis in ("sex", "race")}

    found = {v["slice"].levels[0]: write_value_alone(v, rule) for v in list_verdicts(checked, rule)}

    # Of eleven Native Americans four were selected: too few to be the group that others are held against.
    highest = {"sex": rates["sex"].max(), "race": rates["race"].drop("Native American").max()}
    for (axis, level), alone in found.items():
        assert alone == ("pass" if rates[axis][level] / highest[axis] >= 0.8 else "fail"), (axis, level)
    assert found["race", "Native American"] == "pass"
    assert checked.verdict == "fail"
    undecided = checked.verdicts[checked.verdicts["verdict"] == "undecided"]
    assert {str(s) for s in undecided["slice"]} == {"race = Asian", "race = 'Native American'"}


@needs_shared
def test_local_law_144_publishes_ratios_to_the_most_selected_category_and_the_rates_of_all():
    rows, checked = compas("local_law_144")
    selected = rows["predicted"] == "1"
    rate, ratio = checked.policy.rules
    n = len(rows)

    assert checked.verdict is None
    assert set(checked.verdicts["verdict"]) == {None}
    for axes in (["sex"], ["race"], ["sex", "race"]):
        groups = selected.groupby([rows[a] for a in axes]).agg(["mean", "size"])
        groups.index = pd.Index([k if isinstance(k, tuple) else (k,) for k in groups.index])
        kept = groups[groups["size"] >= 0.02 * n]
        found = {
            r.name: {
                tuple(level for _, level in v["slice"].levels): v["value"]
                for v in list_verdicts(checked, r)
                if list(v["slice"].axes) == axes
            }
            for r in (rate, ratio)
        }
        assert found[rate.name] == pytest.approx(groups["mean"].to_dict())
        assert found[ratio.name] == pytest.approx((kept["mean"] / kept["mean"].max()).to_dict())
    told = " ".join(map(str, checked.findings))
    assert "race = Asian (31 rows)" in told and "race = Native American (11 rows)" in told


def test_local_law_144_counts_the_people_whose_sex_or_race_is_unknown():
    rows = pd.DataFrame(
        {
            "sex": ["f"] * 40 + ["m"] * 40 + [None] * 3,
            "race": ["A", "B"] * 40 + ["A"] * 3,
            "hired": [1, 0, 0] * 27 + [1, 0],
        }
    )
    schema = Schema(without=("label",), systems=(System(None, {"prediction": "hired"}),), positive=("1",))
    results = metrics.read_results(rows, schema, by=["sex", "race"])

    checked = check(results, metrics.count_cells(metrics.score(results)), load_template("local_law_144"))

    unknown = checked.counts[[str(s) == "sex is missing" for s in checked.counts["slice"]]]
    assert unknown["below"].tolist() == [3]


def test_the_limit_on_the_inverse_of_four_fifths_judges_the_highest_group_itself():
    """The group that was selected most often gets no verdict: where it is small, its true rate may be low."""
    people = {("big", 1): 3_662, ("big", 0): 6_129 - 3_662, ("small", 1): 21, ("small", 0): 35 - 21}
    rows = pd.DataFrame([(g, p, n) for (g, p), n in people.items()], columns=["race", "prediction", "count"])
    rows["sex"] = "x"

    found = judge(cube_of(rows, ["sex", "race"]), load_template("four_fifths"))

    big = found[[str(s) == "race = big" for s in found["slice"]]].iloc[0]
    assert big["low"] >= 0.8 and big["value"] < 1 and big["high"] > 1.25
    assert big["verdict"] == "undecided"
