"""Numbers know what they were computed from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metrics.basis import Basis, basis_of, name_changes
from tests.metrics.documents import POLICY, QUESTION, ROWS, make


def test_the_same_file_schema_and_question_have_one_basis():
    assert basis_of(make()) == basis_of(make())


def test_a_file_under_another_name_is_the_same_file():
    document = make()
    renamed = replace(document, receipts=tuple(replace(r, name="other.csv") for r in document.receipts))

    assert basis_of(renamed) == basis_of(document)


def test_another_row_changes_the_file_alone():
    before, after = basis_of(make()), basis_of(make(ROWS + "999,f,old,1,1,n\n"))

    assert before.changes(after) == ("files",)


def test_another_definition_changes_the_schema_alone():
    document = make()
    other = replace(document, schema=replace(document.schema, favourable="negative"))

    assert basis_of(document).changes(basis_of(other)) == ("schema",)


@pytest.mark.parametrize(
    "change",
    [{"question": replace(QUESTION, confidence=0.9)}, {"policy": None}, {"question": replace(QUESTION, by=())}],
)
def test_another_question_or_policy_changes_the_settings_alone(change):
    document = make(policy=POLICY)

    assert basis_of(document).changes(basis_of(replace(document, **change))) == ("settings",)


def test_what_changed_is_said_in_words():
    assert name_changes(("files", "settings")).startswith("the file and the settings")


@pytest.mark.parametrize("text", ["", "x" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_no_digest_is_no_basis(text):
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Basis(text, "0" * 64, "0" * 64)
