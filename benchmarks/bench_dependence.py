"""Correlation matrices, leads and Hayashi-Yoshida against plain numpy in the same run: time and agreement.

Seeded returns of 20, 100 and 500 symbols, windows of 300 and 3,600, and trades at random times. The gate on a bar of
100 symbols is in time: a board has no more for it.
"""

from __future__ import annotations

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
from benchmarks.gates import Gate, finish, tell
from benchmarks.timing import Versus, Work, seconds, versus

Floats = NDArray[np.float64]

SEED: Final = 20240601
LAGS: Final = 60
_BARS: Final = 10
_PEERS: Final = {300: 3.0, 3_600: 12.0}
"""How often a new bar must fit into ``np.corrcoef`` of so long a window."""


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


def matrices() -> list[Gate]:
    gates = []
    for window, asked in _PEERS.items():
        for k in (20, 100, 500):
            found = versus(*bar_by_bar(k, window), rounds=9 if k < 500 else 5)
            tell({f"a bar, {k} symbols, window {window}: us": found.ours_s / _BARS * 1e6})
            gates.append(Gate(f"a bar over np.corrcoef, {k} symbols, window {window}", found.ratio, asked))
    (gaps,) = seconds(bar_by_bar(100, 1_000, 0.2)[0])
    return [*gates, Gate("a bar, 100 symbols, with gaps", gaps / _BARS * 1e3, 1.0, "ms", at_most=True)]


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


def ccf_loop(returns: Floats) -> None:
    """statsmodels, pair by pair and direction by direction."""
    from statsmodels.tsa.stattools import ccf  # noqa: PLC0415

    for y in returns.T:
        for x in returns.T:
            ccf(y, x, adjusted=False, nlags=LAGS + 1)


def leads() -> list[Gate]:
    gates = []
    for k in (20, 100):
        returns = returns_of(3_600, k)
        ours = partial(cross_correlations, returns, LAGS)
        found = versus(ours, partial(per_lag, returns), rounds=3)
        tell({f"leads of {k} symbols: ms": found.ours_s * 1e3})
        gap = np.abs(ours().forward - per_lag(returns)[LAGS:]).max()
        gates.append(Gate(f"leads over numpy lag by lag, {k} symbols", found.ratio, 3.0))
        gates.append(Gate(f"leads differ from numpy's, {k} symbols", float(gap), 1e-10, "", at_most=True))
        if k == 20:
            loop: Versus = versus(ours, partial(ccf_loop, returns), rounds=3)
            gates.append(Gate("leads over statsmodels ccf, 20 symbols", loop.ratio, 10.0))
    returns[np.random.default_rng(SEED).random(returns.shape) < 0.2] = np.nan
    (gaps,) = seconds(partial(cross_correlations, returns, LAGS), rounds=1)
    tell({"leads of 100 symbols, with gaps: ms": gaps * 1e3})
    return gates


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


def overlaps() -> list[Gate]:
    y, x = trades(100_000, 1), trades(80_000, 2)
    found = versus(partial(covariance, y, x), partial(searchsorted, y, x))
    tell({"Hayashi-Yoshida: ns a trade": found.ours_s / (y.time_ms.size + x.time_ms.size) * 1e9})
    return [Gate("Hayashi-Yoshida over numpy searchsorted", found.ratio, 3.0)]


def columns() -> dict[str, float]:
    """What a whole history of 3,600 bars costs, window 120."""
    y, x = 100 * np.exp(returns_of(3_600, 2).cumsum(axis=0)).T
    same = np.ones(3_600)
    pair = Pair(Shared(np.arange(3_600) * 60_000, y, x, same, same, np.zeros(3_600, np.int64)), 60_000)
    works: dict[str, Work] = {
        f"correlation, {method}, 3600 rows: ms": partial(correlation, pair, window=120, method=method)
        for method in ("pearson", "spearman", "ewm")
    }
    works["correlation break, 3600 rows: ms"] = partial(
        correlation_break, pair, window=120, of="correlation", threshold=13.0
    )
    return {name: each * 1e3 for name, each in zip(works, seconds(*works.values(), rounds=3), strict=True)}


def main() -> list[Gate]:
    (plain,) = seconds(bar_by_bar(100, 300)[0])
    tell({"a bar, 100 symbols, window 300, plain: us": plain / _BARS * 1e6})
    compiled.load()
    tell(columns())
    return [*matrices(), *leads(), *overlaps()]


if __name__ == "__main__":
    finish(main())
