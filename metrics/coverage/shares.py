"""How the mix of a file compares with shares known from elsewhere: a census, a customer base."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from metrics.cube import Cube

__all__ = ["SHARE_COLUMNS", "against_shares", "read_shares"]

SHARE_COLUMNS = ["axis", "level", "units", "share", "expected", "difference", "low", "high", "needed"]


def read_shares(source: Path | bytes, name: str = "shares") -> pd.DataFrame:
    """Read a table of shares, columns axis, level and share. Raises ResultsError with every reason at once."""
    raise NotImplementedError


def against_shares(cube: Cube, shares: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return SHARE_COLUMNS, a row a level: its share of the rows whose level is known, here and as expected.

    `low` and `high` are the limits of `difference`, share minus expected. Raises QuestionError for an axis or a level
    that the data do not have, suggesting the nearest, and for shares of one axis that do not add up to 1 within 0.01.
    """
    raise NotImplementedError
