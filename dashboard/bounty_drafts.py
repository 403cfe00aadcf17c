"""A submission as it is filled in on the page: written to files as teams send them, and tried on the explore split.

What strangers upload is only ever kept as bytes under a name of ours and read by the same readers as a folder's files.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics import dictionary
from metrics.bounty.judge import Decision, Game, dry_run
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Entry, read_submission, resolve
from metrics.bounty.terms import EXPLORE
from metrics.errors import ResultsError, stop
from metrics.predicates import parse_predicate
from metrics.strict_json import load_strict

__all__ = ["MOST_BYTES", "Counted", "Draft", "count_group", "read_json", "try_draft"]

MOST_BYTES = 20_000_000  # of an uploaded file of predictions or ids
MOST_TREE = 200_000  # letters of a tree


@dataclass(frozen=True)
class Draft:
    """A submission before it is sent: `group` and `replacement` as they stand in its file, and the files they name."""

    team: str
    group: Mapping[str, Any]
    replacement: Mapping[str, Any]
    kind: Literal["manual", "automatic"] = "manual"
    note: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return what tells it from another; not who sent it, nor why."""
        files = [(name, hashlib.sha256(data).hexdigest()) for name, data in sorted(self.files.items())]
        told = json.dumps([self.group, self.replacement, files], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def rename_files(self, name: str) -> Draft:
        """Return it with file names that begin with the submission's, so that those of a team are told apart."""
        new = {file: f"{name}-{file}" for file in self.files}

        def renamed(part: Mapping[str, Any]) -> dict[str, Any]:
            return {
                key: new.get(value, value) if key in ("ids", "predictions") else value for key, value in part.items()
            }

        files = {new[file]: data for file, data in self.files.items()}
        return replace(self, group=renamed(self.group), replacement=renamed(self.replacement), files=files)

    def write(self, folder: Path, name: str) -> Path:
        """Write the submission and its files into a folder, and return the path of the submission."""
        for file, data in self.files.items():
            (folder / file).write_bytes(data)
        told = {"team": self.team, "id": name, "kind": self.kind, "group": self.group}
        told |= {"replacement": self.replacement, "note": self.note}
        path = folder / f"{name}.json"
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        return path


@dataclass(frozen=True)
class Counted:
    """A group on the explore split: how many rows, of how many, and the current model's loss in it and outside."""

    rows: int
    of: int
    inside: float
    outside: float


def read_json(text: str, what: str) -> Any:
    """Return what a JSON text holds. Raises ResultsError where it is none."""
    if len(text) > MOST_TREE:
        raise stop(what, f"is longer than {MOST_TREE // 1000} kB.", "Take a smaller tree.")
    try:
        return load_strict(text)
    except (ValueError, RecursionError) as error:
        raise stop(what, f"is no JSON ({error}).", 'It looks like {"nodes": [{"id": 0, ...}, ...]}.') from error


@dataclass(frozen=True, eq=False)
class _Part:
    """Some rows of a column as conditions see it."""

    words: Sequence[str]
    codes: NDArray[np.int32]
    is_number: bool
    numbers: NDArray[np.float64]
    odd: NDArray[np.bool_]


def describe_features(bounty: Bounty) -> list[dictionary.Entry]:
    """Return what the rows of the explore split hold of every feature, with what the data dictionary says of it.

    Features are no secret: where there are no rows to explore, all are described.
    """
    rows = bounty.rows_of(EXPLORE) if can_explore(bounty) else np.arange(len(bounty))
    parts = {
        name: _Part(values.words, values.codes[rows], values.is_number, values.numbers[rows], values.odd[rows])
        for name, values in bounty.features.items()
    }
    return dictionary.describe_columns(parts, bounty.meanings or {})


def count_group(game: Game, text: str) -> Counted:
    """Count the rows of the explore split that a condition holds for. Raises ResultsError for what is wrong with it."""
    bounty = game.bounty
    holds, _ = parse_predicate(text).evaluate(bounty.features, len(bounty))
    explore = bounty.split == EXPLORE
    losses = bounty.losses(game.current)
    inside, outside = holds & explore, ~holds & explore
    return Counted(int(inside.sum()), int(explore.sum()), _mean(losses, inside), _mean(losses, outside))


def try_draft(game: Game, draft: Draft) -> Decision:
    """Try a draft on the explore split alone. Raises ResultsError for what would be refused."""
    return dry_run(game, resolve_draft(game, draft))


def resolve_draft(game: Game, draft: Draft) -> Entry:
    """Return a draft on the rows, read as a file of a team would be. Raises ResultsError for what would be refused."""
    with tempfile.TemporaryDirectory(prefix="fairness-dashboard-") as folder:
        path = replace(draft, team="you").write(Path(folder), "draft")
        try:
            return resolve(game.bounty, read_submission(path, in_place=False), len(game.models))
        except ResultsError as error:
            raise ResultsError([replace(f, where=_place_in_form(f.where)) for f in error.findings]) from error


def _place_in_form(where: str) -> str:
    """Return a place without the name of a file that only we have seen."""
    for ours in ("submission 'you/draft', ", "submission 'you/draft'", "submission 'draft.json'"):
        where = where.removeprefix(ours)
    return where.removeprefix(":").strip() or "the submission"


def can_explore(bounty: Bounty) -> bool:
    """Whether there are rows to try anything on."""
    return bool((bounty.split == EXPLORE).any())


def _mean(losses: Any, where: Any) -> float:
    return float(losses[where].mean()) if where.any() else float("nan")
