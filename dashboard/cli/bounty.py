"""`bounty init|submit|judge|board|replay|hunt|reports|review DIR`: a bias bounty from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click

from dashboard.cli.bounty_board import show_board
from dashboard.cli.bounty_hunt import hunt_groups
from dashboard.cli.bounty_reports import list_findings, review_finding
from dashboard.cli.lists import split_list
from dashboard.cli.options import format_option
from dashboard.cli.output import put_out, say_findings, show_progress
from metrics.bounty.begin import EXAMPLE, begin_bounty
from metrics.bounty.board import build_board
from metrics.bounty.board_writing import write_board_json
from metrics.bounty.certificate import read_certificate
from metrics.bounty.credit import share_credit
from metrics.bounty.folder import Played, judge_folder, order_by_names, order_by_seed, play_folder, replay
from metrics.bounty.id_table import count_of
from metrics.bounty.judge import Decision
from metrics.bounty.judge import dry_run as try_entry
from metrics.bounty.sending import check_submissions, send_submission
from metrics.bounty.submission import FOLDER
from metrics.bounty.terms import SPLITS, Loss, Shares, Task
from metrics.bounty.writing import format_loss, write_decision_table, write_decisions_json, write_predictions
from metrics.errors import Finding
from metrics.progress import Progress
from metrics.usage import measure_usage
from metrics.writing import show

__all__ = ["bounty_commands"]

DONE, BAD_INPUT = 0, 2

_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
_FORM = format_option(["table", "json"])
_A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_TOLD = ("name", "id", "label", "baseline", "task", "loss", "alpha", "minimum_group", "cluster")


@click.group("bounty")
def bounty_commands() -> None:
    """Play a bias bounty from files: teams send groups and better predictions for them, and the model is repaired."""


@bounty_commands.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--rows", type=_A_FILE, help="The file of the rows; it is copied into DIR.")
@click.option("--labels", type=_A_FILE, help="A file of its own for the labels, by id, for the organiser only.")
@click.option("--dictionary", type=_A_FILE, help="What the features mean: a CSV of feature, meaning, or a TOML file.")
@click.option("--name", help="What the bounty is called.")
@click.option("--id", help="Column: identifies a row.")
@click.option("--label", help="Column: what is true.")
@click.option("--baseline", help="Column: what the model predicts that is to be improved.")
@click.option("--task", type=click.Choice(get_args(Task)), help="Default: classification.")
@click.option("--loss", type=click.Choice(get_args(Loss)), help="Default: error, of a regression squared.")
@click.option(
    "--alpha", type=click.FloatRange(0, 1, max_open=True), help="What a finding must take off the whole loss."
)
@click.option("--minimum-group", type=click.IntRange(min=1), help="The least rows of a group. Default: 30.")
@click.option("--cluster", help="Column: rows that belong together, as those of one person.")
@click.option("--features", metavar="C[,C...]", help="Columns that groups may name. Default: all others.")
@click.option("--split", metavar="C", help=f"Column that says {', '.join(SPLITS)}. Default: drawn by a hash of the id.")
@click.option("--seed", type=int, help="Of the drawn split. Default: 7.")
def begin(folder: Path, **given: Any) -> int:
    """Begin a bounty in DIR: its terms (bounty.toml), a README, a folder for submissions.

    Without --rows it writes an example to be filled in.
    """
    told = {key: given[key] for key in _TOLD if given[key] is not None}
    if given["task"] == "regression" and given["loss"] is None:
        told["loss"] = "squared"
    if given["features"]:
        told["features"] = tuple(split_list(given["features"]))
    if given["split"]:
        told["split"] = given["split"]
    elif given["seed"] is not None and isinstance(EXAMPLE.split, Shares):
        told["split"] = replace(EXAMPLE.split, seed=given["seed"])
    files = {key: given[key] for key in ("rows", "labels", "dictionary") if given[key] is not None}
    begun = begin_bounty(folder, replace(EXAMPLE, **told), files)
    if begun is None:
        put_out(f"{show(str(folder / 'bounty.toml'))} is an example: fill it in, and put the rows beside it.\n", None)
        return DONE
    say_findings(begun.findings)
    sizes = ", ".join(f"{name} {int((begun.split == code).sum()):,}" for code, name in enumerate(SPLITS))
    text = f"A bounty on {len(begun):,} rows ({sizes}) is in {show(str(folder))}; its terms are in bounty.toml.\n"
    put_out(text, None)
    return DONE


@bounty_commands.command("submit")
@_FOLDER
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_A_FILE)
@click.option("--dry-run", is_flag=True, help="Only measure on the explore split; nothing is put anywhere.")
def submit(folder: Path, files: Sequence[Path], dry_run: bool) -> int:
    """Check submissions (FILE..., JSON) and put them into DIR, with the files that they name.

    All of them or none: what is wrong with any is said.
    """
    with show_progress() as tell:
        played = play_folder(folder, progress=Progress(tell))
        entries = check_submissions(played.game, files)
    if dry_run:
        put_out("".join(_say_dry_run(try_entry(played.game, entry)) for entry in entries), None)
        return DONE
    for file, entry in zip(files, entries, strict=True):
        sent = send_submission(folder, file)
        name = f"{FOLDER}/{entry.submission.team}/{sent.path.name}"
        put_out(f"{show(name)} {'is in its place' if sent.is_new else 'was there already'}.\n", None)
    return DONE


@bounty_commands.command("judge")
@_FOLDER
@_FORM
def judge(folder: Path, form: str) -> int:
    """Judge what is new in DIR, in the order of submission ids, and write the decisions into its ledger.

    Exit codes: 0 judged, whatever was decided; 2 a submission is refused (it is named, and leaves no line).
    """
    with show_progress() as tell:
        played = judge_folder(folder, progress=Progress(tell))
    findings = [*played.bounty.findings, *(f for refused in played.refused for f in refused.findings)]
    say_findings(findings)
    put_out(_write_everything(folder, played, findings) if form == "json" else _write_judged(played), None)
    return BAD_INPUT if played.refused else DONE


for command in (show_board, hunt_groups, list_findings, review_finding):
    bounty_commands.add_command(command)


@bounty_commands.command("replay")
@_FOLDER
@click.option("--order", metavar="ID[,ID...]", help="Another order: every judged submission once, as id or team/id.")
@click.option("--shuffle", metavar="SEED", type=click.IntRange(min=0), help="Another order, drawn by a seed.")
@click.option(
    "--predictions",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what a published model predicts of every row to this CSV file.",
)
@click.option("--model", type=click.IntRange(min=0), help="Which model --predictions writes. Default: the last.")
@_FORM
def play_again(
    folder: Path, order: str | None, shuffle: int | None, predictions: Path | None, model: int | None, form: str
) -> int:
    """Judge again what the ledger of DIR holds, and compare each decision with it; or in another order.

    The ledger stays as it is. In its own order the decisions are the same to the last digit.
    """
    if order is not None and shuffle is not None:
        raise click.UsageError("--order and --shuffle name two orders; give one of them.")
    with show_progress() as tell:
        played = play_folder(folder, progress=Progress(tell))
        if order is not None:
            game = replay(played, order_by_names(played, split_list(order)))
        else:
            game = played.game if shuffle is None else replay(played, order_by_seed(played, shuffle))
    say_findings(played.bounty.findings)
    if predictions is not None:
        put_out(write_predictions(game, model), predictions)
    text = write_decisions_json(game, played.bounty.findings) if form == "json" else write_decision_table(game)
    put_out(text, None)
    return DONE


def _write_judged(played: Played) -> str:
    game = played.game
    new = game.decisions[len(game.decisions) - played.new :]
    text = write_decision_table(game, new, "Judged now") if new else write_decision_table(game, ())
    last = f"Last line of the ledger: {played.records[-1].hash}\n" if played.records else ""
    return text + last


def _write_everything(folder: Path, played: Played, findings: Sequence[Finding]) -> str:
    """Return decisions, board and usage as JSON; the sealed split stays as it is."""
    game = played.game
    with show_progress() as tell:
        work = Progress(tell)
        credit = share_credit(game, progress=work.part(0, 0.5))
        submissions = [entry.submission for entry in played.entries]
        usage = measure_usage(played.bounty, submissions, game.decisions, progress=work.part(0.5, 1))
    certificate = read_certificate(folder, played)
    board = build_board(game, played.entries, credit, None if certificate is None else certificate.table)
    return write_board_json(game, board, usage, certificate, findings)


def _say_dry_run(found: Decision) -> str:
    verdict = "It would be accepted there." if found.accepted else f"It would not be accepted there: {found.reason}"
    now, then, score = (format_loss(loss) for loss in (found.loss_current, found.loss_replacement, found.score))
    return (
        f"{show(found.team)}/{show(found.submission)}, on the explore split: {count_of(found.units, 'row')}, "
        f"loss {now} now, {then} by the replacement, score {score}. {verdict}\n"
    )
