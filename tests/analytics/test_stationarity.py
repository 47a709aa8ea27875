"""Unit-root tests: equal to statsmodels where it is right, and no p-value where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.stationarity import NULL_LEG, NULL_PAIR, NotTestable, UnitRootTest, adf, engle_granger


def legs(n=250, seed=6):
    random = np.random.default_rng(seed)
    x = 100 + random.normal(0, 1, n).cumsum()
    return 2 + 1.5 * x + random.normal(0, 1, n), x


@pytest.mark.parametrize("lags", [None, 0, 3])
@pytest.mark.parametrize("seed", [6, 7])
def test_engle_granger_equals_coint(lags, seed):
    from statsmodels.tsa.stattools import coint

    y, x = legs(seed=seed)
    found = engle_granger(y, x, lags)
    peer = coint(y, x, trend="c", maxlag=lags, autolag="aic" if lags is None else None, return_results=True)
    assert isinstance(found, UnitRootTest)
    assert found.null == NULL_PAIR
    assert found.statistic == pytest.approx(peer.coint_t, rel=1e-9)
    assert found.p == pytest.approx(peer.pvalue, rel=1e-8)
    assert list(found.critical.values()) == pytest.approx(peer.critical_values)
    assert lags is None or found.lags == lags
    assert found.verdict.startswith("Strong evidence that the legs are cointegrated: p = ")


def test_adf_equals_statsmodels_and_knows_a_walk():
    from statsmodels.tsa.stattools import adfuller

    _, walk = legs()
    found, peer = adf(walk, gaps=2), adfuller(walk, regression="c", autolag="AIC", result_object=True)
    assert isinstance(found, UnitRootTest)
    assert found.null == NULL_LEG
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-9)
    assert found.p == pytest.approx(peer.pvalue, rel=1e-8)
    assert found.lags == peer.lags
    assert list(found.critical.values()) == pytest.approx([peer.critical_values[key] for key in found.critical])
    assert found.verdict.startswith("No evidence that the series is stationary")
    assert found.verdict.endswith("which have 2 gaps.")


Y, X = legs()


@pytest.mark.parametrize(
    ("y", "x", "reason"),
    [
        (np.where(np.arange(250) == 90, np.nan, Y), X, "missing or infinite"),
        (Y, np.full(250, 3.0), "x does not move"),
        (2 * X, X, "all but identical"),
        (X, X, "all but identical"),
        (np.arange(250.0) ** 2, np.arange(250.0), "repeat themselves"),
        (Y[:49], X[:49], "needs 50 shared bars, has 49"),
    ],
)
def test_what_cannot_be_tested_gets_no_p(y, x, reason):
    found = engle_granger(y, x)
    assert isinstance(found, NotTestable)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full(100, 0.3), "does not move"),
        (np.r_[X, np.inf], "missing or infinite"),
        (X[:20], "needs 50 bars"),
        (np.arange(100.0), "repeat themselves"),
        (np.arange(100) % 3 * 1.0, "repeat themselves"),
        (np.sin(np.arange(100) * 0.3), "repeat themselves"),
        (np.r_[np.full(99, 5.0), 6.0], "repeat themselves"),
    ],
)
def test_a_leg_that_cannot_be_tested(values, reason):
    found = adf(values)
    assert isinstance(found, NotTestable)
    assert reason in found.reason


def test_independent_walks_pass_about_as_often_as_the_level_says():
    random = np.random.default_rng(20240601)
    walks = 100 + random.normal(0, 1, (400, 2, 200)).cumsum(axis=2)
    hits = sum(engle_granger(y, x, 1).p < 0.05 for y, x in walks)
    assert 8 <= hits <= 34
