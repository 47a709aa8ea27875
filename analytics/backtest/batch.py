"""Many sets of rules on the same legs in one go: net profit, trades and profits by period, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.engine import numbers
from analytics.backtest.legs import Legs, Signals
from analytics.backtest.metrics import period_rows
from analytics.backtest.rules import Rules
from analytics.compiled import fast
from analytics.loops import backtest as loops

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Outcomes of p tests, each flat at the end; money in the quote asset.

    ``net`` and ``trades`` are (p,), ``profits`` (p, m) by period. Equal to p single runs to the last bit.
    """

    net: Floats
    trades: Integers
    profits: Floats


def run_batch(legs: Legs, tests: Sequence[tuple[Signals, Rules]], period_ms: int) -> Batch:
    """Run each test. Raises ValueError without bars or when the signals are of other legs."""
    n, k = legs.opens.shape
    if not n or any(signals.weights.shape != (n, k) for signals, _ in tests):
        raise ValueError(
            f"`tests` must hold signals with one row for each bar and one weight for each leg, {(n, k)}, and there must"
            " be a bar. Make the signals from the same legs."
        )
    decide, account = fast(loops.decide), fast(loops.account)
    rows = period_rows(legs.open_ms, legs.step_ms, period_ms)
    events, held, sums = np.empty((n + 1, 2), np.int64), np.empty((n + 1, k)), np.empty((n + 1, 3))
    book, equity = np.empty((2, rows.size)), np.empty((len(tests), rows.size))
    trades = np.zeros(len(tests), np.int64)
    for test, (signals, rules) in enumerate(tests):
        rule = numbers(rules, legs.step_ms)
        count = decide(
            signals.z, signals.lows, signals.highs, signals.half_life, signals.weights, legs.opens, legs.clock,
            legs.fillable, rule, True, events, held,
        )  # fmt: skip
        account(count, legs.opens, legs.closes, legs.clock, rule, events, held, rows, book, sums)
        equity[test] = book[loops.BOOK_EQUITY]
        trades[test] = np.count_nonzero(events[:count, 1] <= loops.SHORT)
    return Batch(equity[:, -1], trades, np.diff(equity, axis=1, prepend=0.0))
