"""`bounty hunt DIR`: automatic hunters draft submissions for a person to edit."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.cli.output import put_file, put_out, show_progress
from metrics.bounty.folder import play_folder
from metrics.bounty.submission import is_safe_name
from metrics.formatting import format_number
from metrics.hunters import HUNTERS, Draft, hunt
from metrics.progress import Progress
from metrics.writing import show

__all__ = ["hunt_groups"]


@click.command("hunt")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--hunter", "hunters", type=click.Choice(HUNTERS), multiple=True, help="Which of them; default: all.")
@click.option("--team", default="hunters", show_default=True, help="The team that the drafts are made for.")
@click.option("--most", type=click.IntRange(1, 100), default=5, show_default=True, help="Drafts of a hunter at most.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the drafts, a file each; without it they are only listed.",
)
def hunt_groups(folder: Path, hunters: tuple[str, ...], team: str, most: int, seed: int, output: Path | None) -> int:
    """Look for groups of DIR that its current model serves worse, on the explore split, and draft submissions.

    Look at a draft, edit it, and send it with bounty submit. What is there already under its name is never replaced.
    """
    if not is_safe_name(team):
        raise click.UsageError("--team takes letters and digits, with - _ . inside: it makes a folder's name.")
    chosen = [hunter for hunter in HUNTERS if hunter in hunters or not hunters]
    drafts: list[Draft] = []
    with show_progress() as tell:
        work = Progress(tell)
        played = play_folder(folder, progress=work.part(0, 0.4))
        for number, hunter in enumerate(chosen):
            part = work.part(0.4, 1).nth(number, len(chosen))
            drafts += hunt(played.bounty, played.game.current, hunter, most=most, seed=seed, progress=part)
    if output is not None:
        _make_folder(output)
    for number, draft in enumerate(drafts, 1):
        name = f"{draft.hunter.replace(' ', '-')}-{number:02d}"
        put_out(_say(name, draft), None)
        if output is not None:
            _write(output / f"{name}.json", draft.dumps(team, name))
    if not drafts:
        put_out("No group was found for which something else would be better to predict.\n", None)
    return 0


def _say(name: str, draft: Draft) -> str:
    who = draft.group.get("where", f"a tree over {', '.join(draft.features)}")
    losses = (
        f"loss {format_number(draft.loss_current)} now, {format_number(draft.loss_replacement)} with the replacement"
    )
    return f"{name}: {show(str(who))}\n  {draft.units:,} explore rows; {losses}\n"


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{show(str(path))} cannot be made: {error.strerror}.") from error


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise click.UsageError(f"{show(str(path))} is there already. Move it away, or name another folder.")

    def write(beside: Path) -> None:
        beside.write_bytes(text.encode())

    put_file(write, path)
