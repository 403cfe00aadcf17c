"""What goes with what in two sets: columns, systems and levels of a customer's file under the reference's names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metrics.errors import Finding, ResultsError, nearest
from metrics.toml import read_toml, write_toml

__all__ = ["Match", "fold_name"]


def fold_name(name: str) -> str:
    """Return a name without case, spaces and signs.

    >>> fold_name("First language") == fold_name("first_language")
    True
    """
    return re.sub(r"[\W_]+", "", name.casefold())


_PARTS = ("columns", "systems", "levels")


@dataclass(frozen=True)
class Match:
    """What goes with what, each under the reference's name; what is not named goes with what has the same name.

    `columns` maps a column of the reference to one of the customer's file, `systems` a system likewise, and `levels`,
    by attribute of the reference, a level to the customer's levels that are the same.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def attribute_of(self, column: str, known: Collection[str] = ()) -> str:
        """Return the reference's name of a customer's column: as named here, else the one of `known` written alike."""
        named = next((here for here, there in self.columns.items() if there == column), None)
        if named is not None or column in known:
            return column if named is None else named
        alike = [name for name in known if fold_name(name) == fold_name(column) and name not in self.columns]
        return alike[0] if len(alike) == 1 else column

    def system_of(self, name: str | None) -> str | None:
        """Return the reference's name of a customer's system."""
        return next((here for here, there in self.systems.items() if there == name), name)

    def levels_of(self, attribute: str) -> dict[str, str]:
        """Return, of an attribute of the reference, the reference's level of each customer's level that is named."""
        return {there: here for here, several in self.levels.get(attribute, {}).items() for there in several}

    # -- TOML ---------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: str | Path) -> Match:
        """Read a match file. Raises ResultsError with every problem found in it."""
        where = f"match file '{path}'"
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            cure = "Check its name and that it is UTF-8 text."
            raise ResultsError([Finding("stop", where, f"cannot be read ({error}).", cure)]) from error
        return cls.loads(text, where)

    @classmethod
    def loads(cls, text: str, where: str = "the match") -> Match:
        """Read a match from TOML text."""
        return cls.from_dict(read_toml(text, where), where)

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any], where: str = "the match") -> Match:
        """Read the tree of the TOML. Raises ResultsError with every problem at once."""
        problems: list[Finding] = []

        def say(place: str, found: str, cure: str) -> None:
            problems.append(Finding("stop", f"{where}, {place}", found, cure))

        for key in tree:
            if key not in _PARTS:
                say(f"{key!r}", "is not known.", nearest(key, _PARTS) or f"It has: {', '.join(_PARTS)}.")
        parts: dict[str, dict[str, Any]] = {}
        for key in _PARTS:
            part = tree.get(key, {})
            if not isinstance(part, Mapping):
                say(f"[{key}]", "is no table.", f"Write [{key}] on a line, and pairs below it.")
                part = {}
            parts[key] = dict(part)
        for key in ("columns", "systems"):
            for here, there in parts[key].items():
                if not isinstance(there, str):
                    say(f"[{key}] {here!r}", "is no text.", f'Write "{here}" = "the customer\'s name".')
            _check_once(parts[key], f"[{key}]", say)
        levels: dict[str, dict[str, tuple[str, ...]]] = {}
        for attribute, pairs in parts["levels"].items():
            if not isinstance(pairs, Mapping):
                say(f"[levels] {attribute!r}", "is no table.", f"Write [levels.{attribute}], and pairs below it.")
                continue
            levels[attribute] = {}
            for here, there in pairs.items():
                several = [there] if isinstance(there, str) else there
                if not isinstance(several, list) or not all(isinstance(word, str) for word in several):
                    say(f"[levels.{attribute}] {here!r}", "is no text and no list of texts.", "Write levels in quotes.")
                    continue
                levels[attribute][here] = tuple(several)
            flat = {(here, word): word for here, words in levels[attribute].items() for word in words}
            _check_once(flat, f"[levels.{attribute}]", say)
        if problems:
            raise ResultsError(problems)
        return cls(parts["columns"], parts["systems"], levels)

    def dumps(self) -> str:
        """Return the match as TOML text; `Match.loads(match.dumps()) == match`."""
        return write_toml(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the tree of the TOML, without what is empty."""
        levels = {
            attribute: {here: list(there) for here, there in pairs.items()}
            for attribute, pairs in self.levels.items()
            if pairs
        }
        tree = {"columns": dict(self.columns), "systems": dict(self.systems), "levels": levels}
        return {key: part for key, part in tree.items() if part}


def _check_once(pairs: Mapping[Any, Any], place: str, say: Any) -> None:
    """Name what the customer has that would be two things of the reference."""
    seen: set[Any] = set()
    for there in pairs.values():
        if isinstance(there, str) and there in seen:
            say(place, f"names {there!r} twice.", "One of the customer's goes with one of the reference.")
        seen.add(there) if isinstance(there, str) else None
