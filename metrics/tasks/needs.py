"""What a metric needs that a file or its schema lacks, in a sentence."""

from __future__ import annotations

from collections.abc import Collection

from metrics.tasks import binary, regression

_OPTIONS = {
    "share_within_tolerance": "--tolerance",
    "false_rejection_rate": "--favourable",
    "false_acceptance_rate": "--favourable",
}


def say_needs(name: str, allowed: Collection[str]) -> str:
    """Say what the metric called `name` needs, beside those allowed; an empty text where none is called so.

    >>> say_needs("share_within_tolerance", ["mean_error"]), say_needs("mean_error", ["accuracy"])
    ('It needs --tolerance.', 'It is one of regression (--task regression).')
    >>> say_needs("roc_auc", ["selection_rate"])
    'It needs a label and a score.'
    """
    plain = name.partition("[")[0]
    numbers = {m.name: m for m in regression.METRICS}
    classes = {m.name: m for m in binary.METRICS}
    is_regression = not numbers.keys().isdisjoint(allowed)
    if plain in numbers and not is_regression:
        return "It is one of regression (--task regression)."
    if plain in _OPTIONS:
        return f"It needs {_OPTIONS[plain]}."
    if plain not in classes:
        return ""
    if is_regression:
        return "It is one of classification (--task classification)."
    if of_classes := [other for other in allowed if "[" in other]:
        alike = next((other for other in of_classes if other.startswith(f"{plain}[")), of_classes[0])
        return f"With several classes it is that of one of them, such as {alike}; or say with --positive which are one."
    metric = classes[plain]
    if "score" in metric.needs and "roc_auc" in allowed:
        return "It needs scores that are shares: see --score-scale."
    return f"It needs {' and '.join(f'a {need}' for need in sorted(metric.needs))}."
