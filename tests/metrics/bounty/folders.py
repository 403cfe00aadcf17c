"""Bounties for tests: a folder with a few rows a reader can count by hand, and games without any files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Entry, parse_submission
from metrics.bounty.terms import VALIDATION, Terms
from metrics.reading.cells import Cells

# Twelve people: six of each sex, half of them old; the model says 0 of everybody, and is wrong of the six old.
ROWS = """\
id,sex,age,split,model
r1,f,70,validation,0
r2,f,70,validation,0
r3,f,70,validation,0
r4,f,30,validation,0
r5,f,30,validation,0
r6,f,30,explore,0
r7,m,70,validation,0
r8,m,70,validation,0
r9,m,70,sealed,0
r10,m,30,validation,0
r11,m,30,validation,0
r12,m,,validation,0
"""
LABELS = "id,label\n" + "".join(f"r{n},{int(n in (1, 2, 3, 7, 8, 9))}\n" for n in range(12, 0, -1))
TERMS = """\
name = "Twelve"
rows = "rows.csv"
labels = "labels.csv"
id = "id"
label = "label"
baseline = "model"
split = "split"
alpha = 0.1
minimum_group = 1
"""


def write_bounty(folder: Path, terms: str = TERMS, rows: str = ROWS, labels: str = LABELS) -> Path:
    """Write a bounty's folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("bounty.toml", terms), ("rows.csv", rows), ("labels.csv", labels)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def submission(team: str = "red", number: str = "1", where: str = "age >= 65", **parts: Any) -> dict[str, Any]:
    """Return a submission that predicts 1 for the old; `parts` take the place of its parts."""
    usual = {"team": team, "id": number, "group": {"where": where}, "replacement": {"constant": 1}}
    return usual | parts


def send(folder: Path, tree: Mapping[str, Any], **files: str) -> Path:
    """Put a submission and its files (`name_csv="..."`) into its place, and return its path."""
    place = folder / "submissions" / tree["team"]
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / name.replace("_csv", ".csv")).write_text(text, encoding="utf-8")
    path = place / f"{tree['id']}.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path


def make_bounty(
    label: Sequence[Any], baseline: Sequence[Any], *, alpha: float = 0.0, minimum: int = 1, loss: str = "error"
) -> Bounty:
    """Return a bounty without files whose rows are all of the validation split; classes are whole numbers."""
    classes = () if loss != "error" else tuple(map(str, range(10)))
    kind = np.int16 if classes else np.float64
    n = len(label)
    return Bounty(
        folder=Path(),
        terms=Terms("Bounty", "", "id", "label", "model", "split", loss=loss, alpha=alpha, minimum_group=minimum),  # type: ignore[arg-type]
        ids=tuple(f"r{row}" for row in range(n)),
        features={"row": Cells("row", pa.chunked_array([pa.array(range(n))]))},
        label=np.array(label, dtype=kind),
        baseline=np.array(baseline, dtype=kind),
        split=np.full(n, VALIDATION, dtype=np.int8),
        classes=classes,
    )


def make_entry(
    bounty: Bounty, number: str, group: Sequence[int], predictions: Sequence[Any], team: str = "red"
) -> Entry:
    """Return a submission whose members are these rows; predictions are one for each row of the bounty."""
    sent = parse_submission(submission(team, number), "submission")
    members = np.zeros(len(bounty), dtype=bool)
    members[list(group)] = True
    return Entry(sent, members, np.array(predictions, dtype=bounty.label.dtype))
