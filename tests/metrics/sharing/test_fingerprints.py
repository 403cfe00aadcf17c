"""The same rows saved anew are known again, and other rows are not."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metrics.reading import read_table
from metrics.schema import Attribute, Schema, System
from metrics.sharing.fingerprints import fingerprint_rows
from tests.paths import SAMPLES

SCHEMA = Schema(
    columns={"label": "label", "id": "id"},
    systems=(System(None, {"prediction": "prediction", "score": "score"}),),
    attributes=(Attribute("sex"), Attribute("age"), Attribute("smokes")),
)


def people(seed: int = 0, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(n)],
            "sex": rng.choice(["f", "m", None], n, p=[0.5, 0.4, 0.1]),
            "age": rng.integers(18, 90, n),
            "smokes": rng.random(n) < 0.3,
            "label": rng.integers(0, 2, n),
            "score": rng.random(n).round(3),
        }
    )
    return frame.assign(prediction=(frame["score"] > 0.5).astype(int))


def prints_of(data: bytes, schema: Schema = SCHEMA) -> set[str]:
    return set(fingerprint_rows(read_table(data, schema.file), schema))


def csv(frame: pd.DataFrame, **how: object) -> bytes:
    return frame.to_csv(index=False, **how).encode()


def parquet(frame: pd.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.to_parquet(written, index=False)
    return written.getvalue()


def excel(frame: pd.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.to_excel(written, index=False)
    return written.getvalue()


@pytest.mark.parametrize(
    "written",
    [
        lambda frame: csv(frame, lineterminator="\r\n"),
        lambda frame: csv(frame, sep=";", decimal=","),
        lambda frame: csv(frame.assign(label=frame["label"].astype(float))),
        parquet,
        excel,
        lambda frame: "\n".join(frame.to_json(orient="records", lines=True).splitlines()).encode(),
        lambda frame: csv(frame[frame.columns[::-1]]),
    ],
)
def test_the_format_and_the_order_of_columns_change_no_fingerprint(written: Callable[[pd.DataFrame], bytes]):
    assert prints_of(written(people())) == prints_of(csv(people())) != set()


CHANGES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "another order of rows": lambda f: f.sample(frac=1, random_state=1),
    "a column more": lambda f: f.assign(more=1),
    "no id": lambda f: f.drop(columns="id"),
    "an attribute fewer": lambda f: f.drop(columns="age"),
    "no score": lambda f: f.drop(columns="score"),
    "another model": lambda f: f.assign(prediction=1 - f["prediction"], score=1 - f["score"]),
    "an attribute fewer and another order": lambda f: f.drop(columns="smokes").sample(frac=1, random_state=2),
    "no score, fewer attributes and another order": lambda f: f.drop(columns=["score", "smokes", "id"]).sample(
        frac=1, random_state=3
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("written", [csv, parquet])
def test_the_same_rows_with_other_columns_or_in_another_order_have_a_fingerprint_in_common(change, written):
    changed = CHANGES[change](people())
    kept = [a for a in SCHEMA.attributes if a.column in changed]
    more = [Attribute("more")] if "more" in changed else []
    schema = replace(SCHEMA, attributes=(*kept, *more))

    assert prints_of(written(changed), schema) & prints_of(csv(people()))


@pytest.mark.parametrize(
    "other",
    [
        people(1),
        people().iloc[:-1],
        pd.concat([people(), people(1)]),
        people().assign(label=np.roll(people()["label"], 1), prediction=0, score=0.0),
    ],
)
def test_other_rows_have_none_in_common(other):
    assert not prints_of(csv(other)) & prints_of(csv(people()))


def test_two_halves_of_a_file_have_none_in_common_with_it_or_each_other():
    """Files that overlap in part cannot be known; the docs say so."""
    frame = people()
    found = [prints_of(csv(part)) for part in (frame, frame.iloc[:300], frame.iloc[100:])]

    assert not (found[0] & found[1] or found[0] & found[2] or found[1] & found[2])


def test_columns_that_are_alike_in_many_files_give_no_fingerprint():
    """Sorted labels and a constant answer, or numbered rows, are what many files have."""
    frame = pd.DataFrame({"label": [0] * 50 + [1] * 50, "prediction": 1, "sex": ["f"] * 50 + ["m"] * 50})
    schema = Schema(columns={"label": "label"}, systems=(System(None, {"prediction": "prediction"}),))
    numbered = replace(schema, columns={"label": "label", "id": "id"}, attributes=(Attribute("sex"),))

    assert prints_of(csv(frame), schema) == set()
    assert prints_of(csv(frame.assign(id=range(100))), numbered) == set()


def test_every_sample_is_known_again_as_parquet_in_another_order():
    for path in sorted(SAMPLES.glob("*.csv")):
        if not path.with_suffix(".toml").is_file():
            continue
        schema = Schema.load(path.with_suffix(".toml"))
        frame = pd.read_csv(path).sample(frac=1, random_state=0)
        assert prints_of(parquet(frame), schema) & prints_of(path.read_bytes(), schema), path.name
