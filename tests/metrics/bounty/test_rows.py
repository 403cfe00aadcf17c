"""A bounty's rows, labels, split and dictionary: what is read, and what is refused with its count."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from metrics.bounty.rows import Bounty, open_bounty, split_by_hash
from metrics.bounty.terms import EXPLORE, SEALED, VALIDATION, Shares
from metrics.errors import ResultsError
from tests.metrics.bounty.folders import LABELS, ROWS, TERMS, write_bounty

NUMBERS = TERMS.replace("alpha", 'task = "regression"\nloss = "squared"\nalpha')


def refuse(folder) -> str:
    with pytest.raises(ResultsError) as raised:
        open_bounty(folder)
    return str(raised.value)


def labelled(bounty: Bounty) -> dict[str, str]:
    return {id_: bounty.classes[code] for id_, code in zip(bounty.ids, bounty.label, strict=True)}


def test_labels_find_their_rows_by_id(tmp_path):
    bounty = open_bounty(write_bounty(tmp_path))

    assert len(bounty) == 12
    assert bounty.classes == ("0", "1")
    assert {id_ for id_, label in labelled(bounty).items() if label == "1"} == {"r1", "r2", "r3", "r7", "r8", "r9"}
    assert bounty.rows_of(EXPLORE).tolist() == [5]
    assert bounty.rows_of(SEALED).tolist() == [8]
    assert len(bounty.rows_of(VALIDATION)) == 10


def test_groups_may_name_every_column_that_has_no_other_part(tmp_path):
    assert list(open_bounty(write_bounty(tmp_path)).features) == ["sex", "age"]


def test_groups_may_name_only_the_features_where_some_are_named(tmp_path):
    bounty = open_bounty(write_bounty(tmp_path, TERMS + 'features = ["age", "model"]\n'))

    assert list(bounty.features) == ["age", "model"]


def test_rows_may_carry_their_labels(tmp_path):
    head, *lines = ROWS.splitlines()
    rows = "\n".join([f"{head},label", *(f"{line},{number % 2}" for number, line in enumerate(lines, 1))])

    bounty = open_bounty(write_bounty(tmp_path, TERMS.replace('labels = "labels.csv"\n', ""), rows))

    assert labelled(bounty)["r1"] == "1"
    assert "label" not in bounty.features


def test_one_class_is_one_class_however_it_is_written(tmp_path):
    labels = LABELS.replace(",1\n", ",Yes\n").replace(",0\n", ",no\n")
    rows = ROWS.replace(",0\n", ",NO\n").replace("r1,f,70,validation,NO", "r1,f,70,validation,yes")

    bounty = open_bounty(write_bounty(tmp_path, rows=rows, labels=labels))

    assert bounty.classes == ("Yes", "no")
    assert bounty.baseline.tolist() == [0] + [1] * 11


def test_spellings_of_a_class_that_differ_in_case_are_one(tmp_path):
    labels = LABELS.replace("r1,1", "r1,YES").replace(",1\n", ",yes\n").replace(",0\n", ",no\n")

    bounty = open_bounty(write_bounty(tmp_path, rows=ROWS.replace(",0\n", ",No\n"), labels=labels))

    assert bounty.classes == ("no", "yes")
    assert sum(label == "yes" for label in labelled(bounty).values()) == 6


def test_numbers_are_one_class_with_and_without_decimals(tmp_path):
    bounty = open_bounty(write_bounty(tmp_path, rows=ROWS.replace(",0\n", ",0.0\n")))

    assert bounty.classes == ("0", "1")
    assert (bounty.baseline == 0).all()


def test_a_class_that_only_the_baseline_says_is_a_class_and_is_told(tmp_path):
    bounty = open_bounty(write_bounty(tmp_path, rows=ROWS.replace("r12,m,,validation,0", "r12,m,,validation,2")))

    assert bounty.classes == ("0", "1", "2")
    assert any("says '2' in 1 row" in str(finding) for finding in bounty.findings)


@pytest.mark.parametrize(
    ("loss", "predictions", "expected"),
    [("squared", [0.5, 1.0], [0.25, 0.0]), ("absolute", [0.5, 1.0], [0.5, 0.0])],
)
def test_losses_of_numbers(tmp_path, loss, predictions, expected):
    bounty = open_bounty(write_bounty(tmp_path, NUMBERS.replace("squared", loss)))
    values = np.array(bounty.label)
    values[:2] = predictions  # r1 and r2 are 1

    assert bounty.losses(values)[:2].tolist() == expected
    assert bounty.losses(values)[2:].tolist() == [0.0] * 10


def test_the_loss_of_a_class_is_one_where_it_is_wrong(tmp_path):
    bounty = open_bounty(write_bounty(tmp_path))

    assert bounty.losses(bounty.baseline).tolist() == [1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0]


# -- split ---------------------------------------------------------------------------------------


def test_the_split_is_drawn_by_the_documented_hash():
    shares, words = Shares(11, 0.5, 0.3, 0.2), [f"id {n}" for n in range(200)]

    found = split_by_hash(words, shares)

    for word, split in zip(words, found, strict=True):
        u = int(hashlib.sha256(f"11:{word}".encode()).hexdigest()[:16], 16) / 16**16
        assert split == (EXPLORE if u < 0.5 else VALIDATION if u < 0.8 else SEALED)
    assert {EXPLORE, VALIDATION, SEALED} == set(found.tolist())


def test_a_drawn_split_does_not_hang_on_the_order_of_rows(tmp_path):
    terms = TERMS.replace('split = "split"', "split = { seed = 3, explore = 0.3, validation = 0.5, sealed = 0.2 }")
    head, *lines = ROWS.splitlines()
    turned = "\n".join([head, *reversed(lines)])

    splits = [
        dict(zip(b.ids, b.split.tolist(), strict=True))
        for b in (open_bounty(write_bounty(tmp_path / n, terms, rows)) for n, rows in (("a", ROWS), ("b", turned)))
    ]

    assert splits[0] == splits[1]


def test_rows_of_one_cluster_are_drawn_together(tmp_path):
    drawn = 'cluster = "sex"\nsplit = { seed = 3, explore = 0, validation = 1, sealed = 0 }'
    bounty = open_bounty(write_bounty(tmp_path, TERMS.replace('split = "split"', drawn)))
    by_cluster = split_by_hash(["f", "m"], Shares(3, 0, 1, 0))

    assert bounty.clusters is not None
    assert bounty.split.tolist() == [by_cluster[0]] * 6 + [by_cluster[1]] * 6
    assert "sex" not in bounty.features


def test_a_cluster_in_two_splits_is_told(tmp_path):
    bounty = open_bounty(write_bounty(tmp_path, TERMS + 'cluster = "sex"\n'))

    assert any("has 2 clusters in more than one split" in str(finding) for finding in bounty.findings)


# -- dictionary ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [("d.csv", "feature,meaning\nage,in years\nsexx,as recorded\n"), ("d.toml", 'age = "in years"\nsexx = "x"\n')],
)
def test_a_dictionary_says_what_features_mean(tmp_path, name, text):
    folder = write_bounty(tmp_path, TERMS + f'dictionary = "{name}"\n')
    (folder / name).write_text(text)

    bounty = open_bounty(folder)

    assert bounty.meanings == {"age": "in years"}
    assert "speaks of 'sexx'" in str(bounty.findings[-1])
    assert "Did you mean 'sex'?" in str(bounty.findings[-1])


@pytest.mark.parametrize("text", ["age = ", "age = " + "[" * 20_000, "age = " + "9" * 6_000])
def test_a_dictionary_that_is_no_toml_is_refused_in_words(tmp_path, text):
    folder = write_bounty(tmp_path, TERMS + 'dictionary = "d.toml"\n')
    (folder / "d.toml").write_text(text)

    with pytest.raises(ResultsError, match=r"d\.toml"):
        open_bounty(folder)


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "labels", "said"),
    [
        (ROWS.replace("r2,", "r1,"), LABELS, "has 1 id more than once, in 2 rows: 'r1'"),
        (ROWS.replace("r2,f", ",f"), LABELS, "is empty in 1 row. Give each row its id."),
        (ROWS, LABELS.replace("r2,1\n", ""), "lacks 1 id of 'rows.csv': 'r2'"),
        (ROWS, LABELS + "r99,1\n", "has 1 id that 'rows.csv' does not have: 'r99'"),
        (ROWS, LABELS + "r1,0\n", "has 1 id more than once, in 2 rows: 'r1'"),
        (ROWS, LABELS.replace("r2,1", "r2,"), "column 'label' is empty in 1 row"),
        (ROWS, LABELS.replace("label", "lable"), "Did you mean 'lable'?"),
        (ROWS.replace("r2,f,70,validation,0", "r2,f,70,validation,"), LABELS, "column 'model' is empty in 1 row"),
        (ROWS.replace(",0\n", ",negative\n"), LABELS, "says 'negative' in 12 rows, which the label 'label' never"),
        (ROWS.replace("sealed", "test"), LABELS, "says 'test' in 1 row. Write one of: explore, validation, sealed."),
        (ROWS.replace("validation", "explore"), LABELS, "split 'validation' has no rows"),
        (ROWS.replace("model", "modle"), LABELS, "Did you mean 'modle'?"),
    ],
)
def test_rows_and_labels_that_do_not_fit_are_refused_with_their_count(tmp_path, rows, labels, said):
    assert said in refuse(write_bounty(tmp_path, rows=rows, labels=labels))


@pytest.mark.parametrize("word", ["1.5", "-1", "much"])
def test_numbers_beyond_the_loss_are_refused_with_the_cure(tmp_path, word):
    said = refuse(write_bounty(tmp_path, NUMBERS, labels=LABELS.replace("r2,1", f"r2,{word}")))

    assert f"holds '{word}', in 1 row, which is no number from 0 to 1" in said
    assert "divide by the range" in said


def test_a_file_that_is_not_there_is_named(tmp_path):
    folder = write_bounty(tmp_path)
    (folder / "labels.csv").unlink()

    assert "file 'labels.csv' is not in the folder" in refuse(folder)


@pytest.mark.parametrize("changed", ["bounty.toml", "rows.csv", "labels.csv"])
def test_the_digest_is_of_terms_rows_and_labels(tmp_path, changed):
    folder = write_bounty(tmp_path)
    before = open_bounty(folder).digest
    assert open_bounty(folder).digest == before

    text = (folder / changed).read_text()
    (folder / changed).write_text(text.replace("0.1", "0.2").replace("r11,m,30", "r11,m,31").replace("r12,0", "r12,1"))

    assert open_bounty(folder).digest != before


def test_labels_that_stand_in_the_rows_too_are_warned_of(tmp_path):
    """Teams get the rows; the column is no feature, but whoever opens the file has it."""
    header, *lines = ROWS.splitlines()
    rows = "\n".join([f"{header},label", *(f"{line},1" for line in lines)]) + "\n"
    bounty = open_bounty(write_bounty(tmp_path, rows=rows))

    assert ["teams get the rows" in str(f) for f in bounty.findings] == [True]
    assert "label" not in bounty.features
