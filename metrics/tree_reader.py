"""Reading a tree of JSON that somebody else may have written: each part is of its kind and has its keys, no others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from metrics.errors import ResultsError, nearest, stop

__all__ = ["TreeReader"]

_SAID = {str: "a text", int: "a whole number", bool: "true or false", dict: "an object", list: "a list"}


class TreeReader:
    """Checks parts of a tree that `strict_json.check_plain` let through. Each check raises ResultsError.

    `where` is what problems call the whole, `cure` what to do where there is no better advice.
    """

    def __init__(self, where: str, cure: str) -> None:
        self.where, self.cure = where, cure

    def _typed(self, value: Any, kind: type, part: str) -> Any:
        """Return a value that is of this kind; true and false are no numbers."""
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self._wrong(part, f"is {value!r:.80}; it is {_SAID[kind]}.")
        return value

    def _entries(self, value: Any, part: str, most: int) -> list[Any]:
        """Return a list of up to `most` entries, whatever these are."""
        found: list[Any] = self._typed(value, list, part)
        if len(found) > most:
            raise self._wrong(part, f"has {len(found):,} entries; it has up to {most:,}.")
        return found

    def _check_keys(self, tree: Mapping[str, Any], known: tuple[str, ...], part: str) -> None:
        """Hold that a tree has exactly these keys."""
        for key in tree:
            if key not in known:
                raise self._wrong(part, f"has the unknown key {key[:60]!r}.", nearest(key[:60], known))
        for key in known:
            if key not in tree:
                raise self._wrong(part, f"lacks {key[:60]!r}.")

    def _day(self, value: Any, part: str) -> str:
        """Return a day as a text such as 2026-01-31."""
        text = str(self._typed(value, str, part))
        try:
            day = date.fromisoformat(text).isoformat()
        except ValueError:
            day = ""
        if day != text:
            raise self._wrong(part, f"is {text[:40]!r}; it is a day such as 2026-01-31.")
        return text

    def _wrong(self, part: str, found: str, cure: str = "") -> ResultsError:
        return stop(f"{self.where}, {part}" if part else self.where, found.rstrip(), cure or self.cure)
