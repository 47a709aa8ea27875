# ruff: noqa: PLR0917  # compiled functions take arrays and scalars in order, no records
"""One spread position at a time: `decide` what is held from event to event, then `account` for the money.

While z stays within bounds no order can arise: the lowest and the highest z of every `BLOCK` bars tell whether it does,
so most bars are never looked at.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LOOPS: Final[list[Loop]] = []

BLOCK: Final = 16
"""Bars that are skipped at once."""

# Places in a row of rules: entries are the smallest |z| that enters, rates are shares of the notional, funding is per
# bar, limits are in bars, inf where there is none.
(
    ENTRY_LONG, ENTRY_SHORT, EXIT, STOP, TIME_STOP, HALF_LIVES, COOLDOWN, REHEDGE, GROSS, FEE, HALF_SPREAD,
    FUNDING_LONG, FUNDING_SHORT,
) = range(13)  # fmt: skip

# What the close of a bar orders, and why a fill took place.
NOTHING, LONG, SHORT, REHEDGED, TARGET, STOPPED, TIMED, END, BLOCKED = range(9)

# Columns of the totals.
EARNED, CHARGED, FUNDED = range(3)
# Rows of the book.
BOOK_GROSS, BOOK_EQUITY = range(2)


@loop(LOOPS, "i8(i8, f8, f8, f8[::1], f8[::1], f8[::1])")
def first_outside(row: int, low: float, high: float, z: Floats, lows: Floats, highs: Floats) -> int:
    """First row from ``row`` on whose z is at or beyond a bound; z.size where there is none."""
    block = row // BLOCK
    while block < lows.size:
        if lows[block] <= low or highs[block] >= high:
            for each in range(max(row, block * BLOCK), min(z.size, (block + 1) * BLOCK)):
                if z[each] <= low or z[each] >= high:
                    return each
        block += 1
    return z.size


@loop(LOOPS, "i8(i8, f8, i8[::1])")
def first_at(row: int, bars: float, clock: Integers) -> int:
    """First row from ``row`` on at which the clock reads ``bars`` or more; clock.size where there is none."""
    low, high = row, clock.size
    while low < high:
        middle = (low + high) // 2
        if clock[middle] >= bars:
            high = middle
        else:
            low = middle + 1
    return low


@loop(LOOPS, "i8(f8, f8, f8, f8)")
def order_when_flat(z: float, entry_long: float, entry_short: float, stop: float) -> int:
    """Entry order that a bar's z asks for; none beyond the stop, none for NaN."""
    if -z >= entry_long and -z < stop:
        return LONG
    if z >= entry_short and z < stop:
        return SHORT
    return NOTHING


@loop(LOOPS, "i8(f8, b1, f8, f8)")
def order_when_held(away: float, timed: bool, exit_: float, stop: float) -> int:
    """Order of a bar that ends the wait of a position whose z is ``away`` on its side."""
    if away <= exit_:
        return TARGET
    if away >= stop:
        return STOPPED
    return TIMED if timed else REHEDGED


@loop(LOOPS, "f8(i8, f8[::1], f8[::1])")
def hold_limit(row: int, half_life: Floats, rule: Floats) -> float:
    """Bars that a position entered on the signal of ``row`` may be held; NaN where it rests on no half-life."""
    limit: float = rule[TIME_STOP]
    if rule[HALF_LIVES] < np.inf:
        bars: float = rule[HALF_LIVES] * half_life[row]
        limit = limit if bars >= limit else bars
    return limit


@loop(LOOPS, "f8(i8, i8, f8, f8[:, ::1], f8[:, ::1], f8[:, ::1])")
def enter(event: int, row: int, gross: float, weights: Floats, opens: Floats, legs: Floats) -> float:
    """Hold as many units as have the notional |gross| at this open, with its sign; 0 where there are none."""
    notional, last = 0.0, opens.shape[1]
    for leg in range(last):
        notional += abs(weights[row - 1, leg]) * opens[row, leg]
    size: float = gross / notional if notional > 0.0 and notional < np.inf else 0.0
    for leg in range(last):
        legs[event, leg] = size * weights[row - 1, leg]
    return size if abs(size) < np.inf else 0.0


@loop(LOOPS, "b1(i8, i8, f8, f8[:, ::1], f8[:, ::1])")
def aim(event: int, row: int, size: float, weights: Floats, legs: Floats) -> bool:
    """Hold ``size`` units at the weights known one row before; False, and nothing done, where there are none."""
    total = 0.0
    for leg in range(legs.shape[1]):
        total += abs(size * weights[row - 1, leg])
    if not (total > 0.0 and total < np.inf):
        return False
    for leg in range(legs.shape[1]):
        legs[event, leg] = size * weights[row - 1, leg]
    return True


@loop(
    LOOPS,
    "i8(f8[::1], f8[::1], f8[::1], f8[::1], f8[:, ::1], f8[:, ::1], i8[::1], b1[::1], f8[::1], b1, i8[:, ::1],"
    " f8[:, ::1])",
)
def decide(
    z: Floats, lows: Floats, highs: Floats, half_life: Floats, weights: Floats, opens: Floats, clock: Integers,
    fillable: NDArray[np.bool_], rule: Floats, flat_at_end: bool, events: Integers, legs: Floats,
) -> int:  # fmt: skip
    """What is held, from the signals ``z`` (n,) and ``weights`` (n, k); see `analytics.backtest.engine` for the rules.

    ``lows`` and ``highs`` are the extremes of z in each block. Fills ``events`` (n + 1, 2), row and reason, ``legs``
    (n + 1, k), the quantities after it, and returns how many there are. All fill at the open of their row, END at
    its close.
    """
    entry_long, entry_short, exit_, stop = rule[ENTRY_LONG], rule[ENTRY_SHORT], rule[EXIT], rule[STOP]
    count, row, side, size, limit = 0, 0, 0.0, 0.0, np.inf
    opened, touched, free, rows, rehedge = 0, 0, 0.0, z.size, rule[REHEDGE]
    while row < rows:
        if side == 0.0:
            if clock[row] < free:
                row = first_at(row, free, clock)
            row = first_outside(row, -entry_long, entry_short, z, lows, highs)
            order = order_when_flat(z[row], entry_long, entry_short, stop) if row < rows else NOTHING
        else:
            low, high = (-stop, -exit_) if side > 0.0 else (exit_, stop)
            timed = first_at(row, opened + limit - 1.0, clock) if limit < np.inf else rows
            due = first_at(row, touched + rehedge - 1.0, clock) if rehedge < np.inf else rows
            row = min(first_outside(row, low, high, z, lows, highs), timed, due)
            order = order_when_held(-side * z[row], timed == row, exit_, stop) if row < rows else NOTHING
        row += 1
        if order == NOTHING or row >= rows:
            continue
        if order >= TARGET:
            legs[count] = 0.0
            side, free = 0.0, clock[row] + rule[COOLDOWN]
        elif order == REHEDGED:
            if not (fillable[row] and aim(count, row, size, weights, legs)):
                continue
        else:
            side = 1.0 if order == LONG else -1.0
            limit = hold_limit(row - 1, half_life, rule)
            size = enter(count, row, side * rule[GROSS], weights, opens, legs)
            opened = clock[row]
            if size == 0.0 or not fillable[row] or not limit > 0.0:
                side, order = 0.0, BLOCKED
                legs[count] = 0.0
        events[count, 0], events[count, 1] = row, order
        touched = clock[row]
        count += 1
    if side != 0.0 and flat_at_end:
        events[count, 0], events[count, 1] = rows - 1, END
        legs[count] = 0.0
        count += 1
    return count


@loop(LOOPS, "void(i8, i8, i8, f8, f8[:, ::1], f8[:, ::1], i8[::1], f8[:, ::1], f8[::1], f8[::1])")
def fund(
    since: int, start: int, stop: int, bars: float, opens: Floats, closes: Floats, clock: Integers, held: Floats,
    rule: Floats, totals: Floats,
) -> None:  # fmt: skip
    """Charge funding for ``bars`` bars of each row, and for the bars missing before it if it comes after ``since``."""
    for row in range(start, stop):
        missing = clock[row] - clock[row - 1] - 1.0 if row > since else 0.0
        for leg in range(held.shape[1]):
            quantity = held[0, leg]
            rate = rule[FUNDING_LONG] if quantity > 0.0 else rule[FUNDING_SHORT]
            totals[FUNDED] += rate * abs(quantity) * (missing * opens[row, leg] + bars * closes[row, leg])


@loop(LOOPS, "i8(i8, i8, i8, f8[:, ::1], f8[:, ::1], i8[::1], f8[::1], f8[:, ::1], f8[::1], i8[::1], f8[:, ::1])")
def carry(
    start: int, stop: int, mark: int, opens: Floats, closes: Floats, clock: Integers, rule: Floats, held: Floats,
    totals: Floats, marks: Integers, book: Floats,
) -> int:  # fmt: skip
    """Hold the same quantities over the rows from ``start`` up to ``stop``; returns the next line of the book."""
    funded = rule[FUNDING_LONG] != 0.0 or rule[FUNDING_SHORT] != 0.0
    earned, charged, paid, first = totals[EARNED], totals[CHARGED], totals[FUNDED], start
    width = held.shape[1] if held[0].any() else 0
    while mark < marks.size and marks[mark] < stop:
        row = marks[mark]
        if funded:
            fund(start, first, row + 1, 1.0, opens, closes, clock, held, rule, totals)
            first, paid = row + 1, totals[FUNDED]
        gross = earned
        for leg in range(width):
            gross += held[0, leg] * (closes[row, leg] - held[1, leg])
        book[BOOK_GROSS, mark] = gross
        book[BOOK_EQUITY, mark] = gross - charged - paid
        mark += 1
    if funded:
        fund(start, first, stop, 1.0, opens, closes, clock, held, rule, totals)
    return mark


@loop(LOOPS, "void(i8, f8[:,::1], f8[:,::1], i8[::1], f8[::1], i8[:,::1], f8[:,::1], i8[::1], f8[:,::1], f8[:,::1])")
def account(
    count: int, opens: Floats, closes: Floats, clock: Integers, rule: Floats, events: Integers, legs: Floats,
    marks: Integers, book: Floats, sums: Floats,
) -> None:  # fmt: skip
    """The money of the first ``count`` events: ``sums`` after each of them and at the end, (n + 1, 3), ``book`` (2, m).

    ``marks`` (m,) are the rows after whose closes the book is written, growing, the last of them n - 1.
    """
    held, totals, start, mark = np.zeros((2, opens.shape[1])), np.zeros(3), 0, 0
    half_spread, fee, funded = rule[HALF_SPREAD], rule[FEE], rule[FUNDING_LONG] != 0.0 or rule[FUNDING_SHORT] != 0.0
    for event in range(count):
        row, ends = events[event, 0], events[event, 1] == END
        stop = row + 1 if ends else row
        if funded or marks[mark] < stop:
            mark = carry(start, stop, mark, opens, closes, clock, rule, held, totals, marks, book)
            if not ends:
                fund(row - 1, row, row + 1, 0.0, opens, closes, clock, held, rule, totals)
        for leg in range(opens.shape[1]):
            price = closes[row, leg] if ends else opens[row, leg]
            change = legs[event, leg] - held[0, leg]
            paid = price * (1.0 + math.copysign(half_spread, change))
            totals[EARNED] += held[0, leg] * (price - held[1, leg])
            totals[CHARGED] += abs(change) * (price * half_spread + paid * fee)
            held[0, leg], held[1, leg] = legs[event, leg], price
        for total in range(3):
            sums[event, total] = totals[total]
        start = stop
    if count > 0 and start == opens.shape[0]:
        mark -= 1
    carry(start, opens.shape[0], mark, opens, closes, clock, rule, held, totals, marks, book)
    for total in range(3):
        sums[count, total] = totals[total]
