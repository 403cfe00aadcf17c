"""`check FILE --policy P.toml`: the verdicts of a policy, as an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from dashboard.cli.measure import read_file
from dashboard.cli.options import (
    Reading,
    file_argument,
    format_option,
    input_files,
    output_option,
    read_options,
    reading_options,
    seed_option,
)
from dashboard.cli.output import check_outputs, put_out, say_findings, show_progress
from metrics.checked import Checked, UndecidedIs, attributes_of, check, exit_code, metrics_of
from metrics.cube import count_cells
from metrics.errors import Finding, ResultsError, nearest
from metrics.policy import TEMPLATES, Policy, load_template
from metrics.progress import SILENT, Progress
from metrics.question import Question
from metrics.results import Results
from metrics.schema import Schema
from metrics.scored import score
from metrics.verdict_junit import write_verdicts_junit
from metrics.verdict_markdown import write_verdicts_markdown
from metrics.verdict_sensitivity import find_sensitive, vary_verdicts
from metrics.verdict_writing import write_verdict_tables, write_verdicts_json

__all__ = ["check_file", "find_policy", "help_with_template", "read_for_policy"]


def _show_template(context: click.Context, _: click.Parameter, name: str | None) -> None:
    if name is not None:
        click.echo(load_template(name).dumps(), nl=False)
        context.exit()


@click.command("check")
@file_argument()
@click.option(
    "--policy",
    "policy_name",
    required=True,
    metavar="P.toml|TEMPLATE",
    help=f"The policy: a file, or a template by its name ({', '.join(TEMPLATES)}).",
)
@click.option(
    "--undecided-is",
    type=click.Choice(["fail", "pass"]),
    help="What 'undecided' counts as in the exit code and in JUnit. Default: neither.",
)
@click.option(
    "--show-template",
    type=click.Choice(TEMPLATES),
    is_eager=True,
    expose_value=False,
    callback=_show_template,
    help="Print a template, to be edited, and do nothing else.",
)
@reading_options
@seed_option
@format_option(["table", "json", "junit", "markdown"], help_text="Of the verdicts.")
@output_option
def check_file(
    file: Path,
    policy_name: str,
    undecided_is: UndecidedIs,
    seed: int,
    form: str,
    output: Path | None,
    **given: Any,
) -> int:
    """Judge FILE by a policy. Exit codes: 0 all pass, 1 any fails, 3 nothing fails but not all is decided.

    Metrics, groups, baselines, confidence and the like stand in the policy, rule by rule.
    """
    reading, policy = read_options(given), find_policy(policy_name)
    check_outputs({"-o": output}, [file, policy_name, *input_files(given, reading)])
    with show_progress() as tell, help_with_template(policy_name, policy):
        results = read_for_policy(file, reading, policy, progress=Progress(tell).part(0, 0.6))
    pa.default_memory_pool().release_unused()  # what reading took and gave back
    say_findings(results.findings)

    def again(schema: Schema) -> Results:
        """Read the file under another schema, for the verdicts that hang on it."""
        return read_file(file, replace(reading, schema=schema), Question(), strict=False)

    with show_progress() as tell:
        work = Progress(tell).part(0.6, 1)
        work("Telling right from wrong")
        cubes = count_cells(score(results))
        checked = check(results, cubes, policy, seed=seed, progress=work.part(0.1, 0.4))
        changes = vary_verdicts(results, cubes, policy, again, work.part(0.4, 1))
    checked = replace(checked, findings=(*checked.findings, *find_sensitive(changes)))
    say_findings(checked.findings)
    put_out(_write(checked, form, undecided_is), output)
    return exit_code(checked.verdicts, checked.rules, undecided_is)


def find_policy(name: str) -> Policy:
    """Return the policy of a file, or the template of this name.

    Raises click.UsageError where it is neither, ResultsError with every problem of the file.
    """
    if Path(name).is_file():
        return Policy.load(name)
    if name in TEMPLATES:
        return load_template(name)
    hint = nearest(name, TEMPLATES) or f"Templates are: {', '.join(TEMPLATES)}."
    raise click.UsageError(f"--policy {name!r} is neither a file nor a template. {hint}")


def read_for_policy(
    file: Path, reading: Reading, policy: Policy, beside: Question | None = None, progress: Progress = SILENT
) -> Results:
    """Read the file with the attributes and metrics of the rules in mind, and those that are asked for `beside`.

    A rule without `by` speaks of every attribute there is, also where others name some: then the attributes are
    guessed first, as if nobody had named any.
    """
    groups = [] if beside is None else [(b,) if isinstance(b, str) else b for b in beside.by or ()]
    asked = tuple(dict.fromkeys(name for names in (*groups, *map(attributes_of, policy.rules)) for name in names))
    metrics = dict.fromkeys(name for rule in policy.rules for name in metrics_of(rule))
    of_all = any(not metrics_of(rule) for rule in policy.rules)  # a criterion with a measure of its own
    of_every = any(rule.by is None for rule in policy.rules)
    if beside is not None:
        metrics |= dict.fromkeys(beside.metrics or ())
        of_all, of_every = of_all or beside.metrics is None, of_every or beside.by is None
    question = Question(by=asked or None, metrics=None if of_all else tuple(metrics))
    if of_every and not reading.schema.attributes:
        guessed = read_file(file, reading, replace(question, by=None), progress=progress)
        if set(asked) <= {str(name) for name in guessed.attributes}:
            return guessed
        reading = replace(reading, schema=guessed.schema)
    return read_file(file, reading, question, progress=progress)


@contextmanager
def help_with_template(name: str, policy: Policy) -> Iterator[None]:
    """Say how to put one's own columns into a template where the file lacks those that it names."""
    try:
        yield
    except ResultsError as error:
        asked = [attribute for rule in policy.rules for attribute in attributes_of(rule)]
        lacking = {f"column {attribute!r}" for attribute in asked} & {f.where for f in error.findings}
        if name not in TEMPLATES or Path(name).is_file() or not lacking:
            raise
        found = f"speaks of {' and '.join(dict.fromkeys(asked))}."
        cure = (
            f"Where your columns are called otherwise: fairness-dashboard check --show-template {name} > policy.toml, "
            "put their names in, and use --policy policy.toml."
        )
        raise ResultsError([*error.findings, Finding("stop", f"the template {name}", found, cure)]) from error


def _write(checked: Checked, form: str, undecided_is: UndecidedIs) -> str:
    if form == "json":
        return write_verdicts_json(checked)
    if form == "junit":
        return write_verdicts_junit(checked, undecided_is)
    return write_verdicts_markdown(checked) if form == "markdown" else write_verdict_tables(checked)
