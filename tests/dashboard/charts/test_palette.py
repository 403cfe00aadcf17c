"""Colours can be told apart and text on them can be read."""

from __future__ import annotations

import pytest

from dashboard.charts.palette import (
    BLUES,
    CELL_GREY,
    CELL_INK,
    DARK,
    DIVERGING,
    LIGHT,
    NEUTRAL,
    PARITY,
    SYMBOLS,
    choose_theme,
    contrast,
    mix_scale,
)

READABLE = 4.5  # WCAG 2.2, 1.4.3 Contrast (Minimum), for text
VISIBLE = 3.0  # WCAG 2.2, 1.4.11 Non-text Contrast
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)


def test_contrast_is_that_of_the_guidelines():
    # 4.54 is the often quoted contrast of #767676, the lightest grey that passes AA on white.
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)
    assert contrast("#FFFFFF", "#767676") == contrast("#767676", "#FFFFFF")


@THEMES
@pytest.mark.parametrize("ink", ["ink", "muted"])
@pytest.mark.parametrize("ground", ["page", "band"])
def test_text_is_readable_on_the_page_and_on_bands(theme, ink, ground):
    assert contrast(getattr(theme, ink), getattr(theme, ground)) >= READABLE


@THEMES
def test_marks_and_rules_are_visible_on_the_page(theme):
    marks = [theme.line, theme.grey, theme.worse, *theme.systems]

    assert [mark for mark in marks if contrast(mark, theme.page) < VISIBLE] == []


@pytest.mark.parametrize("scale", [DIVERGING, NEUTRAL, BLUES], ids=["diverging", "neutral", "blues"])
def test_the_number_in_a_cell_is_readable_on_every_colour_of_the_scale(scale):
    worst = min(contrast(CELL_INK, mix_scale(scale, i / 200)) for i in range(201))

    assert worst >= READABLE


def test_the_number_is_readable_on_the_grey_of_too_few():
    assert contrast(CELL_INK, CELL_GREY) >= READABLE


@pytest.mark.parametrize("scale", [DIVERGING, NEUTRAL], ids=["diverging", "neutral"])
def test_parity_is_the_lightest_colour_and_stands_in_the_middle(scale):
    lightness = [contrast(CELL_INK, mix_scale(scale, i / 20)) for i in range(21)]

    assert mix_scale(scale, 0.5) == PARITY
    assert lightness[:11] == sorted(lightness[:11])
    assert lightness[10:] == sorted(lightness[10:], reverse=True)


def test_worse_is_orange_and_better_is_blue():
    red, _, blue = (int(DIVERGING[-1][1][i : i + 2], 16) for i in (1, 3, 5))
    assert red > 2 * blue

    red, _, blue = (int(DIVERGING[0][1][i : i + 2], 16) for i in (1, 3, 5))
    assert blue > 2 * red


@THEMES
def test_every_system_has_a_colour_and_a_symbol_of_its_own(theme):
    assert len(set(theme.systems)) == len(theme.systems) == len(set(SYMBOLS))


def test_an_unknown_theme_is_light():
    assert choose_theme(None) is LIGHT
    assert choose_theme("dark") is DARK
