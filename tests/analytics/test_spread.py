"""The as-of spread: its definition row by row, and that nothing printed is ever repainted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.align import Shared
from analytics.estimators import ESTIMATORS
from analytics.hedge import Fit, fit_ols
from analytics.inputs import Pair
from analytics.market import CLOSE, FLAGS, PARTIAL
from analytics.registry import measure
from analytics.spec import PairSpec
from analytics.spread import COLUMNS, PairHistory, extend_history, pair_history

from .conftest import make_pair

SPEC = PairSpec("sim:YYY", "sim:XXX", window=20)
METHODS = list(ESTIMATORS)


def same(left: PairHistory, right: PairHistory, rows: slice = slice(None)) -> bool:
    return all(getattr(left, name)[rows].tobytes() == getattr(right, name)[rows].tobytes() for name in COLUMNS)


def short(method: str) -> PairSpec:
    """The method with a window of 20, and a grid that is no divisor of it."""
    return replace(SPEC, method=method, options=(("every", 7),) if method in ("huber", "theil_sen") else ())


@pytest.mark.parametrize("scale", ["level", "log"])
def test_each_row_uses_the_window_before_it(scale):
    y_bars, x_bars = make_pair(90)
    history = pair_history(y_bars, x_bars, replace(SPEC, scale=scale))
    y, x = (np.log(bars[:, CLOSE]) if scale == "log" else bars[:, CLOSE] for bars in (y_bars, x_bars))
    for name in ("hedge_ratio", "intercept", "sigma", "spread", "z"):
        assert np.isnan(getattr(history, name)[:20]).all()
    for row in range(20, 90):
        fit = fit_ols(y[row - 20 : row], x[row - 20 : row])
        assert isinstance(fit, Fit)
        spread = y[row] - fit.intercept - fit.slope * x[row]
        assert history.hedge_ratio[row] == pytest.approx(fit.slope, rel=1e-10, abs=0)
        assert history.intercept[row] == pytest.approx(fit.intercept, rel=1e-9)
        assert history.sigma[row] == pytest.approx(fit.sigma, rel=1e-10, abs=0)
        assert history.spread[row] == pytest.approx(spread, abs=1e-9)
        assert history.z[row] == pytest.approx(spread / fit.sigma, abs=1e-7)


@pytest.mark.parametrize("scale", ["level", "log"])
@pytest.mark.parametrize("method", METHODS)
def test_the_history_is_the_measure_of_that_name(method, scale):
    y, x = make_pair(120)
    x = np.delete(x, [50, 51, 70], axis=0)
    spec = replace(short(method), scale=scale)
    history = pair_history(y, x, spec)
    shared = Shared(*(getattr(history, name) for name in Shared._fields))
    found = measure(method).run(Pair(shared, 60_000), window=20, scale=scale, **spec.settings)
    for name in ("hedge_ratio", "intercept", "sigma", "spread", "z"):
        assert getattr(history, name).tobytes() == getattr(found, name).tobytes(), name


@given(
    cut=st.integers(1, 299),
    window=st.sampled_from([20, 37, 120]),
    seed=st.integers(0, 5),
    method=st.sampled_from(METHODS),
)
@settings(max_examples=40, deadline=None)
def test_a_later_bar_changes_no_earlier_bit(cut, window, seed, method):
    spec = replace(short(method), window=window)
    y, x = make_pair(300, seed)
    assert same(pair_history(y, x, spec), pair_history(y[:cut], x[:cut], spec), slice(0, cut))


@given(
    cuts=st.lists(st.integers(1, 299), min_size=1, max_size=6),
    window=st.sampled_from([20, 37, 120]),
    method=st.sampled_from(METHODS),
)
@settings(max_examples=60, deadline=None)
def test_extending_equals_computing_anew_bit_by_bit(cuts, window, method):
    spec = replace(short(method), window=window)
    y, x = make_pair(300)
    x = np.delete(x, [50, 51, 170], axis=0)
    history = pair_history(y[: min(cuts)], x[: min(cuts)], spec)
    for cut in [*sorted(cuts), 300]:
        longer = extend_history(history, y[:cut], x[:cut], spec)
        assert longer is not None
        history = longer
    assert same(history, pair_history(y, x, spec))


@pytest.mark.parametrize("method", METHODS)
def test_rows_stay_as_printed_when_the_oldest_bars_leave(method):
    spec = short(method)
    y, x = make_pair(400)
    before = pair_history(y[:300], x[:300], spec)
    after = extend_history(before, y[70:], x[70:], spec)
    assert after is not None
    whole = pair_history(y, x, spec)
    assert after.open_ms.tolist() == whole.open_ms[70:].tolist()
    assert after.z[:230].tobytes() == before.z[70:].tobytes()
    np.testing.assert_allclose(after.z, whole.z[70:], rtol=1e-9)
    np.testing.assert_allclose(after.correlation, whole.correlation[70:], rtol=1e-9)


def test_a_filter_that_has_not_started_starts_when_it_can():
    spec = short("kalman")
    y, x = make_pair(120)
    y[:60, CLOSE] = x[:60, CLOSE] = 50.0
    before = pair_history(y[:50], x[:50], spec)
    assert before.state is None
    after = extend_history(before, y, x, spec)
    assert after is not None
    assert same(after, pair_history(y, x, spec))
    assert np.isfinite(after.z[90:]).all()


@pytest.mark.parametrize("column", [CLOSE, FLAGS])
def test_a_changed_bar_means_computing_all_of_it_again(column):
    y, x = make_pair(100)
    before = pair_history(y, x, SPEC)
    x[40, column] += PARTIAL
    assert extend_history(before, y, x, SPEC) is None
    assert pair_history(y, x, SPEC).z.tobytes() != before.z.tobytes() or column == FLAGS


def test_a_history_of_other_bars_is_not_extended():
    y, x = make_pair(100)
    before = pair_history(y[:40], x[:40], SPEC)
    assert extend_history(before, y[60:], x[60:], SPEC) is None
    assert extend_history(before, y[:0], x[:0], SPEC) is None
    assert extend_history(before, y[:30], x[:30], SPEC) is None


@pytest.mark.parametrize("method", METHODS)
def test_legs_that_move_as_one_have_no_z(method):
    y, x = make_pair(60)
    y[:, CLOSE] = 2 * x[:, CLOSE]
    history = pair_history(y, x, short(method))
    assert np.isnan(history.z).all()
    if method == "kalman":
        assert np.isnan(history.hedge_ratio).all()
    else:
        assert (history.sigma[20:] == 0).all()
        np.testing.assert_allclose(history.hedge_ratio[20:], 2)
