"""The doctor: what it finds is true, its exit code says whether a start would work, and it ends without a network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from runtime import checks, doctor
from runtime.checks import Finding
from runtime.settings import Settings
from store.server import EmbeddedServer

ROOT = Path(__file__).resolve().parents[2]


def app_doctor(**environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "doctor"],
        cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def settings(**sections: dict[str, object]) -> Settings:
    return Settings.model_validate(sections)


def test_a_machine_that_can_start_is_well(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    done = app_doctor(
        SPREADBOARD_FEED__SOURCE="sim", SPREADBOARD_WEB__PORT=str(port), SPREADBOARD_STORE__DATA_DIR=str(tmp_path)
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("ok    python")
    assert f"port {port} on 127.0.0.1 is free" in done.stdout
    assert "ok    embedded  Valkey " in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_it_ends_in_time_and_only_warns(tmp_path: Path) -> None:
    began_s = time.monotonic()
    # 192.0.2.1 (RFC 5737) never answers; the name does not exist.
    done = app_doctor(
        SPREADBOARD_FEED__WS_URL="wss://192.0.2.1,wss://no-such-exchange.invalid",
        SPREADBOARD_FEED__REST_URL="https://no-such-exchange.invalid",
        SPREADBOARD_WEB__PORT="0",
    )
    assert time.monotonic() - began_s < 12
    assert done.returncode == 0, done.stdout
    assert "wss://no-such-exchange.invalid: DNS: " in done.stdout
    assert "no address of feed.ws_url answers: the simulated exchange takes over" in done.stdout
    assert "Nothing to be put right before a start" in done.stdout


def test_what_stops_a_start_is_a_failure_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = closed.getsockname()[1]
        done = app_doctor(
            SPREADBOARD_FEED__SOURCE="sim",
            SPREADBOARD_WEB__PORT=str(port),
            SPREADBOARD_REDIS__URL=f"redis://127.0.0.1:{nobody}",
            SPREADBOARD_STORE__DATA_DIR=str(tmp_path / "file" / "data"),
        )
    assert done.returncode == 1
    rows = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("fail")}
    assert set(rows) == {"page", "redis", "data"}
    assert f"process {os.getpid()}" in rows["page"]
    assert str(nobody) in rows["redis"]
    assert "3 to be put right" in done.stdout


def test_a_given_server_is_named_with_its_version(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    try:
        (finding,) = checks.check_store(settings(redis={"url": server.start()}))
    finally:
        server.stop()
    assert finding.level == "ok"
    assert "Valkey" in finding.says
    assert "without the time series module" in finding.says


def test_packages_are_compared_with_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "requirements.lock"
    monkeypatch.setattr(checks, "LOCK_FILE", lock)
    lock.write_text(
        "numpy==0.0.1 \\\n    --hash=sha256:0\nno-such-package==1 \\\n    --hash=sha256:0\n"
        "only-on-mars==1 ; sys_platform == 'mars' \\\n    --hash=sha256:0\n",
        encoding="utf-8",
    )
    missing, other = checks.check_packages(Settings())
    assert (missing.level, missing.says, missing.remedy) == ("fail", "missing: no-such-package", "Run `make setup`.")
    assert other.level == "warn"
    assert other.says.endswith("(locked: 0.0.1)")


@pytest.mark.parametrize(("free", "level"), [(50e9, "ok"), (1e9, "warn"), (1e7, "fail")])
def test_disk_space(free: float, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        def __init__(self) -> None:
            self.free = free

    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: Usage())
    (finding,) = checks.check_data_dir(settings(store={"data_dir": str(tmp_path / "not" / "yet")}))
    assert finding.level == level
    assert list(tmp_path.iterdir()) == []


def test_findings_keep_the_order_of_the_checks_whoever_is_first() -> None:
    def check_slow(_: Settings) -> Iterable[Finding]:
        time.sleep(0.3)
        yield Finding("ok", "slow", "")

    def check_broken(_: Settings) -> Iterable[Finding]:
        yield Finding("ok", "broken", "")
        raise KeyError("oops")

    found = list(doctor.examine(Settings(), [check_slow, check_broken], threading.Event()))
    assert [(row.level, row.subject) for row in found] == [("ok", "slow"), ("warn", "broken")]
    assert "KeyError: 'oops'" in found[1].says


def test_a_check_that_hangs_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_stuck(_: Settings) -> Iterable[Finding]:
        threading.Event().wait()
        yield Finding("ok", "stuck", "")

    monkeypatch.setattr(doctor, "DEADLINE_S", 0.2)
    (finding,) = doctor.examine(Settings(), [check_stuck], threading.Event())
    assert (finding.level, finding.subject) == ("warn", "stuck")


def test_clock_offset_beyond_a_second_is_worth_a_warning() -> None:
    assert checks._clock(-40).level == "ok"
    assert "behind" in checks._clock(-1500).says
    assert checks._clock(1500).level == "warn"
