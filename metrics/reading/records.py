"""JSON: an array of objects, or one object a line; read object by object, so that limits hold while reading."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from metrics.errors import stop
from metrics.progress import SILENT, Progress
from metrics.reading.encodings import Text
from metrics.reading.limits import Limits

_BATCH = 20_000
_DEEPEST = 20
_SPACE = re.compile(r"[ \t\r\n]*")
_LARGEST = 2**63 - 1
_EXPORT = "Write one object a row, as pandas does with to_json(orient='records')."


def looks_like_json(text: Text, name: str) -> bool:
    """Return whether a text begins as JSON does, or is called so."""
    head = bytes(memoryview(text.data)[:4096])
    named = name.casefold().endswith((".json", ".jsonl", ".ndjson"))
    return named or re.match(rb"\s*(?:\{\s*[\"}]|\[\s*(?:[\[{\]\"]|-?[0-9.]+\s*[,\]]))", head) is not None


def read_records(
    text: Text, where: str, limits: Limits, progress: Progress = SILENT
) -> tuple[list[str], list[pa.ChunkedArray]]:
    """Return the names and columns of all objects; fields of nested objects are called `outer.inner`.

    A field that an object lacks is empty. Whole numbers, numbers and booleans keep their type where a
    column has one kind only, otherwise its cells are text. Raises ResultsError, naming the line,
    where the text is no JSON, or too large.
    """
    raw = memoryview(text.data)
    # Every value but the first of a line follows one of these signs: no file holds more values than they are.
    n_signs = sum(bytes(raw[at : at + 2**24]).count(sign) for at in range(0, len(raw), 2**24) for sign in (b",", b"["))
    if n_signs > 2 * limits.cells:
        raise limits.error(where, "cells")
    columns = _Columns(where, limits)
    for value, line in _values(text, where, progress):
        if not isinstance(value, dict):
            what = "a list" if isinstance(value, list) else f"the value {json.dumps(value)[:40]}"
            raise stop(f"line {line}", f"holds {what} where an object is expected.", _EXPORT)
        columns.add(value, line)
    if not columns.n_rows:
        raise stop(where, "is JSON with no rows in it.", "Was the export finished?")
    return columns.finish()


def _values(text: Text, where: str, progress: Progress) -> Iterator[tuple[Any, int]]:
    """Return one value after the other, with its line."""
    whole = bytes(text.data).decode()
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    at = _skip(whole, 0)
    is_array = whole[at : at + 1] == "["
    if is_array:
        at = _skip(whole, at + 1)
    line, counted, n = 1, 0, 0
    while at < len(whole):
        if n % _BATCH == 0:
            progress("Reading the rows", at / len(whole))
        line, counted = line + whole.count("\n", counted, at), at
        if is_array and whole[at] == "]":
            if _skip(whole, at + 1) < len(whole):
                raise stop(f"line {line}", "ends the list of rows, but more follows.", _EXPORT)
            return
        try:
            value, at = decoder.raw_decode(whole, at)
        except _RepeatedError as error:
            raise stop(
                f"line {line}", f"has the field {str(error)!r} twice in one object.", "Keep one of them."
            ) from error
        except json.JSONDecodeError as error:
            line += whole.count("\n", counted, error.pos)
            raise stop(f"line {line}", f"is no valid JSON ({error.msg}).", "Was the file cut off or edited?") from error
        except (RecursionError, ValueError) as error:
            raise stop(f"line {line}", f"cannot be read ({str(error)[:80]}).", _EXPORT) from error
        n += 1
        nested = isinstance(value, dict) and bool(value) and all(isinstance(v, dict | list) for v in value.values())
        at = _skip(whole, at)
        if nested and n == 1 and not is_array and at >= len(whole):
            raise stop(where, "holds one object with columns or lists inside, not a list of rows.", _EXPORT)
        yield value, line
        if is_array and at < len(whole):
            if whole[at] == ",":
                at = _skip(whole, at + 1)
            elif whole[at] != "]":
                line += whole.count("\n", counted, at)
                raise stop(f"line {line}", "is no valid JSON (a comma is missing).", "Was the file edited?")
    if is_array:
        raise stop(where, "is JSON that was cut off: its list of rows is not closed.", "Export or download it again.")


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


class _RepeatedError(ValueError):
    """An object has a field twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        raise _RepeatedError(next(k for k, _ in pairs if k in seen or seen.add(k)))  # type: ignore[func-returns-value]
    return value


class _Columns:
    """Columns that grow by objects; the cells of a batch at a time are Python's."""

    def __init__(self, where: str, limits: Limits) -> None:
        self.where, self.limits = where, limits
        self.n_rows = self.n_done = 0
        self.batch: dict[str, list[Any]] = {}
        self.parts: dict[str, list[tuple[int, pa.Array]]] = {}  # name -> (first row, cells)

    def add(self, value: dict[str, Any], line: int) -> None:
        if self.n_rows >= self.limits.rows:
            raise self.limits.error(self.where, "rows")
        row = self.n_rows - self.n_done
        for name, cell in _leaves(value, "", line, 0):
            cells = self.batch.get(name)
            if cells is None:
                cells = self.batch[name] = []
                self.parts.setdefault(name, [])
                n = len(self.parts)
                if n > self.limits.columns:
                    raise self.limits.error(self.where, "columns")
                if n * (self.n_rows + 1) > self.limits.cells:
                    raise self.limits.error(self.where, "cells")
            if len(cells) > row:
                raise stop(f"line {line}", f"has the field {name!r} twice, once nested.", "Rename one of them.")
            cells.extend([None] * (row - len(cells)))
            cells.append(cell)
        self.n_rows += 1
        if self.n_rows - self.n_done == _BATCH:
            self._store()
            if len(self.parts) * self.n_rows > self.limits.cells:
                raise self.limits.error(self.where, "cells")

    def _store(self) -> None:
        for name, cells in self.batch.items():
            cells.extend([None] * (self.n_rows - self.n_done - len(cells)))
            self.parts[name].append((self.n_done, _array(cells)))
        self.batch, self.n_done = {}, self.n_rows

    def finish(self) -> tuple[list[str], list[pa.ChunkedArray]]:
        self._store()
        self.limits.check_shape(self.where, self.n_rows, len(self.parts))
        return list(self.parts), [_join(parts, self.n_rows) for parts in self.parts.values()]


def _leaves(value: dict[str, Any], prefix: str, line: int, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        raise stop(f"line {line}", f"has objects inside objects, more than {_DEEPEST} deep.", _EXPORT)
    for key, cell in value.items():
        if isinstance(cell, dict) and cell:
            yield from _leaves(cell, f"{prefix}{key}.", line, depth + 1)
        else:
            yield prefix + key, cell


def _array(cells: list[Any]) -> pa.Array:
    """Return cells as an array of their one kind, else of texts."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {bool}:
        return pa.array(cells, pa.bool_() if kinds else pa.null())
    if kinds <= {int, float} and all(type(c) is not int or abs(c) <= _LARGEST for c in cells):
        return pa.array(cells, pa.int64() if kinds == {int} else pa.float64(), from_pandas=True)
    return pa.array([_write(cell) for cell in cells], pa.string())


def _write(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return None if cell is None else cell.encode("utf-8", "replace").decode()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return json.dumps(cell, ensure_ascii=False).encode("utf-8", "replace").decode()


def _join(parts: list[tuple[int, pa.Array]], n_rows: int) -> pa.ChunkedArray:
    """Put the batches of a column one after the other, empty where a batch had none of it."""
    kinds = {part.type for _, part in parts} - {pa.null()}
    if len(kinds) == 1:
        kind = kinds.pop()
    elif kinds == {pa.int64(), pa.float64()}:
        kind = pa.float64()
    else:
        kind = pa.string() if kinds else pa.null()
    chunks, at = [], 0
    for first, part in parts:
        if first > at:
            chunks.append(pa.nulls(first - at, kind))
        chunks.append(part if part.type == kind else _cast(part, kind))
        at = first + len(part)
    if n_rows > at:
        chunks.append(pa.nulls(n_rows - at, kind))
    return pa.chunked_array(chunks, kind)


def _cast(part: pa.Array, kind: pa.DataType) -> pa.Array:
    if kind == pa.string() and not pa.types.is_null(part.type):
        return pa.array([_write(cell) for cell in part.to_pylist()], kind)
    return part.cast(kind, safe=False)
