"""A new bounty: a folder with its terms, what it means in words, and a place for submissions."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from metrics.bounty.rows import Bounty, open_bounty
from metrics.bounty.submission import FOLDER
from metrics.bounty.terms import FILE_NAME, Shares, Terms, write_terms
from metrics.errors import stop

__all__ = ["EXAMPLE", "begin_bounty"]

EXAMPLE = Terms(
    name="Bounty",
    rows="rows.csv",
    id="id",
    label="label",
    baseline="prediction",
    split=Shares(seed=7, explore=0.4, validation=0.4, sealed=0.2),
    alpha=0.001,
)

_README = """\
# {name}

A bias bounty: find a group of people whom the model serves badly, and predict better for them.

- {terms} holds the rules; rows.csv and the like what they speak of. Labels are the organiser's alone.
- A submission is {folder}/<team>/<id>.json, such as

      {{"team": "red", "id": "001", "group": {{"where": "age >= 65"}}, "replacement": {{"predictions": "001.csv"}}}}

  with its files beside it; 001.csv has the columns {id} and prediction, a line for each member of the group.
- fairness-dashboard bounty submit FOLDER draft.json --dry-run measures a draft on the explore split, and
  without --dry-run puts it in its place.
- fairness-dashboard bounty judge FOLDER judges what is new, and writes each decision into ledger.jsonl.
- A submission is accepted if it takes more than alpha = {alpha:g} off the loss of the whole validation split, and its
  group has at least {minimum} rows there. No group found earlier ends more than alpha worse off than its best.
"""


def begin_bounty(folder: Path, terms: Terms, files: dict[str, Path]) -> Bounty | None:
    """Write a bounty's folder, and open it where its rows are there; `files` are copied in: rows, labels, dictionary.

    Raises ResultsError where a bounty lies there already, a file is missing, or the terms do not fit the rows; then
    no file is left behind that was not there.
    """
    folder = Path(folder)
    if (folder / FILE_NAME).exists():
        raise stop(f"folder '{folder}'", f"holds a {FILE_NAME} already.", "Choose another folder, or edit that file.")
    for key, path in files.items():
        if not path.is_file():
            raise stop(f"file '{path}'", f"of {key!r} is not there.", "Check its name.")
    named: dict[str, Any] = {key: path.name for key, path in files.items()}
    terms = replace(terms, **named)
    made: list[Path] = []
    try:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        for path in files.values():
            target = folder / path.name
            if not target.exists():
                made.append(target)
                shutil.copyfile(path, target)
            elif target.read_bytes() != path.read_bytes():
                raise stop(f"file {path.name!r}", f"is in '{folder}' already, with other content.", "Rename one.")
        made.append(folder / FILE_NAME)
        (folder / FILE_NAME).write_text(write_terms(terms), encoding="utf-8")
        bounty = open_bounty(folder) if "rows" in files else None
        readme = folder / "README.md"
        if not readme.exists():
            text = _README.format(
                name=terms.name,
                terms=FILE_NAME,
                folder=FOLDER,
                id=terms.id,
                alpha=terms.alpha,
                minimum=terms.minimum_group,
            )
            readme.write_text(text, encoding="utf-8")
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    return bounty
