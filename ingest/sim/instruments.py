"""The symbols of the simulated exchange and the true parameters of their market, in one table.

The model, on log prices (``u`` is the log price less the log of ``price``, the level it moves around)::

    u(t) = hedge_ratio * u_driver(t - lag_s) + walk(t) + spread(t)

``walk`` is a random walk of ``walk_vol`` (annualised) that is anchored around zero at every UTC midnight;
``spread`` is an Ornstein-Uhlenbeck process with the given half-life and stationary standard deviation, so a
symbol with a driver and no walk is cointegrated with it: hedge ratio and half-life are known exactly. Where
``breaks`` is set, a second random walk is added from 12:00 to 24:00 UTC: the pair holds in the morning only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Instrument:
    """One symbol: how it is quoted and traded, and what drives its price."""

    name: str
    base: str
    price: float
    """Level, in USDT."""
    tick_digits: int
    """Decimals of the tick size: 2 means 0.01."""
    lot_digits: int
    """Decimals of the lot size."""
    trades_per_s: float
    """Mean number of trades a second at rate 1."""
    usual_quantity: float
    """About the median quantity of a trade, in the base asset."""
    half_spread_bps: float
    """Half the bid-ask spread, before rounding to ticks."""
    walk_vol: float = 0.0
    driver: str = ""
    hedge_ratio: float = 0.0
    lag_s: int = 0
    half_life_s: int = 0
    spread_sd: float = 0.0
    breaks: bool = False

    @property
    def price_unit(self) -> int:
        """One tick, in units of 1e-8."""
        return int(10 ** (8 - self.tick_digits))

    @property
    def quantity_unit(self) -> int:
        """One lot, in units of 1e-8."""
        return int(10 ** (8 - self.lot_digits))

    @property
    def quote_unit(self) -> int:
        """One tick times one lot, in units of 1e-8."""
        return int(10 ** (8 - self.tick_digits - self.lot_digits))

    @property
    def pull_per_s(self) -> float:
        """Mean-reversion speed of the spread, ln 2 over the half-life, a second."""
        return math.log(2) / self.half_life_s


# fmt: off
_TABLE: Final = (
    #          symbol      base    price    tick lot  trades/s  usual    half bps  walk
    Instrument("BTCUSDT",  "BTC",  61_800.0, 2,  5,   7.0,      0.004,   0.1,      0.45),
    Instrument("ETHUSDT",  "ETH",   2_680.0, 2,  4,   5.5,      0.08,    0.15,
               driver="BTCUSDT", hedge_ratio=1.2,  half_life_s=900,   spread_sd=0.0028),
    Instrument("BNBUSDT",  "BNB",     580.0, 1,  3,   1.6,      0.15,    0.6,
               driver="BTCUSDT", hedge_ratio=0.9,  half_life_s=1_200, spread_sd=0.0025),
    Instrument("SOLUSDT",  "SOL",     152.0, 2,  3,   2.0,      1.2,     0.4,
               driver="ETHUSDT", hedge_ratio=0.9,  half_life_s=1_800, spread_sd=0.0030),
    Instrument("AVAXUSDT", "AVAX",     21.5, 2,  2,   1.1,      5.0,     1.5,
               driver="SOLUSDT", hedge_ratio=0.95, lag_s=3, half_life_s=1_500, spread_sd=0.0028),
    Instrument("XRPUSDT",  "XRP",    0.5900, 4,  0,   1.8,      180.0,   0.6,      0.50,
               driver="BTCUSDT", hedge_ratio=0.7),
    Instrument("ADAUSDT",  "ADA",    0.3400, 4,  1,   1.2,      250.0,   1.0,
               driver="XRPUSDT", hedge_ratio=0.95, half_life_s=300,   spread_sd=0.0019),
    Instrument("DOGEUSDT", "DOGE",  0.10400, 5,  0,   1.6,      900.0,   0.5,
               driver="XRPUSDT", hedge_ratio=1.1,  half_life_s=720,   spread_sd=0.0022, breaks=True),
    Instrument("DOTUSDT",  "DOT",      4.60, 3,  2,   1.0,      20.0,    0.9,      0.50,
               driver="BTCUSDT", hedge_ratio=0.8),
    Instrument("LINKUSDT", "LINK",    10.40, 2,  2,   1.1,      9.0,     1.5,
               driver="DOTUSDT", hedge_ratio=1.05, half_life_s=480,   spread_sd=0.0025),
    Instrument("BCHUSDT",  "BCH",     345.0, 1,  3,   1.0,      0.25,    1.0,      0.45,
               driver="BTCUSDT", hedge_ratio=0.8),
    Instrument("LTCUSDT",  "LTC",     61.00, 2,  3,   1.1,      1.5,     0.7,
               driver="BCHUSDT", hedge_ratio=0.85, half_life_s=3_600, spread_sd=0.0040),
    Instrument("DASHUSDT", "DASH",    24.50, 2,  3,   0.025,    1.0,     4.0,      0.55,
               driver="BTCUSDT", hedge_ratio=0.6),
)
# fmt: on

MODEL: Final = 1
"""Counted up when the same seed gives other trades than before for a reason that is not in the table."""

INSTRUMENTS: Final = {instrument.name: instrument for instrument in _TABLE}
"""Every symbol by its name; a driver stands before those it drives."""


def market_id(seed: int, rate: float) -> str:
    """Names a simulated market: equal names mean the same trades for ever.

    >>> market_id(1, 2.0) == market_id(1, 2.0), market_id(1, 2.0) == market_id(2, 2.0)
    (True, False)
    """
    return f"{MODEL}/{crc32(repr(_TABLE).encode()):08x}/{seed}/{rate:g}"
