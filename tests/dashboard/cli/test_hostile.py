"""Whatever is typed, the command ends with 0 or 2 and never with a failure of the program."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.cli import commands, run
from metrics.criteria import CRITERIA
from metrics.policy import Rule

FILE = """\
sex,age,label,pred,score,w,=1+1
f,20,1,1,.9,1,a
f,30,1,0,.2,2,b
m,40,0,0,.1,1,a
m,50,0,1,.8,1,b
,60,1,1,.7,1,b
"""
WORDS = [
    *("", " ", "none", "sex", "age", "label", "pred", "score", "w", "=1+1", '"=1+1"', "A=pred", "B=score", "sex,age"),
    *("0", "-1", "1", "30", "nan", "inf", "1e999", "ratio", "json", "csv", "rest", "best", "sex=f", "sex is missing"),
    *("age=25,45", "age=quantile:4", "age=width:0.000001", "sex=quantile:2", "age=width:1e300", "sex:f=m", "age:20=x"),
    *("label:1=", "pred:0=1,1=0", '"', "'", "a=b=c", ",,", "rows=1", "rows=10", "levels=1", "sex = f and age > 30"),
    *("not sex = f", "everyone", "\x00", "\x1b[2J", "日本", "accuracy", "roc_auc", "selection_rate", "percent", "any"),
]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "results.csv"
    path.write_text(FILE)
    return str(path)


def _options() -> list[str]:
    kept_out = {"output", "schema_file", "join", "help"}  # these name files
    return [
        option.opts[-1]
        for option in commands.commands["measure"].params
        if option.param_type_name == "option" and option.name not in kept_out and not option.is_flag
    ]


@given(st.lists(st.tuples(st.sampled_from(_options()), st.sampled_from(WORDS)), max_size=4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_options_are_answered_or_refused(file, capsys, options):
    arguments = [word for pair in options for word in pair]

    code = run(["measure", file, *arguments])

    _, err = capsys.readouterr()
    assert code in (0, 2), err
    assert "Traceback" not in err


@given(st.binary(max_size=300) | st.text(alphabet='ab,;"\n\t{}[]01.=-', max_size=200).map(str.encode))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(tmp_path, capsys, data):
    path = tmp_path / "results.csv"
    path.write_bytes(data)

    code = run(["inspect", str(path)])

    _, err = capsys.readouterr()
    assert code in (0, 2), err


ODD = ["0", "-0.1", "1e300", "inf", "nan", "true", '""', '"x"', "[]", '["sex"]', '"\\u001b[2J"', "1979-05-27", "{}"]
METRICS = ["error_rate", "roc_auc", "selection_rate", "f1", "expected_calibration_error", "brier_score", "base_rate"]
CRITERIA_NAMES = [c.name for c in CRITERIA]
LIMITS = {"value": "at_most = 0.5", "difference": "at_most = 0.1", "ratio": "at_least = 0.8", "spread": "at_most = 0.1"}
MORE = {
    "by": ['"sex"', '["sex,age"]', '["age", "w,sex"]', "[]", '"age"'],
    "baseline": ['"rest"', '"overall"', '"best"', '"largest"', '"sex = f"', '"sex is missing"'],
    "min_units": ["1", "2", "30"],
    "confidence": ["0.5", "0.95", "0.999999"],
    "correction": ['"none"', '"holm"'],
    "system": ['"pred"', '"score"'],
    "exclude": ['["sex = f"]', '["everyone"]', '["not sex = f"]', '["age > 30"]', '["sex is missing"]'],
    "exclude_below": ["0.02", "0.3", "0.99"],
    "note": ['"a | b"'],
}


@st.composite
def policies(draw):
    """Rules that make sense most of the time."""
    lines = []
    for number in range(draw(st.integers(1, 2))):
        compare = draw(st.sampled_from(list(LIMITS)))
        of_criterion = draw(st.booleans())
        told = {"name": f'"rule {number}"', "compare": f'"{compare}"'}
        told["criterion" if of_criterion else "metric"] = (
            f'"{draw(st.sampled_from(CRITERIA_NAMES if of_criterion else METRICS))}"'
        )
        limit, _, bound = LIMITS[compare].partition(" = ")
        told |= {"publish": "true"} if draw(st.integers(0, 3)) == 0 else {limit: bound}
        for key in draw(st.lists(st.sampled_from(list(MORE)), max_size=3, unique=True)):
            told[key] = draw(st.sampled_from(MORE[key]))
        if draw(st.integers(0, 9)) == 0:
            told[draw(st.sampled_from([f.name for f in fields(Rule)]))] = draw(st.sampled_from(ODD))
        lines += ["[[rule]]", *(f"{key} = {value}" for key, value in told.items())]
    return "\n".join(lines)


@given(policies(), st.sampled_from(["table", "json", "junit", "markdown"]))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_policies_are_judged_or_refused(file, tmp_path, capsys, policy, form):
    path = tmp_path / "policy.toml"
    path.write_text(policy)
    roles = ["--label", "label", "--prediction", "pred", "--score", "score", "--positive", "1"]

    code = run(
        ["check", file, *roles, "--attribute", "sex", "--attribute", "age", "--policy", str(path), "--format", form]
    )

    out, err = capsys.readouterr()
    assert code in (0, 1, 2, 3), err
    assert (code == 2) == (out == "")
    assert "Traceback" not in err
