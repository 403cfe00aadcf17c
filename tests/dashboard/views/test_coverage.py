"""The Coverage page says what the core counts, of every sample, and refuses kindly what it cannot use."""

from __future__ import annotations

import json
import time

import pytest

from dashboard import coverage_controls, coverage_gaps
from metrics.answers import name_slice
from metrics.coverage import Covered, Covering, against_shares, cover, plan_collection, write_plan_csv
from metrics.coverage.page_words import table_combinations
from metrics.coverage.plan import tabulate_plan_columns
from metrics.coverage.share_text import parse_shares
from metrics.coverage.words import say_collect, say_combinations, say_shares, say_unseen
from metrics.formatting import format_count, format_percent
from metrics.predicates import parse_predicate
from metrics.slices import Slice
from tests.dashboard.pages import SAMPLES, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import cubes_of, open_file, open_with, write_hostile

PAGE = "coverage"
METRIC = "false_rejection_rate"


def covered_of(sample: str, system: str | None = None, **asked: object) -> Covered:
    """What the core alone says of a sample."""
    (cube,) = cubes_of(sample).only(system)
    whole = {"by": tuple(a.name for a in cube.axes), "metrics": (METRIC,), "depth": 2} | asked
    return cover(cube, Covering(**whole))  # type: ignore[arg-type]


def shown(app) -> list[str]:
    return [text.replace("\\", "") for text in texts(app)]


def table_with(app, column):
    return next(d.value for d in app.dataframe if column in d.value.columns)


def button(app, label):
    return next(b for b in app.button if b.label == label)


def downloads(app) -> list[str]:
    return [b.proto.label for b in app.get("download_button")]


@pytest.fixture(scope="module")
def covered() -> Covered:
    return covered_of("lending", "model A")


def test_the_answer_counts_what_is_too_few_and_what_would_go_unseen(covered):
    said = shown(open_page(PAGE, data="lending"))

    assert f"{say_combinations(covered)} {say_unseen(covered, METRIC)}" in said


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_has_a_map_a_plan_and_a_mix(sample):
    app = open_page(PAGE, data=sample)

    assert not app.error
    assert len(app.get("plotly_chart")) == 2
    assert {s.value for s in app.subheader} >= {"What is not covered", "Collect next", "Against a reference mix"}


def test_the_map_has_the_cores_denominators_in_its_cells(covered):
    chart = open_page(PAGE, data="lending").get("plotly_chart")[0].proto
    (blue, _) = [trace for trace in json.loads(chart.spec)["data"] if trace["type"] == "heatmap"]
    below = {row["slice"]: row["below"] for row in covered.combinations.to_dict("records")}
    first = Slice((("sex", "female"), ("age", "< 25")))

    assert blue["text"][0][0].split()[0] == format_count(below[first])
    assert blue["text"][0][-1].split()[0] == format_count(below[Slice((("sex", "female"),))])
    assert "by sex and age" in chart.alt


@pytest.mark.parametrize("shown_as", ["units", "half_width", "difference_half_width", "detectable_gap"])
def test_what_stands_in_the_cells_can_be_switched(shown_as):
    first = table_with(open_page(PAGE, data="lending"), "level of sex")
    app = open_with(PAGE, "lending", coverage_shown=shown_as)

    assert not table_with(app, "level of sex").equals(first)
    assert not app.error


def test_an_attribute_alone_can_be_chosen():
    app = open_with(PAGE, "lending", coverage_down="region", coverage_across="(none)")

    assert list(table_with(app, "level of region")["level of region"]) == ["centre", "east", "north", "south"]


def test_a_combination_is_looked_into_by_click_or_by_keyboard(covered):
    cell = Slice((("sex", "female"), ("age", "< 25")))
    app = open_with(PAGE, "lending", cell=str(cell))
    row = next(r for r in covered.combinations.to_dict("records") if r["slice"] == cell)

    assert any(t.startswith(f"sex = female, age < 25: {format_count(row['units'])} rows") for t in shown(app))
    button(app, "Rows behind it").click()
    app.run()
    assert app.session_state["cell"] == str(cell)


def test_all_combinations_stand_in_a_table_of_numbers(covered):
    closed = open_page(PAGE, data="lending")
    app = open_with(PAGE, "lending", coverage_all=True)
    table = table_with(app, "a pass")
    whole = table_combinations(covered.combinations, covered.metrics[METRIC])

    assert not any("a pass" in d.value.columns for d in closed.dataframe)
    assert len(table) == len(whole)
    assert "Download all as CSV" in downloads(app)
    assert table["positives"].is_monotonic_increasing
    assert sorted(table["combination"]) == sorted(whole["combination"])


def test_the_table_is_cut_to_an_order_and_sorted_as_asked():
    app = open_with(PAGE, "lending", coverage_all=True, coverage_order="1", coverage_sort="wide")
    table = table_with(app, "a pass")

    assert set(table["levels"]) == {1}
    assert table["± value (points)"].dropna().is_monotonic_decreasing


def test_the_most_general_gaps_are_chips_with_how_many_are_needed(covered):
    said = shown(open_page(PAGE, data="lending"))
    first = covered.uncovered.iloc[0]

    assert covered.uncovered.shape[0] > 1
    assert (
        f"1. :gray-badge[ethnicity = Other] {first['units']} of 30 positives, {30 - first['units']} more needed" in said
    )
    assert format_percent(covered.t_way["share"].iloc[0]) in said


def test_deeper_combinations_are_found_where_they_are_asked_for():
    deep = covered_of("lending", "model A", depth=3)
    app = open_with(PAGE, "lending", coverage_depth=3, coverage_uncovered_all=True)
    table = table_with(app, "more needed")

    assert list(table["combination"]) == [name_slice(s) for s in deep.uncovered["slice"]]
    assert list(table["more needed"]) == [30 - n for n in deep.uncovered["units"]]
    assert say_combinations(deep) in " ".join(shown(app))


def test_attributes_minimum_and_gap_are_heeded():
    asked = {"by": ("sex", "age"), "min_units": 260, "target_gap": 0.01}
    other = covered_of("lending", "model A", **asked)
    app = open_with(PAGE, "lending", coverage_by=["sex", "age"], coverage_least=260, coverage_gap=1.0)

    assert f"{say_combinations(other)} {say_unseen(other, METRIC)}" in shown(app)


def test_the_plan_is_the_cores_and_can_be_taken_away(covered):
    app = open_page(PAGE, data="lending")
    table = table_with(app, "units")
    plan = tabulate_plan_columns(covered)

    assert say_collect(covered) in shown(app)
    assert list(table.columns) == ["units", "sex", "age", "region", "ethnicity"]
    assert table["units"].sum() == plan["units"].sum()
    assert "Download the sampling plan" in downloads(app)
    assert write_plan_csv(covered).splitlines()[0] == "sex,age,region,ethnicity,units"


def test_a_rule_takes_what_is_impossible_out_of_the_plan():
    rule = "ethnicity = Other and region = south"
    ruled = covered_of("lending", "model A", rules=(parse_predicate(rule),))
    app = open_with(PAGE, "lending", coverage_rules=rule)
    plan = table_with(app, "units")

    assert say_collect(ruled) in shown(app)
    assert not ((plan["ethnicity"] == "Other") & (plan["region"] == "south")).any()
    assert any("calls them impossible" in w.value for w in app.warning)  # some such rows are there


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("sex =", "Line 1 is left out."),
        ("sexx = female", "Line 1 is left out. Column 'sexx' of the condition is not there. Did you mean 'sex'?"),
        ("sex = femal", "'femal'"),
        ("sex = female and __import__('os')", "Line 1 is left out."),
        ("region = south\nsex >", "Line 2 is left out."),
    ],
)
def test_a_bad_rule_is_refused_in_its_place_and_the_page_stays(rule, said, covered):
    app = open_with(PAGE, "lending", coverage_rules=rule)

    assert any(said in w.value.replace("\\", "") for w in app.warning)
    assert not app.error
    assert len(app.get("plotly_chart")) == 2


def test_rules_that_leave_nothing_possible_say_so():
    app = open_with(PAGE, "lending", coverage_rules="sex = female\nsex = male")

    assert "No combination is left possible" in app.error[0].value.replace("\\", "")
    assert app.text_area(key="coverage_rules").value == "sex = female\nsex = male"


SHARES = "axis,level,share\nsex,female,40 %\nsex,male,60 %"


def mix_of(app):
    return table_with(app, "share in the reference")


def test_equal_shares_are_what_the_mix_is_held_against_at_first():
    mix = mix_of(open_page(PAGE, data="lending"))

    assert list(mix["share in the reference"][mix["attribute"] == "region"]) == ["25.0 %"] * 4
    assert list(mix["rows"][mix["attribute"] == "sex"]) == ["2,526", "2,474"]  # as counted by hand in the file


def test_a_table_of_ones_own_is_held_against_the_mix():
    (cube,) = cubes_of("lending").only("model A")
    mix = against_shares(cube, parse_shares(SHARES, {"sex": ["female", "male"]}))
    app = open_with(PAGE, "lending", coverage_reference="table", coverage_shares=SHARES)

    assert list(mix_of(app)["share in the reference"]) == ["40.0 %", "60.0 %"]
    assert list(mix_of(app)["share here"]) == [format_percent(s) for s in mix["share"]]
    assert say_shares(mix) in shown(app)


def test_an_uploaded_table_is_held_against_the_mix():
    app = open_with(PAGE, "lending", coverage_reference="table")
    app.file_uploader(key="coverage_shares_file").upload("census.csv", SHARES.encode(), "text/csv")
    rerun(app)

    assert list(mix_of(app)["level"]) == ["female", "male"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("axis,level,share\nsex,female,much", "line 2"),
        ("axis,level,share\nsex,female,0.2", "add up to 0.2"),
        ("![a](http://evil.example/a.png),level,share", "has no column"),
        ("axis,level,share\n![a](http://evil.example/a.png),x,1", "names the attribute"),
    ],
)
def test_a_table_that_is_none_is_refused_with_the_place(text, said):
    app = open_with(PAGE, "lending", coverage_reference="table", coverage_shares=text)

    assert any("This is no table of shares yet" in e.value for e in app.error)
    assert any(said in t.lower() or said in t for t in shown(app))
    assert find_injections(app) == []


def test_a_level_that_looks_misspelled_is_refused_with_the_nearest():
    app = open_with(PAGE, "lending", coverage_reference="table", coverage_shares=SHARES.replace("female", "femal"))

    assert "Did you mean 'female'?" in app.error[0].value.replace("\\", "")


def test_names_from_files_are_shown_as_text_in_every_part(monkeypatch, tmp_path):
    address = open_file(monkeypatch, tmp_path, *write_hostile(tmp_path))
    app = open_page(PAGE, data=address, least="1")
    app.session_state["coverage_least"] = 25
    rerun(app)

    assert find_injections(app) == []
    assert any("more needed" in text for text in texts(app))


def test_a_gap_of_a_metric_that_is_no_share_is_in_its_own_unit():
    app = open_page(PAGE, data="waiting")
    gap = next(n for n in app.number_input if n.label == "Target gap")

    assert gap.value > 0
    assert "pass" in " ".join(shown(app))


def test_more_than_can_be_gone_through_is_refused_with_the_cure(monkeypatch):
    monkeypatch.setattr("metrics.coverage.grid.MOST_COMBINATIONS", 10)
    app = open_page(PAGE, data="lending")

    assert "“Attributes”" in app.error[0].value.replace("\\", "")
    assert app.number_input


def test_long_work_says_how_far_it_is_and_can_be_stopped_and_taken_up(monkeypatch):
    app = open_page(PAGE, data="lending")

    def cover_for_ever(cube, asked, tell, plan):
        while True:
            tell("Counting the combinations", 0.3)
            time.sleep(0.01)

    monkeypatch.setattr("dashboard.waiting.PATIENCE", 0.05)
    monkeypatch.setattr(coverage_controls, "cover", cover_for_ever)
    app.session_state["coverage_depth"] = 1
    rerun(app)
    button(app, "Cancel").click()
    rerun(app)
    stopped = shown(app)
    monkeypatch.setattr(coverage_controls, "cover", cover)
    monkeypatch.setattr("dashboard.waiting.PATIENCE", 60.0)
    button(app, "Go on").click()
    rerun(app)

    assert any("This was stopped; nothing is lost." in text for text in stopped)
    assert len(app.get("plotly_chart")) == 2


def test_the_plan_is_waited_for_alone_and_the_rest_of_the_page_is_there(monkeypatch):
    app = open_page(PAGE, data="lending")

    def plan_for_ever(cube, covered, tell):
        while True:
            tell("Choosing what to collect", 0.3)
            time.sleep(0.01)

    monkeypatch.setattr("dashboard.waiting.PATIENCE", 0.05)
    monkeypatch.setattr(coverage_gaps, "plan_collection", plan_for_ever)
    app.session_state["coverage_least"] = 40
    rerun(app)
    rerun(app)  # what comes before it has had its moment by now
    waited = app.get("plotly_chart"), downloads(app)
    button(app, "Cancel").click()
    rerun(app)
    stopped = shown(app)
    monkeypatch.setattr(coverage_gaps, "plan_collection", plan_collection)
    monkeypatch.setattr("dashboard.waiting.PATIENCE", 60.0)
    button(app, "Work out the plan").click()
    rerun(app)

    assert len(waited[0]) == 2
    assert "Download the sampling plan" not in waited[1]
    assert any("This was stopped; nothing is lost." in text for text in stopped)
    assert "Download the sampling plan" in downloads(app)
