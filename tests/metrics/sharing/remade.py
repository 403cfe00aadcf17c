"""Bundles made anew with something changed in them, as somebody may who means no good."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from metrics.sharing.bundle_archive import pack
from metrics.sharing.bundle_head import read_head
from metrics.sharing.bundle_numbers import table_kinds
from metrics.sharing.plain_parquet import read_columns, write_columns

Tables = dict[str, dict[str, np.ndarray]]


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_head(data: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """Return the bundle with its JSON changed in place."""
    members = members_of(data)
    tree = json.loads(members["bundle.json"])
    change(tree)
    return pack({**members, "bundle.json": json.dumps(tree).encode()})


def tables_of(data: bytes) -> Tables:
    members = members_of(data)
    kinds = table_kinds(read_head(members["bundle.json"], "a file"))
    return {
        name: {c: v.copy() for c, v in read_columns(members[f"{name}.parquet"], kinds[name], 10**7).items()}
        for name in kinds
    }


def with_tables(data: bytes, change: Callable[[Tables], Any]) -> bytes:
    """Return the bundle with its columns changed in place."""
    tables = tables_of(data)
    change(tables)
    return pack({**members_of(data), **{f"{name}.parquet": write_columns(table) for name, table in tables.items()}})


def with_members(data: bytes, **changed: bytes) -> bytes:
    """Return the bundle with other members; of `answers` comes `answers.parquet`."""
    return pack({**members_of(data), **{f"{name}.parquet": member for name, member in changed.items()}})


def with_size(data: bytes, name: str, size: int) -> bytes:
    """Return the bundle with another size of a member, unpacked, than it has, where the zip file says so."""
    at = data.rindex(name.encode()) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]
