"""An author's words come back from their file as they were written, and every mistake in it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.basis import Basis
from metrics.card_words import DETAILS, SECTIONS, Words
from metrics.errors import ResultsError

NAMES = [s.name for s in SECTIONS]
ONE, TWO = Basis("1" * 64, "2" * 64, "3" * 64), Basis("4" * 64, "5" * 64, "6" * 64)
# No lone surrogates; line ends are \n, as in every text file.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60).map(str.strip)


@given(
    st.dictionaries(st.sampled_from(NAMES), TEXTS.filter(bool)),
    st.fixed_dictionaries(dict.fromkeys(DETAILS, TEXTS)),
    st.booleans(),
)
def test_words_come_back_as_they_were_written(sections, details, stamped):
    words = Words(sections=sections, **details)
    words = words.confirm(ONE) if stamped and sections else words

    assert Words.loads(words.dumps()) == words


def test_a_blank_file_of_words_holds_every_section_with_what_to_write_in_it():
    text = Words().dumps()

    assert all(f'{name} = ""' in text for name in NAMES)
    assert all(f"# {s.title}. {s.prompt}" in text for s in SECTIONS)


def test_every_section_asks_for_something_of_its_own():
    assert len({s.prompt for s in SECTIONS}) == len(SECTIONS) == 9


def test_every_problem_of_a_file_is_told_at_once():
    text = """
    overviw = "a"
    design = 3
    [written_for.overview]
    files = "x"
    [written_for.fairnes]
    """

    with pytest.raises(ResultsError) as refused:
        Words.loads(text, "card.toml")

    told = [str(f) for f in refused.value.findings]
    assert len(told) == 4
    assert "Did you mean 'overview'?" in told[0]
    assert "'design', which is no text" in told[1]
    assert "what 'overview' was written for" in told[2]
    assert "Did you mean 'fairness'?" in told[3]


@pytest.mark.parametrize(
    "text", ["overview = ", "[[[", "a" * 1_000_001, "written_for = 3", f'overview = "{"x" * 20001}"']
)
def test_what_is_no_file_of_words_is_refused(text):
    with pytest.raises(ResultsError):
        Words.loads(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        words = Words.loads(text)
    except ResultsError as error:
        assert error.findings
    else:
        assert Words.loads(words.dumps()) == words


def test_words_say_what_they_were_written_for():
    words = Words().write("design", "A tree.", ONE).write("overview", "New.", TWO)

    assert Words.loads(words.dumps()).written_for == {"design": ONE, "overview": TWO}


def test_a_stamp_is_given_to_new_words_alone():
    words = Words({"design": "A tree.", "overview": "New."}, written_for={"design": ONE}).stamp(TWO)

    assert words.written_for == {"design": ONE, "overview": TWO}


def test_words_that_still_hold_are_confirmed():
    words = Words({"design": "A tree."}, written_for={"design": ONE}).confirm(TWO)

    assert words.written_for == {"design": TWO}


def test_a_section_without_words_has_no_stamp_in_the_file():
    assert "written_for" not in Words({"design": " "}, written_for={"design": ONE}).dumps()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ResultsError, match="cannot be read"):
        Words.load(tmp_path / "none.toml")


def test_a_file_of_words_with_a_mark_of_its_encoding_is_read(tmp_path):
    (tmp_path / "card.toml").write_text('overview = "Größe"\r\n', encoding="utf-8-sig", newline="")

    assert Words.load(tmp_path / "card.toml").of("overview") == "Größe"
