"""Tests of legs and pairs: equal to statsmodels where it is right, and no p-value where there is none."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from analytics.mackinnon import mackinnon_p
from analytics.measure import NotTestable
from analytics.measures.p_strip import p_strip
from analytics.stationarity import NULL_LEG, NULL_PAIR, UnitRootTest, adf, engle_granger, engle_granger_p
from analytics.unit_root import dickey_fuller

from .measure_inputs import STEP_MS, pair


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


@pytest.mark.parametrize("lags", [0, 2])
@pytest.mark.parametrize("regression", ["n", "ct"])
def test_adf_without_a_constant_and_around_a_trend(regression, lags):
    from statsmodels.tsa.stattools import adfuller

    values = Y - Y.mean()
    found = adf(values, lags, regression=regression)
    peer = adfuller(values, regression=regression, maxlag=lags, autolag=None, result_object=True)
    assert found.statistic == pytest.approx(peer.statistic, rel=1e-10, abs=0)
    assert found.p == pytest.approx(peer.pvalue, rel=1e-9)
    assert list(found.critical.values()) == pytest.approx(list(peer.critical_values.values()), rel=1e-14, abs=0)


def test_stata_figure():
    """Stata's egranger on seeded data, as quoted by the tests of statsmodels."""
    random = np.random.RandomState(123)
    walk = random.randn(200).cumsum()
    legs = random.randn(200, 4)
    legs[:, :2] += walk[:, None]
    legs = np.round(legs + np.array([1, 0, 0.5, 0]), 4)
    found = engle_granger(legs[:, 0], legs[:, 1], lags=4)
    assert found.statistic == pytest.approx(-5.760696844656, rel=1e-11, abs=0)


def test_critical_values_of_a_single_series_would_find_ties_everywhere():
    walks = np.random.default_rng(20240601).normal(size=(2, 400, 300)).cumsum(axis=2)
    right = np.mean(engle_granger_p(*walks) < 0.05)
    residual = [y - np.polyval(np.polyfit(x, y, 1), x) for y, x in zip(*walks, strict=True)]
    wrong = np.mean(mackinnon_p(dickey_fuller(residual, "c", "aic").statistic, "c", 1) < 0.05)
    assert 0.02 < right < 0.09
    assert wrong > 0.12


def test_noise_on_prices_needs_lags():
    """A walk under noise of three times its step: with one lag it looks stationary seven times of ten."""
    random = np.random.default_rng(20240601)
    noisy = random.normal(size=(200, 1000)).cumsum(axis=1) + random.normal(0, 3, (200, 1000))
    rejects = {
        lags: np.mean(mackinnon_p(dickey_fuller(noisy, "c", lags).statistic, "c", 1) < 0.05) for lags in (1, "aic")
    }
    assert rejects[1] > 0.6
    assert rejects["aic"] < 0.2


@pytest.mark.parametrize(("half_life", "low", "high"), [(10, 0.9, 1.0), (20, 0.5, 0.95), (80, 0.0, 0.3)])
def test_a_half_life_far_above_a_thirtieth_of_the_rows_is_missed(half_life, low, high):
    random = np.random.default_rng(20240601)
    x, shocks = random.normal(size=(200, 600)).cumsum(axis=1), random.normal(size=(200, 600))
    for row in range(1, 600):
        shocks[:, row] += 0.5 ** (1 / half_life) * shocks[:, row - 1]
    assert low <= np.mean(engle_granger_p(x + shocks, x) < 0.05) <= high


def test_more_lags_than_rows_allow():
    found = adf(X[:60], lags=40)
    assert found == NotTestable("40 lags need 84 bars, there are 60")


def test_many_pairs_at_once_are_the_same_as_one_by_one():
    random = np.random.default_rng(11)
    x = random.normal(size=(30, 120)).cumsum(axis=1)
    y = (
        x
        + random.normal(size=(30, 120)).cumsum(axis=1) * np.linspace(0, 1, 30)[:, None]
        + random.normal(size=(30, 120))
    )
    y[3], y[4], x[5, 60] = 2 * x[3], 7.0, np.nan
    found = engle_granger_p(y, x)
    for row in range(30):
        one = engle_granger(y[row], x[row])
        assert np.isnan(found[row]) if isinstance(one, NotTestable) else found[row] == pytest.approx(one.p, rel=1e-9)
        np.testing.assert_array_equal(engle_granger_p(y[row : row + 1], x[row : row + 1]), found[row : row + 1])
    assert np.flatnonzero(np.isnan(found)).tolist() == [3, 4, 5]


def test_the_strip_is_coint_of_the_window_that_ended_at_the_newest_test():
    from statsmodels.tsa.stattools import coint

    data = pair(260)
    found = p_strip(data, window=80, every=10, scale="log").p
    spans = data.shared.open_ms // (10 * STEP_MS)
    for row in (88, 100, 101, 109, 110, 200, 259):
        tested = int(np.flatnonzero(spans == spans[row])[0])
        y, x = (np.log(each[tested - 79 : tested + 1]) for each in (data.shared.y, data.shared.x))
        assert found[row] == pytest.approx(coint(y, x).pvalue, rel=1e-8)


def test_the_better_of_two_directions_passes_as_often_as_the_verdict_says():
    walks = np.random.default_rng(20240601).normal(size=(2, 1000, 240)).cumsum(axis=2)
    best = np.minimum(engle_granger_p(*walks), engle_granger_p(*walks[::-1]))
    assert 0.07 < np.mean(best < 0.05) < 0.13


def test_nothing_here_imports_statsmodels():
    lines = (
        "import sys, numpy as np; from analytics.stationarity import adf, engle_granger",
        "walks = np.random.default_rng(1).normal(size=(2, 200)).cumsum(axis=1)",
        "adf(walks[0]), engle_granger(*walks)",
        "sys.exit(any(name.startswith(('statsmodels', 'pandas')) for name in sys.modules))",
    )
    subprocess.run([sys.executable, "-c", ";".join(lines)], check=True)


@pytest.mark.real_data
def test_lags_flip_the_verdict_on_two_country_funds(real_data):
    """Chan 2013, example 2.7: EWC on EWA passes at 5 % with one lag (CADF -3.6435), not with the three of AIC."""
    table = np.genfromtxt(real_data / "pairs" / "inputData_EWA_EWC_IGE.csv", delimiter=",", names=True)
    one, chosen = (engle_granger(table["EWC"], table["EWA"], lags) for lags in (1, None))
    assert one.statistic == pytest.approx(-3.6435, abs=5e-5)
    assert (round(chosen.statistic, 2), chosen.lags) == (-3.22, 3)
    assert one.p < 0.05 < chosen.p
