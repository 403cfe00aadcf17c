"""Sets of one schema in their order: each aligned to the first, with its name and, where it has one, its date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from metrics.cube import Cubes, count_cells
from metrics.errors import Finding, QuestionError, unknown
from metrics.estimate import By
from metrics.registry import Metric
from metrics.scored import Axis, Scored
from metrics.slices import MISSING
from metrics.two_sets.match import Match
from metrics.two_sets.sets import TwoSets, align

__all__ = ["DatedSet", "Series", "SetCubes", "line_up"]


@dataclass(frozen=True, eq=False)
class DatedSet:
    """One set of scored units (one `Scored` a system) and what it is called; `match` leads to the first set's names.

    A set called `MISSING` holds units without a date: it is shown, and has no place in time.
    """

    name: str
    scored: Sequence[Scored]
    date: date | None = None
    match: Match = field(default_factory=Match)


@dataclass(frozen=True, eq=False)
class SetCubes:
    """One set of a series, counted."""

    name: str
    date: date | None
    cubes: Cubes

    @property
    def in_time(self) -> bool:
        return self.name != MISSING


@dataclass(frozen=True, eq=False)
class Series:
    """Sets in their order, of the same systems, attributes and levels under the names of the first that was given.

    Every set keeps the levels and attributes that it alone has. `findings` say what was left out, and what the sets
    have in common beside the names.
    """

    sets: tuple[SetCubes, ...]
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        if not self.sets:
            raise QuestionError("A series needs at least one set.")
        for name, times in Counter(s.name for s in self.sets).items():
            if times > 1:
                raise QuestionError(f"Two sets are called {name!r}; give each a name of its own.")
        if len({s.cubes.systems for s in self.sets}) > 1:
            raise ValueError("All sets of a series have the same systems; line_up() sees to that.")

    @property
    def in_time(self) -> tuple[SetCubes, ...]:
        """The sets that have a place in the order."""
        return tuple(s for s in self.sets if s.in_time)

    @property
    def systems(self) -> tuple[str | None, ...]:
        return self.sets[0].cubes.systems

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The attributes of any set, with the levels of all sets, in the order in which they come up."""
        found: dict[str, Axis] = {}
        for axis in (a for s in self.sets for a in s.cubes.axes):
            before = found.get(axis.name, axis)
            found[axis.name] = replace(before, levels=tuple(dict.fromkeys(before.levels + axis.levels)))
        return tuple(found.values())

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics that any set has, by name: where a set lacks one, its values have no data."""
        found: dict[str, Metric] = {}
        for s in self.sets:
            found = {**s.cubes.metrics, **found}
        return found

    def only(self, system: str | None) -> Series:
        """Return one system of every set. Raises QuestionError, suggesting the nearest."""
        return replace(self, sets=tuple(replace(s, cubes=s.cubes.only(system)) for s in self.sets))

    def groupings(self, by: By = None, *, everyone: bool = True) -> list[tuple[str, ...]]:
        """Return what slices are formed by: the groupings asked for, or each attribute alone; everyone first.

        The column of several labels in a cell stands for each of its labels in turn. Raises QuestionError for an
        attribute that no set has.
        """
        axes = self.axes
        asked = [a.name for a in axes] if by is None else list(by)
        families: dict[str, list[str]] = {}
        for axis in axes:
            if axis.family:
                families.setdefault(axis.family, []).append(axis.name)
        known = {a.name for a in axes}
        found: list[tuple[str, ...]] = [()] * everyone
        for entry in asked:
            expanded: list[tuple[str, ...]] = [()]
            for name in (entry,) if isinstance(entry, str) else entry:
                if name not in known and name not in families:
                    raise unknown(name, "attribute", [a.name for a in axes])
                more = [name] if name in known else families[name]
                expanded = [(*before, one) for before in expanded for one in more]
            found += expanded
        return list(dict.fromkeys(found))

    def pair(self, first: str | None = None, last: str | None = None) -> TwoSets:
        """Return two sets side by side, the first and the last in time if none is named, as independent samples.

        Raises QuestionError for a name that no set has, and where there are no two sets.
        """
        timed = self.in_time
        if len(timed) < 2 and (first is None or last is None):
            raise QuestionError("There are no two sets with a place in time to compare.")
        one = self._find(first) if first is not None else timed[0]
        two = self._find(last) if last is not None else timed[-1]
        found = align(_rows_of(one), _rows_of(two))
        return replace(found, findings=(*found.findings, *_find_shared_clusters([one, two])))

    def _find(self, name: str) -> SetCubes:
        for s in self.sets:
            if s.name == name:
                return s
        raise unknown(name, "set called", [s.name for s in self.sets])


def line_up(sets: Sequence[DatedSet], *, findings: Iterable[Finding] = ()) -> Series:
    """Return sets as a series, each aligned to the first one given: what it calls systems and levels holds for all.

    They stand in the order of their dates where all have one, else in the order given; one called `MISSING` stands
    last. A system that some set lacks is left out, which a finding says. Raises QuestionError, naming the set, where
    tasks differ or no system is in all sets.
    """
    if not sets:
        raise QuestionError("A series needs at least one set.")
    sets = _name_only_systems(sets)
    first, said = sets[0], [*findings]
    counted = [SetCubes(first.name, first.date, count_cells(first.scored))]
    for other in sets[1:]:
        if other.scored and other.scored[0].task != first.scored[0].task:
            tasks = f"{other.scored[0].task}, the first set of {first.scored[0].task}"
            raise QuestionError(f"The set {other.name!r} holds results of {tasks}: they cannot be compared.")
        try:
            found = align(first.scored, other.scored, other.match)
        except QuestionError as error:
            raise QuestionError(f"The set {other.name!r}: {error}") from error
        counted.append(SetCubes(other.name, other.date, found.customer))
    common, left = _common_systems(sets)
    said += [Finding("warn", f"system {name!r}", f"is not in {where}.", "It is left out.") for name, where in left]
    kept = [replace(s, cubes=Cubes(s.cubes.only(name)[0] for name in common)) for s in counted]
    ordered = _put_in_order(kept)
    return Series(tuple(ordered), (*said, *_find_shared_clusters(ordered)))


def _name_only_systems(sets: Sequence[DatedSet]) -> Sequence[DatedSet]:
    """Give the only system of each set one name, whatever its file calls it."""
    if any(len(s.scored) != 1 for s in sets):
        return sets
    name = next((s.scored[0].system for s in sets if s.scored[0].system is not None), None)
    return [replace(s, scored=(replace(s.scored[0], system=name),)) for s in sets]


def _common_systems(sets: Sequence[DatedSet]) -> tuple[list[str | None], list[tuple[str, str]]]:
    """Return the systems that all sets have, under the first one's names, and which are wanting where."""
    have = {s.name: [s.match.system_of(units.system) for units in s.scored] for s in sets}
    names = list(dict.fromkeys(name for some in have.values() for name in some))
    wanting = {name: ", ".join(repr(of) for of, some in have.items() if name not in some) for name in names}
    common = [name for name in names if not wanting[name]]
    if not common:
        told = "; ".join(f"{of}: {', '.join(map(str, some))}" for of, some in have.items())
        raise QuestionError(f"No system is in all sets ({told}).")
    return common, [(str(name), where) for name, where in wanting.items() if where]


def _put_in_order(sets: Sequence[SetCubes]) -> list[SetCubes]:
    timed, others = [s for s in sets if s.in_time], [s for s in sets if not s.in_time]
    dates = [s.date for s in timed if s.date is not None]
    if len(dates) == len(timed):
        timed = [timed[i] for i in sorted(range(len(timed)), key=lambda i: dates[i])]
    return [*timed, *others]


def _find_shared_clusters(sets: Sequence[SetCubes]) -> list[Finding]:
    """Say so where the same clusters are in several sets: then they are no independent samples."""
    names = [set(s.cubes[0].scored.cluster_names) if s.cubes[0].scored is not None else set() for s in sets]
    shared = set().union(*(one & two for one, two in pairwise(names))) if len(names) > 1 else set()
    if not shared:
        return []
    found = f"are in more than one set ({len(shared):,} of {len(set().union(*names)):,})."
    cure = "Every value and gap heeds them; a change between two sets is judged as if they were others, with caution."
    return [Finding("note", "clusters", found, cure)]


def _rows_of(one: SetCubes) -> list[Scored]:
    found = [cube.scored for cube in one.cubes if cube.scored is not None]
    if len(found) < len(one.cubes):
        raise QuestionError("Two sets are put side by side from their rows, and the rows are not here.")
    return found
