"""Flow against peers in the same run: VPIN by window in numpy, rolling imbalance by pandas; time and accuracy.

Seeded trades with lognormal sizes, a million of them for the imbalance, which is two rolling sums.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import compiled
from analytics.flow import imbalance, signs
from analytics.inputs import Trades
from analytics.registry import measure
from analytics.rolling import rolling_sum
from benchmarks.gates import Gate, finish, tell
from benchmarks.timing import versus

Floats = NDArray[np.float64]

SEED = 20240601
ROWS = 1_000_000
WINDOW = 500
BUCKETS, BUCKET_TRADES = 50, 25
LIVE = 20_000


def trades(rows: int) -> Trades:
    random = np.random.default_rng(SEED)
    price = 1e5 + 0.01 * random.integers(-3, 4, rows).cumsum()
    return Trades(np.arange(rows), price, random.lognormal(-1, 1, rows), random.random(rows) < 0.5)


def our_vpin(some: Trades) -> Floats:
    found: Floats = measure("vpin").run(some, buckets=BUCKETS, bucket_trades=BUCKET_TRADES).vpin
    return found


def vpin_by_window(some: Trades) -> Floats:
    """The same, the windows one after another."""
    signed, need = signs(some) * some.quantity, BUCKETS * BUCKET_TRADES
    result = np.full(signed.size, np.nan)
    for row in range(need, signed.size + 1):
        volume = np.r_[0.0, some.quantity[row - need : row].cumsum()]
        borders = np.linspace(0.0, volume[-1], BUCKETS + 1)
        nets = np.diff(np.interp(borders, volume, np.r_[0.0, signed[row - need : row].cumsum()]))
        result[row - 1] = np.abs(nets).sum() / volume[-1]
    return result


def our_imbalance(some: Trades) -> Floats:
    return imbalance(rolling_sum(signs(some) * some.quantity, WINDOW), rolling_sum(some.quantity, WINDOW))


def pandas_imbalance(some: Trades) -> Floats:
    quantity = pd.Series(some.quantity)
    net = quantity.where(~some.buyer_is_maker, -quantity)
    found: Floats = (net.rolling(WINDOW).sum() / quantity.rolling(WINDOW).sum()).to_numpy()
    return found


def imbalance_errors(some: Trades) -> list[float]:
    """Ours and pandas', against exact fractions, on rows spread over all, with one print of 1e9 in the trades."""
    some.quantity[ROWS // 2] = 1e9
    rows = range(ROWS // 2 + WINDOW, ROWS, ROWS // 40)
    sign = signs(some)
    exact = []
    for row in rows:
        part = slice(row - WINDOW + 1, row + 1)
        values = [Fraction(each) for each in some.quantity[part].tolist()]
        net = sum(value * int(side) for value, side in zip(values, sign[part].tolist(), strict=True))
        exact.append(float(net / sum(values)))
    return [float(np.abs(found[list(rows)] - exact).max()) for found in (our_imbalance(some), pandas_imbalance(some))]


def vpins(some: Trades) -> list[Gate]:
    part = Trades._make(column[:LIVE] for column in some)
    found = versus(partial(our_vpin, part), partial(vpin_by_window, part), rounds=5)
    gap = np.nanmax(np.abs(our_vpin(part) - vpin_by_window(part)))
    tell({f"VPIN, {LIVE} trades: ms": found.ours_s * 1e3})
    return [
        Gate("VPIN over numpy, window by window", found.ratio, 2.5),
        Gate("VPIN differs from that", float(gap), 1e-12, "", at_most=True),
    ]


def main() -> list[Gate]:
    some = trades(ROWS)
    gates = vpins(some)
    compiled.load()
    found = versus(partial(our_imbalance, some), partial(pandas_imbalance, some))
    tell({"imbalance, 1,000,000 trades: ms": found.ours_s * 1e3})
    ours, pandas = imbalance_errors(some)
    tell({"imbalance error, pandas": pandas})
    return [
        *gates,
        Gate("imbalance over pandas", found.ratio, 1.0),
        Gate("imbalance error with a print of 1e9", ours, 1e-12, "", at_most=True),
    ]


if __name__ == "__main__":
    finish(main())
