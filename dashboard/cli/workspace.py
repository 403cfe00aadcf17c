"""`workspace status|log|sweep|backup`: what the folder of uploads and published reports holds, cleaned and copied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from dashboard.words import count
from dashboard.workspace import FOLDER_VARIABLE, Workspace
from metrics.writing import show

__all__ = ["workspace_commands"]

_FOLDER = click.option(
    "--workspace",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"The folder. Default: {FOLDER_VARIABLE}, else one of your account's.",
)


@click.group("workspace")
def workspace_commands() -> None:
    """Look after the folder in which uploads and published reports are kept; also while the dashboard runs."""


@workspace_commands.command("status")
@_FOLDER
def show_status(folder: Path | None) -> int:
    """Say how much is kept, and how much room there is. What is kept is not named."""
    home = _open(folder)
    now = home.status()
    withdrawn = f" ({now.withdrawn:,} more withdrawn or ended)" if now.withdrawn else ""
    click.echo(f"Folder: {show(str(home.root))}")
    click.echo(f"Kept: {count(now.uploads, 'upload')}, {count(now.reports, 'published report')}{withdrawn}")
    if now.files:
        click.echo(f"Remembered: what {count(now.files, 'bundle file')} showed")
    click.echo(f"Room: {now.used_bytes / 1e9:,.2f} of {now.quota_bytes / 1e9:,.2f} GB are taken up")
    return 0


@workspace_commands.command("log", context_settings={"ignore_unknown_options": True})  # an id may begin with a dash
@click.argument("address", metavar="[ID]", default="")
@_FOLDER
def show_log(address: str, folder: Path | None) -> int:
    """Say who published, withdrew or changed what, and when: of the upload or report ID, else of all there is.

    ID stands in the address of its page, behind data= or report=. Of all there is no id is told: lines about one thing
    have one mark. What is deleted has one line, without names.
    """
    home = _open(folder)
    entries = home.read_log(address) if address else home.read_whole_log()
    for entry in entries:
        at = f"{datetime.fromtimestamp(entry.at, UTC):%Y-%m-%d %H:%M:%S}"
        told = ("" if address else entry.about, entry.who or "-", entry.what, entry.detail)
        click.echo("  ".join([at, *(show(text) for text in told if text)]))
    if not entries:
        click.echo("Nothing is known of it." if address else "Nothing was done yet.")
    return 0


@workspace_commands.command("sweep")
@_FOLDER
def sweep_workspace(folder: Path | None) -> int:
    """Remove what is past its time, and what interrupted steps left; the dashboard does so by itself, too."""
    home = _open(folder)
    before = home.status()
    home.sweep()
    after = home.status()
    uploads, reports = before.uploads - after.uploads, before.reports - after.reports
    click.echo(f"Removed: {count(uploads, 'upload')}, {count(reports, 'published report')}")
    return 0


@workspace_commands.command("backup")
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@_FOLDER
def back_up_workspace(target: Path, folder: Path | None) -> int:
    """Copy the workspace, as it is at one moment, into the new folder DIR. To restore it, copy DIR back."""
    home = _open(folder)
    home.backup(target)
    click.echo(f"Copied {show(str(home.root))} to {show(str(target))}")
    return 0


def _open(folder: Path | None) -> Workspace:
    home = Workspace.at_home()
    return home if folder is None else replace(home, root=folder)
