"""Text without spaces between words is counted by character, and the reason is said."""

from __future__ import annotations

import pytest

from metrics.text.scripts import choose_unit

SENTENCES = {
    "Chinese": (["今天天气很好。", "我们去公园散步吧", "你好"], "Chinese or Japanese"),
    "Japanese": (["今日はいい天気ですね", "コーヒーを飲みます"], "Chinese or Japanese"),
    "Chinese with spaces between clauses": (
        ["今天天气很好 我们去公园散步", "你吃饭了吗 我还没有吃"],
        "Chinese or Japanese",
    ),
    "Thai": (["วันนี้อากาศดีมาก", "สวัสดีครับยินดีที่ได้รู้จัก"], "Thai"),
    "Lao": (["ສະບາຍດີຕອນເຊົ້າ"], "Lao"),
    "Khmer": (["ខ្ញុំស្រឡាញ់ភាសាខ្មែរ"], "Khmer"),
    "Burmese": (["မင်္ဂလာပါခင်ဗျာနေကောင်းလား"], "Burmese"),
}


@pytest.mark.parametrize("language", SENTENCES)
def test_scripts_without_spaces_are_counted_by_character(language):
    references, script = SENTENCES[language]
    choice = choose_unit(references)

    assert choice.unit == "characters"
    assert (
        choice.reason == f"Errors are counted by character: 100 % of the letters are {script}, written without spaces."
    )


@pytest.mark.parametrize(
    "references",
    [
        ["the cat sat on the mat"],
        ["오늘 날씨가 좋네요"],  # Korean
        ["आज मौसम अच्छा है", "مرحبا بالعالم", "привет мир"],
        ["he said 你好 and then left the room"],
    ],
)
def test_scripts_with_spaces_are_counted_by_word(references):
    choice = choose_unit(references)

    assert (choice.unit, choice.reason) == (
        "words",
        "Errors are counted by word: the references are written with spaces.",
    )


@pytest.mark.parametrize(
    ("references", "each"),
    [(["今天 天气 很 好", "我们 去 公园 散步 吧"], "1.6"), (["วันนี้ อากาศ ดี มาก"], "4.0")],
)
def test_words_that_stand_apart_are_counted_by_word_whatever_the_script(references, each):
    choice = choose_unit(references)

    assert choice.unit == "words"
    assert choice.reason.endswith(f"written without spaces, but here words stand apart ({each} letters each).")


@pytest.mark.parametrize("references", [[], ["", "  "], ["123 456", "?!"]])
def test_references_without_letters_are_counted_by_word(references):
    assert choose_unit(references).reason == "Errors are counted by word: the references hold no letters."


def test_half_a_share_is_rounded_down():
    choice = choose_unit(["今天天气很好我们去公园散步吧ab"])  # 14 of 16 letters: 87.5 %

    assert "87 % of the letters" in choice.reason


def test_many_references_are_looked_at_evenly():
    assert choose_unit(["今天天气很好"] * 30_000 + ["one two three four five"] * 100_000).unit == "words"
