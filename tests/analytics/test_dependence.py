"""Correlation and beta of one-bar returns: against numpy, scipy, pandas, statsmodels, over holes, where none is."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.compiled import fast, load
from analytics.dependence import (
    correlation,
    ewm_correlation,
    follows,
    log_returns,
    rolling_beta,
    rolling_correlation,
    rolling_spearman,
)
from analytics.loops.matrix import ewm_correlations

STEP = 1000


@pytest.fixture(scope="module")
def machine_code():
    load()


def prices(n=300, seed=11):
    random = np.random.default_rng(seed)
    common = random.normal(0, 1e-3, n)
    return tuple(np.exp(np.cumsum(common + random.normal(0, 1e-3, n))) * level for level in (3e4, 2.0))


def test_equals_corrcoef_of_the_returns_up_to_the_row():
    y, x = prices()
    counted = follows(np.arange(300) * STEP, STEP)
    found = rolling_correlation(y, x, counted, 30)
    ry, rx = np.diff(np.log(y)), np.diff(np.log(x))
    assert np.isnan(found[:29]).all()
    for row in range(30, 300):
        expected = np.corrcoef(ry[row - 30 : row], rx[row - 30 : row])[0, 1]
        assert found[row] == pytest.approx(expected, abs=1e-12)


def test_returns_over_missing_bars_are_left_out():
    y, x = prices()
    open_ms = np.arange(300) * STEP
    open_ms[100:] += 50 * STEP
    y[100:] *= 3.0
    counted = follows(open_ms, STEP)
    found = rolling_correlation(y, x, counted, 30)
    ry, rx = np.diff(np.log(y)), np.diff(np.log(x))
    around = np.delete(np.arange(85, 115), 99 - 85)
    assert found[115] == pytest.approx(np.corrcoef(ry[around], rx[around])[0, 1], abs=1e-12)
    assert log_returns(y, counted)[100] == 0


def test_one_window_agrees_with_the_rolling_rows():
    y, x = prices()
    counted = follows(np.sort(np.random.default_rng(0).choice(400, 300, replace=False)) * STEP, STEP)
    rolling = rolling_correlation(y, x, counted, 50)
    for row in range(60, 300, 13):
        part = slice(row - 49, row + 1)
        window = counted[part].copy()
        if window[0]:
            continue
        assert correlation(y[part], x[part], window) == pytest.approx(rolling[row], abs=1e-10)


def test_too_few_returns_or_a_still_leg_give_none():
    y, x = prices(60)
    sparse = follows(np.arange(60) * 2 * STEP, STEP)
    assert np.isnan(rolling_correlation(y, x, sparse, 20)).all()
    assert correlation(y, x, sparse) is None
    for share, known in ((3, False), (2, True)):
        some = np.arange(60) % share == 0
        assert np.isfinite(rolling_correlation(y, x, some, 20)[20:]).any() == known
        assert (correlation(y, x, some) is not None) == known
    counted = follows(np.arange(60) * STEP, STEP)
    still = np.full(60, 5.0)
    assert np.isnan(rolling_correlation(y, still, counted, 20)).all()
    assert correlation(still, x, counted) is None


def test_correlation_keeps_its_digits_where_steps_are_tiny():
    random = np.random.default_rng(9)
    moves = random.integers(-2, 3, (2, 200)).cumsum(axis=1)
    y, x = np.round(1e5 + 0.01 * (moves[0] + moves[1]), 2), np.round(1e5 + 0.01 * moves[0], 2)
    found = rolling_correlation(y, x, follows(np.arange(200) * STEP, STEP), 50)
    exact = [np.diff(leg.astype(np.longdouble)) / leg[:-1] for leg in (y, x)]
    for row in range(50, 200, 11):
        ry, rx = (np.log1p(leg[row - 50 : row]) for leg in exact)
        ry, rx = ry - ry.mean(), rx - rx.mean()
        expected = (ry * rx).sum() / np.sqrt((ry * ry).sum() * (rx * rx).sum())
        assert found[row] == pytest.approx(float(expected), abs=1e-12)


def test_a_price_that_is_not_positive_gives_nan_only_around_it():
    y, x = prices(100)
    y[40] = 0.0
    found = rolling_correlation(y, x, follows(np.arange(100) * STEP, STEP), 20)
    assert np.isnan(found[40:61]).all()
    assert np.isfinite(found[61:]).all()


def spaced(n=400, seed=3, share=0.8):
    """Two price columns, ticks coarse enough for ties, on stamps with holes."""
    y, x = prices(n, seed)
    stamps = np.sort(np.random.default_rng(seed).choice(int(n / share), n, replace=False)) * STEP
    return np.round(y, -1), np.round(x, 3), follows(stamps, STEP)


def windows(y, x, counted, window):
    """Row, and the counted returns of its window in long double."""
    ry, rx = (np.r_[0, np.diff(np.log(leg.astype(np.longdouble)))] for leg in (y, x))
    for row in range(window, y.size):
        part = np.flatnonzero(counted[row - window + 1 : row + 1]) + row - window + 1
        if 2 * part.size >= window:
            yield row, ry[part], rx[part]


def test_pearson_and_beta_equal_long_double_at_any_level():
    y, x, counted = spaced()
    pearson = rolling_correlation(y, x, counted, 60)
    beta, error = rolling_beta(y, x, counted, 60)
    seen = 0
    for row, ry, rx in windows(y, x, counted, 60):
        dy, dx = ry - ry.mean(), rx - rx.mean()
        slope = (dy @ dx) / (dx @ dx)
        assert pearson[row] == pytest.approx(float((dy @ dx) / np.sqrt((dy @ dy) * (dx @ dx))), abs=1e-12)
        assert beta[row] == pytest.approx(float(slope), rel=1e-11, abs=0)
        rest = dy - slope * dx
        assert error[row] == pytest.approx(float(np.sqrt((rest @ rest) / (ry.size - 2) / (dx @ dx))), rel=1e-11, abs=0)
        seen += 1
    assert seen > 300


def test_beta_equals_statsmodels():
    import statsmodels.api as sm

    y, x, counted = spaced()
    beta, error = rolling_beta(y, x, counted, 120)
    for row, ry, rx in list(windows(y, x, counted, 120))[::40]:
        fit = sm.OLS(ry.astype(float), sm.add_constant(rx.astype(float))).fit()
        assert beta[row] == pytest.approx(fit.params[1], rel=1e-10, abs=0)
        assert error[row] == pytest.approx(fit.bse[1], rel=1e-10, abs=0)


def test_legs_that_move_as_one_have_no_error_and_a_still_leg_no_beta():
    y, x = prices(80)
    counted = follows(np.arange(80) * STEP, STEP)
    beta, error = rolling_beta(x * 7.0, x, counted, 30)
    np.testing.assert_allclose(beta[30:], 1.0, rtol=1e-12)
    assert (error[30:] == 0.0).all()
    assert np.isnan(rolling_beta(y, np.full(80, 3.0), counted, 30)).all()


def test_spearman_equals_scipy_with_ties_and_holes():
    from scipy.stats import spearmanr

    y, x, counted = spaced()
    # Ranks of float64 returns: a tie in them is a tie.
    ry, rx = log_returns(y, counted), log_returns(x, counted)
    found = rolling_spearman(y, x, counted, 60)
    ties = 0
    for row in range(60, y.size):
        part = np.flatnonzero(counted[row - 59 : row + 1]) + row - 59
        if 2 * part.size < 60:
            assert np.isnan(found[row])
            continue
        ties += np.unique(ry[part]).size < part.size
        assert found[row] == pytest.approx(spearmanr(ry[part], rx[part]).statistic, abs=1e-13)
    assert ties > 100


def test_one_big_print_moves_pearson_but_not_the_ranks():
    y, x = prices(200)
    counted = follows(np.arange(200) * STEP, STEP)
    bad_y, bad_x = y.copy(), x.copy()
    bad_y[150:], bad_x[150:] = bad_y[150:] * 3, bad_x[150:] / 3
    assert abs(rolling_correlation(bad_y, bad_x, counted, 60)[160] - rolling_correlation(y, x, counted, 60)[160]) > 1
    assert abs(rolling_spearman(bad_y, bad_x, counted, 60)[160] - rolling_spearman(y, x, counted, 60)[160]) < 0.15


def test_spearman_of_a_broken_price_or_a_still_leg_is_nan():
    y, x = prices(100)
    counted = follows(np.arange(100) * STEP, STEP)
    assert np.isnan(rolling_spearman(y, np.full(100, 2.0), counted, 20)).all()
    y[40] = 0.0
    found = rolling_spearman(y, x, counted, 20)
    assert np.isnan(found[40:61]).all()
    assert np.isfinite(found[61:]).all()


def test_ewm_equals_pandas():
    import pandas as pd

    y, x, counted = spaced()
    found = ewm_correlation(y, x, counted, 20.0)
    ry, rx = (pd.Series(np.where(counted, np.r_[np.nan, np.diff(np.log(leg))], np.nan)) for leg in (y, x))
    expected = ry.ewm(halflife=20.0, ignore_na=True).corr(rx).ffill()
    np.testing.assert_allclose(found[5:], expected[5:], rtol=0, atol=1e-12)


def test_ewm_survives_long_stillness_after_a_storm():
    y, x = prices(4000)
    y[200:] = y[200]
    found = ewm_correlation(y, x, follows(np.arange(4000) * STEP, STEP), 2.0)
    assert np.isfinite(found[150:200]).all()
    assert np.isnan(found[-1])  # what is left of y's movement is denormal


def test_compiled_ewm_is_the_plain_one_to_the_last_bit(machine_code):
    y, x, counted = spaced()
    ry, rx = (np.where(counted, log_returns(leg, counted), np.nan) for leg in (y, x))
    plain, compiled = np.empty(y.size), np.empty(y.size)
    ewm_correlations(ry, rx, 0.97, plain)
    assert fast(ewm_correlations) is not ewm_correlations
    fast(ewm_correlations)(ry, rx, 0.97, compiled)
    np.testing.assert_array_equal(plain, compiled)
