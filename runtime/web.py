"""The web role: pages, live updates and API on one gunicorn worker with threads."""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from runtime import security
from runtime.settings import ConfigError, Settings

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

_BIND_PATIENCE_S: Final = 3.0
_GRACE_S: Final = 0.5
"""How long requests may take to end at a stop; an open event stream would never."""
_STOP_POLL_S: Final = 0.25
_PR_SET_PDEATHSIG: Final = 1


def run(settings: Settings, stop: threading.Event) -> int:
    """Serve until ``stop`` is set or SIGTERM comes; the exit code. Raises `ConfigError` when it cannot listen.

    Must run in the main thread: gunicorn's master takes over the signals. It keeps one worker process alive,
    which holds everything; the master holds only the socket, so a dead worker costs a second, not the port.
    """
    # numpy's threads would fight over the cores with the web threads; its library reads these at import.
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    security.check_login(settings)
    listener = _listen(settings.web.host, settings.web.port)
    host, port = listener.getsockname()[:2]
    log.info("page at http://%s:%d", f"[{host}]" if ":" in host else host, port, extra={"port": port})
    return _serve(_Application(settings, listener.detach()), stop)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. A predecessor that was killed may hold the port for a moment longer: wait for it."""
    patience = time.monotonic() + _BIND_PATIENCE_S
    while True:
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((host, port), family=family, backlog=512)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigError(f"web.host: cannot listen on {host} port {port}: {error.strerror}.") from None
            if time.monotonic() > patience:
                raise ConfigError(f"web.port: {port} on {host} is in use. Stop that program, or set --port.") from None
        time.sleep(0.1)


def _serve(application: _Application, stop: threading.Event) -> int:
    master = os.getpid()
    try:
        _Arbiter(application, stop).run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        if os.getpid() == master:
            return code
        # This is the forked worker. Leaving by the usual way would join its threads, and an open event stream
        # never ends by itself.
        logging.shutdown()
        os._exit(code)
    return 0


class _Arbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's master, which also ends when ``stop`` is set."""

    def __init__(self, application: _Application, stop: threading.Event) -> None:
        self._stop = stop
        super().__init__(application)

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        signals: list[int] = super().wait_for_signals(min(timeout, _STOP_POLL_S))
        if self._stop.is_set():
            raise StopIteration
        return signals


class _Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's messages, from warnings on, through our own logging."""

    def setup(self, cfg: Any) -> None:
        cfg.set("errorlog", None)
        super().setup(cfg)
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


class _Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's settings, and what its worker serves."""

    def __init__(self, settings: Settings, listener: int) -> None:
        self._settings = settings
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"fd://{self._listener}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": self._settings.web.threads,
            "timeout": 0,
            "keepalive": 30,
            "control_socket_disable": True,
            "logger_class": _Log,
            "post_fork": _die_with_master,
        }.items():
            self.cfg.set(name, value)
        # Set past its check, which takes whole seconds only.
        self.cfg.settings["graceful_timeout"].value = _GRACE_S

    def load(self) -> Flask:
        """Build the pages and the API; gunicorn calls this in the worker, after the fork."""
        # Heavy: the master must stay without them.
        from runtime import warm  # noqa: PLC0415
        from runtime.site import build  # noqa: PLC0415
        from store import StoreError  # noqa: PLC0415

        try:
            site = build(self._settings)
        except StoreError as error:
            log.error("%s", error)
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
        warm.start()
        return site


def _die_with_master(_arbiter: object, _worker: object) -> None:
    """Have the kernel end the worker when the master is killed; elsewhere gunicorn notices within a second."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
