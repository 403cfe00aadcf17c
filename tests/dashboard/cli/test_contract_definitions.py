"""Definitions: what is positive, where the threshold lies, how groups are made, which rows count."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tests.dashboard.cli.contract import Asker, of, one, slices, told, words

COUNTS = words("--by g --min-units 1 --metric")


def ratio(row) -> tuple:
    return row["top"], row["below"]


# -- positive and favourable ---------------------------------------------------------------------

WORDS = "g,label,pred\na,paid,yes\na,good,no\na,late,yes\nb,paid,yes\nb,bad,no\nb,late,no\n"


def test_any_of_the_positive_words_is_positive_in_labels_and_predictions_alike(asker: Asker):
    flags = words("--positive paid --positive good --positive yes")
    found = asker.measure(asker.write(WORDS), *flags, *COUNTS, "true_positive_rate", "--metric", "selection_rate")

    assert ratio(one(found, slice={}, metric="true_positive_rate")) == (2, 3)
    assert ratio(one(found, slice={}, metric="selection_rate")) == (3, 6)
    assert found["schema"]["positive"] == ["paid", "good", "yes"]


@pytest.mark.parametrize("positive", ["1", "1.0", "01.0", "+1", "1e0"])
def test_positive_numbers_compare_as_numbers(positive, asker: Asker):
    file = asker.write("g,label,pred\na,1.0,1\na,0.0,1\nb,1,0\nb,0,0\n")

    if positive == "01.0":  # a leading zero makes text of digits
        assert "01.0" in asker.refuse(file, *COUNTS, "true_positive_rate", "--positive", positive)
        return
    found = asker.measure(file, *COUNTS, "true_positive_rate", "--positive", positive)
    assert ratio(one(found, slice={})) == (1, 2)


def test_a_positive_word_that_never_occurs_is_refused_and_suggests_one(asker: Asker):
    assert "'paid'" in asker.refuse(asker.write(WORDS), *COUNTS, "selection_rate", "--positive", "payed")


def test_a_positive_word_with_a_comma_is_one_word(asker: Asker):
    file = asker.write('g,label,pred\na,"yes, paid","yes, paid"\nb,no,no\n')

    found = asker.measure(file, *COUNTS, "selection_rate", "--positive", "yes, paid")
    assert ratio(one(found, slice={})) == (1, 2)


def test_best_follows_the_favourable_outcome(asker: Asker):
    lines = ["a,1,1"] * 30 + ["a,0,0"] * 70 + ["b,1,1"] * 60 + ["b,0,0"] * 40 + ["c,1,1"] * 45 + ["c,0,0"] * 55
    file = asker.write("g,label,pred\n" + "\n".join(lines))

    def best(*flags):
        found = asker.measure(file, *words("--by g --metric selection_rate --baseline best"), *flags)
        return {r["slice"]["g"]: r["value"] for r in of(found, "disparities") if r["value"] is not None}

    good = best("--favourable", "positive")
    assert (good["a"], good["c"]) == (pytest.approx(-0.3), pytest.approx(-0.15))
    bad = best("--favourable", "negative")
    assert (bad["b"], bad["c"]) == (pytest.approx(0.3), pytest.approx(0.15))
    assert best() == good  # no better direction: the highest


# -- thresholds and scores -----------------------------------------------------------------------

SCORES = "g,label,pred,score\na,1,0,.5\na,0,1,.49\na,1,1,.7\nb,0,0,.3\nb,1,1,.2\nb,0,0,.9\n"


def test_predictions_in_the_file_win_unless_a_threshold_is_given(asker: Asker):
    file = asker.write(SCORES)

    assert ratio(one(asker.measure(file, *COUNTS, "selection_rate"), slice={})) == (3, 6)
    for threshold, chosen in (("0.5", 3), (".7", 2), ("0", 6), ("0.49", 4), ("0.91", 0)):
        found = asker.measure(file, *COUNTS, "selection_rate", "--threshold", threshold)
        assert ratio(one(found, slice={})) == (chosen, 6)
        assert found["schema"]["threshold"] == float(threshold)


def test_a_score_equal_to_the_threshold_is_positive(asker: Asker):
    file = asker.write("g,label,score\na,1,.3\na,0,.1\nb,1,.7\nb,0,.30000001\n")

    found = asker.measure(file, *COUNTS, "selection_rate", "--threshold", ".3")
    assert ratio(one(found, slice={})) == (3, 4)


def test_scores_alone_are_cut_at_one_half_and_a_finding_says_so(asker: Asker):
    file = asker.write("g,label,score\na,1,.5\na,0,.49\nb,1,.7\nb,0,.3\n")

    found = asker.measure(file, *COUNTS, "selection_rate")
    assert ratio(one(found, slice={})) == (2, 4)
    assert told(found, "0.5")


def test_the_score_scale_any_gives_ranks_only(asker: Asker):
    draw = random.Random(2)
    rows = [("ab"[i % 2], i % 3 % 2, round(draw.gauss(0, 3), 2)) for i in range(80)]
    file = asker.write("g,label,score\n" + "\n".join(",".join(map(str, r)) for r in rows))

    found = asker.measure(file, *words("--by g --score-scale any --threshold 0"))
    names = {r["metric"] for r in found["estimates"]}
    assert {"roc_auc", "selection_rate", "true_positive_rate"} <= names
    assert names.isdisjoint({"brier_score", "log_loss", "calibration_in_the_large", "expected_calibration_error"})
    assert "calibration_within_groups" not in {r["name"] for r in found["criteria"]}
    chosen = sum(score >= 0 for _, _, score in rows)
    assert ratio(one(found, slice={}, metric="selection_rate")) == (chosen, 80)


def test_percent_scores_have_a_threshold_in_their_own_units(asker: Asker):
    file = asker.write("g,label,score\na,1,85\na,0,12.5\nb,1,40\nb,0,41\n")

    found = asker.measure(file, *words("--by g --score-scale percent --threshold 41 --min-units 1"))
    assert ratio(one(found, slice={}, metric="selection_rate")) == (2, 4)
    brier = (0.15**2 + 0.125**2 + 0.6**2 + 0.41**2) / 4
    assert one(found, slice={}, metric="brier_score")["value"] == pytest.approx(brier)


def test_percent_scores_alone_are_cut_at_one_half_of_the_scale(asker: Asker):
    file = asker.write("g,label,score\na,1,85\na,0,12.5\nb,1,40\nb,0,51\n")

    found = asker.measure(file, *COUNTS, "selection_rate", "--score-scale", "percent")
    assert ratio(one(found, slice={})) == (2, 4)


def test_scores_outside_0_to_1_need_no_scale_for_count_metrics_at_a_threshold(asker: Asker):
    text = "g,label,score\n" + "\n".join(f"{'ab'[i % 2]},{i % 3 % 2},{i % 11 - 3}" for i in range(60))
    file = asker.write(text)

    found = asker.measure(file, *COUNTS, "selection_rate", "--metric", "true_positive_rate", "--threshold", "4")
    assert ratio(one(found, slice={}, metric="selection_rate")) == (sum(i % 11 - 3 >= 4 for i in range(60)), 60)
    assert "--score-scale" in asker.refuse(file, "--by", "g", "--threshold", "4")
    assert "--score-scale" in asker.refuse(file, *COUNTS, "brier_score", "--threshold", "4")


def test_percentages_are_a_question_where_they_decide_a_number(asker: Asker):
    file = asker.write("g,label,score\na,1,85\na,0,20\nb,1,40\nb,0,60\n")

    for metric in ("accuracy", "brier_score"):
        assert "--score-scale" in asker.refuse(file, *COUNTS, metric)
    for flags in (["--threshold", "50"], ["--score-scale", "percent"]):
        assert ratio(one(asker.measure(file, *COUNTS, "accuracy", *flags), slice={})) == (2, 4)


# -- recoding ------------------------------------------------------------------------------------


def test_recoding_merges_groups_translates_labels_and_takes_out(asker: Asker):
    file = asker.write("g,label,pred\nA,ja,y\nB,nein,y\nC,ja,n\nX,ja,y\nX,?,n\n")
    flags = ["--recode", "g:B=A,C=D,X=", "--recode", "label:ja=y,nein=n,?=", "--positive", "y"]
    found = asker.measure(file, *flags, *COUNTS, "accuracy")

    assert {tuple(r["slice"].values()): ratio(r) for r in found["estimates"]} == {
        (): (2, 4),
        ("A",): (1, 2),
        ("D",): (0, 1),
        ("(missing)",): (1, 1),
    }


def test_recoded_words_with_commas_stand_in_quotes(asker: Asker):
    file = asker.write('g,label,pred\n"Lee, A",1,1\n"Lee, B",0,1\nC=D,1,1\n')
    found = asker.measure(file, *COUNTS, "accuracy", "--recode", 'g:"Lee, A"=Lee,"Lee, B"=Lee,"C=D"="C, D"')

    assert slices(found) == [{}, {"g": "C, D"}, {"g": "Lee"}]


def test_a_recoding_of_a_word_that_never_occurs_is_told(asker: Asker):
    file = asker.write("g,label,pred\nA,1,1\nB,0,0\n")
    code, _, err = asker.run("measure", file, *COUNTS, "accuracy", "--recode", "g:Z=A")

    assert code in (0, 2)
    assert "'Z'" in err


# -- bins ----------------------------------------------------------------------------------------

AGES = "age,label,pred\n" + "\n".join(f"{age},1,1" for age in (18, 24.9, 25, 44, 45, 46, 64.5, 65, 90)) + "\n,0,1\n"


def test_bins_are_closed_on_the_left_and_named_by_their_edges(asker: Asker):
    found = asker.measure(asker.write(AGES), *words("--bins age=25,45,65 --by age --metric accuracy"))

    assert {r["slice"].get("age"): r["below"] for r in found["estimates"]} == {
        None: 10,
        "< 25": 2,
        "25 to < 45": 2,
        "45 to < 65": 3,
        ">= 65": 2,
        "(missing)": 1,
    }
    assert [s["age"] for s in slices(found)[1:]] == ["< 25", "25 to < 45", "45 to < 65", ">= 65", "(missing)"]


def test_bins_of_equal_width(asker: Asker):
    file = asker.write("age,label,pred\n" + "".join(f"{age},1,1\n" for age in (3, 5, 9.9, 10, 22)))
    found = asker.measure(file, *words("--bins age=width:5 --by age --metric accuracy"))

    bins = {r["slice"]["age"]: r["below"] for r in found["estimates"] if r["slice"]}
    assert bins == {"< 5": 1, "5 to < 10": 2, "10 to < 15": 1, ">= 20": 1}


def test_bins_by_quantiles_hold_about_equal_numbers(asker: Asker):
    ages = random.Random(4).sample(range(1000), 400)
    file = asker.write("age,label,pred\n" + "".join(f"{age},1,1\n" for age in ages))
    found = asker.measure(file, *words("--bins age=quantile:4 --by age --metric accuracy"))

    assert [r["below"] for r in found["estimates"] if r["slice"]] == [100] * 4
    edges = found["schema"]["attribute"][0]["edges"]
    names = [f"< {edges[0]}", *(f"{a} to < {b}" for a, b in pairwise(edges)), f">= {edges[-1]}"]
    assert [s["age"] for s in slices(found)[1:]] == names
    for number, row in enumerate(r for r in found["estimates"] if r["slice"]):
        low, high = ([-1, *edges, 1000][number + i] for i in (0, 1))
        assert row["below"] == sum(low <= age < high for age in ages)


def test_bins_and_a_column_without_numbers(asker: Asker):
    file = asker.write("g,label,pred\na,1,1\nb,0,0\n")

    assert "'g'" in asker.refuse(file, "--bins", "g=25")


def test_few_numbers_are_levels_and_many_are_quarters_with_a_note(asker: Asker):
    few = asker.write("age,label,pred\n" + "".join(f"{i % 20},1,1\n" for i in range(80)))
    found = asker.measure(few, *words("--by age --metric accuracy"))
    assert len(slices(found)) == 21

    many = asker.write("age,label,pred\n" + "".join(f"{i % 21},1,1\n" for i in range(84)))
    found = asker.measure(many, *words("--by age --metric accuracy"))
    assert len(slices(found)) == 5
    assert [f["severity"] for f in told(found, "quarters", "'age'")] == ["note"]


# -- strata --------------------------------------------------------------------------------------


def test_conditional_demographic_disparity_is_pooled_over_strata(asker: Asker):
    # Stratum x: a 8 of 20 accepted, b 16 of 20; stratum y: a 30 of 60, b 20 of 20.
    lines = ["a,x,1"] * 8 + ["a,x,0"] * 12 + ["b,x,1"] * 16 + ["b,x,0"] * 4
    lines += ["a,y,1"] * 30 + ["a,y,0"] * 30 + ["b,y,1"] * 20
    file = asker.write("g,part,pred\n" + "\n".join(lines))
    found = asker.measure(file, *words("--by g --strata part --label none --favourable positive"))

    # Share of the refused minus share of the accepted, weighted by the size of the strata.
    x_part, y_part = 12 / 16 - 8 / 24, 30 / 30 - 30 / 50
    pooled = (40 * x_part + 80 * y_part) / 120
    assert one(found, "criteria", name="conditional_demographic_disparity")["value"] == pytest.approx(pooled)
    assert {tuple(s) for s in slices(found)} == {(), ("g",)}


# -- where ---------------------------------------------------------------------------------------

PEOPLE = """\
sex,age,job title,note,label,pred
f,20,nurse,x,1,1
f,35,"clerk, senior",,1,0
m,50,nurse,"it's",0,0
m,65,clerk,x,0,1
,30,nurse,x,1,1
f,,smith,,0,1
"""


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("sex = f", 3),
        ("sex != f", 2),
        ("sex == 'f'", 3),
        ("age > 35", 2),
        ("age >= 35", 3),
        ("age < 35", 2),
        ("age <= 35", 3),
        ("sex = f and age < 30", 1),
        ("sex = f & age < 30", 1),
        ("sex = m or age < 30", 3),
        ("not sex = f", 2),
        ("not (sex = f or age > 60)", 1),
        ("sex in [f, m]", 5),
        ("sex not in [f]", 2),
        ("age in [20, 35.0, 65]", 3),
        ("sex is missing", 1),
        ("sex is not missing", 5),
        ("age is missing or sex is missing", 2),
        ("`job title` = nurse", 3),
        ("'job title' = 'clerk, senior'", 1),
        ("\"job title\" in [nurse, 'clerk, senior']", 4),
        ("note = 'it''s'", 1),
        ('note = "it\'s"', 1),
        ("sex = f and (age = 20 or age is missing)", 2),
        ("sex = f or sex = m and age > 60", 4),
        ("AGE > 35", 2),
    ],
)
def test_conditions_keep_the_rows_for_which_they_hold(condition, rows, asker: Asker):
    file = asker.write(PEOPLE)
    if condition.startswith("AGE"):  # columns are spelled as in the file
        assert "Did you mean 'age'" in asker.refuse(file, "--where", condition)
        return
    found = asker.measure(file, *words("--by sex --metric accuracy --label label --min-units 1"), "--where", condition)

    assert one(found, slice={})["below"] == rows
    assert found["sources"][0]["rows_used"] == rows
    assert found["schema"]["where"] == condition
    assert told(found, "the filter", f"keeps {rows} of 6 rows")


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("sx = f", "'sex'"),
        ("sex = x", "'x'"),
        ("sex =", "position"),
        ("sex = f and", "position"),
        ("(sex = f", "position"),
        ("age > old", "old"),
        ("__import__('os')", "position"),
        ("sex = f and age > 60", "no row"),
    ],
)
def test_conditions_that_are_none_or_hold_for_no_row_are_refused(condition, said, asker: Asker):
    assert said in asker.refuse(asker.write(PEOPLE), "--by", "sex", "--where", condition)


def test_a_part_of_the_rows_is_named_in_every_output(asker: Asker):
    file = asker.write(PEOPLE)
    ask = ["measure", file, *words("--by sex --label label --where"), "sex = f or sex = m"]

    for form in ("json", "table", "csv"):
        code, out, err = asker.run(*ask, "--format", form)
        assert code == 0
        assert "sex = f or sex = m" in out, form
        assert "sex = f or sex = m" in err, form


# -- regression ----------------------------------------------------------------------------------

NUMBERS = [("a", 10, 12), ("a", 20, 15), ("a", 30, 30), ("b", 5, 9), ("b", 15, 14.5), ("b", 25, 28)]


def test_regression_metrics(asker: Asker):
    rows = NUMBERS * 6
    file = asker.write("g,label,pred\n" + "\n".join(f"{g},{y},{p}" for g, y, p in rows))
    found = asker.measure(file, *words("--task regression --label label --prediction pred --tolerance 2 --by g"))

    assert {r["metric"] for r in found["estimates"]} == set(
        words("mean_error mean_absolute_error root_mean_squared_error r_squared share_within_tolerance")
    )
    for at in ({}, {"g": "a"}, {"g": "b"}):
        mine = [(y, p) for g, y, p in rows if at.get("g", g) == g]
        errors = [p - y for y, p in mine]
        n, mean = len(mine), sum(y for y, _ in mine) / len(mine)
        squares = sum(e * e for e in errors)
        values = {
            "mean_error": sum(errors) / n,
            "mean_absolute_error": sum(map(abs, errors)) / n,
            "root_mean_squared_error": (squares / n) ** 0.5,
            "r_squared": 1 - squares / sum((y - mean) ** 2 for y, _ in mine),
            "share_within_tolerance": sum(abs(e) <= 2 for e in errors) / n,
        }
        for name, value in values.items():
            row = one(found, slice=at, metric=name)
            assert row["value"] == pytest.approx(value), name
            assert row["units"] == n
        within = one(found, slice=at, metric="share_within_tolerance")
        assert ratio(within) == (sum(abs(e) <= 2 for e in errors), n)
    assert found["criteria"] == []


def test_without_a_tolerance_there_is_no_share_within_it(asker: Asker):
    file = asker.write("g,label,pred\n" + "\n".join(f"{g},{y},{p}" for g, y, p in NUMBERS))
    flags = words("--task regression --label label --prediction pred --by g")

    assert "share_within_tolerance" not in {r["metric"] for r in asker.measure(file, *flags)["estimates"]}
    assert "--tolerance" in asker.refuse(file, *flags, "--metric", "share_within_tolerance")


# -- several classes -----------------------------------------------------------------------------

ANIMALS = [("a", y, p) for y, p in ("cc", "cd", "dd", "dd", "bc", "bb")] + [
    ("b", y, p) for y, p in ("cc", "cb", "dc", "dd", "bb", "bd", "cc")
]
NAMES = {"c": "cat", "d": "dog", "b": "bird, big"}


def test_multiclass_metrics_are_the_same_with_the_class_in_brackets_and_macro_averages(asker: Asker):
    text = "g,label,pred\n" + "\n".join(f'{g},"{NAMES[y]}","{NAMES[p]}"' for g, y, p in ANIMALS)
    found = asker.measure(asker.write(text), *words("--by g --min-units 1"))

    one_against_rest = words("""selection_rate base_rate true_positive_rate false_negative_rate false_positive_rate
        true_negative_rate positive_predictive_value negative_predictive_value false_discovery_rate
        false_omission_rate f1""")
    names = {r["metric"] for r in found["estimates"]}
    assert {f"{name}[{animal}]" for name in one_against_rest for animal in NAMES.values()} <= names
    assert "accuracy" in names
    assert any(name.startswith("macro_") for name in names)

    for at in ({}, {"g": "a"}, {"g": "b"}):
        mine = [(y, p) for g, y, p in ANIMALS if at.get("g", g) == g]
        assert ratio(one(found, slice=at, metric="accuracy")) == (sum(y == p for y, p in mine), len(mine))
        rates = {}
        for letter, animal in NAMES.items():
            hits, truths = sum(y == p == letter for y, p in mine), sum(y == letter for y, _ in mine)
            assert ratio(one(found, slice=at, metric=f"true_positive_rate[{animal}]")) == (hits, truths)
            rates[letter] = hits / truths
            others = [(y, p) for y, p in mine if y != letter]
            false = sum(p == letter for _, p in others)
            assert ratio(one(found, slice=at, metric=f"false_positive_rate[{animal}]")) == (false, len(others))
        macro = one(found, slice=at, metric="macro_true_positive_rate")
        assert macro["value"] == pytest.approx(sum(rates.values()) / 3)
        assert ratio(macro) == (None, None)


def test_a_metric_of_one_class_can_be_asked_for(asker: Asker):
    text = "g,label,pred\n" + "\n".join(f'{g},"{NAMES[y]}","{NAMES[p]}"' for g, y, p in ANIMALS)
    found = asker.measure(
        asker.write(text), "--by", "g", "--metric", "f1[cat]", "--metric", "true_positive_rate[bird, big]"
    )

    assert {r["metric"] for r in found["estimates"]} == {"f1[cat]", "true_positive_rate[bird, big]"}


def test_a_metric_without_its_class_is_refused_and_says_how_it_is_asked_for(asker: Asker):
    text = "g,label,pred\n" + "\n".join(f'{g},"{NAMES[y]}","{NAMES[p]}"' for g, y, p in ANIMALS)
    said = asker.refuse(asker.write(text), "--by", "g", "--metric", "true_positive_rate")

    assert "true_positive_rate[" in said
    assert "--positive" in said


def test_a_positive_word_makes_several_classes_binary(asker: Asker):
    text = "g,label,pred\n" + "\n".join(f'{g},"{NAMES[y]}","{NAMES[p]}"' for g, y, p in ANIMALS)
    found = asker.measure(asker.write(text), *COUNTS, "true_positive_rate", "--positive", "cat", "--positive", "dog")

    good = [(y in "cd", p in "cd") for _, y, p in ANIMALS]
    assert ratio(one(found, slice={})) == (sum(y and p for y, p in good), sum(y for y, _ in good))
