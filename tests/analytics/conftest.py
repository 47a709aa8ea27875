"""Seeded bars for the analytics tests, and the folder of recorded market data."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.market import CLOSE, OPEN_MS, TRADES, VOLUME, BarArray

START_MS = 1_700_000_040_000


def make_bars(closes: NDArray[np.float64], step_ms: int = 60_000) -> BarArray:
    """Bars with these closes, one after the other, ten trades each."""
    bars = np.zeros((closes.size, 10))
    bars[:, OPEN_MS] = START_MS + step_ms * np.arange(closes.size)
    bars[:, CLOSE] = closes
    bars[:, VOLUME] = 1.0 + np.arange(closes.size) % 7
    bars[:, TRADES] = 10
    return bars


def make_pair(n: int, seed: int = 20240601, level: float = 100.0) -> tuple[BarArray, BarArray]:
    """Bars of a cointegrated pair: y = 2 + 1.5 x + AR(1) spread of half-life 14 bars (phi .95)."""
    random = np.random.default_rng(seed)
    x = level + random.normal(0, 0.05, n).cumsum()
    spread = np.zeros(n)
    for row, shock in enumerate(random.normal(0, 0.02, n)):
        spread[row] = 0.95 * spread[row - 1] + shock
    return make_bars(2 + 1.5 * x + spread), make_bars(x)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Recorded market data: SPREADBOARD_REAL_DATA, or shared/data beside the repository."""
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SPREADBOARD_REAL_DATA") or default)
    if not folder.is_dir():
        pytest.skip(f"no recorded market data in {folder}: set SPREADBOARD_REAL_DATA")
    return folder
