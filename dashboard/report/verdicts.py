"""What a policy says: a rule's verdict, and that of every group, with its reason and what would decide it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from dashboard.report.blocks import Badge, Block, Bullets, Cell, Column, Part, Section, Table, Text
from dashboard.report.chosen import Chosen, Row, records
from dashboard.report.names import clean_text
from dashboard.words import count, join
from metrics.answers import name_baseline, name_slice
from metrics.criteria import CRITERIA
from metrics.formatting import (
    NOTHING,
    format_count,
    format_difference,
    format_disparity,
    format_interval,
    format_number,
    format_percent,
    format_ratio,
    format_value,
)
from metrics.policy import Rule
from metrics.registry import Metric
from metrics.slices import Slice

__all__ = ["say_policy", "show_verdicts"]

_ORDER = ("fail", "undecided", "no data", "pass")


def show_verdicts(chosen: Chosen) -> Section | None:
    """Show a policy's rules with their verdicts; None without a policy."""
    policy = chosen.document.policy
    if policy is None:
        return None
    found = _by_rule(chosen)
    blocks: list[Block] = [Text(clean_text(t)) for t in (policy.description, policy.source) if t]
    columns = [Column("Rule"), Column("Verdict"), Column("It asks"), Column("Groups")]
    rows: list[tuple[Cell, ...]] = []
    for rule in policy.rules:
        told = found.get(rule.name, [])
        rows.append((clean_text(rule.name, 120), Badge(_of_rule(rule, told)), say_rule(chosen, rule), _tally(told)))
    blocks.append(Table("The rules and their verdicts", tuple(columns), tuple(rows)))
    blocks.append(
        Text(
            "Pass: the whole interval lies within the limits. Fail: even the wider interval that heeds how many groups "
            "are judged lies outside. Undecided: the data cannot tell, and so is any group too small to judge.",
            "note",
        )
    )
    parts = [Part("", tuple(blocks))]
    parts += [_show_rule(chosen, rule, found[rule.name]) for rule in policy.rules if found.get(rule.name)]
    return Section("verdicts", f"What the policy “{clean_text(policy.name, 120)}” says", tuple(parts))


def say_policy(chosen: Chosen) -> list[str]:
    """Say how many rules pass and fail, in a sentence; none without a policy."""
    policy = chosen.document.policy
    if policy is None:
        return []
    found = _by_rule(chosen)
    verdicts = [_of_rule(r, found.get(r.name, [])) for r in policy.rules if not r.publish]
    name = clean_text(policy.name, 120)
    if not verdicts:
        return [f"The policy “{name}” asks for figures to be published and gives no verdict."]
    if len(verdicts) == 1:
        said = {"pass": "passes", "fail": "fails", "undecided": "is undecided", "no data": "has no data"}
        return [f"The policy “{name}” {said[verdicts[0]]}."]
    words = {"fail": "fail", "undecided": "undecided", "no data": "without data", "pass": "pass"}
    told = [f"{verdicts.count(v)} {words[v]}" for v in _ORDER if v in verdicts]
    return [f"Of the {len(verdicts)} rules of the policy “{name}”: {join(told)}."]


def say_rule(chosen: Chosen, rule: Rule) -> str:
    """Say what a rule asks, in one sentence."""
    what = _name_measure(chosen, rule)
    groups = "every group" if rule.by is None else "everyone" if not any(rule.by) else _by_words(rule.by)
    if rule.publish:
        return f"{what} of {groups}, to be published"
    least, most = rule.limits
    metric = chosen.document.metrics.get(rule.metric or "")
    low, high = (_write_limit(metric, rule.kind, x) for x in (least, most))
    if rule.in_pairs:
        pair = "the ratio of any two groups" if rule.kind == "ratio" else "no two groups differ by more than"
        if rule.kind == "ratio":
            return f"{what}, {groups}: {pair} is {_say_range(low, high)}"
        return f"{what}, {groups}: {pair} {high}"
    if rule.kind == "value":
        return f"{what} of {groups} is {_say_range(low, high)}"
    kind = "divided by that of" if rule.kind == "ratio" else "minus that of"
    return f"{what} of {groups}, {kind} {clean_text(name_baseline(rule.baseline), 120)}, is {_say_range(low, high)}"


def _say_range(low: str, high: str) -> str:
    if low and high:
        return f"from {low} to {high}"
    return f"at most {high}" if high else f"at least {low}" if low else "not limited"


def _show_rule(chosen: Chosen, rule: Rule, rows: list[Row]) -> Part:
    ordered = sorted(rows, key=lambda r: _place(r["verdict"])) if not rule.publish else rows
    ends = [r for r in ordered if r["verdict"] is not None]
    several_systems = len({r["system"] for r in ordered if r["system"] is not None}) > 1
    pairs = any(r["pair"] for r in ordered)
    needed = any(_is_number(r["units_needed"]) for r in ordered)
    limits = {(str(r["at_least"]), str(r["at_most"])) for r in ordered}
    columns = [Column("Groups" if pairs else "Group")]
    columns += [Column("Model")] if several_systems else []
    columns += [Column("Verdict")] if ends else []
    columns += [Column("Metric")] if len({r["metric"] for r in ordered}) > 1 else []
    columns += [Column(_KIND_TITLES[rule.kind], number=True)]
    columns += [Column("Limits", number=True)] if len(limits) > 1 else []
    columns += [Column("Chance alone", number=True)] if pairs else []
    columns += [Column("More units needed", number=True)] if needed else []
    columns += [Column("Why")] if any(r["reason"] for r in ordered) else []
    titles = {c.title for c in columns}
    body: list[tuple[Cell, ...]] = []
    for row in ordered:
        metric = chosen.document.metrics[row["metric"]]
        told: dict[str, Cell] = {
            "Group": _name_row(row),
            "Groups": _name_row(row),
            "Model": str(row["system"] or ""),
            "Verdict": Badge(str(row["verdict"] or "published")),
            "Metric": metric.title,
            _KIND_TITLES[rule.kind]: _value(metric, rule, row),
            "Limits": _say_range(
                *(_write_limit(metric, rule.kind, _limit(row[c], s)) for c, s in (("at_least", -1), ("at_most", 1)))
            ),
            "Chance alone": _floor(chosen, metric, rule, row),
            "More units needed": format_count(row["units_needed"]) if _is_number(row["units_needed"]) else "",
            "Why": clean_text(row["reason"] or "", 600),
        }
        body.append(tuple(told[c.title] for c in columns))
    name = clean_text(rule.name, 120)
    blocks: list[Block] = [Text(f"{say_rule(chosen, rule)}.")]
    blocks += [Text(clean_text(rule.note), "note")] if rule.note else []
    caption = f"{name}: every {'pair of groups' if pairs else 'group'}"
    if "Limits" not in titles and not rule.publish:
        metric = chosen.document.metrics.get(rule.metric or "")
        ends_said = _say_range(*(_write_limit(metric, rule.kind, x) for x in rule.limits))
        caption += f". Limits: {ends_said}"
    blocks.append(Table(caption, tuple(columns), tuple(body)))
    left = [f"Left out, as the policy says: {clean_text(text, 200)}." for text in rule.exclude]
    if rule.exclude_below is not None:
        left.append(f"Left out: groups with less than {format_percent(rule.exclude_below)} of the rows.")
    blocks += [Bullets(tuple(left))] if left else []
    return Part(f"Rule: {name}", tuple(blocks))


_KIND_TITLES = {"value": "Value", "difference": "Difference", "ratio": "Ratio"}


def _by_rule(chosen: Chosen) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in records(chosen.document.verdicts):
        row = {name: None if _is_null(value) else value for name, value in row.items()}
        found.setdefault(str(row["rule"]), []).append(row)
    return found


def _of_rule(rule: Rule, rows: Iterable[Row]) -> str:
    """Return the verdict of a rule: fail if any group fails, pass if all pass, else undecided; no data if all lack it."""
    if rule.publish:
        return "published"
    verdicts = {str(r["verdict"]) for r in rows if r["verdict"] is not None} or {"no data"}
    if "fail" in verdicts:
        return "fail"
    return next(iter(verdicts)) if len(verdicts) == 1 else "undecided"


def _tally(rows: list[Row]) -> str:
    verdicts = [r["verdict"] for r in rows if r["verdict"] is not None]
    if not verdicts:
        return count(len(rows), "figure")
    return ", ".join(f"{verdicts.count(v)} {v}" for v in _ORDER if v in verdicts)


def _name_measure(chosen: Chosen, rule: Rule) -> str:
    if rule.criterion is not None:
        return next((c.title for c in CRITERIA if c.name == rule.criterion), rule.criterion)
    metric = chosen.document.metrics.get(rule.metric or "")
    return metric.title if metric is not None else clean_text(rule.metric or "", 120)


def _by_words(by: Iterable[tuple[str, ...]]) -> str:
    return "every group by " + join([clean_text(" and ".join(names), 120) for names in by])


def _name_row(row: Row) -> str:
    if row["pair"]:
        return " and ".join(name_slice(s) for s in row["pair"])
    return name_slice(row["slice"]) if isinstance(row["slice"], Slice) else "everyone"


def _value(metric: Metric, rule: Rule, row: Row) -> str:
    value = row["value"]
    if value is None:
        return NOTHING
    interval = format_interval(metric, row["low"], row["high"], rule.kind)
    said = format_value(metric, value) if rule.kind == "value" else format_disparity(metric, rule.kind, value)
    return said if interval == NOTHING else f"{said} {interval}"


def _limit(value: Any, side: int) -> float:
    return side * math.inf if value is None else float(value)


def _write_limit(metric: Metric | None, kind: str, limit: float) -> str:
    if not math.isfinite(limit):
        return ""
    if kind == "ratio":
        return format_ratio(limit).removesuffix(" times")
    if metric is None:  # a criterion's metrics are rates
        return f"{100 * limit:g} points"
    if metric.unit != "share":
        return format_number(limit)
    text = f"{100 * limit:g}".replace("-", "\N{MINUS SIGN}")
    return f"{text} %" if kind == "value" else f"{text} {'point' if abs(limit) == 0.01 else 'points'}"


def _floor(chosen: Chosen, metric: Metric, rule: Rule, row: Row) -> str:
    """Return what chance alone would show of the spread that a pair is part of."""
    pair = row["pair"]
    if not pair or rule.kind != "difference":
        return NOTHING
    by = pair[0].axes
    for spread in records(chosen.spreads(str(row["system"] or ""), metric)):
        if tuple(spread["by"]) == by and not _is_null(spread["noise_floor"]):
            return f"up to {format_difference(metric, spread['noise_floor'], signed=False)}"
    return NOTHING


def _place(verdict: Any) -> int:
    return _ORDER.index(verdict) if verdict in _ORDER else len(_ORDER)


def _is_null(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
