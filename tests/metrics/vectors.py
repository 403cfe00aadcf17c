"""The published examples of the statistics: input, and the numbers that two people compute alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.paths import SHARED

VECTORS = SHARED / "data" / "statistics" / "vectors.json"


def examples(*rules: str) -> list[Any]:
    """Return the examples of these rules as pytest parameters named after them; one that skips where there are none."""
    if not VECTORS.is_file():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"the worked examples are not there ({VECTORS})"))]
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(v, id=v["name"]) for v in vectors if v["rule"] in rules]


def number(found: Any) -> float | None:
    """Return a number as the examples write it: undefined and infinite are null."""
    return float(found) if abs(float(found)) < float("inf") else None
