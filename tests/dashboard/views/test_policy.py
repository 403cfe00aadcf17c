"""The Policy page: verdicts are those of `metrics.judge`; rules are written, changed, removed; strangers write too."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.cli import run
from dashboard.packing import pack
from dashboard.policies import MOST_RULES
from metrics import count_cells, read_results, score
from metrics.judge import judge, judge_rules
from metrics.policy import TEMPLATES, Policy, Rule, load_template
from metrics.schema import Schema
from tests.dashboard.pages import HOSTILE, find_injections, open_page, rerun, texts
from tests.dashboard.views.files import open_compas, open_file, write_hostile
from tests.paths import SHARED, needs_shared

SCHEMA = """
task = "classification"
label = "label"
positive = ["1"]
[[system]]
prediction = "prediction"
[[attribute]]
column = "group"
"""
# Of 1,000 positives each; "few" has 10, and only "negative" has no positives at all.
MISSED = {"good": 20, "bad": 600, "close": 190, "few": 1}
RULES = Policy(
    "Four verdicts",
    (
        Rule("all", "false_negative_rate", compare="value", at_most=0.2),
        Rule("fails", "false_negative_rate", compare="value", at_most=0.2, exclude=("group = 'negative'",)),
        Rule("passes", "accuracy", compare="value", at_least=0.3, exclude_below=0.01),
        Rule("open", "false_negative_rate", compare="value", at_most=0.7, exclude=("group = 'negative'",)),
        Rule("empty", "false_positive_rate", compare="value", at_most=0.2, exclude=("group = 'negative'",)),
        Rule("spread", "false_negative_rate", compare="spread", at_most=0.9),
        Rule("figure", "selection_rate", compare="value", publish=True, note="As agreed."),
    ),
)


def _file(folder: Path) -> Path:
    rows = [(g, 1, int(i >= wrong)) for g, wrong in MISSED.items() for i in range(10 if g == "few" else 1000)]
    rows += [("negative", 0, int(i < 50)) for i in range(100)]
    path = folder / "verdicts.csv"
    pd.DataFrame(rows, columns=["group", "label", "prediction"]).to_csv(path, index=False)
    return path


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    return open_file(monkeypatch, tmp_path, _file(tmp_path), SCHEMA)


def _open(address: str, policy: Policy | str, page: str = "policy") -> AppTest:
    text = policy if isinstance(policy, str) else policy.dumps()
    return open_page(page, data=address, policy=pack(text))


def _policy(app: AppTest) -> Policy:
    """The policy in use, as the session has it."""
    return Policy.loads(str(app.session_state["policy"]))


def _click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return rerun(app)


def _said(app: AppTest) -> str:
    return "\n".join(bare_of(text) for text in texts(app))


def bare_of(text: str) -> str:
    """A text of Markdown as it reads."""
    return re.sub(r"\\(.)", r"\1", text).replace("\u2060", "")


def _tables(app: AppTest) -> list[pd.DataFrame]:
    """The tables of verdicts, in the order of the rules."""
    return [table.value for table in app.dataframe if "group" in table.value.columns]


# -- verdicts ------------------------------------------------------------------------------------


def _judged(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    cubes = count_cells(score(read_results(path, Schema.loads(SCHEMA))))
    frame = judge(cubes, RULES)
    return frame, judge_rules(frame, RULES)


def test_every_verdict_on_screen_is_that_of_the_engine(address, tmp_path):
    frame, rules = _judged(tmp_path / "verdicts.csv")
    app = _open(address, RULES)
    tables = _tables(app)

    assert set(frame["verdict"]) == {"pass", "fail", "undecided", "no data", None}
    assert len(tables) == len(RULES.rules)
    for rule, table in zip(RULES.rules, tables, strict=True):
        own = frame[frame["rule"] == rule.name]
        assert sorted(table["why"]) == sorted(own["reason"])
        shown = table["verdict"].tolist() if "verdict" in table else [None] * len(table)
        assert sorted(map(str, shown)) == sorted(map(str, own["verdict"]))
    said = _said(app)
    for name, verdict in zip(rules["rule"], rules["verdict"], strict=True):
        assert f"**{verdict or 'no verdict (figures to publish)'}** · {name}" in said


def test_each_verdict_opens_to_its_numbers(address, tmp_path):
    frame, _ = _judged(tmp_path / "verdicts.csv")
    table = _tables(_open(address, RULES))[0].set_index("group")
    own = frame[frame["rule"] == "all"]
    needed = {s.to_dict()["group"]: n for s, n in zip(own["slice"], own["units_needed"], strict=True)}

    assert table.loc["group = bad", ["verdict", "value", "counts", "allowed"]].tolist() == [
        "fail",
        "60.0 %",
        "600 of 1,000",
        "at most 20 %",
    ]
    assert table.loc["group = negative", ["verdict", "value", "counts"]].tolist() == ["no data", "-", "0 of 0"]
    assert table.loc["group = few", "verdict"] == "undecided"
    assert table.loc["group = close", "more needed"] == f"{needed['close']:,.0f}"
    assert np.isnan(needed["bad"]) and table.loc["group = bad", "more needed"] == ""


def test_a_mark_and_a_word_tell_verdicts_apart(address):
    marked = re.findall(
        r":material/(\w+): \*\*(pass|fail|undecided|no data)\*\*", "\n".join(texts(_open(address, RULES)))
    )

    assert {word for _, word in marked} == {"pass", "fail", "undecided", "no data"}
    assert len(set(marked)) == 4


def test_the_reason_the_chance_and_what_is_left_out_stand_beside_the_rule(address):
    said = _said(_open(address, RULES))

    assert "group = bad: 60.0 % [56.9, 63.0]. Even widened for the 3 comparisons of this rule" in said
    assert "Chance alone would show a gap of up to" in said
    assert "It leaves out group = negative (100 rows)." in said
    assert "As agreed." in said


def test_a_verdict_leads_to_the_rows_behind_it(address):
    app = _open(address, RULES)
    app.selectbox(key="policy_cell_0").set_value("group = bad")
    rerun(app)
    app.button(key="policy_rows_0").click()
    rerun(app)

    assert app.title[0].value == "Which rows are behind a number?"
    assert (app.session_state["cell"], app.session_state["metric"]) == ("group = bad", "false_negative_rate")


@pytest.mark.parametrize(
    ("rules", "code"),
    [(("passes", "figure"), 0), (("passes", "fails"), 1), (("passes", "open"), 3), (("empty",), 3), (("figure",), 3)],
)
def test_the_exit_code_on_screen_is_that_of_the_command(address, tmp_path, rules, code):
    policy = Policy("Some", tuple(rule for rule in RULES.rules if rule.name in rules))
    file, schema = tmp_path / "policy.toml", tmp_path / "schema.toml"
    file.write_text(policy.dumps(), encoding="utf-8")
    ended = run(["check", str(tmp_path / "verdicts.csv"), "--schema", str(schema), "--policy", str(file)])

    assert ended == code
    assert f"fairness-dashboard check ends with {code} here" in _said(_open(address, policy))


def test_a_rule_that_cannot_be_asked_keeps_none_of_the_others_from_being_judged(address):
    rules = (
        *RULES.rules,
        Rule("words", "word_error_rate", at_most=0.1),
        Rule("who", "accuracy", by=(("sx",),), at_most=0.1),
    )
    said = _said(_open(address, Policy("More", rules)))

    assert "**fail** · all" in said
    assert "**cannot be asked** · words" in said
    assert "**cannot be asked** · who" in said
    assert "There is no attribute 'sx'" in said
    assert "ends with 2 here" in said


def test_a_verdict_that_hangs_on_a_choice_says_so():
    said = _said(_open("lending", Policy("p", (Rule("r", "false_rejection_rate", at_most=0.05),))))

    assert "It is fail for model A; it would be undecided with age cut at 27, 47, 67." in said


def test_the_overview_has_a_line_a_rule(address):
    said = _said(_open(address, RULES, page="overview"))

    assert "Verdicts of the policy Four verdicts" in said
    asked = "False negative rate of every group by each attribute alone: at most 20 %."
    assert f"- :material/cancel: **fail** · fails: {asked}" in said
    assert "Verdicts of the policy" not in _said(open_page("overview", data=address))


# -- where a policy comes from -------------------------------------------------------------------


def test_without_a_policy_the_page_offers_three_ways_to_one():
    app = open_page("policy", data="lending")

    assert app.title[0].value == "Does the model keep to the rules?"
    assert "No policy is set." in _said(app)
    assert app.selectbox(key="policy_template").options == [
        load_template(name).name for name in TEMPLATES if name != "equal_word_error_rate"
    ]
    assert "These data lack the metrics of Equal word error rate within 2 points." in _said(app)


@pytest.mark.parametrize(
    ("template", "sample"),
    [
        (t, s)
        for t in TEMPLATES
        for s in ("lending", "call_centre")
        if (t == "equal_word_error_rate") == (s == "call_centre")
    ],
)
def test_every_template_is_fitted_to_the_data_and_judged(template, sample):
    app = open_page("policy", data=sample)
    app.selectbox(key="policy_template").set_value(template)
    rerun(app)
    assert bare_of(load_template(template).source.split()[0]) in _said(app)
    _click(app, "policy_take")

    assert _policy(app).name == load_template(template).name
    assert "cannot be asked" not in _said(app)
    assert len(_tables(app)) == len(load_template(template).rules)


def test_the_attributes_of_a_template_are_guessed_and_can_be_chosen():
    app = open_page("policy", data="lending")
    app.selectbox(key="policy_template").set_value("four_fifths")
    rerun(app)
    assert app.selectbox(key="policy_four_fifths_race").value == "ethnicity"
    app.selectbox(key="policy_four_fifths_race").set_value("region")
    rerun(app)
    _click(app, "policy_take")

    assert _policy(app).rules[0].by == (("sex",), ("region",))


def test_a_policy_comes_from_a_file_and_from_a_text():
    app = open_page("policy", data="lending")
    app.get("file_uploader")[0].upload("p.toml", RULES.dumps().encode(), "application/toml")
    rerun(app)
    _click(app, "policy_take_file")
    assert _policy(app) == RULES

    other = Policy("Other", (Rule("r", "accuracy", at_most=0.1),))
    app.text_area(key="policy_pasted").set_value(other.dumps())
    rerun(app)
    _click(app, "policy_take_text")
    assert _policy(app) == other


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "a = " + "9" * 6_000])
def test_a_hostile_text_in_the_address_is_told_and_is_no_policy(address, text):
    app = _open(address, text)

    assert not app.exception
    assert "policy" in _said(app)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name = ", "is no valid TOML"),
        ("a = " + "[" * 20_000, "nests over 32"),
        ("a = " + "9" * 6_000, "too many digits"),
        ("[[rule]]\nmetrik = 'accuracy'\nat_most = 0.1", "Did you mean 'metric'?"),
        ("[[rule]]\nmetric = 'accuracy'", "has no limit"),
        ("[[rule]]\nmetric = 'accuracy'\nat_most = 0.1\n" * (MOST_RULES + 1), "has two rules called"),
        ("\n".join(f"[[rule]]\nname = 'r{i}'\nmetric = 'accuracy'\nat_most = 0.1" for i in range(99)), "has 99 rules"),
        ("x = '" + "y" * 100_001 + "'", "is longer than 100 kB"),
        ("[[rule]]\nmetric = 'accuracy'\nat_most = nan", "Write a finite number"),
    ],
)
def test_a_wrong_text_is_told_what_is_wrong_and_changes_nothing(address, text, found):
    app = _open(address, RULES)
    app.text_area(key="policy_pasted").set_value(text)
    rerun(app)
    _click(app, "policy_take_text")

    assert found in _said(app)
    assert "nothing is changed" in _said(app)
    assert _policy(app) == RULES
    assert app.text_area(key="policy_pasted").value == text


def test_bytes_that_are_no_text_are_refused(address):
    app = _open(address, RULES)
    app.get("file_uploader")[0].upload("p.toml", b"\xff\xfe\x00", "application/toml")
    rerun(app)
    _click(app, "policy_take_file")

    assert "is not UTF-8 text." in _said(app)
    assert _policy(app) == RULES


@pytest.mark.parametrize("packed", ["x", "AAAA", pack("name = 'p'"), pack("<script>"), pack("[[rule]]\nmetric = 1")])
def test_an_address_with_no_policy_in_it_sets_none(packed):
    app = open_page("policy", data="lending", policy=packed)

    assert "No policy is set." in _said(app)
    assert not app.error


# -- rules ---------------------------------------------------------------------------------------

EVERY_KEY = Policy(
    "Every key",
    (
        Rule(
            "all of it",
            metric="false_negative_rate",
            compare="ratio",
            baseline="group = 'good'",
            by=(("group",),),
            at_least=0.8,
            at_most=1.2,
            min_units=7,
            confidence=0.9,
            correction="none",
            exclude=("group = 'few'", "group is missing"),
            exclude_below=0.02,
            note="Why.",
        ),
        Rule("pairs", criterion="equalized_odds", compare="difference", at_most=0.07),
        Rule("parity", criterion="demographic_parity", compare="ratio", at_least=0.8),
        Rule("spread", metric="accuracy", compare="spread", at_most=0.023),
        Rule("everyone", metric="error_rate", compare="value", by=(), at_most=0.3),
        Rule("figure", metric="selection_rate", compare="value", publish=True),
        Rule("signed", metric="accuracy", at_least=-0.05, at_most=0.1, baseline="best"),
        Rule("unknown", metric="word_error_rate", at_most=0.1),
        Rule("one model", metric="accuracy", at_most=0.1, system="another"),
        Rule("long-" * 100, metric="accuracy", at_most=0.1, note="long-" * 500),
    ),
)


@pytest.mark.parametrize("place", range(len(EVERY_KEY.rules)), ids=[rule.name[:12] for rule in EVERY_KEY.rules])
def test_a_rule_that_is_opened_and_kept_is_the_same_rule(address, place):
    app = _open(address, EVERY_KEY)
    _click(app, f"policy_change_{place}")
    _click(app, "policy_keep")

    assert _policy(app) == EVERY_KEY
    assert not app.error


def test_limits_are_typed_in_points_and_kept_as_shares(address):
    app = _open(address, Policy("p", (Rule("r", "accuracy", at_most=0.07),)))
    _click(app, "policy_change_0")
    (field,) = [n for n in app.number_input if n.label == "At most (points)"]
    assert field.value == 7
    field.set_value(2.3)
    rerun(app)
    assert "at most 2.3 points either way" in _said(app)
    _click(app, "policy_keep")

    assert _policy(app).rules[0].at_most == 0.023


def test_a_limit_in_points_is_none_in_times(address):
    app = _open(address, Policy("p", (Rule("r", "accuracy", at_most=0.07),)))
    _click(app, "policy_change_0")
    (how,) = [s for s in app.selectbox if s.label == "How"]
    how.set_value("ratio")
    rerun(app)
    fields = {n.label: n.value for n in app.number_input}

    assert fields["At most (times)"] is None
    _click(app, "policy_keep")
    assert "has no limit" in _said(app)
    assert _policy(app).rules[0].at_most == 0.07


def test_a_rule_is_added_and_removed_and_the_last_change_is_undone(address):
    first = Policy("p", (Rule("r", "accuracy", at_most=0.07),))
    app = _open(address, first)
    _click(app, "policy_add")
    _click(app, "policy_keep")
    added = _policy(app)
    assert [rule.name for rule in added.rules] == ["r", "error rate"]

    _click(app, "policy_remove_0")
    assert [rule.name for rule in _policy(app).rules] == ["error rate"]
    _click(app, "policy_undo")
    assert _policy(app) == added

    _click(app, "policy_drop")
    assert "No policy is set." in _said(app)
    _click(app, "policy_undo")
    assert _policy(app) == added


def test_a_first_rule_is_written_without_a_policy(address):
    app = open_page("policy", data=address)
    _click(app, "policy_add")
    _click(app, "policy_keep")

    assert _policy(app).rules == (Rule("error rate", "error_rate", at_most=0.05),)


def test_a_rule_that_is_left_stays_as_it_was(address):
    app = _open(address, EVERY_KEY)
    _click(app, "policy_change_3")
    (field,) = [n for n in app.number_input if n.label == "At most (points)"]
    field.set_value(50)
    rerun(app)
    _click(app, "policy_leave")

    assert _policy(app) == EVERY_KEY
    assert not [n for n in app.number_input if n.label == "At most (points)"]


def test_a_wrong_rule_is_told_what_is_wrong_and_the_form_stays(address):
    app = _open(address, EVERY_KEY)
    _click(app, "policy_change_0")
    (field,) = [t for t in app.text_input if t.label == "Name of the rule"]
    field.set_value("pairs")
    (conditions,) = [t for t in app.text_area if t.label.startswith("Leave out groups where")]
    conditions.set_value("group =")
    rerun(app)
    _click(app, "policy_keep")

    said = _said(app)
    assert "This rule cannot be kept yet; nothing else is changed." in said
    assert "rule 1" in said
    assert _policy(app) == EVERY_KEY
    assert next(t.value for t in app.text_input if t.label == "Name of the rule") == "pairs"


def test_numbers_that_no_field_can_hold_break_no_form(address):
    app = _open(address, Policy("p", (Rule("r", "accuracy", at_most=1e308, min_units=10**18, confidence=1e-300),)))
    _click(app, "policy_change_0")

    assert "At most (points)" in [n.label for n in app.number_input]
    assert not app.error


# -- what is kept, and what strangers write ------------------------------------------------------


def test_the_same_policy_stands_as_toml(address):
    app = _open(address, RULES)
    (code,) = [c.value for c in app.code if c.value.startswith("name")]

    assert Policy.loads(code) == RULES
    assert "The policy is part of the address" in _said(app)
    assert "Download the policy" in [b.proto.label for b in app.get("download_button")]


def test_a_policy_is_renamed(address):
    app = _open(address, RULES)
    (field,) = [t for t in app.text_input if t.label == "Name of the policy"]
    field.set_value("Ours")
    rerun(app)

    assert _policy(app) == Policy("Ours", RULES.rules)


def test_a_policy_too_long_for_the_address_is_kept_in_the_session_and_says_so(address):
    rng = np.random.default_rng(0)
    notes = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 500)) for _ in range(20)]
    rules = tuple(Rule(f"r{i}", "accuracy", at_most=0.1, note=note) for i, note in enumerate(notes))
    app = open_page("policy", data=address)
    app.text_area(key="policy_pasted").set_value(Policy("Long", rules).dumps())
    rerun(app)
    _click(app, "policy_take_text")

    assert "too long for the address" in _said(app)
    assert _policy(app) == Policy("Long", rules)


def test_a_policy_goes_with_its_reader_to_other_pages_and_other_data(address):
    app = _open(address, RULES)
    app.session_state["data"] = "lending"
    app.query_params["data"] = "lending"
    app.switch_page("views/overview.py")
    rerun(app)

    assert "Verdicts of the policy Four verdicts" in _said(app)
    assert app.query_params["policy"] in (pack(RULES.dumps()), [pack(RULES.dumps())])


def test_names_in_a_policy_are_shown_as_text(monkeypatch, tmp_path):
    path, schema = write_hostile(tmp_path)
    data = open_file(monkeypatch, tmp_path, path, schema)
    rules = [Rule(n, "accuracy", at_most=0.1, note=n, by=((HOSTILE[0],),)) for n in HOSTILE]
    rules += [Rule(f"p {n}", "accuracy", compare="spread", at_most=0.1) for n in HOSTILE[:2]]
    rules += [Rule(f"w {n}", n, at_most=0.1) for n in HOSTILE]
    policy = Policy(HOSTILE[0], tuple(rules), description=HOSTILE[3], source=HOSTILE[1])
    for page in ("policy", "overview"):
        app = _open(data, policy, page)

        assert find_injections(app) == []
        assert HOSTILE[0] in _said(app)
    app = _open(data, policy)
    _click(app, "policy_change_0")
    assert find_injections(app) == []


@needs_shared
def test_compas_is_judged_by_every_template_that_its_columns_allow(monkeypatch, tmp_path):
    address = open_compas(monkeypatch, tmp_path)
    for name in ("equal_opportunity", "four_fifths", "local_law_144", "no_slice_worse"):
        app = _open(address, load_template(name))

        assert "cannot be asked" not in _said(app), name
        assert "not everything is decided" in _said(app) or "a rule fails" in _said(app)


@needs_shared
def test_transcripts_of_speakers_are_judged(monkeypatch, tmp_path):
    file = SHARED / "data/asr/artie_bias_corpus_wide.csv.gz"
    address = open_file(monkeypatch, tmp_path, file, 'task = "transcription"\n')
    said = _said(_open(address, load_template("equal_word_error_rate")))

    assert "word error rate" in said
    assert "cannot be asked" not in said
