"""What the columns of a file are for, where nobody said: guesses with a reason each, and questions.

A guess is a `note`. Where another guess would give other numbers it is a question: a `warn` with
the flag that answers it. Guesses look at names first, then at a sample of the cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from metrics.errors import Finding
from metrics.levels import FEW_NUMBERS
from metrics.reading.cells import Cells, cells_of
from metrics.reading.guess_transcripts import guess_transcripts, is_transcription
from metrics.reading.named import list_names, match_names
from metrics.reading.names import (
    columns_named_for,
    find_role,
    name_tokens,
    names_groups,
    names_no_groups,
    rest_of,
    shape_of,
)
from metrics.reading.positive import is_known_pair
from metrics.reading.table import Table
from metrics.schema import Schema, System, attribution_columns
from metrics.tasks import COMMON

MAX_CLASSES = 200
_MAX_GUESSED_ATTRIBUTES = 12
_FEW_LEVELS = 20
_MAX_SYSTEMS = 50
_SURE_LABELS = {"label", "y_true", "truth", "ground_truth", "label_value"}
_ALL_ROLES = frozenset({"label", "prediction", "score", "reference", "hypothesis"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}")


def complete_schema(
    table: Table, schema: Schema, by: Sequence[str] = (), *, joined: tuple[System, ...] = ()
) -> tuple[Schema, list[Finding]]:
    """Return the schema with task, roles and attributes filled in, and what there is to say about it.

    `by` names columns asked about, which are attributes then. `joined` are the systems of joined
    files, whose columns the table has already. Words (which is positive) are left to
    `choose_positive`, which needs the cells. Findings of severity `stop` mean that columns are wanting.
    """
    saved = {s.name for s in schema.slices}
    schema = schema.with_attributes([column for column in (*by, *schema.strata) if column not in saved])
    schema, findings = match_names(schema, table.data.column_names)
    if findings:
        return schema, findings
    draft = Draft(table, schema, joined)
    _guess_common(draft)
    if is_transcription(draft):
        guess_transcripts(draft)
    else:
        _guess_label(draft)
        _guess_systems(draft)
        draft.schema = replace(draft.schema, systems=draft.schema.systems + joined)
        _guess_label_by_cells(draft)
        _guess_task(draft)
    if not draft.schema.attributes:
        _guess_attributes(draft)
    return draft.schema, draft.findings


# A question with more choices than this helps nobody.
_MOST_ANSWERS = 8


def columns_needed(metrics: Sequence[str]) -> frozenset[str]:
    """Return the roles that these metrics need; all of them for no metrics or one that is not known.

    >>> sorted(columns_needed(["selection_rate"])), sorted(columns_needed(["true_positive_rate[cat]"]))
    (['prediction'], ['label', 'prediction'])
    """
    from metrics.tasks import binary, regression, transcription

    needs = {m.name: m.needs for m in (*binary.METRICS, *regression.METRICS, *transcription.METRICS)}
    asked = [needs.get(name.partition("[")[0], _ALL_ROLES) for name in metrics] or [_ALL_ROLES]
    return frozenset().union(*asked)


@dataclass
class Draft:
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

    def free(self) -> list[str]:
        """The columns that have a name and no use yet."""
        schema = self.schema
        taken = {column for system in schema.systems + self.joined for column in system.columns.values()}
        taken |= {*schema.columns.values(), *schema.strata, *(a.column for a in schema.attributes)}
        taken |= set(attribution_columns(schema, self.table.data.column_names).values())
        return [name for name in self.table.data.column_names if name and name not in taken]

    def is_open(self, role: str) -> bool:
        """Whether a role of the whole file is neither filled nor switched off."""
        return role not in self.schema.columns and role not in self.schema.without

    def fill(self, role: str, column: str) -> None:
        self.schema = replace(self.schema, columns={**self.schema.columns, role: column})

    def say(self, where: str, found: str, cure: str, option: str, answers: Sequence[str] = ()) -> None:
        """Add a note, or a question where there are answers to choose from."""
        severity = "warn" if answers else "note"
        self.findings.append(Finding(severity, where, found, cure, option=option, answers=tuple(answers)))  # type: ignore[arg-type]

    def explain(self, role: str, likely: Sequence[str]) -> None:
        """Say that the first of the likely columns was taken by its name; with several it is a question."""
        flag, where = f"--{role.replace('_', '-')}", f"column {likely[0]!r}"
        took = f"was taken as the {role} ({find_role(role).meaning})"
        if len(likely) > 1:
            found = f"{took}; {list_names(likely[1:])} would do as well."
            self.say(where, found, f"Choose with {flag}, or none with {flag} none.", flag, [*likely, "none"])
        else:
            found = f"{took}: it is named like one."
            self.say(where, found, f"Choose another with {flag}, or none with {flag} none.", flag)


# -- roles of the whole file ---------------------------------------------------------------------


def _guess_common(draft: Draft) -> None:
    for role in (role.name for role in COMMON if draft.is_open(role.name)):
        likely = [c for c in columns_named_for(role, draft.free()) if _COMMON_FITS[role](draft.cells(c))]
        likely = _leave_out_copies(draft, likely)
        if not likely:
            continue
        if role == "count":
            _ask_count(draft, likely[0])
            continue
        draft.fill(role, likely[0])
        draft.explain(role, likely[:1] if role == "id" else likely)  # the id enters no number


def _ask_count(draft: Draft, column: str) -> None:
    """A wrong guess here changes every number, so it is asked, whichever way it went."""
    single = "id" in draft.schema.columns  # rows with a name of their own hardly stand for many
    if not single:
        draft.fill("count", column)
    took = "was taken for an ordinary column" if single else "was taken as a count (how many units a row stands for)"
    cure = f"Say so with --count {column}, or with --count none if it is something else."
    answers = ["none", column] if single else [column, "none"]
    draft.say(f"column {column!r}", f"{took}, going by its name.", cure, "--count", answers)


def _fits_id(cells: Cells) -> bool:
    return cells.n_distinct > 0 and 2 * cells.n_distinct >= min(cells.n_filled, 10) and cells.n_filled == len(cells)


def _fits_cluster(cells: Cells) -> bool:
    return 1 < cells.n_distinct < cells.n_filled


def _fits_weight(cells: Cells) -> bool:
    full = cells.is_number and cells.n_filled == len(cells)
    return full and cells.n_distinct > 1 and bool((cells.numbers >= 0).all())


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


# -- the label -----------------------------------------------------------------------------------


def _guess_label(draft: Draft) -> None:
    if not draft.is_open("label"):
        return
    filled = [column for column in draft.free() if draft.cells(column).n_filled]
    likely = columns_named_for("label", filled) or columns_named_for("label", filled, part=True)
    likely = _leave_out_copies(draft, likely)
    # Groups may be those of the truth itself: --by label.
    likely = likely or [a.column for a in draft.schema.attributes if "_".join(name_tokens(a.column)) in _SURE_LABELS]
    if likely:
        draft.fill("label", likely[0])
        draft.explain("label", likely)


def _guess_label_by_cells(draft: Draft) -> None:
    """Where no name says so, the truth may be the only column whose cells fit: that is asked, not taken for sure."""
    if not draft.is_open("label"):
        return
    prediction = next((s.columns["prediction"] for s in draft.schema.systems if "prediction" in s.columns), None)
    likely = [column for column in draft.free() if _could_be_truth(draft, column, prediction)]
    if len(likely) == 1:
        draft.fill("label", likely[0])
        found = "was taken as the label (what was true): no other column holds cells that fit."
        cure = "Say so with --label, or --label none if nothing says what was true."
        draft.say(f"column {likely[0]!r}", found, cure, "--label", [*likely, "none"])
        return
    found = "was not found: no column is named like the truth, so only metrics that need none are measured."
    if not likely:
        draft.say("the label", found, "Name it with --label.", "--label")
        return
    cure = f"Columns whose cells fit: {list_names(likely)}. Name one with --label, or say --label none."
    draft.say("the label", found, cure, "--label", ["none", *likely[:_MOST_ANSWERS]])


def _could_be_truth(draft: Draft, column: str, prediction: str | None) -> bool:
    """Whether a column has the words of the prediction or a pair that everyone knows; or numbers beside numbers."""
    cells = draft.cells(column)
    if names_groups(column) or names_no_groups(column) or _is_date(cells):
        return False
    words = {word.casefold() for word in cells.words_of_few()}
    if prediction is None:
        return is_known_pair(words)
    said = draft.cells(prediction)
    if said.is_number and said.n_distinct > FEW_NUMBERS:
        return cells.is_number and cells.n_distinct > FEW_NUMBERS
    return len(words) > 1 and (is_known_pair(words) or words == {word.casefold() for word in said.words_of_few()})


# -- systems: predictions and scores ---------------------------------------------------------------


def _guess_systems(draft: Draft) -> None:
    if draft.schema.systems:
        _fill_system(draft)
        return
    predictions, torn = _likely_answers(draft, "prediction")
    scores, torn_scores = _likely_answers(draft, "score")
    if predictions and _is_score(draft, predictions[0]):
        # A column called a prediction that holds fractions is a score.
        scores, torn_scores, predictions, torn = predictions, torn, [], []
        found = "holds many different numbers from 0 to 1, so it was taken as a score, not as a prediction."
        draft.say(f"column {scores[0]!r}", found, "If it is a prediction, say so with --prediction.", "--score")
    elif predictions and not _go_together(draft, predictions, scores):
        scores, torn_scores = [], []
    if not predictions and not scores:
        _guess_score_by_cells(draft)
        return
    draft.schema = replace(draft.schema, systems=_pair(predictions, scores))
    for role, columns, others in (("prediction", predictions, torn), ("score", scores, torn_scores)):
        for column in columns:
            draft.explain(role, [column, *others])


def _likely_answers(draft: Draft, role: str) -> tuple[list[str], list[str]]:
    """Return the columns of a role that each system fills (several if named alike), and what else would do."""
    if role in draft.schema.without:
        return [], []
    fits = _fits_score if role == "score" else _fits_prediction
    free = [column for column in draft.free() if fits(draft.cells(column))]
    likely = _leave_out_copies(draft, columns_named_for(role, free))
    if likely:
        return likely[:1], likely[1:]
    likely = _leave_out_copies(draft, columns_named_for(role, free, part=True))
    # pred_a and pred_b differ in one place: a column for each of two systems.
    if len({shape_of(column, role) for column in likely}) == 1 and len(likely) <= _MAX_SYSTEMS:
        return likely, []
    return likely[:1], likely[1:]


def _leave_out_copies(draft: Draft, columns: Sequence[str]) -> list[str]:
    """Leave out columns that are written twice, like `decile_score (2)`: either would do."""
    data, kept = draft.table.data, list[str]()
    for column in columns:
        original = re.sub(r" \(\d+\)$", "", column)
        if original not in kept or not data.column(column).equals(data.column(original)):
            kept.append(column)
    return kept


def _is_score(draft: Draft, column: str) -> bool:
    """Whether a column named like a prediction is none: many fractions, and the label is no such number."""
    label = draft.schema.columns.get("label")
    return _holds_fractions(draft.cells(column)) and not (label is not None and _is_regression(draft, label))


def _go_together(draft: Draft, predictions: Sequence[str], scores: Sequence[str]) -> bool:
    """Whether scores belong to the predictions: fractions, and named plainly or one for each of them."""
    named = bool(columns_named_for("score", scores)) or len(predictions) == len(scores)
    return bool(scores) and named and all(_within_unit(draft.cells(column)) for column in scores)


def _guess_score_by_cells(draft: Draft) -> None:
    """Without any name to go by, the only column of fractions may be the score, which is asked."""
    if draft.joined:
        return
    fractions = [c for c in draft.free() if "score" not in draft.schema.without and _holds_fractions(draft.cells(c))]
    if len(fractions) == 1:
        draft.schema = replace(draft.schema, systems=(System(None, {"score": fractions[0]}),))
        found = "was taken as the score: it is the only column of many different numbers from 0 to 1."
        draft.say(
            f"column {fractions[0]!r}", found, "Say so with --score, or name the right one.", "--score", fractions
        )
        return
    listed = list_names(draft.table.data.column_names)
    found = f"were not found: no column is named like what a model said (the file has: {listed})."
    hint = f" Columns of fractions: {list_names(fractions)}." if fractions else ""
    cure = f"Name it with --prediction, or a score with --score.{hint}"
    draft.findings.append(Finding("stop", "the predictions", found, cure, option="--prediction"))


def _pair(predictions: Sequence[str], scores: Sequence[str]) -> tuple[System, ...]:
    """Pair predictions with scores, by what else their names say, else in order."""
    if not predictions:
        return tuple(System(None, {"score": score}) for score in scores)
    by_rest = {rest_of(score, "score"): score for score in scores}
    systems = []
    for number, prediction in enumerate(predictions):
        in_order = scores[number] if len(scores) == len(predictions) else None
        score = by_rest.get(rest_of(prediction, "prediction"), in_order)
        columns = {"prediction": prediction} | ({"score": score} if score is not None else {})
        systems.append(System(None, columns))
    return tuple(systems)


def _fill_system(draft: Draft) -> None:
    """Where the one system was named by its prediction or its score only, the other goes by its exact name."""
    system = draft.schema.systems[0]
    if len(draft.schema.systems) > 1 or _is_regression(draft, system.columns.get("prediction")):
        return
    for role, fits in (("prediction", _fits_prediction), ("score", _within_unit)):
        if role in system.columns or role in draft.schema.without:
            continue
        likely = [column for column in columns_named_for(role, draft.free()) if fits(draft.cells(column))]
        if len(likely) == 1:
            filled = replace(system, columns={**system.columns, role: likely[0]})
            draft.schema = replace(draft.schema, systems=(filled,))
            draft.explain(role, likely)
            return


def _guess_task(draft: Draft) -> None:
    if draft.schema.task is not None:
        return
    first = draft.schema.systems[0].columns.get("prediction") if draft.schema.systems else None
    regression = _is_regression(draft, first)
    draft.schema = replace(draft.schema, task="regression" if regression else "classification")
    if regression:
        found = "was taken as regression: label and prediction are numbers with many different values."
        draft.say("the task", found, "If they are classes, say --task classification.", "--task")


def _is_regression(draft: Draft, prediction: str | None) -> bool:
    if draft.schema.task is not None:
        return draft.schema.task == "regression"
    if prediction is None or draft.schema.positive:
        return False
    both = [draft.cells(c) for c in (prediction, draft.schema.columns.get("label")) if c is not None]
    return all(cells.is_number for cells in both) and both[-1].n_distinct > FEW_NUMBERS


def _fits_prediction(cells: Cells) -> bool:
    return cells.n_filled > 0 and not _is_date(cells) and (cells.is_number or cells.n_distinct <= MAX_CLASSES)


def _fits_score(cells: Cells) -> bool:
    return cells.n_filled > 0 and cells.is_number


def _holds_fractions(cells: Cells) -> bool:
    return cells.is_number and cells.n_distinct > FEW_NUMBERS and _within_unit(cells)


def _within_unit(cells: Cells) -> bool:
    if not cells.is_number:
        return False
    values = cells.numbers[~np.isnan(cells.numbers)]
    return bool(len(values)) and bool(values.min() >= 0 and values.max() <= 1)


# -- attributes ----------------------------------------------------------------------------------


def _guess_attributes(draft: Draft) -> None:
    """Take columns named like groups of people, then any other text column with few levels; a dozen at most."""
    named, others = [], []
    for column in draft.free():
        cells = draft.cells(column)
        if names_no_groups(column) or cells.n_distinct < 2 or _is_date(cells):
            continue
        half = cells.n_filled // 2
        if names_groups(column) and (cells.is_number or cells.n_distinct <= max(_FEW_LEVELS, half)):
            named.append(column)
        elif not cells.is_number and cells.n_distinct <= min(_FEW_LEVELS, max(2, half)):
            others.append(column)
    likely = named + others
    chosen, left = likely[:_MAX_GUESSED_ATTRIBUTES], likely[_MAX_GUESSED_ATTRIBUTES:]
    draft.schema = draft.schema.with_attributes(chosen)
    flag, cure = "--attribute", "Choose the attributes yourself with --by or --attribute."
    for column in chosen:
        why = "it is named like a group" if column in named else "it is text with few different values"
        draft.say(f"column {column!r}", f"was taken as an attribute: {why}.", cure, flag)
    if not chosen:
        draft.say("the groups", "were not found: no column looks like groups of people.", cure, flag)
    if left:
        found = f"are those of {len(chosen)} columns; {list_names(left)} might be groups too."
        draft.say("the groups", found, "Add them with --attribute.", flag)


def _is_date(cells: Cells) -> bool:
    words = cells.present[:50] if cells.is_text else []
    return cells.is_date or (bool(words) and all(_DATE.fullmatch(word) for word in words))
