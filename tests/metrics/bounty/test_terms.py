"""The terms of a bounty: read strictly, every mistake at once, and written as they are read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metrics.bounty.terms import FILE_NAME, Shares, Terms, parse_terms, read_terms, write_terms
from metrics.errors import ResultsError

GOOD = """\
name = "Loans"
rows = "rows.csv"
labels = "labels.csv"
id = "id"
label = "repaid"
baseline = "model"
task = "classification"
loss = "error"
alpha = 0.002
minimum_group = 25
cluster = "branch"
features = ["sex", "age"]
dictionary = "dictionary.csv"

[split]
seed = 7
explore = 0.4
validation = 0.4
sealed = 0.2
"""


def refuse(text: str) -> str:
    with pytest.raises(ResultsError) as raised:
        parse_terms(text)
    return str(raised.value)


def test_every_key_is_read():
    assert parse_terms(GOOD) == Terms(
        name="Loans",
        rows="rows.csv",
        id="id",
        label="repaid",
        baseline="model",
        split=Shares(7, 0.4, 0.4, 0.2),
        alpha=0.002,
        minimum_group=25,
        labels="labels.csv",
        cluster="branch",
        features=("sex", "age"),
        dictionary="dictionary.csv",
    )


def test_the_split_may_stand_in_one_line_or_be_a_column():
    head = 'rows = "r.csv"\nid = "i"\nlabel = "l"\nbaseline = "b"\n'

    inline = parse_terms(head + "split = { seed = 1, explore = 0, validation = 1, sealed = 0 }")

    assert inline.split == Shares(1, 0.0, 1.0, 0.0)
    assert parse_terms(head + 'split = "part"').split == "part"


def test_a_regression_has_the_squared_loss_where_none_is_named():
    head = 'rows = "r.csv"\nid = "i"\nlabel = "l"\nbaseline = "b"\nsplit = "s"\n'

    assert parse_terms(head + 'task = "regression"').loss == "squared"
    assert parse_terms(head).loss == "error"


@pytest.mark.parametrize(
    "terms",
    [
        parse_terms(GOOD),
        replace(parse_terms(GOOD), split="part", features=None, labels=None, cluster=None, dictionary=None),
        Terms('A "name" \\ of\nmany', "r.csv", "i d", "l", "b", Shares(0, 0, 1, 0), "regression", "absolute"),
    ],
)
def test_written_terms_are_read_as_they_were(terms):
    assert parse_terms(write_terms(terms)) == terms


def test_all_mistakes_are_told_at_once():
    said = refuse(
        'rows = "rows.csv"\nid = 7\nlabl = "repaid"\nbaseline = "model"\ntask = "regresion"\n'
        "alpha = -0.1\nminimum_group = 0\nsplit = { sed = 7, explore = 0.4, validation = 0.4, sealed = 0.2 }\n"
    )

    for told in (
        "has id = 7. Write a text in quotes.",
        "has 'labl', which it does not know. Did you mean 'label'?",
        "says nothing of 'label'.",
        "has task = 'regresion'. Did you mean 'regression'?",
        "has alpha = -0.1.",
        "has minimum_group = 0.",
        "has 'sed' in 'split', which it does not know. Did you mean 'seed'?",
        "says nothing of 'seed' in 'split'.",
    ):
        assert told in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("alpha = 0.002", "alpha = nan", "Write a finite number."),
        ("alpha = 0.002", "alpha = true", "Write a number."),
        ("alpha = 0.002", "alpha = 1", "from 0 to below 1"),
        ("minimum_group = 25", "minimum_group = 2.5", "Write a whole number."),
        ('rows = "rows.csv"', 'rows = " "', "has an empty 'rows'"),
        ("sealed = 0.2", "sealed = 0.3", "add up to 1.1"),
        ("explore = 0.4\nvalidation = 0.4", "explore = 0.8\nvalidation = 0", "that of validation above 0"),
        ("explore = 0.4\nvalidation = 0.4", "explore = -0.2\nvalidation = 1", "Write shares from 0 up"),
        ('loss = "error"', 'loss = "log"', "It is one of: error, squared, absolute."),
        ('task = "classification"', 'task = "regression"', "counts errors of a regression"),
        ('label = "repaid"', 'label = "model"', "names the column 'model' for 'label' and 'baseline'"),
        ('features = ["sex", "age"]', 'features = ["sex", "sex"]', "names 'sex' twice"),
        ('features = ["sex", "age"]', "features = []", "groups may name every column"),
        ('features = ["sex", "age"]', 'features = ["sex", 3]', "groups may name every column"),
        ('features = ["sex", "age"]', 'features = ["repaid"]', "has the column 'repaid' among the features"),
        ('name = "Loans"', "name = Loans", "is no valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_cure(old, new, said):
    assert said in refuse(GOOD.replace(old, new))


def test_a_folder_without_terms_is_no_bounty(tmp_path):
    with pytest.raises(ResultsError, match=f"has no {FILE_NAME}"):
        read_terms(tmp_path)


def test_terms_that_are_no_text_are_refused(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ResultsError, match="UTF-8"):
        read_terms(tmp_path)
