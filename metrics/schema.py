"""What the columns of a results file mean: a frozen `Schema`, read from and written to TOML."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from metrics.errors import Finding, ResultsError

Obtained = Literal["self-reported", "annotated", "inferred", "unknown"]

# Columns that any task may name, one a file. Tasks declare the rest (`metrics.tasks`).
COMMON_ROLES = ("id", "cluster", "weight", "count", "system")


@dataclass(frozen=True)
class FileOptions:
    """How the file is written; what is None is found out."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header_row: int | None = None  # 1 is the file's first line
    sheet: str | int | None = None
    missing: tuple[str, ...] = ()  # words that mean missing, beside the empty cell
    keep_spelling: bool = False


@dataclass(frozen=True)
class System:
    """One model or submission: its name and the columns it fills (`prediction`, `score`, ...)."""

    name: str | None
    columns: Mapping[str, str]

    @property
    def title(self) -> str:
        """The name it is called by: its own, else its prediction (score, hypothesis) column."""
        return self.name if self.name is not None else next(iter(self.columns.values()), "")


@dataclass(frozen=True)
class Attribute:
    """A column whose values are groups, how they were obtained, and how they are cut or merged.

    At most one of `edges` (ascending, closed on the left), `quantiles` (a number of bins) and
    `width` (of equal bins) is given. `recode` holds new level -> old levels; the new level ""
    is missing. `separator` declares several labels in one cell. `order` lists levels first to last.
    """

    column: str
    obtained: Obtained = "unknown"
    edges: tuple[float, ...] = ()
    quantiles: int | None = None
    width: float | None = None
    recode: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    separator: str | None = None
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class NamedSlice:
    name: str
    where: str


@dataclass(frozen=True)
class Schema:
    """The meaning of a results file. Everything may be left open; reading fills it with guesses.

    `columns` maps a role of the whole file (label, id, cluster, ...) to its column; `systems` maps
    the roles that each system fills. `without` names roles that must not be guessed.
    `recode` is for columns that are no attributes (translating labels).
    """

    task: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    systems: tuple[System, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    without: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    favourable: Literal["positive", "negative"] | None = None
    threshold: float | None = None
    score_scale: Literal["fraction", "percent", "any"] | None = None
    tolerance: float | None = None
    strata: tuple[str, ...] = ()
    where: str | None = None
    normalizer: str | None = None
    terms: str | None = None
    recode: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    slices: tuple[NamedSlice, ...] = ()
    file: FileOptions = field(default_factory=FileOptions)

    def attribute(self, column: str) -> Attribute | None:
        """The declaration of `column` as an attribute, or None."""
        return next((a for a in self.attributes if a.column == column), None)

    def with_attributes(self, columns: list[str]) -> Schema:
        """Return the schema with these columns among its attributes, in order, none twice."""
        new = [Attribute(c) for c in dict.fromkeys(columns) if self.attribute(c) is None]
        return replace(self, attributes=self.attributes + tuple(new))

    @property
    def digest(self) -> str:
        """A hash of everything that is declared: equal schemas give equal digests."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    # -- TOML ---------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: str | Path) -> Schema:
        """Read a schema file. Raises ResultsError with every problem found in it."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ResultsError(
                [
                    Finding(
                        "stop",
                        f"schema file '{path}'",
                        f"cannot be read ({error}).",
                        "Check its name and that it is UTF-8 text.",
                    )
                ]
            ) from error
        return cls.loads(text, where=f"schema file '{path}'")

    @classmethod
    def loads(cls, text: str, where: str = "the schema") -> Schema:
        """Read a schema from TOML text."""
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ResultsError(
                [Finding("stop", where, f"is no valid TOML: {error}.", "Mend the line it names.")]
            ) from error
        return cls.from_dict(tree, where)

    def dumps(self) -> str:
        """Return the schema as TOML text; `Schema.loads(schema.dumps()) == schema`."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the tree of the TOML, without what is left open."""
        raise NotImplementedError

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any], where: str = "the schema") -> Schema:
        """Read the tree of the TOML. Raises ResultsError with every problem at once."""
        raise NotImplementedError
