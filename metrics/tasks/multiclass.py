"""Classification into several classes: every class against the rest, and plain means over them."""

from __future__ import annotations

from dataclasses import replace

from metrics.registry import MeanOfShares, Metric, Share, Smooth
from metrics.tasks.binary import ACCURACY, ERROR_RATE, METRICS

_WHOLE = (ACCURACY, ERROR_RATE)


def class_metrics(classes: tuple[str, ...]) -> tuple[Metric, ...]:
    """Return the metrics of a task with these classes.

    Accuracy and error rate stand once; every other share as `true_positive_rate[cat]` for each
    class, and its macro average as `macro_true_positive_rate` where it says anything.
    """
    whole = tuple(
        replace(m, formula=Share(top, below="units"), misleads="Frequent classes decide it.")
        for m, top in zip(_WHOLE, ("right", "wrong"), strict=True)
    )
    shares = [
        m for m in METRICS if isinstance(m.formula, Share | MeanOfShares | Smooth) and m not in _WHOLE and m.listed
    ]
    each = tuple(
        replace(
            m,
            name=f"{m.name}[{c}]",
            title=f"{m.title} of {c}",
            of_class=c,
            complement=f"{m.complement}[{c}]" if m.complement else "",
        )
        for m in shares
        for c in classes
    )
    means = tuple(
        replace(
            m,
            name=f"macro_{m.name}",
            title=f"{m.title}, mean over classes",
            formula=MeanOfShares((m.formula,), over_classes=True),
            meaning=f"Plain mean over the classes. {m.meaning}",
            complement=f"macro_{m.complement}" if m.complement else "",
            misleads="Rare classes weigh as much as frequent ones, and bring their noise along.",
        )
        for m in shares
        if isinstance(m.formula, Share) and m.name not in ("selection_rate", "base_rate")
    )
    return whole + means + each
