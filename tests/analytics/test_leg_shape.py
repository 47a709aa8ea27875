"""Shape and z-scores of one leg against scipy, pandas and long double; what prints and stillness do to them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics import compiled
from analytics.inputs import Leg
from analytics.market import CLOSE, HIGH, LOW, OPEN_MS
from analytics.moments import rolling_shape
from analytics.online import online
from analytics.registry import measure

from .legs import STEP_MS, WINDOW, each_window, returns_of, run, some
from .measure_inputs import each_row


@pytest.mark.parametrize("silent", [0.0, 0.2])
def test_shape_equals_scipy(silent):
    leg = some(silent=silent)
    found = run("shape", leg, window=WINDOW)
    for row, part in each_window(leg):
        if row < WINDOW:
            continue
        steps = returns_of(part, leg.bars[row - WINDOW].astype(np.longdouble)).astype(float)
        assert found.skew[row] == pytest.approx(stats.skew(steps, bias=False), abs=1e-10)
        assert found.kurtosis[row] == pytest.approx(stats.kurtosis(steps, bias=False), abs=1e-10)


def exact_shape(steps):
    """Bias-corrected skewness and excess kurtosis in long double."""
    n, away = steps.size, steps - steps.mean()
    m2, m3, m4 = ((away**k).mean() for k in (2, 3, 4))
    skew = np.sqrt(np.longdouble(n * (n - 1))) / (n - 2) * m3 / m2**1.5
    return float(skew), float((n - 1) / ((n - 2) * np.longdouble(n - 3)) * ((n + 1) * m4 / m2**2 - 3 * (n - 1)))


@pytest.mark.parametrize("drift", [0.0, 0.5])
@pytest.mark.parametrize("missing", [False, True])
def test_shape_keeps_its_digits_beside_a_big_print_and_on_a_steep_trend(drift, missing):
    """With rows missing after it, the print anchors windows that do not hold it: there only a fresh sum is exact."""
    values = drift + np.random.default_rng(6).standard_t(3, 400) * 1e-4
    values[118] = 7.0
    counted = np.ones(400, dtype=bool)
    counted[119:145] = not missing
    skew, kurtosis = rolling_shape(values, counted, WINDOW)
    for row in (*range(60, 240), 399):
        part = slice(row - WINDOW + 1, row + 1)
        exact = exact_shape(values[part][counted[part]].astype(np.longdouble))
        assert (skew[row], kurtosis[row]) == pytest.approx(exact, abs=1e-9)


def test_shape_is_unknown_where_returns_do_not_vary_or_are_too_few():
    leg = some(200)
    leg.bars[:, CLOSE] = 100 * 1.01 ** np.arange(200)
    assert np.isnan(run("shape", leg, window=WINDOW).skew).all()
    assert np.isnan(run("shape", some(400, silent=0.6), window=WINDOW).kurtosis).all()


@pytest.mark.parametrize("scale", ["level", "log"])
def test_rolling_z_equals_long_double_at_high_level_and_tiny_steps(scale):
    leg = some(800)
    leg.bars[:, CLOSE] = 1e5 + np.random.default_rng(3).normal(0, 1e-3, 800).cumsum()
    found = run("rolling_z", leg, window=WINDOW, scale=scale)
    # The logs as float64 has them: their rounding is the input's, not the measure's.
    prices = (np.log(leg.bars[:, CLOSE]) if scale == "log" else leg.bars[:, CLOSE]).astype(np.longdouble)
    assert np.isnan(found.z[:WINDOW]).all()
    for row in range(WINDOW, 800, 7):
        before = prices[row - WINDOW : row]
        assert found.z[row] == pytest.approx(float((prices[row] - before.mean()) / before.std(ddof=1)), abs=1e-9)
        assert found.mean[row] == pytest.approx(float(before.mean()), rel=1e-15, abs=0)
        assert found.sigma[row] == pytest.approx(float(before.std(ddof=1)), rel=1e-9)


def test_ewm_z_equals_pandas_one_row_later():
    leg = some(level=1.0, silent=0.3)
    logs = pd.Series(np.log(leg.bars[:, CLOSE]))
    found = run("ewm_z", leg, half_life=20.0, scale="log")
    peer = (logs - logs[0]).ewm(halflife=20.0)
    mean, sd = logs[0] + peer.mean().shift(), peer.std().shift()
    assert np.isnan(found.z[:60]).all()
    np.testing.assert_allclose(found.mean[60:], mean[60:], rtol=1e-13, atol=1e-17)
    np.testing.assert_allclose(found.sigma[60:], sd[60:], rtol=1e-13)
    np.testing.assert_allclose(found.z[60:], ((logs - mean) / sd)[60:], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["rolling_z", "ewm_z"])
def test_a_still_price_has_no_z_and_a_jump_is_measured_by_what_was_before(name):
    leg = some(300)
    leg.bars[:, CLOSE] = 0.1 + 0.2
    assert np.isnan(run(name, leg).z).all()
    leg.bars[:, CLOSE] = np.where(np.arange(300) % 2, 100.01, 100.0)
    leg.bars[250, CLOSE] = 1e5
    z = run(name, leg).z
    assert z[250] > 1e6
    assert np.nanmax(np.abs(z[:250])) < 2


def test_a_big_print_leaves_no_trace_once_it_is_out_of_the_window():
    clean = some(500, seed=5)
    dirty = Leg(clean.bars.copy(), STEP_MS)
    dirty.bars[200, [HIGH, LOW, CLOSE]] *= 1e5
    for name in ("rolling_z", "volatility", "shape", "price_range", "drawdown", "vwap", "activity"):
        left, right = run(name, clean, window=WINDOW), run(name, dirty, window=WINDOW)
        for one, other in zip(left, right, strict=True):
            np.testing.assert_array_equal(one[:200], other[:200], err_msg=name)
            np.testing.assert_allclose(one[270:], other[270:], rtol=1e-10, atol=1e-10, err_msg=name)


def test_online_twins_carry_nothing_along():
    """A twin that saw other bars long ago says the same as one that did not."""
    late = some(400, seed=7)
    before = some(1000, level=1e5, seed=8)
    before.bars[:, OPEN_MS] -= 10**12
    window = {"window": WINDOW}
    for name, given in (("rolling_z", window), ("vwap", window), ("shape", window), ("ewm_z", {"half_life": 3.0})):
        each = measure(name)
        settings = each.settings(given)
        old, new = online(each, STEP_MS, settings), online(each, STEP_MS, settings)
        for row in each_row(before):
            old.update(row)
        for row in each_row(late):
            said = old.update(row), new.update(row)
        assert said[0] == pytest.approx(said[1], rel=1e-9, abs=1e-9), name


def test_measures_are_the_same_plain_and_compiled(monkeypatch):
    leg = some(400, silent=0.2)
    compiled.load()
    names = ("rolling_z", "ewm_z", "volatility", "ewma_volatility", "shape", "vwap", "activity")
    fast = [run(name, leg) for name in names]
    monkeypatch.setattr(compiled, "_compiled", {})
    for name, result in zip(names, fast, strict=True):
        for one, other in zip(result, run(name, leg), strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name)
