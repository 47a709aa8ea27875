"""Wrong requests: always a problem document that names the parameter, never a 500 and never HTML."""

from __future__ import annotations

import socket
from urllib.parse import quote_from_bytes, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.harness import Site

PATHS = ("/api/v1/symbols", "/api/v1/bars", "/api/v1/ticks", "/api/v1/pair", "/api/v1/openapi.json", "/api/v1/nothing")


def problem(answer: requests.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= set(body)
    return body


@pytest.mark.parametrize(
    ("query", "parameter", "in_detail"),
    [
        ("", "symbol", "required"),
        ("symbol=BTCUSDT&limit=0", "limit", "1 to 100000"),
        ("symbol=BTCUSDT&limit=1e3", "limit", "'1e3'"),
        ("symbol=BTCUSDT&limit=100001", "limit", "'100001'"),
        ("symbol=BTCUSDT&timeframe=1M", "timeframe", "1m"),
        ("symbol=BTCUSDT&format=xlsx", "format", "json, csv, parquet"),
        ("symbol=BTCUSDT&start=yesterday", "start", "ISO 8601"),
        ("symbol=BTCUSDT&start=1770000000", "start", "seconds"),
        ("symbol=BTCUSDT&start=1770000000000000", "start", "microseconds"),
        ("symbol=BTCUSDT&start=2026-02-02T00:00:00+01:00", "start", "%2B"),
        ("symbol=BTCUSDT&start=1770000060000&end=1770000000000", "end", "after `start`"),
        ("symbol=BTCUSDT&symbol=ETHUSDT", "symbol", "given once"),
        ("symbol=BTCUSDT&limits=5", "limits", "did you mean `limit`?"),
    ],
)
def test_a_bad_parameter_is_named(site: Site, query: str, parameter: str, in_detail: str) -> None:
    body = problem(site.get(f"/api/v1/bars?{query}"), 400)
    assert body["parameter"] == parameter
    assert in_detail in str(body["detail"])
    assert {"allowed", "got"} <= set(body)


def test_window_and_method_of_a_pair_are_checked(site: Site) -> None:
    for query, parameter in (("window=19", "window"), ("window=1001", "window"), ("method=magic", "method")):
        assert problem(site.get(f"/api/v1/pair?y=ETHUSDT&x=BTCUSDT&{query}"), 400)["parameter"] == parameter


@pytest.mark.parametrize("symbol", ["BTCUSD", "binance:BTCUSD", "binance:btcusdt", "kraken:BTCUSDT"])
def test_an_unknown_symbol_gets_the_nearest_names(site: Site, symbol: str) -> None:
    body = problem(site.get(f"/api/v1/bars?symbol={symbol}"), 404)
    assert body["parameter"] == "symbol"
    assert body["got"] == symbol
    assert "binance:BTCUSDT" in body["nearest"]  # type: ignore[operator]


def test_a_symbol_like_no_other_gets_no_wild_guess(site: Site) -> None:
    body = problem(site.get("/api/v1/ticks?symbol=ZZZZ"), 404)
    assert body["nearest"] == []
    assert "/api/v1/symbols" in str(body["detail"])


def test_unknown_paths_and_methods_are_problems_too(site: Site) -> None:
    assert "did you mean /api/v1/bars?" in str(problem(site.get("/api/v1/bar"), 404)["detail"])
    problem(site.get("/api/v1/bars/"), 404)
    answer = requests.post(site.url + "/api/v1/bars", timeout=5)
    assert problem(answer, 405)["got"] == "POST"
    assert "GET" in answer.headers["Allow"]
    problem(requests.delete(site.url + "/api/v2", timeout=5), 404)


def test_openapi_describes_what_is_checked(site: Site) -> None:
    document = site.get("/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    limit = next(p for p in document["paths"]["/api/v1/bars"]["get"]["parameters"] if p["name"] == "limit")
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 1000}
    sent = {
        path: list(each["post"]["requestBody"]["content"]) for path, each in document["paths"].items() if "post" in each
    }
    assert sent["/api/v1/workspaces"] == ["application/json"]
    assert "multipart/form-data" in sent["/api/v1/uploads"]
    for path, operations in document["paths"].items():
        if "{" in path or "get" not in operations:
            continue
        required = [p for p in operations["get"].get("parameters", []) if p["required"]]
        assert site.get(path).status_code == (400 if required else 200), path


def test_answers_have_the_described_columns(site: Site) -> None:
    for path, query, rows in (
        ("/api/v1/bars", "symbol=BTCUSDT", "bars"),
        ("/api/v1/ticks", "symbol=BTCUSDT", "ticks"),
        ("/api/v1/pair", "y=ETHUSDT&x=BTCUSDT", "series"),
    ):
        text = site.get("/api/v1/openapi.json").json()["paths"][path]["get"]["description"]
        described = [line.split("`")[1] for line in text.splitlines() if line.startswith("- ")]
        assert list(site.get(f"{path}?{query}").json()[rows][0]) == described


names = st.sampled_from(
    ["symbol", "timeframe", "start", "end", "limit", "format", "y", "x", "window", "method", "scale"]
)
values = st.one_of(
    st.sampled_from(
        ["BTCUSDT", "ETHUSDT", "sim:BTCUSDT", "1m", "1s", "json", "csv", "0", "50", "-1", "1e9", "NaN", "ols"]
    ),
    st.text(max_size=20),
    st.integers().map(str),
    st.datetimes().map(str),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS), query=st.lists(st.tuples(st.one_of(names, st.text(max_size=8)), values), max_size=6)
)
def test_no_query_breaks_it(site: Site, path: str, query: list[tuple[str, str]]) -> None:
    try:
        pairs = [(name.encode(), value.encode()) for name, value in query]
    except UnicodeEncodeError:  # a lone surrogate cannot be sent
        return
    text = "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in pairs)
    answer = site.get(f"{path}?{text}")
    assert answer.status_code in {200, 400, 404}
    if answer.status_code != 200:
        problem(answer, answer.status_code)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), query=st.binary(max_size=30).filter(lambda raw: not set(raw) & set(b" \r\n#\0")))
def test_no_bytes_break_it(site: Site, path: str, query: bytes) -> None:
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as wire:
        wire.sendall(b"GET " + path.encode() + b"?" + query + b" HTTP/1.0\r\nHost: localhost\r\n\r\n")
        status = int(wire.makefile("rb").readline().split()[1])
    assert status in {200, 400, 404}
