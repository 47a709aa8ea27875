"""Signal study: against brute force, planted reversion, and walks in which there is nothing to find."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analytics.align import align
from analytics.hedge import Fit, fit_ols
from analytics.inputs import Pair
from analytics.measure import NotTestable
from analytics.registry import measure

from .measure_inputs import STEP_MS, bars_of, closes_of

STUDY = measure("signal_study")


def pair_of(y, x, drop=()):
    keep = np.delete(np.arange(y.size), list(drop))
    return Pair(align(bars_of(y)[keep], bars_of(x)[keep]), STEP_MS)


def brute_force(pair, window, horizon):
    """(row, z, outcome) of every bar that has both, one least squares after the other."""
    found = []
    open_ms, y, x = pair.shared.open_ms, pair.shared.y, pair.shared.x
    for row in range(window, y.size - horizon - 1):
        fit = fit_ols(y[row - window : row], x[row - window : row])
        assert isinstance(fit, Fit)
        fill, end = row + 1, row + 1 + horizon
        if open_ms[end] - open_ms[row] == (horizon + 1) * STEP_MS:
            move = (y[end] - y[fill]) - fit.slope * (x[end] - x[fill])
            found.append((row, fit.residual(y[row], x[row]) / fit.sigma, move / fit.sigma))
    return found


def inside(above, below):
    return lambda z: (above is None or z >= above) and (below is None or z < below)


def apart(found, horizon, wanted):
    """Outcomes of the rows whose z is wanted, the next one never within the last one's horizon."""
    taken, free = [], -1
    for row, z, move in found:
        if row >= free and wanted(z):
            taken.append((z, move))
            free = row + horizon
    return taken


def assert_outcome(outcome, values):
    stats = pytest.importorskip("scipy.stats")
    assert outcome.n == len(values)
    if not values:
        assert (outcome.mean, outcome.low, outcome.high) == (None, None, None)
        return
    assert outcome.mean == pytest.approx(math.fsum(values) / len(values), rel=1e-9)
    if len(values) > 1:
        low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        assert (outcome.low, outcome.high) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))


@pytest.mark.parametrize("level", [100.0, 1e5])
def test_equals_brute_force_over_holes(level):
    y, x = closes_of(900, level=level)
    pair = pair_of(y, x, drop=[*range(400, 430), 600, 610, 611])
    found = STUDY.run(pair, window=60, horizon=8, entry=1.0)
    expected = brute_force(pair, 60, 8)
    assert found.signals == len(expected)
    assert sum(bucket.outcome.n for bucket in found.buckets) > 40
    for bucket in found.buckets:
        assert_outcome(bucket.outcome, [move for _, move in apart(expected, 8, inside(bucket.above, bucket.below))])
    for each in found.curve:
        back = apart(brute_force(pair, 60, each.horizon), each.horizon, lambda z: abs(z) >= 1.0)
        assert_outcome(each.outcome, [-math.copysign(move, z * move) for z, move in back])
    assert [each.horizon for each in found.curve] == [1, 2, 4, 8, 16, 32]


def test_a_spread_that_reverts_is_seen_to_come_back():
    y, x = closes_of(6_000)
    found = STUDY.run(pair_of(y, x), window=120, horizon=30)
    assert found.buckets[0].outcome.low > 0
    assert found.buckets[-1].outcome.high < 0
    means = [each.outcome.mean for each in found.curve]
    assert means[0] < means[2] < means[3]
    assert "came back by" in found.verdict
    assert "chance" not in found.verdict


def test_independent_walks_cover_zero_as_often_as_the_interval_says():
    random = np.random.default_rng(77)
    known = hits = 0
    for _ in range(40):
        y, x = 100 + random.normal(0, 0.05, (2, 1_500)).cumsum(axis=1)
        found = STUDY.run(pair_of(y, x), window=60, horizon=20)
        for bucket in found.buckets:
            if bucket.outcome.n >= 5:
                known += 1
                hits += bucket.outcome.low <= 0 <= bucket.outcome.high
    assert known > 150
    assert 0.9 < hits / known <= 1


def test_bounce_between_bid_and_ask_is_no_reversion():
    """The spread walks, only the last price jumps: filled at the signal's own print, every signal would seem to pay."""
    random = np.random.default_rng(11)
    means = []
    for _ in range(12):
        walks = random.normal(0, 0.02, (2, 3_000)).cumsum(axis=1)
        bounce = 0.05 * random.choice([-1.0, 1.0], (2, 3_000))
        found = STUDY.run(
            pair_of(150 + walks.sum(axis=0) + bounce[0], 100 + walks[0] + bounce[1]), window=60, horizon=1
        )
        means += [each.outcome.mean for each in found.curve if each.horizon == 1]
    assert abs(np.mean(means)) < 0.1


def test_says_why_there_is_nothing_to_study():
    y, x = closes_of(400)
    found = STUDY.run(pair_of(y, x), horizon=100)
    assert found == NotTestable("needs 1120 shared bars, has 400")
    doubled = STUDY.run(pair_of(2 * x, x), window=60, horizon=5)
    assert isinstance(doubled, NotTestable)
    gaps = STUDY.run(pair_of(y, x, drop=range(0, 400, 3)), window=60, horizon=5)
    assert isinstance(gaps, NotTestable)
    assert "without a gap" in gaps.reason
