"""States of one symbol: nothing is called live that may be incomplete."""

from __future__ import annotations

import time

from analytics.market import Tick
from ingest.channel import Channel


def tick(trade_id: int) -> Tick:
    return Tick("sim:A", trade_id, 1000 + trade_id, 1.0, 1.0, False)


def state(channel: Channel, now_s: float | None = None) -> str:
    return channel.state(connected=True, now_s=now_s or time.monotonic(), stale_after_s=30)


def caught_up(last_id: int = 100) -> Channel:
    channel = Channel("sim", "A", tick(last_id))
    channel.expect(last_id, 5_000.0)
    return channel


def test_a_symbol_that_never_traded_is_never_live() -> None:
    channel = Channel("sim", "A", None)
    channel.sequencer.start([], [])
    channel.caught_up = True
    assert state(channel) == "INIT"


def test_trades_that_only_rest_knows_keep_it_catching_up() -> None:
    channel = Channel("sim", "A", tick(100))
    channel.expect(150, 5_000.0)
    assert channel.overdue == (101, 150)
    assert state(channel) == "CATCHING_UP"
    assert not channel.complete(connected=True)
    for trade_id in range(101, 151):
        channel.sequencer.offer(tick(trade_id), [])
    channel.settle()
    assert state(channel) == "LIVE"


def test_unusual_silence_holds_the_watermark_at_the_last_confirmation() -> None:
    channel, now_s = caught_up(), time.monotonic()
    assert channel.watermark_ms(9_000.0, now_s) == 9_000.0
    assert channel.watermark_ms(9_000.0, now_s + 6) == 5_000.0
    assert channel.needs_check(now_s + 6, 30)


def test_a_halt_and_a_lost_connection_outrank_all_else() -> None:
    channel = caught_up()
    channel.halted = "BREAK"
    assert state(channel) == "HALTED"
    assert channel.state(connected=False, now_s=time.monotonic(), stale_after_s=30) == "DOWN"


def test_silence_ends_as_quiet_or_stale_by_what_rest_says() -> None:
    channel, now_s = caught_up(), time.monotonic() + 31
    assert state(channel, now_s) == "STALE"
    channel.confirmed_s = now_s
    assert state(channel, now_s) == "QUIET"
