"""What a policy says: a rule's verdict, and that of every group, with its reason and what would decide it."""

from __future__ import annotations

import math
from typing import Any

from dashboard.charts.format import key
from dashboard.report.blocks import Badge, Block, Bullets, Cell, Column, Part, Section, Table, Text
from dashboard.report.chosen import Chosen, Row, records
from dashboard.report.names import clean_text
from dashboard.words import count, join
from metrics.formatting import NOTHING, format_difference, format_number, format_percent
from metrics.judge import judge_rules
from metrics.policy import Rule
from metrics.registry import Metric
from metrics.verdict_reasons import say_limits
from metrics.verdict_words import name_judged, say_rule, write_interval, write_needed, write_value, write_value_alone

__all__ = ["say_policy", "show_verdicts"]

_MOST_ROWS = 80  # of one rule
_PUBLISHED = "published"
_ORDER = ("fail", "undecided", "no data", "pass")


def show_verdicts(chosen: Chosen) -> Section | None:
    """Show a policy's rules with their verdicts; None without a policy."""
    policy = chosen.document.policy
    if policy is None:
        return None
    found, verdicts = _by_rule(chosen), _of_rules(chosen)
    blocks: list[Block] = [Text(clean_text(t)) for t in (policy.description, policy.source) if t]
    columns = [Column("Rule"), Column("Verdict"), Column("It asks"), Column("Groups")]
    rows: list[tuple[Cell, ...]] = []
    for rule in policy.rules:
        badge = Badge(verdicts[rule.name])
        asks = clean_text(say_rule(rule, chosen.document.metrics), 600)
        rows.append((clean_text(rule.name, 120), badge, asks, _tally(found.get(rule.name, []))))
    blocks.append(Table("The rules and their verdicts", tuple(columns), tuple(rows)))
    blocks.append(
        Text(
            "Pass: the whole interval lies within the limits. Fail: even the wider interval that heeds how many groups "
            "are judged lies outside. Undecided: the data cannot tell, and so is any group too small to judge. Value "
            "alone: what the value would say if it were certain.",
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
    verdicts = [verdict for verdict in _of_rules(chosen).values() if verdict != _PUBLISHED]
    name = clean_text(policy.name, 120)
    if not verdicts:
        return [f"The policy “{name}” asks for figures to be published and gives no verdict."]
    if len(verdicts) == 1:
        said = {"pass": "passes", "fail": "fails", "undecided": "is undecided", "no data": "has no data"}
        return [f"The policy “{name}” {said[verdicts[0]]}."]
    told = [_count_rules(v, verdicts.count(v)) for v in _ORDER if v in verdicts]
    return [f"Of the {len(verdicts)} rules of the policy “{name}”: {join(told)}."]


def _show_rule(chosen: Chosen, rule: Rule, rows: list[Row]) -> Part:
    """Show every group, or pair, that a rule speaks of, those that fail first."""
    ordered = sorted(rows, key=lambda r: (_place(r["verdict"]), _is_few(r)))
    shown, left_over = ordered[:_MOST_ROWS], ordered[_MOST_ROWS:]
    told = [_tell(chosen, rule, row) for row in shown]
    filled = [name for name in _COLUMNS if any(row[name] for row in told)]
    if len({row["Limits"] for row in told}) == 1 and "Limits" in filled:
        filled.remove("Limits")  # the sentence above says them
    columns = tuple(Column(name, number=name in _NUMBERS) for name in filled)
    name = clean_text(rule.name, 120)
    blocks: list[Block] = [Text(clean_text(say_rule(rule, chosen.document.metrics), 600))]
    blocks += [Text(clean_text(rule.note), "note")] if rule.note else []
    whom = "pair of groups" if rule.in_pairs else "group"
    body = tuple(tuple(row[name] for name in filled) for row in told)
    blocks.append(Table(f"{name}: the {'deciding' if rule.in_pairs else 'value of every'} {whom}", columns, body))
    if left_over:
        more = (
            f"{len(left_over):,} more are not in this table ({_tally(left_over)}); the numbers in this report hold all."
        )
        blocks.append(Text(more, "note"))
    left = [f"Left out, as the policy says: {clean_text(text, 200)}." for text in rule.exclude]
    if rule.exclude_below is not None:
        left.append(
            f"Left out, as the policy says: groups with less than {format_percent(rule.exclude_below)} of rows."
        )
    blocks += [Bullets(tuple(left))] if left else []
    return Part(f"Rule: {name}", tuple(blocks))


_NUMBERS = ("Value", "Limits", "Chance alone", "More needed")
_COLUMNS = (
    "Group",
    "Model",
    "Verdict",
    "Metric",
    "Value",
    "Value alone",
    "Limits",
    "Chance alone",
    "More needed",
    "Why",
)


def _tell(chosen: Chosen, rule: Rule, row: Row) -> dict[str, Cell]:
    """Return a verdict as the cells of its row; those that say nothing are empty."""
    metric = chosen.document.metrics.get(row["metric"])
    value, limits = NOTHING, ""
    if metric is None:  # a criterion that is one number of its own
        value = format_number(row["value"])
    else:
        interval = write_interval(row, rule, metric)
        value = write_value(row, rule, metric) + ("" if interval == NOTHING else f" {interval}")
        limits = "" if rule.publish else say_limits(rule, metric)
    return {
        "Group": name_judged(row),
        "Model": str(row["system"] or ""),
        "Verdict": "" if row["verdict"] is None else Badge(str(row["verdict"])),
        "Metric": metric.title if metric is not None and rule.criterion is not None else "",
        "Value": value,
        "Value alone": write_value_alone(row, rule),
        "Limits": limits,
        "Chance alone": "" if metric is None else _floor(chosen, metric, rule, row),
        "More needed": write_needed(row),
        "Why": clean_text(row["reason"] or "", 600),
    }


def _by_rule(chosen: Chosen) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in records(chosen.document.verdicts):
        found.setdefault(str(row["rule"]), []).append(row)
    return found


def _of_rules(chosen: Chosen) -> dict[str, str]:
    """Return the verdict of every rule by its name; "published" of figures without one."""
    policy = chosen.document.policy
    if policy is None:
        return {}
    told = records(judge_rules(chosen.document.verdicts, policy))
    return {row["rule"]: row["verdict"] if isinstance(row["verdict"], str) else _PUBLISHED for row in told}


def _count_rules(verdict: str, n: int) -> str:
    one = n == 1
    verbs = {
        "fail": "fails" if one else "fail",
        "undecided": "is undecided" if one else "are undecided",
        "no data": "has no data" if one else "have no data",
        "pass": "passes" if one else "pass",
    }
    return f"{n} {verbs[verdict]}"


def _tally(rows: list[Row]) -> str:
    verdicts = [r["verdict"] for r in rows if r["verdict"] is not None]
    if not verdicts:
        return count(len(rows), "figure")
    return ", ".join(f"{verdicts.count(v)} {v}" for v in _ORDER if v in verdicts)


def _floor(chosen: Chosen, metric: Metric, rule: Rule, row: Row) -> str:
    """Return what chance alone would show of the spread that a pair is part of."""
    if not row["pair"] or rule.kind != "difference":
        return ""
    for spread in records(chosen.spreads(key(row["system"]), metric)):
        if tuple(spread["by"]) == row["pair"][0].axes and not math.isnan(spread["noise_floor"]):
            return f"up to {format_difference(metric, spread['noise_floor'], signed=False)}"
    return ""


def _is_few(row: Row) -> bool:
    return str(row["reason"]).startswith("Too few")


def _place(verdict: Any) -> int:
    return _ORDER.index(verdict) if verdict in _ORDER else len(_ORDER)
