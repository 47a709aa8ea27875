"""The Epps curve: how much of a correlation is lost when trades are put on a grid of ever shorter steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.hayashi_yoshida import LEAST_GRID, common_span, correlation, on_grid, path
from analytics.inputs import Floats, Integers, TradePair
from analytics.measure import Measure, NotTestable, Output

_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300)
_LEAST: Final = 30


@dataclass(frozen=True, slots=True, eq=False)
class Epps:
    """Correlation by grid step, over the time that both symbols have trades.

    ``correlation[i]`` is on a grid of ``steps_s[i]`` seconds and rests on ``counts[i]`` returns; NaN below 20, and
    where a leg does not move on it. ``hayashi_yoshida[i]`` is from the trades thinned to the same step, without a grid;
    NaN below 20 prices. Spacings are mean times between moments with trades.
    """

    steps_s: Integers
    correlation: Floats
    counts: Integers
    hayashi_yoshida: Floats
    y_spacing_ms: float
    x_spacing_ms: float


def epps(pair: TradePair) -> Epps | NotTestable:
    """Correlation of previous-trade returns on grids of 1 to 300 seconds, beside Hayashi and Yoshida's without a grid.

    On a grid that is short against the time between trades, most moves of one leg meet an old price of the other, and
    correlation falls to 0 whatever the truth. Choose bars from where the curve is flat. Needs 30 moments with trades of
    each in the time they share.

    >>> from analytics.inputs import Trades
    >>> times, walk = np.arange(80) * 700, np.exp(np.sin(np.arange(80.0)))
    >>> y = Trades(times, walk, walk, walk > 1)
    >>> epps(TradePair(y, y)).correlation.round(12)
    array([ 1.,  1., nan, nan, nan, nan, nan, nan, nan])
    """
    y, x = common_span(path(pair.y), path(pair.x))
    fewer = min(y.time_ms.size, x.time_ms.size)
    if fewer < _LEAST:
        return NotTestable(f"a symbol has trades at {fewer} moments of the time both have, {_LEAST} are needed")
    points = [on_grid(y, x, step * 1000) for step in _STEPS_S]
    if all(point is None for point, _ in points):
        return NotTestable("on no grid from 1 s to 300 s do both symbols have 20 returns and move")
    return Epps(
        steps_s=np.array(_STEPS_S),
        correlation=np.array([np.nan if point is None else point for point, _ in points]),
        counts=np.array([count for _, count in points]),
        hayashi_yoshida=np.array([_thinned(pair, step * 1000) for step in _STEPS_S]),
        y_spacing_ms=float(np.diff(y.time_ms).mean()),
        x_spacing_ms=float(np.diff(x.time_ms).mean()),
    )


def _thinned(pair: TradePair, step_ms: int) -> float:
    y, x = common_span(path(pair.y, step_ms), path(pair.x, step_ms))
    value = correlation(y, x) if min(y.time_ms.size, x.time_ms.size) >= LEAST_GRID else None
    return np.nan if value is None else value


def _warmup() -> int:
    return _LEAST


MEASURE: Final = Measure(
    name="epps",
    title="Epps curve",
    group="dependence",
    summary="How correlation fades on short grids, where one leg's price is still old",
    takes=TradePair,
    outputs=(
        Output("steps_s", "Grid step", "s", "Seconds between two prices"),
        Output("correlation", "Correlation", "", "Of returns on that grid, each with the last price before"),
        Output("counts", "Returns", "", "How many returns it rests on"),
        Output("hayashi_yoshida", "Hayashi-Yoshida", "", "Correlation without a grid, trades thinned to the step"),
        Output("y_spacing_ms", "Spacing of y", "ms", "Mean time between moments with trades of y"),
        Output("x_spacing_ms", "Spacing of x", "ms", "Mean time between moments with trades of x"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=epps,
    formula="corr of ln p(k h) - ln p((k - 1) h) of both legs, p(t) the last price at or before t",
    reference="Epps 1979, JASA 74; Hayashi and Yoshida 2005, Bernoulli 11",
    oracle="previous price looked up one by one; simulated legs of known correlation; recorded trades",
    tolerance="1e-12",
)
