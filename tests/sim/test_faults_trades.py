"""Fault switches that act on trades: left out, repeated, late or turned into garbage, as a client sees them."""

import json
import math
from itertools import pairwise

import pytest
import websocket

from ingest.sim.faults import GARBAGE


def jumped(before, trade):
    return trade["t"] != before["t"] + 1


def test_gap_is_in_rest(connect, sim):
    client = connect("ethusdt@trade")
    client.trades(1)
    sim.faults.gap("ETHUSDT", 7)
    ids = [trade["t"] for trade in client.trades_around(jumped, 200)]
    jumps = [(a, b) for a, b in pairwise(ids) if b != a + 1]
    assert len(jumps) == 1
    assert jumps[0][1] - jumps[0][0] == 8
    _, missing, _ = sim.get(f"historicalTrades?symbol=ETHUSDT&fromId={jumps[0][0] + 1}&limit=7")
    assert [trade["id"] for trade in missing] == list(range(jumps[0][0] + 1, jumps[0][1]))


def test_duplicate(connect, sim):
    client = connect("btcusdt@trade")
    client.trades(1)
    sim.faults.duplicate("BTCUSDT", copies=3, count=4)
    ids = [trade["t"] for trade in client.trades_around(jumped, 200)]
    assert sorted(ids.count(i) for i in set(ids))[-5:] == [1, 3, 3, 3, 3]
    assert set(ids) == set(range(ids[0], ids[-1] + 1))


def test_replay(connect, sim):
    client = connect("btcusdt@trade")
    client.trades(1)
    sim.faults.replay("BTCUSDT", 20)
    ids = [trade["t"] for trade in client.trades_around(jumped, 20)]
    assert ids[-21:-1] == list(range(ids[-22] - 19, ids[-22] + 1))
    assert ids[-1] == ids[-22] + 1


def test_late_trade(connect, sim):
    client = connect("btcusdt@trade")
    client.trades(1)
    sim.faults.late("BTCUSDT", behind=3, backdate_ms=5_000)
    trades = client.trades_around(lambda before, trade: trade["t"] < before["t"], 1)
    before, late, after = trades[-3:]
    assert [trade["t"] for trade in trades[-5:-2]] == [late["t"] + 1, late["t"] + 2, late["t"] + 3]
    assert after["t"] == late["t"] + 4
    assert before["T"] - late["T"] >= 5_000
    _, told, _ = sim.get(f"historicalTrades?symbol=BTCUSDT&fromId={late['t']}&limit=1")
    assert told[0]["time"] == late["T"] + 5_000


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage(connect, sim, kind):
    client = connect("btcusdt@trade")
    last = client.trades(20)[-1]["t"]
    sim.faults.garbage(kind, "BTCUSDT")
    opcode, data = client.socket.recv_data()
    while bad_kind(opcode, data) is None:
        last = json.loads(data)["data"]["t"]
        opcode, data = client.socket.recv_data()
    assert bad_kind(opcode, data) == kind
    if kind.endswith(("price", "quantity", "future")):
        assert json.loads(data)["data"]["t"] == last + 1
    assert client.trades(1)[0]["t"] == last + 1


def bad_kind(opcode, data):
    """Which kind of garbage a frame is; None for a good trade."""
    if opcode == websocket.ABNF.OPCODE_BINARY or len(data) > 1_000_000:
        return "binary" if opcode == websocket.ABNF.OPCODE_BINARY else "huge"
    try:
        trade = json.loads(data)["data"]
    except ValueError:
        return "json"
    price, quantity = float(trade["p"]), float(trade["q"])
    signs = {
        "event": trade["e"] != "trade",
        "symbol": not trade["s"].isascii(),
        "zero_price": price == 0,
        "negative_price": price < 0,
        "nan_price": math.isnan(price),
        "zero_quantity": quantity == 0,
        "negative_quantity": quantity < 0,
        "future": trade["T"] > trade["E"],
    }
    return next((kind for kind, seen in signs.items() if seen), None)
