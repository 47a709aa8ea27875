"""The cointegration scan against a loop of statsmodels' coint in the same run, and what it finds where nothing is.

Seeded panels of walks in groups of five, half of the groups cointegrated; 3,600 rows, lags by AIC, both directions.
Sizes: 100 symbols (4,950 pairs) and 500 (124,750 pairs). The loop is timed on sampled pairs, between our scans.
"""

from __future__ import annotations

import statistics
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics import compiled
from analytics.inputs import Panel
from analytics.mackinnon import mackinnon_p
from analytics.measures.scan import MEASURE, Scan
from analytics.scan.engle_granger import both_directions
from analytics.scan.products import centre
from analytics.scan.unit_roots import lags_for
from benchmarks.gates import Gate, finish, tell
from benchmarks.timing import seconds

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


def scanned(data: Panel, **settings: object) -> Scan:
    found = MEASURE.run(data, **settings)
    assert isinstance(found, Scan), found
    return found


def coint_loop(table: Floats, **settings: object) -> None:
    """statsmodels on sampled pairs."""
    from statsmodels.tsa.stattools import coint  # noqa: PLC0415

    random = np.random.default_rng(SEED)
    for _ in range(SAMPLED):
        y, x = random.choice(table.shape[1], 2, replace=False)
        coint(table[:, y], table[:, x], **settings)


def against_coint(table: Floats, data: Panel) -> list[Gate]:
    gates = []
    for name, asked, ours, theirs in (
        ("lags by AIC", 1000.0, {"lag_rule": "aic"}, {"autolag": "aic"}),
        ("lag 1", 150.0, {"lag_rule": "fixed", "lags": 1}, {"maxlag": 1, "autolag": None}),
    ):
        loop = partial(coint_loop, table, **theirs)
        scan_s, loop_s = seconds(partial(scanned, data, **ours), loop, rounds=3)
        each_s = loop_s / SAMPLED
        tell({f"scan of 100, {name}: s": scan_s, f"coint, {name}: s a test": each_s})
        gates.append(Gate(f"scan of 100 over coint, {name}", each_s * scanned(data, **ours).tests / scan_s, asked))
        if name == "lags by AIC":
            gates.append(Gate("scan of 100 symbols", scan_s, 0.5, "s", at_most=True))
    return gates


def right(found: Scan, symbols: int) -> tuple[float, int]:
    """Share of the planted pairs among those of q < 5 %, and how many others are there."""
    group = {f"sim:S{at:03}": at // GROUP for at in range(symbols)}
    believed = found.q < 0.05
    true = [group[y] == group[x] and group[y] % 2 == 0 for y, x in zip(found.y.tolist(), found.x.tolist(), strict=True)]
    hits = int(np.sum(believed & np.array(true)))
    return hits / sum(true), int(believed.sum()) - hits


def nothing_there() -> list[Gate]:
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
    tell({"size of the better of two tests at 5 %": statistics.mean(better)})
    return [
        Gate("size of one test at 5 %", statistics.mean(one), 0.06, "", at_most=True),
        Gate("null panels in which q believes a pair", statistics.mean(believed), 0.1, "", at_most=True),
    ]


def main() -> list[Gate]:
    table = closes(100)
    data = panel(table)
    (plain,) = seconds(partial(scanned, data), rounds=3)
    tell({"scan of 100, plain: s": plain})
    compiled.load()
    gates = against_coint(table, data)
    found_share, others = right(scanned(data), 100)
    tell({"planted pairs found": found_share, "others believed": others})
    wide = panel(closes(500))
    (widest,) = seconds(partial(scanned, wide), rounds=1)
    return [*gates, Gate("scan of 500 symbols", widest, 10.0, "s", at_most=True), *nothing_there()]


if __name__ == "__main__":
    finish(main())
