"""Edits are those of jiwer, utterance by utterance, and their totals those of kaldialign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jiwer
import kaldialign
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.text.edits import Edits, count_edits
from tests.metrics.text.pairs import make_pairs, texts

N_PAIRS = 100_000


@pytest.fixture(scope="module")
def pairs() -> tuple[list[str], list[str]]:
    return make_pairs(N_PAIRS, seed=20_260_101)


@pytest.fixture(scope="module")
def counted(pairs: tuple[list[str], list[str]]) -> tuple[Edits, Edits]:
    return count_edits(*pairs)


def _table(edits: Edits) -> list[list[int]]:
    return np.array([edits.hits, edits.substitutions, edits.deletions, edits.insertions]).T.tolist()


def _jiwer(process: Callable[..., Any], references: list[str], hypotheses: list[str]) -> list[list[int]]:
    """Count with jiwer: its alignment of each pair, added up by kind."""
    table = []
    for chunks in process(references, hypotheses).alignments:
        counts = dict.fromkeys(("equal", "substitute", "delete", "insert"), 0)
        for chunk in chunks:
            is_insertion = chunk.type == "insert"
            end, start = (
                (chunk.hyp_end_idx, chunk.hyp_start_idx) if is_insertion else (chunk.ref_end_idx, chunk.ref_start_idx)
            )
            counts[chunk.type] += end - start
        table.append(list(counts.values()))
    return table


def test_words_equal_jiwer_in_a_hundred_thousand_pairs(pairs, counted):
    for start in range(0, N_PAIRS, 10_000):
        part = slice(start, start + 10_000)
        assert _table(counted[0])[part] == _jiwer(jiwer.process_words, pairs[0][part], pairs[1][part])


def test_characters_equal_jiwer_in_a_hundred_thousand_pairs(pairs, counted):
    for start in range(0, N_PAIRS, 10_000):
        part = slice(start, start + 10_000)
        assert _table(counted[1])[part] == _jiwer(jiwer.process_characters, pairs[0][part], pairs[1][part])


def test_totals_equal_kaldialign_in_a_hundred_thousand_pairs(pairs, counted):
    totals = [kaldialign.edit_distance(r.split(), h.split())["total"] for r, h in zip(*pairs, strict=True)]

    assert counted[0].edits.tolist() == totals


def test_totals_of_characters_equal_kaldialign(pairs, counted):
    few = 10_000
    totals = [
        kaldialign.edit_distance(list(r), list(h))["total"] for r, h in zip(pairs[0][:few], pairs[1][:few], strict=True)
    ]

    assert counted[1].edits[:few].tolist() == totals


@given(st.lists(st.tuples(texts(), texts()), min_size=1, max_size=5))
def test_any_texts_are_counted_as_jiwer_counts_them(pairs):
    references, hypotheses = (list(side) for side in zip(*pairs, strict=True))

    words, characters = count_edits(references, hypotheses)

    assert _table(words) == _jiwer(jiwer.process_words, references, hypotheses)
    assert _table(characters) == _jiwer(jiwer.process_characters, references, hypotheses)


def test_long_texts_are_counted_as_jiwer_counts_them():
    """Above about 2,000 words rapidfuzz aligns in halves, and the split may be another."""
    said, heard = make_pairs(600, seed=5)
    references, hypotheses = [" ".join(said), "a b " * 2_000], [" ".join(heard), "b a c " * 1_500]

    words, characters = count_edits(references, hypotheses)

    assert _table(words) == _jiwer(jiwer.process_words, references, hypotheses)
    assert _table(characters) == _jiwer(jiwer.process_characters, references, hypotheses)


def test_a_hand_count_of_every_kind_of_edit():
    words, characters = count_edits(["the cat sat on the mat"], ["a cat sat the mat now"])

    assert _table(words) == [[4, 1, 1, 1]]  # the > a, on is missing, now is new
    assert words.reference_length.tolist() == [6]
    assert words.edits.tolist() == [3]
    assert characters.reference_length.tolist() == [22]  # 17 letters and the 5 spaces between words


def test_an_empty_reference_makes_insertions_of_all_words_heard():
    words, characters = count_edits(["", "  ", "", "ab c"], ["ab c", "d", "", ""])

    assert _table(words) == [[0, 0, 0, 2], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 2, 0]]
    assert _table(characters) == [[0, 0, 0, 4], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 4, 0]]


@pytest.mark.parametrize("space", ["\t", "\n", "\u00a0", "\u3000", " \u2009 "])
def test_words_split_at_white_space_of_any_kind(space):
    words, _ = count_edits([f"one{space}two three"], ["one two three"])

    assert _table(words) == [[3, 0, 0, 0]]


def test_no_pairs_make_empty_counts():
    words, characters = count_edits([], [])

    assert len(words) == len(characters) == 0


def test_sides_of_different_length_are_refused():
    with pytest.raises(ValueError, match="Each reference has one hypothesis; got 2 and 1"):
        count_edits(["a", "b"], ["a"])


def test_parts_of_different_length_are_refused():
    with pytest.raises(ValueError, match="one length"):
        Edits(*(np.zeros(n, np.int32) for n in (1, 1, 1, 2)))


def test_counting_tells_how_far_it_is_and_can_be_cancelled_between_blocks():
    told: list[float] = []
    references, hypotheses = ["a b c d " * 1_000] * 50, ["b a d " * 1_200] * 50

    def tell(words: str, done: float) -> None:
        told.append(done)
        if len(told) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        count_edits(references, hypotheses, tell)

    assert told == sorted(told) and 0 == told[0] < told[-1] < 1
