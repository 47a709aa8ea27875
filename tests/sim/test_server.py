"""The exchange as a process and under load: start, kill, start again; clean stop; 1000 times the trades."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import websocket

from ingest.sim.instruments import INSTRUMENTS
from ingest.sim.server import SimExchange, run
from runtime.settings import load

ROLE = """
import signal, sys, threading
from ingest.sim.server import run
from runtime.settings import load
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
sys.exit(run(load(overrides={"sim.rate": 200}), stop))
"""


def start():
    process = subprocess.Popen([sys.executable, "-c", ROLE], stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:")
    return process, line.split()[-1]


def listen(url, count):
    client = websocket.create_connection(url.replace("http", "ws") + "/ws/btcusdt@trade", timeout=5)
    trades = [json.loads(client.recv()) for _ in range(count)]
    client.shutdown()
    return [(t["t"], t["p"], t["q"], t["T"]) for t in trades]


def test_killed_and_restarted_it_goes_on_as_if_nothing_had_been():
    process, url = start()
    first = listen(url, 50)
    process.kill()
    process.wait()
    process, url = start()
    second = listen(url, 50)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    settings = load().sim
    with SimExchange(settings.seed, rate=200) as sim:
        count = second[-1][0] - first[0][0] + 1
        told = sim.market.trades_from("BTCUSDT", first[0][0], count, sim.venue.now_ms())
    known = {trade.trade_id: trade for trade in told}
    for trade_id, price, _, time_ms in first + second:
        assert known[trade_id].time_ms == time_ms
        assert known[trade_id].price == round(float(price) * 1e8)
    assert second[0][0] > first[-1][0]


def test_stops_at_once_with_clients_connected():
    with SimExchange(seed=1, rate=1) as sim:
        clients = [websocket.create_connection(f"{sim.ws_url}/ws/btcusdt@trade", timeout=5) for _ in range(3)]
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert not sim.alive
    for client in clients:
        client.shutdown()


def test_port_in_use_is_said(caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(load(overrides={"sim.port": port}), threading.Event()) == 1
        with pytest.raises(OSError, match="address already in use"), SimExchange(port=port):
            pass
    assert f"got {port}" in caplog.text


def test_a_client_that_does_not_read_is_cut_off(monkeypatch):
    monkeypatch.setattr("ingest.sim.connection.MAX_BUFFER", 100_000)
    streams = "/".join(f"{name.lower()}@trade" for name in INSTRUMENTS)
    with SimExchange(seed=1, rate=1000) as sim:
        client = websocket.create_connection(f"{sim.ws_url}/stream?streams={streams}", timeout=5)
        deadline = time.monotonic() + 10
        while sim.venue.connections and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not sim.venue.connections
        client.shutdown()


def test_thousandfold_rate(record_property):
    """Every trade of 13 symbols arrives once and in order at rate 1000; the throughput is reported, not asserted."""
    streams = "/".join(f"{name.lower()}@trade" for name in INSTRUMENTS)
    with SimExchange(seed=1, rate=1000) as sim:
        client = websocket.create_connection(
            f"{sim.ws_url}/stream?streams={streams}", timeout=5, skip_utf8_validation=True
        )
        frames, began, cpu = [], time.monotonic(), time.process_time()
        while time.monotonic() - began < 1.5:
            frames.append(client.recv_data()[1])
        took, cpu = time.monotonic() - began, time.process_time() - cpu
        client.shutdown()
    record_property("frames_per_s", round(len(frames) / took))
    record_property("cpu_share", round(cpu / took, 2))
    last: dict[str, int] = {}
    for text in frames:
        trade = json.loads(text)["data"]
        assert trade["E"] >= trade["T"]
        assert last.get(trade["s"], trade["t"] - 1) == trade["t"] - 1
        last[trade["s"]] = trade["t"]
    assert len(last) >= 5
