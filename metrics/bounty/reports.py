"""Finding reports: a group that a model harms, told without a better model; measured here, reviewed by people.

`reports/<team>/<id>.json` holds `{"team", "id", "group", "metric", "harm", "narrative", "evidence"}`: the group as in a
submission, the name of a metric, who is harmed how in a sentence, the story, and ids of rows that show it. The last two
may be missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics.bounty.counted import count_rows, yes_no
from metrics.bounty.id_table import count_of, listed
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Group, Replacement, Submission, parse_submission, resolve
from metrics.bounty.terms import EXPLORE, SPLITS, VALIDATION
from metrics.compare import compare
from metrics.errors import Finding, ResultsError, nearest, stop
from metrics.estimate import estimate
from metrics.strict_json import load_strict

__all__ = ["COLUMNS", "FOLDER", "Report", "list_reports", "measure_report", "read_report"]

FOLDER = "reports"
COLUMNS = [
    "split", "units", "value", "low", "high", "rest",
    "difference", "difference_low", "difference_high", "p", "status",
]  # fmt: skip
MOST_EVIDENCE = 200
_MOST_BYTES = 2**20
_KEYS = ("team", "id", "group", "metric", "harm", "narrative", "evidence")
_LONGEST = {"metric": 200, "harm": 500, "narrative": 20_000}
_AXIS = "group"


@dataclass(frozen=True)
class Report:
    """One report as it was sent; `digest` is a sha256 of its file, and of the file of ids that it names."""

    team: str
    id: str
    group: Group
    metric: str
    harm: str
    narrative: str = ""
    evidence: tuple[str, ...] = ()
    folder: Path | None = None
    digest: str = ""

    @property
    def key(self) -> str:
        """What it is called among all: `team/id`."""
        return f"{self.team}/{self.id}"


def list_reports(folder: Path) -> list[Path]:
    """Return the files `reports/<team>/<id>.json` of a bounty's folder, in the order of ids."""
    paths = [p for p in (Path(folder) / FOLDER).glob("*/*.json") if not any(x.startswith(".") for x in p.parts[-2:])]
    return sorted(paths, key=lambda path: (path.stem, path.parent.name))


def read_report(path: Path) -> Report:
    """Read a report in its place strictly. Raises ResultsError with every mistake."""
    path = Path(path)
    where = f"report '{path.parent.name}/{path.stem}'"
    if path.is_symlink() or path.parent.is_symlink():
        raise stop(where, "is a link to another place.", "Put the file itself there.")
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, without an end
            raise stop(where, "is no file with content of its own.", "Put the file itself there.")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise stop(where, f"cannot be read ({error.strerror}).", "Check its name, and who may read it.") from error
    if len(data) > _MOST_BYTES:
        raise stop(where, f"is larger than {_MOST_BYTES:,} bytes.", "Tell it shorter; evidence is a list of ids.")
    try:
        tree = load_strict(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise stop(where, f"is no valid JSON: {str(error).rstrip('.')}.", "Mend the place it names.") from error
    report = parse_report(tree, where, path.parent)
    report = replace(report, digest=_digest(data, path.parent, report.group.ids))
    if (report.team, report.id) != (path.parent.name, path.stem):
        found = f"says that it is {report.key!r}."
        raise stop(where, found, f"Put it in {FOLDER}/{report.team}/{report.id}.json, or call it as its place says.")
    return report


def parse_report(tree: Any, where: str, folder: Path | None = None) -> Report:
    """Check a report as JSON holds it. Raises ResultsError with every mistake; files are not looked at."""
    if not isinstance(tree, dict):
        raise stop(where, "is no JSON object.", f"Write an object with {', '.join(_KEYS)}.")
    problems: list[Finding] = []

    def problem(found: str, cure: str) -> None:
        problems.append(Finding("stop", where, found, cure))

    for key in tree:
        if key not in _KEYS:
            problem(f"has {key[:60]!r}.", nearest(key, _KEYS) or f"It has {', '.join(_KEYS)}.")
    sent = None
    try:
        sent = parse_submission(_as_submission(tree), where, folder)
    except ResultsError as error:
        problems += error.findings
    texts = {key: tree.get(key, "") for key in _LONGEST}
    for key, longest in _LONGEST.items():
        text = texts[key]
        if not isinstance(text, str) or len(text) > longest:
            problem(f"has a {key} that is no text, or too long.", f"Write up to {longest:,} signs.")
        elif not text.strip() and key != "narrative":
            problem(f"has no {key}.", _ASKED[key])
    evidence = tree.get("evidence", [])
    if not isinstance(evidence, list) or not all(_is_id(item) for item in evidence) or len(evidence) > MOST_EVIDENCE:
        problem("has evidence that is no list of ids.", f"List up to {MOST_EVIDENCE} ids of rows.")
    if problems or sent is None:
        raise ResultsError(problems)
    ids = tuple(dict.fromkeys(str(item) for item in evidence))
    return Report(sent.team, sent.id, sent.group, **texts, evidence=ids, folder=folder)


_ASKED = {
    "metric": 'Name the metric in which the group fares worse, such as "error_rate".',
    "harm": "Say in a sentence who is harmed, and how.",
}


def measure_report(
    bounty: Bounty, report: Report, predictions: NDArray[Any], splits: Sequence[int] = (EXPLORE, VALIDATION)
) -> pd.DataFrame:
    """Return a row a split with what a report speaks of: COLUMNS, everybody else being the `rest`.

    `predictions` (rows,) are those of the model that the report is about, as `Bounty.label`. The numbers are those of
    `estimate` and `compare` on the split's rows, with whole clusters where they are named. They have all digits, also
    of the validation split: they are for who reviews. Raises ResultsError for a group of nobody, for columns, words
    and ids that are not there, and for evidence that is no row; QuestionError for a metric that is not there.
    """
    group = _find_members(bounty, report)
    known = set(bounty.ids)
    strange = [item for item in report.evidence if item not in known]
    if strange:
        where = f"report '{report.key}', evidence"
        found = f"names {count_of(len(strange), 'id')} that the bounty does not have: {listed(strange)}."
        raise stop(where, found, "Take them out, or check how ids are written.")
    measured = [_measure(bounty, report.metric, predictions, group, split) for split in splits]
    return pd.DataFrame([row for row in measured if row], columns=COLUMNS)


def _measure(
    bounty: Bounty, metric: str, predictions: NDArray[Any], group: NDArray[np.bool_], split: int
) -> dict[str, Any]:
    rows = bounty.split == split
    if not rows.any():
        return {}
    cube = count_rows(bounty, predictions, rows, {_AXIS: yes_no(group)})
    by_level = dict(_by_level(estimate(cube, [_AXIS], [metric])))
    gap = dict(_by_level(compare(cube, [_AXIS], [metric]))).get("yes", {})
    one, rest = by_level.get("yes", {}), by_level.get("no", {})
    return {
        "split": SPLITS[split],
        "units": int(one.get("units", 0)),
        "value": one.get("value", np.nan),
        "low": one.get("low", np.nan),
        "high": one.get("high", np.nan),
        "rest": rest.get("value", np.nan),
        "difference": gap.get("value", np.nan),
        "difference_low": gap.get("low", np.nan),
        "difference_high": gap.get("high", np.nan),
        "p": gap.get("p", np.nan),
        "status": gap.get("status", one.get("status", "no data")),
    }


def _by_level(table: pd.DataFrame) -> list[tuple[str, dict[str, Any]]]:
    rows = [(row["slice"].to_dict(), row) for row in table.to_dict("records")]
    return [(levels[_AXIS], {str(k): v for k, v in row.items()}) for levels, row in rows if _AXIS in levels]


def _as_submission(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a report that a submission has too, with the baseline for a replacement."""
    return {key: tree[key] for key in ("team", "id", "group") if key in tree} | {"replacement": {"model": 0}}


def _find_members(bounty: Bounty, report: Report) -> NDArray[np.bool_]:
    sent = Submission(report.team, report.id, report.group, Replacement(model=0), folder=report.folder)
    try:
        return resolve(bounty, sent, 1).group
    except ResultsError as error:
        name, of_file = f"report '{report.key}'", f"{sent.title}: "
        raise ResultsError(
            replace(f, where=f.where.replace(sent.title, name, 1).replace(of_file, "")) for f in error.findings
        ) from error


def _digest(data: bytes, folder: Path, ids: str | None) -> str:
    """Return the sha256 of a report and of its file of ids, if that is where measuring will find it."""
    digest = hashlib.sha256(data)
    try:
        path = None if ids is None else (folder / ids).resolve()
        if path is not None and path.is_relative_to(folder.resolve()) and path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    except (OSError, RuntimeError, ValueError):
        pass  # a name that no system takes; measuring says so
    return digest.hexdigest()


def _is_id(item: Any) -> bool:
    return isinstance(item, str | int) and not isinstance(item, bool) and len(str(item)) <= 200
