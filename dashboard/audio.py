"""Recordings named in a column, to be listened to: files inside the allowed folder alone, never an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dashboard import local_files

__all__ = ["find_recordings", "folder_allowed", "read_recording"]

FOLDER_VARIABLE = "FAIRNESS_DASHBOARD_AUDIO"
_FORMATS = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".webm": "audio/webm",
}
_MOST_BYTES = 20_000_000


def folder_allowed() -> Path | None:
    """Return the folder whose recordings may be heard; None where none is named."""
    return local_files.folder_allowed(FOLDER_VARIABLE)


def find_recordings(columns: Mapping[str, Sequence[str | None]]) -> list[str | None]:
    """Return the paths in the first column that holds paths of recordings; nothing where none does."""
    found = local_files.find_columns(columns, tuple(_FORMATS))
    return list(columns[found[0]]) if found else []


def read_recording(path: str, folder: Path) -> tuple[bytes, str] | None:
    """Return a recording inside the folder and its media type; None where it is not there, or too large."""
    target = local_files.find_file(path, folder, _MOST_BYTES)
    if target is None or target.suffix.lower() not in _FORMATS:  # a link may lead to a file of another kind
        return None
    try:
        return target.read_bytes(), _FORMATS[target.suffix.lower()]
    except OSError:
        return None
