"""Legs with a planted spread, plain and compiled loops side by side."""

from __future__ import annotations

import numpy as np
import pytest

from analytics import compiled
from analytics.backtest.legs import Legs, Signals, share
from analytics.backtest.rules import Rules
from analytics.market import CLOSE, OPEN, OPEN_MS, PARTIAL

START_MS = 1_700_000_040_000
STEP_MS = 60_000
COSTS = {"fee_bps": 2.0, "half_spread_bps": 1.0}


def walk(n, seed, step=0.05, level=100.0):
    return level + np.random.default_rng(seed).normal(0, step, n).cumsum()


def autoregression(n, seed, phi=0.95, step=0.2):
    result = np.zeros(n)
    for row, shock in enumerate(np.random.default_rng(seed).normal(0, step, n)):
        result[row] = phi * result[row - 1] + shock
    return result


def bars_of(closes, slip=0.0, seed=5):
    """Bars with these closes, whose open is the close before give or take ``slip``."""
    bars = np.ones((closes.size, 10))
    bars[:, OPEN_MS] = START_MS + STEP_MS * np.arange(closes.size)
    bars[:, CLOSE] = closes
    bars[:, OPEN] = np.append(closes[:1], closes[:-1]) + np.random.default_rng(seed).normal(0, slip, closes.size)
    bars[:, 9] = 0
    return bars


def planted(n=2_000, seed=1, phi=0.95, step=0.2):
    """Bars of y = 20 + 1.5 x + AR(1), and of x."""
    x = walk(n, seed)
    return bars_of(20 + 1.5 * x + autoregression(n, seed + 1, phi, step)), bars_of(x)


def true_signals(legs, ratio=1.5, intercept=20.0, sigma=0.6, half_life=14.0):
    """Signals of the line that was planted."""
    n = len(legs)
    spread = legs.closes[:, 0] - intercept - ratio * legs.closes[:, 1]
    weights = np.tile([1.0, -ratio], (n, 1))
    return Signals(spread / sigma, weights, np.full(n, sigma), np.full(n, half_life))


def rough(n, seed, legs=2):
    """Legs and signals with every ill: missing and partial bars, opens that jump, NaN in z, weights and half-lives."""
    random = np.random.default_rng(seed)
    times = START_MS + STEP_MS * np.cumsum(1 + (random.random(n) < 0.05) * random.integers(1, 5, n))
    closes = 100 + random.normal(0, 1, (n, legs)).cumsum(axis=0) * 0.1
    opens = np.vstack([closes[:1], closes[:-1]]) + random.normal(0, 0.02, (n, legs))
    flags = (random.random(n) < 0.03) * PARTIAL
    z = autoregression(n, seed + 1, 0.9, 0.8)
    z[random.random(n) < 0.02] = np.nan
    weights = random.normal(0, 0.1, (n, legs)).cumsum(axis=0) * 0.05 + np.resize([1.0, -1.5, 0.5], legs)
    weights[random.random(n) < 0.02, 0] = np.nan
    half_life = random.uniform(2, 20, n)
    half_life[random.random(n) < 0.1] = np.nan
    return Legs(times, opens, closes, flags, STEP_MS), Signals(z, weights, np.full(n, 0.5), half_life)


SETTINGS = [
    Rules(**COSTS),
    Rules(entry=1.5, exit=-0.5, stop=3.0, **COSTS),
    Rules(entry=1.0, exit=0.5, time_stop_bars=12, cooldown_bars=7, **COSTS),
    Rules(entry=1.0, exit=0.2, time_stop_half_lives=1.5, time_stop_bars=20, sides="long", **COSTS),
    Rules(entry=1.2, rehedge_bars=3, sides="short", gross=500.0, **COSTS),
    Rules(entry=1.0, rehedge_bars=5, funding_long_bps=3.0, funding_short_bps=-2.0, cost_multiple=2.0, **COSTS),
]


@pytest.fixture(scope="session")
def twins():
    compiled.load()
    return dict(compiled._compiled)


@pytest.fixture(params=["plain", "compiled"])
def loops(request, monkeypatch):
    """Runs a test with the plain loops, then with their compiled twins."""
    monkeypatch.setattr(compiled, "_compiled", request.getfixturevalue("twins") if request.param == "compiled" else {})


@pytest.fixture
def compiled_loops(twins, monkeypatch):
    """For tests that only need speed."""
    monkeypatch.setattr(compiled, "_compiled", twins)


@pytest.fixture(scope="session")
def pair():
    """Shared legs of a planted pair and the signals of its true line."""
    legs = share(planted(), STEP_MS)
    return legs, true_signals(legs)
