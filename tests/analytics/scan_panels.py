"""Seeded panels for the tests of the scan: walks, and walks with pairs planted among them."""

from __future__ import annotations

import numpy as np

from analytics.inputs import Panel
from analytics.measures.scan import MEASURE, Scan

STEP_MS = 60_000


def walks(n, k, seed=20240601, level=100.0, step=0.05):
    return level + np.random.default_rng(seed).normal(0, step, (n, k)).cumsum(axis=0)


def planted(n, k=8, seed=20240601, level=100.0, step=0.05):
    """Walks; every third column reverts to its left neighbour with phi .9, after a moving average in its noise."""
    closes = walks(n, k, seed, level, step)
    random = np.random.default_rng(seed + 1)
    for column in range(1, k, 3):
        noise = np.convolve(random.normal(0, step, n + 50), 0.9 ** np.arange(50))[50 : n + 50]
        closes[:, column] = 2 + (1 + 0.3 * column) * closes[:, column - 1] + noise + np.r_[0, noise[:-1]] * 0.3
    return closes


def panel(closes, stamps=None, volumes=None, trades=None):
    n, k = closes.shape
    stamps = np.arange(n) if stamps is None else stamps
    names = tuple(f"sim:S{column:03}" for column in range(k))
    volumes = closes * 3 if volumes is None else volumes
    return Panel(names, stamps.astype(np.int64) * STEP_MS, closes, volumes, STEP_MS, trades)


def scan(closes, **given):
    found = MEASURE.run(panel(closes), **{"min_rows": 50, **given})
    assert isinstance(found, Scan), found
    return found


def column_of(found, name):
    return [int(symbol[-3:]) for symbol in getattr(found, name)]
