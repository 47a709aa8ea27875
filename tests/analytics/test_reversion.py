"""Half-life: the right number on a known process, an interval that covers it, and plain words where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analytics.measure import NotTestable
from analytics.reversion import HalfLife, half_life


def ar1(phi, n, seed):
    shocks = np.random.default_rng(seed).normal(0, 1, n)
    values = np.zeros(n)
    for row in range(1, n):
        values[row] = phi * values[row - 1] + shocks[row]
    return values


def test_equals_the_regression_in_its_exact_form():
    values = ar1(0.9, 2000, 1)
    found = half_life(values)
    slope = np.polyfit(values[:-1], np.diff(values), 1)[0]
    assert isinstance(found, HalfLife)
    assert found.bars == pytest.approx(-math.log(2) / math.log(1 + slope), rel=1e-10, abs=0)
    assert found.n == 1999
    assert found.reliable


def test_the_interval_covers_the_true_value_about_as_often_as_it_says():
    true = -math.log(2) / math.log(0.9)
    hits = 0
    for seed in range(200):
        found = half_life(ar1(0.9, 1000, seed))
        assert isinstance(found, HalfLife)
        hits += found.low <= true <= (found.high or math.inf)
    assert 180 <= hits <= 198


def test_a_half_life_longer_than_a_quarter_of_the_rows_is_flagged():
    turn = 0.99 ** np.arange(60) + 1e-4 * np.random.default_rng(1).normal(size=60)
    found = half_life(turn)
    assert isinstance(found, HalfLife)
    assert found.bars > 15
    assert not found.reliable


def test_no_upper_end_when_a_random_walk_cannot_be_excluded():
    open_ended = [half_life(np.random.default_rng(seed).normal(size=120).cumsum()) for seed in range(40)]
    found = [result for result in open_ended if isinstance(result, HalfLife)]
    assert any(result.high is None for result in found)
    assert all(result.high is None or result.low <= result.bars <= result.high for result in found)


def test_steps_over_missing_bars_are_left_out():
    values = np.r_[ar1(0.9, 300, 4), 1e4 + ar1(0.9, 300, 5)]
    counted = np.ones(600, dtype=bool)
    counted[300] = False
    whole, parts = half_life(values), half_life(values, counted)
    assert isinstance(parts, HalfLife)
    assert parts.n == 598
    assert isinstance(whole, HalfLife)
    assert whole.bars != parts.bars


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (1.01 ** np.arange(100), "does not revert"),
        ((-1.5) ** np.arange(40), "overshoots"),
        (np.full(100, 2.0), "does not move"),
        (np.r_[np.arange(50.0), np.nan], "missing or infinite"),
        (np.arange(5.0), "needs 10 steps"),
        ([], "needs 10 steps"),
    ],
)
def test_no_half_life_says_why(values, reason):
    found = half_life(values)
    assert isinstance(found, NotTestable)
    assert reason in found.reason
