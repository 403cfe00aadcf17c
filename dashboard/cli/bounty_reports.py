"""`bounty reports|review DIR`: findings that came without a model, measured and reviewed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pandas as pd

from dashboard.cli.options import format_option
from dashboard.cli.output import put_out, say_findings, show_progress
from metrics.bounty.folder import play_folder
from metrics.bounty.reports import Report, list_reports, measure_report, read_report
from metrics.bounty.reviews import STATES, list_states, read_reviews, review_report
from metrics.bounty.rows import Bounty
from metrics.errors import Finding, QuestionError, ResultsError
from metrics.formatting import NOTHING, format_number, format_p
from metrics.progress import Progress
from metrics.writing import describe_findings, dump_json, records, show, write_section

__all__ = ["list_findings", "review_finding"]

_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
FORMAT, VERSION = "fairness-dashboard bounty reports", 1


@click.command("reports")
@_FOLDER
@format_option(["table", "json"])
@click.option("--current", is_flag=True, help="Measure the current model instead of the baseline.")
def list_findings(folder: Path, form: str, current: bool) -> int:
    """List the finding reports of DIR with their state, and measure each on the explore and the validation rows.

    For who reviews: the numbers have all digits. Exit codes: 0 listed, 2 a report cannot be read or measured (it is
    named; the others are listed).
    """
    with show_progress() as tell:
        played = play_folder(folder, progress=Progress(tell))
    model = played.game.current if current else played.bounty.baseline
    reports, problems = _read_all(folder)
    measured: dict[str, pd.DataFrame] = {}
    for report in reports:
        found = _measure(played.bounty, report, model)
        if isinstance(found, pd.DataFrame):
            measured[report.key] = found
        else:
            problems += found
    say_findings(problems)
    states = list_states(reports, read_reviews(folder))
    put_out(_write_json(states, measured, problems) if form == "json" else _write_table(states, measured), None)
    return 2 if problems else 0


@click.command("review")
@_FOLDER
@click.argument("report", metavar="TEAM/ID")
@click.option("--state", type=click.Choice(STATES), required=True, help="What the review comes to.")
@click.option("--of", default="", metavar="TEAM/ID", help="The report that a duplicate repeats.")
@click.option("--note", default="", help="Why, in a sentence or two.")
def review_finding(folder: Path, report: str, state: str, of: str, note: str) -> int:
    """Say what became of the finding report TEAM/ID of DIR; the review is added to reviews.jsonl, and stays."""
    reports, problems = _read_all(folder)
    say_findings(problems)
    made = review_report(folder, reports, report, state, of, note)
    put_out(
        f"{show(made.report)} is {made.state}{f' of {show(made.of)}' if made.of else ''} (review {made.number}).\n",
        None,
    )
    return 0


def _read_all(folder: Path) -> tuple[list[Report], list[Finding]]:
    reports: list[Report] = []
    problems: list[Finding] = []
    for path in list_reports(folder):
        try:
            reports.append(read_report(path))
        except ResultsError as error:
            problems += error.findings
    return reports, problems


def _measure(bounty: Bounty, report: Report, model: Any) -> pd.DataFrame | list[Finding]:
    try:
        return measure_report(bounty, report, model)
    except ResultsError as error:
        return error.findings
    except QuestionError as error:
        return [Finding("stop", f"report '{report.key}'", "cannot be measured.", str(error))]


def _write_json(states: pd.DataFrame, measured: dict[str, pd.DataFrame], problems: list[Finding]) -> str:
    rows = [
        {"team": key.partition("/")[0], "report": key.partition("/")[2]} | row
        for key, table in measured.items()
        for row in records(table)
    ]
    head = {"format": FORMAT, "version": VERSION, "findings": describe_findings(problems)}
    return dump_json(head | {"reports": records(states), "measured": rows})


def _write_table(states: pd.DataFrame, measured: dict[str, pd.DataFrame]) -> str:
    headings = [
        "report",
        "state",
        "of",
        "metric",
        "split",
        "rows",
        "value",
        "rest",
        "difference",
        "from",
        "to",
        "p",
        "status",
    ]
    rows = [headings]
    for row in states.to_dict("records"):
        key = f"{row['team']}/{row['report']}"
        first = [key, row["state"], row["of"], row["metric"]]
        table = measured.get(key)
        lines = [[]] if table is None else [_numbers(line) for line in table.to_dict("records")]
        for number, line in enumerate(lines):
            rows.append([*(first if number == 0 else [""] * 4), *(line or [""] * 9)])
    if len(rows) == 1:
        return "No finding was reported.\n"
    return write_section("Finding reports", rows)


def _numbers(line: dict[Any, Any]) -> list[str]:
    values = [format_number(line[name]) for name in ("value", "rest")]
    gap = [format_number(line[name], signed=True) for name in ("difference", "difference_low", "difference_high")]
    status = "" if line["status"] == "ok" else str(line["status"])
    return [
        str(line["split"]),
        f"{line['units']:,}" if line["units"] else NOTHING,
        *values,
        *gap,
        format_p(line["p"]),
        status,
    ]
