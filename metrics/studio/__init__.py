"""The threshold studio: thresholds fitted to a fairness goal on one half of the rows, shown on the other.

`study` fits and measures, and gives the trade-off between error and gap; `train` sets a model beside it that was
trained under the same constraint; `fit` fits to all rows of a cube.
"""

from metrics.studio.fit import Fitted, fit
from metrics.studio.goals import GOALS, Goal, GoalKind
from metrics.studio.reductions import MODELS, Trained, train
from metrics.studio.rules import Rule, Rules, table_rules
from metrics.studio.study import ALLOWED, Study, study
from metrics.studio.words import UNLAWFUL

__all__ = [
    "ALLOWED",
    "GOALS",
    "MODELS",
    "UNLAWFUL",
    "Fitted",
    "Goal",
    "GoalKind",
    "Rule",
    "Rules",
    "Study",
    "Trained",
    "fit",
    "study",
    "table_rules",
    "train",
]
