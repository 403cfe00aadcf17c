"""The head of a bundle: its JSON, which says what the columns of numbers beside it are about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from metrics.errors import ResultsError, nearest, stop
from metrics.registry import MeanOfShares, Metric
from metrics.schema import Schema
from metrics.scored import Axis
from metrics.sharing.bundle_archive import ASK
from metrics.sharing.share import can_share
from metrics.sharing.shared_cube import Shared, SharedCube, Source
from metrics.sharing.terms import LEAST_CELL, Terms
from metrics.strict_json import check_plain, load_strict
from metrics.tasks.declared import declared_metrics
from metrics.tree_reader import TreeReader

__all__ = [
    "FORMAT",
    "MOST_HEAD",
    "MOST_QUESTIONS",
    "VERSION",
    "WITH_EXAMPLES",
    "Head",
    "SystemHead",
    "head_of",
    "read_head",
    "write_head",
]

FORMAT = "fairness-dashboard bundle"
VERSION = 2
WITH_EXAMPLES = 2  # the first version with examples; what has none is written as version 1, as it was before
MOST_HEAD = 4 * 2**20  # bytes of the JSON
MOST_QUESTIONS = 20_000  # systems times groupings times metrics

_MOST_NAMED = 100  # systems, attributes, files, versions
_MOST_GROUPINGS = 1_000
_MOST_ORDER = 10
_MOST_METRICS = 5_000
_MOST_PARTS = 1_000  # classes that a mean is over
_LONGEST_NAME = 1_000
_LONGEST_NOTE = 20_000
_LONGEST_TEXT = 200_000  # rules of texts, which the schema carries
_MOST_DEPTH = 12


@dataclass(frozen=True)
class SystemHead:
    """What is said of a system: its name, its metrics, and of means of shares how many parts they have."""

    name: str | None
    metrics: tuple[str, ...]
    parts: Mapping[str, int]
    clustered: bool
    weighted: bool
    favourable: Literal["positive", "negative"] | None


@dataclass(frozen=True)
class Head:
    """All of a bundle but its numbers and examples.

    `groupings` are those of the terms, after everyone; `metrics` are by name.
    """

    terms: Terms
    made: str
    versions: Mapping[str, str]
    sources: tuple[Source, ...]
    schema: Schema
    left_out: tuple[str, ...]
    axes: tuple[Axis, ...]
    systems: tuple[SystemHead, ...]
    metrics: Mapping[str, Metric]
    version: int = 1

    @property
    def groupings(self) -> tuple[tuple[str, ...], ...]:
        return ((), *self.terms.groupings)

    def axes_of(self, names: Sequence[str]) -> tuple[Axis, ...]:
        by_name = {axis.name: axis for axis in self.axes}
        return tuple(by_name[name] for name in names)


# -- writing -------------------------------------------------------------------------------------


def head_of(shared: Shared) -> Head:
    """Return what is said of shared numbers."""
    return Head(
        terms=shared.terms,
        made=shared.made,
        versions=shared.versions,
        sources=shared.sources,
        schema=shared.schema,
        left_out=shared.left_out,
        axes=shared.axes,
        systems=tuple(_system_of(cube) for cube in shared.cubes if isinstance(cube, SharedCube)),
        metrics={name: metric for cube in shared.cubes for name, metric in cube.metrics.items()},
        version=WITH_EXAMPLES if shared.examples else 1,
    )


def _system_of(cube: SharedCube) -> SystemHead:
    parts = {}
    for name, family in cube.families.items():
        inner = family.answers[()].own.side.parts
        if inner is not None:
            parts[name] = inner.value.shape[-1]
    return SystemHead(cube.system, tuple(cube.metrics), parts, cube.clustered, cube.weighted, cube.favourable)


def write_head(head: Head) -> bytes:
    """Return the head as JSON."""
    terms = head.terms
    tree = {
        "format": FORMAT,
        "version": head.version,
        "title": terms.title,
        "note": terms.note,
        "made": head.made,
        "versions": dict(head.versions),
        "sources": [{"name": s.name, "sha256": s.sha256} for s in head.sources],
        "schema": dict(sorted(head.schema.to_dict().items())),
        "left_out": list(head.left_out),
        "terms": {
            "min_cell": terms.min_cell,
            "min_units": terms.min_units,
            "people": terms.people,
            "seed": terms.seed,
        },
        "metrics": list(terms.metrics),
        "axes": [{"name": a.name, "levels": list(a.levels), "saved": a.saved, "family": a.family} for a in head.axes],
        "groupings": [list(names) for names in head.groupings],
        "systems": [
            {
                "name": s.name,
                "metrics": list(s.metrics),
                "parts": dict(s.parts),
                "clustered": s.clustered,
                "weighted": s.weighted,
                "favourable": s.favourable,
            }
            for s in head.systems
        ],
    }
    return (json.dumps(tree, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


# -- reading -------------------------------------------------------------------------------------

_KEYS = (
    *("format", "version", "title", "note", "made", "versions", "sources", "schema", "left_out", "terms"),
    *("metrics", "axes", "groupings", "systems"),
)
_SYSTEM = ("name", "metrics", "parts", "clustered", "weighted", "favourable")


def read_head(data: bytes, where: str) -> Head:
    """Read the head. Raises ResultsError for what is none, or of a later version, and for what cannot be."""
    if len(data) > MOST_HEAD:
        raise stop(where, f"has a head of more than {MOST_HEAD // 2**20} MB, which no bundle has.", ASK)
    try:
        tree = load_strict(data.decode())
    except (UnicodeDecodeError, RecursionError) as error:
        raise stop(where, "has a head that is no JSON.", ASK) from error
    except ValueError as error:
        raise stop(where, f"has damaged JSON ({str(error)[:100]}).", ASK) from error
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise stop(where, "is no bundle.", "Choose the file that Publish or `share` made, or have it sent again.")
    _check_version(tree.get("version"), where)
    try:
        check_plain(tree, depth=_MOST_DEPTH, longest=_LONGEST_TEXT)
    except ValueError as error:
        raise stop(where, f"{error}, which no bundle does.", ASK) from error
    return _Reader(where, ASK).read(tree)


def _check_version(version: Any, where: str) -> None:
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise stop(
            where,
            f"is of version {str(version)[:20]} of the format, which is newer than this dashboard: it reads up to "
            f"version {VERSION}.",
            "Open it with a newer version of the dashboard.",
        )
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise stop(where, f"has the version {str(version)[:20]!r} of the format, which there is not.", ASK)


class _Reader(TreeReader):
    """Reads a tree that `check_plain` let through."""

    def read(self, tree: dict[str, Any]) -> Head:
        self._check_keys(tree, _KEYS, "")
        schema = self._schema(self._typed(tree["schema"], dict, "schema"))
        axes = tuple(self._axes(self._entries(tree["axes"], "axes", _MOST_NAMED)))
        terms = self._terms(tree, axes)
        declared = self._metrics(schema, terms)
        systems = tuple(self._systems(self._entries(tree["systems"], "systems", _MOST_NAMED), terms, declared))
        if len(systems) * (1 + len(terms.groupings)) * max(1, len(terms.metrics)) > MOST_QUESTIONS:
            raise self._wrong("", f"answers more than {MOST_QUESTIONS:,} questions.")
        left_out = self._names(tree["left_out"], "left_out", _MOST_NAMED)
        self._check_among(left_out, [a.name for a in axes], "left_out", "attribute")
        return Head(
            terms=terms,
            made=self._day(tree["made"], "made"),
            versions=self._versions(tree["versions"]),
            sources=tuple(self._sources(self._entries(tree["sources"], "sources", _MOST_NAMED))),
            schema=schema,
            left_out=left_out,
            axes=axes,
            systems=systems,
            metrics={name: declared[name] for name in terms.metrics},
            version=tree["version"],
        )

    # -- schema, terms, attributes, metrics

    def _schema(self, tree: dict[str, Any]) -> Schema:
        try:
            return Schema.from_dict(tree, f"{self.where}, schema")
        except ResultsError as error:  # of thousands of reasons one will do
            first = error.findings[0]
            raise stop(first.where[:300], first.found[:200], ASK) from error

    def _terms(self, tree: Mapping[str, Any], axes: Sequence[Axis]) -> Terms:
        told = self._typed(tree["terms"], dict, "terms")
        self._check_keys(told, ("min_cell", "min_units", "people", "seed"), "terms")
        if told["people"] not in ("units", "clusters"):
            raise self._wrong("terms, people", "is neither 'units' nor 'clusters'.")
        least, enough, seed = (
            self._whole(told[name], f"terms, {name}", lowest)
            for name, lowest in (("min_cell", LEAST_CELL), ("min_units", 1), ("seed", 0))
        )
        names = [a.name for a in axes]
        groupings = []
        for entry in self._entries(tree["groupings"], "groupings", _MOST_GROUPINGS + 1):
            grouping = self._names(entry, "groupings", _MOST_ORDER)
            self._check_among(grouping, names, "groupings", "attribute")
            groupings.append(grouping)
        if not groupings or groupings[0] or len(set(groupings)) < len(groupings):
            raise self._wrong("groupings", "does not begin with everyone, or has one of them twice.")
        if {name for grouping in groupings for name in grouping} != set(names):
            raise self._wrong("axes", "has an attribute that no grouping has.")
        return Terms(
            title=self._text(tree["title"], "title"),
            groupings=tuple(groupings[1:]),
            metrics=self._names(tree["metrics"], "metrics", _MOST_METRICS),
            note=self._text(tree["note"], "note", _LONGEST_NOTE),
            min_cell=least,
            min_units=enough,
            people=told["people"],
            seed=seed,
        )

    def _axes(self, entries: Sequence[Any]) -> Iterator[Axis]:
        seen = set()
        for entry in entries:
            told = self._typed(entry, dict, "axes, an entry")
            self._check_keys(told, ("name", "levels", "saved", "family"), "axes")
            name = self._text(told["name"], "axes, name")
            if name in seen:
                raise self._wrong("axes", f"has {name[:60]!r} twice.")
            seen.add(name)
            levels = self._names(told["levels"], f"axes, {name[:60]!r}, levels", MOST_HEAD)
            saved = self._typed(told["saved"], bool, "axes, saved")
            yield Axis(name, levels, saved, self._text(told["family"], "axes, family"))

    def _metrics(self, schema: Schema, terms: Terms) -> dict[str, Metric]:
        if schema.task is None:
            raise self._wrong("schema", "names no task.")
        declared = declared_metrics(schema, terms.metrics)
        for name in terms.metrics:
            if name not in declared:
                raise self._wrong("metrics", f"names {name[:80]!r}, which is no metric of its task.")
            if not can_share(declared[name]) or not declared[name].listed:
                raise self._wrong("metrics", f"names {name[:80]!r}, which is not shared.")
        return declared

    def _systems(self, entries: Sequence[Any], terms: Terms, declared: Mapping[str, Metric]) -> Iterator[SystemHead]:
        seen: list[str | None] = []
        for entry in entries:
            told = self._typed(entry, dict, "systems, an entry")
            self._check_keys(told, _SYSTEM, "systems")
            name = None if told["name"] is None else self._text(told["name"], "systems, name")
            if name in seen or (name is None and len(entries) > 1):
                raise self._wrong("systems", "has two of one name, or several and one without.")
            seen.append(name)
            metrics = self._names(told["metrics"], "systems, metrics", _MOST_METRICS)
            among = set(metrics)
            if list(metrics) != [metric for metric in terms.metrics if metric in among]:
                raise self._wrong("systems", "has metrics that are not among those of the bundle, in their order.")
            if told["favourable"] not in (None, "positive", "negative"):
                raise self._wrong("systems", f"has favourable = {str(told['favourable'])[:40]!r}.")
            yield SystemHead(
                name=name,
                metrics=metrics,
                parts=self._parts(self._typed(told["parts"], dict, "systems, parts"), metrics, declared),
                clustered=self._typed(told["clustered"], bool, "systems, clustered"),
                weighted=self._typed(told["weighted"], bool, "systems, weighted"),
                favourable=told["favourable"],
            )
        if not seen:
            raise self._wrong("systems", "names none.")

    def _parts(self, told: Mapping[str, Any], metrics: Sequence[str], declared: Mapping[str, Metric]) -> dict[str, int]:
        means = [name for name in metrics if isinstance(declared[name].formula, MeanOfShares)]
        self._check_keys(told, tuple(means), "systems, parts")
        for name in means:
            formula = declared[name].formula
            assert isinstance(formula, MeanOfShares)
            number = self._whole(told[name], "systems, parts", 1)
            if number > _MOST_PARTS or (not formula.over_classes and number != len(formula.shares)):
                raise self._wrong("systems, parts", f"says that {name[:80]!r} has {number} parts.")
        return {name: told[name] for name in told}

    # -- pieces

    def _sources(self, entries: Sequence[Any]) -> Iterator[Source]:
        for entry in entries:
            told = self._typed(entry, dict, "sources, an entry")
            self._check_keys(told, ("name", "sha256"), "sources")
            digest = self._text(told["sha256"], "sources, sha256")
            if not re.fullmatch(r"[0-9a-f]{64}", digest):
                raise self._wrong("sources", f"has {digest[:80]!r} as a sha256.")
            yield Source(self._text(told["name"], "sources, name"), digest)

    def _versions(self, tree: Any) -> dict[str, str]:
        told: dict[str, str] = self._typed(tree, dict, "versions")
        if len(told) > _MOST_NAMED:
            raise self._wrong("versions", f"has more than {_MOST_NAMED} entries.")
        return {self._text(name, "versions"): self._text(text, "versions") for name, text in told.items()}

    def _text(self, value: Any, part: str, most: int = _LONGEST_NAME) -> str:
        text: str = self._typed(value, str, part)
        if len(text) > most:
            raise self._wrong(part, f"is a text of {len(text):,} signs; it has up to {most:,}.")
        return text

    def _names(self, value: Any, part: str, most: int) -> tuple[str, ...]:
        """Return a list of texts, each there once."""
        names = tuple(self._text(entry, part) for entry in self._entries(value, part, most))
        if len(set(names)) < len(names):
            raise self._wrong(part, "names something twice.")
        return names

    def _whole(self, value: Any, part: str, lowest: int) -> int:
        number: int = self._typed(value, int, part)
        if not lowest <= number < 2**53:
            raise self._wrong(part, f"is {str(number)[:40]}; it is a whole number from {lowest} up.")
        return number

    def _check_among(self, names: Sequence[str], known: Sequence[str], part: str, what: str) -> None:
        for name in names:
            if name not in known:
                raise self._wrong(part, f"names {name[:60]!r}, which is no {what} of it. {nearest(name[:60], known)}")
