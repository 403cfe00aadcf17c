"""How the numbers of something shared were measured, in words: what goes along with them to every reader."""

from __future__ import annotations

from metrics.schema import Attribute, Schema
from metrics.sharing.shared_cube import Shared

__all__ = ["say_definitions", "say_versions"]

_GOOD = {"positive": "a positive prediction", "negative": "a negative prediction"}


def say_definitions(shared: Shared) -> list[tuple[str, str]]:
    """Return what counts as what, as pairs of a name and a text. They hold names of files, columns and levels."""
    schema, terms = shared.schema, shared.terms
    columns = "; ".join(f"{role}: {column}" for role, column in schema.columns.items())
    facts = [
        ("Files", "; ".join(source.name for source in shared.sources)),
        ("Rows that are part of it", f"{shared.units:,}"),
        ("Only rows where", schema.where or ""),
        ("Columns", columns),
        ("Models", _say_systems(schema)),
        ("Groups", "; ".join(map(_say_attribute, schema.attributes))),
        ("Counts as positive", ", ".join(schema.positive)),
        ("Good for the person", _GOOD.get(schema.favourable or "", "")),
        ("Threshold", "" if schema.threshold is None else f"{schema.threshold:g}"),
        ("Tolerance", "" if schema.tolerance is None else f"{schema.tolerance:g}"),
        ("Texts are made alike by", schema.normalizer or ""),
        ("A group is hidden under", f"{terms.min_cell:,} people"),
        ("A person is", _say_people(shared)),
        ("A group is not judged under", f"{terms.min_units:,} rows"),
    ]
    return [(name, text) for name, text in facts if text]


def say_versions(shared: Shared) -> str:
    """Return what the numbers were made with."""
    return ", ".join(f"{name} {version}" for name, version in shared.versions.items())


def _say_people(shared: Shared) -> str:
    cluster = shared.schema.columns.get("cluster")
    return f"each {cluster}" if shared.terms.people == "clusters" and cluster else "each row"


def _say_systems(schema: Schema) -> str:
    return "; ".join(
        f"{system.title} ({', '.join(f'{role}: {column}' for role, column in system.columns.items())})"
        for system in schema.systems
        if system.columns
    )


def _say_attribute(attribute: Attribute) -> str:
    known = attribute.obtained != "unknown"
    return f"{attribute.column} ({attribute.obtained})" if known else attribute.column
