"""Baskets against statsmodels, plain least squares and published weights; and that no row knows what comes after it."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from analytics.basket import by_components, by_johansen, fit, legs_before
from analytics.inputs import Panel
from analytics.measure import NotTestable
from analytics.measures import basket_johansen, basket_pca
from analytics.measures.basket_johansen import JohansenBasket
from analytics.measures.basket_pca import PcaBaskets
from analytics.reversion import half_life

STEP_MS = 60_000
START = 1_700_000_040_000 // STEP_MS


def basket_of_three(n, seed=20240601, level=100.0, step=0.05):
    """The third leg is the other two and an AR(1), phi .9."""
    random = np.random.default_rng(seed)
    walks = level + random.normal(0, step, (n, 2)).cumsum(axis=0)
    noise = np.convolve(random.normal(0, 0.03, n + 50), 0.9 ** np.arange(50))[50 : n + 50]
    return np.column_stack([walks, 3 + 0.8 * walks[:, 0] + 0.5 * walks[:, 1] + noise])


def factors(n, k, seed=7):
    """Log prices with one common factor and residuals that revert."""
    random = np.random.default_rng(seed)
    common = random.normal(0, 1e-3, n).cumsum()
    loads = 0.5 + np.arange(k) / k
    own = [np.convolve(random.normal(0, 2e-4, n + 50), 0.9 ** np.arange(50))[50 : n + 50] for _ in range(k)]
    return 100 * np.exp(np.outer(common, loads) + np.array(own).T)


def panel(closes, stamps=None):
    n, k = closes.shape
    stamps = START + (np.arange(n) if stamps is None else stamps)
    return Panel(tuple(f"sim:S{at}" for at in range(k)), stamps.astype(np.int64) * STEP_MS, closes, closes, STEP_MS)


def johansen_of(closes, **given):
    found = basket_johansen.MEASURE.run(panel(closes), **{"window": 300, "every": 60, **given})
    assert isinstance(found, JohansenBasket), found
    return found


def pca_of(data, **given):
    found = basket_pca.MEASURE.run(data, **{"window": 300, "every": 60, **given})
    assert isinstance(found, PcaBaskets), found
    return found


@pytest.mark.parametrize("scale", ["level", "log"])
@pytest.mark.parametrize("level", [1e2, 1e5])
def test_weights_are_johansens_at_a_gross_value_of_one(scale, level):
    closes = basket_of_three(500, level=level)
    found = johansen_of(closes, scale=scale)
    levels = (np.log(closes) if scale == "log" else closes)[-300:]
    oracle = coint_johansen(levels - levels.mean(axis=0), 0, 1)
    told = oracle.evec[:, 0] / oracle.evec[0, 0]
    np.testing.assert_allclose(found.weights / found.weights[0], told, rtol=1e-8)
    np.testing.assert_allclose(found.trace, oracle.lr1, rtol=1e-8)
    value = np.ones(3) if scale == "log" else levels[-1]
    assert np.abs(found.weights) @ value == pytest.approx(1.0, rel=1e-12, abs=0)
    assert found.weights[0] > 0
    residual = (levels - levels.mean(axis=0)) @ found.weights
    assert found.sigma == pytest.approx(residual.std(ddof=1), rel=1e-10, abs=0)
    assert found.half_life == pytest.approx(half_life(residual).bars, rel=1e-8)
    assert found.relations == np.argmin(oracle.lr1 > oracle.cvt[:, 1])


def test_each_row_stands_on_the_fit_before_it():
    closes = basket_of_three(900)
    found = johansen_of(closes, every=50)
    minutes = START + np.arange(900)
    first = int(np.flatnonzero((minutes % 50 == 0) & (np.arange(900) >= 600))[0])
    assert np.isnan(found.z[:first]).all()
    assert np.isfinite(found.z[first:]).all()
    for row in range(first, 900):
        start = row - (minutes[row] % 50)
        before = fit(legs_before(panel(closes), start, 300, "level"), by_johansen)
        spread = (closes[row] - closes[start - 300 : start].mean(axis=0)) @ before.weights[:, 0]
        assert found.spread[row] == pytest.approx(spread, rel=1e-8, abs=1e-15)
        assert found.z[row] == pytest.approx(spread / before.sigma[0], rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("module", [basket_johansen, basket_pca])
def test_what_was_printed_stays(module):
    closes = factors(900, 5) if module is basket_pca else basket_of_three(900)
    keep = np.sort(np.random.default_rng(3).permutation(1200)[:900])
    whole = module.MEASURE.run(panel(closes, keep), window=200, every=30)
    for rows in (300, 555, 899):
        part = module.MEASURE.run(panel(closes[:rows], keep[:rows]), window=200, every=30)
        np.testing.assert_array_equal(part.z, whole.z[:rows])
        np.testing.assert_array_equal(part.spread, whole.spread[:rows])
    later = module.MEASURE.run(panel(closes[150:], keep[150:]), window=200, every=30)
    assert np.isfinite(later.z).any()
    there = np.isfinite(later.z)
    np.testing.assert_array_equal(later.z[there], whole.z[150:][there])


def test_the_basket_that_was_planted_is_found_ahead_of_time():
    found = johansen_of(basket_of_three(3000, step=0.2), window=1000)
    np.testing.assert_allclose(found.weights / found.weights[2], [-0.8, -0.5, 1.0], atol=0.03)
    lived = found.z[np.isfinite(found.z)]
    assert lived.std() == pytest.approx(1.0, abs=0.25)
    assert abs(lived.mean()) < 0.4


@pytest.mark.parametrize("components", [1, 2])
def test_principal_residuals_are_those_of_least_squares_on_the_factors(components):
    closes = factors(400, 6)
    found = pca_of(panel(closes), scale="log", components=components)
    steps = np.diff(np.log(closes[-300:]), axis=0)
    unit = (steps - steps.mean(axis=0)) / steps.std(axis=0)
    left, sizes, _ = np.linalg.svd(unit, full_matrices=False)
    factor = left[:, :components] * sizes[:components]
    centred = steps - steps.mean(axis=0)
    residual = centred - factor @ np.linalg.lstsq(factor, centred, rcond=None)[0]
    # The basket's steps are the residual steps, up to its gross value.
    made = centred @ found.weights.T
    own = np.diag(found.weights)
    shape = (made * residual).sum(axis=0) / (residual * residual).sum(axis=0)
    np.testing.assert_allclose(made, residual * shape, atol=1e-10 * np.abs(made).max())
    np.testing.assert_allclose(np.abs(found.weights).sum(axis=1), 1.0, rtol=1e-12)
    assert (own > 0).all()


def test_principal_residuals_hold_no_factor_and_revert():
    closes = factors(3000, 8)
    found = pca_of(panel(closes), scale="log", window=1000)
    market = np.log(closes[-1000:]).mean(axis=1)
    residual = np.log(closes[-1000:]) @ found.weights.T
    for column in residual.T:
        assert abs(np.corrcoef(np.diff(column), np.diff(market))[0, 1]) < 0.1
    # phi .9 in the residual: a half-life of 6.6 bars.
    assert (found.half_life > 3).all()
    assert (found.half_life < 20).all()


def test_gaps_do_not_make_factors():
    """A hole of a day between two bars is a big step of every leg; it must not count."""
    closes = factors(400, 4)
    shifted = closes.copy()
    shifted[250:] *= np.array([2.0, 1.0, 0.5, 3.0])
    hole = np.where(np.arange(400) < 250, np.arange(400), np.arange(400) + 1440)
    found = by_components(1)
    counted = np.r_[False, np.diff(hole) == 1]
    whole = np.log(shifted) - np.log(shifted).mean(axis=0)
    clean = np.log(closes) - np.log(closes).mean(axis=0)
    np.testing.assert_allclose(found(whole, counted), found(clean, counted), rtol=1e-9, atol=1e-12)


def test_what_cannot_be_done_is_said():
    closes = factors(400, 3)
    for given, said in (
        ({"closes": closes[:200]}, "share 300 bars"),
        ({"closes": closes[:, :1]}, "fewer than 2"),
        ({"closes": closes[:, :2], "components": 2}, "more than 2 symbols"),
    ):
        data = panel(given.pop("closes"))
        found = basket_pca.MEASURE.run(data, window=300, **given)
        assert isinstance(found, NotTestable)
        assert said in found.reason
    crowd = factors(1000, 13)
    crowd[400:, 12] = np.nan
    late = basket_johansen.MEASURE.run(panel(crowd), window=200)
    first = int(np.flatnonzero(np.isfinite(late.z))[0])
    assert 400 + 60 < first < 600  # not at the first moment, when it was one of 13
    assert np.isfinite(late.z[first:]).all()
    many = basket_johansen.MEASURE.run(panel(factors(400, 13)), window=300)
    assert isinstance(many, NotTestable)
    assert "at most 12" in many.reason
    twins = np.column_stack([closes[:, 0], 2 * closes[:, 0], closes[:, 1]])
    found = basket_johansen.MEASURE.run(panel(twins), window=300)
    assert isinstance(found, NotTestable)
    assert "identical" in found.reason


def test_a_symbol_without_bars_has_no_leg_and_is_named():
    closes = np.column_stack([basket_of_three(500), np.full(500, np.nan)])
    found = johansen_of(closes)
    assert found.weights[3] == 0
    assert "has 0" in found.left_out["sim:S3"]
    np.testing.assert_array_equal(found.z, johansen_of(closes[:, :3]).z)


def ragged(module):
    """The last symbol is listed late, the second pauses for good, the first misses bars here and there."""
    closes = factors(1200, 5) if module is basket_pca else np.column_stack([basket_of_three(1200), factors(1200, 2)])
    closes[:500, 4] = closes[800:, 1] = np.nan
    closes[np.random.default_rng(9).random(1200) < 0.1, 0] = np.nan
    return closes


@pytest.mark.parametrize("module", [basket_johansen, basket_pca])
def test_symbols_that_come_and_go_repaint_nothing(module):
    closes = ragged(module)
    whole = module.MEASURE.run(panel(closes), window=150, every=30)
    assert {tuple(row) for row in whole.members.astype(int)} >= {(1, 1, 1, 1, 0), (1, 1, 1, 1, 1), (1, 0, 1, 1, 1)}
    # Listed at 500, it is in once that makes more of its bars than it costs the others, at a refit.
    joined = int(np.flatnonzero(whole.members[:, 4])[0])
    assert 650 <= joined < 740
    assert (START + joined) % 30 == 0
    for rows in (320, 640, 700, 960, 1199):
        part = module.MEASURE.run(panel(closes[:rows], np.arange(rows)), window=150, every=30)
        for name in ("spread", "z", "members"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:rows])
    later = module.MEASURE.run(panel(closes[333:], np.arange(333, 1200)), window=150, every=30)
    there = later.members.any(axis=1)
    assert there.sum() > 500
    np.testing.assert_array_equal(later.z[there], whole.z[333:][there])
    np.testing.assert_array_equal(later.members[there], whole.members[333:][there])


def test_a_row_without_the_price_of_a_leg_has_no_spread():
    closes = ragged(basket_johansen)
    found = basket_johansen.MEASURE.run(panel(closes), window=150, every=30)
    fitted = found.members.any(axis=1)
    lacks = (np.isnan(closes) & found.members).any(axis=1)
    assert lacks.sum() > 50
    np.testing.assert_array_equal(np.isfinite(found.z), fitted & ~lacks)


@pytest.mark.real_data
def test_chans_basket_of_etfs(real_data):
    """EWC, EWA, IGE, 1,500 days: eigenvector, trace and half-life as Chan (2013, examples 2.7, 2.8) prints them."""
    with open(real_data / "pairs" / "inputData_EWA_EWC_IGE.csv", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    closes = np.array([[float(row[name]) for name in ("EWC", "EWA", "IGE")] for row in rows])
    assert len(closes) == 1500
    found = johansen_of(closes, window=1500, every=1440)
    np.testing.assert_allclose(found.trace, [34.429, 17.532, 4.471], atol=5e-4)
    np.testing.assert_allclose(
        found.weights / found.weights[0], np.array([-1.0460, 0.7600, 0.2233]) / -1.0460, atol=1e-4
    )
    # Chan takes -ln 2 / speed, where the half-life is -ln 2 / ln(1 + speed).
    speed = math.expm1(-math.log(2) / found.half_life)
    assert -math.log(2) / speed == pytest.approx(22.662578, rel=1e-5)
