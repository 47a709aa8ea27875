"""Rolling statistics against long-double brute force, plain and compiled, and what spikes, NaN and appending do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import compiled
from analytics.hedge import Fit, fit_ols
from analytics.rolling import rolling_mean_sd, rolling_ols, rolling_spread, rolling_sum, rolling_z


@pytest.fixture(scope="module")
def twins():
    """The compiled loops, put back as they were afterwards."""
    before = dict(compiled._compiled)
    compiled.load()
    after = dict(compiled._compiled)
    compiled._compiled.clear()
    compiled._compiled.update(before)
    return after


@pytest.fixture(params=["plain", "compiled"], autouse=True)
def path(request, twins, monkeypatch):
    """Every test runs on both paths."""
    monkeypatch.setattr(compiled, "_compiled", twins if request.param == "compiled" else {})
    return request.param


def windows(values, window):
    return np.lib.stride_tricks.sliding_window_view(np.asarray(values, dtype=np.longdouble), window)


def exact_slope(y, x, window):
    dy, dx = (part - part.mean(axis=1, keepdims=True) for part in (windows(y, window), windows(x, window)))
    return (dy * dx).sum(axis=1) / (dx * dx).sum(axis=1)


def exact_z(values, window):
    part = windows(values, window)
    return (part[:, -1] - part.mean(axis=1)) / part.std(axis=1, ddof=1)


def walk(n, step, level, seed=7):
    return level + np.random.default_rng(seed).normal(0, step, n).cumsum()


@pytest.mark.parametrize("level", [1e2, 1e5, 1e7])
@pytest.mark.parametrize("window", [20, 300])
def test_slope_equals_long_double_at_any_level(level, window):
    x = walk(1500, 0.05, level)
    y = 2 + 1.5 * x + np.random.default_rng(1).normal(0, 0.05, x.size)
    slope = rolling_ols(y, x, window).slope
    assert np.isnan(slope[: window - 1]).all()
    exact = exact_slope(y, x, window).astype(float)
    assert np.abs(slope[window - 1 :] / exact - 1).max() < 1e-11


def test_z_equals_long_double_at_high_level_and_tiny_step():
    values = walk(2000, 1e-3, 1e5)
    z = rolling_z(values, 300)[299:]
    assert np.abs(z - exact_z(values, 300).astype(float)).max() < 1e-9


def test_sigma_and_r_squared_equal_long_double_even_for_nearly_collinear_legs():
    x = walk(600, 0.5, 1e4)
    y = 3 * x + np.random.default_rng(2).normal(0, 1e-5, x.size)
    fit = rolling_ols(y, x, 60)
    yw, xw = windows(y, 60), windows(x, 60)
    dy, dx = yw - yw.mean(axis=1, keepdims=True), xw - xw.mean(axis=1, keepdims=True)
    rest = dy - exact_slope(y, x, 60)[:, None] * dx
    sigma = np.sqrt((rest * rest).sum(axis=1) / 59).astype(float)
    assert (fit.r_squared[59:] > 1 - 1e-9).all()
    assert np.abs(fit.sigma[59:] / sigma - 1).max() < 1e-6


@pytest.mark.parametrize("spike_at", [30, 40, 41, 59, 60])
def test_a_flat_window_after_a_spike_has_variance_exactly_zero(spike_at):
    values = np.full(200, 3.7)
    values[spike_at] = 1e5
    mean, sd = rolling_mean_sd(values, 20)
    clean = np.r_[19:spike_at, spike_at + 20 : 200]
    assert (sd[clean] == 0).all()
    assert (mean[clean] == 3.7).all()
    assert np.isnan(rolling_z(values, 20)[clean]).all()
    assert np.isnan(rolling_ols(values, np.arange(200.0), 20).slope[clean]).all()


@pytest.mark.parametrize("spike_at", [40, 47])
def test_tiny_noise_after_a_spike_is_still_exact(spike_at):
    values = np.random.default_rng(3).normal(0, 1e-6, 300)
    values[spike_at] = 1000.0
    z = rolling_z(values, 20)[19:]
    assert np.abs(z - exact_z(values, 20).astype(float)).max() < 1e-9


def test_rounding_of_a_still_price_is_not_movement():
    values = np.where(np.arange(100) % 2, 0.3, 0.1 + 0.2)
    assert np.isnan(rolling_z(values, 20)).all()
    assert np.isnan(rolling_ols(np.arange(100.0), values, 20).slope).all()


@given(
    bad=st.dictionaries(st.integers(0, 149), st.sampled_from([np.nan, np.inf, -np.inf]), min_size=1, max_size=5),
    window=st.integers(3, 40),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nan_and_inf_poison_only_windows_that_hold_them(bad, window):
    x = walk(150, 0.1, 50.0)
    y = walk(150, 0.1, 80.0, seed=9)
    clean = rolling_ols(y, x, window), rolling_z(x, window), rolling_mean_sd(x, window)[1]
    broken = x.copy()
    broken[list(bad)] = list(bad.values())
    held = np.array([any(t - window < place <= t for place in bad) for t in range(150)])
    found = rolling_ols(y, broken, window), rolling_z(broken, window), rolling_mean_sd(broken, window)[1]
    for ours, reference in (
        (found[0].slope, clean[0].slope),
        (found[0].sigma, clean[0].sigma),
        (found[1], clean[1]),
        (found[2], clean[2]),
    ):
        assert np.isnan(ours[held]).all()
        np.testing.assert_array_equal(ours[~held], reference[~held])


@given(cut=st.integers(1, 199), window=st.integers(3, 60))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_appending_changes_no_earlier_bit(cut, window):
    x, y = walk(200, 0.1, 1e4), walk(200, 0.1, 50.0, seed=5)
    whole, part = rolling_ols(y, x, window), rolling_ols(y[:cut], x[:cut], window)
    for name in ("slope", "intercept", "sigma", "r_squared"):
        assert getattr(whole, name)[:cut].tobytes() == getattr(part, name).tobytes()
    assert rolling_z(x, window)[:cut].tobytes() == rolling_z(x[:cut], window).tobytes()


def test_last_row_equals_the_single_fit():
    x = walk(400, 0.05, 1e5)
    y = 5 + 0.7 * x + np.random.default_rng(4).normal(0, 0.3, x.size)
    rolling = rolling_ols(y, x, 120)
    for row in range(119, 400, 7):
        fit = fit_ols(y[row - 119 : row + 1], x[row - 119 : row + 1])
        assert isinstance(fit, Fit)
        assert rolling.slope[row] == pytest.approx(fit.slope, rel=1e-10, abs=0)
        assert rolling.intercept[row] == pytest.approx(fit.intercept, rel=1e-10, abs=0)
        assert rolling.sigma[row] == pytest.approx(fit.sigma, rel=1e-10, abs=0)
        assert rolling.r_squared[row] == pytest.approx(fit.r_squared, rel=1e-10, abs=0)
        assert rolling.y_mean[row] == pytest.approx(fit.y_mean, rel=1e-14, abs=0)
        assert rolling.x_mean[row] == pytest.approx(fit.x_mean, rel=1e-14, abs=0)


@pytest.mark.parametrize("window", [20, 300, 1000])
def test_a_long_series_is_the_same_across_the_seams_of_its_pieces(window):
    x = walk(20_000, 0.05, 1e4)
    y = 1.5 * x + walk(20_000, 0.05, 0.0, seed=8)
    slope = rolling_ols(y, x, window).slope
    step = 8192 // window * window
    for row in (step - 1, step, step + 1, step + window - 1, 2 * step, 19_999):
        part = slice(row - window + 1, row + 1)
        assert slope[row] == pytest.approx(exact_slope(y[part], x[part], window)[0], rel=1e-11, abs=0)
    assert np.isfinite(slope[window - 1 :]).all()


@pytest.mark.parametrize("size", [0, 1, 19, 20, 21, 40])
def test_short_series_are_not_ready_and_whole_blocks_fit(size):
    values = np.arange(float(size))
    total = rolling_sum(values, 20)
    assert total.size == size
    assert np.isfinite(total).sum() == max(0, size - 19)
    assert rolling_ols(values, values, 20).slope.size == size


def test_wrong_shapes_are_refused_with_the_parameter_named():
    with pytest.raises(ValueError, match="`y` and `x` must be equally long"):
        rolling_ols(np.ones(5), np.ones(4), 3)
    with pytest.raises(ValueError, match="`window` at least 2"):
        rolling_sum(np.ones(5), 1)


@pytest.mark.parametrize(
    ("middle", "step", "sd"),
    [(10_000_002.0, 1.0, 1.0), (1.2, 0.1, 0.1), (1_000_000.2, 0.1, 0.1), (1e7 + 0.2, 0.1, 0.1)],
)
def test_deviation_equals_the_certified_values_of_nist(middle, step, sd):
    n = 3 if step == 1.0 else 1001
    values = np.r_[middle, np.tile([middle - step, middle + step], n // 2)]
    # What float64 makes of 10000000.2 is 1e-8 of the deviation away from it.
    assert rolling_mean_sd(values, n)[1][-1] == pytest.approx(
        sd, rel=1e-14 if step == 1.0 else 2e-15 * middle / step, abs=0
    )


def test_a_million_rows_do_not_drift():
    ticks = np.random.default_rng(12).integers(-1, 2, 1_000_000).cumsum()
    values = np.round(1e5 + 0.01 * ticks, 2)
    z, slope = rolling_z(values, 300)[-2000:], rolling_ols(values, values[::-1], 300).slope[-1]
    assert np.abs(z - exact_z(values[-2299:], 300).astype(float)).max() < 1e-9
    assert slope == pytest.approx(float(exact_slope(values[-300:], values[::-1][-300:], 300)[0]), rel=1e-10, abs=0)


def test_z_after_compares_with_the_window_before():
    values = walk(500, 1e-3, 1e5)
    z = rolling_spread(values, 60).z_after(values)
    part = windows(values, 60)[:-1]
    exact = (values[60:] - part.mean(axis=1)) / part.std(axis=1, ddof=1)
    assert np.isnan(z[:60]).all()
    assert np.abs(z[60:] - exact.astype(float)).max() < 1e-9
    assert np.isnan(rolling_spread(np.r_[np.full(20, 0.3), 5.0], 20).z_after(np.r_[np.full(20, 0.3), 5.0])).all()
