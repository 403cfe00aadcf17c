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
    {"progress", "errors", "locks", "strict_json", "toml", "tree_reader"},
    {"registry", "formatting", "formulas", "intervals", "levels", "multiplicity", "noise", "text"},
    {"tasks"},  # the declarations; how units are scored comes with `scored`
    {"schema"},
    {"predicates", "slices", "cell_conditions"},
    {"reading"},
    {"findings", "results", "transcript_findings"},
    {"scored", "tasks.scoring", "tasks.scoring_transcripts", "tasks.declared"},
    {"cube", "joining", "contributions", "cut_points"},
    {"moments", "sides", "apart", "ranks", "cluster_rates"},
    {"estimate"},
    {"compare", "spread", "adjusted"},
    {"answers", "criteria", "sensitivity"},
    {"policy"},
    {"constant", "exclusions", "units_needed", "verdict", "verdict_reasons"},
    {"judge", "judge_pairs"},
    {"question"},
    {"verdict_sensitivity"},
    {"writing"},
    {"sentences"},
    {"checked"},
    {"verdict_words"},
    {"verdict_junit", "verdict_markdown", "verdict_writing"},
    {"document", "document_tables", "document_packed", "document_json"},
    {"basis", "card_words", "accounts"},
    {"verify"},
    {"lattice", "lattice_floor", "lattice_sides", "nested"},
    {"find"},
    {"permutation", "shapley", "halves"},
    {"error_tree"},
    {"find_words"},
    {"find_writing"},
    {"two_sets"},
    {"series"},
    {"coverage"},
    {"bounty"},
    {"hunters"},
    {"usage"},
    {"families", "paired_shares", "pairing"},
    {"measured_changes"},
    {"changes"},
    {"serves_reasons", "serves", "trade_offs"},
    {"serves_words"},
    {"utterances"},
    {"sharing"},
)

# What works without a screen, though it serves one.
WITHOUT_STREAMLIT = (
    "dashboard/attributes_to_share.py",
    "dashboard/bounties.py",
    "dashboard/bounty_drafts.py",
    "dashboard/change_words.py",
    "dashboard/charts/",
    "dashboard/cli/",
    "dashboard/corrections.py",
    "dashboard/datasets.py",
    "dashboard/headers.py",
    "dashboard/hosting.py",
    "dashboard/jobs.py",
    "dashboard/main_file.py",
    "dashboard/report/",
    "dashboard/store/",
    "dashboard/returning.py",
    "dashboard/roles.py",
    "dashboard/theme.py",
    "dashboard/definitions.py",
    "dashboard/own_links.py",
    "dashboard/publishing.py",
    "dashboard/turns.py",
    "dashboard/upload_door.py",
    "dashboard/view.py",
    "dashboard/viewer.py",
    "dashboard/words.py",
    "dashboard/workspace.py",
)


def _names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def _metrics_files() -> list[Path]:
    return [path for path in product_files() if path.relative_to(ROOT).parts[0] == "metrics"]


@pytest.mark.parametrize("package", ["streamlit", "plotly", "dashboard"])
def test_metrics_knows_nothing_of_the_screen(package):
    guilty = [path for path in _metrics_files() if imports_package(path, package)]

    assert _names(guilty) == []


@pytest.mark.parametrize("package", ["streamlit", "plotly", "dashboard"])
def test_tests_of_metrics_run_without_a_screen(package):
    guilty = [path for path in (ROOT / "tests" / "metrics").rglob("*.py") if imports_package(path, package)]

    assert _names(guilty) == []


@pytest.mark.parametrize("package", ["streamlit", "dashboard.state", "dashboard.controls", "dashboard.views"])
def test_charts_are_functions_from_tables_to_figures(package):
    charts = [path for path in product_files() if path.is_relative_to(ROOT / "dashboard" / "charts")]
    guilty = [path for path in charts if imports_package(path, package)]

    assert _names(guilty) == []


def test_what_serves_a_screen_knows_no_streamlit_but_for_the_open_command():
    guilty = [path for path in product_files() if imports_package(path, "streamlit")]

    assert {name for name in _names(guilty) if name.startswith(WITHOUT_STREAMLIT)} <= {"dashboard/cli/open.py"}


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
    modules = {module_of(path): path for path in _metrics_files() if module_of(path) != "metrics"}
    wrong = [
        f"{name} imports {other}"
        for name, path in modules.items()
        for other in imports_of(path)
        if other in modules and _package(other) != _package(name) and _step(other) > _step(name)
    ]

    assert wrong == []


def _step(module: str) -> int:
    """The place of a module in the line; a module counts as its package where it is not named itself."""
    steps = {f"metrics.{name}": number for number, names in enumerate(LINE) for name in names}
    return steps.get(module, steps.get(_package(module), len(LINE)))


def _package(module: str) -> str:
    return ".".join(module.split(".")[:2])


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
