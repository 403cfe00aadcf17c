"""What the tests of the contract share: a small file, a command, its JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import run

Row = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]


class Asker:
    """Somebody with a terminal and the contract in hand."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def write(self, text: str | bytes, name: str = "data.csv") -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit code, stdout, stderr."""
        self.capsys.readouterr()
        code = run(arguments)
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    def measure(self, file: str, *arguments: str) -> dict[str, Any]:
        """Return the JSON of a `measure` that is done."""
        code, out, err = self.run("measure", file, *arguments, "--format", "json")
        assert code == 0, err
        found: dict[str, Any] = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        assert [line for line in err.splitlines() if line.startswith("Error")] == []
        return found

    def refuse(self, file: str, *arguments: str, command: str = "measure") -> str:
        """Return what is said of a command that ends with 2, stdout being empty."""
        code, out, err = self.run(command, file, *arguments)
        assert (code, out) == (2, ""), err
        assert err.strip()
        return err


def table(rows: Rows, *columns: str) -> str:
    """Return rows as CSV; None is an empty cell. The columns default to those of the first row."""
    names = columns or tuple(rows[0])
    lines = [",".join("" if row[name] is None else str(row[name]) for name in names) for row in rows]
    return "\n".join([",".join(names), *lines]) + "\n"


def of(found: Mapping[str, Any], where: str = "estimates", /, **wanted: Any) -> list[Row]:
    """Return the records of a list with these fields."""
    return [row for row in found[where] if all(row[name] == value for name, value in wanted.items())]


def one(found: Mapping[str, Any], where: str = "estimates", /, **wanted: Any) -> Row:
    """Return the only record with these fields."""
    records = of(found, where, **wanted)
    assert len(records) == 1, (wanted, records)
    return records[0]


def slices(found: Mapping[str, Any], where: str = "estimates") -> list[dict[str, str]]:
    """Return the slices of a list in order, each once."""
    return [dict(pairs) for pairs in dict.fromkeys(tuple(row["slice"].items()) for row in found[where])]


def told(found: Mapping[str, Any], *words: str) -> list[Row]:
    """Return the findings that hold all these words."""
    return [f for f in found["findings"] if all(w in f"{f['where']} {f['found']} {f['cure']}" for w in words)]


def words(text: str) -> list[str]:
    """Return the words of a text: the arguments of a command line without quotes."""
    return text.split()
