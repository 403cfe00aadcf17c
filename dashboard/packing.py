"""Text in an address: packed so that it is short, and unpacked as what it is, the text of a stranger."""

from __future__ import annotations

import base64
import binascii
import zlib

__all__ = ["pack", "unpack"]


def pack(text: str) -> str:
    """Return a text as letters, digits, `-` and `_`; empty for an empty one.

    >>> unpack(pack("name = 'Lending'"), most=100)
    "name = 'Lending'"
    """
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=") if text else ""


def unpack(packed: str, most: int) -> str | None:
    """Return what was packed; None where it is nothing that `pack` gave, or more than `most` bytes of text."""
    try:
        squeezed = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        opened = zlib.decompressobj()
        text = opened.decompress(squeezed, most + 1)  # never more than that, however much is in it
        whole = opened.eof and not opened.unused_data and len(text) <= most
        return text.decode() if whole else None
    except (binascii.Error, zlib.error, ValueError):
        return None
