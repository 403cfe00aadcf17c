"""ProPublica's published table of COMPAS, cell for cell, through the command line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from dashboard.cli import run
from tests.paths import SHARED, needs_shared

pytestmark = needs_shared

FOLDER = SHARED / "data" / "tabular" / "compas"
FILE = str(FOLDER / "compas-scores-two-years.csv")
WAYS = {
    "words": ("medium_or_high", "--prediction score_text --positive 1 --positive Medium --positive High"),
    "deciles": ("medium_or_high", "--score decile_score --threshold 5 --score-scale any --positive 1"),
    "high": ("high_only", "--prediction score_text --positive 1 --positive High"),
}
# The published rates, and the counts above and below the line of which each is made.
RATES = {
    "false_positive_rate": ("fpr_percent", "fp", ("fp", "tn")),
    "false_negative_rate": ("fnr_percent", "fn", ("fn", "tp")),
    "positive_predictive_value": ("ppv", "tp", ("tp", "fp")),
    "negative_predictive_value": ("npv", "tn", ("tn", "fn")),
    "true_positive_rate": ("sensitivity", "tp", ("tp", "fn")),
    "true_negative_rate": ("specificity", "tn", ("tn", "fp")),
    "base_rate": ("prevalence", "tp+fn", ("tp", "fp", "tn", "fn")),
}


def published(table: str) -> dict[str, dict[str, float]]:
    groups = json.loads((FOLDER / "propublica_headline.json").read_text(encoding="utf-8"))[table]
    return {"everyone" if name == "All defendants" else name: cells for name, cells in groups.items()}


@pytest.mark.parametrize("way", WAYS)
def test_every_cell_of_the_published_table(way, capsys):
    table, options = WAYS[way]

    code = run(["measure", FILE, "--label", "two_year_recid", *options.split(), "--by", "race", "--format", "json"])

    found = {
        (row["slice"].get("race", "everyone"), row["metric"]): row
        for row in json.loads(capsys.readouterr().out)["estimates"]
    }
    assert code == 0
    for group, cells in published(table).items():
        for metric, (name, top, below) in RATES.items():
            row = found[group, metric]
            counts = (sum(cells[c] for c in top.split("+")), sum(cells[c] for c in below))
            assert (row["top"], row["below"], row["units"]) == (*counts, cells["n"]), (group, metric)
            assert row["value"] == counts[0] / counts[1]
            if name in cells:
                shown = round(100 * row["value"], 2) if name.endswith("percent") else round(row["value"], 2)
                assert shown == cells[name], (group, metric)
        assert found[group, "accuracy"]["below"] == cells["n"]


def test_the_whole_file_is_read(capsys):
    run(["measure", FILE, "--label", "two_year_recid", *WAYS["words"][1].split(), "--by", "race", "--format", "json"])

    (source,) = json.loads(capsys.readouterr().out)["sources"]
    assert source["name"] == "compas-scores-two-years.csv"
    assert source["rows_read"] == source["rows_used"] == 7214
    assert source["sha256"] == hashlib.sha256(Path(FILE).read_bytes()).hexdigest()


def test_of_two_columns_of_one_name_the_plain_one_is_the_first(capsys):
    options = ["--score", "decile_score (2)", "--threshold", "5", "--score-scale", "any", "--positive", "1"]
    asked = ["--by", "race", "--metric", "selection_rate", "--format", "json"]
    code = run(["measure", FILE, "--label", "two_year_recid", *options, *asked])

    out = json.loads(capsys.readouterr().out)
    everyone = out["estimates"][0]
    assert code == 0
    assert (everyone["slice"], everyone["top"], everyone["below"]) == ({}, 2035 + 1282, 7214)
    assert any("decile_score" in f["where"] for f in out["findings"])
