"""A file with one planted slice, counted by hand, and one in which all fare alike.

Four groups of 200 rows: 20 errors each, but 80 where a = x and b = u. So 80 of 200 against 60 of 600 of everyone else.
"""

from __future__ import annotations

import pandas as pd

from metrics.find import Found, Search, find
from metrics.slices import Slice
from tests.metrics.build import cube_of

PLANTED = Slice((("a", "x"), ("b", "u")))
N = 200


def rows_with(errors: dict[tuple[str, str], int]) -> pd.DataFrame:
    """Return rows of the columns a, b, label and prediction."""
    rows = [
        {"a": a, "b": b, "label": str(i % 2), "prediction": str(i % 2 if i >= wrong else 1 - i % 2)}
        for (a, b), wrong in errors.items()
        for i in range(N)
    ]
    return pd.DataFrame(rows)


PLANTED_ROWS = rows_with({("x", "u"): 80, ("x", "v"): 20, ("y", "u"): 20, ("y", "v"): 20})
FAIR_ROWS = rows_with({("x", "u"): 20, ("x", "v"): 20, ("y", "u"): 20, ("y", "v"): 20})


def searched(frame: pd.DataFrame, metric: str = "error_rate", **asked: object) -> Found:
    """Return what a search of both attributes finds."""
    (cube,) = cube_of(frame, ["a", "b"])
    return find(cube, Search(metric, ("a", "b"), **asked))  # type: ignore[arg-type]
