"""The compiled twins of the rolling statistics: equal to the plain ones to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from analytics import compiled
from analytics.loops import rolling as loops
from analytics.rolling import rolling_mean_sd, rolling_ols, rolling_spread, rolling_sum, rolling_z

NAMES = ("slope", "intercept", "sigma", "r_squared", "_y_anchor", "_x_anchor", "_y_offset", "_x_offset")


@pytest.fixture(scope="module", autouse=True)
def loaded():
    compiled.load()


def walk(n, step, level, seed=7):
    return level + np.random.default_rng(seed).normal(0, step, n).cumsum()


def every(y, x, window):
    """All that a path gives, one column after the other."""
    found = [rolling_sum(y, window), *rolling_mean_sd(y, window), rolling_spread(y, window).z_after(y)]
    fit = rolling_ols(y, x, window)
    return [*found, rolling_z(y, window), *(getattr(fit, name) for name in fit.__slots__)]


def troubled(n, seed=11):
    """Legs with a bad print, a still stretch, NaN, infinity and a stretch on one line."""
    random = np.random.default_rng(seed)
    x = 1e4 + random.normal(0, 0.05, n).cumsum()
    y = 2 + 1.5 * x + random.normal(0, 0.05, n)
    if n > 100:
        x[50], y[77], x[90], y[n // 2] = np.nan, np.inf, 1e7, -1e5
        x[n // 3 : n // 3 + 40] = 5.01
        y[2 * n // 3 :] = 2 * x[2 * n // 3 :]
    return y, x


@pytest.mark.parametrize("n", [0, 1, 2, 19, 20, 21, 41, 400, 9001])
@pytest.mark.parametrize("window", [3, 20, 300])
def test_plain_and_compiled_agree_to_the_last_bit(n, window, monkeypatch):
    y, x = troubled(n)
    fast = every(y, x, window)
    monkeypatch.setattr(compiled, "_compiled", {})
    for left, right in zip(fast, every(y, x, window), strict=True):
        np.testing.assert_array_equal(left, right)


def test_the_loops_are_the_same_before_they_are_compiled():
    y, x = troubled(400)
    table = np.empty((9, y.size))
    z, total, spread = np.empty(y.size), np.empty(y.size), np.empty((3, y.size))
    with np.errstate(all="ignore"):
        loops.window_sum(y, 20, total)
        loops.window_spread(y, 20, *spread)
    np.testing.assert_array_equal(total, rolling_sum(y, 20))
    np.testing.assert_array_equal(np.sqrt(spread[2] / 19), rolling_mean_sd(y, 20)[1])
    # Plain Python divides by 0 with an error, machine code does not: only moving windows are for both.
    y, x = walk(400, 0.1, 1e4), walk(400, 0.1, 1e2, seed=3)
    with np.errstate(all="ignore"):
        loops.window_z(y, 20, z)
        loops.window_ols(y, x, 20, table)
    np.testing.assert_array_equal(z, rolling_z(y, 20))
    np.testing.assert_array_equal(table[:8], [getattr(rolling_ols(y, x, 20), name) for name in NAMES])


@pytest.mark.parametrize("n", [1, 400])
def test_columns_of_bars_that_must_not_be_written_to_are_taken(n):
    bars = np.column_stack(troubled(n) * 2)
    bars.flags.writeable = False
    for found, exact in zip(every(bars[:, 0], bars[:, 1], 20), every(*troubled(n), 20), strict=True):
        np.testing.assert_array_equal(found, exact)
