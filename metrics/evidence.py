"""An auditor's finding on one page, and the provider's answer to it: claim, numbers, doubts, and what both found.

A sheet is made of a document that was asked about one slice. It says what it claims from the interval, never from
the value alone; how the sample was drawn is the author's to tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
import pandas as pd

from metrics.answers import name_baseline, name_slice
from metrics.basis import Basis, basis_of
from metrics.card import name_system
from metrics.compare import BASELINES
from metrics.document import Document
from metrics.errors import QuestionError, unknown
from metrics.formatting import format_difference, format_interval
from metrics.intervals import difference_limits, wilson
from metrics.registry import Metric, Share
from metrics.results import Receipt
from metrics.slices import MISSING, Slice
from metrics.units_needed import MORE

__all__ = [
    "NOT_TOLD",
    "Account",
    "Comparison",
    "Gap",
    "Measured",
    "Sheet",
    "Told",
    "answer_evidence",
    "compare_accounts",
    "make_evidence",
    "say_claim",
]

NOT_TOLD = "not told"
Outcome = Literal["confirmed", "not shown", "cannot tell"]


@dataclass(frozen=True)
class Measured:
    """A value with its interval and counts, NaN where undefined; `status` as in the tables of estimates."""

    value: float
    low: float
    high: float
    top: float
    below: float
    units: float
    clusters: float
    status: str


@dataclass(frozen=True)
class Gap:
    """How far a slice lies from a baseline: value, interval, p and p adjusted for the slices looked at."""

    baseline: str
    value: float
    low: float
    high: float
    p: float
    p_adjusted: float
    status: str

    @property
    def side(self) -> int:
        """1 where the whole interval lies above no difference, -1 below, 0 where it reaches it or there is none."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    @property
    def is_clear(self) -> bool:
        return self.side != 0 and self.status == "ok"


@dataclass(frozen=True)
class Told:
    """What an author says of the numbers: who they are, how the sample was drawn, what would overturn the finding.

    `looked_at` is how many slices were looked at in all, where these were more than the ones measured together.
    """

    author: str = ""
    sampling: str = ""
    overturn: str = ""
    note: str = ""
    looked_at: int | None = None


@dataclass(frozen=True)
class Account:
    """One party's numbers on the claim, what they were computed from, and what it says of them.

    `others` is the same slice against other baselines. `looked_at` counts the slices that p was adjusted for.
    `overturn` are the sentences on what would overturn the finding that follow from the numbers. `definitions` are
    the settings that the value hangs on, as (name, value).
    """

    own: Measured
    baseline: Measured
    gap: Gap
    others: tuple[Gap, ...]
    looked_at: int
    correction: str
    confidence: float
    min_units: int
    overturn: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]
    cluster: str
    made: str
    receipts: tuple[Receipt, ...]
    basis: Basis
    versions: Mapping[str, str]
    told: Told


@dataclass(frozen=True)
class Comparison:
    """What a provider's data say of a claim: `value` is their gap less the auditor's, with its interval."""

    outcome: Outcome
    value: float
    low: float
    high: float
    words: str


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


# -- words ---------------------------------------------------------------------------------------


def say_claim(cell: Slice, metric: Metric, account: Account) -> str:
    """Say what the numbers show of a slice, and no more than their interval does.

    "For accent = indian, sex = female, the word error rate is 9 points higher than for everyone else [5, 13]."
    """
    gap, name, title = account.gap, name_slice(cell), _lower(metric.title)
    versus = name_baseline(gap.baseline)
    if math.isnan(gap.value):
        return f"For {name} the {title} cannot be compared with {versus}: there are no data for it."
    few = " There are too few units to judge by." if gap.status == "too few" else ""
    if gap.side == 0:
        return (
            f"For {name}, these data cannot tell whether the {title} is higher or lower than for {versus}: the "
            f"difference is {_signed(metric, gap)}.{few}"
        )
    size = format_difference(metric, abs(gap.value), _decimals(metric, gap.low, gap.high), signed=False)
    ends = (gap.low, gap.high) if gap.side > 0 else (-gap.high, -gap.low)
    interval = format_interval(metric, *ends, decimals=_decimals(metric, gap.low, gap.high))
    side = "higher" if gap.side > 0 else "lower"
    said = f"For {name}, the {title} is {size} {side} than for {versus} {interval}.{few}"
    if gap.p_adjusted > 1 - account.confidence:
        said += f" Among {account.looked_at} groups looked at, chance alone may show as much."
    return said


def compare_accounts(cell: Slice, metric: Metric, finding: Account, answer: Account) -> Comparison:
    """Return whether a provider's data show a finding too. Decided from intervals alone.

    Confirmed: their interval lies on the finding's side of no difference. Not shown: theirs does not, and it is
    clear that their gap is another than the finding's. Else they cannot tell. The two samples are independent.
    """
    a, b = finding.gap, answer.gap
    low, high = (float(x) for x in difference_limits(b.value, b.low, b.high, a.value, a.low, a.high))
    value = b.value - a.value
    smaller = (high < 0) if a.side > 0 else (low > 0)
    larger = (low > 0) if a.side > 0 else (high < 0)
    said, name = _say_gap(metric, answer), name_slice(cell)
    outcome: Outcome
    if math.isnan(b.value):
        outcome, words = "cannot tell", f"The provider's data hold nothing on {name} that could be compared."
    elif {r.sha256 for r in finding.receipts} & {r.sha256 for r in answer.receipts}:
        outcome = "cannot tell"
        words = f"Both were counted in the same file, which is no second sample and can confirm nothing. {said}"
    elif not a.is_clear:
        outcome = "cannot tell"
        words = (
            f"The finding itself does not reach beyond what its sample can tell, so there is nothing to confirm. {said}"
        )
    elif b.status != "ok":
        outcome, words = "cannot tell", f"The provider's data hold too few units of {name} to judge by. {said}"
    elif b.side == a.side:
        outcome = "confirmed"
        words = f"The provider's data show it too. {said}"
        words += " Their gap is clearly smaller." if smaller else " Their gap is clearly larger." if larger else ""
    elif b.side == -a.side:
        outcome, words = "not shown", f"The provider's data do not show it but a gap the other way. {said}"
    elif smaller:
        outcome = "not shown"
        words = f"The provider's data do not show it, and their gap is clearly smaller than the finding's. {said}"
    else:
        outcome = "cannot tell"
        words = (
            f"The provider's data cannot tell: their interval reaches no difference, and their gap cannot be told from "
            f"the finding's either. {said}"
        )
    if not math.isnan(value):
        words += f" The difference between the two gaps is {_interval(metric, value, low, high)}."
    return Comparison(outcome, value, low, high, words)


def _say_gap(metric: Metric, account: Account) -> str:
    gap = account.gap
    if math.isnan(gap.value):
        return ""
    return f"There the difference from {name_baseline(gap.baseline)} is {_signed(metric, gap)}."


def _signed(metric: Metric, gap: Gap) -> str:
    return _interval(metric, gap.value, gap.low, gap.high)


def _interval(metric: Metric, value: float, low: float, high: float) -> str:
    decimals = _decimals(metric, low, high)
    return f"{format_difference(metric, value, decimals)} {format_interval(metric, low, high, 'difference', decimals)}"


def _decimals(metric: Metric, low: float, high: float) -> int | None:
    """Return the decimals that an interval deserves: none for one of two points and more, if it keeps off 0."""
    if not math.isfinite(high - low) or high <= low:
        return None
    if metric.unit == "share":
        width = 100 * (high - low)
        return 0 if width >= 2 and min(abs(low), abs(high)) >= 0.005 else 1
    return min(max(0, 1 - math.floor(math.log10(high - low))), 6)


def _lower(title: str) -> str:
    return title if title[:2].isupper() or title[1:2].isdigit() else title[:1].lower() + title[1:]


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
    return replace(account, overturn=tuple(_overturn(metric, account)))


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


def _overturn(metric: Metric, account: Account) -> Iterator[str]:
    """Say what would overturn a finding, as far as its own numbers tell."""
    gap, own = account.gap, account.own
    if math.isnan(gap.value) or math.isnan(gap.low) or math.isnan(gap.high):
        return
    versus = name_baseline(gap.baseline)
    if gap.side == 0:
        yield (
            f"The interval reaches no difference from {versus}: as it stands, chance alone may have made it "
            f"({_signed(metric, gap)})."
        )
        yield from _more_units(account)
    else:
        end = format_difference(metric, min(abs(gap.low), abs(gap.high)), 1, signed=False)
        yield f"At its nearest the interval lies {end} from no difference; another sample may come out anywhere in it."
        if (turned := _turned(metric, account)) is not None:
            yield turned
        if gap.p_adjusted > 1 - account.confidence:
            yield (
                f"Heeding that {account.looked_at} groups were looked at, chance alone may show as much "
                f"(adjusted p {gap.p_adjusted:.2g})."
            )
    unclear = [g for g in account.others if g.side != gap.side]
    if unclear and gap.side != 0:
        names = ", ".join(name_baseline(g.baseline) for g in unclear)
        yield f"It does not show against every baseline: not against {names}."
    if not account.cluster and own.units > 0:
        yield (
            "The rows are taken as independent of one another. If several belong to one person, the interval is wider."
        )


def _more_units(account: Account) -> Iterator[str]:
    """Say about how many more units would put the interval clear of no difference, were the values as they are."""
    gap, own = account.gap, account.own
    if gap.baseline != "rest" or gap.value == 0 or not own.units or account.cluster:
        return
    z = NormalDist().inv_cdf(0.5 + account.confidence / 2)
    grown = (z + MORE) / z
    # The reach of the slice shrinks as it grows, the other stays.
    own_reach, other = _reaches(account)
    room = gap.value**2 - grown**2 * other**2
    if not math.isfinite(own_reach) or room <= 0:
        yield "More units of this group alone would not decide it; those it is compared with would have to be more too."
        return
    more = own.units * (grown**2 * own_reach**2 / room - 1)
    if more > 0:
        yield (
            f"Were both values as they are, about {_round(more):,} more units of this group would decide it in four "
            "samples out of five."
        )


def _turned(metric: Metric, account: Account) -> str | None:
    """Say how many of the counted cases would have to be otherwise for the interval to reach no difference.

    Of shares of independent, unweighted rows only, whose limits are Wilson's.
    """
    own, gap, formula = account.own, account.gap, metric.formula
    if not isinstance(formula, Share) or formula.transform or account.cluster or gap.baseline != "rest":
        return None
    plain = wilson(own.top, own.below, account.confidence) if own.below > 0 else np.full(2, np.nan)
    if not np.allclose(plain, (own.low, own.high), rtol=0, atol=1e-9):
        return None
    down = gap.side > 0
    _, other = _reaches(account)
    tops = np.arange(own.top - 1, -1, -1) if down else np.arange(own.top + 1, own.below + 1)
    low, high = wilson(tops, own.below, account.confidence)
    share = tops / own.below
    base = own.value - gap.value
    distance, far = (share - base, share - low) if down else (base - share, high - share)
    reached = np.flatnonzero(distance <= np.hypot(far, other))
    if not len(reached):
        return None
    n = int(reached[0]) + 1
    top = int(own.top)
    return (
        f"Had {n:,} of the {int(own.below):,} been counted otherwise ({top - n if down else top + n:,} in place of "
        f"{top:,}), the interval would reach no difference."
    )


def _reaches(account: Account) -> tuple[float, float]:
    """Return how far each side's own interval takes the difference's nearer limit from its value (MOVER)."""
    own, gap = account.own, account.gap
    up = gap.value > 0
    reach = gap.value - gap.low if up else gap.high - gap.value
    own_reach = min(own.value - own.low if up else own.high - own.value, reach)
    return own_reach, math.sqrt(max(reach**2 - own_reach**2, 0.0))


def _round(number: float) -> int:
    """Return a number upwards with two digits that count."""
    size = 10 ** max(0, math.floor(math.log10(max(number, 1))) - 1)
    return int(math.ceil(number / size) * size)


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
