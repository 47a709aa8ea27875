"""The cointegration scan against a loop of statsmodels' coint in the same run, and what it finds where nothing is.

Seeded panels of walks in groups of five, half of the groups cointegrated; 3,600 rows, lags by AIC, both directions.
Sizes: 100 symbols (4,950 pairs) and 500 (124,750 pairs). The loop is timed on sampled pairs. One thread.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analytics import compiled
from analytics.inputs import Panel
from analytics.mackinnon import mackinnon_p
from analytics.measures.scan import MEASURE, Scan
from analytics.scan.engle_granger import both_directions
from analytics.scan.products import centre
from analytics.scan.unit_roots import lags_for

Floats = NDArray[np.float64]

SEED = 20240601
ROWS = 3_600
SAMPLED = 6
STEP_MS = 60_000
GROUP = 5
PANELS = 60
PANEL_SYMBOLS = 20


def walks(symbols: int, seed: int = SEED) -> Floats:
    return 100 + np.random.default_rng(seed).normal(0, 0.05, (ROWS, symbols)).cumsum(axis=0)


def closes(symbols: int) -> Floats:
    random = np.random.default_rng(SEED + 1)
    table = walks(symbols)
    for first in range(0, symbols - GROUP + 1, 2 * GROUP):
        for column in range(first + 1, first + GROUP):
            shocks = random.normal(0, 0.02, ROWS + 200)
            spread = np.convolve(shocks, 0.95 ** np.arange(200))[200 : ROWS + 200]
            table[:, column] = 2 + 1.5 * table[:, first] + spread
    return table


def panel(table: Floats) -> Panel:
    stamps = np.arange(ROWS, dtype=np.int64) * STEP_MS
    return Panel(tuple(f"sim:S{at:03}" for at in range(table.shape[1])), stamps, table, table, STEP_MS)


def seconds(work: Callable[[], object], runs: int) -> float:
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def scanned(data: Panel) -> Scan:
    found = MEASURE.run(data)
    assert isinstance(found, Scan), found
    return found


def coint_seconds(table: Floats) -> float:
    """Seconds a test, from sampled pairs."""
    from statsmodels.tsa.stattools import coint  # noqa: PLC0415

    random = np.random.default_rng(SEED)
    pairs = [random.choice(table.shape[1], 2, replace=False) for _ in range(SAMPLED)]
    coint(table[:300, 0], table[:300, 1])
    start = time.perf_counter()
    for y, x in pairs:
        coint(table[:, y], table[:, x])
    return (time.perf_counter() - start) / SAMPLED


def right(found: Scan, symbols: int) -> tuple[float, int]:
    """Share of the planted pairs among those of q < 5 %, and how many others are there."""
    group = {f"sim:S{at:03}": at // GROUP for at in range(symbols)}
    believed = found.q < 0.05
    true = [group[y] == group[x] and group[y] % 2 == 0 for y, x in zip(found.y.tolist(), found.x.tolist(), strict=True)]
    hits = int(np.sum(believed & np.array(true)))
    return hits / sum(true), int(believed.sum()) - hits


def nothing_there() -> dict[str, float]:
    """Independent walks: how often one test passes at 5 %, the better of two, and whether q believes any of a panel."""
    one, better, believed = [], [], []
    for seed in range(PANELS):
        table = walks(PANEL_SYMBOLS, seed)
        counted = np.ones(ROWS, dtype=np.bool_)
        tests = both_directions(centre(table)[0], counted, lags_for(ROWS, "aic", 0))
        p = mackinnon_p(tests.statistic, "c", 2)
        one.append(float(np.mean(p < 0.05)))
        found = scanned(panel(table))
        better.append(float(np.mean(found.p < 0.05)))
        believed.append(bool((found.q < 0.05).any()))
    return {
        "null_size_of_one_test": statistics.mean(one),
        "null_size_of_better_of_two": statistics.mean(better),
        "null_panels_with_any_believed": statistics.mean(believed),
    }


def main() -> dict[str, float]:
    table = closes(100)
    data = panel(table)
    result: dict[str, float] = {"plain_100_s": seconds(lambda: scanned(data), 3)}
    compiled.load()
    ours = seconds(lambda: scanned(data), 5)
    found = scanned(data)
    result |= {"scan_100_s (gate 0.5)": ours, "tests_100": found.tests}
    loop = coint_seconds(table) * found.tests
    result |= {"coint_loop_100_s": loop, "loop_over_ours (gate 1000)": loop / ours}
    result["found_share"], result["others_believed"] = right(found, 100)
    result |= nothing_there()
    wide = panel(closes(500))
    result["scan_500_s (gate 10)"] = seconds(lambda: scanned(wide), 1)
    for name, value in result.items():
        print(f"{name:32} {value:12.4g}")
    return result


if __name__ == "__main__":
    main()
