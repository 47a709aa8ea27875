"""The real board on the simulated exchange: any process may be killed at any time, and nobody is left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
PEOPLE_WAIT_S = 30.0


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; the dead may have to wait for init to notice."""

    def runs(process: psutil.Process) -> bool:
        try:
            return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    return [process for process in processes if runs(process)]


class Board:
    """`python app.py` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = psutil.Popen(
                [sys.executable, str(ROOT / "app.py"), "--feed", "sim", "--port", "0", "--symbols", "BTCUSDT,ETHUSDT"],
                env=os.environ | {"SPREADBOARD_STORE__DATA_DIR": str(folder / "data")},
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def health(self) -> dict[str, Any] | None:
        """What /healthz says, once the board is well; None before."""
        page = re.search(r"Spreadboard  (http\S+)", self.output.read_text(encoding="utf-8"))
        if not page:
            return None
        try:
            with urllib.request.urlopen(f"{page[1]}/healthz", timeout=2) as answer:
                said: dict[str, Any] = json.load(answer)
        except OSError:
            return None
        live = said["symbols"] and all(symbol["state"] == "LIVE" for symbol in said["symbols"].values())
        return said if said["status"] == "ok" and live else None

    def family(self) -> list[psutil.Process]:
        """All processes of the board."""
        return [self.process, *self.process.children(recursive=True)]

    def wait_well(self, but: dict[str, int] | None = None) -> dict[str, int]:
        """Pids by role as soon as all is well; with ``but``, with other pids than those."""
        deadline_s = time.monotonic() + PEOPLE_WAIT_S
        while time.monotonic() < deadline_s:
            if said := self.health():
                pids = {role: row["pid"] for role, row in said["roles"].items()}
                if not set(pids.values()) & set((but or {}).values()):
                    return pids
            time.sleep(0.1)
        raise AssertionError(self.output.read_text(encoding="utf-8"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Board]]:
    boards: list[Board] = []

    def starter() -> Board:
        boards.append(Board(tmp_path))
        return boards[-1]

    yield starter
    for board in boards:
        if board.process.is_running():
            for process in reversed(board.family()):
                process.kill()
            board.process.wait()


def test_kill_every_role_then_the_supervisor_then_stop_cleanly(start: Callable[[], Board]) -> None:
    board = start()
    first = board.wait_well()
    old = [process for process in board.family() if process.pid != board.process.pid and "valkey" not in process.name()]
    for pid in first.values():
        os.kill(pid, signal.SIGKILL)
    second = board.wait_well(but=first)
    assert set(second) == set(first) == {"ingest", "resample", "web"}
    assert alive(old) == []

    family = board.family()
    assert len(family) >= 6  # supervisor, server, three roles, simulated exchange
    board.process.kill()
    board.process.wait()
    deadline_s = time.monotonic() + 5.0
    while alive(family) and time.monotonic() < deadline_s:
        time.sleep(0.1)
    assert alive(family) == []

    board = start()
    board.wait_well()
    family = board.family()
    board.process.send_signal(signal.SIGINT)
    assert board.process.wait(5.0) == 0
    assert alive(family) == []
    assert "Traceback" not in board.output.read_text(encoding="utf-8")
