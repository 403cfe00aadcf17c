"""An alignment shows what was counted."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from metrics.text.alignments import align, count_confusions
from metrics.text.edits import count_edits
from tests.metrics.text.pairs import make_pairs, texts


@given(texts(), texts())
def test_an_alignment_holds_both_texts_and_adds_up_to_the_counts(reference, hypothesis):
    steps = align(reference, hypothesis)
    words, _ = count_edits([reference], [hypothesis])

    assert [step.reference for step in steps if step.op != "insertion"] == reference.split()
    assert [step.hypothesis for step in steps if step.op != "deletion"] == hypothesis.split()
    assert all((step.op == "hit") == (step.reference == step.hypothesis) for step in steps)
    ops = Counter(step.op for step in steps)
    counted = words.hits[0], words.substitutions[0], words.deletions[0], words.insertions[0]
    assert tuple(ops[op] for op in ("hit", "substitution", "deletion", "insertion")) == counted


def test_a_missing_word_is_an_empty_text():
    assert align("please stop now", "stop it") == [
        ("deletion", "please", ""),
        ("hit", "stop", "stop"),
        ("substitution", "now", "it"),
    ]
    assert align("", "") == []


def test_confusions_are_counted_and_sorted_by_frequency_then_alphabet():
    found = count_confusions(
        [("a cat", "a bat"), ("the cat", "the bat"), ("x dog", "x fog"), ("one", ""), ("", "so"), ("", "oh so")]
    )

    assert list(found.substituted.items()) == [(("cat", "bat"), 2), (("dog", "fog"), 1)]
    assert list(found.deleted.items()) == [("one", 1)]
    assert list(found.inserted.items()) == [("so", 2), ("oh", 1)]


def test_confusions_add_up_to_the_counts():
    references, hypotheses = make_pairs(2_000, seed=3)
    words, _ = count_edits(references, hypotheses)

    found = count_confusions(zip(references, hypotheses, strict=True))

    totals = found.substituted.total(), found.deleted.total(), found.inserted.total()
    assert totals == (words.substitutions.sum(), words.deletions.sum(), words.insertions.sum())


def test_counting_confusions_can_be_cancelled():
    def tell(words: str, done: float) -> None:
        if done > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        count_confusions([("a", "b")] * 5_000, tell)
