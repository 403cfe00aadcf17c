"""Controls for transcripts: how texts are made alike before words are compared, and listed terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.state import BIND
from dashboard.view import Loaded
from metrics.schema import Schema
from metrics.text.normalize import NAMES, Normalizer, load_normalizer
from metrics.writing import guard_frame

__all__ = ["choose_normalizers", "choose_texts", "preview_texts"]

RULES, TERMS = "rules", "terms"
_TITLES = {
    "none": "nothing: as written",
    "lower": "lower case, no punctuation",
    "whisper-english": "Whisper's English normalizer",
    "whisper-basic": "Whisper's basic normalizer",
}
_MOST = 100_000
_ROWS = 5
_LONGEST = 300


def choose_texts(schema: Schema, field: Callable[[str, Any, Callable[[Schema, Any], Schema]], dict[str, Any]]) -> None:
    """Draw the choice of a normalizer, and boxes for rules and a list of terms.

    `field` gives key and callback of one, by its name, the value that it is drawn with, and what a new one changes.
    """
    base, others = _split(schema)
    names = _names(base)
    st.selectbox(
        "Texts are made alike by",
        names,
        index=names.index(base),
        format_func=lambda name: _TITLES.get(name, name),
        help="References and transcripts alike, before words are compared. One for all models.",
        **field("normalizer", base, lambda s, value: _with(s, str(value or "none"), _split(s)[1])),
    )
    kept = "".join(schema.texts.get(part, "") for part in others)
    st.text_area(
        "Rules after that",
        value=kept,
        max_chars=_MOST,
        placeholder="gonna => going to\n{um / uh / @}",
        help="One a line: A => B, or words in braces that count as the first of them; @ is nothing.",
        **field("rules", kept, _take_rules),
    )
    terms = schema.texts.get(schema.terms or "", "")
    st.text_area(
        "Terms to follow",
        value=terms,
        max_chars=_MOST,
        placeholder="aspirin\nblood pressure",
        help="One a line: medicines, names, numbers. How many come through is measured for every group.",
        **field("terms", terms, _take_terms),
    )


def choose_normalizers(loaded: Loaded) -> dict[str, Normalizer]:
    """Draw the choice of normalizers to compare, and return them by what they are called, the data's own first."""
    own = loaded.results.normalizer or load_normalizer("none")
    named = {own.name: own}
    for name in _names():
        other = load_normalizer(name)
        if other.digest != own.digest:
            named.setdefault(name if name not in named else f"{name} (built in)", other)
    first = own.name
    chosen = st.multiselect(
        "Texts are made alike by",
        list(named),
        default=list(named),
        key="wording_normalizers",
        bind=BIND,
        format_func=lambda name: f"{_TITLES.get(name, name)}{' (as measured)' if name == first else ''}",
        help="References and transcripts alike, before words are compared. That of the data is always among them.",
    )
    return {name: each for name, each in named.items() if name == first or name in chosen}


def preview_texts(loaded: Loaded) -> None:
    """Show the first texts that the normalizer changes, as they are written and as they are compared."""
    normalizer = loaded.results.normalizer
    reference = loaded.results.columns.get("reference")
    if normalizer is None or not normalizer.steps or reference is None:
        return
    texts = list(dict.fromkeys(t for t in reference.head(500) if t))
    for answers in loaded.results.answers:
        texts += [t for t in answers.get("hypothesis", pd.Series(dtype=object)).head(100) if t]
    pairs = [(a, b) for a, b in zip(texts, normalizer(texts), strict=True) if a != b][:_ROWS]
    if not pairs:
        return
    st.caption(normalizer.describe())
    table = pd.DataFrame([(a[:_LONGEST], b[:_LONGEST]) for a, b in pairs], columns=["as written", "as compared"])
    st.dataframe(guard_frame(table), hide_index=True, key="texts_preview", alt="Texts before and after normalizing")


def _names(also: str = "") -> list[str]:
    """Return the named normalizers that can be had: Whisper's are in a package of their own."""
    has_whisper = find_spec("whisper_normalizer") is not None
    return [name for name in NAMES if has_whisper or not name.startswith("whisper") or name == also]


def _split(schema: Schema) -> tuple[str, list[str]]:
    """Return the named normalizer of a schema and the rules that follow it."""
    parts = [part.strip() for part in (schema.normalizer or "none").split("+") if part.strip()]
    base = next((part for part in parts if part in NAMES), "none")
    return base, [part for part in parts if part not in NAMES]


def _with(schema: Schema, base: str, rules: list[str]) -> Schema:
    """Return the schema with this normalizer; `none` alone is left out."""
    parts = [base, *rules] if base != "none" or not rules else rules
    return replace(schema, normalizer=None if parts == ["none"] else "+".join(parts))


def _take_rules(schema: Schema, text: Any) -> Schema:
    base, before = _split(schema)
    texts = {name: kept for name, kept in schema.texts.items() if name not in before}
    if not str(text or "").strip():
        return _with(replace(schema, texts=texts), base, [])
    return _with(replace(schema, texts={**texts, RULES: str(text)}), base, [RULES])


def _take_terms(schema: Schema, text: Any) -> Schema:
    texts = {name: kept for name, kept in schema.texts.items() if name != schema.terms}
    if not str(text or "").strip():
        return replace(schema, terms=None, texts=texts)
    return replace(schema, terms=TERMS, texts={**texts, TERMS: str(text)})
