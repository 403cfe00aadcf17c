"""The tables of the Metrics page, from the declarations and from the criteria of the data."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from metrics.answers import name_slice
from metrics.criteria import CRITERIA
from metrics.cube import Cube
from metrics.formatting import format_number
from metrics.formulas import write_formula, write_interval
from metrics.registry import Criterion, Metric
from metrics.schema import Schema
from metrics.symbols import CONFUSION
from metrics.tasks.declared import declared_metrics

__all__ = ["all_metrics", "count_outcomes", "criteria_of", "list_facts", "table_criteria", "table_metrics"]

BETTER = {"higher": "higher is better", "lower": "lower is better", "neither": "neither side is better by itself"}


def criteria_of(metric: Metric, metrics: Mapping[str, Metric]) -> list[Criterion]:
    """Return the criteria that use a metric, or the rate that it is another name of, or its complement."""
    alike = {m.name for m in metrics.values() if m.formula == metric.formula and m.of_class == metric.of_class}
    alike |= {metric.name} | {m.complement for m in metrics.values() if m.name in alike and m.complement}
    return [c for c in CRITERIA if alike & set(c.metrics)]


def all_metrics() -> dict[str, Metric]:
    """Return every metric that there is, by name, where no data say which are meant."""
    schemas = (Schema("classification", positive=("1",), favourable="positive"), Schema("regression"))
    found: dict[str, Metric] = {}
    for schema in (*schemas, Schema("transcription")):
        found |= {name: m for name, m in declared_metrics(schema).items() if m.listed}
    return found


def list_facts(metric: Metric, metrics: Mapping[str, Metric]) -> list[tuple[str, str]]:
    """Return what is to be known of a metric, as pairs of a name and a text."""
    facts = {
        "Better": BETTER[metric.better],
        "When it misleads": metric.misleads,
        "Interval": write_interval(metric),
        "Also known as": ", ".join(metric.also),
        "Is 1 minus": metric.complement.replace("_", " "),
        "Criteria that use it": "; ".join(f"{c.title}: {c.meaning.rstrip('.')}" for c in criteria_of(metric, metrics)),
        "Source": metric.source,
    }
    return [(name, text) for name, text in facts.items() if text]


def table_metrics(metrics: Mapping[str, Metric]) -> pd.DataFrame:
    """Return a row per metric: what it is called here and elsewhere, what it says, its formula in words."""
    return pd.DataFrame(
        [
            {
                "metric": m.title,
                "says": m.meaning,
                "formula": write_formula(m.formula),
                "better": m.better,
                "also known as": ", ".join(m.also),
                "when it misleads": m.misleads,
            }
            for m in metrics.values()
        ]
    )


def table_criteria(found: pd.DataFrame) -> pd.DataFrame:
    """Return the criteria of the data as texts; `found` has the columns of `metrics.criteria`."""
    known = {c.name: c for c in CRITERIA}
    rows = []
    for row in found.to_dict("records"):
        left = [name_slice(s) for s in row["left_out"]]
        rows.append(
            {
                "criterion": known[row["name"]].title,
                "by": ", ".join(row["by"]) or "everyone",
                "difference": format_number(row["difference"]),
                "ratio": format_number(row["ratio"]),
                "value": format_number(row["value"]),
                "status": row["status"],
                "left out": "; ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else ""),
                "says": known[row["name"]].meaning,
            }
        )
    return pd.DataFrame(rows)


def count_outcomes(cube: Cube, metric: Metric) -> dict[str, float]:
    """Return the four counts over everyone, of one class against the rest where the metric is of a class."""
    everyone = cube.by(())
    return {c: float(everyone.weighted[0] @ cube.layout.outcomes(c, metric.of_class)) for c in CONFUSION}
