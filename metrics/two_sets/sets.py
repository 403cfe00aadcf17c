"""Two sets of one schema side by side: a reference and what a customer measured, with the same systems and levels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metrics.cube import Cube, Cubes, count_cells
from metrics.errors import Finding, QuestionError, unknown
from metrics.estimate import By
from metrics.progress import SILENT, Progress
from metrics.registry import Metric
from metrics.results import Results
from metrics.scored import Axis, Scored, score, smallest_unsigned
from metrics.two_sets.match import Match

__all__ = ["TwoSets", "align", "align_files", "put_together"]


@dataclass(frozen=True, eq=False)
class TwoSets:
    """The cubes of a reference and of a customer's set: one a system on each side, the same systems in one order.

    Attributes that both have carry one name and the same levels on both sides, those of the reference first. Each
    side keeps the attributes that it alone has, so that what its intervals borrow from the whole file stays as it is.
    The two are independent samples: `findings` say where that may not be so, and what is on one side only.
    """

    reference: Cubes
    customer: Cubes
    findings: tuple[Finding, ...] = ()

    @property
    def systems(self) -> tuple[str | None, ...]:
        return self.reference.systems

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The attributes of both, then those of the reference alone, then those of the customer alone."""
        here, there = ({a.name: a for a in cubes.axes} for cubes in (self.reference, self.customer))
        shared = [a for name, a in here.items() if name in there]
        alone = [a for name, a in here.items() if name not in there]
        return (*shared, *alone, *(a for name, a in there.items() if name not in here))

    @property
    def shared(self) -> tuple[str, ...]:
        """The names of the attributes that both have."""
        there = {a.name for a in self.customer.axes}
        return tuple(a.name for a in self.reference.axes if a.name in there)

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics that both sets have, by name, in the order of the reference."""
        there = self.customer.metrics
        return {name: metric for name, metric in self.reference.metrics.items() if name in there}

    def pairs(self) -> Iterator[tuple[Cube, Cube]]:
        """Yield the reference's and the customer's cube of every system."""
        yield from zip(self.reference, self.customer, strict=True)

    def only(self, system: str | None) -> TwoSets:
        """Return one system of both. Raises QuestionError, suggesting the nearest."""
        return replace(self, reference=self.reference.only(system), customer=self.customer.only(system))

    def choose(self, metrics: Iterable[str] | None) -> list[str]:
        """Return the names of metrics that both sets have, all by default.

        Raises QuestionError for one that is not among them, and says on which side it is wanting.
        """
        known = self.metrics
        chosen = list(known) if metrics is None else list(dict.fromkeys(metrics))
        for name in chosen:
            if name not in known:
                one_side = name in self.reference.metrics or name in self.customer.metrics
                side = "the customer's set" if name in self.reference.metrics else "the reference"
                hint = f"The columns of {side} do not allow it." if one_side else ""
                raise unknown(name, "metric that both sets allow called", known, hint=hint)
        return chosen

    def groupings(self, by: By = None, *, everyone: bool = True) -> list[tuple[str, ...]]:
        """Return what slices are formed by: the groupings asked for, or each attribute alone; everyone first.

        The column of several labels in a cell stands for each of its labels in turn. Raises QuestionError for an
        attribute that neither set has.
        """
        axes = self.axes
        families: dict[str, list[str]] = {}
        for axis in axes:
            if axis.family:
                families.setdefault(axis.family, []).append(axis.name)
        known = {a.name for a in axes}
        asked: Sequence[Any] = [a.name for a in axes] if by is None else list(by)
        found: list[tuple[str, ...]] = [()] * everyone
        for entry in asked:
            names = (entry,) if isinstance(entry, str) else tuple(entry)
            for name in names:
                if name not in known and name not in families:
                    raise unknown(name, "attribute", [a.name for a in axes])
            expanded: list[tuple[str, ...]] = [()]
            for name in names:
                more = [name] if name in known else families[name]
                expanded = [(*before, one) for before in expanded for one in more]
            found += expanded
        return list(dict.fromkeys(found))


def put_together(
    reference: Results, customer: Results, match: Match | None = None, progress: Progress = SILENT
) -> TwoSets:
    """Score two sets, the customer's as `read_customer` read it, and put them side by side.

    The only system of both goes without a name. Raises QuestionError where no system is on both sides.
    """
    one, two = (score(r, progress=progress.nth(i, 2)) for i, r in enumerate((reference, customer)))
    return align_files(one, two, reference, customer, match)


def align_files(
    one: Sequence[Scored], two: Sequence[Scored], reference: Results, customer: Results, match: Match | None = None
) -> TwoSets:
    """Put two files side by side that are scored already, as `put_together` does."""
    if all(len(s) == 1 and s[0].system is None for s in (one, two)):
        return align(one, two, match)
    return align(_name_only(one, reference), _name_only(two, customer), match)


def _name_only(scored: Sequence[Scored], results: Results) -> tuple[Scored, ...]:
    """Return the only system of a file, which goes without a name there, under its name."""
    if len(scored) == 1 and scored[0].system is None and results.schema.systems:
        return (replace(scored[0], system=results.schema.systems[0].title),)
    return tuple(scored)


def align(
    reference: Sequence[Scored],
    customer: Sequence[Scored],
    match: Match | None = None,
    findings: Iterable[Finding] = (),
) -> TwoSets:
    """Put two sets side by side: systems, attributes and levels of the customer under the reference's names.

    `customer` is what was read by `read_customer`. Systems of one name go together, those of `match` under its names,
    and the only system of each side in any case. Raises QuestionError where no system is on both sides.
    """
    match = match or Match()
    pairs, said = _pair_systems(reference, customer, match)
    axes = pairs[0][0].axes
    here, there = [], []
    for one, two in pairs:
        renamed = _rename_axes(two, match, {a.name: a.levels for a in axes})
        merged = _merge_axes(axes, renamed)
        here.append(_with_axes(one, merged))
        there.append(_with_axes(renamed, merged))
    return TwoSets(count_cells(here), count_cells(there), (*findings, *said, *_compare_classes(*pairs[0])))


def _compare_classes(reference: Scored, customer: Scored) -> list[Finding]:
    """Say which classes one set alone has: a mean over the classes is then one over other classes."""
    here, there = reference.layout.classes, customer.layout.classes
    sides = (("reference", here, there), ("customer's set", there, here))
    return [
        Finding(
            "warn",
            f"class {name!r}",
            f"is in the {side} only. Metrics of it are left out, and macro means are over each set's own classes.",
            "If it has another name in the other set, translate it there with --recode.",
        )
        for side, mine, theirs in sides
        for name in mine
        if name not in theirs
    ]


def _pair_systems(
    reference: Sequence[Scored], customer: Sequence[Scored], match: Match
) -> tuple[list[tuple[Scored, Scored]], list[Finding]]:
    there = {match.system_of(s.system): s for s in customer}
    pairs = [(s, there[s.system]) for s in reference if s.system in there]
    if not pairs and len(reference) == len(customer) == 1:
        one, two = reference[0], customer[0]
        name = one.system if one.system is not None else two.system
        return [(replace(one, system=name), replace(two, system=name))], []
    if not reference or not customer:
        side = "reference" if not reference else "customer's set"
        raise QuestionError(f"What the model said was not found in the {side}. Name the column of its answers.")
    if not pairs:
        names = [", ".join(repr(str(s.system)) for s in side) for side in (reference, customer)]
        raise QuestionError(
            f"No system is in both sets: the reference has {names[0]}, the customer's set {names[1]}. "
            "Say which go together, under [systems] of the match file."
        )
    met = {one.system for one, _ in pairs}
    sides = (("reference", [s.system for s in reference]), ("customer's set", list(there)))
    alone = [(str(name), side) for side, names in sides for name in names if name not in met]
    said = [Finding("warn", f"system {name!r}", f"is in the {side} only.", "It is left out.") for name, side in alone]
    return pairs, said


def _rename_axes(scored: Scored, match: Match, known: Mapping[str, Sequence[str]]) -> Scored:
    """Return the customer's units with attributes and levels under the reference's names; levels may be merged."""
    there = {a.name for a in scored.axes}
    axes, codes = [], []
    for axis, code in zip(scored.axes, scored.codes, strict=True):
        # A name that the customer has, too, is that of the other column.
        name = match.attribute_of(axis.name, [n for n in known if n not in there or n == axis.name])
        # A name that the reference does not have stands for nothing of it.
        words = {level: word for level, word in match.levels_of(name).items() if word in known.get(name, ())}
        renamed = [words.get(level, level) for level in axis.levels]
        levels = tuple(dict.fromkeys(renamed))
        axes.append(replace(axis, name=name, levels=levels))
        if levels == axis.levels:
            codes.append(code)
            continue
        table = np.array([*map(levels.index, renamed), len(levels)], smallest_unsigned(len(levels) + 1))
        codes.append(table[code])
    return replace(scored, axes=tuple(axes), codes=tuple(codes))


def _merge_axes(reference: Sequence[Axis], customer: Scored) -> Mapping[str, Axis]:
    """Return the attributes that both have, with the levels of both."""
    there = {a.name: a for a in customer.axes}
    both = [(axis, there[axis.name]) for axis in reference if axis.name in there]
    return {a.name: replace(a, levels=tuple(dict.fromkeys(a.levels + b.levels))) for a, b in both}


def _with_axes(scored: Scored, merged: Mapping[str, Axis]) -> Scored:
    axes, codes = [], []
    for axis, code in zip(scored.axes, scored.codes, strict=True):
        wider = merged.get(axis.name, axis)
        axes.append(wider)
        if wider.levels == axis.levels:
            codes.append(code)
            continue
        table = np.array([*map(wider.levels.index, axis.levels), wider.size - 1], smallest_unsigned(wider.size))
        codes.append(table[code])
    return replace(scored, axes=tuple(axes), codes=tuple(codes))
