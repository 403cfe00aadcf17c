"""The bounties there can be: the one that the command opened, the sample, and copies of the sample to play in.

The sample itself is never written to: who submits to it gets a copy under an id that nobody can guess, beside the
uploads and for as long as those.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from dashboard.workspace import Workspace
from metrics.bounty.terms import FILE_NAME, Terms, read_terms

__all__ = ["FOLDER_VARIABLE", "OPENED", "SAMPLE", "Place", "copy_sample", "find_bounty", "is_opened", "name_bounty"]

OPENED, SAMPLE = "opened", "sample"  # addresses
FOLDER_VARIABLE = "FAIRNESS_DASHBOARD_BOUNTY"
SAMPLE_FOLDER = Path(__file__).resolve().parents[1] / "sample_data" / "bounty"
_ID = re.compile(r"[A-Za-z0-9_-]{32}")  # secrets.token_urlsafe(24)
_PREFIX = "bounty-"


@dataclass(frozen=True)
class Place:
    """Where a bounty lies, and under which address. `ends` is when a copy is deleted (epoch seconds), else 0."""

    id: str
    kind: Literal["opened", "sample", "copy"]
    folder: Path
    ends: float = 0.0

    def digest(self, terms: Terms) -> str:
        """Return what the rows, the labels and the rules hang on; what was submitted is no part of it."""
        names = [FILE_NAME, *(n for n in (terms.rows, terms.labels, terms.dictionary) if n)]
        told = [(name, digest_file(self.folder / name)) for name in names]
        return hashlib.sha256(repr((str(self.folder), told)).encode()).hexdigest()


def is_opened() -> bool:
    """Whether the dashboard was started on a bounty."""
    return bool(os.environ.get(FOLDER_VARIABLE))


def name_bounty(folder: Path | None) -> None:
    """Tell the pages, which run as a script, which bounty was opened."""
    if folder is None:
        os.environ.pop(FOLDER_VARIABLE, None)
    else:
        os.environ[FOLDER_VARIABLE] = str(folder.resolve())


def find_bounty(address: str, workspace: Workspace) -> Place | None:
    """Return the bounty under an address, which may hold anything; None if there is none (any more)."""
    if address == OPENED and is_opened():
        folder = Path(os.environ[FOLDER_VARIABLE])
        return Place(OPENED, "opened", folder) if folder.is_dir() else None
    if address == SAMPLE and (SAMPLE_FOLDER / FILE_NAME).is_file():
        return Place(SAMPLE, "sample", SAMPLE_FOLDER)
    if not _ID.fullmatch(address):
        return None
    folder = workspace.root / (_PREFIX + address)
    try:
        ends = folder.stat().st_mtime + workspace.hours * 3600
    except OSError:
        return None
    if ends < time.time():
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return Place(address, "copy", folder, ends)


def copy_sample(workspace: Workspace) -> Place:
    """Make a copy of the sample to play in, under a new id. It appears only when it is complete."""
    workspace.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = workspace.root / f".new-{secrets.token_urlsafe(24)}"
    name = secrets.token_urlsafe(24)
    try:
        shutil.copytree(SAMPLE_FOLDER, made)
        made.chmod(0o700)
        os.utime(made)  # from now on, whenever the sample was installed
        made.rename(workspace.root / (_PREFIX + name))
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    place = find_bounty(name, workspace)
    assert place is not None
    return place


def terms_of(place: Place) -> Terms:
    """Return the terms, read once while their file stays as it is. Raises ResultsError for what is wrong with them."""
    return _terms(place.folder, digest_file(place.folder / FILE_NAME))


@lru_cache(maxsize=32)
def _terms(folder: Path, digest: str) -> Terms:
    return read_terms(folder)


def digest_file(path: Path) -> str:
    """Return the sha256 of a file, computed once while it stays as it is; empty where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return _digest(path, stat.st_mtime_ns, stat.st_size) if path.is_file() else ""


@lru_cache(maxsize=128)
def _digest(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
