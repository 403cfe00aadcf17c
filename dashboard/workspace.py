"""The private folder in which uploads are kept: one sub-folder an upload, under an id that nobody can guess.

Whoever has the id has the data, so it is never listed, logged or derived from anything; there is
no function that names the uploads there are. Names of files are kept as text and never become paths.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from metrics.errors import stop
from metrics.progress import SILENT, Progress
from metrics.schema import Schema

__all__ = ["DataFile", "Kept", "Workspace", "hours_to_live"]

_ID = re.compile(r"[A-Za-z0-9_-]{32}")  # secrets.token_urlsafe(24)
_BLOCK = 1 << 20
_LONGEST_NAME = 200


@dataclass(frozen=True)
class DataFile:
    """A file of results: the name people know it by, where its bytes are, and their digest."""

    name: str
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Kept:
    """An upload that is kept: its first file and those joined to it, its schema, and when it ends (epoch seconds)."""

    id: str
    files: tuple[DataFile, ...]
    schema: Schema
    ends: float


def hours_to_live() -> float:
    """Return how long uploads are kept: FAIRNESS_DASHBOARD_TTL_HOURS, or 24 where that is no positive number."""
    try:
        hours = float(os.environ.get("FAIRNESS_DASHBOARD_TTL_HOURS", "24"))
    except ValueError:
        return 24.0
    return hours if 0 < hours < float("inf") else 24.0


@dataclass(frozen=True)
class Workspace:
    """Uploads under `root`, each for `hours`. Every method that takes an id treats it as hostile."""

    root: Path
    hours: float = 24.0

    @classmethod
    def at_home(cls) -> Workspace:
        """The folder of FAIRNESS_DASHBOARD_WORKSPACE, else one in the user's own cache."""
        named = os.environ.get("FAIRNESS_DASHBOARD_WORKSPACE")
        if named:
            return cls(Path(named), hours_to_live())
        from platformdirs import user_cache_path

        return cls(user_cache_path("fairness-dashboard") / "uploads", hours_to_live())

    def keep(
        self,
        sources: Sequence[tuple[str, BinaryIO]],
        schema: Schema,
        most_bytes: int,
        progress: Progress = SILENT,
    ) -> Kept:
        """Copy named streams into a new folder, the first one being the file that others are joined to.

        The folder appears under its id only when it is complete; of a copy that `progress` ends nothing is
        left. Raises ResultsError for a stream of more than `most_bytes` bytes: the limit that a browser holds
        is no limit.
        """
        self._make_root()
        self.sweep()
        made = self.root / f".new-{secrets.token_urlsafe(24)}"
        made.mkdir(mode=0o700)
        try:
            files = [
                _copy(stream, made / f"file-{number}", _tidy(name), most_bytes, progress.nth(number, len(sources)))
                for number, (name, stream) in enumerate(sources)
            ]
            _write(made / "schema.toml", schema.dumps())
            receipt = [{"name": f.name, "sha256": f.sha256, "size": f.size, "stored": f.path.name} for f in files]
            _write(made / "receipt.json", json.dumps({"began": time.time(), "files": receipt}))
            upload = secrets.token_urlsafe(24)
            made.rename(self.root / upload)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        kept = self.find(upload)
        assert kept is not None
        return kept

    def find(self, upload: str) -> Kept | None:
        """Return what is kept under an id; None if it is no id, unknown, deleted or past its time."""
        folder = self._folder(upload)
        if folder is None:
            return None
        try:
            receipt = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
            # Not by its path: a stranger's schema must not learn which files lie beside it.
            schema = Schema.loads((folder / "schema.toml").read_text(encoding="utf-8"))
        except OSError:
            return None
        ends = receipt["began"] + self.hours * 3600
        if ends < time.time():
            self.delete(upload)
            return None
        return Kept(upload, tuple(_describe(folder, entry) for entry in receipt["files"]), schema, ends)

    def save_schema(self, upload: str, schema: Schema) -> None:
        """Put a corrected schema beside an upload, in one step: a reader sees the old one or the new one."""
        folder = self._folder(upload)
        if folder is None:
            raise KeyError("There is no such upload (any more).")
        _write(folder / "schema.toml", schema.dumps())

    def put_first(self, upload: str, number: int) -> None:
        """Make another file (counted from 0) the one that others are joined to, the rest in the order they have."""
        folder = self._folder(upload)
        if folder is None:
            raise KeyError("There is no such upload (any more).")
        receipt = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
        first = receipt["files"].pop(number)
        receipt["files"].insert(0, first)
        _write(folder / "receipt.json", json.dumps(receipt))

    def delete(self, upload: str) -> bool:
        """Remove an upload with everything in it, and tell whether it was there."""
        folder = self._folder(upload)
        if folder is None:
            return False
        gone = self.root / f".gone-{secrets.token_urlsafe(24)}"
        folder.rename(gone)  # from here on nobody finds it, even while its bytes are being removed
        shutil.rmtree(gone)
        return True

    def sweep(self) -> None:
        """Remove every upload past its time, and what an interrupted copy or removal left."""
        oldest = time.time() - self.hours * 3600
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            began = folder / "receipt.json" if _ID.fullmatch(folder.name) else folder
            try:
                too_old = began.stat().st_mtime < oldest
            except FileNotFoundError:
                continue
            if too_old or folder.name.startswith(".gone-"):
                shutil.rmtree(folder, ignore_errors=True)

    def _make_root(self) -> None:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)

    def _folder(self, upload: str) -> Path | None:
        if not _ID.fullmatch(upload):
            return None
        root = self.root.resolve()
        folder = (root / upload).resolve()
        return folder if folder.parent == root and folder.is_dir() else None


def _copy(stream: BinaryIO, path: Path, name: str, most_bytes: int, progress: Progress) -> DataFile:
    digest, size = hashlib.sha256(), 0
    whole = max(1, stream.seek(0, os.SEEK_END))
    stream.seek(0)
    with path.open("xb") as target:
        path.chmod(0o600)
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > most_bytes:
                raise stop(
                    f"file '{name}'",
                    f"is larger than {most_bytes / 1e6:,.0f} MB.",
                    "Take fewer rows or columns, save it as Parquet, or open it by the command line.",
                )
            digest.update(block)
            target.write(block)
            progress("Copying", size / whole)
    return DataFile(name, path, digest.hexdigest(), size)


def _describe(folder: Path, entry: dict[str, Any]) -> DataFile:
    return DataFile(entry["name"], folder / entry["stored"], entry["sha256"], entry["size"])


def _write(path: Path, text: str) -> None:
    """Write a whole file beside its place and move it there, readable by its owner only."""
    beside = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
        target.write(text)
    beside.replace(path)


def _tidy(name: str) -> str:
    """Return the last part of a file's name, as text to show."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:_LONGEST_NAME] or "file"
