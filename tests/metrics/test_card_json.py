"""A card's JSON is read by what reads the Model Card Toolkit's."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import pytest

from metrics.card import make_card
from metrics.card_json import card_tree, write_card_json
from metrics.card_words import SECTIONS, Words
from metrics.question import Question
from tests.metrics.documents import ROWS, make

# Unchanged from the package model-card-toolkit 2.0.0; see model_card.schema.md.
SCHEMA = json.loads((Path(__file__).parent / "model_card.schema.json").read_text(encoding="utf-8"))
WORDS = Words(
    {s.name: f"On {s.title}.\n\nMore." for s in SECTIONS}, "Loans", "2", "A Bank", "a@b.example", "Apache-2.0"
)
QUESTION = Question(by=("sex",), metrics=("selection_rate", "accuracy"))


def closed(tree):
    """The schema with every key that it does not name forbidden: the Toolkit's reader refuses such keys, too."""
    if isinstance(tree, dict):
        own = {key: closed(value) for key, value in tree.items()}
        return {**own, "additionalProperties": False} if tree.get("type") == "object" and "properties" in tree else own
    return [closed(entry) for entry in tree] if isinstance(tree, list) else tree


def tree_of(words=WORDS, **options):
    document = make(**options)
    return json.loads(write_card_json(make_card(document, words), document)), document


@pytest.mark.parametrize("words", [WORDS, Words(), Words(license="All rights reserved, by us"), Words(owner="A Bank")])
@pytest.mark.parametrize("options", [{}, {"question": QUESTION, "policy": None}, {"question": Question(by=())}])
def test_the_json_is_valid_by_the_published_schema(words, options):
    tree, _ = tree_of(words, **options)

    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(tree, SCHEMA, cls=jsonschema.Draft7Validator)


def test_it_has_no_keys_of_its_own():
    tree, _ = tree_of()

    jsonschema.validate(tree, closed(SCHEMA), cls=jsonschema.Draft7Validator)


def test_a_schema_that_forbids_more_keys_would_notice_one():
    tree, _ = tree_of()
    tree["model_details"]["digest"] = "x"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tree, closed(SCHEMA), cls=jsonschema.Draft7Validator)


def test_every_value_that_holds_is_there_with_slice_and_interval():
    tree, document = tree_of(question=QUESTION)

    found = {(m["type"], m["slice"]): m for m in tree["quantitative_analysis"]["performance_metrics"]}
    rows = document.estimates[document.estimates["status"] == "ok"].to_dict("records")
    assert len(rows) > 6
    for row in rows:
        told = found[row["metric"], str(row["slice"])]
        assert float(told["value"]) == row["value"]
        interval = told["confidence_interval"]
        assert (float(interval["lower_bound"]), float(interval["upper_bound"])) == (row["low"], row["high"])


def test_differences_say_from_what():
    tree, document = tree_of(question=QUESTION)

    row = next(r for r in document.disparities.to_dict("records") if r["status"] == "ok" and r["metric"] == "accuracy")
    kind = "accuracy, difference from everyone else"
    told = next(
        m
        for m in tree["quantitative_analysis"]["performance_metrics"]
        if (m["type"], m["slice"]) == (kind, str(row["slice"]))
    )
    assert float(told["value"]) == row["value"]


def test_groups_without_data_or_with_too_few_units_are_named_as_limits_not_told_as_values():
    tree, document = tree_of(question=QUESTION)

    few = {str(s) for s, status in zip(document.estimates["slice"], document.estimates["status"], strict=True)} - {
        str(s)
        for s, status in zip(document.estimates["slice"], document.estimates["status"], strict=True)
        if status == "ok"
    }
    assert few == {"sex is missing"}
    assert not few & {m["slice"] for m in tree["quantitative_analysis"]["performance_metrics"]}
    assert any("too few units" in limit["description"] for limit in tree["considerations"]["limitations"])


def test_infinite_limits_are_left_out():
    text = ROWS + "".join(f"{700 + i},q,old,0,1,n\n" for i in range(40))
    document = make(text, Question(by=("sex",), kinds=("ratio",)))
    infinite = [not math.isfinite(high) for high in document.disparities["high"]]

    text = write_card_json(make_card(document), document)

    assert any(infinite)
    assert "Infinity" not in text and 'inf"' not in text and "nan" not in text


def test_words_stand_where_the_form_has_a_place_for_them():
    tree, document = tree_of()

    assert tree["schema_version"] == "0.0.2"
    details, considered = tree["model_details"], tree["considerations"]
    assert (details["name"], details["overview"]) == ("Loans", "On Overview.\n\nMore.")
    assert details["owners"] == [{"name": "A Bank", "contact": "a@b.example"}]
    assert details["version"] == {"name": "2", "date": "2026-01-31"}
    assert details["licenses"] == [{"identifier": "Apache-2.0"}]
    assert "On Governance." in details["documentation"]
    assert considered["use_cases"] == [{"description": "On Intended use and limits."}, {"description": "More."}]
    assert {"description": "On Robustness."} in considered["limitations"]
    assert considered["tradeoffs"][0] == {"description": "On Fairness and bias."}
    assert considered["ethical_considerations"][0]["mitigation_strategy"] == "On Governance.\n\nMore."
    assert tree["model_parameters"]["model_architecture"] == "On Design.\n\nMore."
    assert document.receipts[0].sha256 in tree["model_parameters"]["data"][0]["description"]


def test_of_words_that_nobody_wrote_none_are_invented():
    tree, _ = tree_of(Words())

    assert "use_cases" not in tree["considerations"]
    assert "model_architecture" not in tree["model_parameters"]
    assert tree["model_details"]["overview"] == "Not written yet."


def test_the_tree_is_what_is_written():
    document = make()
    card = make_card(document, WORDS)

    assert json.loads(write_card_json(card, document)) == card_tree(card, document)
