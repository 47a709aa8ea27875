"""The engine against vectorbt, where it is installed; it is no dependency, `benchmarks/bench_backtest.py` has it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analytics.backtest.engine import backtest
from analytics.backtest.legs import share
from analytics.backtest.rules import Rules

from .conftest import STEP_MS, bars_of, true_signals, walk

try:
    import vectorbt as vbt
except ImportError:
    pytest.skip("vectorbt is not installed: pip install vectorbt in an environment beside", allow_module_level=True)

import pandas as pd

RULES = [
    Rules(fee_bps=1.0, half_spread_bps=0.0),
    Rules(fee_bps=2.0, half_spread_bps=1.5, gross=500.0),
    Rules(entry=1.0, exit=0.5, fee_bps=5.0, half_spread_bps=1.0),
    Rules(entry=1.5, exit=-1.0, sides="short", fee_bps=0.0, half_spread_bps=3.0),
]


def market(n, seed):
    x = walk(n, seed)
    spread = np.zeros(n)
    for row, shock in enumerate(np.random.default_rng(seed + 1).normal(0, 0.05, n)):
        spread[row] = 0.95 * spread[row - 1] + shock
    legs = share([bars_of(20 + 1.5 * x + spread, 0.01, seed), bars_of(x, 0.01, seed + 2)], STEP_MS)
    return legs, true_signals(legs, sigma=0.16)


def portfolio(legs, signals, rules):
    """vectorbt's own state machine on each leg: signals one bar later, at the open, with the size of that bar."""
    z = np.append(np.nan, signals.z[:-1])[:, None]
    weights = np.vstack([np.full((1, 2), np.nan), signals.weights[:-1]])
    units = rules.gross / (np.abs(weights) * legs.opens).sum(axis=1, keepdims=True)
    never = np.zeros(z.shape, bool)
    into_long = z < -rules.entry if rules.sides != "short" else never
    into_short = z > rules.entry if rules.sides != "long" else never
    out_of_long, out_of_short = z >= -rules.exit, z <= rules.exit
    frame = pd.DataFrame
    # the second leg is held the other way round
    return vbt.Portfolio.from_signals(
        frame(legs.closes), price=frame(legs.opens),
        entries=frame(np.hstack([into_long, into_short])), exits=frame(np.hstack([out_of_long, out_of_short])),
        short_entries=frame(np.hstack([into_short, into_long])),
        short_exits=frame(np.hstack([out_of_short, out_of_long])),
        size=frame(np.nan_to_num(np.abs(weights) * units)), size_type="amount",
        fees=rules.fee_bps / 1e4, slippage=rules.half_spread_bps / 1e4,
        init_cash=1e6, upon_opposite_entry="ignore", freq="1min",
    )  # fmt: skip


@pytest.mark.parametrize("rules", RULES, ids=range(len(RULES)))
@pytest.mark.parametrize("seed", [1, 2])
def test_same_trades_and_same_money(loops, rules, seed):
    legs, signals = market(5_000, seed)
    run = backtest(legs, signals, rules, flat_at_end=False)
    trades = portfolio(legs, signals, rules).trades.records
    trades = trades[trades["status"] == 1]
    closed = run.trades.exit_row >= 0
    assert closed.sum() > 15
    for leg in (0, 1):
        theirs = trades[trades["col"] == leg]
        np.testing.assert_array_equal(theirs["entry_idx"], run.trades.entry_row[closed])
        np.testing.assert_array_equal(theirs["exit_idx"], run.trades.exit_row[closed])
    both = trades.groupby("entry_idx")["pnl"].sum().to_numpy()
    np.testing.assert_allclose(both, run.trades.net[closed], rtol=0, atol=1e-9)
    assert math.fsum(trades["pnl"]) == pytest.approx(math.fsum(run.trades.net[closed]), abs=1e-9)
