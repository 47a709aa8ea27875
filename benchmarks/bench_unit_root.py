"""Tests of legs and pairs against statsmodels in the same run: one at a time, many at once, and before the compiler.

Seeded series of 3,600 rows. The peer always takes one series: its time counts once for each of ours.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics import compiled
from analytics.johansen import johansen
from analytics.mackinnon import mackinnon_p
from analytics.reversion import half_life
from analytics.unit_root import Rule, dickey_fuller
from benchmarks.gates import Gate, finish, tell
from benchmarks.timing import Work, seconds, versus

Floats = NDArray[np.float64]
Case = tuple[str, Work, Work, int, float]
"""What is timed, ours, the peer's, how many series ours takes at once, and the gate."""

SEED = 20240601


def spread(rows: int, count: int = 1) -> Floats:
    """``count`` AR(1) of half-life 34 bars."""
    values = np.random.default_rng(SEED).normal(size=(count, rows))
    for row in range(1, rows):
        values[:, row] += 0.98 * values[:, row - 1]
    return values


def ols_half_life(values: Floats) -> float:
    from statsmodels.api import OLS, add_constant  # noqa: PLC0415

    return float(OLS(np.diff(values), add_constant(values[:-1])).fit().params[1])


def dickey_fullers() -> list[Case]:
    from statsmodels.tsa.stattools import adfuller  # noqa: PLC0415

    many = spread(3_600, 200)
    found: list[Case] = []
    rules: tuple[tuple[str, int | Rule, dict[str, Any], float], ...] = (
        ("lag 1", 1, {"maxlag": 1, "autolag": None}, 15.0),
        ("AIC", "aic", {"autolag": "AIC"}, 100.0),
        ("BIC", "bic", {"autolag": "BIC"}, 100.0),
    )
    for name, ours, rule, asked in rules:
        peer = partial(adfuller, many[0], result_object=True, **rule)
        found.append((f"ADF {name}, 3600 rows", partial(dickey_fuller, many[0], "c", ours), peer, 1, asked))
        found.append((f"ADF {name}, 200 x 3600", partial(dickey_fuller, many, "c", ours), peer, len(many), asked))
    return found


def others() -> list[Case]:
    from statsmodels.tsa.adfvalues import mackinnonp  # noqa: PLC0415
    from statsmodels.tsa.vector_ar.vecm import coint_johansen  # noqa: PLC0415

    values, grid = spread(3_600)[0], np.linspace(-6, 0, 5_000)
    walk = np.random.default_rng(SEED).normal(size=3_600).cumsum()
    table = np.column_stack([walk + values, walk])

    def one_by_one() -> list[float]:
        return [mackinnonp(t, "c", 2) for t in grid]

    return [
        ("MacKinnon p, 5000", partial(mackinnon_p, grid, "c", 2), one_by_one, 1, 200),
        ("Johansen, 3600 x 2", partial(johansen, table), partial(coint_johansen, table, 0, 1), 1, 2),
        ("half-life, 3600 rows", partial(half_life, values), partial(ols_half_life, values), 1, 8),
    ]


def ratios(cases: list[Case]) -> list[Gate]:
    gates = []
    for name, ours, peer, series, asked in cases:
        found = versus(ours, peer, rounds=5)
        tell({f"{name}: ours ms": found.ours_s * 1e3, f"{name}: peer ms, one series": found.peer_s * 1e3})
        gates.append(Gate(f"{name}, over statsmodels", found.ratio * series, asked))
    return gates


def main() -> list[Gate]:
    warnings.simplefilter("ignore")
    for name, ours, *_ in dickey_fullers():
        tell({f"{name}, plain: ms": seconds(ours, rounds=3)[0] * 1e3})
    compiled.load()
    return [*ratios(dickey_fullers()), *ratios(others())]


if __name__ == "__main__":
    finish(main())
