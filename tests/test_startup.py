"""Starting is quick because nothing is loaded that only some questions need."""

from __future__ import annotations

import subprocess
import sys

from tests.paths import ROOT


def test_importing_metrics_loads_none_of_the_heavy_libraries():
    loaded = _loaded_by("import metrics")

    assert "metrics" in loaded
    assert loaded & {"scipy", "sklearn", "streamlit", "plotly", "jiwer", "polars", "duckdb", "matplotlib"} == set()


def test_the_command_line_starts_without_the_screen():
    loaded = _loaded_by("import dashboard.cli")

    assert "click" in loaded
    assert loaded & {"streamlit", "plotly", "sklearn", "jiwer"} == set()


def test_these_checks_see_what_is_loaded():
    assert {"statistics", "json"} <= _loaded_by("import statistics, json")


def _loaded_by(statement: str) -> set[str]:
    """The top-level packages in `sys.modules` of a fresh process after `statement`."""
    code = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())
