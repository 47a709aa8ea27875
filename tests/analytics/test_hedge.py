"""Least squares against NIST's certified values and statsmodels; what rests on it: comparison and cost of a trade."""

from __future__ import annotations

import importlib.util
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from analytics.align import align
from analytics.estimators import ESTIMATORS
from analytics.estimators.base import rows_of
from analytics.estimators.kalman import kalman_columns, line_of
from analytics.hedge import Fit, NoFit, fit_ols
from analytics.inputs import Pair
from analytics.market import CLOSE
from analytics.measure import NotTestable
from analytics.registry import measure

from .conftest import make_bars, make_pair
from .test_real_data import closes, common


def walks(n):
    random = np.random.default_rng(20240601)
    x = 100 + random.normal(0, 0.05, n).cumsum()
    return 2 + 1.5 * x + random.normal(0, 0.05, n), x


def pair_of(y, x):
    return Pair(align(make_bars(y), make_bars(x)), 60_000)


def norris():
    package = Path(importlib.util.find_spec("scipy").origin).parent
    path = package / "stats" / "tests" / "data" / "nist_linregress" / "Norris.dat"
    return np.loadtxt(path, skiprows=60).T


def test_norris_to_twelve_digits():
    fit = fit_ols(*norris())
    assert isinstance(fit, Fit)
    assert fit.n == 36
    for ours, certified in (
        (fit.intercept, -0.262323073774029),
        (fit.slope, 1.00211681802045),
        (fit.slope_se, 0.429796848199937e-3),
        (fit.intercept_se, 0.232818234301152),
        (fit.residual_se, 0.884796396144373),
        (fit.r_squared, 0.999993745883712),
    ):
        assert ours == pytest.approx(certified, rel=1e-12, abs=0)


def test_equals_statsmodels():
    from statsmodels.api import OLS, add_constant

    random = np.random.default_rng(20240601)
    x = 100 + random.normal(0, 0.5, 300).cumsum()
    y = 2 + 1.5 * x + random.normal(0, 0.8, 300)
    peer, fit = OLS(y, add_constant(x)).fit(), fit_ols(y, x)
    assert isinstance(fit, Fit)
    ours = [fit.intercept, fit.slope, fit.intercept_se, fit.slope_se, fit.slope_t, fit.r_squared, fit.sigma]
    theirs = [*peer.params, *peer.bse, peer.tvalues[1], peer.rsquared, np.std(peer.resid, ddof=1)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert fit.residual(float(y[7]), float(x[7])) == pytest.approx(peer.resid[7], abs=1e-9)


@pytest.mark.parametrize(
    ("y", "x", "reason"),
    [
        ([1.0, 2.0], [1.0, 2.0], "needs 3 rows, has 2"),
        ([1.0, np.nan, 3.0], [1.0, 2.0, 3.0], "a price is missing or infinite"),
        ([1.0, 2.0, 3.0], [1.0, np.inf, 3.0], "a price is missing or infinite"),
        ([1.0, 2.0, 3.0], [5.0, 5.0, 5.0], "x does not move"),
        ([0.1 + 0.2, 0.3, 0.3], [1.0, 2.0, 3.0], "y does not move"),
    ],
)
def test_what_cannot_be_fitted_says_why(y, x, reason):
    assert fit_ols(y, x) == NoFit(reason, len(y))


def test_a_perfect_line_has_no_residual_at_all():
    x = np.arange(50.0) + 1e5
    fit = fit_ols(3 * x + 7, x)
    assert isinstance(fit, Fit)
    assert (fit.sigma, fit.residual_se, fit.r_squared) == (0.0, 0.0, 1.0)
    assert fit.slope_t == math.inf


def test_unequal_columns_are_refused():
    with pytest.raises(ValueError, match="columns of one length"):
        fit_ols([1.0, 2.0], [1.0])


@pytest.mark.parametrize("change", [lambda v: v, np.log])
def test_ols_measure_equals_statsmodels_in_each_window(change):
    from statsmodels.api import OLS, add_constant

    y, x = walks(160)
    found = measure("ols").run(pair_of(y, x), window=60, scale="level" if change is not np.log else "log")
    y, x = change(y), change(x)
    for row in range(60, 160, 9):
        fit = OLS(y[row - 60 : row], add_constant(x[row - 60 : row])).fit()
        ours = [found.intercept, found.hedge_ratio, found.hedge_ratio_se, found.t, found.r_squared, found.sigma]
        theirs = [*fit.params, fit.bse[1], fit.tvalues[1], fit.rsquared, np.std(fit.resid, ddof=1)]
        np.testing.assert_allclose([column[row] for column in ours], theirs, rtol=1e-8)


@pytest.mark.parametrize("scale", ["level", "log"])
def test_comparison_shows_both_directions_in_one_unit(scale):
    y, x = walks(300)
    found = measure("estimator_comparison").run(pair_of(y, x), window=120, scale=scale)
    table = {(each.method, each.direction): each for each in found.estimates}
    assert set(table) == set(product(ESTIMATORS, ("y_on_x", "x_on_y")))
    y, x = (np.log(y[-120:]), np.log(x[-120:])) if scale == "log" else (y[-120:], x[-120:])
    forth, back = fit_ols(y, x), fit_ols(x, y)
    assert table["ols", "y_on_x"].hedge_ratio == forth.slope
    assert table["ols", "x_on_y"].hedge_ratio == pytest.approx(1 / back.slope, rel=1e-12, abs=0)
    assert table["ols", "x_on_y"].intercept == pytest.approx(-back.intercept / back.slope, rel=1e-12, abs=0)
    ratio = table["ols", "y_on_x"].hedge_ratio / table["ols", "x_on_y"].hedge_ratio
    assert ratio == pytest.approx(forth.r_squared, rel=1e-9)
    assert table["tls", "x_on_y"].hedge_ratio == pytest.approx(table["tls", "y_on_x"].hedge_ratio, rel=1e-10, abs=0)
    # What is left of y around the solved line has the sigma that the table says.
    each = table["ols", "x_on_y"]
    assert np.std(y - each.hedge_ratio * x, ddof=1) == pytest.approx(each.sigma, rel=1e-7)
    assert all(each.half_life_bars is None or each.half_life_bars > 0 for each in found.estimates)


def test_comparison_runs_kalman_with_the_settings_asked_for():
    pair = pair_of(*walks(300))
    settings = {"delta": 1e-2, "noise": 3.0}
    tables = [
        {(each.method, each.direction): each for each in measure("estimator_comparison").run(pair, **given).estimates}
        for given in ({}, settings)
    ]
    newest = Pair(type(pair.shared)._make(column[-120:] for column in pair.shared), 60_000)
    rows = rows_of(newest, "level")
    line = line_of(kalman_columns(rows, 40, None, **settings).state, rows.x[-1], 120)
    assert tables[1]["kalman", "y_on_x"].hedge_ratio == line.slope != tables[0]["kalman", "y_on_x"].hedge_ratio
    same = [key for key in tables[0] if tables[0][key] == tables[1][key]]
    assert same == [key for key in tables[0] if key[0] != "kalman"]


def test_comparison_says_why_there_is_no_line():
    y, x = walks(130)
    found = measure("estimator_comparison").run(pair_of(np.full(130, 7.0), x))
    assert {each.reason for each in found.estimates} == {"y does not move", "x does not move"}
    assert all(each.hedge_ratio is None for each in found.estimates)
    assert isinstance(measure("estimator_comparison").run(pair_of(y[:119], x[:119])), NotTestable)


@pytest.mark.parametrize("scale", ["level", "log"])
def test_round_trip_cost_by_brute_force(scale):
    y, x = (bars[:, CLOSE] for bars in make_pair(100))
    costs = {"y_fee": 4.0, "x_fee": 6.0, "y_half_spread": 1.0, "x_half_spread": 2.0}
    found = measure("round_trip_cost").run(pair_of(y, x), window=40, scale=scale, exit_z=0.5, **costs)
    change = np.log if scale == "log" else np.asarray
    fit = fit_ols(change(y[50:90]), change(x[50:90]))
    legs = y[90] * 5e-4 + abs(fit.slope) * (x[90] if scale == "level" else y[90]) * 8e-4
    assert found.cost[90] == pytest.approx(2 * legs, rel=1e-10, abs=0)
    # On the log scale a move of one sigma is worth sigma * y.
    worth = fit.sigma * (1 if scale == "level" else y[90])
    assert found.cost_sigma[90] == pytest.approx(2 * legs / worth, rel=1e-9)
    assert found.break_even_z[90] == pytest.approx(0.5 + 2 * legs / worth, rel=1e-9)


@pytest.mark.real_data
def test_published_gld_on_gdx(real_data):
    gld, gdx = common(closes(real_data / "pairs" / "GLD.csv"), closes(real_data / "pairs" / "GDX.csv"))
    found = measure("estimator_comparison").run(pair_of(gld, gdx), window=gld.size)
    table = {(each.method, each.direction): each for each in found.estimates}
    assert table["ols", "y_on_x"].hedge_ratio == pytest.approx(1.38649549, abs=5e-9)
    assert table["ols", "y_on_x"].intercept == pytest.approx(10.15361, abs=5e-6)
