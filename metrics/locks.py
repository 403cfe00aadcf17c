"""Locks on files that the system lets go of when their holder ends, however it ends.

`take` tries to lock an open file for oneself and returns at once whether it is had: no other thread, process or open
handle has it then. `give_back` lets go of it.
"""

from __future__ import annotations

import os
import sys

__all__ = ["give_back", "take"]

if sys.platform == "win32":
    import msvcrt

    def take(handle: int) -> bool:
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def give_back(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give_back(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
