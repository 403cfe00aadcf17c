"""What somebody does to an upload is there again for whoever opens its address, and stands in its log."""

from __future__ import annotations

import io
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.packing import pack
from dashboard.sign_in import NEEDED_VARIABLE
from dashboard.viewer import VARIABLE
from dashboard.workspace import Workspace
from metrics.policy import Policy, Rule
from metrics.schema import Attribute, Schema
from metrics.two_sets.match import Match
from tests.dashboard.pages import APP, HOSTILE, find_injections, open_page, rerun, texts
from tests.dashboard.test_people import ANN, AUTH
from tests.dashboard.views.test_last_mile import HERE, THERE, drop, rows
from tests.dashboard.views.test_policy import bare_of
from tests.paths import SAMPLES

ROWS = b"id,sex,label,prediction\n" + b"".join(
    f"{i},{'fm'[i % 2]},{i % 3 > 0:d},{i % 4 > 0:d}\n".encode() for i in range(240)
)
SCHEMA = Schema(
    task="classification",
    columns={"label": "label"},
    attributes=(Attribute("sex"),),
    positive=("1",),
    favourable="positive",
)
POLICY = Policy("Ours", (Rule("gap", "accuracy", at_most=0.07),))
STRICTER = Policy("Ours", (Rule("gap", "accuracy", at_most=0.05),))


@pytest.fixture
def upload() -> str:
    return _keep(ROWS)


def _keep(data: bytes, name: str = "mine.csv", schema: Schema = SCHEMA) -> str:
    return Workspace.at_home().keep([(name, io.BytesIO(data))], schema, 10**7).id


def _judge_by(app: AppTest, policy: Policy) -> AppTest:
    app.text_area(key="policy_pasted").set_value(policy.dumps())
    rerun(app)
    return _click(app, "policy_take_text")


def _click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return rerun(app)


def _in_use(app: AppTest) -> Policy | None:
    text = str(app.session_state["policy"])
    return Policy.loads(text) if text else None


def _log(upload: str) -> list[tuple[str, str]]:
    return [(entry.what, entry.detail) for entry in Workspace.at_home().read_log(upload)]


def _set_limit(app: AppTest, points: float) -> AppTest:
    _click(app, "policy_change_0")
    next(n for n in app.number_input if n.label == "At most (points)").set_value(points)
    rerun(app)
    return _click(app, "policy_keep")


# -- the policy ----------------------------------------------------------------------------------


def test_a_changed_limit_is_there_in_a_new_session_and_in_the_log(upload):
    app = _judge_by(open_page("policy", data=upload), POLICY)
    _set_limit(app, 5)
    for _ in range(3):  # reruns are no changes
        rerun(app)

    assert _in_use(open_page("policy", data=upload)) == STRICTER
    assert _in_use(open_page("overview", data=upload)) == STRICTER
    assert _log(upload) == [
        ("changed policy", "policy Ours (1 rule); rule gap: at most 7 points"),
        ("changed policy", "rule gap: at most from 7 points to 5 points"),
    ]
    data = open_page("data", data=upload)
    assert any("by whoever had the address: rule gap: at most from 7 points" in bare_of(text) for text in texts(data))
    (table,) = (d.value for d in data.dataframe if "how" in d.value.columns)
    assert table["how"].tolist()[0] == "rule gap: at most from 7 points to 5 points"  # the newest first
    assert set(table["who"]) == {"whoever had the address"}
    assert table["what"].tolist() == ["changed policy", "changed policy"]


def test_what_is_kept_goes_before_what_an_older_link_names(upload):
    _set_limit(_judge_by(open_page("policy", data=upload), POLICY), 5)

    assert _in_use(open_page("policy", data=upload, policy=pack(POLICY.dumps()))) == STRICTER


def test_a_change_reaches_whoever_has_the_page_open(upload):
    app = _judge_by(open_page("policy", data=upload), POLICY)
    other = open_page("policy", data=upload)

    _set_limit(app, 5)

    assert _in_use(rerun(other)) == STRICTER


def test_opening_a_link_with_a_policy_changes_nothing(upload):
    app = open_page("policy", data=upload, policy=pack(POLICY.dumps()))

    assert _in_use(app) == POLICY
    assert _log(upload) == []
    assert _in_use(open_page("policy", data=upload)) is None
    _set_limit(app, 5)  # a change of what was in use, though it was not kept yet
    assert _log(upload) == [("changed policy", "rule gap: at most from 7 points to 5 points")]


def test_a_policy_that_is_taken_away_stays_away_until_it_is_brought_back(upload):
    app = _click(_judge_by(open_page("policy", data=upload), POLICY), "policy_drop")

    assert _in_use(open_page("policy", data=upload, policy=pack(POLICY.dumps()))) is None
    _click(app, "policy_undo")
    assert _in_use(open_page("policy", data=upload)) == POLICY
    assert [detail for _, detail in _log(upload)][1:] == [
        "no policy any more; it was Ours (1 rule)",
        "policy Ours (1 rule); rule gap: at most 7 points",
    ]


def test_the_page_says_where_the_policy_is(upload):
    kept = texts(_judge_by(open_page("policy", data=upload), POLICY))
    linked = texts(open_page("policy", data=_keep(ROWS), policy=pack(POLICY.dumps())))

    assert any("The policy is kept with the data" in text for text in kept)
    assert not any("part of the address" in text for text in kept)
    assert any("The policy is part of the address" in text for text in linked)


def test_of_an_example_nothing_is_kept(workspace_folder):
    app = _judge_by(open_page("policy", data="lending"), POLICY)

    assert _in_use(app) == POLICY
    assert not workspace_folder.exists()
    assert _in_use(open_page("policy", data="lending")) is None


def test_the_policy_of_one_upload_is_not_that_of_another(upload):
    other = _keep(ROWS, "other.csv")
    _judge_by(open_page("policy", data=upload), POLICY)

    assert _in_use(open_page("policy", data=other)) is None
    assert _log(other) == []


def test_where_there_is_no_room_nothing_is_changed_and_that_is_said(upload, monkeypatch):
    app = _judge_by(open_page("policy", data=upload), POLICY)
    monkeypatch.setenv("FAIRNESS_DASHBOARD_QUOTA_GB", "0.000001")

    _set_limit(app, 5)

    assert any("does not fit in" in error.value for error in app.error)
    assert _in_use(app) == POLICY
    assert _in_use(open_page("policy", data=upload)) == POLICY
    assert len(_log(upload)) == 1


def test_with_the_upload_its_policy_is_gone_from_the_session_too(upload):
    app = _judge_by(open_page("policy", data=upload), POLICY)
    app.switch_page("views/data.py")
    rerun(app)
    _click(app, "data_delete")

    assert app.query_params["data"] in ("lending", ["lending"])
    assert _in_use(app) is None
    assert "policy" not in app.query_params
    assert Workspace.at_home().read_text(upload, "policy") is None


def test_a_policy_goes_along_with_a_file_that_takes_the_place_of_another():
    app = open_page("data")
    app.file_uploader[0].upload("mine.csv", ROWS)
    rerun(app)
    app.switch_page("views/policy.py")
    rerun(app)
    _judge_by(app, POLICY)
    app.switch_page("views/data.py")
    rerun(app)
    app.file_uploader[0].upload("next.csv", ROWS + b"240,f,1,1\n")
    rerun(app)

    next_one = _address(app)
    assert _in_use(open_page("policy", data=next_one)) == POLICY
    assert _log(next_one) == [("changed policy", "policy Ours (1 rule); rule gap: at most 7 points")]


def test_the_copy_of_a_corrected_example_is_judged_by_the_policy_in_use():
    app = open_page("data", data="lending", policy=pack(POLICY.dumps()))
    next(n for n in app.number_input if n.label == "Threshold").set_value(0.7)
    rerun(app)

    copy = _address(app)
    assert copy != "lending"
    assert _in_use(open_page("policy", data=copy)) == POLICY
    assert _log(copy) == [
        ("changed threshold", "threshold from nothing to 0.7"),
        ("changed policy", "policy Ours (1 rule); rule gap: at most 7 points"),
    ]


def test_a_viewer_is_told_nothing_of_it(upload, monkeypatch):
    _judge_by(open_page("policy", data=upload), POLICY)
    monkeypatch.setenv(VARIABLE, "1")
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["data"] = upload
    rerun(app)

    assert "Ours" not in str(texts(app)) + str(dict(app.query_params)) + str(app.session_state)


def test_whoever_is_signed_in_is_named(upload, monkeypatch):
    monkeypatch.setenv(NEEDED_VARIABLE, "all")
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.user, app.secrets["auth"] = ANN, AUTH
    app.query_params["data"] = upload
    rerun(app)
    app.switch_page("views/policy.py")
    rerun(app)
    _judge_by(app, POLICY)

    assert [entry.who for entry in Workspace.at_home().read_log(upload)] == ["ann@example.org"]


def test_what_strangers_write_into_a_log_is_shown_as_text(upload):
    for name in HOSTILE:
        Workspace.at_home().log(name, "changed policy", upload, name)
    app = open_page("data", data=upload)

    assert find_injections(app) == []
    (table,) = (d.value for d in app.dataframe if "how" in d.value.columns)
    assert sorted(text.lstrip("'") for text in table["how"]) == sorted(HOSTILE)


def _address(app: AppTest) -> str:
    found: Any = app.query_params["data"]
    return str(found if isinstance(found, str) else found[0])


# -- the schema ----------------------------------------------------------------------------------


def test_what_is_corrected_on_the_data_page_is_told_once(upload):
    app = open_page("data", data=upload)
    next(s for s in app.selectbox if s.label == "Good for the person").set_value("negative")
    rerun(app)
    rerun(app)

    assert Workspace.at_home().find(upload).schema.favourable == "negative"
    assert _log(upload) == [("changed schema", "good for the person from positive to negative")]


def test_another_main_file_is_told():
    files = [("people.csv", b"id,sex\n1,f\n2,m\n"), ("model.csv", b"id,label,prediction\n1,1,1\n2,0,1\n")]
    upload = Workspace.at_home().keep([(n, io.BytesIO(d)) for n, d in files], Schema(), 10**6).id
    app = open_page("data", data=upload)
    next(s for s in app.selectbox if s.label == "Main file").set_value(1)
    rerun(app)

    assert _log(upload) == [("changed schema", "main file model.csv")]


# -- the match -----------------------------------------------------------------------------------

MATCH = Match(levels={"accent": {"Indian English": ("en-IN",)}})


def _matched() -> tuple[str, str]:
    """Two uploads beside each other, of which a level was matched in its box."""
    here, there = _keep(rows(HERE), "reference.csv", Schema()), _keep(rows(THERE), "ward of ours.csv", Schema())
    app = open_page("last_mile", data=here, customer=there)
    next(b for b in app.selectbox if "en\\-IN" in b.label).set_value("Indian English")
    rerun(app)
    rerun(app)
    return here, there


def _match(app: AppTest) -> Match:
    return Match.loads(str(app.session_state["match"]))


def test_what_was_matched_is_there_again_for_these_two_sets_and_no_others():
    here, there = _matched()
    again = _keep(rows(THERE), "the same rows.csv", Schema())
    other = _keep(rows(THERE, n=420), "ward of ours.csv", Schema())

    assert _match(open_page("last_mile", data=here, customer=there)) == MATCH
    assert _match(open_page("last_mile", data=here, customer=again)) == MATCH
    assert _match(open_page("last_mile", data=here, customer=other)) == Match()
    assert _log(here) == [("changed match", "levels of accent")]
    assert _log(there) == []


def test_a_match_that_is_taken_back_stays_away():
    here, there = _matched()
    app = open_page("last_mile", data=here, customer=there)
    _click(app, "last_mile_unmatch")

    assert _match(open_page("last_mile", data=here, customer=there, match=pack(MATCH.dumps()))) == Match()
    assert len(_log(here)) == 2


def test_beside_an_example_the_match_lies_with_the_upload():
    ours = (SAMPLES / "lending.csv").read_bytes().replace(b"south", b"the far end")
    there = _keep(ours, "ours.csv", Schema())
    app = open_page("last_mile", data="lending", customer=there)
    next(b for b in app.selectbox if "the far end" in b.label).set_value("south")
    rerun(app)

    matched = Match(levels={"region": {"south": ("the far end",)}})
    assert _match(open_page("last_mile", data="lending", customer=there)) == matched
    assert _log(there) == [("changed match", "levels of region")]


def test_a_second_set_that_is_deleted_takes_what_was_matched_of_it_along(workspace_folder):
    here, there = _matched()
    app = open_page("last_mile", data=here, customer=there)
    _click(app, "last_mile_away")

    again = _keep(rows(THERE), "ward of ours.csv", Schema())
    assert _match(open_page("last_mile", data=here, customer=again)) == Match()
    assert not any(b"en-IN" in path.read_bytes() for path in workspace_folder.glob("workspace.*"))
    assert _log(here)[-1] == ("changed match", "none any more of a second set that was deleted")


def test_another_second_set_is_matched_as_the_one_before_which_is_forgotten():
    here = _keep(rows(HERE), "reference.csv", Schema())
    app = drop(open_page("last_mile", data=here), rows(THERE))
    next(b for b in app.selectbox if "en\\-IN" in b.label).set_value("Indian English")
    rerun(app)
    next(z for z in app.file_uploader if z.key and z.key.startswith("drop_beside")).upload("b.csv", rows(THERE, n=420))
    rerun(app)

    again, newer = _keep(rows(THERE), "a.csv", Schema()), _keep(rows(THERE, n=420), "b.csv", Schema())
    assert _match(open_page("last_mile", data=here, customer=newer)) == MATCH
    assert _match(open_page("last_mile", data=here, customer=again)) == Match()


def test_changed_places_are_kept_with_the_new_reference():
    here, there = _matched()
    _click(open_page("last_mile", data=here, customer=there), "last_mile_swap")

    turned = Match(levels={"accent": {"en-IN": ("Indian English",)}})
    assert _match(open_page("last_mile", data=there, customer=here)) == turned
    assert _match(open_page("last_mile", data=here, customer=there)) == MATCH
    assert [what for what, _ in _log(there)] == ["changed schema", "changed match"]  # it is read as it was beside


def test_the_log_of_the_reference_does_not_name_the_other_file():
    here, _ = _matched()

    assert not any(word in detail for _, detail in _log(here) for word in ("ward", "en-IN"))
