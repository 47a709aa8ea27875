"""Tests of legs and pairs against statsmodels in the same run: one at a time, many at once, and before the compiler.

Seeded series of 300 and 3,600 rows. Times are medians of interleaved runs; gate on the ratios, absolute times depend on
the machine. The detrended fluctuations are held against a plain loop over pieces with polyfit.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics import compiled
from analytics.johansen import johansen
from analytics.mackinnon import mackinnon_p
from analytics.persistence import hurst, scales_for
from analytics.reversion import half_life
from analytics.unit_root import dickey_fuller

Floats = NDArray[np.float64]

SEED = 20240601


def spread(rows: int, count: int = 1) -> Floats:
    """``count`` AR(1) of half-life 34 bars."""
    values = np.random.default_rng(SEED).normal(size=(count, rows))
    for row in range(1, rows):
        values[:, row] += 0.98 * values[:, row - 1]
    return values


def interleaved(*works: Callable[[], object]) -> list[float]:
    """Median milliseconds of each work, in turns of 20 ms so that a busy machine hits them alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(7):
        for times, work in zip(taken, works, strict=True):
            calls, start = 0, time.perf_counter()
            while calls == 0 or time.perf_counter() - start < 0.02:
                work()
                calls += 1
            times.append((time.perf_counter() - start) / calls * 1e3)
    return [statistics.median(times) for times in taken]


def plain_dfa(steps: Floats) -> float:
    profile, found = np.cumsum(steps - steps.mean()), []
    scales = scales_for(steps.size, 10, 1000)
    for scale in scales:
        pieces = profile[: profile.size // scale * scale].reshape(-1, scale)
        at = np.arange(scale)
        rest = [piece - np.polyval(np.polyfit(at, piece, 1), at) for piece in pieces]
        found.append(np.sqrt(np.mean(np.square(rest))))
    return float(np.polyfit(np.log(scales), np.log(found), 1)[0])


def ols_half_life(values: Floats) -> float:
    from statsmodels.api import OLS, add_constant  # noqa: PLC0415

    return float(OLS(np.diff(values), add_constant(values[:-1])).fit().params[1])


def dickey_fullers() -> dict[str, tuple[float, float, float]]:
    """By what was timed: our milliseconds, the peer's, and the gate, 0 for none."""
    from statsmodels.tsa.stattools import adfuller  # noqa: PLC0415

    result = {}
    for rows in (300, 3_600):
        values = spread(rows)[0]
        for name, ours, rule, gate in (
            ("lag 1", 1, {"maxlag": 1, "autolag": None}, 15),
            ("AIC", "aic", {"autolag": "AIC"}, 100),
        ):
            peer = partial(adfuller, values, result_object=True, **rule)
            mine, other = interleaved(partial(dickey_fuller, values, "c", ours), peer)
            result[f"ADF {name}, {rows} rows"] = (mine, other, gate if rows == 3_600 else 0)
    many = spread(3_600, 200)
    for name, ours, rule, gate in (
        ("lag 1", 1, {"maxlag": 1, "autolag": None}, 15),
        ("AIC", "aic", {"autolag": "AIC"}, 100),
    ):
        mine, other = interleaved(
            partial(dickey_fuller, many, "c", ours), partial(adfuller, many[0], result_object=True, **rule)
        )
        result[f"ADF {name}, 200 x 3600, each"] = (mine / len(many), other, gate)
    return result


def others() -> dict[str, tuple[float, float, float]]:
    from statsmodels.tsa.adfvalues import mackinnonp  # noqa: PLC0415
    from statsmodels.tsa.vector_ar.vecm import coint_johansen  # noqa: PLC0415

    values, grid = spread(3_600)[0], np.linspace(-6, 0, 5_000)
    walk = np.random.default_rng(SEED).normal(size=3_600).cumsum()
    table = np.column_stack([walk + values, walk])
    steps = np.diff(values)
    works = {
        "MacKinnon p, 5000": (lambda: mackinnon_p(grid, "c", 2), lambda: [mackinnonp(t, "c", 2) for t in grid], 200),
        "Johansen, 3600 x 2": (lambda: johansen(table), lambda: coint_johansen(table, 0, 1), 2),
        "half-life, 3600": (lambda: half_life(values), lambda: ols_half_life(values), 8),
        "DFA-1, 3600": (lambda: hurst(steps), lambda: plain_dfa(steps), 0),
    }
    result = {}
    for name, (ours, theirs, gate) in works.items():
        mine, other = interleaved(ours, theirs)
        result[name] = (mine, other, gate)
    return result


def report(title: str, found: dict[str, tuple[float, float, float]]) -> dict[str, float]:
    print(f"{title:34} {'ours ms':>10} {'peer ms':>10} {'ratio':>9} {'gate':>6}")
    for name, (ours, theirs, gate) in found.items():
        mark = "" if theirs / ours >= gate else "  below"
        print(f"{name:34} {ours:10.4f} {theirs:10.3f} {theirs / ours:9.1f} {gate or '-':>6}{mark}")
    return {f"{title}: {name}": theirs / ours for name, (ours, theirs, _) in found.items()}


def main() -> dict[str, float]:
    warnings.simplefilter("ignore")
    before = {name: (ours, theirs, 0.0) for name, (ours, theirs, _) in dickey_fullers().items()}
    result = report("before the compiler", before)
    compiled.load()
    result |= report("compiled", dickey_fullers())
    return result | report("others", others())


if __name__ == "__main__":
    main()
