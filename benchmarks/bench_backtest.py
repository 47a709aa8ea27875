"""Backtest against vectorbt in one run: a single test, a sweep of 20 x 20, and what the report costs.

Seeded AR(1) spread, 86,400 bars of 1 s. vectorbt runs in an environment of its own, made at first use, in which this
file runs itself again. Its signals are made beforehand and not counted.
"""

from __future__ import annotations

import functools
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.gates import Gate, finish, tell
from benchmarks.peers import run_inside
from benchmarks.timing import seconds, versus

Floats = NDArray[np.float64]

SEED = 20240601
ROWS = 86_400
WHOLE, PARTS = 400, 50
"""Columns that vectorbt is given at once: the whole grid, as it is meant to be used, and in parts, which is kinder."""


def market(width: int) -> tuple[Any, Any, Any]:
    """One leg that is the spread itself, or two legs; z known from the true mean and deviation, 1 bp of fees."""
    from analytics.backtest.legs import Legs, Signals  # noqa: PLC0415
    from analytics.backtest.rules import Rules  # noqa: PLC0415

    random = np.random.default_rng(SEED)
    x = 100 + random.normal(0, 0.05, ROWS).cumsum()
    spread = np.zeros(ROWS)
    for row, shock in enumerate(random.normal(0, 0.05, ROWS)):
        spread[row] = 0.98 * spread[row - 1] + shock
    prices = np.stack([20 + 1.5 * x + spread, x], axis=1) if width == 2 else 100 + spread[:, None]
    weights = np.tile([1.0, -1.5][:width], (ROWS, 1))
    opens = np.vstack([prices[:1], prices[:-1]])
    times = np.arange(ROWS) * 1_000
    signals = Signals(spread / 0.25, weights, np.full(ROWS, 0.25), np.full(ROWS, 34.0))
    return Legs(times, opens, prices, np.zeros(ROWS, np.int64), 1_000), signals, Rules(fee_bps=1.0, half_spread_bps=0.0)


def peer_portfolio(legs: Any, signals: Any, rules: Any, entries: Floats, exits: Floats) -> Callable[[], Floats]:
    """vectorbt on each leg and each pair of entry and exit; returns the profit of each column, legs innermost."""
    import pandas as pd  # noqa: PLC0415
    import vectorbt as vbt  # noqa: PLC0415

    z = np.append(np.nan, signals.z[:-1])[:, None]
    long, short = z < -entries, z > entries
    done_long, done_short = z >= -exits, z <= exits
    sides = [(long, done_long, short, done_short), (short, done_short, long, done_long)][: legs.opens.shape[1]]
    tables = [pd.DataFrame(np.hstack(part)) for part in zip(*sides, strict=True)]
    notional = (np.abs(signals.weights) * legs.opens).sum(axis=1, keepdims=True)
    size = np.repeat(np.abs(signals.weights) * rules.gross / notional, entries.size, axis=1)
    close, price = (pd.DataFrame(np.repeat(part, entries.size, axis=1)) for part in (legs.closes, legs.opens))

    def run() -> Floats:
        portfolio = vbt.Portfolio.from_signals(
            close, tables[0], tables[1], short_entries=tables[2], short_exits=tables[3], price=price, size=size,
            fees=rules.fee_bps / 1e4, init_cash=1e7, freq="1s", upon_opposite_entry="ignore",
        )  # fmt: skip
        profit: Floats = portfolio.total_profit().to_numpy()
        return profit

    return run


def single(width: int) -> list[Gate]:
    from analytics.backtest.engine import backtest  # noqa: PLC0415

    legs, signals, rules = market(width)
    ours = functools.partial(backtest, legs, signals, rules, flat_at_end=False)
    theirs = peer_portfolio(legs, signals, rules, np.array([rules.entry]), np.array([rules.exit]))
    found = versus(ours, theirs, rounds=15)
    tell({f"run, legs {width}: ms": found.ours_s * 1e3, f"vectorbt's run, legs {width}: ms": found.peer_s * 1e3})
    gap = abs(float(ours().equity[-1]) - float(theirs().sum()))
    return [
        Gate(f"run over vectorbt, legs {width}", found.ratio, 10.0),
        Gate(f"profit differs from vectorbt's, legs {width}", gap, 1e-6, "", at_most=True),
    ]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a work, and what it gave."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def grid() -> list[Gate]:
    from analytics.backtest.sweep import Axis, sweep  # noqa: PLC0415

    entries, exits = np.linspace(1, 3, 20), np.linspace(-0.5, 0.95, 20)
    axes = Axis("entry", tuple(entries)), Axis("exit", tuple(exits))
    (legs, signals, rules), (pair, pair_signals, _) = market(1), market(2)
    cells = np.array([(entry, exit_) for entry in entries for exit_ in exits])
    ours, two_legs, theirs = [], [], {}
    # ours before each part of theirs, so that a machine that slows down slows both
    for at_once in (PARTS, WHOLE):
        parts = []
        for start in range(0, len(cells), at_once):
            ours.append(timed(lambda: sweep(legs, lambda: signals, rules, *axes)))
            two_legs.append(timed(lambda: sweep(pair, lambda: pair_signals, rules, *axes)))
            parts.append(timed(peer_portfolio(legs, signals, rules, *cells[start : start + at_once].T)))
        theirs[at_once] = sum(part[0] for part in parts), np.concatenate([part[1] for part in parts])
    run_s = statistics.median(each[0] for each in ours[1:])
    last_fee = rules.gross * rules.fee_bps / 1e4 * 1.1
    tell({
        "sweep: ms": run_s * 1e3,
        "sweep, 2 legs: ms": statistics.median(each[0] for each in two_legs[1:]) * 1e3,
        "vectorbt's sweep, whole: s": theirs[WHOLE][0],
        "vectorbt's sweep, in parts: s": theirs[PARTS][0],
        "sweep over vectorbt in parts": theirs[PARTS][0] / run_s,
    })  # fmt: skip
    # ours closes at the end what vectorbt leaves open: the fee of that fill at most
    apart = (np.abs(ours[0][1].net.ravel() - theirs[WHOLE][1]) > last_fee).sum()
    return [
        Gate("sweep of 20 x 20 over vectorbt", theirs[WHOLE][0] / run_s, 150.0),
        Gate("cells of the sweep that differ", float(apart), 0.0, "", at_most=True),
    ]


def report_costs() -> list[Gate]:
    from analytics.backtest.engine import backtest  # noqa: PLC0415
    from analytics.backtest.report import report  # noqa: PLC0415
    from analytics.backtest.walk_forward import walk_forward  # noqa: PLC0415

    legs, signals, rules = market(2)
    entries = tuple(np.linspace(1, 3, 20))
    report_s, walk_s = seconds(
        lambda: report(backtest(legs, signals, rules), legs, signals),
        lambda: walk_forward(legs, rules, entries, train=14_400, test=7_200),
        rounds=5,
    )
    tell({"walk forward, 10 folds, 20 entries: ms": walk_s * 1e3})
    return [Gate("report of a day of seconds", report_s * 1e3, 1000.0, "ms", at_most=True)]


def main() -> list[Gate]:
    from analytics import compiled  # noqa: PLC0415

    compiled.load()
    return [*single(1), *single(2), *grid(), *report_costs()]


if __name__ == "__main__":
    if importlib.util.find_spec("vectorbt") is None:
        sys.exit(run_inside("benchmarks.bench_backtest", ".cache/vectorbt", "vectorbt==1.2.0"))
    finish(main())
