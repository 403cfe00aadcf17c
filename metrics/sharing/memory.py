"""The memory of what was shared: enough to work out, with the file at hand, which counts everybody may know by now."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from metrics.cube import count_cells
from metrics.results import Results
from metrics.schema import Schema
from metrics.scored import Scored, score
from metrics.sharing.hiding import range_of
from metrics.sharing.recognizing import find_examples, note_examples
from metrics.sharing.shared_cube import Shared, SharedCube
from metrics.sharing.tables import Earlier, SharedTable, rows_of, tables_of

__all__ = ["recall", "remember"]

_VERSION = 1


def remember(shared: Shared, scored: Sequence[Scored]) -> str:
    """Return what has to be known of a publication before the same rows are shared again, as JSON.

    It holds the schema, which cells were hidden, by number, and where the examples stand: no count, level or word.
    """
    systems = []
    for cube in shared.cubes:
        assert isinstance(cube, SharedCube)
        systems.append([_table(cube, names) for names in cube.groupings])
    return json.dumps(
        {
            "version": _VERSION,
            "schema": shared.schema.dumps(),
            "left_out": list(shared.left_out),
            "least": range_of(scored[0], shared.terms),
            "metrics": list(shared.terms.metrics),
            "file": shared.sources[0].sha256 if shared.sources else "",
            "systems": systems,
            "examples": note_examples(shared.examples),
        }
    )


def recall(memory: str, read: Callable[[Schema], Results]) -> list[Earlier]:
    """Return what was shared, from the file as `read` reads it under the schema of then.

    Systems that stood in rows of their own are told of one by one.
    """
    told: dict[str, Any] = json.loads(memory)
    if told["version"] != _VERSION:
        raise ValueError(f"A memory of version {told['version']} is not known.")
    results = read(Schema.loads(told["schema"]))
    if results.receipts and results.receipts[0].sha256 != told["file"]:
        return []  # another file was the main one, and these are not the same rows
    scored = score(results)
    for name in told["left_out"]:
        place = [axis.name for axis in scored[0].axes].index(name)
        scored = tuple(s.take(s.codes[place] < s.axes[place].size - 1) for s in scored)
    found = []
    known = find_examples(told.get("examples"), results, scored)
    n = int(max(s.rows.max(initial=-1) for s in scored)) + 1
    together = all(np.array_equal(s.rows, scored[0].rows) for s in scored)
    for number, cube in enumerate(count_cells(scored)):
        if together and number:
            break
        tables = [_recall_table(t, told["least"], cube, scored[number].rows, n) for t in told["systems"][number]]
        rows = rows_of(scored if together else scored[number : number + 1], n)
        found.append(Earlier(tuple(tables), rows, tuple(told["metrics"]), known=known))
    return found


def _table(cube: SharedCube, names: tuple[str, ...]) -> dict[str, Any]:
    grouping = cube.by(names)
    hidden = grouping.rows[:, 0] == 0
    rests = [family.answers[names].rest.hidden for family in cube.families.values()]
    tells = not all(rest is not None and bool(rest.all()) for rest in rests)
    return {"axes": list(names), "hidden": grouping.codes[hidden].tolist(), "rest": tells}


def _recall_table(told: dict[str, Any], least: float, cube: Any, places: Any, n: int) -> SharedTable:
    (table,) = tables_of(cube, [tuple(told["axes"])], places, n, least)
    place = {tuple(code): cell for cell, code in enumerate(table.codes.tolist())}
    hidden = [place[tuple(code)] for code in told["hidden"] if tuple(code) in place]
    return replace(table.hide(hidden), fixed=True, tells_rest=bool(told["rest"]))
