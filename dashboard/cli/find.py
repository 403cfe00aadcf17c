"""`find FILE --metric NAME`: the slices that fare worse than the rest, out of all intersections of the attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from dashboard.cli.measure import read_file
from dashboard.cli.options import (
    file_argument,
    format_option,
    input_files,
    output_option,
    read_options,
    reading_options,
)
from dashboard.cli.output import check_outputs, put_out, say_findings, show_progress
from metrics.cube import Cubes, count_cells
from metrics.errors import unknown
from metrics.find import DEEPEST, Search, find, list_findings
from metrics.find_writing import (
    Listed,
    write_found_csv,
    write_found_json,
    write_found_markdown,
    write_found_tables,
)
from metrics.progress import Progress
from metrics.question import Question, drop_only_name
from metrics.scored import score

__all__ = ["find_slices"]

_WRITERS = {
    "table": write_found_tables,
    "csv": write_found_csv,
    "json": write_found_json,
    "markdown": write_found_markdown,
}


def _check_support(context: click.Context, option: click.Parameter, value: float) -> float:
    if 0 <= value <= 1:
        return value
    hint = f" {value:g} % is {value / 100:g}." if 1 < value <= 100 else ""
    raise click.BadParameter(f"{value:g} is no share of the rows. Write a number from 0 to 1.{hint}", context, option)


@click.command("find")
@file_argument()
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="What slices are searched by; one metric.")
@click.option(
    "--depth",
    type=click.IntRange(1, DEEPEST),
    default=3,
    show_default=True,
    help="Up to so many levels together make a slice.",
)
@click.option(
    "--support",
    type=float,
    callback=_check_support,
    default=0.01,
    show_default=True,
    metavar="SHARE",
    help="The least share of all rows that a slice holds.",
)
@click.option("--all", "everything", is_flag=True, help="List every slice that was searched, findings or not.")
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="List at most so many findings; similar ones are counted, not listed.",
)
@reading_options
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, True, True),
    default=0.95,
    show_default=True,
    help="Of intervals; a finding holds at this level over all slices searched.",
)
@click.option(
    "--min-units",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Slices with fewer rows in the metric's denominator are no findings.",
)
@format_option(_WRITERS)
@output_option
def find_slices(
    file: Path,
    metrics: tuple[str, ...],
    depth: int,
    support: float,
    everything: bool,
    most: int,
    confidence: float,
    min_units: int,
    form: str,
    output: Path | None,
    **given: Any,
) -> None:
    """Find the slices of FILE that fare worse than the rest, among all combinations of the attributes' levels.

    The attributes searched are those of --attribute, else all of the file.
    """
    if len(set(metrics)) > 1:
        raise click.UsageError(f"--metric {' --metric '.join(metrics)}: a search is by one metric; name one.")
    reading = read_options(given)
    check_outputs({"-o": output}, [file, *input_files(given, reading)])
    named = tuple(dict.fromkeys(given["attribute"]))
    with show_progress() as tell:
        question = Question(by=named or None, metrics=metrics[:1] or None)
        results = read_file(file, reading, question, strict=bool(metrics), progress=Progress(tell).part(0, 0.6))
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings(results.findings)
    with show_progress() as tell:
        work = Progress(tell).part(0.6, 1)
        work("Telling right from wrong")
        cubes = drop_only_name(count_cells(score(results)))
        search = Search(
            metric=_choose_metric(cubes, metrics),
            attributes=_choose_attributes(cubes, named),
            depth=depth,
            support=support,
            confidence=confidence,
            min_units=min_units,
        )
        listed = []
        for number, cube in enumerate(cubes):
            found = find(cube, search, work.part(0.1, 0.95).nth(number, len(cubes)))
            listed.append(Listed(found, found.lattice if everything else list_findings(found, most)))
    put_out(_WRITERS[form](results, listed), output)


def _choose_attributes(cubes: Cubes, named: tuple[str, ...]) -> tuple[str, ...]:
    """Return the attributes named, else all of the file. Saved slices are made of those."""
    chosen = named or tuple(a.name for a in cubes.axes if not a.saved)
    if not chosen:
        raise click.UsageError("There is no attribute to search; name columns of groups with --attribute.")
    return chosen


def _choose_metric(cubes: Cubes, metrics: tuple[str, ...]) -> str:
    known = list(cubes.metrics)
    if not metrics:
        raise click.UsageError(f"--metric says what slices are searched by; name one of: {', '.join(known)}.")
    if metrics[0] not in known:
        raise unknown(metrics[0], "metric", known)
    return metrics[0]
