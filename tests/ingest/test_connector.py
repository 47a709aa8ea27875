"""Endpoints are taken in turn; refusals, limits and backoff are honoured."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from ingest import connector
from ingest.connection import Connection
from ingest.connector import Connector
from ingest.sim.server import SimExchange


class Refuser:
    """Accepts, answers the upgrade with a status line (or closes at once when there is none), counts."""

    def __init__(self, status: bytes = b""):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}/stream?streams=a@trade"
        self.times: list[float] = []
        self.status = status
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.times.append(time.monotonic())
            with peer:
                if self.status:
                    peer.recv(4096)
                    peer.sendall(b"HTTP/1.1 " + self.status + b"\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector, "MIN_SPACING_S", 0.05)
    monkeypatch.setattr(connector, "BACKOFF_S", (0.01, 0.05))


@pytest.fixture
def hosts() -> Iterator[list[Refuser]]:
    made: list[Refuser] = []
    yield made
    for host in made:
        host.listener.close()


def run(hosts: list[Refuser], seconds: float) -> list[str]:
    reasons: list[str] = []
    opened: list[Connection] = []
    links = Connector([h.url for h in hosts], timeout_s=2, ca_file="", deliver=opened.append, failed=reasons.append)
    links.want()
    time.sleep(seconds)
    links.stop()
    assert not opened
    return reasons


@pytest.mark.usefixtures("quick")
def test_endpoints_take_turns_and_the_reason_names_the_host_without_its_streams(hosts: list[Refuser]) -> None:
    hosts += [Refuser(), Refuser(), Refuser()]
    reasons = run(hosts, 1.0)
    counts = [len(host.times) for host in hosts]
    assert min(counts) >= 2
    assert max(counts) - min(counts) <= 1
    assert "a@trade" not in reasons[0]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", [b"451 Unavailable", b"403 Forbidden"])
def test_an_endpoint_that_refuses_us_for_good_is_left_alone(hosts: list[Refuser], status: bytes) -> None:
    hosts += [Refuser(status), Refuser()]
    run(hosts, 0.8)
    assert len(hosts[0].times) == 1
    assert len(hosts[1].times) > 2


@pytest.mark.usefixtures("quick")
def test_a_rate_limit_silences_all_endpoints(hosts: list[Refuser]) -> None:
    hosts += [Refuser(b"429 Too Many\r\nRetry-After: 60"), Refuser()]
    run(hosts, 0.8)
    assert [len(host.times) for host in hosts] == [1, 0]


def test_attempts_stay_far_below_the_limit_of_the_exchange(hosts: list[Refuser]) -> None:
    hosts += [Refuser()]
    run(hosts, 5)
    assert 2 <= len(hosts[0].times) <= 5
    assert all(later - earlier > 0.9 for earlier, later in zip(hosts[0].times, hosts[0].times[1:], strict=False))


def test_connections_that_do_not_live_count_as_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector.random, "uniform", lambda low, high: high)
    monkeypatch.setattr(connector, "MIN_SPACING_S", 0.0)
    monkeypatch.setattr(connector, "BACKOFF_S", (0.2, 60.0))
    opened: list[float] = []
    with SimExchange(seed=1, rate=1) as exchange:

        def deliver(connection: Connection) -> None:
            opened.append(time.monotonic())
            connection.close()
            links.want(after_failure=True)

        url = f"{exchange.ws_url}/stream?streams=btcusdt@trade"
        links = Connector([url], timeout_s=2, ca_file="", deliver=deliver, failed=print)
        links.want()
        time.sleep(2.0)
        links.stop()
    pauses = [later - earlier for earlier, later in itertools.pairwise(opened)]
    assert len(pauses) >= 3
    assert all(later > 1.5 * earlier for earlier, later in itertools.pairwise(pauses))
