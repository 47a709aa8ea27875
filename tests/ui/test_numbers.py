"""What the pages are told: digits enough for the eye, signals only where they can be trusted, watched pairs only."""

from __future__ import annotations

import time

import numpy as np
import pytest

from analytics.live import PairBook, PairSpec
from analytics.spread import pair_history
from runtime.settings import Settings
from store import Store
from tests.ui.harness import wait_for
from tests.ui.market import Market


def test_an_entry_signal_ends_with_the_state_that_allowed_it(market: Market) -> None:
    market.trade("ETHUSDT", 4_500.0)
    wait_for(lambda: (market.pair() or {})["n"]["y"] == 4_500.0)
    first = market.pair()
    assert first is not None
    assert (first["n"]["state"], first["n"]["signal"]) == ("live", "short")
    wait_for(lambda: market.rows()["p0"]["signal"] == "short")
    market.store.live.set_states({"sim:BTCUSDT": {"state": "HALTED"}})
    wait_for(lambda: (market.pair() or {})["n"]["state"] == "stale")
    second = market.pair()
    assert second is not None
    assert (second["n"]["z"], second["n"]["signal"]) == (first["n"]["z"], "")
    assert "halted at the venue" in second["n"]["reason"]
    wait_for(lambda: market.rows()["p0"]["signal"] == "")


def test_what_is_sent_rounds_to_what_the_interface_says(market: Market) -> None:
    book = PairBook(market.cache)
    for price in np.random.default_rng(1).uniform(2_900, 3_100, 25).tolist():
        market.trade("ETHUSDT", price)
        wait_for(lambda price=price: (market.pair() or {})["n"]["y"] == price)
        sent = market.pair()
        assert sent is not None
        now = book.now(PairSpec("sim:ETHUSDT", "sim:BTCUSDT", "1m", 60), int(time.time() * 1000))
        assert now.z is not None
        for name, true in (("z", now.z), ("spread", now.spread), ("sigma", now.sigma), ("hedge", now.hedge_ratio)):
            assert sent["n"][name] == pytest.approx(true, rel=1e-8), name
        digits = sent["n"]["spreadDigits"]
        assert 100 <= now.sigma * 10**digits < 1000
        assert sent["snap"]["spreadDigits"] == digits


def test_bars_of_the_chart_keep_digits_enough_for_the_eye(market: Market) -> None:
    sent = market.pair()
    assert sent is not None
    held = [market.cache.bars(f"sim:{name}", "1m").bars for name in ("ETHUSDT", "BTCUSDT")]
    true = pair_history(*held, PairSpec("sim:ETHUSDT", "sim:BTCUSDT", "1m", 60))
    for name in ("spread", "sigma", "z"):
        np.testing.assert_allclose(sent["bars"][name], getattr(true, name), rtol=1e-7)


def test_trades_without_their_bars_are_unknown_not_none(store: Store) -> None:
    market = Market(store, minutes_behind=5)
    try:
        assert market.rows()["s0"]["trades"] is None
        assert market.rows()["p0"]["state"] == "stale"
        assert "bars have stopped" in market.rows()["p0"]["reason"]
    finally:
        market.cache.stop()


def test_pairs_that_are_not_watched_are_left_out_and_counted(market: Market, caplog: pytest.LogCaptureFixture) -> None:
    message = market.live.message("board", "", "")
    assert message is not None
    assert [key for key in message["rows"] if key[0] == "p"] == ["p0"]
    assert message["unwatched"] == len(Settings().board.pairs) - 1
    market.rows()
    assert sum("SOLUSDT/ETHUSDT" in record.getMessage() for record in caplog.records) == 1


def test_with_none_of_the_configured_pairs_the_watched_symbols_are_paired(market: Market) -> None:
    market.store.status.set_symbols(["sim:ADAUSDT", "sim:SOLUSDT"])
    wait_for(lambda: market.live.names() == ["ADAUSDT", "SOLUSDT"])
    wait_for(lambda: market.rows()["p0"]["y"] == "ADAUSDT")
    assert market.rows()["p0"]["x"] == "SOLUSDT"
    query, problems = market.live.read({})
    assert (query.y, query.x, problems) == ("ADAUSDT", "SOLUSDT", [])
    market.store.status.set_symbols(["sim:SOLUSDT"])
    wait_for(lambda: market.live.names() == ["SOLUSDT"])
    assert market.live.read({})[0].y == "SOLUSDT"
    assert market.live.message("pair", "", "") is not None
