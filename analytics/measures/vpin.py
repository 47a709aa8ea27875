"""VPIN: how one-sided trading is, on a clock that ticks by volume."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.flow import signs
from analytics.inputs import Trades
from analytics.measure import Measure, Output
from analytics.parameters import Integer

Floats = NDArray[np.float64]

_BUCKETS: Final = Integer(
    name="buckets", label="Buckets", help="Buckets in every value", unit="buckets", default=50, low=10, high=200
)
_BUCKET_TRADES: Final = Integer(
    name="bucket_trades",
    label="Trades a bucket",
    help="Trades that fill one bucket on average; times the buckets, the trades that every value looks back on",
    unit="trades",
    default=25,
    low=5,
    high=1000,
)


class Vpin(NamedTuple):
    """VPIN in [0, 1] after each trade, and the volume of its buckets in the base asset, both (n,); NaN in warm-up."""

    vpin: Floats
    bucket_volume: Floats


def vpin(trades: Trades, *, buckets: int, bucket_trades: int) -> Vpin:
    """Mean of |buys - sells| / volume over ``buckets`` of equal volume, cut from the newest trades, after each trade.

    The last ``buckets`` * ``bucket_trades`` trades are laid end to end and cut at equal steps of volume; a trade that
    reaches over a border is split there exactly. A value knows no other trades, so it is the same however long the
    history before them is. The paper keeps one volume all day (a 50th of a day's) and cuts on from its first trade,
    which needs that day. Buys and sells are the aggressors as the exchange reports them, not guessed from price changes
    as in the paper. Volume comes in random lots, so a market without any informed trader reads well above 0, about
    sqrt(2 / (pi * trades a bucket)) for equal lots: compare it with its own past. A trade whose quantity is not
    positive and finite has no volume; NaN where none has any.

    >>> n = 52
    >>> some = Trades(np.arange(n), np.ones(n), np.ones(n), np.arange(n) % 5 == 0)
    >>> vpin(some, buckets=10, bucket_trades=5).vpin[-4:].round(6)
    array([nan, 0.6, 0.6, 0.6])
    """
    need = _warmup(buckets=buckets, bucket_trades=bucket_trades)
    volume = np.where((trades.quantity > 0) & np.isfinite(trades.quantity), trades.quantity, 0.0)
    signed = signs(trades) * volume
    found = np.full((2, volume.size), np.nan)
    for row in range(need - 1, volume.size, need):
        part = slice(row - need + 1, row + need)
        found[:, row : row + need] = _sliding(volume[part], signed[part], need, buckets)
    return Vpin(*found)


def _sliding(volume: Floats, signed: Floats, need: int, buckets: int) -> tuple[Floats, Floats]:
    """Of every ``need`` trades in a row, at most ``need`` times."""
    total, net = _summed(volume, need), _summed(signed, need)
    start, traded = total[:-need], total[need:] - total[:-need]
    borders = start + np.linspace(0.0, 1.0, buckets + 1)[:, np.newaxis] * traded
    nets = np.diff(np.interp(borders, total, net), axis=0)
    traded = np.where(traded > 0, traded, np.nan)
    return np.minimum(np.abs(nets).sum(axis=0) / traded, 1.0), traded / buckets


def _summed(values: Floats, middle: int) -> Floats:
    """Sums from the middle outward, (n + 1,): a huge print leaves no rounding in windows that do not hold it."""
    before, after = values[:middle], values[middle:]
    return np.concatenate([-np.cumsum(before[::-1])[::-1], [0.0], np.cumsum(after)])


def _warmup(*, buckets: int, bucket_trades: int) -> int:
    return buckets * bucket_trades


MEASURE: Final = Measure(
    name="vpin",
    title="VPIN",
    group="liquidity",
    summary="How one-sided trading is per unit of volume: high values warn of informed flow",
    takes=Trades,
    parameters=(_BUCKETS, _BUCKET_TRADES),
    outputs=(
        Output("vpin", "VPIN", "", "Mean share of volume by which one side outweighs the other in a bucket, 0 to 1"),
        Output("bucket_volume", "Bucket volume", "base asset", "Volume of each of the value's buckets"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=vpin,
    formula="V = volume of the last N m trades / N; sum over their N buckets of |V_buy - V_sell|, divided by N V",
    reference="Easley, Lopez de Prado and O'Hara 2012, Review of Financial Studies 25; buckets from the newest trades",
    oracle="the trades behind each value cut into buckets in exact fractions; borders interpolated in cumulated volume",
    tolerance="1e-12",
)
