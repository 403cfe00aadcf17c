"""What a group's word errors are made of, in a sentence: silence, or words that nobody said."""

from __future__ import annotations

from typing import Any

import pandas as pd

from metrics.answers import name_slice
from metrics.formatting import format_percent
from metrics.slices import MISSING, Slice

__all__ = ["KINDS", "say_kinds"]

# The metrics whose sum is the word error rate, as one calls what they count.
KINDS = {
    "substitution_rate": "substitutions",
    "deletion_rate": "deletions",
    "insertion_rate": "insertions",
}
_MEANS = {"deletion_rate": "the system is silent for them", "insertion_rate": "it writes words that nobody said"}
_LEAST = 0.1  # of a group's errors, beyond the share that everyone has


def say_kinds(estimates: pd.DataFrame) -> list[str]:
    """Say which group stands out by deletions, and which by insertions, as shares of its word errors.

    `estimates` is the table of `metrics.estimate` with the metrics of `KINDS`, of one system, everyone among the
    slices. Groups with too few units, and missing ones, are not spoken of.
    """
    rates: dict[Slice, dict[str, float]] = {}
    for s, metric, value, status in zip(*(estimates[c] for c in ("slice", "metric", "value", "status")), strict=True):
        if status == "ok" and metric in KINDS and MISSING not in s.to_dict().values():
            rates.setdefault(s, {})[str(metric)] = float(value)
    shares = {s: _share_out(told) for s, told in rates.items() if len(told) == len(KINDS) and sum(told.values()) > 0}
    everyone: Any = shares.pop(Slice(), None)
    if everyone is None or not shares:
        return []
    said = []
    for kind, meaning in _MEANS.items():
        most = max(shares, key=lambda s: shares[s][kind])
        if shares[most][kind] - everyone[kind] >= _LEAST:
            said.append(
                f"{format_percent(shares[most][kind])} of the errors of {name_slice(most)} are {KINDS[kind]}, of "
                f"everyone's {format_percent(everyone[kind])}: {meaning}."
            )
    return said or ["No group's errors are of another kind than everyone's: deletions and insertions have like shares."]


def _share_out(rates: dict[str, float]) -> dict[str, float]:
    return {kind: rate / sum(rates.values()) for kind, rate in rates.items()}
