"""The exchange's clock survives steps of the machine's own, and is never ahead while it is only guessed."""

from __future__ import annotations

import time

import pytest

from ingest.clock import ExchangeClock


def test_a_step_of_the_machines_clock_changes_only_the_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ExchangeClock()
    clock.set(1_700_000_000_000 - time.monotonic() * 1000)
    real = time.time
    before = clock.now_ms()
    monkeypatch.setattr(time, "time", lambda: real() + 600)
    assert 0 <= clock.now_ms() - before < 1000
    assert abs(clock.offset_ms - (1_700_000_000_000 - (real() + 600) * 1000)) < 1000


def test_a_guessed_clock_follows_the_newest_trade_and_the_exchange_overrides_it() -> None:
    clock = ExchangeClock()
    now_ms = time.time() * 1000
    assert abs(clock.now_ms() - now_ms) < 100
    clock.seen(now_ms - 120_300)  # our clock runs two minutes fast; this trade took 300 ms
    assert abs(clock.now_ms() - (now_ms - 120_300)) < 100
    clock.seen(now_ms - 120_000)  # and this one none
    clock.seen(now_ms - 120_900)
    assert abs(clock.now_ms() - (now_ms - 120_000)) < 100
    assert clock.latest_ms() > now_ms
    clock.set(now_ms - time.monotonic() * 1000)
    clock.seen(now_ms + 5000)
    assert abs(clock.now_ms() - now_ms) < 100
    assert clock.latest_ms() < now_ms + 61_000
