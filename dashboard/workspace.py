"""The workspace: uploads and published reports in one folder, each under an id that nobody can guess.

Whoever has the id has the data, so it is never listed, logged or derived from anything; there is no function that
names the uploads or the reports there are. Several processes may use one folder at once. What it is made of is in
`dashboard.store`; docs/workspace.md tells what is kept where, and for how long.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from dashboard.store import backup, log, reports, sweeping, uploads
from dashboard.store.backup import Status
from dashboard.store.errors import ReadOnly
from dashboard.store.home import Home
from dashboard.store.locking import held
from dashboard.store.log import Change, Entry
from dashboard.store.reports import Report
from dashboard.store.uploads import DataFile, Kept
from dashboard.viewer import is_viewer
from metrics.progress import SILENT, Progress
from metrics.reading.limits import Limits
from metrics.reading.table import Table
from metrics.schema import FileOptions, Schema

__all__ = [
    "FOLDER_VARIABLE",
    "Change",
    "DataFile",
    "Entry",
    "Kept",
    "ReadOnly",
    "Report",
    "Status",
    "Workspace",
    "hours_to_live",
    "most_bytes_of_all",
    "name_workspace",
]

FOLDER_VARIABLE = "FAIRNESS_DASHBOARD_WORKSPACE"
_PUBLISHING = "workspace.publishing"
_PATIENCE_SECONDS = 120.0


def name_workspace(folder: Path) -> None:
    """Have this folder be the workspace from now on, of the pages too, which run as a script."""
    os.environ[FOLDER_VARIABLE] = str(folder.resolve())


def hours_to_live() -> float:
    """Return how long uploads are kept: FAIRNESS_DASHBOARD_TTL_HOURS, or 24 where that is no positive number."""
    return _positive("FAIRNESS_DASHBOARD_TTL_HOURS", 24.0)


def most_bytes_of_all() -> float:
    """Return how many bytes the whole folder may take: FAIRNESS_DASHBOARD_QUOTA_GB (10^9 bytes each), or 20 GB."""
    return _positive("FAIRNESS_DASHBOARD_QUOTA_GB", 20.0) * 1e9


@dataclass(frozen=True)
class Workspace:
    """Uploads (each for `hours`) and published reports under `root`, which may take `quota` bytes.

    Every method that takes an id treats it as hostile. Where it is not `writable`, whatever would write raises
    ReadOnly. Whatever writes may raise ResultsError: the disk is full, the quota is reached, another one writes for too
    long, the file is damaged or of a newer version.
    """

    root: Path
    hours: float = 24.0
    writable: bool = True
    quota: float = field(default_factory=most_bytes_of_all)

    @classmethod
    def at_home(cls, *, writable: bool = True) -> Workspace:
        """The folder of FAIRNESS_DASHBOARD_WORKSPACE, else one of the user's own; not writable for a viewer."""
        named = os.environ.get(FOLDER_VARIABLE)
        return cls(Path(named) if named else _own_folder(), hours_to_live(), writable and not is_viewer())

    # -- uploads ---------------------------------------------------------------------------------

    def keep(
        self,
        sources: Sequence[tuple[str, BinaryIO]],
        schema: Schema,
        most_bytes: int,
        progress: Progress = SILENT,
    ) -> Kept:
        """Copy named streams into a new folder, the first one being the file that others are joined to.

        The folder appears under its id only when it is complete; of a copy that `progress` ends nothing is
        left. Raises ResultsError for a stream of more than `most_bytes` bytes: the limit that a browser holds
        is no limit; and where it does not fit into the workspace or on the disk.
        """
        self.sweep()
        kept = self.find(uploads.keep(self._home, sources, schema, most_bytes, progress))
        assert kept is not None
        return kept

    def find(self, upload: str) -> Kept | None:
        """Return what is kept under an id; None if it is no id, unknown, deleted or past its time."""
        return uploads.find(self._home, upload)

    def save_schema(self, upload: str, schema: Schema, tell: Callable[[Schema], Change | None] | None = None) -> None:
        """Put a corrected schema beside an upload, in one step: a reader sees the old one or the new one.

        `tell` is given the one there was, and what it returns stands in the log together with the change. It is called
        while others wait to write, and only where something is changed. Raises KeyError where there is no upload.
        """
        uploads.save_schema(self._home, upload, schema, tell)

    def put_first(self, upload: str, number: int, schema: Schema | None = None, change: Change | None = None) -> None:
        """Make another file (counted from 0) the one that others are joined to, the rest in the order they have.

        In the same step a `schema` that fits it takes the place of the one there was, and `change` stands in the log.
        Raises KeyError where there is no upload.
        """
        uploads.put_first(self._home, upload, number, schema, change)

    def save_text(
        self, upload: str, name: str, text: str, tell: Callable[[str | None], Change | None] | None = None
    ) -> None:
        """Put a short text beside an upload, such as a policy, in the place of what has this name; "" removes it.

        `tell` is given the text there was (None: none), as in `save_schema`. Raises KeyError where there is no upload,
        QuestionError for a text of more than two million letters.
        """
        uploads.save_text(self._home, upload, name, text, tell)

    def read_text(self, upload: str, name: str) -> str | None:
        """Return a text that was put beside an upload; None where there is none, or no such upload (any more)."""
        return uploads.read_text(self._home, upload, name)

    def delete(self, upload: str) -> bool:
        """Remove an upload with everything in it, and tell whether it was there."""
        return uploads.delete(self._home, upload)

    def keep_coded(self, file: DataFile, options: FileOptions, limits: Limits, table: Table) -> bool:
        """Keep what reading a large file of an upload gave, to be read faster; return whether that was done."""
        from dashboard.store import coded

        return coded.keep_coded(self._home, file, options, limits, table)

    def read_coded(self, file: DataFile, options: FileOptions, limits: Limits) -> Table | None:
        """Return what reading a file of an upload gave, as long as it would give the same now; None where unknown."""
        from dashboard.store import coded

        return coded.read_coded(self._home, file, options, limits)

    # -- published reports -----------------------------------------------------------------------

    def publish(
        self,
        bundle: bytes,
        *,
        title: str,
        owner: str,
        readers: Sequence[str] | None,
        ends: float,
        sources: Sequence[str],
        memory: str,
        deed: Literal["published", "opened"] | None = None,
        detail: str = "",
        claimed: bool = True,
    ) -> tuple[Report, str]:
        """Keep a bundle, whose bytes were checked, under a new link; return the report and its owner's secret key.

        `owner` and `readers` are e-mail addresses, compared without regard to case; `owner` is empty where nobody
        signs in, and `readers` None for whoever has the link. The report `ends` (epoch seconds). `sources` are the
        sha256 of the files that it was made of and the fingerprints of their rows, and `memory` is what shall be
        remembered of what it shows. Where a `deed` is named, the log tells of it, with words on it (`detail`), or there
        is no report either. The key is not kept, only its digest. To look at what was published before and publish in
        one step, hold `publishing`.

        One that is not `claimed` yet has no key that opens it: unless `claim` is called before it ends, it is deleted
        with all that is known of it, since nobody was ever given its links.

        Raises QuestionError for an end that is past and for too many readers, ResultsError where there is no room.
        """
        self.sweep()
        return reports.publish(self._home, bundle, title, owner, readers, ends, sources, memory, deed, detail, claimed)

    def hand_on(
        self,
        bundle: bytes,
        *,
        title: str,
        owner: str,
        sources: Sequence[str],
        memory: str,
        claim_by: float | None = None,
    ) -> tuple[Report, str]:
        """Remember what a bundle shows that goes out as a file, until its owner deletes it; the file is not kept.

        Returns a report that nobody can read, and its owner's secret key, which opens nothing before it is claimed
        where a time is given to `claim_by`: unclaimed until then, the file reached nobody and nothing stays remembered.
        The other arguments are those of `publish`.
        """
        self.sweep()
        return reports.hand_on(self._home, bundle, title, owner, sources, memory, claim_by)

    def claim(self, report: str, ends: float) -> bool:
        """Have a report's key open it from now on, and have it end then; return whether it is still there.

        One that was claimed before stays as it is.
        """
        return reports.claim(self._home, report, ends)

    def publishing(self, meanwhile: Callable[[], None] = lambda: None) -> AbstractContextManager[None]:
        """Hold off everybody else who would publish, while memories are read, something is decided, and published.

        `meanwhile` is called again and again while another one holds it. Raises ResultsError where that takes longer
        than two minutes.
        """
        home = self._home
        home.make()
        found = "is in use: somebody else is publishing."
        return held(self.root / _PUBLISHING, _PATIENCE_SECONDS, found, meanwhile)

    def find_report(self, report: str) -> Report | None:
        """Return a report by its id; None if it is no id, unknown, withdrawn, deleted or past its time."""
        return reports.find_report(self._home, report)

    def look_up(self, report: str) -> Report | None:
        """Return a report also where nobody can read it any more: for its owner alone. None where there is none."""
        return reports.look_up(self._home, report)

    def may_change(self, report: str, key: str = "", person: str = "") -> bool:
        """Return whether a key, or the address of who signed in, is the owner's; also of one that was withdrawn."""
        return reports.may_change(self._home, report, key, person)

    def reports_of(self, owner: str) -> list[Report]:
        """Return what somebody published, the newest first, also what was withdrawn or has ended; nothing of ""."""
        return reports.reports_of(self._home, owner)

    def set_readers(self, report: str, readers: Sequence[str] | None) -> None:
        """Change who may read a report. Raises KeyError where there is none, or nobody can read it any more."""
        reports.set_readers(self._home, report, readers)

    def withdraw(self, report: str) -> None:
        """Make a report's link dead and remove its bundle; what it showed stays remembered. Raises KeyError if none."""
        reports.withdraw(self._home, report)

    def delete_report(self, report: str) -> bool:
        """Remove a report with all that is known of it, also what it showed, and tell whether it was there."""
        return reports.delete_report(self._home, report)

    def memories(self, sources: Sequence[str]) -> list[str]:
        """Return what is remembered of every report, also withdrawn ones, that was made of one of these files or rows.

        `sources` are sha256 of files and fingerprints of rows.
        """
        return reports.memories(self._home, sources)

    # -- the whole -------------------------------------------------------------------------------

    def log(self, who: str, what: str, about: str, detail: str = "") -> None:
        """Take down what somebody did to a report or an upload; of what is not kept (any more) nothing is.

        Raises ValueError where `what` is no `dashboard.store.log.Deed`.
        """
        log.log(self._home, who, what, about, detail)

    def read_log(self, about: str) -> list[Entry]:
        """Return what was done to a report or an upload, the oldest first."""
        return log.read_log(self._home, about)

    def read_whole_log(self) -> list[Entry]:
        """Return what was done to anything, the oldest first; ids are not told, but marks of eight letters."""
        return log.read_whole_log(self._home)

    def sweep(self) -> None:
        """Remove everything past its time, and what an interrupted copy, publication or removal left."""
        sweeping.sweep(self._home)

    def backup(self, folder: Path) -> None:
        """Copy the workspace, as it is at one moment, into a new folder. Raises ResultsError where it exists."""
        backup.back_up(self._home, folder)

    def status(self) -> Status:
        """Return how much is kept, in figures."""
        return backup.look(self._home)

    @property
    def _home(self) -> Home:
        return Home(self.root, self.hours, self.quota, self.writable)


def _positive(variable: str, otherwise: float) -> float:
    try:
        number = float(os.environ.get(variable, otherwise))
    except ValueError:
        return otherwise
    return number if 0 < number < float("inf") else otherwise


def _own_folder() -> Path:
    """Return the folder for whoever names none. Uploads lay in a cache before there were reports that live longer."""
    from platformdirs import user_cache_path, user_data_path

    folder, before = (
        user_data_path("fairness-dashboard") / "workspace",
        user_cache_path("fairness-dashboard") / "uploads",
    )
    if before.is_dir() and not folder.exists():
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(OSError):  # another process is quicker, or it is on another disk: uploads live for a day
            before.rename(folder)
    return folder
