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
    assert 0 < (~shown).sum() < len(found) / 2
    for column in ("value", "top", "below", "units", "clusters"):
        np.testing.assert_allclose(found[column][shown], rows[column][shown], rtol=1e-12, atol=0)
    for baseline in ("rest", "overall", "largest", "best"):
        assert compare(shared.cubes, by, baseline=baseline)["low"].notna().any()
    assert spread(shared.cubes, by)["noise_floor"].notna().any()
