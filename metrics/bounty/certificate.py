"""The sealed split, opened once: what was found then is kept in `certified.json`, and nothing is tested there again.

The file names the last line of the ledger at that time. What is accepted later had teams who could know the results,
so it is never certified by these rows. The numbers are computed again from the game whenever they are asked for; the
file holds them for people to read, and whether they still say the same is checked.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metrics.bounty.certify import COLUMNS, DELTA, certify_adaptively, certify_sealed
from metrics.bounty.folder import Played
from metrics.bounty.judge import Game
from metrics.bounty.ledger import locked
from metrics.bounty.terms import SEALED
from metrics.errors import QuestionError, ResultsError, stop
from metrics.strict_json import load_strict
from metrics.writing import dump_json, records

__all__ = ["FILE", "Certificate", "can_open", "certify_unsealed", "open_sealed", "read_certificate"]

FILE = "certified.json"
FORMAT, VERSION = "fairness-dashboard certificate", 1
_MOST_BYTES = 50 * 2**20
_KEYS: dict[str, tuple[type, ...]] = {
    "format": (str,),
    "version": (int,),
    "bounty": (str,),
    "opened": (str,),
    "ledger": (str,),
    "decisions": (int,),
    "delta": (float,),
    "results": (list,),
}


@dataclass(frozen=True, eq=False)
class Certificate:
    """What the sealed split said when it was `opened` (UTC, ISO 8601); empty of a test on the validation split.

    That was after so many `decisions`, `ledger` being the hash of the last. `table` has the columns of
    `metrics.bounty.certify`, a row for each submission accepted so far: those accepted after the opening have no
    numbers and are not certified.
    """

    opened: str
    ledger: str
    decisions: int
    delta: float
    table: pd.DataFrame


def can_open(played: Played) -> bool:
    """Whether there is anything to certify, and rows to do it on."""
    return bool(played.game.accepted) and bool((played.bounty.split == SEALED).any())


def open_sealed(folder: Path, played: Played, delta: float = DELTA, opened: str = "") -> Certificate:
    """Open the sealed split of a bounty for what was accepted so far, and write down what it said.

    Where it was opened before, that certificate is returned and nothing is opened. `opened` is now where it is not
    given. Raises QuestionError where nothing was accepted or no row is sealed, ResultsError where the file cannot be
    written.
    """
    _check_delta(delta)
    with locked(folder):
        before = read_certificate(folder, played)
        if before is not None:
            return before
        if not can_open(played):
            raise QuestionError("Nothing can be certified: it takes an accepted submission, and sealed rows.")
        opened = opened or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        last = played.records[-1]
        made = Certificate(opened, last.hash, last.number, float(delta), certify_sealed(played.game, delta))
        _write(Path(folder) / FILE, _tree(made, played))
    return made


def certify_unsealed(played: Played, delta: float = DELTA) -> Certificate:
    """Test what was accepted on the validation split, for organisers who show no digits of it; nothing is written.

    Raises QuestionError for a delta that is no chance.
    """
    _check_delta(delta)
    last = played.records[-1].hash if played.records else ""
    return Certificate("", last, len(played.records), float(delta), certify_adaptively(played.game, delta))


def read_certificate(folder: Path, played: Played) -> Certificate | None:
    """Return what the sealed split said, None where it is still sealed.

    Raises ResultsError where the file is damaged, is of another ledger, or says otherwise than the rows do.
    """
    tree = _load(Path(folder) / FILE)
    if tree is None:
        return None
    n = tree["decisions"]
    if n > len(played.records) or n < 1 or played.records[n - 1].hash != tree["ledger"]:
        found = "belongs to another ledger than the one that lies beside it."
        raise _broken(found, "Put the ledger back as it was; what was sealed for it is open.")
    if tree["bounty"] != played.bounty.digest or not 0 < tree["delta"] < 1:
        raise _broken("was made under other terms, rows or labels.", "Put them back as they were.")
    then = _shorten(played.game, n)
    again = Certificate(tree["opened"], tree["ledger"], n, tree["delta"], certify_sealed(then, tree["delta"]))
    if _told(tree["results"]) != _told(_tree(again, played)["results"]):
        raise _broken("says otherwise than the sealed rows do.", "It was changed by hand; restore it from a copy.")
    return replace(again, table=_add_later(again.table, played.game))


def _check_delta(delta: float) -> None:
    if not 0 < delta < 1:
        raise QuestionError(f"The chance of a false certificate lies between 0 and 1, such as 0.05; got {delta:g}.")


def _shorten(game: Game, n_decisions: int) -> Game:
    """Return a game as far as its certificate goes: the models stay, as those accepted met them."""
    decisions = game.decisions[:n_decisions]
    n_accepted = sum(decision.accepted for decision in decisions)
    return replace(game, accepted=game.accepted[:n_accepted], decisions=decisions)


def _add_later(table: pd.DataFrame, game: Game) -> pd.DataFrame:
    later = [accepted.entry.submission for accepted in game.accepted[len(table) :]]
    if not later:
        return table
    empty = {"submission": [s.id for s in later], "team": [s.team for s in later], "certified": [False] * len(later)}
    numbers = {name: np.full(len(later), np.nan) for name in COLUMNS if name not in empty}
    whole = {name: table[name].astype("float64") for name in ("units", "better", "worse")}
    return pd.concat(
        [table.assign(**whole), pd.DataFrame(empty | numbers)[COLUMNS].astype({"clusters": object})]
    ).reset_index(drop=True)


def _tree(certificate: Certificate, played: Played) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "bounty": played.bounty.digest,
        "opened": certificate.opened,
        "ledger": certificate.ledger,
        "decisions": certificate.decisions,
        "delta": certificate.delta,
        "results": records(certificate.table),
    }


def _told(results: list[Any]) -> list[tuple[Any, ...]]:
    """Return what may not change: the last digits of p may, between versions of the libraries that compute it."""
    keys = ("team", "submission", "units", "better", "worse", "certified")
    return [tuple(r.get(key) for key in keys) if isinstance(r, dict) else () for r in results]


def _load(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _broken(f"cannot be read ({error.strerror}).", "Check who may read it.") from error
    try:
        tree = load_strict(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _broken("is no valid JSON.", _RESTORE) from error
    right = (
        isinstance(tree, dict)
        and list(tree) == list(_KEYS)
        and all(isinstance(tree[key], kinds) and not isinstance(tree[key], bool) for key, kinds in _KEYS.items())
        and (tree["format"], tree["version"]) == (FORMAT, VERSION)
    )
    if not right:
        raise _broken("is no certificate of this version.", _RESTORE)
    return dict(tree)


_RESTORE = "Restore it from a copy: without it nobody can tell that the sealed split was opened."


def _write(path: Path, tree: dict[str, Any]) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as file:
            file.write(dump_json(tree).encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise _broken(f"cannot be written ({error.strerror}).", "Check who may write there.") from error
    finally:
        beside.unlink(missing_ok=True)


def _broken(found: str, cure: str) -> ResultsError:
    return stop(f"file {FILE!r}", found, cure)
