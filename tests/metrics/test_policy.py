"""Policy files: what they may hold, every mistake told at once, and back again."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.policy import TEMPLATES, Policy, Rule

LENDING = """\
name = "Lending"
description = "What our board decided."
source = "Minutes of May"

[[rule]]
name = "false rejections"
metric = "false_negative_rate"
compare = "difference"
baseline = "sex = male"
by = ["sex", "sex,race"]
at_most = 0.05
min_units = 50
confidence = 0.9
correction = "none"
system = "model A"
exclude = ["race = 'Other'"]
exclude_below = 0.02
note = "After the audit."

[[rule]]
criterion = "equalized_odds"
at_most = 0.1
"""


def problems(text: str) -> str:
    with pytest.raises(ResultsError) as caught:
        Policy.loads(text, where="policy 'p.toml'")
    return "\n".join(map(str, caught.value.findings))


def rule(lines: str) -> str:
    return f"[[rule]]\n{lines}\n"


def test_every_key_is_read():
    policy = Policy.loads(LENDING)

    first, second = policy.rules
    assert (policy.name, policy.description, policy.source) == ("Lending", "What our board decided.", "Minutes of May")
    assert first == Rule(
        "false rejections",
        "false_negative_rate",
        baseline="sex = male",
        by=(("sex",), ("sex", "race")),
        at_most=0.05,
        min_units=50,
        confidence=0.9,
        correction="none",
        system="model A",
        exclude=("race = 'Other'",),
        exclude_below=0.02,
        note="After the audit.",
    )
    assert (second.name, second.by, second.in_pairs, second.limits) == ("equalized_odds", None, True, (-0.1, 0.1))


def test_a_policy_written_and_read_again_is_the_same():
    policy = Policy.loads(LENDING)

    assert Policy.loads(policy.dumps()) == policy


names = st.text(min_size=1, max_size=8)
groupings = st.lists(names.filter(lambda n: n == n.strip()).filter(bool), min_size=1, max_size=3, unique=True).map(
    tuple
)


@given(
    st.text(max_size=20).filter(bool),
    st.text(max_size=20),
    st.lists(groupings, min_size=1, max_size=3),
    st.floats(0, 1),
)
def test_any_text_and_any_names_of_columns_come_back(name, note, by, limit):
    rules = (Rule(name, "accuracy", by=tuple(by), at_most=limit, note=note),)
    policy = Policy(name, rules, description=note)

    assert Policy.loads(policy.dumps()) == policy


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ('by = "sex"', (("sex",),)),
        ('by = ["sex, race"]', (("sex", "race"),)),
        ("""by = ['"age, in years",sex']""", (("age, in years", "sex"),)),
        ('by = ["sex,sex"]', (("sex",),)),
        ('by = []\ncompare = "value"', ()),
    ],
)
def test_a_grouping_is_a_line_of_csv(text, by):
    policy = Policy.loads(rule(f'metric = "accuracy"\nat_most = 0.1\n{text}'))

    assert policy.rules[0].by == by


def test_every_mistake_is_told_at_once_and_where_it_is():
    text = """\
nmae = "Lending"
[[rule]]
metric = "accuracy"
[[rule]]
metric = "accuracy"
criterion = "equalized_odds"
compare = "diference"
at_most = 0.1
[[rule]]
metric = "accuracy"
at_most = "5 %"
min_units = 0
exclude = ["race = "]
[[rule]]
name = "twice"
metric = "accuracy"
at_most = 0.1
[[rule]]
name = "twice"
metric = "accuracy"
at_most = 0.2
"""

    said = problems(text)

    for words in (
        "policy 'p.toml' has an unknown key 'nmae'. Did you mean 'name'?",
        "rule 1 has no limit.",
        "rule 2 has compare = 'diference'. Did you mean 'difference'?",
        "rule 2 names both a metric and a criterion.",
        "rule 3 has at_most = '5 %'. Write a number.",
        "rule 3 has min_units = 0.",
        "rule 3, 'exclude'",
        "has two rules called 'twice'.",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("at_most = 0.1", "names no metric"),
        ('metric = "accuracy"\nat_most = nan', "Write a finite number"),
        ('metric = "accuracy"\nat_most = -0.1', "A difference's size is 0 or more"),
        ('metric = "accuracy"\nat_least = 0.2\nat_most = 0.1', "allows nothing"),
        ('metric = "accuracy"\ncompare = "ratio"\nat_least = 0', "A ratio's limits are above 0"),
        ('metric = "accuracy"\ncompare = "ratio"\nat_least = 1.1', "no two groups to be equal"),
        ('metric = "accuracy"\ncompare = "spread"\nat_least = 0.1', "at_least on a spread"),
        ('criterion = "equalized_odds"\ncompare = "value"\nat_most = 0.1', "the value of a criterion"),
        ('criterion = "equalised_odds"\nat_most = 0.1', "Did you mean 'equalized_odds'?"),
        ('metric = "accuracy"\nat_most = 0.1\npublish = true', "has a limit"),
        ('metric = "accuracy"\nat_most = 0.1\nconfidence = 95', "Write a share such as 0.95"),
        ('metric = "accuracy"\nat_most = 0.1\nexclude_below = 2', "a share of the rows"),
        ('metric = "accuracy"\nat_most = 0.1\nmin_units = 30.5', "Write a whole number"),
        ('metric = "accuracy"\nat_most = true', "Write a number"),
        ('metric = "accuracy"\nat_most = 0.1\nbaseline = "bets"', "Did you mean 'best'?"),
        ('metric = "accuracy"\nat_most = 0.1\ncompare = "value"\nbaseline = "rest"', "has no baseline"),
        ('metric = "accuracy"\nat_most = 0.1\ncorrection = "bh"', "has correction = 'bh'"),
        ('metric = "accuracy"\nat_most = 0.1\nby = ["sex,"]', "in 'by'"),
        ('metric = "accuracy"\nat_most = 0.1\nby = []', "nobody to be compared with"),
        ('metric = "accuracy"\nat_most = 0.1\nby = ["a\\rb"]', "in 'by'"),
        ('metric = "accuracy"\nat_most = 0.1\nby = [["sex"]]', "Write a list of texts"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(lines, words):
    assert words in problems(rule(lines))


@pytest.mark.parametrize("text", ["", 'name = "x"\n', "rule = []\n", 'rule = "x"\n', "rule = [1]\n"])
def test_a_policy_without_rules_is_refused(text):
    assert "has no rules" in problems(text)


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("at_most = .05", "Write a digit before the point: 0.05."),
        ("at_most = -.5", "Write a digit before the point: 0.5."),
        ("compare = ratio", 'Write texts in quotes: compare = "ratio".'),
        ("by = [", "Mend the line it names."),
    ],
)
def test_a_text_that_is_no_toml_is_refused_with_its_cure(line, cure):
    said = problems(rule(f'metric = "accuracy"\n{line}'))

    assert "is no valid TOML" in said
    assert said.endswith(cure)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    binary = tmp_path / "p.toml"
    binary.write_bytes(b"\xff\xfe")

    for path in (binary, tmp_path / "nowhere.toml"):
        with pytest.raises(ResultsError, match=path.name):
            Policy.load(path)


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ({"at_most": 0.05}, (-0.05, 0.05)),
        ({"at_most": 0.05, "at_least": -0.1}, (-0.1, 0.05)),
        ({"at_least": -0.1}, (-0.1, inf)),
        ({"compare": "ratio", "at_least": 0.8}, (0.8, 1.25)),
        ({"compare": "ratio", "at_most": 2.0}, (0.5, 2.0)),
        ({"compare": "ratio", "at_least": 0.8, "at_most": 2.0}, (0.8, 2.0)),
        ({"compare": "value", "at_most": 0.2}, (-inf, 0.2)),
        ({"compare": "value", "at_least": 0.9}, (0.9, inf)),
        ({"compare": "spread", "at_most": 0.1}, (-0.1, 0.1)),
        ({"publish": True}, (-inf, inf)),
    ],
)
def test_a_limit_bounds_both_sides_of_a_difference_and_of_a_ratio(given, limits):
    assert Rule("r", "accuracy", **given).limits == limits


def test_the_templates_are_the_files_that_come_with_the_package():
    import metrics.policy as module

    folder = module._FOLDER
    assert {path.stem for path in folder.glob("*")} == set(TEMPLATES)
