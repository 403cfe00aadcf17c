"""What was decided, one line of JSON a decision, each chained to the line before it.

A line holds its number, `previous` (the `hash` of the line before, 64 zeros in the first), when it was `judged`, the
digests of the `bounty` (terms, rows, labels) and of the `submission` with its files, the `decision`, and last its own
`hash`: the sha256 of the line without it, as JSON with sorted keys and no spaces. Whoever changes, drops or moves a
line breaks the chain there; whoever keeps the last hash can tell that no line was taken off the end.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from metrics.bounty.judge import Decision
from metrics.bounty.submission import is_safe_name
from metrics.errors import ResultsError, nearest, stop
from metrics.locks import give_back, take
from metrics.strict_json import load_strict

__all__ = ["LEDGER", "Record", "append_records", "decision_to_dict", "locked", "make_record", "read_ledger"]

LEDGER = "ledger.jsonl"
_LOCK = "ledger.lock"
_START = "0" * 64
_PATIENCE_SECONDS = 600.0
_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Record:
    """One line of a ledger: `number` from 1 up, `judged` in UTC (ISO 8601), digests as sha256 in hex."""

    number: int
    previous: str
    judged: str
    bounty: str
    digest: str
    decision: Decision
    hash: str = ""


def make_record(before: Sequence[Record], bounty: str, digest: str, decision: Decision, judged: str = "") -> Record:
    """Return the next record; `judged` is now where it is not given."""
    judged = judged or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    record = Record(len(before) + 1, before[-1].hash if before else _START, judged, bounty, digest, decision)
    return Record(**{**_fields_of(record), "hash": _hash(record)})


def read_ledger(folder: Path) -> tuple[Record, ...]:
    """Read and verify the ledger of a bounty's folder; empty where there is none.

    Raises ResultsError, naming the first line that is damaged, out of order, or not what was written there.
    """
    path = Path(folder) / LEDGER
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise stop(f"file {LEDGER!r}", f"cannot be read ({error.strerror}).", "Check who may read it.") from error
    records: list[Record] = []
    lines = data.split(b"\n")
    if lines[-1]:
        raise _broken(len(lines), "is cut off.", "Take this last line out; judge decides again what it held.")
    for number, line in enumerate(lines[:-1], 1):
        record = _read_line(line, number)
        if record.previous != (records[-1].hash if records else _START) or record.number != number:
            found = "does not follow the line before it: lines were taken out, put in or moved."
            raise _broken(number, found, _RESTORE)
        records.append(record)
    return tuple(records)


def append_records(folder: Path, before: Sequence[Record], new: Sequence[Record]) -> None:
    """Write the records of a ledger, all or none of the new ones; to be called under `locked`.

    The file is replaced as a whole, so whoever reads it meanwhile finds the old lines or all of them. Raises
    ResultsError where it cannot be written.
    """
    if not new:
        return
    text = "".join(f"{_write(record, whole=True)}\n" for record in (*before, *new))
    beside = Path(folder) / f".{LEDGER}.{secrets.token_hex(8)}"
    try:
        with beside.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(Path(folder) / LEDGER)
    except OSError as error:
        raise stop(
            f"file {LEDGER!r}", f"cannot be written ({error.strerror}).", "Check who may write there."
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def decision_to_dict(decision: Decision) -> dict[str, Any]:
    """Return a decision as JSON takes it: undefined numbers are None."""
    return {key: None if isinstance(v, float) and math.isnan(v) else v for key, v in asdict(decision).items()}


@contextmanager
def locked(folder: Path, patience_seconds: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """Hold a bounty's folder for oneself: who comes second waits, in another thread, process or user's session.

    The system lets go of the lock when its holder ends, however it ends. Raises ResultsError where it is not had in
    time, or the folder cannot be written to.
    """
    path = Path(folder) / _LOCK
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise stop(f"folder '{folder}'", f"cannot be written to ({error.strerror}).", "Check who may.") from error
    try:
        ends = time.monotonic() + patience_seconds
        while not take(handle):
            if time.monotonic() > ends:
                cure = "Try again when they are done."
                raise stop(f"folder '{folder}'", "is being judged by somebody else.", cure)
            time.sleep(_EVERY_SECONDS)
        try:
            yield
        finally:
            give_back(handle)
    finally:
        os.close(handle)


# -- lines ---------------------------------------------------------------------------------------

_RESTORE = "Restore the ledger from a copy; nothing is judged on a ledger that was changed."
_KINDS: dict[str, tuple[type, ...]] = {
    "submission": (str,),
    "team": (str,),
    "units": (int,),
    "mass": (float, int),
    "loss_current": (float, int, type(None)),
    "loss_replacement": (float, int, type(None)),
    "score": (float, int),
    "accepted": (bool,),
    "reason": (str,),
    "repairs": (int,),
    "error_after": (float, int),
}


def _fields_of(record: Record) -> dict[str, Any]:
    return {f.name: getattr(record, f.name) for f in fields(Record)}


def _write(record: Record, *, whole: bool) -> str:
    tree = _fields_of(record) | {"decision": decision_to_dict(record.decision)}
    if not whole:
        del tree["hash"]
    return json.dumps(tree, sort_keys=not whole, separators=None if whole else (",", ":"), allow_nan=False)


def _hash(record: Record) -> str:
    return hashlib.sha256(_write(record, whole=False).encode()).hexdigest()


def _read_line(line: bytes, number: int) -> Record:
    try:
        tree = load_strict(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _broken(number, "is no valid JSON.", _RESTORE) from error
    names = [f.name for f in fields(Record)]
    if not isinstance(tree, dict) or list(tree) != names or not isinstance(tree["decision"], dict):
        odd = next((key for key in tree if key not in names), "") if isinstance(tree, dict) else ""
        raise _broken(number, "is not of the form of a decision.", f"{nearest(odd, names)} {_RESTORE}".strip())
    decision = tree["decision"]
    right = list(decision) == list(_KINDS) and all(
        isinstance(decision[k], kinds) and (isinstance(decision[k], bool) == (kinds == (bool,)))
        for k, kinds in _KINDS.items()
    )
    texts = all(isinstance(tree[key], str) for key in ("previous", "judged", "bounty", "digest", "hash"))
    # The names make a path, so they are looked at even where the hash is right.
    named = right and is_safe_name(decision["team"]) and is_safe_name(decision["submission"])
    if not named or not texts or not isinstance(tree["number"], int):
        raise _broken(number, "is not of the form of a decision.", _RESTORE)
    told: dict[str, Any] = {key: math.nan if value is None else value for key, value in decision.items()}
    record = Record(**{**tree, "decision": Decision(**told)})
    if record.hash != _hash(record) or _write(record, whole=True).encode() != line:
        raise _broken(number, "was changed after it was written: its hash is another.", _RESTORE)
    return record


def _broken(number: int, found: str, cure: str) -> ResultsError:
    return stop(f"file {LEDGER!r}, line {number}", found, cure)
