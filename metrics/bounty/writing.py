"""Decisions as JSON and as text for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

from metrics.bounty.judge import Decision, Game
from metrics.bounty.ledger import decision_to_dict
from metrics.bounty.submission import PREDICTION
from metrics.errors import Finding, QuestionError
from metrics.formatting import NOTHING
from metrics.levels import number_text
from metrics.writing import describe_findings, dump_json, show, write_section

__all__ = ["FORMAT", "VERSION", "format_loss", "write_decision_table", "write_decisions_json", "write_predictions"]

FORMAT = "fairness-dashboard bounty"
VERSION = 1


def write_decisions_json(
    game: Game, findings: Iterable[Finding] = (), more: Mapping[str, Sequence[Mapping[str, Any]]] | None = None
) -> str:
    """Return a game's decisions as JSON text, one a line; `more` are further lists by name, such as the board."""
    return dump_json(
        {
            "format": FORMAT,
            "version": VERSION,
            "bounty": game.bounty.terms.name,
            "findings": describe_findings(findings),
            "decisions": [decision_to_dict(decision) for decision in game.decisions],
            **(more or {}),
        }
    )


def write_decision_table(game: Game, decisions: Sequence[Decision] | None = None, title: str = "Decisions") -> str:
    """Return decisions as a table to read in a terminal, and what the model's loss has become."""
    decisions = game.decisions if decisions is None else decisions
    rows = [["submission", "team", "rows", "loss before", "after", "score", "decision", "repairs", "model's loss"]]
    for d in decisions:
        verdict = "accepted" if d.accepted else d.reason
        numbers = [f"{d.units:,}", format_loss(d.loss_current), format_loss(d.loss_replacement), format_loss(d.score)]
        repairs = str(d.repairs) if d.repairs else ""
        rows.append([d.submission, d.team, *numbers, verdict, repairs, format_loss(d.error_after)])
    first, last = game.errors[[0, -1]]
    end = (
        f"{len(game.accepted):,} of {len(game.decisions):,} submissions accepted; loss on the validation split: "
        f"{format_loss(first)} at first, {format_loss(last)} now.\n"
    )
    return f"{show(game.bounty.terms.name)}\n\n{write_section(title, rows)}{'' if len(rows) < 2 else chr(10)}{end}"


def write_predictions(game: Game, model: int | None = None) -> str:
    """Return what a published model predicts of every row, as a CSV of ids and `prediction`; the last by default.

    It is what a submission may bring as its file of predictions. Raises QuestionError for a number that is none.
    """
    bounty, last = game.bounty, len(game.models) - 1
    number = last if model is None else model
    if not 0 <= number <= last:
        raise QuestionError(f"There is no model {number}; published are the models 0 (the baseline) to {last}.")
    codes = game.models[number].tolist()
    values = [bounty.classes[code] for code in codes] if bounty.classes else map(number_text, codes)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([bounty.terms.id, PREDICTION])
    writer.writerows(zip(bounty.ids, values, strict=True))
    return out.getvalue()


def format_loss(value: float) -> str:
    """Return a loss, or a difference of losses, for people.

    >>> format_loss(0.25), format_loss(float("nan"))
    ('0.2500', '-')
    """
    return NOTHING if isnan(value) else f"{value:.4f}"
