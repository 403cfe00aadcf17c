"""Whether verdicts hang on a choice of baseline, threshold or edge."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.cube import count_cells
from metrics.policy import Policy, Rule
from metrics.results import read_results
from metrics.schema import Attribute, Schema
from metrics.scored import score
from metrics.verdict_sensitivity import find_sensitive, say_sensitive, vary_verdicts


def _vary(frame: pd.DataFrame, schema: Schema, *rules: Rule, again: bool = False) -> pd.DataFrame:
    read = lambda other: read_results(frame, other)  # noqa: E731
    results = read(schema)
    return vary_verdicts(results, count_cells(score(results)), Policy("p", rules), read if again else None)


def _selected(groups: dict[str, tuple[int, int]]) -> tuple[pd.DataFrame, Schema]:
    rows = [(g, "yes" if i < k else "no") for g, (k, n) in groups.items() for i in range(n)]
    schema = Schema(positive=("yes",), attributes=(Attribute("group"),))
    return pd.DataFrame(rows, columns=["group", "prediction"]), schema


def test_another_baseline_that_gives_another_verdict_is_told():
    # They lie 20 points apart; against everyone, a lies 7 points above and b 13 below.
    frame, schema = _selected({"a": (1200, 2000), "b": (400, 1000)})
    table = _vary(frame, schema, Rule("r", "selection_rate", at_most=0.15))
    whole = table[table["slice"].isna()]

    assert set(whole["was"]) == {"fail"}
    told = table[(table["setting"] == "against everyone") & table["slice"].notna()]
    assert dict(zip(map(str, told["slice"]), told["verdict"], strict=True)) == {
        "group = a": "pass",
        "group = b": "undecided",
    }


def test_verdicts_that_hang_on_nothing_are_not_told():
    frame, schema = _selected({"a": (1500, 3000), "b": (1500, 3000)})

    assert _vary(frame, schema, Rule("r", "selection_rate", at_most=0.3)).empty


def test_another_threshold_that_gives_another_verdict_is_told():
    group = np.repeat(["a", "b"], 1000)
    # Nobody scores between 0.52 and 0.58, but half of b do between 0.46 and 0.49.
    score_of = np.where(group == "a", np.tile([0.2, 0.9], 1000), np.tile([0.48, 0.9], 1000))
    frame = pd.DataFrame({"group": group, "score": score_of})
    schema = Schema(positive=("1",), threshold=0.5, attributes=(Attribute("group"),))
    table = _vary(frame, schema, Rule("r", "selection_rate", at_most=0.2))

    assert table["setting"].unique().tolist() == ["with a threshold of 0.45"]
    assert say_sensitive(table).startswith("is pass; it would be fail with a threshold of 0.45.")


def test_another_edge_that_gives_another_verdict_is_told():
    age = np.repeat([20, 24, 25, 40], 2000)
    prediction = np.where(
        age == 25, np.tile(["no", "no", "yes", "no"], 2000), np.tile(["yes", "no", "yes", "no"], 2000)
    )
    frame = pd.DataFrame({"age": age, "prediction": prediction})
    schema = Schema(positive=("yes",), attributes=(Attribute("age", edges=(25, 35)),))
    table = _vary(frame, schema, Rule("r", "selection_rate", compare="spread", at_most=0.2), again=True)

    assert table["slice"].isna().all()
    moved = [["with age cut at 24, 34", "fail", "pass"], ["with age cut at 26, 36", "fail", "pass"]]
    assert table[["setting", "was", "verdict"]].to_numpy().tolist() == moved


def test_a_note_names_the_rule_and_what_to_do():
    frame, schema = _selected({"a": (1200, 2000), "b": (400, 1000)})
    (note,) = find_sensitive(_vary(frame, schema, Rule("mine", "selection_rate", at_most=0.15)))

    assert (note.severity, note.where) == ("note", "rule 'mine'")
    assert "against everyone" in note.found


def test_figures_to_publish_hang_on_nothing():
    frame, schema = _selected({"a": (1200, 2000), "b": (400, 1000)})

    assert _vary(frame, schema, Rule("r", "selection_rate", publish=True)).empty


def test_a_setting_that_leaves_nothing_to_judge_is_judged_as_no_data():
    """Under another baseline no slice of the rule is left: that is told, or not, and nothing fails."""
    frame = pd.DataFrame(
        {"sex": ["f", "m", "f", None, "m"], "label": ["yes", "no", "yes", "no", "yes"], "prediction": ["yes"] * 5}
    )
    schema = Schema(positive=("yes",), attributes=(Attribute("sex"),))
    rule = Rule("r", "error_rate", at_most=0.1, by=("sex",), exclude=("sex = f",), exclude_below=0.3)

    assert set(_vary(frame, schema, rule)["rule"]) <= {"r"}
