"""TOML as people write it, and as strangers may: what is none is said, and breaks nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from metrics.errors import stop

__all__ = ["MOST_SIGNS", "read_toml", "write_toml"]

MOST_SIGNS = 1_000_000
_DEEPEST = 32  # tables and lists inside each other; what is read here needs four
_MOST_BITS = 64  # of a whole number, as TOML has it

# So many keys with points between that a parser is at them for minutes.
_LONG_KEY = re.compile(r"(?<![\w.-])(?:[\w-]+[ \t]*\.[ \t]*){64}")


def read_toml(text: str, where: str, cure: str = "Mend the line it names.") -> dict[str, Any]:
    """Return the tree of a TOML text. Raises ResultsError, which names `where`, for whatever cannot be read.

    That is what is no TOML (`cure` then says what to do), what is longer than `MOST_SIGNS`, nests deeper than any file
    of ours, or has a whole number beyond the 64 bits of TOML: nobody who is given the tree has to fear its size.
    """
    if len(text) > MOST_SIGNS:
        raise stop(where, f"has over {MOST_SIGNS:,} signs.", "Shorten it.")
    too_deep = stop(where, f"nests over {_DEEPEST} tables or lists in each other.", "Write fewer [, { and points.")
    if _LONG_KEY.search(text):
        raise too_deep
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise stop(where, f"is no valid TOML: {str(error).rstrip('.')}.", cure) from error
    except RecursionError as error:
        raise too_deep from error
    except ValueError as error:  # Python reads no decimal number of thousands of digits
        raise stop(where, "has a number with too many digits.", "Write a shorter number.") from error
    for value, depth in _values(tree):
        if depth > _DEEPEST:
            raise too_deep
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise stop(where, f"has a whole number of over {_MOST_BITS} bits.", "Write a shorter number.")
    return tree


def _values(tree: dict[str, Any]) -> Iterator[tuple[Any, int]]:
    """Give every value with how deep it stands, without recursion."""
    left: list[tuple[Any, int]] = [(tree, 0)]
    while left:
        value, depth = left.pop()
        yield value, depth
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        left.extend((part, depth + 1) for part in inner)


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
