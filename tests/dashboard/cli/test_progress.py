"""How far a measurement is, on a terminal; nothing of it where nobody watches."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from dashboard.cli import output
from dashboard.cli.output import show_progress


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_one_line_that_is_gone_at_the_end(monkeypatch):
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(output, "_EVERY", 0.0)

    with show_progress() as tell:
        tell("Opening the file", 0.0)
        tell("Reading the rows", 0.256)

    first, second, third, last = terminal.getvalue().split("\r")[1:]
    assert (first.rstrip(), second.rstrip()) == ("  0%  Opening the file ...", " 26%  Reading the rows ...")
    assert (third.strip(), last) == ("", "")
    assert "\n" not in terminal.getvalue()


def test_the_line_is_gone_after_a_failure_too(monkeypatch):
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    def work() -> None:
        with show_progress() as tell:
            tell("Reading the rows", 0.5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()

    assert terminal.getvalue().split("\r")[-2].strip() == ""


def test_a_file_or_a_pipe_gets_nothing(monkeypatch):
    pipe = StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)

    with show_progress() as tell:
        tell("Reading the rows", 0.5)

    assert pipe.getvalue() == ""
