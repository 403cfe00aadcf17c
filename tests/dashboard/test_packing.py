"""Text in an address: short, and harmless whatever stands there."""

from __future__ import annotations

import base64
import re
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.packing import pack, unpack


@given(st.text(max_size=500))
@example("é\U0001f600\x00")
def test_what_was_packed_comes_back_in_letters_that_an_address_takes(text):
    packed = pack(text)

    assert re.fullmatch("[A-Za-z0-9_-]*", packed)
    assert text == "" or unpack(packed, most=10_000) == text


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode())))
def test_whatever_stands_there_is_a_short_text_or_nothing(text):
    found = unpack(text, most=20)

    assert found is None or len(found.encode()) <= 20


@pytest.mark.parametrize("text", ["", "a", "ä", "-" * 5000, "eNo", pack("policy") + "AAAA", pack("policy")[:-3]])
def test_broken_texts_are_nothing(text):
    assert unpack(text, most=1000) is None


def test_of_a_text_that_swells_only_the_beginning_is_ever_unpacked():
    bomb = base64.urlsafe_b64encode(zlib.compress(b"0" * 50_000_000, 9)).decode()

    assert len(bomb) < 70_000
    assert unpack(bomb, most=1000) is None


def test_bytes_that_are_no_text_are_nothing():
    assert unpack(base64.urlsafe_b64encode(zlib.compress(b"\xff\xfe")).decode(), most=1000) is None
