"""Estimators of the hedge ratio against their peers in the same run, and what a pair costs with each of them.

Seeded: x a walk at 100, y = 2 + 1.5 x + AR(1) (phi .98), 3,600 rows, 2 % of y's rows shaken for Huber. Times are
medians of interleaved runs; gate on the ratios, absolute times depend on the machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics import compiled
from analytics.estimators import ESTIMATORS
from analytics.estimators.base import Rows
from analytics.estimators.grid import Huber, TheilSen
from analytics.estimators.kalman import kalman_columns
from analytics.estimators.windowed import fit_tls
from analytics.hedge import fit_ols
from analytics.live import PairSpec
from analytics.market import CLOSE, OPEN_MS, TRADES, BarArray
from analytics.spread import extend_history, pair_history
from analytics.window import pair_window

Floats = NDArray[np.float64]

SEED = 20240601
ROWS = 3_600
SPEC = PairSpec("sim:YYY", "sim:XXX")
GATES = {"ols": 12.0, "tls": 50.0, "huber": 8.0, "theil_sen": 60.0, "kalman": 1000.0}
TICK_US = 5.0


def walks(rows: int = ROWS) -> tuple[Floats, Floats]:
    random = np.random.default_rng(SEED)
    x = 100 + random.normal(0, 0.05, rows).cumsum()
    spread = np.zeros(rows)
    for row, shock in enumerate(random.normal(0, 0.05, rows)):
        spread[row] = 0.98 * spread[row - 1] + shock
    return 2 + 1.5 * x + spread, x


def bars(closes: Floats) -> BarArray:
    table = np.zeros((closes.size, 10))
    table[:, OPEN_MS] = np.arange(closes.size) * 60_000
    table[:, CLOSE], table[:, TRADES] = closes, 10
    return table


def interleaved(runs: int, *works: Callable[[], object]) -> list[float]:
    """Median seconds of each work, run in turn so that a busy machine hits them alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for times, work in zip(taken, works, strict=True):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in taken]


def statsmodels_fit(y: Floats, x: Floats) -> object:
    from statsmodels.api import OLS, add_constant  # noqa: PLC0415

    fit = OLS(y, add_constant(x)).fit()
    return fit.params, fit.bse, fit.rsquared


def odr(y: Floats, x: Floats) -> object:
    from scipy import odr as peer  # noqa: PLC0415

    return peer.ODR(peer.RealData(x, y), peer.unilinear, beta0=[1.0, 0.0]).run().beta


def rlm(y: Floats, x: Floats) -> object:
    from statsmodels.api import RLM, add_constant  # noqa: PLC0415
    from statsmodels.robust.norms import HuberT  # noqa: PLC0415

    return RLM(y, add_constant(x), M=HuberT()).fit().params


def scipy_slopes(y: Floats, x: Floats) -> object:
    from scipy.stats import theilslopes  # noqa: PLC0415

    return theilslopes(y, x)[0]


def pykalman(y: Floats, x: Floats) -> object:
    from pykalman import KalmanFilter  # noqa: PLC0415

    seen = np.column_stack([np.ones(x.size), x])[:, None, :]
    return KalmanFilter(np.eye(2), seen, np.diag([1e-5, 1e-7]), [[1e-2]], None, None, [0.0, 0.0], np.eye(2)).filter(y)


def against_peers() -> dict[str, float]:
    y, x = walks()
    shaken = y.copy()
    random = np.random.default_rng(SEED)
    shaken[random.choice(ROWS, ROWS // 50)] += random.normal(0, 5, ROWS // 50)
    rows = Rows(np.arange(ROWS) * 60_000, y, x, 60_000)
    ours_and_theirs: dict[str, tuple[int, Callable[[], object], Callable[[], object]]] = {
        "ols": (51, partial(fit_ols, y, x), partial(statsmodels_fit, y, x)),
        "tls": (51, partial(fit_tls, y, x), partial(odr, y, x)),
        "huber": (11, partial(Huber.fit, shaken, x), partial(rlm, shaken, x)),
        "theil_sen": (3, partial(TheilSen.fit, y, x), partial(scipy_slopes, y, x)),
        "kalman": (3, partial(kalman_columns, rows, 120, None, delta=1e-4, noise=1.0), partial(pykalman, y, x)),
    }
    result: dict[str, float] = {}
    for name, (runs, ours, theirs) in ours_and_theirs.items():
        fast, slow = interleaved(runs, ours, theirs)
        result |= {f"{name}_us": fast * 1e6, f"{name}_peer_us": slow * 1e6, f"{name}_ratio": slow / fast}
        result[f"{name}_gate"] = GATES[name]
    return result


def per_pair(loaded: str) -> dict[str, float]:
    """Whole history, one bar more, newest window, and one live tick, of each method."""
    result: dict[str, float] = {}
    y, x = (bars(walk) for walk in walks())
    for method in ESTIMATORS:
        spec = replace(SPEC, method=method)
        before = pair_history(y[:-1], x[:-1], spec)
        works = (partial(pair_history, y, x, spec), partial(extend_history, before, y, x, spec))
        history, one_more = interleaved(5, *works)
        result |= {f"{method}_{loaded}_history_ms": history * 1e3, f"{method}_{loaded}_one_bar_more_ms": one_more * 1e3}
        held = pair_window(y, x, spec, before)
        ticks = 10_000
        start = time.perf_counter()
        for _ in range(ticks):
            held.at(152.0, 100.0)
        result[f"{method}_{loaded}_tick_us"] = (time.perf_counter() - start) / ticks * 1e6
    return result


def main() -> dict[str, float]:
    result = per_pair("plain")
    compiled.load()
    result |= per_pair("compiled") | against_peers() | {"tick_gate_us": TICK_US}
    for name, value in result.items():
        print(f"{name:36} {value:12.4g}")
    return result


if __name__ == "__main__":
    main()
