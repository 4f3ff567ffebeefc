"""What a door may not do while it is open: write elsewhere, start programs, call other machines, take for ever."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 20.0
"""Longest time for one case; a machine with other things to do is slow."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
ITSELF = os.O_NOFOLLOW | os.O_EXCL
ONE, TWO, SECOND = slice(1), slice(2), slice(1, 2)
CHANGES = {"os.rename": TWO, "os.remove": ONE, "os.mkdir": ONE, "os.rmdir": ONE, "os.symlink": SECOND, "os.link": TWO,
           "os.chmod": ONE, "os.chown": ONE, "os.truncate": ONE}  # event: which of its arguments are changed
FOLLOWS = {"os.chmod", "os.chown", "os.truncate"}
STARTS = {"os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "socket.connect", "socket.bind",
          "os.fork", "os.forkpty", "webbrowser.open", "ctypes.dlopen"}

_allowed: list[Path] = []
_seen: list[str] = []


class Refused(AssertionError):
    """A door did what it may not do."""


class Hang(BaseException):
    """A case takes too long; no handler of ordinary errors catches it."""


def _elsewhere(path: Any, follows: bool = False) -> bool:
    """Whether a path leads out of the allowed folders, a link at its end counted as itself or followed."""
    if isinstance(path, int) or path is None:
        return False
    path = os.fsdecode(path)
    folder, name = os.path.split(path)
    follows = follows or name in ("", ".", "..")
    real = Path(os.path.realpath(path)) if follows else Path(os.path.realpath(folder), name)
    return not any(real.is_relative_to(folder) for folder in _allowed) and real != Path(os.devnull)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _allowed:
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & WRITING and _elsewhere(path, not flags & ITSELF):
            _seen.append(f"writes {path!r}")
    elif event in CHANGES:
        _seen.extend(f"{event} {path!r}" for path in arguments[CHANGES[event]] if _elsewhere(path, event in FOLLOWS))
    elif event in STARTS:
        _seen.append(f"{event} {arguments!r}"[:200])


sys.addaudithook(_hook)  # there is no way to take one away: it is told when to look


def _late(*_: object) -> None:
    raise Hang(f"longer than {SECONDS:.0f} s")


@contextmanager
def watched(folder: Path) -> Iterator[None]:
    """Raise Refused where anything is written outside a folder, started or called, Hang where it takes too long."""
    caches = [os.environ.get(name) for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR")]
    _allowed[:] = [Path(os.path.realpath(f)) for f in (folder, *filter(None, caches))]
    _seen.clear()
    before = signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        _allowed.clear()
    if _seen:
        raise Refused("; ".join(_seen[:5]))


def quiet_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for one case, in memory where there is such a place."""
    shared = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None)
