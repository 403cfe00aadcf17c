"""The Over time page: the core's numbers, the next file by one upload, and names as text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.over_time_panels import table_left
from dashboard.packing import pack
from dashboard.set_list import name_set, tag_of
from dashboard.workspace import Workspace
from metrics import Schema
from metrics.series.dates import date_in
from metrics.series.left import first_left
from metrics.tasks.binary import METRICS
from tests.dashboard.pages import HOSTILE, bare, find_injections, open_page, rerun
from tests.dashboard.views.files import open_file, open_with
from tests.metrics.series.test_left import gaps_of
from tests.paths import SAMPLES

MONTHS = ("2025-09", "2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04")
LOANS = pd.read_csv(SAMPLES / "loans_by_month.csv", dtype=str)


def write_month(folder: Path, month: str) -> Path:
    """The loans of one month as a file without dates."""
    path = folder / f"loans_{month}.csv"
    LOANS[LOANS["decided_on"].str.startswith(month)].drop(columns="decided_on").to_csv(path, index=False)
    return path


def keep(path: Path) -> str:
    """Keep a file in the workspace as an upload, and return its address."""
    with path.open("rb") as stream:
        return Workspace.at_home().keep([(path.name, stream)], Schema(), 10**9).id


def open_months(monkeypatch: pytest.MonkeyPatch, folder: Path, *added: str) -> AppTest:
    """Open the page on the first month's file, with the files of other months added."""
    schema = (SAMPLES / "loans_by_month.toml").read_text(encoding="utf-8")
    address = open_file(monkeypatch, folder, write_month(folder, MONTHS[0]), schema)
    return open_page("over_time", data=address, sets=",".join(keep(write_month(folder, m)) for m in added))


def sets_of(app: AppTest) -> list[str]:
    """The addresses of the sets that were added."""
    told = app.query_params["sets"]
    return (told if isinstance(told, str) else told[0]).split(",")


def answer(app: AppTest) -> str:
    return app.markdown[0].value.replace("\\", "")


def table(app: AppTest, *columns: str) -> pd.DataFrame:
    """The table that has these columns."""
    (found,) = [d.value for d in app.dataframe if set(columns) <= set(d.value.columns)]
    return found


def test_a_date_column_needs_no_further_file():
    app = open_page("over_time", data="loans_by_month")

    assert answer(app).startswith(
        "The gap of sex = female to everyone else in false rejection rate first clearly left 5 points in 2026-02"
    )
    assert "has stayed beyond it since" in answer(app)
    left = table(app, "first clearly beyond")
    assert left[left["first clearly beyond"] != "-"]["slice"].tolist() == ["sex = female", "sex = male"]
    assert table(app, "gap", "clearly beyond")["set"].unique().tolist() == list(MONTHS)
    assert app.selectbox(key="over_time_drawn").value == "sex"


def test_its_numbers_are_counted_from_the_file():
    shown = table(open_page("over_time", data="loans_by_month"), "value", "counts", "set")
    women = LOANS[
        (LOANS["sex"] == "female") & (LOANS["repaid"] == "yes") & LOANS["decided_on"].str.startswith("2026-03")
    ]
    row = shown[(shown["set"] == "2026-03") & (shown["slice"] == "sex = female")].iloc[0]

    assert row["counts"] == f"{(women['decision'] == 'refused').sum()} of {len(women)}"


def test_quarters_and_years_are_a_choice():
    app = open_with("over_time", "loans_by_month", over_time_every="quarter")

    assert table(app, "gap", "set")["set"].unique().tolist() == ["2025 Q3", "2025 Q4", "2026 Q1", "2026 Q2"]


def test_the_limit_is_a_choice_and_stands_in_the_sentence():
    app = open_with("over_time", "loans_by_month", over_time_limit=30.0)

    assert answer(app).startswith("No gap in false rejection rate has clearly left 30 points.")


def test_a_limit_of_the_policy_in_use_is_where_it_begins():
    policy = '[[rule]]\nname = "r"\nmetric = "false_rejection_rate"\ncompare = "difference"\nat_most = 0.12\n'
    app = open_page(data="loans_by_month")
    app.session_state["policy"] = policy
    app.switch_page("views/over_time.py")
    rerun(app)

    assert app.number_input(key="over_time_limit").value == 12


def test_one_upload_adds_the_next_month(monkeypatch, tmp_path):
    app = open_months(monkeypatch, tmp_path, MONTHS[1])
    assert table(app, "gap", "set")["set"].unique().tolist() == list(MONTHS[:2])

    path = write_month(tmp_path, MONTHS[6])
    app.file_uploader[0].upload(path.name, path.read_bytes())
    rerun(app)
    rerun(app)

    assert table(app, "gap", "set")["set"].unique().tolist() == [*MONTHS[:2], MONTHS[6]]
    assert len(sets_of(app)) == 2


def test_a_second_tab_shows_the_same(monkeypatch, tmp_path):
    app = open_months(monkeypatch, tmp_path, MONTHS[1], MONTHS[6])
    again = open_page("over_time", data="opened", sets=",".join(sets_of(app)))

    assert answer(again) == answer(app)
    assert table(again, "gap", "set").equals(table(app, "gap", "set"))


def test_files_give_what_the_date_column_gives(monkeypatch, tmp_path):
    files = open_months(monkeypatch, tmp_path, *MONTHS[1:])
    column = open_page("over_time", data="loans_by_month")

    assert table(files, "gap", "set").equals(table(column, "gap", "set"))
    assert answer(files) == answer(column)


def test_a_set_can_be_called_and_dated_otherwise(monkeypatch, tmp_path):
    app = open_months(monkeypatch, tmp_path, MONTHS[1])
    tag = tag_of(sets_of(app)[0])
    app.text_input(key=f"over_time_name_{tag}").set_value("before")
    app.text_input(key=f"over_time_date_{tag}").set_value("2024-05")
    rerun(app)

    assert table(app, "gap", "set")["set"].unique().tolist() == ["before", MONTHS[0]]
    assert table(app, "gap", "set")["date"].unique().tolist() == ["2024-05-01", "2025-09-01"]


def test_what_is_no_date_is_said(monkeypatch, tmp_path):
    app = open_months(monkeypatch, tmp_path, MONTHS[1])
    app.text_input(key=f"over_time_date_{tag_of(sets_of(app)[0])}").set_value("soon")
    rerun(app)

    assert any("soon is no date that can be read" in c.value for c in app.caption)
    assert any("1 set has no date" in c.value for c in app.caption)


def test_a_set_can_be_removed_and_its_file_is_gone(monkeypatch, tmp_path):
    app = open_months(monkeypatch, tmp_path, MONTHS[1], MONTHS[6])
    first = sets_of(app)[0]
    app.button(key=f"over_time_remove_{tag_of(first)}").click()
    rerun(app)

    assert table(app, "gap", "set")["set"].unique().tolist() == [MONTHS[0], MONTHS[6]]
    assert Workspace.at_home().find(first) is None


def test_the_data_on_screen_are_no_set_beside_themselves_whatever_the_address_says(tmp_path):
    data, other = (keep(write_month(tmp_path, month)) for month in MONTHS[:2])
    app = open_page("over_time", data=data, sets=f"{data},{other}")

    assert sets_of(app) == [other]
    assert [b.key for b in app.button if str(b.key).startswith("over_time_remove_")] == [
        f"over_time_remove_{tag_of(other)}"
    ]
    app.button(key=f"over_time_remove_{tag_of(other)}").click()
    rerun(app)
    assert Workspace.at_home().find(data) is not None and Workspace.at_home().find(other) is None


def test_removing_a_set_keeps_the_file_that_the_last_mile_compares(tmp_path):
    data, customer = (keep(write_month(tmp_path, month)) for month in MONTHS[:2])
    app = open_page("last_mile", data=data, customer=customer)
    app.switch_page("views/over_time.py")
    app.query_params["sets"] = customer
    rerun(app)
    app.button(key=f"over_time_remove_{tag_of(customer)}").click()
    rerun(app)

    assert "sets" not in app.query_params
    assert Workspace.at_home().find(customer) is not None


def test_a_file_that_cannot_be_used_is_told_and_the_others_go_on(monkeypatch, tmp_path):
    broken = tmp_path / "loans_2026-05.csv"
    pd.read_csv(write_month(tmp_path, MONTHS[2]), dtype=str).drop(columns="repaid").to_csv(broken, index=False)
    app = open_months(monkeypatch, tmp_path, MONTHS[1])
    with_broken = open_page("over_time", data="opened", sets=",".join([*sets_of(app), keep(broken)]))

    assert any("cannot be used" in e.value for e in with_broken.error)
    assert any("repaid" in bare(m.value).replace("\\", "") for m in with_broken.markdown)
    assert table(with_broken, "gap", "set")["set"].unique().tolist() == list(MONTHS[:2])


def test_a_set_whose_time_is_over_is_told(monkeypatch, tmp_path):
    open_months(monkeypatch, tmp_path)
    app = open_page("over_time", data="opened", sets="A" * 32)

    assert any("cannot be used" in e.value for e in app.error)


def test_other_data_leave_the_sets_behind(monkeypatch, tmp_path):
    app = open_months(monkeypatch, tmp_path, MONTHS[1])
    app.switch_page("views/data.py")
    rerun(app)
    app.button(key="sample_lending").click()
    rerun(app)

    assert "sets" not in app.query_params


@pytest.mark.parametrize("elsewhere", ["overview", "slices", "report", "last_mile"])
def test_the_address_of_another_page_does_not_lead_to_the_sets_and_the_page_finds_them_again(elsewhere, tmp_path):
    data, other = (keep(write_month(tmp_path, month)) for month in MONTHS[:2])
    app = open_page("over_time", data=data, sets=other)
    before = answer(app)
    app.query_params.clear()  # as a browser does that goes to another page
    app.switch_page(f"views/{elsewhere}.py")
    rerun(app)
    assert other not in str(dict(app.query_params)) + " ".join(code.value for code in app.code)

    app.query_params.clear()
    app.switch_page("views/over_time.py")
    rerun(app)
    assert sets_of(app) == [other]
    assert answer(app) == before


@pytest.mark.parametrize("name", ["sets", "customer", "match"])
def test_what_an_address_names_beside_the_data_does_not_stay_in_it_on_a_page_that_is_not_about_that(name, tmp_path):
    told = pack('[columns]\nsex = "gender"\n') if name == "match" else keep(write_month(tmp_path, MONTHS[1]))
    app = open_page("slices", data=keep(write_month(tmp_path, MONTHS[0])), **{name: told})

    assert name not in app.query_params


def test_deleting_the_data_deletes_the_sets_that_were_added(tmp_path):
    first, second = keep(write_month(tmp_path, MONTHS[0])), keep(write_month(tmp_path, MONTHS[1]))
    app = open_page("data", data=first, sets=second)
    app.button(key="data_delete").click()
    rerun(app)

    assert Workspace.at_home().find(first) is None and Workspace.at_home().find(second) is None


def test_one_set_says_how_to_have_the_next():
    app = open_page("over_time", data="lending")

    assert any("one set so far" in i.value for i in app.info)
    assert len(app.dataframe) > 0


def test_dates_that_can_be_read_twice_are_asked_about(monkeypatch, tmp_path):
    frame = LOANS[LOANS["decided_on"].str[8:].astype(int) <= 12].copy()
    frame["decided_on"] = pd.to_datetime(frame["decided_on"]).dt.strftime("%m/%d/%Y")
    path = tmp_path / "loans.csv"
    frame.to_csv(path, index=False)
    schema = (SAMPLES / "loans_by_month.toml").read_text(encoding="utf-8")
    app = open_page("over_time", data=open_file(monkeypatch, tmp_path, path, schema))
    assert any("day or the month comes first" in w.value for w in app.warning)

    app.selectbox(key="over_time_order").set_value("month first")
    rerun(app)

    assert not app.warning
    assert table(app, "gap", "set")["set"].unique().tolist() == list(MONTHS)


def test_names_from_files_and_addresses_are_shown_as_text(monkeypatch, tmp_path):
    app = open_months(monkeypatch, tmp_path, MONTHS[6])
    app.text_input(key=f"over_time_name_{tag_of(sets_of(app)[0])}").set_value(HOSTILE[0][:60])
    app.text_input(key="over_time_date_first").set_value("<b>x</b>")
    rerun(app)

    assert find_injections(app) == []


@pytest.mark.parametrize(
    ("file", "name"),
    [("loans_2026-03.csv", "2026-03"), ("v2.csv", "v2"), ("x_2026-03-14.csv", "2026-03-14"), ("v3", "v3")],
)
def test_a_set_is_called_by_the_date_in_its_files_name_else_by_the_name(file, name):
    assert name_set(file, date_in(file)) == name


def test_the_table_says_what_a_gap_did_after_it_left():
    metric = next(m for m in METRICS if m.name == "false_negative_rate")
    courses = ((0.0, 0.12, 0.13), (0.0, 0.12, 0.01), (0.0, 0.12, -0.12), (0.0, 0.0, 0.12), (0.0, 0.0, 0.0))
    told = [
        table_left(first_left(gaps_of(*((v, 0.02) for v in values), metric=metric.name)), metric)["since then"].item()
        for values in courses
    ]

    assert told == [
        "stayed beyond",
        "within again in set 3",
        "beyond on the other side in set 3",
        "the last judged",
        "-",
    ]
