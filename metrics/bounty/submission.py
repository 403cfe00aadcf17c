"""Submissions: a file that names a group and what to predict for it, read strictly and resolved on a bounty's rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.id_table import (
    UNKNOWN,
    count_cells_of,
    count_of,
    digest_of,
    listed,
    read_columns,
    read_file,
    small_limits,
)
from metrics.bounty.rows import Bounty
from metrics.bounty.tree import Leaf, Tree, parse_tree, write_word
from metrics.errors import Finding, ResultsError, nearest, stop
from metrics.predicates import Predicate, parse_predicate
from metrics.reading.cells import Cells
from metrics.strict_json import load_strict

__all__ = [
    "FOLDER",
    "PREDICTION",
    "Entry",
    "Group",
    "Replacement",
    "Submission",
    "is_safe_name",
    "list_submissions",
    "parse_submission",
    "read_submission",
    "resolve",
]

FOLDER = "submissions"
MOST_BYTES = 2**20  # of the submission itself
MOST_FILE_BYTES = 100 * 2**20  # of a file that it names
_LONGEST_NAME = 64
_MOST_NAME_BYTES = 200  # systems take 255, and `.json` and the like are added
_LONGEST_FILE = 200
_LONGEST_NOTE = 5_000
PREDICTION = "prediction"


@dataclass(frozen=True)
class Group:
    """Who: one of a condition (`text` is as written), a tree whose value 1 is a member, a file of ids."""

    where: Predicate | None = None
    text: str = ""
    tree: Tree | None = None
    ids: str | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """The features that it references, each once; none of a file of ids."""
        if self.where is not None:
            return self.where.columns
        return self.tree.features if self.tree is not None else ()


@dataclass(frozen=True)
class Replacement:
    """What to predict for the group: exactly one of a file, a constant, a tree, the number of an earlier model."""

    predictions: str | None = None
    constant: str | float | None = None
    tree: Tree | None = None
    model: int | None = None


@dataclass(frozen=True)
class Submission:
    """One submission as it was sent; `folder` is where the files that it names lie, `files` their sha256 by name."""

    team: str
    id: str
    group: Group
    replacement: Replacement
    kind: Literal["manual", "automatic"] = "manual"
    note: str = ""
    folder: Path | None = None
    digest: str = ""  # sha256 of the submission and the files that it names
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"submission '{self.team}/{self.id}'"


@dataclass(frozen=True, eq=False)
class Entry:
    """A submission on a bounty's rows: `group` (rows,) bool, `predictions` (rows,) as `Bounty.label`, used in it only.

    `model` is the number of the published model that serves it instead of predictions, None where it brings its own.
    Where both are given, the predictions count: they are what that model said when the submission was judged.
    """

    submission: Submission
    group: NDArray[np.bool_]
    predictions: NDArray[Any] | None
    model: int | None = None


def list_submissions(folder: Path) -> list[Path]:
    """Return the files `submissions/<team>/<id>.json` of a bounty's folder, in the order of submission ids.

    Ids are ordered as texts, sign by sign ("10" before "9": let numbers have equally many digits), those of several
    teams by the team's name. Hidden files are left out.
    """
    paths = [p for p in (Path(folder) / FOLDER).glob("*/*.json") if not any(x.startswith(".") for x in p.parts[-2:])]
    return sorted(paths, key=lambda path: (path.stem, path.parent.name))


def read_submission(path: Path, *, in_place: bool = True) -> Submission:
    """Read a submission's file strictly. Raises ResultsError with every mistake.

    In its place, `submissions/<team>/<id>.json`, it says the team and id of its path; a draft elsewhere
    (`in_place=False`) need not.
    """
    path = Path(path)
    where = f"submission '{path.parent.name}/{path.stem}'" if in_place else f"submission {path.name!r}"
    if in_place and (path.is_symlink() or path.parent.is_symlink()):
        raise stop(where, "is a link to another place.", "Put the file itself there.")
    try:
        data = read_file(path, MOST_BYTES)
        tree = load_strict(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if isinstance(error, ResultsError):
            raise
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise stop(where, f"is no valid JSON: {why.rstrip('.')}.", "Mend the place it names.") from error
    submission = parse_submission(tree, where, path.parent)
    if in_place:
        _check_place(submission, path, where)
    files = {
        name: digest_of(read_file(_find(path.parent, name, where), MOST_FILE_BYTES)) for name in _named(submission)
    }
    lines = [f"submission {digest_of(data)}", *(f"{name} {digest}" for name, digest in sorted(files.items()))]
    return replace(submission, digest=digest_of("\n".join(lines).encode()), files=files)


def parse_submission(tree: Any, where: str, folder: Path | None = None) -> Submission:
    """Check a submission as JSON holds it. Raises ResultsError with every mistake; files are not looked at."""
    return _Reader(where).read(tree, folder)


def is_safe_name(name: str) -> bool:
    """Return whether a team or submission may be called so, which makes a folder or a file of that name.

    >>> is_safe_name("team-1"), is_safe_name("../x"), is_safe_name("CON"), is_safe_name(".hidden")
    (True, False, False, False)
    """
    return (
        0 < len(name) <= _LONGEST_NAME
        and re.fullmatch(r"\w(?:[\w .+@-]*[\w+@-])?", name) is not None
        and unicodedata.normalize("NFC", name) == name
        and re.fullmatch(r"(?i:con|prn|aux|nul|(?:com|lpt)[\d¹²³]) *(?:\..*)?", name) is None
        and len(name.encode()) <= _MOST_NAME_BYTES
    )


def resolve(bounty: Bounty, submission: Submission, n_models: int) -> Entry:
    """Return a submission on the bounty's rows; `n_models` is how many models are published (0 is the baseline).

    Raises ResultsError, with the counts, for a replacement that misses rows of its group, ids that are unknown, twice
    or in conflict, other label words, a malformed tree, an unknown feature or level, a group of nobody.
    Predictions for rows of the bounty outside the group are not looked at.
    """
    problems: list[Finding] = []
    group = None
    try:
        group = _resolve_group(bounty, submission)
    except ResultsError as error:
        problems += _placed(error, f"{submission.title}, group")
    where = f"{submission.title}, replacement"
    try:
        model = submission.replacement.model
        if model is None:
            predictions = _resolve_replacement(bounty, submission, group, where)
        elif model >= n_models:
            there = "is only the baseline, model 0" if n_models == 1 else f"are the models 0 to {n_models - 1}"
            raise stop(where, f"names model {model}, which is not published.", f"There {there}.")
        else:
            predictions = None
    except ResultsError as error:
        problems += _placed(error, where)
    if problems or group is None:
        raise ResultsError(problems)
    return Entry(submission, group, predictions, model)


# -- resolving -----------------------------------------------------------------------------------


def _placed(error: ResultsError, where: str) -> list[Finding]:
    """Return what was found, its place named from the submission on."""
    return [f if f.where.startswith(where) else replace(f, where=f"{where}: {f.where}") for f in error.findings]


def _resolve_group(bounty: Bounty, submission: Submission) -> NDArray[np.bool_]:
    group, where = submission.group, f"{submission.title}, group"
    if group.where is not None:
        members = group.where.evaluate(bounty.features, len(bounty))[0]
    elif group.tree is not None:
        members = group.tree.values(bounty.features, len(bounty), lambda value: write_word(value) == "1")
    else:
        assert group.ids is not None
        (cells,) = _read_named(bounty, submission, group.ids, [bounty.terms.id])
        at = _find_rows(bounty, cells, f"{where}: file {group.ids!r}")
        members = np.zeros(len(bounty), dtype=bool)
        members[at] = True
    if not members.any():
        raise stop(where, f"holds none of the {count_of(len(bounty), 'row')}.", "Describe people who are there.")
    return np.asarray(members, dtype=bool)


def _resolve_replacement(
    bounty: Bounty, submission: Submission, group: NDArray[np.bool_] | None, where: str
) -> NDArray[Any]:
    replacement = submission.replacement
    if replacement.constant is not None:
        return np.full(len(bounty), bounty.read_value(replacement.constant), dtype=bounty.label.dtype)
    if replacement.tree is not None:
        values = replacement.tree.values(bounty.features, len(bounty), bounty.read_value)
        return values.astype(bounty.label.dtype)
    assert replacement.predictions is not None
    name = replacement.predictions
    ids, said = _read_named(bounty, submission, name, [bounty.terms.id, PREDICTION])
    where = f"{where}: file {name!r}"
    return _read_predictions(bounty, ids, said, group, where)


def _read_predictions(
    bounty: Bounty, ids: Cells, said: Cells, group: NDArray[np.bool_] | None, where: str
) -> NDArray[Any]:
    """Return the predictions by row; what is in no row of the file is -1 or NaN."""
    problems: list[Finding] = []
    try:
        at = _find_rows(bounty, ids, where, said)
    except ResultsError as error:
        problems, at = list(error.findings), np.full(len(ids), UNKNOWN)
    values, odd = bounty.read_values(said)
    if odd:
        n = count_cells_of(said, odd)
        what = "which is no word of the label" if bounty.classes else "which is no number from 0 to 1"
        found = f"predicts {listed(odd)} in {count_of(n, 'row')}, {what}."
        problems.append(Finding("stop", where, found, bounty.say_values(odd[0]), n))
    if problems:
        raise ResultsError(problems)
    nothing = -1 if bounty.classes else np.nan
    predictions = np.full(len(bounty), nothing, dtype=bounty.label.dtype)
    predictions[at] = values
    if group is not None:
        missed = group & ((predictions < 0) if bounty.classes else np.isnan(predictions))
        n, of = int(missed.sum()), int(group.sum())
        if n:
            first = [bounty.ids[row] for row in np.flatnonzero(missed)[:4]]
            found = f"misses {n:,} of the {count_of(of, 'row')} of its group, such as {listed(first[:3], 3)}."
            cure = "Predict for every member, in all three splits."
            raise ResultsError([Finding("stop", where, found, cure, n)])
    return predictions


def _find_rows(bounty: Bounty, ids: Cells, where: str, said: Cells | None = None) -> NDArray[np.int64]:
    """Return the row of each id. Raises ResultsError for ids that are empty, unknown, twice or in conflict."""
    at = bounty.by_id.find(ids)
    problems = []
    if (at == UNKNOWN).any():
        empty = int((ids.codes < 0).sum())
        if empty:
            found = f"has {count_of(empty, 'row')} without an id."
            problems.append(Finding("stop", where, found, "Give each row the id of the bounty's rows.", empty))
        unknown = (at == UNKNOWN) & (ids.codes >= 0)
        if unknown.any():
            n, first = int(unknown.sum()), list(dict.fromkeys(ids.words[code] for code in ids.codes[unknown]))
            found = f"has {count_of(n, 'id')} that the bounty does not have: {listed(first)}."
            problems.append(Finding("stop", where, found, "Take them out, or check how ids are written.", n))
    problems += _find_repeated(bounty, at, said, where)
    if problems:
        raise ResultsError(problems)
    return at


def _find_repeated(bounty: Bounty, at: NDArray[np.int64], said: Cells | None, where: str) -> list[Finding]:
    known = at != UNKNOWN
    counts = np.bincount(at[known], minlength=len(bounty))
    if not (counts > 1).any():
        return []
    answers = np.zeros(len(known), dtype=np.int64) if said is None else said.codes.astype(np.int64)
    pairs = np.unique(np.stack([at[known], answers[known]]), axis=1)
    n_answers = np.bincount(pairs[0], minlength=len(bounty))
    problems = []
    for rows, found, cure in (
        (np.flatnonzero(n_answers > 1), "with two different predictions", "Decide on one prediction for each."),
        (np.flatnonzero((counts > 1) & (n_answers == 1)), "more than once", "Name each id once."),
    ):
        if len(rows):
            first = [bounty.ids[row] for row in rows[:1_000]]
            text = f"has {count_of(len(rows), 'id')} {found}: {listed(first)}."
            problems.append(Finding("stop", where, text, cure, int(counts[rows].sum())))
    return problems


# -- files ---------------------------------------------------------------------------------------


def _named(submission: Submission) -> list[str]:
    """Return the files that a submission names, each once."""
    named = (submission.group.ids, submission.replacement.predictions)
    return list(dict.fromkeys(name for name in named if name is not None))


def _find(folder: Path, name: str, where: str) -> Path:
    """Return the path of a file inside the folder. Raises ResultsError where it leads out of it, or to no file."""
    where = f"{where}: file {name!r}"
    path = PurePosixPath(name)
    outside = path.is_absolute() or PureWindowsPath(name).drive or ".." in path.parts or "\\" in name or "\0" in name
    if not outside:
        try:
            full = (folder / path).resolve()
            outside = not full.is_relative_to(folder.resolve())
            there = full.is_file()
        except (OSError, RuntimeError, ValueError):  # links in a ring, names that no system takes
            outside = True
    if outside:
        cure = "Put it beside the submission, and name it without '..' and the like."
        raise stop(where, "lies outside the submission's folder.", cure)
    if not there:
        raise stop(where, "is not there.", "Put it beside the submission.")
    return full


def _read_named(bounty: Bounty, submission: Submission, name: str, columns: Sequence[str]) -> list[Cells]:
    """Return columns of a named file. Raises ResultsError also where it is no longer the file that was digested."""
    if submission.folder is None:
        raise stop(submission.title, f"names the file {name!r}, but is in no folder.", "Save it beside its files.")
    data = read_file(_find(submission.folder, name, submission.title), MOST_FILE_BYTES)
    if submission.files.get(name, digest_of(data)) != digest_of(data):
        raise stop(f"file {name!r}", "was changed while it was read.", "Try again.")
    return read_columns(data, name, columns, small_limits(len(bounty), MOST_FILE_BYTES))


def _check_place(submission: Submission, path: Path, where: str) -> None:
    problems = []
    for key, said, there in (("team", submission.team, path.parent.name), ("id", submission.id, path.stem)):
        if said != unicodedata.normalize("NFC", there):
            found = f"says {key} {said!r}, but lies in {FOLDER}/{path.parent.name}/{path.name}."
            cure = f"It belongs into {FOLDER}/{submission.team}/{submission.id}.json."
            problems.append(Finding("stop", where, found, cure))
    if problems:
        raise ResultsError(problems[:1])


# -- reading -------------------------------------------------------------------------------------

_KEYS = ("team", "id", "kind", "group", "replacement", "note")
_GROUPS = ("where", "tree", "ids")
_REPLACEMENTS = ("predictions", "constant", "tree", "model")
_KINDS = ("manual", "automatic")


class _Reader:
    """Reads a submission and collects every problem on the way."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Finding] = []

    def read(self, data: Any, folder: Path | None) -> Submission:
        if not isinstance(data, dict):
            raise stop(
                self.where, "is no JSON object.", 'Write {"team": ..., "id": ..., "group": ..., "replacement": ...}.'
            )
        for key in data:
            if key not in _KEYS:
                self._problem(f"has {key[:60]!r}.", nearest(key, _KEYS) or f"It has {', '.join(_KEYS)}.")
        team, id_ = self._name(data, "team"), self._name(data, "id")
        kind, note = data.get("kind", "manual"), data.get("note", "")
        if kind not in _KINDS:
            self._problem(f"has the kind {str(kind)[:60]!r}.", f"It is one of: {', '.join(_KINDS)}.")
        if not isinstance(note, str) or len(note) > _LONGEST_NOTE:
            self._problem("has a note that is no text, or too long.", f"Write up to {_LONGEST_NOTE:,} signs.")
        group, replacement = self._group(data), self._replacement(data)
        if self.problems:
            raise ResultsError(self.problems)
        assert group is not None and replacement is not None
        return Submission(team, id_, group, replacement, kind, note, folder)

    def _name(self, data: Mapping[str, Any], key: str) -> str:
        name = data.get(key)
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)
        if not isinstance(name, str) or not is_safe_name(name):
            said = f"has the {key} {str(name)[:60]!r}." if key in data else f"has no {key}."
            cure = f"Write up to {_LONGEST_NAME} letters, digits and - _ . inside: it makes a file's name."
            self._problem(said, cure)
            return ""
        return name

    def _one_of(self, data: Mapping[str, Any], key: str, known: tuple[str, ...]) -> tuple[str, Any] | None:
        part = data.get(key)
        form = f'Write one of: {", ".join(known)}, such as {{"{known[0]}": ...}}.'
        if not isinstance(part, dict) or len(part) != 1:
            found = f"has no {key}." if key not in data else f"has a {key} that is not one thing."
            self._problem(found, form)
            return None
        ((name, value),) = part.items()
        if name not in known:
            self._problem(f"has the {key} {name[:60]!r}.", nearest(name, known) or form)
            return None
        return name, value

    def _group(self, data: Mapping[str, Any]) -> Group | None:
        one = self._one_of(data, "group", _GROUPS)
        if one is None:
            return None
        match one:
            case "where", str(text):
                try:
                    return Group(where=parse_predicate(text), text=text)
                except ResultsError as error:
                    self.problems += _placed(error, f"{self.where}, group")
            case "tree", tree:
                read = self._tree(tree, "group")
                odd = [] if read is None else [v for v in _leaf_words(read) if v not in ("0", "1")]
                if odd:
                    cure = "A group's tree has the values 1 (a member) and 0 (none)."
                    self._problem(f"has a group whose tree says {listed(odd)}.", cure)
                return None if read is None else Group(tree=read)
            case "ids", str(name) if 0 < len(name) <= _LONGEST_FILE:
                return Group(ids=name)
            case name, _:
                self._problem(
                    f"has a group whose {name!r} is no text, or too long.", "Write a condition, or a file's name."
                )
        return None

    def _replacement(self, data: Mapping[str, Any]) -> Replacement | None:
        one = self._one_of(data, "replacement", _REPLACEMENTS)
        if one is None:
            return None
        match one:
            case "predictions", str(name) if 0 < len(name) <= _LONGEST_FILE:
                return Replacement(predictions=name)
            case "constant", bool() | str() | int() | float() as value if (
                not isinstance(value, int) or abs(value) < 1e15
            ):
                return Replacement(constant=write_word(value) if isinstance(value, bool) else value)
            case "tree", tree:
                read = self._tree(tree, "replacement")
                return None if read is None else Replacement(tree=read)
            case "model", int(number) if not isinstance(number, bool) and 0 <= number < 2**31:
                return Replacement(model=number)
            case name, _:
                cure = "Predictions are a file's name, a constant is a text or number, a model is a number from 0 up."
                self._problem(f"has a replacement whose {name!r} is none.", cure)
        return None

    def _tree(self, data: Any, part: str) -> Tree | None:
        try:
            return parse_tree(data, f"{self.where}, {part}, tree")
        except ResultsError as error:
            self.problems += error.findings
            return None

    def _problem(self, found: str, cure: str) -> None:
        self.problems.append(Finding("stop", self.where, found, cure))


def _leaf_words(tree: Tree) -> list[str]:
    return list(dict.fromkeys(write_word(n.value) for n in tree.nodes.values() if isinstance(n, Leaf)))
