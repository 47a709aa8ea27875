"""The Kalman hedge ratio against pykalman and long double, and what a filter must survive."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analytics import compiled
from analytics.align import align
from analytics.estimators.base import Rows
from analytics.estimators.kalman import kalman_columns, line_of, started
from analytics.hedge import fit_ols
from analytics.inputs import Pair
from analytics.loops.kalman import kalman_filter
from analytics.registry import measure

from .conftest import START_MS, make_bars

KALMAN = measure("kalman")


@pytest.fixture(scope="module", autouse=True)
def loaded():
    compiled.load()


def walks(n, level=100.0, seed=20240601):
    random = np.random.default_rng(seed)
    x = level + random.normal(0, 0.05, n).cumsum()
    return 2 + 1.5 * x + random.normal(0, 0.05, n), x


def pair_of(y, x):
    return Pair(align(make_bars(y), make_bars(x)), 60_000)


def rows_of(y, x):
    return Rows(START_MS + 60_000 * np.arange(y.size), y, x, 60_000)


def peer(y, x, start, cov, scale):
    """pykalman's filtered means and covariances. It takes the first row in without a step: that is in its start."""
    from pykalman import KalmanFilter

    steps, noise = scale
    seen = np.column_stack([np.ones(x.size), x])[:, None, :]
    model = KalmanFilter(
        np.eye(2),
        seen,
        steps[1:],
        noise[:, None, None],
        initial_state_mean=start,
        initial_state_covariance=cov + steps[0],
    )
    return model.filter(np.ma.masked_invalid(y))


def steady(n, level_step, slope_step, noise):
    """One scale for all rows, about x = 0."""
    return np.tile(np.array([[0.0], [level_step], [slope_step], [noise]]), (1, n))


@pytest.mark.parametrize("hidden", [False, True])
def test_the_filter_equals_pykalman(hidden):
    y, x = walks(400)
    y, x = y - y[0], x - x[0]
    if hidden:
        y[[50, 51, 200]] = np.nan
    q0, q1, r = 1e-5, 1e-6, 2.5e-3
    q = np.tile(np.diag([q0, q1]), (400, 1, 1))
    means, covs = peer(y, x, [0.1, 1.2], np.diag([0.3, 0.2]), (q, np.full(400, r)))
    state, prior = np.array([0.1, 1.2, 0.3, 0.0, 0.2, 0.0]), np.empty((5, 400))
    compiled.fast(kalman_filter)(y, x, steady(400, q0, q1, r), state, prior)
    np.testing.assert_allclose(prior[:2, 1:], means[:-1].T, atol=1e-11, rtol=0)
    np.testing.assert_allclose(prior[2, 1:], covs[:-1, 1, 1] + q1, rtol=1e-11)
    np.testing.assert_allclose(state[:2], means[-1], atol=1e-11, rtol=0)
    np.testing.assert_allclose(state[2:5], covs[-1][[0, 0, 1], [0, 1, 1]], atol=1e-14, rtol=1e-10)
    # The innovation is that of the prior, never the residual after the row was taken in.
    seen = ~np.isnan(y[1:])
    before = covs[:-1] + np.diag([q0, q1])
    spread = (before[:, 0, 0] + 2 * before[:, 0, 1] * x[1:] + before[:, 1, 1] * x[1:] ** 2 + r)[seen]
    np.testing.assert_allclose(prior[3, 1:][seen], (y[1:] - means[:-1, 0] - means[:-1, 1] * x[1:])[seen], atol=1e-11)
    np.testing.assert_allclose(prior[4, 1:][seen], spread, rtol=1e-10)
    assert np.isnan(prior[3:, 1:][:, ~seen]).all()


@pytest.mark.parametrize(("delta", "noise", "scale"), [(1e-4, 1.0, "level"), (1e-2, 0.5, "level"), (1e-3, 2.0, "log")])
def test_the_measure_equals_pykalman_on_prices(delta, noise, scale):
    y, x = walks(300)
    found = KALMAN.run(pair_of(y, x), window=60, delta=delta, noise=noise, scale=scale)
    y, x = (np.log(y), np.log(x)) if scale == "log" else (y, x)
    fits = [fit_ols(y[row - 60 : row], x[row - 60 : row]) for row in range(60, 300)]
    r = np.array([noise * fit.residual_se**2 for fit in fits])
    drift = delta / (1 - delta)
    # Level and slope about the mean of x, as covariances of intercept and slope at x = 0.
    turns = [np.array([[1.0, -fit.x_mean], [0.0, 1.0]]) for fit in fits]
    spans = [np.var(x[row - 60 : row]) for row in range(60, 300)]
    each = zip(turns, r, spans, strict=True)
    q = np.array([turn @ np.diag([drift * one, drift * one / span]) @ turn.T for turn, one, span in each])
    cov = turns[0] @ np.diag([r[0] / 60, noise * fits[0].slope_se ** 2]) @ turns[0].T
    means, covs = peer(y[60:], x[60:], [fits[0].intercept, fits[0].slope], cov, (q, r))
    np.testing.assert_allclose(found.hedge_ratio[61:], means[:-1, 1], atol=1e-9, rtol=0)
    np.testing.assert_allclose(found.intercept[61:], means[:-1, 0], atol=1e-7, rtol=0)
    np.testing.assert_allclose(found.hedge_ratio_se[61:] ** 2, covs[:-1, 1, 1] + q[1:, 1, 1], rtol=1e-6)
    spread = y[61:] - means[:-1, 0] - means[:-1, 1] * x[61:]
    np.testing.assert_allclose(found.spread[61:], spread, atol=1e-9)
    np.testing.assert_allclose(found.z, found.spread / found.sigma)


def test_plain_and_compiled_agree_to_the_last_bit(monkeypatch):
    y, x = walks(500, 1e5)
    x[100] = np.nan
    fast = kalman_columns(rows_of(y, x), 60, None, delta=1e-3, noise=1.0)
    monkeypatch.setattr(compiled, "_compiled", {})
    plain = kalman_columns(rows_of(y, x), 60, None, delta=1e-3, noise=1.0)
    assert all(left.tobytes() == right.tobytes() for left, right in zip(fast.as_of, plain.as_of, strict=True))
    assert fast.state == plain.state


@pytest.mark.parametrize("level", [1e2, 1e5, 1e7])
def test_high_prices_cost_no_digits(level):
    y, x = walks(4_000, level)
    found = kalman_columns(rows_of(y, x), 120, None, delta=1e-4, noise=1.0)
    start = started(y[:120], x[:120], 0, delta=1e-4, noise=1.0)
    exact = np.longdouble
    level_now, slope, p00, p01, p11 = map(exact, start.held[:5])
    centre, drift, worst = exact(0), exact(1e-4) / exact(1 - 1e-4), exact(0)
    for row in range(120, 4_000):
        wy, wx = y[row - 120 : row].astype(exact), x[row - 120 : row].astype(exact)
        dx, dy = wx - wx.mean(), wy - wy.mean()
        r = ((dy - (dx @ dy) / (dx @ dx) * dx) ** 2).sum() / 118
        move = wx.mean() - exact(start.x_ref) - centre
        centre += move
        level_now += slope * move
        p00, p01 = p00 + 2 * p01 * move + p11 * move**2 + drift * r, p01 + p11 * move
        p11 += drift * r * 120 / (dx @ dx)
        at = exact(x[row]) - exact(start.x_ref) - centre
        h0, h1 = p00 + p01 * at, p01 + p11 * at
        s = h0 + at * h1 + r
        error = exact(y[row]) - exact(start.y_ref) - level_now - slope * at
        worst = max(worst, abs(error / np.sqrt(s) - exact(found.as_of.z[row])))
        level_now, slope = level_now + h0 / s * error, slope + h1 / s * error
        p00, p01, p11 = p00 - h0 * h0 / s, p01 - h0 * h1 / s, p11 - h1 * h1 / s
    assert worst < 2e-10
    held = found.state.held
    assert held.slope == pytest.approx(float(slope), rel=1e-10, abs=0)
    assert held.p11 > 0
    assert held.p00 * held.p11 > held.p01**2


def test_one_delta_is_one_memory_at_every_price_and_scale():
    y, x = walks(400)
    plain = KALMAN.run(pair_of(y, x))
    for y_unit, x_unit in ((1e3, 1.0), (1.0, 1e-4), (1e-5, 1e5)):
        other = KALMAN.run(pair_of(y_unit * y, x_unit * x))
        np.testing.assert_allclose(other.z, plain.z, atol=1e-8)
        np.testing.assert_allclose(other.hedge_ratio * x_unit / y_unit, plain.hedge_ratio, rtol=1e-8)


def test_the_z_of_a_true_model_is_standard_normal_and_the_band_holds():
    random = np.random.default_rng(5)
    n, drift, r = 6_000, 1e-4, 0.04
    # x keeps its mean and its variance, so that the windows' scale is the true one.
    x = 50 + random.normal(0, 0.2, n)
    s2 = 0.04
    slope = 1.5 + random.normal(0, math.sqrt(drift * r / s2), n).cumsum()
    level = random.normal(0, math.sqrt(drift * r), n).cumsum()
    y = level + slope * (x - 50) + 80 + random.normal(0, math.sqrt(r), n)
    found = KALMAN.run(pair_of(y, x), window=200, delta=drift / (1 + drift))
    z = found.z[400:]
    assert 0.93 < z.std() < 1.07
    assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 0.05
    inside = np.abs(found.hedge_ratio - slope)[400:] < 1.96 * found.hedge_ratio_se[400:]
    assert 0.85 < inside.mean() < 0.99


def test_the_hedge_ratio_of_a_row_does_not_know_the_row():
    y, x = walks(100)
    shaken = y.copy()
    shaken[-1] += 3
    before, after = KALMAN.run(pair_of(y, x), window=60), KALMAN.run(pair_of(shaken, x), window=60)
    assert after.hedge_ratio[-1] == before.hedge_ratio[-1]
    assert after.sigma[-1] == before.sigma[-1]
    assert after.spread[-1] == pytest.approx(before.spread[-1] + 3, abs=1e-10)


def test_it_goes_on_from_its_state_to_the_last_bit():
    y, x = walks(300)
    rows = rows_of(y, x)
    whole = kalman_columns(rows, 60, None, delta=1e-4, noise=1.0)
    part = kalman_columns(rows_of(y[:170], x[:170]), 60, None, delta=1e-4, noise=1.0)
    # From a border of the rolling sums' blocks, and a whole window back.
    tail = Rows(rows.open_ms[60:], y[60:], x[60:], 60_000)
    rest = kalman_columns(tail, 60, part.state, delta=1e-4, noise=1.0)
    assert np.isnan(rest.as_of.z[:110]).all()
    assert rest.as_of.z[110:].tobytes() == whole.as_of.z[170:].tobytes()
    assert rest.state == whole.state


def test_where_it_began_is_forgotten():
    y, x = walks(2_000)
    whole = KALMAN.run(pair_of(y, x), window=60, delta=1e-3)
    later = KALMAN.run(pair_of(y[400:], x[400:]), window=60, delta=1e-3)
    gone = np.abs(later.z - whole.z[400:])
    assert gone[61] > 1e-3
    assert gone[500:].max() < 1e-5


def test_a_market_that_grows_wilder_is_measured_in_its_own_noise():
    random = np.random.default_rng(3)
    x = 100 + random.normal(0, 0.05, 3_000).cumsum()
    noise = np.where(np.arange(3_000) < 1_000, 0.05, 0.5)
    z = KALMAN.run(pair_of(2 + 1.5 * x + random.normal(0, 1, 3_000) * noise, x), window=120).z
    assert 0.9 < z[1_200:].std() < 1.15


def test_it_starts_where_a_window_first_has_a_line():
    y, x = walks(300)
    x[:40] = np.nan
    found = KALMAN.run(pair_of(y, x), window=60)
    assert np.isnan(found.z[:100]).all()
    assert np.isfinite(found.z[100:]).all()
    assert np.isnan(KALMAN.run(pair_of(2 * x[40:], x[40:]), window=60).z).all()


def test_the_forecast_says_where_it_is_less_sure():
    y, x = walks(200)
    state = kalman_columns(rows_of(y, x), 60, None, delta=1e-4, noise=1.0).state
    line = line_of(state, float("nan"), 60)
    assert line.sigma == line.sigma_at(line.x_mean)
    assert line.sigma_at(line.x_mean + 40) > line.sigma_at(line.x_mean)
    assert line.residual(3.0, 2.0) == pytest.approx(3.0 - line.intercept - 2.0 * line.slope, abs=1e-10)


@pytest.mark.real_data
def test_published_kalman_trades_of_ewa_and_ewc(real_data):
    """Chan 2013, example 3.3: delta 1e-4, noise 1e-3, from nothing; positions at -+1 sigma of the innovation."""
    table = np.genfromtxt(real_data / "pairs" / "inputData_EWA_EWC_IGE.csv", delimiter=",", names=True)
    x, y = table["EWA"], table["EWC"]
    state, prior, step = np.zeros(6), np.empty((5, y.size - 1)), 1e-4 / (1 - 1e-4)
    # His first row has no variance yet, so it teaches nothing.
    kalman_filter(y[1:], x[1:], steady(y.size - 1, step, step, 1e-3), state, prior)
    beta = np.r_[0.0, prior[1, 1:], state[1]]
    error, sigma = np.r_[y[0], prior[3]], np.r_[math.sqrt(1e-3), np.sqrt(prior[4])]
    units = np.where(error < -sigma, 1.0, 0.0) - np.where(error > sigma, 1.0, 0.0)
    held = units[:, None] * np.column_stack([-beta * x, y])
    moves = np.diff(np.column_stack([x, y]), axis=0) / np.column_stack([x, y])[:-1]
    gross = np.abs(held[:-1]).sum(axis=1)
    earned = np.divide((held[:-1] * moves).sum(axis=1), gross, out=np.zeros(gross.size), where=gross > 0)
    earned = np.r_[0.0, earned]
    assert np.prod(1 + earned) ** (252 / earned.size) - 1 == pytest.approx(0.262252, abs=1e-6)
    assert math.sqrt(252) * earned.mean() / earned.std(ddof=1) == pytest.approx(2.361162, abs=1e-5)
