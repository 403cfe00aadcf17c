"""A customer's file read as the reference's schema says: the same bins, words and rules, under the file's own names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from metrics.errors import Finding, ResultsError, Severity, nearest
from metrics.progress import Progress, Tell
from metrics.reading import Limits, Table, read_table
from metrics.reading.guess import complete_schema
from metrics.reading.named import list_names
from metrics.results import Results, Source, read_results
from metrics.schema import Attribute, NamedSlice, Schema, System
from metrics.two_sets.check_match import check_match
from metrics.two_sets.conditions import translate_condition
from metrics.two_sets.match import Match, fold_name
from metrics.two_sets.samples import check_samples

__all__ = ["CUSTOMER", "adopt_schema", "guess_roles", "read_customer"]

CUSTOMER = "the customer's set"
_OPTIONAL = ("id",)  # enters no number
_CAN_DO_WITHOUT = ("cluster", "weight", "count", "score")


def read_customer(
    source: Source,
    reference: Results,
    match: Match | None = None,
    *,
    declared: Schema | None = None,
    named: Collection[str] = (),
    join: Sequence[Any] = (),
    limits: Limits | None = None,
    metrics: Sequence[str] = (),
    name: str | None = None,
    open_files: bool = True,
    strict: bool = False,
    progress: Tell | None = None,
) -> Results:
    """Read a customer's file (or `Table`) as the reference was read, its columns found by `match`, else by name.

    `declared` is what is known of this file alone: how it is written, and columns of roles, which go before names.
    `named` are attributes (under the reference's names) that were asked for; without any, attributes that only the
    customer has are read too. The other arguments are those of `read_results`. Findings say what is on one side only.

    Raises ResultsError with every problem at once: a column of a role (or an attribute that was asked for) that this
    file lacks is named there.
    """
    match, declared = match or Match(), declared or Schema()
    work = Progress(progress)
    limits = limits or Limits.command_line()
    if not isinstance(source, Table):
        wanted = [*match.columns.values(), *reference.schema.columns.values()]
        wanted += [column for system in reference.schema.systems for column in system.columns.values()]
        source = read_table(source, declared.file, limits, name, tuple(dict.fromkeys(wanted)), work.part(0, 0.3))
    schema, findings = adopt_schema(
        reference.schema, source, match, declared=declared, named=named, joined=bool(join), strict=strict
    )
    if any(f.severity == "stop" for f in findings):
        raise ResultsError(findings)
    results = read_results(
        source,
        schema,
        join=join,
        limits=limits,
        metrics=metrics,
        strict=strict,
        open_files=open_files,
        progress=work.part(0.3, 1),
    )
    findings += check_match(match, reference, results, severity="stop" if strict else "warn")
    if any(f.severity == "stop" for f in findings):
        raise ResultsError(findings)
    return replace(results, findings=(*findings, *check_samples(reference, results), *results.findings))


def adopt_schema(
    reference: Schema,
    table: Table,
    match: Match,
    *,
    declared: Schema | None = None,
    named: Collection[str] = (),
    joined: bool = False,
    strict: bool = False,
) -> tuple[Schema, list[Finding]]:
    """Return the complete schema of the reference under the names of a customer's table, and what there is to say.

    Findings of severity `stop` mean that columns are wanting.
    """
    own = declared or Schema()
    task, guessed = guess_roles(table)
    finder = _Finder(list(map(str, table.data.column_names)), match, guessed=guessed)
    columns = {}
    for role, column in reference.columns.items():
        found = own.columns.get(role) or finder.find(column, f"the {role}", needed=role not in _OPTIONAL)
        if found is not None:
            columns[role] = found
    for role in ("weight", "count", "cluster"):
        if role not in columns and role not in reference.without:
            finder.say_alone(role, own.columns.get(role) or guessed.get(role), strict=strict)
    systems = _adopt_systems(reference.systems, own.systems, match, finder, joined=joined)
    attributes = []
    for attribute in reference.attributes:
        needed = attribute.column in named
        found = finder.find(attribute.column, "an attribute", needed=needed, say=True)
        if found is not None:
            mine = own.attribute(found)
            attributes.append(replace(attribute, column=found, obtained=mine.obtained if mine else "unknown", order=()))
    schema = replace(
        reference,
        columns=columns,
        systems=systems,
        attributes=tuple(attributes),
        without=tuple(dict.fromkeys([*reference.without, *_roles_left_out(reference, columns)])),
        strata=tuple(c for c in map(finder.look, reference.strata) if c is not None),
        recode={c: words for column, words in reference.recode.items() if (c := finder.look(column)) is not None},
        where=_translate_filter(reference.where, own.where, finder),
        slices=_translate_slices(reference.slices, finder),
        terms=own.terms or reference.terms,
        texts={**reference.texts, **own.texts},
        attributions={},
        file=own.file,
    )
    if task is not None and reference.task is not None and task != reference.task:
        found = f"looks like {_a(task)} here, and is {_a(reference.task)} in the reference"
        found += ": they cannot be compared." if finder.stops else ", as which it was read."
        severity: Severity = "stop" if finder.stops else "warn"
        finder.findings.insert(0, Finding(severity, "the task", found, "Choose two sets of one task."))
    if not named and not finder.stops:
        schema = _add_own_attributes(schema, own, table, finder)
    return schema, finder.findings


def guess_roles(table: Table) -> tuple[str | None, dict[str, str]]:
    """Return the task that a file looks like, and the column of each role in it, as if it stood alone."""
    schema, findings = complete_schema(table, Schema())
    if any(f.severity == "stop" for f in findings):
        return None, dict(schema.columns)  # what the model said was not found: no task can be told
    systems = schema.systems[0].columns if schema.systems else {}
    return schema.task, {**schema.columns, **systems}


def _a(task: str) -> str:
    return f"{'an' if task[0] in 'aeiou' else 'a'} {task}"


@dataclass
class _Finder:
    """Finds the reference's columns among a customer's, and collects what there is to say."""

    names: list[str]
    match: Match
    findings: list[Finding] = field(default_factory=list)
    guessed: Mapping[str, str] = field(default_factory=dict)  # role -> column, as if the file stood alone

    @property
    def stops(self) -> bool:
        return any(f.severity == "stop" for f in self.findings)

    def look(self, column: str) -> str | None:
        """Return the customer's column that goes with one of the reference, None where there is none."""
        if column in self.match.columns:
            named = self.match.columns[column]
            return next((name for name in self.names if name.strip() == named.strip()), None)
        exact = next((name for name in self.names if name.strip() == column.strip()), None)
        if exact is not None:
            return exact
        taken = set(self.match.columns.values())
        alike = [name for name in self.names if fold_name(name) == fold_name(column) and name not in taken]
        return alike[0] if len(alike) == 1 else None

    def find(self, column: str, use: str, *, needed: bool, say: bool = False) -> str | None:
        """Return the customer's column, and say so where it is another name, or wanting."""
        found = self.look(column)
        if found is not None:
            if found.strip() != column.strip() and column not in self.match.columns:
                text = f"of {CUSTOMER} was taken for {column!r}, which differs only in how it is written."
                self.findings.append(Finding("note", f"column {found!r}", text, "Say otherwise in the match."))
            return found
        if needed:
            if column in self.match.columns:
                text = f"is matched with {self.match.columns[column]!r}, which {CUSTOMER} does not have "
            else:
                text = f"({use}) is in the reference, but {CUSTOMER} has no such column "
            text += f"(it has: {list_names(self.names)})."
            cure = f"{self.suggest(column, use)} Match it with a column of that set, under [columns] of the match"
            role = use.removeprefix("the ").removeprefix("a ")
            cure += f", or leave it out with --{role} none." if role in _CAN_DO_WITHOUT else "."
            self.findings.append(Finding("stop", f"column {column!r}", text, cure.strip()))
        elif say:
            text = f"is an attribute of the reference only: {CUSTOMER} has no such column."
            self.findings.append(
                Finding("warn", f"column {column!r}", text, "If it has another name there, match the two.")
            )
        return None

    def suggest(self, column: str, use: str) -> str:
        """Return what the customer has that may be this column: by its role, else by its name."""
        role = use.removeprefix("the ").removeprefix("a ")
        return f"{self.guessed[role]!r} looks like it." if role in self.guessed else nearest(column, self.names)

    def say_alone(self, role: str, column: str | None, *, strict: bool) -> None:
        """Say that the customer alone has a column of a role that changes every number, or the intervals."""
        if column is None:
            return
        text = f"looks like the {role} of {CUSTOMER}, but the reference names none, so that it is not used."
        cure = f"Name the {role} of the reference, too, or say that there is none with --{role} none."
        severity: Severity = "stop" if strict and role == "count" else "warn"
        self.findings.append(Finding(severity, f"column {column!r}", text, cure))

    def warn(self, where: str, found: str) -> None:
        self.findings.append(Finding("warn", where, found, ""))


def _adopt_systems(
    reference: tuple[System, ...], own: tuple[System, ...], match: Match, finder: _Finder, *, joined: bool
) -> tuple[System, ...]:
    """Return the systems whose columns the customer has, called as in the reference."""
    if len(reference) == len(own) == 1:
        return (System(reference[0].title, own[0].columns),)
    known = {s.title: s for s in own}
    found, wanting = [], []
    for system in reference:
        mine = known.get(match.systems.get(system.title, system.title))
        if mine is not None:
            found.append(System(system.title, mine.columns))
            continue
        columns = {role: finder.look(column) for role, column in system.columns.items()}
        if all(column is not None for column in columns.values()):
            found.append(
                System(
                    system.title,
                    {r: str(finder.find(c, f"a {r}", needed=True)) for r, c in system.columns.items()},
                )
            )
        else:
            wanting.append(system)
    if joined and not found:
        return ()  # joined files bring systems of their own, called by their names
    for system in wanting:
        for role, column in system.columns.items():
            if found:
                finder.warn(f"system {system.title!r}", f"is in the reference only: {CUSTOMER} lacks {column!r}.")
                break
            finder.find(column, f"a {role}", needed=True)
    return tuple(found)


def _roles_left_out(reference: Schema, columns: Collection[str]) -> list[str]:
    """Return the roles that must not be guessed for the customer: those that the reference does not have either."""
    from metrics.schema import COMMON_ROLES

    # Of several classes the customer may have two, which would be taken for a positive and a negative one.
    sides = ["positive"] if reference.task == "classification" and not reference.positive else []
    return [*(role for role in COMMON_ROLES if role not in columns and role not in reference.without), *sides]


def _translate_filter(where: str | None, own: str | None, finder: _Finder) -> str | None:
    """Return the filter of the reference in the customer's words, joined to one that its file has of its own."""
    told = [] if own is None else [own]
    if where is not None:
        mine, lacking = translate_condition(where, finder.look, finder.match)
        if lacking:
            found = f"{where!r} names {lacking[0]!r}, which {CUSTOMER} lacks: part of one set is not held against all "
            found += "of the other."
            cure = "Match the column with one of that set, under [columns] of the match, or take the filter away."
            finder.findings.append(Finding("stop", "the filter", found, cure))
        else:
            told.insert(0, mine)
    return " and ".join(f"({part})" for part in told) if len(told) > 1 else told[0] if told else None


def _translate_slices(slices: tuple[NamedSlice, ...], finder: _Finder) -> tuple[NamedSlice, ...]:
    """Return the saved slices in the customer's words, without those that its file cannot answer."""
    kept = []
    for saved in slices:
        mine, lacking = translate_condition(saved.where, finder.look, finder.match)
        if lacking:
            finder.warn(f"the saved slice {saved.name!r}", f"names {lacking[0]!r}, which {CUSTOMER} lacks.")
        else:
            kept.append(NamedSlice(saved.name, mine))
    return tuple(kept)


def _add_own_attributes(schema: Schema, own: Schema, table: Table, finder: _Finder) -> Schema:
    """Return the schema with the attributes that the customer alone has: declared, else guessed."""
    there = {a.column for a in schema.attributes}
    mine: list[Attribute] = [a for a in own.attributes if a.column not in there]
    if not own.attributes:
        guessed, _ = complete_schema(table, replace(schema, attributes=()))
        mine = [a for a in guessed.attributes if a.column not in there]
    for attribute in mine:
        text = f"is an attribute of {CUSTOMER} only: the reference has no such column."
        finder.findings.append(
            Finding("note", f"column {attribute.column!r}", text, "If it has another name there, match the two.")
        )
    return replace(schema, attributes=(*schema.attributes, *mine))
