"""A service card: the author's words, the numbers of a document, and what of both is stale."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metrics.basis import basis_of
from metrics.card import NOT_WRITTEN, choose_headlines, is_stale, make_card, stale_sections
from metrics.card_words import SECTIONS, Words
from metrics.errors import ResultsError
from metrics.question import Question
from metrics.sentences import say_value
from tests.metrics.documents import QUESTION, ROWS, make

CHANGED = ROWS + "".join(f"{900 + i},f,old,0,1,n\n" for i in range(40))
NUMBERED = Question(by=("sex",), metrics=("selection_rate", "accuracy"))


def test_a_card_has_the_nine_sections_in_order_with_their_prompts():
    card = make_card(make())

    assert [s.title for s in card.sections] == [
        "Overview",
        "Intended use and limits",
        "Design",
        "How it was tested",
        "Fairness and bias",
        "Robustness",
        "Transparency",
        "Governance",
        "Best practice",
    ]
    assert [s.prompt for s in card.sections] == [s.prompt for s in SECTIONS]


def test_a_section_without_words_says_that_it_is_not_written_yet():
    card = make_card(make(), Words({"design": "A tree."}))

    assert card["design"].text == "A tree."
    assert [s.text for s in card.sections if not s.is_written] == [f"{NOT_WRITTEN}."] * 8


def test_the_values_of_everyone_stand_in_the_overview_as_they_were_measured():
    document = make(question=NUMBERED)
    (table,) = make_card(document)["overview"].tables

    rows = document.estimates[[not s.levels for s in document.estimates["slice"]]].to_dict("records")
    assert {r["metric"]: say_value(r, document.metrics[r["metric"]]) for r in rows} == {
        "selection_rate": table.rows[0][1],
        "accuracy": table.rows[1][1],
    }


def test_every_group_stands_under_fairness_the_worst_first_with_its_interval_and_counts():
    document = make(question=replace(NUMBERED, metrics=("accuracy",)))
    (table,) = make_card(document)["fairness"].tables

    # x: 20 of 40 right; f 90 and m 120 of 120; one group is missing.
    assert table.rows[0][0] == "sex = x"
    assert table.rows[0][3] == "20 of 40"
    assert len(table.rows) == 4


def test_files_and_groups_stand_under_how_it_was_tested():
    document = make()
    files, groups, _ = make_card(document)["testing"].tables

    assert files.rows == (("people.csv", "281", "281", document.receipts[0].sha256),)
    assert [row[:2] for row in groups.rows] == [("sex", "4"), ("age", "2")]


def test_verdicts_that_did_not_pass_stand_under_governance():
    card = make_card(make())["governance"]

    assert card.facts[0].startswith("Judged by the policy Fair: ")
    assert all(row[2] != "pass" for row in card.tables[0].rows)


def test_without_a_policy_governance_says_so():
    assert make_card(make(policy=None))["governance"].facts == ("No policy was applied to these numbers.",)


def test_the_receipt_names_digests_and_versions():
    document = make()
    (table,) = make_card(document)["transparency"].tables

    told = dict(table.rows)
    assert told["Schema"] == basis_of(document).schema
    assert told["fairness-dashboard"] == document.versions["fairness-dashboard"]


def test_numbers_are_filled_into_the_words_and_known_by_their_digests():
    document = make(question=NUMBERED)
    section = make_card(document, Words({"overview": "It selects {selection_rate}."}))["overview"]

    assert section.text == "It selects 18 % [14, 23]."
    assert [n.metric for n in section.numbers] == ["selection_rate"]
    assert section.basis == basis_of(document)


def test_filling_again_keeps_the_words_and_changes_the_numbers():
    words = Words({"overview": "It selects {selection_rate}."})
    before, after = make_card(make(), words), make_card(make(CHANGED), words)

    assert before["overview"].text.startswith("It selects ") and after["overview"].text.startswith("It selects ")
    assert before["overview"].text != after["overview"].text


def test_placeholders_of_all_sections_that_cannot_be_filled_are_told_at_once():
    words = Words({"overview": "{acuracy}", "design": "{selection_rate: sex = q}"})

    with pytest.raises(ResultsError) as refused:
        make_card(make(), words)

    told = [str(f) for f in refused.value.findings]
    assert "section 'overview', {acuracy}" in told[0] and "Did you mean 'accuracy'?" in told[0]
    assert "section 'design'" in told[1]


def test_a_card_of_the_document_it_was_made_of_is_not_stale():
    document = make()
    card = make_card(document, Words({"best_practice": "Test."}).stamp(basis_of(document)))

    assert not is_stale(card, make())


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (lambda: make(CHANGED), ("files",)),
        (lambda: make(question=replace(QUESTION, confidence=0.9)), ("settings",)),
        (lambda: replace(make(), schema=replace(make().schema, favourable="negative")), ("schema",)),
    ],
)
def test_numbers_are_stale_once_the_file_the_schema_or_the_settings_change(other, what):
    stale = stale_sections(make_card(make()), other())

    assert set(stale.values()) == {what}
    assert "overview" in stale and "fairness" in stale
    assert "best_practice" not in stale  # it has neither numbers nor words


def test_words_are_stale_that_were_written_for_other_data():
    words = Words({"design": "A tree.", "best_practice": "Test."}).write("overview", "New.", basis_of(make(CHANGED)))
    words = words.confirm(basis_of(make()), "design", "best_practice")
    card = make_card(make(CHANGED), words)

    assert {s.name: s.changes for s in card.sections if s.changes} == {
        "design": ("files",),
        "best_practice": ("files",),
    }
    assert set(stale_sections(card, make(CHANGED))) == {"design", "best_practice"}


def test_words_of_which_nobody_knows_when_they_were_written_are_not_called_stale():
    assert make_card(make(), Words({"design": "A tree."}))["design"].changes == ()


def test_headlines_are_the_metrics_asked_for_else_those_that_criteria_look_at():
    asked = make(question=replace(NUMBERED, metrics=("accuracy", "selection_rate")))

    assert [m.name for m in choose_headlines(asked)] == ["accuracy", "selection_rate"]
    assert [m.name for m in choose_headlines(make())][:3] == [
        "selection_rate",
        "true_positive_rate",
        "false_positive_rate",
    ]


def test_names_of_the_service_are_the_authors():
    card = make_card(make(), Words(title="Loans", version="2", owner="A Bank", contact="a@b.example", license="MIT"))

    assert (card.title, card.version, card.owner, card.contact, card.license) == (
        "Loans",
        "2",
        "A Bank",
        "a@b.example",
        "MIT",
    )
    assert make_card(make()).title == "Fairness of people.csv"
