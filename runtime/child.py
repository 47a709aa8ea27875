"""A role's process as the supervisor sees it: start, watch, restart with backoff, stop."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Final

BACKOFF_S: Final = 0.25
BACKOFF_MAX_S: Final = 30.0
HEALTHY_S: Final = 60.0
"""A process that lived so long has its failures forgotten."""
HOPELESS: Final = 6
"""So many exits of its own in a row, before the process ever was healthy, and it will not come up."""


class Child:
    """One role's process, started again whenever it ends."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.name, self.command, self.environ = name, list(command), dict(environ)
        self.restarts = 0
        self.exit: int | None = None  # of the process before; negative: killed by that signal
        self.exits_in_a_row = 0
        self.was_healthy = False
        self.since_ms = 0
        self._failures = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._start_at_s = 0.0

    @property
    def pid(self) -> int | None:
        """Process id; None while it does not run."""
        return self._process.pid if self._process else None

    @property
    def hopeless(self) -> bool:
        """Whether starting it again would only repeat the same failure."""
        return not self.was_healthy and (self.exit == 2 or self.exits_in_a_row >= HOPELESS)

    def start(self) -> None:
        """Start the process, in a session of its own so that Ctrl-C on the terminal reaches the supervisor only."""
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            self.command, env=self.environ, stdin=subprocess.PIPE, start_new_session=True
        )
        self._started_s = time.monotonic()
        self.since_ms = time.time_ns() // 1_000_000

    def mind(self) -> bool:
        """Notice an end and, when its delay is over, start again; whether anything changed."""
        now_s = time.monotonic()
        if self._process is None:
            if now_s < self._start_at_s:
                return False
            self.restarts += 1
            self.start()
            return True
        lived_s = now_s - self._started_s
        if lived_s >= HEALTHY_S:
            self.was_healthy, self._failures, self.exits_in_a_row = True, 0, 0
        if (code := self._process.poll()) is None:
            return False
        self.exit = code
        self.exits_in_a_row = self.exits_in_a_row + 1 if code >= 0 else 0
        self._failures += 1
        self._start_at_s = now_s + self.restarts_in_s
        self._gone()
        return True

    @property
    def restarts_in_s(self) -> float:
        """Seconds from its end to the next start."""
        return min(BACKOFF_S * 2.0 ** min(self._failures - 1, 20), BACKOFF_MAX_S)

    def signal(self, number: int) -> None:
        """Send a signal to the process, if it runs."""
        if self._process:
            self._process.send_signal(number)

    def ended(self) -> bool:
        """Whether the process does not run, without starting it again."""
        if self._process and (code := self._process.poll()) is not None:
            self.exit = code
            self._gone()
        return self._process is None

    def kill(self) -> None:
        """End the process and whatever it started, at once."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self.exit = self._process.wait()
            self._gone()

    def status(self, stopped: bool) -> dict[str, str | int]:
        """What the health page says of the role; ``exit`` is the exit code of the process before this one."""
        return {
            "state": "stopped" if stopped else "running" if self._process else "restarting",
            "pid": self.pid or 0,
            "restarts": self.restarts,
            "since_ms": self.since_ms,
            "exit": "" if self.exit is None else self.exit,
        }

    def _gone(self) -> None:
        process, self._process = self._process, None
        self.since_ms = time.time_ns() // 1_000_000
        if process and process.stdin:
            process.stdin.close()
        if process:  # what it had started must not live on beside its successor
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
