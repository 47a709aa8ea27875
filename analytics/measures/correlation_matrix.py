"""The correlation of every two of many symbols over the newest window, like beside like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.correlation_matrix import RollingMatrix, leaf_order
from analytics.inputs import Floats, Integers, Panel
from analytics.measure import Measure, NotTestable, Output
from analytics.panel import panel_returns
from analytics.parameters import WINDOW


@dataclass(frozen=True, slots=True, eq=False)
class CorrelationMatrix:
    """Correlations of k symbols, as of the end of the newest bar.

    ``correlation`` and ``counts`` are (k, k) in the order of ``symbols``; NaN where a pair has under half of the
    window's returns, or a leg does not move. ``counts`` is the returns each pair rests on. ``order`` lists columns so
    that like stands beside like.
    """

    symbols: tuple[str, ...]
    order: tuple[int, ...]
    correlation: Floats
    counts: Integers
    as_of_ms: int


def correlation_matrix(panel: Panel, *, window: int) -> CorrelationMatrix | NotTestable:
    """Pearson correlation of one-bar log returns over the newest ``window`` of them.

    A return counts where a symbol traded in both of two bars that follow each other; each pair rests on the returns
    that both have, so with missing ones the matrix need not be positive definite. The order is that of the leaves of
    the average-linkage tree on sqrt(2 (1 - r)).

    >>> walk = np.exp(np.sin(np.arange(30.0)))[:, np.newaxis] ** [1.0, 2.0]
    >>> some = Panel(("sim:A", "sim:B"), np.arange(30) * 60_000, walk, walk, 60_000)
    >>> correlation_matrix(some, window=20).correlation.round(12)
    array([[1., 1.],
           [1., 1.]])
    """
    k = len(panel.symbols)
    if k < 2:
        return NotTestable(f"a correlation needs two symbols, there is {k}")
    if panel.open_ms.size <= window:
        return NotTestable(f"{panel.open_ms.size} bars of {window + 1} are there")
    matrix = RollingMatrix(panel_returns(panel)[-window:])
    correlation = matrix.correlation()
    if not np.isfinite(correlation[~np.eye(k, dtype=bool)]).any():
        return NotTestable("no two symbols that move share half of the window's returns")
    order = leaf_order(correlation, panel.symbols)
    as_of_ms = int(panel.open_ms[-1]) + panel.step_ms
    return CorrelationMatrix(panel.symbols, order, correlation, matrix.counts(), as_of_ms)


def _warmup(*, window: int) -> int:
    return window + 1


MEASURE: Final = Measure(
    name="correlation_matrix",
    title="Correlation matrix",
    group="dependence",
    summary="How much the returns of every two of many symbols move together",
    takes=Panel,
    parameters=(WINDOW,),
    outputs=(
        Output("symbols", "Symbols", "", "What the rows and columns are, in the order they came in"),
        Output("order", "Order", "", "Columns in an order that puts like beside like"),
        Output("correlation", "Correlation", "", "Of one-bar log returns; empty where a pair cannot be measured"),
        Output("counts", "Returns", "", "How many returns each pair rests on"),
        Output("as_of_ms", "As of", "ms", "End of the newest bar, UTC epoch milliseconds"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=correlation_matrix,
    formula="r_ij = cov(r_i, r_j) / (sd(r_i) sd(r_j)) over the rows that both have",
    reference="Mantegna 1999, Eur. Phys. J. B 11 (the distance and the tree)",
    oracle="numpy corrcoef; pandas DataFrame.corr; published correlations of recorded bars",
    tolerance="1e-12",
)
