"""The Last mile page: the core's verdicts, nothing matched unasked or left out in silence, a way on from errors."""

from __future__ import annotations

import io
import re
import tomllib
from threading import Event
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import second_set
from dashboard.packing import pack, unpack
from dashboard.workspace import Workspace
from metrics import score
from metrics.answers import name_slice
from metrics.coverage import Covering
from metrics.coverage.both_sets import compare_coverage, say_coverage
from metrics.progress import Tell
from metrics.reading.rules import carry_texts
from metrics.results import Results, read_results
from metrics.schema import Schema
from metrics.two_sets.adopt import read_customer
from metrics.two_sets.changes import compare_sets
from metrics.two_sets.match import Match
from metrics.two_sets.sets import TwoSets, align, put_together
from tests.dashboard.pages import HOSTILE, describe, find_injections, open_page, rerun, texts
from tests.paths import SAMPLES

TITLE = "Does the model treat your groups like the reference's?"
HERE = {"accent": ("Indian English", "British English"), "sex": ("female", "male")}
THERE = {"accent": ("en-IN", "British English"), "sex": ("f", "m")}


def rows(levels: dict[str, tuple[str, str]], n: int = 400, missed: int = 3, **names: str) -> bytes:
    """A file of n loans: of the first accent one of every `missed` good ones is refused, of the other a tenth."""
    frame = pd.DataFrame(
        {
            "accent": [levels["accent"][i % 2] for i in range(n)],
            "sex": [levels["sex"][i // 2 % 2] for i in range(n)],
            "label": 1,
            "prediction": [int(i // 2 % (10 if i % 2 else missed) != 0) for i in range(n)],
        }
    )
    frame.loc[: n // 5, "label"] = 0
    return frame.rename(columns=names).to_csv(index=False).encode()


def drop(app: AppTest, data: bytes, name: str = "mine.csv") -> AppTest:
    (zone,) = app.file_uploader
    zone.upload(name, data, "text/csv")
    return rerun(app)


def keep(data: bytes, name: str = "reference.csv", schema: Schema | None = None) -> str:
    return Workspace.at_home().keep([(name, io.BytesIO(data))], schema or Schema(), 10**7).id


def open_two(here: bytes, there: bytes, schema: Schema | None = None, **address: str) -> AppTest:
    return open_page("last_mile", data=keep(here, schema=schema), customer=keep(there, "mine.csv"), **address)


def table_of(app: AppTest, column: str) -> pd.DataFrame:
    return next(d.value for d in app.dataframe if column in d.value.columns)


def said(app: AppTest) -> str:
    return " ".join(texts(app)).replace("\\", "")


def chosen(app: AppTest, name: str) -> str:
    found = app.query_params.get(name, "")
    return found if isinstance(found, str) else found[0]


def samples() -> TwoSets:
    read = {n: carry_texts(Schema.load(SAMPLES / f"{n}.toml")) for n in ("call_centre", "ward")}
    reference = read_results(SAMPLES / "call_centre.csv", read["call_centre"])
    customer = read_customer(SAMPLES / "ward.csv", reference, declared=read["ward"])
    return align(score(reference), score(customer), None, customer.findings)


# -- the numbers ---------------------------------------------------------------------------------


def test_verdicts_are_those_of_the_core():
    app = open_page("last_mile", data="call_centre", customer="ward")
    core = compare_sets(samples().only("release 1"), None, ["word_error_rate"])

    table = table_of(app, "verdict")
    told = dict(zip(table["slice"], table["verdict"], strict=True))
    assert told == {name_slice(s): verdict for s, verdict in zip(core["slice"], core["verdict"], strict=True)}
    assert "The word error rate is 17 % [16, 19] here and 16 % [15, 18] in the reference" in said(app)


def test_levels_of_one_side_are_told_and_stand_in_the_table():
    app = open_page("last_mile", data="call_centre", customer="ward")

    table = table_of(app, "verdict").set_index("slice")
    assert table.loc["accent = Filipino", "why"] == "only in the customer's set"
    assert table.loc["accent = Welsh", "why"] == "only in the reference"
    assert "accent: Polish (382) and Welsh (99)" in said(app)


def test_a_narrower_margin_shows_fewer_to_be_without_change():
    app = open_page("last_mile", data="call_centre", customer="ward")
    wide = (table_of(app, "verdict")["verdict"] == "no change shown").sum()

    app.number_input(key="last_mile_margin").set_value(1.0)
    rerun(app)
    assert (table_of(app, "verdict")["verdict"] == "no change shown").sum() < wide


def test_groups_are_formed_by_attributes_that_both_have_and_others_are_named():
    app = open_two(rows(HERE), rows(HERE, sex="gender"))
    app.session_state["by"] = ["accent", "sex"]
    rerun(app)

    assert any("has no sex" in info.value for info in app.info)
    assert set(table_of(app, "verdict")["slice"]) == {"everyone", "Indian English", "British English"}


@pytest.mark.parametrize("tab", ["Gaps", "Mix or model", "Mix itself", "Map of changes"])
def test_every_part_has_a_picture_and_its_table(tab):
    app = open_page("last_mile", data="call_centre", customer="ward")
    app.session_state["last_mile_tab"] = tab
    rerun(app)

    assert len(app.get("plotly_chart")) == 1
    assert app.get("plotly_chart")[0].proto.alt
    assert not app.error


def test_what_one_set_alone_covers_is_listed_as_the_core_lists_it():
    app = open_page("last_mile", data="call_centre", customer="ward")
    app.session_state["last_mile_tab"] = "Coverage"
    app.session_state["last_mile_cover_by"] = ["accent", "noise"]
    rerun(app)

    table = table_of(app, "covered by")
    core = compare_coverage(_ward(), Covering(("accent", "noise"), ("word_error_rate",), depth=2))
    assert table["combination"].tolist() == [name_slice(s) for s in core["slice"]]
    assert dict(zip(table["combination"], table["covered by"], strict=True))["noise = hum"] == "the customer's set only"
    assert say_coverage(core) in said(app)


def _ward() -> TwoSets:
    schema = carry_texts(Schema.load(SAMPLES / "call_centre.toml"))
    reference = read_results(SAMPLES / "call_centre.csv", schema)
    return put_together(reference, read_customer(SAMPLES / "ward.csv", reference))


def test_a_metric_that_is_no_mean_of_groups_has_no_parts_and_says_so():
    app = open_page("last_mile", data="call_centre", customer="ward")
    app.session_state["last_mile_tab"] = "Mix or model"
    app.session_state["metric"] = "median_speaker_word_error_rate"
    rerun(app)

    assert any("is no weighted mean of groups" in info.value for info in app.info)


# -- what goes with what -------------------------------------------------------------------------


def test_nothing_is_matched_before_somebody_says_so():
    app = open_two(rows(HERE), rows(THERE))

    assert "Take all suggestions (3)" in [b.label for b in app.button]
    assert {"accent = en-IN", "accent = Indian English"} <= set(table_of(app, "verdict")["slice"])
    assert chosen(app, "match") == ""


def test_a_box_matches_a_level_and_an_emptied_one_takes_it_back():
    app = open_two(rows(HERE), rows(THERE))
    box = next(b for b in app.selectbox if "en\\-IN" in b.label)
    assert box.value is None and box.placeholder == "Perhaps Indian English"
    box.set_value("Indian English")
    rerun(app)

    assert "accent = en-IN" not in set(table_of(app, "verdict")["slice"])
    packed = chosen(app, "match")
    assert tomllib.loads(unpack(packed, 1000) or "") == {"levels": {"accent": {"Indian English": ["en-IN"]}}}
    next(b for b in app.selectbox if "en\\-IN" in b.label).set_value(None)
    rerun(app)
    assert "accent = en-IN" in set(table_of(app, "verdict")["slice"])
    assert chosen(app, "match") == ""


def test_all_suggestions_are_taken_by_one_button():
    app = open_two(rows(HERE), rows(THERE))
    app.button(key="last_mile_take_all").click()
    rerun(app)

    expected = {"everyone", *(f"{name} = {level}" for name, levels in HERE.items() for level in levels)}
    assert set(table_of(app, "verdict")["slice"]) == expected
    assert "last_mile_take_all" not in [b.key for b in app.button]
    assert len(app.get("download_button")) == 2  # the chart's data and the match


def test_a_match_in_the_address_is_the_same_in_a_second_tab():
    text = Match({}, {}, {"sex": {"female": ("f",)}}).dumps()
    app = open_two(rows(HERE), rows(THERE), match=pack(text))

    assert "sex = f" not in set(table_of(app, "verdict")["slice"])
    assert "sex = m" in set(table_of(app, "verdict")["slice"])


@pytest.mark.parametrize("text", ["[columns]\n1 = 2", "a = " + "[" * 20_000, "a = " + "9" * 6_000])
def test_a_match_of_an_address_that_is_none_is_refused_in_words(text):
    app = open_two(rows(HERE), rows(THERE), match=pack(text))

    assert any("cannot be read, and is not used" in w.value for w in app.warning)
    assert len(table_of(app, "verdict"))


def test_a_match_file_is_taken_and_a_wrong_one_is_told():
    app = open_two(rows(HERE), rows(THERE))
    zone = app.file_uploader(key="last_mile_match_file")
    zone.upload("m.toml", Match({}, {}, {"sex": {"female": ("f",), "male": ("m",)}}).dumps().encode())
    rerun(app)
    assert "sex = f" not in set(table_of(app, "verdict")["slice"])

    app.file_uploader(key="last_mile_match_file").upload("n.toml", b"\xff\xfe\x00")
    rerun(app)
    assert any("is not UTF" in e.value for e in app.error)


def test_a_column_under_another_name_is_suggested_and_matched():
    app = open_two(rows(HERE), rows(HERE, accent="Accent of speaker"))
    assert "accent" in {b.label for b in app.selectbox}
    next(b for b in app.selectbox if b.label == "accent").set_value("Accent of speaker")
    rerun(app)

    assert "accent = Indian English" in set(table_of(app, "verdict")["slice"])
    assert not any("only in" in why for why in table_of(app, "verdict")["why"])


# -- errors --------------------------------------------------------------------------------------


def test_a_column_of_a_role_that_is_missing_is_named_and_chosen_in_place():
    app = open_two(rows(HERE), rows(HERE, label="repaid"))

    assert "cannot be compared yet; nothing is lost" in app.error[0].value
    assert "Column 'label'" in said(app) and "in the box below" in said(app)
    next(b for b in app.selectbox if b.label == "label").set_value("repaid")
    rerun(app)
    assert not app.error
    assert len(table_of(app, "verdict")) == 5


def test_another_task_is_said_to_be_one():
    app = open_page("last_mile", data="lending", customer="ward")

    assert "results of two kinds cannot be compared" in said(app)
    assert "Column 'repaid'" in said(app)


def test_the_same_file_twice_is_said_to_be_no_two_samples():
    app = open_page("last_mile", data="lending", customer="lending")

    assert "is part of both sets, which are no two samples then" in said(app)
    assert set(table_of(app, "verdict")["difference"]) == {"0 points"}


def test_without_a_level_in_common_every_group_is_told_to_be_on_one_side():
    other = {"accent": ("Zulu", "Xhosa"), "sex": ("1", "2")}
    app = open_two(rows(HERE), rows(other))

    table = table_of(app, "verdict").set_index("slice")
    assert set(table["why"].drop("everyone")) == {"only in the reference", "only in the customer's set"}
    app.session_state["last_mile_tab"] = "Mix or model"
    rerun(app)
    assert "No level of accent is on both sides" in said(app)


def test_without_an_attribute_in_common_everyone_is_compared():
    app = open_two(rows(HERE), rows(HERE, accent="x1", sex="x2"))
    for tab in ("Groups", "Gaps", "Mix or model", "Mix itself", "Coverage", "Map of changes"):
        app.session_state["last_mile_tab"] = tab
        rerun(app)
        assert not app.error
    assert "is an attribute of the reference only" in said(app)


def test_models_of_other_names_are_matched_in_place():
    frame = pd.read_csv(SAMPLES / "lending.csv")
    renamed = frame.rename(columns={"decision_a": "d1", "score_a": "s1", "decision_b": "d2", "score_b": "s2"})
    app = open_page("last_mile", data="lending", customer=keep(renamed.to_csv(index=False).encode()))

    assert "Column 'decision_a'" in said(app)
    for name, there in {"decision_a": "d1", "score_a": "s1"}.items():
        next(b for b in app.selectbox if b.label.replace("\\", "") == name).set_value(there)
        rerun(app)
    assert not app.error
    assert "system 'model B'" in said(app).lower() or "System 'model B'" in said(app)


def test_a_metric_that_one_side_lacks_is_said_to_be_lacking():
    with_words = pd.read_csv(SAMPLES / "lending.csv").drop(columns=["score_a", "score_b"])
    app = open_page("last_mile", data="lending", customer=keep(with_words.to_csv(index=False).encode()))

    assert not describe(app)
    assert "score_a" in said(app)


# -- coming and going ----------------------------------------------------------------------------


def test_without_a_second_set_the_page_says_what_would_be_there():
    app = open_page("last_mile", data="lending")

    assert app.title[0].value == TITLE
    assert "Here you will see for every group how it fares" in said(app)
    app.button(key="last_mile_example").click()
    rerun(app)
    assert (chosen(app, "data"), chosen(app, "customer")) == ("call_centre", "ward")
    assert len(table_of(app, "verdict"))


def test_a_dropped_file_is_kept_beside_the_reference_and_stands_in_the_address():
    app = drop(open_page("last_mile", data=keep(rows(HERE))), rows(THERE))

    customer = chosen(app, "customer")
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", customer)
    assert customer != chosen(app, "data")
    kept = Workspace.at_home().find(customer)
    assert kept is not None and kept.files[0].name == "mine.csv"
    assert "**mine.csv**" in said(app) and "**reference.csv**" in said(app)
    assert said(app).count("yours until") == 3  # at the side, and on either receipt


def test_another_file_takes_its_place_and_the_first_is_deleted():
    app = drop(open_page("last_mile", data=keep(rows(HERE))), rows(THERE))
    first = chosen(app, "customer")
    zone = next(z for z in app.file_uploader if z.key and z.key.startswith("drop_beside"))
    zone.upload("next.csv", rows(HERE), "text/csv")
    rerun(app)

    assert chosen(app, "customer") != first
    assert Workspace.at_home().find(first) is None
    assert "**next.csv**" in said(app)


def test_the_address_of_another_page_does_not_lead_to_the_second_file():
    app = drop(open_page("last_mile", data=keep(rows(HERE))), rows(THERE))
    customer = chosen(app, "customer")
    app.query_params.clear()
    app.switch_page("views/slices.py")
    rerun(app)
    assert customer not in str(dict(app.query_params))

    app.switch_page("views/last_mile.py")
    rerun(app)
    assert chosen(app, "customer") == customer


def test_the_two_change_places_with_their_match():
    app = open_two(rows(HERE), rows(THERE, accent="dialect"))
    customer, reference = chosen(app, "customer"), chosen(app, "data")
    app.session_state["match"] = Match({"accent": "dialect"}, {}, {"accent": {"Indian English": ("en-IN",)}}).dumps()
    rerun(app)
    before = table_of(app, "verdict").set_index("slice")
    app.button(key="last_mile_swap").click()
    rerun(app)

    assert (chosen(app, "data"), chosen(app, "customer")) == (customer, reference)
    after = table_of(app, "verdict").set_index("slice")
    one, other = before.loc["accent = Indian English"], after.loc["dialect = en-IN"]
    assert (one["reference"], one["customer"]) == (other["customer"], other["reference"])


def test_deleted_it_is_gone_for_everyone_and_the_reference_stays():
    app = drop(open_page("last_mile", data=keep(rows(HERE))), rows(THERE))
    customer = chosen(app, "customer")
    app.button(key="last_mile_away").click()
    rerun(app)

    assert chosen(app, "customer") == ""
    assert Workspace.at_home().find(customer) is None
    assert Workspace.at_home().find(chosen(app, "data")) is not None
    assert "Here you will see for every group how it fares" in said(app)


def test_an_address_without_a_file_behind_it_says_so():
    app = open_page("last_mile", data="lending", customer="A" * 32)

    assert any("no second set under this address" in info.value for info in app.info)


def test_names_from_files_are_shown_as_text():
    here = {"accent": (HOSTILE[0], HOSTILE[1]), "sex": (HOSTILE[2], HOSTILE[3])}
    there = {"accent": (HOSTILE[4], HOSTILE[5]), "sex": (HOSTILE[2], HOSTILE[6])}
    schema = Schema.loads('label = "label"\npositive = ["1"]\n[[system]]\nprediction = "prediction"\n')
    app = open_two(rows(here, accent=HOSTILE[6]), rows(there, accent=HOSTILE[6]), schema)

    for tab in ("Groups", "Gaps", "Mix or model", "Mix itself", "Coverage", "Map of changes"):
        app.session_state["last_mile_tab"] = tab
        rerun(app)
        assert find_injections(app) == []
    assert any("evil" in text for text in texts(app))


def test_a_box_stays_in_its_place_when_it_has_matched():
    app = open_two(rows(HERE), rows(THERE))
    before = [b.label for b in app.selectbox]
    app.button(key="last_mile_take_all").click()
    rerun(app)

    assert [b.label for b in app.selectbox] == before
    assert "sex: f (200 rows)" in before


def test_a_match_with_what_is_nowhere_breaks_nothing_and_can_be_taken_back():
    text = Match({}, {}, {"sex": {"nobody": ("f",)}, "planet": {"Mars": ("m",)}, "accent": {"x": ("y",)}}).dumps()
    app = open_two(rows(HERE), rows(THERE), match=pack(text))

    assert {"sex = f", "sex = m"} <= set(table_of(app, "verdict")["slice"])
    assert "sex = nobody" not in set(table_of(app, "verdict")["slice"])
    assert "is no level of the reference, so that it renames nothing" in said(app)
    next(b for b in app.selectbox if b.label.startswith("sex: f")).set_value("female")
    rerun(app)
    assert "sex = f" not in set(table_of(app, "verdict")["slice"])


def test_reading_the_second_file_says_how_far_it_is_and_can_be_stopped_and_taken_up(monkeypatch):
    opened = Event()
    real = second_set.read_customer

    def slow(*given: Any, progress: Tell, **options: Any) -> Results:
        while not opened.wait(0.02):
            progress("Reading slowly", 0.5)
        return real(*given, progress=progress, **options)

    address = {"data": keep(rows(HERE)), "customer": keep(rows(HERE, missed=2), "mine.csv")}
    open_page("overview", data=address["data"])  # reads the reference
    monkeypatch.setattr(second_set, "read_customer", slow)
    monkeypatch.setattr("dashboard.waiting.PATIENCE", 0.0)
    app = open_page("last_mile", **address)
    assert len(app.get("progress")) == 1
    assert "mine.csv" in said(app)

    app.button(key="waiting_stop").click()
    rerun(app)
    assert "Reading the customer's file was stopped. The file is kept; nothing is lost." in said(app)
    opened.set()
    monkeypatch.setattr("dashboard.waiting.PATIENCE", 60.0)
    app.button(key="waiting_begin_again").click()
    rerun(app)
    assert len(table_of(app, "verdict")) == 5
