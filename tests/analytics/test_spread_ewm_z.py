"""EWM z-score of the spread: against fits of every window and pandas, and where there is no spread."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analytics.align import align
from analytics.hedge import Fit, fit_ols
from analytics.inputs import Pair
from analytics.registry import measure

from .measure_inputs import STEP_MS, bars_of, closes_of

MEASURE = measure("spread_ewm_z")


def pair_of(y, x):
    return Pair(align(bars_of(y), bars_of(x)), STEP_MS)


@pytest.mark.parametrize("scale", ["level", "log"])
@pytest.mark.parametrize(("window", "half_life"), [(20, 1.0), (60, 12.5)])
def test_equals_a_fit_of_every_window_and_pandas(window, half_life, scale):
    y, x = closes_of(300, level=1e5)
    found = MEASURE.run(pair_of(y, x), window=window, half_life=half_life, scale=scale)
    if scale == "log":
        y, x = np.log(y), np.log(x)
    spread = np.full(300, np.nan)
    for row in range(window, 300):
        fit = fit_ols(y[row - window : row], x[row - window : row])
        assert isinstance(fit, Fit)
        spread[row] = fit.residual(y[row], x[row])
    peer = pd.Series(spread).ewm(halflife=half_life)
    mean, sigma = peer.mean().shift().to_numpy(), peer.std().shift().to_numpy()
    first = window + math.ceil(3 * half_life)
    assert np.isnan(found.z[:first]).all()
    assert MEASURE.warmup(window=window, half_life=half_life, scale=scale) == first + 1
    np.testing.assert_allclose(found.spread[first:], spread[first:], rtol=1e-7, atol=1e-9 * sigma[-1])
    np.testing.assert_allclose(found.sigma[first:], sigma[first:], rtol=1e-9)
    np.testing.assert_allclose(found.z[first:], ((spread - mean) / sigma)[first:], atol=1e-8)


def test_rows_without_a_spread_are_passed_over_and_make_no_signal_later():
    y, x = closes_of(400)
    y[150:200] = 3 * x[150:200] + 7
    found = MEASURE.run(pair_of(y, x), window=20, half_life=5.0)
    as_one = slice(171, 200)
    assert np.isnan(found.z[as_one]).all()
    assert np.ptp(found.sigma[as_one]) == 0
    assert np.isfinite(found.z[220:]).all()
    doubled = MEASURE.run(pair_of(2 * x, x), window=20, half_life=5.0)
    assert np.isnan(doubled.z).all()


def test_a_line_that_lags_behind_a_trend_is_no_signal():
    """The spread stays a constant distance off the window's line: the mean takes it up, a z from zero would not."""
    random = np.random.default_rng(3)
    x = 100 + random.normal(0, 0.1, 1_000).cumsum()
    y = x + 0.01 * np.arange(1_000) + random.normal(0, 0.02, 1_000)
    pair = pair_of(y, x)
    plain = measure("ols").run(pair, window=60).z[200:]
    faded = MEASURE.run(pair, window=60, half_life=30.0).z[200:]
    assert np.nanmean(plain) > 1.0
    assert abs(np.nanmean(faded)) < 0.3


def test_swapped_legs_change_its_sign_not_its_size_much():
    y, x = closes_of(600)
    forth = MEASURE.run(pair_of(y, x), window=120, half_life=30.0).z[220:]
    back = MEASURE.run(pair_of(x, y), window=120, half_life=30.0).z[220:]
    assert np.corrcoef(forth, back)[0, 1] < -0.9
