"""Volatility of one leg with weights that fade by age: quick to rise, never forgets all at once."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import follows, log_returns
from analytics.ewm import HALF_LIFE, ewm_mean, keep_of, settled_after
from analytics.inputs import Leg
from analytics.market import CLOSE, OPEN_MS, Bar
from analytics.measure import Measure, Output

Floats = NDArray[np.float64]


class EwmaVolatility(NamedTuple):
    """Standard deviation of one-bar log returns at each bar, shape (n,); NaN while warming up."""

    volatility: Floats


def ewma_volatility(leg: Leg, *, half_life: float) -> EwmaVolatility:
    """Square root of the weighted mean of squared one-bar log returns up to and including each bar, per bar.

    Weights halve every ``half_life`` returns and add up to 1 (as RiskMetrics' after a long run). Returns that span
    missing bars are passed over. NaN until 3 half-lives of rows are there: before, single returns weigh too much. It
    reaches back over all rows: where they begin fades, by half every half-life.

    >>> bars = np.ones((5, 10)); bars[:, OPEN_MS] = np.arange(5) * 60_000; bars[:, CLOSE] = np.exp([0, 1, 0, 1, 0])
    >>> ewma_volatility(Leg(bars, 60_000), half_life=1.0).volatility
    array([nan, nan, nan,  1.,  1.])
    """
    bars = leg.bars
    counted = follows(bars[:, OPEN_MS].astype(np.int64), leg.step_ms)
    squares = np.where(counted, log_returns(bars[:, CLOSE], counted) ** 2, np.nan)
    mean = ewm_mean(squares, half_life)
    mean[: _warmup(half_life=half_life) - 1] = np.nan
    return EwmaVolatility(np.sqrt(mean))


def _warmup(*, half_life: float) -> int:
    return settled_after(half_life) + 1


class _Online:
    def __init__(self, step_ms: int, *, half_life: float) -> None:
        self._step_ms = step_ms
        self._keep = keep_of(half_life)
        self._waits = _warmup(half_life=half_life)
        self._before: Bar | None = None
        self._weight = self._mean = 0.0

    def update(self, row: Bar) -> tuple[float, ...]:
        before, self._before = self._before, row
        self._waits -= 1
        if before is not None and row.open_ms - before.open_ms == self._step_ms and before.close > 0 < row.close:
            self._weight = self._weight * self._keep + 1.0
            self._mean += (math.log1p((row.close - before.close) / before.close) ** 2 - self._mean) / self._weight
        return (math.sqrt(self._mean) if self._waits <= 0 and self._weight else math.nan,)


MEASURE: Final = Measure(
    name="ewma_volatility",
    title="EWMA volatility",
    group="price",
    summary="How much the price moves from bar to bar, lately above all",
    takes=Leg,
    parameters=(HALF_LIFE,),
    outputs=(Output("volatility", "Volatility", "per bar", "Weighted standard deviation of one-bar log returns"),),
    per_row=True,
    warmup=_warmup,
    compute=ewma_volatility,
    online=_Online,
    formula="sqrt(sum w_i r_i^2 / sum w_i), w_i = 0.5^(age_i / half_life)",
    reference="RiskMetrics Technical Document 1996, section 5.2",
    oracle="pandas ewm(halflife, adjust=True) of squared returns",
    tolerance="1e-12 relative",
)
