from __future__ import annotations

import numpy as np
import pytest

from metrics.alignment_sentences import say_errors
from metrics.confusions import find_confusions
from metrics.errors import QuestionError
from metrics.results import read_results
from metrics.schema import Schema
from metrics.scored import score
from metrics.slices import Slice
from metrics.utterances import (
    ERRORS,
    Utterances,
    count_errors,
    find_phrase,
    find_utterances,
    has_transcripts,
    normalize_utterances,
    pair_utterances,
    take_utterances,
    unit_of,
)

ROWS = """id,said,one,two
u1,The cat sat.,the cat sat,a cat
u2,A dog,,a dog
u3,,hello,
u4,four words are here,for words are hear,four words here
u5,one two,one two three four five,one
u6,yes,no,yes
"""
COLUMNS = 'task="transcription"\nid="id"\nreference="said"\nnormalizer="lower"\n'
SYSTEMS = '[[system]]\nname="one"\nhypothesis="one"\n[[system]]\nname="two"\nhypothesis="two"\n'


def read(rows=ROWS, schema=COLUMNS + SYSTEMS):
    results = read_results(rows.encode(), Schema.loads(schema), name="mine.csv")
    return results, score(results)


def places(error, system=0):
    _, scored = read()
    counts = count_errors(scored[system])
    return find_utterances(counts, np.ones(len(counts), bool), error).tolist()


@pytest.mark.parametrize(
    ("error", "expected"),
    {
        # Rates: u1 0, u2 2/2, u3 none, u4 2/4, u5 3/2, u6 1/1.
        "any": [4, 1, 5, 3, 2],
        "substitutions": [5, 3],
        "deletions": [1],
        "insertions": [4, 2],
        "empty": [1],
    }.items(),
)
def test_utterances_with_an_error_come_worst_first(error, expected):
    assert places(error) == expected


def test_every_kind_of_error_can_be_asked_for_and_no_other():
    assert [len(places(error)) for error in ERRORS] == [5, 2, 1, 2, 1]
    with pytest.raises(QuestionError, match="kind of error"):
        places("typos")


def test_only_utterances_of_the_slice_are_found():
    _, scored = read()
    inside = np.array([False, False, False, True, True, False])

    assert find_utterances(count_errors(scored[0]), inside).tolist() == [4, 3]


def test_texts_are_as_written_and_as_compared():
    results, scored = read()
    written = take_utterances(results, scored[0])
    compared = normalize_utterances(results, written)

    assert (written.said[0], compared.said[0]) == ("The cat sat.", "the cat sat")
    assert (written.heard[1], compared.heard[1]) == ("", "")
    assert take_utterances(results, scored[1], np.array([3])).heard == ["four words here"]


def test_a_text_that_is_not_there_is_no_empty_text():
    results, scored = read(schema=COLUMNS + SYSTEMS + '[file]\nmissing=["hello"]\n')
    texts = take_utterances(results, scored[0])

    assert texts.heard[2] is None
    assert not count_errors(scored[0])["known"].iloc[2]


def test_the_sentence_counts_by_hand():
    _, scored = read()

    # Without u3: substitutions 0 + 0 + 2 + 0 + 1, deletions 2, insertions 3 (and hello), words 3 + 2 + 4 + 2 + 1.
    assert say_errors(count_errors(scored[0]), np.ones(6, bool), Slice(), "words") == (
        "Everyone: 9 errors in 12 words; 3 came out as another, 2 were left out and 4 put in. "
        "5 of 6 utterances have one."
    )
    assert say_errors(count_errors(scored[0]), np.zeros(6, bool), Slice(), "words").endswith(
        "no utterance is like that."
    )


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("cat", [0]),
        ("ca", []),
        ("words are", [3]),
        ("are words", []),
        ("three", [4]),
        ("", [0, 3, 4]),
        ("  ", [0, 3, 4]),
    ],
)
def test_a_phrase_is_found_as_whole_words_that_follow_one_another(phrase, expected):
    results, scored = read()
    texts = normalize_utterances(results, take_utterances(results, scored[0]))

    assert find_phrase(texts, np.array([0, 3, 4]), phrase).tolist() == expected


def test_systems_in_columns_share_their_rows():
    results, scored = read()

    assert pair_utterances(results, *scored).tolist() == [0, 1, 2, 3, 4, 5]


LONG = """id,model,said,heard
u1,a,x y,x
u2,a,z,z
u1,b,x y,x y
u3,b,q,q
u4,b,w,w
u4,b,w,v
u4,a,w,w
,a,e,e
"""
IN_ROWS = 'task="transcription"\nid="id"\nsystem_column="model"\nreference="said"\n[[system]]\nhypothesis="heard"\n'


def test_systems_in_rows_are_matched_by_an_id_that_is_clear():
    results, scored = read(LONG, IN_ROWS)
    by_name = {s.system: s for s in scored}

    # u1 stands first in both; u2 is not in b; u4 is twice in b; the last has no id.
    assert pair_utterances(results, by_name["a"], by_name["b"]).tolist() == [0, -1, -1, -1]
    assert take_utterances(results, by_name["b"]).heard == ["x y", "q", "w", "v"]


def test_without_spaces_between_words_characters_are_aligned():
    rows = "said,heard\n今日は天気がいい,今日は元気がいい\n明日も,明日\n"
    results, scored = read(rows, 'task="transcription"\nreference="said"\n[[system]]\nhypothesis="heard"\n')
    texts = normalize_utterances(results, take_utterances(results, scored[0]))
    found = find_confusions(texts.said, texts.heard)

    assert unit_of(scored[0]) == "characters"
    assert [(found.words[s], found.words[h]) for s, h in zip(found.said, found.heard, strict=True)] == [
        ("天", "元"),
        ("も", ""),
    ]
    assert found.n_words.tolist() == count_errors(scored[0])["words"].tolist() == [8, 3]


def test_a_space_between_characters_is_a_sign_of_its_own():
    results, _ = read()
    texts = normalize_utterances(results, Utterances(["天 気"], [None], "characters"))

    assert texts.said == ["天 ␣ 気"]
    assert texts.heard == [None]


def test_counts_of_edits_are_no_transcripts():
    rows = "words,s,d,i\n10,1,1,0\n5,0,0,1\n"
    schema = (
        'task="transcription"\nreference_words="words"\n[[system]]\nsubstitutions="s"\ndeletions="d"\ninsertions="i"\n'
    )
    results, scored = read(rows, schema)

    assert not has_transcripts(results)
    assert has_transcripts(read()[0])
    with pytest.raises(QuestionError, match="transcripts"):
        take_utterances(results, scored[0])
