"""Files named in a column: only those inside one folder that whoever runs the dashboard allows. Nothing is fetched."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["find_columns", "find_file", "folder_allowed"]


def folder_allowed(variable: str) -> Path | None:
    """Return the folder that an environment variable names; None where it names none."""
    named = os.environ.get(variable)
    folder = Path(named).resolve() if named else None
    return folder if folder is not None and folder.is_dir() else None


def find_columns(columns: Mapping[str, Sequence[str | None]], endings: tuple[str, ...]) -> list[str]:
    """Return the columns in which every text that is there ends like the path of such a file."""
    found = []
    for name, cells in columns.items():
        filled = [cell for cell in cells if cell]
        if filled and all(cell.lower().endswith(endings) for cell in filled):
            found.append(name)
    return found


def find_file(path: str, folder: Path, most_bytes: int) -> Path | None:
    """Return a file inside the folder; None where it is not there, or too large.

    The path comes from a file of a stranger: it may not lead out of the folder, not even over a link.
    """
    try:
        target = (folder / path).resolve()
        if not target.is_relative_to(folder) or not target.is_file() or target.stat().st_size > most_bytes:
            return None
    except (OSError, ValueError):
        return None
    return target
