"""JSON from a stranger: what later cannot be counted or written is refused where it is read."""

from __future__ import annotations

import pytest

from metrics.strict_json import load_strict


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "1e999", "[-1e400]"])
def test_numbers_that_are_not_finite_are_refused(text):
    with pytest.raises(ValueError, match=r"no number|too large"):
        load_strict(text)


@pytest.mark.parametrize("text", [r'"\ud800"', r'["a\uDC00b"]', r'{"\udfff": 1}', r'{"a": [{"b": "\ud83d x"}]}'])
def test_half_a_sign_is_refused_which_could_not_be_written_again(text):
    with pytest.raises(ValueError, match="lone surrogate"):
        load_strict(text)


def test_whole_signs_are_read_however_they_are_written():
    assert load_strict(r'["\ud83d\ude00", "\u00e4", "\\\\ud800"]') == ["\U0001f600", "ä", r"\\ud800"]


def test_numbers_keep_their_digits():
    assert load_strict("[0.1, 1e308, -2.5e-3, 7]") == [0.1, 1e308, -0.0025, 7]
