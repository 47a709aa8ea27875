"""PairBook: states in their order, numbers against the fit of closed bars, one computation a change."""

from __future__ import annotations

import math
import threading
from dataclasses import fields, replace

import numpy as np
import pytest

from analytics.hedge import Fit, fit_ols
from analytics.live import LastTrade, MarketView, PairBook, PairNow, PairSpec, Series
from analytics.market import CLOSE, FLAGS, NO_BARS, OPEN_MS, PARTIAL, TRADES, BarArray

from .conftest import make_pair

SPEC = PairSpec("sim:YYY", "sim:XXX", window=60)


class Market(MarketView):
    """Bars, trades and states of two symbols, all in plain sight."""

    def __init__(self, n: int = 200) -> None:
        y, x = make_pair(n)
        self.version = 1
        self.held = {SPEC.y: y, SPEC.x: x}
        self.states = {SPEC.y: "LIVE", SPEC.x: "LIVE"}
        self.now_ms = int(y[-1, OPEN_MS]) + 60_000 + 5_000 if n else 5_000
        self.trades: dict[str, LastTrade | None] = {
            symbol: LastTrade(1, self.now_ms - 400, float(bars[-1, CLOSE]), 1.0, False, self.now_ms)
            for symbol, bars in self.held.items()
            if n
        }

    def bars(self, symbol: str, timeframe: str) -> Series:
        return Series(self.version, self.held.get(symbol, NO_BARS))

    def trade(self, symbol: str) -> LastTrade | None:
        return self.trades.get(symbol)

    def state(self, symbol: str) -> str:
        return self.states[symbol]

    def age(self, symbol: str, age_ms: int) -> None:
        trade = self.trades[symbol]
        assert trade
        self.trades[symbol] = trade._replace(time_ms=self.now_ms - age_ms)


def now(market: Market, spec: PairSpec = SPEC) -> PairNow:
    return PairBook(market).now(spec, market.now_ms)


def sparse(bars: BarArray, trades: int) -> BarArray:
    bars = bars.copy()
    bars[:, TRADES] = trades
    return bars


@pytest.mark.parametrize("scale", ["level", "log"])
def test_a_live_pair_is_the_last_trades_against_the_last_closed_window(scale):
    market = Market()
    y, x = (market.held[symbol][-60:, CLOSE] for symbol in (SPEC.y, SPEC.x))
    change = np.log if scale == "log" else np.asarray
    fit = fit_ols(change(y), change(x))
    assert isinstance(fit, Fit)
    for symbol, move in ((SPEC.y, 0.5), (SPEC.x, -0.25)):
        market.trades[symbol] = market.trades[symbol]._replace(price=market.held[symbol][-1, CLOSE] + move)
    pair = now(market, replace(SPEC, scale=scale))
    spread = float(change(y[-1] + 0.5) - fit.intercept - fit.slope * change(x[-1] - 0.25))
    assert (pair.state, pair.reason, pair.ready, pair.window) == ("live", "", 60, 60)
    assert pair.spread == pytest.approx(spread, abs=1e-9)
    assert pair.z == pytest.approx(spread / fit.sigma, abs=1e-6)
    assert (pair.hedge_ratio, pair.intercept, pair.sigma) == (fit.slope, fit.intercept, fit.sigma)
    assert (pair.hedge_ratio_se, pair.r_squared) == (fit.slope_se, fit.r_squared)
    assert (pair.y_age_ms, pair.x_age_ms) == (400, 400)
    assert pair.time_ms == market.now_ms - 400
    assert pair.as_of_ms == int(market.held[SPEC.y][-1, OPEN_MS]) + 60_000
    assert pair.half_life_bars is not None
    assert pair.half_life_bars > 0


def test_it_agrees_with_the_history_of_the_next_bar():
    market = Market(200)
    book = PairBook(market)
    late = book.history(SPEC)
    for symbol in market.held:
        market.trades[symbol] = market.trades[symbol]._replace(price=float(market.held[symbol][-1, CLOSE]))
        market.held[symbol] = market.held[symbol][:-1]
    market.version = 2
    pair = book.now(SPEC, market.now_ms)
    assert pair.z == pytest.approx(late.z[-1], abs=1e-8)
    assert pair.spread == pytest.approx(late.spread[-1], abs=1e-10)
    assert pair.hedge_ratio == pytest.approx(late.hedge_ratio[-1], rel=1e-10)
    assert pair.correlation == pytest.approx(late.correlation[-2], abs=0.05)


@pytest.mark.parametrize("ready", [0, 1, 2, 59])
def test_warming_counts_the_shared_bars(ready):
    pair = now(Market(ready))
    assert (pair.state, pair.reason, pair.ready) == ("warming", f"warming up {ready}/60", ready)
    assert pair.z is pair.spread is pair.hedge_ratio is pair.correlation is pair.half_life_bars is None


def test_an_unknown_symbol_is_warming_with_nothing_known():
    market = Market()
    del market.held[SPEC.x]
    market.trades[SPEC.x] = None
    pair = now(market)
    assert (pair.state, pair.ready, pair.x_price, pair.x_age_ms, pair.as_of_ms) == ("warming", 0, None, None, None)
    assert len(PairBook(market).history(SPEC)) == 0


def test_no_feed_comes_before_everything():
    market = Market(10)
    market.states = {SPEC.y: "DOWN", SPEC.x: "STALE"}
    assert now(market).state == "down"
    assert now(market).reason == "no feed for YYY"


@pytest.mark.parametrize("state", ["STALE", "GAP", "CATCHING_UP", "INIT"])
def test_a_leg_that_is_not_fresh_is_stale_and_keeps_its_z(state):
    market = Market()
    market.states[SPEC.x] = state
    pair = now(market)
    assert pair.state == "stale"
    assert pair.reason.startswith("XXX: ")
    assert pair.z is not None


def test_a_quiet_leg_with_a_fresh_trade_is_live():
    market = Market()
    market.states[SPEC.x] = "QUIET"
    assert now(market).state == "live"


@pytest.mark.parametrize(
    ("trades_per_minute", "age_ms", "state"),
    [(600, 9_900, "live"), (600, 10_100, "stale"), (2, 149_000, "live"), (2, 151_000, "stale")],
)
def test_the_age_that_is_stale_follows_the_leg(trades_per_minute, age_ms, state):
    market = Market()
    market.held[SPEC.y] = sparse(market.held[SPEC.y], trades_per_minute)
    market.age(SPEC.y, age_ms)
    pair = now(market)
    assert (pair.state, pair.y_age_ms) == (state, age_ms)
    assert ("YYY: last trade" in pair.reason) == (state == "stale")
    assert pair.z is not None


def test_a_leg_without_a_trade_is_stale_without_z():
    market = Market()
    market.trades[SPEC.y] = None
    pair = now(market)
    assert (pair.state, pair.reason, pair.z, pair.y_price) == ("stale", "YYY: no trade yet", None, None)
    assert pair.hedge_ratio is not None


def test_a_window_that_ended_long_ago_is_stale():
    market = Market()
    market.now_ms += 400_000
    market.age(SPEC.y, 10)
    market.age(SPEC.x, 10)
    pair = now(market)
    assert pair.state == "stale"
    assert pair.reason == "the newest shared bar ended 405 s ago"


def test_a_trade_from_the_future_is_new_not_negative():
    market = Market()
    market.age(SPEC.y, -1_270)
    assert (now(market).y_age_ms, now(market).state) == (0, "live")


def test_partial_bars_in_the_window_only():
    market = Market()
    market.held[SPEC.x][100, FLAGS] = PARTIAL
    assert now(market).state == "live"
    market.held[SPEC.x][150:152, FLAGS] = PARTIAL
    pair = now(market)
    assert (pair.state, pair.reason) == ("partial", "2 of 60 bars miss trades")
    assert pair.z is not None


def test_what_has_no_spread_is_untestable_and_says_why():
    market = Market()
    market.held[SPEC.x][:, CLOSE] = 100.0
    pair = now(market)
    assert (pair.state, pair.reason, pair.z, pair.correlation) == ("untestable", "x does not move", None, None)
    market = Market()
    market.held[SPEC.y][:, CLOSE] = 3 * market.held[SPEC.x][:, CLOSE]
    pair = now(market)
    assert (pair.state, pair.z, pair.sigma) == ("untestable", None, 0.0)
    assert "move as one" in pair.reason


def test_no_number_is_ever_nan():
    for market in (Market(), Market(0), Market(30)):
        market.held[SPEC.y][::7, CLOSE] = np.nan
        pair = now(market)
        values = [getattr(pair, field.name) for field in fields(PairNow)]
        assert not any(isinstance(value, float) and math.isnan(value) for value in values)
    assert now(Market(0)).time_ms is None


def test_history_is_computed_once_a_version_and_grows_by_bars():
    market = Market(150)
    whole = Market(200).held
    book = PairBook(market)
    first = book.history(SPEC)
    assert book.history(SPEC) is first
    market.held, market.version = whole, 2
    longer = book.history(SPEC)
    assert (len(first), len(longer)) == (150, 200)
    assert longer.z.tobytes() == PairBook(market).history(SPEC).z.tobytes()


def test_many_threads_get_the_same_history_and_window():
    book = PairBook(Market(600))
    found = []
    threads = [threading.Thread(target=lambda: found.append((book.history(SPEC), book.window(SPEC)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({(id(history), id(window)) for history, window in found}) == 1
