"""Leads and lags: exact at every lag, found where planted, seldom where there are none, and not faked by silence."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.inputs import Panel
from analytics.lead_lag import bar, cross_correlations, strongest
from analytics.measures.lead_lag import lead_lag

STEP = 60_000


def returns_of(n, k, seed=1):
    random = np.random.default_rng(seed)
    return random.normal(0, 1e-3, (n, k)) + random.normal(0, 1e-3, (n, 1))


def panel_of(returns, traded=None):
    closes = 100 * np.exp(returns.cumsum(axis=0))
    if traded is not None:
        closes[~traded] = np.nan
    names = tuple(f"sim:S{column}" for column in range(returns.shape[1]))
    return Panel(names, np.arange(len(returns)) * STEP, closes, closes, STEP)


def exact(returns, i, j, lag):
    """Correlation of i at t with j at t + lag over the rows that both have, in long double."""
    n = len(returns)
    y, x = returns[max(0, -lag) : n - max(0, lag), i], returns[max(0, lag) : n + min(0, lag), j]
    both = np.isfinite(y) & np.isfinite(x)
    y, x = (leg[both].astype(np.longdouble) for leg in (y, x))
    dy, dx = y - y.mean(), x - x.mean()
    return float((dy @ dx) / np.sqrt((dy @ dy) * (dx @ dx)))


@pytest.mark.parametrize("ill", ["none", "missing", "big print at the edge"])
def test_every_lag_is_exact_over_its_overlap(ill):
    returns = returns_of(500, 5)
    if ill == "missing":
        returns[np.random.default_rng(2).random(returns.shape) < 0.3] = np.nan
    elif ill != "none":
        returns[0, 1], returns[-1, 2] = 5.0, -5.0
    lagged = cross_correlations(returns, 60)
    for i in range(5):
        for j in range(5):
            expected = [exact(returns, i, j, lag) for lag in range(-60, 61)]
            np.testing.assert_allclose(lagged.of(i, j), expected, rtol=0, atol=1e-12)


def test_it_agrees_with_statsmodels_but_for_the_moments():
    from statsmodels.tsa.stattools import ccf

    returns = returns_of(20_000, 2)
    theirs = ccf(returns[:, 1], returns[:, 0], adjusted=True, nlags=61)
    np.testing.assert_allclose(cross_correlations(returns, 60).forward[:, 0, 1], theirs[:61], atol=1e-4)


def test_a_planted_lead_is_found_with_its_sign():
    random = np.random.default_rng(4)
    leader = random.normal(0, 1e-3, 1500)
    returns = random.normal(0, 1e-3, (1500, 3))
    returns[7:, 1] += leader[:-7]
    returns[:, 0] += leader
    result = lead_lag(panel_of(returns), window=1000, max_lag=60)
    assert result.lag[0, 1] == 7
    assert result.lag[1, 0] == -7
    assert result.significant[0, 1]
    assert not result.significant[0, 2]
    assert result.strength[0, 1] == result.strength[1, 0] == pytest.approx(0.5, abs=0.1)
    assert result.lags[np.argmax(result.cross_correlation)] == 7
    np.testing.assert_allclose(result.lagged.of(1, 0), result.cross_correlation[::-1], rtol=0, atol=1e-15)
    assert result.warnings == ()


def test_chance_passes_the_bar_as_often_as_it_says():
    returns = np.random.default_rng(8).normal(0, 1e-3, (1000, 60))
    found = strongest(cross_correlations(returns, 60)).significant
    share = found[np.triu_indices(60, 1)].mean()
    assert 0.03 < share < 0.07
    # The bar for one lag would be passed by nearly all.
    assert bar(0) == pytest.approx(1.959964, abs=1e-6)
    score = np.abs(strongest(cross_correlations(returns, 60)).strength) * np.sqrt(1000)
    assert (score[np.triu_indices(60, 1)] > bar(0)).mean() > 0.95


def test_a_leg_that_trades_rarely_does_not_become_a_follower():
    """One process, seen in every bar by A and in a fifth of them by B: filled forward, B seems to follow for bars."""
    random = np.random.default_rng(11)
    common = random.normal(0, 1e-3, 20_000)
    returns = np.column_stack([common, common])
    traded = np.column_stack([np.ones(20_000, bool), random.random(20_000) < 0.2])
    held = np.log(100 * np.exp(common.cumsum()))[np.maximum.accumulate(np.where(traded[:, 1], np.arange(20_000), 0))]
    stale = cross_correlations(np.column_stack([common[1:], np.diff(held)]), 5).forward[:, 0, 1]
    assert stale[1] > 0.12  # the false lead

    result = lead_lag(panel_of(returns, traded), window=19_999, max_lag=5)
    assert result.lag[0, 1] == 0
    assert result.strength[0, 1] == pytest.approx(1.0, abs=1e-9)
    assert np.abs(result.lagged.forward[1:, 0, 1]).max() < 4 / np.sqrt(700)
    assert result.shares == pytest.approx((1.0, 0.2), abs=0.01)
    assert [text.split()[0] for text in result.warnings] == ["sim:S1"]


def test_shares_count_the_silence_of_all_symbols():
    returns = returns_of(1200, 2)
    kept = np.flatnonzero(np.random.default_rng(1).random(1200) < 0.8)
    some = panel_of(returns)
    some = some._replace(open_ms=some.open_ms[kept], closes=some.closes[kept], quote_volumes=some.quote_volumes[kept])
    result = lead_lag(some, window=600, max_lag=5)
    assert result.shares == pytest.approx((0.8, 0.8), abs=0.03)
    assert len(result.warnings) == 2


def test_too_little_in_common_is_unknown():
    traded = np.ones((400, 3), bool)
    traded[:-45, 2] = False
    result = lead_lag(panel_of(returns_of(400, 3), traded), window=300, max_lag=10)
    assert np.isnan(result.lag[2]).all()
    assert not result.significant[2].any()
    assert np.isfinite(result.lag[0, 1])
