"""A few daemon threads for calls that wait on the network: a call that hangs never delays the end of the process."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import ParamSpec

log = logging.getLogger(__name__)

P = ParamSpec("P")


class Workers:
    """Runs what is submitted, in order, on ``count`` threads; what fails is logged and the thread goes on."""

    def __init__(self, name: str, count: int):
        self._calls: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._count = count
        self._over = False
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def submit(self, call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run ``call`` soon."""
        self._calls.put(partial(call, *args, **kwargs))

    def stop(self) -> None:
        """Start nothing more."""
        self._over = True
        for _ in range(self._count):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None and not self._over:
            try:
                call()
            except Exception:
                log.exception("a call in the background failed")
