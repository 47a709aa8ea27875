"""What the embedded server needs of the system: a directory, a configuration file, a port, an end."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from store.link import StoreError

_PR_SET_PDEATHSIG: Final = 1

_CONFIG: Final = """\
# Written at every start; changes made here are lost.
bind 127.0.0.1
protected-mode yes
port {port}
daemonize no
dir "{dir}"
pidfile "{dir}/server.pid"
logfile "{dir}/server.log"
loglevel notice
save ""
appendonly yes
appendfsync everysec
aof-load-truncated yes
maxmemory-policy noeviction
client-output-buffer-limit pubsub 64mb 32mb 60
stream-node-max-entries 100
stream-node-max-bytes 4096
"""


class FileLock:
    """A lock on a file, freed by the kernel when the last process that holds the file open ends."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+", encoding="utf-8")

    def take(self, timeout_s: float = 0.0) -> bool:
        """Take the lock, waiting so long for it; whether that worked."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except OSError:
                if time.monotonic() >= deadline:
                    return False
            time.sleep(0.02)

    def read(self) -> str:
        """What the holder wrote."""
        self._file.seek(0)
        return self._file.read().strip()

    def write(self, text: str) -> None:
        """Replace the file's text."""
        self._file.truncate(0)
        self._file.write(text)
        self._file.flush()

    def fileno(self) -> int:
        """The descriptor, for a child that shall share the lock."""
        return self._file.fileno()

    def close(self) -> None:
        """Close the file; a child that shares the lock keeps it."""
        self._file.close()


def read_number(path: Path) -> int:
    """The number in a small file; 0 when there is none."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def make_writable(data_dir: Path) -> None:
    """Create the directory if need be. Raises `StoreError` when it cannot be written."""
    probe = data_dir / ".writable"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"store.data_dir: expected a directory that can be written, got {data_dir} ({error.strerror}). "
            "Change its permissions, or choose another store.data_dir."
        ) from None
    if any(letter in str(data_dir) for letter in '"\n'):
        raise StoreError(f"store.data_dir: expected a path without quotes and line ends, got {str(data_dir)!r}.")


def write_config(data_dir: Path, port: int) -> Path:
    """Write the server's configuration; its path."""
    path = data_dir / "valkey.conf"
    quoted = str(data_dir.resolve()).replace("\\", "\\\\")
    path.write_text(_CONFIG.format(port=port, dir=quoted), encoding="utf-8")
    return path


def free_port(wanted: int) -> int:
    """The wanted port if nobody listens on it, else any that is free; 0 wants none in particular."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As the server does: a port in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StoreError("embedded server: no free port on 127.0.0.1. Close other programs, or set redis.url.")


def die_with_parent() -> Callable[[], None] | None:
    """What the child runs before the server, so that Linux ends it when its parent is gone; None elsewhere."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return arm


def log_tail(data_dir: Path, lines: int = 5) -> str:
    """The end of the server's log, and where it is."""
    path = data_dir / "server.log"
    try:
        tail = path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    except OSError:
        tail = []
    return f"{path} ends with: {' | '.join(tail)}"
