"""A metric's formula and interval in words, for pages, reports and the reference."""

from __future__ import annotations

from metrics.registry import (
    Formula,
    MeanOfShares,
    Metric,
    OfClusters,
    Ranked,
    Rate,
    Share,
    SignedMean,
    Smooth,
    terms,
)

_RANKED = {
    "auc": "pairs of a positive and a negative unit that the scores put in order (ties count half) / all such pairs",
    "ece": "sum over the bins of |mean score - share of positives| x units in the bin / all units",
}
_RANKED_INTERVAL = {
    "auc": "Wilson's, at the number of units that the larger of DeLong's and Hanley and McNeil's variance implies",
    "ece": "none: it is biased upward, so it stands beside its noise floor",
}
_OF_CLUSTERS = {"mean": "mean", "median": "median", "sd": "standard deviation"}
_OF_CLUSTERS_INTERVAL = {
    "mean": "Wilson's form for a rate, with Student's t over the speakers",
    "median": "from the order of the speakers' rates alone, between two ranks (Hettmansperger and Sheather)",
    "sd": "Bonett's, which heeds how long the tails are, with Student's t over the speakers",
}
_SCALE = {"atanh": "the scale of Fisher's z", "log1m": "the scale of log(1 - value)"}


def write_formula(formula: Formula) -> str:
    """Return the formula in words.

    >>> write_formula(Share("true_positives", below="true_positives + false_negatives"))
    'true positives / (true positives + false negatives)'
    >>> write_formula(Share("false_negatives", below="false_negatives + false_positives", transform="odds"))
    'false negatives / false positives'
    """
    match formula:
        case Share(top, below, "odds"):  # p / (1 - p) of a / (a + b) is a / b
            return f"{_words(top)} / {_words(_without(top, below))}"
        case Share(top, below, "dice"):  # 2p / (1 + p) of a / (a + b) is 2a / (2a + b)
            return f"2 x {_words(top)} / (2 x {_words(top)} + {_words(_without(top, below)).strip('()')})"
        case Share(top, below):
            return f"{_words(top)} / {_words(below)}"
        case Rate(top, below, _, root):
            rate = f"{_words(top)} / {_words(below)}"
            return f"square root of {rate}" if root else rate
        case SignedMean(value, units):
            return f"{_words(value)} / {_words(units)}"
        case MeanOfShares(shares, over_classes):
            inner = ", ".join(write_formula(share) for share in shares)
            return f"mean over the classes of {inner}" if over_classes else f"mean of {inner}"
        case Smooth():
            return formula.wording
        case OfClusters(kind, top, below):
            return f"{_OF_CLUSTERS[kind]} over the speakers of {_words(top)} / {_words(below)}"
        case Ranked(kind):
            return _RANKED[kind]


def write_interval(metric: Metric) -> str:
    """Return how the metric's interval is made, in words, without a full stop."""
    match metric.formula:
        case Share(_, _, transform, units):
            if units:
                return "Wilson's, at the number of units that the variance between utterances implies"
            return "Wilson's, its limits put through the same formula" if transform else "Wilson's"
        case Rate():
            return "Wilson's form for a rate, which may exceed 1, with Student's t"
        case SignedMean():
            return "Student's t"
        case MeanOfShares():
            return "from the Wilson limits of each share (MOVER)"
        case Smooth(scale="share"):
            return "Wilson's, at the number of units that the delta method's variance implies"
        case Smooth(scale=scale):
            return f"delta method, symmetric on {_SCALE[scale]}"
        case OfClusters(kind):
            return _OF_CLUSTERS_INTERVAL[kind]
        case Ranked(kind):
            return _RANKED_INTERVAL[kind]


def _words(form: str) -> str:
    names = [term.replace("_", " ") for term in terms(form)]
    return names[0] if len(names) == 1 else f"({' + '.join(names)})"


def _without(top: str, below: str) -> str:
    return " + ".join(term for term in terms(below) if term not in terms(top))
