"""Removing what is past its time, and what an interrupted step left: folders without a row, rows without a folder."""

from __future__ import annotations

import shutil
import time

from dashboard.store import reports, uploads
from dashboard.store.home import Home
from dashboard.store.ids import is_id
from dashboard.store.log import note_end

__all__ = ["sweep"]


def sweep(home: Home) -> None:
    """Remove every upload and report past its time and everything that belongs to nothing. Raises ReadOnly."""
    home.check_writable()
    if not home.root.is_dir():
        return
    now = time.time()
    for report in reports.unclaimed(home):
        reports.delete_report(home, report)
    with home.read() as db:
        old = [row[0] for row in db.execute("SELECT id FROM uploads WHERE began < ?", (now - home.hours * 3600,))]
        noted = "SELECT about FROM log WHERE what = 'ended'"
        told = db.execute(
            f"SELECT id FROM reports WHERE ends < ? AND NOT is_file AND id NOT IN ({noted})", (now,)
        ).fetchall()
    for upload in old:
        uploads.delete(home, upload)
    for (report,) in told:
        reports.end_report(home, report)
    _remove_orphans(home)
    home.scrub()


def _remove_orphans(home: Home) -> None:
    """Remove folders that belong to nothing. Who keeps or publishes moves a folder in under the same lock."""
    with home.write() as db:
        rows = db.execute("SELECT id FROM uploads UNION ALL SELECT id FROM reports WHERE withdrawn = 0")
        known = {row[0] for row in rows}
        for folder in list(home.root.iterdir()):
            if is_id(folder.name) and folder.name not in known and folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)
        home.remove_left_overs()
        for thing in known:
            if home.find_folder(thing) is None:
                if db.execute("DELETE FROM uploads WHERE id = ?", (thing,)).rowcount:
                    note_end(db, thing, "deleted")
                db.execute("UPDATE reports SET withdrawn = ? WHERE id = ?", (time.time(), thing))
