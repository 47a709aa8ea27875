"""A heatmap of results over any two parameters, and where in it the ground is flat and high."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.backtest.batch import run_batch
from analytics.backtest.legs import Legs, Signals
from analytics.backtest.metrics import drawdown, period_for, periods_per_year, sharpe
from analytics.backtest.rules import PARAMETERS, Contradiction, Rules
from analytics.parameters import ParameterError

Floats = NDArray[np.float64]

_RULES = frozenset(parameter.name for parameter in PARAMETERS)


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter and the values to try: a field of `Rules`, or anything that the signals depend on."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """Results for each value of ``rows`` (r) and ``columns`` (c), every array (r, c); NaN where rules contradict.

    ``net`` of all costs in the quote asset, ``sharpe`` annualised from periods of ``period_ms``, ``max_drawdown`` at
    the ends of the periods. ``plateau`` is the mean net of a cell and its neighbours less their standard deviation: a
    lone peak scores low, since the next sample will not stand on it. ``best`` is the cell with the highest plateau,
    None where nothing could be run. ``trials`` is how many cells were run: the more, the luckier the best of them.
    """

    rows: Axis
    columns: Axis
    net: Floats
    trades: NDArray[np.int64]
    sharpe: Floats
    max_drawdown: Floats
    plateau: Floats
    best: tuple[int, int] | None
    trials: int
    period_ms: int


def sweep(
    legs: Legs,
    signals: Callable[..., Signals],
    rules: Rules,
    rows: Axis,
    columns: Axis,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Heat:
    """Run ``rules`` with every combination of two parameters.

    ``signals`` is called with the values of those axes that are not rules, by name, once for each combination of them.
    ``progress`` is told the rows done and the rows in all; to cancel, let it raise. Raises `ParameterError` for axes
    that are the same or empty.
    """
    for axis, other in ((rows, columns), (columns, rows)):
        if not axis.values or axis.name == other.name:
            raise ParameterError(axis.name, "two different axes with values", axis.values, "Choose another axis.")
    made = _signals(signals, rows, columns)
    period_ms = period_for(legs.span_ms, legs.step_ms)
    shape = len(rows.values), len(columns.values)
    net, ratio, low = (np.full(shape, np.nan) for _ in range(3))
    trades, trials = np.zeros(shape, np.int64), 0
    for i, value in enumerate(rows.values):
        tests = {j: (made[i][j], each) for j, each in enumerate(_rules(rules, rows.name, value, columns)) if each}
        found, cells = run_batch(legs, list(tests.values()), period_ms), list(tests)
        net[i, cells], trades[i, cells] = found.net, found.trades
        ratio[i, cells] = sharpe(found.profits) * math.sqrt(periods_per_year(period_ms))
        low[i, cells] = drawdown(found.profits.cumsum(axis=1)).max(axis=1)
        trials += len(tests)
        if progress:
            progress(i + 1, shape[0])
    score = plateau(net)
    best = None
    if np.isfinite(score).any():
        best = divmod(int(np.nanargmax(score)), shape[1])
    return Heat(rows, columns, net, trades, ratio, low, score, best, trials, period_ms)


def plateau(values: Floats) -> Floats:
    """Mean of each cell and its up to 8 neighbours less their standard deviation (ddof 0), shape (r, c).

    NaN where the cell has no value, or fewer than half of the cells around it have one.

    >>> plateau(np.array([[0.0, 9.0, 0.0, 4.0, 4.0, 4.0]])).round(1)
    array([[ 0. , -1.2,  0.7,  0.8,  4. ,  4. ]])
    """
    padded = np.pad(values, 1, constant_values=np.nan)
    around = sliding_window_view(padded, (3, 3)).reshape(*values.shape, 9)
    inside = sliding_window_view(np.pad(np.ones(values.shape), 1), (3, 3)).sum(axis=(2, 3))
    known = np.isfinite(around)
    count = known.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, around, 0.0).sum(axis=2) / count
        spread = np.where(known, (around - mean[..., None]) ** 2, 0.0).sum(axis=2) / count
        score: Floats = np.where((2 * count >= inside) & np.isfinite(values), mean - np.sqrt(spread), np.nan)
    return score


def _rules(rules: Rules, name: str, value: float, columns: Axis) -> list[Rules | None]:
    """One set of rules for each column, None where they contradict themselves."""
    made: list[Rules | None] = []
    for other in columns.values:
        changes = {key: each for key, each in ((name, value), (columns.name, other)) if key in _RULES}
        try:
            made.append(rules.but(**changes))
        except Contradiction:
            made.append(None)
    return made


def _signals(signals: Callable[..., Signals], rows: Axis, columns: Axis) -> list[list[Signals]]:
    """The signals of each cell; what they depend on is asked for once."""
    made: dict[tuple[tuple[str, float], ...], Signals] = {}
    table: list[list[Signals]] = []
    for value in rows.values:
        table.append([])
        for other in columns.values:
            key = tuple(
                (name, each) for name, each in ((rows.name, value), (columns.name, other)) if name not in _RULES
            )
            if key not in made:
                made[key] = signals(**dict(key))
            table[-1].append(made[key])
    return table
