"""`open [FILE] [--bounty DIR]`: the dashboard in the browser."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Any

import click

from dashboard.cli.options import file_argument, read_options, reading_options
from dashboard.hosting import HERE, Hosting
from dashboard.publishing import is_bundle_name, keep_bundle
from dashboard.workspace import Workspace, name_workspace
from metrics.bounty.terms import read_terms
from metrics.reading.join import parse_join
from metrics.reading.rules import carry_texts
from metrics.reading.speech_folder import is_transcript, open_folder
from metrics.schema import Schema

__all__ = ["open_dashboard"]


@click.command("open")
@file_argument(required=False)
@click.option("--port", type=click.IntRange(1, 65_535), help="Default: the first free one from 8501 on.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option(
    "--bounty",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Serve the bias bounty of this folder: its rules, its leaderboard and a page to submit.",
)
@click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep uploads and published reports in this folder.",
)
@click.option(
    "--viewer", is_flag=True, help="Show the published reports of the workspace to readers, and nothing else."
)
@click.option("--address", default=HERE, show_default=True, help="The IP address to listen at; 0.0.0.0: every one.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    envvar="FAIRNESS_DASHBOARD_HOST",
    metavar="NAME",
    help="A name under which browsers reach the dashboard on a server; under others it does not answer (repeatable).",
)
@click.option(
    "--base-path",
    default="",
    envvar="FAIRNESS_DASHBOARD_BASE_PATH",
    metavar="PATH",
    help="What every path begins with behind a proxy, such as /fairness.",
)
@reading_options
def open_dashboard(
    file: Path | None = None,
    port: int | None = None,
    no_browser: bool = False,
    bounty: Path | None = None,
    address: str = HERE,
    hosts: tuple[str, ...] = (),
    base_path: str = "",
    workspace: Path | None = None,
    viewer: bool = False,
    **given: Any,
) -> int:
    """Open the dashboard in the browser, on FILE or on the sample data, or on a bounty.

    FILE may also be a bundle (`.fairness.zip`), a report that was downloaded from another installation.
    """
    from dashboard.launch import launch

    if workspace is not None:
        name_workspace(workspace)
    if viewer:
        _check_viewer(file, bounty, workspace)

    if bounty is not None:
        read_terms(bounty)  # what is wrong with it is said here, before anything is served
    try:
        hosting = Hosting(address, hosts, base_path)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not given:  # the bare command
        return launch(None, None, port, not no_browser)
    reading = read_options(given)
    if file is None and (reading.schema != Schema() or reading.joins):
        raise click.UsageError("Name the file that these options are about: fairness-dashboard open FILE ...")
    if file is not None and is_bundle_name(file.name):
        if reading.schema != Schema() or reading.joins:
            raise click.UsageError(
                f"{file.name} is a bundle: its numbers are measured, and these options are of no use."
            )
        report = keep_bundle(file.read_bytes(), file.name, "", Workspace.at_home())[0].id
        return launch(None, None, port, not no_browser, bounty=bounty, hosting=hosting, report=report)
    with tempfile.TemporaryDirectory(prefix="fairness-dashboard-") as folder:
        schema = _schema_file(reading.schema, given["schema_file"], Path(folder))
        joined = [_name_joined(text, Path(folder)) for text in reading.joins]
        file = file if file is None else _pack_folder(file, Path(folder))
        return launch(
            file,
            schema,
            port,
            not no_browser,
            joined=joined,
            limits=reading.limits,
            bounty=bounty,
            hosting=hosting,
            viewer=viewer,
        )


def _check_viewer(file: Path | None, bounty: Path | None, workspace: Path | None) -> None:
    """Raise UsageError where a viewer is to show anything but the reports of a workspace."""
    if file is not None or bounty is not None:
        raise click.UsageError("--viewer shows published reports only: leave the file and --bounty out.")
    if workspace is not None and not workspace.is_dir():
        raise click.UsageError(f"--workspace {workspace}: there is no such folder, and a viewer makes none.")


def _name_joined(join: str, folder: Path) -> tuple[str, Path]:
    """Return a joined file with its system's name, which pages take from the name of the file."""
    name, text = parse_join(join)
    if not Path(text).exists():
        raise click.UsageError(f"--join {join}: there is no file {text}.")
    path = _pack_folder(Path(text), folder)
    return (path.name if name is None else f"{name}{path.suffix}"), path


def _pack_folder(path: Path, folder: Path) -> Path:
    """Return a folder of transcripts packed into one file in `folder`, which pages can keep; a file as it is."""
    if not path.is_dir():
        return path
    bundle = open_folder(path)
    target = Path(tempfile.mkdtemp(dir=folder)) / f"{bundle.name}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in bundle.members:
            if is_transcript(member):
                archive.writestr(member.name, member.read())
    return target


def _schema_file(schema: Schema, given: Path | None, folder: Path) -> Path | None:
    """Return the schema file that says what the options say: the one given, or a new one in `folder`."""
    if schema == (Schema() if given is None else Schema.load(given)):
        return given
    path = folder / "schema.toml"
    path.write_text(carry_texts(schema).dumps(), encoding="utf-8")
    return path
