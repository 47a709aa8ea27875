"""REST over a real socket: answers, parameter rules, error bodies and request weight."""

import time

import pytest

from ingest.sim.instruments import INSTRUMENTS
from ingest.sim.server import SimExchange


def test_ping_time_and_weight(sim):
    status, body, headers = sim.get("ping")
    assert (status, body) == (200, {})
    used = int(headers["X-MBX-USED-WEIGHT-1M"])
    _, body, headers = sim.get("time")
    assert body["serverTime"] == pytest.approx(time.time() * 1000, abs=5000)
    assert int(headers["X-MBX-USED-WEIGHT-1M"]) in (1, used + 1)  # 1: a new minute


def test_exchange_info(sim):
    _, body, _ = sim.get("exchangeInfo")
    assert [entry["symbol"] for entry in body["symbols"]] == list(INSTRUMENTS)
    bitcoin = body["symbols"][0]
    assert (bitcoin["status"], bitcoin["baseAsset"], bitcoin["quoteAsset"]) == ("TRADING", "BTC", "USDT")
    assert [f.get("tickSize") or f.get("stepSize") for f in bitcoin["filters"]] == ["0.01000000", "0.00001000"]
    _, body, _ = sim.get("exchangeInfo?symbols=%5B%22ETHUSDT%22,%22LTCUSDT%22%5D")
    assert [entry["symbol"] for entry in body["symbols"]] == ["ETHUSDT", "LTCUSDT"]
    _, body, _ = sim.get("exchangeInfo?symbol=LTCUSDT")
    assert [entry["symbol"] for entry in body["symbols"]] == ["LTCUSDT"]


@pytest.mark.parametrize(("interval", "step"), [("1s", 1_000), ("1m", 60_000), ("5m", 300_000)])
def test_klines_ranges(sim, interval, step):
    now = int(time.time() * 1000)
    path = f"klines?symbol=ETHUSDT&interval={interval}"
    _, newest, _ = sim.get(path)
    assert len(newest) == 500
    assert 0 <= now - newest[-1][0] < step + 5000  # the last bar is still open
    assert newest[0][6] == newest[0][0] + step - 1
    start = now - now % step - 50 * step
    _, rows, _ = sim.get(f"{path}&startTime={start - 1}&limit=3")
    assert [row[0] for row in rows] == [start, start + step, start + 2 * step]
    _, rows, _ = sim.get(f"{path}&endTime={start + 1}&limit=3")
    assert [row[0] for row in rows] == [start - 2 * step, start - step, start]
    _, rows, _ = sim.get(f"{path}&startTime={start}&endTime={start + 2 * step}&limit=900")
    assert [row[0] for row in rows] == [start, start + step, start + 2 * step]
    assert sim.get(f"{path}&startTime={now + 10 * step}")[1] == []
    assert len(sim.get(f"{path}&limit=5000")[1]) == 1000


def test_trades_and_historical_trades(sim):
    _, newest, _ = sim.get("trades?symbol=SOLUSDT&limit=5")
    assert set(newest[0]) == {"id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch"}
    first = newest[0]["id"]
    _, page, _ = sim.get(f"historicalTrades?symbol=SOLUSDT&fromId={first}&limit=5")
    assert page == newest
    assert float(page[0]["quoteQty"]) == pytest.approx(float(page[0]["price"]) * float(page[0]["qty"]), rel=1e-6)
    assert len(sim.get("historicalTrades?symbol=SOLUSDT")[1]) == 500
    assert sim.get(f"historicalTrades?symbol=SOLUSDT&fromId={first + 10**12}")[1] == []


def test_agg_trades(sim):
    now = int(time.time() * 1000)
    _, rows, _ = sim.get(f"aggTrades?symbol=BTCUSDT&startTime={now - 20_000}&endTime={now - 10_000}&limit=1000")
    assert all(now - 20_000 <= row["T"] <= now - 10_000 for row in rows)
    assert [row["a"] for row in rows] == list(range(rows[0]["a"], rows[0]["a"] + len(rows)))
    _, page, _ = sim.get(f"aggTrades?symbol=BTCUSDT&fromId={rows[0]['a']}&limit=1000")
    assert page[: len(rows)] == rows
    _, fills, _ = sim.get(f"historicalTrades?symbol=BTCUSDT&fromId={rows[0]['f']}&limit=1000")
    own = [fill for fill in fills if fill["id"] <= rows[0]["l"]]
    assert sum(float(fill["qty"]) for fill in own) == pytest.approx(float(rows[0]["q"]))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("klines?interval=1m", -1102),
        ("klines?symbol=&interval=1m", -1102),
        ("klines?symbol=BTCUSDT", -1102),
        ("klines?symbol=NOPEUSDT&interval=1m", -1121),
        ("klines?symbol=btcusdt&interval=1m", -1100),
        ("klines?symbol=BTCUSDT&interval=2m", -1120),
        ("klines?symbol=BTCUSDT&interval=1m&startTime=abc", -1100),
        ("klines?symbol=BTCUSDT&interval=1m&startTime=", -1105),
        ("klines?symbol=BTCUSDT&interval=1m&limit=-1", -1100),
        ("klines?symbol=BTCUSDT&interval=1m&limit=0", -1130),
        ("klines?symbol=BTCUSDT&interval=1m&startTime=99999999999999999999", -1108),
        ("klines?symbol=BTCUSDT&interval=1m&more=1", -1101),
        ("klines?symbol=BTCUSDT&symbol=BTCUSDT&interval=1m", -1101),
        ("aggTrades?symbol=BTCUSDT&fromId=1&startTime=1", -1128),
        ("exchangeInfo?symbols=BTCUSDT", -1100),
        ("exchangeInfo?symbol=NOPEUSDT", -1121),
    ],
)
def test_errors(sim, path, code):
    status, body, _ = sim.get(path)
    assert (status, body["code"]) == (400, code)
    assert body["msg"]


def test_far_past_and_far_future_are_empty_or_first(sim):
    assert sim.get("klines?symbol=BTCUSDT&interval=1m&startTime=0&limit=1")[1][0][0] == 1_502_928_000_000
    assert sim.get("klines?symbol=BTCUSDT&interval=1m&endTime=1000")[1] == []
    assert sim.get("aggTrades?symbol=BTCUSDT&endTime=1000")[1] == []
    assert sim.get(f"klines?symbol=BTCUSDT&interval=1m&startTime={2**62}")[1] == []
    assert len(sim.get("klines?symbol=DASHUSDT&interval=1s&startTime=0&limit=1000")[1]) == 1000
    assert sim.get("aggTrades?symbol=BTCUSDT&startTime=5&endTime=9")[1] == []


def test_weight_limit():
    with SimExchange(seed=1, rate=1) as sim:
        sim.venue.weight_limit = 60
        path = "historicalTrades?symbol=DASHUSDT&limit=1"
        answers = [ask(sim, path) for _ in range(3)]
        assert [status for status, _ in answers] == [200, 200, 429]
        assert 1 <= int(answers[-1][1]["Retry-After"]) <= 61


def ask(sim, path):
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"{sim.rest_url}/api/v3/{path}", timeout=5) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers
