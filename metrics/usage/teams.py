"""Team by feature: which share of a team's submissions looks at a feature, accepted, and by what it earned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import nan

import pandas as pd

from metrics.bounty.judge import Decision
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Submission
from metrics.bounty.telling import find_step
from metrics.progress import SILENT, Progress
from metrics.usage.sensitivity import measure_sensitivity

__all__ = ["COLUMNS", "EVERYONE", "count_submissions", "follow_usage", "measure_usage", "round_usage"]

EVERYONE = "(everyone)"
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # of shares of the score, as they may be shown

# One row a team and feature. `submissions` are those of the team whose group references the feature, `share` their
# share of the team's, `accepted_share` the same of the accepted ones, `weighted_share` the share of the score earned,
# `sensitivity` the mean over all submissions of the team (0 for those that do not reference it).
COLUMNS = ["team", "feature", "submissions", "share", "accepted_share", "weighted_share", "sensitivity"]


def measure_usage(
    bounty: Bounty,
    submissions: Sequence[Submission],
    decisions: Iterable[Decision],
    *,
    seed: int = 0,
    progress: Progress = SILENT,
) -> pd.DataFrame:
    """Return `COLUMNS` for every team, in the order of first submission, and everyone last, and every feature.

    A feature counts once a submission, however often its condition or tree names it; a file of ids references none.
    Submissions without a decision count as submitted only. `accepted_share` is NaN for a team without an accepted
    submission, `weighted_share` where nothing was earned. The score earned is that of accepted submissions.
    """
    sensitivities = measure_sensitivity(bounty, submissions, seed=seed, progress=progress)
    told = _tell(submissions, decisions)
    records = []
    for team, mine in _by_team(told):
        n_accepted, earned = sum(told[i].accepted for i in mine), sum(told[i].earned for i in mine)
        for feature in bounty.features:
            using = [i for i in mine if feature in told[i].features]
            accepted = sum(told[i].accepted for i in using)
            records.append(
                {
                    "team": team,
                    "feature": feature,
                    "submissions": len(using),
                    "share": len(using) / len(mine),
                    "accepted_share": accepted / n_accepted if n_accepted else nan,
                    "weighted_share": sum(told[i].earned for i in using) / earned if earned > 0 else nan,
                    "sensitivity": sum(sensitivities[i][feature] for i in using) / len(mine),
                }
            )
    return pd.DataFrame.from_records(records, columns=COLUMNS)


def count_submissions(submissions: Sequence[Submission], decisions: Iterable[Decision]) -> pd.DataFrame:
    """Return a row per team and everyone: `team`, `submissions`, `accepted`, `earned` (the sum of their scores)."""
    told = _tell(submissions, decisions)
    records = [
        {
            "team": team,
            "submissions": len(mine),
            "accepted": sum(told[i].accepted for i in mine),
            "earned": sum(told[i].earned for i in mine),
        }
        for team, mine in _by_team(told)
    ]
    return pd.DataFrame.from_records(records, columns=["team", "submissions", "accepted", "earned"])


def round_usage(usage: pd.DataFrame, totals: pd.DataFrame, n_rows: int) -> pd.DataFrame:
    """Return usage as it may be shown: shares of the score earned in steps that give no row of validation away.

    `totals` are those of `count_submissions`, `n_rows` the rows of the validation split. A share moves by what a score
    does over the team's sum, so its step is that of a loss (`metrics.bounty.telling.find_step`) over the sum, at least
    a whole per cent; NaN where that is more than a half. None and all of the score say no more than which submissions
    were accepted, and stay.
    """
    step = find_step(n_rows)
    earned = dict(zip(totals["team"], totals["earned"], strict=True))

    def round_share(team: str, share: float) -> float:
        if not 0 < share < 1:
            return share
        shown = next((s for s in _STEPS if s >= step / earned[team] * (1 - 1e-9)), nan)
        return round(round(share / shown) * shown, 6) if shown == shown else nan

    shares = [round_share(team, share) for team, share in zip(usage["team"], usage["weighted_share"], strict=True)]
    return usage.assign(weighted_share=pd.Series(shares, index=usage.index, dtype="float64"))


def follow_usage(bounty: Bounty, submissions: Sequence[Submission]) -> pd.DataFrame:
    """Return how usage grew: after every submission, in the order given, each feature's share of those so far.

    The columns are `order` (1 is the first submission), `submission`, `team`, `feature`, `references` (whether this
    submission references it) and `share`, the share of the submissions up to this one that do.
    """
    seen = dict.fromkeys(bounty.features, 0)
    records = []
    for order, sent in enumerate(submissions, start=1):
        features = set(sent.group.features)
        for name in bounty.features:
            seen[name] += name in features
            about = {"order": order, "submission": sent.id, "team": sent.team}
            records.append(about | {"feature": name, "references": name in features, "share": seen[name] / order})
    columns = ["order", "submission", "team", "feature", "references", "share"]
    return pd.DataFrame.from_records(records, columns=columns)


@dataclass(frozen=True)
class _Told:
    """What is told of one submission; `earned` is its score where it was accepted, else 0."""

    team: str
    features: tuple[str, ...]
    accepted: bool
    earned: float


def _tell(submissions: Sequence[Submission], decisions: Iterable[Decision]) -> list[_Told]:
    decided = {(d.team, d.submission): d for d in decisions}
    told = []
    for sent in submissions:
        decision = decided.get((sent.team, sent.id))
        earned = decision.score if decision is not None and decision.accepted else 0.0
        accepted = decision is not None and decision.accepted
        told.append(_Told(sent.team, sent.group.features, accepted, earned))
    return told


def _by_team(told: Sequence[_Told]) -> Iterator[tuple[str, list[int]]]:
    """Go through the teams and everyone, each with the places of its submissions."""
    if not told:
        return
    for team in dict.fromkeys(row.team for row in told):
        yield team, [i for i, row in enumerate(told) if row.team == team]
    yield EVERYONE, list(range(len(told)))
