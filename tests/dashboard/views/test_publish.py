"""The Publish page: what is said before is what a reader gets, and what is published can be taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Event
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import publications, publishing, waiting
from dashboard.datasets import find_dataset
from dashboard.workspace import Workspace
from metrics.sharing.bundle import read_bundle
from tests.dashboard.pages import find_injections, open_page, rerun, texts
from tests.dashboard.views.files import open_file, write_hostile
from tests.dashboard.views.shared import open_chosen
from tests.dashboard.views.test_every_page import ODD
from tests.paths import SAMPLES

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


def test_what_tells_the_outcome_is_not_chosen_at_first_and_it_is_said_why(monkeypatch, tmp_path):
    file = tmp_path / "loans.csv"
    lines = [f"{'ab'[i % 2]},{i % 3 == 0:d},{i % 4 == 0:d},{'good' if i % 3 else '![x](y)'}\n" for i in range(120)]
    file.write_text("g,label,said,![o](http://evil.example)\n" + "".join(lines))
    schema = 'task="classification"\nlabel="label"\npositive=["1"]\n[[system]]\nprediction="said"\n'
    schema += '[[attribute]]\ncolumn="g"\n[[attribute]]\ncolumn="![o](http://evil.example)"\n'

    app = open_page("publish", data=open_file(monkeypatch, tmp_path, file, schema))

    assert app.multiselect(key="publish_attributes").value == ["g"]
    (said,) = (c.value for c in app.caption if "Not chosen at first" in c.value)
    assert "it tells the label" in said
    assert find_injections(app) == []


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
    lines = [f"{'ab'[i % 4 // 2]},{i % 2},{i % 10 / 10},one\n" for i in range(60)]
    file.write_text("g,label,score,one\n" + "".join(lines))
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


def test_what_it_says_of_everybody_is_told_before(monkeypatch, tmp_path):
    file = tmp_path / "right.csv"
    rows = [f"{'abc'[i % 3]},{i % 2},{i % 2}" for i in range(120)]
    file.write_text("\n".join(["g,label,answer", *rows, ""]))
    schema = 'task="classification"\nlabel="label"\npositive=["1"]\n[[system]]\nprediction="answer"\n'
    schema += '[[attribute]]\ncolumn="g"\n'
    app = open_publish(open_file(monkeypatch, tmp_path, file, schema), metrics=["accuracy"])

    said = "\n".join(w.value for w in app.warning).replace("\\", "")
    assert "Accuracy is 100 % of all 120 whom it is about" in said
    assert counts(app)[:2] == ["3", "0"]
    assert not [w for w in open_publish().warning if "whom it is about" in w.value]


# -- the bundle file -----------------------------------------------------------------------------


def make_bundle(app: AppTest) -> tuple[bytes, str]:
    """Press the button; return the bytes of the bundle and the rest of the owner's own link."""
    app.button(key="publish_bundle_make").click()
    rerun(app)
    (download,) = app.get("download_button")
    (own,) = (code.value.partition("?own=")[2] for code in app.code)
    data = app.session_state["publish_file"][1].bundle
    assert download.label == "Download the bundle"
    return data, own


def test_a_bundle_file_is_the_report_and_what_it_shows_is_remembered():
    app = open_publish(title="My loans", attributes=["region", "ethnicity"], order=2)
    shown = int(counts(app)[0])

    data, own = make_bundle(app)

    shared = read_bundle(data)
    assert shared.terms.title == "My loans"
    slices = [publishing.list_slices(shared, g) for g in shared.terms.groupings]
    assert sum(sum(found.values()) for found in slices) == shown
    home, id_ = Workspace.at_home(), own.partition(".")[0]
    assert len(home.memories([s.sha256 for s in shared.sources])) == 1
    assert (home.status().reports, home.status().files) == (0, 1)
    assert home.find_report(id_) is None
    assert open_page("published", report=id_).get("plotly_chart") == []


def test_a_report_after_a_bundle_file_hides_what_the_two_would_give_away_together():
    """The filter leaves out a few people of the bundle: they would be told by taking the report off it."""
    make_bundle(open_publish(attributes=["region"]))

    app = open_publish(attributes=["region"], where="score_a >= 0.002")

    assert any("shared of the same file before" in e.value for e in app.error)
    assert "Publish" not in [b.label for b in app.button]


def test_a_bundle_file_made_twice_is_the_same_and_a_second_click_makes_nothing_more(monkeypatch):
    first, _ = make_bundle(open_publish(attributes=["region", "ethnicity"]))
    app = open_publish(attributes=["region", "ethnicity"])
    with Workspace.at_home().publishing(), monkeypatch.context() as patch:
        patch.setattr(waiting, "PATIENCE", 0.1)
        app.button(key="publish_bundle_make").click().run()
        app.button(key="publish_bundle_make").click().run()
    rerun(app)

    assert app.session_state["publish_file"][1].bundle == first
    assert Workspace.at_home().status().files == 2


def test_a_bundle_file_is_listed_and_can_be_forgotten_with_a_warning():
    app = open_publish(title="My loans")
    data, own = make_bundle(app)
    sources = [s.sha256 for s in read_bundle(data).sources]
    id_ = own.partition(".")[0]
    assert any("My loans (bundle file)" in m.value.replace("\\", "") for m in app.markdown)

    app.button(key=f"publish_change_{id_}").click()
    rerun(app)
    assert any("It cannot be withdrawn" in m.value for m in app.markdown)
    assert any("Whoever has the file still has it" in m.value for m in app.markdown)
    assert not [b for b in app.button if b.key in ("publish_withdraw", "publish_read")]
    app.button(key="publish_delete").click()
    rerun(app)

    assert Workspace.at_home().memories(sources) == []
    assert any("all that was remembered of it" in s.value for s in app.success)
    assert app.button(key="publish_bundle_make").label == "Make the bundle file"
    assert not app.get("download_button")
    assert not any("is remembered from now on" in m.value for m in app.markdown)


def test_a_bundle_that_was_opened_here_can_be_removed_and_is_not_said_to_be_published():
    data, _ = make_bundle(open_publish(title="My loans"))
    report, key = publishing.keep_bundle(data, "theirs.fairness.zip", "", Workspace.at_home())

    app = open_own(f"{report.id}.{key}")

    said = "\n".join(m.value for m in app.markdown)
    assert "Opened here from a bundle file on" in said
    assert "Published on" not in said
    assert "remembered" not in said
    assert not [b for b in app.button if b.key == "publish_withdraw"]
    app.button(key="publish_delete").click()
    rerun(app)
    assert Workspace.at_home().find_report(report.id) is None


def test_transcripts_are_spoken_of_where_there_are_some():
    promise = "They see counts and rates of groups, and never a row"

    assert any(m.value.endswith(f"{promise}.") for m in open_publish().markdown)
    spoken = open_publish("call_centre", people="units", order=1)
    assert any(m.value.endswith(f"{promise}, unless you tick that some transcripts go along.") for m in spoken.markdown)


def test_the_own_link_of_a_bundle_file_leads_to_it():
    _, own = make_bundle(open_publish(title="My loans"))

    app = open_own(own)

    assert app.button(key="publish_delete").label == "Forget it now"
    assert not app.error


def test_the_same_rows_saved_anew_are_known_by_what_was_published_of_them(monkeypatch, tmp_path):
    """The samples are CSV; the same rows as Parquet, in another order and without a column nobody shared."""
    publish(open_publish(attributes=["region"]))
    file, schema = tmp_path / "anew.parquet", (SAMPLES / "lending.toml").read_text()
    frame = pd.read_csv(SAMPLES / "lending.csv").sample(frac=1, random_state=0)
    frame.to_parquet(file)

    app = open_publish(
        open_file(monkeypatch, tmp_path, file, schema), "score_a >= 0.002", attributes=["region"], order=1
    )

    assert any("shared of the same file before" in e.value for e in app.error)


def test_where_a_column_that_was_shared_is_gone_nothing_more_is_shared(monkeypatch, tmp_path):
    publish(open_publish(attributes=["region"]))
    frame = pd.read_csv(SAMPLES / "lending.csv").drop(columns="region")
    file, schema = tmp_path / "anew.csv", (SAMPLES / "lending.toml").read_text()
    parts = [part for part in schema.split("[[") if 'column = "region"' not in part]
    frame.to_csv(file, index=False)

    app = open_publish(open_file(monkeypatch, tmp_path, file, "[[".join(parts)), attributes=["ethnicity"], order=1)

    assert any("Open the file as it was then" in e.value for e in app.error)


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


@pytest.mark.parametrize("form", ["http://localhost/publish?own={}", " {} "])
def test_an_own_link_that_is_pasted_opens_the_report_and_stays_nowhere(form):
    _, own = publish(open_publish())
    app = open_page("publish", data="A" * 32)  # no data are needed to take something back

    app.text_input(key="publish_own_link").set_value(form.format(own))
    rerun(app)

    assert app.button(key="publish_withdraw").label == "Withdraw it now"
    assert own.partition(".")[2] not in "".join(str(value) for value in app.query_params.values())
    app.button(key="publish_close").click()
    rerun(app)
    assert app.text_input(key="publish_own_link").value == ""


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


# -- while it is published -----------------------------------------------------------------------


@pytest.fixture
def held(monkeypatch) -> Iterator[Callable[[], None]]:
    """Somebody else publishes, so that it waits, until this is called; pages wait for it from then on."""
    with ExitStack() as stack:
        stack.enter_context(Workspace.at_home().publishing())
        stack.callback(monkeypatch.setattr, waiting, "PATIENCE", waiting.PATIENCE)
        yield stack.close


def reload(app: AppTest, **also: Any) -> AppTest:
    """Open what stands in the address anew, as F5 does: another session knows nothing of the one before."""
    return open_page("publish", **{**app.query_params, **also})


def publish_slowly(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Press the button, and do not wait for what comes of it."""
    monkeypatch.setattr(waiting, "PATIENCE", 0.1)
    app.button(key="publish_now").click().run()
    assert app.button(key="publish_publishing_stop").label == "Cancel"
    return app


def test_while_it_is_published_the_page_is_about_that_alone(held, monkeypatch):
    app = publish_slowly(open_publish(title="My loans", attributes=["region"]), monkeypatch)

    assert not [b for b in app.button if b.key == "publish_now"]
    assert len(app.multiselect) == 0
    assert len(app.get("progress")) == 1
    held()
    rerun(app)
    assert len(app.code) == 2
    assert Workspace.at_home().status().reports == 1
    app.button(key="publish_kept").click()
    rerun(app)
    assert app.multiselect(key="publish_attributes").value == ["region"]


def test_after_a_reload_the_publication_and_its_links_are_found_again(held, monkeypatch):
    app = reload(publish_slowly(open_publish(), monkeypatch))
    assert app.button(key="publish_publishing_stop").label == "Cancel"

    held()
    rerun(app)
    links = [code.value for code in app.code]
    again = reload(app)

    assert len(links) == 2
    assert [code.value for code in again.code] == links
    again.button(key="publish_kept").click()
    rerun(again)
    assert "publishing" not in again.query_params
    lost = reload(app)  # whoever finds the address in the browser's history
    assert len(lost.code) == 0
    assert any("This publication is over" in i.value for i in lost.info)


def test_what_nobody_looks_at_in_time_does_not_stay_published(held, monkeypatch):
    app = publish_slowly(open_publish(), monkeypatch)
    held()
    job = publications._publications().find(app.query_params["publishing"])
    assert job.wait(20)
    (source,) = (file.sha256 for file in find_dataset("lending", Workspace.at_home()).files)
    assert len(Workspace.at_home().memories([source])) == 1

    later = time.time() + publishing.UNCLAIMED_FOR + 1
    monkeypatch.setattr("time.time", lambda: later)
    rerun(app)

    assert len(app.code) == 0
    assert any("nobody looked at them" in i.value for i in app.info)
    assert Workspace.at_home().memories([source]) == []
    Workspace.at_home().sweep()
    assert Workspace.at_home().status().reports == 0


def test_another_page_and_back_find_it_too(held, monkeypatch):
    app = publish_slowly(open_publish(), monkeypatch)
    app.switch_page("views/metric_guide.py")
    held()
    rerun(app)
    assert "publishing" not in app.query_params

    app.switch_page("views/publish.py")
    rerun(app)

    assert len(app.code) == 2


def test_what_was_stopped_can_be_published_after_all(held, monkeypatch):
    app = publish_slowly(open_publish(), monkeypatch)
    app.button(key="publish_publishing_stop").click().run()
    while not app.info:
        assert any("Stopping" in bar.proto.text for bar in app.get("progress"))
        rerun(app)
    assert [i.value for i in app.info] == ["Nothing was published."]
    assert Workspace.at_home().status().reports == 0

    held()
    app.button(key="publish_now").click()
    rerun(app)

    assert len(app.code) == 2


def test_who_cancels_too_late_is_told_so_with_the_links(monkeypatch):
    """The last step is held up: what is cancelled then is published all the same."""
    reached, go_on = Event(), Event()
    real = Workspace.publish

    def publish_late(*given: Any, **told: Any) -> Any:
        reached.set()
        assert go_on.wait(20)
        return real(*given, **told)

    monkeypatch.setattr(Workspace, "publish", publish_late)
    app = open_publish()
    with monkeypatch.context() as patch:
        publish_slowly(app, patch)
        assert reached.wait(20)
        app.button(key="publish_publishing_stop").click().run()
        assert not any("Nothing was published" in i.value for i in app.info)
        go_on.set()
    rerun(app)

    assert any("It was published before it could be cancelled" in w.value for w in app.warning)
    report = app.code[0].value.partition("?report=")[2]
    assert Workspace.at_home().find_report(report) is not None
    app.button(key="publish_undo").click()
    rerun(app)
    app.button(key="publish_withdraw").click()
    rerun(app)
    app.button(key="publish_close").click()
    rerun(app)
    assert Workspace.at_home().find_report(report) is None
    assert len(app.code) == 0


def test_what_was_chosen_together_with_the_click_is_not_published_unseen():
    app = open_publish(title="As shown")

    app.text_input(key="publish_title").set_value("Something else")
    app.button(key="publish_now").click()
    rerun(app)

    assert any("something else was chosen at the same moment" in w.value for w in app.warning)
    assert Workspace.at_home().status().reports == 0
