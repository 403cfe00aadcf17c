"""Transcripts are read as text, guessed with reasons, and what is odd about them is said."""

from __future__ import annotations

import pandas as pd
import pytest

from metrics import FileOptions, Schema, System, count_cells, estimate, read_results, score
from metrics.errors import ResultsError

CALLS = b"""utt_id,speaker,accent,reference,hyp_a,hyp_b
1,ann,scottish,turn the light on,turn the light on,turn light on
2,ann,scottish,null and void,null and void,
3,bob,welsh,NA,NA,N A
4,bob,welsh,,uh,
"""


def values(results, metric: str, system: str) -> dict[str, float]:
    found = estimate(count_cells(score(results)), ["accent"], [metric])
    found = found[found["system"] == system]
    return dict(zip(found["slice"].map(str), found["value"], strict=True))


def test_the_task_and_every_column_are_guessed():
    schema = read_results(CALLS).schema

    assert schema.task == "transcription"
    assert schema.columns == {"id": "utt_id", "cluster": "speaker", "reference": "reference"}
    assert [dict(s.columns) for s in schema.systems] == [{"hypothesis": "hyp_a"}, {"hypothesis": "hyp_b"}]
    assert [a.column for a in schema.attributes] == ["accent"]


def test_an_empty_transcript_is_all_words_deleted_and_an_empty_reference_adds_its_insertions():
    results = read_results(CALLS)

    assert results.columns["reference"].tolist() == ["turn the light on", "null and void", "NA", ""]
    assert results.answers[1]["hypothesis"].tolist() == ["turn light on", "", "N A", ""]
    # a: 0 of 7 words; one word invented where nothing was said, and NA right: 1 of 1.
    assert values(results, "word_error_rate", "hyp_a") == {
        "everyone": 1 / 8,
        "accent = scottish": 0.0,
        "accent = welsh": 1.0,
    }
    # b: one deletion of 4, three of 3; "N A" for "NA" is a substitution and an insertion.
    assert values(results, "word_error_rate", "hyp_b")["accent = scottish"] == 4 / 7
    assert values(results, "word_error_rate", "hyp_b")["accent = welsh"] == 2.0
    assert values(results, "empty_output_rate", "hyp_b")["everyone"] == 0.5


def test_words_that_look_like_missing_are_words_until_somebody_says_otherwise():
    told = [f for f in read_results(CALLS).findings if "'NA'" in f.found]
    results = read_results(CALLS, Schema(file=FileOptions(missing=("NA",))))

    assert any("read as a word" in f.found and "--missing 'NA'" in f.cure for f in told)
    assert results.columns["reference"].tolist() == ["turn the light on", "null and void", None, ""]
    assert values(results, "word_error_rate", "hyp_a")["accent = welsh"] != 1.0  # the one known utterance has no words


def test_units_are_utterances_and_counts_are_edits_and_words():
    found = estimate(count_cells(score(read_results(CALLS))), [], ["word_error_rate"], min_units=4).iloc[0]

    assert (found["top"], found["below"], found["units"], found["clusters"]) == (1, 8, 4, 2)
    assert found["status"] == "too few"  # three utterances have words, and there are two speakers


def test_without_speakers_it_is_said_that_intervals_are_too_narrow():
    told = read_results(b"reference,hypothesis,noise\nso it is,so it is,low\nno it is not,no it is,high\n").findings

    assert any(f.where == "the speakers" and f.severity == "warn" for f in told)


def test_sides_that_are_written_differently_are_told():
    text = b"speaker,reference,hypothesis\n" + b"".join(
        f'{i % 3},"Well, that is {i}.",well that is number {i}\n'.encode() for i in range(20)
    )

    told = [f for f in read_results(text).findings if "written differently" in f.found]
    normal = read_results(text, Schema(normalizer="lower"))

    assert len(told) == 1 and "capitals in 100% against 0%" in told[0].found
    assert not [f for f in normal.findings if "written differently" in f.found]
    assert [f for f in normal.findings if "'lower'" in f.found and normal.normalizer.digest in f.found]


def test_a_placeholder_that_stands_for_no_answer_is_told():
    rows = "".join(f"{i},this is number {i},{'could not understand' if i % 2 else 'this is it'}\n" for i in range(20))

    told = read_results(("speaker,reference,hypothesis\n" + rows).encode()).findings

    assert any("'could not understand' in 10 of 20 rows" in f.found for f in told)


def test_counts_of_edits_need_no_text():
    text = (
        b"accent,speaker,reference_words,substitutions,deletions,insertions\na,x,10,1,2,0\na,y,5,0,0,0\nb,z,8,4,4,3\n"
    )
    results = read_results(text)
    cubes = count_cells(score(results))

    assert results.schema.task == "transcription"
    found = estimate(cubes, ["accent"], ["word_error_rate", "deletion_rate", "empty_output_rate"])
    told = {(str(s), m): v for s, m, v in zip(found["slice"], found["metric"], found["value"], strict=True)}
    assert told["accent = a", "word_error_rate"] == 3 / 15
    assert told["accent = b", "word_error_rate"] == 11 / 8
    assert told["accent = a", "deletion_rate"] == 2 / 15
    assert "character_error_rate" not in cubes.metrics


def test_rates_with_their_words_need_no_counts():
    results = read_results(b"accent,speaker,words,wer\na,x,10,0.3\na,y,20,0.15\nb,z,8,1.375\nb,z,0,0\n")
    cubes = count_cells(score(results))

    found = estimate(cubes, ["accent"], ["word_error_rate", "mean_speaker_word_error_rate"])
    told = {(str(s), m): v for s, m, v in zip(found["slice"], found["metric"], found["value"], strict=True)}
    assert told["accent = a", "word_error_rate"] == pytest.approx(6 / 30)
    assert told["accent = b", "word_error_rate"] == pytest.approx(11 / 8)
    assert told["accent = a", "mean_speaker_word_error_rate"] == pytest.approx((0.3 + 0.15) / 2)
    assert "deletion_rate" not in cubes.metrics


@pytest.mark.parametrize(
    ("row", "says"),
    [("10,-1,0,0", "no whole number"), ("10,1.5,0,0", "no whole number"), ("2,2,2,0", "more words substituted")],
)
def test_counts_that_cannot_be_are_refused(row: str, says: str):
    text = f"reference_words,substitutions,deletions,insertions\n10,1,1,1\n{row}\n"

    with pytest.raises(ResultsError, match=says):
        read_results(text.encode())


def test_a_dataframe_without_a_transcript_has_none_and_one_with_an_empty_one_has_deletions():
    frame = pd.DataFrame({"speaker": list("aab"), "reference": ["one two", "three", "four"], "hyp": [None, "", "four"]})

    results = read_results(frame, Schema(systems=(System(None, {"hypothesis": "hyp"}),)))
    found = estimate(count_cells(score(results)), [], ["word_error_rate"]).iloc[0]

    assert results.answers[0]["hypothesis"].tolist() == [None, "", "four"]
    assert (found["top"], found["below"], found["units"]) == (1, 2, 2)


def test_a_classifier_of_sentences_is_no_transcription():
    text = b"text,label,prediction\nwhat a lovely day,good,good\nthis is dreadful,bad,good\nall is well,good,good\n"

    assert read_results(text).schema.task == "classification"


def test_text_without_spaces_is_measured_by_character_first():
    text = "speaker,reference,hypothesis\nx,今天天气很好,今天天气很好\ny,我们去公园玩,我们去公院玩\n".encode()
    results = read_results(text)

    assert next(iter(count_cells(score(results)).metrics)) == "character_error_rate"
    assert any("written without spaces" in f.found for f in results.findings)


def test_listed_terms_are_followed_through(tmp_path):
    (tmp_path / "terms.txt").write_text("aspirin\nnew york\n")
    (tmp_path / "schema.toml").write_text('normalizer = "lower"\nterms = "terms.txt"\n')
    text = b"ward,speaker,reference,hypothesis\na,x,Aspirin in New York,aspirin in york\nb,y,nothing,aspirin nothing\n"

    results = read_results(text, Schema.load(tmp_path / "schema.toml"))
    found = estimate(count_cells(score(results)), ["ward"], ["term_recall", "invented_term_share"], min_units=1)

    told = {
        (str(s), m): (t, b) for s, m, t, b in zip(*(found[c] for c in ("slice", "metric", "top", "below")), strict=True)
    }
    assert told["ward = a", "term_recall"] == (1, 2)
    assert told["ward = a", "invented_term_share"] == (0, 1)
    assert told["ward = b", "invented_term_share"] == (1, 1)
    assert told["ward = b", "term_recall"][1] == 0


def test_a_page_opens_no_file_that_a_schema_names():
    with pytest.raises(ResultsError, match="is not one of"):
        read_results(CALLS, Schema(normalizer="/etc/passwd"), open_files=False)
    with pytest.raises(ResultsError, match="is not here"):
        read_results(CALLS, Schema(terms="/etc/passwd"), open_files=False)

    carried = Schema(normalizer="lower+mine", texts={"mine": "turn => switch"})
    kept = read_results(CALLS, Schema.loads(carried.dumps()), open_files=False)
    assert kept.normalizer(["Turn it"]) == ["switch it"]
