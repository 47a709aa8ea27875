"""/api/v1/scan: the ranked pairs in every format, what is left out, and when it is computed anew."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet
from statsmodels.tsa.stattools import coint

from analytics.market import Bar
from api.scan import COLUMNS, ordered
from tests.api.harness import BARS, FIRST_MS, MINUTE, Site, make_bars

SCAN = "/api/v1/scan?min_rows=100"


def pairs(site: Site, query: str = "") -> list[dict[str, Any]]:
    answer = site.get(SCAN + query)
    assert answer.status_code == 200, answer.text
    return answer.json()["pairs"]  # type: ignore[no-any-return]


def test_the_watched_pair_is_tested_as_coint_does(site: Site) -> None:
    body = site.get(SCAN).json()
    (row,) = body["pairs"]
    assert set(body["symbols"]) == {"binance:BTCUSDT", "binance:ETHUSDT"}
    assert (body["state"], body["tests"], body["rows"], body["gaps"]) == ("ready", 2, BARS, 0)
    assert (body["simulated"], body["truncated"], body["left_out"]) == (False, False, {})
    assert body["as_of_ms"] == FIRST_MS + BARS * MINUTE
    assert body["settings"]["lag_rule"] == "aic"
    closes = {"binance:BTCUSDT": make_bars(1, 60_000.0), "binance:ETHUSDT": make_bars(2, 3_000.0)}
    y, x = (np.array([bar.close for bar in closes[row[name]]]) for name in ("y", "x"))
    (t, p, _), (other, _, _) = coint(y, x), coint(x, y)
    assert t <= other
    assert row["statistic"] == pytest.approx(t, abs=1e-9)
    assert row["p"] == pytest.approx(p, abs=1e-10)
    assert list(row) == list(COLUMNS)


def test_settings_are_heeded_and_checked(site: Site) -> None:
    assert pairs(site, "&lag_rule=fixed&lags=3")[0]["lags"] == 3
    assert pairs(site, "&scale=log")[0]["sigma"] < 0.1
    answer = site.get(SCAN + "&lag_rule=hqic")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "lag_rule"
    answer = site.get(SCAN + "&sort=luck")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "sort")


def test_simulated_symbols_are_marked(site: Site) -> None:
    answer = site.get(SCAN + "&symbols=sim:BTCUSDT,sim:ETHUSDT&format=csv")
    assert answer.headers["X-Spreadboard-Simulated"] == "1"
    assert "SIMULATED" in answer.headers["Content-Disposition"]


def test_csv_and_parquet_have_the_same_rows(site: Site) -> None:
    (row,) = pairs(site)
    (line,) = csv.DictReader(io.StringIO(site.get(SCAN + "&format=csv").text))
    assert list(line) == list(COLUMNS)
    assert float(line["statistic"]) == row["statistic"]
    table = parquet.read_table(io.BytesIO(site.get(SCAN + "&format=parquet").content))
    assert table.column("statistic").to_pylist() == [row["statistic"]]
    assert table.schema.metadata[b"tests"] == b"2"


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_too_little_data_is_a_reason_and_no_pairs(site: Site, form: str) -> None:
    answer = site.get(f"/api/v1/scan?min_rows=5000&format={form}")
    assert answer.status_code == 200
    if form == "json":
        body = answer.json()
        assert (body["state"], body["pairs"]) == ("untestable", [])
        assert "needs 5000 bars, has 200" in body["reason"]
    elif form == "csv":
        assert answer.text.splitlines() == [",".join(COLUMNS)]


def test_symbols_must_be_known_and_different(site: Site) -> None:
    assert site.get(SCAN + "&symbols=BTCUSDT,ETHUSTD").status_code == 404
    for text in ("BTCUSDT", "BTCUSDT,binance:BTCUSDT"):
        answer = site.get(f"{SCAN}&symbols={text}")
        assert (answer.status_code, answer.json()["parameter"]) == (400, "symbols")


def test_a_new_bar_makes_a_new_scan(own_site: Site) -> None:
    before = own_site.get(SCAN).json()
    assert own_site.get(SCAN).json() == before
    for symbol, price in (("binance:BTCUSDT", 61_000.0), ("binance:ETHUSDT", 3_100.0)):
        bar = Bar(FIRST_MS + BARS * MINUTE, price, price, price, price, 1.0, price, 0.5, 3, 0)
        own_site.store.bars.put(symbol, "1m", [bar])
    after = own_site.get(SCAN).json()
    assert after["rows"] == BARS + 1
    assert after["pairs"] != before["pairs"]


def test_order_and_limit(own_site: Site) -> None:
    names = [f"binance:S{at}USDT" for at in range(4)]
    own_site.store.status.set_symbols(names)
    for at, name in enumerate(names):
        own_site.store.bars.put(name, "1m", make_bars(10 + at, 100.0))
    rows = pairs(own_site)
    assert len(rows) == 6
    assert [row["q"] for row in rows] == sorted(row["q"] for row in rows)
    by_correlation = pairs(own_site, "&sort=correlation")
    sizes = [abs(row["correlation"]) for row in by_correlation]
    assert sizes == sorted(sizes, reverse=True)
    answer = own_site.get(SCAN + "&limit=2&sort=cost_sigma").json()
    assert answer["truncated"]
    assert answer["pairs_tested"] == 6
    assert [row["cost_sigma"] for row in answer["pairs"]] == sorted(row["cost_sigma"] for row in rows)[:2]


def test_pairs_without_a_value_stand_last() -> None:
    class Found:
        def __getattr__(self, name: str) -> np.ndarray[Any, Any]:
            return np.array([1.0, 2.0, 3.0]) if name != "half_life" else np.array([np.nan, 9.0, 4.0])

    columns = ordered(Found(), "half_life")  # type: ignore[arg-type]
    assert columns["q"].tolist() == [3.0, 2.0, 1.0]
