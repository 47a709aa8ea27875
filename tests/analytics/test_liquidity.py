"""Liquidity: Amihud, Roll's spread, limits, trade sizes and arrivals, against brute force and planted values."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from analytics.flow import Liquidity, liquidity, rolling_median
from analytics.inputs import Leg, Trades
from analytics.market import BUY_VOLUME, CLOSE, OPEN_MS, QUOTE_VOLUME, TRADES, VOLUME
from analytics.measure import NotTestable
from analytics.registry import measure

from .measure_inputs import STEP_MS, bars_of, trades
from .test_flow import holes, walk


def test_amihud_equals_brute_force_over_holes_and_empty_bars():
    bars = holes(bars_of(walk(300)))
    bars[::11, [VOLUME, QUOTE_VOLUME, BUY_VOLUME]] = 0.0
    found = measure("amihud").run(Leg(bars, STEP_MS), window=40).illiquidity
    log = np.log(bars[:, CLOSE].astype(np.longdouble))
    known = 0
    for row in range(40, len(bars)):
        inside = [
            float(abs(log[each] - log[each - 1]) / bars[each, QUOTE_VOLUME]) * 1e10
            for each in range(row - 39, row + 1)
            if bars[each, OPEN_MS] - bars[each - 1, OPEN_MS] == STEP_MS and bars[each, QUOTE_VOLUME] > 0
        ]
        if 2 * len(inside) < 40:
            assert np.isnan(found[row])
        else:
            known += 1
            # A return of 1e-5 taken from logs of 11.5 keeps 11 digits.
            assert found[row] == pytest.approx(math.fsum(inside) / len(inside), rel=1e-10, abs=0)
    assert known > 100


def bounce(n, half_spread, sd, seed=7, level=1e5):
    random = np.random.default_rng(seed)
    buys = random.random(n) < 0.5
    price = level + random.normal(0, sd, n).cumsum() + np.where(buys, half_spread, -half_spread)
    return Trades(np.arange(n), price, np.ones(n), ~buys)


def test_roll_spread_finds_the_planted_bounce():
    found = measure("roll_spread").run(bounce(200_000, 0.5, 0.2), window=10_000)
    assert np.nanmean(found.spread[9_999::10_000]) == pytest.approx(1.0, abs=0.02)
    np.testing.assert_allclose(found.spread_bps, found.spread / bounce(200_000, 0.5, 0.2).price * 1e4)


def test_roll_spread_equals_the_covariance_of_each_window_and_is_undefined_where_it_is_not_negative():
    some = bounce(3_000, 0.05, 1.0)
    found = measure("roll_spread").run(some, window=500)
    defined = 0
    for row in range(499, 3_000, 50):
        change = np.diff(some.price[row - 499 : row + 1])
        covariance = np.cov(change[1:], change[:-1])
        assert found.autocorrelation[row] == pytest.approx(
            covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1]), abs=1e-12
        )
        if covariance[0, 1] < 0:
            defined += 1
            assert found.spread[row] == pytest.approx(2 * math.sqrt(-covariance[0, 1]), rel=1e-9)
        else:
            assert np.isnan(found.spread[row])
    assert 0 < defined < 51
    still = some._replace(price=np.full(3_000, 1e5))
    assert all(np.isnan(column).all() for column in measure("roll_spread").run(still))
    steady = some._replace(price=1e5 + 0.01 * np.arange(3_000))
    assert np.isnan(measure("roll_spread").run(steady, window=500).spread).all()


def test_liquidity_equals_brute_force():
    bars = holes(bars_of(walk(300)))
    leg = Leg(bars, STEP_MS)
    found = liquidity(leg, 25, 1e5, 60.0, 240.0)
    assert measure("liquidity").run(leg, window=25).failed.shape == (len(bars),)
    for row in range(24, len(bars)):
        part = bars[row - 24 : row + 1]
        minutes = (part[-1, OPEN_MS] + STEP_MS - part[0, OPEN_MS]) / 60_000
        silence = max(after - before - STEP_MS for before, after in pairwise(part[:, OPEN_MS])) / 1000
        volume, rate = part[:, QUOTE_VOLUME].sum() / minutes, part[:, TRADES].sum() / minutes
        assert found.quote_volume[row] == pytest.approx(volume, rel=1e-12, abs=0)
        assert found.trades[row] == pytest.approx(rate, rel=1e-12, abs=0)
        assert found.silence_s[row] == silence
        assert found.failed[row] == (volume < 1e5) + 2 * (rate < 60) + 4 * (silence > 240)
    assert len(set(found.failed[24:])) > 2


def test_limits_are_met_at_their_edge_and_a_bad_bar_is_not_judged():
    bars = bars_of(walk(60))
    bars[:, QUOTE_VOLUME], bars[:, TRADES] = 500.0, 7
    assert liquidity(Leg(bars, STEP_MS), 20, 500.0, 7.0, 0.0).failed[-1] == 0
    assert liquidity(Leg(bars, STEP_MS), 20, 500.1, 7.0, 0.0).failed[-1] == 1
    assert liquidity(Leg(bars, STEP_MS), 20, 500.0, 7.1, 0.0).failed[-1] == 2
    bars[50, QUOTE_VOLUME] = np.nan
    assert np.isnan(liquidity(Leg(bars, STEP_MS), 20, 500.0, 7.0, 0.0).failed[-1])
    empty = liquidity(Leg(bars[:0], STEP_MS), 20, 1.0, 1.0, 1.0)
    assert isinstance(empty, Liquidity)
    assert all(column.size == 0 for column in empty)


def test_a_bar_whose_trades_nobody_counted_is_not_thin():
    bars = bars_of(walk(60))
    bars[:, QUOTE_VOLUME], bars[:, TRADES], bars[50, TRADES] = 500.0, 7, 0
    found = liquidity(Leg(bars, STEP_MS), 5, 500.0, 7.0, 0.0)
    assert found.failed[49] == found.failed[55] == 0
    assert np.isnan(found.trades[50:55]).all()
    assert np.isnan(found.failed[50:55]).all()
    # What is known to fail fails all the same.
    assert (liquidity(Leg(bars, STEP_MS), 5, 500.1, 7.0, 0.0).failed[4:] == 1).all()
    bars[50, [VOLUME, QUOTE_VOLUME]] = 0.0
    assert liquidity(Leg(bars, STEP_MS), 5, 0.0, 7.0, 0.0).failed[50] == 2
    bars[50, VOLUME] = 3.0
    assert np.isnan(liquidity(Leg(bars, STEP_MS), 5, 500.0, 0.0, 0.0).quote_volume[50])


@pytest.mark.parametrize("window", [1, 2, 7, 60])
def test_rolling_medians_equal_numpy(window):
    values = np.random.default_rng(2).normal(size=200).round(1)
    values[50] = np.nan
    middle = rolling_median(values, window)
    for row in range(window - 1, 200):
        part = values[row - window + 1 : row + 1]
        known = part[np.isfinite(part)]
        np.testing.assert_array_equal(middle[row], np.median(known) if 2 * known.size >= window else np.nan)


def test_trade_sizes_add_up():
    some = trades(5_000)
    some.quantity[77] = 1e5
    found = measure("trade_size").run(some)
    value = some.price * some.quantity
    assert found.n == sum(each.trades for each in found.classes) == 5_000
    assert math.fsum(each.volume_share for each in found.classes) == pytest.approx(1.0, rel=1e-12, abs=0)
    assert math.fsum(each.trade_share for each in found.classes) == pytest.approx(1.0, rel=1e-12, abs=0)
    assert found.largest == value[77]
    assert found.classes[-1].trades == 1
    assert found.classes[-1].imbalance == (-1.0 if some.buyer_is_maker[77] else 1.0)
    assert found.quantiles["95%"] == pytest.approx(np.percentile(value, 95), rel=1e-12, abs=0)
    assert found.top_share == pytest.approx(np.sort(value)[-50:].sum() / value.sum(), rel=1e-12, abs=0)
    middle = (value >= 100) & (value < 1000)
    buys = value[middle & ~some.buyer_is_maker].sum()
    assert found.classes[1].imbalance == pytest.approx(2 * buys / value[middle].sum() - 1, abs=1e-12)
    assert isinstance(measure("trade_size").run(some._replace(quantity=np.zeros(5_000))), NotTestable)


@pytest.mark.parametrize("n", [2_000, 20_000])
def test_arrivals_equal_a_histogram_and_a_poisson_process_reads_one(n):
    random = np.random.default_rng(12)
    time_ms = np.sort(random.integers(0, 3_600_000, n))
    ones = np.ones(time_ms.size)
    found = measure("arrival_rate").run(Trades(time_ms, ones, ones, ones > 0), interval_s=2)
    edges = time_ms[0] + 2000 * np.arange((time_ms[-1] - time_ms[0]) // 2000 + 1)
    counts = np.histogram(time_ms[time_ms < edges[-1]], edges)[0]
    assert found.intervals == counts.size
    assert found.dispersion == pytest.approx(counts.var(ddof=1) / counts.mean(), rel=1e-12, abs=0)
    assert found.silent_share == (counts == 0).mean()
    assert found.dispersion == pytest.approx(1.0, abs=0.15)
    assert found.trades_per_minute == pytest.approx(n / 60, rel=0.01)
    assert found.longest_gap_s == np.diff(time_ms).max() / 1000
    assert found.same_ms_share == (np.diff(time_ms) == 0).mean()


def test_a_pause_of_years_costs_no_memory():
    some = trades(200)
    late = some.time_ms.copy()
    late[100:] += 10 * 365 * 86_400_000
    found = measure("arrival_rate").run(some._replace(time_ms=late), interval_s=1)
    assert found.silent_share > 0.99
    assert found.dispersion > 1
