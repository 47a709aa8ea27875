"""Measures of one leg against brute force, pandas and scipy; what prints, silence and gaps do to them."""

from __future__ import annotations

import csv
import gzip
import json
import math

import numpy as np
import pandas as pd
import pytest

from analytics.inputs import Leg
from analytics.market import BUY_VOLUME, CLOSE, HIGH, LOW, OPEN, OPEN_MS, QUOTE_VOLUME, TRADES, VOLUME
from analytics.registry import measure

from .legs import STEP_MS, WINDOW, each_window, returns_of, run, some


@pytest.mark.parametrize("bars", [1, 5])
def test_returns_equal_long_double_and_never_span_a_gap(bars):
    leg = some(level=1e5, silent=0.2)
    closes = leg.bars[:, CLOSE].astype(np.longdouble)
    change = (closes[bars:] - closes[:-bars]) / closes[:-bars]
    whole = np.diff(leg.bars[:, OPEN_MS])
    whole = np.array([(whole[row : row + bars] == STEP_MS).all() for row in range(len(change))])
    for kind, exact in (("simple", change), ("log", np.log1p(change))):
        value = run("returns", leg, kind=kind, bars=bars).value
        assert np.isnan(value[:bars]).all()
        np.testing.assert_array_equal(np.isfinite(value[bars:]), whole)
        np.testing.assert_allclose(value[bars:][whole], exact[whole].astype(float), rtol=1e-15)


def test_a_price_that_is_not_positive_has_no_return():
    leg = some(60)
    leg.bars[20:23, CLOSE] = [0.0, -1.0, math.inf]
    for kind in ("log", "simple"):
        assert np.flatnonzero(np.isnan(run("returns", leg, kind=kind).value)).tolist() == [0, 20, 21, 22, 23]


@pytest.mark.parametrize("silent", [0.0, 0.2])
def test_close_volatility_equals_long_double(silent):
    leg = some(silent=silent)
    found = run("volatility", leg, window=WINDOW).volatility
    for row, part in each_window(leg):
        if row < WINDOW:
            continue
        steps = returns_of(part, leg.bars[row - WINDOW].astype(np.longdouble))
        assert found[row] == pytest.approx(float(np.sqrt((steps**2).mean())), rel=1e-12, abs=0)


def test_volatility_keeps_its_digits_where_steps_are_tiny():
    """Ticks of 0.01 at 100,000: the difference of two logarithms would be wrong in the ninth digit."""
    random = np.random.default_rng(6)
    leg = some(300)
    closes = np.round(1e5 + 0.01 * random.integers(-2, 3, 300).cumsum(), 2)
    leg.bars[:, CLOSE], leg.bars[:, OPEN] = closes, np.r_[closes[0], closes[:-1]]
    leg.bars[:, HIGH] = np.maximum(closes, leg.bars[:, OPEN]) + 0.01
    leg.bars[:, LOW] = np.minimum(closes, leg.bars[:, OPEN])
    exact = leg.bars.astype(np.longdouble)
    steps = np.log1p((exact[1:, CLOSE] - exact[:-1, CLOSE]) / exact[:-1, CLOSE])
    reach = np.log1p((exact[:, HIGH] - exact[:, LOW]) / exact[:, LOW])
    close, parkinson = (run("volatility", leg, window=60, estimator=each) for each in ("close", "parkinson"))
    for row in range(60, 300, 7):
        expected = np.sqrt((steps[row - 60 : row] ** 2).mean())
        assert close.volatility[row] == pytest.approx(float(expected), rel=1e-12, abs=0)
        expected = np.sqrt((reach[row - 59 : row + 1] ** 2).mean() / (4 * np.log(np.longdouble(2))))
        assert parkinson.volatility[row] == pytest.approx(float(expected), rel=1e-12, abs=0)


def test_range_volatilities_equal_long_double():
    leg = some()
    parkinson = run("volatility", leg, window=WINDOW, estimator="parkinson").volatility
    garman_klass = run("volatility", leg, window=WINDOW, estimator="garman_klass").volatility
    for row, part in each_window(leg):
        reach = np.log(part[:, HIGH] / part[:, LOW]) ** 2
        body = np.log(part[:, CLOSE] / part[:, OPEN]) ** 2
        ln2 = np.log(np.longdouble(2))
        assert parkinson[row] == pytest.approx(float(np.sqrt((reach / (4 * ln2)).mean())), rel=1e-12, abs=0)
        exact = np.sqrt((reach / 2 - (2 * ln2 - 1) * body).mean())
        assert garman_klass[row] == pytest.approx(float(exact), rel=1e-12, abs=0)


def test_every_estimator_finds_the_volatility_of_a_diffusion():
    bars, steps, truth = 1000, 500, 0.01
    moves = np.random.default_rng(20240601).normal(0, truth / math.sqrt(steps), (bars, steps))
    path = 100 * np.exp(moves.ravel().cumsum()).reshape(bars, steps)
    leg = some(bars)
    start = np.r_[100.0, path[:-1, -1]]
    leg.bars[:, OPEN], leg.bars[:, CLOSE] = start, path[:, -1]
    leg.bars[:, HIGH] = np.maximum(start, path.max(axis=1))
    leg.bars[:, LOW] = np.minimum(start, path.min(axis=1))
    for estimator, error in (("close", 0.06), ("parkinson", 0.06), ("garman_klass", 0.06)):
        found = run("volatility", leg, window=990, estimator=estimator).volatility[-1]
        assert found == pytest.approx(truth, rel=error), estimator


def test_ewma_volatility_equals_pandas():
    leg = some(silent=0.2)
    returns = run("returns", leg).value
    exact = pd.Series(returns**2).ewm(halflife=20.0, ignore_na=True).mean() ** 0.5
    found = run("ewma_volatility", leg, half_life=20.0).volatility
    assert np.isnan(found[:60]).all()
    np.testing.assert_allclose(found[60:], exact[60:], rtol=1e-12)


def test_vwap_equals_that_of_the_single_trades():
    random = np.random.default_rng(9)
    prices, sizes = 1e5 + random.normal(0, 5, (100, 7)).round(2), random.lognormal(0, 1, (100, 7))
    leg = some(100)
    leg.bars[:, VOLUME], leg.bars[:, QUOTE_VOLUME] = sizes.sum(axis=1), (sizes * prices).sum(axis=1)
    leg.bars[:, CLOSE] = prices[:, -1]
    found = run("vwap", leg, window=20)
    for row in range(19, 100):
        part = slice(row - 19, row + 1)
        exact = np.average(prices[part].astype(np.longdouble), weights=sizes[part])
        assert found.vwap[row] == pytest.approx(float(exact), rel=1e-13, abs=0)
        assert found.distance[row] == pytest.approx(float(prices[row, -1] / exact - 1), abs=1e-13)


def test_vwap_and_activity_say_nothing_that_the_source_did_not_tell():
    leg = some(100)
    leg.bars[30, QUOTE_VOLUME] = leg.bars[30, TRADES] = 0.0
    assert np.isnan(run("vwap", leg, window=20).vwap[30:50]).all()
    assert np.isfinite(run("vwap", leg, window=20).vwap[50:]).all()
    found = run("activity", leg, window=20)
    for column in (found.quote_volume, found.trades_per_minute, found.trade_size):
        assert np.isnan(column[30:50]).all()
        assert np.isfinite(column[50:]).all()
    assert np.isfinite(found.volume[19:]).all()
    leg.bars[60:, [VOLUME, QUOTE_VOLUME, BUY_VOLUME, TRADES]] = 0.0
    quiet = run("activity", leg, window=20)
    assert (quiet.volume[79:] == 0).all()
    assert (quiet.active_share[79:] == 0).all()
    assert (quiet.trades_per_minute[79:] == 0).all()
    assert np.isnan(quiet.trade_size[79:]).all()
    assert np.isnan(quiet.buy_share[79:]).all()
    assert np.isnan(run("vwap", leg, window=20).vwap[79:]).all()


@pytest.mark.parametrize("step_ms", [1_000, 60_000, 300_000])
def test_activity_equals_long_double_with_43_percent_of_the_minutes_silent(step_ms):
    leg = some(1000, silent=0.43)
    leg.bars[:, OPEN_MS] = leg.bars[:, OPEN_MS] / STEP_MS * step_ms
    leg = Leg(leg.bars, step_ms)
    found = run("activity", leg, window=WINDOW)
    for row, part in each_window(leg):
        buckets = (part[-1, OPEN_MS] - part[0, OPEN_MS]) / step_ms + 1
        total = part.sum(axis=0)
        exact = (
            total[VOLUME],
            total[QUOTE_VOLUME],
            total[TRADES] / (buckets * step_ms / 60_000),
            total[QUOTE_VOLUME] / total[TRADES],
            WINDOW / buckets,
            total[BUY_VOLUME] / total[VOLUME],
        )
        np.testing.assert_allclose([column[row] for column in found], np.array(exact, dtype=float), rtol=1e-13)
    assert np.nanmean(found.active_share) == pytest.approx(0.57, abs=0.03)


def test_price_range_and_drawdown_equal_brute_force():
    leg = some(silent=0.3)
    span, drop = run("price_range", leg, window=WINDOW), run("drawdown", leg, window=WINDOW)
    for row in range(WINDOW - 1, len(leg.bars)):
        part = leg.bars[row - WINDOW + 1 : row + 1]
        high, low = part[:, HIGH].max(), part[:, LOW].min()
        assert (span.high[row], span.low[row], span.span[row]) == (high, low, high - low)
        assert span.share[row] == pytest.approx(high / low - 1, rel=1e-12, abs=0)
        assert drop.depth[row] == pytest.approx(1 - part[-1, CLOSE] / high, abs=1e-15)
        reached = part[part[:, HIGH] == high][-1, OPEN_MS]
        assert drop.since_high[row] == (part[-1, OPEN_MS] - reached) / STEP_MS


@pytest.mark.real_data
def test_returns_stop_at_the_exchange_outages(real_data):
    path = real_data / "klines_1m" / "binance_spot_20210402_20210514" / "BTC_USDT-1m.json.gz"
    with gzip.open(path, "rt") as file:
        rows = np.array(json.load(file), dtype=float)
    bars = np.zeros((len(rows), 10))
    bars[:, : VOLUME + 1] = rows[:, : VOLUME + 1]
    value = run("returns", Leg(bars, STEP_MS)).value
    silent = pd.to_datetime(bars[np.flatnonzero(np.isnan(value))[1:], OPEN_MS], unit="ms")
    assert [f"{each:%m-%d %H:%M}" for each in silent] == ["04-20 04:30", "04-25 08:45"]
    found = run("volatility", Leg(bars, STEP_MS), window=1000).volatility
    exact = pd.Series(value**2).rolling(1000, min_periods=999).mean() ** 0.5
    np.testing.assert_allclose(found[1000:], exact[1000:], rtol=1e-9)


@pytest.mark.real_data
def test_activity_counts_the_silent_minutes_of_btcusdc(real_data):
    path = real_data / "klines_1m" / "binanceus_usdc_depeg_202303" / "BTCUSDC_1m_20230301_20230321.csv.gz"
    with gzip.open(path, "rt") as lines:
        rows = [
            [float(row[name]) for name in ("open", "high", "low", "close", "volume")] for row in csv.DictReader(lines)
        ]
    bars = np.zeros((len(rows), 10))
    bars[:, OPEN_MS] = STEP_MS * np.arange(len(rows))
    bars[:, OPEN : VOLUME + 1] = rows
    whole = measure("activity").compute(Leg(bars, STEP_MS), window=30_240)
    assert whole.active_share[-1] == pytest.approx(1 - 12_971 / 30_240, rel=1e-12, abs=0)
    traded = bars[bars[:, VOLUME] > 0]
    kept = measure("activity").compute(Leg(traded, STEP_MS), window=len(traded))
    buckets = (traded[-1, OPEN_MS] - traded[0, OPEN_MS]) / STEP_MS + 1
    assert kept.active_share[-1] == pytest.approx((30_240 - 12_971) / buckets, rel=1e-12, abs=0)
    found = run("volatility", Leg(traded, STEP_MS), window=WINDOW).volatility
    said = np.isfinite(found)
    gaps = np.diff(traded[:, OPEN_MS], prepend=-STEP_MS) != STEP_MS
    counted = pd.Series(~gaps).rolling(WINDOW).sum().to_numpy()
    np.testing.assert_array_equal(said[WINDOW:], (2 * counted >= WINDOW)[WINDOW:])
