"""What a metric needs that a file or its schema lacks, in a sentence."""

from __future__ import annotations

from collections.abc import Collection

from metrics.registry import Metric
from metrics.tasks import binary, regression, transcription

_OPTIONS = {
    "share_within_tolerance": "--tolerance",
    "false_rejection_rate": "--favourable",
    "false_acceptance_rate": "--favourable",
    "term_recall": "--terms",
    "invented_term_share": "--terms",
}
_METRICS: dict[str, dict[str, Metric]] = {
    "classification": {m.name: m for m in (*binary.METRICS, *binary.favoured_metrics("positive"))},
    "regression": {m.name: m for m in regression.METRICS},
    "transcription": {m.name: m for m in transcription.METRICS},
}


def say_needs(name: str, allowed: Collection[str]) -> str:
    """Say what the metric called `name` needs, beside those allowed; an empty text where none is called so.

    >>> say_needs("share_within_tolerance", ["mean_error"]), say_needs("mean_error", ["accuracy"])
    ('It needs --tolerance.', 'It is one of regression (--task regression).')
    >>> say_needs("roc_auc", ["selection_rate"])
    'It needs a label and a score.'
    """
    plain = name.partition("[")[0]
    task = next((t for t, metrics in _METRICS.items() if not metrics.keys().isdisjoint(allowed)), "classification")
    home = next((t for t, metrics in _METRICS.items() if plain in metrics), task)
    if home != task:
        return f"It is one of {home} (--task {home})."
    if plain in _OPTIONS:
        return f"It needs {_OPTIONS[plain]}."
    if plain not in _METRICS[task]:
        return ""
    if of_classes := [other for other in allowed if "[" in other]:
        alike = next((other for other in of_classes if other.startswith(f"{plain}[")), of_classes[0])
        return f"With several classes it is that of one of them, such as {alike}; or say with --positive which are one."
    metric = _METRICS[task][plain]
    if "score" in metric.needs and "roc_auc" in allowed:
        return "It needs scores that are shares: see --score-scale."
    if "cluster" in metric.needs and "word_error_rate" in allowed:
        return "It needs the column of the speakers: --cluster."
    return f"It needs {' and '.join(f'a {need}' for need in sorted(metric.needs))}."
