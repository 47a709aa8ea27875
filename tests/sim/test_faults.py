"""Fault switches that act on connections, requests and the clock, as a client sees them; and how they are thrown."""

import json
import time

import pytest
import websocket

from ingest.sim.faults import SWITCHES, FaultError, Faults
from ingest.sim.server import SimExchange


def silence(client, seconds=0.6):
    """No data frame arrives for so long."""
    client.socket.settimeout(seconds)
    try:
        while True:
            client.next()
    except websocket.WebSocketTimeoutException:
        return True


def test_drop_abruptly(connect, sim):
    client = connect("btcusdt@trade")
    client.trades(1)
    sim.faults.drop()
    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
        client.trades(100_000)


def test_drop_with_close_frame(connect, sim):
    client = connect("btcusdt@trade")
    sim.faults.drop("close")
    while (frame := client.socket.recv_frame()).opcode != websocket.ABNF.OPCODE_CLOSE:
        pass
    assert int.from_bytes(frame.data[:2], "big") == 1001


def test_mute_one_symbol(connect, sim):
    sim.faults.mute("BTCUSDT")
    client = connect("btcusdt@trade", "ethusdt@trade")
    assert {trade["s"] for trade in client.trades(100)} == {"ETHUSDT"}
    sim.faults.clear()
    client.until(lambda message: message["data"]["s"] == "BTCUSDT")


def test_mute_all_but_acknowledge(connect, sim):
    sim.faults.mute()
    client = connect("btcusdt@trade")
    client.send({"method": "SUBSCRIBE", "params": ["ethusdt@trade"], "id": 5})
    assert client.next() == {"result": None, "id": 5}
    assert silence(client)


def test_mute_current_connections_only(connect, sim):
    old = connect("btcusdt@trade")
    old.trades(1)
    sim.faults.mute(current=True)
    settle(sim)
    assert silence_after_backlog(old)
    connect("btcusdt@trade").trades(5)


def settle(sim):
    """Until what was thrown has been done."""
    while sim.faults.actions:
        time.sleep(0.005)
    time.sleep(0.02)


def silence_after_backlog(client):
    client.socket.settimeout(0.3)
    try:
        for _ in range(5000):
            client.next()
    except websocket.WebSocketTimeoutException:
        return True
    return False


def test_half_open(connect, sim):
    client = connect("btcusdt@trade")
    client.trades(1)
    sim.faults.half_open()
    settle(sim)
    assert silence_after_backlog(client)
    client.socket.ping("are you there")
    client.socket.settimeout(0.5)
    with pytest.raises(websocket.WebSocketTimeoutException):
        client.socket.recv_frame()
    connect("btcusdt@trade").trades(3)


def test_stall_in_the_middle_of_a_frame(connect, sim):
    raw = connect("btcusdt@trade").socket.sock
    sim.faults.stall()
    settle(sim)
    received = drain(raw)
    at = 0
    while (end := at + 4 + int.from_bytes(received[at + 2 : at + 4], "big")) <= len(received):
        at = end
    assert 4 < len(received) - at < end - at  # the last frame is cut, and TCP still open


def drain(raw):
    """All that a socket has, until nothing more comes for a while."""
    raw.settimeout(1.5)
    received = bytearray()
    try:
        while data := raw.recv(65_536):
            received += data
    except TimeoutError:
        return received
    raise AssertionError("the connection was closed")


def test_slow_upgrade(sim):
    sim.faults.slow_upgrade()
    started = time.monotonic()
    with pytest.raises(websocket.WebSocketTimeoutException):
        websocket.create_connection(f"{sim.ws_url}/ws/btcusdt@trade", timeout=0.5)
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize("status", [403, 418, 429, 451, 503])
def test_refuse_upgrades_and_requests(sim, status):
    sim.faults.refuse(status, retry_after_s=7, times=2)
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(f"{sim.ws_url}/ws", timeout=5)
    assert refused.value.status_code == status
    got, body, headers = sim.get("ping")
    assert got == status
    if status != 403:
        assert headers["Retry-After"] == "7"
        assert "code" in body
    assert sim.get("ping")[0] == 200


def test_refuse_one_side_only(sim, connect):
    sim.faults.refuse(500, target="rest")
    assert sim.get("time")[0] == 500
    connect("btcusdt@trade").trades(1)
    sim.faults.refuse(500, target="ws")
    assert sim.get("time")[0] == 200


def test_rest_lag(sim):
    first = sim.get("trades?symbol=BTCUSDT&limit=10")[1][0]["id"]
    path = f"historicalTrades?symbol=BTCUSDT&fromId={first}&limit=10"
    sim.faults.rest_lag(calls=1)
    assert [len(sim.get(path)[1]) for _ in range(2)] == [5, 10]
    sim.faults.rest_lag(seconds=0.2)
    assert len(sim.get(path)[1]) == 5
    time.sleep(0.2)
    assert len(sim.get(path)[1]) == 10


@pytest.mark.parametrize("path", ["/stream?streams=btcusdt@trade", "/ws/btcusdt@trade"])
def test_shutdown_notice(connect, sim, path):
    client = connect(path=path)
    sim.faults.shutdown()
    notice = client.until(
        lambda message: message.get("stream", message.get("e")) in ("!serverShutdown", "serverShutdown")
    )
    event = notice.get("data", notice)
    assert event["e"] == "serverShutdown"
    assert ("stream" in notice) == path.startswith("/stream")
    assert abs(event["E"] - time.time() * 1000) < 5000


def test_clock_offset(connect, sim):
    client = connect("btcusdt@trade")
    ids = [trade["t"] for trade in client.trades(3)]
    sim.faults.clock(2_500)
    assert sim.get("time")[1]["serverTime"] - time.time() * 1000 == pytest.approx(2_500, abs=1_200)
    trades = client.trades(600)
    assert [trade["t"] for trade in trades] == list(range(ids[-1] + 1, ids[-1] + 601))  # nothing is skipped
    assert trades[-1]["E"] - time.time() * 1000 == pytest.approx(2_500, abs=1_200)


def test_after_a_long_sleep_the_past_is_not_sent():
    with SimExchange(seed=1, rate=200) as sim:
        client = websocket.create_connection(f"{sim.ws_url}/ws/btcusdt@trade", timeout=5)
        before = json.loads(client.recv())
        sim.faults.clock(3_600_000)
        while (trade := json.loads(client.recv()))["T"] < before["T"] + 1_800_000:
            pass
        assert 0 <= trade["E"] - trade["T"] < 5000
        assert trade["t"] > before["t"] + 10_000
        client.shutdown()


def test_faults_over_http(sim):
    status, body, _ = sim.ask("/sim/faults", "POST", {"fault": "gap", "symbol": "DASHUSDT", "count": 3})
    assert (status, body["gap"]) == (200, {"DASHUSDT": 3})
    assert sim.ask("/sim/faults")[1]["gap"] == {"DASHUSDT": 3}
    sim.ask("/sim/faults", "POST", {"fault": "refuse", "status": 503})
    assert sim.get("ping")[0] == 503
    assert sim.ask("/sim/faults", "DELETE")[1]["refuse"] is None
    assert sim.get("ping")[0] == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "JSON object"),
        ([], "JSON object"),
        ({"fault": "nope"}, "half_open"),
        ({"fault": "gap", "symbol": "NOPE"}, "BTCUSDT"),
        ({"fault": "gap", "number": 3}, "count, symbol"),
        ({"fault": "gap", "count": -1}, "from 1 to"),
        ({"fault": "garbage", "kind": "smell"}, "nan_price"),
    ],
)
def test_http_refuses_what_does_not_exist(sim, body, words):
    status, answer, _ = sim.ask("/sim/faults", "POST", body)
    assert status == 400
    assert words in answer["error"]


def test_a_switch_needs_what_it_needs():
    faults = Faults()
    with pytest.raises(FaultError, match="kind"):
        faults.throw("garbage", {})
    assert set(SWITCHES) <= set(dir(faults))
