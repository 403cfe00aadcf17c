"""The contract for transcripts: flags, names, exact definitions, the real corpus."""

from __future__ import annotations

import gzip

import pytest

from tests.dashboard.cli.contract import Asker, of, one, slices, told, words
from tests.paths import SHARED, needs_shared

NAMES = words("""word_error_rate character_error_rate match_error_rate word_information_lost substitution_rate
    deletion_rate insertion_rate sentence_error_rate empty_output_rate mean_utterance_word_error_rate
    mean_speaker_word_error_rate median_speaker_word_error_rate sd_speaker_word_error_rate
    share_above_half_word_error_rate share_above_one_word_error_rate""")

CALLS = """\
case,who,accent,said,one,two
1,ann,a,The cat sat.,the cat sat,the cat
2,ann,a,It is late!,it was late now,
3,bob,b,Yes,yes yes yes,Yes
4,bob,b,,uh,
5,cid,b,Go home,go home,go home
"""
ROLES = words("--id case --cluster who --reference said --hypothesis A=one --hypothesis B=two --by accent")


def test_every_metric_has_its_name(asker: Asker):
    found = asker.measure(asker.write(CALLS), *ROLES, "--terms", asker.write("cat\nhome\n", "terms.txt"))

    assert {r["metric"] for r in found["estimates"]} == {*NAMES, "term_recall", "invented_term_share"}
    assert found["schema"]["task"] == "transcription"


def test_word_error_rate_is_edits_over_reference_words_and_may_exceed_one(asker: Asker):
    found = asker.measure(
        asker.write(CALLS), *ROLES, *words("--normalizer lower --metric word_error_rate --min-units 1")
    )

    def counts(system: str, **cell: str) -> tuple:
        row = one(found, system=system, slice=cell)
        return row["top"], row["below"], row["units"], row["clusters"], row["status"]

    # A, a: right, and was for is with a word too many. A, b: two yes too many of one, one word where none was said.
    assert counts("A", accent="a") == (2, 6, 2, 1, "too few")
    assert counts("A", accent="b") == (3, 3, 3, 2, "too few")
    # B, a: one deletion, then all three. B, b: all right.
    assert counts("B", accent="a") == (4, 6, 2, 1, "too few")
    assert counts("B", accent="b") == (0, 3, 3, 2, "too few")
    assert one(found, system="A", slice={"accent": "b"})["value"] == 1.0


def test_lower_takes_every_sign_of_punctuation_out_without_a_space(asker: Asker):
    text = "speaker,reference,hypothesis\nx,ÉTÉ: it's a well-known «fact».,été its a wellknown fact\ny,So.,so\n"
    found = asker.measure(asker.write(text), *words("--normalizer lower --metric word_error_rate"))

    assert one(found, slice={})["top"] == 0


def test_means_leave_out_what_has_no_reference_words(asker: Asker):
    metrics = words("--metric mean_utterance_word_error_rate --metric mean_speaker_word_error_rate --normalizer lower")
    found = asker.measure(asker.write(CALLS), *ROLES, *metrics)

    # A: 0, 2/3, 2, (none), 0 of utterances; ann 2/6, bob 3/1, cid 0/2 of speakers.
    assert one(found, system="A", metric="mean_utterance_word_error_rate", slice={})["value"] == pytest.approx(8 / 12)
    assert one(found, system="A", metric="mean_speaker_word_error_rate", slice={})["value"] == pytest.approx(10 / 9)


def test_undefined_is_null_with_its_status(asker: Asker):
    text = "speaker,accent,reference,hypothesis\nx,a,,uh\nx,a,,\ny,b,yes,yes\n"
    found = asker.measure(asker.write(text), *words("--by accent --metric word_error_rate --task transcription"))

    row = one(found, slice={"accent": "a"})
    assert (row["value"], row["low"], row["high"], row["below"], row["status"]) == (None, None, None, 0, "no data")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--normalizer lowr", "lower"),
        ("--terms nowhere.txt", "nowhere.txt"),
        ("--reference none", "--reference"),
        ("--metric accuracy", "--task classification"),
    ],
)
def test_what_cannot_be_is_refused_with_the_cure(flags: str, says: str, asker: Asker):
    assert says in asker.refuse(asker.write(CALLS), *ROLES, *words(flags))


def test_counts_without_text(asker: Asker):
    text = "g,reference_words,substitutions,deletions,insertions\na,10,1,1,0\nb,10,0,0,30\n"
    found = asker.measure(asker.write(text), *words("--by g --metric word_error_rate --metric insertion_rate"))

    assert {r["slice"].get("g"): r["value"] for r in of(found, metric="word_error_rate")} == {
        None: 32 / 20,
        "a": 0.2,
        "b": 3.0,
    }


def test_the_normalizer_is_named_with_version_and_hash(asker: Asker):
    found = asker.measure(asker.write(CALLS), *ROLES, *words("--normalizer lower"))

    assert found["schema"]["normalizer"] == "lower"
    assert told(found, "normalizer 'lower'", "version 1", "SHA-256")


@needs_shared
def test_the_published_corpus_is_measured_for_all_nine_systems(asker: Asker):
    file = SHARED / "data" / "asr" / "artie_bias_corpus_wide.csv.gz"
    found = asker.measure(str(file), *words("--missing NA --by accent --by gender --by age --metric empty_output_rate"))

    empty = {r["system"]: r["top"] for r in of(found, slice={})}
    _, *rows = gzip.decompress(file.read_bytes()).decode().splitlines()
    assert len(empty) == 9 and len(rows) == 1712
    assert [empty[f"hyp_google_{x}"] for x in ("en_in", "en_gb", "en_us")] == [137, 69, 36]  # SOURCES.md
    assert one(found, system="hyp_google_en_us", slice={})["clusters"] == 969
    assert {"accent": "(missing)"} in slices(found)
    assert one(found, system="hyp_google_en_us", slice={"accent": "(missing)"})["units"] == 562
