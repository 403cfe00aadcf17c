"""Long work in the background: what it is doing, how far it is, and a way to stop it. Nothing here draws.

The work is a function that takes a `Tell` and calls it often: with plain words and the share done. A
job that nobody waits for any more is stopped by that call, which then raises `Cancelled`.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Event, Lock, Semaphore, Thread
from typing import Any

from metrics.progress import Tell

__all__ = ["Cancelled", "Job", "Jobs"]

Work = Callable[[Tell], Any]

_GONE_AFTER = 5.0  # seconds: who has not asked for so long hardly waits when somebody else stops the job
_LEFT_AFTER = 120.0  # seconds: nobody has asked for so long, so every page is closed (hidden ones ask seldom)
_QUEUED = "Waiting for other work to end"
_POLL = 0.1


class Cancelled(Exception):  # noqa: N818  (no error: somebody wanted it)
    """The job was stopped; raised inside the work, and by `Job.result`."""


@dataclass(eq=False)
class Job:
    """One piece of work that is to run, runs, has run or was stopped; several people may wait for it."""

    words: str = _QUEUED
    share: float = 0.0
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    weight: int = 0  # bytes that its result takes
    _value: Any = None
    _error: BaseException | None = None
    _over: Event = field(default_factory=Event)
    _stop: Event = field(default_factory=Event)
    _waiting: dict[Hashable, float] = field(default_factory=dict)  # who -> when they last asked

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    @property
    def has_failed(self) -> bool:
        return self._error is not None

    @property
    def age(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self.began

    def tell(self, words: str, share: float) -> None:
        """Take down how far the work is. Raises Cancelled where it is to stop."""
        if self._waiting and not self._is_awaited(_LEFT_AFTER):
            self._stop.set()
        if self._stop.is_set():
            raise Cancelled
        self.words, self.share = words, min(max(share, 0.0), 1.0)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, at most so long, and return whether it has come."""
        return self._over.wait(seconds)

    def result(self) -> Any:
        """Return what the work gave, once it is over. Raises what the work raised."""
        if self._error is not None:
            raise self._error
        return self._value

    def attend(self, who: Hashable) -> None:
        """Say that somebody still waits."""
        self._waiting[who] = time.monotonic()

    def leave(self, who: Hashable) -> None:
        """Say that somebody waits no longer; the work stops when nobody does."""
        self._waiting.pop(who, None)
        if not self._is_awaited(_GONE_AFTER):
            self._stop.set()

    def stop(self) -> None:
        """Stop the work at its next `tell`, whoever waits. What is past its last one is done all the same."""
        self._stop.set()

    def _is_awaited(self, seconds: float) -> bool:
        now = time.monotonic()
        return any(now - asked < seconds for asked in list(self._waiting.values()))

    def _run(self, work: Work, places: Semaphore, weigh: Callable[[Any], int]) -> None:
        try:
            while not places.acquire(timeout=_POLL):
                self.tell(_QUEUED, 0.0)
            try:
                self._value = work(self.tell)
                self.weight = weigh(self._value)
            finally:
                places.release()
        except BaseException as error:  # noqa: BLE001  (who asks for the result gets it)
            self._error = error
        finally:
            self.ended = time.monotonic()
            self._over.set()


class Jobs:
    """Jobs by a key that says what the work hangs on: asked for twice, it is done once.

    The last `keep` results are kept for `seconds`, as many of them as take `most` bytes by what `weigh` says of
    each (the last one is kept in any case). What failed or was stopped is begun anew when it is asked for again.
    At most `places` jobs run at a time, the others wait for their turn.
    """

    def __init__(
        self,
        keep: int,
        seconds: float,
        places: int = 3,
        weigh: Callable[[Any], int] = lambda _: 0,
        most: float = math.inf,
    ) -> None:
        self.keep, self.seconds, self.weigh, self.most = keep, seconds, weigh, most
        self._places = Semaphore(places)
        self._lock = Lock()
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()

    def start(self, key: Hashable, work: Work) -> Job:
        """Return the job of this key, which is begun where there is none."""
        with self._lock:
            self._tidy()
            job = self._jobs.get(key)
            if job is None or job.is_stopped:
                job = self._jobs[key] = Job()
                # A daemon: who ends the program does not wait for it.
                Thread(target=job._run, args=(work, self._places, self.weigh), name="job", daemon=True).start()
            self._jobs.move_to_end(key)
            return job

    def find(self, key: Hashable) -> Job | None:
        """Return the job of this key, also one that was stopped; None where there is none (any more)."""
        with self._lock:
            self._tidy()
            return self._jobs.get(key)

    def do(self, key: Hashable, work: Work, tell: Tell) -> Any:
        """Do the work as a part of other work, or share in what is done already, and return its result."""
        job, who = self.start(key, work), object()
        try:
            job.attend(who)
            while not job.wait(_POLL):
                job.attend(who)
                tell(job.words, job.share)
        except BaseException:
            job.leave(who)
            raise
        self.settle(key, job)
        return job.result()

    def settle(self, key: Hashable, job: Job) -> None:
        """Forget a job that failed: the next one who asks shall not get an old failure."""
        with self._lock:
            if job.has_failed and self._jobs.get(key) is job:
                del self._jobs[key]

    def drop(self, chosen: Callable[[Any], bool]) -> None:
        """Stop and forget the jobs whose key is chosen."""
        with self._lock:
            for key in [key for key in self._jobs if chosen(key)]:
                self._jobs.pop(key).stop()

    def _tidy(self) -> None:
        now, kept, room = time.monotonic(), 0, self.most
        for key in [key for key in reversed(self._jobs) if self._jobs[key].is_over]:  # from the one asked for last
            job = self._jobs[key]
            if now - job.ended > self.seconds or kept == self.keep or (kept and job.weight > room):
                del self._jobs[key]
            else:
                kept, room = kept + 1, room - job.weight
