"""What a backtest leaves behind: every fill of every leg, and every trade from entry to exit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.legs import Legs, Signals
from analytics.loops import backtest as loops

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

REASONS: Final = ("", "long", "short", "rehedge", "target", "stop", "time stop", "end")
"""Why a fill took place, by its number in `Fills.reason` and `Trades.reason`."""


@dataclass(frozen=True, slots=True, eq=False)
class Fills:
    """One row for each leg that was traded, in order; every column has shape (f,).

    ``row`` and ``trade`` number the bar and the trade, ``leg`` the leg, ``reason`` indexes `REASONS`. ``quantity`` is
    signed (base asset), ``mid`` the bar's price and ``price`` what was paid, ``fee`` and ``cash`` are in the quote
    asset: cash = -quantity * price - fee. The last close, at which a test that is still in ends, has reason "end".
    """

    time_ms: Integers
    row: Integers
    trade: Integers
    leg: Integers
    reason: Integers
    quantity: Floats
    mid: Floats
    price: Floats
    fee: Floats
    cash: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """One row for each position from entry to exit; every column has shape (m,), money in the quote asset.

    ``side`` is +1 for the long spread. Net = gross - cost - funding. ``bars`` counts bars on the clock, ``size`` is the
    units of the spread at entry, unsigned, ``reason`` indexes `REASONS`. A position that is still open has exit_row
    -1, exit_ms -1, reason 0 and its money up to the last fill.
    """

    entry_row: Integers
    exit_row: Integers
    entry_ms: Integers
    exit_ms: Integers
    side: Integers
    reason: Integers
    size: Floats
    gross: Floats
    cost: Floats
    funding: Floats
    net: Floats
    bars: Integers

    def __len__(self) -> int:
        return self.side.size


def fills_of(legs: Legs, events: Integers, held: Floats, *, fee: float, half_spread: float) -> Fills:
    """Fills from the events (e, 2) of a run, row and reason, and the quantities (e, k) held after each."""
    rows, reasons = events.T
    change = np.diff(held, axis=0, prepend=np.zeros((1, held.shape[1])))
    mids = np.where((reasons == loops.END)[:, None], legs.closes[rows], legs.opens[rows])
    event, leg = np.nonzero(change)
    quantity, mid = change[event, leg], mids[event, leg]
    price = mid * (1.0 + np.copysign(half_spread, quantity))
    fees = np.abs(quantity) * price * fee
    return Fills(
        time_ms=_time_ms(legs, events)[event],
        row=rows[event],
        trade=_trade_of(reasons)[event],
        leg=leg,
        reason=reasons[event],
        quantity=quantity,
        mid=mid,
        price=price,
        fee=fees,
        cash=-quantity * price - fees,
    )


def trades_of(legs: Legs, signals: Signals, events: Integers, held: Floats, sums: Floats) -> Trades:
    """Trades from the events (e, 2) of a run, the quantities (e, k) and the totals (e, 3) after each."""
    rows, reasons = events.T
    entries = np.flatnonzero((reasons == loops.LONG) | (reasons == loops.SHORT))
    last = np.append(entries[1:], len(events))[: entries.size] - 1
    closed = reasons[last] >= loops.TARGET
    money = sums[last] - np.vstack([np.zeros((1, 3)), sums[last]])[:-1]
    side = np.where(reasons[entries] == loops.LONG, 1, -1)
    weights, entry_row = signals.weights[rows[entries] - 1], rows[entries]
    time_ms, end_ms = _time_ms(legs, events), legs.open_ms[-1:].sum() + legs.step_ms
    entry_ms, exit_ms = time_ms[entries], np.where(closed, time_ms[last], -1)
    return Trades(
        entry_row=entry_row,
        exit_row=np.where(closed, rows[last], -1),
        entry_ms=entry_ms,
        exit_ms=exit_ms,
        side=side,
        reason=np.where(closed, reasons[last], 0),
        size=np.abs(held[entries]).sum(axis=1) / np.abs(weights).sum(axis=1),
        gross=money[:, loops.EARNED],
        cost=money[:, loops.CHARGED],
        funding=money[:, loops.FUNDED],
        net=money[:, loops.EARNED] - money[:, loops.CHARGED] - money[:, loops.FUNDED],
        bars=(np.where(closed, exit_ms, end_ms) - entry_ms) // legs.step_ms,
    )


def _trade_of(reasons: Integers) -> Integers:
    return np.cumsum((reasons == loops.LONG) | (reasons == loops.SHORT)) - 1


def _time_ms(legs: Legs, events: Integers) -> Integers:
    """Open of the bar, or its close for the fill that ends the test."""
    time_ms: Integers = legs.open_ms[events[:, 0]] + legs.step_ms * (events[:, 1] == loops.END)
    return time_ms
