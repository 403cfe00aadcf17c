"""The truth that was planted in the transcripts is in them, counted here with jiwer alone."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import NamedTuple

import jiwer
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from metrics.adjusted import AdjustedGap, adjust_gap
from sample_data.sentences import HARD
from tests.paths import SAMPLES

SETS, SYSTEMS = ("call_centre", "ward"), ("release 1", "release 2")
PERSONAL = ["accent", "first_language", "gender", "age"]
README = (SAMPLES / "README.md").read_text(encoding="utf-8")


def lower(text: str) -> str:
    """Lower case without punctuation, the normaliser that the schemas name."""
    kept = "".join(letter for letter in text.lower() if not unicodedata.category(letter).startswith("P"))
    return " ".join(kept.split())


def count_edits(rows: pd.DataFrame, system: str) -> pd.DataFrame:
    """The rows with the words that a system changed, dropped and invented, by jiwer."""
    references, hypotheses = rows["reference"].map(lower), rows[system.replace(" ", "_")].map(lower)
    told = [jiwer.process_words(r, h) for r, h in zip(references, hypotheses, strict=True)]
    return rows.assign(
        changed=[t.substitutions for t in told],
        dropped=[t.deletions for t in told],
        invented=[t.insertions for t in told],
        edits=[t.substitutions + t.deletions + t.insertions for t in told],
        words=[t.hits + t.substitutions + t.deletions for t in told],
        empty=(hypotheses == "").astype(int),
        hard=[sum(word in HARD for word in text.split()) for text in references],
        misheard=[sum(word in HARD.values() for word in text.split()) for text in hypotheses],
    )


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLES / f"{name}.csv", keep_default_na=False)


COUNTED = {(name, system): count_edits(read(name), system) for name in SETS for system in SYSTEMS}


class Planted(NamedTuple):
    """One row of the README's tables: of whom, which errors, the planted share and the counts in the file."""

    name: str
    system: str
    who: str
    errors: str
    share: float
    top: int
    below: int

    @property
    def rows(self) -> pd.DataFrame:
        rows = COUNTED[self.name, self.system]
        for level in self.who.split(", ") if self.who != "everyone" else ():
            rows = rows[(rows[["accent", "noise", "device"]] == level).any(axis=1)]
        return rows

    @property
    def columns(self) -> tuple[str, str]:
        """What is counted above and below the line."""
        return {"all": ("edits", "words"), "empty": ("empty", "one"), "hard words": ("misheard", "hard")}.get(
            self.errors, (self.errors, "words")
        )


TABLE_ROW = re.compile(
    r"^\| (release \d) \| ([\w, ]+) \| ([a-z ]+) \| ([\d.]+) % \| (\d+) of (\d+) (?:words|transcripts) \|$",
    re.MULTILINE,
)
PLANTED = [
    Planted(name, system, who, errors, float(share) / 100, int(top), int(below))
    for name, section in re.findall(r"^## (\w+)\.csv(.*?)(?=^## )", README, re.MULTILINE | re.DOTALL)
    for system, who, errors, share, top, below in TABLE_ROW.findall(section)
]
each_row = pytest.mark.parametrize("row", PLANTED, ids=lambda row: f"{row.name}: {row.system}, {row.who}, {row.errors}")


def test_the_readme_has_tables_of_both_sets():
    assert {row.name for row in PLANTED} == set(SETS)
    assert len(PLANTED) > 30


@each_row
def test_the_readme_tells_the_counts_of_the_file(row):
    above, under = row.columns
    rows = row.rows.assign(one=1)

    assert (rows[above].sum(), rows[under].sum()) == (row.top, row.below)


@each_row
def test_the_planted_rate_explains_the_counts(row):
    """Within 2.6 standard errors, by speakers: what a speaker has beyond the planted rate is theirs alone."""
    above, under = row.columns
    rows = row.rows.assign(one=1)
    beyond = (rows[above] - row.share * rows[under]).groupby(rows["speaker"]).sum()

    assert abs(beyond.sum()) < 2.6 * math.sqrt((beyond**2).sum())


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_as_large_as_it_says(name):
    rows = read(name)

    assert f"{len(rows):,} utterances of {rows['speaker'].nunique()} speakers" in README


@pytest.mark.parametrize("name", SETS)
def test_what_belongs_to_a_person_is_the_same_in_every_utterance(name):
    speakers = read(name).groupby("speaker")

    assert (speakers[PERSONAL].nunique() == 1).all(axis=None)
    assert (speakers.size() >= 12).all()


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("column", ["noise", "device"])
def test_noise_and_device_vary_within_speakers(name, column):
    assert (read(name).groupby("speaker")[column].nunique() > 1).mean() > 0.9


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("column", ["first_language", "gender", "age"])
def test_some_give_no_answer(name, column):
    missing = (read(name)[column] == "").mean()

    assert 0 < missing < 0.15


@pytest.mark.parametrize("name", SETS)
def test_nobody_says_nothing_and_names_of_utterances_are_unique(name):
    rows = read(name)

    assert rows["utterance"].is_unique
    assert (rows["reference"].map(lower) != "").all()
    assert (rows["seconds"] > 0.5).all()


def test_both_sets_have_the_same_columns():
    assert list(read("call_centre")) == list(read("ward"))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("column", ["gender", "age"])
def test_nothing_was_planted_for_gender_and_age(name, system, column):
    """Speakers are dealt out anew among the levels: the spread that there is comes about by chance often enough."""
    rows = COUNTED[name, system]
    accents = rows.groupby(["accent", "noise", "device"])[["edits", "words"]].transform("sum")
    beyond = rows["edits"] - rows["words"] * accents["edits"] / accents["words"]
    sums = pd.DataFrame({"beyond": beyond, "words": rows["words"], "level": rows[column], "speaker": rows["speaker"]})
    sums = sums[sums["level"] != ""].groupby("speaker").agg({"beyond": "sum", "words": "sum", "level": "first"})

    def spread(levels: np.ndarray) -> float:
        rates = sums.groupby(levels)[["beyond", "words"]].sum()
        return float(np.ptp(rates["beyond"] / rates["words"]))

    draw = np.random.default_rng(0)
    levels = sums["level"].to_numpy()
    chance = [spread(draw.permutation(levels)) for _ in range(300)]
    assert np.mean([found >= spread(levels) for found in chance]) > 0.05


# -- the gaps ------------------------------------------------------------------------------------


def rate(name: str, system: str, errors: str = "edits", **levels: str) -> float:
    rows = COUNTED[name, system]
    for column, level in levels.items():
        rows = rows[rows[column] == level]
    return rows[errors].sum() / rows["words"].sum()


@pytest.mark.parametrize("system", SYSTEMS)
def test_scottish_speakers_fare_worse_in_the_street_only(system):
    in_street, elsewhere = (
        rate("call_centre", system, accent="Scottish", noise=noise)
        - rate("call_centre", system, accent="English", noise=noise)
        for noise in ("street", "office")
    )

    assert in_street > 0.10 and abs(elsewhere) < 0.03


def test_release_2_repairs_the_indian_gap_and_opens_a_small_polish_one():
    indian_1, indian_2, polish_1, polish_2 = (
        rate("call_centre", system, accent=accent, noise="street")
        - rate("call_centre", system, accent="English", noise="street")
        for accent in ("Indian", "Polish")
        for system in SYSTEMS
    )

    assert indian_1 > 0.08 and abs(indian_2) < 0.03
    assert abs(polish_1) < 0.03 and 0.02 < polish_2 < 0.09


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_nigerian_speakers_are_dropped_and_speakerphones_invent(name, system):
    assert rate(name, system, "dropped", accent="Nigerian") > 4 * rate(name, system, "dropped", accent="English")
    assert rate(name, system, "invented", device="speakerphone") > 5 * rate(name, system, "invented", device="headset")


def test_the_hum_of_the_ward_undoes_what_release_2_repaired():
    quiet, hum = (
        rate("ward", "release 2", accent="Indian", noise=noise)
        - rate("ward", "release 2", accent="English", noise=noise)
        for noise in ("quiet", "hum")
    )

    assert abs(quiet) < 0.03 and hum > 0.08


def adjust_polish(system: str) -> AdjustedGap:
    rows = COUNTED["call_centre", system]
    polish, english = rows["accent"] == "Polish", rows["accent"] == "English"
    covariates = rows[["noise", "device"]]
    return adjust_gap(rows["edits"], rows["words"], polish, covariates, rows["speaker"], outside=english)


def test_the_polish_gap_of_release_1_is_the_noise_of_the_street():
    gap = adjust_polish("release 1")

    assert gap.status == "ok" and gap.raw.ratio_low > 1
    assert gap.adjusted.ratio_low < 1 < gap.adjusted.ratio_high


def test_the_polish_gap_of_release_2_is_no_noise_alone():
    gap = adjust_polish("release 2")

    assert gap.raw.ratio > gap.adjusted.ratio > gap.adjusted.ratio_low > 1


# -- word lists ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_every_term_is_said_often_enough_and_the_hard_ones_fail(name):
    terms = (SAMPLES / f"{name}_terms.txt").read_text(encoding="utf-8").lower().split("\n")
    said = pd.Series(" ".join(read(name)["reference"].map(lower)).split()).value_counts()
    counted = COUNTED[name, "release 1"]

    assert terms.pop() == "" and len(set(terms)) == len(terms)
    assert set(HARD) <= set(terms)
    assert said[terms].min() >= 25
    assert binomtest(int(counted["misheard"].sum()), int(counted["hard"].sum()), 0.5).pvalue > 0.01
