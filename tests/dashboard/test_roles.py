from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.roles import fold_email, is_email, may_change, may_read

ANN, BOB = "ann@example.org", "bob@example.org"


@dataclass(frozen=True)
class Report:
    owner: str = ANN
    readers: tuple[str, ...] | None = ()


@pytest.mark.parametrize(
    ("report", "person", "reads"),
    [
        (Report(readers=None), "", True),
        (Report(readers=None), BOB, True),
        (Report(readers=()), ANN, True),
        (Report(readers=()), BOB, False),
        (Report(readers=(BOB,)), BOB, True),
        (Report(readers=(BOB,)), "Bob@Example.ORG", True),
        (Report(readers=(" Bob@example.org",)), BOB, True),
        (Report(readers=(BOB,)), "bob@example.org.evil.example", False),
        (Report(readers=(BOB,)), "bob@example.or", False),
        (Report(readers=(BOB,)), "evil-bob@example.org", False),
        (Report(readers=(BOB,)), "", False),
        (Report(readers=("",)), "", False),
        (Report(owner="", readers=()), "", False),
        (Report(owner="", readers=(" ",)), "  ", False),
    ],
)
def test_a_report_is_read_by_its_owner_and_its_readers_or_by_whoever_has_the_link(report, person, reads):
    assert may_read(report, person) is reads


@pytest.mark.parametrize(
    ("owner", "person", "changes"),
    [(ANN, ANN, True), (ANN, "ANN@example.org", True), (ANN, BOB, False), (ANN, "", False), ("", "", False)],
)
def test_a_report_is_changed_by_its_owner_alone(owner, person, changes):
    assert may_change(Report(owner, None), person) is changes


@pytest.mark.parametrize(
    ("one", "other"),
    [("kate@example.org", "\u212aate@example.org"), ("strasse@example.org", "straße@example.org")],
)
def test_letters_that_unicode_runs_together_are_two_people(one, other):
    assert one.casefold() == other.casefold()
    assert not may_read(Report(readers=(one,)), other)


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=4))
def test_whoever_reads_a_closed_report_is_named_on_it(person, readers):
    report = Report(readers=tuple(readers))

    if may_read(report, person):
        assert fold_email(person) in {fold_email(name) for name in [ANN, *readers]} - {""}


@given(st.text(max_size=20))
def test_nobody_is_never_named(name):
    assert not may_read(Report(owner=name, readers=(name,)), "")


@pytest.mark.parametrize("text", ["", "ann", "@example.org", "ann@", "a b@example.org", f"{'a' * 250}@example.org"])
def test_what_cannot_be_an_email_is_none(text):
    assert not is_email(text)
