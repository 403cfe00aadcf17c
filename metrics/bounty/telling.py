"""What a bounty tells everyone: its rules in plain words, and losses in digits too coarse to give a row away.

A team may submit as often as it likes, and two groups that differ by one row would tell that row's label by the
difference of their losses. So a loss is shown in steps of at least five of the rows that it is the mean of, and of its
standard error (as the leaderboard: Blum & Hardt 2015, "The Ladder"), and not at all where that says nothing. For the
same reason a rejection shows neither its score nor its losses, not even rounded: it costs nothing, and of two rejected
groups on both sides of where a rounded number turns, which differ by one row, the turn would tell that row's label.
"""

from __future__ import annotations

import math

import numpy as np

from metrics.bounty.judge import Decision
from metrics.bounty.rows import Bounty
from metrics.bounty.submission import Group, Replacement
from metrics.bounty.terms import EXPLORE, SEALED, VALIDATION, Terms
from metrics.formatting import MINUS, NOTHING

__all__ = [
    "explain_law",
    "find_step",
    "list_rules",
    "round_loss",
    "say_group",
    "say_loss",
    "say_reason",
    "say_replacement",
    "say_score",
    "say_step",
]

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_ROWS_A_STEP = 5


def find_step(n_rows: int) -> float:
    """Return the step in which a mean loss over so many rows is shown; NaN where they are too few to show any.

    It is of five rows at least, and no finer than the largest standard error of a mean of so many losses.

    >>> find_step(10_000), find_step(600), find_step(30), find_step(20)
    (0.005, 0.05, 0.2, nan)
    """
    least = max(_ROWS_A_STEP / n_rows, 0.5 / math.sqrt(n_rows)) if n_rows else math.inf
    return next((step for step in _STEPS if step >= least * (1 - 1e-12)), math.nan)


def round_loss(loss: float, n_rows: int) -> float:
    """Return a mean loss over so many rows as it may be shown, NaN where it may not.

    >>> round_loss(0.2337, 600), round_loss(0.2337, 12)
    (0.25, nan)
    """
    step = find_step(n_rows)
    return round(round(loss / step) * step, 6) if math.isfinite(loss) and math.isfinite(step) else math.nan


def say_loss(terms: Terms, loss: float, n_rows: int) -> str:
    """Return a mean loss over so many rows in words, as it may be shown: errors as a share, others as a number."""
    return _write(terms, round_loss(loss, n_rows), find_step(n_rows))


def say_score(terms: Terms, score: float, n_rows: int) -> str:
    """Return a score over so many rows in words, with its sign, as it may be shown."""
    return _write(terms, round_loss(score, n_rows), find_step(n_rows), signed=True)


def say_step(terms: Terms, n_rows: int) -> str:
    """Return the step in which losses over so many rows are shown, in words."""
    return _write(terms, find_step(n_rows), find_step(n_rows), signed=True).removeprefix("+")


def say_exactly(terms: Terms, value: float, *, signed: bool = False) -> str:
    """Return a loss or a difference of losses that need not be hidden, such as alpha or one of the explore split."""
    step = 0.001 if terms.loss == "error" else 0.0001
    return _write(terms, value, step, signed=signed)


def _write(terms: Terms, value: float, step: float, *, signed: bool = False) -> str:
    if not math.isfinite(value):
        return NOTHING
    scale, unit = (100.0, " points" if signed else " %") if terms.loss == "error" else (1.0, "")
    decimals = max(0, -math.floor(math.log10(step * scale) + 1e-9))
    text = f"{value * scale:{'+' if signed else ''}.{decimals}f}"
    unit = " point" if unit == " points" and text in ("+1", "-1") else unit
    return ("0" if float(text) == 0 else text.replace("-", MINUS)) + unit


def say_alpha(terms: Terms) -> str:
    """Return alpha as people read it: points of an error rate, else a number."""
    points = f"{100 * terms.alpha:g}"
    return f"{points} {'point' if points == '1' else 'points'}" if terms.loss == "error" else f"{terms.alpha:g}"


def explain_law(terms: Terms) -> str:
    """Return what the repairs hold, in one sentence."""
    return (
        f"No group found earlier ends worse off by more than alpha ({say_alpha(terms)}), in mass-weighted loss on the "
        "validation split."
    )


def say_reason(terms: Terms, decision: Decision, n_rows: int) -> str:
    """Return why a submission was accepted or not; `n_rows` are those of the validation split. Digits are rounded."""
    if decision.units < terms.minimum_group:
        asked = f"{terms.minimum_group:,}"
        return f"the group has {decision.units:,} rows in the validation split, fewer than the {asked} asked"
    if not decision.accepted:
        return f"its score does not lie above alpha, {say_alpha(terms)}"
    score = round_loss(decision.score, n_rows)
    # A score that is less than a step from alpha would be shown on the wrong side of it.
    about = f": about {say_score(terms, score, n_rows)}" if score > terms.alpha else ""
    return f"its score lies above alpha, {say_alpha(terms)}{about}"


def list_rules(bounty: Bounty) -> list[tuple[str, str]]:
    """Return the rules of a bounty: what each is about, and the rule in plain words."""
    terms = bounty.terms
    n = [int((bounty.split == part).sum()) for part in (EXPLORE, VALIDATION, SEALED)]
    loss = {"error": "the share of wrong predictions", "squared": "the mean squared error"}.get(
        terms.loss, "the mean absolute error"
    )
    return [
        (
            "What to send",
            "A group of rows, as a condition on the features, and better predictions for its members: a file, one "
            "value for all of them, or a model published earlier.",
        ),
        (
            "What is accepted",
            f"The score is what the group's members gain, times the group's share of the validation split: it must lie "
            f"strictly above alpha, {say_alpha(terms)}, and the group must have at least "
            f"{terms.minimum_group:,} rows there. The loss is {loss}.",
        ),
        (
            "What happens then",
            "The model is published anew with the group's better predictions. Earlier groups that end worse off by "
            "more than alpha are pointed back to the published model that served them best, until there are none.",
        ),
        (
            "The splits",
            f"{n[EXPLORE]:,} rows to explore, where anything may be tried; {n[VALIDATION]:,} to validate, where "
            f"submissions are judged; {n[SEALED]:,} sealed, opened once at the end to certify what was accepted."
            + (f" Rows of one {terms.cluster} stay together." if terms.cluster else ""),
        ),
        (
            "What is shown",
            "Decisions with their reasons, and losses of the validation split, rounded to steps of the chance in them.",
        ),
        (
            "What never is",
            "A label of the validation or the sealed split, a loss of a single row, a loss of a group too small to "
            "round. They stay on the server.",
        ),
        ("Order", "Submissions are judged one after the other as they come. What is judged cannot be taken back."),
    ]


def say_group(group: Group) -> str:
    """Return who a group is, in its author's words where it is a condition."""
    if group.where is not None or group.text:
        return "everyone" if group.text.strip().casefold() in ("true", "everyone") else group.text
    if group.tree is not None:
        return f"a tree over {', '.join(group.tree.features) or 'no feature'}"
    return "a list of ids"


def say_replacement(replacement: Replacement) -> str:
    """Return what is predicted for a group."""
    if replacement.predictions is not None:
        return "a file of predictions"
    if replacement.tree is not None:
        return f"a tree over {', '.join(replacement.tree.features) or 'no feature'}"
    if replacement.model is not None:
        return "the baseline" if replacement.model == 0 else f"model {replacement.model}"
    return f"{replacement.constant} for everyone"


def count_split(bounty: Bounty, part: int) -> int:
    """Return how many rows a split has."""
    return int(np.count_nonzero(bounty.split == part))
