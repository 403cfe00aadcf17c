"""The memory of what was shared: enough to work out, with the file at hand, which counts everybody may know by now.

Some of it is kept when something is shared; a bundle that was made of the same rows holds as much.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.cube import Cube, Cubes, count_cells
from metrics.errors import QuestionError, ResultsError
from metrics.estimate import estimate
from metrics.results import Results
from metrics.schema import Schema
from metrics.scored import Scored, score
from metrics.sharing.hiding import range_of
from metrics.sharing.recognizing import find_examples, note_examples
from metrics.sharing.shared_cube import Shared, SharedCube
from metrics.sharing.tables import Earlier, SharedTable, rows_of, tables_of

__all__ = ["recall", "recall_bundle", "remember"]

_VERSION = 1
_CLOSE = 1e-9  # of numbers that were added up in another order of rows

Read = Callable[[Schema], Results]


def remember(shared: Shared, scored: Sequence[Scored], rows: Sequence[str] = ()) -> str:
    """Return what has to be known of a publication before the same rows are shared again, as JSON.

    It holds the schema, which cells were hidden, by number, the fingerprints of the `rows`, and where examples stand:
    no count, level or word.
    """
    told = _tell(shared, range_of(scored[0], shared.terms))
    return json.dumps(
        {
            "version": _VERSION,
            "schema": shared.schema.dumps(),
            "left_out": list(told.left_out),
            "least": told.least,
            "metrics": list(told.metrics),
            "file": shared.sources[0].sha256 if shared.sources else "",
            "rows": list(rows),
            "systems": told.systems,
            "examples": told.examples,
        }
    )


def recall(memory: str, read: Read, now: Results, rows: Sequence[str] = ()) -> list[Earlier]:
    """Return what was shared, from the file as `read` reads it under the schema of then; nothing if of other rows.

    They are the same where the main file is, by its bytes, or where one of the fingerprints of these `rows` is one of
    those of then. `now` is what is read of the file today. Systems that stood in rows of their own are told of one by
    one. Raises QuestionError where the rows are the same, but lack columns that were shared.
    """
    found: dict[str, Any] = json.loads(memory)
    if found["version"] != _VERSION:
        raise ValueError(f"A memory of version {found['version']} is not known.")
    is_same_file = not now.receipts or now.receipts[0].sha256 == found["file"]
    if not is_same_file and set(rows).isdisjoint(found.get("rows", ())):
        return []
    schema = Schema.loads(found["schema"])
    told = _Told(
        tuple(found["left_out"]), tuple(found["metrics"]), found["systems"], found["least"], found.get("examples")
    )
    try:
        results = read(schema if is_same_file else _written_as(schema, now))
        scored = _score(results, told)
        known = find_examples(told.examples, results, scored, is_same_file=is_same_file)
        return _recall(told, scored, count_cells(scored), known)
    except (ResultsError, QuestionError, LookupError) as error:
        raise QuestionError(
            "Of these rows something was shared before by columns, or in a reading, that this file does not have, so "
            "that it cannot be worked out what is known by now. Open the file as it was then, with all its columns."
        ) from error


def recall_bundle(shared: Shared, read: Read, now: Results, name: str = "The bundle") -> list[Earlier]:
    """Return what a bundle tells of the rows of this file, as `recall` does.

    Raises QuestionError where it was made of other rows: neither does it name this file, by its bytes, nor do its
    numbers come out of it. `name` is what problems call it.
    """
    is_same_file = bool(shared.sources and now.receipts) and shared.sources[0].sha256 == now.receipts[0].sha256
    others = (
        f"{name} was made of other rows than those of this file: {{}}. Leave it out if it is of other people; else "
        "take the file that it was made of."
    )
    told = _tell(shared, None)
    try:
        results = read(shared.schema if is_same_file else _written_as(shared.schema, now))
        scored = _score(results, told)
        cubes = count_cells(scored)
        wrong = _find_difference(shared, cubes, is_same_file)
    except ResultsError as error:
        first = error.findings[0]
        raise QuestionError(others.format(f"{first.where} {first.found}".rstrip("."))) from error
    except (QuestionError, LookupError) as error:
        raise QuestionError(others.format("the attributes or metrics are others")) from error
    if wrong:
        raise QuestionError(others.format(wrong))
    known = find_examples(told.examples, results, scored, is_same_file=is_same_file)
    return _recall(replace(told, least=range_of(scored[0], shared.terms)), scored, cubes, known)


# -- what is known of it -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """What was shared: of each system its tables (axes, hidden cells, whether everyone else is told), and examples."""

    left_out: tuple[str, ...]
    metrics: tuple[str, ...]
    systems: list[list[dict[str, Any]]]
    least: float | None
    examples: Mapping[str, Any] | None


def _tell(shared: Shared, least: float | None) -> _Told:
    systems = []
    for cube in shared.cubes:
        assert isinstance(cube, SharedCube)
        systems.append([_table(cube, names) for names in cube.groupings])
    return _Told(shared.left_out, shared.terms.metrics, systems, least, note_examples(shared.examples))


def _table(cube: SharedCube, names: tuple[str, ...]) -> dict[str, Any]:
    grouping = cube.by(names)
    hidden = grouping.rows[:, 0] == 0
    rests = [family.answers[names].rest.hidden for family in cube.families.values()]
    tells = not all(rest is not None and bool(rest.all()) for rest in rests)
    return {"axes": list(names), "hidden": grouping.codes[hidden].tolist(), "rest": tells}


# -- what follows from it, with the file ---------------------------------------------------------


def _written_as(schema: Schema, now: Results) -> Schema:
    """Return a schema for the same rows in another file, which is written in its own way."""
    told = schema.file
    return replace(schema, file=replace(now.schema.file, missing=told.missing, keep_spelling=told.keep_spelling))


def _score(results: Results, told: _Told) -> tuple[Scored, ...]:
    """Score the rows that are part of what was shared. Raises KeyError where an attribute is not there."""
    scored = score(results)
    for name in told.left_out:
        place = _places(scored)[name]
        scored = tuple(s.take(s.codes[place] < s.axes[place].size - 1) for s in scored)
    return scored


def _places(scored: Sequence[Scored]) -> dict[str, int]:
    return {axis.name: place for place, axis in enumerate(scored[0].axes)}


def _recall(told: _Told, scored: Sequence[Scored], cubes: Cubes, known: NDArray[np.int64]) -> list[Earlier]:
    """Return what is known by now; `known` are the places of the examples.

    Raises QuestionError or a LookupError where a system or an attribute is not there.
    """
    found = []
    n = int(max(s.rows.max(initial=-1) for s in scored)) + 1
    together = all(np.array_equal(s.rows, scored[0].rows) for s in scored)
    for number, cube in enumerate(cubes):
        if together and number:
            break
        some = slice(None) if together else slice(number, number + 1)
        tables = [_recall_table(table, told.least or 0, cube, scored[number], n) for table in told.systems[number]]
        readings = tuple(zip(scored[some], cubes[some], strict=True))
        found.append(Earlier(tuple(tables), rows_of(scored[some], n), told.metrics, readings, known))
    return found


def _recall_table(told: dict[str, Any], least: float, cube: Cube, scored: Scored, n: int) -> SharedTable:
    (table,) = tables_of(cube, [tuple(told["axes"])], scored.rows, n, least)
    place = {tuple(code): cell for cell, code in enumerate(table.codes.tolist())}
    hidden = [place[tuple(code)] for code in told["hidden"] if tuple(code) in place]
    return replace(table.hide(hidden), fixed=True, tells_rest=bool(told["rest"]))


def _find_difference(shared: Shared, cubes: Cubes, is_same_file: bool) -> str:
    """Return in words where these rows do not give what a bundle holds, "" where they do.

    Raises QuestionError for an attribute or a metric there is none of.
    """
    if cubes.systems != shared.cubes.systems:
        return "the models are others"
    for ours, theirs in zip(cubes, shared.cubes, strict=True):
        if any(ours.axis(axis.name).levels != axis.levels for axis in theirs.axes):
            return "the groups are others"
        for names in shared.terms.groupings:
            if not np.array_equal(ours.by(names).codes, theirs.by(names).codes):
                return f"there are other groups by {', '.join(names)}"
    if is_same_file:
        return ""
    by, metrics = list(shared.terms.groupings), list(shared.terms.metrics)
    told = estimate(shared.cubes, by, metrics, min_units=1)
    own = estimate(cubes, by, metrics, min_units=1)
    shown = (told["status"] != "suppressed").to_numpy()
    for column in ("units", "top", "below", "value"):
        a, b = (table[column].to_numpy(float)[shown] for table in (told, own))
        if not np.allclose(a, b, rtol=_CLOSE, atol=_CLOSE, equal_nan=True):
            return "its numbers do not come out of them"
    return ""
