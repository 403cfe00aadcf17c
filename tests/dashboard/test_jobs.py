"""Work in the background: shared, told, stopped, and never left running."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from threading import Event, Thread

import pytest

from dashboard import jobs
from dashboard.jobs import Cancelled, Job, Jobs
from metrics.progress import Tell

LONG = 20.0  # seconds: never reached


@pytest.fixture
def registry() -> Jobs:
    return Jobs(keep=3, seconds=60)


class Work:
    """Work that goes on until it is let go, and counts how often it was begun."""

    def __init__(self) -> None:
        self.began, self.may_end, self.times = Event(), Event(), 0

    def __call__(self, tell: Tell) -> str:
        self.times += 1
        tell("Reading", 0.25)
        self.began.set()
        while not self.may_end.wait(0.005):
            tell("Reading", 0.25)
        return "done"


def _job_threads() -> list[Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "job"]


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    assert holds()


def test_a_job_says_what_it_does_and_how_far_it_is(registry):
    work = Work()

    job = registry.start("key", work)
    work.began.wait(LONG)

    assert (job.words, job.share, job.is_over) == ("Reading", 0.25, False)
    work.may_end.set()
    assert job.wait(LONG)
    assert job.result() == "done"


def test_who_asks_for_the_same_shares_the_work(registry):
    work = Work()
    first = registry.start("key", work)
    work.began.wait(LONG)

    second = registry.start("key", work)
    work.may_end.set()
    first.wait(LONG)
    third = registry.start("key", work)

    assert first is second is third
    assert work.times == 1


def test_a_stopped_job_ends_and_is_begun_anew_when_asked_for_again(registry):
    work = Work()
    job = registry.start("key", work)
    job.attend("me")
    work.began.wait(LONG)

    job.leave("me")

    assert job.wait(LONG)
    with pytest.raises(Cancelled):
        job.result()
    again = registry.start("key", work)
    work.may_end.set()
    assert again.wait(LONG)
    assert again.result() == "done"
    _wait_until(lambda: not _job_threads())


def test_who_leaves_does_not_stop_the_work_of_others(registry):
    work = Work()
    job = registry.start("key", work)
    job.attend("me")
    job.attend("somebody else")

    job.leave("me")

    assert not job.is_stopped
    job.leave("somebody else")
    assert job.is_stopped
    assert job.wait(LONG)


def test_a_stopped_job_is_found_and_stops_whoever_waits(registry):
    work = Work()
    job = registry.start("key", work)
    job.attend("somebody else")
    work.began.wait(LONG)

    job.stop()

    assert job.wait(LONG)
    assert registry.find("key") is job
    assert registry.find("another") is None


def test_a_job_whose_pages_are_all_closed_stops_by_itself(registry, monkeypatch):
    work = Work()
    job = registry.start("key", work)
    job.attend("me")
    work.began.wait(LONG)

    monkeypatch.setattr(jobs, "_LEFT_AFTER", 0.0)

    assert job.wait(LONG)
    assert job.is_stopped


def test_an_error_comes_out_and_is_not_kept(registry):
    def fail(tell: Tell) -> None:
        raise ZeroDivisionError("by nothing")

    job = registry.start("key", fail)
    job.wait(LONG)
    registry.settle("key", job)

    with pytest.raises(ZeroDivisionError, match="by nothing"):
        job.result()
    assert registry.start("key", lambda tell: 1) is not job


def test_work_inside_of_work_tells_through_and_is_stopped_with_it(registry):
    inner, told = Work(), []
    parts = Jobs(keep=3, seconds=60)

    def outer(tell: Tell) -> str:
        def pass_on(words: str, share: float) -> None:
            told.append(words)
            tell(words, share / 2)

        return str(parts.do("part", inner, pass_on))

    job = registry.start("key", outer)
    job.attend("me")
    inner.began.wait(LONG)
    _wait_until(lambda: "Reading" in told)
    job.leave("me")

    assert job.wait(LONG)
    _wait_until(lambda: not _job_threads())
    assert job.is_stopped


def test_the_results_asked_for_last_are_kept(registry):
    made = [registry.start(n, lambda tell, n=n: n) for n in range(3)]
    for job in made:
        job.wait(LONG)
    registry.start(0, Work())
    for n in (3, 4):
        registry.start(n, lambda tell, n=n: n).wait(LONG)

    assert registry.start(0, lambda tell: "new") is made[0]
    assert registry.start(1, lambda tell: "new") is not made[1]


def test_no_more_is_kept_than_there_is_room_for():
    registry = Jobs(keep=9, seconds=60, weigh=len, most=10)
    times: dict[str, int] = {}

    def make(name: str, size: int) -> str:
        def work(tell: Tell) -> str:
            times[name] = times.get(name, 0) + 1
            return "x" * size

        job = registry.start(name, work)
        assert job.wait(LONG)
        return job.result()

    for name, size in {"old": 3, "large": 11, "new": 4, "newer": 6}.items():
        make(name, size)
    for name, size in {"newer": 6, "new": 4}.items():  # 10 in all: both are still there
        make(name, size)
    assert times == {"old": 1, "large": 1, "new": 1, "newer": 1}

    make("old", 3)  # one of 13: that which was asked for longest ago has to go, once another is begun
    make("next", 1)
    make("newer", 6)
    assert times == {"old": 2, "large": 1, "new": 1, "newer": 2, "next": 1}


def test_the_last_result_is_kept_whatever_its_size():
    registry, times = Jobs(keep=9, seconds=60, weigh=len, most=10), []

    for _ in range(2):
        assert registry.start("large", lambda tell: times.append(1) or "x" * 99).wait(LONG)

    assert len(times) == 1


def test_results_do_not_outlive_their_time():
    registry = Jobs(keep=3, seconds=0)
    job = registry.start("key", lambda tell: 1)
    job.wait(LONG)
    _wait_until(lambda: registry.start("key", lambda tell: 2) is not job)


def test_a_job_without_a_place_waits_and_can_be_stopped_meanwhile():
    registry, work, never = Jobs(keep=3, seconds=60, places=1), Work(), Work()
    running = registry.start("one", work)
    work.began.wait(LONG)

    waiting = registry.start("two", never)
    waiting.attend("me")
    waiting.leave("me")

    assert waiting.wait(LONG)
    assert never.times == 0
    work.may_end.set()
    assert running.wait(LONG)


def test_what_is_dropped_is_stopped_and_forgotten(registry):
    work = Work()
    job = registry.start(("mine", 1), work)
    work.began.wait(LONG)

    registry.drop(lambda key: key[0] == "mine")

    assert job.wait(LONG)
    assert registry.start(("mine", 1), lambda tell: "new") is not job


def test_a_share_is_never_beyond_the_whole():
    job = Job()

    job.tell("Reading", 1.7)

    assert job.share == 1.0
