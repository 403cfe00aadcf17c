"""The product's own source files, and what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.paths import ROOT


def product_files() -> list[Path]:
    """Every Python file of the two packages."""
    return sorted(path for package in ("metrics", "dashboard") for path in (ROOT / package).rglob("*.py"))


def module_of(path: Path) -> str:
    """The dotted name of a file, such as `metrics.reading` for `metrics/reading/__init__.py`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file; not to be changed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path, *, when_loaded_only: bool = False) -> set[str]:
    """The full names a file imports: modules, and `module.name` for each name taken from one.

    What only type checkers see is left out; with `when_loaded_only` also what functions import.
    """
    found: set[str] = set()
    for node in _nodes(tree_of(path), when_loaded_only):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imports_package(path: Path, package: str, *, when_loaded_only: bool = False) -> bool:
    names = imports_of(path, when_loaded_only=when_loaded_only)
    return any(name == package or name.startswith(package + ".") for name in names)


def _nodes(tree: ast.AST, when_loaded_only: bool) -> Iterator[ast.AST]:
    yield tree
    for child in ast.iter_child_nodes(tree):
        inside_a_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if _is_for_type_checkers(child) or (when_loaded_only and inside_a_function):
            continue
        yield from _nodes(child, when_loaded_only)


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
