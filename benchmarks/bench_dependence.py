"""Correlation matrices, leads and Hayashi-Yoshida against plain numpy in the same run: time and agreement.

Seeded returns of 20, 100 and 500 symbols, windows of 300 and 3,600, and trades at random times. Times are medians of
interleaved runs; gate on the ratios, absolute times depend on the machine. ``np.corrcoef`` gets one BLAS thread, as
ours does.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics import compiled
from analytics.align import Shared
from analytics.correlation_matrix import RollingMatrix
from analytics.hayashi_yoshida import Path, covariance
from analytics.inputs import Pair
from analytics.lead_lag import cross_correlations
from analytics.measures.correlation import correlation
from analytics.measures.correlation_break import correlation_break

Floats = NDArray[np.float64]

SEED: Final = 20240601
LAGS: Final = 60
_BARS: Final = 10
GATES: Final = {
    "corrcoef_over_bar_k20_w300": 3.0,
    "corrcoef_over_bar_k100_w300": 3.0,
    "corrcoef_over_bar_k500_w300": 3.0,
    "corrcoef_over_bar_k20_w3600": 12.0,
    "corrcoef_over_bar_k100_w3600": 12.0,
    "corrcoef_over_bar_k500_w3600": 12.0,
    "per_lag_numpy_over_lead_lag_k20": 3.0,
    "per_lag_numpy_over_lead_lag_k100": 3.0,
    "searchsorted_over_hayashi_yoshida": 3.0,
}
"""Ratios that must be reached; every bar of 100 symbols must also take 1 ms at most."""


def interleaved(runs: int, *works: Callable[[], object]) -> list[float]:
    """Median seconds of each work, run in turn so that a busy machine hits them alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for times, work in zip(taken, works, strict=True):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in taken]


def returns_of(n: int, k: int) -> Floats:
    random = np.random.default_rng(SEED)
    return random.normal(0, 1e-3, (n, 1)) + random.normal(0, 1e-3, (n, k))


def bar_by_bar(k: int, window: int, missing: float = 0.0) -> tuple[Callable[[], Floats], Callable[[], Floats]]:
    """Ten more bars: ours, and ten times ``np.corrcoef`` of a whole window."""
    returns = returns_of(window + 500, k)
    if missing:
        returns[np.random.default_rng(SEED).random(returns.shape) < missing] = np.nan
    matrix = RollingMatrix(returns[:window])
    at = [0]

    def ours() -> Floats:
        for _ in range(_BARS):
            at[0] = (at[0] + 1) % 500
            matrix.update(returns[window + at[0]])
            found = matrix.correlation()
        return found

    def theirs() -> Floats:
        for _ in range(_BARS):
            found: Floats = np.corrcoef(returns[:window], rowvar=False)
        return found

    return ours, theirs


def matrices() -> dict[str, float]:
    result = {}
    for window in (300, 3_600):
        for k in (20, 100, 500):
            ours, theirs = interleaved(30 if k < 500 else 5, *bar_by_bar(k, window))
            result[f"bar_k{k}_w{window}_us"] = ours / _BARS * 1e6
            result[f"corrcoef_over_bar_k{k}_w{window}"] = theirs / ours
    (gaps,) = interleaved(30, bar_by_bar(100, 1_000, 0.2)[0])
    return result | {"bar_k100_w1000_with_gaps_us": gaps / _BARS * 1e6}


def per_lag(returns: Floats) -> Floats:
    """Every lag standardised anew over its overlap."""
    n, k = returns.shape
    result = np.empty((2 * LAGS + 1, k, k))
    for lag in range(-LAGS, LAGS + 1):
        y = returns[max(0, -lag) : n - max(0, lag)]
        x = returns[max(0, lag) : n + min(0, lag)]
        y, x = ((leg - leg.mean(axis=0)) / leg.std(axis=0) for leg in (y, x))
        result[lag + LAGS] = y.T @ x / len(y)
    return result


def leads() -> dict[str, float]:
    result = {}
    for k in (20, 100):
        returns = returns_of(3_600, k)
        ours, theirs = interleaved(3, partial(cross_correlations, returns, LAGS), partial(per_lag, returns))
        gap = np.abs(cross_correlations(returns, LAGS).forward - per_lag(returns)[LAGS:]).max()
        result |= {f"lead_lag_k{k}_ms": ours * 1e3, f"per_lag_numpy_over_lead_lag_k{k}": theirs / ours}
        result[f"lead_lag_k{k}_difference"] = float(gap)
    returns[np.random.default_rng(SEED).random(returns.shape) < 0.2] = np.nan
    (gaps,) = interleaved(1, partial(cross_correlations, returns, LAGS))
    return result | {"lead_lag_k100_with_gaps_ms": gaps * 1e3}


def trades(n: int, seed: int) -> Path:
    random = np.random.default_rng(seed)
    times = np.unique(random.integers(0, 86_400_000, n))
    return Path(times, random.normal(0, 1e-4, times.size).cumsum())


def searchsorted(y: Path, x: Path) -> float:
    """The same sum from four vectorised look-ups."""
    first = np.maximum(np.searchsorted(x.time_ms, y.time_ms[:-1], "right") - 1, 0)
    last = np.minimum(np.searchsorted(x.time_ms, y.time_ms[1:], "left"), x.time_ms.size - 1)
    shares = (x.time_ms[first] < y.time_ms[1:]) & (x.time_ms[last] > y.time_ms[:-1])
    return float(np.sum(np.where(shares, np.diff(y.log_price) * (x.log_price[last] - x.log_price[first]), 0.0)))


def overlaps() -> dict[str, float]:
    y, x = trades(100_000, 1), trades(80_000, 2)
    ours, theirs = interleaved(9, partial(covariance, y, x), partial(searchsorted, y, x))
    ticks = y.time_ms.size + x.time_ms.size
    return {"hayashi_yoshida_ns_per_trade": ours / ticks * 1e9, "searchsorted_over_hayashi_yoshida": theirs / ours}


def columns() -> dict[str, float]:
    """What a whole history of 3,600 bars costs, window 120."""
    y, x = 100 * np.exp(returns_of(3_600, 2).cumsum(axis=0)).T
    same = np.ones(3_600)
    pair = Pair(Shared(np.arange(3_600) * 60_000, y, x, same, same, np.zeros(3_600, np.int64)), 60_000)
    works: dict[str, Callable[[], object]] = {
        f"correlation_{method}_3600_ms": partial(correlation, pair, window=120, method=method)
        for method in ("pearson", "spearman", "ewm")
    }
    works["correlation_break_3600_ms"] = partial(correlation_break, pair, window=120, of="correlation", threshold=13.0)
    return dict(zip(works, (seconds * 1e3 for seconds in interleaved(5, *works.values())), strict=True))


def main() -> dict[str, float]:
    plain = {"plain_bar_k100_w300_us": interleaved(30, bar_by_bar(100, 300)[0])[0] / _BARS * 1e6}
    compiled.load()
    result = plain | matrices() | leads() | overlaps() | columns()
    for name, value in result.items():
        gate = GATES.get(name)
        print(f"{name:42} {value:12.4g}" + (f"   gate {gate:g}" if gate else ""))
    return result


if __name__ == "__main__":
    main()
