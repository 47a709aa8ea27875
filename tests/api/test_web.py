"""The web role as a process: it serves, stops in time, survives its worker and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
import requests

from runtime import web
from runtime.settings import ConfigError, Settings, Web
from tests.api.harness import Site, wait_until

REPO = Path(__file__).resolve().parents[2]


class Role(NamedTuple):
    process: subprocess.Popen[str]
    url: str

    def worker(self) -> psutil.Process:
        return psutil.Process(self.process.pid).children()[0]

    def answers(self) -> bool:
        try:
            return requests.get(self.url + "/healthz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False


def start(redis_url: str, port: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "SPREADBOARD_REDIS__URL": redis_url}
    command = [sys.executable, "app.py", "web", "--port", str(port)]
    return subprocess.Popen(
        command, cwd=REPO, env=environment, text=True, stderr=subprocess.STDOUT, stdout=subprocess.PIPE
    )


@pytest.fixture
def role(site: Site, free_port: int) -> Iterator[Role]:
    """The web role, warm."""
    process = start(site.redis.url, free_port)
    role = Role(process, f"http://127.0.0.1:{free_port}")
    try:
        wait_until(role.answers, 30)
        yield role
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def test_it_serves_pages_and_api_and_stops_with_a_stream_open(role: Role) -> None:
    assert "text/html" in requests.get(role.url + "/", timeout=5).headers["Content-Type"]
    assert requests.get(role.url + "/api/v1/bars?symbol=BTCUSDT", timeout=5).json()["bars"]
    assert requests.get(role.url + "/api/v1/nothing", timeout=5).status_code == 404
    with requests.get(role.url + "/stream?page=board", stream=True, timeout=5) as stream:
        assert next(stream.iter_content(64))
        assert "spreadboard_event_streams 1.0" in requests.get(role.url + "/metrics", timeout=5).text
        began = time.monotonic()
        role.process.send_signal(signal.SIGTERM)
        assert role.process.wait(10) == 0
        assert time.monotonic() - began < 2.0


def test_a_dead_worker_is_replaced(role: Role) -> None:
    dead = role.worker()
    dead.kill()
    wait_until(lambda: not dead.is_running() and role.answers(), 20)
    assert role.process.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the worker notices by itself, a little later")
def test_a_killed_master_leaves_nobody_behind(role: Role) -> None:
    worker = role.worker()
    role.process.kill()
    wait_until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, 2)
    assert not role.answers()


def test_a_store_that_is_away_ends_the_start(free_port: int) -> None:
    process = start("redis://127.0.0.1:1", free_port)
    output, _ = process.communicate(timeout=30)
    assert process.returncode not in {0, 2}
    assert "redis.url" in output
    assert "Traceback" not in output


def test_a_port_that_is_taken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_BIND_PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"web\.port: {port} .* in use"):
            web.run(Settings(web=Web(port=port)), threading.Event())


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_an_address_that_is_not_ours_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match=r"web\.host:"):
        web.run(Settings(web=Web(host=host, port=0, auth="a:b")), threading.Event())
