"""`measure FILE`: estimates, disparities, spreads and criteria."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from dashboard.cli.options import (
    Question,
    Reading,
    file_argument,
    question_options,
    read_options,
    read_question,
    reading_options,
)
from dashboard.cli.output import put_out, say_findings, show_progress
from metrics.compare import compare
from metrics.criteria import criteria
from metrics.cube import Cubes, count_cells
from metrics.estimate import estimate
from metrics.progress import SILENT, Progress
from metrics.results import Results, read_results
from metrics.scored import score
from metrics.spread import spread
from metrics.writing import Answer, write_csv, write_json, write_tables

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
    reading, question = read_options(given), read_question(given)
    with show_progress() as tell:
        results = read_file(file, reading, question, progress=Progress(tell).part(0, 0.6))
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings(results.findings)
    with show_progress() as tell:
        found = answer(results, question, Progress(tell).part(0.6, 1))
    put_out(_WRITERS[question.format](found), question.output)


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


def answer(results: Results, q: Question, progress: Progress = SILENT) -> Answer:
    """Count the results and ask the counts. Raises QuestionError for what they do not hold."""
    progress("Telling right from wrong")
    cubes = count_cells(score(results))
    if len(cubes) == 1:  # a system that is the only one goes without its name
        cubes = Cubes([replace(cubes[0], system=None)])
    asked, sure, least = (cubes, q.by, q.metrics), q.confidence, q.min_units
    progress("Measuring every group", 0.1)
    estimates = estimate(*asked, confidence=sure, min_units=least)
    progress("Comparing the groups", 0.3)
    disparities = compare(
        *asked, kinds=q.kinds, baseline=q.baseline, confidence=sure, correction=q.correction, min_units=least
    )
    progress("Working out what chance alone would do", 0.6)
    spreads = spread(*asked, confidence=sure, min_units=least, seed=q.seed)
    progress("Checking the criteria", 0.9)
    return Answer(
        results,
        estimates=estimates,
        disparities=disparities,
        spreads=spreads,
        criteria=criteria(cubes, q.by, strata=results.schema.strata, min_units=least),
        metrics={m.name: m for cube in cubes for m in cube.metrics.values()},
    )
