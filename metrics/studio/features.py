"""Columns of a file as the features of a model: which could serve, how they are read, and as numbers to learn from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from metrics.errors import QuestionError
from metrics.reading.cells import cells_of
from metrics.reading.table import Table
from metrics.schema import Schema

__all__ = ["encode_features", "list_features", "read_features"]

Floats = NDArray[np.float64]

_MOST_WORDS = 50  # a text column with more is no category
_MOST_LEVELS = 30  # of a category get a column of their own


def list_features(table: Table, schema: Schema) -> list[str]:
    """Return the columns that a model could learn from: numbers and categories that no role of the file has taken.

    Attributes are among them; labels, predictions, scores, ids, clusters, weights and attributions are not.
    """
    taken = {*schema.columns.values(), *schema.attributions.values()}
    taken |= {column for system in schema.systems for column in system.columns.values()}
    found = []
    for name in table.data.column_names:
        if name in taken or name.startswith("shap_"):
            continue
        cells = cells_of(table, name)
        if len(cells.present) > 1 and (cells.is_number or len(cells.present) <= _MOST_WORDS):
            found.append(name)
    return found


def read_features(table: Table, names: list[str]) -> pd.DataFrame:
    """Return columns of a file as numbers or as texts (None where empty), a row per row of the file."""
    columns = {}
    for name in names:
        cells = cells_of(table, name)
        if cells.is_number:
            columns[name] = pd.Series(cells.numbers)
        else:
            words = np.array([*cells.words, None], dtype=object)
            columns[name] = pd.Series(words[cells.codes], dtype=object)
    return pd.DataFrame(columns)


def encode_features(features: pd.DataFrame, learned: ArrayLike) -> Floats:
    """Return features as numbers, a row per row; what is learned of them (means, levels) is learned of some rows.

    Numbers are centred and scaled, a missing one is the mean and marked in a column of its own; the commonest levels of
    anything else are a column each.
    """
    columns: list[Floats] = []
    rows = np.asarray(learned)
    for name in features.columns:
        column = features[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
            numbers = np.where(np.isfinite(numbers), numbers, np.nan)
            missing = np.isnan(numbers)
            if missing[rows].all():
                continue
            centre, scale = np.nanmean(numbers[rows]), np.nanstd(numbers[rows]) or 1.0
            columns.append(np.where(missing, 0.0, (numbers - centre) / scale))
            if missing[rows].any():
                columns.append(missing.astype(np.float64))
        else:
            words = column.astype(object).where(column.notna(), "").astype(str)
            commonest = words.iloc[rows].value_counts().head(_MOST_LEVELS).index
            columns += [(words == level).to_numpy(dtype=np.float64) for level in sorted(commonest)]
    if not columns:
        raise QuestionError("The features hold nothing to learn from: every one of them is empty.")
    return np.stack(columns, axis=1)
