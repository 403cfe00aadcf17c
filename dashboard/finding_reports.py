"""Finding reports: a group that the model harms, told without a better model, and the list of those to review."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import bounty_play, state, submit_controls, submitting
from dashboard.bounty_play import Playing
from dashboard.charts.format import tidy
from dashboard.page_controls import metric_titles
from dashboard.parts import say, show_table
from dashboard.submitting import REPORTED, Answer, check_team, choose_name, find_place
from dashboard.waiting import Waiting, draw_waiting
from dashboard.words import count, plain
from dashboard.workspace import Workspace
from metrics.bounty.counted import METRIC_OF_LOSS, count_rows
from metrics.bounty.ledger import locked
from metrics.bounty.reports import (
    FOLDER,
    MOST_EVIDENCE,
    Report,
    list_reports,
    measure_report,
    parse_report,
    read_report,
)
from metrics.bounty.reviews import list_states, read_reviews
from metrics.bounty.telling import say_group
from metrics.bounty.terms import EXPLORE
from metrics.errors import Finding, QuestionError, ResultsError
from metrics.formatting import format_difference, format_interval, format_value
from metrics.progress import Tell
from metrics.registry import Metric

__all__ = ["SendingReport", "draw_form"]

MOST_REPORTS = 2_000  # of a bounty, by its page
_MOST_HARM, _MOST_STORY, _MOST_EVIDENCE_TEXT = 500, 5_000, 20_000


def draw_form(playing: Playing) -> None:
    """Draw the form of a report, what it comes to on the explore split, and the list of those that were sent."""
    _show_sent(playing)
    st.markdown(
        "For those who see a harm and have no model that mends it: say on whom it falls, by which measure, and tell "
        "its story. It changes nothing of the model; people review it."
    )
    team = submit_controls.draw_team()
    group, _ = submit_controls.choose_group(playing, "where")
    metrics = _metrics_of(playing)
    metric = _choose_metric(playing, metrics)
    harm = st.text_input(
        "Who is harmed, and how?", key="report_harm", max_chars=_MOST_HARM, persist_state="session"
    ).strip()
    story = st.text_area(
        "What happened (may stay empty)", key="report_story", max_chars=_MOST_STORY, persist_state="session", height=100
    ).strip()
    evidence = st.text_area(
        "Ids of rows that show it (may stay empty)",
        key="report_evidence",
        max_chars=_MOST_EVIDENCE_TEXT,
        persist_state="session",
        height=80,
        help=f"Up to {MOST_EVIDENCE}, a line or a comma between them.",
    )
    told = {"metric": metric, "harm": harm, "narrative": story, "evidence": _split(evidence)}
    if group is not None:
        _measure(playing, told | {"group": group}, metrics)
    st.button(
        "Send the report",
        key="report_send",
        type="primary",
        icon=":material/send:",
        disabled=group is None or not harm or not team.strip(),
        on_click=submitting.begin,
        args=(SendingReport(playing, team.strip(), told | {"group": group}, Workspace.at_home()),),
    )
    if group is None or not harm or not team.strip():
        st.caption("It takes a team, a group, and a sentence on who is harmed.")
    submitting.say_copy(playing)
    submitting.show_refused()
    _show_reports(playing)


def _metrics_of(playing: Playing) -> dict[str, Metric]:
    """Return what can be measured of the bounty's rows."""
    explore = playing.bounty.split == EXPLORE
    found = bounty_play.work_out(
        playing, "metrics", lambda tell: count_rows(playing.bounty, playing.game.current, explore, {}).metrics
    )
    if isinstance(found, Waiting):
        draw_waiting(found, "Counting was stopped; nothing is lost.", "Count again", key="report_metrics")
        state.keep_choices()
        st.stop()
    return dict(found)


def _choose_metric(playing: Playing, metrics: dict[str, Metric]) -> str:
    titles = metric_titles({name: m for name, m in metrics.items() if m.listed})
    first = METRIC_OF_LOSS[playing.terms.loss]
    names = sorted(titles, key=lambda name: name != first)
    chosen = st.selectbox("Measured by", names, key="report_metric", format_func=lambda n: titles.get(n, str(n)))
    return chosen if chosen in titles else names[0]


def _split(text: str) -> list[str]:
    return [word for word in (part.strip() for part in re.split(r"[\n,;]", text)) if word]


def _measure(playing: Playing, told: dict[str, Any], metrics: dict[str, Metric]) -> None:
    """Say what the explore split shows of a report as it is filled in."""
    try:
        report = parse_report(told | {"team": "you", "id": "draft", "harm": told["harm"] or "-"}, "the report")
        table = measure_report(playing.bounty, report, playing.game.current, (EXPLORE,))
    except (ResultsError, QuestionError) as error:
        _show_problem(error)
        return
    for row in table.to_dict("records"):
        say(say_measured(row, metrics[report.metric]))


def say_measured(row: Any, metric: Metric) -> str:
    """Return what the explore split shows of a report."""
    if row["status"] == "no data":
        return (
            f"On the explore split nothing can be said of the group's {metric.title.lower()}: there are no such rows."
        )
    value = f"{format_value(metric, row['value'])} {format_interval(metric, row['low'], row['high'])}"
    gap = format_difference(metric, row["difference"])
    limits = format_interval(metric, row["difference_low"], row["difference_high"], "difference")
    few = " There are too few rows to judge it by." if row["status"] != "ok" else ""
    return (
        f"On the explore split ({count(row['units'], 'row')}) its {metric.title.lower()} is {value}, "
        f"{format_value(metric, row['rest'])} of everyone else: a difference of {gap} {limits}.{few}"
    )


def _show_problem(error: ResultsError | QuestionError) -> None:
    if isinstance(error, ResultsError):
        submit_controls.show_problem(error)
    else:
        st.error(plain(str(error), 600), icon=":material/block:")


# -- those that were sent ------------------------------------------------------------------------


def _show_sent(playing: Playing) -> None:
    sent = state.recall(REPORTED)
    if sent is not None and sent.address == playing.place.id:
        st.success(f"Sent, as report {plain(sent.name, 64)}. It stands in the list to review.", icon=":material/check:")


def _show_reports(playing: Playing) -> None:
    """Draw the review list, and one report in full."""
    st.subheader("Reports to review", anchor=False)
    reports, unread = read_reports(playing.place.folder)
    if unread:
        st.caption(f"{count(unread, 'report')} in the folder cannot be read.")
    if not reports:
        st.markdown("Nothing was reported yet.")
        return
    try:
        states = list_states(reports, read_reviews(playing.place.folder))
    except ResultsError as error:
        submit_controls.show_problem(error)
        return
    table = states[["report", "team", "state", "metric", "harm", "of", "note"]].map(tidy)
    table.insert(4, "group", [tidy(say_group(report.group)) for report in reports])
    show_table(table, key="report_list", alt="The reports, and what was made of them")
    st.caption("Whoever runs the bounty reviews them, each by a line on the command line:")
    st.code("fairness-dashboard bounty review DIR TEAM/ID --state confirmed", language=None, wrap_lines=True)
    names = {report.key: report for report in reports}
    chosen = st.selectbox("Read a report", list(names), index=None, key="report_read", placeholder="Choose one")
    if chosen in names:
        _show_report(names[chosen])


def _show_report(report: Report) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(report.team, 64)} · {plain(report.id, 64)}**")
        say(f"{report.harm}")
        st.code(say_group(report.group), language=None, wrap_lines=True)
        st.caption(plain(f"Measured by {report.metric}.", 300))
        if report.narrative:
            st.text(report.narrative)
        if report.evidence:
            st.caption(plain(f"Rows that show it: {', '.join(report.evidence)}", 1200))


def read_reports(folder: Path) -> tuple[list[Report], int]:
    """Return the reports of a bounty, and how many files of them cannot be read."""
    reports, unread = [], 0
    for path in list_reports(folder)[:MOST_REPORTS]:
        try:
            reports.append(read_report(path))
        except ResultsError:
            unread += 1
    return reports, unread


# -- the work, which touches nothing of a page ---------------------------------------------------


@dataclass(eq=False)
class SendingReport:
    """The work of checking a report and putting it into the bounty's folder. Done again, it sends nothing twice."""

    playing: Playing
    team: str
    told: dict[str, Any]
    home: Workspace
    answer: Answer | None = None

    def __call__(self, tell: Tell) -> Answer:
        if self.answer is None:
            tell("Checking", 0.0)
            try:
                self.answer = self._send()
            except ResultsError as error:
                return Answer(self.playing.place.id, findings=tuple(error.findings), what="report")
            except QuestionError as error:
                found = Finding("stop", "the report", "cannot be measured.", str(error))
                return Answer(self.playing.place.id, findings=(found,), what="report")
        return self.answer

    def _send(self) -> Answer:
        check_team(self.team)
        tree = self.told | {"team": self.team, "id": "draft"}
        measure_report(self.playing.bounty, parse_report(tree, "the report"), self.playing.game.current, (EXPLORE,))
        place = find_place(self.playing, self.home)
        with locked(place.folder):
            name = choose_name(list_reports(place.folder), MOST_REPORTS, "reports")
            path = place.folder / FOLDER / self.team / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{name}")
            beside.write_text(json.dumps(tree | {"id": name}, ensure_ascii=False, indent=1), encoding="utf-8")
            beside.replace(path)
        return Answer(place.id, self.team, name, what="report")
