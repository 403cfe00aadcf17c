"""Sharing: from scored rows to what a reader may see of them, measured here so that the rows need not go along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.apart import FamilyApart
from metrics.compare import against_everyone, against_rest
from metrics.cube import Cube, Cubes, Grouping, count_cells
from metrics.document import find_versions
from metrics.errors import unknown
from metrics.estimate import OK, measure, split_families, statuses
from metrics.moments import Family
from metrics.progress import SILENT, Progress
from metrics.reading.rules import carry_texts
from metrics.registry import Metric, OfClusters, Ranked
from metrics.results import Results
from metrics.schema import Schema
from metrics.scored import Scored
from metrics.sharing.drawing import hide_and_draw
from metrics.sharing.hiding import Hiding
from metrics.sharing.shared_cube import (
    LAYOUT,
    Answers,
    Shared,
    SharedCube,
    SharedFamily,
    Source,
    hide_cells,
    shared_grouping,
)
from metrics.sharing.small import find_small
from metrics.sharing.tables import Earlier, SharedTable
from metrics.sharing.terms import Terms
from metrics.sides import Measured
from metrics.spread import floor_of, pair_correlations

__all__ = ["can_share", "share", "shareable"]


def can_share(metric: Metric) -> bool:
    """Whether a metric's values and limits can be told without the rows, at any confidence.

    Medians and standard deviations of speakers have limits made of the speakers' own rates, and the calibration error
    is made of a histogram of the scores: they stay with the rows.
    """
    if isinstance(metric.formula, OfClusters):
        return metric.formula.kind == "mean"
    return not (isinstance(metric.formula, Ranked) and metric.formula.kind == "ece")


def shareable(cubes: Cubes) -> dict[str, Metric]:
    """Return the metrics of these cubes that can be shared, by name."""
    return {name: metric for name, metric in cubes.metrics.items() if can_share(metric)}


def share(
    results: Results,
    scored: Sequence[Scored],
    terms: Terms,
    *,
    earlier: Sequence[Earlier] = (),
    made: str | None = None,
    progress: Progress = SILENT,
) -> Shared:
    """Return what a reader may see, on these terms, after all that was shared of the same rows before (`earlier`).

    Raises QuestionError for attributes or metrics there are none of, and where nothing can be shared.
    `made` defaults to today (UTC). What `progress` raises ends the work.
    """
    progress("Counting", 0.0)
    kept, left_out = leave_out_unknown(scored, terms)
    cubes = count_cells(kept)
    for name in terms.metrics:
        if name not in shareable(cubes):
            raise unknown(name, "metric that can be shared called", shareable(cubes))
    groupings = [(), *terms.groupings]
    hiding, examples = hide_and_draw(results, kept, cubes, terms, earlier, progress.part(0.1, 0.7))
    made_cubes = [
        _share_cube(cube, groupings, hiding[number], terms, progress.part(0.7, 1.0).nth(number, len(cubes)))
        for number, cube in enumerate(cubes)
    ]
    return Shared(
        terms=terms,
        made=made or datetime.now(UTC).date().isoformat(),
        versions=dict(find_versions()),
        sources=tuple(Source(r.name, r.sha256) for r in results.receipts),
        schema=reduce_schema(results.schema, terms),
        left_out=left_out,
        cubes=Cubes(made_cubes),
        examples=examples,
    )


def leave_out_unknown(scored: Sequence[Scored], terms: Terms) -> tuple[tuple[Scored, ...], tuple[str, ...]]:
    """Leave out the rows whose value of an attribute is missing, where they are fewer than the minimum.

    A handful of rows without a value would be what everyone is more than all groups together; they are part of
    nothing that is shared. Returns the rows that are left and the attributes that it was for.
    """
    left, named = tuple(scored), []
    for name in terms.axes:
        cubes = count_cells(left)
        small = False
        for cube in cubes:
            grouping = cube.by((name,))
            small |= bool((find_small(cube, grouping, terms) & ~grouping.known).any())
        if small:
            place = [axis.name for axis in left[0].axes].index(name)
            left = tuple(s.take(s.codes[place] < s.axes[place].size - 1) for s in left)
            named.append(name)
    # Fewer rows may leave too few without another value.
    return (left, tuple(named)) if not named else _again(left, terms, tuple(named))


def _again(
    left: tuple[Scored, ...], terms: Terms, named: tuple[str, ...]
) -> tuple[tuple[Scored, ...], tuple[str, ...]]:
    left, more = leave_out_unknown(left, terms)
    return left, tuple(dict.fromkeys((*named, *more)))


def reduce_schema(schema: Schema, terms: Terms) -> Schema:
    """Return a schema that names no attribute, and no saved slice, that is not shared."""
    carried = carry_texts(schema) if schema.task == "transcription" else schema
    return replace(
        carried,
        attributes=tuple(a for a in schema.attributes if a.column in terms.axes or _is_label_of(a.column, terms)),
        slices=tuple(s for s in schema.slices if s.name in terms.axes),
        strata=tuple(s for s in schema.strata if s in terms.axes),
        attributions={},
    )


def _is_label_of(column: str, terms: Terms) -> bool:
    return any(name.startswith(f"{column}: ") for name in terms.axes)


def _share_cube(
    cube: Cube, groupings: Sequence[tuple[str, ...]], hiding: Hiding, terms: Terms, progress: Progress
) -> SharedCube:
    chosen = [cube.metrics[name] for name in terms.metrics if name in cube.metrics]
    answers: dict[str, dict[tuple[str, ...], Answers]] = {m.name: {} for m in chosen}
    for number, names in enumerate(groupings):
        progress("Measuring what is shared", number / len(groupings))
        grouping = cube.by(names)
        for family in split_families(cube, chosen):
            for metric, found in _answer(cube, family, grouping, hiding[names], terms):
                answers[metric.name][names] = found
    units = {names: cube.by(names).rows.sum(axis=1) for names in groupings}
    return SharedCube(
        layout=LAYOUT,
        metrics={m.name: m for m in chosen},
        axes=tuple(a for a in cube.axes if a.name in terms.axes),
        system=cube.system,
        groupings={
            names: shared_grouping(
                cube.by(names).axes, cube.by(names).codes, np.where(hiding[names].hidden, 0, units[names])
            )
            for names in groupings
        },
        definitions={"favourable": cube.favourable} if cube.favourable else {},
        families={m.name: SharedFamily(m, answers[m.name]) for m in chosen},
        clustered=cube.has_clusters,
        weighted=cube.has_weights,
    )


def _answer(
    cube: Cube, family: Family | FamilyApart, grouping: Grouping, table: SharedTable, terms: Terms
) -> Iterable[tuple[Metric, Answers]]:
    """Measure a family in a grouping, a metric at a time, and take away what is hidden."""
    own, hidden = measure(cube, family, grouping), table.hidden
    no_rest = hidden | (not table.tells_rest)
    rest = against_rest(cube, family, [grouping], own, "rest")
    others = against_rest(cube, family, [grouping], own, "overall")
    everyone = against_everyone(cube, family, grouping, own)
    used = (statuses(own, terms.min_units) == OK) & grouping.known & ~hidden
    moments = family.of_cells(grouping) if isinstance(family, Family) else None
    for m, metric in enumerate(family.metrics):
        few = _few_pairs(metric, own, m, terms) | _few_pairs(metric, everyone.two, m, terms)
        cells = np.flatnonzero(used[m] & ~few)
        floor = np.nan
        if len(cells) > 1:
            floor = floor_of(cube, family, grouping, own, moments, m, cells, terms.seed)
        gone = hidden | few
        sides = [hide_cells(one_metric(side, m), gone) for side in (own, rest.two, others.two, everyone.two)]
        sides[1] = hide_cells(sides[1], no_rest | gone | _few_pairs(metric, rest.two, m, terms))
        sides[2] = hide_cells(sides[2], gone | _few_pairs(metric, others.two, m, terms))
        correlations = [np.where(gone, np.nan, r[[m]]) for r in (rest.r, others.r, everyone.r)]
        yield (
            metric,
            Answers(
                own=sides[0],
                rest=sides[1],
                rest_r=correlations[0],
                others=sides[2],
                others_r=correlations[1],
                everyone=sides[3],
                everyone_r=correlations[2],
                pairs=_pairs(cube, family, m, grouping, own, gone),
                floor=float(floor),
                floor_cells=cells,
            ),
        )


def _few_pairs(metric: Metric, measured: Measured, m: int, terms: Terms) -> NDArray[np.bool_]:
    """Return the sets whose area under the ROC curve is of fewer positives or negatives than the minimum, but of some.

    Its value would say where these few stand among the others.
    """
    n = measured.denominator[m]
    return np.asarray(isinstance(metric.formula, Ranked) & (n > 0) & (n < terms.min_cell))


def _pairs(
    cube: Cube,
    family: Family | FamilyApart,
    m: int,
    grouping: Grouping,
    own: Measured,
    hidden: NDArray[np.bool_],
) -> NDArray[Any] | None:
    """Return the correlation between every two shown cells, None where there are no clusters."""
    r: Any
    if isinstance(family, FamilyApart):
        r = family.pair_correlations(cube, grouping)
    elif grouping.clusters is None:
        return None
    else:
        r = pair_correlations(cube, family, m, grouping, own, np.arange(len(grouping)))
    return None if r is None else np.where(hidden[:, None] | hidden[None, :], np.nan, r)


def one_metric(measured: Measured, m: int) -> Measured:
    """Return what was measured of one metric of a family, without the samples that only a median's limits need."""
    arrays: Mapping[str, Any] = {
        f.name: None if getattr(measured, f.name) is None else getattr(measured, f.name)[[m]]
        for f in fields(measured)[1:]
    }
    side = replace(measured.side, samples=None)._map(lambda a, _: a[[m]])
    return replace(measured, side=side, **arrays)
