"""The normalizer and the word list that a schema names: texts that it carries along, or files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from metrics.errors import Finding, ResultsError, nearest, stop
from metrics.schema import Schema
from metrics.text.normalize import NAMES, Normalizer, join_normalizers, load_normalizer, parse_rules
from metrics.text.terms import MOST_CHARACTERS, Terms, read_terms

__all__ = ["carry_texts", "load_rules"]


def carry_texts(schema: Schema) -> Schema:
    """Return the schema with the texts of the files that it names inside. Raises ResultsError for one that cannot be.

    So it can be kept, and passed on, without them.
    """
    texts, names = dict(schema.texts), dict[str, str]()
    parts = [part.strip() for part in (schema.normalizer or "").split("+")]
    for named in (*parts, schema.terms or ""):
        if named and named not in (*NAMES, *texts, *names):
            names[named] = Path(named).name
            texts[names[named]] = _read(named, "text")
    normalizer = schema.normalizer and "+".join(names.get(part, part) for part in parts)
    return replace(
        schema, normalizer=normalizer, terms=schema.terms and names.get(schema.terms, schema.terms), texts=texts
    )


def load_rules(
    schema: Schema, findings: list[Finding], *, open_files: bool = True
) -> tuple[Normalizer | None, Terms | None]:
    """Return the schema's normalizer and word list; None for what a task other than transcription has no use for.

    Without `open_files` only the texts that the schema carries are known. What is wrong is added to `findings`.
    """
    if schema.task != "transcription":
        return None, None
    try:
        normalizer = _find_normalizer(schema, open_files)
        terms = None if schema.terms is None else _find_terms(schema, schema.terms, normalizer, open_files)
    except ResultsError as error:
        findings += error.findings
        return None, None
    findings += terms.findings if terms is not None else ()
    return normalizer, terms


def _find_normalizer(schema: Schema, open_files: bool) -> Normalizer:
    parts = [part.strip() for part in (schema.normalizer or "none").split("+")]
    return join_normalizers(
        parse_rules(schema.texts[part], part)
        if part in schema.texts and part not in NAMES
        else load_normalizer(part, Path() if open_files else None)
        for part in parts
    )


def _find_terms(schema: Schema, named: str, normalizer: Normalizer, open_files: bool) -> Terms:
    if named in schema.texts:
        return read_terms(schema.texts[named], named, normalizer)
    if not open_files:
        raise stop(f"word list {named!r}", "is not here.", nearest(named, schema.texts) or "Add it with --terms.")
    return read_terms(_read(named, "word list"), Path(named).name, normalizer)


def _read(named: str, what: str) -> str:
    where = f"{what} {named!r}"
    try:
        with Path(named).open("rb") as file:
            return file.read(4 * MOST_CHARACTERS + 1).decode("utf-8-sig")
    except OSError as error:
        raise stop(where, f"cannot be read ({error.strerror}).", "Name another file.") from error
    except UnicodeDecodeError as error:
        raise stop(where, "is not written in UTF-8.", "Save the file as UTF-8.") from error
