"""The Publish page: what is said before is what a reader gets, and what is published can be taken back."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import publishing, waiting
from dashboard.workspace import Workspace
from metrics.sharing.bundle import read_bundle
from tests.dashboard.pages import find_injections, open_page, rerun, texts
from tests.dashboard.views.files import open_file, write_hostile
from tests.dashboard.views.shared import open_chosen
from tests.dashboard.views.test_every_page import ODD

METRICS = ["false_rejection_rate", "accuracy"]


def open_publish(data: str = "lending", where: str = "", **chosen: Any) -> AppTest:
    """Open the page where a few attributes are chosen, or what else is said."""
    told = {"order": 1, "metrics": METRICS, **chosen} if data == "lending" else chosen
    return open_chosen("publish", {f"publish_{key}": value for key, value in told.items()}, data=data, where=where)


def publish(app: AppTest) -> tuple[str, str]:
    """Press the button; return the id of the report and the rest of the owner's own link."""
    app.button(key="publish_now").click()
    rerun(app)
    link, own = (code.value for code in app.code)
    report = link.partition("?report=")[2]
    assert own.partition("?own=")[2].startswith(f"{report}.")
    return report, own.partition("?own=")[2]


def counts(app: AppTest) -> list[str]:
    return [m.value for m in app.metric]


def test_what_is_said_before_is_what_a_reader_gets():
    app = open_publish(title="My loans", note="A note", attributes=["region", "ethnicity"], order=2)
    shown, hidden, metrics = map(int, counts(app))
    assert metrics == 2
    assert hidden >= 3  # three groups have under ten people

    report, _ = publish(app)

    found = Workspace.at_home().find_report(report)
    assert found is not None
    shared = read_bundle(found.path)
    assert (shared.terms.title, shared.terms.note, found.title) == ("My loans", "A note", "My loans")
    assert shared.terms.groupings == (("region",), ("ethnicity",), ("region", "ethnicity"))
    assert shared.terms.metrics == tuple(m for m in shared.cubes.metrics if m in METRICS)
    slices = [publishing.list_slices(shared, g) for g in shared.terms.groupings]
    assert sum(sum(found.values()) for found in slices) == shown
    assert sum(not is_shown for found in slices for is_shown in found.values()) == hidden
    (entry,) = Workspace.at_home().read_log(report)
    assert (entry.what, entry.detail) == ("published", "My loans")


def test_a_filter_in_use_is_part_of_it_and_said():
    app = open_publish(where="region = south")

    said = "\n".join(w.value for w in app.warning).replace("\\", "")
    assert "only rows where region = south are part of it" in said
    found = Workspace.at_home().find_report(publish(app)[0])
    assert found is not None
    assert read_bundle(found.path).schema.where == "region = south"


def test_a_larger_minimum_hides_more_and_illegal_ones_fall_back():
    app = open_publish(attributes=["region", "ethnicity"], least=80)

    fewer = int(counts(open_publish(attributes=["region", "ethnicity"]))[1])
    assert int(counts(app)[1]) > fewer
    assert open_publish(order=7, days=1_000_000, least=-1, people="x", metrics=["<script>"]).error == []


def test_without_attributes_there_is_nothing_to_compare(monkeypatch, tmp_path):
    file = tmp_path / "plain.csv"
    file.write_text("label,score\n" + "".join(f"{i % 2},{i % 10 / 10}\n" for i in range(60)))
    schema = 'task="classification"\nlabel="label"\npositive=["1"]\nthreshold=0.5\n[[system]]\nscore="score"\n'
    app = open_page("publish", data=open_file(monkeypatch, tmp_path, file, schema))

    assert any("No column of the file says which group" in info.value for info in app.info)
    assert "Publish" not in [b.label for b in app.button]
    assert any("Choose at least one attribute" in i.value for i in open_publish(attributes=[]).info)


def test_too_many_combinations_are_refused_before_anything_is_counted(monkeypatch):
    monkeypatch.setattr("dashboard.publish_controls.MOST_GROUPINGS", 5)

    app = open_publish(order=2)

    assert any("meet in 10 ways" in e.value for e in app.error)


def test_without_data_it_says_what_would_be_there():
    app = open_page("publish", data="A" * 32)

    assert any(info.value.startswith("Here you will see ") for info in app.info)


@pytest.mark.parametrize("sample", ["screening", "waiting", "routing"])
def test_every_sample_can_be_published(sample):
    app = open_publish(sample, order=1)
    assert not app.error

    report, _ = publish(app)

    read = open_page("published", report=report)
    assert len(read.get("plotly_chart")) == 1


@pytest.mark.parametrize("kind", [k for k in ODD if k not in ("no labels", "one cluster")])
def test_odd_files_can_be_published(kind, monkeypatch, tmp_path):
    app = open_odd(kind, monkeypatch, tmp_path)
    assert not app.error

    read = open_page("published", report=publish(app)[0])

    assert not read.error


def test_weights_of_which_a_few_have_nearly_all_are_refused(monkeypatch, tmp_path):
    rows = [f"{'ab'[i % 2]},{i // 2 % 2},{i * 7 % 10 / 10},{10_000 if i < 3 else 1}" for i in range(120)]
    file = tmp_path / "few.csv"
    file.write_text("\n".join(["g,label,score,w", *rows, ""]))
    schema = 'task="classification"\nlabel="label"\npositive=["1"]\nweight="w"\n'
    schema += '[[attribute]]\ncolumn="g"\n[[system]]\nscore="score"\n'
    app = open_page("publish", data=open_file(monkeypatch, tmp_path, file, schema))

    assert "nearly all of the weight" in app.error[0].value
    assert not [b for b in app.button if b.key == "publish_now"]


def open_odd(kind, monkeypatch, tmp_path):
    label, schema = ODD[kind]
    rows = [
        f"{'abc'[i % 3]},{'xy '[i % 3].strip()},{label(i)},{i * 7 % 10 / 10},{i % 5 + 0.5},{i % 4 + 1},c{i},one"
        for i in range(120)
    ]
    file = tmp_path / "odd.csv"
    file.write_text("\n".join(["g,h,label,score,w,k,c,one", *rows, ""]))
    return open_page("publish", data=open_file(monkeypatch, tmp_path, file, schema))


def test_what_cannot_be_shared_is_said_and_not_published(monkeypatch, tmp_path):
    file = tmp_path / "one.csv"
    file.write_text("g,label,score,one\n" + "".join(f"{'ab'[i % 2]},{i % 2},{i % 10 / 10},one\n" for i in range(60)))
    schema = ODD["one cluster"][1].replace('[[attribute]]\ncolumn="h"\n', "")
    app = open_page("publish", data=open_file(monkeypatch, tmp_path, file, schema))

    assert [e.value.startswith("This cannot be shared") for e in app.error] == [True]
    assert "Publish" not in [b.label for b in app.button]


def test_names_from_files_are_shown_as_text(monkeypatch, tmp_path):
    address = open_file(monkeypatch, tmp_path, *write_hostile(tmp_path))
    app = open_publish(address, title="![x](http://evil.example)", order=1)
    assert find_injections(app) == []

    publish(app)
    app.button(key="publish_kept").click()
    rerun(app)

    assert any("evil" in text for text in texts(app))
    assert find_injections(app) == []


def open_own(own: str) -> AppTest:
    return open_chosen("publish", {"publish_order": 1, "publish_metrics": METRICS}, data="lending", own=own)


# -- one's own reports ---------------------------------------------------------------------------


def test_the_own_link_withdraws_and_what_was_done_is_in_the_log():
    report, own = publish(open_publish())

    app = open_own(own)
    app.button(key="publish_withdraw").click()
    rerun(app)

    assert Workspace.at_home().find_report(report) is None
    assert [e.what for e in Workspace.at_home().read_log(report)] == ["published", "withdrew"]
    assert open_page("published", report=report).get("plotly_chart") == []
    assert any("It was withdrawn" in m.value for m in app.markdown)


def test_deleted_is_deleted_and_its_own_link_leads_to_nothing():
    report, own = publish(open_publish())
    app = open_own(own)
    assert any("could then be subtracted from theirs" in m.value for m in app.markdown)

    app.button(key="publish_delete").click()
    rerun(app)

    assert not Workspace.at_home().may_change(report, own.partition(".")[2])
    again = open_own(own)
    assert any("There is no report of yours" in i.value for i in again.info)


@pytest.mark.parametrize("change", [lambda own: own[:-1], lambda own: own.partition(".")[0], lambda own: "x.y"])
def test_an_altered_own_link_changes_nothing(change):
    _, own = publish(open_publish())

    app = open_own(change(own))

    assert any("There is no report of yours" in i.value for i in app.info)
    assert not [b for b in app.button if b.key in ("publish_withdraw", "publish_delete")]


def test_a_report_of_this_session_can_be_changed_after_its_links_are_put_away():
    app = open_publish()
    report, _ = publish(app)
    assert [b.key for b in app.button if b.key == "publish_now"] == []  # one thing at a time

    app.button(key="publish_kept").click()
    rerun(app)
    app.button(key=f"publish_change_{report}").click()
    rerun(app)

    assert app.button(key="publish_withdraw").label == "Withdraw it now"


def test_the_owner_opens_it_as_a_reader_does():
    app = open_publish(title="My loans")
    report, _ = publish(app)

    app.button(key="publish_open").click()
    rerun(app)

    assert [t.value for t in app.title] == ["My loans"]
    assert app.query_params["report"] == report
    assert "data" not in app.query_params


def test_a_second_click_while_it_is_published_publishes_nothing_more(monkeypatch):
    app = open_publish()
    with Workspace.at_home().publishing(), monkeypatch.context() as patch:  # somebody else does, so that it waits
        patch.setattr(waiting, "PATIENCE", 0.1)
        app.button(key="publish_now").click().run()
        app.button(key="publish_now").click().run()
        assert not app.code
    rerun(app)

    assert len(app.code) == 2
    assert Workspace.at_home().status().reports == 1


def test_what_was_stopped_can_be_published_after_all(monkeypatch):
    app = open_publish()
    with Workspace.at_home().publishing(), monkeypatch.context() as patch:
        patch.setattr(waiting, "PATIENCE", 0.1)
        app.button(key="publish_now").click().run()
        app.button(key="publish_publishing_stop").click().run()
        assert [i.value for i in app.info] == ["Nothing was published."]
        app.button(key="publish_now").click().run()
    rerun(app)

    assert len(app.code) == 2
