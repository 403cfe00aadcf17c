"""`report FILE -o report.html|.pdf|.md|.json`: what was measured as a document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from dashboard.cli.check import find_policy, help_with_template, read_for_policy
from dashboard.cli.lists import split_list
from dashboard.cli.measure import read_file
from dashboard.cli.options import (
    asking_options,
    file_argument,
    input_files,
    read_options,
    read_question,
    reading_options,
)
from dashboard.cli.output import check_outputs, put_file, say_findings, show_progress
from metrics.cube import count_cells
from metrics.document import Document, make_document
from metrics.document_json import write_document
from metrics.errors import nearest
from metrics.policy import TEMPLATES
from metrics.progress import Progress
from metrics.scored import score
from metrics.writing import show

__all__ = ["report_file"]

_ENDINGS = (".html", ".pdf", ".md", ".json")
_LONGEST_TITLE = 200
_NO_PRINTER = "PDF needs Chromium, Chrome or Edge, and none was found. Write .html, and print that from any browser."


@click.command("report")
@file_argument()
@click.option(
    "--policy",
    "judged_by",
    metavar="P.toml|TEMPLATE",
    help=f"Judge by this policy: a file, or a template by its name ({', '.join(TEMPLATES)}).",
)
@click.option("--title", default="", help="Default: one that names the file.")
@click.option("--sections", metavar="NAME[,NAME...]", help="Only these sections. Default: all that have content.")
@click.option("--interactive", is_flag=True, help="HTML only: charts that answer the mouse; the file grows by 5 MB.")
@click.option(
    "-o",
    "--output",
    "report_path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The report; its ending says what it is: .html, .pdf, .md or .json.",
)
@reading_options
@asking_options
def report_file(
    file: Path,
    judged_by: str | None,
    title: str,
    sections: str | None,
    interactive: bool,
    report_path: Path,
    **given: Any,
) -> None:
    """Write what `measure` finds in FILE as a report: one file that anyone can open, print, and verify.

    The numbers stand in the HTML and the JSON as they were computed: both re-open in the dashboard, and `verify`
    computes them again from FILE.
    """
    reading, asked = read_options(given), read_question(given)
    _check_output(report_path, [file, judged_by, *input_files(given, reading)])
    write = _choose_writer(report_path, sections, interactive)
    if len(title) > _LONGEST_TITLE:
        raise click.UsageError(f"--title has {len(title)} signs; a title has up to {_LONGEST_TITLE}.")
    policy = None if judged_by is None else find_policy(judged_by)
    with show_progress() as tell:
        reads = Progress(tell).part(0, 0.5)
        if policy is None:
            results = read_file(file, reading, asked.question, progress=reads)
        else:
            with help_with_template(judged_by or "", policy):
                results = read_for_policy(file, reading, policy, asked.question, reads)
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings(results.findings)
    with show_progress() as tell:
        work = Progress(tell).part(0.5, 1)
        work("Telling right from wrong")
        document = make_document(
            results,
            count_cells(score(results)),
            asked.question,
            policy=policy,
            title=title,
            progress=work.part(0.1, 0.8),
        )
        work("Writing the report", 0.8)
        put_file(lambda path: write(document, path), report_path)


def _check_output(output: Path, inputs: Sequence[Any]) -> None:
    """Refuse, before any work, a report of no known form, without a folder, or in the place of what it is made from."""
    shown = show(str(output))
    if output.suffix.lower() not in _ENDINGS:
        raise click.UsageError(f"-o {shown}: a report ends in .html, .pdf, .md or .json.")
    if not output.parent.is_dir():
        raise click.UsageError(f"-o {shown}: there is no folder {show(str(output.parent))}.")
    check_outputs({"-o": output}, inputs)


def _choose_writer(output: Path, sections: str | None, interactive: bool) -> Callable[[Document, Path], None]:
    """Return what writes a document to a path in the form of its ending."""
    form = output.suffix.lower()
    if interactive and form != ".html":
        raise click.UsageError(f"--interactive is of HTML; {form} has no charts that answer.")
    if sections is not None and form == ".json":
        raise click.UsageError("--sections is of documents to read; the JSON always holds everything.")
    if form == ".json":
        return lambda document, path: _write_text(write_document(document), path)
    # Templates, palettes and Markdown are for who writes a document to read.
    from dashboard.report import SECTIONS, PrintError, find_printer, write_html, write_markdown, write_pdf

    names = None if sections is None else _split(sections)
    for name in names or ():
        if name not in SECTIONS:
            hint = nearest(name, SECTIONS) or f"Sections are: {', '.join(SECTIONS)}."
            raise click.UsageError(f"--sections: there is no section {name!r}. {hint}")
    if form == ".md":
        return lambda document, path: _write_text(write_markdown(document, names), path)
    if form == ".html":
        html = partial(write_html, sections=names, interactive=interactive)
        return lambda document, path: _write_text(html(document), path)
    try:
        if find_printer() is None:
            raise click.UsageError(f"-o {show(str(output))}: {_NO_PRINTER}")
    except PrintError as error:
        raise click.UsageError(str(error)) from error

    def print_pdf(document: Document, path: Path) -> None:
        try:
            write_pdf(write_html(document, sections=names), path)
        except PrintError as error:
            raise click.UsageError(str(error)) from error

    return print_pdf


def _split(sections: str) -> list[str]:
    try:
        return split_list(sections)
    except ValueError as error:
        raise click.UsageError(f"--sections: {error}.") from error


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
