"""The supervisor over real processes: start, restart, stop, refusals, and nobody left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from store import Store, StoreError, open_store
from store.server import EmbeddedServer

ROOT = Path(__file__).resolve().parents[2]
SMALL_BOARD = Path(__file__).with_name("small_board.py")
ROLES = {"ingest", "resample", "web"}
T = TypeVar("T")


def until(found: Callable[[], T | None], within_s: float = 15.0) -> T:
    """What ``found`` finds, as soon as it does."""
    deadline_s = time.monotonic() + within_s
    while True:
        if (result := found()) is not None:
            return result
        assert time.monotonic() < deadline_s, "did not happen in time"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)  # the dead may wait for init to notice
    except psutil.NoSuchProcess:
        return False


def gone(pids: Iterable[int], within_s: float) -> None:
    until(lambda: True if not any(map(lives, pids)) else None, within_s)


class Board:
    """A running supervisor and what it prints."""

    def __init__(self, folder: Path, *arguments: str, **environ: str) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, str(SMALL_BOARD), "--port", "0", *arguments],
            env=os.environ | {"PYTHONPATH": str(ROOT), "SPREADBOARD_STORE__DATA_DIR": str(folder)} | environ,
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        self.lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def store(self) -> Store:
        port = until(lambda: re.search(r"redis-cli -h 127.0.0.1 -p (\d+)", self.text))
        return open_store(f"redis://127.0.0.1:{port[1]}", 1.0)

    def running(self, store: Store) -> dict[str, int]:
        """Pids by role, once all roles are at work."""

        def pids() -> dict[str, int] | None:
            try:
                roles = store.status.roles()
            except StoreError:
                return None
            found = {name: row["pid"] for name, row in roles.items() if row["state"] == "running"}
            ready = all(f"ready {pid}\n" in self.text for pid in found.values())
            return found if set(found) == ROLES and ready else None

        return until(pids)

    def end(self, number: int, within_s: float) -> int:
        """Send a signal; the exit code, which has to come in time."""
        self.process.send_signal(number)
        code = self.process.wait(within_s)
        self._reader.join(5)
        return code


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Board]]:
    boards: list[Board] = []

    def starter(*arguments: str, **environ: str) -> Board:
        boards.append(Board(tmp_path, *arguments, **environ))
        return boards[-1]

    yield starter
    for board in boards:
        if board.process.poll() is None:
            board.process.kill()
            board.process.wait()


def test_a_killed_role_comes_back_and_a_stop_is_clean(start: Callable[..., Board], tmp_path: Path) -> None:
    board = start("--symbols", "AAA,BBB", BOARD_INGEST="parent")
    store = board.store()
    before = board.running(store)
    helper = int(until(lambda: re.search(r"helper (\d+)", board.text))[1])
    assert all(psutil.Process(before[role]).cmdline()[-1] == role for role in ROLES)
    assert store.status.health("supervisor")["pid"] == str(board.process.pid)

    os.kill(before["ingest"], signal.SIGKILL)
    row = until(lambda: r if (r := store.status.roles()["ingest"])["restarts"] else None, 2.0)
    assert (row["state"], row["exit"]) == ("running", -signal.SIGKILL)
    gone([helper], 1.0)  # what a role started dies with it
    after = board.running(store)
    assert after["ingest"] != before["ingest"]
    assert {role: after[role] for role in ("resample", "web")} == {role: before[role] for role in ("resample", "web")}

    server = int(store.info()["process_id"])
    assert board.end(signal.SIGINT, 2.9) == 0  # nobody had to be waited for
    gone([*after.values(), server], 0.1)
    assert board.text.count("stopped cleanly") == 3
    assert f"with {store.url} and AAA,BBB" in board.text
    assert re.search(r"Spreadboard  http://127.0.0.1:\d+\n  source     binance, live .*; 2 symbols\n", board.text)


def test_states_are_told_to_a_given_server_to_the_end(start: Callable[..., Board], tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "given")
    try:
        board = start("--redis-url", server.start(), "--log-json")
        store = open_store(server.url)
        board.running(store)
        assert board.end(signal.SIGTERM, 5.0) == 0
        assert {row["state"] for row in store.status.roles().values()} == {"stopped"}
        logged = [json.loads(line) for line in board.lines if line.startswith("{")]
        assert [row["message"] for row in logged] == ["started", "stopped"]
        assert {row["role"] for row in logged} == {"board"}
        store.ping()  # the given server is not ours to stop
    finally:
        server.stop()


def test_the_embedded_server_comes_back_with_its_data(start: Callable[..., Board]) -> None:
    board = start()
    store = board.store()
    before = board.running(store)
    store.status.set_symbols(["binance:KEPT"])
    server = int(store.info()["process_id"])
    os.kill(server, signal.SIGKILL)
    until(lambda: True if "had died and was started again" in board.text else None)
    again = board.store()
    assert again.status.symbols() == ["binance:KEPT"]
    assert int(again.info()["process_id"]) != server
    assert board.running(again) == before
    assert board.end(signal.SIGTERM, 5.0) == 0


def test_a_role_that_does_not_stop_is_killed_in_time(start: Callable[..., Board]) -> None:
    board = start(BOARD_WEB="deaf")
    pids = board.running(board.store())
    began_s = time.monotonic()
    assert board.end(signal.SIGTERM, 5.0) == 0
    assert time.monotonic() - began_s > 2.5
    gone(pids.values(), 0.1)
    assert "web did not stop in time and was killed" in board.text
    assert board.text.count("stopped cleanly") == 2


def test_a_second_ctrl_c_kills_at_once(start: Callable[..., Board]) -> None:
    board = start(BOARD_WEB="deaf")
    pids = board.running(board.store())
    board.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert board.end(signal.SIGINT, 2.5) == 0  # without the second it takes 3 s
    gone(pids.values(), 0.1)


def test_nobody_outlives_a_killed_supervisor(start: Callable[..., Board]) -> None:
    board = start(BOARD_INGEST="deaf")
    store = board.store()
    pids = board.running(store)
    server = int(store.info()["process_id"])
    board.process.kill()
    gone([pids["resample"], pids["web"], server], 2.0)
    gone([pids["ingest"]], 4.0)


def test_refused_settings_stop_everything(start: Callable[..., Board]) -> None:
    board = start(BOARD_WEB="refuse")
    assert board.process.wait(10) == 2
    board._reader.join(5)
    assert "web.auth: expected user:password" in board.text
    assert "web cannot be kept running" in board.text
    assert board.text.rstrip().endswith("stopped")  # said when every role has ended


def test_a_crashing_role_is_started_again_and_says_why(start: Callable[..., Board]) -> None:
    board = start(BOARD_RESAMPLE="crash")
    store = board.store()
    row = until(lambda: r if (r := store.status.roles().get("resample", {})).get("restarts", 0) >= 2 else None)
    assert row["exit"] == 1
    assert board.text.count("RuntimeError: out of luck") >= 2
    assert board.end(signal.SIGTERM, 5.0) == 0


def test_no_store_no_start(start: Callable[..., Board]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    board = start("--redis-url", f"redis://:secret@127.0.0.1:{free}", SPREADBOARD_REDIS__TIMEOUT_S="0.5")
    assert board.process.wait(10) == 1
    board._reader.join(5)
    assert f"127.0.0.1:{free}" in board.text
    assert "doctor" in board.text
    assert "secret" not in board.text
    assert "Traceback" not in board.text
    assert board.text.count("ERROR") == board.text.count("\n") - 1  # the refusal, and `stopped`


def test_ctrl_c_does_not_wait_for_a_store_that_is_slow(start: Callable[..., Board]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        board = start("--redis-url", url, SPREADBOARD_REDIS__TIMEOUT_S="60")
        connection, _ = silent.accept()
        with connection:
            time.sleep(0.2)
            assert board.end(signal.SIGINT, 5.0) == 0
    assert "Traceback" not in board.text


def test_a_data_folder_has_one_board(start: Callable[..., Board]) -> None:
    first = start()
    pids = first.running(first.store())
    second = start()
    assert second.process.wait(10) == 1
    second._reader.join(5)
    assert f"process {first.process.pid}" in second.text
    assert first.running(first.store()) == pids
    assert first.end(signal.SIGTERM, 5.0) == 0
