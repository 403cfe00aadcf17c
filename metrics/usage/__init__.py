"""Who looked at which features, and where features matter: usage by teams, by the slices found, for error, in a model.

`teams` counts which submissions of a bounty reference a feature, `sensitivity` says how often that decides about
membership, `regions` which of its levels the groups admit. `found` says which features define the slices that a search
found, `importance` how far what can be told of errors in a slice hangs on a feature, `attribution` what a model's own
attributions say by slice.
"""

from __future__ import annotations

from metrics.usage.found import count_features, mark_features
from metrics.usage.regions import measure_regions
from metrics.usage.sensitivity import measure_sensitivity
from metrics.usage.sentences import say_cell, say_inert, say_usage
from metrics.usage.teams import COLUMNS, EVERYONE, count_submissions, follow_usage, measure_usage, round_usage

__all__ = [
    "COLUMNS",
    "EVERYONE",
    "count_features",
    "count_submissions",
    "follow_usage",
    "mark_features",
    "measure_regions",
    "measure_sensitivity",
    "measure_usage",
    "round_usage",
    "say_cell",
    "say_inert",
    "say_usage",
]
