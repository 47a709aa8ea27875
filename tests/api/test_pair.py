"""/api/v1/pair: what the pair book says, in every format, without NaN."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from pyarrow import parquet

from analytics.estimators import ESTIMATORS
from tests.api.harness import BARS, Site, make_bars

PAIR = "/api/v1/pair?y=ETHUSDT&x=BTCUSDT&window=50"


def test_series_is_the_fit_of_the_bars_before(site: Site) -> None:
    answer = site.get(PAIR)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["y"], body["x"], body["timeframe"], body["window"]) == ("binance:ETHUSDT", "binance:BTCUSDT", "1m", 50)
    rows = body["series"]
    assert len(rows) == BARS
    assert rows[49]["z"] is None
    y = np.array([bar.close for bar in make_bars(2, 3_000.0)])
    x = np.array([bar.close for bar in make_bars(1, 60_000.0)])
    slope, intercept = np.polyfit(x[100:150], y[100:150], 1)
    assert math.isclose(rows[150]["hedge_ratio"], slope, rel_tol=1e-6)
    assert math.isclose(rows[150]["spread"], y[150] - intercept - slope * x[150], rel_tol=1e-6)
    assert "NaN" not in answer.text


def test_now_uses_the_last_trades(site: Site) -> None:
    now = site.get(PAIR).json()["now"]
    assert now["y_price"] == now["x_price"] == 149.5
    assert now["window"] == 50
    assert now["ready"] == 50
    assert now["state"] in {"stale", "partial"}  # the recorded trades are old
    assert now["z"] is not None


def test_now_says_what_the_window_stretches_over(site: Site) -> None:
    now = site.get(PAIR).json()["now"]
    assert (now["span_ms"], now["gaps"], now["longest_gap_ms"], now["sparse"]) == (50 * 60_000, 0, 0, False)
    assert now["as_of_ms"] - now["span_ms"] == make_bars(1, 60_000.0)[-50].open_ms
    assert now["partial_bars"] == 0


def test_every_member_of_now_is_described(site: Site) -> None:
    answer = site.get("/api/v1/openapi.json").json()["paths"]["/api/v1/pair"]["get"]["responses"]["200"]
    described = [line.split("`")[1] for line in answer["description"].splitlines() if line.startswith("- ")]
    assert described == [f"now.{name}" for name in site.get(PAIR).json()["now"]]


def test_warming_up_is_said(site: Site) -> None:
    body = site.get("/api/v1/pair?y=ETHUSDT&x=BTCUSDT&window=500").json()
    assert body["now"]["state"] == "warming"
    assert body["now"]["ready"] == BARS
    assert body["now"]["z"] is None
    assert all(row["z"] is None for row in body["series"])


def test_csv_leaves_unknown_cells_empty(site: Site) -> None:
    rows = list(csv.DictReader(io.StringIO(site.get(PAIR + "&format=csv").text)))
    assert rows[0]["z"] == ""
    assert float(rows[150]["z"]) == site.get(PAIR).json()["series"][150]["z"]


def test_parquet_has_nulls_and_the_settings(site: Site) -> None:
    answer = site.get(PAIR + "&format=parquet&limit=160")
    table = parquet.read_table(io.BytesIO(answer.content))
    assert table.num_rows == 160
    assert table.column("z").null_count == 10  # rows 40 to 49 were still warming up
    assert table.schema.metadata[b"window"] == b"50"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="binance-ETHUSDT_BTCUSDT_1m.parquet"'


@pytest.mark.parametrize("method", list(ESTIMATORS))
def test_every_method_gives_a_series_and_says_its_settings(site: Site, method: str) -> None:
    body = site.get(f"{PAIR}&method={method}").json()
    assert body["method"] == method
    assert {name: body[name] for name in ESTIMATORS[method].defaults} == ESTIMATORS[method].defaults
    assert body["series"][49]["z"] is None
    assert body["series"][150]["z"] is not None
    assert body["now"]["z"] is not None


def test_options_reach_the_method(site: Site) -> None:
    slow, quick = (site.get(f"{PAIR}&method=kalman&delta={delta}").json() for delta in ("1e-6", "1e-2"))
    assert (slow["delta"], quick["delta"]) == (1e-6, 1e-2)
    assert slow["series"][150]["hedge_ratio"] != quick["series"][150]["hedge_ratio"]
    assert site.get(f"{PAIR}&method=huber&every=3").json()["every"] == 3


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("method=kalman&delta=2", "delta", "from 1e-10 to 0.1"),
        ("method=kalman&every=5", "every", "one of delta, noise"),
        ("every=5", "every", "absent"),
    ],
)
def test_an_option_that_does_not_fit_is_named(site: Site, query: str, parameter: str, words: str) -> None:
    answer = site.get(f"{PAIR}&{query}")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter
    assert words in answer.json()["detail"]


def test_the_same_leg_twice_is_refused(site: Site) -> None:
    answer = site.get("/api/v1/pair?y=BTCUSDT&x=binance:BTCUSDT")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "x"
