from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from dashboard import slice_finder_controls, slice_finder_list
from dashboard.workspace import Workspace
from metrics.answers import name_slice
from metrics.find import Found, Search, find, list_findings
from metrics.find_words import say_search
from metrics.formatting import format_difference
from metrics.slices import Slice
from tests.dashboard.pages import find_injections, open_page, rerun, texts
from tests.dashboard.views.files import cubes_of, open_file, open_with, read_sample, write_hostile

PAGE = "slice_finder"
WORST = Slice((("sex", "female"), ("region", "south")))  # planted, as the sample's README says
FAIR = """
task = "classification"
label = "label"
positive = ["1"]
favourable = "positive"
[[system]]
prediction = "prediction"
[[attribute]]
column = "a"
[[attribute]]
column = "b"
"""


def search_of(sample: str, system: str | None = None) -> Found:
    """The search by the core alone."""
    (cube,) = cubes_of(sample).only(system)
    return find(cube, Search("false_rejection_rate", tuple(a.name for a in cube.axes)))


def shown(app) -> list[str]:
    """The texts of a page as they are read: without what escapes the signs of Markdown."""
    return [text.replace("\\", "") for text in texts(app)]


def button(app, label):
    return next(b for b in app.button if b.label == label)


def open_fair(monkeypatch, folder):
    """Open a file in which nothing differs but by chance."""
    draw = np.random.default_rng(5)
    frame = pd.DataFrame({name: draw.choice(["x", "y"], 400) for name in "ab"})
    frame = frame.assign(label=draw.integers(0, 2, 400), prediction=draw.integers(0, 2, 400))
    file = folder / "fair.csv"
    frame.to_csv(file, index=False)
    return open_file(monkeypatch, folder, file, FAIR)


@pytest.fixture(scope="module")
def found() -> Found:
    return search_of("lending", "model A")


def test_the_answer_is_the_worst_finding_and_how_much_was_searched(found):
    said = shown(open_page(PAGE, data="lending"))

    assert any(t.startswith("Worst: sex = female, region = south.") and "63 of 235" in t for t in said)
    assert say_search(found) in said


def test_every_finding_is_a_row_with_its_numbers_and_what_it_costs(found):
    app = open_page(PAGE, data="lending")
    said = shown(app)
    findings = list_findings(found)
    table = next(d.value for d in app.dataframe if "at least" in d.value.columns)

    assert len(findings) == 2
    assert list(table["slice"]) == [name_slice(s) for s in findings["slice"]]
    assert list(table["difference"]) == [format_difference(found.metric, d) for d in findings["difference"]]
    assert "**1** :gray-badge[sex = female] :gray-badge[region = south]" in said
    assert any(t.startswith("40 more wrongly refused than at the rest's rate") for t in said)


def test_the_picture_shows_the_findings_and_is_told_in_words():
    chart = open_page(PAGE, data="lending").get("plotly_chart")[0].proto

    assert "63 of 235" in chart.spec
    assert "sex = female, region = south" in chart.alt


def test_similar_slices_unfold(found):
    app = open_with(PAGE, "lending", slice_finder_1_twins=True)
    twins = list_findings(found).iloc[0]["twins"]
    tables = [d.value for d in app.dataframe if "finding" in d.value.columns]

    assert len(twins) > 0
    assert [list(t["slice"]) for t in tables] == [[name_slice(s) for s in twins]]


def test_all_slices_are_listed_a_page_at_a_time_when_asked_for(found):
    closed = open_page(PAGE, data="lending")
    app = open_with(PAGE, "lending", slice_finder_all=True, slice_finder_page=3)
    (table,) = [d.value for d in app.dataframe if "finding" in d.value.columns]

    assert not any("finding" in d.value.columns for d in closed.dataframe)
    assert list(table["slice"]) == [name_slice(s) for s in found.lattice["slice"].iloc[200:]]
    assert "Download all as CSV" in [b.proto.label for b in app.get("download_button")]


def test_attributes_depth_and_share_narrow_the_search():
    asked = {"slice_finder_attributes": ["sex", "region"], "slice_finder_depth": 1, "slice_finder_support": 40.0}
    app = open_with(PAGE, "lending", **asked)

    # Of the sexes and regions only the two sexes have four rows in ten.
    assert any("Searched 2 slices" in text for text in texts(app))


def test_a_link_leads_to_the_rows_behind_a_finding():
    app = open_page(PAGE, data="lending")
    button(app, "Rows behind it").click()
    app.run()

    assert app.session_state["cell"] == str(WORST)


def test_the_evidence_sheet_knows_how_many_slices_were_searched(found):
    app = open_page(PAGE, data="lending")
    button(app, "Evidence sheet").click()
    app.run()
    app.switch_page("views/evidence.py")
    app.query_params["cell"] = str(WORST)
    rerun(app)
    looked = next(n for n in app.number_input if n.label == "How many groups you looked at in all")

    assert looked.value == found.searched
    assert not app.warning
    assert any("sex \\= female" in text for text in texts(app))


def test_a_finding_is_saved_as_a_slice_and_is_not_searched_again(workspace_folder):
    app = open_page(PAGE, data="lending")
    button(app, "Save slice").click()
    rerun(app)
    kept = Workspace(workspace_folder).find(app.query_params["data"])

    assert [(s.name, s.where) for s in kept.schema.slices] == [
        ("sex = female, region = south", "sex = female and region = south")
    ]
    assert any("Searched 203 slices" in text for text in texts(app))
    assert button(app, "Saved").disabled


def test_a_finding_of_cut_numbers_is_saved_by_its_numbers(workspace_folder):
    app = open_page(PAGE, data="lending")
    [b for b in app.button if b.label == "Save slice"][1].click()
    rerun(app)
    kept = Workspace(workspace_folder).find(app.query_params["data"])

    assert [(s.name, s.where) for s in kept.schema.slices] == [("age < 25", "age < 25")]
    assert not app.error


def test_where_nothing_is_found_it_says_what_would_have_been_seen_and_shows_all(monkeypatch, tmp_path):
    app = open_page(PAGE, data=open_fair(monkeypatch, tmp_path))
    said = " ".join(texts(app))

    assert "No slice fares worse than the rest beyond what chance would show" in said
    assert "To stand out among so many" in said
    assert not app.get("plotly_chart")
    (table,) = [d.value for d in app.dataframe]
    assert len(table) == 8


def test_more_combinations_than_can_be_searched_are_refused_with_the_cure(monkeypatch):
    monkeypatch.setattr("metrics.lattice.MOST_GROUPINGS", 3)
    app = open_page(PAGE, data="lending")

    said = app.error[0].value
    assert "fewer attributes with “Attributes to search” or a smaller depth with “Levels together”" in said
    assert app.number_input


def test_names_from_files_are_shown_as_text_in_every_part(monkeypatch, tmp_path):
    monkeypatch.setattr(slice_finder_list, "_PAGE", 5)
    address = open_file(monkeypatch, tmp_path, *write_hostile(tmp_path))
    app = open_page(PAGE, data=address, least="1")
    app.session_state["slice_finder_all"] = True
    rerun(app)

    assert find_injections(app) == []
    assert any("evil" in str(name) for d in app.dataframe for name in d.value["slice"])


@pytest.mark.parametrize("sample", ["screening", "routing", "waiting"])
def test_every_task_can_be_searched(sample):
    app = open_page(PAGE, data=sample)

    assert not app.error
    assert any("Searched " in text for text in texts(app))
    assert read_sample(sample).attributes.shape[1] > 0


def open_tab(tab, **chosen):
    return open_with(PAGE, "lending", slice_finder_tab=tab, **chosen)


def test_the_checks_begin_when_they_are_asked_for_and_tell_what_they_found():
    app = open_tab("Is it real?")
    before = shown(app)
    button(app, "Deal out 1,000 times").click()
    rerun(app)
    button(app, "Search one half").click()
    rerun(app)
    after = shown(app)

    assert not any("dealt out anew 1,000 times among the rows" in t for t in before)
    assert any("dealt out anew 1,000 times among the rows" in t and "In none of these files" in t for t in after)
    assert any(t.startswith("Searched ") and "chosen by chance" in t for t in after)
    assert [len(d.value) for d in app.dataframe if "difference in the others" in d.value.columns]


def test_numbers_are_cut_anew_on_the_half_searched_where_that_is_asked_for():
    app = open_tab("Is it real?")
    app.checkbox(key="slice_finder_cuts").check().run()
    button(app, "Search one half").click()
    rerun(app)

    # Under 25 is where false rejections were planted: sample_data/README.md.
    assert any("Cut on the half searched" in text and "age at 25" in text for text in texts(app))


def test_a_check_of_another_search_is_not_shown_for_this_one():
    app = open_tab("Is it real?")
    button(app, "Deal out 1,000 times").click()
    rerun(app)
    app.session_state["slice_finder_depth"] = 1
    rerun(app)

    assert button(app, "Deal out 1,000 times")
    assert not any("dealt out anew 1,000 times among" in t for t in shown(app))


def test_a_metric_that_no_row_has_a_part_in_says_that_it_cannot_be_checked():
    app = open_tab("Is it real?", metric="roc_auc", slice_finder_depth=1)
    button(app, "Deal out 1,000 times").click()
    rerun(app)

    assert len(app.info) == 1
    assert not app.error


def test_the_shares_of_a_finding_add_up_and_those_of_all_slices_can_be_had(found):
    app = open_tab("Which condition?")
    table = next(d.value for d in app.dataframe if "share" in d.value.columns)
    shares = [float(text.split()[0].replace("\N{MINUS SIGN}", "-")) for text in table["share"]]
    of = next(s for s in app.selectbox if s.label == "Of which slice")
    of.set_value("all slices together")
    rerun(app)

    assert list(table["condition"]) == ["sex = female", "region = south"]
    assert sum(shares) == pytest.approx(100 * found.findings["divergence"].iloc[0], abs=0.11)
    assert any("Over all 203 slices" in t for t in shown(app))


def test_the_tree_has_every_leaf_in_its_list_and_in_its_table():
    app = open_tab("Tree")
    table = next(d.value for d in app.dataframe if "rows where" in d.value.columns)
    (listed,) = [t for t in shown(app) if t.startswith("- everyone: ")]

    assert len(table) > 1
    assert [f"leaf {n}" in listed for n in table["leaf"]] == [True] * len(table)
    assert any(t.startswith("The worst leaf is ") for t in shown(app))


def test_a_leaf_is_saved_as_a_slice(workspace_folder):
    app = open_tab("Tree")
    button(app, "Save slice").click()
    rerun(app)
    (kept,) = Workspace(workspace_folder).find(app.query_params["data"]).schema.slices

    # The first leaf that holds on the other half; where the tree names a level, the slice names the numbers it is of.
    table = next(d.value for d in app.dataframe if "rows where" in d.value.columns)
    leaf = table[table["worse"] == "yes"]["rows where"].iloc[0]
    assert kept.where == leaf.replace("'< 25'", "25").replace("age = ", "age < ")


@pytest.mark.parametrize("tab", ["Is it real?", "Which condition?", "Tree"])
def test_names_from_files_are_shown_as_text_in_every_tab(tab, monkeypatch, tmp_path):
    address = open_file(monkeypatch, tmp_path, *write_hostile(tmp_path))
    app = open_page(PAGE, data=address, least="1")
    app.session_state["slice_finder_tab"] = tab
    rerun(app)
    for label in ("Deal out 1,000 times", "Search one half") if tab == "Is it real?" else ():
        button(app, label).click()
        rerun(app)

    assert find_injections(app) == []


def test_a_long_search_says_how_far_it_is_and_can_be_stopped_and_taken_up(monkeypatch):
    app = open_page(PAGE, data="lending")

    def search_for_ever(cube, search, tell):
        while True:
            tell("Counting the combinations", 0.3)
            time.sleep(0.01)

    monkeypatch.setattr("dashboard.waiting.PATIENCE", 0.05)
    monkeypatch.setattr(slice_finder_controls, "find", search_for_ever)
    app.session_state["slice_finder_depth"] = 2
    rerun(app)
    waited = shown(app)
    button(app, "Cancel").click()
    rerun(app)
    stopped = shown(app)
    monkeypatch.setattr(slice_finder_controls, "find", find)
    monkeypatch.setattr("dashboard.waiting.PATIENCE", 60.0)
    button(app, "Go on").click()
    rerun(app)

    assert not any("Searched" in text for text in [*waited, *stopped])
    assert any("This was stopped; nothing is lost." in text for text in stopped)
    assert any("Searched " in text for text in shown(app))
