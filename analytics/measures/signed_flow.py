"""Signed flow: what aggressive buyers bought less what aggressive sellers sold, in the quote asset."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.flow import signs
from analytics.inputs import Trades
from analytics.measure import Measure, Output
from analytics.parameters import Integer
from analytics.rolling import rolling_sum

Floats = NDArray[np.float64]

_WINDOW: Final = Integer(
    name="window", label="Window", help="Trades in every value", unit="trades", default=500, low=20, high=10_000
)


class SignedFlow(NamedTuple):
    """Net aggressor volume in the quote asset after each trade, both (n,); NaN while warming up."""

    flow: Floats
    cumulative: Floats


def signed_flow(trades: Trades, *, window: int) -> SignedFlow:
    """Buys less sells, price times quantity, of the last ``window`` trades and since the first trade given.

    A trade counts as a buy when the buyer was the aggressor (``buyer_is_maker`` False). ``cumulative`` depends on
    where the trades begin: read its changes.

    >>> n = 30
    >>> found = signed_flow(Trades(np.arange(n), np.full(n, 2.0), np.ones(n), np.arange(n) % 3 == 0), window=20)
    >>> found.flow[-1], found.cumulative[-1]
    (np.float64(16.0), np.float64(20.0))
    """
    value = signs(trades) * trades.price * trades.quantity
    cumulative = np.cumsum(value)
    cumulative[: window - 1] = np.nan
    return SignedFlow(rolling_sum(value, window), cumulative)


def _warmup(*, window: int) -> int:
    return window


class _Online:
    def __init__(self, step_ms: int, *, window: int) -> None:  # noqa: ARG002
        self._newest: deque[float] = deque(maxlen=window)
        self._cumulative = 0.0

    def update(self, row: tuple[Any, ...]) -> tuple[float, ...]:
        _, price, quantity, buyer_is_maker = row
        value = -price * quantity if buyer_is_maker else price * quantity
        self._newest.append(value)
        self._cumulative += value
        if len(self._newest) < (self._newest.maxlen or 0):
            return math.nan, math.nan
        return math.fsum(self._newest), self._cumulative


MEASURE: Final = Measure(
    name="signed_flow",
    title="Signed flow",
    group="liquidity",
    summary="What aggressive buyers bought less what aggressive sellers sold",
    takes=Trades,
    parameters=(_WINDOW,),
    outputs=(
        Output("flow", "Net flow", "quote asset", "Buys less sells of the window's trades"),
        Output("cumulative", "Cumulative flow", "quote asset", "Buys less sells since the first trade given"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=signed_flow,
    online=_Online,
    formula="sum of s_i p_i q_i, s = +1 where the buyer was the aggressor, else -1",
    reference="Evans and Lyons 2002, J. Political Economy 110 (order flow)",
    oracle="exact fractions",
    tolerance="1e-12 of the window's volume",
)
