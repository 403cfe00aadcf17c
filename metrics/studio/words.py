"""Sentences about fitted thresholds: what they cost, what gap is left, how sure, and where they can be unlawful.

They hold names of groups as they are in the file: whoever shows them makes them safe for the place they stand in.
"""

from __future__ import annotations

from math import inf
from typing import Any

import pandas as pd

from metrics.answers import name_slice
from metrics.formatting import format_count, format_difference, format_interval, format_value
from metrics.registry import Metric
from metrics.studio.measuring import TODAY
from metrics.studio.reductions import MODELS, Trained
from metrics.studio.rules import Rule
from metrics.studio.study import FITTED, Study

__all__ = [
    "UNLAWFUL",
    "name_rates",
    "say_cost",
    "say_gaps",
    "say_halves",
    "say_lots",
    "say_one_answer",
    "say_rule",
    "say_trained",
    "say_who_keeps",
]

UNLAWFUL = (
    "Deciding about people by different thresholds because of race, sex, age or another protected trait can be "
    "unlawful disparate treatment, also where it is meant to make outcomes equal. In the United States, for "
    "example, section 106 of the Civil Rights Act of 1991 forbids adjusting scores of employment tests, or using "
    "different cutoff scores, on the basis of race, color, religion, sex or national origin, and the Equal Credit "
    "Opportunity Act forbids treating applicants for credit differently on such grounds. Other countries and other "
    "fields have rules of their own. This page shows what would follow from such thresholds, not that they are "
    "allowed: ask counsel before they decide about anybody."
)

_PLURALS = {
    "false_rejection_rate": "False rejections",
    "false_acceptance_rate": "False acceptances",
    "false_negative_rate": "False negatives",
    "false_positive_rate": "False positives",
    "selection_rate": "Selection rates",
    "error_rate": "Error rates",
}


def name_rates(rates: tuple[Metric, ...]) -> str:
    """Return what is made alike, as a sentence begins with it."""
    return " and ".join(_PLURALS[m.name] if i == 0 else _PLURALS[m.name].lower() for i, m in enumerate(rates))


def say_cost(study: Study) -> str:
    """Say what the goal costs on the half that had no part in fitting, beside today, and how sure that is."""
    row, today, metric = study.row("chosen"), study.row(TODAY), study.objective
    by = " and ".join(study.by)
    if study.goal.kind.rates:
        within = format_difference(study.rates[0], study.goal.within, signed=False)
        what = f"{name_rates(study.rates)} within {within} of each other, by {by}"
    else:
        what = study.goal.kind.title + (f", by {by}" if study.goal.kind.by_group else "")
    values = f"{_cost(metric, row)} against {format_value(metric, today['cost'])} today"
    change = f"{format_difference(metric, row['change'])} {_limits(metric, row, 'change', 'difference')}"
    if pd.isna(row["change"]):
        return f"{what}: {values}, on the half of the rows that was not fitted."
    unit = " of error" if metric.name == "error_rate" else ""
    if row["change_low"] > 0:
        return f"{what}: that costs {change}{unit} on the half of the rows that was not fitted: {values}."
    if row["change_high"] < 0:
        return f"{what}: that spares errors on the half of the rows that was not fitted, {change}{unit}: {values}."
    return (
        f"{what}: whether that costs anything these rows cannot tell. On the half that was not fitted it is "
        f"{change}{unit}: {values}."
    )


def say_gaps(study: Study) -> str:
    """Say how far apart the groups are on the half that was not fitted, by the goal and today, beside chance alone."""
    row, today, fitted = study.row("chosen"), study.row(TODAY), study.row("chosen", FITTED)
    if pd.isna(row["gap"]):
        return "On the half that was not fitted, no two groups have enough rows to be compared."
    said = f"There the gap is {_gap(study, row)}{_floor(study, row)}"
    if pd.notna(fitted["gap"]):
        said += f"; on the half that was fitted it is {_gap_of(study, fitted)}"
    if study.goal.kind.rates and row["gap_low"] > study.goal.within:
        said += ": what was reached where it was fitted does not hold elsewhere"
    if pd.isna(today["gap"]):
        return f"{said}."
    return f"{said}. Today's predictions have a gap of {_gap(study, today)}."


def say_lots(study: Study) -> str:
    """Say that lots are drawn, where they are."""
    if not study.fitted.rules.draw_lots:
        return ""
    return (
        "Lots are drawn: some scores are predicted positive with a chance only, so that two people with the same score "
        "in the same group may be answered differently."
    )


def say_one_answer(study: Study) -> str:
    """Say that the goal is met by one answer for everybody, where it is."""
    rules = study.fitted.rules.groups.values()
    answers = {rule.steps for rule in rules}
    if len(answers) != 1 or len(next(iter(answers))) > 1:
        return ""
    answer = "positive" if next(iter(answers))[0][1] else "negative"
    return (
        f"Only one answer for everybody comes so close: everybody is predicted {answer}, and the score is of no use. "
        "Allow a larger gap, or let lots be drawn."
    )


def say_who_keeps(study: Study, missing: int, unit: float = 1.0) -> str:
    """Say which groups keep the threshold of everyone: those with too few rows, and rows whose group is missing."""
    if not study.goal.kind.by_group:
        return ""
    kept = [name_slice(cell) for cell in study.fitted.kept]
    rule = say_rule(study.fitted.one, unit)
    said = []
    if kept:
        few = "has too few rows" if len(kept) == 1 else "have too few rows"
        said.append(f"{', '.join(kept)} {few} of the half that is fitted")
    if missing:
        rows = "row" if missing == 1 else "rows"
        said.append(f"{format_count(missing)} {rows} {'has' if missing == 1 else 'have'} no group")
    return f"{'; '.join(said)}: for them holds the best threshold for everyone ({rule})." if said else ""


def say_halves(study: Study) -> str:
    """Say what was fitted to what."""
    whole = "whole clusters" if study.halves[0].scored.clusters is not None else "rows"
    return (
        f"Fitted to {format_count(study.rows[0])} rows, shown on the {format_count(study.rows[1])} others; {whole} are "
        f"shared out by chance (seed {study.seed})."
    )


def say_rule(rule: Rule, unit: float = 1.0) -> str:
    """Say which scores are predicted positive; `unit` is 100 where the file has per cent.

    >>> say_rule(Rule.at(0.46)), say_rule(Rule.mix([(0.4, 0.75), (0.6, 0.25)]))
    ('from 0.46 on', 'from 0.6 on; from 0.4 to 0.6 with a chance of 75 %')
    """
    steps, said = list(rule.steps), []
    for number, (start, chance) in reversed(list(enumerate(steps))):
        if not chance:
            continue
        end = steps[number + 1][0] if number + 1 < len(steps) else inf
        begins = "" if start == -inf else f"from {start * unit:.6g} "
        where = f"{begins}{'on' if end == inf else f'to {end * unit:.6g}'}" if begins or end < inf else "everyone"
        where = where if begins or end == inf else f"below {end * unit:.6g}"
        said.append(where.strip() + ("" if chance == 1 else f" with a chance of {100 * chance:.3g} %"))
    return "; ".join(said) or "nobody"


def say_trained(study: Study, trained: Trained) -> str:
    """Say what the model that was trained under the constraint does on the other half, and the same one without."""
    rows: dict[str, Any] = {r["rule"]: r for r in trained.table.to_dict("records") if r["half"] != FITTED}
    with_it, without = rows["constrained"], rows["plain"]
    metric = study.objective
    among = [name for name in study.by if name in trained.features]
    uses = "It uses the group in training only."
    if among:
        uses = f"{' and '.join(among)} is among the features: it decides by the group, too."
    if trained.is_constant:
        uses = "It answers everybody alike: these features tell too little to keep to the constraint in another way."
    title = f"{MODELS[trained.model][0].upper()}{MODELS[trained.model][1:]}"
    return (
        f"{title} of {', '.join(trained.features)}, trained under the same constraint: {_cost(metric, with_it)}, "
        f"{format_difference(metric, with_it['change'])} {_limits(metric, with_it, 'change', 'difference')} against "
        f"today, with a gap of {_gap(study, with_it)}{_floor(study, with_it)}. Without the constraint: "
        f"{_cost(metric, without)}, with a gap of {_gap(study, without)}. {uses}"
    )


def _cost(metric: Metric, row: Any) -> str:
    value = format_value(metric, row["cost"])
    return f"{value} wrong" if metric.name == "error_rate" else f"{value} per row"


def _gap(study: Study, row: Any) -> str:
    """Say a gap with its limits, and of which rate where there are two."""
    metric = next(m for m in study.rates if m.name == row["metric"])
    return f"{_gap_of(study, row)} {_limits(metric, row, 'gap', 'value')}"


def _gap_of(study: Study, row: Any) -> str:
    metric = next(m for m in study.rates if m.name == row["metric"])
    said = format_difference(metric, row["gap"], signed=False)
    return said if len(study.rates) == 1 else f"{said} ({_PLURALS[metric.name].lower()})"


def _floor(study: Study, row: Any) -> str:
    metric = next(m for m in study.rates if m.name == row["metric"])
    if pd.isna(row["noise_floor"]):
        return ""
    return f", where chance alone would show up to {format_difference(metric, row['noise_floor'], signed=False)}"


def _limits(metric: Metric, row: Any, column: str, kind: str) -> str:
    return format_interval(metric, row[f"{column}_low"], row[f"{column}_high"], kind)
