"""/api/v1/bars and /api/v1/ticks: range semantics, and the same numbers in every format."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from pyarrow import parquet

from tests.api.harness import BARS, FIRST_MS, MINUTE, Site, make_bars, make_ticks

HEADER = "open_ms,time,open,high,low,close,volume,quote_volume,buy_volume,trades,flags"
BTC = "/api/v1/bars?symbol=binance:BTCUSDT&timeframe=1m"


def bars(site: Site, query: str) -> list[dict[str, Any]]:
    answer = site.get(BTC + query)
    assert answer.status_code == 200, answer.text
    return answer.json()["bars"]  # type: ignore[no-any-return]


def test_bars_are_those_of_the_store_oldest_first(site: Site) -> None:
    answer = site.get(BTC)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    rows = body.pop("bars")
    assert body == {"symbol": "binance:BTCUSDT", "timeframe": "1m", "simulated": False, "truncated": False}
    assert len(rows) == BARS
    for row, bar in zip(rows, make_bars(1, 60_000.0), strict=True):
        stamp = datetime.fromtimestamp(bar.open_ms / 1000, UTC)
        assert row.pop("time") == stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert row == bar._asdict()
    assert ",".join(site.get(BTC).json()["bars"][0]) == HEADER


def test_start_is_inclusive_and_end_exclusive(site: Site) -> None:
    got = bars(site, f"&start={FIRST_MS + 3 * MINUTE}&end={FIRST_MS + 5 * MINUTE}")
    assert [row["open_ms"] for row in got] == [FIRST_MS + 3 * MINUTE, FIRST_MS + 4 * MINUTE]
    assert bars(site, f"&start={FIRST_MS}&end={FIRST_MS}") == []
    assert len(bars(site, "&start=0")) == BARS


@pytest.mark.parametrize("zone", ["Z", "", "%2B00:00"])
def test_iso_times_mean_the_same_and_default_to_utc(site: Site, zone: str) -> None:
    start = datetime.fromtimestamp((FIRST_MS + 7 * MINUTE) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert bars(site, f"&start={start}{zone}")[0]["open_ms"] == FIRST_MS + 7 * MINUTE


def test_a_zone_is_heeded(site: Site) -> None:
    start = datetime.fromtimestamp((FIRST_MS + 7 * MINUTE) / 1000 + 7200, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert bars(site, f"&start={start}%2B02:00")[0]["open_ms"] == FIRST_MS + 7 * MINUTE


def test_limit_takes_the_newest_and_says_so(site: Site) -> None:
    answer = site.get(BTC + "&limit=3")
    assert [row["open_ms"] for row in answer.json()["bars"]] == [FIRST_MS + at * MINUTE for at in range(BARS - 3, BARS)]
    assert answer.json()["truncated"] is True
    assert answer.headers["X-Spreadboard-Truncated"] == "1"
    assert "X-Spreadboard-Truncated" not in site.get(BTC + f"&limit={BARS}").headers


def test_csv_is_exact(site: Site) -> None:
    answer = site.get(BTC + "&format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="binance-BTCUSDT_1m.csv"'
    assert answer.text.split("\n")[0] == HEADER
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == BARS
    for row, bar in zip(rows, make_bars(1, 60_000.0), strict=True):
        assert row["open_ms"] == str(bar.open_ms)
        assert float(row["close"]) == bar.close
        assert row["trades"] == "7"
    assert rows[0]["flags"] == "1"


def test_parquet_is_typed(site: Site) -> None:
    answer = site.get(BTC + "&format=parquet")
    table = parquet.read_table(io.BytesIO(answer.content))
    assert ",".join(table.column_names) == HEADER
    assert str(table.schema.field("time").type) == "timestamp[ms, tz=UTC]"
    assert str(table.schema.field("open_ms").type) == "int64"
    assert table.column("close").to_pylist() == [bar.close for bar in make_bars(1, 60_000.0)]
    assert table.schema.metadata[b"symbol"] == b"binance:BTCUSDT"
    assert table.schema.metadata[b"simulated"] == b"false"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_empty_answer_keeps_its_columns(site: Site, form: str) -> None:
    answer = site.get(f"{BTC}&end={FIRST_MS}&format={form}")
    if form == "csv":
        assert answer.text == HEADER + "\n"
    else:
        table = parquet.read_table(io.BytesIO(answer.content))
        assert table.num_rows == 0
        assert ",".join(table.column_names) == HEADER


def test_a_bare_symbol_is_of_the_active_venue(site: Site) -> None:
    answer = site.get("/api/v1/bars?symbol=BTCUSDT&limit=1")
    assert answer.json()["symbol"] == "binance:BTCUSDT"


@pytest.mark.parametrize("path", ["/api/v1/bars?symbol=sim:BTCUSDT", "/api/v1/ticks?symbol=sim:BTCUSDT",
                                  "/api/v1/pair?y=sim:ETHUSDT&x=sim:BTCUSDT"])  # fmt: skip
def test_simulated_data_say_so_in_every_format(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.json()["simulated"] is True
    assert answer.headers["X-Spreadboard-Simulated"] == "1"
    for form in ("csv", "parquet"):
        answer = site.get(f"{path}&format={form}")
        assert answer.headers["X-Spreadboard-Simulated"] == "1"
        assert f"SIMULATED.{form}" in answer.headers["Content-Disposition"]
    assert "X-Spreadboard-Simulated" not in site.get(path.replace("sim:", "binance:")).headers


def test_ticks_are_the_newest_oldest_first(site: Site) -> None:
    body = site.get("/api/v1/ticks?symbol=BTCUSDT&limit=5").json()
    expected = make_ticks("binance:BTCUSDT")[-5:]
    assert [row["trade_id"] for row in body["ticks"]] == [tick.trade_id for tick in expected]
    first = body["ticks"][0]
    first.pop("time")
    assert first == {name: value for name, value in expected[0]._asdict().items() if name != "symbol"}


def test_ticks_as_csv(site: Site) -> None:
    lines = site.get("/api/v1/ticks?symbol=BTCUSDT&format=csv&limit=2").text.splitlines()
    assert lines[0] == "trade_id,time_ms,time,price,quantity,buyer_is_maker"
    assert lines[1].endswith(",148.5,0.25,true")
    assert lines[2].endswith(",149.5,0.25,false")
