"""Binance spot: raw trades from the stream, the past from REST."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import orjson

from analytics.market import SYNTHETIC, TIMEFRAME_MS, Bar, Tick
from ingest.feeds.base import UNKNOWN, BadFrame, FeedError, Signal, UnknownSymbol
from ingest.rest import RestClient

T = TypeVar("T")

KLINE_LIMIT = 1000
TRADE_LIMIT = 1000


class BinanceFeed:
    """`ingest.feeds.base.Feed` for Binance spot, and for anything that speaks its protocol.

    Combined streams only: they name the symbol. Times are the stream's default, milliseconds.
    """

    def __init__(
        self,
        stream_bases: Sequence[str],
        rest: RestClient,
        *,
        venue: str = "binance",
        stop: threading.Event | None = None,
    ):
        self.venue = venue
        self.stream_bases = stream_bases
        self._rest = rest
        self._stop = stop
        self._prefix = f"{venue}:"

    def stream_url(self, base: str, names: Sequence[str]) -> str:
        """One combined stream of raw trades."""
        return f"{base.rstrip('/')}/stream?streams=" + "/".join(f"{name.lower()}@trade" for name in names)

    def read(self, frame: bytes) -> Tick | Signal:
        """The trade in a frame.

        A trade payload is ``{"e":"trade","E":event ms,"s":"BTCUSDT","t":id,"p":"61828.01","q":"0.001",
        "T":trade ms,"m":true when the buyer was the maker,"M":ignored}``, wrapped as ``{"stream":..,"data":..}``.
        """
        try:
            message = orjson.loads(frame)
            data = message.get("data", message)
            if data.get("e") != "trade":
                return _signal(message, data)
            return Tick(
                self._prefix + data["s"], data["t"], data["T"], float(data["p"]), float(data["q"]), data["m"] is True
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadFrame(f"{type(error).__name__}: {error}") from None

    def not_trading(self, names: Sequence[str]) -> dict[str, str]:
        """From exchangeInfo: the status of those that do not trade; UNKNOWN for those it refuses."""
        try:
            return self._statuses(symbols=orjson.dumps(list(names)).decode())
        except UnknownSymbol:
            found: dict[str, str] = {}
            for name in names:
                try:
                    found |= self._statuses(symbol=name)
                except UnknownSymbol:
                    found[name] = UNKNOWN
            return found

    def _statuses(self, **params: str) -> dict[str, str]:
        def read(info: Any) -> dict[str, str]:
            return {row["symbol"]: row["status"] for row in info["symbols"] if row["status"] != "TRADING"}

        return self._get("exchangeInfo", read, **params)

    def clock_base_ms(self) -> float:
        """Exchange clock minus our monotonic one, from the quickest of three answers, taken as stamped halfway."""
        asked = []
        for _ in range(3):
            start_s = time.monotonic()
            server_ms = self._get("time", lambda answer: float(answer["serverTime"]))
            end_s = time.monotonic()
            asked.append((end_s - start_s, server_ms - (start_s + end_s) * 500))
        return min(asked)[1]

    def newest_id(self, name: str) -> int:
        """Last raw id of the newest aggregate: the cheapest request that tells it."""
        return self._get("aggTrades", lambda rows: int(rows[-1]["l"]), symbol=name, limit=1)

    def recent_trades(self, name: str) -> list[Tick]:
        """The newest 1000 trades."""
        return self._get("trades", partial(self._ticks, name), symbol=name, limit=TRADE_LIMIT)

    def trades_from(self, name: str, first_id: int) -> list[Tick]:
        """Up to 1000 trades from ``first_id`` on.

        Hosts that serve only public data lack historicalTrades; the newest trades help where they reach back.
        """
        try:
            read = partial(self._ticks, name)
            ticks = self._get("historicalTrades", read, symbol=name, fromId=first_id, limit=TRADE_LIMIT)
        except UnknownSymbol:
            raise
        except FeedError:
            ticks = self.recent_trades(name)
        return [tick for tick in ticks if tick.trade_id >= first_id]

    def klines(self, name: str, timeframe: str, start_ms: int, end_ms: int) -> list[Bar]:
        """Closed klines as bars; a bucket without trades has no bar."""
        step, bars = TIMEFRAME_MS[timeframe], []
        while start_ms < end_ms:
            page = self._get(
                "klines",
                lambda rows: [_bar(row) for row in rows],
                symbol=name,
                interval=timeframe,
                startTime=start_ms,
                endTime=end_ms - 1,
                limit=KLINE_LIMIT,
            )
            bars += [bar for bar in page if start_ms <= bar.open_ms < end_ms and bar.trades > 0]
            if len(page) < KLINE_LIMIT:
                break
            start_ms = page[-1].open_ms + step
        return bars

    def _ticks(self, name: str, rows: Sequence[dict[str, Any]]) -> list[Tick]:
        symbol = self._prefix + name
        ticks = [
            Tick(symbol, row["id"], row["time"], float(row["price"]), float(row["qty"]), row["isBuyerMaker"])
            for row in rows
        ]
        return sorted(ticks, key=lambda tick: tick.trade_id)

    def _get(self, call: str, read: Callable[[Any], T], **params: str | int) -> T:
        """What ``read`` makes of an answer; raises `FeedError` for an answer that is not what was asked for."""
        answer = self._rest.get(f"/api/v3/{call}", params, stop=self._stop)
        try:
            return read(answer)
        except (LookupError, TypeError, ValueError) as error:
            raise FeedError(f"{call}: unexpected answer {str(answer)[:120]} ({error})") from None


def _signal(message: dict[str, Any], data: dict[str, Any]) -> Signal:
    """What a frame without a trade means; raises `BadFrame` when it means nothing."""
    if data.get("e") == "serverShutdown" or message.get("stream") == "!serverShutdown":
        return Signal.SHUTDOWN
    if "result" in message or "error" in message or "code" in message or "e" in data or "stream" in message:
        return Signal.IGNORE
    raise BadFrame("neither a trade nor an event")


def _bar(row: Sequence[Any]) -> Bar:
    """Kline row: openTime, o, h, l, c, volume, closeTime, quoteVolume, trades, takerBuyBase, takerBuyQuote, unused."""
    return Bar(
        row[0], float(row[1]), float(row[2]), float(row[3]), float(row[4]),
        float(row[5]), float(row[7]), float(row[9]), row[8], SYNTHETIC,
    )  # fmt: skip
