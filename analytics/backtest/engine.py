"""One backtest: decide at the close of a bar, fill at the open of the next, flat at the end, every fill on record."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.legs import Legs, Signals
from analytics.backtest.records import Fills, Trades, fills_of, trades_of
from analytics.backtest.rules import Rules
from analytics.compiled import fast
from analytics.loops import backtest as loops

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BPS: Final = 1e-4
FUNDING_MS: Final = 8 * 3_600_000


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A backtest's outcome; columns (n,) hold what was known when bar t was closed, money in the quote asset.

    ``equity`` is what is left of ``gross`` after fees, half-spreads and funding, both from 0 on; ``cost`` and
    ``funding`` are their sums at the end, where equity = gross - cost - funding. With ``closed_at_end`` the last
    position was closed at the last close, which no rule asked for. ``blocked`` counts entries that were not filled: a
    bar was missing or partial, or there were no weights or no half-life.
    """

    open_ms: Integers
    step_ms: int
    rules: Rules
    gross: Floats
    equity: Floats
    cost: float
    funding: float
    fills: Fills
    trades: Trades
    blocked: int
    closed_at_end: bool


def backtest(legs: Legs, signals: Signals, rules: Rules, *, flat_at_end: bool = True) -> Run:
    """Trade the spread by the rules.

    At the close of bar t: when flat, enter the long spread if z_t < -entry, the short one if z_t > entry, not beyond
    the stop and not within the cooldown; when in, leave at exit, stop or time stop, whichever is named first, else
    rehedge when due. A NaN z orders nothing but the time stop. Orders fill at the open of the next shared bar, worse
    by the half-spread, with a fee on what is paid. Entries and rehedges fill only where `Legs.fillable`; exits always
    fill. Quantities are those that give the legs the notional ``gross`` at that open, at the weights of bar t, and
    stay; a rehedge keeps the units of the spread and takes the newest weights. Funding accrues bar by bar on the
    notional at the closes. What is open at the end is closed at the last close, unless ``flat_at_end`` is False.

    Every row rests on bars up to its own only, but for the closing costs in the last. Raises ValueError when signals
    and legs do not have the same rows and legs.
    """
    if signals.weights.shape != legs.opens.shape:
        raise ValueError(
            f"`signals` must have one row for each bar and one weight for each leg, {legs.opens.shape}, got"
            f" {signals.weights.shape}. Make them from the same legs."
        )
    n, k = legs.opens.shape
    rule, book = numbers(rules, legs.step_ms), np.empty((2, n))
    events, held, sums = np.empty((n + 1, 2), np.int64), np.empty((n + 1, k)), np.empty((n + 1, 3))
    count = fast(loops.decide)(
        signals.z, signals.lows, signals.highs, signals.half_life, signals.weights, legs.opens, legs.clock,
        legs.fillable, rule, flat_at_end, events, held,
    )  # fmt: skip
    fast(loops.account)(count, legs.opens, legs.closes, legs.clock, rule, events, held, _every(n), book, sums)
    done = np.flatnonzero(events[:count, 1] != loops.BLOCKED)
    kept = events[done], held[done], sums[done]
    return Run(
        open_ms=legs.open_ms,
        step_ms=legs.step_ms,
        rules=rules,
        gross=book[loops.BOOK_GROSS],
        equity=book[loops.BOOK_EQUITY],
        cost=float(sums[count, loops.CHARGED]),
        funding=float(sums[count, loops.FUNDED]),
        fills=fills_of(legs, kept[0], kept[1], fee=rule[loops.FEE], half_spread=rule[loops.HALF_SPREAD]),
        trades=trades_of(legs, signals, *kept),
        blocked=count - done.size,
        closed_at_end=bool(count and events[count - 1, 1] == loops.END),
    )


@functools.lru_cache(maxsize=2)
def _every(n: int) -> Integers:
    return np.arange(n)


def numbers(rules: Rules, step_ms: int) -> Floats:
    """The rules as the loop reads them: shares instead of basis points, per bar instead of per 8 hours."""
    never, share = np.inf, BPS * rules.cost_multiple
    row = np.empty(13)
    # an entry wants |z| above it, everything else at it: the next number makes them alike
    above = np.nextafter(rules.entry, never)
    row[loops.ENTRY_LONG] = above if rules.sides != "short" else never
    row[loops.ENTRY_SHORT] = above if rules.sides != "long" else never
    row[loops.EXIT] = rules.exit
    row[loops.STOP] = rules.stop or never
    row[loops.TIME_STOP] = rules.time_stop_bars or never
    row[loops.HALF_LIVES] = rules.time_stop_half_lives or never
    row[loops.COOLDOWN] = rules.cooldown_bars
    row[loops.REHEDGE] = rules.rehedge_bars or never
    row[loops.GROSS] = rules.gross
    row[loops.FEE] = share * rules.fee_bps
    row[loops.HALF_SPREAD] = share * rules.half_spread_bps
    row[loops.FUNDING_LONG] = share * rules.funding_long_bps * step_ms / FUNDING_MS
    row[loops.FUNDING_SHORT] = share * rules.funding_short_bps * step_ms / FUNDING_MS
    return row
