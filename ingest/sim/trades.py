"""The trades of the simulated market: a pure function of seed, rate and time.

A UTC day of a symbol holds a fixed number of taker **orders**, spread over its minutes by a seeded pattern, so the
ids of any minute are known without looking at the past. Ten orders in a row make a **block** of sixteen **fills**; one
of 64 patterns says how many of them each order gets. All fills of an order share its millisecond, price and side, as
they do on a real exchange; an order is therefore also one aggregate trade. Trades are generated in **slices** of ten
minutes, always whole, so that every reader gets the same ones.

Up to rate 4 a higher rate means more orders; past that, every fill is reported as ``copies`` trades with consecutive
ids: an order then meets more resting orders. Bars of a busy market so cost no more than those of a quiet one.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.sim.instruments import INSTRUMENTS
from ingest.sim.paths import Floats, Paths, generator

Ints = NDArray[np.int64]

SLICE_MS: Final = 600_000
SLICES_A_DAY: Final = 144
DAY_MS: Final = 86_400_000
FIRST_DAY: Final = 17_395
"""The market opened on 2017-08-17, with trade id 0."""
OPENED_MS: Final = FIRST_DAY * DAY_MS
DENSEST: Final = 4.0
"""Highest rate that is reached by more orders alone."""
_BLOCK_ORDERS: Final = 10
_BLOCK_FILLS: Final = 16


class Trades(NamedTuple):
    """Fills, oldest first, as columns of one length."""

    fill: Ints
    """Number of the fill since the market opened; trade ids are ``fill * copies`` and the ``copies - 1`` after it."""
    order: Ints
    """Number of the taker order since the market opened: the aggregate trade id."""
    time_ms: Ints
    ticks: Ints
    """Price in ticks."""
    lots: Ints
    """Quantity in lots."""
    maker: NDArray[np.bool_]
    """The buyer was the maker: the aggressor sold."""

    def part(self, start: int, stop: int) -> Trades:
        """Rows ``start`` to ``stop``, as views."""
        return Trades(
            self.fill[start:stop],
            self.order[start:stop],
            self.time_ms[start:stop],
            self.ticks[start:stop],
            self.lots[start:stop],
            self.maker[start:stop],
        )


_NONE: Final = np.empty(0, np.int64)
NO_TRADES: Final = Trades(_NONE, _NONE, _NONE, _NONE, _NONE, np.empty(0, bool))


class Tape:
    """Slices of trades by symbol, cached. Safe to use from several threads."""

    def __init__(self, seed: int, rate: float) -> None:
        self.seed = seed
        self.copies = math.ceil(rate / DENSEST)
        self._density = rate / self.copies
        self.paths = Paths(seed)
        self.minutes = lru_cache(maxsize=256)(self._minutes)
        self.slice = lru_cache(maxsize=48)(self._slice)
        self._starts = _fill_patterns(seed)

    def orders_a_day(self, name: str) -> int:
        """Taker orders of the symbol in a UTC day; a multiple of ten."""
        fills = INSTRUMENTS[name].trades_per_s * self._density * 86_400
        return _BLOCK_ORDERS * max(1, round(fills / _BLOCK_FILLS))

    def _minutes(self, name: str, day: int) -> Ints:
        """Orders before each minute of the day, shape (1441,): from 0 to `orders_a_day`."""
        rng = generator(self.seed, name, "minutes", day)
        slow = np.repeat(rng.standard_normal(97), 15)[:1440]
        weight = np.exp(0.5 * np.convolve(slow, np.full(15, 1 / 15), "same") + 0.35 * rng.standard_normal(1440))
        weight *= np.where(rng.random(1440) < 0.02, 1 + 3 * rng.pareto(2.5, 1440), 1.0).clip(max=12)
        weight *= 1 + 0.35 * np.sin(2 * np.pi * (np.arange(1440) - 540) / 1440)
        total = np.cumsum(weight)
        return np.concatenate([[0], np.floor(total / total[-1] * self.orders_a_day(name) + 1e-9)]).astype(np.int64)

    def _slice(self, name: str, number: int) -> Trades:
        """All trades with ``number * SLICE_MS <= T < (number + 1) * SLICE_MS``."""
        day, within = divmod(number, SLICES_A_DAY)
        before = self.minutes(name, day)[within * 10 : within * 10 + 11]
        rng = generator(self.seed, name, "trades", number)
        time_ms = number * SLICE_MS + _order_times(rng, np.diff(before))
        sells, ticks = self._quotes(rng, name, day, time_ms)
        order = (day - FIRST_DAY) * self.orders_a_day(name) + np.arange(before[0], before[-1])
        first = self._first_fill(order)
        fills = self._first_fill(order + 1) - first
        fill = np.arange(first[0], first[0] + fills.sum()) if len(order) else np.empty(0, np.int64)
        instrument = INSTRUMENTS[name]
        usual = instrument.usual_quantity * 10**instrument.lot_digits
        lots = 1 + np.floor(usual * (1.7 * rng.pareto(1.5, len(fill))).clip(max=1_000)).astype(np.int64)
        return Trades(
            fill,
            np.repeat(order, fills),
            np.repeat(time_ms, fills),
            np.repeat(ticks, fills),
            lots,
            np.repeat(sells, fills),
        )

    def _quotes(self, rng: np.random.Generator, name: str, day: int, time_ms: Ints) -> tuple[NDArray[np.bool_], Ints]:
        """Side and price of each order: a buyer pays the ask, a seller gets the bid of the latent price.

        The latent price takes one step in each second, at a random moment of it. Orders lean the way it goes in
        the second they fall into, so signed flow says something.
        """
        instrument = INSTRUMENTS[name]
        path = self.paths.day(name, day)
        second, ms = np.divmod(time_ms - day * DAY_MS, 1000)
        move = path[second + 1] - path[second]
        scale = float(np.std(move)) or 1.0 if len(move) else 1.0
        sells = rng.random(len(time_ms)) > 0.5 + 0.35 * np.tanh(move / scale)
        stepped = ms >= rng.integers(0, 1000, SLICE_MS // 1000)[second % (SLICE_MS // 1000)]
        middle = instrument.price * np.exp(path[second + stepped]) * 10**instrument.tick_digits
        half = np.where(sells, -1, 1) * instrument.half_spread_bps * 1e-4
        return sells, np.rint(middle * (1 + half)).astype(np.int64)

    def _first_fill(self, order: Ints) -> Ints:
        block, place = np.divmod(order, _BLOCK_ORDERS)
        return block * _BLOCK_FILLS + self._starts[_pattern(block), place]

    def order_of_fill(self, fill: int) -> int:
        """The order that a fill belongs to."""
        block, place = divmod(fill, _BLOCK_FILLS)
        starts = self._starts[_pattern(np.int64(block))]
        return block * _BLOCK_ORDERS + int(np.searchsorted(starts, place, "right")) - 1

    def slice_of_order(self, name: str, order: int) -> int:
        """Number of the slice that holds an order."""
        day, within = divmod(order, self.orders_a_day(name))
        day += FIRST_DAY
        minute = int(np.searchsorted(self.minutes(name, day), within, "right")) - 1
        return day * SLICES_A_DAY + minute // 10


def _order_times(rng: np.random.Generator, counts: Ints) -> Ints:
    """Times of the orders of ten minutes, in ms since their start: Poisson within a minute, with bursts.

    Gaps are exponential, one in three thirty times shorter. A minute has one gap more than it has orders.
    """
    gaps = counts + 1
    length = rng.standard_exponential(int(gaps.sum()))
    length *= np.where(rng.random(len(length)) < 1 / 3, 1 / 30, 1.0)
    total = np.cumsum(length)
    ends = np.cumsum(gaps) - 1
    starts = np.concatenate([[0.0], total[ends[:-1]]])
    minute = np.repeat(np.arange(len(counts)), gaps)
    place = (total - starts[minute]) / (total[ends] - starts)[minute]
    keep = np.ones(len(place), bool)
    keep[ends] = False
    time_ms: Ints = minute * 60_000 + (place * 60_000).astype(np.int64).clip(max=59_999)
    return time_ms[keep]


def _pattern(block: Ints | np.int64) -> NDArray[np.uint64]:
    """Which of the 64 fill patterns a block has (Fibonacci hashing)."""
    return (np.asarray(block).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(58)


def _fill_patterns(seed: int) -> Ints:
    """First fill of each of the ten orders of a block, for 64 patterns: shape (64, 10)."""
    rng = generator(seed, "", "patterns", 0)
    shares: Floats = rng.dirichlet(np.full(_BLOCK_ORDERS, 0.4), 64)
    fills = 1 + rng.multinomial(_BLOCK_FILLS - _BLOCK_ORDERS, shares)
    return np.concatenate([np.zeros((64, 1), np.int64), np.cumsum(fills, axis=1)[:, :-1]], axis=1)
