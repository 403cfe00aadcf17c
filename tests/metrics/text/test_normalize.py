"""Normalisers do what their names say, once a string, and their digests change with what they do."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

from metrics.errors import ResultsError
from metrics.text.normalize import NAMES, Normalizer, Step, join_normalizers, load_normalizer, parse_rules
from tests.metrics.text.pairs import make_pairs, texts


def test_none_changes_nothing():
    assert load_normalizer("none")(["  As IT, stands. "]) == ["  As IT, stands. "]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  CAT's,\that.", "the cats hat"),
        ("well-known - fact", "wellknown fact"),  # a dash that stands alone leaves no word
        ("¿Qué? «ÇA» 50% $5", "qué ça 50 $5"),  # a sign of currency is a symbol, not punctuation
        ("ΟΔΟΣ İ", "οδος i\u0307"),
        ("今天、天气很好。", "今天天气很好"),
        ("नमस्ते। สวัสดี", "नमस्ते สวัสดี"),
        ("...", ""),
    ],
)
def test_lower_is_lower_case_without_punctuation(text, expected):
    assert load_normalizer("lower")([text]) == [expected]


def test_lower_takes_out_exactly_the_characters_of_category_p():
    characters = [character for character in map(chr, range(sys.maxunicode + 1)) if not character.isspace()]
    punctuation = "".join(c for c in characters if unicodedata.category(c)[0] == "P")
    others = "".join(c for c in characters if unicodedata.category(c)[0] != "P")

    assert load_normalizer("lower")([punctuation, others]) == ["", others.lower()]


@given(texts())
def test_lower_twice_is_lower_once(text):
    lower = load_normalizer("lower")

    assert lower(lower([text])) == lower([text])


def test_whisper_english_is_that_of_the_package():
    strings = [
        "Mr. Smith didn't colour it, um, twenty-two percent [noise]",
        "£5 (aside) and a half",
        *make_pairs(300, 1)[0],
    ]
    theirs = EnglishTextNormalizer()

    assert load_normalizer("whisper-english")(strings) == [theirs(s).strip() for s in strings]


def test_whisper_basic_is_that_of_the_package_with_marks_kept():
    strings = ["Héllo, wörld! [noise] (aside)", *make_pairs(300, 1)[0]]
    theirs = BasicTextNormalizer(preserve_marks=True)

    assert load_normalizer("whisper-basic")(strings) == [theirs(s).strip() for s in strings]


@pytest.mark.parametrize("text", ["नमस्ते दुनिया", "สวัสดีครับ ที่นี่", "مُحَمَّد رَسُول", "ကျေးဇူး", "வணக்கம்"])
def test_whisper_basic_keeps_combining_marks_and_words_whole(text):
    assert load_normalizer("whisper-basic")([text]) == [unicodedata.normalize("NFKC", text)]


@pytest.mark.parametrize("name", ["whisper-english", "whisper-basic"])
def test_without_its_package_the_extra_is_named(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "whisper_normalizer.basic", None)

    with pytest.raises(
        ResultsError, match=r"whisper-normalizer, which is not installed.*fairness-dashboard\[transcripts\]"
    ):
        load_normalizer(name)


@pytest.mark.parametrize("text", ["9" * 5_000, "[" * 5_000])
def test_a_text_that_the_package_cannot_deal_with_is_named(text):
    with pytest.raises(
        ResultsError, match=f"normalizer 'whisper-english' cannot deal with the text '{re.escape(text[0])}"
    ):
        load_normalizer("whisper-english")([text])


def test_steps_are_applied_from_left_to_right(tmp_path):
    (tmp_path / "rules.glm").write_text("i'm => i am", encoding="utf-8")

    assert load_normalizer("rules.glm+lower", tmp_path)(["Well, I'm here."]) == ["well i am here"]
    assert load_normalizer("lower + rules.glm", tmp_path)(["Well, I'm here."]) == ["well im here"]


def test_rules_of_an_upload_join_with_a_named_normalizer(tmp_path):
    (tmp_path / "rules.glm").write_text("um => @", encoding="utf-8")

    joined = join_normalizers([load_normalizer("none"), load_normalizer("lower"), parse_rules("um => @", "rules.glm")])

    assert joined == load_normalizer("lower+rules.glm", tmp_path)
    assert joined.name == "lower+rules.glm"
    assert joined(["Um, yes."]) == ["yes"]


def test_a_normalizer_is_called_by_its_steps_without_folders(tmp_path):
    (tmp_path / "rules.glm").write_text("um => @", encoding="utf-8")

    assert load_normalizer(f"none+{tmp_path / 'rules.glm'} + lower", tmp_path).name == "rules.glm+lower"
    assert load_normalizer("none+none").name == "none"


def test_digests_tell_what_is_done_and_not_how_it_is_called(tmp_path):
    (tmp_path / "copy.glm").write_text("um => @", encoding="utf-8")
    all_of_them = [load_normalizer(name) for name in NAMES]
    all_of_them += [
        parse_rules("um => @", "a"),
        parse_rules("uh => @", "a"),
        load_normalizer("lower+copy.glm", tmp_path),
    ]
    all_of_them += [load_normalizer("copy.glm+lower", tmp_path)]

    assert len({n.digest for n in all_of_them}) == len(all_of_them)
    assert load_normalizer("copy.glm", tmp_path).digest == parse_rules("um => @", "another name").digest
    assert {len(n.digest) for n in all_of_them} == {64}


def test_versions_name_the_package():
    assert load_normalizer("whisper-basic").version.startswith("whisper-normalizer 0.")


def test_what_is_done_is_said_in_words():
    both = join_normalizers([load_normalizer("lower"), parse_rules("um => @\nuh => @", "fillers.glm")])

    assert load_normalizer("none").describe() == "Text is compared as it stands."
    assert both.describe() == (
        "Lower case; punctuation is removed without a space; white space is collapsed. "
        "Then: Rules of 'fillers.glm' (2 phrases), matched word by word whatever the case."
    )


@pytest.mark.parametrize("base", [None, "folder"])
def test_an_unknown_name_is_told_with_the_nearest(base, tmp_path):
    with pytest.raises(ResultsError, match=r"normalizer 'lowr'.*whisper-basic.*Did you mean 'lower'"):
        load_normalizer("lowr", base and tmp_path)


@pytest.mark.parametrize("text", ["", "lower+", "+lower"])
def test_an_empty_part_is_no_normalizer(text, tmp_path):
    with pytest.raises(ResultsError, match="normalizer ''"):
        load_normalizer(text, tmp_path)


def test_without_a_folder_no_file_is_opened(tmp_path):
    (tmp_path / "rules.glm").write_text("um => @", encoding="utf-8")

    with pytest.raises(ResultsError, match="is not one of none, lower"):
        load_normalizer(str(tmp_path / "rules.glm"))


def test_a_file_in_another_encoding_is_refused_with_the_line(tmp_path):
    (tmp_path / "rules.glm").write_bytes("um => @\ncafé => coffee".encode("latin-1"))

    with pytest.raises(ResultsError, match=r"'rules.glm', line 2, is not written in UTF-8"):
        load_normalizer("rules.glm", tmp_path)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "rules.glm").write_text("um => @", encoding="utf-8-sig")

    assert load_normalizer("rules.glm", tmp_path)(["um yes"]) == ["yes"]


def test_each_distinct_string_is_worked_on_once():
    seen: list[str] = []

    def apply(text: str) -> str:
        seen.append(text)
        return text.upper()

    upper = Normalizer("upper", "1", "0", (Step("upper", "1", "0", "Upper case.", apply),))

    assert upper(["a", "b", "a", "a"]) == ["A", "B", "A", "A"]
    assert seen == ["a", "b"]


def test_normalising_can_be_cancelled():
    def tell(words: str, done: float) -> None:
        if done > 0.1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_normalizer("lower")([str(n) for n in range(5_000)], tell)


@given(st.lists(texts()))
def test_the_order_of_strings_stays(strings):
    lower = load_normalizer("lower")

    assert lower(strings) == [lower([s])[0] for s in strings]
