"""The report of a backtest: what was earned, at what risk and cost, and how sure one can be of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.bootstrap import Interval, interval
from analytics.backtest.engine import Run, backtest
from analytics.backtest.legs import Legs, Signals
from analytics.backtest.metrics import (
    annual,
    drawdown,
    period_for,
    period_rows,
    periods_per_year,
    profit_factor,
    sharpe,
    sortino,
)
from analytics.backtest.rules import Rules

Floats = NDArray[np.float64]

STRESS: Final = (1.0, 2.0, 3.0)
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Stress:
    """The same test at ``multiple`` times the stated costs; ``sharpe`` is annualised, None where there is none."""

    multiple: float
    net: float
    sharpe: float | None


@dataclass(frozen=True, slots=True)
class Hour:
    """Trades that were entered in this hour of the day (UTC), their net profit together, and the share that gained."""

    hour: int
    trades: int
    net: float
    hit_rate: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Figures of a `Run`; money in the quote asset, None where a figure does not exist.

    ``sharpe`` and ``sortino`` are annualised for a market that never closes (365.25 days of 24 hours) from the profits
    of ``periods`` periods of ``period_ms``; intervals are 95 %, by the stationary bootstrap over periods, or over
    trades for ``hit_rate``, ``profit_factor`` and ``net_per_trade``. ``return_on_gross`` is net over the gross
    notional of the rules. ``cost_share`` is cost and funding over the gross profit, if there was one; ``turnover`` the
    traded notional in multiples of the gross notional; ``exposure`` the share of the time in a position.
    ``break_even_z`` is the median cost of a round trip in sigmas of the spread: how far z must come back before
    anything is earned; ``captured_z`` what the median trade got before costs. ``drawdown_ms`` is the longest time below
    an earlier high. ``equity`` and ``drawdown`` are columns (n,).
    """

    period_ms: int
    periods: int
    periods_per_year: float
    net: Interval
    return_on_gross: Interval
    sharpe: Interval
    sortino: Interval
    hit_rate: Interval
    profit_factor: Interval
    net_per_trade: Interval
    gross: float
    cost: float
    funding: float
    cost_share: float | None
    max_drawdown: float
    drawdown_ms: int
    trades: int
    mean_hold_ms: float | None
    median_hold_ms: float | None
    turnover: float
    exposure: float
    break_even_z: float | None
    captured_z: float | None
    stress: tuple[Stress, ...]
    by_hour: tuple[Hour, ...]
    equity: Floats
    drawdown: Floats


def report(run: Run, legs: Legs, signals: Signals) -> Report:
    """Every figure of a run of these legs and signals, which are run again at 2 and 3 times the costs.

    Raises ValueError when there is no bar.
    """
    if not len(legs):
        raise ValueError("`legs` must have at least one bar, got none. Load some data first.")
    period_ms = period_for(legs.span_ms, legs.step_ms)
    profits = _profits(run, period_ms)
    yearly = math.sqrt(periods_per_year(period_ms))
    net = interval(profits, lambda part: part.sum(axis=-1))
    below, trades, fills = drawdown(run.equity), run.trades, run.fills
    gross = float(run.gross[-1])
    hold_ms = trades.bars * legs.step_ms
    captured_z, cost_z = in_sigmas(run, signals)
    return Report(
        period_ms=period_ms,
        periods=profits.size,
        periods_per_year=periods_per_year(period_ms),
        net=net,
        return_on_gross=net.times(1.0 / run.rules.gross),
        sharpe=interval(profits, sharpe).times(yearly),
        sortino=interval(profits, sortino).times(yearly),
        hit_rate=interval((trades.net > 0).astype(np.float64), lambda part: part.mean(axis=-1)),
        profit_factor=interval(trades.net, profit_factor),
        net_per_trade=interval(trades.net, lambda part: part.mean(axis=-1)),
        gross=gross,
        cost=run.cost,
        funding=run.funding,
        cost_share=(run.cost + run.funding) / gross if gross > 0 else None,
        max_drawdown=float(below.max()),
        drawdown_ms=_longest_ms(legs, below),
        trades=len(trades),
        mean_hold_ms=float(hold_ms.mean()) if len(trades) else None,
        median_hold_ms=_median(hold_ms),
        turnover=float((np.abs(fills.quantity) * fills.price).sum()) / run.rules.gross,
        exposure=float(trades.bars.sum()) * legs.step_ms / legs.span_ms,
        break_even_z=_median(cost_z),
        captured_z=_median(captured_z),
        stress=tuple(_stress(legs, signals, run.rules, multiple, period_ms) for multiple in STRESS),
        by_hour=_by_hour(run),
        equity=run.equity,
        drawdown=below,
    )


def in_sigmas(run: Run, signals: Signals) -> tuple[Floats, Floats]:
    """What each trade earned before costs, and its costs, in sigmas of the spread as known at entry, both (m,)."""
    worth = run.trades.size * signals.sigma[run.trades.entry_row - 1]
    return run.trades.gross / worth, run.trades.cost / worth


def _profits(run: Run, period_ms: int) -> Floats:
    return np.diff(run.equity[period_rows(run.open_ms, run.step_ms, period_ms)], prepend=0.0)


def _stress(legs: Legs, signals: Signals, rules: Rules, multiple: float, period_ms: int) -> Stress:
    run = backtest(legs, signals, rules.but(cost_multiple=multiple))
    return Stress(multiple, float(run.equity[-1]), annual(float(sharpe(_profits(run, period_ms))), period_ms))


def _by_hour(run: Run) -> tuple[Hour, ...]:
    hour = run.trades.entry_ms // _HOUR_MS % 24
    counts = np.bincount(hour, minlength=24)
    nets = np.bincount(hour, run.trades.net, minlength=24)
    hits = np.bincount(hour, run.trades.net > 0, minlength=24)
    return tuple(
        Hour(each, int(counts[each]), float(nets[each]), float(hits[each] / counts[each]) if counts[each] else None)
        for each in range(24)
    )


def _longest_ms(legs: Legs, below: Floats) -> int:
    """From a high to the bar that is back at it, or to the end."""
    highs = np.flatnonzero(below == 0)
    rows = np.unique(np.concatenate([[0], highs, [len(legs) - 1]]))
    waits = np.diff(legs.open_ms[rows])
    return int(waits[(np.diff(rows) > 1) | (below[rows[1:]] > 0)].max(initial=0))


def _median(values: Floats | NDArray[np.int64]) -> float | None:
    found = values[np.isfinite(values)]
    return float(np.median(found)) if found.size else None
