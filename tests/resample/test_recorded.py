"""Recorded trades of an exchange give the exchange's own bars to the last digit."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from analytics.market import PARTIAL, Tick
from store import Store
from store.server import EmbeddedServer

REFERENCE_MS = 1_723_161_300_000  # 2024-08-08 23:55Z
REFERENCE = {
    "binance:BTCUSDT": (61828.0, 61860.8, 61780.0, 61782.25, 15.07702),
    "binance:ETHUSDT": (2682.97, 2684.15, 2681.8, 2682.81, 275.4822),
}


def recorded(folder: Path, name: str) -> list[Tick]:
    """The spot trades of both days, in the order of the wire."""
    ticks = []
    for day in ("20240808", "20240809"):
        with gzip.open(folder / "ws_raw" / f"spot_{name.lower()}_{day}.gz", "rt") as lines:
            for line in lines:
                if '@trade"' in line:
                    trade = json.loads(line.partition(" ")[2])["data"]
                    values = trade["t"], trade["T"], float(trade["p"]), float(trade["q"]), trade["m"]
                    ticks.append(Tick(f"binance:{name}", *values))
    return ticks


@pytest.mark.real_data
def test_recorded_trades_give_the_reference_bars(
    real_data: Path, store: Store, server: EmbeddedServer, tools: Any
) -> None:
    ticks = {f"binance:{name}": recorded(real_data, name) for name in ("BTCUSDT", "ETHUSDT")}
    assert [len(each) for each in ticks.values()] == [9757 + 10147, 6106 + 8409]
    store.status.set_symbols(ticks)
    with tools.running(server.url):
        for at in range(0, 20_000, 400):
            store.ticks.append([tick for each in ticks.values() for tick in each[at : at + 400]], 0)
            for symbol, each in ticks.items():
                tools.set_watermark(store, symbol, each[: at + 400][-1].time_ms)
        for symbol, each in ticks.items():
            tools.set_watermark(store, symbol, each[-1].time_ms + 300_500)
            wanted = tools.cut_offline(each)
            tools.until(lambda s=symbol, w=wanted: tools.stored_bars(store, s) == w, "the bars of the offline cut")
    for symbol, values in REFERENCE.items():
        bars = tools.stored_bars(store, symbol)
        (bar,) = [bar for bar in bars["1m"] if bar.open_ms == REFERENCE_MS]
        assert (*bar[1:5], bar.volume) == values
        for timeframe in bars.values():
            assert [bar.flags for bar in timeframe] == [PARTIAL] + [0] * (len(timeframe) - 1)
