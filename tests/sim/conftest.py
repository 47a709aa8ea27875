"""A running exchange for the tests of its protocol, and a client for it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websocket

from ingest.sim.server import SimExchange


class Client:
    """A websocket-client connection to the exchange."""

    def __init__(self, url: str) -> None:
        self.socket = websocket.create_connection(url, timeout=5, skip_utf8_validation=True)

    def send(self, message: object) -> None:
        self.socket.send(json.dumps(message))

    def next(self) -> Any:
        """The next message, as JSON."""
        return json.loads(self.socket.recv())

    def trades(self, count: int) -> list[Any]:
        """The next trades, without their envelope."""
        found = []
        while len(found) < count:
            message = self.next()
            message = message.get("data", message)
            if message.get("e") == "trade":
                found.append(message)
        return found

    def trades_around(self, event: Callable[[Any, Any], bool], after: int) -> list[Any]:
        """Trades up to the first two neighbours for which ``event`` holds, and ``after`` more."""
        found = self.trades(1)
        while len(found) < 2 or not event(found[-2], found[-1]):
            found += self.trades(1)
        return found + self.trades(after)

    def until(self, condition: Callable[[Any], bool]) -> Any:
        """The first message for which the condition holds."""
        while not condition(message := self.next()):
            pass
        return message


class Server(SimExchange):
    """The exchange, with a client for each of its protocols."""

    def get(self, path: str) -> tuple[int, Any, Any]:
        """Status, JSON body and headers of a REST answer."""
        return self.ask(f"/api/v3/{path}")

    def ask(self, path: str, method: str = "GET", body: object = None) -> tuple[int, Any, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.rest_url + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, json.loads(answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text[:1] in b"{[" else text.decode(), error.headers


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with Server(seed=1, rate=200) as exchange:
        yield exchange


@pytest.fixture
def sim(served: Server) -> Iterator[Server]:
    """The running exchange, free of faults."""
    served.faults.clear()
    yield served
    served.faults.clear()
    while served.faults.actions:
        time.sleep(0.005)


@pytest.fixture
def connect(sim: Server) -> Iterator[Callable[..., Client]]:
    """Opens clients, ``connect("btcusdt@trade")``, and closes them after the test."""
    clients: list[Client] = []

    def open_client(*streams: str, path: str = "") -> Client:
        clients.append(Client(f"{sim.ws_url}{path or '/stream?streams=' + '/'.join(streams)}"))
        return clients[-1]

    yield open_client
    for client in clients:
        client.socket.shutdown()
