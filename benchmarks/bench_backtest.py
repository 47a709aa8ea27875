"""Backtest against vectorbt in one run: a single test, a sweep of 20 x 20, and what the report costs.

Seeded AR(1) spread, 86,400 bars of 1 s. vectorbt runs in an environment of its own, made at first use, in which this
file runs itself again. Its signals are made beforehand and not counted. Times are medians of interleaved runs in CPU
seconds of the one thread, so that a busy machine does not matter; gate on the ratios.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REPO = Path(__file__).resolve().parent.parent
PEER = REPO / ".cache" / "vectorbt"
SEED = 20240601
ROWS = 86_400
RUN_GATE, SWEEP_GATE, REPORT_MS = 10.0, 150.0, 1_000.0
WHOLE, PARTS = 400, 50
"""Columns that vectorbt is given at once: the whole grid, as it is meant to be used, and in parts, which is kinder."""


def peer_python() -> str:
    """Interpreter of an environment with vectorbt, made at first use."""
    python = str(PEER / "bin" / "python")
    if not Path(python).exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEER)], check=True)
    if subprocess.run([python, "-c", "import vectorbt"], check=False, capture_output=True).returncode:
        subprocess.run([PEER / "bin" / "pip", "install", "-q", "vectorbt==1.2.0"], check=True)
    return python


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
    return Legs(times, opens, prices, np.zeros(ROWS), 1_000), signals, Rules(fee_bps=1.0, half_spread_bps=0.0)


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


def interleaved(runs: int, *works: Callable[[], object]) -> list[float]:
    """Median CPU seconds of each work, run in turn; one run before to warm up."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(runs + 1):
        for times, work in zip(taken, works, strict=True):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
    return [statistics.median(times[1:]) for times in taken]


def single(width: int) -> dict[str, float]:
    from analytics.backtest.engine import backtest  # noqa: PLC0415

    legs, signals, rules = market(width)
    ours = functools.partial(backtest, legs, signals, rules, flat_at_end=False)
    theirs = peer_portfolio(legs, signals, rules, np.array([rules.entry]), np.array([rules.exit]))
    ours_s, theirs_s = interleaved(15, ours, theirs)
    name = f"run_{width}_legs"
    return {
        f"{name}_trades": len(ours().trades),
        f"{name}_ms": ours_s * 1e3,
        f"{name}_vectorbt_ms": theirs_s * 1e3,
        f"{name}_ratio": theirs_s / ours_s,
        f"{name}_profit_gap": abs(float(ours().equity[-1]) - float(theirs().sum())),
    }


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a work, and what it gave."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def grid() -> dict[str, float]:
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
            ours.append(seconds(lambda: sweep(legs, lambda: signals, rules, *axes)))
            two_legs.append(seconds(lambda: sweep(pair, lambda: pair_signals, rules, *axes)))
            parts.append(seconds(peer_portfolio(legs, signals, rules, *cells[start : start + at_once].T)))
        theirs[at_once] = sum(part[0] for part in parts), np.concatenate([part[1] for part in parts])
    run_s = statistics.median(each[0] for each in ours[1:])
    last_fee = rules.gross * rules.fee_bps / 1e4 * 1.1
    return {
        "sweep_ms": run_s * 1e3,
        "sweep_2_legs_ms": statistics.median(each[0] for each in two_legs[1:]) * 1e3,
        "sweep_vectorbt_s": theirs[WHOLE][0],
        "sweep_ratio": theirs[WHOLE][0] / run_s,
        "sweep_vectorbt_in_parts_s": theirs[PARTS][0],
        "sweep_in_parts_ratio": theirs[PARTS][0] / run_s,
        # ours closes at the end what vectorbt leaves open: the fee of that fill at most
        "sweep_cells_apart": float((np.abs(ours[0][1].net.ravel() - theirs[WHOLE][1]) > last_fee).sum()),
    }


def report_costs() -> dict[str, float]:
    from analytics.backtest.engine import backtest  # noqa: PLC0415
    from analytics.backtest.report import report  # noqa: PLC0415
    from analytics.backtest.walk_forward import walk_forward  # noqa: PLC0415

    legs, signals, rules = market(2)
    entries = tuple(np.linspace(1, 3, 20))
    report_s, walk_s = interleaved(
        5,
        lambda: report(backtest(legs, signals, rules), legs, signals),
        lambda: walk_forward(legs, rules, entries, train=14_400, test=7_200),
    )
    return {"report_ms": report_s * 1e3, "walk_forward_10_folds_20_entries_ms": walk_s * 1e3}


def main() -> None:
    if importlib.util.find_spec("vectorbt") is None:
        environ = os.environ | {"NUMBA_CACHE_DIR": tempfile.gettempdir() + "/bench-backtest-numba"}
        subprocess.run([peer_python(), "-m", "benchmarks.bench_backtest"], check=True, cwd=REPO, env=environ)
        return
    from analytics import compiled  # noqa: PLC0415

    compiled.load()
    result = single(1) | single(2) | grid() | report_costs()
    for name, value in result.items():
        print(f"{name:40} {value:12.4g}")
    for name, gate in (("run_1_legs_ratio", RUN_GATE), ("run_2_legs_ratio", RUN_GATE), ("sweep_ratio", SWEEP_GATE)):
        print(f"{name:24} {result[name]:8.1f}x of at least {gate:.0f}x: {'ok' if result[name] >= gate else 'SHORT'}")
    told = "ok" if result["report_ms"] <= REPORT_MS else "SHORT"
    print(f"{'report':24} {result['report_ms']:8.0f} ms of at most {REPORT_MS:.0f} ms: {told}")


if __name__ == "__main__":
    main()
