"""`share FILE -o report.fairness.zip` and `shared BUNDLE`: what a file shows without its rows, written and asked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import click
import pyarrow as pa

from dashboard.cli.measure import read_file
from dashboard.cli.options import (
    Reading,
    by_option,
    file_argument,
    input_files,
    metric_option,
    min_units_option,
    question_options,
    read_by,
    read_options,
    read_question,
    reading_options,
    seed_option,
)
from dashboard.cli.output import check_outputs, put_file, put_out, say_findings, show_progress
from dashboard.workspace import Workspace
from metrics.cube import Cube, count_cells
from metrics.estimate import choose_groupings
from metrics.progress import Progress
from metrics.question import Question
from metrics.reading import read_table
from metrics.reading.named import named_columns
from metrics.results import Results, read_results
from metrics.schema import Schema
from metrics.scored import score
from metrics.sharing.ask import ask_shared, write_shared_json
from metrics.sharing.bundle import SUFFIX, read_bundle, write_bundle
from metrics.sharing.fingerprints import fingerprint_rows
from metrics.sharing.memory import recall, recall_bundle, remember
from metrics.sharing.share import share, shareable
from metrics.sharing.shared_cube import Shared
from metrics.sharing.terms import LEAST_CELL, MOST_EXAMPLES, Drawn, ExampleTerms, Terms, groupings_up_to
from metrics.sharing.words import say_contents, say_examples, tell_contents
from metrics.writing import show, write_csv, write_tables

__all__ = ["ask_bundle", "share_file"]

_LONGEST_TITLE, _LONGEST_NOTE = 200, 5_000
_MOST_ORDER = 5


@click.command("share")
@file_argument()
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The bundle, such as report{SUFFIX}.",
)
@by_option
@click.option(
    "--order",
    type=click.IntRange(1, _MOST_ORDER),
    help="Also every combination of up to so many of the attributes of --by (without --by: of all).",
)
@metric_option
@click.option(
    "--min-cell",
    type=click.IntRange(min=LEAST_CELL),
    default=10,
    show_default=True,
    help="Slices of fewer rows are hidden, and so many others that none of them can be worked out.",
)
@click.option(
    "--people",
    type=click.Choice(["clusters", "rows"]),
    default="clusters",
    show_default=True,
    help="What --min-cell counts, where there are clusters.",
)
@click.option(
    "--earlier",
    "bundles",
    metavar="BUNDLE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A bundle made of the same rows before; may be repeated. Nothing can be worked out from all together.",
)
@click.option(
    "--workspace",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Heed what was shared of the same rows from this workspace, and remember there what the bundle shows.",
)
@min_units_option
@click.option("--title", default="", help="Default: one that names the file.")
@click.option("--note", default="", help="A word to the reader.")
@seed_option
@click.option(
    "--examples",
    type=click.IntRange(0, MOST_EXAMPLES),
    default=0,
    show_default=True,
    help="Of transcripts: so many go along, word by word. They are told on standard error.",
)
@click.option(
    "--examples-drawn",
    type=click.Choice(["random", "worst"]),
    default="random",
    show_default=True,
    help="Which: a random draw, or those with most errors a word, which are no sample.",
)
@click.option("--examples-seed", type=click.IntRange(0, 2**31), default=0, show_default=True, help="Of the draw.")
@reading_options
def share_file(
    file: Path,
    output: Path,
    by: tuple[str, ...],
    order: int | None,
    metric: tuple[str, ...],
    min_cell: int,
    people: Literal["clusters", "rows"],
    bundles: tuple[Path, ...],
    folder: Path | None,
    min_units: int,
    title: str,
    note: str,
    seed: int,
    examples: int,
    examples_drawn: Drawn,
    examples_seed: int,
    **given: Any,
) -> None:
    """Write what FILE shows of its groups, without its rows, to a bundle that anyone can open and ask.

    Whoever has the bundle can change metric, groups, baseline and confidence. It holds the numbers of every slice
    that has enough rows, and no row; of transcripts, --examples of them go along. Who has other bundles of the same
    rows could take one off the other: name those with --earlier, or have them remembered with --workspace.
    """
    reading = read_options(given)
    if not str(output).endswith(".zip"):
        raise click.UsageError(f"-o {show(str(output))} is a zip file: give it a name such as report{SUFFIX}.")
    for flag, text, most in (("--title", title, _LONGEST_TITLE), ("--note", note, _LONGEST_NOTE)):
        if len(text) > most:
            raise click.UsageError(f"{flag} has {len(text):,} signs; it has up to {most:,}.")
    check_outputs({"-o": output}, [file, *bundles, *input_files(given, reading)])
    before = [(path.name, read_bundle(path, path.name)) for path in bundles]
    asked = tuple(read_by(text) for text in by)
    with show_progress() as tell:
        question = Question(by=asked or None, metrics=metric or None)
        results = read_file(file, reading, question, progress=Progress(tell).part(0, 0.4))
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings(results.findings)

    def read(schema: Schema) -> Results:
        return read_results(file, schema, join=reading.joins, limits=reading.limits, open_files=False)

    home = None if folder is None else Workspace(folder)
    with show_progress() as tell, nullcontext() if home is None else home.publishing():
        scored = score(results)
        cubes = count_cells(scored)
        terms = Terms(
            title=title or f"Fairness of {file.name}",
            groupings=_choose(cubes[0], asked, order),
            metrics=metric or tuple(shareable(cubes)),
            note=note,
            min_cell=min_cell,
            min_units=min_units,
            people="units" if people == "rows" else "clusters",
            seed=seed,
            examples=ExampleTerms(examples, examples_drawn, examples_seed) if examples else None,
        )
        earlier = [e for name, told in before for e in recall_bundle(told, read, results, repr(name))]
        rows = () if home is None else _fingerprints(file, reading, results)
        sources = (*(receipt.sha256 for receipt in results.receipts), *rows)
        for memory in [] if home is None else home.memories(sources):
            earlier += recall(memory, read, results, rows) if memory else []
        shared = share(results, scored, terms, earlier=earlier, progress=Progress(tell).part(0.4, 1))
        data = write_bundle(shared)
        if home is not None:
            memory = remember(shared, scored, rows)
            report, key = home.hand_on(data, title=terms.title, owner="", sources=sources, memory=memory)
    put_file(lambda path: _write(path, data), output)
    for sentence in (*say_contents(shared, tell_contents(shared, scored)), *say_examples(shared)):
        click.echo(show(sentence), err=True)
    if home is not None:
        own = f"publish?own={report.id}.{key}"
        click.echo(f"What it shows is remembered in {show(str(folder))}; {own} there has it forgotten.", err=True)


def _fingerprints(file: Path, reading: Reading, results: Results) -> tuple[str, ...]:
    wanted = tuple(named_columns(results.schema))
    table = read_table(file, reading.schema.file, reading.limits, wanted=wanted)
    return fingerprint_rows(table, results.schema)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _choose(cube: Cube, asked: Sequence[str | tuple[str, ...]], order: int | None) -> tuple[tuple[str, ...], ...]:
    """Return the groupings to share, each once whatever the order of its attributes."""
    groupings = choose_groupings(cube, asked or None, everyone=False)
    if order is not None:
        names = list(dict.fromkeys(name for grouping in groupings for name in grouping))
        groupings = [*groupings_up_to(names, order), *groupings]
    chosen: dict[frozenset[str], tuple[str, ...]] = {}
    for grouping in groupings:
        chosen.setdefault(frozenset(grouping), grouping)
    return tuple(chosen.values())


@click.command("shared")
@click.argument("bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@question_options
def ask_bundle(bundle: Path, **given: Any) -> None:
    """Ask BUNDLE, which `share` wrote, for its estimates, disparities, spreads and criteria.

    Without --by, every grouping in it is told; without --min-units and --seed, they are those of whoever shared it.
    """
    asked = read_question(given)
    check_outputs({"-o": asked.output}, [bundle])
    shared = read_bundle(bundle, bundle.name)
    own = {"min_units": shared.terms.min_units, "seed": shared.terms.seed}
    context = click.get_current_context()
    kept = [name for name in own if context.get_parameter_source(name) is click.core.ParameterSource.DEFAULT]
    question = Question(**{**asked.question.__dict__, **{name: own[name] for name in kept}})
    _say_what(shared)
    with show_progress() as tell:
        found = ask_shared(shared, question, Progress(tell))
    say_findings(found.results.findings)
    if asked.format == "json":
        text = write_shared_json(shared, found)
    else:
        text = (write_csv if asked.format == "csv" else write_tables)(found)
    put_out(text, asked.output)


def _say_what(shared: Shared) -> None:
    files = ", ".join(source.name for source in shared.sources)
    told = [f"{shared.terms.title}: {shared.units:,} rows of {files or 'a file'}, shared on {shared.made}."]
    if shared.terms.note:
        told.append(shared.terms.note)
    for text in told:
        click.echo("\n".join(show(line) for line in text.splitlines()), err=True)
