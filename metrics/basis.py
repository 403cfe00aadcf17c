"""What numbers were computed from, as digests: whoever keeps them can tell when they no longer hold."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from metrics.document import Document

__all__ = ["Basis", "basis_of", "name_changes"]

_NAMES = {
    "files": "the file",
    "schema": "the schema (what its columns mean)",
    "settings": "the settings (groups, metrics, baseline, confidence, policy)",
}
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Basis:
    """SHA-256 of the contents of the files, of the schema and of what was asked, in hexadecimal.

    A file that only got another name is the same file.
    """

    files: str
    schema: str
    settings: str

    def __post_init__(self) -> None:
        for field in fields(self):
            if not _DIGEST.fullmatch(getattr(self, field.name)):
                raise ValueError(f"A digest has 64 hexadecimal digits, which {field.name!r} has not.")

    def changes(self, now: Basis) -> tuple[str, ...]:
        """Return what is not as it is `now`: some of "files", "schema" and "settings"."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != getattr(now, f.name))

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


def basis_of(document: Document) -> Basis:
    """Return the digests of what a document was computed from."""
    policy = None if document.policy is None else document.policy.to_dict()
    return Basis(
        files=_digest([r.sha256 for r in document.receipts]),
        schema=_digest(document.schema.to_dict()),
        settings=_digest({"question": asdict(document.question), "policy": policy}),
    )


def name_changes(changes: Mapping[str, Any] | tuple[str, ...]) -> str:
    """Return what has changed, in words.

    >>> name_changes(("files",))
    'the file'
    """
    names = [_NAMES[change] for change in changes]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _digest(tree: Any) -> str:
    return hashlib.sha256(
        json.dumps(tree, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ).hexdigest()
