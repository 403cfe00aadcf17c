"""`find` lists the slices that fare worse: the numbers of `measure`, all forms, and what is wrong in plain words."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.metrics.found import FAIR_ROWS, PLANTED_ROWS
from tests.paths import SHARED, needs_shared

ADULT = SHARED / "data" / "slices" / "adult_slices.csv"
OPTIONS = ("--positive", "1", "--metric", "error_rate")


@pytest.fixture
def planted(asker):
    return asker.write(PLANTED_ROWS.to_csv(index=False))


def find(asker, file, *more, options=OPTIONS):
    code, out, err = asker.run("find", file, *options, *more, "--format", "json")
    assert code == 0, err
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_planted_slice_is_the_best_finding(asker, planted):
    found = find(asker, planted)
    best = found["slices"][0]

    assert best["slice"] == {"a": "x", "b": "u"}
    assert (best["top"], best["below"], best["system"], best["status"]) == (80, 200, None, "ok")
    assert (found["overall"], found["searched"]) == (pytest.approx(140 / 800), 8)
    assert best["divergence"] == pytest.approx(80 / 200 - 140 / 800)
    assert best["excess"] == pytest.approx(60)


def test_its_numbers_are_those_of_measure(asker, planted):
    best = find(asker, planted)["slices"][0]
    told = asker.measure(planted, *OPTIONS, "--by", "a,b")
    estimate = next(e for e in told["estimates"] if e["slice"] == best["slice"])
    gap = next(d for d in told["disparities"] if d["slice"] == best["slice"])

    names = ("top", "below", "units", "value", "low", "high", "status")
    assert [best[n] for n in names] == [estimate[n] for n in names]
    limits = ("difference", "difference_low", "difference_high", "p")
    assert [best[n] for n in limits] == pytest.approx([gap[n] for n in ("value", "low", "high", "p")])


def test_a_fair_file_has_no_findings_and_all_lists_the_whole_lattice(asker):
    fair = asker.write(FAIR_ROWS.to_csv(index=False))

    assert find(asker, fair)["slices"] == []
    every = find(asker, fair, "--all")
    assert len(every["slices"]) == every["searched"] == 8


def test_depth_support_and_attributes_say_what_is_searched(asker, planted):
    assert find(asker, planted, "--depth", "1")["searched"] == 4
    assert find(asker, planted, "--support", "0.3")["searched"] == 4
    assert [s["slice"] for s in find(asker, planted, "--attribute", "b", "--all")["slices"]] == [{"b": "u"}, {"b": "v"}]


def test_without_min_units_of_its_own_a_small_slice_is_no_finding(asker, planted):
    assert find(asker, planted, "--min-units", "500")["slices"] == []


def test_at_most_so_many_findings_are_listed_and_the_similar_ones_are_named(asker, planted):
    found = find(asker, planted, "--most", "1")

    assert len(found["slices"]) == 1
    assert found["systems"][0]["findings"] == 3
    assert found["slices"][0]["twins"] == [{"a": "x"}, {"b": "u"}]


def test_every_system_is_searched(asker):
    frame = PLANTED_ROWS.assign(other=PLANTED_ROWS["label"])
    file = asker.write(frame.to_csv(index=False))
    options = (*OPTIONS, "--attribute", "a", "--attribute", "b", "--prediction", "one=prediction")
    found = find(asker, file, "--prediction", "two=other", options=options)

    assert [(s["system"], s["searched"], s["findings"]) for s in found["systems"]] == [("one", 8, 3), ("two", 8, 0)]
    assert {s["system"] for s in found["slices"]} == {"one"}
    assert found["overall"] is None


def test_the_table_is_for_reading_and_stands_alone_on_stdout(asker, planted):
    code, out, _ = asker.run("find", planted, *OPTIONS)

    assert code == 0
    assert out.startswith("Error rate: 17.5 % of everyone.\nSearched 8 slices;")
    assert "a = x, b = u" in out


def test_csv_and_markdown_are_written_to_a_file(asker, planted):
    for form in ("csv", "markdown"):
        code, out, err = asker.run("find", planted, *OPTIONS, "--format", form, "-o", str(asker.folder / form))
        assert (code, out) == (0, ""), err

    lines = list(csv.DictReader(io.StringIO((asker.folder / "csv").read_text())))
    assert [line["slice"] for line in lines if line["table"] == "slices"] == ["a = x & b = u"]
    assert "| a = x, b = u |" in (asker.folder / "markdown").read_text()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--metric", "error_rat"), "Did you mean 'error_rate'?"),
        ((), "--metric says what slices are searched by; name one of: "),
        (("--metric", "error_rate", "--metric", "accuracy"), "a search is by one metric; name one"),
        (("--metric", "error_rate", "--attribute", "aa"), "column 'aa'"),
        (("--metric", "error_rate", "--depth", "0"), "'--depth': 0 is not in the range 1<=x<=5"),
        (("--metric", "error_rate", "--depth", "6"), "'--depth': 6 is not in the range 1<=x<=5"),
        (("--metric", "error_rate", "--support", "5"), "5 is no share of the rows. Write a number from 0 to 1. 5 % is"),
        (("--metric", "error_rate", "--support", "nan"), "nan is no share of the rows"),
        (("--metric", "error_rate", "--min-units", "0"), "'--min-units'"),
        (("--metric", "mean_error"), "mean_error"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_place_and_the_cure(asker, planted, more, said):
    assert said in asker.refuse(planted, "--positive", "1", *more, command="find")


def test_a_file_without_groups_says_how_to_name_some(asker):
    file = asker.write(PLANTED_ROWS[["label", "prediction"]].to_csv(index=False))

    assert "--attribute" in asker.refuse(file, *OPTIONS, command="find")


@needs_shared
def test_adult_is_searched_whole(asker):
    """3,321 slices of 10 attributes with 1 % of the rows."""
    found = find(asker, str(ADULT), options=("--positive", "1", "--metric", "false_positive_rate"))

    assert found["searched"] == 3321
    assert 1 <= len(found["slices"]) <= 10
    assert all(s["worse"] and s["finding"] for s in found["slices"])
