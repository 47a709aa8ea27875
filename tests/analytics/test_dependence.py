"""Correlation of one-bar returns: against numpy, over holes, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.dependence import correlation, follows, log_returns, rolling_correlation

STEP = 1000


def prices(n=300, seed=11):
    random = np.random.default_rng(seed)
    common = random.normal(0, 1e-3, n)
    return tuple(np.exp(np.cumsum(common + random.normal(0, 1e-3, n))) * level for level in (3e4, 2.0))


def test_equals_corrcoef_of_the_returns_up_to_the_row():
    y, x = prices()
    counted = follows(np.arange(300) * STEP, STEP)
    found = rolling_correlation(y, x, counted, 30)
    ry, rx = np.diff(np.log(y)), np.diff(np.log(x))
    assert np.isnan(found[:29]).all()
    for row in range(30, 300):
        expected = np.corrcoef(ry[row - 30 : row], rx[row - 30 : row])[0, 1]
        assert found[row] == pytest.approx(expected, abs=1e-12)


def test_returns_over_missing_bars_are_left_out():
    y, x = prices()
    open_ms = np.arange(300) * STEP
    open_ms[100:] += 50 * STEP
    y[100:] *= 3.0
    counted = follows(open_ms, STEP)
    found = rolling_correlation(y, x, counted, 30)
    ry, rx = np.diff(np.log(y)), np.diff(np.log(x))
    around = np.delete(np.arange(85, 115), 99 - 85)
    assert found[115] == pytest.approx(np.corrcoef(ry[around], rx[around])[0, 1], abs=1e-12)
    assert log_returns(y, counted)[100] == 0


def test_one_window_agrees_with_the_rolling_rows():
    y, x = prices()
    counted = follows(np.sort(np.random.default_rng(0).choice(400, 300, replace=False)) * STEP, STEP)
    rolling = rolling_correlation(y, x, counted, 50)
    for row in range(60, 300, 13):
        part = slice(row - 49, row + 1)
        window = counted[part].copy()
        if window[0]:
            continue
        assert correlation(y[part], x[part], window) == pytest.approx(rolling[row], abs=1e-10)


def test_too_few_returns_or_a_still_leg_give_none():
    y, x = prices(60)
    sparse = follows(np.arange(60) * 2 * STEP, STEP)
    assert np.isnan(rolling_correlation(y, x, sparse, 20)).all()
    assert correlation(y, x, sparse) is None
    for share, known in ((3, False), (2, True)):
        some = np.arange(60) % share == 0
        assert np.isfinite(rolling_correlation(y, x, some, 20)[20:]).any() == known
        assert (correlation(y, x, some) is not None) == known
    counted = follows(np.arange(60) * STEP, STEP)
    still = np.full(60, 5.0)
    assert np.isnan(rolling_correlation(y, still, counted, 20)).all()
    assert correlation(still, x, counted) is None


def test_a_price_that_is_not_positive_gives_nan_only_around_it():
    y, x = prices(100)
    y[40] = 0.0
    found = rolling_correlation(y, x, follows(np.arange(100) * STEP, STEP), 20)
    assert np.isnan(found[40:61]).all()
    assert np.isfinite(found[61:]).all()
