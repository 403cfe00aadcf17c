"""The metrics that the report uses, in words."""

from __future__ import annotations

from dashboard.report.blocks import Facts, Part, Section
from dashboard.report.chosen import Chosen
from dashboard.report.names import clean_text
from dashboard.words import join
from metrics.formulas import write_formula
from metrics.registry import Metric

__all__ = ["explain_metrics"]

_BETTER = {"lower": "lower", "higher": "higher", "neither": "neither side, by itself"}


def explain_metrics(chosen: Chosen) -> Section:
    """Explain every metric that is shown: what it says, its formula, when it misleads, where it comes from."""
    judged = list(chosen.document.verdicts["metric"]) if "metric" in chosen.document.verdicts else []
    shown = dict.fromkeys([*(m.name for m in (*chosen.main, *chosen.rest)), *judged])
    found = [chosen.metrics.get(n) or chosen.document.metrics.get(n) for n in shown]
    # Of a metric that every class has, one stands for all.
    metrics = {m.name.partition("[")[0]: m for m in reversed(found) if m is not None}
    return Section("glossary", "What the metrics say", tuple(_explain(m) for m in reversed(metrics.values())))


def _explain(metric: Metric) -> Part:
    facts = [
        ("Says", metric.meaning),
        ("Formula", clean_text(write_formula(metric.formula), 600)),
        ("Better", _BETTER[metric.better]),
        ("Also called", join(metric.also) if metric.also else ""),
        ("Misleads", metric.misleads),
        ("Source", metric.source),
    ]
    title = metric.title if metric.of_class is None else f"{metric.title}, and likewise of every class"
    return Part(title, (Facts(tuple((name, text) for name, text in facts if text)),))
