"""Rules of the house that a search of the source can hold."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.sources import imports_package, product_files

# What must not stand in the product, and why.
FORBIDDEN = {
    r"unsafe_allow": "text from a file could then run as HTML or script in someone's browser",
    r"use_container_width": "Streamlit has replaced it by width=",
    r"components\.v1|st\.experimental": "Streamlit is about to drop it",
    r"\.query\(": "pandas' query language can call any Python function",
    r"(?<![\w.])eval\(|(?<![\w.])exec\(|pd\.eval\(": "it runs text as code",
    r"(import|from) (pickle|joblib|dill)|read_pickle\(|pickle\.loads?\(|allow_pickle=True": "it runs what it reads",
    r"shell=True|os\.system\(": "text could become a command",
    r"page_icon=\s*[\"']:material": "the browser would fetch it from outside",
    r"st\.map\(|st\.pydeck_chart\(": "the browser would fetch map tiles from outside",
    r"https?://(?:cdn|fonts|unpkg)": "nothing is fetched from the network at run time",
    r"enableCORS|enableXsrfProtection": "these protections stay on",
    r"DO NOT MERGE|FIXME|XXX": "finish it or write an issue",
}


@cache
def _lines_of(path: Path) -> list[str]:
    return _code_of(path.read_text(encoding="utf-8")).splitlines()


def _code_of(text: str) -> str:
    """The source without comments and docstrings, which may speak of what the code must not do."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


@pytest.mark.parametrize("pattern", FORBIDDEN, ids=lambda pattern: pattern[:24])
def test_the_product_does_without(pattern):
    hits = [
        f"{path.relative_to(ROOT)}: {line.strip()} ({FORBIDDEN[pattern]})"
        for path in product_files()
        for line in _lines_of(path)
        if re.search(pattern, line)
    ]

    assert hits == []


@pytest.mark.parametrize("package", ["requests", "httpx", "urllib.request", "urllib3", "aiohttp", "ftplib"])
def test_the_product_fetches_nothing(package):
    assert [str(path.relative_to(ROOT)) for path in product_files() if imports_package(path, package)] == []


def test_comments_may_speak_of_what_the_code_must_not_do():
    assert "eval" not in _code_of('"""Never eval(text)."""\nx = 1  # no eval( here\n')


def test_the_code_that_is_searched_keeps_its_calls():
    assert "eval(" in _code_of('def run(text):\n    """Say so."""\n    return eval(text)\n')


def test_every_test_folder_is_a_package():
    """Else `import metrics` inside tests/metrics finds the tests."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}

    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_no_folder_is_called_pages_and_no_screen_module_is_called_metrics():
    """Streamlit takes `pages` for its own; `dashboard/metrics.py` would hide the package when run by path."""
    assert not (ROOT / "dashboard" / "pages").exists()
    assert not (ROOT / "dashboard" / "metrics.py").exists()


def test_constraints_pin_every_dependency_by_version_alone():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]

    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9A-Za-z.]*", line)] == []
    assert _names_of(_declared()) <= {line.partition("==")[0] for line in lines}


def test_dependencies_have_a_lower_bound_and_are_not_pinned():
    assert [need for need in _declared() if ">=" not in need or "==" in need] == []


def _declared() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["dependencies"] + [need for extra in project["optional-dependencies"].values() for need in extra]


def _names_of(needs: list[str]) -> set[str]:
    return {re.split(r"[<>=\[;~! ]", need)[0] for need in needs}
