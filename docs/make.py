"""Write what the docs say of metrics, roles, limits and commands from the code; `--check` says what is out of date.

`docs/metrics.md` is written as a whole. Elsewhere a table between `<!-- written: NAME -->` and `<!-- end -->` is. A
check also says which links lead nowhere.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from math import isinf
from pathlib import Path
from textwrap import fill

import click

from dashboard import cli
from metrics.criteria import CRITERIA
from metrics.formulas import write_formula, write_interval
from metrics.policy import TEMPLATES, load_template
from metrics.reading.limits import Limits
from metrics.registry import Criterion, Metric
from metrics.tasks import COMMON, TASKS, binary, multiclass, regression, transcription

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "metrics.md"
_SEVERAL = 5  # commands that have an option make it a shared one
_FEW = 4  # shared options that are named where a command takes no more of them
CLASS = "cat"  # a class to name one-vs-rest metrics by

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_WRITTEN = re.compile(r"(<!-- written: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_CODE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
_NEEDS = {
    "label": "the truth",
    "prediction": "predictions (or scores and a threshold)",
    "score": "scores",
    "reference": "reference transcripts",
    "hypothesis": "transcripts of the system",
    "cluster": "the speakers",
}
_BETTER = {"higher": "higher is better", "lower": "lower is better", "neither": "neither direction is better by itself"}

_OPENING = """\
<!-- Written by docs/make.py from the declarations in metrics/tasks/. Change those and run `make docs`. -->
# Metrics

Every number comes with the counts behind it, a 95 % interval (unless you choose another level) and a status; what is
undefined (0 of 0) is `no data`, never 0. [Concepts](concepts.md) says how to read them. Names in `code` are what the
command line, policies and the JSON use.
"""
_FAVOURED = """\
Which prediction is good for the person is for you to say (`favourable` in the schema, `--favourable`). The formulas are
for a favourable positive, as in lending; where the negative prediction is the good one, as in bail, they change places.
"""
_SEVERAL_CLASSES = """\
Every class counts against the rest, unless one is named as the positive one.
"""
_TRANSCRIPTS = """\
Rates are pooled over a group: all its edits over all its words. An utterance without reference words adds its invented
words to the pooled edits and has no rate of its own. Metrics of speakers need the column of the speakers (`--cluster`).
"""
_CRITERIA = """\
A criterion asks for something to be equal over groups. Criteria conflict: where base rates differ, an imperfect model
cannot have equal error rates and equal predictive values at once (Chouldechova 2017; Kleinberg, Mullainathan &
Raghavan 2017). They are shown side by side, and there is no single score.
"""


def write_reference() -> str:
    """Return the reference of all metrics and criteria as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _OPENING
    yield from _index()
    yield from _section("Classification with a positive class", binary.METRICS)
    yield from _section("Once the favourable prediction is declared", binary.favoured_metrics("positive"), _FAVOURED)
    yield from _several_classes()
    yield from _section(TASKS["regression"].title, regression.METRICS)
    yield from _section(TASKS["transcription"].title, transcription.METRICS, _TRANSCRIPTS)
    yield from _criteria(CRITERIA)


def _index() -> Iterator[str]:
    """Every other name a metric has, so that someone who knows it by that name finds it."""
    metrics = [m for m in (*binary.METRICS, *regression.METRICS, *transcription.METRICS) if m.listed]
    names = {name: m for m in metrics for name in (m.title, *m.also)}
    yield "| You may know it as | Here |"
    yield "|---|---|"
    for name in sorted(names, key=str.casefold):
        yield f"| {_cell(name)} | [`{names[name].name}`](#{names[name].name}) |"


def _section(title: str, metrics: Iterable[Metric], note: str = "") -> Iterator[str]:
    yield from ("", f"## {title}", "")
    if note:
        yield note
    for metric in metrics:
        yield from _entry(metric)


def _entry(metric: Metric) -> Iterator[str]:
    yield f'### <a id="{metric.name}"></a>{metric.title}: `{metric.name}`'
    yield ""
    yield metric.meaning
    yield ""
    yield f"- Formula: {_cell(write_formula(metric.formula))}"
    yield f"- Range: {_range(metric)}; {_BETTER[metric.better]}"
    yield f"- Interval: {write_interval(metric)}"
    yield f"- Takes {_and([_NEEDS[column] for column in _NEEDS if column in metric.needs])}"
    if metric.complement:
        yield f"- Is 1 minus [`{metric.complement}`](#{metric.complement})"
    if metric.also:
        yield f"- Also known as {_and(metric.also)}"
    if metric.misleads:
        yield f"- Beware: {metric.misleads}"
    if not metric.listed:
        yield "- Serves criteria only; it is not measured by itself"
    yield f"- Source: {metric.source}"
    yield ""


def _several_classes() -> Iterator[str]:
    metrics = multiclass.class_metrics((CLASS,))
    whole = [m for m in metrics if m.of_class is None and not m.name.startswith("macro_")]
    means = [m for m in metrics if m.of_class is None and m.name.startswith("macro_")]
    classes = [m for m in metrics if m.of_class is not None]
    yield from ("", "## Classification into several classes", "", _SEVERAL_CLASSES)
    yield f"- Over all classes: {_names(whole)}"
    yield f"- One class against the rest, here the class {CLASS!r}: {_names(classes)}"
    yield f"- Plain means over the classes, in which rare classes weigh as much as frequent ones: {_names(means)}"


def _criteria(criteria: Iterable[Criterion]) -> Iterator[str]:
    yield from ("", "## Criteria", "")
    yield _CRITERIA
    yield from ("| Criterion | Says | Compares | Also known as | Source |", "|---|---|---|---|---|")
    for criterion in criteria:
        compared = ", ".join(f"[`{name}`](#{name})" for name in criterion.metrics) or "its own measure"
        cells = (
            f"{criterion.title}: `{criterion.name}`",
            criterion.meaning,
            compared,
            ", ".join(criterion.also),
            criterion.source,
        )
        yield "| " + " | ".join(map(_cell, cells)) + " |"


def _range(metric: Metric) -> str:
    low, high = ("unbounded" if isinf(bound) else f"{bound:g}" for bound in metric.bounds)
    return f"{low} to {high}" if low != "unbounded" or high != "unbounded" else "unbounded"


def _names(metrics: Iterable[Metric]) -> str:
    return ", ".join(f"`{metric.name}`" for metric in metrics)


def _and(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def write_limits() -> str:
    """Return the limits of reading as a table."""
    here, there = Limits.browser(), Limits.command_line()
    rows = [f"| `{f.name}` | {getattr(here, f.name):,} | {getattr(there, f.name):,} |" for f in fields(Limits)]
    return "\n".join(["| Limit | In the browser | On the command line |", "|---|---|---|", *rows, ""])


def write_roles() -> str:
    """Return the roles of columns as a table, each under the tasks that have it."""
    tasks_of: dict[str, list[str]] = {}
    meanings: dict[str, str] = {}
    for task in TASKS.values():
        for role in task.roles:
            tasks_of.setdefault(role.name, []).append(task.title.lower())
            meanings.setdefault(role.name, role.meaning)
    rows = [f"| `{name}` | {_cell(meanings[name])} | {', '.join(tasks)} |" for name, tasks in tasks_of.items()]
    rows += [f"| `{role.name}` | {_cell(role.meaning)} | any |" for role in COMMON]
    return "\n".join(["| Role | Is | Task |", "|---|---|---|", *rows, ""])


def write_commands() -> str:
    """Return every command with its options; those that several share stand once, at the end."""
    group = click.Context(cli.commands, info_name="fairness-dashboard")
    named = dict(_list_commands(cli.commands, group))
    commands = list(named.values())
    # Options of one name that say something else are not the same option.
    uses = Counter((option.name, option.help) for command in commands for option in _options(command))
    all_options = [option for command in commands for option in _options(command)]
    shared = {option.name: option for option in all_options if uses[option.name, option.help] >= _SEVERAL}
    lines: list[str] = []
    for name, command in named.items():
        # click keeps the help option of whoever asks first, so it is asked as the program asks.
        context = click.Context(command, info_name=f"fairness-dashboard {name}", **cli.commands.context_settings)
        lines += [f"### `{' '.join([context.info_name or '', *command.collect_usage_pieces(context)])}`", ""]
        lines += [inspect.cleandoc(command.help or "").replace("\f", ""), ""]
        own = [option for option in _options(command) if not _is_shared(option, shared)]
        lines += [*_option_table(own, context), ""] if own else []
        lines += _say_shared(command, shared)
    if shared:
        lines += ["### Shared options", "", *_option_table(shared.values(), group), ""]
    return "\n".join(lines)


def _list_commands(group: click.Group, context: click.Context, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Return the commands of a group by what is typed; in the place of a group inside it, that one's commands."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _list_commands(command, context, f"{before}{name} ")
        elif command is not None:
            yield f"{before}{name}", command


def _say_shared(command: click.Command, shared: Mapping[str | None, click.Option]) -> list[str]:
    """Say that a command takes the shared options, and which of them it does not; of a few, which it does."""
    taken = {option.name for option in _options(command) if _is_shared(option, shared)}
    if 0 < len(taken) < _FEW:
        named = [f"`{max(option.opts, key=len)}`" for name, option in shared.items() if name in taken]
        return [f"It also takes {_and(named)} of the [shared options](#shared-options).", ""]
    missing = [f"`{max(option.opts, key=len)}`" for name, option in shared.items() if name not in taken]
    but = f" but for {_and(missing)}" if missing else ""
    return [f"It also takes the [shared options](#shared-options){but}.", ""] if taken else []


def _is_shared(option: click.Option, shared: Mapping[str | None, click.Option]) -> bool:
    return option.name in shared and shared[option.name].help == option.help


def _options(command: click.Command) -> list[click.Option]:
    return [param for param in command.params if isinstance(param, click.Option) and not param.hidden]


def _option_table(options: Iterable[click.Option], context: click.Context) -> Iterator[str]:
    yield from ("| Option | Means |", "|---|---|")
    for option in options:
        names, meaning = option.get_help_record(context) or ("", "")
        yield f"| `{_cell(names).replace(' RANGE', '')}` | {_cell(meaning)} |"


def write_templates() -> str:
    """Return the policies that come with the package, each as it is written."""
    lines = []
    for name in TEMPLATES:
        policy = load_template(name)
        lines += [f"### `{name}`", "", fill(policy.description, 120), "", f"Source: {policy.source}", ""]
        rules = replace(policy, description="", source="").dumps()
        lines += ["```toml", *rules.splitlines(), "```", ""]
    return "\n".join(lines)


PARTS: dict[str, Callable[[], str]] = {
    "commands": write_commands,
    "limits": write_limits,
    "roles": write_roles,
    "templates": write_templates,
}


def rewrite(text: str) -> str:
    """Return a page with its written parts as the code has them. Raises KeyError for a part that is none."""
    return _WRITTEN.sub(lambda found: found[1] + PARTS[found[2]]() + found[3], text)


def find_problems() -> list[str]:
    """Return what is wrong with the docs, a sentence each."""
    problems = []
    if not REFERENCE.exists() or REFERENCE.read_text(encoding="utf-8") != write_reference():
        problems.append("docs/metrics.md is not what the declarations say: run `make docs` and commit it.")
    for page in _pages():
        name, text = page.relative_to(ROOT), page.read_text(encoding="utf-8")
        if text != rewrite(text):
            problems.append(f"{name}: a table is not what the code says: run `make docs` and commit it.")
        for target in _LINK.findall(_CODE.sub("", text)):
            if problem := _problem_with(target, page, text):
                problems.append(f"{name}: the link to {target!r} {problem}")
    return problems


def _pages() -> list[Path]:
    folders = (ROOT.glob("*.md"), (ROOT / "docs").rglob("*.md"), (ROOT / "sample_data").glob("*.md"))
    return sorted(page for pages in folders for page in pages)


def _problem_with(target: str, page: Path, text: str) -> str:
    if target.startswith(("https://", "mailto:")):
        return ""  # not tried: nothing here reaches out to the network
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return "leads to no file."
    there = text if file == page else file.read_text(encoding="utf-8") if anchor else ""
    return "leads to no heading." if anchor and anchor not in _anchors(there) else ""


def _anchors(text: str) -> set[str]:
    """The anchors of a page: those named in it, and those that are made from headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where something is out of date")
    if not parser.parse_args().check:
        REFERENCE.write_text(write_reference(), encoding="utf-8")
        for page in _pages():
            page.write_text(rewrite(page.read_text(encoding="utf-8")), encoding="utf-8")
    problems = find_problems()
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
