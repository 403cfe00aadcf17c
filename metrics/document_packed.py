"""The tables of a document by columns: the form that is written into HTML, where size counts.

A column of numbers is a list. A column whose cells come again and again (groups, models, metrics) is an object: `of`
lists the cells that there are, `at` says for each row which of them it is, counted from 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["pack_records", "unpack_records"]


def pack_records(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return records of one kind by their columns.

    >>> pack_records([{"metric": "accuracy", "value": 0.5}, {"metric": "accuracy", "value": None}])
    {'metric': {'of': ['accuracy'], 'at': [0, 0]}, 'value': [0.5, None]}
    """
    columns = {name: [record[name] for record in records] for name in (records[0] if records else ())}
    return {name: cells if _is_numbers(cells) else _pack(cells) for name, cells in columns.items()}


def unpack_records(columns: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
    """Return the records again. Raises ValueError for what was not packed so, or over `most` records.

    >>> unpack_records({"metric": {"of": ["accuracy"], "at": [0, 0]}, "value": [0.5, None]}, most=10)
    [{'metric': 'accuracy', 'value': 0.5}, {'metric': 'accuracy', 'value': None}]
    """
    cells = {name: _unpack(name, packed) for name, packed in columns.items()}
    lengths = {name: len(column) for name, column in cells.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"has columns of {min(lengths.values()):,} and of {max(lengths.values()):,} entries")
    if max(lengths.values(), default=0) > most:
        raise ValueError(f"has more than {most:,} records")
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def _is_numbers(cells: Sequence[Any]) -> bool:
    return all(cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool)) for cell in cells)


def _pack(cells: Sequence[Any]) -> dict[str, Any]:
    keys = [json.dumps(cell) for cell in cells]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return {"of": [json.loads(key) for key in places], "at": [places[key] for key in keys]}


def _unpack(name: str, packed: Any) -> Sequence[Any]:
    if isinstance(packed, list):
        return packed
    if not isinstance(packed, dict) or packed.keys() != {"of", "at"}:
        raise ValueError(f"has a column {name[:60]!r} in no known form")
    of, at = packed["of"], packed["at"]
    if not isinstance(of, list) or not isinstance(at, list):
        raise ValueError(f"has a column {name[:60]!r} in no known form")
    if any(isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(of) for place in at):
        raise ValueError(f"has a column {name[:60]!r} that points at no entry")
    return [of[place] for place in at]
