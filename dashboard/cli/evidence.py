"""`evidence FILE --slice S --metric M -o sheet.html|.md|.json`: a finding on one page, or the answer to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
import pandas as pd

from dashboard.cli.card import check_output, measure_document, write_text
from dashboard.cli.options import (
    asking_options,
    file_argument,
    input_files,
    read_options,
    read_question,
    reading_options,
)
from metrics.compare import BASELINES, compare
from metrics.cube import Cubes
from metrics.errors import Finding, ResultsError, nearest, stop
from metrics.evidence import Told, answer_evidence, make_evidence
from metrics.evidence_json import MOST_BYTES, read_sheet, sheet_settings
from metrics.question import Question, drop_only_name
from metrics.slices import Slice
from metrics.toml import read_toml

__all__ = ["evidence_file", "read_told"]

_ENDINGS = (".html", ".md", ".json")
_A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LONGEST = 20_000


@click.command("evidence")
@file_argument()
@click.option("--slice", "slice_text", metavar="CONDITION", help="The slice, such as 'accent = indian & sex = female'.")
@click.option("--answer", "sheet_file", type=_A_FILE, help="Answer this sheet (JSON) with the numbers of FILE.")
@click.option("--on-system", "system", metavar="NAME", help="The system that it is about, where there are several.")
@click.option("--author", help="Who says so.")
@click.option("--sampling", help="How the sample was drawn, in your words.")
@click.option("--overturn", help="What would overturn it, in your words.")
@click.option("--looked-at", type=click.IntRange(min=1), help="How many slices you looked at in all, if more.")
@click.option("--words", "words_file", type=_A_FILE, help="A TOML file of author, sampling, overturn, note, looked_at.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The sheet; its ending says what it is: .html, .md, or .json (which travels to whoever answers).",
)
@reading_options
@asking_options
def evidence_file(
    file: Path,
    slice_text: str | None,
    sheet_file: Path | None,
    system: str | None,
    words_file: Path | None,
    output: Path,
    **given: Any,
) -> None:
    """Write a finding about one slice of FILE on one page, or the answer to someone else's finding.

    The slice is compared with --baseline; which slices it stands among is told by its attributes.
    """
    told = read_told(words_file, {f.name: given.pop(f.name, None) for f in fields(Told)})
    reading, asked = read_options(given), read_question(given)
    check_output(output, _ENDINGS, [file, words_file, sheet_file, *input_files(given, reading)])
    if (slice_text is None) == (sheet_file is None):
        raise click.UsageError("Name the slice with --slice 'sex = female', or the sheet to answer with --answer.")
    sheet_text = None if sheet_file is None else _read_sheet(sheet_file)
    where = f"sheet '{sheet_file}'"
    if sheet_text is None:
        cell, metric, question = *_name_finding(slice_text or "", asked.question), asked.question
    else:
        cell, metric, baseline, confidence, min_units = sheet_settings(sheet_text, where)
        question = replace(asked.question, baseline=baseline, confidence=confidence, min_units=min_units)
        _refuse_other_questions(asked.question)
    question = replace(question, by=(cell.axes,), metrics=(metric,), kinds=("difference",))
    document, cubes = measure_document(file, reading, question)
    others = _compare_others(drop_only_name(cubes), question)
    if sheet_text is None:
        sheet = make_evidence(document, cell, metric, told, others=others, system=system)
    else:
        finding = read_sheet(sheet_text, document.metrics, where)
        sheet = answer_evidence(finding, document, told, others=others, system=system)
    from dashboard.report.evidence import write_evidence

    write_text(write_evidence(sheet, output.suffix.lower()[1:]), output)


def read_told(path: Path | None, flags: Mapping[str, Any]) -> Told:
    """Return an author's words from a TOML file and flags, which overrule it. Raises ResultsError."""
    tree = {} if path is None else _load(path)
    known = {f.name for f in fields(Told)}
    problems = []
    for key, value in tree.items():
        where = f"words '{path}'"
        if key not in known:
            hint = nearest(key, known) or f"Known are: {', '.join(sorted(known))}."
            problems.append(Finding("stop", where, f"has an unknown key {key!r}.", hint))
        elif key == "looked_at" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            problems.append(Finding("stop", where, f"has {key} = {value!r}.", "Write a whole number from 1 up."))
        elif key != "looked_at" and (not isinstance(value, str) or len(value) > _LONGEST):
            problems.append(Finding("stop", where, f"has {key!r}, which is no text.", "Put it in quotes."))
    if problems:
        raise ResultsError(problems)
    return Told(**{**tree, **{key: value for key, value in flags.items() if value is not None}})


def _load(path: Path) -> dict[str, Any]:
    where = f"words '{path}'"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise stop(where, f"cannot be read ({error}).", "Check that it is UTF-8 text.") from error
    return read_toml(text, where)


def _read_sheet(path: Path) -> bytes:
    if path.stat().st_size > MOST_BYTES:
        raise stop(f"sheet '{path}'", f"is larger than {MOST_BYTES:,} bytes.", "Take the JSON of an evidence sheet.")
    return path.read_bytes()


def _name_finding(text: str, question: Question) -> tuple[Slice, str]:
    cell = Slice.parse(text)
    if not cell.levels:
        raise click.UsageError("--slice is about some, not about everyone; write it like 'sex = female'.")
    if len(question.metrics or ()) != 1:
        raise click.UsageError("A finding is about one metric; name it once with --metric.")
    if question.by is not None:
        raise click.UsageError("--by follows from --slice; take it out.")
    return cell, (question.metrics or ("",))[0]


def _refuse_other_questions(question: Question) -> None:
    blank = Question()
    told = {"--by": question.by, "--metric": question.metrics}
    named = [flag for flag, value in told.items() if value is not None]
    named += [
        f"--{key.replace('_', '-')}"
        for key in ("baseline", "confidence", "min_units")
        if getattr(question, key) != getattr(blank, key)
    ]
    if named:
        raise click.UsageError(f"{', '.join(named)}: an answer asks what the sheet asks; take it out.")


def _compare_others(cubes: Cubes, question: Question) -> pd.DataFrame:
    """Return the same slices against the other usual baselines."""
    return pd.concat(
        [
            compare(
                cubes,
                question.by,
                question.metrics,
                baseline=baseline,
                confidence=question.confidence,
                correction=question.correction,
                min_units=question.min_units,
            )
            for baseline in BASELINES
            if baseline != question.baseline
        ],
        ignore_index=True,
    )
