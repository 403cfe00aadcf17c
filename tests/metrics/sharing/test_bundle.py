"""A bundle that is written and read gives the very numbers that were shared."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from functools import cache

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from metrics.compare import compare
from metrics.criteria import criteria
from metrics.estimate import estimate
from metrics.sharing.bundle import read_bundle, write_bundle
from metrics.sharing.shared_cube import Shared
from metrics.spread import spread
from tests.metrics.sharing.shared_files import FORMS, plain, read_sample, share_results, spread_clusters

SAMPLES = ("lending", "call_centre", "screening", "waiting", "routing", "loans_by_month", "ward")


@cache
def shared_of(name: str) -> Shared:
    if name in FORMS:
        return share_results(FORMS[name]())
    if name == "spread_clusters":
        return share_results(spread_clusters())
    results = read_sample(name)
    return share_results(results, [str(column) for column in results.attributes][:2])


@cache
def bundle_of(name: str) -> bytes:
    return write_bundle(shared_of(name))


@pytest.mark.parametrize("name", [*FORMS, "spread_clusters", *SAMPLES])
def test_a_bundle_gives_the_tables_of_what_was_shared(name):
    ours, theirs = shared_of(name), read_bundle(bundle_of(name))
    by = list(ours.terms.groupings)
    axis = ours.axes[0]

    for ask in (estimate, spread, criteria):
        pd.testing.assert_frame_equal(ask(theirs.cubes, by), ask(ours.cubes, by), check_exact=True)
    for least, sure in ((30, 0.95), (1, 0.8)):
        found = [estimate(s.cubes, by, min_units=least, confidence=sure) for s in (theirs, ours)]
        pd.testing.assert_frame_equal(*found, check_exact=True)
    for baseline in ("rest", "overall", "largest", "best", f"{axis.name} = '{axis.levels[0]}'"):
        groupings = [axis.name] if "=" in baseline else by
        told = {"kinds": ("difference", "ratio"), "baseline": baseline}
        found = [compare(s.cubes, groupings, **told) for s in (theirs, ours)]
        pd.testing.assert_frame_equal(*found, check_exact=True)


@pytest.mark.parametrize("name", [*FORMS, "lending", "call_centre"])
def test_a_bundle_says_what_was_shared(name):
    ours, theirs = shared_of(name), read_bundle(bundle_of(name))

    for said in ("terms", "made", "versions", "sources", "schema", "left_out", "units", "axes"):
        assert getattr(theirs, said) == getattr(ours, said), said
    assert theirs.cubes.systems == ours.cubes.systems
    assert theirs.cubes.metrics == ours.cubes.metrics
    assert [c.definitions for c in theirs.cubes] == [c.definitions for c in ours.cubes]


@pytest.mark.parametrize("name", FORMS)
def test_the_same_gives_the_same_bytes(name):
    again = share_results(FORMS[name]())

    assert write_bundle(again) == bundle_of(name)
    assert write_bundle(read_bundle(bundle_of(name))) == bundle_of(name)


def test_a_bundle_is_read_from_bytes_a_path_or_a_stream(tmp_path):
    data = bundle_of("plain")
    path = tmp_path / "x.fairness.zip"
    path.write_bytes(data)

    for source in (data, path, str(path), io.BytesIO(data)):
        assert read_bundle(source).terms == shared_of("plain").terms


def test_the_numbers_are_parquet_that_others_read():
    with zipfile.ZipFile(io.BytesIO(bundle_of("plain"))) as archive:
        head = json.loads(archive.read("bundle.json"))
        answers = pq.read_table(io.BytesIO(archive.read("answers.parquet"))).to_pandas()

    metric, place = head["metrics"].index("accuracy"), head["groupings"].index(["sex"])
    own = answers[(answers["metric"] == metric) & (answers["grouping"] == place) & (answers["side"] == 0)]
    asked = estimate(shared_of("plain").cubes, ["sex"], ["accuracy"])
    shown = asked[(asked["status"] != "suppressed") & (asked["slice"].map(str) != "")].iloc[1:]
    np.testing.assert_array_equal(own["value"], shown["value"])


def test_of_a_hidden_slice_nothing_is_written_but_that_it_is_there():
    shared = shared_of("clustered")
    with zipfile.ZipFile(io.BytesIO(bundle_of("clustered"))) as archive:
        cells = pq.read_table(io.BytesIO(archive.read("cells.parquet"))).to_pandas()
        tables = {n: pq.read_table(io.BytesIO(archive.read(f"{n}.parquet"))).to_pandas() for n in ("answers", "pairs")}

    hidden = cells[cells["hidden"] == 1]
    assert len(hidden) and (hidden["units"] == 0).all()
    for table in tables.values():
        for column in {"cell", "other"} & set(table.columns):
            told = table.merge(hidden, left_on=["system", "grouping", column], right_on=["system", "grouping", "cell"])
            assert told.empty
    asked = estimate(shared.cubes, list(shared.terms.groupings))
    assert (asked["status"] == "suppressed").sum() == len(hidden) * len(shared.terms.metrics)


def test_criteria_that_are_counted_from_rows_are_not_told_of_what_is_shared():
    found = criteria(share_results(plain()).cubes, ["sex"], strata=["age"])

    assert "equalized_odds" in set(found["name"])
    assert not {"theil_index", "calibration_within_groups", "conditional_demographic_disparity"} & set(found["name"])


def test_it_says_about_how_much_memory_it_takes():
    data = bundle_of("lending")
    read_bundle(data)  # what is kept from the first reading is not of the bundle

    tracemalloc.start()
    try:
        shared = read_bundle(data)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken / 2 <= shared.nbytes <= 2 * taken
