"""An evidence sheet as JSON, and read back: it travels between an auditor and a provider.

What is read comes from a stranger: sizes, keys, types and numbers are checked before anything is made of it, and
nothing in it is opened, fetched or run. Sentences are written anew from its numbers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from metrics.basis import Basis
from metrics.errors import Finding, QuestionError, ResultsError, nearest, stop
from metrics.estimate import STATUSES
from metrics.evidence import Account, Gap, Measured, Sheet, Told
from metrics.registry import Metric
from metrics.results import Receipt
from metrics.slices import Slice
from metrics.strict_json import load_strict

__all__ = ["FORMAT", "VERSION", "read_sheet", "sheet_settings", "write_sheet"]

FORMAT = "fairness-dashboard evidence"
VERSION = 1
MOST_BYTES = 1_000_000
LONGEST_TEXT = 20_000
MOST_ENTRIES = 100

_AGAIN = "Take the JSON that `fairness-dashboard evidence ... -o sheet.json` wrote."


def write_sheet(sheet: Sheet) -> str:
    """Return the sheet as JSON text; what is undefined is null."""
    comparison = sheet.comparison
    tree = {
        "format": FORMAT,
        "version": VERSION,
        "claim": sheet.claim,
        "slice": str(sheet.cell),
        "metric": sheet.metric.name,
        "system": sheet.system,
        "finding": _account_tree(sheet.finding),
        "answer": None if sheet.answer is None else _account_tree(sheet.answer),
        "comparison": None if comparison is None else asdict(comparison),
    }
    return json.dumps(_plain(tree), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def read_sheet(text: str | bytes, metrics: Mapping[str, Metric], where: str = "the sheet") -> Sheet:
    """Read a sheet whose metric is one of `metrics`. Raises ResultsError with every problem at once."""
    tree = _load(text, where)
    reader = _Reader(where)
    sheet = reader.read(tree, metrics)
    if sheet is None or reader.problems:
        raise ResultsError(reader.problems)
    return sheet


def sheet_settings(text: str | bytes, where: str = "the sheet") -> tuple[Slice, str, str, float, int]:
    """Return what a sheet's answer has to ask for: slice, metric, baseline, confidence and minimum of units.

    Raises ResultsError like `read_sheet`, but knows no metrics yet.
    """
    tree = _load(text, where)
    reader = _Reader(where)
    cell = reader.slice(tree.get("slice"))
    metric = reader.text(tree, "metric", "")
    finding = reader.account(tree.get("finding"), "finding")
    if reader.problems or cell is None or finding is None:
        raise ResultsError(reader.problems)
    return cell, metric, finding.gap.baseline, finding.confidence, finding.min_units


def _account_tree(account: Account) -> dict[str, Any]:
    return {
        **asdict(account),
        "definitions": [list(pair) for pair in account.definitions],
        "versions": dict(account.versions),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _open_ends(value: float, low: float, high: float) -> dict[str, float]:
    """Return a value and its limits, infinite where one of them is null beside a limit that is not."""
    if math.isnan(value) and not math.isnan(low):
        value = math.inf
    elif math.isnan(value) and not math.isnan(high):
        value = -math.inf
    if not math.isnan(value) and math.isnan(low) != math.isnan(high):
        low, high = (-math.inf, high) if math.isnan(low) else (low, math.inf)
    return {"value": value, "low": low, "high": high}


# -- reading -------------------------------------------------------------------------------------


def _load(text: str | bytes, where: str) -> dict[str, Any]:
    if len(text) > MOST_BYTES:
        raise stop(where, f"is larger than {MOST_BYTES:,} bytes, which no sheet is.", _AGAIN)
    try:
        whole = text if isinstance(text, str) else text.decode("utf-8-sig")
        tree = load_strict(whole)
        json.dumps(tree, ensure_ascii=False).encode("utf-8")  # refuses halves of signs
    except (ValueError, RecursionError) as error:
        raise stop(where, f"is no JSON that can be read ({str(error)[:200]}).", _AGAIN) from error
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise stop(where, "is no evidence sheet.", _AGAIN)
    if tree.get("version") != VERSION or isinstance(tree.get("version"), bool):
        found = f"has the version {str(tree.get('version'))[:20]!r} of the form; this reads {VERSION}."
        raise stop(where, found, "Use the version of the dashboard that wrote it.")
    return tree


_KEYS = ("format", "version", "claim", "slice", "metric", "system", "finding", "answer", "comparison")
_COUNTS = ("top", "below", "units", "clusters")
_HEX = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CORRECTIONS = ("holm", "bh", "none", "bonferroni")


class _Reader:
    """Reads parts of a tree and collects every problem; what has one is read as something harmless."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Finding] = []

    def read(self, tree: Mapping[str, Any], metrics: Mapping[str, Metric]) -> Sheet | None:
        self.keys(tree, _KEYS, "")
        cell = self.slice(tree.get("slice"))
        name = self.text(tree, "metric", "")
        if name not in metrics and not self.problems:
            self.tell("metric", f"is {name[:100]!r}, which the data do not allow.", nearest(name, metrics))
        finding = self.account(tree.get("finding"), "finding")
        answer = None if tree.get("answer") is None else self.account(tree["answer"], "answer")
        system = self.text(tree, "system", "")
        if self.problems or cell is None or finding is None:
            return None
        return Sheet(cell, metrics[name], system, finding, answer)

    def slice(self, text: Any) -> Slice | None:
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            self.tell("slice", "is no text.", _AGAIN)
            return None
        try:
            cell = Slice.parse(text)
        except (ResultsError, QuestionError) as error:
            self.tell("slice", f"cannot be read: {str(error)[:300]}", _AGAIN)
            return None
        if not cell.levels:
            self.tell("slice", "is everyone, which no finding is about.", _AGAIN)
        return cell

    def account(self, tree: Any, part: str) -> Account | None:
        names = [f.name for f in fields(Account)]
        if not self.object(tree, part) or not self.keys(tree, names, part):
            return None
        before = len(self.problems)
        confidence = self.number(tree, "confidence", part)
        if not 0 < confidence < 1:
            self.tell(f"{part}.confidence", "is no share between 0 and 1.", _AGAIN)
        correction = self.text(tree, "correction", part)
        if correction not in _CORRECTIONS:
            self.tell(f"{part}.correction", f"is {correction[:40]!r}.", f"It is one of: {', '.join(_CORRECTIONS)}.")
        made = self.text(tree, "made", part)
        if not _DAY.fullmatch(made):
            self.tell(f"{part}.made", "is no day such as 2026-01-31.", _AGAIN)
        told: dict[str, Any] = {
            "own": self.measured(tree["own"], f"{part}.own"),
            "baseline": self.measured(tree["baseline"], f"{part}.baseline"),
            "gap": self.gap(tree["gap"], f"{part}.gap"),
            "others": tuple(self.gap(g, f"{part}.others") for g in self.list(tree, "others", part)),
            "looked_at": self.whole(tree, "looked_at", part),
            "left_out": self.count(tree, "left_out", part),
            "correction": correction,
            "confidence": confidence,
            "min_units": self.whole(tree, "min_units", part),
            "overturn": tuple(self.is_text(t, f"{part}.overturn") for t in self.list(tree, "overturn", part)),
            "definitions": tuple(self.pair(p, f"{part}.definitions") for p in self.list(tree, "definitions", part)),
            "cluster": self.text(tree, "cluster", part),
            "made": made,
            "receipts": tuple(self.receipt(r, f"{part}.receipts") for r in self.list(tree, "receipts", part)),
            "basis": self.basis(tree["basis"], f"{part}.basis"),
            "versions": self.texts(tree["versions"], f"{part}.versions"),
            "told": self.told(tree["told"], f"{part}.told"),
        }
        return Account(**told) if len(self.problems) == before else None

    def measured(self, tree: Any, part: str) -> Measured | None:
        if not self.object(tree, part) or not self.keys(tree, [f.name for f in fields(Measured)], part):
            return None
        numbers = {c: self.number(tree, c, part, open_ended=True) for c in ("value", "low", "high", *_COUNTS)}
        self.ordered(numbers, part)
        if any(numbers[c] < 0 for c in _COUNTS):
            self.tell(part, "has a count under 0.", _AGAIN)
        return Measured(status=self.status(tree, part), **numbers)

    def gap(self, tree: Any, part: str) -> Gap | None:
        if not self.object(tree, part) or not self.keys(tree, [f.name for f in fields(Gap)], part):
            return None
        numbers = {c: self.number(tree, c, part, open_ended=True) for c in ("value", "low", "high", "p", "p_adjusted")}
        self.ordered(numbers, part)
        if any(not 0 <= numbers[p] <= 1 for p in ("p", "p_adjusted") if not math.isnan(numbers[p])):
            self.tell(part, "has a p that is no chance.", _AGAIN)
        return Gap(baseline=self.text(tree, "baseline", part), status=self.status(tree, part), **numbers)

    def ordered(self, numbers: dict[str, float], part: str) -> None:
        """Put infinity where it was written as null, and refuse a value outside its own interval."""
        numbers |= _open_ends(*(numbers[c] for c in ("value", "low", "high")))
        low, value, high = (numbers[c] for c in ("low", "value", "high"))
        if low > value or value > high or low > high:
            self.tell(part, "has a value outside its own interval.", _AGAIN)

    def receipt(self, tree: Any, part: str) -> Receipt | None:
        if not self.object(tree, part) or not self.keys(tree, [f.name for f in fields(Receipt)], part):
            return None
        digest = self.text(tree, "sha256", part)
        if not _HEX.fullmatch(digest):
            self.tell(part, "has no SHA-256 in 'sha256'.", _AGAIN)
        rows = {name: self.whole(tree, name, part) for name in ("rows_read", "rows_used")}
        return Receipt(name=self.text(tree, "name", part), sha256=digest, **rows)

    def basis(self, tree: Any, part: str) -> Basis | None:
        if not self.object(tree, part) or not self.keys(tree, [f.name for f in fields(Basis)], part):
            return None
        digests = {f.name: self.text(tree, f.name, part) for f in fields(Basis)}
        if not all(map(_HEX.fullmatch, digests.values())):
            self.tell(part, "has a digest that is none.", _AGAIN)
            return None
        return Basis(**digests)

    def told(self, tree: Any, part: str) -> Told | None:
        if not self.object(tree, part) or not self.keys(tree, [f.name for f in fields(Told)], part):
            return None
        texts = {name: self.text(tree, name, part) for name in ("author", "sampling", "overturn", "note")}
        looked_at = None if tree["looked_at"] is None else self.whole(tree, "looked_at", part)
        return Told(**texts, looked_at=looked_at)

    # -- single values

    def number(self, tree: Mapping[str, Any], key: str, part: str, *, open_ended: bool = False) -> float:
        value = tree.get(key)
        if value is None and open_ended:
            return math.nan
        try:
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(float(value)):
                raise OverflowError
            return float(value)
        except OverflowError:
            self.tell(f"{part}.{key}", "is no number.", _AGAIN)
            return math.nan

    def count(self, tree: Mapping[str, Any], key: str, part: str) -> float:
        value = self.number(tree, key, part)
        if value < 0:
            self.tell(f"{part}.{key}", "is a count under 0.", _AGAIN)
        return value

    def whole(self, tree: Mapping[str, Any], key: str, part: str) -> int:
        value = tree.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**15:
            self.tell(f"{part}.{key}", "is no whole number from 0 up.", _AGAIN)
            return 0
        return value

    def status(self, tree: Mapping[str, Any], part: str) -> str:
        status = self.text(tree, "status", part)
        if status not in STATUSES:
            self.tell(f"{part}.status", f"is {status[:40]!r}.", f"It is one of: {', '.join(STATUSES)}.")
        return status

    def text(self, tree: Mapping[str, Any], key: str, part: str) -> str:
        return self.is_text(tree.get(key), f"{part}.{key}".lstrip("."))

    def is_text(self, value: Any, part: str) -> str:
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            self.tell(part, f"is no text of at most {LONGEST_TEXT:,} signs.", _AGAIN)
            return ""
        return value

    def texts(self, tree: Any, part: str) -> dict[str, str]:
        if not self.object(tree, part) or len(tree) > MOST_ENTRIES:
            return {}
        return {self.is_text(key, part): self.is_text(value, part) for key, value in tree.items()}

    def pair(self, value: Any, part: str) -> tuple[str, str]:
        if not isinstance(value, list) or len(value) != 2:
            self.tell(part, "holds something else than pairs of texts.", _AGAIN)
            return "", ""
        return self.is_text(value[0], part), self.is_text(value[1], part)

    def list(self, tree: Mapping[str, Any], key: str, part: str) -> list[Any]:
        value = tree.get(key)
        if not isinstance(value, list) or len(value) > MOST_ENTRIES:
            self.tell(f"{part}.{key}", f"is no list of at most {MOST_ENTRIES} entries.", _AGAIN)
            return []
        return value

    def object(self, tree: Any, part: str) -> bool:
        if not isinstance(tree, dict):
            self.tell(part, "is no object.", _AGAIN)
        return isinstance(tree, dict)

    def keys(self, tree: Mapping[str, Any], known: Sequence[str], part: str) -> bool:
        odd = [key for key in tree if key not in known]
        lacking = [key for key in known if key not in tree]
        for key in odd[:5]:
            self.tell(part or "it", f"has an unknown key {key[:60]!r}.", nearest(key[:60], known) or _AGAIN)
        for key in lacking[:5]:
            self.tell(part or "it", f"has no {key!r}.", _AGAIN)
        return not lacking

    def tell(self, part: str, found: str, cure: str) -> None:
        where = self.where if part == "it" else f"{self.where}, {part}"
        self.problems.append(Finding("stop", where, found, cure))
