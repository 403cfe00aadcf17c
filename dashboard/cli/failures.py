"""What happens when the program itself fails: one line for the person, the rest for a log."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime

__all__ = ["report_failure"]

_LONGEST_LOG = 1_000_000  # bytes; a longer one is begun anew


def report_failure(error: BaseException) -> str:
    """Write what happened to the log and return the line to show."""
    from platformdirs import user_log_path

    what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    told = f"Error: the program failed ({what}). This is a fault of the program, not of your data."
    try:
        path = user_log_path("fairness-dashboard", appauthor=False, ensure_exists=True) / "failures.log"
        mode = "a" if path.exists() and path.stat().st_size < _LONGEST_LOG else "w"
        with path.open(mode, encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{datetime.now(UTC).isoformat()}\n{''.join(traceback.format_exception(error))}\n")
    except OSError as unwritten:
        return f"{told} No log could be written ({unwritten})."
    return f"{told} Details: {path}"
