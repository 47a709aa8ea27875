"""/api/v1/correlation: the matrix of the stored bars, in every format, and what is said when there is none."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from pyarrow import parquet

from api.declared import MAX_SYMBOLS
from tests.api.harness import BARS, FIRST_MS, MINUTE, Site, make_bars

PATH = "/api/v1/correlation?window=150"


def expected(newest: int = 150) -> float:
    legs = [np.diff(np.log([bar.close for bar in make_bars(*made)]))[-newest:] for made in ((1, 6e4), (2, 3e3))]
    return float(np.corrcoef(*legs)[0, 1])


def test_the_matrix_of_all_watched_symbols_of_the_venue(site: Site) -> None:
    answer = site.get(PATH)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert sorted(body["symbols"]) == ["binance:BTCUSDT", "binance:ETHUSDT"]
    assert (body["timeframe"], body["window"], body["state"], body["reason"]) == ("1m", 150, "ready", "")
    assert (body["simulated"], body["truncated"]) == (False, False)
    assert body["as_of_ms"] == FIRST_MS + BARS * MINUTE
    assert body["counts"] == [[150, 150], [150, 150]]
    value = pytest.approx(expected(), abs=1e-12)
    assert body["matrix"] == [[1.0, value], [value, 1.0]]
    (row,) = body["pairs"]
    assert {row["y"], row["x"]} == set(body["symbols"])
    assert (row["correlation"], row["count"]) == (value, 150)
    assert "X-Spreadboard-Simulated" not in answer.headers


def test_symbols_are_chosen_and_put_in_order(site: Site) -> None:
    answer = site.get(f"{PATH}&symbols=sim:ETHUSDT,%20BTCUSDT,ETHUSDT")
    body = answer.json()
    assert sorted(body["symbols"]) == ["binance:BTCUSDT", "binance:ETHUSDT", "sim:ETHUSDT"]
    twins = sorted(body["symbols"].index(name) for name in ("binance:ETHUSDT", "sim:ETHUSDT"))
    assert twins[1] - twins[0] == 1  # the same prices stand side by side
    assert body["matrix"][twins[0]][twins[1]] == pytest.approx(1.0)
    assert len(body["pairs"]) == 3
    assert body["simulated"]
    assert answer.headers["X-Spreadboard-Simulated"] == "1"


def test_csv_and_parquet_hold_every_pair_once(site: Site) -> None:
    query = f"{PATH}&symbols=sim:ETHUSDT,BTCUSDT,ETHUSDT"
    rows = list(csv.DictReader(io.StringIO(site.get(f"{query}&format=csv").text)))
    assert [list(row) for row in rows[:1]] == [["y", "x", "correlation", "count"]]
    assert len({frozenset((row["y"], row["x"])) for row in rows}) == 3
    answer = site.get(f"{query}&format=parquet")
    table = parquet.read_table(io.BytesIO(answer.content))
    assert table.column("correlation").to_pylist() == [float(row["correlation"]) for row in rows]
    assert table.schema.metadata[b"window"] == b"150"
    assert b"matrix" not in table.schema.metadata
    assert answer.headers["Content-Disposition"] == 'attachment; filename="correlation_1m_SIMULATED.parquet"'


def test_too_few_bars_are_said(site: Site) -> None:
    for query, reason in (("window=500", f"{BARS} bars of 501"), ("timeframe=5m", "0 bars of 121")):
        body = site.get(f"/api/v1/correlation?{query}").json()
        assert (body["state"], body["matrix"], body["counts"], body["pairs"]) == ("untestable", None, None, [])
        assert reason in body["reason"]
        assert body["as_of_ms"] is None
    assert site.get("/api/v1/correlation?window=500&format=csv").text == "y,x,correlation,count\n"


def test_a_pair_without_common_returns_is_null(own_site: Site) -> None:
    bars = [bar._replace(open=5.0, high=5.0, low=5.0, close=5.0) for bar in make_bars(3, 5.0)]
    own_site.store.bars.put("binance:STILL", "1m", bars)
    own_site.store.status.set_symbols(["binance:BTCUSDT", "binance:ETHUSDT", "binance:STILL"])
    answer = own_site.get(PATH)
    body = answer.json()
    assert body["symbols"][-1] == "binance:STILL"
    assert body["matrix"][2] == [None, None, None]
    assert body["counts"][2] == [150, 150, 150]
    assert "NaN" not in answer.text


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("symbols=BTCUSDT", 400, "symbols"),
        ("symbols=BTCUSDT,binance:BTCUSDT", 400, "symbols"),
        (f"symbols={','.join(['BTCUSDT'] * (MAX_SYMBOLS + 1))}", 400, "symbols"),
        ("symbols=BTCUSDT,NOPE", 404, "symbols"),
        ("window=19", 400, "window"),
        ("format=xml", 400, "format"),
        ("windw=100", 400, "windw"),
    ],
)
def test_a_wrong_request_names_its_parameter(site: Site, query: str, status: int, parameter: str) -> None:
    answer = site.get(f"/api/v1/correlation?{query}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["parameter"] == parameter


def test_it_is_described(site: Site) -> None:
    described = site.get("/api/v1/openapi.json").json()["paths"]["/api/v1/correlation"]["get"]
    assert {one["name"] for one in described["parameters"]} == {"symbols", "timeframe", "window", "format"}
    assert "- `count`:" in described["description"]
