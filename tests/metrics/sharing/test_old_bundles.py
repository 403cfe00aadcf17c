"""Bundles of earlier versions of the format, which somebody may still have, are read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.compare import compare
from metrics.estimate import estimate
from metrics.sharing.bundle import read_bundle
from metrics.sharing.bundle_head import VERSION
from metrics.spread import spread
from tests.metrics.sharing.make_old_bundles import FOLDER
from tests.metrics.sharing.speech import utterances


def test_a_bundle_of_every_version_is_kept():
    kept = {path.name for path in FOLDER.iterdir()}

    assert {f"version_{n}.{end}" for n in range(1, VERSION + 1) for end in ("fairness.zip", "csv")} == kept


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_an_old_bundle_gives_what_its_rows_gave(version):
    shared = read_bundle(FOLDER / f"version_{version}.fairness.zip")
    rows = pd.read_csv(FOLDER / f"version_{version}.csv")
    by = list(shared.terms.groupings)

    found = estimate(shared.cubes, by)
    assert found["slice"].map(str).tolist() == rows["slice"].tolist()
    assert found["metric"].tolist() == rows["metric"].tolist()
    shown = (found["status"] != "suppressed").to_numpy()
    assert 0 < (~shown).sum() < len(found)
    for column in ("value", "top", "below", "units", "clusters"):
        np.testing.assert_allclose(found[column][shown], rows[column][shown], rtol=1e-12, atol=0)
    for baseline in ("rest", "overall", "largest", "best"):
        assert compare(shared.cubes, by, baseline=baseline)["low"].notna().any()
    assert spread(shared.cubes, by)["noise_floor"].notna().any()


def test_a_bundle_of_version_1_has_no_examples_and_one_of_version_2_has_words_of_its_rows():
    assert read_bundle(FOLDER / "version_1.fairness.zip").examples is None
    found = read_bundle(FOLDER / "version_2.fairness.zip").examples

    assert found is not None and len(found) == 6
    rows = utterances(20, 900, (7, 2), speakers=150)
    kept = {tuple(row) for row in rows[["a0", "reference", "one", "two"]].to_numpy().tolist()}
    assert {(found.slice_of(e).to_dict()["a0"], e.said, *e.heard) for e in found.told} <= kept
