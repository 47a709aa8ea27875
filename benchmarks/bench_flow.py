"""Flow on a million trades against pandas in the same run: VPIN and rolling imbalance, time and accuracy.

Seeded trades with lognormal sizes. The pandas VPIN reads cumulated volume at the borders of the buckets, the pandas
imbalance is two rolling sums. Times are medians of interleaved runs; gate on the ratios, absolute times depend on the
machine. Before its loops are compiled VPIN runs as plain Python, which is measured too.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import compiled
from analytics.flow import imbalance, signs
from analytics.inputs import Trades
from analytics.online import online
from analytics.registry import measure
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

SEED = 20240601
ROWS = 1_000_000
WINDOW = 500
BUCKETS, BUCKET_TRADES = 50, 25
LIVE = 20_000
GATES = {"vpin_pandas_over_ours": 2.5, "imbalance_pandas_over_ours": 1.0}


def trades(rows: int) -> Trades:
    random = np.random.default_rng(SEED)
    price = 1e5 + 0.01 * random.integers(-3, 4, rows).cumsum()
    return Trades(np.arange(rows), price, random.lognormal(-1, 1, rows), random.random(rows) < 0.5)


def interleaved(runs: int, *works: Callable[[], object]) -> list[float]:
    """Median seconds of each work, run in turn so that a busy machine hits them alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for times, work in zip(taken, works, strict=True):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in taken]


def our_vpin(some: Trades) -> Floats:
    found: Floats = measure("vpin").run(some, buckets=BUCKETS, bucket_trades=BUCKET_TRADES).vpin
    return found


def pandas_vpin(some: Trades, size: float) -> Floats:
    frame = pd.DataFrame({"volume": some.quantity, "buys": np.where(some.buyer_is_maker, 0.0, some.quantity)}).cumsum()
    volume = np.r_[0.0, frame["volume"].to_numpy()]
    borders = size * np.arange(int(volume[-1] / size) + 1)
    bought = pd.Series(np.interp(borders, volume, np.r_[0.0, frame["buys"].to_numpy()])).diff()
    by_bucket = ((2 * bought - size).abs().rolling(BUCKETS).sum() / (BUCKETS * size)).to_numpy()
    found: Floats = by_bucket[(frame["volume"] // size).astype(int).to_numpy()]
    return found


def our_imbalance(some: Trades) -> Floats:
    return imbalance(rolling_sum(signs(some) * some.quantity, WINDOW), rolling_sum(some.quantity, WINDOW))


def pandas_imbalance(some: Trades) -> Floats:
    quantity = pd.Series(some.quantity)
    net = quantity.where(~some.buyer_is_maker, -quantity)
    found: Floats = (net.rolling(WINDOW).sum() / quantity.rolling(WINDOW).sum()).to_numpy()
    return found


def imbalance_errors(some: Trades) -> dict[str, float]:
    """Against exact fractions, on rows spread over all, with one print of 1e9 in the trades."""
    some.quantity[ROWS // 2] = 1e9
    rows = range(ROWS // 2 + WINDOW, ROWS, ROWS // 40)
    sign = signs(some)
    exact = []
    for row in rows:
        part = slice(row - WINDOW + 1, row + 1)
        values = [Fraction(each) for each in some.quantity[part].tolist()]
        net = sum(value * int(side) for value, side in zip(values, sign[part].tolist(), strict=True))
        exact.append(float(net / sum(values)))
    return {
        f"imbalance_error_{name}": float(np.abs(found[list(rows)] - exact).max())
        for name, found in (("ours", our_imbalance(some)), ("pandas", pandas_imbalance(some)))
    }


def microseconds_per_trade(some: Trades) -> float:
    live = online(measure("vpin"), 0, {"buckets": BUCKETS, "bucket_trades": BUCKET_TRADES})
    rows = list(zip(*(column[:LIVE].tolist() for column in some), strict=True))
    start = time.perf_counter()
    for row in rows:
        live.update(row)
    return (time.perf_counter() - start) / LIVE * 1e6


def main() -> dict[str, float]:
    some = trades(ROWS)
    (plain,) = interleaved(3, partial(our_vpin, Trades._make(column[:10_000] for column in some)))
    result = {"vpin_plain_10000_ms": plain * 1e3}
    compiled.load()
    size = float(measure("vpin").run(some, buckets=BUCKETS, bucket_trades=BUCKET_TRADES).bucket_volume[-1])
    ours, theirs = interleaved(7, partial(our_vpin, some), partial(pandas_vpin, some, size))
    result |= {"vpin_ms": ours * 1e3, "vpin_pandas_ms": theirs * 1e3, "vpin_pandas_over_ours": theirs / ours}
    result["vpin_difference"] = float(np.nanmax(np.abs(our_vpin(some) - pandas_vpin(some, size))))
    ours, theirs = interleaved(7, partial(our_imbalance, some), partial(pandas_imbalance, some))
    result |= {"imbalance_ms": ours * 1e3, "imbalance_pandas_ms": theirs * 1e3}
    result["imbalance_pandas_over_ours"] = theirs / ours
    result["vpin_online_us"] = microseconds_per_trade(some)
    result |= imbalance_errors(some)
    for name, value in result.items():
        gate = f"   gate >= {GATES[name]:g}" if name in GATES else ""
        print(f"{name:32} {value:12.4g}{gate}")
    return result


if __name__ == "__main__":
    main()
