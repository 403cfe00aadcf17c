"""The Published page: a report is read from its bundle alone, and nobody learns why there is none."""

from __future__ import annotations

import os
import time
from functools import cache
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import published_reports
from dashboard.published_reports import NOTHING_ASKED, NOTHING_HERE
from dashboard.publishing import keep_bundle, list_slices
from dashboard.viewer import VARIABLE
from dashboard.workspace import Workspace
from metrics import compare, estimate, read_results
from metrics.schema import Schema
from metrics.sharing.bundle import write_bundle
from metrics.sharing.shared_cube import Shared
from metrics.slices import Slice
from tests.dashboard.pages import APP, HOSTILE, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import cubes_of, write_hostile
from tests.dashboard.views.shared import FEW, keep, open_chosen, share_results, share_sample


@cache
def lending() -> Shared:
    return share_sample("lending", note="Read the note first.")


def open_report(report: str, **chosen: object) -> AppTest:
    """Open the page of a report where things are chosen in its widgets, by their keys without `published_`."""
    return open_chosen("published", {f"published_{key}": value for key, value in chosen.items()}, report=report)


def find_hidden(shared: Shared) -> list[Slice]:
    found = (list_slices(shared, names) for names in shared.terms.groupings)
    return [s for slices in found for s, is_shown in slices.items() if not is_shown]


def read(**chosen: object) -> AppTest:
    """Open a report of the lending sample."""
    return open_report(keep(lending())[0].id, **chosen)


def table(app: AppTest, name: str) -> list[dict[str, str]]:
    found = next(d for d in app.dataframe if d.proto.alt.startswith(name))
    return list(found.value.to_dict("records"))


def test_a_reader_sees_what_it_is_from_which_file_and_the_answer():
    app = read()

    assert [t.value for t in app.title] == ["Loans"]
    said = "\n".join(texts(app)).replace("\\", "")
    assert "Made on" in said
    assert "from lending.csv" in said
    assert "Read the note first." in said
    assert "Worst for age < 25" in said
    assert f"{len(find_hidden(lending()))} groups of this report are hidden." in said
    assert "lending.csv" not in "\n".join(str(e.value) for e in app.sidebar.markdown)


def test_the_numbers_are_those_of_the_file():
    app = read(metric="accuracy", compare="ratio", baseline="overall", confidence=0.9)

    cubes = cubes_of("lending").only("model A")
    own = estimate(cubes, None, ["accuracy"], confidence=0.9)
    south = own[[s == Slice((("region", "south"),)) for s in own["slice"]]].iloc[0]
    ratios = compare(cubes, None, ["accuracy"], kinds=("ratio",), baseline="overall", confidence=0.9)
    ratio = ratios[[s == Slice((("region", "south"),)) for s in ratios["slice"]]].iloc[0]
    row = next(r for r in table(app, "Accuracy of every group") if r["slice"] == "region = south")
    assert row["value"] == f"{100 * south['value']:.1f} %"
    assert row["interval"] == f"[{100 * south['low']:.1f}, {100 * south['high']:.1f}]"
    assert row["ratio"] == f"{ratio['value']:.2f} times"


def test_a_hidden_group_is_marked_and_cannot_be_looked_into():
    app = read(by="region,ethnicity", cell="region = east & ethnicity = Other")

    rows = table(app, "False rejection rate of every group")
    hidden = [r for r in rows if r["status"] == "suppressed"]
    assert {f"{r}, Other" for r in ("centre", "east", "south")} <= {r["slice"] for r in hidden}  # under ten people
    assert len(hidden) == sum(s.axes == ("region", "ethnicity") for s in find_hidden(lending()))
    assert {(r["value"], r["counts"], r["difference"]) for r in hidden} == {("-", "-", "-")}
    assert len(app.metric) == 0
    assert any("is hidden" in m.value for m in app.markdown)


def test_a_group_can_be_compared_with_one_of_the_same_attributes_that_is_shown():
    shown = [s for s, is_shown in list_slices(lending(), ("region", "ethnicity")).items() if is_shown]
    first, last = shown[0], shown[-1]
    app = read(by="region,ethnicity", cell=str(first), baseline=str(last))

    assert [m.label for m in app.metric][1].replace("\\", "").lower() == str(last).lower()
    options = app.selectbox(key="published_baseline").options
    assert {str(s) for s in shown} <= set(options)
    assert not {str(s) for s in find_hidden(lending())} & set(options)


@pytest.mark.parametrize("picture", ["groups", "map", "gaps"])
@pytest.mark.parametrize("sample", ["lending", "screening", "call_centre", "waiting", "routing"])
def test_every_picture_of_every_kind_of_data(sample, picture):
    shared = lending() if sample == "lending" else share_sample(sample)
    report, _ = keep(shared)

    app = open_report(report.id, view=picture)

    assert not app.error
    assert len(app.get("plotly_chart")) == 1
    assert len(app.dataframe) >= 1


@pytest.mark.parametrize("picture", ["groups", "map", "gaps"])
def test_illegal_choices_fall_back(picture):
    illegal = dict.fromkeys(("metric", "system", "by", "baseline", "compare", "cell"), "<script>")
    app = read(**illegal, view=picture, confidence=7.0)

    assert not app.error
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("picture", ["groups", "map", "gaps"])
def test_names_and_the_title_are_shown_as_text(picture, tmp_path):
    file, schema = write_hostile(tmp_path)
    results = read_results(file, Schema.loads(schema))
    report, _ = keep(share_results(results, FEW, title=HOSTILE[0], note=" ".join(HOSTILE), min_cell=3, min_units=1))

    app = open_report(report.id, view=picture)

    assert find_injections(app) == []
    assert any("evil" in text for text in texts(app))


# -- no report -----------------------------------------------------------------------------------


def nothing(report: str) -> list[str]:
    app = open_page("published", report=report)
    assert app.get("plotly_chart") == []
    return [t.value for t in app.title] + [i.value for i in app.info] + [b.label for b in app.button]


def test_unknown_altered_ended_and_withdrawn_reports_and_those_of_others_look_alike(monkeypatch):
    home = Workspace.at_home()
    withdrawn, _ = keep(lending())
    home.withdraw(withdrawn.id)
    theirs, _ = keep(lending(), owner="ann@example.org", readers=["bob@example.org"])
    ended, _ = keep(lending(), ends=time.time() + 3600)
    later = time.time() + 7200
    monkeypatch.setattr("dashboard.store.reports.time", SimpleNamespace(time=lambda: later))

    asked = ["A" * 32, "x", "../" + withdrawn.id, theirs.id[:-1], withdrawn.id, theirs.id, ended.id]
    found = [nothing(one) for one in asked]

    assert all(one == ["What was published?", NOTHING_HERE] for one in found)


@pytest.mark.parametrize(
    ("viewer", "told"),
    [("0", NOTHING_ASKED + " A report that you were sent as a file is opened below."), ("1", NOTHING_ASKED)],
)
def test_without_any_id_it_is_said_what_to_do(viewer, told, monkeypatch):
    monkeypatch.setenv(VARIABLE, viewer)

    assert nothing("") == ["What was published?", told]


def test_what_is_wrong_with_a_bundle_file_is_a_sentence():
    app = open_page("published")
    app.file_uploader[0].upload("mine.zip", b"PK nothing")
    rerun(app)

    (said,) = (e.value.replace("\\", "") for e in app.error)
    assert said.startswith("File 'mine.zip' is")


def test_a_bundle_that_was_damaged_on_the_disk_is_no_report():
    report, _ = keep(lending())
    report.path.write_bytes(b"PK\3\4 nothing")

    assert nothing(report.id) == ["What was published?", NOTHING_HERE]


def test_a_report_is_read_by_those_who_are_named_and_by_its_owner():
    report, _ = keep(lending(), owner="ann@example.org", readers=["bob@example.org"])

    def look(email: str) -> list[str]:
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.user = {"is_logged_in": True, "email": email, "email_verified": True}
        app.secrets["auth"] = {"redirect_uri": "http://localhost/oauth2callback", "cookie_secret": "c" * 32}
        app.query_params["report"] = report.id
        app.run()
        app.switch_page("views/published.py")
        app.query_params["report"] = report.id
        rerun(app)
        return [t.value for t in app.title]

    assert look("bob@example.org") == ["Loans"]
    assert look("ann@example.org") == ["Loans"]
    assert look("eve@example.org") == ["What was published?"]


def test_the_bundle_is_read_once_for_everyone(monkeypatch):
    calls = []
    real = published_reports.read_bundle
    monkeypatch.setattr(published_reports, "read_bundle", lambda *a, **k: calls.append(a) or real(*a, **k))
    report, _ = keep(lending())

    first = open_page("published", report=report.id)
    rerun(first)
    open_page("published", report=report.id)

    assert len(calls) == 1


def test_no_data_of_the_session_are_looked_for_when_a_link_is_followed(monkeypatch):
    """What finds data, reads or keeps them is out of order: a report needs none of it."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("data were looked for")

    report, _ = keep(lending())
    monkeypatch.setattr("dashboard.state.find_dataset", fail)
    monkeypatch.setattr("dashboard.loading.find_dataset", fail)
    app = AppTest.from_file(str(APP), default_timeout=60)
    monkeypatch.setenv(VARIABLE, "1")  # whose first page it is
    app.query_params["report"] = report.id

    rerun(app)

    assert [t.value for t in app.title] == ["Loans"]
    assert os.environ[VARIABLE] == "1"


def test_a_bundle_from_elsewhere_is_told_from_what_was_published_here(monkeypatch):
    """Anybody can write a bundle and hand on its address here: no name of this server's vouches for it."""
    ann = "ann@example.org"
    monkeypatch.setattr("dashboard.people.person", lambda: ann)
    here, _ = keep(lending(), owner=ann)
    elsewhere, _ = keep_bundle(write_bundle(lending()), "sent.fairness.zip", ann, Workspace.at_home())

    published, opened = open_report(here.id), open_report(elsewhere.id)

    assert any("by ann" in text for text in texts(published))
    assert not [w for w in published.warning if "bundle file" in w.value]
    assert not any("by ann" in text for text in texts(opened))
    assert [w for w in opened.warning if "Trust it as far as you trust who sent it" in w.value]


def test_a_heading_writes_an_attribute_as_the_file_does_and_begins_our_own_words_with_a_capital():
    def labels(baseline: str) -> list[str]:
        app = read(by="sex", cell="sex = male", baseline=baseline)
        return [m.label.replace("\\", "") for m in app.metric][:2]

    assert labels("sex = female") == ["sex = male", "sex = female"]
    assert labels("overall") == ["sex = male", "Everyone"]


def test_what_stands_in_the_cells_of_hidden_groups_is_explained_as_it_is_drawn():
    app = read(view="map", by="region,ethnicity")

    assert any("A dash: no data. What is hidden says so." in c.value for c in app.caption)
    assert '"hidden"' in app.get("plotly_chart")[0].proto.spec


def test_where_combinations_are_chosen_the_picture_of_gaps_says_where_they_are():
    said = "The picture has each attribute alone; combinations are in the tables."
    together, alone = read(view="gaps", by="region,ethnicity"), read(view="gaps", by="region")

    assert said in [c.value for c in together.caption]
    assert "region and ethnicity" in [row["by"] for row in table(together, "The largest gap by each attribute")]
    assert said not in [c.value for c in alone.caption]
