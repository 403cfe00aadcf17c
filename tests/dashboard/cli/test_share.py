"""`share` writes a bundle of what a file shows; `shared` asks it, and answers as `measure` does of the file."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dashboard.workspace import Workspace
from metrics.sharing.bundle import read_bundle
from tests.dashboard.cli.contract import of, one, told

# Of x there are 6 rows.
ROWS = "sex,age,label,pred,score\n" + "".join(
    f"{'fm'[i % 2]},{'young' if i % 3 else 'old'},{int(i % 4 < 2)},{int(i % 8 < 3)},{(i * 7 % 100) / 100}\n"
    for i in range(240)
)
ROWS += "".join(f"x,old,{i % 2},0,0.2\n" for i in range(6))
OPTIONS = ("--label", "label", "--prediction", "pred", "--score", "score", "--positive", "1", "--attribute", "sex")
OPTIONS += ("--attribute", "age")


@pytest.fixture
def file(asker):
    return asker.write(ROWS)


def share(asker, file, *more, name="r.fairness.zip"):
    """Return the path of a bundle and what was said on the way."""
    out = str(asker.folder / name)
    code, said, err = asker.run("share", file, *OPTIONS, *more, "-o", out)
    assert (code, said) == (0, ""), err
    return out, err


def ask(asker, bundle, *more):
    code, out, err = asker.run("shared", bundle, *more, "--format", "json")
    assert code == 0, err
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON")), err


def test_a_bundle_answers_as_the_file_does_where_it_shows_a_slice(asker, file):
    bundle, _ = share(asker, file, "--by", "age")

    for more in ((), ("--baseline", "overall", "--compare", "ratio"), ("--confidence", ".8", "--baseline", "largest")):
        asked = ("--by", "age", "--metric", "accuracy", "--metric", "roc_auc", *more)
        theirs, _ = ask(asker, bundle, *asked)
        ours = asker.measure(file, *OPTIONS, *asked)
        assert len(theirs["estimates"]) == 2 * 3
        for name in ("estimates", "disparities", "spreads"):
            assert [list(row) for row in theirs[name]] == [list(row) for row in ours[name]]
            for a, b in zip(theirs[name], ours[name], strict=True):
                assert [a[c] for c in a] == [pytest.approx(b[c]) if isinstance(b[c], float) else b[c] for c in b]
        assert [row["name"] for row in theirs["criteria"]].count("equalized_odds") == 1
        for row in theirs["criteria"]:
            (same,) = of(ours, "criteria", name=row["name"], by=row["by"])
            assert row["difference"] == pytest.approx(same["difference"])


def test_a_slice_that_is_too_small_is_there_without_any_number(asker, file):
    bundle, err = share(asker, file, "--by", "sex")
    found, _ = ask(asker, bundle, "--metric", "accuracy")

    assert "hidden: fewer than 10 rows, or" in err
    hidden = one(found, slice={"sex": "x"})
    assert hidden["status"] == "suppressed"
    for name in ("value", "low", "high", "top", "below", "units", "effective_units", "clusters"):
        assert hidden[name] is None
    gap = one(found, "disparities", slice={"sex": "x"})
    assert (gap["status"], gap["value"], gap["low"], gap["high"], gap["p"]) == ("suppressed", *[None] * 4)
    assert {"sex": "x"} in one(found, "spreads")["left_out"]


def test_what_is_in_it_is_said(asker, file):
    _, err = share(asker, file, "--by", "age", "--order", "1", "--metric", "accuracy")

    assert "Of 246 rows: everyone, and groups by age; 1 metric." in err
    assert "3 slices shown." in err
    assert "hidden" not in err
    assert "Not shared, because they need the rows: expected_calibration_error." in err


def test_combinations_are_shared_up_to_an_order(asker, file):
    bundle, _ = share(asker, file, "--order", "2", "--metric", "accuracy")

    assert read_bundle(bundle).terms.groupings == (("sex",), ("age",), ("sex", "age"))
    bundle, _ = share(asker, file, "--by", "age,sex", "--metric", "accuracy")
    assert read_bundle(bundle).terms.groupings == (("age", "sex"),)
    found, _ = ask(asker, bundle, "--by", "sex,age")
    assert {"age": "old", "sex": "f"} in [row["slice"] for row in found["estimates"]]


def test_the_minimums_the_title_and_the_note_are_told(asker, file):
    more = ("--min-cell", "5", "--min-units", "100", "--title", "Loans", "--note", "As of May", "--seed", "3")
    bundle, _ = share(asker, file, "--by", "age", *more)
    found, err = ask(asker, bundle, "--metric", "accuracy")

    assert err.startswith("Loans: 246 rows of data.csv, shared on ")
    assert "As of May" in err
    assert [found[name] for name in ("title", "note", "min_cell")] == ["Loans", "As of May", 5]
    assert [found["format"], found["version"]] == ["fairness-dashboard shared", 1]
    assert found["sources"][0]["name"] == "data.csv" and len(found["sources"][0]["sha256"]) == 64
    assert one(found, slice={"age": "old"})["status"] == "too few"  # 86 rows, of the owner's 100
    again, _ = ask(asker, bundle, "--metric", "accuracy", "--min-units", "50")
    assert one(again, slice={"age": "old"})["status"] == "ok"


def test_rows_without_a_value_that_are_few_are_left_out_and_named(asker):
    file = asker.write(ROWS + "f,,1,1,0.5\n")
    bundle, err = share(asker, file, "--by", "age", "--metric", "accuracy")
    found, _ = ask(asker, bundle)

    assert "Rows without a value of 'age' are part of nothing" in err
    assert one(found, slice={})["units"] == 246
    assert told(found, "'age'", "too few to be shown")


@pytest.mark.parametrize("form", ["table", "csv"])
def test_the_other_forms_show_a_hidden_slice_without_numbers(asker, file, form):
    bundle, _ = share(asker, file, "--by", "sex", "--metric", "accuracy", "--metric", "roc_auc")
    code, out, _ = asker.run("shared", bundle, "--format", form)

    assert code == 0
    assert "nan" not in out.lower().split() and "suppressed" in out
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(out)))
        (row,) = [r for r in rows if (r["table"], r["metric"], r["slice"]) == ("estimates", "accuracy", "sex = x")]
        assert [row[name] for name in ("value", "low", "high", "top", "below", "units")] == [""] * 6


def test_an_answer_goes_to_a_file(asker, file):
    bundle, _ = share(asker, file, "--by", "age", "--metric", "accuracy")
    out = asker.folder / "answer.csv"

    assert asker.run("shared", bundle, "--format", "csv", "-o", str(out))[:2] == (0, "")
    assert out.read_text().startswith("table,slice,")
    assert "would overwrite" in asker.refuse(bundle, "-o", bundle, command="shared")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--metric", "expected_calibration_error"), "metric that can be shared"),
        (("--metric", "acuracy"), "Did you mean 'accuracy'?"),
        (("--by", "agee"), "'agee'"),
        (("--min-cell", "2"), "x>=3"),
        (("--order", "0"), "--order"),
        (("--title", "x" * 201), "--title has 201 signs"),
        (("-o", "r.html"), "zip"),
    ],
)
def test_what_cannot_be_shared_ends_with_2(asker, file, more, said):
    out = str(asker.folder / "r.fairness.zip")

    assert said in asker.refuse(file, *OPTIONS, "-o", out, *more, command="share")
    assert not (asker.folder / "r.fairness.zip").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--metric", "roc_auc"), "metric that was shared called 'roc_auc' (there are: accuracy)"),
        (("--by", "sex"), "There is no attribute 'sex'"),
        (("--baseline", "age=odd"), "'odd'"),
        (("--baseline", "sex=f"), "There is no attribute 'sex'"),
    ],
)
def test_what_was_not_shared_ends_with_2(asker, file, more, said):
    bundle, _ = share(asker, file, "--by", "age", "--metric", "accuracy")

    assert said in asker.refuse(bundle, *more, command="shared")


def test_a_file_that_is_no_bundle_ends_with_2(asker, file):
    assert "'data.csv' is no bundle" in asker.refuse(file, command="shared")
    bundle, _ = share(asker, file, "--by", "age", "--metric", "accuracy")
    cut = asker.write((asker.folder / bundle).read_bytes()[:-100], "cut.zip")
    assert "'cut.zip' was cut off" in asker.refuse(cut, command="shared")


def test_signs_that_steer_a_terminal_are_written_out(asker, file):
    bundle, _ = share(asker, file, "--by", "age", "--metric", "accuracy", "--title", "a\x1b[2Jb", "--note", "c\x1b[1md")
    _, err = ask(asker, bundle)

    assert "\x1b" not in err and "a\\x1b[2Jb" in err


def test_several_systems_are_shared_together(asker):
    rows = [line.split(",") for line in ROWS.splitlines()]
    file = asker.write("\n".join(",".join([*r, "other" if i == 0 else r[2]]) for i, r in enumerate(rows)) + "\n")
    out = str(asker.folder / "s.zip")
    options = ("--label", "label", "--prediction", "A=pred", "--prediction", "B=other", "--positive", "1")
    code, _, err = asker.run("share", file, *options, "--by", "age", "--metric", "accuracy", "-o", out)
    assert code == 0, err
    found, _ = ask(asker, out)

    assert [row["value"] for row in of(found, system="B")] == [1, 1, 1]
    assert len(of(found, system="A")) == 3


def hidden_by(asker, bundle, by="sex"):
    found, _ = ask(asker, bundle, "--by", by, "--metric", "accuracy")
    return {row["slice"][by] for row in found["estimates"] if row["status"] == "suppressed"}


def test_a_bundle_after_another_one_of_the_same_rows_hides_what_they_would_give_away_together(asker, file):
    """The first shows sex of everybody, the second of those under a filter that leaves a few out."""
    first, _ = share(asker, file, "--by", "sex", "--metric", "accuracy", name="a.fairness.zip")
    out = str(asker.folder / "b.fairness.zip")
    more = ("--by", "age", "--metric", "accuracy", "--where", "score >= 0.01", "-o", out)

    assert asker.run("share", file, *OPTIONS, *more)[0] == 0
    said = asker.refuse(file, *OPTIONS, *more[:-1], str(asker.folder / "c.zip"), "--earlier", first, command="share")
    assert "shared of the same file before" in said
    again, _ = share(asker, file, "--by", "sex", "--metric", "accuracy", "--earlier", first, name="d.fairness.zip")
    assert hidden_by(asker, again) == hidden_by(asker, first)


def test_an_earlier_bundle_may_be_of_the_same_rows_in_another_file(asker, file):
    head, *rows = ROWS.splitlines()
    anew = asker.write("\r\n".join([head, *reversed(rows)]).replace(",", ";"), "anew.csv")
    first, _ = share(asker, file, "--by", "sex", "--metric", "accuracy", name="a.fairness.zip")
    again, _ = share(asker, anew, "--by", "sex", "--metric", "accuracy", "--earlier", first, name="b.fairness.zip")

    assert hidden_by(asker, again) == hidden_by(asker, first) != set()


def test_a_workspace_remembers_what_bundles_showed_of_the_same_rows(asker, file):
    """The second reading leaves a few out, of the same rows in another file."""
    head, *rows = ROWS.splitlines()
    anew = asker.write("\r\n".join([head, *reversed(rows)]).replace(",", ";"), "anew.csv")
    home, by = asker.folder / "home", ("--by", "age", "--metric", "accuracy")
    _, err = share(asker, file, *by, "--workspace", str(home), name="a.fairness.zip")
    own = err.partition("publish?own=")[2].split()[0]
    fewer = (*OPTIONS, *by, "--where", "score >= 0.01", "-o", str(asker.folder / "b.fairness.zip"))

    said = asker.refuse(anew, *fewer, "--workspace", str(home), command="share")
    assert "shared of the same file before" in said
    assert not (asker.folder / "b.fairness.zip").exists()
    again, _ = share(asker, anew, *by, "--workspace", str(home), name="c.fairness.zip")
    assert read_bundle(again).units == 246
    assert Workspace(home).status().files == 2
    assert Workspace(home).may_change(*own.split("."))
    assert asker.run("share", anew, *fewer)[0] == 0


def test_an_earlier_bundle_of_other_rows_or_that_is_none_is_refused(asker, file):
    other = asker.write(ROWS.replace("x,old,0,0", "x,old,0,1"), "other.csv")
    first, _ = share(asker, other, "--by", "age", "--metric", "accuracy", name="a.fairness.zip")
    out = ("-o", str(asker.folder / "b.fairness.zip"))

    said = asker.refuse(file, *OPTIONS, *out, "--earlier", first, command="share")
    assert "'a.fairness.zip' was made of other rows than those of this file" in said
    assert "'data.csv' is no bundle" in asker.refuse(file, *OPTIONS, *out, "--earlier", file, command="share")
    assert "overwrite" in asker.refuse(file, *OPTIONS, "-o", first, "--earlier", first, command="share")
    assert not (asker.folder / "b.fairness.zip").exists()


def test_what_is_the_same_for_everybody_is_said(asker, file):
    rows = [line.split(",") for line in ROWS.splitlines()]
    right = [",".join([*row[:3], "pred" if number == 0 else row[2], row[4]]) for number, row in enumerate(rows)]
    perfect = asker.write("\n".join(right), "perfect.csv")

    assert "it is about" not in share(asker, file, "--by", "age", "--metric", "accuracy")[1]
    _, err = share(asker, perfect, "--by", "age", "--metric", "accuracy")
    assert "Accuracy is 100 % of all 246 whom it is about: whoever reads it knows of each what came out." in err


SPOKEN = "id,speaker,accent,reference,heard\n" + "".join(
    f"secret-{i},person-{i % 60},{'scottish' if i % 3 else 'welsh'},"
    f"word{i} and more,word{i} {'and' if i % 2 else 'or'} more\n"
    for i in range(240)
)
SPOKEN_OPTIONS = ("--task", "transcription", "--id", "id", "--cluster", "speaker", "--attribute", "accent")
SPOKEN_OPTIONS += ("--reference", "reference", "--hypothesis", "heard", "--normalizer", "lower", "--by", "accent")


def share_spoken(asker, *more, rows=SPOKEN):
    file, out = asker.write(rows), str(asker.folder / "s.fairness.zip")
    code, said, err = asker.run("share", file, *SPOKEN_OPTIONS, *more, "-o", out)
    assert (code, said) == (0, ""), err
    return out, err


def test_no_words_go_along_unless_examples_are_asked_for(asker):
    bundle, err = share_spoken(asker)
    found, _ = ask(asker, bundle)

    assert "transcript" not in err and "said:" not in err
    assert found["examples"] is None


def test_examples_are_told_on_standard_error_and_in_json(asker):
    bundle, err = share_spoken(asker, "--examples", "3", "--examples-drawn", "worst", "--examples-seed", "2")
    found, _ = ask(asker, bundle, "--metric", "word_error_rate")

    told = found["examples"]
    assert [told[key] for key in ("drawn", "seed", "asked", "unit")] == ["worst", 2, 3, "words"]
    assert len(told["transcripts"]) == 3
    for row in told["transcripts"]:
        number = int(row["reference"].split()[0].removeprefix("word"))
        assert row["slice"] == {"accent": "scottish" if number % 3 else "welsh"}
        assert row["hypotheses"] == [{"system": None, "text": f"word{number} or more"}]
        assert f"said: {row['reference']}" in err and f"heard: word{number} or more" in err
    assert "3 transcripts are shown as examples: those with most errors per word." in err
    assert "They are the worst and no sample" in told["said"][0]
    assert "secret-" not in json.dumps(found) + err and "person-" not in json.dumps(found) + err


def test_words_that_turn_the_direction_of_writing_are_written_out_where_they_are_told(asker):
    _, err = share_spoken(asker, "--examples", "3", rows=SPOKEN.replace(" and more,", " and \u202emore,"))

    assert "\u202e" not in err and "said: word" in err and r"and \u202emore" in err


def test_examples_of_what_has_no_transcripts_or_too_many_end_with_2(asker, file):
    out = str(asker.folder / "r.fairness.zip")

    assert "no transcripts" in asker.refuse(file, *OPTIONS, "--examples", "3", "-o", out, command="share")
    assert "0<=x<=50" in asker.refuse(file, *OPTIONS, "--examples", "51", "-o", out, command="share")
