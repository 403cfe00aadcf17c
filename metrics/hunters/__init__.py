"""Automatic hunters: groups that a model serves worse, each with something better to predict, drafted as submissions.

They look at the rows of the explore split alone. Each draft is a submission as its file holds it, of the kind
`automatic`, for a person to look at, edit and send.

- `error tree`: a regression tree of the model's losses on the features; its worst leaves are the groups, as conditions.
- `slice finder`: the exact search of `metrics.find`: slices that fare worse than the rest and their parents, those that
  fare worst first, with few rows in common. The validation split will judge them, so doubt is no bar here.
- `linear auditor`: the linear regression of the losses on the features as the cost-sensitive oracle of an audit; the
  group is where it predicts the most excess loss in total, as a small tree. Kearns, Neel, Roth & Wu 2018, "Preventing
  Fairness Gerrymandering".

What is better to predict is learned on the same rows: one answer for the whole group, or a small tree where that does
better on rows it was not grown on. A group for which neither beats the model there is no draft.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from metrics.bounty.rows import Bounty
from metrics.errors import QuestionError, unknown
from metrics.formatting import format_number
from metrics.hunters.ground import FEWEST_ROWS, Ground
from metrics.hunters.groups import Found, audit, find_slices, grow_error_tree
from metrics.hunters.replacements import choose_replacement
from metrics.progress import Progress, Tell

__all__ = ["HUNTERS", "Draft", "Hunter", "hunt"]

Hunter = Literal["error tree", "slice finder", "linear auditor"]
HUNTERS: tuple[Hunter, ...] = get_args(Hunter)


@dataclass(frozen=True)
class Draft:
    """A submission that a hunter drafted; `group` and `replacement` are as the submission's file holds them.

    `units` are the group's rows of the explore split, `loss_current` and `loss_replacement` mean losses there, the
    latter on rows that the replacement was not learned from. `features` are those that the group references.
    """

    hunter: Hunter
    group: dict[str, Any]
    replacement: dict[str, Any]
    features: tuple[str, ...]
    units: int
    loss_current: float
    loss_replacement: float
    note: str

    def submission(self, team: str, number: str) -> dict[str, Any]:
        """Return what stands in `submissions/<team>/<number>.json`."""
        return {
            "team": team,
            "id": number,
            "kind": "automatic",
            "group": self.group,
            "replacement": self.replacement,
            "note": self.note,
        }

    def dumps(self, team: str, number: str) -> str:
        """Return the submission as JSON text."""
        return json.dumps(self.submission(team, number), ensure_ascii=False, indent=2) + "\n"


def hunt(
    bounty: Bounty,
    predictions: NDArray[Any],
    hunter: Hunter,
    *,
    most: int = 5,
    seed: int = 0,
    progress: Tell | None = None,
) -> list[Draft]:
    """Return at most `most` drafts of a hunter against a model, the one that would gain most on the explore rows first.

    `predictions` (rows,) are the model's, as `Bounty.label`. Raises QuestionError for an unknown hunter, and where the
    explore split has too few rows to learn from.
    """
    if hunter not in HUNTERS:
        raise unknown(hunter, "hunter", HUNTERS)
    ground = Ground(bounty, predictions, seed)
    if ground.n_rows < 4 * FEWEST_ROWS:
        raise QuestionError(
            f"The explore split has {ground.n_rows:,} rows; a hunter needs at least {4 * FEWEST_ROWS} to learn from."
        )
    if not ground.questions:
        return []  # no feature tells two rows apart
    work = Progress(progress)
    work("Looking for groups")
    groups = list(_HUNT[hunter](ground, work.part(0, 0.5)))
    drafts = []
    for group in work.part(0.5, 1).over(groups, "Learning what to predict for them"):
        draft = _complete(ground, hunter, group)
        if draft is not None:
            drafts.append(draft)
    drafts.sort(key=lambda d: -d.units * (d.loss_current - d.loss_replacement))
    return drafts[:most]


_HUNT: dict[Hunter, Callable[[Ground, Progress], Iterator[Found]]] = {
    "error tree": grow_error_tree,
    "slice finder": find_slices,
    "linear auditor": audit,
}


def _complete(ground: Ground, hunter: Hunter, found: Found) -> Draft | None:
    """Return the group with something better to predict, None where nothing beats the model."""
    members = np.flatnonzero(found.members)
    current = float(ground.losses[members].mean())
    replacement, loss = choose_replacement(ground, members)
    if not loss < current:
        return None
    kind = "One answer" if "constant" in replacement else "A small tree"
    note = f"{found.note} {kind} instead: {format_number(loss)}."
    return Draft(hunter, found.group, replacement, found.features, len(members), current, loss, note)
