"""The truth that was planted in the sample files is in them, counted here with pandas alone."""

from __future__ import annotations

import math
import re
import tomllib

import pandas as pd
import pytest
from scipy.stats import binomtest

from sample_data import make
from tests.paths import SAMPLES


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLES / f"{name}.csv", keep_default_na=False)


LENDING, SCREENING, ROUTING, WAITING = map(read, ("lending", "screening", "routing", "waiting"))
LOANS = read("loans_by_month")
REPAYERS = LENDING[LENDING["repaid"] == "yes"]
DEFAULTERS = LENDING[LENDING["repaid"] == "no"]
WOMEN_IN_THE_SOUTH = (REPAYERS["sex"] == "female") & (REPAYERS["region"] == "south")
YOUNG = (REPAYERS["age"] < 25) & ~WOMEN_IN_THE_SOUTH
ILL = SCREENING[SCREENING["ill"] == 1]
HEALTHY = SCREENING[SCREENING["ill"] == 0]


def count(hits: pd.Series, among: pd.Series | None = None) -> tuple[int, int]:
    chosen = hits if among is None else hits[among]
    return int(chosen.sum()), len(chosen)


def refused(model: str) -> pd.Series:
    return REPAYERS[f"decision_{model}"] == "refused"


def sent_there(department: str, language: str | None = None) -> tuple[int, int]:
    rows = ROUTING[ROUTING["department"] == department]
    rows = rows if language is None else rows[rows["first_language"] == language]
    return count(rows["sent_to"] == department)


def refused_in(months: tuple[str, ...], sex: str) -> tuple[int, int]:
    rows = LOANS[(LOANS["repaid"] == "yes") & (LOANS["sex"] == sex) & LOANS["decided_on"].str[:7].isin(months)]
    return count(rows["decision"] == "refused")


# The cells of the README's tables, counted from the files.
COUNTED = {
    "A | women in the south": count(refused("a"), WOMEN_IN_THE_SOUTH),
    "A | under 25, women in the south aside": count(refused("a"), YOUNG),
    "A | everyone else": count(refused("a"), ~WOMEN_IN_THE_SOUTH & ~YOUNG),
    "B | everyone": count(refused("b")),
    "portable": count(ILL["risk"] < 0.5, ILL["scanner"] == "portable"),
    "fixed": count(ILL["risk"] < 0.5, ILL["scanner"] == "fixed"),
    "complaints | other": sent_there("complaints", "other"),
    "complaints | local": sent_there("complaints", "local"),
    "claims | either": sent_there("claims"),
    "billing | either": sent_there("billing"),
    "women | September to November": refused_in(make.MONTHS[:3], "female"),
    **{
        f"women | {name}": refused_in((month,), "female")
        for name, month in zip(("December", "January", "February", "March", "April"), make.MONTHS[3:], strict=True)
    },
    "men | all eight months": refused_in(make.MONTHS, "male"),
}
TABLE_ROW = re.compile(r"^\| (?P<who>.+) \| (?P<planted>\d+) % \| (?P<top>\d+) of (?P<below>\d+) \|$", re.MULTILINE)
README = (SAMPLES / "README.md").read_text(encoding="utf-8")
WRITTEN = {row["who"]: row for row in TABLE_ROW.finditer(README)}


def test_every_counted_row_stands_in_the_readme():
    assert set(WRITTEN) == set(COUNTED)


@pytest.mark.parametrize("who", COUNTED)
def test_the_readme_tells_the_counts_of_the_file(who):
    assert (int(WRITTEN[who]["top"]), int(WRITTEN[who]["below"])) == COUNTED[who]


@pytest.mark.parametrize("who", COUNTED)
def test_the_planted_rate_explains_the_counts(who):
    top, below = COUNTED[who]

    assert binomtest(top, below, int(WRITTEN[who]["planted"]) / 100).pvalue > 0.05


@pytest.mark.parametrize(("who", "others"), [("A | women in the south", "A | everyone else"), ("portable", "fixed")])
def test_the_planted_gap_is_far_beyond_chance(who, others):
    (top, below), (other_top, other_below) = COUNTED[who], COUNTED[others]

    assert binomtest(top, below, other_top / other_below).pvalue < 1e-6


@pytest.mark.parametrize(("model", "planted"), [("a", 0.27), ("b", 0.25)])
@pytest.mark.parametrize("column", ["sex", "region"])
def test_false_approvals_are_alike_in_every_group(model, planted, column):
    approved = DEFAULTERS[f"decision_{model}"] == "approved"

    for _, chosen in approved.groupby(DEFAULTERS[column]):
        assert binomtest(*count(chosen), planted).pvalue > 0.01


@pytest.mark.parametrize("column", ["sex", "region", "ethnicity"])
def test_model_b_refuses_alike_in_every_group(column):
    for _, chosen in refused("b").groupby(REPAYERS[column]):
        assert binomtest(*count(chosen), 0.10).pvalue > 0.05


@pytest.mark.parametrize(
    ("who", "column", "level"), [("women", "sex", "female"), ("men", "sex", "male"), ("the south", "region", "south")]
)
def test_the_readme_tells_the_diluted_traces(who, column, level):
    top, below = count(refused("a"), REPAYERS[column] == level)

    assert f"{top} of {below}" in README, who


@pytest.mark.parametrize(("region", "planted"), [("north", 0.78), ("centre", 0.67), ("east", 0.67), ("south", 0.67)])
def test_applicants_repay_as_planted(region, planted):
    repaid = LENDING.loc[LENDING["region"] == region, "repaid"] == "yes"

    assert binomtest(*count(repaid), planted).pvalue > 0.05


def test_some_applicants_give_no_ethnicity_and_few_are_other():
    assert 0.07 < (LENDING["ethnicity"] == "").mean() < 0.09
    assert 0 < (REPAYERS["ethnicity"] == "Other").sum() < 30


def test_decisions_follow_from_the_scores_at_one_half():
    for model in "ab":
        assert ((LENDING[f"score_{model}"] >= 0.5) == (LENDING[f"decision_{model}"] == "approved")).all()


def test_a_hospital_has_one_scanner_and_many_patients():
    hospitals = SCREENING.groupby("hospital")

    assert len(hospitals) == 40
    assert (hospitals["scanner"].nunique() == 1).all()
    assert hospitals.size().min() >= 60
    assert ILL.loc[ILL["scanner"] == "portable", "hospital"].nunique() == 14


@pytest.mark.parametrize("column", ["scanner", "sex", "age", "insurance"])
def test_the_healthy_are_flagged_alike_in_every_group(column):
    for _, flagged in (HEALTHY["risk"] >= 0.5).groupby(HEALTHY[column]):
        assert binomtest(*count(flagged), 0.10).pvalue > 0.05


@pytest.mark.parametrize("column", ["sex", "age", "insurance"])
def test_screening_misses_alike_where_nothing_was_planted(column):
    missed = ILL["risk"] < 0.5

    for _, chosen in missed.groupby(ILL[column]):
        assert binomtest(*count(chosen), missed.mean()).pvalue > 0.05


@pytest.mark.parametrize(("interpreter", "planted"), [("yes", -12), ("no", 0)])
def test_forecasts_are_off_as_planted(interpreter, planted):
    off = (WAITING["predicted"] - WAITING["waited"])[WAITING["interpreter"] == interpreter]

    assert abs(off.mean() - planted) < 2 * 10 / math.sqrt(len(off))
    assert f"| {interpreter} | {planted} minutes | {off.mean():.1f} over {len(off)} |" in README
    assert 9 < off.std() < 11


@pytest.mark.parametrize("name", [*make.FILES, *make.WORD_LISTS])
def test_the_committed_file_is_what_make_writes(tmp_path, name):
    make.main(tmp_path)

    assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()


@pytest.mark.parametrize("name", make.FILES)
def test_every_file_has_a_schema_that_names_its_columns(name):
    columns = set(read(name.removesuffix(".csv")).columns)
    schema = tomllib.loads((SAMPLES / name).with_suffix(".toml").read_text(encoding="utf-8"))
    roles = [schema[role] for role in ("id", "label", "reference", "cluster") if role in schema]
    answers = [
        system[role] for system in schema["system"] for role in ("prediction", "score", "hypothesis") if role in system
    ]
    attributes = [attribute["column"] for attribute in schema["attribute"]]

    # The date is no attribute: the file is cut by it where somebody asks for that.
    dates = ["decided_on"] if name == "loans_by_month.csv" else []

    assert sorted(roles + answers + attributes + dates) == sorted(columns)
    assert {attribute["obtained"] for attribute in schema["attribute"]} <= {"self-reported", "annotated", "inferred"}
