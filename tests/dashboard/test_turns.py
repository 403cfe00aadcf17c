"""Turns: few pages are drawn at a time, everyone gets their turn, and nobody is held up for good."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from contextlib import suppress
from threading import Event, Thread

from dashboard import turns
from dashboard.turns import leave_turn, take_turn

LONG = 20.0  # seconds: never reached


class Page(Thread):
    """A page that takes its turn and draws until it is let go; with `fails` it breaks."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__(daemon=True)
        self.fails, self.draws, self.may_end = fails, Event(), Event()
        self.start()

    def run(self) -> None:
        with suppress(RuntimeError), take_turn():
            self.draws.set()
            self.may_end.wait(LONG)
            if self.fails:
                raise RuntimeError

    def end(self) -> None:
        self.may_end.set()
        self.join(LONG)


def test_the_fourth_page_waits_until_one_is_drawn(monkeypatch):
    monkeypatch.setattr(turns, "_turns", threading.Semaphore(3))
    monkeypatch.setattr(turns, "_LONGEST", LONG)
    pages = [Page() for _ in range(3)]
    assert all(page.draws.wait(LONG) for page in pages)

    fourth = Page()
    assert not fourth.draws.wait(0.2)
    pages[1].end()

    assert fourth.draws.wait(LONG)
    for page in [*pages, fourth]:
        page.end()


def test_a_page_that_breaks_gives_its_turn_back(monkeypatch):
    monkeypatch.setattr(turns, "_turns", threading.Semaphore(1))
    monkeypatch.setattr(turns, "_LONGEST", LONG)

    for _ in range(3):
        page = Page(fails=True)
        assert page.draws.wait(LONG)
        page.end()


def test_nobody_waits_for_good_and_no_turn_is_given_back_that_was_not_taken(monkeypatch):
    monkeypatch.setattr(turns, "_turns", threading.Semaphore(1))
    monkeypatch.setattr(turns, "_LONGEST", 0.05)
    slow = Page()
    assert slow.draws.wait(LONG)

    impatient = Page()
    assert impatient.draws.wait(LONG)
    impatient.end()

    monkeypatch.setattr(turns, "_LONGEST", LONG)
    patient = Page()
    assert not patient.draws.wait(0.2)  # the slow one still has the only turn
    slow.end()
    assert patient.draws.wait(LONG)
    patient.end()


def test_who_waits_for_something_else_leaves_the_turn_to_others_and_takes_one_again(monkeypatch):
    monkeypatch.setattr(turns, "_turns", threading.Semaphore(1))
    monkeypatch.setattr(turns, "_LONGEST", LONG)
    steps: list[str] = []

    with take_turn():
        with leave_turn():
            other = Page()
            assert other.draws.wait(LONG)
            steps.append("the other draws")
            threading.Timer(0.1, other.end).start()
        steps.append("the turn is back")  # only once the other has ended
        assert other.may_end.is_set()
        third = Page()
        assert not third.draws.wait(0.2)
    assert third.draws.wait(LONG)
    third.end()
    assert steps == ["the other draws", "the turn is back"]


def test_leaving_a_turn_that_one_does_not_have_gives_none_away(monkeypatch):
    monkeypatch.setattr(turns, "_turns", threading.Semaphore(1))
    monkeypatch.setattr(turns, "_LONGEST", LONG)
    with leave_turn():
        pass

    first, second = Page(), Page()
    draws = [page.draws.wait(0.3) for page in (first, second)]
    assert sorted(draws) == [False, True]
    (first if draws[0] else second).end()
    assert first.draws.wait(LONG) and second.draws.wait(LONG)
    first.end()
    second.end()


class Ring:
    """Something that hangs on itself."""

    def __init__(self) -> None:
        self.itself = self


def test_memory_that_nobody_reaches_is_given_back_now_and_then(monkeypatch):
    def draw() -> weakref.ref[Ring]:
        with take_turn():
            return weakref.ref(Ring())

    gc.disable()
    try:
        monkeypatch.setattr(turns, "_SWEEP_EVERY", 0.0)
        monkeypatch.setattr(turns, "_swept", time.monotonic() - 1)
        first = draw()  # still being drawn when the sweep of its own turn goes on
        draw()
        assert first() is None

        monkeypatch.setattr(turns, "_SWEEP_EVERY", LONG)
        second = draw()
        draw()
        assert second() is not None
    finally:
        gc.enable()
