"""Figures of the report against plain recomputation, and its intervals against theory."""

from __future__ import annotations

import dataclasses
import math
import statistics

import numpy as np
import pytest
from scipy.stats import kurtosis, norm, skew

from analytics.backtest.bootstrap import Interval, interval, resampled
from analytics.backtest.deflated import best_of_chance, deflated_sharpe, probabilistic_sharpe
from analytics.backtest.engine import backtest
from analytics.backtest.legs import Legs, half_lives, share
from analytics.backtest.metrics import (
    DAY_MS,
    MINUTE_MS,
    YEAR_MS,
    drawdown,
    period_for,
    period_rows,
    profit_factor,
    sharpe,
    sortino,
)
from analytics.backtest.report import Report, report
from analytics.backtest.rules import Rules
from analytics.reversion import HalfLife, half_life

from .conftest import COSTS, STEP_MS, autoregression, bars_of, planted, true_signals

pytestmark = pytest.mark.usefixtures("compiled_loops")
RULES = Rules(entry=1.5, stop=2.5, **COSTS)


def mean(values):
    return values.mean(axis=-1)


@pytest.fixture
def made(pair):
    legs, signals = pair
    run = backtest(legs, signals, RULES)
    return legs, signals, run, report(run, legs, signals)


def test_money_figures_are_those_of_the_run(made):
    legs, _, run, found = made
    equity = run.equity.tolist()
    peaks = np.maximum.accumulate([0.0, *equity])[1:]
    assert found.net.value == pytest.approx(equity[-1], abs=1e-9)
    assert found.return_on_gross.value == pytest.approx(equity[-1] / RULES.gross)
    assert found.max_drawdown == max(peak - now for peak, now in zip(peaks, equity, strict=True))
    np.testing.assert_array_equal(found.drawdown, peaks - run.equity)
    assert found.gross - found.cost - found.funding == pytest.approx(equity[-1], abs=1e-9)
    assert found.cost_share == found.cost / found.gross
    assert found.turnover == pytest.approx(sum(abs(run.fills.quantity) * run.fills.price) / RULES.gross)
    held = sum(out - into for into, out in zip(run.trades.entry_ms, run.trades.exit_ms, strict=True))
    assert found.exposure == pytest.approx(held / (legs.open_ms[-1] + STEP_MS - legs.open_ms[0]))


def test_trade_figures_are_those_of_the_trades(made):
    _, _, run, found = made
    nets = run.trades.net.tolist()
    assert found.trades == len(nets) > 20
    assert found.hit_rate.value == pytest.approx(sum(net > 0 for net in nets) / len(nets))
    gains, losses = sum(net for net in nets if net > 0), -sum(net for net in nets if net < 0)
    assert found.profit_factor.value == pytest.approx(gains / losses)
    assert found.net_per_trade.value == pytest.approx(statistics.fmean(nets))
    hold = [(out - into) for into, out in zip(run.trades.entry_ms, run.trades.exit_ms, strict=True)]
    assert found.mean_hold_ms == pytest.approx(statistics.fmean(hold))
    assert found.median_hold_ms == statistics.median(hold)
    for name in ("hit_rate", "profit_factor", "net_per_trade", "net", "sharpe", "sortino"):
        bounds = getattr(found, name)
        assert bounds.low < bounds.value < bounds.high


def test_sharpe_and_sortino_are_annualised_for_a_market_that_never_closes(made):
    legs, _, run, found = made
    # 2,000 minutes hold 133 quarters of an hour, but only 33 hours
    assert found.period_ms == 15 * MINUTE_MS
    assert found.periods == 134
    ends = [min(15 * each, len(legs)) - 1 for each in range(1, 135)]
    profits = np.diff([0.0, *run.equity[ends]])
    yearly = math.sqrt(365.25 * 24 * 4)
    assert found.periods_per_year == 365.25 * 24 * 4
    assert found.sharpe.value == pytest.approx(yearly * statistics.fmean(profits) / statistics.stdev(profits))
    downside = math.sqrt(statistics.fmean(min(each, 0) ** 2 for each in profits))
    assert found.sortino.value == pytest.approx(yearly * statistics.fmean(profits) / downside)


def test_cost_stress_and_break_even(made):
    legs, signals, run, found = made
    assert [each.multiple for each in found.stress] == [1.0, 2.0, 3.0]
    assert found.stress[0].net == run.equity[-1]
    assert found.stress[0].sharpe == pytest.approx(found.sharpe.value)
    dear = backtest(legs, signals, RULES.but(fee_bps=6.0, half_spread_bps=3.0))
    assert found.stress[2].net == pytest.approx(dear.equity[-1], abs=1e-9)
    # a round trip of both legs costs about 4 x (fee + half-spread) of half the gross: in spread units over sigma
    notional_of_a_unit = RULES.gross / run.trades.size
    by_hand = np.median(2 * notional_of_a_unit * 3e-4) / 0.6
    assert found.break_even_z == pytest.approx(by_hand, rel=0.01)
    assert 1.0 < found.captured_z < 2.5
    broke_even = backtest(legs, signals, RULES.but(cost_multiple=found.captured_z / found.break_even_z))
    assert abs(np.median(broke_even.trades.net)) < 0.1 * np.abs(run.trades.net).mean()


def test_by_hour_adds_up(made):
    _, _, run, found = made
    assert [each.hour for each in found.by_hour] == list(range(24))
    assert sum(each.trades for each in found.by_hour) == len(run.trades)
    assert math.fsum(each.net for each in found.by_hour) == pytest.approx(run.equity[-1], abs=1e-9)
    hour = found.by_hour[5]
    inside = [net for net, at in zip(run.trades.net, run.trades.entry_ms, strict=True) if at // 3_600_000 % 24 == 5]
    assert hour.trades == len(inside) > 0
    assert hour.net == pytest.approx(sum(inside))
    assert hour.hit_rate == pytest.approx(sum(net > 0 for net in inside) / len(inside))


def test_longest_drawdown_by_hand(pair):
    legs, signals = pair
    legs, signals = legs.part(0, 6), true_signals(legs.part(0, 6))
    run = backtest(legs, signals, RULES)
    for equity, minutes in (([0, 1, 0, 0, 1, 2], 3), ([0, 1, 2, 3, 4, 5], 0), ([-1, 0, 1, 0, -1, 0], 3)):
        changed = dataclasses.replace(run, equity=np.array(equity, dtype=float))
        assert report(changed, legs, signals).drawdown_ms == minutes * STEP_MS


def test_no_trade_says_nothing(pair):
    legs, signals = pair
    found = report(backtest(legs, signals, Rules(entry=20.0)), legs, signals)
    assert found.net.value == 0.0
    for name in ("sharpe", "sortino", "hit_rate", "profit_factor", "net_per_trade"):
        assert getattr(found, name) == Interval(None)
    assert found.cost_share is found.mean_hold_ms is found.break_even_z is None
    assert found.exposure == found.turnover == found.max_drawdown == 0.0
    with pytest.raises(ValueError, match="at least one bar"):
        report(backtest(legs, signals, RULES), legs.part(0, 0), signals)


def test_one_bar_and_one_trade_do_not_break_the_report(pair):
    legs, _ = pair
    for rows in (1, 3, 40):
        part = legs.part(100, 100 + rows)
        signals = true_signals(part, sigma=0.05)
        found = report(backtest(part, signals, RULES), part, signals)
        values = [getattr(found, field.name) for field in dataclasses.fields(Report)]
        flat = [
            each
            for value in values
            for each in (dataclasses.astuple(value) if dataclasses.is_dataclass(value) else [value])
        ]
        assert all(math.isfinite(each) for each in flat if isinstance(each, float))


def test_periods():
    assert period_for(86_400 * 1_000, 1_000) == 15 * MINUTE_MS
    assert period_for(60 * DAY_MS, MINUTE_MS) == DAY_MS
    assert period_for(MINUTE_MS, MINUTE_MS) == MINUTE_MS
    assert period_for(10_000 * DAY_MS, 7 * DAY_MS) == 7 * DAY_MS
    assert YEAR_MS == 31_557_600_000
    assert period_rows(np.empty(0, np.int64), 1_000, 1_000).size == 0
    assert period_rows(np.arange(10) * 1_000, 1_000, 5_000).tolist() == [4, 9]
    assert period_rows(np.arange(11) * 1_000, 1_000, 5_000).tolist() == [4, 9, 10]


def test_ratios_that_do_not_exist():
    assert math.isnan(sharpe(np.full(50, 0.1)))
    assert math.isnan(sharpe(np.array([1.0])))
    assert math.isnan(sortino(np.array([1.0, 2.0])))
    assert math.isnan(profit_factor(np.array([1.0, 2.0])))
    assert profit_factor(np.array([3.0, -1.0, -1.0])) == 1.5
    assert drawdown(np.array([])).size == 0


def test_intervals_of_independent_values_are_those_of_theory():
    values = np.random.default_rng(1).normal(0.1, 1.0, 2_000)
    bounds = interval(values, mean, resamples=4_000)
    half = norm.ppf(0.975) * values.std() / math.sqrt(values.size)
    assert (bounds.high - bounds.low) / 2 == pytest.approx(half, rel=0.06)
    assert (bounds.high + bounds.low) / 2 == pytest.approx(values.mean(), abs=0.1 * half)
    ratio = interval(values, sharpe, resamples=4_000)
    half = norm.ppf(0.975) * math.sqrt((1 + ratio.value**2 / 2) / values.size)  # Lo (2002)
    assert (ratio.high - ratio.low) / 2 == pytest.approx(half, rel=0.06)


def test_intervals_of_dependent_values_are_wider():
    values = autoregression(4_000, 3, phi=0.5, step=1.0)
    bounds = interval(values, mean, resamples=2_000)
    naive = norm.ppf(0.975) * values.std() / math.sqrt(values.size)
    # the long-run deviation of an AR(1) is sqrt((1 + phi) / (1 - phi)) = 1.73 times the naive one
    assert 1.45 < (bounds.high - bounds.low) / 2 / naive < 1.8


def test_intervals_cover_the_truth():
    random = np.random.default_rng(2)
    hits = 0
    for _ in range(300):
        values = random.normal(0.2, 1.0, 200)
        bounds = interval(values, mean, resamples=300)
        hits += bounds.low <= 0.2 <= bounds.high
    assert 0.90 <= hits / 300 <= 0.98


def test_the_bootstrap_is_seeded_and_stationary():
    rows = resampled(50, 4_000, 5.0, 7)
    np.testing.assert_array_equal(rows, resampled(50, 4_000, 5.0, 7))
    follows = (np.diff(rows, axis=1) % 50 == 1).mean()
    assert follows == pytest.approx(0.8 + 0.2 / 50, abs=0.01)
    assert np.bincount(rows.ravel(), minlength=50) / rows.size == pytest.approx(1 / 50, rel=0.1)
    values = np.random.default_rng(1).normal(size=300)
    assert interval(values, mean) == interval(values, mean)
    assert interval(values[:9], mean) == Interval(float(values[:9].mean()))
    assert interval(values[:0], mean) == Interval(None)
    parts = interval(np.arange(30_000.0) % 7, mean, resamples=80)  # in more than one piece
    assert parts.low < 3.0 < parts.high


def test_deflated_sharpe_as_published():
    # Bailey and Lopez de Prado (2014), the numerical example: 0.1132 and 0.9004; 46 and 88 trials give 0.95
    yearly, variance = 2.5 / math.sqrt(250), 0.5 / 250
    assert best_of_chance(100, variance) == pytest.approx(0.1132, abs=5e-5)
    found = probabilistic_sharpe(yearly, best_of_chance(100, variance), 1250, skew=-3, kurtosis=10)
    assert found == pytest.approx(0.9004, abs=5e-5)
    found = probabilistic_sharpe(yearly, best_of_chance(46, variance), 1250, skew=-3, kurtosis=10)
    assert found == pytest.approx(0.9505, abs=1e-4)
    assert probabilistic_sharpe(yearly, best_of_chance(88, variance), 1250) == pytest.approx(0.9505, abs=1e-4)


def test_deflated_sharpe_of_a_series():
    random = np.random.default_rng(3)
    profits = random.standard_t(5, 400) + 0.15
    trials = random.normal(0, 0.05, 30)
    ratio = profits.mean() / profits.std(ddof=1)
    benchmark = trials.std(ddof=1) * (
        (1 - np.euler_gamma) * norm.ppf(1 - 1 / 30) + np.euler_gamma * norm.ppf(1 - 1 / (30 * math.e))
    )
    below = 1 - skew(profits) * ratio + (kurtosis(profits, fisher=False) - 1) / 4 * ratio**2
    expected = norm.cdf((ratio - benchmark) * math.sqrt(399) / math.sqrt(below))
    assert deflated_sharpe(profits, trials) == pytest.approx(expected, rel=1e-9)
    assert deflated_sharpe(profits, trials[:1]) > deflated_sharpe(profits, trials)
    assert deflated_sharpe(np.zeros(9), trials) is None
    assert deflated_sharpe(profits, np.full(4, np.nan)) is None


def test_the_best_of_chance_is_what_chance_gives():
    found = np.random.default_rng(4).normal(0, 1, (4_000, 50)).max(axis=1).mean()
    assert best_of_chance(50, 1.0) == pytest.approx(found, rel=0.02)


def test_half_lives_are_those_of_each_window():
    spread = autoregression(400, 9, 0.9)
    counted = np.ones(400, bool)
    counted[[0, 50, 51, 300]] = False
    found, steps = half_lives(spread, counted, 100), np.flatnonzero(counted)
    assert np.isnan(found[: steps[99]]).all()
    for row in (steps[99], 250, 300, 301, 399):
        inside = np.zeros(400, bool)
        inside[steps[steps <= row][-100:]] = True
        expected = half_life(spread[: row + 1], inside[: row + 1])
        assert isinstance(expected, HalfLife)
        assert found[row] == pytest.approx(expected.bars, rel=1e-9)
    np.testing.assert_array_equal(half_lives(spread[:300], counted[:300], 100), found[:300])


def test_share_joins_three_legs():
    bars = [bars_of(np.arange(1.0, 10.0)), bars_of(np.arange(2.0, 11.0))[1:], bars_of(np.arange(3.0, 12.0))[::2]]
    bars[1][3, 9], bars[2][1, 9] = 1, 4
    legs = share(bars, STEP_MS)
    assert legs.closes.tolist() == [[3, 4, 5], [5, 6, 7], [7, 8, 9], [9, 10, 11]]
    assert legs.flags.tolist() == [4, 1, 0, 0]
    assert isinstance(legs, Legs)
    with pytest.raises(ValueError, match="oldest first"):
        share([planted(9)[0][::-1]], STEP_MS)
