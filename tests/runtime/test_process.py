"""One role's process on its own: it stops when told, and its exit code says how it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL_BOARD = Path(__file__).with_name("small_board.py")


def role(name: str, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SMALL_BOARD), name, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_cleanly(number: signal.Signals) -> None:
    process = role("ingest")
    assert process.stdout
    assert process.stdout.readline().startswith("ready")
    process.send_signal(number)
    out, err = process.communicate(timeout=3)
    assert (process.returncode, out[:22], err) == (0, "INGEST stopped cleanly", "")


def test_a_second_signal_ends_what_does_not_listen() -> None:
    process = role("ingest", BOARD_INGEST="deaf")
    assert process.stdout
    assert process.stdout.readline().startswith("ready")
    process.terminate()
    time.sleep(0.3)
    assert process.poll() is None
    process.terminate()
    process.communicate(timeout=3)
    assert process.returncode == -signal.SIGTERM


def test_nohup_stays_in_force() -> None:
    command = ["nohup", sys.executable, str(SMALL_BOARD), "ingest"]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline().startswith("ready")
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    process.terminate()
    process.communicate(timeout=3)
    assert process.returncode == 0


def test_a_crash_is_one_record_with_its_traceback_and_exit_1() -> None:
    process = role("web", "--port", "0", "--log-json", BOARD_WEB="crash")
    _, err = process.communicate(timeout=10)
    assert process.returncode == 1
    (row,) = map(json.loads, err.splitlines())
    assert (row["level"], row["role"], row["message"]) == ("ERROR", "web", "the role crashed")
    assert row["exception"].endswith("RuntimeError: out of luck")


def test_refused_settings_are_a_line_and_exit_2() -> None:
    process = role("web", "--port", "0", BOARD_WEB="refuse")
    _, err = process.communicate(timeout=10)
    assert process.returncode == 2
    assert "web.auth: expected user:password" in err
    assert err.count("\n") == 1
