"""Dickey-Fuller statistics and their distribution against statsmodels, in all three ways they are computed."""

from __future__ import annotations

import numpy as np
import pytest

from analytics import compiled, unit_root
from analytics.loops import unit_root as loops
from analytics.mackinnon import mackinnon_critical, mackinnon_p
from analytics.unit_root import UnitRoots, dickey_fuller, most_lags


@pytest.fixture(scope="module")
def twins():
    compiled.load()


def ar(shocks, phi):
    values = np.zeros(shocks.size)
    for row in range(1, shocks.size):
        values[row] = phi * values[row - 1] + shocks[row]
    return values


def kinds(n, seed):
    """A walk, one that reverts, one under noise (negative MA root), one with drift, one of smooth steps, and noise."""
    shocks = np.random.default_rng(seed).normal(size=(6, n))
    return np.array(
        [
            shocks[0].cumsum(),
            ar(shocks[1], 0.95),
            0.3 * shocks[2].cumsum() + np.random.default_rng(seed + 1).normal(size=n),
            shocks[3].cumsum() + 0.5 * np.arange(n),
            np.convolve(shocks[4], np.ones(5) / 5, "same").cumsum(),
            shocks[5],
        ]
    )


def peer(values, regression, lags):
    from statsmodels.tsa.stattools import adfuller

    rule = {"maxlag": lags, "autolag": None} if isinstance(lags, int) else {"autolag": lags.upper()}
    return adfuller(values, regression=regression, result_object=True, **rule)


@pytest.mark.parametrize(("level", "exact"), [(0.0, 1e-10), (1e2, 1e-10), (1e5, 5e-9)])
@pytest.mark.parametrize("regression", ["n", "c", "ct"])
@pytest.mark.parametrize("lags", [0, 3, "aic", "bic"])
def test_equals_statsmodels_with_the_same_lag(twins, lags, regression, level, exact):
    for n in (60, 300):
        table = level + kinds(n, seed=n)
        found = dickey_fuller(table, regression, lags)
        for row, values in enumerate(table):
            other = peer(values, regression, lags)
            assert found.lags[row] == other.lags
            assert found.rows[row] == other.nobs
            assert found.statistic[row] == pytest.approx(other.statistic, rel=exact, abs=exact)


def test_at_high_levels_the_gap_is_not_ours():
    """The same regression in long double, by modified Gram-Schmidt done twice."""
    values = (1e5 + np.random.default_rng(4).normal(size=400).cumsum()).astype(np.longdouble)
    steps = np.diff(values)
    columns = [np.ones(397), *(steps[2 - back : 399 - back] for back in (1, 2)), values[2:-1], steps[2:]]
    basis = []
    for column in columns:
        rest = column.astype(np.longdouble)
        for _ in range(2):
            for other in basis:
                rest = rest - (other @ rest) * other
        basis.append(rest / np.sqrt(rest @ rest))
    left = steps[2:] - sum((other @ steps[2:]) * other for other in basis[:4])
    exact = float((basis[3] @ steps[2:]) / np.sqrt(left @ left / (397 - 4)))
    assert dickey_fuller(values.astype(float), "c", 2).statistic[0] == pytest.approx(exact, rel=1e-12, abs=0)


@pytest.mark.parametrize("regression", ["n", "c", "ct"])
@pytest.mark.parametrize("lags", [2, "aic"])
def test_all_three_ways_agree(twins, regression, lags, monkeypatch):
    table = kinds(200, seed=5)
    compiled_way = dickey_fuller(table, regression, lags)
    monkeypatch.setattr(unit_root, "ready", lambda: False)
    plain = dickey_fuller(table, regression, lags)
    monkeypatch.setattr(unit_root, "_from_moments", lambda task: (np.full(6, np.nan), np.full(6, -1)))
    by_columns = dickey_fuller(table, regression, lags)
    for other in (plain, by_columns):
        np.testing.assert_array_equal(other.lags, compiled_way.lags)
        np.testing.assert_allclose(other.statistic, compiled_way.statistic, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("lags", [0, 3])
@pytest.mark.parametrize("price", [0.0, 2.0])
@pytest.mark.parametrize("trends", [0, 1, 2])
def test_loops_agree_to_the_last_bit(twins, trends, price, lags):
    table = kinds(90, seed=6)
    columns = np.array([np.ones(89), np.arange(89) - 44.5])[:trends]
    results = []
    for function in (loops.dickey_fuller, compiled.fast(loops.dickey_fuller)):
        statistic, used = np.empty(6), np.empty(6, dtype=np.int64)
        function(table, np.diff(table), columns, lags, price, 1e-6, statistic, used)
        results.append((statistic, used))
    assert compiled.fast(loops.dickey_fuller) is not loops.dickey_fuller
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])
    assert np.isfinite(results[0][0]).all()


def nothing(n=120):
    walk = np.random.default_rng(7).normal(size=n).cumsum()
    return {
        "nan": np.where(np.arange(n) == 60, np.nan, walk),
        "infinite": np.where(np.arange(n) == 60, np.inf, walk),
        "constant": np.full(n, 0.3),
        "line": 0.1 * np.arange(n),
        "cycle": np.arange(n) % 3 * 1.0,
        "wave": np.sin(0.3 * np.arange(n)),
        "one step": np.r_[np.full(n - 1, 5.0), 6.0],
    }


@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize("regression", ["n", "c", "ct"])
def test_what_cannot_be_tested_gets_no_statistic_and_spoils_no_other(twins, regression, ready, monkeypatch):
    monkeypatch.setattr(unit_root, "ready", lambda: ready)
    healthy = kinds(120, seed=8)
    alone = dickey_fuller(healthy, regression)
    found = dickey_fuller(np.vstack([*nothing().values(), healthy]), regression)
    bad = len(nothing())
    assert dict(zip(nothing(), found.lags[:bad].tolist(), strict=True)) == dict.fromkeys(nothing(), -1)
    assert np.isnan(found.statistic[:bad]).all()
    np.testing.assert_array_equal(found.statistic[bad:], alone.statistic)
    np.testing.assert_array_equal(found.lags[bad:], alone.lags)


def test_a_big_print_that_leaves_the_rows_costs_no_digits(twins, monkeypatch):
    values = kinds(300, seed=9)[0]
    values[1] = 1e9
    other = peer(values, "c", "aic")
    for ready in (True, False):
        monkeypatch.setattr(unit_root, "ready", lambda ready=ready: ready)
        found = dickey_fuller(values, "c", "aic")
        assert found.lags[0] == other.lags
        assert found.statistic[0] == pytest.approx(other.statistic, rel=1e-8)


@pytest.mark.parametrize("regression", ["n", "c", "ct"])
def test_any_layout_of_the_input_will_do_and_stays_as_it_was(twins, regression):
    table = kinds(120, seed=10)
    crosswise = np.asfortranarray(table)
    crosswise.flags.writeable = False
    expected = dickey_fuller(table, regression).statistic
    np.testing.assert_array_equal(dickey_fuller(crosswise, regression).statistic, expected)
    table.flags.writeable = False
    np.testing.assert_array_equal(dickey_fuller(table[2], regression).statistic, expected[2:3])
    np.testing.assert_array_equal(table, kinds(120, seed=10))


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="must be 0 to 22 for 50 rows, got 23"):
        dickey_fuller(np.arange(50.0), "ct", 23)
    assert isinstance(dickey_fuller(kinds(50, 1)[0], "c", 23), UnitRoots)


def test_longest_lag_is_schwerts():
    sizes = np.r_[50:3000, 3600, 86_400]
    assert [most_lags(int(n)) for n in sizes] == np.ceil(12.0 * np.power(sizes / 100.0, 1 / 4)).astype(int).tolist()


@pytest.mark.parametrize("legs", range(1, 7))
@pytest.mark.parametrize("regression", ["n", "c", "ct"])
def test_p_and_critical_values_are_statsmodels_to_the_last_bit(regression, legs):
    from statsmodels.tsa.adfvalues import mackinnoncrit, mackinnonp

    grid = np.r_[np.linspace(-30, 6, 2001), -1e9, -np.inf]
    expected = [mackinnonp(value, regression, legs) for value in grid]
    np.testing.assert_array_equal(mackinnon_p(grid, regression, legs), expected)
    if regression == "n" and legs > 1:
        with pytest.raises(ValueError, match="must be 1"):
            mackinnon_critical(regression, legs, 100)
        return
    for rows in (50, 199, 3599, np.inf):
        assert list(mackinnon_critical(regression, legs, rows).values()) == list(mackinnoncrit(legs, regression, rows))


@pytest.mark.parametrize(("regression", "legs"), [("ctt", 1), ("c", 0), ("c", 7)])
def test_what_has_no_table_is_refused(regression, legs):
    with pytest.raises(ValueError, match="no p-values beyond"):
        mackinnon_p(-3.0, regression, legs)


def test_published_critical_values():
    assert list(mackinnon_critical("c", 1, np.inf).values()) == [-3.43035, -2.86154, -2.56677]
    found = [round(value, 6) for value in mackinnon_critical("c", 2, 199).values()]
    assert found == [-3.952321, -3.367006, -3.065831]
