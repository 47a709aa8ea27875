"""Estimators of the hedge ratio against their peers in the same run, and what a pair costs with each of them.

Seeded: x a walk at 100, y = 2 + 1.5 x + AR(1) (phi .98), 3,600 rows, 2 % of y's rows shaken for Huber. The peer of a
Kalman tick is ``filter_update``: our step of the filter does the same work, our tick is what the board does at a trade.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics import compiled
from analytics.compiled import fast
from analytics.estimators import ESTIMATORS
from analytics.estimators.base import Rows
from analytics.estimators.grid import Huber, TheilSen
from analytics.estimators.kalman import kalman_columns
from analytics.estimators.windowed import fit_tls
from analytics.hedge import fit_ols
from analytics.live import PairSpec
from analytics.loops.kalman import kalman_filter
from analytics.market import CLOSE, OPEN_MS, TRADES, BarArray
from analytics.spread import extend_history, pair_history
from analytics.window import pair_window
from benchmarks.gates import Gate, finish, tell
from benchmarks.timing import Work, seconds, versus

Floats = NDArray[np.float64]

SEED = 20240601
ROWS = 3_600
SPEC = PairSpec("sim:YYY", "sim:XXX")
TICK_US = 5.0
PLAIN_S = 2.0
"""For a day's history of Theil-Sen with the longest window while the loops are not compiled."""


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


def against_peers() -> list[Gate]:
    y, x = walks()
    shaken = y.copy()
    random = np.random.default_rng(SEED)
    shaken[random.choice(ROWS, ROWS // 50)] += random.normal(0, 5, ROWS // 50)
    rows = Rows(np.arange(ROWS) * 60_000, y, x, 60_000)
    kalman = partial(kalman_columns, rows, 120, None, delta=1e-4, noise=1.0)
    works: dict[str, tuple[float, int, Work, Work]] = {
        "OLS over statsmodels OLS": (12.0, 15, partial(fit_ols, y, x), partial(statsmodels_fit, y, x)),
        "TLS over scipy ODR": (50.0, 15, partial(fit_tls, y, x), partial(odr, y, x)),
        "Huber over statsmodels RLM": (8.0, 9, partial(Huber.fit, shaken, x), partial(rlm, shaken, x)),
        "Theil-Sen over scipy theilslopes": (60.0, 5, partial(TheilSen.fit, y, x), partial(scipy_slopes, y, x)),
        "Kalman history over pykalman filter": (1000.0, 3, kalman, partial(pykalman, y, x)),
    }
    gates = []
    for name, (asked, rounds, ours, theirs) in works.items():
        found = versus(ours, theirs, rounds)
        tell({f"{name}: ours us": found.ours_s * 1e6, f"{name}: peer us": found.peer_s * 1e6})
        gates.append(Gate(name, found.ratio, asked))
    return gates


def kalman_ticks() -> list[Gate]:
    """One step of the filter, and the z at one trade, against one ``filter_update``."""
    from pykalman import KalmanFilter  # noqa: PLC0415

    y, x = walks(600)
    mean, cov, seen = np.zeros(2), np.eye(2), np.array([[1.0, x[-1]]])
    peer = KalmanFilter(np.eye(2), seen, np.diag([1e-5, 1e-7]), [[1e-2]], None, None, mean, cov)
    state, prior, scales = np.array([0.1, 1.2, 0.3, 0.0, 0.2, 0.0]), np.empty((5, 1)), np.array([0.0, 1e-5, 1e-7, 1e-2])
    step = partial(fast(kalman_filter), y[-1:], x[-1:], scales[:, None].copy(), state, prior)
    spec = replace(SPEC, method="kalman")
    held = pair_window(bars(y), bars(x), spec, pair_history(bars(y), bars(x), spec))
    gates = []
    for name, ours in (("step", step), ("tick", partial(held.at, y[-1].item(), x[-1].item()))):
        found = versus(ours, partial(peer.filter_update, mean, cov, y[-1:], observation_matrix=seen))
        tell({f"Kalman {name} us": found.ours_s * 1e6, "filter_update us": found.peer_s * 1e6})
        gates.append(Gate(f"Kalman {name} over pykalman filter_update", found.ratio, 300.0))
    return gates


def per_pair(loaded: str) -> list[Gate]:
    """Whole history, one bar more, newest window, and one live tick, of each method."""
    y, x = (bars(walk) for walk in walks())
    gates = []
    for method, estimator in ESTIMATORS.items():
        spec = replace(SPEC, method=method)
        before = pair_history(y[:-1], x[:-1], spec)
        history, one_more = seconds(
            partial(pair_history, y, x, spec), partial(extend_history, before, y, x, spec), rounds=5
        )
        tell({f"{method} {loaded} history ms": history * 1e3, f"{method} {loaded} one bar more ms": one_more * 1e3})
        (tick,) = seconds(partial(pair_window(y, x, spec, before).at, 152.0, 100.0))
        gates.append(Gate(f"{estimator.label} tick, {loaded}", tick * 1e6, TICK_US, "us", at_most=True))
    return gates


def longest_plain() -> Gate:
    """A history of 1,440 rows with a window of 1,000, fitted anew every 5 bars."""
    y, x = (bars(walk) for walk in walks(1_440))
    spec = replace(SPEC, method="theil_sen", window=1_000)
    (history,) = seconds(partial(pair_history, y, x, spec), rounds=2)
    return Gate("Theil-Sen history, window 1000, plain", history, PLAIN_S, "s", at_most=True)


def main() -> list[Gate]:
    gates = [*per_pair("plain"), longest_plain()]
    compiled.load()
    return [*gates, *per_pair("compiled"), *against_peers(), *kalman_ticks()]


if __name__ == "__main__":
    finish(main())
