"""Whatever a stranger calls TOML is read, or refused in words: by every reader, and before any work."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.bounty.terms import parse_terms
from metrics.card_words import Words
from metrics.errors import ResultsError
from metrics.policy import Policy
from metrics.schema import Schema
from metrics.toml import MOST_SIGNS, read_toml
from metrics.two_sets.match import Match

HOSTILE = {
    "lists in lists": ("a = " + "[" * 20_000, "nests"),
    "tables in tables": ("a = " + "{a=" * 20_000, "nests"),
    "closed lists": ("a = " + "[" * 100 + "]" * 100, "nests"),
    "a key with points": ("a" + ".a" * 20_000 + " = 1", "nests"),
    "a key with quoted parts": ("a" + ".'a'" * 200 + " = 1", "nests"),
    "a header with points": ("[a" + ". a" * 20_000 + "]", "nests"),
    "6,000 digits": ("a = " + "9" * 6_000, "too many digits"),
    "6,000 hexadecimal digits": ("a = 0x" + "f" * 6_000, "over 64 bits"),
    "such a number in a list": ("a = [{b = 0x" + "f" * 17 + "}]", "over 64 bits"),
    "a megabyte": ("a = '" + "x" * MOST_SIGNS + "'", "has over 1,000,000 signs"),
    "no TOML": ("a = ", "is no valid TOML"),
}
READERS = [read_toml, Match.loads, Policy.loads, Schema.loads, Words.loads, parse_terms]


@pytest.mark.parametrize("text_and_said", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__qualname__)
def test_a_hostile_text_is_refused_with_its_place_what_was_found_and_a_cure(reader, text_and_said):
    text, said = text_and_said
    with pytest.raises(ResultsError) as caught:
        reader(text, "file 'x.toml'")

    (finding,) = caught.value.findings
    assert (finding.severity, finding.where) == ("stop", "file 'x.toml'")
    assert said in finding.found
    assert finding.cure
    assert len(str(finding)) < 300


def test_what_people_write_is_read():
    text = "note = 'a. b. c. 1.2.3.4 ...'\nn = 9223372036854775807\n[rule.x]\nby = ['sex', 'age']\n"

    assert read_toml(text, "here") == {
        "note": "a. b. c. 1.2.3.4 ...",
        "n": 2**63 - 1,
        "rule": {"x": {"by": ["sex", "age"]}},
    }


@given(st.text("a.='\"[]{}\n0x9,- ", max_size=60))
def test_any_text_is_a_tree_or_no_toml(text):
    try:
        assert isinstance(read_toml(text, "here"), dict)
    except ResultsError as error:
        assert str(error).startswith("here ")
