"""What columns are for: the role flags, systems, joined files, weights and counts, and what is asked."""

from __future__ import annotations

import json

import pytest

from tests.dashboard.cli.contract import Asker, of, one, slices, told, words

ACCURACY = words("--metric accuracy --by g --min-units 1")

TWO = """\
case,g,label,pred_a,pred_b,score_a,score_b
1,a,1,1,0,.9,.3
2,a,0,0,0,.2,.1
3,b,1,1,1,.7,.8
4,b,0,1,0,.6,.4
5,b,1,0,1,.4,.9
"""


def rights(found) -> dict:
    return {(row["system"], row["slice"].get("g")): (row["top"], row["below"]) for row in found["estimates"]}


# -- systems -------------------------------------------------------------------------------------


def test_one_system_is_called_null(asker: Asker):
    found = asker.measure(asker.write(TWO), *words("--label label --prediction pred_a --min-units 1 --by g"))

    for name in ("estimates", "disparities", "spreads", "criteria"):
        assert {row["system"] for row in found[name]} == {None}


@pytest.mark.parametrize("flags", ["--prediction A=pred --system none", "--prediction pred --system model"])
def test_the_only_system_is_null_even_where_it_has_a_name(flags, asker: Asker):
    file = asker.write("g,label,pred,model\na,1,1,X\nb,0,1,X\na,0,0,X\n")

    found = asker.measure(file, *words(flags), *ACCURACY)
    for name in ("estimates", "disparities", "spreads", "criteria"):
        assert {row["system"] for row in found[name]} == {None}


def test_one_name_is_one_system(asker: Asker):
    flags = words("--score B=score_b --prediction A=pred_a --prediction B=pred_b --score A=score_a --label label")
    found = asker.measure(asker.write(TWO), *flags, *ACCURACY, "--metric", "brier_score")

    right = {(r["system"], r["slice"].get("g")): (r["top"], r["below"]) for r in of(found, metric="accuracy")}
    assert right == {
        ("A", None): (3, 5),
        ("A", "a"): (2, 2),
        ("A", "b"): (1, 3),
        ("B", None): (4, 5),
        ("B", "a"): (1, 2),
        ("B", "b"): (3, 3),
    }
    brier = {r["system"]: r["value"] for r in of(found, metric="brier_score", slice={})}
    assert brier["A"] == pytest.approx((0.01 + 0.04 + 0.09 + 0.36 + 0.36) / 5)
    assert brier["B"] == pytest.approx((0.49 + 0.01 + 0.04 + 0.16 + 0.01) / 5)


def test_without_names_the_first_prediction_goes_with_the_first_score_and_the_prediction_names_the_system(asker: Asker):
    flags = words("--score score_a --score score_b --prediction pred_a --prediction pred_b --label label")
    found = asker.measure(asker.write(TWO), *flags, "--by", "g", "--metric", "brier_score")

    brier = {r["system"]: r["value"] for r in of(found, slice={})}
    assert brier == {
        "pred_a": pytest.approx((0.01 + 0.04 + 0.09 + 0.36 + 0.36) / 5),
        "pred_b": pytest.approx((0.49 + 0.01 + 0.04 + 0.16 + 0.01) / 5),
    }


def test_a_system_with_a_score_only_is_called_by_its_column(asker: Asker):
    flags = words("--score score_a --score score_b --prediction none --label label --threshold .5")
    found = asker.measure(asker.write(TWO), *flags, *ACCURACY)

    assert rights(found)["score_a", None] == (3, 5)
    assert rights(found)["score_b", None] == (4, 5)


def test_a_row_per_unit_and_system(asker: Asker):
    lines = [f"{case},{g},{y},{a if model == 'A' else b},{model}" for case, g, y, a, b in ROWS for model in ("A", "B")]
    file = asker.write("case,g,label,pred,model\n" + "\n".join(lines))

    found = asker.measure(file, "--system", "model", "--id", "case", *ACCURACY)
    assert rights(found) == {
        ("A", None): (3, 5),
        ("A", "a"): (2, 2),
        ("A", "b"): (1, 3),
        ("B", None): (4, 5),
        ("B", "a"): (1, 2),
        ("B", "b"): (3, 3),
    }
    assert rights(asker.measure(file, "--system", "none", *ACCURACY))[None, None] == (7, 10)


ROWS = [tuple(line.split(",")[:5]) for line in TWO.splitlines()[1:]]


def test_disparities_spreads_and_criteria_are_those_of_each_system(asker: Asker):
    flags = words("--prediction A=pred_a --prediction B=pred_b --label label --min-units 1 --by g")
    found = asker.measure(asker.write(TWO), *flags)

    gaps = {(r["system"], r["slice"]["g"]): r["value"] for r in of(found, "disparities", metric="accuracy")}
    assert gaps == {
        ("A", "a"): pytest.approx(1 - 1 / 3),
        ("A", "b"): pytest.approx(1 / 3 - 1),
        ("B", "a"): pytest.approx(1 / 2 - 1),
        ("B", "b"): pytest.approx(1 / 2),
    }
    for system, spread in (("A", 2 / 3), ("B", 1 / 2)):
        assert one(found, "spreads", system=system, metric="accuracy")["difference"] == pytest.approx(spread)
        assert one(found, "criteria", system=system, name="accuracy_equality")["difference"] == pytest.approx(spread)


# -- joined files --------------------------------------------------------------------------------

BASE = "case,g,label,pred\n1,a,1,1\n2,a,0,0\n3,b,1,1\n4,b,0,1\n"


@pytest.fixture
def base(asker: Asker) -> list[str]:
    return [asker.write(BASE), "--id", "case", *ACCURACY]


def test_a_single_column_beside_the_id_is_the_prediction(base, asker: Asker):
    joined = asker.write("case,whatever\n4,0\n2,1\n3,1\n1,1\n", "other.csv")
    found = asker.measure(*base, "--join", f"B={joined}")

    assert rights(found)["B", None] == (3, 4)
    assert rights(found)["B", "b"] == (2, 2)
    assert rights(found)["pred", None] == (3, 4)
    assert {r["system"] for r in found["estimates"]} == {"pred", "B"}


def test_columns_of_a_joined_file_take_the_roles_of_the_same_name(asker: Asker):
    first = asker.write("case,g,label,pred,score\n1,a,1,1,.8\n2,a,0,0,.1\n3,b,1,1,.9\n4,b,0,1,.7\n")
    joined = asker.write("case,note,score,pred\n4,x,.2,0\n2,y,.6,1\n3,z,.9,1\n1,w,.8,1\n", "other.csv")
    flags = words("--id case --label label --prediction pred --score score --by g --min-units 1")
    found = asker.measure(first, *flags, "--join", f"B={joined}")

    assert one(found, slice={}, metric="accuracy", system="B")["top"] == 3
    brier = one(found, slice={}, metric="brier_score", system="B")["value"]
    assert brier == pytest.approx((0.2**2 + 0.6**2 + 0.1**2 + 0.2**2) / 4)


def test_columns_of_a_joined_file_take_the_roles_that_their_names_have_in_the_first_one(asker: Asker):
    first = asker.write("case,g,truth,answer,risk\n1,a,1,1,.9\n2,a,0,0,.1\n3,b,1,0,.4\n4,b,0,1,.8\n")
    joined = asker.write("case,risk,answer,note\n1,.2,0,x\n2,.3,0,y\n3,.9,1,x\n4,.1,0,y\n", "other.csv")
    roles = ["--id", "case", "--label", "truth", "--join", f"B={joined}", "--by", "g", "--min-units", "1"]

    for flags in ("--prediction answer --score risk", "--prediction M=answer --score M=risk"):
        found = asker.measure(first, *roles, *words(flags))
        mine = "M" if "M=" in flags else "answer"
        assert {(r["system"], r["top"]) for r in of(found, slice={}, metric="accuracy")} == {(mine, 2), ("B", 3)}
        brier = one(found, slice={}, metric="brier_score", system="B")["value"]
        assert brier == pytest.approx((0.8**2 + 0.3**2 + 0.1**2 + 0.1**2) / 4)


def test_flags_name_the_columns_of_joined_files_that_the_first_one_lacks(asker: Asker):
    first = asker.write("case,g\n1,a\n2,a\n3,b\n4,b\n")
    joined = asker.write("case,risk,answer,region,truth\n1,.2,0,N,1\n2,.3,0,N,0\n3,.9,1,S,1\n4,.1,0,S,0\n", "other.csv")
    flags = words(
        "--id case --label truth --prediction answer --score risk --by region --min-units 1 --metric accuracy"
    )
    found = asker.measure(first, *flags, "--join", f"B={joined}")

    assert {r["slice"].get("region"): (r["top"], r["below"]) for r in found["estimates"]} == {
        None: (3, 4),
        "N": (1, 2),
        "S": (2, 2),
    }


def test_several_joined_files_and_a_first_one_without_predictions(asker: Asker):
    first = asker.write("case,g,label\n1,a,1\n2,a,0\n3,b,1\n4,b,0\n")
    one_, two = (
        asker.write("case,p\n1,1\n2,0\n3,1\n4,0\n", "one.csv"),
        asker.write("case,p\n1,0\n2,0\n3,0\n4,0\n", "b.csv"),
    )
    found = asker.measure(first, "--id", "case", "--label", "label", *ACCURACY, "--join", one_, "--join", f"Two={two}")

    assert {system: right for (system, g), right in rights(found).items() if g is None} == {
        "one": (4, 4),
        "Two": (2, 4),
    }


def test_ids_on_one_side_only_are_counted_with_examples_and_a_prediction_that_is_missing_is_missing(base, asker: Asker):
    joined = asker.write("case,pred\n1,1\n3,0\n77,1\n78,1\n", "other.csv")
    found = asker.measure(*base, "--join", f"B={joined}")

    assert rights(found)["B", None] == (1, 2)
    (lacks,) = told(found, "'2'", "'4'")
    assert "2 ids" in lacks["found"]
    (more,) = told(found, "'77'", "'78'")
    assert "2 ids" in more["found"]
    assert [s["rows_used"] for s in found["sources"]] == [4, 2]


def test_ids_twice_with_the_same_answer_count_once_and_are_told(base, asker: Asker):
    joined = asker.write("case,pred\n1,1\n1,1\n2,0\n3,1\n4,0\n", "other.csv")
    found = asker.measure(*base, "--join", f"B={joined}")

    assert rights(found)["B", None] == (4, 4)
    assert told(found, "'1'", "more than once")


def test_ids_in_another_spelling_are_told_with_examples(asker: Asker):
    first = asker.write("case,g,label,pred\nU-1,a,1,1\nU-2,a,0,0\nU-3,b,1,1\n")
    joined = asker.write("case,pred\nU-1,1\nu-2,0\nu3,0\n", "other.csv")
    found = asker.measure(first, "--id", "case", *ACCURACY, "--join", f"B={joined}")

    assert rights(found)["B", None] == (1, 1)
    (spelled,) = told(found, "spelling")
    assert "2 ids" in spelled["found"]
    assert "'u-2'" in spelled["found"]


def test_an_id_with_two_different_answers_is_refused(base, asker: Asker):
    joined = asker.write("case,pred\n1,1\n1,0\n2,0\n3,1\n4,0\n", "other.csv")

    said = asker.refuse(*base, "--join", f"B={joined}")
    assert "'1'" in said
    assert "other.csv" in said
    assert "different" in said


def test_an_id_with_an_answer_and_an_empty_cell_is_refused_or_told(base, asker: Asker):
    joined = asker.write("case,pred\n1,1\n1,\n2,0\n3,1\n4,0\n", "other.csv")

    assert "'1'" in asker.refuse(*base, "--join", f"B={joined}")


def test_no_id_in_common_is_refused(base, asker: Asker):
    joined = asker.write("case,pred\n91,1\n92,0\n", "other.csv")

    assert "no id in common" in asker.refuse(*base, "--join", f"B={joined}")


def test_a_joined_file_without_the_id_or_that_is_not_there_is_refused(base, asker: Asker):
    joined = asker.write("nummer,pred,score\n1,1,.1\n2,0,.2\n", "other.csv")

    assert "--id" in asker.refuse(*base, "--join", f"B={joined}")
    assert "nowhere.csv" in asker.refuse(*base, "--join", "B=nowhere.csv")


def test_joins_never_go_by_position(base, asker: Asker):
    straight = asker.write("case,pred\n1,1\n2,0\n3,0\n4,0\n", "straight.csv")
    turned = asker.write("case,pred\n4,0\n3,0\n2,0\n1,1\n", "turned.csv")
    found = [asker.measure(*base, "--join", f"B={path}") for path in (straight, turned)]

    assert found[0]["estimates"] == found[1]["estimates"]


def test_ids_of_typed_files_match_those_of_text(base, asker: Asker):
    import pandas as pd

    path = asker.folder / "typed.parquet"
    pd.DataFrame({"case": [1.0, 2.0, 3.0, 4.0], "pred": [1, 0, 1, 0]}).to_parquet(path)

    assert rights(asker.measure(*base, "--join", f"B={path}"))["B", None] == (4, 4)


# -- weights, counts, clusters -------------------------------------------------------------------


def test_with_weights_top_and_below_are_weighted_sums_and_units_are_rows(asker: Asker):
    file = asker.write("g,label,pred,w\na,1,1,1.5\na,1,0,0.25\na,0,1,2\nb,1,1,3\nb,0,0,0.5\n")
    found = asker.measure(file, *words("--weight w --by g --min-units 1"))

    def counts(metric, at):
        row = one(found, slice=at, metric=metric)
        return row["top"], row["below"], row["units"]

    assert counts("true_positive_rate", {}) == (4.5, 4.75, 5)
    assert counts("true_positive_rate", {"g": "a"}) == (1.5, 1.75, 3)
    assert counts("selection_rate", {}) == (6.5, 7.25, 5)
    assert one(found, slice={}, metric="selection_rate")["value"] == pytest.approx(6.5 / 7.25)
    kish = (1.5 + 0.25 + 2 + 3 + 0.5) ** 2 / (1.5**2 + 0.25**2 + 2**2 + 3**2 + 0.5**2)
    assert 0 < one(found, slice={}, metric="accuracy")["effective_units"] <= kish + 1e-9
    assert one(found, slice={}, metric="accuracy")["clusters"] is None


def test_equal_weights_change_no_value_and_no_interval(asker: Asker):
    text = "g,label,pred,w\n" + "\n".join(f"{'ab'[i % 2]},{i % 3 % 2},{i % 5 % 2},2" for i in range(100))
    file = asker.write(text)
    plain, weighted = (asker.measure(file, "--weight", w, "--by", "g") for w in ("none", "w"))

    for mine, theirs in zip(plain["estimates"], weighted["estimates"], strict=True):
        for key in ("value", "low", "high"):
            assert theirs[key] == (None if mine[key] is None else pytest.approx(mine[key])), mine


def test_weight_none_switches_a_guess_off(asker: Asker):
    file = asker.write("g,label,pred,weight\na,1,1,1.5\na,1,0,0.25\nb,0,1,2\nb,1,1,3\n")

    assert one(asker.measure(file, *ACCURACY), slice={})["below"] == 6.75
    found = asker.measure(file, *ACCURACY, "--weight", "none")
    assert (one(found, slice={})["below"], one(found, slice={})["effective_units"]) == (4, None)
    assert "weight" not in found["schema"]


def test_a_row_of_a_count_column_counts_as_many(asker: Asker):
    short = asker.write("g,label,pred,n\na,1,1,20\na,0,1,13\nb,1,0,31\nb,0,0,8\nb,1,1,0\n")
    long = asker.write("g,label,pred\n" + "a,1,1\n" * 20 + "a,0,1\n" * 13 + "b,1,0\n" * 31 + "b,0,0\n" * 8, "long.csv")
    counted = asker.measure(short, "--count", "n", "--by", "g")
    rows = asker.measure(long, "--by", "g")

    assert counted["estimates"] == rows["estimates"]
    for name in ("disparities", "spreads", "criteria"):
        for mine, theirs in zip(counted[name], rows[name], strict=True):
            assert mine == theirs


def test_a_column_of_counts_is_a_question_that_count_none_answers(asker: Asker):
    file = asker.write("g,label,pred,count\na,1,1,20\na,0,1,13\nb,1,0,31\nb,0,0,8\n")

    assert "--count" in asker.refuse(file, *ACCURACY)
    assert one(asker.measure(file, *ACCURACY, "--count", "none"), slice={})["below"] == 4
    assert one(asker.measure(file, *ACCURACY, "--count", "count"), slice={})["below"] == 72


@pytest.mark.parametrize("number", ["-1", "1.5", "", "many"])
def test_counts_that_are_none_are_refused(number, asker: Asker):
    file = asker.write(f"g,label,pred,n\na,1,1,20\na,0,1,{number}\nb,1,0,31\n")

    assert "'n'" in asker.refuse(file, "--count", "n", *ACCURACY)


@pytest.mark.parametrize("number", ["-1", "heavy"])
def test_weights_that_are_none_are_refused(number, asker: Asker):
    file = asker.write(f"g,label,pred,w\na,1,1,20\na,0,1,{number}\nb,1,0,31\n")

    assert "'w'" in asker.refuse(file, "--weight", "w", *ACCURACY)


def test_clusters_are_counted_where_the_metric_is(asker: Asker):
    file = asker.write("g,label,pred,who\na,1,1,x\na,0,1,x\na,1,0,y\nb,0,0,z\nb,1,1,x\nb,1,1,z\n")
    found = asker.measure(file, *words("--cluster who --by g --min-units 1"))

    def clusters(metric):
        return [r["clusters"] for r in of(found, metric=metric)]

    assert clusters("accuracy") == [3, 2, 2]
    assert clusters("true_positive_rate") == [3, 2, 2]
    assert clusters("false_positive_rate") == [2, 1, 1]
    assert {r["status"] for r in of(found, metric="accuracy")} == {"too few"}


# -- roles that are switched off -----------------------------------------------------------------


def test_label_none_leaves_selection_only(asker: Asker):
    found = asker.measure(asker.write(BASE), "--label", "none", "--by", "g")

    assert {r["metric"] for r in found["estimates"]} == {"selection_rate"}
    assert "label" not in found["schema"]


def test_prediction_none_with_a_score(asker: Asker):
    found = asker.measure(asker.write(TWO), *words("--prediction none --score score_a --label label --by g"))

    assert [list(s) for s in found["schema"]["system"]] == [["score"]]
    assert told(found, "0.5")


@pytest.mark.parametrize("role", ["id", "cluster", "weight", "system", "score"])
def test_every_guessed_role_can_be_switched_off(role, asker: Asker):
    names = {"id": "id", "cluster": "patient", "weight": "weight", "system": "model", "score": "score"}
    lines = [
        f"u{i},p{i % 4},{1 + i % 3},{'AB'[i % 2]},{i / 40},{'fm'[i // 2 % 2]},{i % 3 % 2},{i % 2}" for i in range(40)
    ]
    file = asker.write("id,patient,weight,model,score,sex,label,pred\n" + "\n".join(lines))

    def schema(*flags):
        return json.dumps(asker.measure(file, "--by", "sex", *flags)["schema"])

    key = "system_column" if role == "system" else role
    assert f'"{key}": "{names[role]}"' in schema()
    assert f'"{key}": "{names[role]}"' not in schema(f"--{role}", "none")


def test_a_column_of_by_is_an_attribute_anyway(asker: Asker):
    file = asker.write("g,h,label,pred\na,x,1,1\na,y,0,0\nb,x,1,1\nb,y,0,1\n")
    found = asker.measure(file, *words("--attribute g --by h --metric accuracy"))

    assert [list(s) for s in slices(found)] == [[], ["h"], ["h"]]
    assert [a["column"] for a in found["schema"]["attribute"]] == ["g", "h"]


# -- guesses and questions -----------------------------------------------------------------------


def test_each_guess_is_a_note(asker: Asker):
    file = asker.write("sex,label,prediction,score\nf,1,1,.9\nf,0,0,.2\nm,1,0,.4\nm,0,1,.7\n")
    found = asker.measure(file)

    for column in ("sex", "label", "prediction", "score"):
        notes = told(found, repr(column))
        assert notes, column
        assert {f["severity"] for f in notes} == {"note"}, column
    named = asker.measure(
        file, *words("--label label --prediction prediction --score score --attribute sex --positive 1")
    )
    assert [f for f in named["findings"] if "was taken as" in f["found"]] == []


def ask_of(asker: Asker, text: str, flag: str, *flags: str) -> None:
    """A question: exit 2, the question and its flag on stderr."""
    said = asker.refuse(asker.write(text), *flags)
    assert flag in said


def test_which_word_is_positive_is_a_question(asker: Asker):
    text = "g,label,pred\na,good,good\na,bad,bad\nb,good,bad\nb,bad,bad\n"

    ask_of(asker, text, "--positive", "--by", "g")
    assert one(asker.measure(asker.write(text), *ACCURACY, "--positive", "good"), slice={})["top"] == 3


def test_a_prediction_that_is_neither_is_a_question(asker: Asker):
    text = "g,label,pred\n" + "a,1,1\na,0,0\nb,1,0\nb,0,0\n" * 5 + "b,1,unsure\n"

    ask_of(asker, text, "--positive", "--by", "g", "--metric", "true_positive_rate")
    found = asker.measure(asker.write(text), *words("--by g --metric true_positive_rate --positive 1 --min-units 1"))
    assert one(found, slice={})["below"] == 11


def test_percentages_are_a_question(asker: Asker):
    text = "g,label,score\n" + "\n".join(f"{'ab'[i % 2]},{i % 3 % 2},{(i * 37) % 101}" for i in range(60))

    ask_of(asker, text, "--score-scale", "--by", "g")
    found = asker.measure(asker.write(text), *words("--by g --score-scale percent --threshold 50"))
    assert one(found, slice={}, metric="selection_rate")["top"] == sum((i * 37) % 101 >= 50 for i in range(60))


def test_two_likely_columns_for_a_role_are_a_question(asker: Asker):
    text = "g,label,truth,pred\na,1,1,1\na,0,1,0\nb,1,0,1\nb,0,0,1\n"

    ask_of(asker, text, "--label", "--by", "g")
    assert one(asker.measure(asker.write(text), *ACCURACY, "--label", "truth"), slice={})["top"] == 1


@pytest.mark.parametrize("role", ["label", "prediction", "score"])
def test_two_columns_of_one_name_that_differ_are_a_question_and_copies_are_none(role, asker: Asker):
    lines = ["a,1,1,.9", "a,0,0,.2", "b,1,0,.4", "b,0,1,.6"]
    place = ["g", "label", "prediction", "score"].index(role)

    def doubled(other):
        return "\n".join(",".join([*line.split(","), other(line.split(",")[place])]) for line in lines)

    header = f"g,label,prediction,score,{role}\n"
    asker.measure(asker.write(header + doubled(str)), "--by", "g")
    differing = asker.write(header + doubled(lambda cell: f"{1 - float(cell):g}"))
    assert f"--{role}" in asker.refuse(differing, "--by", "g")
    asker.measure(differing, "--by", "g", f"--{role}", role)
    asker.measure(differing, "--by", "g", f"--{role}", f"{role} (2)")


def test_a_guessed_role_that_enters_no_metric_asked_for_is_no_question(asker: Asker):
    text = "g,label,truth,pred\na,1,1,1\na,0,1,0\nb,1,0,1\nb,0,0,1\n"

    found = asker.measure(asker.write(text), *words("--by g --metric selection_rate"))
    assert one(found, slice={})["top"] == 3


def test_all_questions_are_asked_at_once(asker: Asker):
    text = "g,label,truth,pred,count\na,good,good,good,2\na,bad,good,bad,3\nb,good,bad,good,4\nb,bad,bad,good,5\n"
    said = asker.refuse(asker.write(text), "--by", "g")

    assert all(flag in said for flag in ("--label", "--positive", "--count"))


def test_inspect_shows_the_questions_with_a_default_and_ends_with_0(asker: Asker):
    text = "g,label,truth,pred,count\na,good,good,good,2\na,bad,good,bad,3\nb,good,bad,good,4\nb,bad,bad,good,5\n"
    code, out, _ = asker.run("inspect", asker.write(text))

    assert code == 0
    assert all(flag in out for flag in ("--label", "--positive", "--count"))
