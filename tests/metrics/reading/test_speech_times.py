"""Transcripts with times: segments, words, and which word lies in which segment."""

from __future__ import annotations

import pytest

from metrics.errors import ResultsError
from metrics.reading import read_table
from metrics.reading.speech_times import gather_words

STM = """\
;; CATEGORY "0" "" ""
;; LABEL "O" "Overall" "Overall"
;; CATEGORY "1" "Condition" ""
;; LABEL "F0" "Clean//Speech" ""
;; LABEL "F1" "" ""
;; CATEGORY "2" "Speaker Sex" ""
;; LABEL "f" "Female" ""
show1 1 ann 0.0 2.0 <O,F0,f> so {it / that} was
show1 1 bob 2.0 4.5 <o,F1,m> IGNORE_TIME_SEGMENT_IN_SCORING
show1 1 bob 4.5 6.0 <O,F1,m> (uh) yes
show2 A cid 0.0 1.0 <O,F0,f>
"""
CTM = """\
;; a remark
show1 1 0.1 0.4 so 0.9
show1 1 0.6 0.4 it 0.8
show1 1 1.8 0.5 was 0.7
show1 1 5.0 0.2 yes NA
show1 1 7.0 0.2 thanks 0.1
show3 1 0.0 0.2 hello 0.5
"""


def read(text: str, name: str):
    return read_table(text.encode(), name=name)


def columns(table) -> dict[str, list[object]]:
    return {name: table.data.column(name).to_pylist() for name in table.data.column_names}


# -- stm -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ref.stm", "data"])
def test_an_stm_file_gives_segments_with_their_labels(name):
    table = read(STM, name)

    assert table.form == "stm"
    assert columns(table) == {
        "id": ["show1-1-0.0-2.0", "show1-1-4.5-6.0", "show2-A-0.0-1.0"],
        "file": ["show1", "show1", "show2"],
        "channel": ["1", "1", "A"],
        "speaker": ["ann", "bob", "cid"],
        "start": [0.0, 4.5, 0.0],
        "end": [2.0, 6.0, 1.0],
        "duration": [2.0, 1.5, 1.0],
        "reference": ["so it was", "(uh) yes", ""],
        "group 1": ["Overall", "Overall", "Overall"],
        "Condition": ["Clean Speech", "F1", "Clean Speech"],
        "Speaker Sex": ["Female", "m", "Female"],
    }
    said = " ".join(f.found for f in table.findings)
    assert "1 segment marked IGNORE_TIME_SEGMENT_IN_SCORING" in said
    assert "alternatives in 1 line (" in said
    assert "brackets in 1 segment," in said


def test_label_fields_that_nobody_names_are_numbered():
    found = columns(read("a 1 s 0 1 <O,m> yes\na 1 s 1 2 <O,f> no\n", "ref.stm"))

    assert found["group 2"] == ["m", "f"]


def test_words_in_angle_brackets_are_no_labels_where_not_every_segment_has_some():
    found = columns(read("a 1 s 0 1 <unk> yes\na 1 s 1 2 no\n", "ref.stm"))

    assert found["reference"] == ["<unk> yes", "no"]


def test_segments_at_one_time_have_different_ids():
    assert columns(read("a 1 s 0 1 yes\na 1 t 0 1 no\n", "ref.stm"))["id"] == ["a-1-0-1-s", "a-1-0-1-t"]


@pytest.mark.parametrize("line", ["a 1 s one two yes", "a 1 s 2 1 yes", "a 1 s", "a 1 s nan 1 x"])
def test_a_segment_that_is_none_is_named(line):
    with pytest.raises(ResultsError, match=r"^line 3 is no segment"):
        read(f"a 1 s 0 1 yes\na 1 s 1 2 no\n{line}\n", "ref.stm")


def test_a_file_in_which_every_segment_is_ignored_is_refused():
    with pytest.raises(ResultsError, match=r"holds no transcripts"):
        read("a 1 s 0 1 ignore_time_segment_in_scoring\n", "ref.stm")


# -- ctm -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hyp.ctm", "data"])
def test_a_ctm_file_gives_words_with_their_times(name):
    table = read(CTM, name)

    assert table.form == "ctm"
    assert list(columns(table)) == ["file", "channel", "start", "duration", "word", "confidence"]
    assert columns(table)["word"] == ["so", "it", "was", "yes", "thanks", "hello"]
    assert columns(table)["confidence"] == [0.9, 0.8, 0.7, None, 0.1, 0.5]


def test_the_first_of_alternative_words_is_kept():
    text = """\
a 1 0.0 0.1 so
a 1 * * <ALT_BEGIN>
a 1 0.2 0.1 um
a 1 * * <ALT>
a 1 0.2 0.1 uh
a 1 * * <ALT>
a 1 0.2 0.1 @
a 1 * * <ALT_END>
a 1 0.4 0.1 @
a 1 0.5 0.1 yes
"""
    table = read(text, "hyp.ctm")

    assert columns(table)["word"] == ["so", "um", "yes"]
    assert any("alternatives in 1 place;" in f.found for f in table.findings)


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ("a 1 * * <ALT_BEGIN>\na 1 0 1 um\n", "line 2 begins alternatives that are not closed"),
        ("a 1 * * <ALT_END>\na 1 0 1 um\n", "line 2 has <ALT_END> out of its place"),
        ("a 1 zero 1 um\na 1 0 1 um\n", "line 2 is no word with its times"),
    ],
)
def test_words_that_do_not_fit_are_named_by_their_line(lines, where):
    with pytest.raises(ResultsError, match=f"^{where}"):
        read(f"a 1 0 1 so\n{lines}a 1 2 1 it\n", "hyp.ctm")


# -- words in segments -----------------------------------------------------------------------------


def gather(ctm: str, stm: str | None):
    words, said = gather_words(read(ctm, "hyp.ctm"), None if stm is None else read(stm, "ref.stm"))
    return dict(zip(*(words.data.column(name).to_pylist() for name in ("id", "hypothesis")), strict=True)), said


def test_a_word_belongs_to_the_segment_in_which_its_middle_lies():
    """'was' lasts from 1.8 to 2.3, its middle lies in the segment that is ignored."""
    found, said = gather(CTM, STM)

    assert found == {"show1-1-0.0-2.0": "so it", "show1-1-4.5-6.0": "yes"}  # show2 was not transcribed: no answer
    assert [(f.severity, f.rows) for f in said] == [("warn", 1), ("warn", 2)]
    assert "such as 'show3'" in said[0].found
    assert "2 words in no segment that is scored, such as 'was', 'thanks'" in said[1].found


def test_a_segment_of_a_transcribed_file_without_words_is_an_empty_answer():
    found, _ = gather("f 1 0.1 0.1 yes\n", "f 1 s 0 1 yes\nf 1 s 1 2 no\n")

    assert found == {"f-1-0-1": "yes", "f-1-1-2": ""}


def test_of_segments_that_overlap_the_one_that_began_last_has_the_word():
    stm = "f 1 s 0 10 a b c\nf 1 t 2 3 b\nf 1 u 4 5 c\n"
    found, said = gather("f 1 1 0 a\nf 1 2.5 0 b\nf 1 3.5 0 again\nf 1 4.5 0 c\nf 1 10 0 end\n", stm)

    assert found == {"f-1-0-10": "a again end", "f-1-2-3": "b", "f-1-4-5": "c"}
    assert said == []


def test_words_are_put_in_order_of_time_and_files_match_without_folders_and_extensions():
    found, _ = gather("x/f.wav 1 0.5 0.1 was\nx/f.wav 1 0.1 0.1 so\n", "f 1 s 0 1 so was\n")

    assert found == {"f-1-0-1": "so was"}


def test_a_single_channel_may_be_called_otherwise_but_not_one_of_several():
    one, _ = gather("f A 0.5 0.1 yes\n", "f 1 s 0 1 yes\n")
    several, said = gather("f A 0.5 0.1 yes\nf 1 0.5 0.1 no\n", "f 1 s 0 1 yes\nf 2 s 0 1 no\n")

    assert one == {"f-1-0-1": "yes"}
    assert several == {"f-1-0-1": "no"}
    assert "1 word left out" in said[0].found


def test_without_segments_the_words_of_a_file_are_its_text():
    assert gather("u1 1 0.5 0.1 was\nu2 1 0 1 yes\nu1 1 0.1 0.1 so\n", None)[0] == {"u1": "so was", "u2": "yes"}


def test_words_after_very_many_segments_are_placed_in_one_pass():
    """Every earlier segment has ended but the first: looking back through them for each word would not end."""
    n = 20_000
    stm = "f 1 s 0 99999999 all\n" + "".join(f"f 1 s {i} {i}.1 x\n" for i in range(n))
    ctm = "".join(f"f 1 {n + i} 0.1 w{i}a\n" for i in range(2 * n))

    found, _ = gather(ctm, stm)

    assert len(found["f-1-0-99999999"].split()) == 2 * n
