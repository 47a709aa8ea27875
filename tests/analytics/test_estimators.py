"""Estimators of the hedge ratio against independent ones: SVD, statsmodels, all slopes listed; and themselves."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from analytics import compiled
from analytics.align import align
from analytics.estimators import ESTIMATORS, robust
from analytics.estimators.grid import GridOnline, Huber, TheilSen
from analytics.estimators.robust import huber, lines, theil_sen
from analytics.estimators.windowed import fit_tls
from analytics.hedge import Line, NoFit, fit_ols
from analytics.inputs import Pair
from analytics.registry import measure

from .conftest import make_bars, make_pair
from .test_real_data import minutes


@pytest.fixture(scope="module", autouse=True)
def loaded():
    compiled.load()


@pytest.fixture
def plain(monkeypatch):
    """As it is until the compiler is through."""

    def use():
        monkeypatch.setattr(compiled, "_compiled", {})

    return use


def walks(n, seed=20240601, level=100.0, digits=None):
    random = np.random.default_rng(seed)
    x = level + random.normal(0, 0.05, n).cumsum()
    y = 2 + 1.5 * x + random.normal(0, 0.05, n)
    return (y, x) if digits is None else (y.round(digits), x.round(digits))


def pair_of(y, x):
    return Pair(align(make_bars(y), make_bars(x)), 60_000)


def every_slope(y, x):
    one, other = np.triu_indices(y.size, 1)
    apart = x[one] != x[other]
    return np.median((y[one] - y[other])[apart] / (x[one] - x[other])[apart])


def svd_line(y, x):
    _, _, turned = np.linalg.svd(np.column_stack([x - x.mean(), y - y.mean()]), full_matrices=False)
    slope = -turned[-1, 0] / turned[-1, 1]
    return slope, np.std((y - y.mean()) - slope * (x - x.mean()), ddof=1)


@pytest.mark.parametrize(("seed", "level"), list(product(range(5), (0.0, 1e2, 1e5))))
def test_tls_equals_the_svd(seed, level):
    y, x = walks(300, seed, level)
    if seed == 3:
        x = 0.01 * x[::-1]
    fit = fit_tls(y, x)
    assert isinstance(fit, Line)
    slope, sigma = svd_line(y, x)
    assert fit.slope == pytest.approx(slope, rel=1e-12, abs=0)
    assert fit.sigma == pytest.approx(sigma, rel=1e-10, abs=0)
    swapped = fit_tls(x, y)
    assert isinstance(swapped, Line)
    assert fit.slope * swapped.slope == pytest.approx(1, rel=1e-12, abs=0)
    assert fit.residual(float(y[5]), float(x[5])) == pytest.approx(y[5] - fit.intercept - fit.slope * x[5], abs=1e-8)


def test_rolling_tls_is_the_svd_of_each_window():
    y, x = walks(200, level=1e5)
    found = measure("tls").run(pair_of(y, x), window=50)
    for row in range(50, 200, 7):
        slope, sigma = svd_line(y[row - 50 : row], x[row - 50 : row])
        assert found.hedge_ratio[row] == pytest.approx(slope, rel=1e-11, abs=0)
        assert found.sigma[row] == pytest.approx(sigma, rel=1e-10, abs=0)


def test_an_upright_line_has_no_ratio_and_a_level_one_is_zero():
    steps = np.array([1.0, -1.0, 1.0, -1.0])
    across = np.array([1.0, 1.0, -1.0, -1.0])
    assert isinstance(fit_tls(3 * steps, across), NoFit)
    level = fit_tls(steps, 3 * across)
    assert isinstance(level, Line)
    assert (level.slope, level.intercept) == (0.0, 0.0)


@pytest.mark.parametrize(("seed", "scale"), list(product(range(6), ("level", "log"))))
def test_huber_equals_statsmodels(seed, scale):
    from statsmodels.api import RLM, add_constant
    from statsmodels.robust.norms import HuberT

    y, x = walks(120, seed)
    y[[3, 50, 51]] += (4.0, -9.0, 30.0)
    y, x = (np.log(y), np.log(x)) if scale == "log" else (y, x)
    peer = RLM(y, add_constant(x - x.mean()), M=HuberT()).fit(tol=1e-13, maxiter=1000)
    fit = Huber.fit(y, x)
    assert isinstance(fit, Line)
    assert fit.slope == pytest.approx(peer.params[1], rel=1e-10, abs=0)
    assert fit.intercept + fit.slope * x.mean() == pytest.approx(peer.params[0], rel=1e-12, abs=0)
    assert fit.sigma == pytest.approx(peer.scale, rel=1e-8)
    swapped, peer = Huber.fit(x, y), RLM(x, add_constant(y - y.mean()), M=HuberT()).fit(tol=1e-13, maxiter=1000)
    assert isinstance(swapped, Line)
    assert swapped.slope == pytest.approx(peer.params[1], rel=1e-10, abs=0)


@pytest.mark.parametrize("digits", [None, 2, 1, 0])
@pytest.mark.parametrize("n", [3, 60, 201, 517])
def test_theil_sen_is_the_median_of_every_slope_to_the_last_bit(n, digits):
    for level in (0.0, 1e2, 1e5, 1e7):
        y, x = walks(n, n, level, digits)
        if np.ptp(x) == 0 or np.ptp(y) == 0:
            continue
        fit = TheilSen.fit(y, x)
        assert isinstance(fit, Line)
        assert fit.slope == every_slope(y, x)


def test_theil_sen_equals_scipy():
    from scipy.stats import theilslopes

    y, x = walks(300)
    fit, peer = TheilSen.fit(y, x), theilslopes(y, x, method="joint")
    assert isinstance(fit, Line)
    assert fit.slope == peer.slope
    assert fit.intercept == pytest.approx(peer.intercept, abs=1e-9)


@pytest.mark.parametrize("find", [huber, theil_sen])
@pytest.mark.parametrize(("window", "digits"), [(20, None), (20, 1), (121, 2), (203, None), (230, 2)])
def test_plain_and_compiled_agree_to_the_last_bit(find, window, digits, plain):
    y, x = walks(600, digits=digits)
    y[::37] += 5
    last = np.arange(window - 1, 600, 41)
    fast = lines(y, x, window, last, find)
    plain()
    slow = lines(y, x, window, last, find)
    assert fast.tobytes() == slow.tobytes()
    one = lines(y, x, window, last[3:4], find)
    assert one.tobytes() == slow[3:4].tobytes()


@pytest.mark.parametrize("window", [999, 1000])
@pytest.mark.parametrize("digits", [None, 2, 1])
def test_the_longest_window_needs_no_compiler(window, digits, plain):
    y, x = walks(1050, digits=digits)
    last = np.array([window - 1, 1020, 1049])
    fast = lines(y, x, window, last, theil_sen)
    plain()
    assert lines(y, x, window, last, theil_sen).tobytes() == fast.tobytes()
    assert fast[2, 0] == every_slope(y[-window:], x[-window:])


@pytest.mark.parametrize("digits", [None, 1])
def test_a_sample_that_errs_does_not_move_the_median(digits, plain, monkeypatch):
    y, x = walks(400, digits=digits)
    ys, xs = (np.lib.stride_tricks.sliding_window_view(column, 50) for column in (y, x))
    plain()
    whole = theil_sen(ys, xs)
    monkeypatch.setattr(robust, "_SAMPLE", 3)
    assert theil_sen(ys, xs).tobytes() == whole.tobytes()
    assert whole[7, 0] == every_slope(ys[7], xs[7])


def test_a_leg_that_mostly_stands_still_has_a_slope_of_plus_zero(plain):
    y, x = np.repeat([5.0, 6.0], (50, 10)), np.random.default_rng(1).normal(size=60)
    fast = theil_sen(y[None], x[None])
    plain()
    assert theil_sen(y[None], x[None]).tobytes() == fast.tobytes()
    assert str(fast[0, 0]) == "0.0"


def test_the_loops_themselves_run_as_plain_python(plain):
    from analytics.loops.robust import huber_lines, theil_sen_slopes

    y, x = (column - column.mean() for column in walks(60, digits=2))
    y, x = y[None], x[None]
    listed, chosen, found, plain_found = np.empty(1), np.empty(1), np.empty((1, 4)), np.empty((1, 4))
    theil_sen_slopes(y, x, 100, listed)
    theil_sen_slopes(y, x, 1, chosen)
    assert listed[0] == chosen[0] == every_slope(y[0], x[0])
    compiled.fast(huber_lines)(y, x, found)
    huber_lines(y, x, plain_found)
    assert found.tobytes() == plain_found.tobytes()


@pytest.mark.parametrize("name", ["huber", "theil_sen"])
def test_one_big_print_turns_least_squares_only(name):
    y, x = walks(60)
    shaken = y.copy()
    shaken[-4] += 50
    calm, turned, plain_turned = (ESTIMATORS[name].fit(v, x) for v in (y, shaken)), fit_ols(y, x), fit_ols(shaken, x)
    before, after = calm
    assert abs(after.slope - before.slope) < 0.1
    assert after.sigma < 1.3 * before.sigma
    assert abs(plain_turned.slope - turned.slope) > 1


@pytest.mark.parametrize("name", ["huber", "theil_sen"])
@pytest.mark.parametrize("every", [1, 5, 7])
def test_the_grid_is_the_clock_and_a_line_never_knows_its_row(name, every):
    y, x = make_pair(200)
    keep = np.delete(np.arange(200), [40, 41, 42, 90, 105, *range(130, 150)])
    shared = align(y[keep], x[keep])
    found = measure(name).run(Pair(shared, 60_000), window=30, every=every)
    line = None
    for row in range(keep.size):
        if line is None:
            assert np.isnan(found.z[row])
        else:
            assert found.hedge_ratio[row] == line.slope
            assert found.spread[row] == line.residual(shared.y[row], shared.x[row])
        new_cell = row and shared.open_ms[row] // (every * 60_000) != shared.open_ms[row - 1] // (every * 60_000)
        if row == 29 or (row > 29 and new_cell):
            line = ESTIMATORS[name].fit(shared.y[row - 29 : row + 1], shared.x[row - 29 : row + 1])


def test_the_grid_online_keeps_one_window():
    live = GridOnline(Huber(), 60_000, window=20, scale="level", every=5)
    shared = align(*make_pair(300))
    for row in zip(*(column.tolist() for column in shared), strict=True):
        live.update(type(shared)._make(row))
    assert len(live._held) == 20


@pytest.mark.real_data
def test_recorded_minutes_of_btc_and_eth(real_data):
    from scipy.stats import theilslopes
    from statsmodels.api import RLM, add_constant
    from statsmodels.robust.norms import HuberT

    y, x = minutes(real_data, "ETH")[:900], minutes(real_data, "BTC")[:900]
    fit = Huber.fit(y, x)
    peer = RLM(y - y.mean(), add_constant(x - x.mean()), M=HuberT()).fit(tol=1e-13, maxiter=1000)
    assert fit.slope == pytest.approx(peer.params[1], rel=1e-10, abs=0)
    assert TheilSen.fit(y, x).slope == theilslopes(y, x).slope
    assert fit_tls(y, x).slope == pytest.approx(svd_line(y, x)[0], rel=1e-12, abs=0)
