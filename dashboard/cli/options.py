"""Every option of the commands that read a file, declared once, and what they become.

The options of reading, roles and definitions become one `Schema` (inside a `Reading`), those of the
question one `Asked`. The flags of roles come from the tasks' own declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

import click

from dashboard.cli.lists import split_assignment, split_list, split_quoted, unquote
from metrics.errors import ResultsError, nearest
from metrics.levels import as_number
from metrics.question import Question
from metrics.reading.join import parse_join
from metrics.reading.limits import Limits
from metrics.registry import Role
from metrics.schema import Attribute, FileOptions, Schema, System
from metrics.slices import Slice
from metrics.tasks import TASKS, roles

__all__ = [
    "Asked",
    "Reading",
    "asking_options",
    "by_option",
    "file_argument",
    "format_option",
    "input_files",
    "joining_options",
    "metric_option",
    "min_units_option",
    "output_option",
    "question_options",
    "read_by",
    "read_limits",
    "read_options",
    "read_question",
    "reading_options",
    "seed_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])

NONE = "none"  # switches off the guess of a role

# Options of definitions that are taken over as they are.
_DEFINED = ("task", "favourable", "threshold", "score_scale", "tolerance", "where", "normalizer", "terms")
_BASELINES = ("rest", "overall", "best", "largest")


@dataclass(frozen=True)
class Reading:
    """How a file is to be read: what its columns mean, the files joined to it, what it may hold."""

    schema: Schema = field(default_factory=Schema)
    joins: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits.command_line)


@dataclass(frozen=True)
class Asked:
    """What is asked of the counts, and in which form the answer goes where."""

    question: Question = field(default_factory=Question)
    format: str = "table"
    output: Path | None = None


def file_argument(required: bool = True) -> Callable[[Command], Command]:
    """Declare the file, or folder of transcripts, that a command reads."""
    kind = click.Path(exists=True, path_type=Path)
    return click.argument("file", type=kind, required=required)


def reading_options(command: Command) -> Command:
    """Add the options of reading, roles and definitions; `read_options` turns them into a `Reading`."""
    return _add(command, [*_FILE_OPTIONS, *(_role_option(role) for role in roles().values()), *_DEFINITION_OPTIONS])


def question_options(command: Command) -> Command:
    """Add the options of question and answer; `read_question` turns them into an `Asked`."""
    return _add(command, [*_QUESTION_OPTIONS, *_ANSWER_OPTIONS])


def asking_options(command: Command) -> Command:
    """Add the options of the question alone, for answers of another form; `read_question` takes them, too."""
    return _add(command, _QUESTION_OPTIONS)


def joining_options(command: Command) -> Command:
    """Add the options that name joined files and limits, for a file whose schema is known; see `read_limits`."""
    return _add(command, [_JOIN, _LIMIT])


def _add(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


# -- declarations --------------------------------------------------------------------------------


def _several(*names: str, **told: Any) -> Any:
    return click.option(*names, multiple=True, **told)


_A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_LIMIT = _several("--limit", metavar="NAME=N", help="What a file may hold, such as rows=1000000.  [repeatable]")
_JOIN = _several("--join", metavar="[NAME=]FILE", help="A further system's file or folder, by --id.  [repeatable]")

_FILE_OPTIONS = [
    click.option("--schema", "schema_file", type=_A_FILE, help="A schema file (TOML); other flags overrule it."),
    click.option("--encoding", help="Such as utf-8 or cp1252. Default: found out."),
    click.option("--delimiter", help="What stands between cells; 'tab' for a tab. Default: found out."),
    click.option("--decimal", type=click.Choice([".", ","]), help="The decimal sign. Default: found out."),
    click.option("--header-row", type=click.IntRange(min=1), help="The line of the column names, 1 for the first."),
    click.option("--sheet", help="The sheet of a workbook, by name or number."),
    _several("--missing", metavar="TEXT", help="A word that means missing, beside the empty cell.  [repeatable]"),
    click.option("--keep-spelling", is_flag=True, help="Keep levels apart that differ only in case or outer spaces."),
    _LIMIT,
    _JOIN,
    click.option("--task", type=click.Choice(list(TASKS)), help="The kind of result. Default: found out."),
]


def _role_option(role: Role) -> Any:
    help_text = f"Column: {role.meaning} ('{NONE}': there is none)."
    flags = dict.fromkeys((f"--{role.name.replace('_', '-')}", f"--{role.name}"))  # either way of writing it
    if role.per_system:
        return _several(*flags, f"role_{role.name}", metavar="[NAME=]C", help=f"{help_text}  [repeatable]")
    return click.option(*flags, f"role_{role.name}", metavar="C", help=help_text)


def _check_finite(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """Refuse `nan` and `inf`, which Python takes for numbers."""
    if value is not None and not isfinite(value):
        raise click.BadParameter(f"{value} is no number to measure by.", context, option)
    return value


_DEFINITION_OPTIONS = [
    _several("--attribute", metavar="C", help="A column whose values are groups.  [repeatable]"),
    _several("--positive", metavar="V", help="A positive word, in labels and predictions alike.  [repeatable]"),
    click.option(
        "--favourable",
        type=click.Choice(["positive", "negative"]),
        help="The prediction that is good for the person.",
    ),
    click.option("--threshold", type=float, callback=_check_finite, help="A score from here on predicts positive."),
    click.option("--score-scale", type=click.Choice(["fraction", "percent", "any"]), help="What the scores are."),
    _several(
        "--recode", metavar="C:OLD=NEW,...", help="Merge or rename levels; an empty NEW is missing.  [repeatable]"
    ),
    _several("--bins", metavar="C=25,45,65", help="Cut numbers; or C=quantile:4, C=width:5.  [repeatable]"),
    _several("--strata", metavar="C", help="A column to condition demographic disparity on.  [repeatable]"),
    click.option(
        "--tolerance",
        type=click.FloatRange(min=0),
        callback=_check_finite,
        help="How far off a number may be (regression).",
    ),
    click.option(
        "--normalizer",
        metavar="none|lower|whisper-english|whisper-basic|FILE",
        help="How texts are made alike before words are compared; several with a + between. Default: none.",
    ),
    click.option("--terms", metavar="FILE", help="A list of terms, one a line, to follow through the transcripts."),
    click.option("--where", metavar="CONDITION", help="Part of the rows only, such as \"region != 'test'\"."),
]

seed_option = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of what is drawn by chance."
)
output_option = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to the screen."
)

by_option = click.option(
    "--by",
    multiple=True,
    metavar="C[,C...]",
    help="Groups, or intersections of groups, to look at.  [repeatable]",
)
metric_option = click.option(
    "--metric", multiple=True, metavar="NAME", help="Default: all that the columns allow.  [repeatable]"
)
min_units_option = click.option(
    "--min-units",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Under so many rows in a metric's denominator its status is 'too few'.",
)

_QUESTION_OPTIONS = [
    by_option,
    metric_option,
    _several(
        "--compare",
        type=click.Choice(["difference", "ratio"]),
        help="How slices are compared. Default: difference.  [repeatable]",
    ),
    click.option(
        "--baseline",
        default="rest",
        show_default=True,
        metavar="rest|overall|best|largest|'sex=female'",
        help="What slices are compared with.",
    ),
    click.option(
        "--confidence",
        type=click.FloatRange(0, 1, True, True),
        default=0.95,
        show_default=True,
        help="Of every interval.",
    ),
    click.option(
        "--correction",
        type=click.Choice(["holm", "bh", "none"]),
        default="holm",
        show_default=True,
        help="How p values heed the number of slices.",
    ),
    min_units_option,
    seed_option,
]


def format_option(
    forms: Iterable[str], *, help_text: str = "Of the answer.", name: str = "form"
) -> Callable[[Command], Command]:
    """Declare the forms that an answer comes in; a table is what a terminal shows unless another is named."""
    return click.option(
        "--format", name, type=click.Choice(list(forms)), default="table", show_default=True, help=help_text
    )


_ANSWER_OPTIONS = [format_option(["table", "csv", "json"], name="format"), output_option]


# -- what they become ----------------------------------------------------------------------------


def read_options(given: Mapping[str, Any]) -> Reading:
    """Return how to read, from the options of `reading_options`. Flags overrule the schema file.

    Raises click.UsageError for an option that cannot be read, ResultsError for the schema file.
    """
    path = given["schema_file"]
    schema = Schema() if path is None else Schema.load(path)
    schema = replace(schema, file=_read_file_options(given, schema.file))
    schema = _name_roles(schema, given)
    told: dict[str, Any] = {"positive": tuple(given["positive"]) or None, "strata": tuple(given["strata"]) or None}
    told |= {key: given[key] for key in _DEFINED}
    schema = replace(schema, **{key: value for key, value in told.items() if value is not None})
    schema = schema.with_attributes(list(given["attribute"]))
    for text in given["recode"]:
        schema = _recode(schema, text)
    for text in given["bins"]:
        schema = _cut(schema, text)
    return Reading(schema, tuple(given["join"]), read_limits(given["limit"]))


def input_files(given: Mapping[str, Any], reading: Reading) -> list[str | Path]:
    """Return what the options of reading name beside FILE: schema, joined files, terms and rules. Not all are files."""
    schema = reading.schema
    named = [given["schema_file"], schema.terms, *(schema.normalizer or "").split("+")]
    return [*(name for name in named if name), *(parse_join(text)[1] for text in reading.joins)]


def read_question(given: Mapping[str, Any]) -> Asked:
    """Return what is asked, from the options of `question_options`. Raises click.UsageError."""
    _check_baseline(given["baseline"])
    question = Question(
        by=tuple(read_by(text) for text in given["by"]) or None,
        metrics=tuple(given["metric"]) or None,
        kinds=tuple(dict.fromkeys(given["compare"])) or ("difference",),
        **{f: given[f] for f in ("baseline", "confidence", "correction", "min_units", "seed")},
    )
    return Asked(question, given.get("format", "table"), given.get("output"))


def read_by(text: str) -> str | tuple[str, ...]:
    """Return an attribute, or several, as `--by` names them. Raises click.UsageError."""
    columns = _checked("--by", text, split_list)
    if "" in columns:
        raise _usage("--by", text, "names no column between two commas.")
    return columns[0] if len(columns) == 1 else tuple(dict.fromkeys(columns))


def _check_baseline(text: str) -> None:
    if text in _BASELINES:
        return
    try:
        Slice.parse(text)
    except ResultsError as error:
        hint = nearest(text, _BASELINES) or f"It is one of {', '.join(_BASELINES)}, or a slice such as 'sex=female'."
        if "=" in text:
            hint = f"In detail: {error}"
        raise _usage("--baseline", text, f"is no baseline. {hint}") from error


def _read_file_options(given: Mapping[str, Any], options: FileOptions) -> FileOptions:
    told = {key: given[key] for key in ("encoding", "decimal", "header_row")}
    told["delimiter"] = "\t" if given["delimiter"] in ("tab", "\\t") else given["delimiter"]
    told["sheet"] = int(given["sheet"]) if (given["sheet"] or "").isdecimal() else given["sheet"]
    told["missing"] = tuple(given["missing"]) or None
    told["keep_spelling"] = given["keep_spelling"] or None
    return replace(options, **{key: value for key, value in told.items() if value is not None})


def read_limits(texts: Iterable[str]) -> Limits:
    """Return the limits of the command line, changed as `--limit` says. Raises click.UsageError."""
    known = [f.name for f in fields(Limits)]
    settings = {}
    for text in texts:
        name, number = _checked("--limit", text, split_assignment)
        if name not in known:
            hint = nearest(name or text, known) or f"Limits are: {', '.join(known)}."
            raise _usage("--limit", text, f"is no limit with its number, such as rows=1000. {hint}")
        if not number.isdecimal() or int(number) < 1:
            raise _usage("--limit", text, "needs a whole number from 1 up.")
        settings[name] = int(number)
    return Limits.command_line().with_settings(settings)


# -- roles


def _name_roles(schema: Schema, given: Mapping[str, Any]) -> Schema:
    """Put the columns that role flags name into the schema; `none` takes a role out and keeps it out."""
    columns, without = dict(schema.columns), list(schema.without)
    flags: dict[str, list[tuple[str | None, str]]] = {}
    for role in roles().values():
        texts = given[f"role_{role.name}"] or ()
        texts = texts if role.per_system else [texts] if texts else []
        if not texts:
            continue
        without = [name for name in without if name != role.name]
        if NONE in texts:
            if len(texts) > 1:
                raise click.UsageError(f"--{role.name} {NONE} says that there is none, but others name one.")
            without.append(role.name)
            columns.pop(role.name, None)
            schema = _without_role(schema, role.name)
        elif role.per_system:
            flags[role.name] = [_checked(f"--{role.name}", text, split_assignment) for text in texts]
        else:
            columns[role.name] = unquote(texts[0])
    systems = _name_systems(schema.systems, flags)
    return replace(schema, columns=columns, without=tuple(without), systems=systems)


def _without_role(schema: Schema, role: str) -> Schema:
    systems = [replace(s, columns={r: c for r, c in s.columns.items() if r != role}) for s in schema.systems]
    return replace(schema, systems=tuple(s for s in systems if s.columns))


def _name_systems(
    declared: tuple[System, ...], flags: Mapping[str, Sequence[tuple[str | None, str]]]
) -> tuple[System, ...]:
    """Return the systems that flags name: one a NAME; without names the first columns go together, and so on.

    A NAME that the schema file has too keeps its other columns, and so does the file's only system
    under flags without a name. Other flags without a name take the place of the file's systems.
    """
    found: dict[str | int, dict[str, str]] = {}  # by NAME, or by number where there is none
    for role, texts in flags.items():
        n_unnamed = 0
        for name, column in texts:
            columns = found.setdefault(n_unnamed if name is None else name, {})
            if role in columns:
                raise click.UsageError(f"--{role} is given twice for the system {name!r}.")
            columns[role] = column
            n_unnamed += name is None
    systems = list(declared)
    unnamed = [key for key in found if isinstance(key, int)]
    if len(unnamed) == len(declared) == 1:
        systems = [replace(declared[0], columns={**declared[0].columns, **found.pop(0)})]
    elif unnamed:
        systems = []
    for key, columns in found.items():
        before = next((s for s in systems if s.title == key), None)
        if before is None:
            systems.append(System(None if isinstance(key, int) else key, columns))
        else:
            systems[systems.index(before)] = System(before.title, {**before.columns, **columns})
    return tuple(systems)


# -- attributes


def _recode(schema: Schema, text: str) -> Schema:
    """Add `C:OLD=NEW,...` to what the schema recodes."""
    parts = _checked("--recode", text, lambda t: split_quoted(t, ":", most=1))
    if len(parts) < 2 or not parts[1].strip():
        raise _usage("--recode", text, "is not of the form COLUMN:OLD=NEW,OLD=NEW.")
    column = unquote(parts[0])
    instead = {}
    for pair in _checked("--recode", parts[1], lambda t: split_quoted(t, ",")):
        old, *new = _checked("--recode", pair, lambda t: split_quoted(t, "=", most=1))
        if not new:
            raise _usage("--recode", text, f"says nothing of {pair.strip()!r}; write OLD=NEW.")
        instead[unquote(old)] = unquote(new[0])
    attribute = schema.attribute(column)
    if attribute is not None:
        return _with(schema, replace(attribute, recode=_merge(attribute.recode, instead)))
    return replace(schema, recode={**schema.recode, column: _merge(schema.recode.get(column, {}), instead)})


def _merge(recode: Mapping[str, tuple[str, ...]], instead: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    merged = {new: [old for old in olds if old not in instead] for new, olds in recode.items()}
    for old, new in instead.items():
        merged.setdefault(new, []).append(old)
    return {new: tuple(olds) for new, olds in merged.items() if olds}


def _cut(schema: Schema, text: str) -> Schema:
    """Add the bins of `C=25,45,65`, `C=quantile:4` or `C=width:5` to the schema."""
    # From the right: what stands there never holds a `=`, a column's name may.
    column, _, bins = text.rpartition("=")
    column = unquote(column)
    if not column:
        raise _usage("--bins", text, "is not of the form COLUMN=25,45,65, COLUMN=quantile:4 or COLUMN=width:5.")
    kind, colon, size = bins.strip().partition(":")
    told: dict[str, Any] = {"edges": (), "quantiles": None, "width": None}
    if colon and kind == "quantile":
        if not size.isdecimal() or int(size) < 2:
            raise _usage("--bins", text, "needs a whole number of bins from 2 up after quantile:")
        told["quantiles"] = int(size)
    elif colon and kind == "width":
        width = as_number(size.strip())
        if width is None or width <= 0:
            raise _usage("--bins", text, "needs a number above 0 after width:")
        told["width"] = width
    else:
        edges = [as_number(edge.strip()) for edge in bins.split(",")]
        numbers = tuple(edge for edge in edges if edge is not None)
        if len(numbers) < len(edges) or list(numbers) != sorted(set(numbers)):
            raise _usage("--bins", text, "needs numbers in ascending order after the =, or quantile:N, or width:X.")
        told["edges"] = numbers
    return _with(schema, replace(schema.attribute(column) or Attribute(column), **told))


def _with(schema: Schema, attribute: Attribute) -> Schema:
    """Return the schema with this declaration of an attribute in the place of the one before."""
    schema = schema.with_attributes([attribute.column])
    return replace(
        schema, attributes=tuple(attribute if a.column == attribute.column else a for a in schema.attributes)
    )


# -- mistakes

Read = TypeVar("Read")


def _checked(option: str, text: str, read: Callable[[str], Read]) -> Read:
    try:
        return read(text)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}.") from error


def _usage(option: str, text: str, found: str) -> click.UsageError:
    return click.UsageError(f"{option} {text!r} {found}")
