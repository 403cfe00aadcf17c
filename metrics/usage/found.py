"""Feature by slice: which features define the slices that a search found."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

__all__ = ["count_features", "mark_features", "say_features"]

_MOST = 4


def mark_features(findings: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return a row per slice and feature: `slice`, `feature` and `level`, the level it asks for, empty
    where the slice says nothing of the feature.

    `findings` has a column `slice`, as `metrics.find.list_findings` gives them; slices keep their order.
    """
    records = [(s, name, s.to_dict().get(name, "")) for s in findings["slice"] for name in features]
    return pd.DataFrame(records, columns=["slice", "feature", "level"])


def count_features(findings: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return a row per feature: in how many of the slices found it stands, and in which share of them.

    The columns are `feature`, `slices` and `share`, the most used first, then in the order of `features`; the share is
    NaN where nothing was found.
    """
    axes = [set(s.axes) for s in findings["slice"]]
    counts = [sum(name in some for some in axes) for name in features]
    table = pd.DataFrame({"feature": list(features), "slices": counts})
    table["share"] = table["slices"] / max(len(axes), 1) if axes else float("nan")
    return table.sort_values("slices", ascending=False, kind="stable", ignore_index=True)


def say_features(findings: pd.DataFrame, features: Sequence[str], searched: int) -> str:
    """Say which features define the slices found."""
    if not len(findings):
        named = ", ".join(features[: 2 * _MOST]) + (" ..." if len(features) > 2 * _MOST else "")
        return f"{searched:,} slices of {named} were searched, and none is a finding."
    counts = count_features(findings, features)
    used, n = counts[counts["slices"] > 0], len(findings)
    told = [f"{f} ({k} of {n})" for f, k in zip(used["feature"], used["slices"], strict=True)][:_MOST]
    unused = list(counts.loc[counts["slices"] == 0, "feature"])
    said = f"Of {searched:,} slices searched, {n} {'is a finding' if n == 1 else 'are different findings'}. "
    said += f"They are defined by {', '.join(told)}."
    return said + (f" In none of them: {', '.join(unused[: 2 * _MOST])}." if unused else "")
