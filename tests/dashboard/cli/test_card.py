"""`card` fills an author's words with numbers, and marks what was written for other data."""

from __future__ import annotations

import json
import tomllib

import pytest

from tests.paths import SHARED, needs_shared

ROWS = "sex,age,label,pred\n" + "".join(
    f"{'fm'[i % 2]},{'young' if i % 3 else 'old'},{int(i % 4 == 0)},{int(i % 8 == 0)}\n" for i in range(240)
)
OPTIONS = ("--label", "label", "--prediction", "pred", "--positive", "1", "--attribute", "sex", "--attribute", "age")


@pytest.fixture
def file(asker):
    return asker.write(ROWS)


def card(asker, file, name, *more, expected=0):
    out = asker.folder / name
    code, said, err = asker.run("card", file, *OPTIONS, *more, "-o", str(out))
    assert (code, said) == (expected, ""), err
    return (out.read_text(encoding="utf-8") if expected == 0 else ""), err


def test_the_ending_says_the_form(asker, file):
    html, _ = card(asker, file, "card.html")
    markdown, _ = card(asker, file, "card.md")
    tree, _ = card(asker, file, "card.JSON")
    words, _ = card(asker, file, "card.toml")

    assert html.startswith("<!DOCTYPE html>")
    assert markdown.startswith("# Fairness of data.csv")
    assert json.loads(tree)["schema_version"] == "0.0.2"
    assert tomllib.loads(words)["overview"] == ""


def test_words_are_filled_and_their_numbers_agree_with_measure(asker, file):
    words = asker.write('overview = "It selects {selection_rate: sex = f & age = old}."\ntitle = "Loans"', "words.toml")
    text, _ = card(asker, file, "card.md", "--words", words)
    measured = asker.measure(file, *OPTIONS, "--by", "sex,age", "--metric", "selection_rate")

    # Of 40 rows of f and old 10 are selected.
    (row,) = [e for e in measured["estimates"] if e["slice"] == {"sex": "f", "age": "old"}]
    assert (row["top"], row["below"]) == (10, 40)
    assert "It selects 25 % \\[14, 40\\]." in text
    assert text.startswith("# Loans")


def test_a_placeholder_that_is_unknown_ends_with_2_and_the_nearest(asker, file):
    words = asker.write('overview = "{selection_rat} {accuracy: sex = q}"\ndesign = "{nothing}"', "words.toml")
    _, err = card(asker, file, "card.md", "--words", words, expected=2)

    assert "{selection_rat}" in err and "Did you mean 'selection_rate'?" in err
    assert "'q'" in err and "section 'design'" in err
    assert not (asker.folder / "card.md").exists()


def test_words_of_other_data_are_kept_and_said_to_be_stale(asker, file):
    first = asker.write('design = "A tree."', "words.toml")
    card(asker, file, "card.toml", "--words", first)
    other = asker.write(ROWS + "f,old,1,1\n", "other.csv")
    text, err = card(asker, other, "card.html", "--words", str(asker.folder / "card.toml"))

    assert "section 'design' was written before the file changed" in err
    assert "Stale: these words were written before the file changed" in text
    assert "A tree." in text


def test_words_of_the_same_data_are_not_stale(asker, file):
    first = asker.write('design = "A tree."', "words.toml")
    card(asker, file, "card.toml", "--words", first)
    text, err = card(asker, file, "card.html", "--words", str(asker.folder / "card.toml"))

    assert "Stale" not in text and "was written before" not in err


def test_the_words_can_be_written_over_themselves(asker, file):
    path = asker.write('design = "A tree."', "card.toml")
    text, _ = card(asker, file, "card.toml", "--words", path)

    assert tomllib.loads(text)["design"] == "A tree."


def test_verdicts_of_a_policy_stand_in_the_card(asker, file):
    policy = asker.write('name = "Fair"\n[[rule]]\nname = "r"\nmetric = "accuracy"\nat_most = 0.001\n', "p.toml")
    text, _ = card(asker, file, "card.md", "--policy", policy)

    assert "Judged by the policy Fair" in text


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("card.pdf", (), "it ends in .html, .md, .json or .toml"),
        ("no/card.md", (), "there is no folder"),
        ("data.csv", (), "it ends in"),
        ("card.md", ("--words", "none.toml"), "does not exist"),
        ("card.md", ("--metric", "acuracy"), "Did you mean 'accuracy'?"),
    ],
)
def test_what_cannot_be_done_ends_with_2(asker, file, name, more, said):
    code, _, err = asker.run("card", file, *OPTIONS, *more, "-o", str(asker.folder / name))

    assert code == 2
    assert said in err


def test_words_with_mistakes_end_with_2_and_all_of_them(asker, file):
    words = asker.write("overviw = 'a'\ndesign = 3\n", "words.toml")
    _, err = card(asker, file, "card.md", "--words", words, expected=2)

    assert "Did you mean 'overview'?" in err and "'design', which is no text" in err


def test_a_card_verifies_against_its_file(asker, file):
    card(asker, file, "card.html")
    other = asker.write(ROWS.replace("f,young,0,0", "f,young,1,0", 1), "other.csv")

    assert asker.run("verify", str(asker.folder / "card.html"), file)[0] == 0
    assert asker.run("verify", str(asker.folder / "card.html"), other)[0] == 1


@needs_shared
def test_compas_has_a_card(asker):
    compas = SHARED / "data/slices/compas_discretized.csv"
    words = asker.write('fairness = "Of Black men {false_positive_rate: race = Afr-Am & sex = Male}."', "words.toml")
    out = asker.folder / "card.md"
    roles = ("--label", "class", "--prediction", "predicted", "--positive", "1")
    code, _, err = asker.run(
        "card", str(compas), *roles, "--by", "race", "--by", "sex", "--words", words, "-o", str(out)
    )

    assert code == 0, err
    # 176 of 1,168 (counted with pandas), Wilson's limits 13.1 and 17.2 %.
    assert "Of Black men 15 % \\[13, 17\\]." in out.read_text(encoding="utf-8")
