"""Which of many symbols moves first, by how many bars, and whether chance alone would show as much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.inputs import Flags, Floats, Integers, Panel
from analytics.lead_lag import Lagged, cross_correlations, strongest
from analytics.measure import Measure, NotTestable, Output
from analytics.panel import panel_returns
from analytics.parameters import Integer

_WINDOW: Final = Integer(
    name="window", label="Window", help="Newest bars to look at", unit="bars", default=1000, low=200, high=5000
)
_MAX_LAG: Final = Integer(
    name="max_lag",
    label="Longest lag",
    help="Lags from minus this to plus this are tried. The more are tried, the more a find must stand out: the bar is "
    "1.96 / sqrt(returns) for one lag, and is raised to 3.52 / sqrt(returns) for 121 of them (Sidak), so that of 20 "
    "unrelated pairs about one passes at its best lag. It takes returns as free of bursts: with bursts, more pass",
    unit="bars",
    default=60,
    low=1,
    high=60,
)
_THIN: Final = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class LeadLag:
    """Leads and lags of k symbols. Matrices are (k, k) in the order of ``symbols``, NaN where a pair cannot be told.

    ``lag`` above 0: the symbol of the row moves so many bars before that of the column; ``strength`` is the correlation
    there. A lag says something only where it is ``significant``. ``shares`` are each symbol's bars with trades;
    ``warnings`` name those that trade so rarely that they may only look late. ``cross_correlation`` is that of the
    first symbol with the second at ``lags``; ``lagged.of`` gives any other two.
    """

    symbols: tuple[str, ...]
    lag: Floats
    strength: Floats
    significant: Flags
    shares: tuple[float, ...]
    warnings: tuple[str, ...]
    lags: Integers
    cross_correlation: Floats
    as_of_ms: int
    lagged: Lagged


def lead_lag(panel: Panel, *, window: int, max_lag: int) -> LeadLag | NotTestable:
    """Cross-correlation of one-bar log returns of every two symbols, at lags of up to ``max_lag`` bars either way.

    A stale leg looks like a late one. So a return counts only where a symbol traded in both of two bars that follow
    each other, and what cannot be helped, that a rare trade is old within its bar, is said in ``warnings``; compare
    `hayashi_yoshida` on the trades then. NaN for pairs with under 50 returns in common.

    >>> random = np.random.default_rng(1)
    >>> steps = random.normal(0, 1e-3, 403); late = np.r_[0.0, 0.0, 0.0, steps[:-3]]
    >>> closes = np.exp(np.cumsum(np.column_stack([steps, late]), axis=0))
    >>> some = Panel(("sim:A", "sim:B"), np.arange(403) * 60_000, closes, closes, 60_000)
    >>> lead_lag(some, window=300, max_lag=10).lag
    array([[nan,  3.],
           [-3., nan]])
    """
    k = len(panel.symbols)
    if k < 2:
        return NotTestable(f"a lead needs two symbols, there is {k}")
    if panel.open_ms.size <= window:
        return NotTestable(f"{panel.open_ms.size} bars of {window + 1} are there")
    lagged = cross_correlations(panel_returns(panel)[-window:], max_lag)
    best = strongest(lagged)
    if not np.isfinite(best.strength).any():
        return NotTestable("no two symbols that move have 50 returns in common")
    shares = _shares(panel, window)
    return LeadLag(
        symbols=panel.symbols,
        lag=best.lag,
        strength=best.strength,
        significant=best.significant,
        shares=shares,
        warnings=_warnings(panel.symbols, shares),
        lags=np.arange(-max_lag, max_lag + 1),
        cross_correlation=lagged.of(0, 1),
        as_of_ms=int(panel.open_ms[-1]) + panel.step_ms,
        lagged=lagged,
    )


def _shares(panel: Panel, window: int) -> tuple[float, ...]:
    """Share of the window's time, in bars, in which each symbol traded."""
    span = (panel.open_ms[-1] - panel.open_ms[-window]) // panel.step_ms + 1
    return tuple((np.isfinite(panel.closes[-window:]).sum(axis=0) / float(span)).tolist())


def _warnings(symbols: tuple[str, ...], shares: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(
        f"{symbol} traded in {share:.0%} of the bars: where it seems to follow, its prices may only be old"
        for symbol, share in zip(symbols, shares, strict=True)
        if share < _THIN
    )


def _warmup(*, window: int, max_lag: int) -> int:  # noqa: ARG001
    return window + 1


MEASURE: Final = Measure(
    name="lead_lag",
    title="Lead and lag",
    group="dependence",
    summary="Which of two symbols moves first, and by how many bars",
    takes=Panel,
    parameters=(_WINDOW, _MAX_LAG),
    outputs=(
        Output("symbols", "Symbols", "", "What the rows and columns are"),
        Output("lag", "Best lag", "bars", "Above 0: the symbol of the row moves before that of the column"),
        Output("strength", "Strength", "", "Correlation of the returns at the best lag"),
        Output("significant", "Significant", "", "Whether it stands out from chance at the best of all lags tried"),
        Output("shares", "Bars with trades", "", "Share of the bars in which each symbol traded"),
        Output("warnings", "Warnings", "", "Symbols that trade so rarely that they may only look late"),
        Output("lags", "Lags", "bars", "What the cross-correlation belongs to; above 0 the first symbol moves first"),
        Output("cross_correlation", "Cross-correlation", "", "Of the first two symbols at each lag"),
        Output("as_of_ms", "As of", "ms", "End of the newest bar, UTC epoch milliseconds"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=lead_lag,
    formula="r_ij(l) = corr(r_i(t), r_j(t + l)) over the rows that both have; significant: |r| sqrt(n) > z, "
    "z = Phi^-1(1 - (1 - 0.95^(1 / lags)) / 2)",
    reference="Box, Jenkins, Reinsel and Ljung, Time Series Analysis, 5th ed., section 12.1; Sidak 1967, JASA 62",
    oracle="long double per lag; statsmodels ccf (its global moments corrected); false finds on seeded noise",
    tolerance="1e-12",
    null="the two symbols' returns are unrelated at every lag",
)
