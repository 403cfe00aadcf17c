"""The board as JSON for the organiser, and as a table or Markdown to publish, its losses rounded.

What was certified on the validation split itself rests on nobody having seen a digit of it: the published board then
says what was accepted and certified, and no loss at all.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from metrics.bounty.board import Standing, round_board
from metrics.bounty.certificate import Certificate
from metrics.bounty.judge import Game
from metrics.bounty.rows import Bounty
from metrics.bounty.telling import say_loss, say_score
from metrics.bounty.terms import VALIDATION
from metrics.bounty.writing import write_decisions_json
from metrics.errors import Finding
from metrics.formatting import NOTHING, format_count, format_number, format_p
from metrics.verdict_markdown import escape_markdown, write_markdown_table
from metrics.writing import records, show, write_section

__all__ = ["write_board_json", "write_board_markdown", "write_board_table"]

_HEADINGS = ["team", "submissions", "accepted", "certified", "credit", "error", "gap"]
EVERYONE = "(everyone)"


def write_board_json(
    game: Game,
    board: pd.DataFrame,
    usage: pd.DataFrame,
    certificate: Certificate | None,
    findings: Iterable[Finding] = (),
) -> str:
    """Return decisions, board, usage and certificates as JSON text, with all digits: the organiser's own record."""
    tables = {"board": records(board), "usage": records(usage)}
    return write_decisions_json(
        game, findings, tables | {"certificates": [] if certificate is None else records(certificate.table)}
    )


def write_board_table(bounty: Bounty, board: pd.DataFrame, together: Standing, certificate: Certificate | None) -> str:
    """Return the board, as it may be published, and what was certified, for a terminal."""
    parts = [
        f"{show(bounty.terms.name)}\n\n",
        write_section("Board", [_HEADINGS, *_rows(bounty, board, together, certificate)]),
    ]
    if certificate is not None:
        rows = _certificates(certificate)
        parts += ["\n", write_section("Certificates", rows), f"\n{_say_opened(certificate)}\n"]
    return "".join(parts)


def write_board_markdown(
    bounty: Bounty, board: pd.DataFrame, together: Standing, certificate: Certificate | None
) -> str:
    """Return the same as Markdown; names of teams are shown as they are."""

    parts = [
        f"## {escape_markdown(bounty.terms.name)}",
        write_markdown_table(_HEADINGS, _rows(bounty, board, together, certificate)),
    ]
    if certificate is not None:
        headings, *rows = _certificates(certificate)
        parts += [
            "### Certificates",
            write_markdown_table(headings, rows),
            escape_markdown(_say_opened(certificate)),
        ]
    return "\n\n".join(parts) + "\n"


def _rows(bounty: Bounty, board: pd.DataFrame, together: Standing, certificate: Certificate | None) -> list[list[str]]:
    n_rows, n_gap = len(bounty.rows_of(VALIDATION)), together.gap_rows
    silent = certificate is not None and not certificate.opened

    def losses(fall: float, error: float, gap: float) -> list[str]:
        if silent:
            return [NOTHING] * 3
        distance = say_score(bounty.terms, gap, n_gap).removeprefix("+")
        return [say_score(bounty.terms, fall, n_rows), say_loss(bounty.terms, error, n_rows), distance]

    # Without losses the order by credit would still tell of them.
    shown = board.sort_values("team", ignore_index=True) if silent else round_board(board, bounty, n_gap)
    rows = [
        [
            row["team"],
            format_count(row["submissions"]),
            format_count(row["accepted"]),
            NOTHING if pd.isna(row["certified"]) else format_count(row["certified"]),
            *losses(row["credit"], row["error"], row["gap"]),
        ]
        for row in shown.to_dict("records")
    ]
    certified = NOTHING if board["certified"].isna().any() else format_count(int(board["certified"].sum()))
    sums = [format_count(int(board[name].sum())) for name in ("submissions", "accepted")]
    return [*rows, [EVERYONE, *sums, certified, *losses(together.fall, together.error, together.gap)]]


def _certificates(certificate: Certificate) -> list[list[str]]:
    """Return what was said of each accepted submission, the numbers only of rows that decide nothing any more."""
    if not certificate.opened:
        verdicts = [
            [row["submission"], row["team"], "certified" if row["certified"] else "not shown"]
            for row in certificate.table.to_dict("records")
        ]
        return [["submission", "team", "verdict"], *verdicts]
    rows = [
        ["submission", "team", "rows", "better", "worse", "improvement", "from", "to", "p", "p adjusted", "verdict"]
    ]
    for row in certificate.table.to_dict("records"):
        numbers = [format_number(row[name], signed=True) for name in ("improvement", "low", "high")]
        later = pd.isna(row["units"])
        verdict = "certified" if row["certified"] else "accepted later" if later else "not shown"
        counts = [NOTHING if later else format_count(row[name]) for name in ("units", "better", "worse")]
        p = [format_p(row["p"]), format_p(row["p_adjusted"])]
        rows.append([row["submission"], row["team"], *counts, *numbers, *p, verdict])
    return rows


def _say_opened(certificate: Certificate) -> str:
    n = f"{certificate.decisions:,} decision{'' if certificate.decisions == 1 else 's'}"
    chance = f"The chance that any certificate is false is at most {certificate.delta:g}"
    if not certificate.opened:
        return (
            f"Tested on the validation split after {n}, each submission at a level that pays for what teams could have "
            f"learned. {chance}, where they were told no more of it than which submissions were accepted."
        )
    return f"The sealed split was opened on {certificate.opened} after {n}. {chance} (Holm). It cannot be opened again."
