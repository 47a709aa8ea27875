"""Tests and rolling statistics against peers that are no dependency: arch, bottleneck, nolds and hurst.

Seeded series of 3,600 rows. They are installed into an environment of their own, in which this file runs itself again.
``hurst`` estimates the same exponent by rescaled range, which the board does not have for its bias.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.gates import Gate, finish, tell
from benchmarks.peers import run_inside
from benchmarks.timing import Work, versus

Floats = NDArray[np.float64]

SEED = 20240601
ROWS = 3_600
WINDOW = 300
PACKAGES = ("arch==8.0.0", "bottleneck==1.6.0", "hurst==0.0.5", "nolds==0.6.1", "numba==0.68.1", "numpy==2.4.6")


def spread() -> Floats:
    """AR(1) of half-life 34 bars."""
    values = np.random.default_rng(SEED).normal(size=ROWS)
    for row in range(1, ROWS):
        values[row] += 0.98 * values[row - 1]
    return values


def bottleneck_z(values: Floats) -> Floats:
    import bottleneck as peer  # noqa: PLC0415

    z: Floats = (values - peer.move_mean(values, WINDOW)) / peer.move_std(values, WINDOW, ddof=1)
    return z


def arch_adf(values: Floats) -> float:
    from arch.unitroot import ADF  # noqa: PLC0415

    return float(ADF(values, trend="c", method="aic").stat)


def hurst_exponent(steps: Floats) -> float:
    from hurst import compute_Hc  # noqa: PLC0415

    return float(compute_Hc(steps, kind="change", simplified=False)[0])


def nolds_dfa(steps: Floats, scales: list[int], *, overlap: bool) -> float:
    from nolds import dfa  # noqa: PLC0415

    return float(dfa(steps, nvals=scales, overlap=overlap, order=1, fit_exp="poly"))


def main() -> list[Gate]:
    from analytics import compiled  # noqa: PLC0415
    from analytics.persistence import Hurst, hurst, scales_for  # noqa: PLC0415
    from analytics.rolling import rolling_z  # noqa: PLC0415
    from analytics.unit_root import dickey_fuller  # noqa: PLC0415

    compiled.load()
    values = spread()
    steps = np.diff(values)
    scales = scales_for(steps.size, 10, 1000)
    ours = hurst(steps)
    assert isinstance(ours, Hurst), ours
    works: dict[str, tuple[float, Work, Work]] = {
        "ADF AIC over arch": (50.0, partial(dickey_fuller, values, "c", "aic"), partial(arch_adf, values)),
        "rolling z over bottleneck": (0.6, partial(rolling_z, values, WINDOW), partial(bottleneck_z, values)),
        "DFA-1 over nolds": (200.0, partial(hurst, steps), partial(nolds_dfa, steps, scales, overlap=True)),
        "DFA-1 over hurst's rescaled range": (30.0, partial(hurst, steps), partial(hurst_exponent, steps)),
    }
    gates = []
    for name, (asked, mine, theirs) in works.items():
        found = versus(mine, theirs, rounds=5)
        tell({f"{name}: ours us": found.ours_s * 1e6, f"{name}: peer us": found.peer_s * 1e6})
        gates.append(Gate(name, found.ratio, asked))
    apart = abs(ours.exponent - nolds_dfa(steps, scales, overlap=False))
    return [*gates, Gate("DFA-1 differs from nolds", apart, 1e-10, "", at_most=True)]


if __name__ == "__main__":
    if importlib.util.find_spec("nolds") is None:
        sys.exit(run_inside("benchmarks.bench_peers", ".cache/peers", *PACKAGES))
    finish(main())
