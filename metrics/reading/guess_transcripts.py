"""Which columns hold what was said and what systems wrote down, where nobody said so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metrics.errors import Finding
from metrics.reading.cells import Cells
from metrics.reading.named import list_names
from metrics.reading.names import columns_named_for, rest_of, shape_of
from metrics.schema import System
from metrics.tasks import TRANSCRIPTION

if TYPE_CHECKING:
    from metrics.reading.guess import Draft

_ROLES = frozenset(role.name for role in TRANSCRIPTION.roles)
_COUNTS = ("substitutions", "deletions", "insertions")
_MOST_SYSTEMS = 50


def is_transcription(draft: Draft) -> bool:
    """Whether the file holds transcripts: the schema says so, or a reference stands beside what systems wrote."""
    schema = draft.schema
    if schema.task is not None:
        return schema.task == TRANSCRIPTION.name
    named = {*schema.columns, *(role for system in schema.systems for role in system.columns)}
    if named & _ROLES:
        return True
    if "label" in schema.columns or named & {"prediction", "score"} or schema.positive:
        return False
    free = draft.free()
    joined = [column for system in draft.joined for column in system.columns.values()]
    said = columns_named_for("reference", free)
    if any(draft.cells(column).holds_sentences for column in said):
        written = [*columns_named_for("hypothesis", free, part=True), *joined]
        return any(draft.cells(column).holds_sentences for column in written)
    has_words = bool(columns_named_for("reference_words", free))
    counts = [role for role in (*_COUNTS, "word_error_rate") if columns_named_for(role, free, part=True)]
    return has_words and (len(counts) >= len(_COUNTS) or "word_error_rate" in counts)


def guess_transcripts(draft: Draft) -> None:
    """Fill in task, reference and systems; a finding of severity `stop` says that columns are wanting."""
    if draft.schema.task is None:
        draft.schema = replace(draft.schema, task=TRANSCRIPTION.name)
        if not draft.schema.columns.keys() & _ROLES:
            found = "was taken as transcription: what was said stands beside what systems wrote."
            draft.say("the task", found, "If these are classes, say --task classification.", "--task")
    draft.schema = replace(draft.schema, systems=tuple(map(_as_hypothesis, draft.schema.systems)))
    draft.joined = tuple(map(_as_hypothesis, draft.joined))
    _guess_reference(draft)
    if not draft.schema.systems:
        _guess_hypotheses(draft)
    draft.schema = replace(draft.schema, systems=draft.schema.systems + draft.joined)
    if not draft.schema.systems:
        _guess_counts(draft)
    elif any("hypothesis" not in system.columns for system in draft.schema.systems):
        _guess_words(draft)
    if not draft.schema.systems:
        listed = list_names(draft.table.data.column_names)
        found = f"were not found: no column is named like what a system wrote (the file has: {listed})."
        cure = "Name the column with --hypothesis, or join a file with --join; or name counts of edits."
        draft.findings.append(Finding("stop", "the transcripts", found, cure, option="--hypothesis"))
    elif "hypothesis" in draft.schema.systems[0].columns and "reference" not in draft.schema.columns:
        listed = list_names(draft.table.data.column_names)
        found = f"was not found: no column is named like what was said (the file has: {listed})."
        draft.findings.append(
            Finding("stop", "the reference", found, "Name it with --reference.", option="--reference")
        )


def _guess_reference(draft: Draft) -> None:
    if not draft.is_open("reference") or _has_counts(draft):
        return
    free = draft.free()
    likely = [c for c in columns_named_for("reference", free) if _holds_texts(draft.cells(c))]
    if likely:
        draft.fill("reference", likely[0])
        draft.explain("reference", likely[:1])


def _guess_hypotheses(draft: Draft) -> None:
    """Take every column named alike for what a system wrote: hyp_a and hyp_b are one for each of two systems."""
    if "hypothesis" in draft.schema.without:
        return
    free = [column for column in draft.free() if _holds_texts(draft.cells(column))]
    likely = columns_named_for("hypothesis", free) or columns_named_for("hypothesis", free, part=True)
    if not likely:
        return
    alike = [column for column in columns_named_for("hypothesis", free, part=True) if _same_shape(column, likely[0])]
    taken = alike if len(alike) <= _MOST_SYSTEMS else alike[:1]
    likely = [column for column in likely if column not in taken]
    systems = [System(None, {"hypothesis": column}) for column in taken]
    draft.schema = replace(draft.schema, systems=tuple(systems))
    for column in taken:
        draft.explain("hypothesis", [column, *likely])


def _same_shape(*names: str) -> bool:
    """Whether names speak of a hypothesis in the same words, whatever else they say."""
    return len({tuple(token for token in shape_of(name, "hypothesis") if token) for name in names}) == 1


def _guess_counts(draft: Draft) -> None:
    """Without transcripts, counts of edits (or rates) may stand in the file: for each system those named alike."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for role in (*_COUNTS, "word_error_rate"):
        if role in draft.schema.without:
            continue
        for column in columns_named_for(role, draft.free(), part=True):
            if draft.cells(column).is_number:
                found.setdefault(rest_of(column, role), {}).setdefault(role, column)
    whole = [c for c in found.values() if all(role in c for role in _COUNTS) or "word_error_rate" in c]
    draft.schema = replace(draft.schema, systems=tuple(System(None, columns) for columns in whole))
    for columns in whole:
        for role, column in columns.items():
            draft.explain(role, [column])
    _guess_words(draft)


def _guess_words(draft: Draft) -> None:
    if draft.is_open("reference_words") and "reference" not in draft.schema.columns:
        likely = [c for c in columns_named_for("reference_words", draft.free()) if draft.cells(c).is_number]
        if likely:
            draft.fill("reference_words", likely[0])
            draft.explain("reference_words", likely)


def _has_counts(draft: Draft) -> bool:
    named = {role for system in draft.schema.systems for role in system.columns}
    return bool(named & {*_COUNTS, "word_error_rate"})


def _as_hypothesis(system: System) -> System:
    """Return a joined system whose column was taken as a prediction before the task was known."""
    if "prediction" not in system.columns:
        return system
    columns = {"hypothesis" if role == "prediction" else role: column for role, column in system.columns.items()}
    return replace(system, columns=columns)


def _holds_texts(cells: Cells) -> bool:
    return cells.is_text and not cells.is_number
