"""The scan as a whole: what a row says, how rows are ranked, what is left out, and what it finds."""

from __future__ import annotations

import csv
import gzip
import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from statsmodels.tsa.adfvalues import mackinnonp
from statsmodels.tsa.stattools import coint

from analytics.dependence import correlation, follows
from analytics.hedge import Fit, fit_ols
from analytics.measure import NotTestable
from analytics.measures.scan import MEASURE
from analytics.registry import measure
from analytics.reversion import HalfLife, half_life
from analytics.scan.discovery import benjamini_hochberg
from analytics.scan.engle_granger import both_directions
from analytics.scan.unit_roots import lags_for

from .scan_panels import STEP_MS, column_of, panel, planted, scan, walks


def test_the_columns_of_a_pair_are_those_of_the_pair_page():
    closes = planted(800, 5)
    keep = np.sort(np.random.default_rng(5).permutation(1000)[:800])
    data = panel(closes, stamps=keep)
    counted = follows(data.open_ms, STEP_MS)
    found = MEASURE.run(data)
    assert found.gaps == (~counted[1:]).sum() > 100
    assert found.rows == 800
    for at in range(found.y.size):
        y, x = closes[:, int(found.y[at][-3:])], closes[:, int(found.x[at][-3:])]
        fit = fit_ols(y, x)
        assert isinstance(fit, Fit)
        assert found.hedge_ratio[at] == pytest.approx(fit.slope, rel=1e-11, abs=0)
        assert found.intercept[at] == pytest.approx(fit.intercept, rel=1e-9)
        assert found.sigma[at] == pytest.approx(fit.sigma, rel=1e-10, abs=0)
        assert found.z_in_sample[at] == pytest.approx(fit.residual(y[-1], x[-1]) / fit.sigma, rel=1e-8)
        told = half_life((y - fit.y_mean) - fit.slope * (x - fit.x_mean), counted)
        if isinstance(told, HalfLife):
            assert found.half_life[at] == pytest.approx(told.bars, rel=1e-8)
        else:
            assert math.isnan(found.half_life[at])
        assert found.correlation[at] == pytest.approx(correlation(y, x, counted), abs=1e-12)
        halves = [fit_ols(y[part], x[part]).slope for part in (slice(0, 400), slice(400, None))]
        stable = 1 - abs(halves[1] - halves[0]) / (abs(halves[0]) + abs(halves[1]))
        assert found.beta_stability[at] == pytest.approx(stable, rel=1e-10, abs=0)
        paid = 2 * 6e-4 * (y[-1] + abs(fit.slope) * x[-1]) / fit.sigma
        assert found.cost_sigma[at] == pytest.approx(paid, rel=1e-9)
        minutes = keep[-1] - keep[0] + 1
        assert found.liquidity[at] == pytest.approx(3 * min(y.sum(), x.sum()) / minutes, rel=1e-12, abs=0)


def test_a_trade_costs_the_same_here_and_on_the_pair_page():
    def default(parameters, name):
        return next(each.default for each in parameters if each.name == name)

    one_pair = measure("round_trip_cost").parameters
    for leg in "yx":
        assert default(one_pair, f"{leg}_fee") == default(MEASURE.parameters, "fee_bps")
        assert default(one_pair, f"{leg}_half_spread") == default(MEASURE.parameters, "half_spread_bps")


def test_rows_stand_by_q_then_t_and_q_is_of_all_tests():
    found = scan(planted(400, 9))
    assert (np.diff(found.q) >= 0).all()
    assert all(
        one <= other
        for one, other, left, right in zip(found.statistic, found.statistic[1:], found.q, found.q[1:], strict=False)
        if left == right
    )
    centred = planted(400, 9)
    tests = both_directions(centred - centred.mean(axis=0), np.ones(400, bool), lags_for(400, "aic", 0))
    assert found.tests == tests.y.size == 72
    q = false_discovery_control([mackinnonp(t, "c", 2) for t in tests.statistic])
    for at in range(found.y.size):
        y, x = int(found.y[at][-3:]), int(found.x[at][-3:])
        place = np.flatnonzero((tests.y == y) & (tests.x == x))[0]
        assert found.q[at] == pytest.approx(q[place], rel=1e-10, abs=0)


@pytest.mark.parametrize("size", [1, 2, 50, 3000])
def test_q_is_that_of_scipy(size):
    p = np.random.default_rng(size).random(size).round(3) ** 2
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p), rtol=1e-15)


def test_planted_pairs_are_found_and_walks_hardly_ever():
    closes = planted(2000, 21)
    found = scan(closes)
    believed = {frozenset((int(found.y[at][-3:]), int(found.x[at][-3:]))) for at in np.flatnonzero(found.q < 0.05)}
    true = {frozenset((column - 1, column)) for column in range(1, 21, 3)}
    assert true <= believed
    assert len(believed - true) <= 2
    assert {frozenset((int(y[-3:]), int(x[-3:]))) for y, x in zip(found.y[:7], found.x[:7], strict=True)} == true


def test_duplicates_are_named_and_count_for_nothing():
    closes = planted(400, 5)
    twice = np.column_stack([closes, 2 * closes[:, 0] + 7])
    found = scan(twice)
    assert found.duplicates == (("sim:S000", "sim:S005"),)
    assert found.tests == 2 * 14
    assert found.y.size == 14


def test_steps_that_repeat_themselves_are_named():
    closes = walks(300, 3)
    closes[:, 1] = 50 + np.arange(300) % 2
    closes[:, 2] = 90 + np.arange(300) % 2 * 3.0 + np.arange(300) % 4 // 2
    found = MEASURE.run(panel(closes), min_rows=50)
    assert ("sim:S001", "sim:S002") in found.singular
    assert found.tests == 2 * found.y.size
    assert np.isfinite(found.statistic).all()


def test_a_hole_in_one_symbol_is_left_out_of_all():
    closes = planted(600, 4)
    holed = closes.copy()
    holed[200:220, 2] = np.nan
    whole = np.r_[0:200, 220:600]
    found, told = scan(holed), scan(closes[whole])
    assert (found.rows, found.gaps) == (580, 1)
    np.testing.assert_array_equal(found.statistic, told.statistic)


def test_a_symbol_listed_late_is_named_and_costs_the_others_nothing():
    closes = planted(600, 5)
    closes[:-60, 4] = np.nan
    found = scan(closes)
    assert found.rows == 600
    assert "60 bars" in found.left_out["sim:S004"]
    np.testing.assert_array_equal(found.statistic, scan(closes[:, :4]).statistic)
    assert "needs 240 bars, has 60" in scan(closes, min_rows=240).left_out["sim:S004"]


def test_thin_and_still_symbols_are_named():
    closes = planted(300, 5)
    closes[:, 3] = 4.0
    volumes = np.full((300, 5), 1000.0)
    volumes[:, 1] = 10.0
    found = MEASURE.run(panel(closes, volumes=volumes), min_liquidity=500.0)
    assert "needs 500" in found.left_out["sim:S001"]
    assert "does not move" in found.left_out["sim:S003"]
    assert found.symbols == ("sim:S000", "sim:S002", "sim:S004")
    volumes[9, 1] = np.nan
    assert "sim:S001" in MEASURE.run(panel(closes, volumes=volumes), min_liquidity=500.0).symbols
    volumes[9, 1] = 10.0
    nobody = MEASURE.run(panel(closes, volumes=volumes), min_liquidity=5000.0)
    assert isinstance(nobody, NotTestable)
    assert "fewer than 2" in nobody.reason


def test_a_leg_with_few_trades_or_long_silence_can_be_left_out():
    closes = planted(400, 6)
    trades = np.full((400, 6), 40.0)
    trades[:, 1] = 3.0
    closes[100:111, 2] = closes[-5:, 3] = closes[:20, 4] = np.nan
    trades[np.isnan(closes)] = np.nan
    data = panel(closes, trades=trades)
    assert len(MEASURE.run(data).symbols) == 6
    found = MEASURE.run(data, min_trades=5.0, max_silence_s=240.0)
    assert found.symbols == ("sim:S000", "sim:S004", "sim:S005")
    assert found.left_out == {
        "sim:S001": "has 3 trades a minute, needs 5",
        "sim:S002": "was silent for 660 s, at most 240 are allowed",
        "sim:S003": "was silent for 300 s, at most 240 are allowed",
    }
    assert "sim:S003" in MEASURE.run(data, max_silence_s=300.0).symbols
    unknown = MEASURE.run(panel(closes), min_trades=5.0)
    assert "sim:S001" in unknown.symbols
    trades[7, 1] = 0.0
    assert "sim:S001" in MEASURE.run(data, min_trades=5.0).symbols
    trades[7, 1] = np.nan
    assert "sim:S001" in MEASURE.run(data, min_trades=5.0).symbols
    trades[7, 1] = data.quote_volumes[7, 1] = 0.0
    assert "sim:S001" not in MEASURE.run(data, min_trades=5.0).symbols


def test_one_nan_is_never_a_p_of_zero():
    closes = walks(300, 2)
    closes[40, 0] = np.nan
    found = scan(closes)
    assert found.rows == 299
    assert found.p[0] > 0.01


def test_logs_are_elasticities():
    closes = planted(500, 3, level=1000.0)
    found, logs = scan(closes, scale="log"), scan(np.log(closes))
    np.testing.assert_allclose(found.statistic, logs.statistic, rtol=1e-12)
    value = (1 + np.abs(found.hedge_ratio)) / found.sigma
    np.testing.assert_allclose(found.cost_sigma, 2 * 6e-4 * value, rtol=1e-12)


def test_fixed_lags_need_rows_enough():
    assert isinstance(MEASURE.run(panel(walks(71, 2)), lag_rule="fixed", lags=30, min_rows=50), NotTestable)
    found = scan(walks(72, 2), lag_rule="fixed", lags=30)
    assert found.lags.tolist() == [30]


@pytest.mark.real_data
def test_ninety_symbols_of_a_week(real_data):
    """1,440 rows of 91 recorded symbols: sampled pairs equal coint, nobody goes missing."""
    path = real_data / "klines_1m" / "binance_spot_91sym_1m_close_20210419_20210426.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = list(csv.reader(file))
    closes = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows[1:1441]])
    found = scan(closes)
    assert len(found.symbols) + len(found.left_out) == closes.shape[1]
    assert found.y.size + len(found.duplicates) + len(found.singular) == math.comb(len(found.symbols), 2)
    for at in np.linspace(0, found.y.size - 1, 6).astype(int):
        y, x = closes[:, column_of(found, "y")[at]], closes[:, column_of(found, "x")[at]]
        there = np.isfinite(closes[:, [int(name[-3:]) for name in found.symbols]]).all(axis=1)
        t, p, _ = coint(y[there], x[there])
        assert found.statistic[at] == pytest.approx(t, abs=1e-9)
        assert found.p[at] == pytest.approx(p, abs=1e-10)
