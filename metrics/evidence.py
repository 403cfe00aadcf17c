"""An auditor's finding on one page, and the provider's answer to it: claim, numbers, doubts, and what both found.

A sheet is made of a document that was asked about one slice. It says what it claims from the interval, never from
the value alone; how the sample was drawn is the author's to tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from metrics.accounts import Account, Gap, Measured, Told
from metrics.answers import name_baseline
from metrics.basis import basis_of
from metrics.card import name_system
from metrics.claims import Comparison, compare_accounts, say_claim
from metrics.compare import BASELINES
from metrics.document import Document
from metrics.doubts import list_doubts
from metrics.errors import QuestionError, unknown
from metrics.registry import Metric
from metrics.slices import MISSING, Slice

__all__ = ["NOT_TOLD", "Account", "Comparison", "Gap", "Measured", "Sheet", "Told", "answer_evidence", "make_evidence"]

NOT_TOLD = "not told"


@dataclass(frozen=True)
class Sheet:
    """A finding: which slice, which metric, the auditor's account and, once there is one, the provider's."""

    cell: Slice
    metric: Metric
    system: str
    finding: Account
    answer: Account | None = None

    @property
    def claim(self) -> str:
        return say_claim(self.cell, self.metric, self.finding)

    @property
    def comparison(self) -> Comparison | None:
        """What the answer says of the finding; None while there is no answer."""
        return None if self.answer is None else compare_accounts(self.cell, self.metric, self.finding, self.answer)


def make_evidence(
    document: Document,
    cell: Slice,
    metric: str,
    told: Told | None = None,
    *,
    others: pd.DataFrame | None = None,
    system: str | None = None,
) -> Sheet:
    """Return the sheet of a finding about one slice of a document, which was asked by the slice's attributes.

    `others` are disparities of the same slices from other baselines, with the columns of `metrics.compare`. Raises
    QuestionError for a slice, a metric or a system that the document does not hold.
    """
    named = _find_system(document, system)
    account = _make_account(document, cell, _find_metric(document, metric), named, told or Told(), others)
    return Sheet(cell, document.metrics[metric], named, account)


def answer_evidence(
    sheet: Sheet,
    document: Document,
    told: Told | None = None,
    *,
    others: pd.DataFrame | None = None,
    system: str | None = None,
) -> Sheet:
    """Return the sheet with the provider's numbers on the same slice and metric beside the auditor's.

    Raises QuestionError where the document does not hold them, or compares with another baseline.
    """
    metric = _find_metric(document, sheet.metric.name)
    named = _find_system(document, system)
    account = _make_account(document, sheet.cell, metric, named, told or Told(), others, named_before=True)
    theirs, ours = sheet.finding, account
    if theirs.gap.baseline != ours.gap.baseline:
        versus = name_baseline(theirs.gap.baseline), name_baseline(ours.gap.baseline)
        raise QuestionError(
            f"The finding compares with {versus[0]}, the answer with {versus[1]}. Compare with the same."
        )
    if theirs.confidence != ours.confidence:
        levels = f"{theirs.confidence:g} and {ours.confidence:g}"
        raise QuestionError(f"Finding and answer have intervals of two levels ({levels}). Ask with the finding's.")
    return replace(sheet, answer=account)


# -- an account ----------------------------------------------------------------------------------


def _make_account(
    document: Document,
    cell: Slice,
    metric: Metric,
    system: str,
    told: Told,
    others: pd.DataFrame | None,
    named_before: bool = False,
) -> Account:
    """Return the numbers of a slice. One that was `named_before` the data were looked at is a test of its own."""
    question = document.question
    estimates = list(_rows(document.estimates, metric, system))
    family = [row for row in estimates if set(row["slice"].axes) == set(cell.axes) and cell.axes]
    own = next((row for row in family if _same(row["slice"], cell)), None)
    if own is None:
        raise _no_slice(document, cell, family)
    gaps = [r for r in _rows(document.disparities, metric, system) if r["kind"] == "difference"]
    gap_row = next((row for row in gaps if _same(row["slice"], cell)), None)
    if gap_row is None:
        raise QuestionError(f"The document holds no difference of {cell} from its baseline. Compare differences.")
    tested = [r for r in gaps if set(r["slice"].axes) == set(cell.axes) and not math.isnan(r["p_adjusted"])]
    together = 1 if named_before else len(tested)
    looked_at = max(together, told.looked_at or 0, 1)
    gap = _gap(gap_row)
    counted_alone = named_before or looked_at > together
    if counted_alone and not math.isnan(gap.p):
        gap = replace(gap, p_adjusted=min(1.0, gap.p * looked_at))
    measured = _measured(own)
    baseline = _baseline(gap, measured, cell, estimates, family)
    account = Account(
        own=measured,
        baseline=baseline,
        gap=gap,
        others=tuple(_other_gaps(others, metric, system, cell, gap)),
        looked_at=looked_at,
        left_out=_count_missing(family) if gap.baseline == "rest" else 0.0,
        correction="bonferroni" if counted_alone else question.correction,
        confidence=question.confidence,
        min_units=question.min_units,
        overturn=(),
        definitions=tuple(_definitions(document)),
        cluster=document.schema.columns.get("cluster", ""),
        made=document.made,
        receipts=document.receipts,
        basis=basis_of(document),
        versions=document.versions,
        told=told,
    )
    return replace(account, overturn=tuple(list_doubts(metric, account)))


def _count_missing(family: Sequence[Mapping[str, Any]]) -> float:
    return float(sum(r["units"] for r in family if MISSING in dict(r["slice"].items()).values()))


def _find_metric(document: Document, name: str) -> Metric:
    measured = set(document.estimates["metric"])
    if name not in measured or name not in document.metrics:
        raise unknown(name, "measured metric", [n for n in document.metrics if n in measured])
    return document.metrics[name]


def _find_system(document: Document, system: str | None) -> str:
    systems = list(dict.fromkeys(map(name_system, document.estimates["system"])))
    if system is None and len(systems) == 1:
        return systems[0]
    if system is None:
        raise QuestionError(f"A sheet is about one system; say which (there are: {', '.join(systems)}).")
    if system not in systems:
        raise unknown(system, "system", systems)
    return system


def _no_slice(document: Document, cell: Slice, family: Sequence[Mapping[str, Any]]) -> QuestionError:
    if not cell.axes:
        return QuestionError("A finding is about a slice, such as sex = female; everyone is none.")
    if not family:
        return QuestionError(f"Nothing was measured by {', '.join(cell.axes)} together.")
    for axis, level in cell.items():
        levels = list(dict.fromkeys(dict(row["slice"].items())[axis] for row in family))
        if level not in levels:
            return unknown(level, f"level of {axis!r} called", levels)
    return QuestionError(f"No row of the data is {cell.title}.")


def _baseline(
    gap: Gap,
    own: Measured,
    cell: Slice,
    estimates: Sequence[Mapping[str, Any]],
    family: Sequence[Mapping[str, Any]],
) -> Measured:
    """Return the other side: its counts are sums of the other slices', its value is what the difference leaves."""
    if gap.baseline == "rest":
        rows = [r for r in family if not _same(r["slice"], cell) and MISSING not in dict(r["slice"].items()).values()]
        counts = {c: sum(float(r[c]) for r in rows) if rows else math.nan for c in ("top", "below", "units")}
        # A cluster may stand in several groups, and the limits of the rest are no table of the document.
        return _unmeasured(own.value - gap.value, gap.status, **counts)
    wanted = Slice() if gap.baseline == "overall" else Slice.parse(gap.baseline)
    found = next((r for r in estimates if _same(r["slice"], wanted)), None)
    if found is not None:
        return _measured(found)
    return _unmeasured(own.value - gap.value, gap.status)


def _unmeasured(value: float, status: str, **counts: float) -> Measured:
    """Return a side of which only the value and perhaps its counts are known."""
    unknown_ones = dict.fromkeys(("low", "high", "top", "below", "units", "clusters"), math.nan)
    return Measured(value=value, status=status, **{**unknown_ones, **counts})


def _other_gaps(others: pd.DataFrame | None, metric: Metric, system: str, cell: Slice, gap: Gap) -> Iterator[Gap]:
    seen = {gap.baseline, str(cell)}
    for row in () if others is None else _rows(others, metric, system):
        if _same(row["slice"], cell) and row["kind"] == "difference" and row["baseline"] not in seen:
            seen.add(row["baseline"])
            # What the slice itself is the largest or the best of is no comparison.
            if row["baseline"] in BASELINES or not _same(Slice.parse(row["baseline"]), cell):
                yield _gap(row)


def _definitions(document: Document) -> Iterator[tuple[str, str]]:
    schema = document.schema
    if schema.positive:
        yield "positive", ", ".join(schema.positive)
    for key in ("favourable", "threshold", "tolerance", "normalizer", "where"):
        value = getattr(schema, key)
        if value is not None:
            yield key, f"{value:g}" if isinstance(value, float) else str(value)


def _gap(row: Mapping[str, Any]) -> Gap:
    numbers = {c: float(row[c]) for c in ("value", "low", "high", "p", "p_adjusted")}
    return Gap(baseline=str(row["baseline"]), status=str(row["status"]), **numbers)


def _measured(row: Mapping[str, Any]) -> Measured:
    columns = ("value", "low", "high", "top", "below", "units", "clusters")
    numbers = {c: math.nan if pd.isna(row[c]) else float(row[c]) for c in columns}
    return Measured(status=str(row["status"]), **numbers)


def _same(one: Slice, two: Slice) -> bool:
    return set(one.items()) == set(two.items())


def _rows(frame: pd.DataFrame, metric: Metric, system: str) -> Iterator[dict[str, Any]]:
    columns = [str(c) for c in frame.columns]
    for row in frame[frame["metric"] == metric.name].itertuples(index=False, name=None):
        record = dict(zip(columns, row, strict=True))
        if name_system(record["system"]) == system:
            yield record
