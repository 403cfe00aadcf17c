"""Which columns of a joined file are a system's answers, and whether these are transcripts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from metrics.reading.cells import cells_of
from metrics.reading.match import bare_name
from metrics.reading.names import columns_named_for, names_groups
from metrics.reading.table import Table
from metrics.schema import Schema
from metrics.tasks import roles

_RECORDINGS = ("path", "audio_filepath", "audio_path", "audio", "file", "filename", "file_name", "wav", "clip", "utt")
_OF_CLASSES = {"label", "prediction", "score"}


def id_columns(table: Table) -> list[str]:
    """Return the columns that may hold ids, the best first: named like one, then like the name of a recording."""
    names = table.data.column_names
    recordings = [name for word in _RECORDINGS for name in names if name.strip().casefold() == word]
    return list(dict.fromkeys([*columns_named_for("id", names), *recordings]))


def shares_ids(table: Table, column: str, other: Table, there: str) -> bool:
    """Whether two columns have an id in common, folders and extensions aside."""
    here = set(map(bare_name, cells_of(table, column).present))
    return any(bare_name(name) in here for name in cells_of(other, there).present)


def are_transcripts(table: Table, others: Sequence[Table], schema: Schema, told: Collection[str]) -> bool:
    """Whether joined files bring transcripts: the schema says so, their form does, or texts beside a reference.

    `told` are roles that flags gave to columns of the joined files.
    """
    if "hypothesis" not in roles():
        return False
    if schema.task is not None:
        return schema.task == "transcription"
    named = {*schema.columns, *(role for system in schema.systems for role in system.columns), *told}
    if named & {"reference", "hypothesis"}:
        return True
    if named & _OF_CLASSES or schema.positive:
        return False
    if any(t.form for t in (table, *others)):
        return True
    references = columns_named_for("reference", table.data.column_names)
    if not any(cells_of(table, column).holds_sentences for column in references):
        return False
    if columns_named_for("label", [name for name in table.data.column_names if name not in references]):
        return False
    own = columns_named_for("hypothesis", table.data.column_names, part=True)
    answers = [(table, column) for column in own] + [(o, column) for o in others for column in _may_be_said(o)]
    return any(cells_of(t, column).holds_sentences for t, column in answers)


def find_answers(
    beside: Sequence[str], table: Table, schema: Schema, taken: Mapping[str, str], spoken: bool
) -> Iterator[tuple[str, str]]:
    """Return roles and those of the columns `beside` the id that fill them by their names.

    In a file of transcripts a column named like a reference is what the system wrote, where the
    first file has the reference.
    """
    free = [column for column in beside if column not in taken.values()]
    for role in ("hypothesis",) if spoken else ("prediction", "score"):
        likely = columns_named_for(role, free)
        if not likely and role == "hypothesis" and _has_reference(table, schema):
            likely = columns_named_for("reference", free)
        if likely and role not in taken and role not in schema.without:
            free.remove(likely[0])
            yield role, likely[0]


def find_only_answer(beside: Sequence[str], spoken: bool) -> Iterator[tuple[str, str]]:
    """Return the role of the only column beside the id."""
    if len(beside) == 1 and not (spoken and names_groups(beside[0])):
        yield "hypothesis" if spoken else "prediction", beside[0]


def _has_reference(table: Table, schema: Schema) -> bool:
    return "reference" in schema.columns or bool(columns_named_for("reference", table.data.column_names))


def _may_be_said(other: Table) -> list[str]:
    ids = id_columns(other)
    beside = [name for name in other.data.column_names if name not in ids[:1]]
    named = [c for role in ("hypothesis", "reference") for c in columns_named_for(role, beside)]
    return named or (beside if len(beside) == 1 else [])
