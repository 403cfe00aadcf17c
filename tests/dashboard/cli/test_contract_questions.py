"""Questions and answers: groups, metrics, comparisons, baselines, corrections, forms of output, exit codes."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import pytest

from dashboard.cli import run
from tests.dashboard.cli.contract import Asker, of, one, slices, table, words

# -- a table to count in -------------------------------------------------------------------------


def people(n: int = 400, seed: int = 11) -> list[dict]:
    draw = random.Random(seed)
    rows = []
    for _ in range(n):
        sex, race = draw.choice(["f", "m", "x", None]), draw.choice("ABC")
        label = int(draw.random() < 0.5)
        right = 0.9 if sex == "f" else 0.6 if sex == "m" else 0.75
        rows.append({"sex": sex, "race": race, "label": label, "pred": label if draw.random() < right else 1 - label})
    return rows


@pytest.fixture
def file(asker: Asker) -> str:
    return asker.write(table(people()))


def accuracy(rows) -> float:
    rows = list(rows)
    return sum(r["label"] == r["pred"] for r in rows) / len(rows)


def among(rows, **levels) -> list[dict]:
    return [r for r in rows if all((r[k] or "(missing)") == v for k, v in levels.items())]


ASK = words("--metric accuracy --min-units 1")


# -- groups and metrics --------------------------------------------------------------------------


def test_by_names_groups_and_intersections_and_never_repeats_everyone(file, asker: Asker):
    found = asker.measure(file, *ASK, *words("--by race,sex --by race --by race"))

    assert slices(found)[0] == {}
    assert len(of(found, slice={})) == 1
    assert [list(s) for s in slices(found)[1:13]] == [["race", "sex"]] * 12
    assert [list(s) for s in slices(found)[13:]] == [["race"]] * 3
    assert [s["by"] for s in found["spreads"]] == [["race", "sex"], ["race"]]
    for row in found["estimates"]:
        assert row["value"] == pytest.approx(accuracy(among(people(), **row["slice"])))


def test_quotes_protect_commas_in_by(asker: Asker):
    file = asker.write('"race, sex",label,pred\nx,1,1\ny,0,1\n')
    found = asker.measure(file, *ASK, "--by", '"race, sex"')

    assert [list(s) for s in slices(found)] == [[], ["race, sex"], ["race, sex"]]


def test_metrics_stand_in_the_order_asked_for_and_once(file, asker: Asker):
    found = asker.measure(file, "--by", "sex", *words("--metric f1 --metric accuracy --metric f1"))

    assert [r["metric"] for r in of(found, slice={})] == ["f1", "accuracy"]
    assert {r["metric"] for r in found["spreads"]} == {"f1", "accuracy"}


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("roc_auc", "a score"),
        ("false_rejection_rate", "--favourable"),
        ("share_within_tolerance", "--task regression"),
        ("acuracy", "Did you mean 'accuracy'"),
    ],
)
def test_a_metric_that_the_columns_do_not_allow_is_refused_and_says_what_it_needs(metric, said, file, asker: Asker):
    found = asker.refuse(file, "--by", "sex", "--metric", metric)

    assert f"'{metric}'" in found
    assert said in found


# -- baselines -----------------------------------------------------------------------------------


def gaps(found, kind: str = "difference") -> dict:
    return {r["slice"]["sex"]: r["value"] for r in of(found, "disparities", kind=kind)}


def baseline_of(rows, name: str, level: str) -> float:
    known = [r for r in rows if r["sex"] is not None]
    groups = {g: among(rows, sex=g) for g in ("f", "m", "x")}
    match name:
        case "rest":
            return accuracy(r for r in known if r["sex"] != level)
        case "overall":
            return accuracy(rows)
        case "best":
            return max(map(accuracy, groups.values()))
        case "largest":
            return accuracy(max(groups.values(), key=len))
        case _:
            return accuracy(groups["m"])


@pytest.mark.parametrize("baseline", ["rest", "overall", "best", "largest", "sex=m"])
def test_a_disparity_is_slice_minus_or_over_its_baseline(baseline, file, asker: Asker):
    rows = people()
    flags = ["--by", "sex", "--baseline", baseline, *words("--compare difference --compare ratio")]
    found = asker.measure(file, *ASK, *flags)

    assert {r["kind"] for r in found["disparities"]} == {"difference", "ratio"}
    assert {r["slice"]["sex"] for r in found["disparities"]} == {"f", "m", "x", "(missing)"}
    for level in ("f", "m", "x", "(missing)"):
        mine, theirs = accuracy(among(rows, sex=level)), baseline_of(rows, baseline, level)
        assert gaps(found)[level] == pytest.approx(mine - theirs, abs=1e-12)
        assert gaps(found, "ratio")[level] == pytest.approx(mine / theirs)
    for row in found["disparities"]:
        assert row["low"] is None or row["low"] <= row["value"] <= row["high"]
        assert row["status"] == "ok"


def test_the_baseline_column_names_the_baseline(file, asker: Asker):
    for baseline in ("rest", "overall", "sex=m"):
        found = asker.measure(file, *ASK, "--by", "sex", "--baseline", baseline)
        assert {r["baseline"].replace(" ", "") for r in found["disparities"]} == {baseline}


def test_by_default_disparities_are_differences_from_the_rest(file, asker: Asker):
    plain = asker.measure(file, *ASK, "--by", "sex")
    told = asker.measure(file, *ASK, *words("--by sex --compare difference --baseline rest --correction holm --seed 0"))

    assert plain["disparities"] == told["disparities"]


def test_the_missing_group_can_be_the_baseline_in_quotes(file, asker: Asker):
    rows = people()
    found = asker.measure(file, *ASK, "--by", "sex", "--baseline", "sex = '(missing)'")

    for level, value in gaps(found).items():
        expected = accuracy(among(rows, sex=level)) - accuracy(among(rows, sex="(missing)"))
        assert value == pytest.approx(expected, abs=1e-12)
    assert "in quotes" in asker.refuse(file, *ASK, "--by", "sex", "--baseline", "sex=(missing)")


def test_a_slice_of_another_attribute_or_of_several_can_be_the_baseline(file, asker: Asker):
    rows = people()
    for baseline, levels in (("race=B", {"race": "B"}), ("sex=f & race=A", {"sex": "f", "race": "A"})):
        found = asker.measure(file, *ASK, "--by", "sex", "--attribute", "race", "--baseline", baseline)
        for level, value in gaps(found).items():
            assert value == pytest.approx(accuracy(among(rows, sex=level)) - accuracy(among(rows, **levels)), abs=1e-12)


# -- confidence and correction -------------------------------------------------------------------


def test_confidence_widens_intervals_and_changes_no_value(file, asker: Asker):
    narrow, wide = (asker.measure(file, *ASK, "--by", "sex", "--confidence", c) for c in (".8", ".99"))

    for small, large in zip(narrow["estimates"], wide["estimates"], strict=True):
        assert small["value"] == large["value"]
        assert large["low"] < small["low"] < small["high"] < large["high"]


def test_a_share_has_wilsons_interval(file, asker: Asker):
    from statsmodels.stats.proportion import proportion_confint

    found = asker.measure(file, *ASK, "--by", "sex", "--confidence", ".9")

    for row in found["estimates"]:
        low, high = proportion_confint(row["top"], row["below"], alpha=0.1, method="wilson")
        assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("correction", ["holm", "bh", "none"])
def test_p_adjusted_is_over_the_slices_of_one_metric_system_and_by(correction, file, asker: Asker):
    from statsmodels.stats.multitest import multipletests

    found = asker.measure(
        file,
        *words("--metric accuracy --metric selection_rate --by sex --by race --min-units 1 --baseline overall"),
        *("--correction", correction),
    )

    for metric in ("accuracy", "selection_rate"):
        for axis in ("sex", "race"):
            family = [r for r in of(found, "disparities", metric=metric) if list(r["slice"]) == [axis]]
            plain = [r["p"] for r in family]
            method = {"holm": "holm", "bh": "fdr_bh", "none": None}[correction]
            expected = plain if method is None else multipletests(plain, method=method)[1]
            assert [r["p_adjusted"] for r in family] == [pytest.approx(p) for p in expected]


def test_two_groups_against_each_others_rest_are_one_test(asker: Asker):
    rows = [r for r in people() if r["sex"] in ("f", "m")]
    found = asker.measure(asker.write(table(rows)), *ASK, "--by", "sex")

    for row in found["disparities"]:
        assert row["p"] == pytest.approx(row["p_adjusted"])


# -- spreads -------------------------------------------------------------------------------------


def test_a_spread_is_over_the_slices_with_status_ok_and_names_its_pair_and_who_is_left_out(file, asker: Asker):
    rows = people()
    found = asker.measure(file, *words("--metric accuracy --by sex --by sex,race --min-units 30"))

    for spread in found["spreads"]:
        by = spread["by"]
        known = [r for r in found["estimates"] if list(r["slice"]) == by]
        used = [r for r in known if r["status"] == "ok" and "(missing)" not in r["slice"].values()]
        values = {tuple(r["slice"].items()): accuracy(among(rows, **r["slice"])) for r in used}
        assert spread["difference"] == pytest.approx(max(values.values()) - min(values.values()))
        assert spread["ratio"] == pytest.approx(min(values.values()) / max(values.values()))
        assert spread["highest"] == dict(max(values, key=lambda s: values[s]))
        assert spread["lowest"] == dict(min(values, key=lambda s: values[s]))
        left = [r["slice"] for r in known if r not in used]
        assert sorted(map(str, spread["left_out"])) == sorted(map(str, left))
        assert 0 <= spread["low"] <= spread["difference"] <= spread["high"]
        assert 0 < spread["noise_floor"] < 1


def test_a_spread_of_fewer_than_two_slices_is_null(asker: Asker):
    found = asker.measure(asker.write("g,label,pred\n" + "a,1,1\na,0,0\n" * 30 + "b,1,1\n"), "--by", "g")

    for spread in of(found, "spreads", metric="accuracy"):
        assert spread["left_out"] == [{"g": "b"}]
        for key in ("difference", "low", "high", "ratio", "highest", "lowest", "noise_floor"):
            assert spread[key] is None, key


def test_the_seed_draws_the_noise_floor(file, asker: Asker):
    def floor(*flags):
        return [
            s["noise_floor"] for s in asker.measure(file, *words("--metric f1 --by sex --by race"), *flags)["spreads"]
        ]

    assert floor("--seed", "3") == floor("--seed", "3")
    assert floor() == floor("--seed", "0")
    assert max(abs(a - b) for a, b in zip(floor("--seed", "3"), floor("--seed", "4"), strict=True)) < 0.05


# -- criteria ------------------------------------------------------------------------------------

COMPARED = {
    "demographic_parity": ["selection_rate"],
    "equal_opportunity": ["true_positive_rate"],
    "predictive_equality": ["false_positive_rate"],
    "equalized_odds": ["true_positive_rate", "false_positive_rate"],
    "predictive_parity": ["positive_predictive_value"],
    "conditional_use_accuracy": ["positive_predictive_value", "negative_predictive_value"],
    "accuracy_equality": ["accuracy"],
}


def test_a_criterions_difference_is_the_largest_spread_of_its_metrics_and_its_ratio_the_smallest_ratio(
    file, asker: Asker
):
    found = asker.measure(file, *words("--by sex --by race --by race,sex"))

    for name, metrics in COMPARED.items():
        for by in (["sex"], ["race"], ["race", "sex"]):
            row = one(found, "criteria", name=name, by=by)
            spreads = [one(found, "spreads", metric=m, by=by) for m in metrics]
            if any(s["difference"] is None for s in spreads):
                assert (row["difference"], row["ratio"]) == (None, None)
                assert row["status"] != "ok"
                continue
            assert row["difference"] == pytest.approx(max(s["difference"] for s in spreads))
            assert row["ratio"] == pytest.approx(min(s["ratio"] for s in spreads))
            assert (row["value"], row["status"]) == (None, "ok")
            assert {str(s) for s in row["left_out"]} == {str(s) for spread in spreads for s in spread["left_out"]}


def test_treatment_equality_compares_false_negatives_per_false_positive(file, asker: Asker):
    rows = people()
    found = asker.measure(file, *words("--by race --min-units 1"))

    odds = []
    for race in "ABC":
        mine = among(rows, race=race)
        missed = sum(r["label"] > r["pred"] for r in mine)
        odds.append(missed / sum(r["label"] < r["pred"] for r in mine))
    row = one(found, "criteria", name="treatment_equality")
    assert row["difference"] == pytest.approx(max(odds) - min(odds))
    assert row["ratio"] == pytest.approx(min(odds) / max(odds))


def test_inequality_is_one_value_for_everyone_with_an_empty_by(file, asker: Asker):
    from math import log

    rows = people()
    benefits = [r["pred"] - r["label"] + 1 for r in rows]
    mean = sum(benefits) / len(benefits)
    entropy = sum((b / mean) ** 2 - 1 for b in benefits) / len(benefits) / 2
    theil = sum(b / mean * log(b / mean) for b in benefits if b) / len(benefits)

    found = asker.measure(file, *words("--by race --by sex"))
    for name, value in (("generalized_entropy", entropy), ("theil_index", theil)):
        row = one(found, "criteria", name=name)
        assert (row["by"], row["difference"], row["ratio"], row["status"]) == ([], None, None, "ok")
        assert row["value"] == pytest.approx(value)


def test_subgroup_fairness_is_group_mass_times_gap(file, asker: Asker):
    rows = people()
    found = asker.measure(file, *words("--by race --min-units 1"))

    def rate(some):
        negatives = [r for r in some if not r["label"]]
        return sum(r["pred"] for r in negatives) / len(negatives), len(negatives)

    largest = max(
        rate(among(rows, race=g))[1] / len(rows) * abs(rate(among(rows, race=g))[0] - rate(rows)[0]) for g in "ABC"
    )
    assert one(found, "criteria", name="subgroup_fairness")["value"] == pytest.approx(largest)


def test_calibration_within_groups_compares_observed_rates_at_equal_scores(asker: Asker):
    draw = random.Random(6)
    rows = [(g, draw.choice([0.05, 0.35, 0.95])) for g in "ab" for _ in range(300)]
    rows = [(g, s, int(draw.random() < (s if g == "a" else s * 0.8))) for g, s in rows]
    file = asker.write("g,score,label\n" + "\n".join(f"{g},{s},{y}" for g, s, y in rows))
    found = asker.measure(file, "--by", "g")

    spreads, ratios = [], []
    for score in (0.05, 0.35, 0.95):
        a, b = ([y for g, s, y in rows if (g, s) == (group, score)] for group in "ab")
        rates = sorted((sum(a) / len(a), sum(b) / len(b)))
        spreads.append(rates[1] - rates[0])
        ratios.append(rates[0] / rates[1])
    row = one(found, "criteria", name="calibration_within_groups")
    assert row["difference"] == pytest.approx(max(spreads))
    assert row["ratio"] == pytest.approx(min(ratios))


def test_the_criteria_that_the_contract_names_are_all_there(asker: Asker):
    rows = [dict(r, score=(i * 13 % 50) / 50) for i, r in enumerate(people())]
    found = asker.measure(asker.write(table(rows)), *words("--by sex --strata race"))

    assert {r["name"] for r in found["criteria"]} == {
        *COMPARED,
        *words("treatment_equality conditional_demographic_disparity calibration_within_groups subgroup_fairness"),
        *words("generalized_entropy theil_index"),
    }


# -- forms of output -----------------------------------------------------------------------------


def test_the_csv_holds_the_numbers_of_the_json(file, asker: Asker):
    flags = words("--by sex --metric accuracy --metric f1")
    found = asker.measure(file, *flags)
    code, out, _ = asker.run("measure", file, *flags, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    for name in ("estimates", "disparities", "spreads", "criteria"):
        mine = [r for r in rows if r["table"] == name]
        for record, line in zip(found[name], mine, strict=True):
            for key, value in record.items():
                if isinstance(value, float | int):
                    assert float(line[key]) == value
                elif value is None:
                    assert line[key] == ""


@pytest.mark.parametrize("flag", ["-o", "--output"])
def test_the_answer_goes_to_a_file(flag, file, asker: Asker):
    path = asker.folder / "answer.json"
    code, out, _ = asker.run("measure", file, *ASK, "--format", "json", flag, str(path))

    assert (code, out) == (0, "")
    assert json.loads(path.read_text(encoding="utf-8"))["estimates"]


def test_the_table_is_the_default_form(file, asker: Asker):
    plain, named = (asker.run("measure", file, *ASK, *flags)[1] for flags in ([], ["--format", "table"]))

    assert plain == named
    assert "everyone" in plain


def test_without_an_output_that_can_be_written_it_ends_with_2(file, asker: Asker):
    assert "nowhere" in asker.refuse(file, "-o", str(asker.folder / "nowhere" / "x.json"))


# -- exit codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["measure"],
        ["measure", "nowhere.csv"],
        ["measure", "{file}", "--no-such-flag"],
        ["measure", "{file}", "--by"],
        ["measure", "{file}", "{file}"],
        ["measure", "{file}", "--by", "nothing"],
        ["measure", "{file}", "--attribute", "nothing"],
        ["measure", "{file}", "--label", "nothing"],
        ["measure", "{file}", "--metric", "nothing"],
        ["measure", "{file}", "--compare", "nothing"],
        ["measure", "{file}", "--baseline", "sex=nothing"],
        ["measure", "{file}", "--baseline", "nothing=f"],
        ["measure", "{file}", "--by", "sex", "--baseline", "sex="],
        ["measure", "{file}", "--confidence", "95"],
        ["measure", "{file}", "--confidence", "nan"],
        ["measure", "{file}", "--correction", "nothing"],
        ["measure", "{file}", "--min-units", "0"],
        ["measure", "{file}", "--min-units", "many"],
        ["measure", "{file}", "--seed", "-1"],
        ["measure", "{file}", "--threshold", "nan"],
        ["measure", "{file}", "--threshold", "inf"],
        ["measure", "{file}", "--tolerance", "-1"],
        ["measure", "{file}", "--tolerance", "nan"],
        ["measure", "{file}", "--header-row", "0"],
        ["measure", "{file}", "--header-row", "9999"],
        ["measure", "{file}", "--delimiter", ""],
        ["measure", "{file}", "--delimiter", ";;"],
        ["measure", "{file}", "--sheet", "Sheet1"],
        ["measure", "{file}", "--schema", "{file}"],
        ["measure", "{file}", "--join", "{file}"],
        ["measure", "{file}", "--weight", "sex"],
        ["measure", "{file}", "--count", "sex"],
        ["measure", "{file}", "--score", "sex"],
        ["measure", "{file}", "--bins", "sex=quantile:4"],
        ["measure", "{file}", "--bins", "nothing=1,2"],
        ["measure", "{file}", "--bins", "label=1e400"],
        ["measure", "{file}", "--recode", "nothing:a=b"],
        ["measure", "{file}", "--strata", "nothing"],
        ["measure", "{file}", "--where", "nothing = 1"],
        ["measure", "{file}", "--task", "regression", "--label", "sex"],
        ["measure", "{file}", "--limit", "rows=-5"],
        ["measure", "{file}", "--by", "sex,sex,"],
        ["measure", "{folder}"],
        ["inspect", "nowhere.csv"],
        ["inspect", "{file}", "--format", "csv"],
        ["inspect", "{file}", "--save", "{folder}"],
        ["open", "nowhere.csv"],
        ["open", "{file}", "--port", "0"],
        ["nothing"],
        ["--nothing"],
    ],
)
def test_bad_input_ends_with_2_in_plain_words(arguments, file, asker: Asker):
    filled = [a.format(file=file, folder=str(asker.folder)) for a in arguments]
    if filled[-2:] == ["--sheet", "Sheet1"]:  # a file without sheets heeds no sheet
        assert asker.run(*filled)[0] in (0, 2)
        return
    code, out, err = asker.run(*filled)

    assert (code, out) == (2, "")
    assert err.strip()
    assert "Error" in err


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"g,label,pred\n", b"\x89PNG\r\n\x1a\n\0\0\0", b"\x80\x04\x95", b"\0" * 50]
)
def test_files_that_are_no_table_end_with_2(content, asker: Asker):
    asker.refuse(asker.write(content))


def test_a_failure_of_the_program_itself_ends_with_70_in_one_line(file, asker: Asker, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("no\nway")

    monkeypatch.setattr("dashboard.cli.measure.count_cells", fail)
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: asker.folder)
    code, out, err = asker.run("measure", file, "--label", "label")

    assert (code, out) == (70, "")
    failure = [line for line in err.splitlines() if "ZeroDivisionError" in line]
    assert failure == err.splitlines()[-1:]
    assert str(asker.folder) in failure[0]


def test_warnings_still_end_with_0(asker: Asker):
    file = asker.write("g,label,pred\n" + "a,1,0\na,0,1\nb,1,0\nb,0,1\n" * 20)
    code, _, err = asker.run("measure", file)

    assert code == 0
    assert "Warning" in err


# -- inspect and open ----------------------------------------------------------------------------


def test_inspect_says_the_guessed_schema_with_reasons(file, asker: Asker):
    code, out, _ = asker.run("inspect", file)

    assert code == 0
    for column in ("sex", "race", "label", "pred"):
        assert any(line.startswith("# ") and repr(column) in line for line in out.splitlines()), column
    import tomllib

    tree = tomllib.loads(out)
    assert (tree["label"], tree["system"]) == ("label", [{"prediction": "pred"}])
    assert [a["column"] for a in tree["attribute"]] == ["sex", "race"]


def test_open_takes_a_file_a_port_and_no_browser(file, monkeypatch):
    calls = []
    monkeypatch.setattr("dashboard.launch.launch", lambda *given, **more: calls.append(given) or 0)

    assert run([]) == 0
    assert run(["open"]) == 0
    assert run(["open", file, "--port", "8599", "--no-browser"]) == 0
    assert calls == [(None, None, None, True), (None, None, None, True), (Path(file), None, 8599, False)]
