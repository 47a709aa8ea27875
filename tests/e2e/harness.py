"""A whole board against an exchange in this process, and the exchange's own account to compare with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil

from analytics.market import BUILT, PARTIAL, TIMEFRAME_MS, Tick, bucket
from ingest.feeds.binance import BinanceFeed
from ingest.rest import RestClient
from ingest.sim.server import SimExchange

ROOT = Path(__file__).resolve().parents[2]
FIELDS = ("open_ms", "open", "high", "low", "close", "volume", "quote_volume", "buy_volume", "trades")


class Board:
    """`python app.py` on an exchange that plays Binance."""

    def __init__(self, folder: Path, port: int, exchange: SimExchange, names: list[str]):
        self.url, self.names, self.log = f"http://127.0.0.1:{port}", names, folder / "log"
        self.reference = BinanceFeed([], RestClient([exchange.rest_url], weight_limit=10**9))
        environ = os.environ | {
            "SPREADBOARD_FEED__WS_URL": exchange.ws_url, "SPREADBOARD_FEED__REST_URL": exchange.rest_url,
            "SPREADBOARD_STORE__DATA_DIR": str(folder / "data"), "SPREADBOARD_FEED__FALLBACK": "none",
            "SPREADBOARD_FEED__STALE_AFTER_S": "5", "SPREADBOARD_FEED__SILENT_AFTER_S": "5",
        }  # fmt: skip
        command = [sys.executable, "app.py", "--port", str(port), "--symbols", ",".join(names)]
        with self.log.open("wb") as log:
            self.process = psutil.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)

    def get(self, path: str) -> Any:
        """JSON of a path."""
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)

    def healthy(self) -> bool:
        """Whether data flow and every symbol is live."""
        try:
            said = self.get("/healthz")
        except OSError:
            return False
        states = [symbol["state"] for symbol in said["symbols"].values()]
        return said["status"] == "ok" and len(states) == len(self.names) and set(states) == {"LIVE"}

    def wait(self, condition: Callable[[], bool], what: str, timeout_s: float = 40) -> None:
        """Until it is so."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, f"not within {timeout_s} s: {what}\n{self.log.read_text()[-3000:]}"
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def states(self, part: str) -> list[str]:
        """Names in a part of /healthz; none while it does not answer."""
        try:
            with urllib.request.urlopen(self.url + "/healthz", timeout=5) as answer:
                return list(json.load(answer)[part])
        except urllib.error.HTTPError as error:
            return list(json.load(error)[part])
        except OSError:
            return []

    def same_as_klines(self, timeframe: str, start_ms: int, end_ms: int) -> bool:
        """Whether every closed bar is there, whole, and equal to the exchange's kline."""
        step = TIMEFRAME_MS[timeframe]
        low, high = start_ms // step * step, end_ms // step * step
        for name in self.names:
            path = f"/api/v1/bars?symbol={name}&timeframe={timeframe}&start={low}&end={high}&limit=100000"
            rows = self.get(path)["bars"]
            bars = [tuple(row[field] for field in FIELDS) for row in rows]
            if bars != [bar[:9] for bar in self.reference.klines(name, timeframe, low, high)]:
                return False
            if any(row["flags"] & PARTIAL for row in rows):
                return False
        return True

    def kill(self, word: str) -> None:
        """Kill -9 the process whose command line holds ``word``."""
        for child in self.process.children(recursive=True):
            if word in " ".join(child.cmdline()):
                child.send_signal(signal.SIGKILL)
                return
        raise AssertionError(f"no process {word}")

    def stop(self) -> float:
        """Ctrl-C; seconds until it was gone."""
        start_s = time.monotonic()
        if self.process.poll() is not None:
            return 0.0
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return time.monotonic() - start_s

    def trades(self, name: str, start_ms: int, end_ms: int) -> list[Tick]:
        """The exchange's own account of what was traded."""
        board = self.get(f"/api/v1/ticks?symbol={name}&limit=1")["ticks"][-1]
        first = int(self.first_id[name])
        found: list[Tick] = []
        while first <= board["trade_id"]:
            found += self.reference.trades_from(name, first)
            first = found[-1].trade_id + 1
        return [tick for tick in found if start_ms <= tick.time_ms < end_ms]

    first_id: dict[str, int]

    def note_start(self) -> None:
        """Remember the newest trade of each symbol: what is compared begins there."""
        self.first_id = {
            name: self.get(f"/api/v1/ticks?symbol={name}&limit=1")["ticks"][-1]["trade_id"] for name in self.names
        }

    def check_bars(self, start_ms: int, end_ms: int) -> int:
        """Every closed bar equals the one cut offline from the exchange's trades; how many were compared."""
        compared = 0
        for name in self.names:
            ticks = self.trades(name, start_ms, end_ms)
            for timeframe in BUILT:
                step = TIMEFRAME_MS[timeframe]
                low, high = -(-start_ms // step) * step, end_ms // step * step
                if low >= high:
                    continue
                path = f"/api/v1/bars?symbol={name}&timeframe={timeframe}&start={low}&end={high}&limit=100000"
                bars = [tuple(row[field] for field in FIELDS) for row in self.get(path)["bars"]]
                assert bars == cut([tick for tick in ticks if low <= tick.time_ms < high], step)
                compared += len(bars)
        return compared


def cut(ticks: list[Tick], step: int) -> list[tuple[float, ...]]:
    """Bars in Decimal, the slow and obvious way."""
    groups: dict[int, list[Tick]] = {}
    for tick in sorted(ticks, key=lambda each: each.trade_id):
        groups.setdefault(bucket(tick.time_ms, step), []).append(tick)
    bars = []
    for open_ms, trades in sorted(groups.items()):
        prices = [tick.price for tick in trades]
        sizes = [Decimal(repr(tick.quantity)) for tick in trades]
        quote = sum(Decimal(repr(tick.price)) * size for tick, size in zip(trades, sizes, strict=True))
        bought = sum((size for tick, size in zip(trades, sizes, strict=True) if not tick.buyer_is_maker), Decimal())
        bars.append(
            (
                open_ms,
                prices[0],
                max(prices),
                min(prices),
                prices[-1],
                float(sum(sizes)),
                float(quote),
                float(bought),
                len(trades),
            )
        )
    return bars
