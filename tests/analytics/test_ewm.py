"""Exponentially weighted mean and deviation against pandas and long double, plain, compiled and one at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import compiled
from analytics.ewm import OnlineEwm, ewm_mean, ewm_mean_sd


@pytest.mark.parametrize("half_life", [1.0, 7.5, 60.0])
def test_ewm_equals_pandas_and_its_online_twin(half_life):
    values = 100 + np.random.default_rng(7).normal(0, 0.05, 3000).cumsum()
    values[[0, 500, 501]] = np.nan
    mean, sd = ewm_mean_sd(values, half_life)
    # From the first value on: at its level pandas loses three digits of the deviation itself.
    peer = pd.Series(values - values[1]).ewm(halflife=half_life, ignore_na=True)
    np.testing.assert_allclose(mean, values[1] + peer.mean(), rtol=1e-13)
    np.testing.assert_allclose(sd, peer.std(), rtol=1e-13)
    online = OnlineEwm(half_life)
    for row, value in enumerate(values):
        online.update(value)
        assert online.mean == mean[row] or np.isnan(mean[row])
        assert online.sd == pytest.approx(sd[row], rel=1e-14, abs=0, nan_ok=True)


def test_ewm_does_not_drift_in_a_million_updates():
    half_life, rows = 30.0, 3000  # What is older than 100 half-lives weighs less than 1e-30.
    values = np.round(1e5 + 0.01 * np.random.default_rng(13).integers(-1, 2, 1_000_000).cumsum(), 2)
    online = OnlineEwm(half_life)
    for value in values.tolist():
        online.update(value)
    weights = np.longdouble(0.5) ** (np.arange(rows)[::-1] / np.longdouble(half_life))
    part = values[-rows:].astype(np.longdouble)
    mean = (weights * part).sum() / weights.sum()
    variance = (weights * (part - mean) ** 2).sum() / (weights.sum() - (weights**2).sum() / weights.sum())
    assert online.mean == pytest.approx(float(mean), rel=1e-15, abs=0)
    assert online.sd == pytest.approx(float(np.sqrt(variance)), rel=1e-11, abs=0)


@pytest.mark.parametrize("n", [1, 50])
def test_columns_of_bars_that_must_not_be_written_to_are_taken(n):
    bars = np.random.default_rng(1).normal(0, 1, (n, 3))
    bars.flags.writeable = False
    compiled.load()
    np.testing.assert_array_equal(ewm_mean(bars[:, 1], 5.0), ewm_mean(bars[:, 1].copy(), 5.0))
    np.testing.assert_array_equal(ewm_mean_sd(bars[:, 1], 5.0), ewm_mean_sd(bars[:, 1].copy(), 5.0))


def test_plain_and_compiled_agree_to_the_last_bit(monkeypatch):
    values = 1e5 + np.random.default_rng(7).normal(0, 0.05, 3000).cumsum()
    values[[0, 500, 501, 900]] = [np.nan, np.nan, np.inf, 1e9]
    compiled.load()
    fast = (ewm_mean(values, 9.0), *ewm_mean_sd(values, 9.0))
    monkeypatch.setattr(compiled, "_compiled", {})
    for one, other in zip(fast, (ewm_mean(values, 9.0), *ewm_mean_sd(values, 9.0)), strict=True):
        np.testing.assert_array_equal(one, other)
