"""The JSON of `measure`: its lists, its fields, and what may never stand in it."""

from __future__ import annotations

import hashlib
import json
import math
import random
from pathlib import Path

import pytest

from tests.dashboard.cli.contract import Asker, of, one, slices, table, told, words

FIELDS = {
    "sources": "name sha256 rows_read rows_used",
    "findings": "severity where found cure rows",
    "estimates": "slice system metric value low high top below units effective_units clusters status",
    "disparities": "slice system metric kind baseline value low high p p_adjusted status",
    "spreads": "by system metric difference low high ratio highest lowest noise_floor left_out",
    "criteria": "name by system value difference ratio status left_out",
}

BINARY = words("""selection_rate base_rate accuracy error_rate true_positive_rate false_negative_rate
false_positive_rate true_negative_rate positive_predictive_value negative_predictive_value false_discovery_rate
false_omission_rate f1
balanced_accuracy matthews_correlation roc_auc brier_score log_loss calibration_in_the_large
expected_calibration_error""")

ONE_AGAINST_REST = BINARY[:2] + BINARY[4:15]

CRITERIA = words("""demographic_parity equal_opportunity predictive_equality equalized_odds predictive_parity
conditional_use_accuracy accuracy_equality treatment_equality conditional_demographic_disparity
calibration_within_groups subgroup_fairness generalized_entropy theil_index""")

# The numerator and denominator of the metrics that are ratios of counts.
RATIOS = {
    "selection_rate": ("tp fp", "tp fp fn tn"),
    "base_rate": ("tp fn", "tp fp fn tn"),
    "accuracy": ("tp tn", "tp fp fn tn"),
    "error_rate": ("fp fn", "tp fp fn tn"),
    "true_positive_rate": ("tp", "tp fn"),
    "false_negative_rate": ("fn", "tp fn"),
    "false_positive_rate": ("fp", "fp tn"),
    "true_negative_rate": ("tn", "fp tn"),
    "positive_predictive_value": ("tp", "tp fp"),
    "negative_predictive_value": ("tn", "fn tn"),
    "false_discovery_rate": ("fp", "tp fp"),
    "false_omission_rate": ("fn", "fn tn"),
    "f1": ("tp tp", "tp tp fp fn"),
}


def people(n: int = 240, seed: int = 5) -> list[dict]:
    """Return rows of two attributes, one with missing values, labels, predictions and scores."""
    draw = random.Random(seed)
    rows = []
    for number in range(n):
        sex, race = draw.choice("fm"), draw.choice(["A", "B", "C", None])
        label = int(draw.random() < (0.4 if sex == "f" else 0.6))
        score = round(min(max(draw.gauss(0.35 + 0.3 * label, 0.2), 0.01), 0.99), 3)
        rows.append(
            {"nr": f"u{number}", "sex": sex, "race": race, "y": label, "pred": int(score >= 0.5), "score": score}
        )
    return rows


ROLES = words("--label y --prediction pred --score score --id nr --attribute sex --attribute race")


def confusion(rows) -> dict[str, int]:
    kinds = {(1, 1): "tp", (0, 1): "fp", (1, 0): "fn", (0, 0): "tn"}
    counts = dict.fromkeys(kinds.values(), 0)
    for row in rows:
        counts[kinds[row["y"], row["pred"]]] += 1
    return counts


def within(rows, levels) -> list[dict]:
    return [r for r in rows if all((r[a] or "(missing)") == level for a, level in levels.items())]


# -- lists and fields ----------------------------------------------------------------------------


def test_every_list_has_its_fields_and_no_others(asker: Asker):
    found = asker.measure(asker.write(table(people())), *ROLES, "--where", "race != 'C'")

    assert set(found) == {"format", "version", "schema", *FIELDS}
    for name, fields in FIELDS.items():
        assert found[name], name
        assert {tuple(record) for record in found[name]} == {tuple(fields.split())}, name


def test_sources_are_the_file_then_the_joined_ones(asker: Asker):
    first = asker.write("nr,g,label,pred\n1,a,1,1\n2,b,0,1\n3,b,1,0\n")
    second = asker.write("nr,pred\n3,1\n1,1\n2,0\n", "second.csv")

    found = asker.measure(first, "--id", "nr", "--join", f"B={second}", "--by", "g", "--where", "g = b")

    assert found["sources"] == [
        {"name": "data.csv", "sha256": hashlib.sha256(Path(first).read_bytes()).hexdigest()}
        | {"rows_read": 3, "rows_used": 2},
        {"name": "second.csv", "sha256": hashlib.sha256(Path(second).read_bytes()).hexdigest()}
        | {"rows_read": 3, "rows_used": 2},
    ]


def test_severities_are_stop_warn_and_note_and_every_finding_is_on_stderr_too(asker: Asker):
    file = asker.write(table(people(60)))
    code, out, err = asker.run("measure", file, "--label", "y", "--format", "json")

    assert code == 0
    findings = json.loads(out)["findings"]
    assert {f["severity"] for f in findings} <= {"stop", "warn", "note"}
    assert all(f["found"] in err for f in findings)


# -- slices --------------------------------------------------------------------------------------


def test_everyone_is_first_and_every_combination_that_occurs_has_its_rows(asker: Asker):
    rows = people()
    found = asker.measure(asker.write(table(rows)), *ROLES, "--by", "sex", "--by", "sex,race", "--metric", "accuracy")

    assert found["estimates"][0]["slice"] == {}
    assert len(of(found, slice={})) == 1
    assert {tuple(s.values()) for s in slices(found) if len(s) == 2} == {
        (row["sex"], row["race"] or "(missing)") for row in rows
    }
    assert {s["sex"] for s in slices(found) if len(s) == 1} == {"f", "m"}


def test_by_default_each_attribute_stands_alone(asker: Asker):
    found = asker.measure(asker.write(table(people())), *ROLES, "--metric", "accuracy")

    assert slices(found)[0] == {}
    assert {tuple(s) for s in slices(found)[1:]} == {("sex",), ("race",)}
    assert [s["by"] for s in found["spreads"]] == [["sex"], ["race"]]


@pytest.mark.parametrize("metric", RATIOS)
def test_ratios_of_counts_are_those_of_plain_counting_in_every_slice(metric, asker: Asker):
    rows = people()
    found = asker.measure(
        asker.write(table(rows)), *ROLES, "--by", "sex", "--by", "race,sex", "--metric", metric, "--min-units", "1"
    )

    above, below = RATIOS[metric]
    assert len(found["estimates"]) == 1 + 2 + 8
    for row in found["estimates"]:
        mine = within(rows, row["slice"])
        counts = confusion(mine)
        top, bottom = (sum(counts[name] for name in names.split()) for names in (above, below))
        assert (row["top"], row["below"]) == (top, bottom), row
        assert row["units"] == len(mine)
        assert row["value"] == pytest.approx(top / bottom) if bottom else row["value"] is None
        if bottom:
            assert 0 <= row["low"] <= row["value"] <= row["high"] <= 1
        else:
            assert (row["low"], row["high"], row["status"]) == (None, None, "no data")


def test_all_metrics_of_binary_results_are_there_without_being_asked_for(asker: Asker):
    found = asker.measure(asker.write(table(people())), *ROLES, "--by", "sex")

    assert {row["metric"] for row in found["estimates"]} == set(BINARY)
    assert {row["metric"] for row in found["spreads"]} == set(BINARY)


def test_the_metrics_of_the_favourable_outcome_are_there_once_it_is_declared(asker: Asker):
    file = asker.write(table(people()))
    good = asker.measure(file, *ROLES, "--by", "sex", "--favourable", "positive", "--min-units", "1")
    bad = asker.measure(file, *ROLES, "--by", "sex", "--favourable", "negative", "--min-units", "1")

    pair = {"false_rejection_rate", "false_acceptance_rate"}
    assert {row["metric"] for row in good["estimates"]} == set(BINARY) | pair
    same = {"false_rejection_rate": "false_negative_rate", "false_acceptance_rate": "false_positive_rate"}
    other = dict(zip(same, reversed(same.values()), strict=True))
    for found, meaning in ((good, same), (bad, other)):
        for name, plain in meaning.items():
            for at in slices(found):
                mine, theirs = one(found, slice=at, metric=name), one(found, slice=at, metric=plain)
                assert {k: v for k, v in mine.items() if k != "metric"} == {
                    k: v for k, v in theirs.items() if k != "metric"
                }


def test_metrics_of_scores(asker: Asker):
    rows = people()
    found = asker.measure(asker.write(table(rows)), *ROLES, "--by", "sex", "--min-units", "1")

    for at in ({}, {"sex": "f"}, {"sex": "m"}):
        mine = within(rows, at)
        above = [r["score"] for r in mine if r["y"]]
        under = [r["score"] for r in mine if not r["y"]]
        wins = sum((a > b) + (a == b) / 2 for a in above for b in under)
        expected = {
            "roc_auc": wins / len(above) / len(under),
            "brier_score": sum((r["score"] - r["y"]) ** 2 for r in mine) / len(mine),
            "log_loss": -sum(math.log(r["score"] if r["y"] else 1 - r["score"]) for r in mine) / len(mine),
        }
        for name, value in expected.items():
            assert one(found, slice=at, metric=name)["value"] == pytest.approx(value), name
        gap = sum(r["score"] - r["y"] for r in mine) / len(mine)
        assert abs(one(found, slice=at, metric="calibration_in_the_large")["value"]) == pytest.approx(abs(gap))
        bins: dict[int, list] = {}
        for r in mine:
            bins.setdefault(min(int(r["score"] * 10), 9), []).append(r["score"] - r["y"])
        error = sum(abs(sum(gaps)) for gaps in bins.values()) / len(mine)
        assert one(found, slice=at, metric="expected_calibration_error")["value"] == pytest.approx(error)


def test_balanced_accuracy_and_matthews_correlation(asker: Asker):
    rows = people()
    found = asker.measure(asker.write(table(rows)), *ROLES, "--by", "race", "--min-units", "1")

    for at in slices(found):
        c = confusion(within(rows, at))
        tp, fp, fn, tn = c["tp"], c["fp"], c["fn"], c["tn"]
        balanced = (tp / (tp + fn) + tn / (tn + fp)) / 2
        matthews = (tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        for name, value in (("balanced_accuracy", balanced), ("matthews_correlation", matthews)):
            row = one(found, slice=at, metric=name)
            assert row["value"] == pytest.approx(value)
            assert (row["top"], row["below"]) == (None, None)
    for name in ("roc_auc", "brier_score", "log_loss", "expected_calibration_error"):
        assert {(r["top"], r["below"]) for r in of(found, metric=name)} == {(None, None)}, name


def test_log_loss_is_clipped_as_scikit_learn_does(asker: Asker):
    from sklearn.metrics import log_loss

    labels, scores = [1, 0, 1, 0, 1], [0.0, 1.0, 0.8, 0.3, 1.0]
    lines = [f"{g},{y},{s}" for g, y, s in zip("abaab", labels, scores, strict=True)]
    found = asker.measure(
        asker.write("g,label,score\n" + "\n".join(lines)), "--metric", "log_loss", "--by", "g", "--min-units", "1"
    )

    assert one(found, slice={})["value"] == pytest.approx(log_loss(labels, scores))
    assert one(found, slice={"g": "a"})["value"] == pytest.approx(log_loss([1, 1, 0], [0.0, 0.8, 0.3]))


# -- undefined and infinite ----------------------------------------------------------------------


def test_no_nan_and_no_infinity_stand_anywhere_in_the_text(asker: Asker):
    lines = "a,1,1,.9\na,1,0,.2\nb,0,0,.1\nb,0,0,.3\nc,1,0,.4\n,1,1,1\nd,0,1,0\n"
    file = asker.write("g,label,pred,score\n" + lines)
    code, out, err = asker.run(
        *("measure", file, "--by", "g", "--compare", "ratio", "--compare", "difference", "--format", "json"),
        *("--min-units", "1", "--favourable", "positive"),
    )

    assert code == 0, err
    assert "NaN" not in out
    assert "Infinity" not in out
    json.loads(out, parse_constant=lambda name: pytest.fail(name))


def test_a_denominator_of_nobody_is_null_with_its_record_and_counts_of_0(asker: Asker):
    file = asker.write("g,label,pred\na,1,1\na,1,0\nb,0,0\nb,1,1\n")
    found = asker.measure(file, "--by", "g", "--min-units", "1")

    for name in ("false_positive_rate", "true_negative_rate"):
        row = one(found, slice={"g": "a"}, metric=name)
        assert (row["value"], row["low"], row["high"]) == (None, None, None)
        assert (row["top"], row["below"], row["units"], row["status"]) == (0, 0, 2, "no data")
        gap = one(found, "disparities", slice={"g": "a"}, metric=name)
        assert (gap["value"], gap["low"], gap["high"], gap["p"], gap["p_adjusted"]) == (None,) * 5
        assert gap["status"] == "no data"
        spread = one(found, "spreads", metric=name)
        assert spread["left_out"] == [{"g": "a"}]
        assert (spread["difference"], spread["ratio"], spread["highest"], spread["lowest"]) == (None,) * 4


def test_an_infinite_ratio_is_null_with_its_finite_low_and_the_status_of_its_counts(asker: Asker):
    lines = ["a,1,1"] * 40 + ["a,0,1"] * 35 + ["b,0,0"] * 40 + ["b,1,1"] * 5
    file = asker.write("g,label,pred\n" + "\n".join(lines))
    found = asker.measure(file, "--by", "g", "--compare", "ratio", "--metric", "false_positive_rate")

    row = one(found, "disparities", slice={"g": "a"})
    assert (row["value"], row["high"], row["status"]) == (None, None, "ok")
    assert row["low"] > 1


def test_odds_of_errors_without_false_positives_are_null_with_a_finite_low_in_treatment_equality(asker: Asker):
    lines = ["a,1,0"] * 40 + ["a,0,0"] * 35 + ["b,0,1"] * 40 + ["b,1,0"] * 35
    file = asker.write("g,label,pred\n" + "\n".join(lines))
    found = asker.measure(file, "--by", "g")

    row = one(found, "criteria", name="treatment_equality")
    assert (row["difference"], row["ratio"]) == (None, 0)


# -- statuses ------------------------------------------------------------------------------------


def test_too_few_is_judged_by_the_denominator_of_the_metric(asker: Asker):
    lines = ["a,1,1"] * 29 + ["a,0,0"] * 31 + ["b,1,1"] * 30 + ["b,0,0"] * 30
    file = asker.write("g,label,pred\n" + "\n".join(lines))
    found = asker.measure(file, "--by", "g")

    assert {(r["slice"].get("g"), r["status"]) for r in of(found, metric="true_positive_rate")} == {
        *((None, "ok"), ("a", "too few"), ("b", "ok"))
    }
    assert {r["status"] for r in of(found, metric="true_negative_rate")} == {"ok"}
    assert {r["status"] for r in of(found, metric="accuracy")} == {"ok"}
    few = one(found, slice={"g": "a"}, metric="true_positive_rate")
    assert (few["value"], few["top"], few["below"]) == (1, 29, 29)
    assert one(found, "spreads", metric="true_positive_rate")["left_out"] == [{"g": "a"}]
    assert one(found, "disparities", metric="true_positive_rate", slice={"g": "a"})["status"] == "too few"


def test_too_few_for_auc_is_the_smaller_class(asker: Asker):
    lines = ["a,1,.9"] * 29 + ["a,0,.2"] * 300 + ["b,1,.9"] * 30 + ["b,0,.2"] * 30
    found = asker.measure(asker.write("g,label,score\n" + "\n".join(lines)), "--by", "g", "--metric", "roc_auc")

    assert [r["status"] for r in found["estimates"]] == ["ok", "too few", "ok"]


def test_under_ten_clusters_are_too_few(asker: Asker):
    lines = [
        f"{g},{y},{y},{g}{c}" for g, n in (("a", 9), ("b", 10)) for c in range(n) for y in (0, 1) for _ in range(9)
    ]
    found = asker.measure(
        asker.write("g,label,pred,who\n" + "\n".join(lines)), "--cluster", "who", "--by", "g", "--metric", "accuracy"
    )

    assert [(r["clusters"], r["units"], r["status"]) for r in found["estimates"]] == [
        (19, 342, "ok"),
        (9, 162, "too few"),
        (10, 180, "ok"),
    ]
    assert all(r["effective_units"] is not None for r in found["estimates"])


def test_effective_units_and_clusters_are_null_without_clusters_or_weights(asker: Asker):
    file = asker.write(table(people()))

    assert {(r["effective_units"], r["clusters"]) for r in asker.measure(file, *ROLES)["estimates"]} == {(None, None)}


def test_min_units_1_has_no_minimum(asker: Asker):
    found = asker.measure(asker.write(table(people(40))), *ROLES, "--min-units", "1", "--by", "sex,race")

    assert {r["status"] for r in found["estimates"]} <= {"ok", "no data"}


# -- labels that are missing ---------------------------------------------------------------------


def test_metrics_that_need_a_label_count_labelled_rows_only(asker: Asker):
    rows = [
        *({"g": "a", "y": 1, "pred": 1},) * 3,
        *({"g": "a", "y": None, "pred": 1},) * 4,
        *({"g": "a", "y": None, "pred": 0},) * 2,
        *({"g": "a", "y": 0, "pred": 1}, {"g": "b", "y": 0, "pred": 0}, {"g": "b", "y": 1, "pred": 0}),
    ]
    found = asker.measure(asker.write(table(rows)), "--by", "g", "--min-units", "1", "--label", "y")

    counts = {
        r["metric"]: (r["top"], r["below"], r["units"]) for r in of(found, slice={"g": "a"}) if r["metric"] in RATIOS
    }
    assert counts["positive_predictive_value"] == (3, 4, 4)
    assert counts["false_discovery_rate"] == (1, 4, 4)
    assert counts["accuracy"] == (3, 4, 4)
    assert counts["base_rate"] == (3, 4, 4)
    assert counts["selection_rate"] == (8, 10, 10)
    assert told(found, "'y'"), found["findings"]


def test_without_labels_there_are_selection_metrics_only(asker: Asker):
    found = asker.measure(asker.write("g,pred\na,1\na,0\nb,1\nb,1\n"), "--by", "g", "--prediction", "pred")

    assert {r["metric"] for r in found["estimates"]} == {"selection_rate"}
    assert {r["name"] for r in found["criteria"]} == {"demographic_parity"}


# -- where several rules meet --------------------------------------------------------------------


def test_slices_that_are_too_few_are_no_part_of_the_family(asker: Asker):
    lines = ["a,1,1"] * 40 + ["b,1,0"] * 5 + ["b,1,1"] * 5 + ["c,1,1"] * 60 + ["c,1,0"] * 10 + ["d,1,1"] * 35
    file = asker.write("g,label,pred\n" + "\n".join(lines))
    found = asker.measure(file, "--by", "g", "--metric", "true_positive_rate", "--baseline", "overall")

    few = one(found, "disparities", slice={"g": "b"})
    assert (few["status"], few["p_adjusted"]) == ("too few", None)
    assert few["value"] == pytest.approx(0.5 - 140 / 155)
    family = [r for r in found["disparities"] if r["status"] == "ok"]
    first = min(family, key=lambda r: r["p"])
    assert len(family) == 3
    assert first["p_adjusted"] == pytest.approx(3 * first["p"])


def test_a_weight_and_a_count_multiply_and_units_follow_the_count(asker: Asker):
    file = asker.write("g,label,pred,w,n\na,1,1,2,3\na,0,1,1,2\nb,1,0,.5,4\n")
    found = asker.measure(file, *words("--weight w --count n --metric accuracy --by g"))

    assert [(r["top"], r["below"], r["units"]) for r in found["estimates"]] == [(6, 10, 9), (6, 8, 5), (0, 2, 4)]


def test_columns_called_like_fields_of_the_json_are_axes_like_any_other(asker: Asker):
    file = asker.write("value,system,metric,label,pred\na,x,1,1,1\nb,x,1,0,1\na,y,2,1,0\nb,y,2,0,0\n")
    flags = words("--system none --by value,system --by metric --metric accuracy --min-units 1")

    assert slices(asker.measure(file, *flags)) == [
        {},
        *({"value": value, "system": system} for value in "ab" for system in "xy"),
        *({"metric": level} for level in "12"),
    ]


def test_odds_of_errors_without_a_false_positive_are_null_with_a_finite_low(asker: Asker):
    lines = ["a,1,0"] * 40 + ["a,0,0"] * 35 + ["b,0,1"] * 40 + ["b,1,0"] * 35
    file = asker.write("g,label,pred\n" + "\n".join(lines))
    found = asker.measure(file, "--by", "g", "--metric", "false_negatives_per_false_positive")

    infinite = one(found, slice={"g": "a"})
    assert (infinite["value"], infinite["high"], infinite["status"]) == (None, None, "ok")
    assert (infinite["top"], infinite["below"]) == (40, 0)
    z = 1.959963984540054
    share = 40 / (40 + z * z)  # Wilson's lower limit of 40 of 40
    assert infinite["low"] == pytest.approx(share / (1 - share))


def test_levels_of_any_text_come_back_as_they_are(asker: Asker):
    levels = ["=1+1", "{x}", "NaN", "null", "a; b", "\N{GRINNING FACE}", "'quoted'", "everyone", "rest"]
    lines = [f'"{level}",{i % 2},1' for i, level in enumerate(levels)]
    found = asker.measure(
        asker.write("g,label,pred\n" + "\n".join(lines)), *words("--by g --metric accuracy --min-units 1")
    )

    assert {s["g"] for s in slices(found) if s} == set(levels)
