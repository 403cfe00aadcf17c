"""The rows that every benchmark works on: one seeded generator, whatever the size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from metrics.schema import Schema
from metrics.scored import Axis, Scored
from metrics.tasks import score_units

SEED = 20_260_101
LEVELS = {
    "sex": ["female", "male"],
    "age": ["under 25", "25 to 34", "35 to 44", "45 to 54", "55 and over"],
    "region": ["north", "north east", "east", "south", "south west", "west", "abroad"],
    "education": ["none", "school", "college", "university"],
    "language": ["first", "second", "neither"],
    "channel": ["app", "branch", "broker", "phone", "post", "web"],
}
AXES = tuple(LEVELS)
# Six attributes and their fifteen pairs: 21 groupings, 322 slices.
GROUPINGS: tuple[str | tuple[str, ...], ...] = (*AXES, *combinations(AXES, 2))
COUNT_METRICS = (
    "selection_rate",
    "accuracy",
    "error_rate",
    "true_positive_rate",
    "false_negative_rate",
    "false_positive_rate",
    "true_negative_rate",
    "positive_predictive_value",
    "negative_predictive_value",
    "false_discovery_rate",
    "false_omission_rate",
)
_BLOCK = 1_000_000


def make_rows(n: int, start: int = 0, columns: Sequence[str] = (*AXES, "label", "prediction")) -> pd.DataFrame:
    """Return n rows of text columns: the attributes, `label` and `prediction` (0 or 1 as text); `score` is a number.

    Groups differ a little in base rate and error rate. `start` names the block of a longer file.
    """
    generator = np.random.default_rng([SEED, start])
    codes = {axis: generator.integers(0, len(levels), n, dtype=np.int8) for axis, levels in LEVELS.items()}
    base = 0.35 + 0.05 * codes["sex"] + 0.02 * codes["age"]
    label = generator.random(n) < base
    score = np.clip(0.35 + 0.3 * label + 0.02 * codes["region"] + 0.2 * generator.standard_normal(n), 0, 1)
    made: dict[str, object] = {
        axis: pd.Categorical.from_codes(codes[axis], categories=levels).astype(object)
        for axis, levels in LEVELS.items()
        if axis in columns
    }
    words = np.array(["0", "1"], dtype=object)
    made |= {"label": words[label.astype(np.int8)], "prediction": words[(score >= 0.5).astype(np.int8)], "score": score}
    return pd.DataFrame({column: made[column] for column in columns})


def write_parquet(path: Path, n: int, columns: Sequence[str] = (*AXES, "label", "prediction")) -> Path:
    """Write n rows to a Parquet file block by block, once: a file that is there already is kept."""
    if path.exists():
        return path
    part = path.with_suffix(".part")
    writer = None
    for start in range(0, n, _BLOCK):
        rows = make_rows(min(_BLOCK, n - start), start, columns)
        table = pa.Table.from_pandas(rows, preserve_index=False)
        writer = writer or pq.ParquetWriter(part, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    part.rename(path)
    return path


def make_scored(n: int) -> Scored:
    """Return n scored rows of the same kind straight as codes, for what happens after reading."""
    generator = np.random.default_rng([SEED, n])
    axes = tuple(Axis(axis, tuple(levels)) for axis, levels in LEVELS.items())
    codes = tuple(generator.integers(0, len(axis.levels), n, dtype=np.uint8) for axis in axes)
    label = generator.random(n, dtype=np.float32) < 0.35 + 0.05 * codes[0].astype(np.float32)
    noise = generator.standard_normal(n, dtype=np.float32)
    score = np.clip(0.35 + 0.3 * label + 0.2 * noise, 0, 1).astype(np.float64)
    schema = Schema(task="classification", positive=("1",), columns={"label": "label"})
    words = pd.Index(["0", "1"], dtype="str")
    columns = {
        "label": pd.Series(pd.Categorical.from_codes(label.astype(np.int8), words)),
        "prediction": pd.Series(pd.Categorical.from_codes((score >= 0.5).astype(np.int8), words)),
    }
    units = score_units(schema, columns)
    units["score"], units["positive"] = score, label.astype(np.int8)
    return Scored("classification", None, axes=axes, codes=codes, rows=np.arange(n), **units)
