"""Fairness criteria: which groups would have to be equal in what, and how far they are from it.

They conflict with one another (Kleinberg et al. 2017; Chouldechova 2017), so they stand side by side
and are never added up to one score.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metrics import ranks
from metrics.cube import Cube, Cubes, Grouping, iterate_systems
from metrics.errors import unknown
from metrics.estimate import MIN_CLUSTERS, OK, TOO_FEW, By, choose_groupings, measure, split_families, statuses
from metrics.registry import Criterion
from metrics.spread import spread
from metrics.tasks import binary, transcription

Floats = NDArray[Any]

# Of every task; each is measured where the columns allow its metrics.
CRITERIA = binary.CRITERIA + transcription.CRITERIA

COLUMNS = ["name", "by", "system", "value", "difference", "ratio", "status", "left_out"]


def criteria(
    cubes: Cubes | Cube,
    by: By = None,
    names: Iterable[str] | None = None,
    *,
    strata: Iterable[str] = (),
    min_units: int = 30,
) -> pd.DataFrame:
    """Return a table of the fairness criteria that the columns allow, for each grouping.

    `difference` is the largest spread of a criterion's metrics and `ratio` the smallest ratio;
    criteria that are one number of their own give it as `value`, with an empty `by` where they
    concern everyone. `strata` are the attributes that demographic disparity is conditioned on. Of a cube without rows
    (`metrics.sharing`), criteria that are counted from them are left out.
    """
    wanted = None if names is None else set(names)
    known = [c.name for c in CRITERIA]
    for name in wanted or ():
        if name not in known:
            raise unknown(name, "criterion called", known)
    rows: list[dict[str, Any]] = []
    for cube in iterate_systems(cubes):
        possible = [c for c in CRITERIA if wanted is None or c.name in wanted]
        groupings = choose_groupings(cube, by, everyone=False)
        for criterion in possible:
            if criterion.own in _OF_EVERYONE:
                if "true_positive_rate" in cube.metrics and not cube.families_apart:
                    rows.append(_row(criterion, (), cube, value=_OF_EVERYONE[criterion.own](cube)))
                continue
            for grouping in groupings:
                row = _judge(criterion, cube, grouping, tuple(strata), min_units)
                if row is not None:
                    rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def _judge(
    criterion: Criterion, cube: Cube, names: tuple[str, ...], strata: tuple[str, ...], min_units: int
) -> dict[str, Any] | None:
    if not criterion.own:
        if any(m not in cube.metrics for m in criterion.metrics):
            return None
        spreads = spread(cube, [names], criterion.metrics, min_units=min_units, floors=False)
        left_out = list(dict.fromkeys(s for out in spreads["left_out"] for s in out))
        return _row(
            criterion,
            names,
            cube,
            difference=_largest(spreads["difference"]),
            ratio=-_largest(-spreads["ratio"]),
            left_out=left_out,
            status="too few" if _any_too_few(criterion, cube, names, min_units) else "no data",
        )
    shared = bool(cube.families_apart)  # measured before: there is nothing to count anew, and weights are not known
    if criterion.own == "subgroup_fairness" and "false_positive_rate" in cube.metrics:
        return None if shared and cube.has_weights else _subgroup_fairness(criterion, cube, names, min_units)
    if shared:
        return None
    if criterion.own == "calibration_within_groups" and "brier_score" in cube.metrics:
        return _calibration_within_groups(criterion, cube, names, min_units)
    if criterion.own == "conditional_demographic_disparity" and strata and "selection_rate" in cube.metrics:
        return _conditional_demographic_disparity(criterion, cube, names, strata, min_units)
    return None


def _row(criterion: Criterion, by: tuple[str, ...], cube: Cube, **found: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"value": np.nan, "difference": np.nan, "ratio": np.nan, "left_out": []} | found
    told = [x for x in (row["value"], row["difference"], row["ratio"]) if not np.isnan(x)]
    otherwise = row.get("status", "too few" if row["left_out"] else "no data")
    return {"name": criterion.name, "by": by, "system": cube.system, **row, "status": "ok" if told else otherwise}


def _any_too_few(criterion: Criterion, cube: Cube, names: tuple[str, ...], min_units: int) -> bool:
    """Whether a slice lacks units for one of the metrics; else those that are left out have no data."""
    families = split_families(cube, [cube.metrics[m] for m in criterion.metrics])
    return any((statuses(measure(cube, f, cube.by(names)), min_units) == TOO_FEW).any() for f in families)


def _largest(values: pd.Series) -> float:
    """The largest value; NaN where any is undefined, since a criterion asks for all of its metrics."""
    return float(values.max()) if len(values) and values.notna().all() else np.nan


def _subgroup_fairness(criterion: Criterion, cube: Cube, names: tuple[str, ...], min_units: int) -> dict[str, Any]:
    """The largest, over groups, of the share of units that are its negatives times its distance in FPR."""
    grouping, everyone = cube.by(names), cube.by(())
    family = split_families(cube, [cube.metrics["false_positive_rate"]])[0]
    groups, whole = measure(cube, family, grouping), measure(cube, family, everyone)
    used = (statuses(groups, min_units)[0] == OK) & grouping.known
    units = everyone.weighted @ cube.layout.outcomes("units", None)
    distance = np.abs(groups.side.value[0] - whole.side.value[0]) * groups.below[0] / units
    value = float(distance[used].max()) if used.any() else np.nan
    return _row(criterion, names, cube, value=value, left_out=_left_out(grouping, used))


def _calibration_within_groups(
    criterion: Criterion, cube: Cube, names: tuple[str, ...], min_units: int
) -> dict[str, Any]:
    """The largest spread of observed rates between groups within one of ten score bins of equal width."""
    grouping, ranked = cube.by(names), ranks.rank_units(cube)
    cell = ranks.cells_of(cube, grouping)[ranked.rows]
    tables = np.stack([ranks.calibration_table(ranked, np.flatnonzero(cell == c)) for c in range(len(grouping))])
    enough = (tables[:, :, 0] >= min_units) & grouping.known[:, None]
    if ranked.cluster is not None:
        enough &= _clusters_by_bin(ranked, cell, len(grouping)) >= MIN_CLUSTERS
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.where(enough, tables[:, :, 3] / tables[:, :, 1], np.nan)
    comparable = enough.sum(axis=0) >= 2
    left_out = _left_out(grouping, enough.any(axis=1) & grouping.known)
    if not comparable.any():
        return _row(criterion, names, cube, left_out=left_out)
    highest, lowest = np.nanmax(observed[:, comparable], axis=0), np.nanmin(observed[:, comparable], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = lowest / highest
    smallest = float(np.nanmin(ratio)) if (~np.isnan(ratio)).any() else np.nan
    return _row(criterion, names, cube, difference=float((highest - lowest).max()), ratio=smallest, left_out=left_out)


def _clusters_by_bin(ranked: ranks.Ranks, cell: NDArray[np.int64], n_cells: int) -> NDArray[np.int64]:
    """Return how many clusters have a unit in each calibration bin of each cell, shape (cells, bins)."""
    assert ranked.cluster is not None
    place = cell * ranks.CALIBRATION_BINS + ranks.calibration_bins(ranked.score)
    pairs = np.unique(np.stack([place, ranked.cluster]), axis=1)
    return np.bincount(pairs[0], minlength=n_cells * ranks.CALIBRATION_BINS).reshape(n_cells, -1)


def _conditional_demographic_disparity(
    criterion: Criterion, cube: Cube, names: tuple[str, ...], strata: tuple[str, ...], min_units: int
) -> dict[str, Any]:
    """The largest, over groups, of (share of the refused - share of the accepted), pooled over strata.

    Strata without anyone refused, or without anyone accepted, say nothing and are left out.
    """
    extra = tuple(s for s in strata if s not in names)
    joint = cube.by((*names, *extra))
    positive, all_units = (joint.weighted @ cube.layout.outcomes(c, None) for c in ("predicted_positives", "predicted"))
    refused = positive if cube.favourable == "negative" else all_units - positive
    accepted = all_units - refused
    k = len(names)
    groups, group_of = np.unique(joint.codes[:, :k], axis=0, return_inverse=True)
    _, stratum_of = np.unique(joint.codes[:, k:], axis=0, return_inverse=True)
    shape = (len(groups), int(stratum_of.max(initial=0)) + 1)
    refused_by, accepted_by = np.zeros((2, *shape))
    known = joint.known.astype(np.float64)
    np.add.at(refused_by, (group_of.ravel(), stratum_of.ravel()), refused * known)
    np.add.at(accepted_by, (group_of.ravel(), stratum_of.ravel()), accepted * known)
    usable = (refused_by.sum(axis=0) > 0) & (accepted_by.sum(axis=0) > 0)
    if not usable.any():
        return _row(criterion, names, cube)
    refused_by, accepted_by = refused_by[:, usable], accepted_by[:, usable]
    size = (refused_by + accepted_by).sum(axis=0)
    disparity = refused_by / refused_by.sum(axis=0) - accepted_by / accepted_by.sum(axis=0)
    pooled = (disparity * size).sum(axis=1) / size.sum()
    grouping = cube.by(names)
    family = split_families(cube, [cube.metrics["selection_rate"]])[0]
    used = (statuses(measure(cube, family, grouping), min_units)[0] == OK) & grouping.known
    value = float(pooled[used].max()) if used.any() else np.nan
    return _row(criterion, names, cube, value=value, left_out=_left_out(grouping, used))


def _left_out(grouping: Grouping, used: NDArray[np.bool_]) -> list[Any]:
    return [s for s, u in zip(grouping.slices, used, strict=True) if not u]


def _benefits(cube: Cube) -> tuple[Floats, Floats]:
    """Return the benefits b = prediction - label + 1 (0, 1, 2) relative to their mean, and how many have them."""
    everyone = cube.by(()).weighted[0]
    errors = [everyone @ cube.layout.outcomes(c, None) for c in ("false_negatives", "false_positives")]
    lost, won = errors if cube.favourable != "negative" else errors[::-1]
    units = everyone @ cube.layout.outcomes("units", None)
    count = np.array([lost, units - lost - won, won])
    benefit = np.array([0.0, 1.0, 2.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return benefit / ((benefit * count).sum() / units), count / units


def _generalized_entropy(cube: Cube) -> float:
    relative, share = _benefits(cube)
    with np.errstate(invalid="ignore"):
        return float((share * (relative**2 - 1)).sum() / 2)


def _theil_index(cube: Cube) -> float:
    relative, share = _benefits(cube)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float((share * np.where(relative == 0, 0, relative * np.log(relative))).sum())


_OF_EVERYONE = {"generalized_entropy": _generalized_entropy, "theil_index": _theil_index}
