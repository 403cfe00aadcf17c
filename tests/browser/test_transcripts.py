"""Transcripts in a browser: reference and hypotheses dropped as two files, made alike, measured by accent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from metrics import Schema, count_cells, estimate, read_results, score
from metrics.formatting import format_value
from tests.browser.conftest import Screen
from tests.paths import SHARED, needs_shared

ARTIE = SHARED / "data" / "asr" / "artie_raw"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A table of what was said and one of what a system heard, whose clips have other extensions."""
    folder = tmp_path_factory.mktemp("calls")
    said = ["clip,speaker,accent,reference"]
    heard = ["clip,prediction"]
    for i in range(240):
        accent = "welsh" if i % 40 >= 20 else "scottish"
        said.append(f'calls/c{i}.mp3,s{i % 40},{accent},"Turn the light on, please."')
        wrong = accent == "scottish" and i % 3 == 0
        heard.append(f"c{i}.wav,{'turn the night on' if wrong else 'turn the light on please'}")
    paths = folder / "calls.csv", folder / "heard.csv"
    for path, lines in zip(paths, (said, heard), strict=True):
        path.write_text("\n".join(lines) + "\n")
    return paths


def test_two_files_become_error_rates_by_accent(screen: Screen, files: tuple[Path, Path]):
    page = screen.page
    screen.drop(*files)
    expect(page.get_by_text("Joined by id: heard")).to_be_visible()
    expect(page.get_by_text(re.compile("written differently from the reference")).first).to_be_visible()

    screen.choose("Texts are made alike by", "lower case")
    expect(page.get_by_text("Lower case; punctuation is removed without a space")).to_be_visible()
    screen.go("Slices")

    results = read_results(files[0], Schema(normalizer="lower"), join=[files[1]])
    found = estimate(count_cells(score(results)), ["accent"], ["word_error_rate"])
    metric = count_cells(score(results)).metrics["word_error_rate"]
    told = {row["slice"]: row for row in screen.rows_of("Word error rate of every group")}
    for cell, value, below in zip(found["slice"], found["value"], found["below"], strict=True):
        row = told[dict(cell.items()).get("accent", "everyone")]
        assert row["value"] == format_value(metric, value)
        assert row["counts"].endswith(f"of {below:,.0f} words")
    assert told["scottish"]["clusters"] == "20"
    assert float(told["scottish"]["design effect"]) > 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_of_transcripts_have_no_fault_for_axe(screen: Screen, theme: str):
    if theme == "dark":
        screen.use_dark()
    for path in ("data", "", "slices", "disparities", "rows", "systems"):
        screen.open(f"{path}?data=call_centre")
        screen.page.wait_for_timeout(800)
        screen.shoot(f"call-centre-{path or 'overview'}-{theme}")
        assert (path, screen.find_faults()) == (path, [])


def test_a_phone_shows_transcripts_without_scrolling_sideways(screen: Screen):
    screen.use_phone()
    for path in ("data", "", "slices", "systems"):
        screen.open(f"{path}?data=call_centre")
        screen.page.wait_for_timeout(500)
        assert (path, screen.scrolls_sideways()) == (path, False)


@needs_shared
def test_the_published_corpus_is_joined_and_measured(screen: Screen):
    corpus, system = ARTIE / "artie-bias-corpus.tsv.gz", ARTIE / "deepspeech__v0-7-3.tsv.gz"
    screen.drop(corpus, system)

    expect(screen.page.get_by_text(re.compile("1,712 rows, 1,712 of them used, 1 model")).first).to_be_visible()
    screen.choose("Texts are made alike by", "lower case")
    screen.go("Overview")

    # 5,969 edits of 14,419 words: jiwer's, tests/metrics/test_artie.py.
    expect(screen.page.get_by_text(re.compile("5,969 of 14,419 words")).first).to_be_visible()
