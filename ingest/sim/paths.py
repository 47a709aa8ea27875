"""Latent log-price paths, a UTC day at a time, each a pure function of seed, symbol and day."""

from __future__ import annotations

import math
import zlib
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.sim.instruments import INSTRUMENTS, Instrument

Floats = NDArray[np.float64]

DAY_S: Final = 86_400
YEAR_S: Final = 365 * DAY_S
BREAK_S: Final = DAY_S // 2
"""A pair that breaks does so this many seconds into the UTC day."""
BREAK_VOL: Final = 0.7
"""Annualised volatility of the walk that breaks the pair."""
_CHUNK: Final = 900


def generator(seed: int, name: str, purpose: str, number: int) -> np.random.Generator:
    """The random numbers of one purpose, symbol and day (or slice of time), the same after every restart."""
    key = [seed, zlib.crc32(f"{name}/{purpose}".encode()), number]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(key)))


class Paths:
    """Log prices of all symbols, on a grid of one second. Safe to use from several threads."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.day = lru_cache(maxsize=64)(self._day)

    def _day(self, name: str, day: int) -> Floats:
        """Log price less the log of the instrument's level: 86401 values, from midnight to midnight of ``day``.

        ``day`` counts UTC days from 1970-01-01. The last value equals the first one of the next day.
        """
        instrument = INSTRUMENTS[name]
        path = self.spread(name, day)
        if instrument.walk_vol:
            path = path + self._walk(instrument, day)
        if instrument.driver:
            driver = self.day(instrument.driver, day)
            if instrument.lag_s:
                before = self.day(instrument.driver, day - 1)
                driver = np.concatenate([before[-1 - instrument.lag_s : -1], driver[: -instrument.lag_s]])
            path = path + instrument.hedge_ratio * driver
        return path

    def _walk(self, instrument: Instrument, day: int) -> Floats:
        """A Brownian path from this midnight's anchor to the next one's; anchors are independent around zero."""
        day_sd = instrument.walk_vol / math.sqrt(365)
        start, end = (
            day_sd / math.sqrt(2) * generator(self.seed, instrument.name, "anchor", d).standard_normal()
            for d in (day, day + 1)
        )
        return _bridge(generator(self.seed, instrument.name, "walk", day), DAY_S, instrument.walk_vol, start, end)

    def spread(self, name: str, day: int) -> Floats:
        """The symbol's spread to its driver in log price, 86401 values; zeros where it has none."""
        instrument = INSTRUMENTS[name]
        if not instrument.half_life_s:
            return np.zeros(DAY_S + 1)
        start, end = (
            instrument.spread_sd * generator(self.seed, name, "spread anchor", d).standard_normal()
            for d in (day, day + 1)
        )
        pull = instrument.pull_per_s
        shocks = generator(self.seed, name, "spread", day).standard_normal(DAY_S)
        shocks *= instrument.spread_sd * math.sqrt(-math.expm1(-2 * pull))
        path = np.concatenate([[start], _autoregress(shocks, math.exp(-pull), start)])
        # An Ornstein-Uhlenbeck bridge to the next day's start: the two sinh of the exact formula have become
        # exponentials, since a day is many half-lives.
        path += (end - path[-1]) * np.exp(-pull * np.arange(DAY_S, -1, -1))
        path[0], path[-1] = start, end
        if instrument.breaks:
            rng = generator(self.seed, name, "break", day)
            path[BREAK_S:] += _bridge(rng, DAY_S - BREAK_S, BREAK_VOL, 0.0, 0.0)
        return path


def _bridge(rng: np.random.Generator, steps: int, vol: float, start: float, end: float) -> Floats:
    """Brownian bridge of ``steps`` seconds and annualised ``vol`` from ``start`` to ``end``: steps + 1 values."""
    walk = np.zeros(steps + 1)
    np.cumsum(rng.standard_normal(steps) * (vol / math.sqrt(YEAR_S)), out=walk[1:])
    walk += start + np.arange(steps + 1) * ((end - start - walk[-1]) / steps)
    walk[-1] = end
    return walk


def _autoregress(shocks: Floats, decay: float, start: float) -> Floats:
    """``x[i] = decay * x[i-1] + shocks[i]`` with ``x[-1] = start``, in vectorised chunks.

    Within a chunk the sum is scaled by powers of ``decay``; chunks are short enough that these stay near one.
    """
    powers = decay ** np.arange(1, _CHUNK + 1)
    parts = np.cumsum(shocks.reshape(-1, _CHUNK) / powers, axis=1) * powers
    for chunk in range(len(parts)):
        parts[chunk] += powers * start
        start = parts[chunk, -1]
    path: Floats = parts.reshape(-1)
    return path
