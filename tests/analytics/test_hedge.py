"""Least squares against NIST's certified values and statsmodels."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from analytics.hedge import Fit, NoFit, fit_ols


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
        assert ours == pytest.approx(certified, rel=1e-12)


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
