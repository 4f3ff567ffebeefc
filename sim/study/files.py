"""Files that appear whole or not at all, and the lock that says who is at work in a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sim.study.errors import StoreError

PART = ".part"
"""Ending of a file that is being written; whoever holds the lock may remove what others left."""

REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EFBIG: "a file would be larger than is allowed here",
    errno.EROFS: "the folder is read-only",
    errno.EACCES: "the folder is read-only for this user",
    errno.EPERM: "the folder is read-only for this user",
}


@contextmanager
def store_faults(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a message on a run folder.

    Raises
    ------
    StoreError
    """
    try:
        yield
    except OSError as error:
        reason = REASONS.get(error.errno or 0, error.strerror or str(error))
        kept = f" What was stored before is whole; to go on later: demrisk resume {folder}" if folder.exists() else ""
        raise StoreError(f"{folder}: cannot be written: {reason}.{kept}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name, have it on the disk, then rename it: no crash leaves half of it."""
    part = path.with_name(f".{path.name}{PART}")
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a folder; the operating system ends it with the process, however that ends.

    Parameters
    ----------
    path : Path
        The lock file: says who holds it, and is empty when nobody does. It stays, for removing it would let
        two processes hold two locks of the same name.

    Raises
    ------
    StoreError
        Where another run holds it.
    """
    with open(path, "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "a process that has only just begun"
            raise StoreError(f"{path.parent}: another run is at work in this folder: {holder}. Wait for it, or end "
                             "it and resume; another run needs another --folder") from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}, since {now()}\n")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def now() -> str:
    """Date and time (UTC), to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
