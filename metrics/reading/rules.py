"""The normalizer and the word list that a schema names, from files beside it or from texts that a page keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from metrics.errors import Finding, ResultsError, nearest, stop
from metrics.schema import Schema
from metrics.text.normalize import NAMES, Normalizer, join_normalizers, load_normalizer, parse_rules
from metrics.text.terms import MOST_CHARACTERS, Terms, read_terms

__all__ = ["load_rules"]


def load_rules(
    schema: Schema, texts: Mapping[str, str] | None, findings: list[Finding]
) -> tuple[Normalizer | None, Terms | None]:
    """Return the schema's normalizer and word list; None for what a task other than transcription has no use for.

    `texts` are all the files there are, by name; None looks for them where the schema says, on this machine. What
    is wrong with them is added to `findings`.
    """
    if schema.task != "transcription":
        return None, None
    try:
        normalizer = _find_normalizer(schema.normalizer or "none", texts)
        terms = None if schema.terms is None else _find_terms(schema.terms, texts, normalizer)
    except ResultsError as error:
        findings += error.findings
        return None, None
    findings += terms.findings if terms is not None else ()
    return normalizer, terms


def _find_normalizer(named: str, texts: Mapping[str, str] | None) -> Normalizer:
    if texts is None:
        return load_normalizer(named, Path())
    parts = [part.strip() for part in named.split("+")]
    return join_normalizers(
        parse_rules(texts[part], part) if part in texts and part not in NAMES else load_normalizer(part)
        for part in parts
    )


def _find_terms(named: str, texts: Mapping[str, str] | None, normalizer: Normalizer) -> Terms:
    where = f"word list {named!r}"
    if texts is not None:
        if named not in texts:
            raise stop(where, "is not here.", nearest(named, texts) or "Add it again with --terms.")
        return read_terms(texts[named], named, normalizer)
    path = Path(named)
    try:
        with path.open("rb") as file:
            text = file.read(4 * MOST_CHARACTERS + 1).decode("utf-8-sig")
    except OSError as error:
        raise stop(where, f"cannot be read ({error.strerror}).", "Name another file with --terms.") from error
    except UnicodeDecodeError as error:
        raise stop(where, "is not written in UTF-8.", "Save the file as UTF-8.") from error
    return read_terms(text, path.name, normalizer)
