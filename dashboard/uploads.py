"""Data of a person's own: files are kept, what is said of them is corrected, and they are deleted."""

from __future__ import annotations

from typing import Any

from dashboard import loading, state
from dashboard.datasets import Dataset, correct, find_dataset
from dashboard.workspace import Workspace
from metrics.schema import Schema

__all__ = ["correct_schema", "drop_key", "forget", "upload"]


def upload(sources: list[tuple[str, Any]], schema: Schema, most_bytes: int) -> None:
    """Keep uploaded files and put them on screen.

    What the same drop zone kept before is deleted; its corrections stay where a further file has come to the first.
    """
    kept = Workspace.at_home().keep(sources, schema, most_bytes)
    before = find_dataset(state.recall("dropped", ""), Workspace.at_home())
    if before is not None and before.kind == "upload":
        if schema == Schema() and before.files[0].sha256 == kept.files[0].sha256:
            Workspace.at_home().save_schema(kept.id, before.schema)
        Workspace.at_home().delete(before.id)
    state.remember("dropped", kept.id)
    state.show_anew(kept.id)


def correct_schema(data: Dataset, schema: Schema) -> None:
    """Keep a corrected schema; samples and the opened file get an address of their own with it."""
    state.show(correct(data, schema, Workspace.at_home()).id)


def forget(data: Dataset) -> None:
    """Delete an upload: its folder, and what was kept of it in memory."""
    Workspace.at_home().delete(data.id)
    loading.drop(data)
    state.remember("drops", state.recall("drops", 0) + 1)  # a new drop zone: the old one still holds the files
    state.show_anew(state.first_address())


def drop_key() -> str:
    """The key of the drop zone, a new one after each deletion."""
    return f"drop_{state.recall('drops', 0)}"
