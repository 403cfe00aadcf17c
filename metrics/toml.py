"""TOML as people write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["write_toml"]


def write_toml(tree: Mapping[str, Any], name: str = "") -> str:
    """Write a tree the way people do: values first, a line each, then a [table] or [[table]] each."""
    tables = {key: value for key, value in tree.items() if _is_tables(value)}
    lines = [f"{_toml_key(key)} = {_toml_value(value)}\n" for key, value in tree.items() if key not in tables]
    for key, value in tables.items():
        path = name + _toml_key(key)
        head, several = (f"[{path}]", [value]) if isinstance(value, Mapping) else (f"[[{path}]]", value)
        lines += [f"\n{head}\n{write_toml(table, path + '.')}" for table in several]
    return "".join(lines)


def _toml_key(key: str) -> str:
    import tomli_w

    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")


def _toml_value(value: Any) -> str:
    import tomli_w

    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").removesuffix("\n")


def _is_tables(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))
