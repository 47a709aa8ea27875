"""Many symbols side by side: their bars on one time axis, and the returns that may be compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.dependence import follows, log_ratio
from analytics.inputs import Floats, Panel
from analytics.market import CLOSE, OPEN_MS, QUOTE_VOLUME, TRADES, BarArray


def panel(series: Mapping[str, BarArray], step_ms: int) -> Panel:
    """Bars by symbol, each (n, 10) and oldest first, on the union of their open times; NaN where one has no bar.

    >>> bars = np.zeros((3, 10)); bars[:, OPEN_MS] = 0, 60_000, 120_000; bars[:, CLOSE] = 1, 2, 3
    >>> panel({"sim:A": bars, "sim:B": bars[::2]}, 60_000).closes
    array([[ 1.,  1.],
           [ 2., nan],
           [ 3.,  3.]])
    """
    opened = [bars[:, OPEN_MS].astype(np.int64) for bars in series.values()]
    stamps = np.unique(np.concatenate([np.empty(0, np.int64), *opened]))
    closes, volumes, trades = np.full((3, stamps.size, len(opened)), np.nan)
    for column, (times, bars) in enumerate(zip(opened, series.values(), strict=True)):
        rows = np.searchsorted(stamps, times)
        closes[rows, column] = bars[:, CLOSE]
        volumes[rows, column] = bars[:, QUOTE_VOLUME]
        trades[rows, column] = bars[:, TRADES]
    return Panel(tuple(series), stamps, closes, volumes, step_ms, trades)


def newest(whole: Panel, rows: int) -> Panel:
    """The newest ``rows`` stamps that any of the symbols has."""
    return whole._replace(
        open_ms=whole.open_ms[-rows:],
        closes=whole.closes[-rows:],
        quote_volumes=whole.quote_volumes[-rows:],
        trades=None if whole.trades is None else whole.trades[-rows:],
    )


def panel_returns(panel: Panel) -> Floats:
    """One-bar log returns of every symbol, shape (n, k); row 0 is NaN.

    NaN where a symbol traded in only one of two bars that follow each other, and where bars are missing between them:
    a return that is longer than a bar, or stale, is never compared with one that is not.
    """
    result = np.full(panel.closes.shape, np.nan)
    counted = follows(panel.open_ms, panel.step_ms)[1:, np.newaxis]
    result[1:] = np.where(counted, log_ratio(panel.closes[1:], panel.closes[:-1]), np.nan)
    return result
