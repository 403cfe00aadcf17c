"""`share FILE -o report.fairness.zip` and `shared BUNDLE`: what a file shows without its rows, written and asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click
import pyarrow as pa

from dashboard.cli.measure import read_file
from dashboard.cli.options import (
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
from metrics.cube import Cube, count_cells
from metrics.estimate import choose_groupings
from metrics.progress import Progress
from metrics.question import Question
from metrics.scored import score
from metrics.sharing.ask import ask_shared, write_shared_json
from metrics.sharing.bundle import SUFFIX, read_bundle, write_bundle
from metrics.sharing.share import share, shareable
from metrics.sharing.shared_cube import Shared
from metrics.sharing.terms import LEAST_CELL, Terms, groupings_up_to
from metrics.sharing.words import say_contents, tell_contents
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
@min_units_option
@click.option("--title", default="", help="Default: one that names the file.")
@click.option("--note", default="", help="A word to the reader.")
@seed_option
@reading_options
def share_file(
    file: Path,
    output: Path,
    by: tuple[str, ...],
    order: int | None,
    metric: tuple[str, ...],
    min_cell: int,
    people: Literal["clusters", "rows"],
    min_units: int,
    title: str,
    note: str,
    seed: int,
    **given: Any,
) -> None:
    """Write what FILE shows of its groups, without its rows, to a bundle that anyone can open and ask.

    Whoever has the bundle can change metric, groups, baseline and confidence. It holds the numbers of every slice
    that has enough rows, and no row.
    """
    reading = read_options(given)
    if not str(output).endswith(".zip"):
        raise click.UsageError(f"-o {show(str(output))} is a zip file: give it a name such as report{SUFFIX}.")
    for flag, text, most in (("--title", title, _LONGEST_TITLE), ("--note", note, _LONGEST_NOTE)):
        if len(text) > most:
            raise click.UsageError(f"{flag} has {len(text):,} signs; it has up to {most:,}.")
    check_outputs({"-o": output}, [file, *input_files(given, reading)])
    asked = tuple(read_by(text) for text in by)
    with show_progress() as tell:
        question = Question(by=asked or None, metrics=metric or None)
        results = read_file(file, reading, question, progress=Progress(tell).part(0, 0.4))
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings(results.findings)
    with show_progress() as tell:
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
        )
        shared = share(results, scored, terms, progress=Progress(tell).part(0.4, 1))
        data = write_bundle(shared)
    put_file(lambda path: _write(path, data), output)
    for sentence in say_contents(shared, tell_contents(shared, scored)):
        click.echo(show(sentence), err=True)


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
