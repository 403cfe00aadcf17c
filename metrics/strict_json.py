"""JSON from a stranger, read strictly: finite numbers, whole signs, and no key twice in one object."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

__all__ = ["load_strict"]

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
