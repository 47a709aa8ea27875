"""A backtest as tables: one row for each trade, for each fill of a leg, or for each bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.pair import Study
from analytics.backtest.records import REASONS
from analytics.backtest.report import in_sigmas

Columns = dict[str, NDArray[Any]]


class Table(NamedTuple):
    """What the rows are, what each column means in their order, and how they are made."""

    title: str
    columns: Mapping[str, str]
    of: Callable[[Study], Columns]


def trade_columns(study: Study) -> Columns:
    """One row for each trade, oldest first; money in the quote asset, stamps in UTC epoch milliseconds."""
    trades = study.run.trades
    captured_z, cost_z = in_sigmas(study.run, study.prepared.signals)
    return {
        "entry_ms": trades.entry_ms,
        "exit_ms": trades.exit_ms,
        "side": np.where(trades.side > 0, "long", "short"),
        "reason": np.array(REASONS)[trades.reason],
        "bars": trades.bars,
        "size": trades.size,
        "entry_z": study.prepared.signals.z[trades.entry_row - 1],
        "gross": trades.gross,
        "cost": trades.cost,
        "funding": trades.funding,
        "net": trades.net,
        "captured_z": captured_z,
        "cost_z": cost_z,
    }


def fill_columns(study: Study) -> Columns:
    """One row for each leg that was traded, in order; the sum of ``cash`` less the funding is the equity at the end."""
    fills, spec = study.run.fills, study.prepared.spec
    return {
        "time_ms": fills.time_ms,
        "trade": fills.trade,
        "symbol": np.array([spec.y, spec.x])[fills.leg],
        "reason": np.array(REASONS)[fills.reason],
        "quantity": fills.quantity,
        "mid": fills.mid,
        "price": fills.price,
        "fee": fills.fee,
        "cash": fills.cash,
    }


def bar_columns(study: Study) -> Columns:
    """One row for each shared bar: what was known when it had closed."""
    signals, run = study.prepared.signals, study.run
    return {
        "open_ms": run.open_ms,
        "z": signals.z,
        "hedge_ratio": -signals.weights[:, 1] / signals.weights[:, 0],
        "sigma": signals.sigma,
        "half_life_bars": signals.half_life,
        "position": study.position,
        "gross": run.gross,
        "equity": run.equity,
        "drawdown": study.report.drawdown,
    }


TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "trades": Table(
            "One row for each trade",
            {
                "entry_ms": "open of the bar at which it was filled, UTC epoch milliseconds",
                "exit_ms": "when it was closed",
                "side": "long: bought y and sold x; short: the other way",
                "reason": "why it was closed: target, stop, time stop, or end (the bars ended, no rule asked for it)",
                "bars": "bars held on the clock, missing ones included",
                "size": "units of the spread at entry",
                "entry_z": "z at the close before the fill, which ordered it",
                "gross": "before costs, in the quote asset",
                "cost": "fees and half-spreads of all fills",
                "funding": "paid over the time held",
                "net": "gross less cost and funding",
                "captured_z": "gross in sigmas of the spread as known at entry",
                "cost_z": "cost in the same sigmas",
            },
            trade_columns,
        ),
        "fills": Table(
            "One row for each fill of a leg",
            {
                "time_ms": "open of the bar, or its close for the fill that ends the test",
                "trade": "number of the trade, from 0",
                "symbol": "the leg",
                "reason": "long, short, rehedge, target, stop, time stop, end",
                "quantity": "signed, in the base asset",
                "mid": "price of the bar",
                "price": "what was paid, half-spread included",
                "fee": "in the quote asset",
                "cash": "-quantity * price - fee",
            },
            fill_columns,
        ),
        "bars": Table(
            "One row for each shared bar",
            {
                "open_ms": "open time of the bar; all else was known when it closed",
                "z": "spread in sigmas; empty while warming up",
                "hedge_ratio": "units of x that would be held for one of y",
                "sigma": "what a z of 1 is worth",
                "half_life_bars": "of the spreads in the window; empty where there is none",
                "position": "1 long, -1 short, 0 flat",
                "gross": "profit before costs so far",
                "equity": "after costs and funding",
                "drawdown": "below the highest equity so far",
            },
            bar_columns,
        ),
    }
)
