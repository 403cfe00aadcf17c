"""A document as JSON, and read back: from a JSON file or from the HTML of a report.

What is read may come from a stranger. It is checked as a whole before anything is made of it: sizes, types, keys,
numbers, names of metrics. Nothing in it is opened, fetched or run.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from html.parser import HTMLParser
from typing import Any, get_args

from metrics.compare import BASELINES, Correction, Kind
from metrics.document import Document, name_metrics
from metrics.document_packed import pack_records, unpack_records
from metrics.document_tables import TABLES, WrongCell, read_records
from metrics.errors import Finding, QuestionError, ResultsError, Severity, stop
from metrics.policy import Policy
from metrics.question import Question
from metrics.results import Receipt
from metrics.schema import Schema
from metrics.slices import Slice
from metrics.strict_json import check_plain, load_strict
from metrics.tree_reader import TreeReader
from metrics.writing import describe_findings, describe_receipts, dump_json, records

__all__ = ["FORMAT", "ID", "MOST_BYTES", "VERSION", "read_document", "write_document"]

FORMAT = "fairness-dashboard report"
VERSION = 1
ID = "fairness-dashboard-report"  # of the element that holds the JSON in a report's HTML
MOST_BYTES = 64 * 2**20  # of a report, plotly.js included

_MOST_RECORDS = 500_000  # of all lists together
_MOST_METRICS = 10_000  # of several classes each has its own
_MOST_DEPTH = 12
_LONGEST_TEXT = 200_000
_MOST_NAMED = 100  # versions, sections with words, groupings, metrics asked for
_AGAIN = "Open the HTML or the JSON that the dashboard or `fairness-dashboard report` wrote."


# -- writing -------------------------------------------------------------------------------------


def write_document(document: Document, *, packed: bool = False) -> str:
    """Return the document as JSON text, one record a line. Undefined and infinite numbers are null.

    `packed` writes the tables by columns (`metrics.document_packed`) and without spaces, a third as long.
    """
    lists = {name: records(table) for name, table in document.tables.items()}
    if not packed:
        return dump_json({**_head_of(document), **lists})
    tree = {**_head_of(document), **{name: pack_records(rows) for name, rows in lists.items()}}
    return json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _head_of(document: Document) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": document.title,
        "made": document.made,
        "versions": dict(document.versions),
        "words": dict(document.words),
        "sources": describe_receipts(document.receipts),
        "schema": document.schema.to_dict(),
        "findings": describe_findings(document.findings),
        "question": _tree_of(document.question),
        "policy": None if document.policy is None else document.policy.to_dict(),
    }


def _tree_of(question: Question) -> dict[str, Any]:
    by = None if question.by is None else [[b] if isinstance(b, str) else list(b) for b in question.by]
    return {
        "by": by,
        "metrics": None if question.metrics is None else list(question.metrics),
        "compare": list(question.kinds),
        "baseline": question.baseline,
        "confidence": question.confidence,
        "correction": question.correction,
        "min_units": question.min_units,
        "seed": question.seed,
    }


# -- reading -------------------------------------------------------------------------------------


def read_document(text: str | bytes, where: str = "the report") -> Document:
    """Read a document from its JSON, or from the HTML of a report that holds it; `where` names it in problems.

    Of HTML nothing but that JSON is looked at. Raises ResultsError for what is no report, or one that is damaged,
    of a later version, or over the limits.
    """
    tree = _load(_find_json(_decode(text, where), where), where)
    return _Reader(where, _AGAIN).read(tree)


def _decode(text: str | bytes, where: str) -> str:
    if len(text) > MOST_BYTES:
        raise stop(where, f"is larger than {MOST_BYTES // 2**20} MB, which no report is.", _AGAIN)
    if isinstance(text, str):
        return text
    if text.startswith(b"%PDF"):
        raise stop(where, "is a PDF, which holds no numbers to be read again.", _AGAIN)
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise stop(where, "is written in UTF-16; reports are written in UTF-8.", _AGAIN)
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise stop(where, "is no text in UTF-8.", _AGAIN) from error


_SCRIPT = re.compile(r"<script\b[^<>]{0,400}>", re.IGNORECASE)
_END = re.compile(r"</script", re.IGNORECASE)


def _find_json(text: str, where: str) -> str:
    """Return the JSON itself, or what the one element with it holds."""
    begin = text.lstrip("\ufeff \t\r\n")
    if begin.startswith("{"):
        return begin
    if not begin.strip():
        raise stop(where, "is empty.", _AGAIN)
    # Tag by tag, not the page as a whole: a page made to keep a parser busy for hours keeps this busy for none.
    found = [tag.end() for tag in _SCRIPT.finditer(text) if _holds_document(tag[0])]
    if not found:
        kind = "a page" if begin.startswith("<") else "a text"
        raise stop(where, f"is {kind} without the numbers of a report in it.", _AGAIN)
    if len(found) > 1:
        raise stop(where, "holds the numbers of several reports.", "Take a report as it was written.")
    end = _END.search(text, found[0])
    if end is None:
        raise stop(where, "ends in the middle of its numbers.", "Copy or download it again.")
    return text[found[0] : end.start()]


class _Tag(HTMLParser):
    """Takes down the attributes of the first tag."""

    told: Mapping[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.told = self.told if self.told is not None else dict(attrs)


def _holds_document(tag: str) -> bool:
    parser = _Tag()
    parser.feed(tag)
    told = parser.told or {}
    return told.get("type") == "application/json" and told.get("id") == ID


def _load(text: str, where: str) -> dict[str, Any]:
    try:
        tree = load_strict(text)
    except RecursionError as error:
        raise stop(where, "is nested deeper than a report is.", _AGAIN) from error
    except ValueError as error:
        raise stop(where, f"holds damaged JSON ({error}).", "Copy or download it again.") from error
    if not isinstance(tree, dict):
        raise stop(where, "is no report.", _AGAIN)
    _check_plain(tree, where)
    return tree


def _check_plain(tree: Any, where: str) -> None:
    """Refuse what JSON can hold and a report cannot: numbers beyond floats, halves of signs, texts without end."""
    try:
        check_plain(tree, depth=_MOST_DEPTH, longest=_LONGEST_TEXT)
    except ValueError as error:
        raise stop(where, f"{error}, which no report does.", _AGAIN) from error


_HEAD = ("format", "version", "title", "made", "versions", "words", "sources", "schema", "findings")
_KEYS = (*_HEAD, "question", "policy", *TABLES)
_QUESTION = ("by", "metrics", "compare", "baseline", "confidence", "correction", "min_units", "seed")
_RECEIPT = {f.name: str if f.name in ("name", "sha256") else int for f in fields(Receipt)}
_FINDING = {"severity": str, "where": str, "found": str, "cure": str, "rows": int}


class _Reader(TreeReader):
    """Reads a tree that `_check_plain` let through."""

    def read(self, tree: dict[str, Any]) -> Document:
        self._check_format(tree)
        self._check_keys(tree, _KEYS, "")
        tree = tree | {name: self._unpack(name, tree[name]) for name in TABLES}
        for name in ("sources", "findings", *TABLES):
            self._typed(tree[name], list, name)
        if sum(len(tree[name]) for name in ("sources", "findings", *TABLES)) > _MOST_RECORDS:
            raise self._wrong("", f"has more than {_MOST_RECORDS:,} records.")
        schema = Schema.from_dict(self._typed(tree["schema"], dict, "schema"), f"{self.where}, schema")
        policy = tree["policy"]
        if policy is not None:
            policy = Policy.from_dict(self._typed(policy, dict, "policy"), f"{self.where}, policy")
        tables = {name: self._table(name, tree[name]) for name in TABLES}
        if len({metric for t in tables.values() if "metric" in t for metric in t["metric"].unique()}) > _MOST_METRICS:
            raise self._wrong("", f"names more than {_MOST_METRICS:,} metrics.")
        self._check_rules(tables["verdicts"]["rule"].unique().tolist(), policy)
        try:
            metrics = name_metrics(tables, schema)
        except QuestionError as error:
            raise self._wrong("", f"names a metric that is none. {error}") from error
        return Document(
            title=self._typed(tree["title"], str, "title"),
            made=self._day(tree["made"], "made"),
            versions=self._texts(tree["versions"], "versions"),
            receipts=tuple(self._receipts(tree["sources"])),
            schema=schema,
            findings=tuple(self._findings(tree["findings"])),
            question=self._question(self._typed(tree["question"], dict, "question")),
            policy=policy,
            **tables,
            metrics=metrics,
            words=self._texts(tree["words"], "words"),
        )

    def _check_format(self, tree: Mapping[str, Any]) -> None:
        if tree.get("format") != FORMAT:
            known = isinstance(tree.get("format"), str) and str(tree["format"]).startswith("fairness-dashboard ")
            found = f"is the JSON of {str(tree['format'])[19:60]!r}, not of a report." if known else "is no report."
            raise stop(self.where, found, _AGAIN)
        version = tree.get("version")
        if version != VERSION or isinstance(version, bool):
            later = isinstance(version, int) and version > VERSION
            cure = "Open it with the version of the dashboard that wrote it, or a later one." if later else _AGAIN
            raise stop(self.where, f"has the version {version!r} of the format; this reads {VERSION}.", cure)

    def _unpack(self, name: str, entries: Any) -> Any:
        """Return the records of a table that stands by columns; of any other what it is."""
        if not isinstance(entries, dict):
            return entries
        try:
            return unpack_records(entries, _MOST_RECORDS)
        except ValueError as error:
            raise self._wrong(name, f"{error}.") from error

    def _table(self, name: str, entries: list[Any]) -> Any:
        try:
            return read_records(name, entries)
        except WrongCell as error:
            raise stop(f"{self.where}, {name}, entry {error.number}", f"{error.found}.", f"{error.wanted}.") from error

    def _check_rules(self, named: list[str], policy: Policy | None) -> None:
        rules = [] if policy is None else [rule.name for rule in policy.rules]
        for name in named:
            if name not in rules:
                raise self._wrong("verdicts", f"judges by a rule {name!r}, which its policy does not have.")

    def _receipts(self, entries: list[Any]) -> Iterator[Receipt]:
        if not entries:
            raise self._wrong("sources", "names no file.")
        for entry in entries:
            told = self._record(entry, _RECEIPT, "sources")
            if not re.fullmatch(r"[0-9a-f]{64}", told["sha256"]):
                raise self._wrong("sources", f"has {told['sha256'][:80]!r} as a sha256.")
            yield Receipt(**told)

    def _findings(self, entries: list[Any]) -> Iterator[Finding]:
        for entry in entries:
            told = self._record(entry, _FINDING, "findings")
            if told["severity"] not in get_args(Severity):
                raise self._wrong("findings", f"has the severity {told['severity']!r}.")
            yield Finding(**told)

    def _question(self, tree: dict[str, Any]) -> Question:
        self._check_keys(tree, _QUESTION, "question")
        least, seed, sure = tree["min_units"], tree["seed"], tree["confidence"]
        if isinstance(sure, bool) or not isinstance(sure, float | int) or not 0 < sure < 1:
            raise self._wrong("question", f"has confidence = {sure!r}; it is a share between 0 and 1.")
        for name, number, lowest in (("min_units", least, 1), ("seed", seed, 0)):
            if self._typed(number, int, f"question, {name}") < lowest or number >= 2**63:
                raise self._wrong("question", f"has {name} = {number}; it is a whole number from {lowest} up.")
        named = self._list(tree["compare"], "question, compare")
        kinds: tuple[Kind, ...] = tuple(kind for name in named for kind in get_args(Kind) if name == kind)
        if not kinds or len(kinds) < len(named):
            raise self._wrong("question", f"has compare = {named!r:.80}.")
        if tree["correction"] not in get_args(Correction):
            raise self._wrong("question", f"has correction = {tree['correction']!r:.80}.")
        by, metrics = tree["by"], tree["metrics"]
        groupings = None if by is None else [self._list(b, "question, by") for b in self._typed(by, list, "by")]
        if groupings is not None and len(groupings) > _MOST_NAMED:
            raise self._wrong("question", f"has more than {_MOST_NAMED} groupings.")
        return Question(
            by=None if groupings is None else tuple(b[0] if len(b) == 1 else tuple(b) for b in groupings),
            metrics=None if metrics is None else tuple(self._list(metrics, "question, metrics", 10_000)),
            kinds=kinds,
            baseline=self._baseline(tree["baseline"]),
            confidence=float(sure),
            correction=tree["correction"],
            min_units=least,
            seed=seed,
        )

    def _baseline(self, text: Any) -> str:
        if self._typed(text, str, "question, baseline") not in BASELINES:
            try:
                Slice.parse(text)
            except ResultsError as error:
                raise self._wrong("question", f"has baseline = {text[:80]!r}, which is none.") from error
        return str(text)

    # -- pieces

    def _record(self, entry: Any, types: Mapping[str, type], part: str) -> dict[str, Any]:
        told: dict[str, Any] = self._typed(entry, dict, f"{part}, an entry")
        self._check_keys(told, tuple(types), part)
        for name, kind in types.items():
            value = self._typed(told[name], kind, f"{part}, {name}")
            if kind is int and not 0 <= value < 2**63:
                raise self._wrong(part, f"has {name} = {value}; it is a count.")
        return told

    def _texts(self, tree: Any, part: str) -> dict[str, str]:
        told: dict[str, str] = self._typed(tree, dict, part)
        if len(told) > _MOST_NAMED:
            raise self._wrong(part, f"has more than {_MOST_NAMED} entries.")
        return {name: self._typed(text, str, f"{part}, {name[:60]!r}") for name, text in told.items()}

    def _list(self, value: Any, part: str, most: int = _MOST_NAMED) -> list[str]:
        if not isinstance(value, list) or len(value) > most or not all(isinstance(entry, str) for entry in value):
            raise self._wrong(part, f"is {value!r:.80}; it is a list of up to {most} texts.")
        return value
