"""`coverage FILE --by A,B,C`: which combinations have too few units, and what to collect next."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pyarrow as pa

from dashboard.cli.lists import split_list
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
from metrics.coverage import Covering, against_shares, cover, parse_shares, write_plan_csv
from metrics.coverage.question import DEEPEST, MOST_UNITS
from metrics.coverage.share_text import MOST_BYTES
from metrics.coverage.writing import (
    share_plan,
    write_covered_csv,
    write_covered_json,
    write_covered_markdown,
    write_covered_tables,
)
from metrics.cube import Cubes, count_cells
from metrics.errors import ResultsError
from metrics.predicates import Predicate, parse_predicate
from metrics.progress import Progress
from metrics.question import Question, drop_only_name
from metrics.scored import score
from metrics.writing import show

__all__ = ["cover_file"]

_WRITERS = {
    "table": write_covered_tables,
    "csv": write_covered_csv,
    "json": write_covered_json,
    "markdown": write_covered_markdown,
}
_A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("coverage")
@file_argument()
@click.option("--by", multiple=True, metavar="C,C,...", help="The attributes to combine.  [repeatable]")
@click.option(
    "--depth",
    type=click.IntRange(1, DEEPEST),
    default=3,
    show_default=True,
    help="Up to so many levels together.",
)
@click.option(
    "--min-units",
    type=click.IntRange(1, MOST_UNITS),
    default=30,
    show_default=True,
    help="A combination with fewer is not covered.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="What to plan for: then it is the metric's own denominator that has to be enough. Default: all, and rows.  "
    "[repeatable]",
)
@click.option(
    "--target-gap",
    type=click.FloatRange(min=0, min_open=True),
    default=0.05,
    show_default=True,
    metavar="X",
    help="The difference from the rest that is still fair, in the metric's own units (0.05 is 5 points).",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, True, True),
    default=0.95,
    show_default=True,
    help="Of intervals and tests.",
)
@click.option(
    "--correction",
    type=click.Choice(["holm", "bh", "none"]),
    default="holm",
    show_default=True,
    help="Whether the gap that would be seen heeds the number of slices of the same attributes.",
)
@click.option(
    "--impossible",
    multiple=True,
    metavar="CONDITION",
    help='What cannot exist, such as "relation = husband and sex = female".  [repeatable]',
)
@click.option("--shares", type=_A_FILE, help="A table of shares (CSV) to compare with: columns axis, level, share.")
@click.option(
    "--plan",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what to collect next to this CSV file: a column an attribute, then units.",
)
@reading_options
@format_option(_WRITERS)
@output_option
def cover_file(
    file: Path,
    by: tuple[str, ...],
    depth: int,
    min_units: int,
    metrics: tuple[str, ...],
    target_gap: float,
    confidence: float,
    correction: Any,
    impossible: tuple[str, ...],
    shares: Path | None,
    plan: Path | None,
    form: str,
    output: Path | None,
    **given: Any,
) -> None:
    """Say which combinations of the attributes of FILE have too few units, and what to collect next.

    Every combination of up to --depth levels is looked at, also those that never occur.
    """
    names = _read_by(by)
    reading = read_options(given)
    check_outputs({"--plan": plan, "-o": output}, [file, shares, *input_files(given, reading)])
    rules = tuple(_read_rule(text) for text in impossible)
    chosen = tuple(dict.fromkeys(metrics)) or None
    outside = tuple(name for rule in rules for name in rule.columns)
    with show_progress() as tell:
        question = Question(by=tuple(dict.fromkeys((*names, *outside))), metrics=chosen)
        with _speaking_of_rules(set(outside) - set(names)):
            results = read_file(file, reading, question, progress=Progress(tell).part(0, 0.5))
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings(results.findings)
    with show_progress() as tell:
        work = Progress(tell).part(0.5, 1)
        work("Telling right from wrong")
        cubes = drop_only_name(count_cells(score(results)))
        asked = Covering(
            by=names,
            metrics=chosen,
            depth=depth,
            min_units=min_units,
            target_gap=target_gap,
            confidence=confidence,
            correction=correction,
            rules=rules,
        )
        covered = [cover(cube, asked, work.nth(number, len(cubes))) for number, cube in enumerate(cubes)]
        compared = None if shares is None else against_shares(cubes[0], _read_shares(shares, cubes), confidence)
    if plan is not None:
        if not all(share_plan(covered[0], one) for one in covered):
            click.echo(f"Note: the systems' plans differ; {show(str(plan))} has that of {covered[0].system}.", err=True)
        put_out(write_plan_csv(covered[0]), plan)
    put_out(_WRITERS[form](results, covered, compared), output)


@contextmanager
def _speaking_of_rules(columns: Collection[str]) -> Iterator[None]:
    """Have a column that only a rule names, and that is not there, said of the rule."""
    try:
        yield
    except ResultsError as error:
        of_rules = {f"column {name!r}" for name in columns}
        raise ResultsError(
            replace(f, where=f"--impossible, {f.where}") if f.where in of_rules else f for f in error.findings
        ) from error


def _read_shares(path: Path, cubes: Cubes) -> pd.DataFrame:
    """Read a table of shares of the attributes' levels, no more of it than such a table can be long."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise click.UsageError(f"--shares {show(str(path))} cannot be read: {error.strerror}.") from error
    return parse_shares(text, {axis.name: axis.levels for axis in cubes.axes}, f"file {path.name!r}")


def _read_by(texts: tuple[str, ...]) -> tuple[str, ...]:
    try:
        names = [name for text in texts for name in split_list(text)]
    except ValueError as error:
        raise click.UsageError(f"--by: {error}.") from error
    if not names or "" in names:
        told = "names no column between two commas" if names else "says which attributes are combined; it is missing"
        raise click.UsageError(f"--by {told}. Write --by sex,race,age.")
    return tuple(dict.fromkeys(names))


def _read_rule(text: str) -> Predicate:
    try:
        return parse_predicate(text)
    except ResultsError as error:
        raise click.UsageError(f"--impossible {text!r} is no condition. {error}") from error
