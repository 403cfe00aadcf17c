"""Several labels in a cell: a family of yes/no axes, shown as its labels; the rest are those without the label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from metrics.scored import Axis
from metrics.slices import MISSING, Slice

__all__ = ["families_of", "fold_families", "fold_gaps", "leave_out_rest"]


def families_of(axes: Iterable[Axis]) -> list[str]:
    """Return the columns of several labels, in the order of the file."""
    return list(dict.fromkeys(a.family for a in axes if a.family))


def leave_out_rest(frame: pd.DataFrame, axes: Sequence[Axis]) -> pd.DataFrame:
    """Return the rows of a table (with a column `slice`) without those that lack a label of a family.

    They are what the label is compared with, no group of its own; the levels of a family are never a total.
    """
    family = {a.name for a in axes if a.family}
    if not family:
        return frame
    keep = [not any(name in family and level == "no" for name, level in s.items()) for s in frame["slice"]]
    return frame[pd.Series(keep, index=frame.index, dtype=bool)]


def fold_gaps(gaps: pd.DataFrame, axes: Sequence[Axis]) -> pd.DataFrame:
    """Return the rows of spreads with a family under its column's name: of its labels, that with the largest gap.

    What chance alone would show belongs to a label and its rest, so a family has no floor.
    """
    family = {a.name: a.family for a in axes if a.family}
    if not family:
        return gaps
    is_label = pd.Series([len(by) == 1 and by[0] in family for by in gaps["by"]], index=gaps.index, dtype=bool)
    labels = gaps[is_label].sort_values("difference", ascending=False, kind="stable")
    names = pd.Series([(family[by[0]],) for by in labels["by"]], index=labels.index, dtype=object)
    folded = labels.assign(by=names, noise_floor=float("nan"))
    return pd.concat([gaps[~is_label], folded.drop_duplicates(["by", "system", "metric"])], ignore_index=True)


def fold_families(frame: pd.DataFrame, axes: Sequence[Axis]) -> pd.DataFrame:
    """Return the rows of single attributes with each family as one attribute whose levels are its labels.

    For pictures only: the slices it makes are no slices of the data. Rows without the column stand once.
    """
    family = {a.name: a.family for a in axes if a.family}
    if not family:
        return frame
    frame = leave_out_rest(frame, axes)
    slices, keep, told = [], [], set[tuple[str, object, object]]()
    for s, system, metric in zip(frame["slice"], frame["system"], frame["metric"], strict=True):
        name, level = next(iter(s.items()), ("", ""))
        if len(s.axes) != 1 or name not in family:
            slices.append(s)
            keep.append(True)
            continue
        key = (family[name], system, metric)
        keep.append(level != MISSING or key not in told)
        told |= {key} if level == MISSING else set()
        label = MISSING if level == MISSING else name.removeprefix(f"{family[name]}: ")
        slices.append(Slice(((family[name], label),)))
    folded = frame.assign(slice=pd.Series(slices, index=frame.index, dtype=object))
    return folded[pd.Series(keep, index=frame.index, dtype=bool)]
