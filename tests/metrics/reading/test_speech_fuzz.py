"""Transcripts are hostile, too: whatever lines and files say, reading gives a table or says why not."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import ResultsError
from metrics.reading import Limits, Table, read_table, texts
from metrics.reading.speech_json import find_text
from metrics.reading.speech_lines import first_alternatives
from metrics.reading.speech_times import gather_words

LIMITS = Limits(10**6, 1000, 50, 10_000, 10**6, 10**6, 100)
PIECES = st.sampled_from(
    [*"a1 \t\n(){}/@-_.*;<>,\r\0é字", "\n", " / ", "{ ", " }", "(s-1)\n", "a 1 s 0 1 ", "a 1 0.5 1 w\n", "u1 so it\n"]
    + [";; CATEGORY \"0\" \"x\" \"\"\n", ";; LABEL \"O\" \"y\" \"\"\n", "<O,F0>", "a 1 * * <ALT_BEGIN>\n", "nan", "1e9"]
    + ["a 1 * * <ALT>\n", "a 1 * * <ALT_END>\n", "IGNORE_TIME_SEGMENT_IN_SCORING\n", "9" * 400, "\u2028", "\x85"]
)  # fmt: skip
LINES = st.lists(PIECES, max_size=40).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["results", "transcripts", "transcript", "alternatives", "channels", "text", "segments", "response"]
                + [
                    "combinedRecognizedPhrases",
                    "recognizedPhrases",
                    "nBest",
                    "NBest",
                    "display",
                    "Display",
                    "DisplayText",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def read_or_refuse(data: bytes, name: str) -> Table | None:
    """Read; anything but a table or a ResultsError with a reason fails the test."""
    try:
        table = read_table(data, limits=LIMITS, name=name)
    except ResultsError as error:
        assert all(f.where and f.found for f in error.findings)
        assert any(f.severity == "stop" for f in error.findings)
        return None
    assert 0 < table.rows_read == table.data.num_rows <= LIMITS.rows
    assert all(len(texts(column)) == table.rows_read for column in table.data.columns)
    return table


@settings(max_examples=300, deadline=None)
@given(LINES, st.sampled_from(["a.trn", "a.stm", "a.ctm", "text", "hyp.txt", "data"]))
def test_any_lines_are_a_table_or_refused(lines, name):
    read_or_refuse(lines.encode(), name)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 2), min_size=1), st.lists(st.tuples(*[st.integers(0, 9)] * 2)))
def test_every_word_of_a_ctm_file_lies_in_one_segment_at_most(segments, words):
    stm = "".join(f"f 1 s{n} {a} {a + b} x\n" for n, (a, b) in enumerate(segments))
    ctm = "".join(f"f 1 {a} {b} w{n}x\n" for n, (a, b) in enumerate(words)) + "f 1 99 0 out\n"
    reference = read_table(stm.encode(), name="a.stm")
    gathered, findings = gather_words(read_table(ctm.encode(), name="a.ctm"), reference)
    placed = " ".join(gathered.data.column("hypothesis").to_pylist()).split()
    inside = [f"w{n}x" for n, (a, b) in enumerate(words) if any(s <= a + b / 2 <= s + e for s, e in segments)]

    assert sorted(placed) == sorted(inside)
    assert findings[-1].rows == len(words) + 1 - len(inside)
    assert gathered.data.num_rows == len(segments)


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_alternatives_give_a_text_without_signs_of_alternatives_or_a_reason(text):
    try:
        first, n = first_alternatives(text)
    except ValueError as error:
        assert str(error)
        return
    assert first == text if n == 0 else len(first) <= len(text)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_any_json_has_a_text_or_none(value):
    text = find_text(value)

    assert text is None or text == text.strip()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["text", "utt2spk", "spk2age", "a.json", "b/c.json", "../x.json", "d/text", "d/utt2spk"]),
            st.one_of(LINES, VALUES.map(json.dumps)),
        ),
        min_size=2,
        max_size=5,
        unique_by=lambda pair: pair[0],
    )
)
def test_any_zip_file_of_several_files_is_a_table_or_refused(files):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            archive.writestr(name, text)

    read_or_refuse(sink.getvalue(), "a.zip")


@pytest.mark.parametrize("name", ["a.trn", "a.stm", "text"])
@pytest.mark.parametrize("sign", ["{", "(", "{ a / ", "<", ";;"])
def test_a_line_of_half_a_million_signs_is_read_or_refused_in_one_pass(name, sign):
    before, after = {"a.trn": ("", " (s-1)"), "a.stm": ("f 1 s 0 1 ", ""), "text": ("u-1 ", "")}[name]
    data = (f"{before}yes{after}\n" + before + sign * 250_000 + after + "\n").encode()
    table = read_or_refuse(data, name)

    assert table is None or table.rows_read in (1, 2)
