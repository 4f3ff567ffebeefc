"""Files that appear whole or not at all, and the lock that says who is at work in a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
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
    errno.ELOOP: "a link stands in the place of a file",
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
    """Write a file under another name, have it on the disk, then rename it: no crash leaves half of it.

    A link that stands in its place is replaced, and what it leads to stays as it is.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    part.unlink(missing_ok=True)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    _sync(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder inside a run folder where it is not there.

    Raises
    ------
    StoreError
        Where a link is in its place: a run writes nothing outside its folder.
    """
    if folder.is_symlink():
        raise StoreError(f"{folder}: is a link to {os.readlink(folder)}, and a run writes nothing outside its folder; "
                         "remove the link")
    folder.mkdir(parents=True, exist_ok=True)


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
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    with open(descriptor, "r+", encoding="utf-8") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StoreError(f"{path}: is no ordinary file; remove it")
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
