"""A word list is looked for word by word: what came through, what did not, what was invented."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.text.normalize import load_normalizer
from metrics.text.terms import MOST_TERMS, Terms, count_terms, read_terms

LOWER = load_normalizer("lower")
NONE = load_normalizer("none")


def test_occurrences_are_counted_by_hand():
    terms = read_terms("aspirin\nnew york\nyork", "mine", LOWER)
    references = ["aspirin and aspirin", "from new york to york", "nothing here", "", "york"]
    hypotheses = ["aspirin and as prin", "from york to new york", "aspirin nothing new york york", "aspirin", "yorks"]

    found = count_terms(terms, references, hypotheses)

    assert found.n_in_reference.tolist() == [2, 2, 0, 0, 1]
    assert found.n_came_through.tolist() == [1, 2, 0, 0, 0]
    assert found.n_invented.tolist() == [0, 0, 3, 1, 0]
    # aspirin: 2 in references, 1 came through, 2 invented; new york: 1, 1, 1; york: 2, 1, 1
    assert found.per_term().T.tolist() == [[2, 1, 2], [1, 1, 1], [2, 1, 1]]


def test_terms_of_a_slice_are_those_of_its_pairs():
    terms = read_terms("a\nb", "mine", NONE)
    references, hypotheses = ["a b", "a", "b b"], ["a", "b", "b"]
    keep = np.array([True, False, True])

    part = count_terms(terms, references, hypotheses).per_term(keep)

    assert part.tolist() == count_terms(terms, ["a b", "b b"], ["a", "b"]).per_term().tolist()
    assert part.tolist() == [[1, 3], [1, 1], [0, 0]]


def test_the_longest_term_is_found_first_and_none_over_another():
    terms = read_terms("a b\na b c\nc d\nb", "mine", NONE)

    found = count_terms(terms, ["a b c d b a b d"], [""])

    # a b c | d | b | a b | d: "c d" would lie over "a b c"
    assert dict(zip(terms.written, found.per_term()[0].tolist(), strict=True)) == {
        "a b": 1,
        "a b c": 1,
        "c d": 0,
        "b": 1,
    }


def test_a_list_goes_through_the_normalizer_of_the_transcripts():
    terms = read_terms("St. John's  # a place\n\n# a comment\n  Vitamin   B12 ", "mine", LOWER)

    assert terms.written == ("St. John's", "Vitamin B12")
    assert terms.phrases == (("st", "johns"), ("vitamin", "b12"))
    assert terms.findings == ()


def test_a_number_sign_inside_a_word_is_no_comment():
    assert read_terms("C# # a language\n#x", "mine", NONE).written == ("C#",)


def test_terms_that_read_alike_or_vanish_are_told_and_count_once():
    terms = read_terms("Aspirin\naspirin\n...\nASPIRIN!", "mine", LOWER)

    assert terms.written == ("Aspirin",)
    assert [str(finding) for finding in terms.findings] == [
        "word list 'mine' has 2 terms that are twice or read alike after normalising: "
        "'aspirin' (line 2; 'Aspirin' in line 1), 'ASPIRIN!' (line 4; 'Aspirin' in line 1). Each counts once.",
        "word list 'mine' has 1 term that is empty after normalising: '...' (line 3). "
        "Take them out, or choose a normalizer that keeps them.",
    ]
    assert [finding.rows for finding in terms.findings] == [2, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no term"),
        ("# only\n\n  # comments", "holds no term"),
        ("...\n?", "has 2 terms that are empty after normalising"),
        ("x" * (4 * 2**20 + 1), "4,194,305 characters; 4,194,304 are read at most"),
        ("a\n" * (MOST_TERMS + 1), "holds 100,001 terms; 100,000 are read at most"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_the_reason(text, message):
    with pytest.raises(ResultsError, match=message):
        read_terms(text, "mine", LOWER)


_words = st.lists(st.sampled_from("abc"), max_size=12)
_phrases = st.lists(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple), min_size=1, max_size=5, unique=True
)


@given(_phrases, st.lists(st.tuples(_words, _words), max_size=4))
def test_counts_equal_a_plain_search(phrases, pairs):
    terms = Terms("mine", tuple(" ".join(p) for p in phrases), tuple(phrases))

    found = count_terms(terms, [" ".join(r) for r, _ in pairs], [" ".join(h) for _, h in pairs])

    said = [_search(phrases, reference) for reference, _ in pairs]
    heard = [_search(phrases, hypothesis) for _, hypothesis in pairs]
    through = [[min(r.count(p), h.count(p)) for p in phrases] for r, h in zip(said, heard, strict=True)]
    assert found.n_in_reference.tolist() == [len(r) for r in said]
    assert found.n_came_through.tolist() == [sum(t) for t in through]
    assert found.n_invented.tolist() == [len(h) - sum(t) for h, t in zip(heard, through, strict=True)]
    assert found.per_term()[1].tolist() == [sum(t[i] for t in through) for i in range(len(phrases))]


def _search(phrases: list[tuple[str, ...]], words: list[str]) -> list[tuple[str, ...]]:
    found, at = [], 0
    while at < len(words):
        here = [p for p in phrases if tuple(words[at : at + len(p)]) == p]
        longest = max(here, key=len, default=None)
        if longest:
            found.append(longest)
        at += len(longest or "x")
    return found


def test_looking_can_be_cancelled():
    def tell(words: str, done: float) -> None:
        if done > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        count_terms(read_terms("a", "mine", NONE), ["a"] * 20_000, ["b"] * 20_000, tell)
