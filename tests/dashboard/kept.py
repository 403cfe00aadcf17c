"""What lies in the folder of a workspace, beside its database."""

from __future__ import annotations

from pathlib import Path

__all__ = ["things_in"]


def things_in(folder: Path) -> list[str]:
    """Return the names of everything in the folder but the database and the locks; hidden ones, too."""
    return sorted(path.name for path in folder.glob("*") if not path.name.startswith("workspace."))
