"""A metric's formula in symbols (LaTeX), and the part each count plays in it."""

from __future__ import annotations

from metrics.registry import Formula, Metric, Rate, Share, SignedMean, terms

__all__ = ["CONFUSION", "count_roles", "write_symbols"]

CONFUSION = ("true_positives", "false_negatives", "false_positives", "true_negatives")

_SYMBOLS = {
    "true_positives": r"\mathit{TP}",
    "false_positives": r"\mathit{FP}",
    "false_negatives": r"\mathit{FN}",
    "true_negatives": r"\mathit{TN}",
    "labelled_positives": "P",
    "predicted_positives": r"\hat{P}",
    "labelled": "n",
    "predicted": "n",
    "units": "n",
    "error": r"\sum (\hat{y} - y)",
    "absolute_error": r"\sum |\hat{y} - y|",
    "squared_error": r"\sum (\hat{y} - y)^2",
}
# What sums are made of where every unit has a label and a prediction.
_PARTS = {
    "labelled_positives": ("true_positives", "false_negatives"),
    "predicted_positives": ("true_positives", "false_positives"),
    "labelled": CONFUSION,
    "predicted": CONFUSION,
    "units": CONFUSION,
}


def write_symbols(formula: Formula) -> str:
    r"""Return a formula as LaTeX; an empty text where it is better said in words.

    >>> print(write_symbols(Share("true_positives", below="true_positives + false_negatives")))
    \frac{\mathit{TP}}{\mathit{TP} + \mathit{FN}}
    """
    match formula:
        case Share(top, below, "odds"):
            return _divide(_sum(top), _sum(" + ".join(_others(top, below))))
        case Share(top, below, "dice"):
            twice = f"2 {_sum(top)}"
            return _divide(twice, f"{twice} + {_sum(' + '.join(_others(top, below)))}")
        case Share(top, below) | Rate(top, below):
            if not all(t in _SYMBOLS for t in (*terms(top), *terms(below))):
                return ""
            divided = _divide(_sum(top), _sum(below))
            return rf"\sqrt{{{divided}}}" if isinstance(formula, Rate) and formula.root else divided
        case SignedMean(value, units) if value in _SYMBOLS:
            return _divide(_sum(value), _sum(units))
    return ""


def count_roles(metric: Metric) -> dict[str, str]:
    """Return what each of the four counts of a confusion matrix is to a share: "top", "below" or "unused".

    Counts of the numerator are part of the denominator too; they are "top". Other metrics give no roles.

    >>> from metrics.tasks.binary import TRUE_POSITIVE_RATE
    >>> count_roles(TRUE_POSITIVE_RATE)["false_negatives"]
    'below'
    """
    formula = metric.formula
    if not isinstance(formula, Share):
        return {}
    top, below = ({p for t in terms(form) for p in _PARTS.get(t, (t,))} for form in (formula.top, formula.below))
    if not top | below <= set(CONFUSION):
        return {}
    return {c: "top" if c in top else "below" if c in below else "unused" for c in CONFUSION}


def _others(top: str, below: str) -> list[str]:
    return [term for term in terms(below) if term not in terms(top)]


def _sum(form: str) -> str:
    return " + ".join(_SYMBOLS[term] for term in terms(form))


def _divide(top: str, below: str) -> str:
    return rf"\frac{{{top}}}{{{below}}}"
