"""JSON from a stranger, read strictly: finite numbers, whole signs, and no key twice in one object."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

__all__ = ["check_plain", "load_strict"]

_HALVES = re.compile(r"\\u[dD][89a-fA-F]")  # escapes of halves of a sign


def load_strict(text: str) -> Any:
    """Return what JSON text holds. Raises ValueError where it is damaged, RecursionError where it is too deep.

    >>> load_strict('{"a": [1, null]}')
    {'a': [1, None]}
    """
    tree = json.loads(text, parse_float=_read_number, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twice)
    if _HALVES.search(text):  # a lone one is text that cannot be written as UTF-8
        try:
            json.dumps(tree, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("an escape is half a sign (a lone surrogate)") from error
    return tree


def check_plain(tree: Any, *, depth: int, longest: int) -> None:
    """Raise ValueError for what JSON can hold and no file of ours does, such as numbers beyond floats.

    `depth` is the deepest nesting, `longest` the most signs of a text.
    """
    todo = [(tree, 0)]
    while todo:
        value, at = todo.pop()
        if isinstance(value, str):
            if len(value) > longest:
                raise ValueError(f"holds a text of {len(value):,} signs")
            if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
                raise ValueError("holds half a sign (a lone surrogate)")
        elif isinstance(value, bool) or value is None:
            continue
        elif isinstance(value, int | float):
            if not _is_float(value):
                raise ValueError("holds a number too large")
        elif at == depth:
            raise ValueError(f"is nested deeper than {depth} levels")
        else:
            inner = [*value.keys(), *value.values()] if isinstance(value, dict) else value
            todo += [(entry, at + 1) for entry in inner]


def _is_float(value: float) -> bool:
    try:
        return isfinite(float(value))
    except OverflowError:
        return False


def _read_number(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text[:20]} is a number too large")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
