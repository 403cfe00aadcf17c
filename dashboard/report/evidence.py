"""An evidence sheet as a page: the finding, what it rests on, what would overturn it, and the provider's answer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dashboard.report.blocks import Block, Bullets, Cell, Column, Facts, Part, Section, Table, Text
from dashboard.report.names import clean_text
from dashboard.report.page import Page, split_words, write_page_html, write_page_markdown
from dashboard.words import PRODUCT
from metrics.answers import name_baseline, name_slice
from metrics.evidence import NOT_TOLD, Account, Gap, Measured, Sheet
from metrics.evidence_json import write_sheet
from metrics.formatting import (
    NOTHING,
    format_count,
    format_difference,
    format_interval,
    format_p,
    format_percent,
    format_support,
    format_value,
)
from metrics.registry import Metric

__all__ = ["FORMS", "NUMBERS", "lay_sheet", "write_evidence"]

FORMS = ("html", "md", "json")
NUMBERS = "fairness-dashboard-evidence"  # the id of the element that holds the sheet as JSON
_CORRECTIONS = {"holm": "Holm's", "bh": "Benjamini and Hochberg's", "bonferroni": "Bonferroni's", "none": "no"}


def write_evidence(sheet: Sheet, form: str) -> str:
    """Return the sheet as "html", "md" or "json"."""
    if form == "json":
        return write_sheet(sheet)
    page = lay_sheet(sheet)
    return write_page_html(page) if form == "html" else write_page_markdown(page)


def lay_sheet(sheet: Sheet) -> Page:
    """Return the page of a sheet."""
    finding, answer = sheet.finding, sheet.answer
    claim: list[Block] = [Text(clean_text(sheet.claim), "lead")]
    comparison = sheet.comparison
    if comparison is not None:
        claim.append(Text(clean_text(f"Answer: {comparison.outcome}. {comparison.words}")))
    sections = [
        Section("claim", "The claim", (Part("", tuple(claim)),)),
        Section("numbers", "The numbers", (Part("", tuple(_lay_numbers(sheet))),)),
        Section("sample", "How the samples were drawn" if answer else "How the sample was drawn", _lay_samples(sheet)),
        Section("overturn", "What would overturn it", _lay_doubts(sheet)),
        Section("receipt", "Receipt", _lay_receipts(sheet)),
    ]
    about = [sheet.system, finding.told.author, f"found {finding.made}"]
    about += [f"answered {answer.made}" + (f" by {answer.told.author}" if answer.told.author else "")] if answer else []
    version = finding.versions.get("fairness-dashboard", "")
    return Page(
        kind="Evidence sheet",
        title=f"{sheet.metric.title}: {name_slice(sheet.cell)}",
        about=tuple(fact for fact in about if fact),
        sections=tuple(sections),
        generator=clean_text(f"{PRODUCT} {version}".strip(), 80),
        made=(answer or finding).made,
        numbers=write_sheet(sheet),
        numbers_id=NUMBERS,
        compact=True,
    )


def _lay_numbers(sheet: Sheet) -> Iterator[Block]:
    metric = sheet.metric
    yield Facts((("Slice", clean_text(str(sheet.cell))), ("Metric", f"{metric.title}. {clean_text(metric.meaning)}")))
    heads = ("", "Value", "Interval", "Counts", "Units", "Clusters")
    rows = [row for name, account in _accounts(sheet) for row in _account_rows(sheet, name, account)]
    comparison = sheet.comparison
    if comparison is not None and not math.isnan(comparison.value):
        told = _distance(metric, comparison.value, comparison.low, comparison.high)
        rows.append(("Answer's difference less the finding's", *told, NOTHING, NOTHING, NOTHING))
    kept = [i for i in range(len(heads)) if i < 3 or any(row[i] != NOTHING for row in rows)]
    columns = tuple(Column(heads[i], number=i > 0) for i in kept)
    level = format_percent(sheet.finding.confidence, 0)
    caption = f"Values and differences, each with its {level} interval"
    yield Table(caption, columns, tuple(tuple(clean_text(row[i], 200) for i in kept) for row in rows))
    for name, account in _accounts(sheet):
        lead = f"{name}: " if sheet.answer else ""
        yield Text(clean_text(lead + _say_correction(account)))
        if account.left_out:
            n = account.left_out
            units = f"{format_count(n)} {'unit' if n == 1 else 'units'}"
            yield Text(f"{lead}Everyone else leaves out {units} whose group is not known.", "note")
    others = sheet.finding.others
    if others:
        told_rows = tuple(_other_row(metric, gap, sheet.finding.gap) for gap in others)
        columns = (Column("Compared with"), Column("Difference", True), Column("Interval", True), Column("Reading"))
        yield Table("The finding against other baselines", columns, told_rows)


def _accounts(sheet: Sheet) -> list[tuple[str, Account]]:
    return [("Finding", sheet.finding)] + ([("Answer", sheet.answer)] if sheet.answer else [])


def _account_rows(sheet: Sheet, name: str, account: Account) -> Iterator[tuple[str, ...]]:
    metric, gap, lead = sheet.metric, account.gap, f"{name}: " if sheet.answer else ""
    versus = name_baseline(gap.baseline)
    few = " (too few)" if account.own.status == "too few" else ""
    yield (f"{lead}{name_slice(sheet.cell)}{few}", *_value(metric, account.own))
    yield (f"{lead}{versus}", *_value(metric, account.baseline))
    yield (f"{lead}difference", *_distance(metric, gap.value, gap.low, gap.high), NOTHING, NOTHING, NOTHING)


def _value(metric: Metric, m: Measured) -> tuple[str, str, str, str, str]:
    support = format_support(metric, m.top, m.below, math.nan)
    units, clusters = format_count(m.units), format_count(m.clusters)
    return format_value(metric, m.value), format_interval(metric, m.low, m.high), support, units, clusters


def _distance(metric: Metric, value: float, low: float, high: float) -> tuple[str, str]:
    return format_difference(metric, value), format_interval(metric, low, high, "difference")


def _other_row(metric: Metric, gap: Gap, finding: Gap) -> tuple[Cell, ...]:
    same = gap.side == finding.side
    reading = ("shows it too" if same else "does not show it") if finding.side else "cannot tell"
    if not finding.side and gap.side:
        reading = "clear of no difference"
    named = clean_text(name_baseline(gap.baseline), 200)
    return (named, *_distance(metric, gap.value, gap.low, gap.high), reading)


def _say_correction(account: Account) -> str:
    n, gap = account.looked_at, account.gap
    looked = f"{n} {'slice was' if n == 1 else 'slices were'} looked at"
    if n == 1:
        return f"{looked}; p {format_p(gap.p)}."
    return (
        f"{looked}; p {format_p(gap.p)}, with {_CORRECTIONS[account.correction]} correction {format_p(gap.p_adjusted)}."
    )


def _lay_samples(sheet: Sheet) -> tuple[Part, ...]:
    parts = []
    for name, account in _accounts(sheet):
        words = split_words(account.told.sampling) or (Text(f"{NOT_TOLD.capitalize()}."),)
        more = split_words(account.told.note)
        sample = (Text(clean_text(f"The sample is one of whole clusters, by {account.cluster}."), "note"),)
        parts.append(Part(name if sheet.answer else "", (*words, *more, *(sample if account.cluster else ()))))
    return tuple(parts)


def _lay_doubts(sheet: Sheet) -> tuple[Part, ...]:
    parts = []
    for name, account in _accounts(sheet):
        blocks: list[Block] = list(split_words(account.told.overturn))
        # What holds of both is said once.
        said = [text for text in account.overturn if account is sheet.finding or text not in sheet.finding.overturn]
        if said:
            blocks.append(Bullets(tuple(map(clean_text, said))))
        if blocks:
            parts.append(Part(name if sheet.answer else "", tuple(blocks)))
    differ = _list_differences(sheet)
    if differ:
        parts.append(Part("Defined otherwise in the answer", (Bullets(tuple(differ)),)))
    return tuple(parts) or (Part("", (Text("Nothing follows from these numbers."),)),)


def _list_differences(sheet: Sheet) -> list[str]:
    if sheet.answer is None:
        return []
    one, two = dict(sheet.finding.definitions), dict(sheet.answer.definitions)
    names = [name for name in dict.fromkeys([*one, *two]) if one.get(name) != two.get(name)]
    return [clean_text(f"{n}: {one.get(n, 'none')} in the finding, {two.get(n, 'none')} in the answer") for n in names]


def _lay_receipts(sheet: Sheet) -> tuple[Part, ...]:
    parts = []
    for name, account in _accounts(sheet):
        facts = [
            (clean_text(r.name, 120), f"{format_count(r.rows_used)} rows, SHA-256 {r.sha256}") for r in account.receipts
        ]
        facts.append(("Digests", f"schema {account.basis.schema[:16]}, settings {account.basis.settings[:16]}"))
        told = "; ".join(f"{key} {value}" for key, value in account.definitions)
        facts += [("Definitions", clean_text(told))] if told else []
        parts.append(Part(name if sheet.answer else "", (Facts(tuple(facts)),)))
    return tuple(parts)
