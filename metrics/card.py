"""The service card: an author's words beside the numbers that were measured, section by section.

Numbers are filled in from a document, never typed: each section carries the digests of what its numbers were
computed from, and of what its words were written for, so that both can be told to be stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.answers import name_baseline, name_slice
from metrics.basis import Basis, basis_of
from metrics.card_words import SECTIONS, Words
from metrics.criteria import CRITERIA
from metrics.document import Document
from metrics.errors import Finding, ResultsError
from metrics.formatting import (
    NOTHING,
    format_count,
    format_difference,
    format_disparity,
    format_interval,
    format_p,
    format_percent,
    format_support,
    format_value,
)
from metrics.placeholders import Number, Piece, fill
from metrics.registry import Metric
from metrics.results import Receipt
from metrics.sentences import orient, say_cannot_tell, say_gaps, say_value, say_worst
from metrics.tasks import TASKS

__all__ = ["Card", "Section", "Table", "choose_headlines", "is_stale", "make_card", "name_system", "stale_sections"]

MOST_HEADLINES = 4
MOST_SLICES = 40
NOT_WRITTEN = "Not written yet"


@dataclass(frozen=True)
class Table:
    """Numbers as texts under their heads; `note` says what was left out."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A section: the author's words with numbers in them, then what was measured.

    `words` is empty where nothing was written. `basis` is what the numbers were computed from, `written_for` what
    the words were written for, None where that is not known.
    """

    name: str
    title: str
    prompt: str
    words: tuple[Piece, ...]
    facts: tuple[str, ...]
    tables: tuple[Table, ...]
    basis: Basis
    written_for: Basis | None = None

    @property
    def text(self) -> str:
        """The words with their numbers, or that there are none."""
        return "".join(map(str, self.words)) or f"{NOT_WRITTEN}."

    @property
    def is_written(self) -> bool:
        return bool(self.words)

    @property
    def numbers(self) -> tuple[Number, ...]:
        return tuple(piece for piece in self.words if isinstance(piece, Number))

    @property
    def changes(self) -> tuple[str, ...]:
        """What has changed since the words were written: some of "files", "schema" and "settings"."""
        return self.written_for.changes(self.basis) if self.is_written and self.written_for else ()


@dataclass(frozen=True)
class Card:
    """A service card: its sections in reading order, with the receipt of everything its numbers hang on."""

    title: str
    version: str
    owner: str
    contact: str
    license: str
    made: str
    sections: tuple[Section, ...]
    basis: Basis
    receipts: tuple[Receipt, ...]
    versions: Mapping[str, str]

    def __getitem__(self, name: str) -> Section:
        return next(s for s in self.sections if s.name == name)


def make_card(document: Document, words: Words | None = None) -> Card:
    """Return a card of a document's numbers and an author's words.

    Raises ResultsError with every placeholder of the words that could not be filled.
    """
    words = words or Words()
    basis = basis_of(document)
    facts = _Facts(document)
    sections, problems = [], []
    for prompt in SECTIONS:
        pieces, unfilled = fill(words.of(prompt.name), document, f"section '{prompt.name}'")
        problems += unfilled
        said, tables = facts.of(prompt.name)
        stamp = words.written_for.get(prompt.name)
        sections.append(
            Section(prompt.name, prompt.title, prompt.prompt, pieces, tuple(said), tuple(tables), basis, stamp)
        )
    if problems:
        raise ResultsError(_once(problems))
    return Card(
        title=words.title or document.title or "Service card",
        version=words.version,
        owner=words.owner,
        contact=words.contact,
        license=words.license,
        made=document.made,
        sections=tuple(sections),
        basis=basis,
        receipts=document.receipts,
        versions=document.versions,
    )


def stale_sections(card: Card, document: Document) -> dict[str, tuple[str, ...]]:
    """Return the sections whose numbers or words were made of something else than this document, and what changed.

    What changed is some of "files", "schema" and "settings" (`metrics.basis.name_changes` says it in words).
    """
    now = basis_of(document)
    stale = {}
    for section in card.sections:
        of_words = section.written_for.changes(now) if section.is_written and section.written_for else ()
        has_numbers = bool(section.tables or section.facts or section.numbers)
        of_numbers = section.basis.changes(now) if has_numbers else ()
        if changes := tuple(dict.fromkeys((*of_numbers, *of_words))):
            stale[section.name] = changes
    return stale


def is_stale(card: Card, document: Document) -> bool:
    """Say whether any number or words of a card were made of something else than this document."""
    return bool(stale_sections(card, document))


def choose_headlines(document: Document, most: int = MOST_HEADLINES) -> list[Metric]:
    """Return the metrics that stand first: those asked for, else those that fairness criteria look at."""
    measured = set(document.estimates["metric"])
    listed = {n: m for n, m in document.metrics.items() if m.listed and n in measured}
    if document.question.metrics:
        return [listed[n] for n in document.question.metrics if n in listed]
    judged = set(document.criteria["name"])
    named = [n for c in CRITERIA if c.name in judged for n in c.metrics if n in listed]
    chosen = list(dict.fromkeys(named)) or list(listed)
    return [listed[n] for n in chosen[:most]]


def name_system(system: Any) -> str:
    """Return the name of a system as it stands in a table; empty where there is only one."""
    return "" if system is None or system is pd.NA or (isinstance(system, float) and system != system) else str(system)


# -- what was measured ---------------------------------------------------------------------------


class _Facts:
    """What a document has to say in each section: sentences and tables."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.metrics = choose_headlines(document)
        self.systems = list(dict.fromkeys(map(name_system, document.estimates["system"])))

    def of(self, section: str) -> tuple[list[str], list[Table]]:
        made = getattr(self, f"_{section}", None)
        return ([], []) if made is None else made()

    def _overview(self) -> tuple[list[str], list[Table]]:
        rows = []
        for system in self.systems:
            for metric in self.metrics:
                for row in _records(self._frame("estimates", system, metric)):
                    if not row["slice"].levels:
                        counts = format_support(metric, row["top"], row["below"], row["units"])
                        rows.append((system, metric.title, say_value(row, metric), counts, metric.meaning))
        heads = ("System", "Metric", "Value [interval]", "Counts", "What it is")
        return [], _tables("For everyone", heads, rows)

    def _intended_use(self) -> tuple[list[str], list[Table]]:
        said = []
        for system in self.systems:
            for metric in self.metrics:
                estimates = self._frame("estimates", system, metric)
                unsure = say_cannot_tell(estimates, metric, disparities=self._disparities(system, metric))
                if unsure:
                    said.append(f"{self._about(system, metric)}{unsure}")
        if said:
            said.insert(0, "What these data cannot tell:")
        return said, []

    def _design(self) -> tuple[list[str], list[Table]]:
        schema = self.document.schema
        task = TASKS.get(schema.task or "")
        rows = [("Kind of result", task.title if task else schema.task or NOTHING)]
        rows += [("Positive outcome", ", ".join(schema.positive))] if schema.positive else []
        rows += [("Good for the person", f"the {schema.favourable} prediction")] if schema.favourable else []
        rows += [("Threshold", f"{schema.threshold:g}")] if schema.threshold is not None else []
        rows += [("Tolerance", f"{schema.tolerance:g}")] if schema.tolerance is not None else []
        rows += [("Texts are made alike by", schema.normalizer)] if schema.normalizer else []
        rows += [("Only rows where", schema.where)] if schema.where else []
        rows += [("Systems", ", ".join(s for s in self.systems if s))] if any(self.systems) else []
        return [], _tables("As it was measured", ("Definition", "Value"), rows)

    def _testing(self) -> tuple[list[str], list[Table]]:
        document, question = self.document, self.document.question
        files = [(r.name, format_count(r.rows_read), format_count(r.rows_used), r.sha256) for r in document.receipts]
        tables = _tables("Test data", ("File", "Rows read", "Rows used", "SHA-256"), files)
        groups: dict[str, list[str]] = {}
        for cell in document.estimates["slice"]:
            for axis, level in cell.items():
                if level not in groups.setdefault(axis, []):
                    groups[axis].append(level)
        obtained = {a.column: a.obtained for a in document.schema.attributes}
        rows = [(a, str(len(levels)), obtained.get(a, "unknown")) for a, levels in groups.items()]
        tables += _tables("Groups", ("Attribute", "Groups", "How it was obtained"), rows)
        cluster = document.schema.columns.get("cluster")
        asked = [
            ("Intervals", f"{format_percent(question.confidence, 0)} confidence"),
            ("Sample", f"whole clusters by {cluster}" if cluster else "rows, taken as independent of one another"),
            ("Compared with", name_baseline(question.baseline)),
            (
                "Correction for many groups",
                {"holm": "Holm", "bh": "Benjamini-Hochberg"}.get(question.correction, "none"),
            ),
            ("Too few", f"under {question.min_units} units"),
        ]
        tables += _tables("How it was measured", ("Setting", "Value"), asked)
        warned = [f"{f.where} {f.found}".strip() for f in document.findings if f.severity == "warn"]
        return ([f"Found in the data: {text}" for text in warned]), tables

    def _fairness(self) -> tuple[list[str], list[Table]]:
        said, tables = [], []
        for system in self.systems:
            for metric in self.metrics:
                estimates, gaps = self._frame("estimates", system, metric), self._disparities(system, metric)
                if not len(gaps):
                    continue
                sure, good = self.document.question.confidence, self.document.schema.favourable
                told = say_worst(estimates, gaps, metric, favourable=good, confidence=sure)
                said.append(f"{self._about(system, metric)}{told}")
                tables.append(self._slices(system, metric, estimates, gaps))
        return said, tables

    def _slices(self, system: str, metric: Metric, estimates: pd.DataFrame, gaps: pd.DataFrame) -> Table:
        gap_of = {row["slice"]: row for row in _records(gaps)}
        own = [row for row in _records(estimates) if row["slice"].levels]
        own.sort(key=lambda row: self._rank(metric, row, gap_of.get(row["slice"])))
        rows = []
        for row in own[:MOST_SLICES]:
            gap = gap_of.get(row["slice"])
            rows.append(
                (
                    name_slice(row["slice"]),
                    format_value(metric, row["value"]),
                    format_interval(metric, row["low"], row["high"]),
                    format_support(metric, row["top"], row["below"], row["units"]),
                    NOTHING if gap is None else format_disparity(metric, gap["kind"], gap["value"]),
                    NOTHING if gap is None else format_interval(metric, gap["low"], gap["high"], gap["kind"]),
                    NOTHING if gap is None else format_p(gap["p_adjusted"]),
                    "" if row["status"] == "ok" else row["status"],
                )
            )
        versus = name_baseline(self.document.question.baseline)
        kind = "Ratio to" if self.document.question.kinds[0] == "ratio" else "Difference from"
        heads = ("Group", "Value", "Interval", "Counts", f"{kind} {versus}", "Its interval", "Adjusted p", "Note")
        left = len(own) - len(rows)
        note = f"The {left} groups that fare best are left out." if left else ""
        return Table(f"{self._about(system, metric)}{metric.meaning}", heads, tuple(rows), note)

    def _rank(self, metric: Metric, row: Mapping[str, Any], gap: Mapping[str, Any] | None) -> tuple[bool, float]:
        """Worst first, those with too few units or without data last."""
        if gap is None or row["status"] != "ok" or gap["status"] != "ok" or gap["value"] != gap["value"]:
            return True, 0.0
        distance = gap["value"] - (1.0 if gap["kind"] == "ratio" else 0.0)
        better = orient(metric, self.document.schema.favourable).better
        return False, {"lower": -distance, "higher": distance, "neither": -abs(distance)}[better]

    def _robustness(self) -> tuple[list[str], list[Table]]:
        said, rows = [], []
        for system in self.systems:
            for metric in self.metrics:
                spreads = self._frame("spreads", system, metric)
                if len(spreads):
                    said.append(f"{self._about(system, metric)}{say_gaps(spreads, metric)}")
                for row in _records(spreads):
                    if row["difference"] != row["difference"]:
                        continue
                    gap, floor = (
                        format_difference(metric, row[c], signed=False) for c in ("difference", "noise_floor")
                    )
                    interval = format_interval(metric, row["low"], row["high"])
                    ends = (name_slice(row["highest"]), name_slice(row["lowest"]))
                    told = (system, metric.title, " and ".join(row["by"]), gap, interval)
                    rows.append((*told, floor if floor == NOTHING else f"up to {floor}", *ends))
        heads = ("System", "Metric", "By", "Largest gap", "Interval", "By chance alone", "Highest", "Lowest")
        return said, _tables("How far results move between groups and conditions", heads, rows)

    def _transparency(self) -> tuple[list[str], list[Table]]:
        document, basis = self.document, basis_of(self.document)
        rows = [
            ("Files (SHA-256 of the list of theirs)", basis.files),
            ("Schema", basis.schema),
            ("Settings", basis.settings),
            ("Seed", str(document.question.seed)),
            *((name, version) for name, version in document.versions.items()),
        ]
        return [], _tables("Receipt", ("What", "Digest or version"), rows)

    def _governance(self) -> tuple[list[str], list[Table]]:
        verdicts, policy = self.document.verdicts, self.document.policy
        if policy is None:
            return ["No policy was applied to these numbers."], []
        judged = [row for row in _records(verdicts) if name_system(row["verdict"])]
        counted = {v: sum(row["verdict"] == v for row in judged) for v in ("fail", "undecided", "no data", "pass")}
        told = ", ".join(f"{n} {v}" for v, n in counted.items() if n) or "no verdicts"
        shown = [row for row in judged if row["verdict"] != "pass"]
        rows = [
            (str(row["rule"]), _name_judged(row), name_system(row["system"]), str(row["verdict"]), str(row["reason"]))
            for row in shown[:MOST_SLICES]
        ]
        more = f" The first {MOST_SLICES} are shown." if len(shown) > MOST_SLICES else ""
        heads = ("Rule", "Group", "System", "Verdict", "Reason")
        said = [f"Judged by the policy {policy.name}: {told}.{more}"]
        return said, _tables("What did not pass", heads, rows)

    # -- tables of the document

    def _frame(self, name: str, system: str, metric: Metric) -> pd.DataFrame:
        frame: pd.DataFrame = getattr(self.document, name)
        own = np.array([name_system(s) == system for s in frame["system"]], dtype=bool)
        return frame[(frame["metric"] == metric.name) & own]

    def _disparities(self, system: str, metric: Metric) -> pd.DataFrame:
        frame = self._frame("disparities", system, metric)
        return frame[frame["kind"] == self.document.question.kinds[0]]

    def _about(self, system: str, metric: Metric) -> str:
        return f"{metric.title}, {system}: " if system else f"{metric.title}: "


def _name_judged(row: Mapping[str, Any]) -> str:
    if row["pair"]:
        return " against ".join(name_slice(s) for s in row["pair"])
    return NOTHING if row["slice"] is None else name_slice(row["slice"])


def _tables(title: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> list[Table]:
    """Return a table without the columns that say nothing, or none where there are no rows."""
    if not rows:
        return []
    filled = [i for i in range(len(heads)) if any(row[i] for row in rows)]
    return [Table(title, tuple(heads[i] for i in filled), tuple(tuple(row[i] for i in filled) for row in rows))]


def _records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = [str(c) for c in frame.columns]
    for row in frame.itertuples(index=False, name=None):
        yield dict(zip(columns, row, strict=True))


def _once(problems: Sequence[Finding]) -> list[Finding]:
    return list(dict.fromkeys(problems))
