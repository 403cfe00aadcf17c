"""`inspect FILE`: what was guessed of a file and why, as a schema to be corrected by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dashboard.cli.measure import read_file
from dashboard.cli.options import file_argument, question_options, read_options, read_question, reading_options
from dashboard.cli.output import put_out, show_progress
from metrics.progress import Progress
from metrics.results import Results
from metrics.writing import describe_results, dump_json, show, write_findings

__all__ = ["inspect_file"]


@click.command("inspect")
@file_argument()
@click.option(
    "--save", type=click.Path(dir_okay=False, path_type=Path), help="Save the schema to this file, to be corrected."
)
@reading_options
@question_options
def inspect_file(file: Path, save: Path | None, **given: Any) -> None:
    """Print what the columns of FILE were taken for, with the reasons, as a schema file.

    A question that `measure` would ask is shown with the answer that was taken for now.
    """
    reading, asked = read_options(given), read_question(given)
    if asked.format == "csv":
        raise click.UsageError("A schema is no table; use --format table (TOML) or json.")
    with show_progress() as tell:
        results = read_file(file, reading, asked.question, strict=False, progress=Progress(tell))
    text = write_schema(results)
    if save is not None:
        put_out(text, save)
    put_out(dump_json(describe_results(results)) if asked.format == "json" else text, asked.output)


def write_schema(results: Results) -> str:
    """Return a schema file, what was found in comments above it."""
    receipt = results.receipts[0]
    lines = [f"What the columns of {show(receipt.name)} were taken for ({receipt.rows_read:,} rows)."]
    lines += write_findings(results.findings).splitlines()
    return "".join(f"# {line}\n" for line in lines) + "\n" + results.schema.dumps()
