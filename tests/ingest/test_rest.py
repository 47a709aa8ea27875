"""Fail-over between hosts, bans and rate limits, against real HTTP servers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ingest import rest
from ingest.feeds.base import FeedError, UnknownSymbol
from ingest.feeds.binance import BinanceFeed
from ingest.rest import RestClient

Answer = tuple[int, dict[str, str], bytes]


class Host:
    """An HTTP server that gives the answers it was told, the last one for ever, and counts requests."""

    def __init__(self, *answers: Answer):
        self.answers, self.requests = list(answers), 0
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.requests += 1
                status, headers, body = host.answers.pop(0) if len(host.answers) > 1 else host.answers[0]
                self.send_response(status)
                for key, value in (headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def host() -> Iterator[Callable[..., Host]]:
    hosts: list[Host] = []

    def make(*answers: Answer) -> Host:
        hosts.append(Host(*answers))
        return hosts[-1]

    yield make
    for each in hosts:
        each.server.shutdown()
        each.server.server_close()


OK: Answer = (200, {}, b'{"serverTime":1}')


@pytest.mark.parametrize(
    "bad", [(500, {}, b""), (200, {}, b"<html>"), (404, {}, b""), (451, {}, b"{}"), (403, {}, b"WAF")]
)
def test_the_next_host_answers_and_the_failing_one_is_left_alone(host: Callable[..., Host], bad: Answer) -> None:
    first, second = host(bad), host(OK)
    client = RestClient([first.url, second.url])
    for _ in range(3):
        assert client.get("/api/v3/time", {}) == {"serverTime": 1}
    assert second.requests == 3
    assert first.requests == (3 if bad[2] == b"<html>" else 1)


def test_a_dead_host_is_passed_over(host: Callable[..., Host], free_port: int) -> None:
    client = RestClient([f"http://127.0.0.1:{free_port}", host(OK).url])
    assert client.get("/api/v3/time", {}) == {"serverTime": 1}


def test_a_rate_limit_silences_every_host_for_as_long_as_it_says(host: Callable[..., Host]) -> None:
    limited, other = host((429, {"Retry-After": "1"}, b""), OK), host(OK)
    client = RestClient([limited.url, other.url])
    with pytest.raises(FeedError, match="429"):
        client.get("/x", {})
    start = time.monotonic()
    assert client.get("/x", {}, stop=threading.Event()) == {"serverTime": 1}
    assert time.monotonic() - start > 0.9
    assert (limited.requests, other.requests) == (2, 0)


def test_a_ban_is_not_waited_for_and_not_retried(host: Callable[..., Host]) -> None:
    banned = host((418, {"Retry-After": "259200"}, b""))
    client = RestClient([banned.url])
    for _ in range(3):
        with pytest.raises(FeedError):
            client.get("/x", {}, stop=threading.Event())
    assert banned.requests == 1


def test_half_of_the_weight_is_all_that_is_spent(host: Callable[..., Host], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest.time, "time", lambda: 59.5)
    client = RestClient([host((200, {"X-MBX-USED-WEIGHT-1M": "3001"}, b"1"), OK).url])
    assert client.get("/x", {}) == 1
    start = time.monotonic()
    client.get("/x", {}, stop=threading.Event())
    assert 0.4 < time.monotonic() - start < 2


def test_a_bad_symbol_is_told_apart(host: Callable[..., Host]) -> None:
    client = RestClient([host((400, {}, b'{"code":-1121,"msg":"Invalid symbol."}')).url])
    with pytest.raises(UnknownSymbol, match="Invalid symbol"):
        client.get("/x", {})


@pytest.mark.parametrize(
    "body", [b'{"code":-1000,"msg":"An unknown error"}', b"[]", b"[{}]", b"null", b'"text"', b"[[1,2]]"]
)
def test_an_answer_of_another_shape_is_a_feed_error(host: Callable[..., Host], body: bytes) -> None:
    feed = BinanceFeed([], RestClient([host((200, {}, body)).url]))
    for ask in (
        lambda: feed.newest_id("BTCUSDT"),
        feed.clock_base_ms,
        lambda: feed.not_trading(["BTCUSDT"]),
        lambda: feed.trades_from("BTCUSDT", 1) or feed.newest_id("BTCUSDT"),
        lambda: feed.klines("BTCUSDT", "1m", 0, 60_000) or feed.newest_id("BTCUSDT"),
    ):
        with pytest.raises(FeedError):
            ask()
