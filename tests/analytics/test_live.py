"""PairBook: states in their order, numbers against the fit of closed bars, one computation a change."""

from __future__ import annotations

import math
import threading
from dataclasses import fields, replace

import numpy as np
import pytest

from analytics.estimators import ESTIMATORS
from analytics.hedge import Fit, fit_ols
from analytics.live import PairBook, PairNow
from analytics.market import CLOSE, OPEN_MS
from analytics.spread import pair_history
from analytics.window import pair_window

from .conftest import make_pair
from .live_market import SPEC, Market, now


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


@pytest.mark.parametrize("scale", ["level", "log"])
@pytest.mark.parametrize("method", list(ESTIMATORS))
def test_a_round_trip_costs_fees_and_half_spreads_of_four_trades(method, scale):
    market = Market()
    pair = now(market, replace(SPEC, method=method, scale=scale))
    y, x = (float(market.held[symbol][-1, CLOSE]) for symbol in (SPEC.y, SPEC.x))
    # 5 bps of fee and 1 bp of half-spread, into and out of one y and the hedge ratio's x (on logs: of their values).
    traded = y + abs(pair.hedge_ratio) * x if scale == "level" else 1 + abs(pair.hedge_ratio)
    assert pair.cost_sigma == pytest.approx(
        2 * 6e-4 * traded / PairBook(market).window(replace(SPEC, method=method, scale=scale)).fit.sigma, rel=1e-12
    )


@pytest.mark.parametrize("bars", [61, 63, 200])
@pytest.mark.parametrize("scale", ["level", "log"])
@pytest.mark.parametrize("method", list(ESTIMATORS))
def test_it_agrees_with_the_history_of_the_next_bar(method, scale, bars):
    spec = replace(SPEC, method=method, scale=scale)
    market = Market(bars)
    book = PairBook(market)
    late = book.history(spec)
    for symbol in market.held:
        market.trades[symbol] = market.trades[symbol]._replace(price=float(market.held[symbol][-1, CLOSE]))
        market.held[symbol] = market.held[symbol][:-1]
    market.version = 2
    pair = book.now(spec, market.now_ms)
    assert pair.state == "live"
    assert pair.z == pytest.approx(late.z[-1], abs=1e-8)
    assert pair.spread == pytest.approx(late.spread[-1], abs=1e-10)
    assert pair.sigma == pytest.approx(late.sigma[-1], rel=1e-9)
    assert pair.hedge_ratio == pytest.approx(late.hedge_ratio[-1], rel=1e-9)
    assert pair.intercept == pytest.approx(late.intercept[-1], abs=1e-8)
    assert (pair.hedge_ratio_se is not None) == (method in ("ols", "kalman"))
    assert (pair.r_squared is not None) == (method == "ols")
    if bars > 61:
        assert pair.correlation == pytest.approx(late.correlation[-2], abs=1e-12)


def test_a_filter_goes_on_when_the_oldest_bars_are_gone():
    spec = replace(SPEC, method="kalman")
    market, whole = Market(), Market().held
    market.held = {symbol: bars[:150] for symbol, bars in whole.items()}
    book = PairBook(market)
    book.now(spec, market.now_ms)
    market.held, market.version = {symbol: bars[40:180] for symbol, bars in whole.items()}, 2
    book.history(spec)
    market.held, market.version = {symbol: bars[60:199] for symbol, bars in whole.items()}, 3
    pair = book.now(spec, market.now_ms)
    printed = pair_history(whole[SPEC.y], whole[SPEC.x], spec)
    assert pair.z == pytest.approx(printed.z[-1], abs=1e-10)
    assert pair.hedge_ratio == pytest.approx(printed.hedge_ratio[-1], rel=1e-12, abs=0)


def test_the_correlation_is_the_newest_of_the_series():
    for seed in range(40):
        random = np.random.default_rng(seed)
        y, x = make_pair(260, seed)
        spec = replace(SPEC, window=int(random.integers(20, 100)))
        share = random.uniform(0.4, 1.0)
        y, x = (bars[random.random(len(bars)) < share] for bars in (y, x))
        series, window = pair_history(y, x, spec).correlation, pair_window(y, x, spec)
        newest = series[-1] if window.ready == spec.window else np.nan
        assert (window.correlation is None) == bool(np.isnan(newest)), seed
        assert window.correlation is None or window.correlation == pytest.approx(newest, abs=1e-9), seed


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


@pytest.mark.parametrize("method", list(ESTIMATORS))
def test_what_has_no_spread_is_untestable_and_says_why(method):
    spec = replace(SPEC, method=method)
    market = Market()
    market.held[SPEC.x][:, CLOSE] = 100.0
    pair = now(market, spec)
    assert (pair.state, pair.reason, pair.z, pair.correlation) == ("untestable", "x does not move", None, None)
    market = Market()
    market.held[SPEC.y][:, CLOSE] = 3 * market.held[SPEC.x][:, CLOSE]
    pair = now(market, spec)
    assert (pair.state, pair.z, pair.sigma) == ("untestable", None, 0.0)
    assert "move as one" in pair.reason


@pytest.mark.parametrize("method", list(ESTIMATORS))
def test_no_number_is_ever_nan(method):
    for market, ill in ((Market(), slice(0, None, 7)), (Market(0), []), (Market(30), [3]), (Market(), [-1])):
        for leg in (SPEC.y, SPEC.x):
            market.held[leg][ill, CLOSE] = np.nan
            pair = now(market, replace(SPEC, method=method))
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
