"""Regime: planted calm, trend and stress, its ingredients against brute force, and what has no regime."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.inputs import Leg
from analytics.market import CLOSE, OPEN_MS
from analytics.registry import measure

from .measure_inputs import STEP_MS, bars_of

REGIME = measure("regime")
CALM, TRENDING, STRESSED = 0, 1, 2


def leg_of(returns, level=100.0):
    return Leg(bars_of(level * np.exp(np.cumsum(returns))), STEP_MS)


def noise(n, seed=8):
    return np.random.default_rng(seed).normal(0, 5e-4, n)


@pytest.mark.parametrize("level", [100.0, 1e5])
def test_ingredients_equal_brute_force_over_holes(level):
    bars = leg_of(noise(500), level).bars
    keep = np.random.default_rng(1).random(500) > 0.25
    keep[300:310] = False
    leg = Leg(bars[keep], STEP_MS)
    found = REGIME.run(leg, window=30, memory=60, stressed_at=1.2, trending_at=1.5)
    close = leg.bars[:, CLOSE].astype(np.longdouble)
    follow = np.r_[False, np.diff(leg.bars[:, OPEN_MS]) == STEP_MS]
    returns = np.where(follow, np.r_[0, np.diff(np.log(close))], 0)
    n = close.size
    volatility = np.full(n, np.nan)
    for row in range(30, n):
        part = slice(row - 29, row + 1)
        if 2 * follow[part].sum() >= 30:
            volatility[row] = np.sqrt((returns[part] ** 2).sum() / follow[part].sum())
    known = 0
    for row in range(89, n):
        part, past = returns[row - 29 : row + 1], volatility[row - 59 : row + 1]
        if np.isnan(found.regime[row]):
            assert np.isnan(volatility[row]) or 2 * np.isfinite(past).sum() < 60
            continue
        known += 1
        ratio = volatility[row] / np.median(past[np.isfinite(past)])
        trend = float(part.sum() / np.sqrt((part**2).sum()))
        assert found.volatility[row] == pytest.approx(volatility[row], rel=1e-10, abs=0)
        assert found.volatility_ratio[row] == pytest.approx(ratio, rel=1e-10, abs=0)
        assert found.trend[row] == pytest.approx(trend, abs=1e-10)
        assert found.efficiency[row] == pytest.approx(float(abs(part.sum()) / np.abs(part).sum()), abs=1e-10)
        assert found.regime[row] == (STRESSED if ratio >= 1.2 else TRENDING if abs(trend) >= 1.5 else CALM)
    assert known > 200
    assert set(found.regime[np.isfinite(found.regime)]) == {CALM, TRENDING, STRESSED}


def test_planted_regimes_are_named():
    returns = noise(3_000)
    returns[1_500:1_560] = np.abs(returns[1_500:1_560])
    returns[2_500:2_560] *= 8
    found = REGIME.run(leg_of(returns), window=60, memory=720)
    assert found.regime[1_559] == TRENDING
    assert found.trend[1_559] > 4
    assert found.efficiency[1_559] == pytest.approx(1.0, abs=1e-12)
    assert found.regime[2_559] == STRESSED
    assert found.volatility_ratio[2_559] > 4
    assert (found.regime[779:1_490] == CALM).mean() > 0.85
    falling = REGIME.run(leg_of(-returns), window=60, memory=720)
    assert falling.trend[1_559] == pytest.approx(-found.trend[1_559], rel=1e-9)
    assert falling.regime[1_559] == TRENDING


def test_a_random_walk_trends_as_seldom_as_stated():
    found = REGIME.run(leg_of(noise(60_000, seed=9)), window=60, memory=60)
    apart = found.trend[120::60]
    assert apart.std() == pytest.approx(1.0, abs=0.08)
    assert (np.abs(apart) >= 2).mean() == pytest.approx(1 / 22, abs=0.025)


def test_stress_outranks_trend_and_thresholds_move_both():
    returns = noise(400)
    returns[380:] = 5e-3
    leg = leg_of(returns)
    assert REGIME.run(leg, window=20, memory=100).regime[-1] == STRESSED
    assert REGIME.run(leg, window=20, memory=100, stressed_at=20.0).regime[-1] == TRENDING
    assert REGIME.run(leg, window=20, memory=100, stressed_at=20.0, trending_at=5.0).regime[-1] == CALM


def test_what_does_not_move_has_no_regime():
    still = REGIME.run(leg_of(np.zeros(400)), window=20, memory=100)
    assert all(np.isnan(column).all() for column in still)
    returns = noise(600)
    returns[300:330] = 0.0
    paused = REGIME.run(leg_of(returns), window=20, memory=100)
    assert np.isnan(paused.regime[320])
    assert np.isfinite(paused.regime[351:]).all()
