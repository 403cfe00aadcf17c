"""The docs say what the code does: generated pages are up to date, links lead somewhere, examples run."""

from __future__ import annotations

import doctest
import re
from dataclasses import fields

import pytest

from docs import make
from metrics.policy import Policy, Rule
from metrics.predicates import parse_predicate
from metrics.schema import Schema
from metrics.tasks import binary, regression


def test_nothing_is_wrong_with_the_docs():
    assert make.find_problems() == []


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page in an empty folder of docs, next to a page with two headings."""
    monkeypatch.setattr(make, "ROOT", tmp_path)
    monkeypatch.setattr(make, "REFERENCE", tmp_path / "reference.md")
    (tmp_path / "reference.md").write_text(make.write_reference())
    (tmp_path / "concepts.md").write_text("# Concepts\n\n## What chance shows\n")
    return tmp_path / "page.md"


@pytest.mark.parametrize(
    "good",
    [
        "[there](concepts.md)",
        "[there](concepts.md#what-chance-shows)",
        "# Here\n[above](#here)",
        "[far](https://example.org)",
        "```\n[an example](nowhere.md)\n```",
    ],
)
def test_good_links_pass(page, good, monkeypatch):
    page.write_text(good)

    assert [problem for problem in make.find_problems() if problem.startswith("page.md")] == []


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("[x](nowhere.md)", "leads to no file"),
        ("[x](concepts.md#nothing)", "leads to no heading"),
        ("![x](a.png)", "leads to no file"),
    ],
)
def test_a_link_that_leads_nowhere_is_told(page, bad, problem):
    page.write_text(bad)

    assert any(problem in told and told.startswith("page.md") for told in make.find_problems())


def test_a_reference_that_is_out_of_date_is_told(page):
    make.REFERENCE.write_text("# Metrics as they once were\n")

    assert any("make docs" in told for told in make.find_problems())


@pytest.mark.parametrize("metric", [*binary.METRICS, *regression.METRICS], ids=lambda metric: metric.name)
def test_the_reference_explains_every_metric(metric):
    entry = make.write_reference().partition(f'<a id="{metric.name}"></a>')[2].partition("\n### ")[0]

    assert all(text in entry for text in (metric.title, metric.meaning, metric.misleads, metric.source))


FORMATS = (make.ROOT / "docs" / "file-formats.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", FORMATS, re.DOTALL))
def test_the_schema_examples_are_schemas(example):
    schema = Schema.loads(example)

    assert schema.attributes
    assert Schema.loads(schema.dumps()) == schema


POLICIES = (make.ROOT / "docs" / "policies.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", POLICIES, re.DOTALL))
def test_the_policy_examples_are_policies(example):
    policy = Policy.loads(example)

    assert Policy.loads(policy.dumps()) == policy


def test_every_key_of_a_rule_is_explained():
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", POLICIES, re.MULTILINE))))

    assert {f.name for f in fields(Rule)} <= told


def test_the_predicate_example_is_a_predicate():
    (example,) = re.findall(r"^    (sex = .*)$", FORMATS, re.MULTILINE)

    assert set(parse_predicate(example).columns) == {"sex", "age", "region", "ethnicity"}


@pytest.mark.parametrize("name", make.PARTS)
def test_a_table_that_is_out_of_date_is_told_and_mended(page, name):
    page.write_text(f"<!-- written: {name} -->\n| as it was |\n<!-- end -->\nwords\n")

    assert any("make docs" in told and told.startswith("page.md") for told in make.find_problems())
    mended = make.rewrite(page.read_text())
    assert "as it was" not in mended
    assert mended.endswith("<!-- end -->\nwords\n")
    assert make.rewrite(mended) == mended


def test_the_limits_are_told_as_they_are():
    assert "| `rows` | 10,000,000 | 100,000,000 |" in make.write_limits()


def test_the_examples_in_python_give_what_they_show(monkeypatch):
    monkeypatch.chdir(make.ROOT)
    examples = make.ROOT / "docs" / "python.md"

    failed, tried = doctest.testfile(
        str(examples), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE, verbose=False
    )

    assert (failed, tried > 10) == (0, True)
