"""`coverage` says what is lacking and what to collect: the contract's fields, all forms, and what is wrong in words."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest

from tests.paths import SHARED, needs_shared

ROWS = pd.DataFrame(
    [
        (sex, age, label, prediction)
        for sex, age, n in (("f", "old", 40), ("f", "young", 35), ("m", "old", 50), ("m", "young", 12))
        for i in range(n)
        for label, prediction in [(str(i % 2), str(int(i % 2 == 1 and i % 3 > 0)))]
    ],
    columns=["sex", "age", "label", "prediction"],
)
OPTIONS = ("--by", "sex,age", "--positive", "1")


@pytest.fixture
def file(asker):
    return asker.write(ROWS.to_csv(index=False))


def cover(asker, file, *more, options=OPTIONS):
    code, out, err = asker.run("coverage", file, *options, *more, "--format", "json")
    assert code == 0, err
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_lists_have_the_fields_that_were_promised(asker, file):
    found = cover(asker, file)

    assert (found["format"], found["version"]) == ("fairness-dashboard coverage", 1)
    assert {"sources", "schema", "findings"} <= set(found)
    promised = {"slice", "units", "clusters", "metric", "below", "half_width", "detectable_gap"}
    assert all(promised <= set(row) for row in found["combinations"])
    assert all({"slice", "units"} <= set(row) for row in found["uncovered"] + found["collect"])


def test_the_most_general_combination_that_lacks_rows_and_what_to_collect(asker, file):
    found = cover(asker, file)

    assert [(r["slice"], r["units"]) for r in found["uncovered"]] == [({"sex": "m", "age": "young"}, 12)]
    assert [(r["slice"], r["units"]) for r in found["collect"]] == [({"sex": "m", "age": "young"}, 18)]
    assert [(r["order"], r["covered"], r["possible"]) for r in found["t_way"]] == [(1, 4, 4), (2, 3, 4)]


def test_every_metric_has_every_combination_and_a_named_one_its_own_denominator(asker, file):
    assert len({row["metric"] for row in cover(asker, file)["combinations"]}) > 10
    found = cover(asker, file, "--metric", "false_negative_rate", "--min-units", "20")

    assert len(found["combinations"]) == 8
    assert [(r["slice"], r["units"], r["metric"]) for r in found["uncovered"]] == [
        ({"sex": "f", "age": "young"}, 17, "false_negative_rate"),
        ({"sex": "m", "age": "young"}, 6, "false_negative_rate"),
    ]
    assert sum(row["units"] for row in found["collect"]) == 3 + 14


def test_its_numbers_are_those_of_measure(asker, file):
    told = asker.measure(file, "--positive", "1", "--by", "sex,age", "--metric", "false_negative_rate")
    row = next(r for r in cover(asker, file)["combinations"] if r["slice"] == {"sex": "m", "age": "young"}
               and r["metric"] == "false_negative_rate")  # fmt: skip
    estimate = next(e for e in told["estimates"] if e["slice"] == row["slice"])

    assert [row[n] for n in ("units", "below", "status")] == [estimate[n] for n in ("units", "below", "status")]
    assert row["half_width"] == pytest.approx((estimate["high"] - estimate["low"]) / 2)


def test_what_never_occurs_is_null_never_zero(asker):
    file = asker.write(ROWS[ROWS["sex"].eq("f") | ROWS["age"].eq("old")].to_csv(index=False))
    found = cover(asker, file, "--metric", "accuracy")
    row = next(r for r in found["combinations"] if r["slice"] == {"sex": "m", "age": "young"})

    assert (row["units"], row["below"], row["half_width"], row["detectable_gap"]) == (0, 0, None, None)
    assert (row["status"], row["reachable"]) == ("no data", False)


def test_what_is_impossible_is_not_asked_for(asker, file):
    found = cover(asker, file, "--impossible", "sex = m and age = young")

    assert found["uncovered"] == found["collect"] == []
    assert found["contradicted"] == [{"rule": "sex = m and age = young", "units": 12}]
    assert found["asked"]["impossible"] == ["sex = m and age = young"]


def test_a_rule_may_name_a_column_that_is_not_combined(asker):
    file = asker.write(ROWS.assign(town=["n", "s"] * 68 + ["n"]).to_csv(index=False))
    found = cover(asker, file, "--impossible", "sex = m and age = young and town in [n, s]", "--metric", "accuracy")

    assert found["uncovered"] == []


def test_depth_and_the_least_number_say_what_is_looked_at(asker, file):
    assert {len(r["slice"]) for r in cover(asker, file, "--depth", "1")["combinations"]} == {1}
    assert cover(asker, file, "--min-units", "12")["uncovered"] == []


def test_the_limit_says_whether_a_pass_is_within_reach(asker, file):
    def reachable(*more):
        return [
            r["reachable"] for r in cover(asker, file, "--depth", "1", "--metric", "accuracy", *more)["combinations"]
        ]

    assert reachable() == [False] * 4
    assert reachable("--target-gap", "0.5") == [True] * 4


def test_systems_share_what_rests_on_rows_and_have_their_own_of_the_rest(asker):
    file = asker.write(ROWS.assign(other=ROWS["label"]).to_csv(index=False))
    systems = ("--prediction", "one=prediction", "--prediction", "two=other")
    by_rows = cover(asker, file, *systems, "--label", "label")
    by_answers = cover(asker, file, *systems, "--label", "label", "--metric", "positive_predictive_value")

    assert {r["system"] for r in by_rows["combinations"]} == {"one", "two"}
    assert [r["system"] for r in by_rows["uncovered"]] == [None]
    assert {r["system"] for r in by_answers["collect"]} == {"one", "two"}


def test_the_plan_is_written_beside_the_answer(asker, file):
    plan = asker.folder / "plan.csv"
    cover(asker, file, "--plan", str(plan))

    assert list(csv.reader(io.StringIO(plan.read_text()))) == [["sex", "age", "units"], ["m", "young", "18"]]


def test_shares_are_compared_with(asker, file):
    shares = asker.folder / "census.csv"
    shares.write_text("axis,level,share\nsex,f,0.51\nsex,m,0.49\n")
    found = cover(asker, file, "--shares", str(shares))["shares"]

    assert [(r["level"], r["units"], r["expected"]) for r in found] == [("f", 75, 0.51), ("m", 62, 0.49)]
    code, out, err = asker.run("coverage", file, *OPTIONS, "--shares", str(shares))
    assert code == 0, err
    assert "Against the shares given" in out


def test_the_table_is_for_reading_and_stands_alone_on_stdout(asker, file):
    code, out, _ = asker.run("coverage", file, *OPTIONS, "--metric", "accuracy")

    assert code == 0
    assert out.startswith("1 of 8 combinations of sex and age has fewer than 30 rows.")
    assert "What to collect next" in out
    assert "sex = m, age = young" in out


def test_csv_and_markdown_are_written_to_a_file(asker, file):
    for form in ("csv", "markdown"):
        code, out, err = asker.run("coverage", file, *OPTIONS, "--format", form, "-o", str(asker.folder / form))
        assert (code, out) == (0, ""), err

    lines = list(csv.DictReader(io.StringIO((asker.folder / "csv").read_text())))
    assert [line["slice"] for line in lines if line["table"] == "collect"] == ["sex = m & age = young"]
    assert "| sex = m, age = young | 18 |" in (asker.folder / "markdown").read_text()


def test_levels_that_look_like_formulas_or_turn_the_writing_do_neither(asker):
    file = asker.write(ROWS.replace({"old": "=1+1", "young": "\u202ex"}).to_csv(index=False))
    plan = asker.folder / "plan.csv"
    code, out, _ = asker.run("coverage", file, *OPTIONS, "--plan", str(plan), "--min-units", "60")

    assert code == 0
    assert "\u202e" not in out
    assert "'=1+1" in plan.read_text()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--by", "sexx"), "sexx"),
        (("--by", "sex,,age"), "names no column between two commas"),
        (("--by", '"sex'), "--by: the quotes in"),
        ((), "--by says which attributes are combined; it is missing. Write --by sex,race,age."),
        (("--by", "sex", "--depth", "0"), "'--depth': 0 is not in the range 1<=x<=5"),
        (("--by", "sex", "--min-units", "0"), "'--min-units'"),
        (("--by", "sex", "--target-gap", "0"), "'--target-gap'"),
        (("--by", "sex", "--target-gap", "nan"), "The gap that matters is a number above 0"),
        (("--by", "sex", "--metric", "accurac"), "Did you mean 'accuracy'?"),
        (("--by", "sex", "--impossible", "sex = "), "--impossible 'sex = ' is no condition."),
        (("--by", "sex", "--impossible", "sx = f"), "'sx'"),
        (("--by", "sex", "--impossible", "sex = femal"), "never says 'femal'"),
        (("--by", "sex", "--shares", "nowhere.csv"), "nowhere.csv"),
        (("--by", "sex", "--format", "xml"), "xml"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_place_and_the_cure(asker, file, more, said):
    assert said in asker.refuse(file, "--positive", "1", *more, command="coverage")


def test_a_column_that_only_a_rule_names_is_said_of_the_rule(asker, file):
    said = asker.refuse(file, *OPTIONS, "--impossible", "nope = 1", command="coverage")

    assert "--impossible, column 'nope'" in said


def test_a_table_of_shares_is_read_as_on_the_page(asker, file):
    shares = asker.folder / "census.csv"
    shares.write_text("attribute;category;percent\nsex;f;51 %\nsex;m;49 %\n")

    found = {row["level"]: row["expected"] for row in cover(asker, file, "--shares", str(shares))["shares"]}
    assert found == {"f": 0.51, "m": 0.49}


def test_a_file_far_too_large_for_a_table_of_shares_is_not_read_whole(asker, file):
    shares = asker.folder / "people.csv"
    shares.write_text("axis,level,share\n" + "sex,f,0.00002\n" * 50_000)

    assert "is larger than 200 kB" in asker.refuse(file, *OPTIONS, "--shares", str(shares), command="coverage")


def test_shares_that_do_not_fit_are_refused_with_every_reason(asker, file):
    shares = asker.folder / "census.csv"
    shares.write_text("axis,level,share\nsex,f,0.5\nage,oldish,0.4\nage,young,0.6\n")
    assert "add up to 0.5" in asker.refuse(file, *OPTIONS, "--shares", str(shares), command="coverage")
    shares.write_text("axis,level,share\nagee,old,0.4\nagee,young,0.6\n")
    assert "Did you mean 'age'?" in asker.refuse(file, *OPTIONS, "--shares", str(shares), command="coverage")


def test_too_many_combinations_are_refused_with_their_number(asker):
    wide = pd.DataFrame({f"c{i}": [f"v{j}" for j in range(120)] for i in range(6)})
    file = asker.write(wide.assign(label="1", prediction=["1", "0"] * 60).to_csv(index=False))
    said = asker.refuse(file, "--by", "c0,c1,c2,c3,c4,c5", "--positive", "1", command="coverage")

    assert "34,776,720 combinations of up to 3 levels" in said
    assert "--depth 2 has 216,720" in said


@needs_shared
def test_adult_is_covered_whole(asker):
    """After the plan, pairs of ten attributes have 30 rows each: counted again from the file and the plan."""
    source = SHARED / "data" / "slices" / "adult_slices.csv"
    frame = pd.read_csv(source, keep_default_na=False, dtype=str)
    by = [c for c in frame.columns if c not in ("row_id", "y_true", "y_score", "y_pred")]
    plan = asker.folder / "plan.csv"
    options = ("--by", ",".join(by), "--positive", "1", "--label", "y_true", "--prediction", "y_pred", "--depth", "2")
    found = cover(asker, str(source), "--metric", "accuracy", "--plan", str(plan), options=options)
    more = pd.read_csv(plan, keep_default_na=False, dtype=str)
    whole = pd.concat([frame[by], more.loc[more.index.repeat(more["units"].astype(int)), by]])

    rare = {(c, level) for c in by for level, n in frame[c].value_counts().items() if n < 30}
    pairs = 0
    for i, one in enumerate(by):
        for two in by[:i]:
            table = pd.crosstab(whole[one], whole[two])
            assert table.shape == (frame[one].nunique(), frame[two].nunique())
            assert table.to_numpy().min() >= 30
            before = pd.crosstab(frame[one], frame[two]).stack()
            pairs += sum((one, a) not in rare and (two, b) not in rare for a, b in before[before < 30].index)
    assert len(found["uncovered"]) == len(rare) + pairs


@needs_shared
def test_transcripts_of_several_systems_with_speakers_are_covered(asker):
    file = str(SHARED / "data" / "asr" / "artie_bias_corpus_wide.csv.gz")
    options = ("--task", "transcription", "--reference", "reference", "--cluster", "speaker_id", "--missing", "NA")
    heard = ("--hypothesis", "a=hyp_amazon_en_us", "--hypothesis", "d=hyp_deepspeech_v0_7_3")
    found = cover(asker, file, "--metric", "word_error_rate", options=(*options, *heard, "--by", "gender,accent"))

    assert {r["system"] for r in found["combinations"]} == {"a", "d"}
    women = next(r for r in found["combinations"] if r["slice"] == {"gender": "female"} and r["system"] == "a")
    assert (women["units"], women["clusters"]) == (257, 142)
    assert {r["metric"] for r in found["uncovered"]} == {"word_error_rate"}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--min-units", "9223372036854775807"),
        ("--min-units", str(10**23)),
        ("--min-units", "0"),
        ("--target-gap", "inf"),
        ("--target-gap", "nan"),
        ("--target-gap", "1e400"),
    ],
)
def test_numbers_that_no_plan_can_have_are_mistakes_of_the_call(asker, file, option, value):
    code, out, err = asker.run("coverage", file, *OPTIONS, option, value)

    assert (code, out) == (2, "")
    assert "1000000000" in err.replace(",", "") or "gap" in err


def test_the_largest_minimum_gives_a_plan_of_what_is_lacking(asker, file):
    found = cover(asker, file, "--min-units", "1000000000")

    lacking = {("f", "old"): 40, ("f", "young"): 35, ("m", "old"): 50, ("m", "young"): 12}
    planned = {(r["slice"]["sex"], r["slice"]["age"]): r["units"] for r in found["collect"]}
    assert planned == {cell: 10**9 - units for cell, units in lacking.items()}
