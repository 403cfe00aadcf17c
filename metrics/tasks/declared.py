"""The metrics of a task by their names, where there are no rows to score."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.registry import Metric
from metrics.schema import Schema
from metrics.tasks import binary, multiclass, regression, transcription

__all__ = ["declared_metrics"]


def declared_metrics(schema: Schema, names: Iterable[str] = ()) -> dict[str, Metric]:
    """Return every metric that a file with this schema may have, by name.

    Where no class is the positive one, the classes are those that `names` of metrics speak of.

    >>> declared_metrics(Schema("classification"), ["true_positive_rate[cat]"])["error_rate"].title
    'Error rate'
    >>> declared_metrics(Schema("classification"), ["true_positive_rate[cat]"])["true_positive_rate[cat]"].of_class
    'cat'
    """
    if schema.task == "regression":
        found = regression.METRICS
    elif schema.task == "transcription":
        found = transcription.METRICS
    elif schema.positive:
        found = binary.metrics_for(schema.favourable)
    else:
        classes = dict.fromkeys(name.partition("[")[2][:-1] for name in names if "[" in name and name[-1] == "]")
        found = multiclass.class_metrics(tuple(classes))
    return {metric.name: metric for metric in found}
