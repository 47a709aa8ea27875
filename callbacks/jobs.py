"""Long work in the background: a few threads, one job for all who ask for the same, with progress and cancel."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

log = logging.getLogger(__name__)

THREADS: Final = 2
MAX_WAITING: Final = 16
MAX_KEPT: Final = 32
FORGOTTEN_S: Final = 15.0
"""A job that nobody has asked about for so long is given up: its viewers have left."""

Tell = Callable[[int, int], None]
Work = Callable[[Tell], Any]
"""Takes what is to be told the steps done and all; that raises `Cancelled` when the result is not wanted any more."""


class Cancelled(Exception):
    """Nobody waits for this job any more."""


class Progress(NamedTuple):
    """``state`` is waiting, running, done, failed, cancelled, full (no place to wait) or "" (nobody asked for it).

    ``done`` of ``total`` steps, 0 before the first is known; ``error`` says why it failed.
    """

    state: str = ""
    done: int = 0
    total: int = 0
    result: Any = None
    error: str = ""

    @property
    def open(self) -> bool:
        """Whether there is something to wait for."""
        return self.state in ("waiting", "running")


class _Job:
    def __init__(self, now_s: float) -> None:
        self.progress = Progress("waiting")
        self.viewers: dict[str, float] = {}
        self.asked_s = now_s
        self.cancelled = False


class Jobs:
    """Jobs by key, at most `MAX_KEPT`, the least recently asked for forgotten first. Thread-safe."""

    def __init__(self, threads: int = THREADS, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="job")
        self._jobs: OrderedDict[Hashable, _Job] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, key: Hashable, work: Work, viewer: str) -> Progress:
        """Begin the job, unless it is waiting, running or done already; what failed or was cancelled begins anew."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or not ((job.progress.open and not job.cancelled) or job.progress.state == "done"):
                if sum(each.progress.open for each in self._jobs.values()) >= MAX_WAITING:
                    return Progress("full")
                job = self._jobs[key] = _Job(self._clock())
                self._pool.submit(self._run, job, work)
            self._note(key, job, viewer)
            self._shrink()
            return job.progress

    def ask(self, key: Hashable, viewer: str) -> Progress:
        """How far the job is; asking keeps it alive."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                return Progress()
            self._note(key, job, viewer)
            return job.progress

    def leave(self, key: Hashable, viewer: str) -> Progress:
        """The viewer waits no longer; the job ends if nobody else has asked for it lately."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or not job.progress.open:
                return job.progress if job else Progress()
            job.viewers.pop(viewer, None)
            now = self._clock()
            job.cancelled = not any(now - seen < FORGOTTEN_S for seen in job.viewers.values())
            return job.progress._replace(state="cancelled")

    def close(self) -> None:
        """Let running jobs end at their next step and start no other."""
        with self._lock:
            for job in self._jobs.values():
                job.cancelled = True
        self._pool.shutdown(cancel_futures=True)

    def _note(self, key: Hashable, job: _Job, viewer: str) -> None:
        job.asked_s = job.viewers[viewer] = self._clock()
        self._jobs.move_to_end(key)

    def _shrink(self) -> None:
        for key in [key for key, job in self._jobs.items() if not job.progress.open][: len(self._jobs) - MAX_KEPT]:
            del self._jobs[key]

    def _run(self, job: _Job, work: Work) -> None:
        def tell(done: int, total: int) -> None:
            if job.cancelled or self._clock() - job.asked_s > FORGOTTEN_S:
                raise Cancelled
            job.progress = Progress("running", done, total)

        try:
            tell(0, 0)
            job.progress = Progress("done", result=work(tell))
        except Cancelled:
            job.progress = Progress("cancelled")
        except ValueError as error:
            job.progress = Progress("failed", error=str(error))
        except Exception as error:
            log.exception("a job failed")
            job.progress = Progress("failed", error=f"{type(error).__name__}; the server's log has the cause.")
