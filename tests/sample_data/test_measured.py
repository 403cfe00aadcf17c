"""The product finds in the sample files what was planted in them, and nothing where nothing was."""

from __future__ import annotations

from functools import cache

import pytest

import metrics
from metrics import Slice
from tests.paths import SAMPLES
from tests.sample_data.test_speech_truth import PLANTED
from tests.sample_data.test_truth import COUNTED


def results_of(name: str) -> metrics.Results:
    return metrics.read_results(SAMPLES / f"{name}.csv", metrics.Schema.load(SAMPLES / f"{name}.toml"), strict=True)


@cache
def cubes_of(name: str) -> metrics.Cubes:
    return metrics.count_cells(metrics.score(results_of(name)))


@pytest.mark.parametrize("name", ["lending", "screening", "routing", "waiting", "call_centre", "ward"])
def test_a_sample_is_read_without_questions_and_warnings(name):
    assert [str(finding) for finding in results_of(name).findings if finding.severity != "note"] == []


@pytest.mark.parametrize(
    ("name", "metric", "where", "system", "counted"),
    [
        ("lending", "false_rejection_rate", "sex = female & region = south", "model A", "A | women in the south"),
        ("lending", "false_rejection_rate", "everyone", "model B", "B | everyone"),
        ("screening", "false_negative_rate", "scanner = portable", None, "portable"),
        ("screening", "false_negative_rate", "scanner = fixed", None, "fixed"),
    ],
)
def test_a_planted_rate_is_measured_with_its_counts(name, metric, where, system, counted):
    wanted = Slice.parse(where)
    table = metrics.estimate(cubes_of(name), by=[wanted.axes] if wanted.axes else None, metrics=[metric])
    (row,) = (row for row in table.itertuples() if row.slice == wanted and (system is None or row.system == system))

    top, below = COUNTED[counted]
    assert (row.top, row.below, row.status) == (top, below, "ok")
    assert row.value == pytest.approx(top / below)
    assert row.low < top / below < row.high


@pytest.mark.parametrize(("department", "language"), [("complaints", "other"), ("complaints", "local")])
def test_a_class_is_measured_against_the_rest(department, language):
    metric = f"true_positive_rate[{department}]"
    table = metrics.estimate(cubes_of("routing"), by=["first_language"], metrics=[metric])
    (row,) = (row for row in table.itertuples() if row.slice == Slice.parse(f"first_language = {language}"))

    assert (row.top, row.below) == COUNTED[f"{department} | {language}"]


@pytest.mark.parametrize(
    ("name", "metric", "by", "system"),
    [
        ("lending", "false_rejection_rate", "age", "model A"),
        ("lending", "false_rejection_rate", "region", "model A"),
        ("screening", "false_negative_rate", "scanner", None),
        ("waiting", "mean_error", "interpreter", None),
        ("routing", "true_positive_rate[complaints]", "first_language", None),
        ("call_centre", "word_error_rate", "accent", "release 1"),
        ("call_centre", "insertion_rate", "device", "release 2"),
        ("call_centre", "deletion_rate", "accent", "release 2"),
        ("ward", "word_error_rate", "noise", "release 2"),
    ],
)
def test_a_planted_gap_stands_above_its_noise_floor(name, metric, by, system):
    spread = spread_of(name, metric, by, system)

    assert spread.difference > spread.noise_floor
    assert spread.low > 0


@pytest.mark.parametrize(
    ("name", "metric", "by", "system"),
    [
        ("lending", "false_rejection_rate", "ethnicity", "model A"),
        ("lending", "false_rejection_rate", "age", "model B"),
        ("lending", "false_rejection_rate", "sex", "model B"),
        ("screening", "false_negative_rate", "insurance", None),
        ("screening", "false_positive_rate", "scanner", None),
        ("waiting", "mean_error", "arrival", None),
        ("call_centre", "word_error_rate", "gender", "release 1"),
        ("call_centre", "word_error_rate", "age", "release 1"),
        ("ward", "word_error_rate", "gender", "release 2"),
        ("ward", "word_error_rate", "age", "release 2"),
    ],
)
def test_where_nothing_was_planted_no_gap_stands_out(name, metric, by, system):
    spread = spread_of(name, metric, by, system)

    assert spread.difference < spread.noise_floor


@pytest.mark.parametrize("row", [row for row in PLANTED if row.errors in ("all", "dropped", "invented", "empty")])
def test_a_planted_rate_of_transcripts_is_measured_with_its_counts(row):
    metric = {"all": "word_error_rate", "dropped": "deletion_rate", "invented": "insertion_rate"}.get(
        row.errors, "empty_output_rate"
    )
    kinds = {level: axis for axis in ("accent", "noise", "device") for level in row.rows[axis].unique()}
    wanted = Slice.parse(" & ".join(f"{kinds[level]} = {level}" for level in row.who.split(", ")))
    table = metrics.estimate(cubes_of(row.name), by=[wanted.axes], metrics=[metric])
    (found,) = (r for r in table.itertuples() if r.slice == wanted and r.system == row.system)

    assert (found.top, found.below, found.status) == (row.top, row.below, "ok")
    assert found.low < row.share < found.high


def test_too_few_and_missing_groups_are_left_out_by_name():
    spread = spread_of("lending", "false_rejection_rate", "ethnicity", "model A")

    assert {str(left) for left in spread.left_out} == {"ethnicity = Other", "ethnicity is missing"}


def spread_of(name: str, metric: str, by: str, system: str | None):
    table = metrics.spread(cubes_of(name), by=[by], metrics=[metric])
    (row,) = (row for row in table.itertuples() if system is None or row.system == system)
    return row
