"""Binance frames and REST answers become ticks and bars; nothing that is no trade does."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.market import Tick
from ingest.feeds.base import BadFrame, Signal
from ingest.feeds.binance import BinanceFeed
from ingest.quarantine import fault
from ingest.rest import RestClient

FEED = BinanceFeed(["wss://host:9443/"], RestClient(["http://127.0.0.1:1"]))
TRADE = {
    "e": "trade", "E": 1723161253912, "s": "BTCUSDT", "t": 3705432100, "p": "61828.01000000",
    "q": "0.00123000", "T": 1723161253911, "m": True, "M": True,
}  # fmt: skip


def wrapped(**changes: object) -> bytes:
    return orjson.dumps({"stream": "btcusdt@trade", "data": TRADE | changes})


def test_a_trade_keeps_the_trade_time_and_the_aggressor() -> None:
    expected = Tick("binance:BTCUSDT", 3705432100, 1723161253911, 61828.01, 0.00123, True)
    assert FEED.read(wrapped()) == expected
    assert FEED.read(orjson.dumps(TRADE | {"new field": 1})) == expected


def test_the_combined_stream_names_every_symbol() -> None:
    assert FEED.stream_url("wss://host:9443/", ["BTCUSDT", "ETHUSDT"]) == (
        "wss://host:9443/stream?streams=btcusdt@trade/ethusdt@trade"
    )


@pytest.mark.parametrize(
    "frame",
    [
        b'{"result":null,"id":1}',
        b'{"error":{"code":2,"msg":"Invalid request"},"id":1}',
        b'{"code":3,"msg":"bad JSON"}',
        b'{"e":"24hrTicker","s":"BTCUSDT"}',
        b'{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT"}}',
    ],
)
def test_what_is_no_trade_is_ignored(frame: bytes) -> None:
    assert FEED.read(frame) is Signal.IGNORE


@pytest.mark.parametrize(
    "frame", [b'{"e":"serverShutdown","E":1}', b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}']
)
def test_a_shutdown_notice_is_seen_in_both_shapes(frame: bytes) -> None:
    assert FEED.read(frame) is Signal.SHUTDOWN


@given(st.binary(max_size=300) | st.text(max_size=60).map(str.encode) | st.just(wrapped()[:-9]))
def test_garbage_is_a_bad_frame_and_nothing_else(frame: bytes) -> None:
    with pytest.raises(BadFrame):
        FEED.read(frame)


@given(
    st.dictionaries(st.sampled_from(list(TRADE)), st.none() | st.booleans() | st.integers() | st.floats() | st.text())
)
def test_wrong_fields_are_refused_or_make_a_tick_that_the_quarantine_can_judge(changes: dict[str, object]) -> None:
    try:
        frame = wrapped(**changes)
    except (TypeError, ValueError):
        return  # not JSON that could come by a socket
    try:
        tick = FEED.read(frame)
    except BadFrame:
        return
    if isinstance(tick, Tick) and fault(tick, 1.8e12) is None:
        assert tick.price > 0
        assert math.isfinite(tick.price * tick.quantity)
        assert 0 < tick.time_ms < 1.9e12
        assert type(tick.trade_id) is int


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"p": "0.00000000"}, "price"), ({"p": "-1"}, "price"), ({"p": "NaN"}, "price"), ({"p": "inf"}, "price"),
        ({"q": "0"}, "quantity"), ({"q": "-3"}, "quantity"), ({"T": 4102444800000}, "time"), ({"T": "x"}, "time"),
        ({"t": "7"}, "id"), ({"t": -1}, "id"),
    ],
)  # fmt: skip
def test_prints_that_cannot_be_trades_say_why(changes: dict[str, object], word: str) -> None:
    tick = FEED.read(wrapped(**changes))
    assert isinstance(tick, Tick)
    assert word in (fault(tick, 1723161254000) or "")


@pytest.mark.real_data
def test_recorded_frames_give_consecutive_trades(real_data: Path) -> None:
    for name, trades in (("btcusdt_20240808", 9_757), ("ethusdt_20240808", 6_106), ("btcusdt_20240809", 10_147)):
        ticks = []
        with gzip.open(real_data / "ws_raw" / f"spot_{name}.gz") as lines:
            for line in lines:
                received_ns, _, frame = line.partition(b" ")
                try:
                    tick = FEED.read(frame)
                except BadFrame:
                    continue
                if isinstance(tick, Tick):
                    assert fault(tick, int(received_ns) / 1e6 + 2000) is None
                    ticks.append(tick)
        assert len(ticks) == trades
        assert [tick.trade_id for tick in ticks] == list(range(ticks[0].trade_id, ticks[0].trade_id + trades))
