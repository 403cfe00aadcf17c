"""What the columns of a file are for, where nobody said: guesses with a reason each, and questions.

A guess is a `note`. Where another guess would give other numbers it is a question: a `warn` with
the flag that answers it. Guesses look at names first and at a sample of the cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from metrics.errors import Finding, nearest
from metrics.levels import FEW_NUMBERS
from metrics.reading.cells import Cells, cells_of
from metrics.reading.positive import is_known_pair
from metrics.reading.table import Table
from metrics.registry import Role
from metrics.schema import Schema, System
from metrics.tasks import COMMON, TASKS

MAX_CLASSES = 200
_MAX_GUESSED_ATTRIBUTES = 12
_FEW_LEVELS = 20
_MAX_SYSTEMS = 50

# Words in a column's name that suggest groups of people, or the conditions they were met in.
_GROUPS = re.compile(
    "sex|gender|race|ethnicity|ethnic|age|region|accent|dialect|language|nationality|country|religion|disability|"
    "marital|education|orientation|skin|caste|income|location|site|hospital|device|noise|environment|group"
)
# Words in a column's name that suggest that its cells point to a person.
_PERSONS = re.compile(
    "name|firstname|lastname|surname|forename|fullname|e?mail|phone|telephone|mobile|ssn|passport|"
    "dob|birth(date|day)?|address|street|postcode|iban|licence"
)
_NOT_GROUPS = {
    "id",
    "uuid",
    "score",
    "prob",
    "probability",
    "pred",
    "prediction",
    "date",
    "time",
    "path",
    "file",
    "text",
}
_SURE_LABELS = {"label", "y_true", "truth", "ground_truth", "label_value"}
_NOT_PART = {"class", "n", "count", "id"}  # too common inside other names

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}")


@dataclass
class _Draft:
    """A schema in the making: what is known of the table, what was found on the way."""

    table: Table
    schema: Schema
    joined: tuple[System, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    samples: dict[str, Cells] = field(default_factory=dict)

    def cells(self, column: str) -> Cells:
        """A sample of a column."""
        if column not in self.samples:
            self.samples[column] = cells_of(self.table, column).sample()
        return self.samples[column]

    @property
    def names(self) -> list[str]:
        return list(self.table.data.column_names)

    @property
    def taken(self) -> set[str]:
        """Columns that have a use already."""
        schema = self.schema
        answers = {column for system in schema.systems + self.joined for column in system.columns.values()}
        return set(schema.columns.values()) | answers | {a.column for a in schema.attributes} | set(schema.strata)

    def free(self) -> list[str]:
        return [name for name in self.names if name not in self.taken and name]

    def set(self, role: str, column: str) -> None:
        self.schema = replace(self.schema, columns={**self.schema.columns, role: column})

    def note(self, column: str, found: str, cure: str, option: str = "") -> None:
        self.findings.append(Finding("note", f"column {column!r}", found, cure, option=option))

    def ask(self, column: str, found: str, cure: str, option: str, answers: Iterable[str]) -> None:
        self.findings.append(Finding("warn", f"column {column!r}", found, cure, option=option, answers=tuple(answers)))


def complete_schema(
    table: Table, schema: Schema, by: Sequence[str] = (), *, joined: tuple[System, ...] = ()
) -> tuple[Schema, list[Finding]]:
    """Return the schema with task, roles and attributes filled in, and what there is to say about it.

    `by` names columns asked about, which are attributes then. `joined` are the systems of joined
    files, whose columns the table has already. Words (which is positive) are left to
    `choose_positive`, which needs the cells. Findings of severity `stop` mean that columns are wanting.
    """
    saved = {s.name for s in schema.slices}
    schema = schema.with_attributes([c for c in (*by, *schema.strata) if c not in saved])
    draft = _Draft(table, schema, joined)
    _check_named(draft)
    if any(f.severity == "stop" for f in draft.findings):
        return draft.schema, draft.findings
    _guess_common(draft)
    _guess_label(draft)
    _guess_systems(draft)
    draft.schema = replace(draft.schema, systems=draft.schema.systems + joined)
    _guess_label_by_cells(draft)
    _guess_task(draft)
    if not draft.schema.attributes:
        _guess_attributes(draft)
    return draft.schema, draft.findings


def columns_needed(metrics: Sequence[str]) -> frozenset[str]:
    """Return the roles that these metrics need; all of them for no metrics or one that is not known.

    >>> sorted(columns_needed(["selection_rate"])), sorted(columns_needed(["true_positive_rate[cat]"]))
    (['prediction'], ['label', 'prediction'])
    """
    from metrics.tasks import binary, regression

    needs = {m.name: m.needs for m in (*binary.METRICS, *regression.METRICS)}
    everything = frozenset({"label", "prediction", "score"})
    asked = [needs.get(name.partition("[")[0], everything) for name in metrics] or [everything]
    return frozenset().union(*asked)


# -- names that were given -----------------------------------------------------------------------


def named_columns(schema: Schema) -> dict[str, str]:
    """Return every column that a schema names, with what it is for."""
    named = {column: f"the {role}" for role, column in schema.columns.items()}
    for system in schema.systems:
        named |= {column: f"a {role}" for role, column in system.columns.items()}
    named |= {a.column: "an attribute" for a in schema.attributes}
    named |= dict.fromkeys(schema.recode, "recoded")
    return named


def _check_named(draft: _Draft) -> None:
    """Match the given names with the file's after trimming; a name that is not there stops."""
    known = {name.strip(): name for name in reversed(draft.names)}
    missing = [c for c in named_columns(draft.schema) if c.strip() not in known]
    for column in missing:
        use = named_columns(draft.schema)[column]
        listed = ", ".join(draft.names[:12]) + (", ..." if len(draft.names) > 12 else "")
        draft.findings.append(
            Finding(
                "stop",
                f"column {column!r}",
                f"was named as {use}, but the file has no such column (it has: {listed}).",
                nearest(column, draft.names) or "Name one of these columns.",
            )
        )
    for role in [*draft.schema.columns, *(r for s in draft.schema.systems for r in s.columns)]:
        if role not in _known_roles():
            draft.findings.append(
                Finding(
                    "stop",
                    f"role {role!r}",
                    "is not known.",
                    nearest(role, _known_roles()) or "Remove it from the schema.",
                )
            )
    task = draft.schema.task
    if task is not None and task not in TASKS:
        draft.findings.append(
            Finding(
                "stop",
                f"task {task!r}",
                f"is not known (there are: {', '.join(TASKS)}).",
                nearest(task, TASKS),
                option="--task",
            )
        )
    if not missing:
        draft.schema = _rename(draft.schema, {name: known[name.strip()] for name in named_columns(draft.schema)})


def _known_roles() -> set[str]:
    return {r.name for t in TASKS.values() for r in t.roles} | {r.name for r in COMMON}


def _rename(schema: Schema, to: Mapping[str, str]) -> Schema:
    return replace(
        schema,
        columns={role: to[c] for role, c in schema.columns.items()},
        systems=tuple(replace(s, columns={role: to[c] for role, c in s.columns.items()}) for s in schema.systems),
        attributes=tuple(replace(a, column=to[a.column]) for a in schema.attributes),
        strata=tuple(to.get(c, c) for c in schema.strata),
        recode={to[c]: values for c, values in schema.recode.items()},
    )


# -- roles of the whole file ---------------------------------------------------------------------


def _guess_common(draft: _Draft) -> None:
    for role in COMMON:
        if role.name in draft.schema.columns or role.name in draft.schema.without:
            continue
        likely = [c for c in _by_name(draft.free(), role, part=False) if _COMMON_FITS[role.name](draft.cells(c))]
        if not likely:
            continue
        column = likely[0]
        if role.name == "count":
            _ask_count(draft, column)
            continue
        draft.set(role.name, column)
        flag = f"--{role.name}"
        if len(likely) > 1 and role.name in ("weight", "cluster", "system"):
            others = ", ".join(map(repr, likely[1:]))
            draft.ask(
                column,
                f"was taken as {role.meaning}; {others} would do as well.",
                f"Choose with {flag}, or none with {flag} none.",
                flag,
                [*likely, "none"],
            )
        else:
            draft.note(
                column,
                f"was taken as the {role.name} ({role.meaning}): it is named like one.",
                f"Choose another with {flag}, or none with {flag} none.",
                flag,
            )


def _ask_count(draft: _Draft, column: str) -> None:
    """A wrong guess here changes every number, so it is asked, whichever way it went."""
    single = "id" in draft.schema.columns  # rows with a name of their own hardly stand for many
    if not single:
        draft.set("count", column)
    took = "was taken for an ordinary column" if single else "was taken as a count (how many units a row stands for)"
    answers = ["none", column] if single else [column, "none"]
    draft.ask(
        column,
        f"{took}, going by its name.",
        f"Say so with --count {column}, or with --count none if it is something else.",
        "--count",
        answers,
    )


def _fits_id(cells: Cells) -> bool:
    return cells.n_distinct > 0 and 2 * cells.n_distinct >= min(cells.n_filled, 10) and cells.n_filled == len(cells)


def _fits_cluster(cells: Cells) -> bool:
    return 1 < cells.n_distinct < cells.n_filled


def _fits_weight(cells: Cells) -> bool:
    return cells.is_number and bool(np.nanmin(cells.numbers, initial=0) >= 0) and cells.n_distinct > 1


def _fits_count(cells: Cells) -> bool:
    values = cells.numbers
    return cells.is_number and cells.n_filled == len(cells) and bool((values >= 0).all() and (values % 1 == 0).all())


def _fits_system(cells: Cells) -> bool:
    return 1 < cells.n_distinct <= min(_MAX_SYSTEMS, cells.n_filled // 2)


_COMMON_FITS = {
    "id": _fits_id,
    "cluster": _fits_cluster,
    "weight": _fits_weight,
    "count": _fits_count,
    "system": _fits_system,
}


# -- label, predictions, scores ------------------------------------------------------------------


def _role(name: str) -> Role:
    return next(r for task in TASKS.values() for r in task.roles if r.name == name)


def _guess_label(draft: _Draft) -> None:
    if "label" in draft.schema.columns or "label" in draft.schema.without:
        return
    exact = [c for c in _by_name(draft.free(), _role("label"), part=False) if draft.cells(c).n_filled]
    likely = exact or [c for c in _by_name(draft.free(), _role("label")) if draft.cells(c).n_filled]
    # Groups may be those of the truth itself: --by label.
    likely = likely or [a.column for a in draft.schema.attributes if "_".join(name_tokens(a.column)) in _SURE_LABELS]
    if not likely:
        return
    draft.set("label", likely[0])
    if len(likely) > 1:
        draft.ask(
            likely[0],
            f"was taken as the label (what was true); {', '.join(map(repr, likely[1:]))} would do as well.",
            "Choose with --label.",
            "--label",
            likely,
        )
    else:
        draft.note(
            likely[0],
            "was taken as the label (what was true): it is named like one.",
            "Choose another with --label, or none with --label none.",
            "--label",
        )


def _guess_label_by_cells(draft: _Draft) -> None:
    """Where no name says so, the truth may be the only column whose cells fit: that is asked, not taken for sure."""
    if "label" in draft.schema.columns or "label" in draft.schema.without:
        return
    predictions = [s.columns["prediction"] for s in draft.schema.systems if "prediction" in s.columns]
    likely = [c for c in draft.free() if _could_be_truth(draft, c, predictions[0] if predictions else None)]
    if len(likely) == 1:
        draft.set("label", likely[0])
        found = "was taken as the label (what was true): no other column holds cells that fit."
        draft.ask(
            likely[0],
            found,
            "Say so with --label, or --label none if nothing says what was true.",
            "--label",
            [*likely, "none"],
        )
        return
    hint = f" Columns whose cells fit: {', '.join(map(repr, likely[:6]))}." if likely else ""
    found = "was not found: no column is named like the truth, so only metrics that need none are measured."
    draft.findings.append(Finding("note", "the label", found, f"Name it with --label.{hint}", option="--label"))


def _could_be_truth(draft: _Draft, column: str, prediction: str | None) -> bool:
    """Whether a column has the words of the prediction or a pair that everyone knows; or numbers beside numbers."""
    cells = draft.cells(column)
    if any(map(_GROUPS.fullmatch, name_tokens(column))) or names_person(column) or _is_date(cells):
        return False
    words = {word.casefold() for word in cells.words_of_few()}
    if prediction is None:
        return is_known_pair(words)
    said = draft.cells(prediction)
    if said.is_number and said.n_distinct > FEW_NUMBERS:
        return cells.is_number and cells.n_distinct > FEW_NUMBERS
    return len(words) > 1 and (is_known_pair(words) or words == {word.casefold() for word in said.words_of_few()})


def _guess_systems(draft: _Draft) -> None:
    systems, without = draft.schema.systems, draft.schema.without
    if systems:
        if len(systems) == 1:
            _fill_system(draft, systems[0])
        return
    predictions = [] if "prediction" in without else _answers(draft, "prediction")
    scores = [] if "score" in without else _answers(draft, "score")
    # A column called a prediction that holds fractions is a score.
    label = draft.schema.columns.get("label")
    numeric = label is not None and _is_regression(draft, label)
    moved = [c for c in predictions if _looks_like_score(draft.cells(c)) and not numeric]
    for column in moved:
        if not scores:
            scores = [column]
            draft.note(
                column,
                "was taken as a score: it is named like a prediction, but holds many different numbers from 0 to 1.",
                "If it is a prediction, say so with --prediction.",
                "--score",
            )
    predictions = [c for c in predictions if c not in moved]
    if predictions and not _is_named_exactly(scores, "score") and len(predictions) != len(scores):
        scores = []  # a part of a name is too little beside a prediction
    if predictions and scores:
        scores = [c for c in scores if draft.cells(c).is_number and _within_unit(draft.cells(c))]
    if not predictions and not scores:
        if draft.joined:
            return
        fractions = [c for c in draft.free() if _looks_like_score(draft.cells(c)) and "score" not in without]
        if len(fractions) == 1:
            draft.schema = replace(draft.schema, systems=(System(None, {"score": fractions[0]}),))
            found = "was taken as the score: it is the only column of many different numbers from 0 to 1."
            draft.ask(fractions[0], found, "Say so with --score, or name the right one.", "--score", fractions)
            return
        hint = f" Columns of fractions: {', '.join(map(repr, fractions[:6]))}." if fractions else ""
        draft.findings.append(
            Finding(
                "stop",
                "the predictions",
                "were not found: no column is named like what a model said "
                f"(the file has: {', '.join(map(repr, draft.names[:12]))}{', ...' if len(draft.names) > 12 else ''}).",
                f"Name it with --prediction, or a score with --score.{hint}",
                option="--prediction",
            )
        )
        return
    draft.schema = replace(draft.schema, systems=_pair(predictions, scores))
    for role, columns in (("prediction", predictions), ("score", scores)):
        for column in columns:
            if column not in moved:
                draft.note(
                    column,
                    f"was taken as a {role} ({_role(role).meaning}): it is named like one.",
                    f"Choose another with --{role}, or none with --{role} none.",
                    f"--{role}",
                )


def _answers(draft: _Draft, role: str) -> list[str]:
    """Return the columns for a role that each system fills: one, or several that are named alike."""
    declared = _role(role)
    fits = _fits_score if role == "score" else _fits_prediction
    exact = _different(draft, [c for c in _by_name(draft.free(), declared, part=False) if fits(draft.cells(c))])
    part = [c for c in _by_name(draft.free(), declared) if fits(draft.cells(c)) and c not in exact]
    part = _different(draft, part)
    if exact:
        if len(exact) > 1:
            draft.ask(
                exact[0],
                f"was taken as the {role}; {', '.join(map(repr, exact[1:]))} would do as well.",
                f"Choose with --{role} (it may be given several times).",
                f"--{role}",
                exact,
            )
        return exact[:1]
    if len(part) < 2:
        return part
    # pred_a and pred_b differ in one place: one column for each of two systems.
    shapes = {tuple(w if w in _words_in(declared) else "" for w in name_tokens(c)) for c in part}
    if len(shapes) == 1 and len(part) <= _MAX_SYSTEMS and not any(c.endswith(")") for c in part):
        return part
    draft.ask(
        part[0],
        f"was taken as the {role}; {', '.join(map(repr, part[1:]))} would do as well.",
        f"Choose with --{role} (it may be given several times).",
        f"--{role}",
        part,
    )
    return part[:1]


def _different(draft: _Draft, columns: Sequence[str]) -> list[str]:
    """Leave out columns that are written twice, like `decile_score (2)`: either would do."""
    kept: list[str] = []
    for column in columns:
        original = re.sub(r" \(\d+\)$", "", column)
        if original not in kept or not draft.table.data.column(column).equals(draft.table.data.column(original)):
            kept.append(column)
    return kept


def _pair(predictions: Sequence[str], scores: Sequence[str]) -> tuple[System, ...]:
    """Pair predictions with scores, by what else their names say, else in order."""
    if not predictions:
        return tuple(System(None, {"score": s}) for s in scores)
    left = {_suffix(s, "score"): s for s in scores}
    systems = []
    for number, prediction in enumerate(predictions):
        columns = {"prediction": prediction}
        score = left.get(_suffix(prediction, "prediction"))
        if score is None and len(scores) == len(predictions):
            score = scores[number]
        if score is not None:
            columns["score"] = score
        systems.append(System(None, columns))
    return tuple(systems)


def _fill_system(draft: _Draft, system: System) -> None:
    """One system was named by its prediction or its score only: the other goes by its exact name."""
    for role in ("prediction", "score"):
        if role in system.columns or role in draft.schema.without:
            continue
        fits = _fits_score if role == "score" else _fits_prediction
        likely = [c for c in _by_name(draft.free(), _role(role), part=False) if fits(draft.cells(c))]
        likely = [c for c in likely if role == "prediction" or _within_unit(draft.cells(c))]
        if (
            len(likely) == 1
            and draft.schema.task != "regression"
            and not _is_regression(draft, system.columns.get("prediction"))
        ):
            draft.schema = replace(
                draft.schema, systems=(replace(system, columns={**system.columns, role: likely[0]}),)
            )
            draft.note(
                likely[0],
                f"was taken as the {role} that goes with it: it is named like one.",
                f"Choose another with --{role}, or none with --{role} none.",
                f"--{role}",
            )
            return


def _guess_task(draft: _Draft) -> None:
    schema = draft.schema
    if schema.task is not None:
        return
    first = schema.systems[0].columns.get("prediction") if schema.systems else None
    regression = _is_regression(draft, first)
    draft.schema = replace(schema, task="regression" if regression else "classification")
    if regression:
        draft.findings.append(
            Finding(
                "note",
                "the task",
                "was taken as regression: label and prediction are numbers with many different values.",
                "If they are classes, say --task classification.",
                option="--task",
            )
        )


def _is_regression(draft: _Draft, prediction: str | None) -> bool:
    label = draft.schema.columns.get("label")
    if draft.schema.task is not None:
        return draft.schema.task == "regression"
    if prediction is None or draft.schema.positive:
        return False
    both = [draft.cells(c) for c in (prediction, label) if c is not None]
    return all(c.is_number for c in both) and both[-1].n_distinct > FEW_NUMBERS


def _fits_prediction(cells: Cells) -> bool:
    return cells.n_filled > 0 and not _is_date(cells) and (cells.is_number or cells.n_distinct <= MAX_CLASSES)


def _fits_score(cells: Cells) -> bool:
    return cells.n_filled > 0 and cells.is_number


def _looks_like_score(cells: Cells) -> bool:
    return cells.is_number and cells.n_distinct > FEW_NUMBERS and _within_unit(cells)


def _within_unit(cells: Cells) -> bool:
    values = cells.numbers[~np.isnan(cells.numbers)]
    return bool(len(values)) and bool(values.min() >= 0 and values.max() <= 1)


# -- attributes ----------------------------------------------------------------------------------


def _guess_attributes(draft: _Draft) -> None:
    """Columns named like groups of people, then any other text column with few levels."""
    named, others = [], []
    for column in draft.free():
        tokens = set(name_tokens(column))
        cells = draft.cells(column)
        if tokens & _NOT_GROUPS or names_person(column) or cells.n_distinct < 2 or _is_date(cells):
            continue
        nearly_unique = cells.n_distinct > max(_FEW_LEVELS, cells.n_filled // 2)
        if any(map(_GROUPS.fullmatch, tokens)) and (cells.is_number or not nearly_unique):
            named.append(column)
        elif not cells.is_number and cells.n_distinct <= min(_FEW_LEVELS, max(2, cells.n_filled // 2)):
            others.append(column)
    # A filter of one half of the file leaves few columns, a data dump many: the first dozen is shown.
    chosen = (named + others)[:_MAX_GUESSED_ATTRIBUTES]
    left = (named + others)[_MAX_GUESSED_ATTRIBUTES:]
    draft.schema = draft.schema.with_attributes(chosen)
    if not chosen:
        draft.findings.append(
            Finding(
                "note",
                "the groups",
                "were not found: no column looks like groups of people.",
                "Choose columns with --by or --attribute.",
                option="--attribute",
            )
        )
    for column in chosen:
        why = "it is named like a group" if column in named else "it is text with few different values"
        draft.note(
            column,
            f"was taken as an attribute: {why}.",
            "Choose the attributes yourself with --by or --attribute.",
            "--attribute",
        )
    if left:
        draft.findings.append(
            Finding(
                "note",
                "the groups",
                f"are those of {len(chosen)} columns; {', '.join(map(repr, left[:12]))}{', ...' if len(left) > 12 else ''} might be groups too.",
                "Add them with --attribute.",
                option="--attribute",
            )
        )


def _is_date(cells: Cells) -> bool:
    if cells.is_date:
        return True
    words = cells.present[:50] if cells.is_text else []
    return bool(words) and all(_ISO_DATE.fullmatch(w) for w in words)


# -- names ---------------------------------------------------------------------------------------


def names_person(column: str) -> bool:
    """Whether a column's name suggests that its cells point to persons.

    >>> names_person("last name"), names_person("Email"), names_person("age")
    (True, True, False)
    """
    return any(map(_PERSONS.fullmatch, name_tokens(column)))


def columns_named_for(role: str, names: Iterable[str]) -> list[str]:
    """Return the names that are words for a role, the best first.

    >>> columns_named_for("id", ["age", "Row ID"])
    ['Row ID']
    """
    declared = next(r for r in (*COMMON, *(r for t in TASKS.values() for r in t.roles)) if r.name == role)
    return _by_name(names, declared, part=False)


def name_tokens(name: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return [t for t in re.split(r"[^0-9a-zA-Z]+", parted.casefold()) if t]


def _words_in(role: Role) -> set[str]:
    return {t for word in role.words if word not in _NOT_PART for t in name_tokens(word) if t != "y"}


def _by_name(names: Iterable[str], role: Role, *, part: bool = True) -> list[str]:
    """Return the names that suggest a role, the best first: equal to one of its words, then holding one."""
    ranked = []
    for position, name in enumerate(names):
        plain = "_".join(name_tokens(name))
        rank = next((i for i, word in enumerate(role.words) if plain in (word, word.replace("_", ""))), None)
        if rank is None and part:
            padded = f"_{plain}_"
            found = [i for i, word in enumerate(role.words) if word not in _NOT_PART and f"_{word}_" in padded]
            rank = len(role.words) + found[0] if found else None
        if rank is not None:
            ranked.append((rank, position, name))
    return [name for _, _, name in sorted(ranked)]


def _is_named_exactly(columns: Sequence[str], role: str) -> bool:
    return bool(columns) and bool(_by_name(columns, _role(role), part=False))


def _suffix(name: str, role: str) -> tuple[str, ...]:
    return tuple(t for t in name_tokens(name) if t not in _words_in(_role(role)))
