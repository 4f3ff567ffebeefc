"""Doing the work on a Dask cluster, on this machine or many: the same blocks, the same bytes.

The one door to Dask. The scenario travels once, as a task of its own that every block depends on: it is kept
under the hash of its content, workers hand it to each other, and where all who had it are gone the scheduler
sends it again. Blocks are functions of it and of the numbers of their draws, so a worker may be lost at any time.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sim import __version__
from sim.study.executor import AHEAD, LOOK, Process, Workers, WorkersLost, _work, packed, streamed, within
from sim.study.store import Block, Chunk
from sim.study.versions import Versions, versions

if TYPE_CHECKING:
    from distributed import Client, Future, Worker

    from sim.scenario.schema import Scenario

PATIENCE = 120.0
"""How long a cluster may be without any worker [s]: one that grows with demand needs a while to start them."""
RESUME = "what has arrived is stored: `demrisk resume`, or the same command, goes on from there"
OTHER = f"has another demrisk than {__version__}, or none"


class OtherSoftware(Exception):
    """A worker would compute other bytes."""


def _check(expected: Versions, dask_worker: Worker) -> None:
    """Raise OtherSoftware where a worker is not fit to do the work of somebody with such software."""
    here = versions()
    differing = [name for name in expected if here.get(name) != expected[name]]
    if differing:
        there, ours = (", ".join(f"{name} {s.get(name)}" for name in differing) for s in (here, expected))
        help_ = "set NPY_DISABLE_CPU_FEATURES on all machines to what one of them lacks" \
            if differing == ["processor"] else "install the same there"
        raise OtherSoftware(
            f"worker {dask_worker.address} would give other numbers: it has {there}; here is {ours}; {help_}")
    if dask_worker.state.nthreads > 1:
        n = dask_worker.state.nthreads
        raise OtherSoftware(
            f"worker {dask_worker.address} has {n} threads in one process, and a process does one block at a time: "
            f"start it with `dask worker --nworkers {n} --nthreads 1`")


def _block(scenario: bytes, block: Block, per_draw: int, expected: Versions) -> tuple[Block, Chunk, Process]:
    """A block, on a worker; also one that came late is checked."""
    from distributed import get_worker

    _check(expected, get_worker())
    return _work(scenario, block, per_draw)


class Cluster(Workers):
    """Workers of a Dask cluster; the figures are drawn by processes of this machine.

    Parameters
    ----------
    address : str
        Of the scheduler, `tcp://host:port`; or `local:4` for a cluster of four processes on this machine.
    count : int, optional
        Processes of this machine; all cores where not given.

    Raises
    ------
    ValueError
        Where this is no address.
    """

    def __init__(self, address: str, count: int | None = None) -> None:
        if not _is_address(address):
            raise ValueError(f"--cluster: {address!r} is no address; expected tcp://host:port, or local:4 for four "
                             "processes on this machine")
        super().__init__(count, first="sim.report.figures")
        self.address = address
        self.connections = ExitStack()
        self.looked = self.seen = 0.0  # when we last asked for workers, and last saw one
        self.workers = 0

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self.connections.close()

    @cached_property
    def client(self) -> Client:
        """The connection, made when first asked for; every worker that is there is fit for the work."""
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            raise WorkersLost("--cluster needs Dask: pip install 'demrisk[cluster]'") from None
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is told by us, once
        where: Any = self.address
        kind, _, count = self.address.partition(":")
        if kind == "local":
            where = self.connections.enter_context(LocalCluster(
                int(count), threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL))
        try:
            client = self.connections.enter_context(Client(where, set_as_default=False))
        except OSError:
            raise WorkersLost(f"no scheduler answers at {self.address}: is `dask scheduler` at work there, and its "
                              "port open?") from None
        with _losses_told(self.address):
            self._meet(client)
        return client

    def _meet(self, client: Client) -> None:
        """Wait for the first worker, and have every one that is there checked."""
        wanted = client.submit(versions, pure=False)  # something to do, for clusters that grow with demand
        try:
            client.wait_for_workers(1, PATIENCE)
        except TimeoutError:
            raise WorkersLost(f"no worker at {self.address} after {PATIENCE:.0f} s: start one on each machine with "
                              f"`dask worker {self.address} --nworkers -1 --nthreads 1`") from None
        finally:
            wanted.release()
        for worker, error in client.run(_check, versions(), on_error="return").items():
            if isinstance(error, OtherSoftware):
                raise error
            if error is not None:  # it cannot even be asked
                raise WorkersLost(f"worker {worker} {OTHER}: {error}")

    def warm_up(self) -> None:
        """Connect. Workers compile the kernels, or load them, with their first block."""
        self.client  # noqa: B018

    def run(self, scenarios: dict[str, Scenario], blocks: list[Block],
            per_draw: int) -> Iterator[tuple[Block, Chunk, Process]]:
        """(block, chunk, process) of each block, as they finish; the work begins before the first is asked for."""
        client, expected = self.client, versions()
        self.looked, self.seen = 0.0, time.monotonic()
        sent = {name: self._sent(packed(scenario)) for name, scenario in scenarios.items()}

        def submit(block: Block) -> Future[Any]:
            return client.submit(_block, sent[block.scenario], block, per_draw, expected, pure=False)

        with _losses_told(self.address):
            results = streamed(submit, blocks, self._room, lambda future: future.release())
        return within(_losses_told(self.address), results)

    def _sent(self, content: bytes) -> Future[bytes]:
        """A scenario that is on its way, once for each content."""
        key = f"demrisk-scenario-{hashlib.sha256(content).hexdigest()}"
        return self.client.submit(bytes, content, key=key)

    def _room(self) -> int:
        """Blocks that may be under way, by the workers there are."""
        now = time.monotonic()
        if now - self.looked > LOOK:
            self.looked, self.workers = now, len(self.client.nthreads())
            if self.workers:
                self.seen = now
            elif now - self.seen > PATIENCE:
                raise WorkersLost(f"no worker was left at {self.address} for {PATIENCE:.0f} s; {RESUME}")
        return AHEAD * max(self.workers, 1)


def _is_address(text: str) -> bool:
    kind, _, rest = text.partition(":")
    if kind == "local":
        return rest.isdecimal() and int(rest) > 0
    try:
        parts = urlsplit(text)
        return parts.scheme in ("tcp", "tls") and bool(parts.hostname and parts.port)
    except ValueError:  # a port above 65535
        return False


@contextmanager
def _losses_told(address: str) -> Iterator[None]:
    """Turn what Dask raises into one message."""
    from distributed import KilledWorker

    try:
        yield
    except OtherSoftware as error:
        raise WorkersLost(str(error)) from None
    except KilledWorker as error:
        raise WorkersLost(
            f"{error.allowed_failures + 1} workers ended one after the other, the last at {error.last_worker}, while "
            f"they did the same block: memory may be short, start fewer on each machine; {RESUME}") from None
    except ImportError as error:
        raise WorkersLost(f"a worker at {address} {OTHER}: {error}") from None
    except (CancelledError, OSError):
        raise WorkersLost(f"the scheduler at {address} is gone; {RESUME}") from None
