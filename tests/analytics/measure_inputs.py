"""Inputs that every measure must take: healthy ones, and the ways in which real ones are ill. All seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from analytics.align import Shared, align
from analytics.inputs import Leg, Pair, Panel, TradePair, Trades
from analytics.market import (
    BUY_VOLUME,
    CLOSE,
    FLAGS,
    HIGH,
    LOW,
    OPEN,
    OPEN_MS,
    QUOTE_VOLUME,
    TRADES,
    VOLUME,
    Bar,
    BarArray,
)

STEP_MS = 60_000
START_MS = 1_700_000_040_000


def bars_of(closes: np.ndarray, seed: int = 1) -> BarArray:
    """Whole bars around these closes."""
    random = np.random.default_rng(seed)
    n = closes.size
    bars = np.zeros((n, 10))
    bars[:, OPEN_MS] = START_MS + STEP_MS * np.arange(n)
    bars[:, CLOSE] = closes
    bars[:, OPEN] = np.r_[closes[:1], closes[:-1]]
    reach = np.abs(random.normal(0, 2e-4, (2, n)))
    bars[:, HIGH] = np.maximum(bars[:, OPEN], closes) * (1 + reach[0])
    bars[:, LOW] = np.minimum(bars[:, OPEN], closes) * (1 - reach[1])
    bars[:, VOLUME] = random.lognormal(1, 0.6, n)
    bars[:, QUOTE_VOLUME] = bars[:, VOLUME] * closes
    bars[:, BUY_VOLUME] = bars[:, VOLUME] * random.uniform(0.2, 0.8, n)
    bars[:, TRADES] = random.integers(5, 200, n)
    return bars


def closes_of(n: int, seed: int = 20240601, level: float = 100.0) -> tuple[np.ndarray, np.ndarray]:
    """y = 2 + 1.5 x + AR(1) spread (phi .95), x a walk."""
    random = np.random.default_rng(seed)
    x = level * np.exp(random.normal(0, 5e-4, n).cumsum())
    spread = np.zeros(n)
    for row, shock in enumerate(random.normal(0, 2e-4 * level, n)):
        spread[row] = 0.95 * spread[row - 1] + shock
    return 2 + 1.5 * x + spread, x


def leg(n: int, change: Callable[[BarArray], BarArray] = lambda bars: bars) -> Leg:
    return Leg(change(bars_of(closes_of(n)[1])), STEP_MS)


def pair(n: int, change: Callable[[BarArray, BarArray], tuple[BarArray, BarArray]] = lambda y, x: (y, x)) -> Pair:
    y, x = closes_of(n)
    return Pair(align(*change(bars_of(y, 2), bars_of(x, 3))), STEP_MS)


def trades(n: int, seed: int = 5, level: float = 100.0) -> Trades:
    random = np.random.default_rng(seed)
    time_ms = START_MS + np.cumsum(random.integers(0, 900, n))
    price = np.round(level + 0.01 * random.integers(-1, 2, n).cumsum() + 0.01 * random.integers(0, 2, n), 2)
    return Trades(time_ms.astype(np.int64), price, random.lognormal(-1, 1, n).round(5) + 1e-5, random.random(n) < 0.5)


def panel(n: int, k: int = 6) -> Panel:
    closes = np.column_stack(
        [column for seed in range(k // 2) for column in closes_of(n, seed + 1, 10.0 ** (seed + 1))]
    )
    names = tuple(f"sim:S{column}" for column in range(k))
    stamps = START_MS + STEP_MS * np.arange(n)
    return Panel(names, stamps, closes, closes * 3.0, STEP_MS, np.full(closes.shape, 7.0))


def cut(data: Any, rows: int) -> Any:
    """The first rows of an input, as it was known then."""
    if isinstance(data, Leg):
        return Leg(data.bars[:rows], data.step_ms)
    if isinstance(data, Pair):
        return Pair(Shared._make(column[:rows] for column in data.shared), data.step_ms)
    if isinstance(data, Trades):
        return Trades._make(column[:rows] for column in data)
    if isinstance(data, TradePair):
        return TradePair(cut(data.y, rows), cut(data.x, rows))
    return data._replace(
        open_ms=data.open_ms[:rows],
        closes=data.closes[:rows],
        quote_volumes=data.quote_volumes[:rows],
        trades=data.trades[:rows],
    )


def later(data: Any, rows: int) -> Any:
    """The same without its first rows, as who starts to look later has it."""
    if isinstance(data, Leg):
        return Leg(data.bars[rows:], data.step_ms)
    if isinstance(data, Pair):
        return Pair(Shared._make(column[rows:] for column in data.shared), data.step_ms)
    return Trades._make(column[rows:] for column in data)


def each_row(data: Any) -> Iterator[tuple[Any, ...]]:
    """What `Online.update` is given, one after the other."""
    if isinstance(data, Leg):
        for row in data.bars.tolist():
            yield Bar._make([int(row[0]), *row[1:8], int(row[8]), int(row[9])])
    else:
        columns = data.shared if isinstance(data, Pair) else data
        make = Shared._make if isinstance(data, Pair) else tuple
        yield from map(make, zip(*(column.tolist() for column in columns), strict=True))


def healthy(takes: type, n: int) -> Any:
    make = {Leg: leg, Pair: pair, Trades: trades, Panel: panel}
    return TradePair(trades(n, 5), trades(n, 6, 30.0)) if takes is TradePair else make[takes](n)


def _gaps(bars: BarArray) -> BarArray:
    """43 % of the minutes silent, and a hole of hours."""
    keep = np.random.default_rng(8).random(len(bars)) > 0.43
    keep[len(bars) // 2 : len(bars) // 2 + len(bars) // 10] = False
    return bars[keep]


def _set(column: int, rows: Any, value: float) -> Callable[[BarArray], BarArray]:
    def change(bars: BarArray) -> BarArray:
        bars[rows, column] = value
        return bars

    return change


def _still(bars: BarArray) -> BarArray:
    bars[:, [OPEN, HIGH, LOW, CLOSE]] = 100.0
    return bars


def _flat_end(bars: BarArray) -> BarArray:
    """Big moves, then nothing: what is left must not become a signal."""
    bars[: len(bars) // 2, CLOSE] *= np.where(np.arange(len(bars) // 2) % 2, 3.0, 1.0)
    bars[len(bars) // 2 :, [OPEN, HIGH, LOW, CLOSE]] = 100_000.01
    return bars


def _silent(bars: BarArray) -> BarArray:
    bars[:, [VOLUME, QUOTE_VOLUME, BUY_VOLUME]] = 0.0
    return bars


_ILL_BARS: dict[str, Callable[[BarArray], BarArray]] = {
    "gaps": _gaps,
    "still": _still,
    "flat end": _flat_end,
    "nan": _set(CLOSE, 70, np.nan),
    "big print": _set(CLOSE, 90, 1e5),
    "no volume": _silent,
    "partial": _set(FLAGS, slice(40, 60), 1),
}


def ill(takes: type, n: int) -> Iterator[tuple[str, Any]]:
    """Inputs that must give values or say why not, never an error, a warning or infinity."""
    for rows in (0, 1, 2, 19):
        yield f"{rows} rows", cut(healthy(takes, max(rows, 4)), rows)
    if takes is Leg:
        for name, change in _ILL_BARS.items():
            yield name, leg(n, change)
    elif takes is Pair:
        for name, change in _ILL_BARS.items():
            yield f"y {name}", pair(n, lambda y, x, change=change: (change(y), x))
            yield f"x {name}", pair(n, lambda y, x, change=change: (y, change(x)))
            yield f"both {name}", pair(n, lambda y, x, change=change: (change(y), change(x)))
        yield "identical", pair(n, lambda y, x: (x, x))
        yield "double", pair(n, lambda y, x: (_times(x, 2.0), x))
        yield "nothing shared", pair(n, lambda y, x: (y[::2], x[1::2]))
    elif takes is Trades:
        yield from _ill_trades(trades(n))
    elif takes is TradePair:
        for name, some in _ill_trades(trades(n)):
            yield name, TradePair(some, trades(n, 6))
            yield f"x {name}", TradePair(trades(n, 6), some)
        yield "apart", TradePair(trades(n), trades(n)._replace(time_ms=trades(n).time_ms + 10**9))
        yield "identical", TradePair(trades(n), trades(n))
    else:
        yield from _ill_panels(panel(n))


def _times(bars: BarArray, factor: float) -> BarArray:
    bars = bars.copy()
    bars[:, [OPEN, HIGH, LOW, CLOSE]] *= factor
    return bars


def _ill_trades(some: Trades) -> Iterator[tuple[str, Trades]]:
    yield "one moment", some._replace(time_ms=np.full_like(some.time_ms, START_MS))
    yield "still", some._replace(price=np.full_like(some.price, 100.0))
    yield "buyers only", some._replace(buyer_is_maker=np.zeros(some.price.size, dtype=bool))
    yield "one size", some._replace(quantity=np.ones_like(some.quantity))
    late = some.time_ms.copy()
    late[late.size // 2 :] += 7_200_000
    yield "a pause of hours", some._replace(time_ms=late)


def _ill_panels(some: Panel) -> Iterator[tuple[str, Panel]]:
    yield (
        "one symbol",
        some._replace(
            symbols=some.symbols[:1],
            closes=some.closes[:, :1],
            quote_volumes=some.closes[:, :1],
            trades=some.trades[:, :1],
        ),
    )
    for name, rows, columns, value in (
        ("still", slice(None), 1, 5.0),
        ("all still", slice(None), slice(None), 5.0),
        ("nan", slice(30, 80), 2, np.nan),
        ("never traded", slice(None), 3, np.nan),
        ("listed late", slice(0, -10), 0, np.nan),
    ):
        closes = some.closes.copy()
        closes[rows, columns] = value
        yield name, some._replace(closes=closes)
    twin = some.closes.copy()
    twin[:, 1] = 2 * twin[:, 0]
    yield "double", some._replace(closes=twin)
