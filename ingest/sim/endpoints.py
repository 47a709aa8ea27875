"""What each REST endpoint answers, what it costs and which parameters it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ingest.sim import frames
from ingest.sim.instruments import INSTRUMENTS, Instrument
from ingest.sim.market import STEP_MS
from ingest.sim.query import Query, RestError
from ingest.sim.trades import OPENED_MS
from ingest.sim.venue import Venue


def _ping(_venue: Venue, _query: Query) -> Any:
    return {}


def _time(venue: Venue, _query: Query) -> Any:
    return {"serverTime": venue.now_ms()}


def _klines(venue: Venue, query: Query) -> Any:
    name, interval = query.symbol(), query.text("interval")
    if interval not in STEP_MS:
        raise RestError(-1120, "Invalid interval.")
    step, now = STEP_MS[interval], venue.now_ms()
    start, end, count = query.integer("startTime"), query.integer("endTime"), query.limit()
    last = min(now, now if end is None else end) // step * step
    first = last - (count - 1) * step if start is None else -(-start // step) * step
    first = max(first, OPENED_MS)
    klines = venue.market.klines(name, interval, first, min(count, (last - first) // step + 1), now)
    return frames.kline_rows(klines, INSTRUMENTS[name], step)


def _agg_trades(venue: Venue, query: Query) -> Any:
    name, now, count, market = query.symbol(), venue.now_ms(), query.limit(), venue.market
    start, end, order = query.integer("startTime"), query.integer("endTime"), query.integer("fromId")
    if order is not None and (start is not None or end is not None):
        raise RestError(-1128, "Combination of optional parameters invalid.")
    if start is not None:
        found = market.aggregates_between(name, start, now if end is None else end, count, now)
    else:
        now = now if end is None else min(now, end)
        order = market.last_order(name, now) - count + 1 if order is None else order
        found = market.aggregates_from(name, order, count, now)
    return frames.aggregate_rows(found)


def _trades(venue: Venue, query: Query) -> Any:
    name, now, count, market = query.symbol(), venue.now_ms(), query.limit(), venue.market
    return frames.trade_rows(market.trades_from(name, market.last_id(name, now) - count + 1, count, now))


def _historical_trades(venue: Venue, query: Query) -> Any:
    name, now, count, market = query.symbol(), venue.now_ms(), query.limit(), venue.market
    first = query.integer("fromId")
    found = market.trades_from(name, market.last_id(name, now) - count + 1 if first is None else first, count, now)
    return frames.trade_rows(found[: len(found) // 2] if venue.faults.lagging() else found)


def _exchange_info(venue: Venue, query: Query) -> Any:
    names = list(INSTRUMENTS)
    if query.has("symbol"):
        names = [query.symbol()]
    elif query.has("symbols"):
        names = query.symbols()
    limits = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": venue.weight_limit}
    return {
        "timezone": "UTC",
        "serverTime": venue.now_ms(),
        "rateLimits": [limits],
        "exchangeFilters": [],
        "symbols": [_describe(INSTRUMENTS[name]) for name in names],
    }


def _describe(instrument: Instrument) -> dict[str, Any]:
    tick, lot = frames.decimal(instrument.price_unit), frames.decimal(instrument.quantity_unit)
    return {
        "symbol": instrument.name,
        "status": "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "isSpotTradingAllowed": True,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "90000000.00000000", "stepSize": lot},
        ],
    }


class Route(NamedTuple):
    """An endpoint: what it costs, which parameters it takes, what it answers."""

    weight: int
    parameters: tuple[str, ...]
    answer: Callable[[Venue, Query], Any]


ROUTES: Final = {
    "ping": Route(1, (), _ping),
    "time": Route(1, (), _time),
    "exchangeInfo": Route(20, ("symbol", "symbols"), _exchange_info),
    "klines": Route(2, ("symbol", "interval", "startTime", "endTime", "limit"), _klines),
    "aggTrades": Route(4, ("symbol", "fromId", "startTime", "endTime", "limit"), _agg_trades),
    "trades": Route(25, ("symbol", "limit"), _trades),
    "historicalTrades": Route(25, ("symbol", "fromId", "limit"), _historical_trades),
}
"""Every endpoint, by the last part of its path."""
