"""`compare REFERENCE CUSTOMER`: the last mile, a customer's own test set against the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from dashboard.cli.measure import read_file
from dashboard.cli.options import (
    asking_options,
    format_option,
    input_files,
    output_option,
    read_options,
    read_question,
    reading_options,
)
from dashboard.cli.output import check_outputs, put_out, say_findings, show_progress
from metrics.errors import Finding, ResultsError
from metrics.progress import Progress
from metrics.question import Question
from metrics.results import Results
from metrics.schema import Schema
from metrics.two_sets.match import Match

__all__ = ["compare_files"]

_FORMS = ("table", "csv", "json", "markdown")
_FILE = click.Path(exists=True, path_type=Path)


def _check_gap(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    if value is None or 0 <= value < float("inf"):
        return value
    raise click.BadParameter(f"{value:g} is no distance. Write a number from 0 up: 0.05 is 5 points.", context, option)


@click.command("compare")
@click.argument("reference", type=_FILE)
@click.argument("customer", type=_FILE)
@click.option(
    "--match",
    "match_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A match file (TOML): which columns, systems and levels of CUSTOMER are which of REFERENCE.",
)
@click.option(
    "--target-gap",
    type=float,
    callback=_check_gap,
    metavar="X",
    help="Within so much a change is none, in the metric's own units. Default: 0.05 for shares.",
)
@reading_options
@asking_options
@format_option(_FORMS)
@output_option
def compare_files(
    reference: Path,
    customer: Path,
    match_file: Path | None,
    target_gap: float | None,
    form: str,
    output: Path | None,
    **given: Any,
) -> None:
    """Compare CUSTOMER, a test set of one's own, with REFERENCE: whom does the model serve worse here?

    The options of reading name columns of REFERENCE; CUSTOMER is read likewise, with the columns that --match
    names, else those of the same name. Its bins, words and rules are those of REFERENCE.
    """
    reading, question = read_options(given), read_question(given).question
    check_outputs({"-o": output}, [reference, customer, match_file, *input_files(given, reading)])
    if reading.joins:
        raise click.UsageError(
            "--join joins systems to one file, and compare reads two. Join them before, or measure each set alone."
        )
    match = Match.load(match_file) if match_file else Match()
    named = tuple(dict.fromkeys([*given["attribute"], *_names(question)]))
    with show_progress() as tell:
        work = Progress(tell)
        with _speaking_of("reference"):
            here = read_file(reference, reading, question, progress=work.part(0, 0.3))
        there = _read_customer(
            customer, here, match, reading.schema, reading.limits, named, question, work.part(0.3, 0.6)
        )
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings([*_of("reference", here.findings), *_of("customer's set", there.findings)])
    from metrics.two_sets import writing
    from metrics.two_sets.answer import answer_sets

    with show_progress() as tell:
        found = answer_sets(here, there, match, question, target_gap, Progress(tell).part(0.6, 1))
    say_findings(found.findings)
    writers = {
        "table": writing.write_sets_tables,
        "csv": writing.write_sets_csv,
        "json": writing.write_sets_json,
        "markdown": writing.write_sets_markdown,
    }
    put_out(writers[form](found), output)


def _read_customer(
    file: Path,
    reference: Results,
    match: Match,
    asked: Schema,
    limits: Any,
    named: Sequence[str],
    question: Question,
    progress: Progress,
) -> Results:
    from metrics.two_sets.adopt import read_customer

    with _speaking_of("customer's set"):
        return read_customer(
            file,
            reference,
            match,
            declared=Schema(file=asked.file),
            named=named,
            limits=limits,
            metrics=question.metrics or (),
            strict=True,
            progress=progress,
        )


@contextmanager
def _speaking_of(side: str) -> Iterator[None]:
    """Have what is wrong with a file say of which set it is."""
    try:
        yield
    except ResultsError as error:
        raise ResultsError(_of(side, error.findings)) from error


def _names(question: Question) -> list[str]:
    """Return the attributes that --by names."""
    return [name for entry in question.by or () for name in ((entry,) if isinstance(entry, str) else entry)]


def _of(side: str, findings: Sequence[Finding]) -> list[Finding]:
    return [replace(f, where=f"{side}, {f.where}") for f in findings]
