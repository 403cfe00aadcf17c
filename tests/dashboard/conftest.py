"""Every test of a page has a workspace of its own and starts without anything kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from dashboard.datasets import FILE_VARIABLE, SCHEMA_VARIABLE


@pytest.fixture(autouse=True)
def workspace_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "uploads"
    monkeypatch.setenv("FAIRNESS_DASHBOARD_WORKSPACE", str(folder))
    for variable in (FILE_VARIABLE, SCHEMA_VARIABLE, "FAIRNESS_DASHBOARD_TTL_HOURS"):
        monkeypatch.delenv(variable, raising=False)
    st.cache_data.clear()
    st.cache_resource.clear()
    # A script that is run once, without a browser that asks again, has to wait for its numbers.
    monkeypatch.setattr("dashboard.waiting.PATIENCE", 60.0)
    yield folder
    st.cache_resource.clear()
