"""Files to open pages on: COMPAS with an explicit schema, and one whose every name is hostile."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.datasets import FILE_VARIABLE, OPENED, SCHEMA_VARIABLE, name_opened
from metrics import Cubes, Results, Schema, count_cells, read_results, score
from metrics.reading.limits import Limits
from tests.dashboard.pages import HOSTILE, open_page, rerun
from tests.paths import SAMPLES, SHARED

COMPAS = SHARED / "data/tabular/compas/compas-scores-two-years.csv"
COMPAS_SCHEMA = """
task = "classification"
label = "two_year_recid"
positive = ["1"]
favourable = "negative"
id = "id"
threshold = 5
score_scale = "any"
[[system]]
score = "decile_score"
[[attribute]]
column = "race"
[[attribute]]
column = "sex"
"""
HOSTILE_ROWS = 120


def open_file(monkeypatch: pytest.MonkeyPatch, folder: Path, file: Path, schema: str) -> str:
    """Have the dashboard started on a file, as by the command, and return the file's address."""
    path = folder / "schema.toml"
    path.write_text(schema, encoding="utf-8")
    for variable in (FILE_VARIABLE, SCHEMA_VARIABLE):  # so that they are forgotten after the test
        monkeypatch.setenv(variable, "")
    name_opened([(file.name, file)], Limits.command_line(), path)
    return OPENED


def open_with(page: str, data: str, **chosen: object) -> AppTest:
    """Open a page and choose things in its widgets, by their keys (AppTest binds no widget to the address)."""
    app = open_page(page, data=data)
    for key, value in chosen.items():
        app.session_state[key] = value
    return rerun(app)


def open_compas(monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    return open_file(monkeypatch, folder, COMPAS, COMPAS_SCHEMA)


def write_hostile(folder: Path) -> tuple[Path, str]:
    """Write a file in which the names of the attributes, their levels, the model and an id are hostile."""
    one, two = HOSTILE[0], HOSTILE[3]
    rows = {
        "id": [f"{HOSTILE[4]} {i}" for i in range(HOSTILE_ROWS)],
        one: [HOSTILE[i % 3] for i in range(HOSTILE_ROWS)],
        two: [HOSTILE[3 + i % 4] for i in range(HOSTILE_ROWS)],
        "label": [i % 2 for i in range(HOSTILE_ROWS)],
        "score": [(i * 37 % 100) / 100 for i in range(HOSTILE_ROWS)],
    }
    file = folder / "hostile.csv"
    pd.DataFrame(rows).to_csv(file, index=False)
    schema = f"""
task = "classification"
label = "label"
id = "id"
positive = ["1"]
favourable = "positive"
threshold = 0.5
[[system]]
name = '''{HOSTILE[1]}'''
score = "score"
[[attribute]]
column = '''{one}'''
[[attribute]]
column = '''{two}'''
"""
    return file, schema


def read_sample(name: str) -> Results:
    return read_results(SAMPLES / f"{name}.csv", Schema.load(SAMPLES / f"{name}.toml"))


def cubes_of(name: str) -> Cubes:
    """The cubes of a sample, by the core alone."""
    return count_cells(score(read_sample(name)))
