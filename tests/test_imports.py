"""Imports run one way: screen to metrics, and inside metrics along the line from file to verdict."""

from __future__ import annotations

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.sources import imports_of, imports_package, module_of, product_files

# Each step of the line may import from its own and from earlier ones. A module that is named nowhere stands at the end.
LINE = (
    {"errors", "registry", "writing"},
    {"intervals", "text"},
    {"tasks"},
    {"schema"},
    {"predicates"},
    {"slices"},
    {"reading"},
    {"findings", "results"},
    {"scored"},
    {"ranks"},
    {"cube"},
    {"estimate"},
    {"compare"},
    {"criteria"},
)

# The files that may know Streamlit: the command that opens the dashboard, and what is on screen.
SCREEN = (
    "dashboard/cli/open.py",
    "dashboard/app.py",
    "dashboard/state.py",
    "dashboard/controls.py",
    "dashboard/views/",
)


def _names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def _metrics_files() -> list[Path]:
    return [path for path in product_files() if path.relative_to(ROOT).parts[0] == "metrics"]


@pytest.mark.parametrize("package", ["streamlit", "plotly", "dashboard"])
def test_metrics_knows_nothing_of_the_screen(package):
    guilty = [path for path in _metrics_files() if imports_package(path, package)]

    assert _names(guilty) == []


@pytest.mark.parametrize("package", ["streamlit", "dashboard.state", "dashboard.controls", "dashboard.views"])
def test_charts_are_functions_from_tables_to_figures(package):
    charts = [path for path in product_files() if path.is_relative_to(ROOT / "dashboard" / "charts")]
    guilty = [path for path in charts if imports_package(path, package)]

    assert _names(guilty) == []


def test_only_the_screen_and_the_open_command_import_streamlit():
    guilty = [path for path in product_files() if imports_package(path, "streamlit")]

    assert [name for name in _names(guilty) if not name.startswith(SCREEN)] == []


@pytest.mark.parametrize("package", ["streamlit", "plotly", "sklearn"])
def test_the_command_line_starts_without_heavy_libraries(package):
    files = [path for path in product_files() if path.is_relative_to(ROOT / "dashboard" / "cli")]
    guilty = [path for path in files if imports_package(path, package, when_loaded_only=True)]

    assert _names(guilty) == []


def test_state_is_the_only_user_of_session_state_and_the_address():
    guilty = [
        path
        for path in product_files()
        if any(word in path.read_text(encoding="utf-8") for word in ("st.session_state", "st.query_params"))
    ]

    assert set(_names(guilty)) <= {"dashboard/state.py"}


def test_inside_metrics_imports_run_along_the_line():
    """Also inside functions: a late import is for speed, never for going backwards."""
    step = {name: number for number, names in enumerate(LINE) for name in names}
    wrong = []
    for path in _metrics_files():
        parts = module_of(path).split(".")
        if len(parts) == 1:
            continue  # metrics/__init__.py gathers the public names
        here = step.get(parts[1], len(LINE))
        for name in imports_of(path):
            there = name.split(".")
            if there[0] == "metrics" and len(there) > 1 and step.get(there[1], here) > here:
                wrong.append(f"{module_of(path)} imports {name}")

    assert wrong == []


def test_no_module_of_metrics_imports_itself_by_a_detour():
    modules = {module_of(path): path for path in _metrics_files()}
    graph = {
        name: {other for other in imports_of(path, when_loaded_only=True) if other in modules and other != name}
        for name, path in modules.items()
        if name != "metrics"
    }
    for name, others in graph.items():
        graph[name] = others - {"metrics"} - {name.rpartition(".")[0]}

    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" imports ".join(error.args[1]))
    assert set(graph) <= set(order)


def test_metrics_is_whole_without_a_screen():
    """`make test` runs all tests of `metrics` this way; here every module of it is imported."""
    modules = ", ".join(module_of(path) for path in _metrics_files())
    run = _run_python(f"import tests.without_screen, {modules}\nprint(len(metrics.__name__))")

    assert (run.returncode, run.stdout.strip()) == (0, "7"), run.stderr


def test_without_a_screen_there_is_none():
    run = _run_python("import tests.without_screen\nimport streamlit")

    assert "hidden by tests/without_screen.py" in run.stderr


def _run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
