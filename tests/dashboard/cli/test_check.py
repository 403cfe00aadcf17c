"""`check FILE --policy P.toml`: exit codes, forms of output, what is read and what is refused."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

import metrics
from metrics.checked import exit_code
from metrics.judge import COLUMNS, judge, judge_rules
from metrics.policy import TEMPLATES, Policy, load_template
from metrics.schema import Schema, System
from metrics.writing import records
from tests.dashboard.cli.contract import Asker, told, words
from tests.metrics.verdict_files import HOSTILE
from tests.paths import SAMPLES, SHARED, needs_shared

ROLES = words("--label label --prediction pred --count n --positive 1 --attribute sex --attribute race")
ERRORS = """\
name = "Errors"
[[rule]]
name = "errors"
metric = "error_rate"
compare = "value"
by = "sex"
at_most = 0.2
"""

Groups = dict[str, tuple[int, int]]


def file_of(asker: Asker, groups: Groups) -> str:
    """Write a file of groups with so many errors among so many people of either label."""
    lines = ["sex,race,label,pred,n"]
    for sex, (wrong, n) in groups.items():
        for label, errors, people in ((1, wrong - wrong // 2, n - n // 2), (0, wrong // 2, n // 2)):
            lines += [f"{sex},A,{label},{1 - label},{errors}", f"{sex},A,{label},{label},{people - errors}"]
    return asker.write("\n".join(lines) + "\n")


def check(asker: Asker, groups: Groups, policy: str, *arguments: str) -> tuple[int, str, str]:
    file, name = file_of(asker, groups), asker.write(policy, "policy.toml")
    return asker.run("check", file, *ROLES, "--policy", name, *arguments)


def found(out: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    return tree


GOOD: Groups = {"f": (20, 1000), "m": (25, 1000)}
BAD: Groups = {"f": (20, 1000), "m": (400, 1000)}
CLOSE: Groups = {"f": (20, 1000), "m": (19, 100)}
FEW: Groups = {"f": (20, 1000), "m": (0, 10)}


# -- exit codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "flags", "code"),
    [
        (GOOD, "", 0),
        (BAD, "", 1),
        (CLOSE, "", 3),
        (FEW, "", 3),
        (CLOSE, "--undecided-is fail", 1),
        (CLOSE, "--undecided-is pass", 0),
        (FEW, "--undecided-is fail", 1),
        (FEW, "--undecided-is pass", 0),
        (GOOD, "--undecided-is fail", 0),
        (BAD, "--undecided-is pass", 1),
        ({**CLOSE, "x": (900, 1000)}, "--undecided-is pass", 1),
    ],
)
def test_the_exit_code_is_that_of_the_gravest_verdict(asker, groups, flags, code):
    assert check(asker, groups, ERRORS, *words(flags))[0] == code


NO_DATA = """\
[[rule]]
metric = "true_positive_rate"
compare = "value"
by = "sex"
at_least = 0.1
"""


@pytest.mark.parametrize("flags", ["", "--undecided-is fail", "--undecided-is pass"])
def test_without_data_nothing_passes_and_nothing_fails(asker, flags):
    file = asker.write("sex,race,label,pred,n\nf,A,1,1,500\nf,A,0,0,500\nm,A,0,0,500\n")
    policy = asker.write(NO_DATA, "policy.toml")

    code, out, _ = asker.run("check", file, *ROLES, "--policy", policy, *words(flags), "--format", "json")

    assert {v["slice"]["sex"]: v["verdict"] for v in found(out)["verdicts"]} == {"f": "pass", "m": "no data"}
    assert code == 3


@pytest.mark.parametrize("flags", ["", "--undecided-is fail", "--undecided-is pass"])
@pytest.mark.parametrize("line", ['exclude = ["everyone"]', "publish = true"])
def test_a_policy_that_judges_nobody_ends_with_3(asker, line, flags):
    policy = ERRORS.replace("at_most = 0.2", line if "publish" in line else f"at_most = 0.2\n{line}")

    assert check(asker, GOOD, policy, *words(flags))[0] == 3


def test_figures_to_publish_do_not_keep_a_policy_from_passing(asker):
    policy = ERRORS + '[[rule]]\nmetric = "selection_rate"\ncompare = "value"\nby = "sex"\npublish = true\n'

    code, out, _ = check(asker, GOOD, policy, "--format", "json")

    assert code == 0
    assert [v["verdict"] for v in found(out)["verdicts"]] == ["pass", "pass", None, None]


def test_a_rule_without_a_group_is_no_pass_beside_one_that_passes():
    rules = pd.DataFrame({"rule": ["a", "b"], "verdict": ["pass", "no data"]})
    verdicts = pd.DataFrame({"rule": ["a"], "verdict": ["pass"]})

    assert exit_code(verdicts, rules) == 3
    assert exit_code(verdicts, rules.iloc[:1]) == 0


# -- the form ------------------------------------------------------------------------------------


def test_json_is_alone_on_stdout_and_has_the_lists_of_the_contract(asker):
    code, out, err = check(asker, BAD, ERRORS, "--format", "json")

    tree = found(out)
    assert code == 1
    assert (tree["format"], tree["version"]) == ("fairness-dashboard check", 1)
    assert {"sources", "schema", "policy", "findings", "verdicts"} <= set(tree)
    assert {tuple(v) for v in tree["verdicts"]} == {tuple(COLUMNS)}
    assert [(s["name"], s["rows_read"]) for s in tree["sources"]] == [("data.csv", 8)]
    assert "Error" not in err


def test_the_verdicts_are_those_of_python(asker):
    code, out, _ = check(asker, {**CLOSE, "x": (300, 1000)}, ERRORS, "--format", "json")

    columns = {"label": "label", "count": "n"}
    schema = Schema(columns=columns, systems=(System(None, {"prediction": "pred"}),), positive=("1",))
    results = metrics.read_results(asker.folder / "data.csv", schema, by=["sex", "race"])
    policy = Policy.loads(ERRORS)
    verdicts = judge(metrics.count_cells(metrics.score(results)), policy).assign(system=None)
    assert found(out)["verdicts"] == records(verdicts)
    assert code == exit_code(verdicts, judge_rules(verdicts, policy)) == 1


@pytest.mark.parametrize("form", ["table", "json", "junit", "markdown"])
def test_every_form_goes_to_a_file_where_one_is_named(asker, form):
    code, out, _ = check(asker, GOOD, ERRORS, "--format", form)
    target = asker.folder / "verdicts"

    again = check(asker, GOOD, ERRORS, "--format", form, "-o", str(target))

    assert code == again[0] == 0
    assert again[1] == ""
    assert target.read_text(encoding="utf-8") == out != ""


def test_junit_heeds_what_undecided_is(asker):
    tags = {}
    for flag in ("", "--undecided-is fail", "--undecided-is pass"):
        _, out, _ = check(asker, CLOSE, ERRORS, *words(flag), "--format", "junit")
        root = ET.fromstring(out.encode())
        tags[flag] = (root.get("failures"), root.get("skipped"), root.get("tests"))

    assert tags == {
        "": ("0", "1", "2"),
        "--undecided-is fail": ("1", "0", "2"),
        "--undecided-is pass": ("0", "0", "2"),
    }


def test_what_is_left_out_is_told_on_stderr_and_in_the_table(asker):
    policy = ERRORS + "exclude = [\"sex = 'm'\"]\n"

    code, out, err = check(asker, BAD, policy)

    assert code == 0
    assert "leaves out sex = m (1,000 rows)" in out
    assert "leaves out sex = m (1,000 rows)" in err


def test_a_part_of_the_rows_is_named(asker):
    for form in ("table", "markdown"):
        _, out, _ = check(asker, BAD, ERRORS, "--where", "sex = 'f'", "--format", form)

        assert "where sex = 'f'" in out


@pytest.mark.parametrize("form", ["table", "json", "junit", "markdown"])
@pytest.mark.parametrize("name", [h for h in HOSTILE if h.isprintable()])
def test_hostile_names_come_through_every_form(asker, name, form):
    frame = pd.DataFrame({"sex": [name] * 60 + ["other"] * 60, "label": [0, 1] * 60, "pred": [0, 1] * 60})
    file = asker.write(frame.to_csv(index=False))
    policy = asker.write(Policy.loads(ERRORS).dumps().replace('"Errors"', json.dumps(name)), "policy.toml")

    roles = words("--label label --prediction pred --positive 1")
    code, out, _ = asker.run("check", file, *roles, "--policy", policy, "--format", form)

    assert code == 0
    if form == "json":
        assert {v["slice"]["sex"] for v in found(out)["verdicts"]} == {name, "other"}
        assert found(out)["policy"]["name"] == name
    if form == "junit":
        assert ET.fromstring(out.encode()).get("name") == name


# -- policies ------------------------------------------------------------------------------------


def test_every_mistake_of_a_policy_is_told_and_nothing_is_answered(asker):
    file = file_of(asker, GOOD)
    policy = asker.write(ERRORS.replace("metric =", "metrik =").replace("0.2", '"much"'), "policy.toml")

    err = asker.refuse(file, *ROLES, "--policy", policy, command="check")

    assert "Did you mean 'metric'?" in err
    assert "at_most = 'much'" in err


def test_every_rule_about_what_is_not_there_is_named(asker):
    second = '[[rule]]\nmetric = "acuracy"\nby = "sex"\nat_most = 0.2\n'
    file = file_of(asker, GOOD)
    policy = asker.write(ERRORS.replace('"error_rate"', '"eror_rate"') + second, "policy.toml")

    err = asker.refuse(file, *ROLES, "--policy", policy, command="check")

    assert "Rule 'errors': " in err and "Did you mean 'error_rate'?" in err
    assert "Rule 'acuracy': " in err and "Did you mean 'accuracy'?" in err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"error_rate"', '"eror_rate"', "Did you mean 'error_rate'?"),
        ('"error_rate"', '"word_error_rate"', "--task transcription"),
        ('by = "sex"', 'by = "sexx"', "Did you mean 'sex'?"),
        ("at_most = 0.2", "at_most = 0.2\nexclude = [\"rase = 'A'\"]", "Did you mean 'race'?"),
        ("at_most = 0.2", 'at_most = 0.2\nsystem = "A"', "'A'"),
        ("at_most = 0.2", "at_most = .2", "0.2"),
        ('"value"', '"difference"\nbaseline = "sex = x"', "no level of 'sex' called 'x'"),
    ],
)
def test_a_policy_about_what_is_not_there_is_refused(asker, old, new, words):
    file, policy = file_of(asker, GOOD), asker.write(ERRORS.replace(old, new), "policy.toml")

    assert words in asker.refuse(file, *ROLES, "--policy", policy, command="check")


@pytest.mark.parametrize("option", ["--by", "--metric", "--compare", "--baseline", "--confidence", "--correction"])
def test_what_stands_in_the_policy_is_no_option(asker, option):
    file = file_of(asker, GOOD)

    assert option in asker.refuse(file, "--policy", "four_fifths", option, "x", command="check")


def test_a_policy_is_asked_for(asker):
    file = file_of(asker, GOOD)

    assert "--policy" in asker.refuse(file, command="check")
    assert "Did you mean 'four_fifths'?" in asker.refuse(file, "--policy", "four_fifth", command="check")
    assert "neither a file nor a template" in asker.refuse(file, "--policy", str(asker.folder), command="check")


# -- templates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_printed_to_be_edited(asker, name):
    code, out, _ = asker.run("check", "--show-template", name)

    assert code == 0
    assert Policy.loads(out) == load_template(name)


def test_a_template_works_by_its_name(asker):
    file = file_of(asker, {"f": (0, 1000), "m": (0, 1000)})

    code, out, _ = asker.run("check", file, *ROLES, "--policy", "four_fifths", "--format", "json")

    assert code == 0
    assert [(v["slice"], v["verdict"]) for v in found(out)["verdicts"]] == [({"sex": "m"}, "pass")]  # f is the best


def test_a_file_of_a_template_s_name_is_taken_before_it(asker, monkeypatch):
    monkeypatch.chdir(asker.folder)
    file, _ = file_of(asker, GOOD), asker.write(ERRORS, "four_fifths")

    _, out, _ = asker.run("check", file, *ROLES, "--policy", "four_fifths", "--format", "json")

    assert found(out)["policy"]["name"] == "Errors"


def test_a_template_without_its_columns_says_what_to_do(asker):
    file = asker.write("gender,Race,label,pred\n" + "f,A,1,1\nm,B,0,0\n" * 50)

    err = asker.refuse(file, *words("--label label --prediction pred"), "--policy", "four_fifths", command="check")

    assert "column 'sex'" in err and "column 'race'" in err and "Did you mean 'Race'?" in err
    assert "check --show-template four_fifths > policy.toml" in err


# -- reading -------------------------------------------------------------------------------------


def test_a_question_that_matters_to_a_rule_is_asked(asker):
    file = asker.write("sex,label,pred\n" + "f,a,a\nm,b,b\nf,b,b\nm,a,a\n" * 30)
    policy = asker.write(ERRORS.replace('"error_rate"', '"true_positive_rate"'), "policy.toml")

    assert "--positive" in asker.refuse(file, "--policy", policy, command="check")
    assert asker.run("check", file, "--policy", policy, "--positive", "b")[0] == 1


def test_a_question_that_enters_no_rule_is_none(asker):
    """Which of two columns is the label is of no interest to selection rates."""
    file = asker.write("sex,target,outcome,pred\n" + "f,1,0,1\nm,0,0,0\nf,0,1,0\nm,1,1,1\n" * 60)
    rates = asker.write(ERRORS.replace('"error_rate"', '"selection_rate"').replace("0.2", "0.9"), "rates.toml")
    errors = asker.write(ERRORS, "errors.toml")

    code, _, err = asker.run("check", file, "--policy", rates, "--positive", "1")

    assert code == 0, err
    assert "--label" in asker.refuse(file, "--policy", errors, "--positive", "1", command="check")


def test_a_rule_without_groups_speaks_of_every_attribute_though_another_names_one(asker):
    file = asker.write("sex,race,label,pred\n" + "f,A,1,1\nm,B,0,0\nf,B,0,0\nm,A,1,1\n" * 60)
    policy = asker.write(
        ERRORS + '[[rule]]\nname = "all"\nmetric = "error_rate"\ncompare = "value"\nat_most = 0.2\n', "policy.toml"
    )

    code, out, _ = asker.run("check", file, "--positive", "1", "--policy", policy, "--format", "json")

    axes = {tuple(v["slice"]) for v in found(out)["verdicts"] if v["rule"] == "all"}
    assert code == 0
    assert axes == {("sex",), ("race",)}


def test_attributes_of_baselines_and_exclusions_are_read_too(asker):
    file = asker.write("s,r,y,p\n" + "f,A,1,1\nm,B,0,0\nf,B,0,0\nm,A,1,1\n" * 60)
    policy = """\
[[rule]]
metric = "error_rate"
baseline = "s = m"
by = ["r", "s"]
at_most = 0.2
exclude = ["r = 'A'"]
"""
    roles = words("--label y --prediction p --positive 1")

    code, out, err = asker.run("check", file, *roles, "--policy", asker.write(policy, "p.toml"), "--format", "json")

    assert code == 0, err
    assert [v["slice"] for v in found(out)["verdicts"]] == [{"r": "B"}, {"s": "f"}]
    assert told(found(out), "leaves out r = A")


# -- real files ----------------------------------------------------------------------------------


@needs_shared
def test_the_defendants_of_compas_fail_four_fifths(asker):
    file = str(SHARED / "data" / "slices" / "compas_discretized.csv")
    roles = words("--label class --prediction predicted --positive 1")

    code, out, _ = asker.run("check", file, *roles, "--policy", "four_fifths", "--format", "json")

    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    rates = (rows["predicted"] == "1").groupby(rows["sex"]).mean()
    (women,) = [v for v in found(out)["verdicts"] if v["slice"] == {"sex": "Female"}]
    assert code == 1
    assert women["value"] == pytest.approx(rates["Female"] / rates["Male"])
    assert women["verdict"] == "fail"
    assert women["adjusted_high"] < women["at_least"] == 0.8


@needs_shared
def test_speakers_of_the_artie_corpus_are_judged_by_word_errors(asker):
    file = str(SHARED / "data" / "asr" / "artie_bias_corpus_wide.csv.gz")
    roles = words("--id utt_id --reference reference --cluster speaker_id --missing NA --normalizer lower")
    roles += words("--hypothesis hyp_amazon_en_us --attribute gender --attribute accent")

    code, out, _ = asker.run("check", file, *roles, "--policy", "equal_word_error_rate", "--format", "json")

    verdicts = {tuple(v["slice"].values()): v for v in found(out)["verdicts"]}
    assert code == 1
    assert verdicts[("indian",)]["verdict"] == "fail" and verdicts[("indian",)]["value"] > 0.1
    assert verdicts[("singapore",)]["verdict"] == "undecided"  # two speakers


def test_the_sample_of_loans_is_judged_for_each_model(asker):
    sample = [str(SAMPLES / "lending.csv"), "--schema", str(SAMPLES / "lending.toml")]
    policy = asker.write(
        '[[rule]]\nmetric = "false_rejection_rate"\nby = ["sex,region"]\nat_most = 0.08\n', "policy.toml"
    )

    code, out, _ = asker.run("check", *sample, "--policy", policy, "--format", "json")

    failing = [(v["system"], v["slice"]) for v in found(out)["verdicts"] if v["verdict"] == "fail"]
    assert code == 1
    assert failing == [("model A", {"sex": "female", "region": "south"})]
