"""`verify REPORT FILE`: whether a report says what its file says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from dashboard.cli.options import file_argument, joining_options, read_limits
from dashboard.cli.output import put_out, say_findings, show_progress
from metrics.document import Document
from metrics.document_json import MOST_BYTES, read_document
from metrics.errors import stop
from metrics.progress import Progress
from metrics.reading.join import parse_join
from metrics.verify import Difference, compare_documents, compute_again, read_again
from metrics.writing import show

__all__ = ["verify_report"]

EQUAL, DIFFERENT = 0, 1
_MOST_TOLD = 20


@click.command("verify")
@click.argument("report", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@file_argument()
@joining_options
def verify_report(report: Path, file: Path, join: Sequence[str], limit: Sequence[str]) -> int:
    """Compute the numbers of REPORT (HTML or JSON) again from FILE. Exit codes: 0 equal, 1 different.

    The file is read as the report says that it was read, and asked what the report asked. The files that were joined
    to it are named with --join, in the order of the report.
    """
    document = read_report(report)
    with show_progress() as tell:
        whole = Progress(tell)
        others = [parse_join(text) for text in join]
        results = read_again(document, file, others, limits=read_limits(limit), progress=whole.part(0, 0.6))
        again = compute_again(document, results, whole.part(0.6, 1))
    say_findings([f for f in results.findings if f.severity == "warn"])
    differences = compare_documents(document, again)
    put_out("".join(f"{show(line)}\n" for line in _say(report.name, document, again, differences)), None)
    return DIFFERENT if differences else EQUAL


def read_report(path: Path) -> Document:
    """Read the document in a report. Raises ResultsError where there is none, or it is too large."""
    where = f"report {path.name!r}"
    try:
        with path.open("rb") as file:
            return read_document(file.read(MOST_BYTES + 1), where)
    except OSError as error:
        raise stop(where, f"cannot be read ({error.strerror}).", "Check who may read it.") from error


def _say(name: str, given: Document, again: Document, differences: Sequence[Difference]) -> Iterator[str]:
    yield f"{name}: {given.title!r} of {given.made}"
    changed = {d.record for d in differences if d.part == "sources" and d.field == "sha256"}
    for number, (told, found) in enumerate(zip(given.receipts, again.receipts, strict=True), 1):
        same = told.sha256 == found.sha256
        yield f"  made from {told.name!r}, sha256 {told.sha256}"
        yield f"  {found.name!r} here {'is that file' if same else f'is another: sha256 {found.sha256}'}" + (
            f" (file {number} of {len(given.receipts)})" if len(given.receipts) > 1 else ""
        )
    n_records = sum(len(table) for table in given.tables.values())
    numbers = [d for d in differences if d.part != "sources"]
    rows = [d for d in differences if d.part == "sources" and d.field != "sha256"]
    if not numbers and not rows:
        yield f"All {n_records:,} records are the same" + (
            ": what changed in the file is in none of its numbers." if changed else "."
        )
        return
    if not changed:
        yield from _say_why(given, again)
    n_changed = len({(d.part, d.record) for d in numbers})
    yield f"{_count(len(rows) + len(numbers), 'difference')}, in {n_changed:,} of {n_records:,} records; the first:"
    for difference in [*rows, *numbers][:_MOST_TOLD]:
        yield f"  {describe(difference)}"
    if len(rows) + len(numbers) > _MOST_TOLD:
        yield f"  and {len(rows) + len(numbers) - _MOST_TOLD:,} more"


def _say_why(given: Document, again: Document) -> Iterator[str]:
    other = [
        f"{name} {version} (here {again.versions.get(name, 'none')})"
        for name, version in given.versions.items()
        if again.versions.get(name) != version
    ]
    if other:
        yield f"The file is the same: the report was changed, or other versions count otherwise: {', '.join(other)}."
    else:
        yield "The file and the versions are the same, so the report was changed after it was made."


def describe(difference: Difference) -> str:
    """Return a difference as a line of text."""
    what = f"{difference.part}, {difference.record}"
    if not difference.field:
        return f"{what}: {'only in the report' if difference.again is None else 'only from the file'}"
    given, again = (_write(value) for value in (difference.given, difference.again))
    return f"{what}, {difference.field}: {given} in the report, {again} from the file"


def _write(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
