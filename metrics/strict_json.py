"""JSON from a stranger, read strictly: no NaN or Infinity, and no key twice in one object."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["load_strict"]


def load_strict(text: str) -> Any:
    """Return what JSON text holds. Raises ValueError where it is damaged, RecursionError where it is too deep.

    >>> load_strict('{"a": [1, null]}')
    {'a': [1, None]}
    """
    return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twice)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
