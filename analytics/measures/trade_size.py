"""Trade-size profile: how large trades are, and which sizes carry the volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.flow import imbalance, signs
from analytics.inputs import Trades
from analytics.measure import Measure, NotTestable, Output

MIN_TRADES: Final = 100
_LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_BORDERS: Final = (100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0)


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Trades worth ``low`` <= value < ``high`` in the quote asset (``high`` None: no bound).

    ``trades`` is how many; ``trade_share`` and ``volume_share`` are of all trades and of all traded value.
    ``imbalance`` is (buys - sells) / (buys + sells) by aggressor, None where the class is empty.
    """

    low: float
    high: float | None
    trades: int
    trade_share: float
    volume_share: float
    imbalance: float | None


@dataclass(frozen=True, slots=True)
class TradeSize:
    """Sizes in the quote asset: ``quantiles`` by level, ``mean``, ``largest``; ``top_share``: of the largest 1 %."""

    n: int
    mean: float
    largest: float
    quantiles: dict[str, float]
    top_share: float
    classes: tuple[SizeClass, ...]


def trade_size(trades: Trades) -> TradeSize | NotTestable:
    """Quantiles of price times quantity and the share of trades and volume by size class (decades from 100).

    Quantiles are interpolated linearly. `NotTestable` below 100 trades of positive value. An order that fills against
    several others counts as several trades.

    >>> found = trade_size(Trades(np.arange(100), np.full(100, 10.0), np.r_[np.ones(99), 100.0], np.arange(100) < 99))
    >>> found.quantiles["50%"], found.largest, [(each.low, each.trades, each.imbalance) for each in found.classes][:3]
    (10.0, 1000.0, [(0.0, 99, -1.0), (100.0, 0, None), (1000.0, 1, 1.0)])
    """
    value = trades.price * trades.quantity
    counted = np.isfinite(value) & (value > 0)
    value, net = value[counted], (signs(trades) * value)[counted]
    n, total = value.size, float(value.sum())
    if n < MIN_TRADES:
        return NotTestable(f"needs {MIN_TRADES} trades, has {n}")
    ranked = np.sort(value)
    which = np.searchsorted(_BORDERS, value, side="right")
    counts = np.bincount(which, minlength=len(_BORDERS) + 1)
    volumes, nets = (
        np.bincount(which, weights=each, minlength=counts.size).astype(np.float64) for each in (value, net)
    )
    sides = imbalance(nets, volumes)
    classes = tuple(
        SizeClass(low, high, int(count), float(count / n), float(volume / total), float(side) if count else None)
        for low, high, count, volume, side in zip(
            (0.0, *_BORDERS), (*_BORDERS, None), counts, volumes, sides, strict=True
        )
    )
    return TradeSize(
        n=n,
        mean=total / n,
        largest=float(ranked[-1]),
        quantiles={
            f"{level:.0%}": float(size) for level, size in zip(_LEVELS, np.quantile(ranked, _LEVELS), strict=True)
        },
        top_share=float(ranked[-max(1, n // 100) :].sum()) / total,
        classes=classes,
    )


def _warmup() -> int:
    return MIN_TRADES


MEASURE: Final = Measure(
    name="trade_size",
    title="Trade sizes",
    group="liquidity",
    summary="How large trades are, and which sizes carry the volume",
    takes=Trades,
    outputs=(
        Output("n", "Trades", "", "Trades of positive value"),
        Output("mean", "Mean size", "quote asset", "Mean value of a trade"),
        Output("largest", "Largest", "quote asset", "Value of the largest trade"),
        Output("quantiles", "Quantiles", "quote asset", "Value of a trade at 5, 25, 50, 75, 95 and 99 percent"),
        Output("top_share", "Top 1 %", "", "Share of the traded value in the largest 1 % of trades"),
        Output("classes", "Classes", "", "By size class: trades, share of trades, share of volume, imbalance"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=trade_size,
    formula="price times quantity; classes bounded at 100, 1e3, 1e4, 1e5, 1e6",
    reference="Definition; quantiles: Hyndman and Fan 1996, Am. Statistician 50, type 7",
    oracle="hand-computed trades; exact fractions",
    tolerance="1e-12 relative",
)
