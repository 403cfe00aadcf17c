"""Thumbnails of images named in a column: only files inside one folder that whoever runs the dashboard allows."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from dashboard import local_files

__all__ = ["find_image_columns", "folder_allowed", "thumbnail"]

FOLDER_VARIABLE = "FAIRNESS_DASHBOARD_IMAGES"
_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
_SIDE = 96
_MOST_BYTES = 20_000_000
_MOST_PIXELS = 50_000_000


def folder_allowed() -> Path | None:
    """Return the folder whose images may be shown; None where none is named."""
    return local_files.folder_allowed(FOLDER_VARIABLE)


def find_image_columns(columns: Mapping[str, Sequence[str | None]]) -> list[str]:
    """Return the columns in which every text that is there ends like an image's path."""
    return local_files.find_columns(columns, _ENDINGS)


def thumbnail(path: str, folder: Path) -> str | None:
    """Return an image inside the folder as a small data URL; None where it is not there, or no image, or too large."""
    target = local_files.find_file(path, folder, _MOST_BYTES)
    try:
        return None if target is None else _shrink(target, target.stat().st_mtime_ns)
    except OSError:  # it went away meanwhile
        return None


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
