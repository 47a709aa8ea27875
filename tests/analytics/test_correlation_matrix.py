"""The correlation matrix: against numpy, pandas and recorded bars, bar by bar without drift, and in a stable order."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from analytics import compiled
from analytics.compiled import fast
from analytics.correlation_matrix import RollingMatrix, leaf_order
from analytics.inputs import Panel
from analytics.loops.matrix import correlate, slide
from analytics.market import CLOSE, OPEN_MS, QUOTE_VOLUME
from analytics.measure import NotTestable
from analytics.measures.correlation_matrix import correlation_matrix
from analytics.panel import panel, panel_returns

from .conftest import make_bars

STEP = 60_000


@pytest.fixture(scope="module")
def machine_code():
    compiled.load()


@pytest.fixture(params=["plain", "compiled"])
def either(request, machine_code, monkeypatch):
    """Both ways a matrix can be kept: while the compiler is at work, and after."""
    if request.param == "plain":
        monkeypatch.setattr(compiled, "_compiled", {})


def returns_of(n, k, missing=0.0, seed=7):
    random = np.random.default_rng(seed)
    returns = random.normal(0, 1e-3, (n, 1)) + random.normal(0, 1e-3, (n, k)) * np.linspace(0.5, 3, k)
    returns[random.random((n, k)) < missing] = np.nan
    return returns


def pandas_corr(returns, need):
    import pandas as pd

    return pd.DataFrame(returns).corr(min_periods=need).to_numpy()


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_every_step_equals_pandas(either, missing):
    returns = returns_of(300, 9, missing)
    matrix = RollingMatrix(returns[:50])
    for row in range(50, 300):
        matrix.update(returns[row])
        window = returns[row - 49 : row + 1]
        found = matrix.correlation()
        np.testing.assert_allclose(found, pandas_corr(window, 25), rtol=0, atol=1e-12)
        np.testing.assert_array_equal(found, found.T)
        there = np.isfinite(window).astype(int)
        np.testing.assert_array_equal(matrix.counts(), there.T @ there)


def test_gaps_come_and_go_within_a_window(either):
    returns = returns_of(400, 6)
    returns[100:180, 2] = np.nan
    returns[150:160] = np.nan
    matrix = RollingMatrix(returns[:60])
    for row in range(60, 400):
        matrix.update(returns[row])
        expected = pandas_corr(returns[row - 59 : row + 1], 30)
        np.testing.assert_allclose(matrix.correlation(), expected, rtol=0, atol=1e-12)


def test_no_drift_after_many_bars_and_a_big_print(either):
    returns = returns_of(20_000, 4)
    returns[9_950, 1] = 5.0
    matrix = RollingMatrix(returns[:300])
    worst = 0.0
    for row in range(300, 20_000):
        matrix.update(returns[row])
        if row % 199 == 0 or 10_240 < row < 10_260:
            window = returns[row - 299 : row + 1].astype(np.longdouble)
            centred = window - window.mean(axis=0)
            covariance = centred.T @ centred
            scale = np.sqrt(np.diagonal(covariance))
            worst = max(worst, float(np.abs(matrix.correlation() - covariance / np.outer(scale, scale)).max()))
    assert worst < 1e-12


def test_a_symbol_that_stops_moving_becomes_unknown(either):
    returns = returns_of(200, 4)
    returns[80:, 3] = 0.0
    matrix = RollingMatrix(returns[:40])
    for row in returns[40:]:
        matrix.update(row)
    found = matrix.correlation()
    assert np.isnan(found[3]).all()
    assert np.isnan(found[:, 3]).all()
    np.testing.assert_allclose(found[:3, :3], np.corrcoef(returns[-40:, :3], rowvar=False), atol=1e-12)


def test_plain_and_compiled_loops_agree_to_the_last_bit(machine_code):
    returns = returns_of(50, 12)
    returns[:, 4] = 0.0
    kept = []
    for change, fill in ((slide, correlate), (fast(slide), fast(correlate))):
        products, sums = returns.T @ returns, returns.sum(axis=0)
        peak, result = np.diagonal(products).copy(), np.empty((12, 12))
        shrunk = [
            change(products, sums, peak, returns[3] * 2, returns[7]),
            change(products, sums, peak * 1e4, *returns[:2]),
        ]
        fill(products, sums, 50.0, np.empty(12), result)
        assert shrunk == [False, True]
        kept.append((products, sums, peak, result))
    assert fast(slide) is not slide
    assert np.isnan(result[4]).all()
    for plain, machine in zip(*kept, strict=True):
        np.testing.assert_array_equal(plain, machine)


def test_returns_over_missing_bars_and_of_one_leg_only_are_left_out():
    closes = np.exp(np.random.default_rng(1).normal(0, 1e-2, (8, 2)).cumsum(axis=0))
    closes[3, 1] = np.nan
    some = Panel(("sim:A", "sim:B"), np.array([0, 1, 2, 3, 4, 9, 10, 11]) * STEP, closes, closes, STEP)
    known = np.isfinite(panel_returns(some))
    assert known[:, 0].tolist() == [False, True, True, True, True, False, True, True]
    assert known[:, 1].tolist() == [False, True, True, False, False, False, True, True]


def test_a_panel_is_the_union_of_the_stamps():
    walk = np.arange(1.0, 7.0)
    a, b = make_bars(walk), make_bars(walk * 10)
    some = panel({"sim:A": a[[0, 2, 3]], "sim:B": b[[1, 2]], "sim:C": b[:0]}, STEP)
    np.testing.assert_array_equal(some.open_ms, a[:4, OPEN_MS])
    np.testing.assert_array_equal(some.closes[:, 0], [1, np.nan, 3, 4])
    np.testing.assert_array_equal(some.closes[:, 1], [np.nan, 20, 30, np.nan])
    np.testing.assert_array_equal(some.quote_volumes[2], [a[2, QUOTE_VOLUME], b[2, QUOTE_VOLUME], np.nan])
    assert np.isnan(some.closes[:, 2]).all()
    assert panel({}, STEP).closes.shape == (0, 0)


def test_the_order_puts_like_beside_like_whatever_order_they_come_in():
    random = np.random.default_rng(5)
    groups = random.normal(0, 1, (500, 3))
    names = np.array([f"sim:{group}{member}" for group in "ABC" for member in "123"])
    values = np.repeat(groups, 3, axis=1) + random.normal(0, 0.5, (500, 9))
    ordered = []
    for seed in range(5):
        mixed = np.random.default_rng(seed).permutation(9)
        order = leaf_order(np.corrcoef(values[:, mixed], rowvar=False), names[mixed].tolist())
        ordered.append(names[mixed][list(order)].tolist())
    assert all(each == ordered[0] for each in ordered)
    assert [name[4] for name in ordered[0][::3]] == [name[4] for name in ordered[0][2::3]]


def test_the_tree_is_average_linkage():
    correlation = np.array([[1, 0.9, 0.2, 0.1], [0.9, 1, 0.1, 0.3], [0.2, 0.1, 1, 0.8], [0.1, 0.3, 0.8, 1]])
    assert leaf_order(correlation, "ABCD") == (0, 1, 2, 3)
    correlation[2] = correlation[:, 2] = np.nan
    assert leaf_order(correlation, "ABCD") == (3, 0, 1, 2)


def test_it_says_why_it_cannot_speak():
    closes = np.exp(returns_of(100, 3).cumsum(axis=0))
    some = Panel(("sim:A", "sim:B", "sim:C"), np.arange(100) * STEP, closes, closes, STEP)
    sparse = some._replace(open_ms=np.arange(100) * 2 * STEP)
    for data, words in (
        (some._replace(symbols=("sim:A",), closes=closes[:, :1]), "two symbols, there is 1"),
        (some, "100 bars of 121"),
        (sparse, "no two symbols"),
    ):
        result = correlation_matrix(data, window=120 if data is some else 60)
        assert isinstance(result, NotTestable)
        assert words in result.reason


@pytest.mark.real_data
def test_a_recorded_day_gives_the_published_correlations(real_data):
    day = 1_620_604_800_000  # 2021-05-10
    series = {}
    for name in ("BTC", "ETH", "BNB", "LTC", "BCH", "LINK", "ADA", "DOT"):
        folder = real_data / "klines_1m" / "binance_spot_20210402_20210514"
        rows = np.array(json.loads(gzip.decompress((folder / f"{name}_USDT-1m.json.gz").read_bytes())))[:, :5]
        rows = rows[(rows[:, 0] >= day - STEP) & (rows[:, 0] < day + 1440 * STEP)]
        bars = make_bars(rows[:, 4])
        bars[:, OPEN_MS] = rows[:, 0]
        series[name] = bars
    assert all(len(bars) == 1441 and (bars[:, CLOSE] > 0).all() for bars in series.values())
    result = correlation_matrix(panel(series, STEP), window=1440)
    published = {
        "ETH": 0.7738,
        "BNB": 0.7047,
        "LTC": 0.6993,
        "BCH": 0.6969,
        "LINK": 0.6751,
        "ADA": 0.6706,
        "DOT": 0.6149,
    }
    for column, name in enumerate(result.symbols):
        assert result.correlation[0, column] == pytest.approx(published.get(name, 1.0), abs=5e-5)
    assert (result.counts == 1440).all()
