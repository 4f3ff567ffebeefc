"""The process that workers are copies of: it imports and loads once what each of them needs.

Starting afresh, every worker would spend a second or two on imports and on loading kernels. Copies are made on Linux
alone ("forkserver"): elsewhere some libraries of the system do not survive it, and workers start afresh ("spawn").
The process lives as long as the one that asked for it, and serves all its later runs.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.context import BaseContext

COPIED = sys.platform == "linux"
"""Whether workers are copies of one process."""
ORDER = "DEMRISK_TEMPLATE"
"""Environment variable by which that process is told who asked for it, and what to import."""
LOOK = 0.2
"""How often it looks meanwhile whether who asked for it is still there [s]."""


def start(modules: Iterable[str]) -> BaseContext:
    """Begin to import modules in a process of its own, where none is at it yet; nobody waits for that.

    Returns
    -------
    BaseContext
        To start workers with: the first waits until the imports are done.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    # What is imported must be found where this process finds it; until Python 3.12 that is left to the environment.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    with _environment({ORDER: " ".join([str(os.getpid()), *modules]), "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}):
        forkserver.ensure_running()
    return context


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables for processes that are started within."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _become(asked_by: int, modules: list[str]) -> None:
    """Import modules; meanwhile leave Ctrl-C to the process that asked for it, and end with that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOOK):
            if os.getppid() != asked_by:
                os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        for module in modules:
            import_module(module)
    finally:
        done.set()
        watcher.join()  # copies are made of a process with one thread
    gc.freeze()  # what is there now stays: copies need not look through it for what nobody uses any more


if ORDER in os.environ:
    _process, *_modules = os.environ.pop(ORDER).split()
    _become(int(_process), _modules)
