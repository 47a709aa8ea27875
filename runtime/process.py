"""One process, one role: logging, signals, and an end when the supervisor ends."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from select import select
from typing import Final

from runtime import logs
from runtime.roles import Role
from runtime.settings import ConfigError, Settings

SUPERVISED: Final = "SPREADBOARD_SUPERVISED"
"""Set in the environment of the supervisor's children: their standard input is a pipe that it holds open."""
STOP_SIGNALS: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
ORPHAN_GRACE_S: Final = 3.0

log = logging.getLogger(__name__)


def supervised() -> bool:
    """Whether a supervisor started this process."""
    return SUPERVISED in os.environ


def run(name: str, role: Role, settings: Settings) -> int:
    """Run a role until it is done or told to stop; the exit code (1: it crashed, 2: its settings are refused)."""
    logs.set_up(name, settings.log.level, settings.log.json_lines)
    stop = threading.Event()
    _watch(stop)
    try:
        return role.load()(settings, stop)
    except ConfigError as error:
        log.error(str(error))
        return 2
    except Exception:
        log.exception("the role crashed")
        return 1


def _watch(stop: threading.Event) -> None:
    """Set ``stop`` at the first of `STOP_SIGNALS`, or when the supervisor is gone; the second signal kills."""
    # Event.set in a signal handler can deadlock with an Event.wait that it interrupted, so a thread sets it.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a shell's background job
            signal.signal(number, lambda received, _: signal.signal(received, signal.SIG_DFL))
    threading.Thread(target=_wait_for_end, args=(reader, stop), name="signals", daemon=True).start()


def _wait_for_end(signals: int, stop: threading.Event) -> None:
    sources = [signals, sys.stdin.fileno()] if supervised() else [signals]
    while not stop.is_set():
        ready = select(sources, [], [])[0]
        if signals in ready and STOP_SIGNALS & set(os.read(signals, 64)):
            stop.set()
        elif signals not in ready and not os.read(
            ready[0], 64
        ):  # the supervisor was killed: its end of the pipe closed
            log.warning("the supervisor is gone: stopping")
            stop.set()
            threading.Event().wait(ORPHAN_GRACE_S)
            os._exit(1)
