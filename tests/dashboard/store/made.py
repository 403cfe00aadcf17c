"""Uploads and reports for the tests of the workspace."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

from dashboard.workspace import Kept, Report, Workspace
from metrics.schema import Schema

__all__ = ["BUNDLE", "ROWS", "SOURCE", "keep", "publish"]

ROWS = b"id,label,prediction\n1,yes,no\n"
BUNDLE = b"PK\x03\x04 a bundle"
SOURCE = "5e" * 32


def keep(root: Path, name: str = "mine.csv", data: bytes = ROWS, **settings: Any) -> Kept:
    return Workspace(root, **settings).keep([(name, io.BytesIO(data))], Schema(), 10**9)


def publish(root: Path, bundle: bytes = BUNDLE, **told: Any) -> tuple[Report, str]:
    usual = {"title": "Lending", "owner": "", "readers": None, "sources": (SOURCE,), "memory": "{}"}
    return Workspace(root).publish(bundle, **{**usual, "ends": time.time() + 3600, **told})
