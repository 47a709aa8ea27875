"""Johansen's test against statsmodels and published figures, and its words where there is nothing to test."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.johansen import Johansen, johansen
from analytics.measure import NotTestable


def system(n, legs, seed, level=0.0):
    """A walk, and legs that follow it with ever slower reverting spreads."""
    random = np.random.default_rng(seed)
    walk = random.normal(size=n).cumsum()
    columns = [walk]
    for each in range(1, legs):
        spread = np.zeros(n)
        for row, shock in enumerate(random.normal(size=n)):
            spread[row] = (1 - 0.2**each) * spread[row - 1] + shock
        columns.append(each * walk + spread)
    return level + np.column_stack(columns)


@pytest.mark.parametrize(("constant", "level"), [(-1, 0.0), (0, 0.0), (0, 1e5), (1, 0.0), (1, 1e5)])
@pytest.mark.parametrize(("legs", "lags", "n"), [(2, 1, 300), (2, 12, 300), (3, 2, 900), (5, 1, 3600), (12, 1, 400)])
def test_equals_statsmodels(legs, lags, n, constant, level):
    from statsmodels.tsa.vector_ar.vecm import coint_johansen

    table = system(n, legs, seed=legs + lags, level=level)
    found, peer = johansen(table, constant, lags), coint_johansen(table, constant, lags)
    assert isinstance(found, Johansen)
    np.testing.assert_allclose(found.eigenvalues, peer.eig, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found.trace, peer.lr1, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(found.largest, peer.lr2, rtol=1e-10, atol=1e-11)
    signs = np.sign(peer.evec[0])
    np.testing.assert_allclose(found.weights, peer.evec * signs, rtol=1e-9, atol=1e-10 * np.abs(peer.evec).max())
    np.testing.assert_array_equal(found.trace_critical, peer.cvt)
    np.testing.assert_array_equal(found.largest_critical, peer.cvm)


def test_the_first_combination_is_the_spread_whatever_the_level():
    random = np.random.default_rng(20240601)
    x = 1e5 + random.normal(size=3600).cumsum()
    found = johansen(np.column_stack([7 + 1.5 * x + random.normal(size=3600), x]))
    assert isinstance(found, Johansen)
    assert (found.relations, found.relations_largest) == (1, 1)
    assert -found.weights[1, 0] / found.weights[0, 0] == pytest.approx(1.5, abs=5e-3)
    residual = (found.weights.T @ np.column_stack([7 + 1.5 * x, x]).T)[0]
    assert residual.std() < 0.01 * x.std()


def test_counts_as_many_relations_as_there_are():
    random = np.random.default_rng(3)
    walks = random.normal(size=(1000, 3)).cumsum(axis=0)
    noise = random.normal(size=(1000, 3))
    assert johansen(walks).relations == 0
    assert johansen(np.column_stack([walks[:, 0], walks[:, :2] + noise[:, :2]])).relations == 1
    found = johansen(noise, gaps=1)
    assert found.relations == 3
    assert found.verdict == (
        "The trace test finds 3 relations among 3 legs at 5 %, the largest eigenvalue 3: 1 lag on 1000 bars, which "
        "have 1 gap."
    )


WALKS = np.random.default_rng(9).normal(size=(200, 2)).cumsum(axis=0)


@pytest.mark.parametrize(
    ("table", "lags", "reason"),
    [
        (WALKS[:49], 1, "needs 50 shared bars, has 49"),
        (WALKS, 40, "needs 246 shared bars"),
        (np.where(np.arange(200)[:, None] == 7, np.nan, WALKS), 1, "missing or infinite"),
        (np.column_stack([WALKS[:, 0], np.full(200, 3.1)]), 1, "does not move"),
        (np.column_stack([WALKS[:, 0], 2 * WALKS[:, 0]]), 1, "all but identical"),
        (np.column_stack([WALKS, WALKS.sum(axis=1)]), 1, "all but identical"),
        (np.column_stack([WALKS[:, 0], np.arange(200) ** 2.0]), 3, "repeat themselves"),
    ],
)
def test_what_cannot_be_tested_gets_a_reason(table, lags, reason):
    found = johansen(table, lags=lags)
    assert isinstance(found, NotTestable)
    assert reason in found.reason


@pytest.mark.parametrize(("legs", "constant", "lags"), [(1, 0, 1), (13, 0, 1), (2, 2, 1), (2, 0, 0)])
def test_what_has_no_table_is_refused(legs, constant, lags):
    with pytest.raises(ValueError, match="no critical values"):
        johansen(np.ones((300, legs)), constant, lags)


@pytest.mark.real_data
def test_published_figures_of_three_country_funds(real_data):
    table = np.genfromtxt(real_data / "pairs" / "inputData_EWA_EWC_IGE.csv", delimiter=",", names=True)
    found = johansen(np.column_stack([table["EWC"], table["EWA"], table["IGE"]]))
    assert isinstance(found, Johansen)
    assert found.n == 1500
    np.testing.assert_allclose(found.trace, [34.429, 17.532, 4.471], atol=5e-4)
    np.testing.assert_allclose(found.eigenvalues, [0.0112, 0.0087, 0.0030], atol=5e-5)
    np.testing.assert_allclose(np.abs(found.weights[:, 0]), [1.0460, 0.7600, 0.2233], atol=5e-5)
