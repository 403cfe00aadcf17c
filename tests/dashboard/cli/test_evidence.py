"""`evidence` puts a finding on one page, and the provider's answer beside it."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.paths import SHARED, needs_shared


def rows(groups):
    lines = [f"{g},{int(i < top)}" for g, (top, below) in groups.items() for i in range(below)]
    return "g,pred\n" + "\n".join(lines) + "\n"


FINDING = rows({"a": (90, 300), "b": (30, 240)})
ANSWER = rows({"a": (200, 800), "b": (100, 800)})
OPTIONS = ("--prediction", "pred", "--positive", "1", "--attribute", "g")
METRIC = "selection_rate"
ASKED = ("--slice", "g = a", "--metric", METRIC)


def evidence(asker, file, name, *more, expected=0):
    out = asker.folder / name
    code, said, err = asker.run("evidence", file, *OPTIONS, *more, "-o", str(out))
    assert (code, said) == (expected, ""), err
    return (out.read_text(encoding="utf-8") if expected == 0 else ""), err


@pytest.fixture
def file(asker):
    return asker.write(FINDING)


def test_a_finding_is_written_in_three_forms(asker, file):
    markdown, _ = evidence(asker, file, "sheet.md", *ASKED, "--sampling", "All of them.", "--author", "Me")
    html, _ = evidence(asker, file, "sheet.html", *ASKED)
    tree = json.loads(evidence(asker, file, "sheet.json", *ASKED)[0])

    assert "the selection rate is 18 points higher than for everyone else" in markdown
    assert "All of them." in markdown and "Me" in markdown
    assert "Not told." in html
    assert tree["finding"]["own"]["top"] == 90 and tree["answer"] is None


def test_its_numbers_are_those_of_measure(asker, file):
    tree = json.loads(evidence(asker, file, "sheet.json", *ASKED)[0])
    measured = asker.measure(file, *OPTIONS, "--metric", "selection_rate")

    gap = next(d for d in measured["disparities"] if d["slice"] == {"g": "a"})
    told = tree["finding"]["gap"]
    assert {k: told[k] for k in ("value", "low", "high", "p", "p_adjusted")} == {
        k: gap[k] for k in ("value", "low", "high", "p", "p_adjusted")
    }


def test_a_provider_answers_on_the_same_sheet(asker, file):
    evidence(asker, file, "sheet.json", *ASKED, "--sampling", "All of them.")
    own = asker.write(ANSWER, "own.csv")
    text, _ = evidence(asker, own, "answered.md", "--answer", str(asker.folder / "sheet.json"), "--author", "Us")

    assert "Answer: confirmed." in text
    assert "90 of 300" in text and "200 of 800" in text and "All of them." in text


def test_the_answer_asks_what_the_sheet_asks(asker, file):
    evidence(asker, file, "sheet.json", *ASKED, "--confidence", "0.9", "--baseline", "overall")
    own = asker.write(ANSWER, "own.csv")
    text, _ = evidence(asker, own, "answered.json", "--answer", str(asker.folder / "sheet.json"))

    answer = json.loads(text)["answer"]
    assert (answer["confidence"], answer["gap"]["baseline"]) == (0.9, "overall")


def test_words_of_a_file_are_overruled_by_flags(asker, file):
    words = asker.write('author = "A"\nsampling = "From a file."\nlooked_at = 50\n', "words.toml")
    tree = json.loads(evidence(asker, file, "sheet.json", *ASKED, "--words", words, "--author", "B")[0])

    assert tree["finding"]["told"] == {
        "author": "B",
        "sampling": "From a file.",
        "overturn": "",
        "note": "",
        "looked_at": 50,
    }
    assert tree["finding"]["looked_at"] == 50


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "Name the slice with --slice"),
        (("--slice", "g = a"), "one metric"),
        (("--slice", "g = a", "--metric", "selection_rat"), "Did you mean 'selection_rate'?"),
        (("--slice", "g = z", "--metric", "selection_rate"), "called 'z'"),
        (("--slice", "gg = a", "--metric", "selection_rate"), "Did you mean 'g'?"),
        (("--slice", "everyone", "--metric", "selection_rate"), "not about everyone"),
        (("--slice", "g = a or g = b", "--metric", "selection_rate"), "more than one level"),
        (("--slice", "g =", "--metric", "selection_rate"), "g ="),
        ((*ASKED, "--by", "g"), "--by follows from --slice"),
        ((*ASKED, "--on-system", "x"), "'x'"),
    ],
)
def test_what_cannot_be_told_ends_with_2(asker, file, more, said):
    _, err = evidence(asker, file, "sheet.md", *more, expected=2)

    assert said in err


def test_questions_beside_an_answer_are_refused(asker, file):
    evidence(asker, file, "sheet.json", *ASKED)
    answer = ("--answer", str(asker.folder / "sheet.json"))

    _, err = evidence(asker, file, "a.md", *answer, "--baseline", "overall", expected=2)
    assert "--baseline: an answer asks what the sheet asks" in err
    _, err = evidence(asker, file, "a.md", *answer, *ASKED, expected=2)
    assert "Name the slice with --slice" in err
    _, err = evidence(asker, file, "sheet.json", *answer, expected=2)
    assert "would overwrite" in err


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "fairness-dashboard evidence"}', "\x00", "{" * 5000])
def test_what_is_no_sheet_ends_with_2(asker, file, text):
    sheet = asker.write(text, "theirs.json")

    _, err = evidence(asker, file, "a.md", "--answer", sheet, expected=2)

    assert "sheet" in err


def test_a_sheet_about_what_the_data_lack_ends_with_2(asker, file):
    evidence(asker, file, "sheet.json", *ASKED)
    own = asker.write(rows({"c": (10, 40), "b": (100, 800)}), "own.csv")

    _, err = evidence(asker, own, "a.md", "--answer", str(asker.folder / "sheet.json"), expected=2)

    assert "called 'a'" in err


def test_words_with_mistakes_end_with_2(asker, file):
    words = asker.write('sampeling = "x"\nlooked_at = 0\nauthor = 3\n', "words.toml")
    _, err = evidence(asker, file, "a.md", *ASKED, "--words", words, expected=2)

    assert "Did you mean 'sampling'?" in err and "whole number" in err and "no text" in err


@given(st.text(alphabet="g=ab&'`<> \n\x00missing", max_size=25), st.sampled_from([METRIC, "", "accuracy", "\x1b[2J"]))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_slice_is_told_of_or_refused(asker, file, text, metric):
    out = asker.folder / "any.md"
    code, _, err = asker.run("evidence", file, *OPTIONS, "--slice", text, "--metric", metric, "-o", str(out))

    assert code in (0, 2), err


@needs_shared
def test_speakers_of_the_artie_corpus_are_the_sample(asker):
    corpus = SHARED / "data/asr/artie_bias_corpus_wide.csv.gz"
    out = asker.folder / "sheet.json"
    roles = (
        "--id",
        "utt_id",
        "--reference",
        "reference",
        "--hypothesis",
        "hyp_google_en_us",
        "--cluster",
        "speaker_id",
    )
    more = ("--missing", "NA", "--attribute", "gender", "--slice", "gender = female", "--metric", "word_error_rate")
    code, _, err = asker.run("evidence", str(corpus), *roles, *more, "-o", str(out))

    assert code == 0, err
    own = json.loads(out.read_text(encoding="utf-8"))["finding"]
    assert own["cluster"] == "speaker_id"
    assert own["own"]["units"] == 257  # SOURCES.md
    assert 10 < own["own"]["clusters"] < 257
