"""Every test of the scan against statsmodels and long double, by both of its paths."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS
from statsmodels.tools import add_constant
from statsmodels.tsa.stattools import adfuller, coint

from analytics import compiled
from analytics.hedge import fit_ols
from analytics.loops.scan import unit_roots
from analytics.reversion import half_life
from analytics.scan.engle_granger import both_directions
from analytics.scan.products import Trials, centre, of_pairs
from analytics.scan.unit_roots import TINY, lags_for, statistics

from .scan_panels import planted, scan, walks


@pytest.fixture(scope="module")
def machine_code():
    compiled.load()


@pytest.fixture(params=["plain", "compiled"])
def path(request, monkeypatch):
    """Both ways through the regressions."""
    if request.param == "compiled":
        request.getfixturevalue("machine_code")
    else:
        monkeypatch.setattr("analytics.scan.unit_roots.ready", lambda: False)
    return request.param


@pytest.mark.parametrize("rule", ["aic", "bic", "fixed"])
@pytest.mark.parametrize("n", [60, 400])
def test_every_test_is_that_of_statsmodels(path, n, rule):
    closes = planted(n, 4)
    found = both_directions(centre(closes)[0], np.ones(n, bool), lags_for(n, rule, 3))
    told = {"maxlag": 3, "autolag": None} if rule == "fixed" else {"autolag": rule.upper()}
    for at in range(found.y.size):
        residual = OLS(closes[:, found.y[at]], add_constant(closes[:, found.x[at]])).fit().resid
        oracle = adfuller(residual, regression="n", result_object=True, **told)
        assert found.statistic[at] == pytest.approx(oracle.statistic, rel=0, abs=1e-9)
        assert found.lags[at] == oracle.lags


def test_both_paths_agree_to_the_rounding(machine_code, monkeypatch):
    closes = planted(1500, 12)
    centred, counted = centre(closes)[0], np.ones(1500, bool)
    fast = both_directions(centred, counted, lags_for(1500, "aic", 0))
    monkeypatch.setattr("analytics.scan.unit_roots.ready", lambda: False)
    plain = both_directions(centred, counted, lags_for(1500, "aic", 0))
    np.testing.assert_array_equal(plain.lags, fast.lags)
    np.testing.assert_allclose(plain.statistic, fast.statistic, rtol=1e-11)


@pytest.mark.parametrize("penalty", [2.0, -1.0])
def test_the_loop_is_the_same_in_machine_code(machine_code, penalty):
    closes = planted(400, 4)
    first, second = np.triu_indices(4, 1)
    products = of_pairs(centre(closes)[0], 9, first, second)
    slope = products.cross_squares / products.squares[second]
    told = []
    for run in (unit_roots, compiled.fast(unit_roots)):
        statistic, lags = np.empty(6), np.empty(6, np.int64)
        run(first, second, np.arange(6), slope, products.steps, penalty, TINY, *products[1:], statistic, lags)
        told.append((statistic, lags))
    assert compiled.fast(unit_roots) is not unit_roots
    np.testing.assert_array_equal(told[0][0], told[1][0])
    np.testing.assert_array_equal(told[0][1], told[1][1])
    assert np.isfinite(told[0][0]).all()


def test_p_and_the_better_direction_are_those_of_coint(path):
    closes = planted(500, 5)
    found = scan(closes)
    assert found.tests == 20
    for at in range(found.y.size):
        y, x = (closes[:, int(name[-3:])] for name in (found.y[at], found.x[at]))
        (t, p, _), (other, _, _) = coint(y, x), coint(x, y)
        assert t <= other
        assert found.statistic[at] == pytest.approx(t, rel=0, abs=1e-9)
        assert found.p[at] == pytest.approx(p, rel=0, abs=1e-10)


@pytest.mark.parametrize("level", [1e2, 1e5, 1e7])
def test_high_prices_cost_no_digits(path, level):
    low = planted(600, 4)
    moved = low + (level - 100.0)
    # The level rounds the prices themselves: the oracle is long double on the rounded ones.
    found = both_directions(centre(moved)[0], np.ones(600, bool), lags_for(600, "fixed", 2))
    wide = moved.astype(np.longdouble)
    for at in range(found.y.size):
        assert found.statistic[at] == pytest.approx(float(exact(wide, found.y[at], found.x[at], 2)), rel=1e-9)


def exact(wide, y, x, lags):
    """The statistic in long double, by Gauss."""
    ys, xs = wide[:, y] - wide[:, y].mean(), wide[:, x] - wide[:, x].mean()
    e = ys - (ys @ xs) / (xs @ xs) * xs
    d = np.diff(e)
    columns = [d[lags - back : d.size - back] for back in range(1, lags + 1)] + [e[lags:-1], d[lags:]]
    gram = np.array([[left @ right for right in columns] for left in columns])
    size = lags + 1
    for k in range(size):
        last = gram[k, k]
        for i in range(k + 1, size + 1):
            gram[i] = gram[i] - gram[k] * (gram[i, k] / last)
    return gram[size - 1, size] / last / np.sqrt(gram[size, size] / (d.size - lags - size) / last)


@pytest.mark.parametrize("share", [9e-3, 3e-3, 1.2e-3])
def test_legs_that_go_closely_together_lose_no_digits(path, share):
    """1 - R2 down to 1.4e-6, where products of the legs alone are off by 2e-9."""
    closes = walks(900, 2)
    noise = np.convolve(np.random.default_rng(3).normal(0, 1, 950), 0.8 ** np.arange(50))[50:950]
    closes[:, 1] = 1.7 * closes[:, 0] + share * closes[:, 0].std() * noise
    found = agrees_with_long_double(closes)
    assert 1e-6 < 1 - found.r_squared[0] < 1e-4
    for at in (0, 1):
        y, x = closes[:, found.y[at]], closes[:, found.x[at]]
        fit = fit_ols(y, x)
        assert found.sigma[at] == pytest.approx(fit.sigma, rel=1e-11, abs=0)
        residual = (y - fit.y_mean) - fit.slope * (x - fit.x_mean)
        assert found.half_life[at] == pytest.approx(half_life(residual).bars, rel=1e-10, abs=0)


def test_a_residual_of_tiny_steps_loses_no_digits(path):
    """It drifts slowly and far enough for R2, but its steps are a thousandth of the legs'."""
    closes = walks(900, 2)
    drift = 0.03 * closes[:, 0].std() * np.cos(np.arange(900) * 2 * np.pi / 700)
    closes[:, 1] = 1.7 * closes[:, 0] + drift + np.random.default_rng(3).normal(0, 5e-5, 900).cumsum()
    assert 1 - agrees_with_long_double(closes).r_squared[0] > 1e-4


def agrees_with_long_double(closes):
    found = both_directions(centre(closes)[0], np.ones(len(closes), bool), lags_for(len(closes), "fixed", 4))
    for at in (0, 1):
        told = exact(closes.astype(np.longdouble), found.y[at], found.x[at], 4)
        assert found.statistic[at] == pytest.approx(float(told), rel=1e-12, abs=0)
    return found


def test_independent_walks_pass_as_often_as_the_test_allows():
    """Pairs of a panel share legs, so the share that passes is taken over many panels."""
    rejected = []
    for seed in range(60):
        closes = walks(400, 12, seed)
        tests = both_directions(centre(closes)[0], np.ones(400, bool), lags_for(400, "fixed", 1))
        rejected.append((tests.statistic < -3.3495).mean())
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.02)


def test_statistics_of_a_level_that_the_lags_explain_are_nan():
    ramp = (np.arange(200) % 5 - 2.0)[:, None]
    products = of_pairs(np.hstack([ramp, ramp]), 8, np.array([0]), np.array([1]))
    none = np.zeros(1, np.int64)
    for rule in ("aic", "fixed"):
        statistic, _ = statistics(
            products, Trials(none, none, none, np.zeros(1)), lags_for(200, rule, 8)._replace(longest=8)
        )
        assert np.isnan(statistic).all()


@pytest.mark.real_data
def test_recorded_minutes_give_the_published_statistics(real_data):
    """2021-05-10 UTC, log closes, one lag: figures of statsmodels' coint on that day."""
    names = ("LINK", "DOT", "BNB", "BTC", "LTC", "BCH", "ETH")
    closes, day = [], 1_620_604_800_000
    for name in names:
        path = real_data / "klines_1m" / "binance_spot_20210402_20210514" / f"{name}_USDT-1m.json.gz"
        with gzip.open(path, "rt") as file:
            closes.append([row[4] for row in json.load(file) if day <= row[0] < day + 86_400_000])
    table = np.array(closes).T
    tests = both_directions(np.log(table) - np.log(table).mean(axis=0), np.ones(1440, bool), lags_for(1440, "fixed", 1))
    told = {(names[y], names[x]): t for y, x, t in zip(tests.y, tests.x, tests.statistic, strict=True)}
    for y, x, t in (
        ("LINK", "DOT", -4.5783),
        ("BNB", "BTC", -3.7275),
        ("LTC", "BCH", -3.4054),
        ("ETH", "BTC", -2.5063),
    ):
        assert told[y, x] == pytest.approx(t, abs=5e-5)
