"""The as-of spread: its definition row by row, and that nothing printed is ever repainted."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.hedge import Fit, fit_ols
from analytics.market import CLOSE, FLAGS, PARTIAL
from analytics.spec import PairSpec
from analytics.spread import PairHistory, extend_history, pair_history

from .conftest import make_pair

SPEC = PairSpec("sim:YYY", "sim:XXX", window=20)
COLUMNS = [field.name for field in fields(PairHistory)]


def same(left: PairHistory, right: PairHistory, rows: slice = slice(None)) -> bool:
    return all(getattr(left, name)[rows].tobytes() == getattr(right, name)[rows].tobytes() for name in COLUMNS)


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
        assert history.hedge_ratio[row] == pytest.approx(fit.slope, rel=1e-10)
        assert history.intercept[row] == pytest.approx(fit.intercept, rel=1e-9)
        assert history.sigma[row] == pytest.approx(fit.sigma, rel=1e-10)
        assert history.spread[row] == pytest.approx(spread, abs=1e-9)
        assert history.z[row] == pytest.approx(spread / fit.sigma, abs=1e-7)


@given(cut=st.integers(1, 299), window=st.sampled_from([20, 37, 120]), seed=st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_a_later_bar_changes_no_earlier_bit(cut, window, seed):
    spec = replace(SPEC, window=window)
    y, x = make_pair(300, seed)
    assert same(pair_history(y, x, spec), pair_history(y[:cut], x[:cut], spec), slice(0, cut))


@given(cuts=st.lists(st.integers(1, 299), min_size=1, max_size=6), window=st.sampled_from([20, 37, 120]))
@settings(max_examples=40, deadline=None)
def test_extending_equals_computing_anew_bit_by_bit(cuts, window):
    spec = replace(SPEC, window=window)
    y, x = make_pair(300)
    x = np.delete(x, [50, 51, 170], axis=0)
    history = pair_history(y[: min(cuts)], x[: min(cuts)], spec)
    for cut in [*sorted(cuts), 300]:
        longer = extend_history(history, y[:cut], x[:cut], spec)
        assert longer is not None
        history = longer
    assert same(history, pair_history(y, x, spec))


def test_rows_stay_as_printed_when_the_oldest_bars_leave():
    y, x = make_pair(400)
    before = pair_history(y[:300], x[:300], SPEC)
    after = extend_history(before, y[70:], x[70:], SPEC)
    assert after is not None
    assert after.open_ms.tolist() == pair_history(y, x, SPEC).open_ms[70:].tolist()
    assert after.z[:230].tobytes() == before.z[70:].tobytes()
    np.testing.assert_allclose(after.z, pair_history(y, x, SPEC).z[70:], rtol=1e-9)
    np.testing.assert_allclose(after.correlation, pair_history(y, x, SPEC).correlation[70:], rtol=1e-9)


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


def test_legs_that_move_as_one_have_no_z():
    y, x = make_pair(60)
    y[:, CLOSE] = 2 * x[:, CLOSE]
    history = pair_history(y, x, SPEC)
    assert (history.sigma[20:] == 0).all()
    assert np.isnan(history.z).all()
    np.testing.assert_allclose(history.hedge_ratio[20:], 2)
