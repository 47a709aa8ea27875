"""Hurst exponent and variance ratio against plain loops, and on processes whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analytics import compiled, persistence
from analytics.inputs import Pair
from analytics.loops import dfa
from analytics.measure import NotTestable
from analytics.measures import half_life as half_life_measure
from analytics.measures import hurst as hurst_measure
from analytics.measures import variance_ratio as ratio_measure
from analytics.persistence import Hurst, VarianceRatio, hurst, scales_for, steps_for, variance_ratio

from .measure_inputs import STEP_MS, pair


def plain_dfa(steps, scales):
    """Piece by piece with polyfit, nothing shared."""
    profile = np.cumsum(steps - np.mean(steps))
    found = []
    for scale in scales:
        squares = []
        for start in range(0, profile.size - scale + 1, scale):
            piece, time = profile[start : start + scale], np.arange(scale)
            squares += list((piece - np.polyval(np.polyfit(time, piece, 1), time)) ** 2)
        found.append(math.sqrt(sum(squares) / len(squares)))
    return np.polyfit(np.log(scales), np.log(found), 1)[0], np.array(found)


@pytest.fixture(scope="module")
def twins():
    compiled.load()


@pytest.mark.parametrize("ready", [False, True])
@pytest.mark.parametrize("n", [150, 1000, 3600])
def test_hurst_equals_a_plain_loop(twins, n, ready, monkeypatch):
    monkeypatch.setattr(persistence, "ready", lambda: ready)
    steps = np.random.default_rng(n).normal(0, 1e-3, n)
    found = hurst(steps)
    assert isinstance(found, Hurst)
    slope, fluctuations = plain_dfa(steps, found.scales.astype(int))
    np.testing.assert_allclose(found.fluctuations, fluctuations, rtol=1e-12)
    assert found.exponent == pytest.approx(slope, rel=1e-12, abs=0)
    assert found.n == n


def test_loop_agrees_to_the_last_bit(twins):
    profile, scales = np.random.default_rng(2).normal(size=500).cumsum(), np.array([10, 17, 125])
    plain, fast = np.empty(3), np.empty(3)
    dfa.fluctuations(profile, scales, plain)
    assert compiled.fast(dfa.fluctuations) is not dfa.fluctuations
    compiled.fast(dfa.fluctuations)(profile, scales, fast)
    np.testing.assert_array_equal(plain, fast)


def gaussian_noise(exponent, n, paths, seed=20240601):
    """Fractional Gaussian noise by circulant embedding (Davies and Harte 1987)."""
    lag = np.arange(n + 1.0)
    cov = ((lag + 1) ** (2 * exponent) - 2 * lag ** (2 * exponent) + np.abs(lag - 1) ** (2 * exponent)) / 2
    power = np.fft.fft(np.r_[cov, cov[-2:0:-1]]).real.clip(0)
    random = np.random.default_rng(seed)
    noise = random.normal(size=(paths, power.size)) + 1j * random.normal(size=(paths, power.size))
    return np.fft.fft(noise * np.sqrt(power / power.size)).real[:, :n]


@pytest.mark.parametrize("exponent", [0.3, 0.5, 0.7])
def test_hurst_has_little_bias_on_fractional_noise(exponent):
    found = [hurst(steps).exponent for steps in gaussian_noise(exponent, 3600, 40)]
    assert np.mean(found) == pytest.approx(exponent, abs=0.02)
    assert np.std(found) < 0.05


def test_the_words_follow_the_exponent():
    walk, trend, back = (hurst(gaussian_noise(exponent, 3600, 1)[0]).verdict for exponent in (0.5, 0.8, 0.2))
    assert "wanders like a random walk: H = 0." in walk
    assert "where walks of 3600 steps mostly read 0.45 to 0.55." in walk
    assert "Over 10 to " in walk
    assert "the series trends" in trend
    assert "the series reverts" in back


@pytest.mark.parametrize("n", [150, 600, 3600])
def test_few_walks_are_said_not_to_wander(n):
    random = np.random.default_rng(20240601)
    said = ["wanders" in hurst(random.normal(size=n)).verdict for _ in range(100)]
    assert 82 <= sum(said) <= 99


def test_scales_keep_at_least_four_pieces():
    assert scales_for(3600, 10, 1000)[-1] <= 900
    assert scales_for(3600, 10, 50)[-1] <= 50
    assert all(len(scales_for(steps_for(shortest), shortest, 20_000)) == 4 for shortest in range(5, 201))
    assert all(len(scales_for(steps_for(shortest) - 1, shortest, 20_000)) == 3 for shortest in range(5, 201))


@pytest.mark.parametrize(
    ("steps", "longest", "reason"),
    [
        (np.ones(30), 1000, "needs 68 steps"),
        (np.random.default_rng(1).normal(size=300), 12, "too few scales"),
        (np.ones(300), 1000, "does not move"),
        (np.r_[np.ones(300), np.nan], 1000, "missing or infinite"),
    ],
)
def test_no_hurst_says_why(steps, longest, reason):
    found = hurst(steps, longest=longest)
    assert isinstance(found, NotTestable)
    assert reason in found.reason


def plain_ratio(steps, follows, bars):
    """Lo and MacKinlay 1988, equations 12 to 21, with long steps only where all their bars are there."""
    kept = [step for step, there in zip(steps, follows, strict=True) if there]
    n, mean = len(kept), sum(kept) / len(kept)
    single = sum((step - mean) ** 2 for step in kept) / (n - 1)
    starts = [start for start in range(steps.size - bars + 1) if all(follows[start : start + bars])]
    long = sum((sum(steps[start : start + bars]) - bars * mean) ** 2 for start in starts)
    ratio = long / (bars * len(starts) * (1 - bars / n)) / single
    theta = 0.0
    for lag in range(1, bars):
        pairs = [row for row in range(lag, steps.size) if follows[row] and follows[row - lag]]
        top = sum((steps[row] - mean) ** 2 * (steps[row - lag] - mean) ** 2 for row in pairs)
        theta += (2 * (bars - lag) / bars) ** 2 * top / sum((step - mean) ** 2 for step in kept) ** 2
    return ratio, (ratio - 1) / math.sqrt(theta)


@pytest.mark.parametrize("missing", [0.0, 0.05])
@pytest.mark.parametrize("bars", [2, 5, 12])
def test_variance_ratio_equals_a_plain_loop(bars, missing):
    random = np.random.default_rng(bars)
    steps = random.standard_t(4, size=400) * 1e-3
    follows = random.random(400) >= missing
    found = variance_ratio(steps, follows, bars)
    assert isinstance(found, VarianceRatio)
    ratio, z = plain_ratio(steps, follows, bars)
    assert found.ratio == pytest.approx(ratio, rel=1e-12, abs=0)
    assert found.z == pytest.approx(z, rel=1e-11, abs=0)
    assert found.p == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), rel=1e-9)
    assert found.n == int(follows.sum())


def test_random_walks_of_changing_variance_pass_about_as_often_as_the_level_says():
    random = np.random.default_rng(20240601)
    every = np.ones(800, dtype=bool)
    calm = np.where(np.arange(800) < 400, 1.0, 5.0)
    hits = sum(variance_ratio(random.normal(size=800) * calm, every, 5).p < 0.05 for _ in range(400))
    assert 8 <= hits <= 34


def test_variance_ratio_of_ar1_changes():
    steps = np.random.default_rng(1).normal(size=20_000)
    undone = steps - 0.5 * np.r_[0, steps[:-1]]
    # Of an MA(1), 1 + 2 (1 - 1/q) rho.
    expected = 1 + 2 * (1 - 1 / 4) * (-0.5 / 1.25)
    assert variance_ratio(undone, np.ones(steps.size, dtype=bool), 4).ratio == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        (np.random.default_rng(1).normal(size=40), "need 50 steps"),
        (np.ones(90), "does not move"),
        (np.r_[np.random.default_rng(1).normal(size=90), np.inf], "missing or infinite"),
    ],
)
def test_no_variance_ratio_says_why(steps, reason):
    found = variance_ratio(steps, np.ones(steps.size, dtype=bool), 5)
    assert isinstance(found, NotTestable)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("measure", "settings", "key"),
    [
        (hurst_measure.MEASURE, {"series": "y"}, "exponent"),
        (ratio_measure.MEASURE, {"series": "y"}, "ratio"),
        (half_life_measure.MEASURE, {"window": 600}, None),
    ],
)
def test_bars_that_are_missing_do_not_count_as_steps(measure, settings, key):
    whole = pair(600)
    stamps, far = whole.shared.open_ms.copy(), whole.shared.y.copy()
    stamps[300:] += 7_200_000
    far[300:] *= 3.0
    torn = measure.run(Pair(whole.shared._replace(open_ms=stamps, y=far), STEP_MS), scale="log", **settings)
    assert torn.n == 598
    if key:
        assert getattr(torn, key) == pytest.approx(getattr(measure.run(whole, scale="log", **settings), key), abs=0.05)
