"""A table as it was read, kept beside its upload as Parquet with dictionary codes: faster to read than a file of text.

It is made of the file and of the options and limits it was read with, and its name tells which. One that cannot be
read, or was made by another version of what reads files, is as good as none: the file itself is read again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import metrics.reading
from dashboard.store.home import Home
from dashboard.store.ids import is_id, new_id
from dashboard.store.uploads import DataFile
from metrics.errors import Finding, ResultsError
from metrics.reading.limits import Limits
from metrics.reading.table import Table
from metrics.schema import FileOptions

__all__ = ["LEAST_BYTES", "keep_coded", "read_coded"]

LEAST_BYTES = 1_000_000  # a smaller file is read again within a moment
_ABOUT = b"fairness-dashboard table"
_DICTIONARY_BYTES = 1 << 30  # a column of codes stays one, however many words it has


def keep_coded(home: Home, file: DataFile, options: FileOptions, limits: Limits, table: Table) -> bool:
    """Keep a table beside the upload that `file` is of, and return whether that was done; it is never in the way.

    Nothing is where the file is no upload, is small, or there is no room.
    """
    path = _place(home, file, options, limits)
    if path is None or not home.writable or file.size < LEAST_BYTES:
        return False
    made = path.with_name(f".coded-{new_id()}")
    try:
        home.check_room(file.size)
        _write(table, made)
        home.check_room()
        made.replace(path)
    except (OSError, ResultsError, pa.ArrowException):
        return False
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)
    return True


def read_coded(home: Home, file: DataFile, options: FileOptions, limits: Limits) -> Table | None:
    """Return the table that was kept of a file, equal to what reading the file gives; None where there is none."""
    path = _place(home, file, options, limits)
    if path is None or not path.is_file():
        return None
    try:
        return _read(path)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None


def _place(home: Home, file: DataFile, options: FileOptions, limits: Limits) -> Path | None:
    folder = file.path.parent
    if folder.parent != home.root or not is_id(folder.name):
        return None
    told = repr((file.sha256, file.name, options, limits))
    return folder / f"coded-{hashlib.sha256(told.encode(errors='replace')).hexdigest()[:32]}.parquet"


def _write(table: Table, path: Path) -> None:
    about = {
        "reader": _reader(),
        "name": table.name,
        "sha256": table.sha256,
        "first_line": table.first_line,
        "options": asdict(table.options),
        "findings": [asdict(finding) for finding in table.findings],
        "rows_read": table.rows_read,
        "typed": table.typed,
        "form": table.form,
    }
    data = table.data.unify_dictionaries()  # of other parts with other words only the first would be written as codes
    noted = data.replace_schema_metadata({**(data.schema.metadata or {}), _ABOUT: json.dumps(about).encode()})
    coded = [str(field.name) for field in data.schema if pa.types.is_dictionary(field.type)]
    path.touch(mode=0o600)
    pq.write_table(
        noted,
        path,
        compression="zstd",
        # A name with a dot would be taken for a path: then every column is coded.
        use_dictionary=coded if coded and not any("." in name for name in coded) else bool(coded),
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        row_group_size=max(1, data.num_rows),  # one dictionary a column
        write_page_checksum=True,
    )
    if not pq.read_schema(path).equals(noted.schema, check_metadata=True):
        raise pa.ArrowInvalid("A type of the table is none of Parquet's.")


def _read(path: Path) -> Table | None:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        metadata = dict(file.schema_arrow.metadata or {})
        about: Mapping[str, Any] = json.loads(metadata.pop(_ABOUT))
        if about["reader"] != _reader():
            return None
        data = file.read().replace_schema_metadata(metadata or None)
    return Table(
        about["name"],
        about["sha256"],
        data,
        about["first_line"],
        FileOptions(**_tuples(FileOptions, about["options"])),
        tuple(Finding(**_tuples(Finding, told)) for told in about["findings"]),
        about["rows_read"],
        about["typed"],
        about["form"],
    )


def _tuples(kind: type, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a record with lists as tuples, which is how they were written."""
    return {f.name: tuple(told[f.name]) if isinstance(told[f.name], list) else told[f.name] for f in fields(kind)}


@cache
def _reader() -> str:
    """Return what tells one version of the code that reads files from another."""
    digest = hashlib.sha256(f"{version('fairness-dashboard')} {pa.__version__}".encode())
    folder = Path(metrics.reading.__file__).parent
    for path in [*sorted(folder.glob("*.py")), folder.parent / "schema.py", folder.parent / "errors.py"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()
