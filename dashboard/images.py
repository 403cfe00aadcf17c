"""Thumbnails of images named in a column: only files inside one folder that whoever runs the dashboard allows."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

__all__ = ["find_image_columns", "folder_allowed", "thumbnail"]

FOLDER_VARIABLE = "FAIRNESS_DASHBOARD_IMAGES"
_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
_SIDE = 96
_MOST_BYTES = 20_000_000
_MOST_PIXELS = 50_000_000


def folder_allowed() -> Path | None:
    """Return the folder whose images may be shown; None where none is named."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named).resolve() if named else None
    return folder if folder is not None and folder.is_dir() else None


def find_image_columns(columns: Mapping[str, Sequence[str | None]]) -> list[str]:
    """Return the columns in which every text that is there ends like an image's path."""
    found = []
    for name, cells in columns.items():
        filled = [cell for cell in cells if cell]
        if filled and all(cell.lower().endswith(_ENDINGS) for cell in filled):
            found.append(name)
    return found


def thumbnail(path: str, folder: Path) -> str | None:
    """Return an image inside the folder as a small data URL; None where it is not there, or no image, or too large.

    The path comes from a file of a stranger: it may not lead out of the folder, not even over a link.
    """
    try:
        target = (folder / path).resolve()
        if not target.is_relative_to(folder) or not target.is_file():
            return None
        stat = target.stat()
    except (OSError, ValueError):
        return None
    if stat.st_size > _MOST_BYTES:
        return None
    return _shrink(target, stat.st_mtime_ns)


@lru_cache(maxsize=500)
def _shrink(path: Path, changed: int) -> str | None:
    from PIL import Image

    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:  # known from the head of the file, before it is unpacked
                return None
            image.thumbnail((_SIDE, _SIDE))
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=80)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
