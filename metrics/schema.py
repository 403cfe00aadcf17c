"""What the columns of a results file mean: a frozen `Schema`, read from and written to TOML."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf, isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from metrics.errors import Finding, ResultsError, nearest
from metrics.toml import read_toml, write_toml

Obtained = Literal["self-reported", "annotated", "inferred", "unknown"]

# What the columns of attributions are called where none are declared, before the feature's name.
_SHAP = "shap_"
# Columns that any task may name, one a file. Tasks declare the rest (`metrics.tasks`).
COMMON_ROLES = ("id", "cluster", "weight", "count", "system")
_MOST_HINTS = 100  # to keys that are none


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
    the roles that each system fills. `without` names roles that must not be guessed, and "positive" where no side of
    the classes is.
    `recode` is for columns that are no attributes (translating labels). `normalizer` and `terms` name
    rules and a word list: an entry of `texts`, which the schema carries along, or a file. `attributions`
    maps a feature to the column of what it contributed to each row's prediction.
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
    attributions: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
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
        schema = cls.loads(text, where=f"schema file '{path}'")
        return schema._beside(Path(path).parent)

    @classmethod
    def loads(cls, text: str, where: str = "the schema") -> Schema:
        """Read a schema from TOML text."""
        return cls.from_dict(read_toml(text, where), where)

    def _beside(self, folder: Path) -> Schema:
        """Return the schema with the rules and word list that lie beside its file named from here."""

        def find(name: str) -> str:
            beside = folder / name.strip()
            return str(beside) if name.strip() and name not in self.texts and beside.is_file() else name

        normalizer = None if self.normalizer is None else "+".join(map(find, self.normalizer.split("+")))
        return replace(self, normalizer=normalizer, terms=None if self.terms is None else find(self.terms))

    def dumps(self) -> str:
        """Return the schema as TOML text; `Schema.loads(schema.dumps()) == schema`."""
        return write_toml(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the tree of the TOML, without what is left open."""
        return _tree_of(self)

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any], where: str = "the schema") -> Schema:
        """Read the tree of the TOML. Raises ResultsError with every problem at once."""
        return _Reader(where).read(tree)


def attribution_columns(schema: Schema, columns: Iterable[str]) -> dict[str, str]:
    """Return the column of attributions of every feature: those declared, else those called `shap_` and the feature.

    >>> attribution_columns(Schema(), ["age", "shap_age", "shap_"])
    {'age': 'shap_age'}
    """
    if schema.attributions:
        return dict(schema.attributions)
    n = len(_SHAP)
    return {c[n:].strip(): c for c in columns if c[:n].casefold() == _SHAP and c[n:].strip()}


# -- the tree ------------------------------------------------------------------------------------

_DEFINITIONS: dict[str, tuple[type, ...]] = {
    "task": (str,),
    "favourable": (str,),
    "threshold": (int, float),
    "score_scale": (str,),
    "tolerance": (int, float),
    "where": (str,),
    "normalizer": (str,),
    "terms": (str,),
}
_LISTS = ("without", "positive", "strata")
_CHOICES = {
    "favourable": ("positive", "negative"),
    "score_scale": ("fraction", "percent", "any"),
    "obtained": get_args(Obtained),
}
_FILE_KEYS: dict[str, tuple[type, ...]] = {
    "encoding": (str,),
    "delimiter": (str,),
    "decimal": (str,),
    "header_row": (int,),
    "sheet": (str, int),
    "missing": (list,),
    "keep_spelling": (bool,),
}
_ATTRIBUTE_KEYS: dict[str, tuple[type, ...]] = {
    "column": (str,),
    "obtained": (str,),
    "edges": (list,),
    "quantiles": (int,),
    "width": (int, float),
    "closed": (str,),
    "recode": (dict,),
    "separator": (str,),
    "order": (list,),
}


def _tree_of(schema: Schema) -> dict[str, Any]:
    tree: dict[str, Any] = {} if schema.task is None else {"task": schema.task}
    tree |= dict(schema.columns)
    for key in _DEFINITIONS:
        if getattr(schema, key) is not None:
            tree[key] = _plain_number(getattr(schema, key))
    tree |= {key: list(getattr(schema, key)) for key in _LISTS if getattr(schema, key)}
    blank = FileOptions()
    file = {f.name: getattr(schema.file, f.name) for f in fields(FileOptions)}
    file = {k: list(v) if isinstance(v, tuple) else v for k, v in file.items() if v != getattr(blank, k)}
    if file:
        tree["file"] = file
    if schema.texts:
        tree["texts"] = dict(schema.texts)
    if schema.attributions:
        tree["attribution"] = dict(schema.attributions)
    if schema.recode:
        tree["recode"] = {column: _lists(words) for column, words in schema.recode.items()}
    systems = [({"name": s.name} if s.name is not None else {}) | dict(s.columns) for s in schema.systems]
    attributes = [_attribute_tree(a) for a in schema.attributes]
    slices = [{"name": s.name, "where": s.where} for s in schema.slices]
    # The column that names each row's system and the list of systems would share a key.
    if "system" in tree:
        tree["system_column"] = tree.pop("system")
    for key, tables in {"system": systems, "attribute": attributes, "slice": slices}.items():
        if tables:
            tree[key] = tables
    return tree


def _attribute_tree(attribute: Attribute) -> dict[str, Any]:
    tree: dict[str, Any] = {"column": attribute.column}
    if attribute.obtained != "unknown":
        tree["obtained"] = attribute.obtained
    for key in ("edges", "order"):
        if getattr(attribute, key):
            tree[key] = [_plain_number(x) for x in getattr(attribute, key)]
    for key in ("quantiles", "width", "separator"):
        if getattr(attribute, key) is not None:
            tree[key] = _plain_number(getattr(attribute, key))
    if attribute.recode:
        tree["recode"] = _lists(attribute.recode)
    return tree


def _lists(recode: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {new: list(old) for new, old in recode.items()}


def _plain_number(value: Any) -> Any:
    """Return whole numbers without `.0`, as people write them, so that equal schemas are written alike."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


class _Reader:
    """Reads a tree and collects every problem on the way."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Finding] = []

    def read(self, tree: Mapping[str, Any]) -> Schema:
        from metrics.tasks import TASKS, roles

        known = roles()
        per_system = {n for n, r in known.items() if r.per_system}
        of_file = {*(n for n, r in known.items() if not r.per_system), *COMMON_ROLES} - {"system"}
        tables = ("file", "system", "attribute", "slice", "attribution", "recode", "texts")
        allowed = [*_DEFINITIONS, *_LISTS, *sorted(of_file), "system_column", *tables, *sorted(per_system)]
        self._check_keys(tree, allowed, "")
        found: dict[str, Any] = {k: self._value(tree, k, _DEFINITIONS[k], "") for k in _DEFINITIONS if k in tree}
        found |= {k: self._words(tree[k], k) for k in _LISTS if k in tree}
        if found.get("task") not in (None, *TASKS):
            self._problem("'task'", f"is {found['task']!r}.", f"It is one of: {', '.join(TASKS)}.")
        columns = {r: self._value(tree, r, (str,), "") for r in sorted(of_file) if r in tree}
        systems_in = tree.get("system", [])
        if isinstance(systems_in, str):  # `system = "model_id"`: the column that names each row's system
            columns["system"], systems_in = systems_in, []
        if "system_column" in tree:
            columns["system"] = self._value(tree, "system_column", (str,), "")
        alone = {r: self._value(tree, r, (str,), "") for r in sorted(per_system) if r in tree}
        systems = [self._system(t, sorted(per_system)) for t in self._tables(systems_in, "system")]
        if alone:
            systems.insert(0, System(None, alone))
        texts, attributions = self._table(tree, "texts"), self._table(tree, "attribution")
        schema = Schema(
            **found,
            columns=columns,
            systems=tuple(systems),
            attributes=tuple(self._attribute(t) for t in self._tables(tree.get("attribute", []), "attribute")),
            recode={c: self._recode(w, f"recode of {c!r}") for c, w in self._table(tree, "recode").items()},
            slices=tuple(self._slice(t) for t in self._tables(tree.get("slice", []), "slice")),
            attributions={f: self._value(attributions, f, (str,), "attribution") for f in attributions},
            texts={name: self._value(texts, name, (str,), "texts") for name in texts},
            file=self._file(self._table(tree, "file")),
        )
        self._check_twice([a.column for a in schema.attributes], "attribute")
        self._check_twice([s.name for s in schema.slices], "slice")
        if self.problems:
            raise ResultsError(self.problems)
        return schema

    def _system(self, tree: Mapping[str, Any], roles: list[str]) -> System:
        self._check_keys(tree, ["name", *roles], "system")
        columns = {r: self._value(tree, r, (str,), "system") for r in tree if r in roles}
        return System(self._value(tree, "name", (str,), "system") if "name" in tree else None, columns)

    def _attribute(self, tree: Mapping[str, Any]) -> Attribute:
        self._check_keys(tree, list(_ATTRIBUTE_KEYS), "attribute")
        value = {k: self._value(tree, k, _ATTRIBUTE_KEYS[k], "attribute") for k in tree if k in _ATTRIBUTE_KEYS}
        column = value.get("column", "")
        where = f"attribute {column!r}"
        if not column:
            self._problem("an attribute", "has no column.", 'Write column = "...".')
        if value.pop("closed", "left") != "left":
            self._problem(where, "asks for bins closed on the right.", "Bins are closed on the left: edge <= value.")
        edges = tuple(self._numbers(value.pop("edges", []), where))
        if list(edges) != sorted(set(edges)):
            self._problem(where, f"has the edges {list(edges)}.", "Edges ascend, each once.")
        if sum([bool(edges), "quantiles" in value, "width" in value]) > 1:
            self._problem(where, "is binned in two ways.", "Give edges, quantiles or width, one of them.")
        if isinstance(value.get("quantiles"), int) and value["quantiles"] < 2:
            self._problem(where, f"has quantiles = {value['quantiles']}.", "It is at least 2.")
        if isinstance(value.get("width"), int | float) and not 0 < value["width"] < inf:
            self._problem(where, f"has width = {value['width']}.", "It is a number above 0.")
        return Attribute(
            column=column,
            **{k: v for k, v in value.items() if k in ("obtained", "quantiles", "width", "separator")},
            edges=edges,
            order=self._words(value.get("order", []), f"order of {where}"),
            recode=self._recode(value.get("recode", {}), f"recode of {where}"),
        )

    def _slice(self, tree: Mapping[str, Any]) -> NamedSlice:
        self._check_keys(tree, ["name", "where"], "slice")
        for key in ("name", "where"):
            if not tree.get(key):
                self._problem("a slice", f"has no {key}.", f'Write {key} = "...".')
        return NamedSlice(str(tree.get("name", "")), str(tree.get("where", "")))

    def _file(self, tree: Mapping[str, Any]) -> FileOptions:
        self._check_keys(tree, list(_FILE_KEYS), "file")
        value = {k: self._value(tree, k, _FILE_KEYS[k], "file") for k in tree if k in _FILE_KEYS}
        if "missing" in value:
            value["missing"] = self._words(value["missing"], "missing of [file]")
        return FileOptions(**value)

    def _recode(self, words: Any, where: str) -> dict[str, tuple[str, ...]]:
        if not isinstance(words, Mapping):
            self._problem(where, "is no table.", 'Write it as { "new" = ["old", "older"] }.')
            return {}
        return {str(new): self._words([old] if isinstance(old, str) else old, where) for new, old in words.items()}

    # -- pieces -----------------------------------------------------------------------------------

    def _value(self, tree: Mapping[str, Any], key: str, kinds: tuple[type, ...], table: str) -> Any:
        value = tree[key]
        where = f"'{key}' of [{table}]" if table else f"'{key}'"
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            names = {str: "a text", int: "a whole number", float: "a number", list: "a list", dict: "a table"}
            wanted = names.get(kinds[-1], "true or false")
            self._problem(where, f"is {value!r}.", f"It is {wanted}.")
            return None if kinds != (list,) else []
        if isinstance(value, float) and not isfinite(value):
            self._problem(where, f"is {value}.", "It is a number.")
        if key in ("header_row", "sheet") and isinstance(value, int) and value < 1:
            self._problem(where, f"is {value}.", "Lines and sheets are counted from 1.")
        if key in _CHOICES and value not in _CHOICES[key]:
            self._problem(where, f"is {value!r}.", f"It is one of: {', '.join(_CHOICES[key])}.")
        return value

    def _words(self, value: Any, where: str) -> tuple[str, ...]:
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(v, str | int | float) for v in value):
            self._problem(where, f"is {value!r}.", "It is a list of texts.")
            return ()
        return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in value)

    def _numbers(self, value: list[Any], where: str) -> list[float]:
        if not all(isinstance(v, int | float) and not isinstance(v, bool) and isfinite(v) for v in value):
            self._problem(where, f"has the edges {value!r}.", "Edges are numbers.")
            return []
        return [float(v) for v in value]

    def _table(self, tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = tree.get(key, {})
        if not isinstance(value, Mapping):
            self._problem(f"'{key}'", "is no table.", f"Write it as [{key}].")
            return {}
        return value

    def _tables(self, value: Any, key: str) -> list[Mapping[str, Any]]:
        if not isinstance(value, list) or not all(isinstance(v, Mapping) for v in value):
            self._problem(f"'{key}'", "is no list of tables.", f"Write each as [[{key}]].")
            return []
        return value

    def _check_keys(self, tree: Mapping[str, Any], allowed: list[str], table: str) -> None:
        for key in tree:
            if key not in allowed:
                where = f"'{key}' of [{table}]" if table else f"'{key}'"
                many = len(self.problems) >= _MOST_HINTS  # a file of nothing but wrong keys would take minutes
                hint = "" if many else nearest(key, allowed) or f"Known are: {', '.join(allowed)}."
                self._problem(where, "is no key of a schema.", hint)

    def _check_twice(self, names: list[str], what: str) -> None:
        for name in (name for name, times in Counter(names).items() if times > 1):
            self._problem(f"{what} {name!r}", "is declared twice.", "Keep one.")

    def _problem(self, where: str, found: str, cure: str) -> None:
        self.problems.append(Finding("stop", f"{self.where}: {where}", found, cure))
