"""`measure FILE`: estimates, disparities, spreads and criteria."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from dashboard.cli.options import (
    Reading,
    file_argument,
    input_files,
    question_options,
    read_options,
    read_question,
    reading_options,
)
from dashboard.cli.output import check_outputs, put_out, say_findings, show_progress
from metrics.cube import count_cells
from metrics.progress import SILENT, Progress
from metrics.question import Question, answer
from metrics.results import Results, read_results
from metrics.scored import score
from metrics.writing import write_csv, write_json, write_tables

__all__ = ["measure_file"]

_WRITERS = {"json": write_json, "csv": write_csv, "table": write_tables}


@click.command("measure")
@file_argument()
@reading_options
@question_options
def measure_file(file: Path, **given: Any) -> None:
    """Measure how well the model of FILE does for every group, and how far groups lie apart.

    Lists inside one option split like a line of CSV: quotes protect commas, as in
    --by '"age, in years",sex'. In [NAME=]C the NAME ends at the first = outside quotes.
    """
    reading, asked = read_options(given), read_question(given)
    check_outputs({"-o": asked.output}, [file, *input_files(given, reading)])
    with show_progress() as tell:
        results = read_file(file, reading, asked.question, progress=Progress(tell).part(0, 0.6))
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings(results.findings)
    with show_progress() as tell:
        work = Progress(tell).part(0.6, 1)
        work("Telling right from wrong")
        found = answer(results, count_cells(score(results)), asked.question, work)
    put_out(_WRITERS[asked.format](found), asked.output)


def read_file(
    file: Path, reading: Reading, question: Question, *, strict: bool = True, progress: Progress = SILENT
) -> Results:
    """Read a file as the options say. Raises ResultsError, with `strict` also for unanswered questions."""
    return read_results(
        file,
        reading.schema,
        join=reading.joins,
        limits=reading.limits,
        by=question.by or (),
        metrics=question.metrics or (),
        strict=strict,
        progress=progress,
    )
