"""`card FILE -o card.html|.md|.json|.toml`: an AI service card of what was measured and an author's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from dashboard.cli.measure import read_file
from dashboard.cli.options import (
    Reading,
    asking_options,
    file_argument,
    input_files,
    read_options,
    read_question,
    reading_options,
)
from dashboard.cli.output import check_outputs, put_file, say_findings, show_progress
from metrics.basis import name_changes
from metrics.card import make_card
from metrics.card_words import SECTIONS, Words
from metrics.cube import Cubes, count_cells
from metrics.document import Document, make_document
from metrics.errors import Finding
from metrics.placeholders import list_placeholders
from metrics.policy import TEMPLATES, Policy, load_template
from metrics.progress import Progress
from metrics.question import Question
from metrics.results import Results
from metrics.scored import score
from metrics.writing import show

__all__ = ["card_file", "check_output", "measure_document", "write_text"]

ENDINGS = (".html", ".md", ".json", ".toml")
_WORDS = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("card")
@file_argument()
@click.option(
    "--words", "words_file", type=_WORDS, help="The author's words (TOML); -o card.toml writes one to fill in."
)
@click.option(
    "--policy",
    "policy_name",
    metavar="P.toml|TEMPLATE",
    help=f"Tell the verdicts of this policy: a file, or a template by its name ({', '.join(TEMPLATES)}).",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The card; its ending says what it is: .html, .md, .json (Model Card Toolkit's form), or .toml (the words).",
)
@reading_options
@asking_options
def card_file(file: Path, words_file: Path | None, policy_name: str | None, output: Path, **given: Any) -> None:
    """Write an AI service card of FILE: the author's words, the numbers measured.

    In the words, {word_error_rate: accent = scottish} becomes that value with its interval. Words that were written
    for other data are kept, and marked as stale.
    """
    reading, asked = read_options(given), read_question(given)
    kept = None if output.suffix == ".toml" else words_file  # words are filled in where they stand
    check_output(output, ENDINGS, [file, policy_name, kept, *input_files(given, reading)])
    words = Words() if words_file is None else Words.load(words_file)
    policy = None if policy_name is None else _find_policy(policy_name)
    document, _ = measure_document(file, reading, asked.question, policy, also=_list_asked(words))
    card = make_card(document, words)
    stale = [section for section in card.sections if section.changes]
    say_findings(
        [
            Finding("warn", f"section '{s.name}'", f"was written before {name_changes(s.changes)} changed.", _CURE)
            for s in stale
        ]
    )
    from dashboard.report.card import write_card

    write_text(write_card(document, words, output.suffix.lower()[1:]), output)


_CURE = "Read it again; it holds once its table under [written_for] is taken out of the words."


def check_output(output: Path, endings: Iterable[str], inputs: Iterable[Any]) -> None:
    """Refuse, before any work, a form that is not known, a folder that is not there, or an input as the output."""
    shown, known = show(str(output)), list(endings)
    if output.suffix.lower() not in known:
        raise click.UsageError(f"-o {shown}: it ends in {', '.join(known[:-1])} or {known[-1]}.")
    if not output.parent.is_dir():
        raise click.UsageError(f"-o {shown}: there is no folder {show(str(output.parent))}.")
    check_outputs({"-o": output}, inputs)


def measure_document(
    file: Path,
    reading: Reading,
    question: Question,
    policy: Policy | None = None,
    also: Sequence[tuple[str, ...]] = (),
) -> tuple[Document, Cubes]:
    """Return what a file answers, with its counts; `also` are more groupings. Findings go to stderr."""
    with show_progress() as tell:
        results: Results = read_file(file, reading, question, progress=Progress(tell).part(0, 0.6))
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings(results.findings)
    with show_progress() as tell:
        work = Progress(tell).part(0.6, 1)
        work("Telling right from wrong")
        cubes = count_cells(score(results))
        question = _extend(question, cubes, also)
        return make_document(results, cubes, question, policy=policy, progress=work), cubes


def _extend(question: Question, cubes: Cubes, also: Sequence[tuple[str, ...]]) -> Question:
    """Return the question with groupings more; those of attributes that the file lacks are left to be told of."""
    axes = [axis.name for axis in cubes.axes]
    by = question.by or tuple(axes)
    there = [{entry} if isinstance(entry, str) else set(entry) for entry in by]
    more = [names for names in also if set(names) not in there and set(names) <= set(axes)]
    return replace(question, by=(*by, *more)) if more else question


def write_text(text: str, output: Path) -> None:
    put_file(lambda path: _write(text, path), output)


def _write(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")


def _find_policy(name: str) -> Policy:
    return load_template(name) if name in TEMPLATES and not Path(name).exists() else Policy.load(name)


def _list_asked(words: Words) -> tuple[tuple[str, ...], ...]:
    """Return the groupings that placeholders in the words speak of."""
    return tuple(dict.fromkeys(axes for s in SECTIONS for axes in list_placeholders(words.of(s.name))))
