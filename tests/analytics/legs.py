"""Bars of one leg, with silent minutes, and what tests of its measures say over and over."""

from __future__ import annotations

import numpy as np

from analytics.inputs import Leg
from analytics.market import CLOSE, OPEN_MS
from analytics.registry import measure

from .measure_inputs import STEP_MS, bars_of, closes_of

WINDOW = 60


def some(n=600, level=100.0, silent=0.0, seed=4):
    """Bars of a walk; this share of the minutes has none."""
    bars = bars_of(closes_of(n, seed, level)[1], seed)
    return Leg(bars[np.random.default_rng(seed).random(n) >= silent], STEP_MS)


def run(name, leg, **settings):
    return measure(name).run(leg, **settings)


def each_window(leg, window=WINDOW):
    """Row and the rows of the window that ends there, in long double."""
    for row in range(window - 1, len(leg.bars), 37):
        yield row, leg.bars[row - window + 1 : row + 1].astype(np.longdouble)


def returns_of(part, before=None):
    """Log returns between neighbours that follow each other, the one into the first row from ``before``."""
    part = part if before is None else np.vstack([before, part])
    steps = np.diff(np.log(part[:, CLOSE]))
    return steps[np.diff(part[:, OPEN_MS]) == STEP_MS]
