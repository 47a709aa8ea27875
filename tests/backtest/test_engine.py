"""The engine against a plain ledger, its books against its fills, and the plain loops against the compiled."""

from __future__ import annotations

import dataclasses
import gzip
import json
import math

import numpy as np
import pytest

from analytics import compiled
from analytics.backtest.batch import run_batch
from analytics.backtest.engine import backtest
from analytics.backtest.legs import Legs, Signals, history_signals, share
from analytics.backtest.records import REASONS
from analytics.backtest.rules import PARAMETERS, Contradiction, Rules
from analytics.costs import round_trip
from analytics.market import PARTIAL
from analytics.parameters import ParameterError
from analytics.spec import PairSpec
from analytics.spread import pair_history

from .conftest import COSTS, SETTINGS, START_MS, STEP_MS, bars_of, rough
from .plain_reference import Ledger


def columns(record):
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def by_hand(z, opens, *, closes=None, weights=None, flags=None, times=None):
    """One leg of weight 1, or as many as ``opens`` has columns."""
    opens = np.asarray(opens, dtype=float).reshape(len(z), np.size(opens) // max(1, len(z)) or 1)
    closes = opens if closes is None else np.asarray(closes, dtype=float).reshape(opens.shape)
    n = len(z)
    times = START_MS + STEP_MS * (np.arange(n) if times is None else np.asarray(times))
    legs = Legs(times, opens, closes, np.zeros(n, int) if flags is None else np.asarray(flags), STEP_MS)
    weights = np.ones(opens.shape) if weights is None else weights
    return legs, Signals(np.asarray(z, dtype=float), weights, np.ones(n), np.full(n, 5.0))


@pytest.mark.parametrize("rules", SETTINGS, ids=range(len(SETTINGS)))
@pytest.mark.parametrize("width", [1, 2, 3])
def test_equals_a_plain_ledger_bar_by_bar(loops, rules, width):
    for seed, flat in ((3, True), (4, False)):
        legs, signals = rough(900, seed, width)
        run, ledger = backtest(legs, signals, rules, flat_at_end=flat), Ledger(legs, signals, rules, flat)
        np.testing.assert_allclose(run.equity, ledger.equity, rtol=0, atol=1e-9)
        made = run.trades
        closed = made.exit_row >= 0
        found = zip(made.entry_row, made.exit_row, made.side, (REASONS[each] for each in made.reason), strict=True)
        assert [tuple(each) for each, done in zip(found, closed, strict=True) if done] == ledger.trades
        assert len(ledger.trades) > 10
        assert run.blocked == ledger.blocked > 0
        assert run.fills.row.tolist() == [fill[0] for fill in ledger.account.fills]
        assert run.fills.leg.tolist() == [fill[1] for fill in ledger.account.fills]
        np.testing.assert_allclose(run.fills.quantity, [fill[2] for fill in ledger.account.fills], rtol=1e-12)
        np.testing.assert_allclose(run.fills.price, [fill[3] for fill in ledger.account.fills], rtol=1e-14)


@pytest.mark.parametrize("rules", SETTINGS, ids=range(len(SETTINGS)))
def test_fills_and_trades_add_up_to_the_equity(loops, rules):
    legs, signals = rough(2_000, 8)
    run = backtest(legs, signals, rules)
    assert math.fsum(run.fills.cash) - run.funding == pytest.approx(run.equity[-1], abs=1e-9)
    assert math.fsum(run.trades.net) == pytest.approx(run.equity[-1], abs=1e-9)
    assert math.fsum(run.trades.cost) == pytest.approx(run.cost, abs=1e-9)
    assert math.fsum(run.trades.funding) == pytest.approx(run.funding, abs=1e-9)
    slip = np.abs(run.fills.quantity) * np.abs(run.fills.price - run.fills.mid)
    assert math.fsum(run.fills.fee + slip) == pytest.approx(run.cost, abs=1e-9)
    for trade in range(len(run.trades)):
        assert math.fsum(run.fills.quantity[run.fills.trade == trade]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("rules", SETTINGS, ids=range(len(SETTINGS)))
def test_plain_and_compiled_loops_agree_to_the_last_bit(twins, monkeypatch, rules):
    legs, signals = rough(1_200, 11)
    runs = []
    for each in ({}, twins):
        monkeypatch.setattr(compiled, "_compiled", each)
        run = backtest(legs, signals, rules)
        batch = run_batch(legs, [(signals, rules), (signals, Rules())], 5 * STEP_MS)
        runs.append({**columns(run.fills), **columns(run.trades), **columns(batch), "equity": run.equity})
    for name, plain in runs[0].items():
        np.testing.assert_array_equal(plain, runs[1][name], err_msg=name)


@pytest.mark.parametrize("rules", SETTINGS, ids=range(len(SETTINGS)))
def test_a_batch_equals_single_runs(loops, rules):
    legs, signals = rough(600, 12)
    batch = run_batch(legs, [(signals, rules), (signals, Rules(entry=1.1))], STEP_MS)
    for place, each in enumerate((rules, Rules(entry=1.1))):
        run = backtest(legs, signals, each)
        assert batch.net[place] == run.equity[-1]
        assert batch.trades[place] == len(run.trades)
        rows = (legs.open_ms - legs.open_ms[0]) // STEP_MS
        assert batch.profits[place].cumsum()[rows] == pytest.approx(run.equity, abs=1e-8)


def test_a_trade_by_hand(loops):
    # y leg 100 -> 110, x leg 50 -> 52, hedge ratio 1: short the spread at z = 3, out at z = -0.1
    legs, signals = by_hand(
        [0, 3, 1, -0.1, 0, 0],
        [[100, 50], [100, 50], [100, 50], [105, 51], [110, 52], [110, 52]],
        weights=np.tile([1.0, -1.0], (6, 1)),
    )
    run = backtest(legs, signals, Rules(gross=1500.0, fee_bps=10.0, half_spread_bps=0.0))
    assert run.fills.row.tolist() == [2, 2, 4, 4]
    assert run.fills.quantity.tolist() == [-10.0, 10.0, 10.0, -10.0]
    assert run.gross[-1] == -10 * 10 + 10 * 2
    assert run.cost == pytest.approx((1000 + 500 + 1100 + 520) * 0.001, abs=1e-12)
    assert run.trades.bars.tolist() == [2]
    assert REASONS[run.trades.reason[0]] == "target"
    assert not run.closed_at_end


def test_the_fill_is_at_the_next_open_not_at_the_close_of_the_signal(loops):
    legs, signals = by_hand([0, -3, 0, 0], [100, 101, 107, 109], closes=[100, 103, 108, 110])
    run = backtest(legs, signals, Rules(gross=107.0, fee_bps=0.0, half_spread_bps=0.0))
    assert run.fills.mid.tolist() == [107.0, 109.0]
    assert run.equity.tolist() == [0.0, 0.0, 1.0, 2.0]


def test_half_spread_worsens_both_ways(loops):
    legs, signals = by_hand([0, -3, 0, 0], [100.0] * 4)
    run = backtest(legs, signals, Rules(gross=100.0, fee_bps=0.0, half_spread_bps=50.0))
    assert run.fills.price == pytest.approx([100.5, 99.5])
    assert run.equity[-1] == pytest.approx(-1.0)


@pytest.mark.parametrize("multiple", [1.0, 3.0])
def test_a_round_trip_costs_what_the_pair_page_says(loops, multiple):
    legs, signals = by_hand([0, 3, 0, 0], [[100.0, 50.0]] * 4, weights=np.tile([1.0, -1.5], (4, 1)))
    rules = Rules(gross=175.0, fee_bps=7.0, half_spread_bps=20.0, cost_multiple=multiple)
    paid = multiple * (rules.fee_bps + rules.half_spread_bps)
    cost = round_trip(100.0, 50.0, 1.5, y_bps=paid, x_bps=paid, scale="level")
    assert backtest(legs, signals, rules).cost == pytest.approx(cost, rel=1e-13, abs=0)


@pytest.mark.parametrize(
    ("flags", "times"),
    [
        ([0, PARTIAL, 0, 0, 0, 0], None),
        ([0, 0, PARTIAL, 0, 0, 0], None),
        (None, [0, 1, 3, 4, 5, 6]),
    ],
    ids=["signal bar partial", "fill bar partial", "bar missing"],
)
def test_a_stale_or_partial_leg_blocks_the_entry(loops, flags, times):
    legs, signals = by_hand([0, -3, -1, -1, -1, -1], [100.0] * 6, flags=flags, times=times)
    run = backtest(legs, signals, Rules())
    assert len(run.trades) == 0
    assert run.blocked == 1
    assert (run.equity == 0).all()


def test_an_exit_is_filled_on_a_partial_bar_after_a_gap(loops):
    legs, signals = by_hand([0, -3, -1, 0, 0], [100.0] * 5, flags=[0, 0, 0, 0, PARTIAL], times=[0, 1, 2, 3, 9])
    run = backtest(legs, signals, Rules())
    assert run.trades.exit_row.tolist() == [4]
    assert run.trades.bars.tolist() == [7]


def test_flat_at_the_end_at_the_last_close_and_said_so(loops):
    legs, signals = by_hand([0, -3, -3, -3], [100.0] * 4, closes=[100, 100, 101, 104])
    run = backtest(legs, signals, Rules(gross=100.0, fee_bps=0.0, half_spread_bps=0.0))
    assert run.closed_at_end
    assert REASONS[run.trades.reason[-1]] == "end"
    assert run.fills.time_ms[-1] == legs.open_ms[-1] + STEP_MS
    assert run.equity[-1] == 4.0
    left = backtest(legs, signals, Rules(gross=100.0, fee_bps=0.0, half_spread_bps=0.0), flat_at_end=False)
    assert not left.closed_at_end
    assert left.equity[-1] == 4.0
    assert left.trades.exit_row.tolist() == [-1]


def test_funding_is_paid_by_time_held_also_over_missing_bars(loops):
    # long from the open of row 2, out at the open of row 5, 3 bars missing before it: 6 bars of 1 minute on 1000
    legs, signals = by_hand([0, -3, -1, -1, 0, 0], [100.0] * 6, times=[0, 1, 2, 3, 4, 8])
    rules = Rules(gross=1000.0, fee_bps=0.0, half_spread_bps=0.0, funding_long_bps=48.0)
    assert backtest(legs, signals, rules).funding == pytest.approx(1000 * 48e-4 * 6 / 480, rel=1e-12)


def test_a_long_leg_and_a_short_leg_pay_their_own_funding(loops):
    legs, signals = by_hand([0, -3, -1, 0, 0], [[100.0, 100.0]] * 5, weights=np.tile([1.0, -1.0], (5, 1)))
    rules = Rules(gross=2000.0, fee_bps=0.0, half_spread_bps=0.0, funding_long_bps=48.0, funding_short_bps=-24.0)
    assert backtest(legs, signals, rules).funding == pytest.approx(1000 * (48e-4 - 24e-4) * 2 / 480, rel=1e-12)


def test_no_entry_beyond_the_stop_and_none_in_the_cooldown(loops):
    z = [0, -5, -3, -4.5, -3, -3, -3, -3, 0, 0]
    legs, signals = by_hand(z, [100.0] * len(z))
    run = backtest(legs, signals, Rules(stop=4.0, cooldown_bars=2))
    assert run.trades.entry_row.tolist() == [3, 7]
    assert [REASONS[each] for each in run.trades.reason] == ["stop", "target"]
    assert run.trades.exit_row.tolist() == [4, 9]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_bars(loops, n):
    run = backtest(*by_hand([-3.0] * n, [100.0] * n), Rules())
    assert run.equity.size == n
    assert len(run.trades) == (n == 2)


def test_signals_of_other_legs_are_refused():
    legs, signals = by_hand([0, 1], [1, 2])
    with pytest.raises(ValueError, match="signals"):
        backtest(share([bars_of(np.ones(3))], STEP_MS), signals, Rules())
    with pytest.raises(ValueError, match="positive"):
        dataclasses.replace(legs, closes=np.zeros((2, 1)))
    with pytest.raises(ValueError, match="grow"):
        dataclasses.replace(legs, open_ms=legs.open_ms[::-1])
    with pytest.raises(ValueError, match="one row for each bar"):
        dataclasses.replace(signals, z=signals.z[:1])
    with pytest.raises(ValueError, match="n, k"):
        dataclasses.replace(legs, flags=np.zeros(3))


def test_rules_are_checked():
    assert {parameter.name for parameter in PARAMETERS} == {field.name for field in dataclasses.fields(Rules)}
    for given in ({"entry": 21.0}, {"sides": "up"}, {"time_stop_bars": 1.5}, {"gross": float("nan")}):
        with pytest.raises(ParameterError):
            Rules(**given)
    for given in ({"exit": 2.0}, {"stop": 2.0}):
        with pytest.raises(Contradiction):
            Rules(**given)
    assert Rules.read({"entry": "1.5", "sides": "long"}) == Rules(entry=1.5, sides="long")
    with pytest.raises(ParameterError, match="Did you mean entry"):
        Rules.read({"entri": 1})
    assert Rules(**COSTS).but(entry=3).entry == 3.0


@pytest.mark.real_data
@pytest.mark.parametrize("names", [("LINK", "DOT"), ("ETH", "BTC")])
def test_a_recorded_week_with_outages_equals_the_ledger(compiled_loops, real_data, names):
    folder = real_data / "klines_1m" / "binance_spot_20210402_20210514"
    bars = [recorded(folder / f"{name}_USDT-1m.json.gz") for name in names]
    legs = share(bars, STEP_MS)
    assert (np.diff(legs.open_ms) > STEP_MS).sum() >= 2
    spec = PairSpec("a:YY", "a:XX")
    signals = history_signals(legs, pair_history(*bars, spec), scale="level", window=spec.window)
    rules = Rules(stop=6.0, time_stop_half_lives=4.0, cooldown_bars=5, funding_long_bps=1.0, **COSTS)
    run, ledger = backtest(legs, signals, rules), Ledger(legs, signals, rules)
    assert len(run.trades) == len(ledger.trades) > 100
    np.testing.assert_allclose(run.equity, ledger.equity, rtol=0, atol=1e-8)
    assert math.fsum(run.fills.cash) - run.funding == pytest.approx(run.equity[-1], abs=1e-9)
    assert run.gross[-1] > run.equity[-1]


def recorded(path):
    with gzip.open(path) as file:
        rows = np.array(json.load(file), dtype=float)[24_000:36_000]
    bars = np.zeros((len(rows), 10))
    bars[:, :6] = rows[:, :6]
    return bars
