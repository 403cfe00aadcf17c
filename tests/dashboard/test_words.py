from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.words import CONTROLS, count, on_screen, plain


@given(st.text(max_size=300))
def test_no_sign_that_markdown_reads_is_left_without_a_backslash(text):
    bare = re.sub(r"\\.", "", plain(text), flags=re.DOTALL)

    assert re.findall(r"""[\\`*_{}\[\]()<>#+\-.!|~$:&@=^"'/%]""", bare) == []


@given(st.text(max_size=300))
def test_everything_printable_and_short_enough_is_still_there(text):
    shown = plain(text, most=400)

    kept = "".join(sign if sign.isprintable() else " " for sign in text).replace("\u2060", "")
    assert re.sub(r"\\(.)", r"\1", shown).replace("\u2060", "") == kept


@pytest.mark.parametrize("link", ["http://a.example", "https://a.example", "ftp://a", "www.a.example", "mailto:a@b.c"])
def test_what_would_become_a_link_is_broken(link):
    assert re.search(r"(?i)https?|ftp|www|mailto", plain(f"see {link}")) is None


def test_an_address_of_mail_is_broken_before_its_sign():
    assert plain("a@b") == "a\u2060\\@b"


def test_text_that_is_too_long_is_cut_with_a_mark():
    assert plain("a" * 50, most=10) == "a" * 9 + "…"


def test_signs_that_steer_the_line_become_spaces():
    assert plain("a\u202eb\nc\x00d") == "a b c d"


def test_flags_become_the_names_of_controls():
    assert on_screen("Say so with --score-scale percent.") == f"Say so with “{CONTROLS['--score-scale']}” percent."


def test_what_is_no_flag_stays():
    assert on_screen("5--6 and --unheard") == "5--6 and --unheard"


def test_one_row_is_no_rows():
    assert (count(1, "row"), count(0, "row"), count(1200, "row")) == ("1 row", "0 rows", "1,200 rows")


def test_a_control_is_named_once_where_a_choice_of_it_is_an_example():
    said = on_screen("Make both sides alike with --normalizer, such as --normalizer lower.")

    assert said == f"Make both sides alike with “{CONTROLS['--normalizer']}”, such as lower."


def test_the_first_file_is_called_the_main_one_on_screen():
    assert on_screen("lacks 2 ids of the first file.") == "lacks 2 ids of the main file."
