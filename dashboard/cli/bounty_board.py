"""`bounty board DIR`: who found what, what of it holds, and who looked at which features."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dashboard.cli.options import format_option
from dashboard.cli.output import put_out, say_findings, show_progress
from metrics.bounty.board import build_board, stand_together
from metrics.bounty.board_writing import write_board_json, write_board_markdown, write_board_table
from metrics.bounty.certificate import Certificate, can_open, certify_unsealed, open_sealed, read_certificate
from metrics.bounty.certify import DELTA
from metrics.bounty.credit import share_credit
from metrics.bounty.folder import Played, play_folder
from metrics.bounty.submission import list_submissions
from metrics.errors import Finding
from metrics.progress import Progress
from metrics.usage import measure_usage

__all__ = ["show_board"]


@click.command("board")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@format_option(
    ["table", "json", "markdown"],
    help_text="Of the answer. Table and Markdown round losses, to be published; JSON has all digits.",
)
@click.option(
    "--certify",
    "scheme",
    type=click.Choice(["sealed", "validation"]),
    default="sealed",
    show_default=True,
    help="On the sealed split, or on that of validation at levels for organisers who show no digits of it.",
)
@click.option("--keep-sealed", is_flag=True, help="Look at the board without opening the sealed split.")
@click.option("--delta", type=float, default=DELTA, show_default=True, help="Chance of any false certificate.")
@click.option(
    "--orders",
    type=click.IntRange(2, 10_000),
    help="Played for the credit. Default: 200, fewer where many were accepted.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the orders.")
def show_board(
    folder: Path, form: str, scheme: str, keep_sealed: bool, delta: float, orders: int | None, seed: int
) -> int:
    """Show the board of DIR: what each team had accepted and certified, its credit, its own model's error and gap.

    The first time, it opens the sealed split, once and for all: what is accepted later is never certified. On a
    terminal it asks first; during a bounty, use --keep-sealed.
    """
    with show_progress() as tell:
        work = Progress(tell)
        played = play_folder(folder, progress=work.part(0, 0.3))
        credit = share_credit(played.game, orders=orders, seed=seed, progress=work.part(0.3, 0.8))
        submissions = [entry.submission for entry in played.entries]
        decisions = played.game.decisions
        usage = measure_usage(played.bounty, submissions, decisions, progress=work.part(0.8, 1))
    certificate: Certificate | None
    findings: list[Finding]
    if scheme == "validation":
        certificate, findings = certify_unsealed(played, delta), []
    else:
        certificate, findings = _certify(folder, played, keep_sealed, delta)
    findings = [*played.bounty.findings, *_list_waiting(folder, played), *findings]
    say_findings(findings)
    certified = None if certificate is None else certificate.table
    board = build_board(played.game, played.entries, credit, certified)
    if form == "json":
        text = write_board_json(played.game, board, usage, certificate, findings)
    else:
        write: Any = write_board_markdown if form == "markdown" else write_board_table
        text = write(played.bounty, board, stand_together(played.game), certificate)
    put_out(text, None)
    return 0


def _certify(folder: Path, played: Played, keep_sealed: bool, delta: float) -> tuple[Certificate | None, list[Finding]]:
    """Return what the sealed split says, opening it where that may be."""
    before = read_certificate(folder, played)
    if before is not None:
        return before, []
    where = "the sealed split"
    if not can_open(played):
        found = "is not opened: it takes an accepted submission, and sealed rows."
        return None, [Finding("note", where, found, "Nothing is certified yet.")]
    if keep_sealed or not _agreed():
        return None, [Finding("note", where, "stays sealed.", "Nothing is certified yet.")]
    certificate = open_sealed(folder, played, delta)
    found = (
        "was opened now, for what was accepted so far. It is opened once: nothing accepted later is certified by it."
    )
    return certificate, [Finding("warn", where, found, "What it said is in certified.json.")]


def _agreed() -> bool:
    """Ask whoever sits at a terminal; a script that wants the split kept sealed says so."""
    if not _is_watched():
        return True
    return click.confirm("Open the sealed split now? It can be opened only once, at the end of the bounty", err=True)


def _is_watched() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _list_waiting(folder: Path, played: Played) -> list[Finding]:
    judged = set(played.keys)
    n = sum(f"{path.parent.name}/{path.stem}" not in judged for path in list_submissions(folder))
    if not n:
        return []
    found = f"{n:,} submission{' is' if n == 1 else 's are'} not judged, and not on the board."
    return [Finding("warn", f"folder {folder.name!r}", f"has work left: {found}", "Run bounty judge first.", n)]
