"""`compare` holds a customer's set against the reference: the fields of the contract, and what is wrong in words."""

from __future__ import annotations

import json

import pytest

from tests.metrics.two_sets.build import rows
from tests.paths import SAMPLES

WORDS = {"worse here", "better here", "no change shown", "cannot tell"}
OPTIONS = ("--positive", "1", "--attribute", "group")


@pytest.fixture
def files(asker):
    one, two = rows(a=(30, 600), b=(60, 300), c=(10, 80)), rows(a=(90, 600), b=(60, 300), d=(9, 70))
    return asker.write(one.to_csv(index=False), "one.csv"), asker.write(two.to_csv(index=False), "two.csv")


def compare(asker, files, *more, options=OPTIONS):
    code, out, err = asker.run("compare", *files, *options, *more, "--format", "json")
    assert code == 0, err
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_json_has_the_fields_of_the_contract(asker, files):
    found = compare(asker, files, "--metric", "false_negative_rate")

    fields = {
        "pairs": "slice system metric kind reference customer value low high p_adjusted verdict",
        "gap_changes": "slice baseline system metric reference customer value low high",
        "decomposition": "by system metric part value low high",
        "mix": "axis level reference customer",
    }
    for name, wanted in fields.items():
        assert found[name], name
        assert set(wanted.split()) <= set(found[name][0]), name
    assert {p["verdict"] for p in found["pairs"]} <= WORDS
    assert [s["name"] for s in found["sources"]] == ["one.csv", "two.csv"]


def test_verdicts_and_one_sided_levels(asker, files):
    pairs = compare(asker, files, "--metric", "false_negative_rate")["pairs"]
    told = {p["slice"].get("group", "everyone"): p for p in pairs}

    assert (told["a"]["verdict"], told["a"]["value"]) == ("worse here", pytest.approx(0.1))
    assert (told["c"]["customer"], told["c"]["value"], told["c"]["reference"]) == (None, None, 0.125)
    assert (told["d"]["reference"], told["d"]["verdict"]) == (None, "cannot tell")


def test_the_parts_add_up_to_the_change_of_everyone(asker, files):
    found = compare(asker, files, "--metric", "false_negative_rate")
    parts = {d["part"]: d["value"] for d in found["decomposition"]}
    everyone = next(p for p in found["pairs"] if p["slice"] == {})

    assert parts["total"] == pytest.approx(everyone["value"], abs=1e-12)
    assert sum(v for part, v in parts.items() if part != "total") == pytest.approx(parts["total"], abs=1e-12)
    assert parts["one_sided"] != 0


def test_the_mix_lists_both_sides_levels(asker, files):
    mix = {m["level"]: (m["reference"], m["customer"]) for m in compare(asker, files)["mix"]}

    assert mix["a"] == (pytest.approx(600 / 980), pytest.approx(600 / 970))
    assert mix["c"] == (pytest.approx(80 / 980), None)
    assert mix["d"] == (None, pytest.approx(70 / 970))


def test_metrics_that_are_no_mean_of_groups_have_no_decomposition(asker, files):
    found = compare(asker, files, "--metric", "f1", "--metric", "accuracy")

    assert {d["metric"] for d in found["decomposition"]} == {"accuracy"}
    assert {p["metric"] for p in found["pairs"]} == {"f1", "accuracy"}
    assert any("no decomposition" in f["found"] and "f1" in f["where"] for f in found["findings"])


def test_a_ratio_stands_beside_the_difference_where_both_are_asked_for(asker, files):
    pairs = compare(asker, files, "--metric", "false_negative_rate", "--compare", "difference", "--compare", "ratio")
    told = {p["kind"]: p for p in pairs["pairs"] if p["slice"] == {"group": "a"}}

    assert told["ratio"]["value"] == pytest.approx(3)
    assert told["ratio"]["low"] > 1
    assert told["ratio"]["verdict"] == told["difference"]["verdict"] == "worse here"


def test_sentences_speak_of_differences_where_ratios_alone_are_shown(asker, files):
    code, out, _ = asker.run("compare", *files, *OPTIONS, "--metric", "false_negative_rate", "--compare", "ratio")

    assert code == 0
    assert "+10 points" in out
    assert {p["kind"] for p in compare(asker, files, "--compare", "ratio")["pairs"]} == {"ratio"}


def test_a_clear_change_without_a_better_side_is_told_as_a_change(asker, files):
    code, out, _ = asker.run("compare", *files, *OPTIONS, "--metric", "selection_rate")

    assert code == 0
    assert "Changed, though the data do not say whether for the better: group = a" in " ".join(out.split())


def test_the_margin_is_the_target_gap(asker, files):
    strict, wide = (
        {
            p["slice"].get("group"): p["verdict"]
            for p in compare(asker, files, "--target-gap", gap)["pairs"]
            if p["metric"] == "false_negative_rate"
        }
        for gap in ("0.001", "0.5")
    )

    assert (strict["b"], wide["b"]) == ("cannot tell", "no change shown")


@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_every_form_names_verdicts_and_groups(asker, files, form):
    code, out, _ = asker.run("compare", *files, *OPTIONS, "--metric", "false_negative_rate", "--format", form)

    assert code == 0
    assert "worse here" in out.lower()
    assert "group = d" in out


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "json"])
def test_two_systems_are_told_of_in_every_form(asker, form):
    both = [f.assign(other=1 - f["prediction"]) for f in (rows(a=(30, 60), b=(9, 60)), rows(a=(20, 60), b=(9, 60)))]
    one, two = (asker.write(f.to_csv(index=False), f"{i}.csv") for i, f in enumerate(both))
    names = ("--prediction", "now=prediction", "--prediction", "next=other")
    code, out, err = asker.run("compare", one, two, *OPTIONS, *names, "--metric", "accuracy", "--format", form)

    assert code == 0, err
    assert "next" in out
    assert "nan" not in out.casefold()


def test_a_missing_column_is_exit_2_and_named_in_quotes(asker, files):
    other = asker.write(rows(a=(3, 60)).rename(columns={"label": "truth"}).to_csv(index=False), "other.csv")
    code, out, err = asker.run("compare", files[0], other, *OPTIONS)

    assert (code, out) == (2, "")
    assert "column 'label'" in err
    assert "customer's set" in err


def test_a_match_file_mends_it(asker, files):
    other = rows(A=(20, 60)).rename(columns={"label": "truth", "group": "team"})
    other = asker.write(other.to_csv(index=False), "other.csv")
    match = asker.write('[columns]\nlabel = "truth"\ngroup = "team"\n[levels.group]\na = "A"\n', "match.toml")
    found = compare(asker, (files[0], other), "--match", match, "--metric", "false_negative_rate")

    told = {p["slice"].get("group"): p for p in found["pairs"]}
    assert told["a"]["customer"] == pytest.approx(20 / 60)
    assert found["match"]["levels"] == {"group": {"a": ["A"]}}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--join", "x.csv"), "compare reads two"),
        (("--target-gap", "-1"), "no distance"),
        (("--target-gap", "nan"), "no distance"),
        (("--metric", "word_error_rate"), "word_error_rate"),
        (("--by", "nothing"), "column 'nothing'"),
        (("--match", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_bad_options_are_refused(asker, files, more, said):
    code, out, err = asker.run("compare", *files, *OPTIONS, *more)

    assert (code, out) == (2, "")
    assert said in err


def test_the_ward_is_held_against_the_call_centre(asker):
    """What was planted: release 2 hears Indian accents worse in the ward, whose hum the call centre lacks."""
    found = compare(
        asker,
        (str(SAMPLES / "call_centre.csv"), str(SAMPLES / "ward.csv")),
        "--schema",
        str(SAMPLES / "call_centre.toml"),
        "--metric",
        "word_error_rate",
        options=(),
    )
    told = {(p["system"], tuple(p["slice"].values())): p for p in found["pairs"]}

    assert told["release 2", ("Indian",)]["verdict"] == "worse here"
    assert told["release 2", ("hum",)]["reference"] is None
    assert told["release 2", ("street",)]["customer"] is None


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "a = " + "9" * 6_000])
def test_a_hostile_match_file_is_a_mistake_of_the_call_and_no_failure_of_ours(asker, files, text):
    match = asker.write(text, "match.toml")
    code, _, err = asker.run("compare", *files, *OPTIONS, "--match", match)

    assert code == 2
    assert "match.toml" in err
